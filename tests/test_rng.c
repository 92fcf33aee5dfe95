/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"

#include <Random123/threefry.h>
#include <criterion/criterion.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <signal.h>
#include <string.h>

#include "base/array.h"
#include "base/rng_kernel.h"

struct vector {
    threefry2x64_ctr_t counter;
    threefry2x64_key_t key;
    threefry2x64_ctr_t expected;
};

/* From Random123's kat_vectors: threefry2x64 with 20 rounds on zeros, ones and digits of pi. */
static const struct vector vectors[] = {
    {{{0, 0}}, {{0, 0}}, {{0xc2b6e3a8c2c69865, 0x6f81ed42f350084d}}},
    {{{UINT64_MAX, UINT64_MAX}},
     {{UINT64_MAX, UINT64_MAX}},
     {{0xe02cb7c4d95d277a, 0xd06633d0893b8b68}}},
    {{{0x243f6a8885a308d3, 0x13198a2e03707344}},
     {{0xa4093822299f31d0, 0x082efa98ec4e6c89}},
     {{0x263c7d30bb0f0af1, 0x56be8361d3311526}}},
};

Test(rng, threefry_matches_its_published_vectors)
{
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        threefry2x64_ctr_t block = threefry2x64(vectors[i].counter, vectors[i].key);
        cr_assert_eq(block.v[0], vectors[i].expected.v[0]);
        cr_assert_eq(block.v[1], vectors[i].expected.v[1]);
    }
}

Test(rng, the_first_block_of_the_zero_key_is_the_published_one)
{
    struct rng rng = {0};
    cr_assert_eq(rng_next(&rng), UINT64_C(0xc2b6e3a8c2c69865));
    cr_assert_eq(rng_next(&rng), UINT64_C(0x6f81ed42f350084d));
    cr_assert_eq(rng.counter, 1);
    cr_assert_eq(rng_mix(0, 0, 0), UINT64_C(0xc2b6e3a8c2c69865));
}

Test(rng, block_k_of_a_stream_is_threefry_of_k_under_its_key)
{
    struct rng rng = rng_stream(5, "blocks", 17);
    threefry2x64_key_t key = {{rng.key[0], rng.key[1]}};
    for (uint64_t k = 0; k < 1000; k++) {
        threefry2x64_ctr_t counter = {{k, 0}};
        threefry2x64_ctr_t block = threefry2x64(counter, key);
        cr_assert_eq(rng_next(&rng), block.v[0]);
        cr_assert_eq(rng_next(&rng), block.v[1]);
    }
}

Test(rng, draw_k_depends_on_seed_name_index_and_k_alone)
{
    struct rng first = rng_stream(7, "arrivals", 3);
    struct rng other = rng_stream(7, "startup", 3);
    uint64_t expected[100];
    for (int i = 0; i < 100; i++)
        expected[i] = rng_next(&first);
    struct rng second = rng_stream(7, "arrivals", 3);
    for (int i = 0; i < 100; i++) {
        for (int j = 0; j < i % 3; j++)
            rng_next(&other);
        cr_assert_eq(rng_next(&second), expected[i]);
    }
}

Test(rng, a_stream_can_be_copied_and_goes_on_the_same)
{
    struct rng rng = rng_stream(1, "copy", 0);
    rng_next(&rng);
    struct rng copy = rng;
    for (int i = 0; i < 9; i++)
        cr_assert_eq(rng_next(&rng), rng_next(&copy));
}

Test(rng, streams_differ_in_seed_name_and_index)
{
    static const char *const names[] = {"", "a", "b", "aa", "ab", "ba", "arrivals", "startup"};
    enum { NAMES = 8, SEEDS = 8, INDICES = 16, COUNT = NAMES * SEEDS * INDICES };
    uint64_t words[COUNT];
    size_t count = 0;
    for (size_t name = 0; name < NAMES; name++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            for (uint64_t index = 0; index < INDICES; index++) {
                struct rng rng = rng_stream(seed, names[name], index);
                words[count++] = rng_next(&rng);
            }
        }
    }
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = i + 1; j < COUNT; j++)
            cr_assert_neq(words[i], words[j]);
    }
}

Test(rng, names_are_hashed_by_fnv_1a)
{
    /* The published value, of a name that the compiler knows and of one that it does not. */
    const char *volatile name = "foobar";
    cr_assert_eq(rng_name_hash("foobar"), UINT64_C(0x85944171f73967e8));
    cr_assert_eq(rng_name_hash(name), UINT64_C(0x85944171f73967e8));
}

Test(rng, streams_have_fixed_draws)
{
    /* A change of these values changes the result of every published scenario. */
    struct rng rng = rng_stream(1, "arrivals", 0);
    cr_assert_eq(rng_next(&rng), UINT64_C(0x7163d888f5d206d8));
    cr_assert_eq(rng_next(&rng), UINT64_C(0x023f60a236a31dd2));
    cr_assert_eq(rng_mix(1, 2, 3), UINT64_C(0x6037c2bcc918990f));
}

Test(rng, a_uniform_number_is_the_high_bits_of_a_word)
{
    struct rng rng = rng_stream(4, "uniform", 0), words = rng;
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(rng_uniform(&rng), ldexp((double)(rng_next(&words) >> 11), -53));
}

/* Sum of (seen - expected)^2 / expected over cells of equal chance. Its mean is cells - 1, its
 * variance twice that; with fixed seeds, five standard deviations leave no false alarm. */
static void check_even(const int *seen, int cells, int draws, const char *what)
{
    double expected = (double)draws / cells;
    double sum = 0;
    for (int i = 0; i < cells; i++)
        sum += (seen[i] - expected) * (seen[i] - expected) / expected;
    double freedom = cells - 1;
    cr_assert_lt(sum, freedom + 5 * sqrt(2 * freedom), "%s: %g", what, sum);
    cr_assert_gt(sum, freedom - 5 * sqrt(2 * freedom), "%s: %g", what, sum);
}

Test(rng, words_are_uniform_in_every_byte)
{
    enum { DRAWS = 200000 };
    int seen[8][256] = {{0}};
    struct rng rng = rng_stream(2, "bytes", 0);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t word = rng_next(&rng);
        for (int byte = 0; byte < 8; byte++)
            seen[byte][word >> (8 * byte) & 255]++;
    }
    for (int byte = 0; byte < 8; byte++)
        check_even(seen[byte], 256, DRAWS, "byte");
}

Test(rng, first_words_of_neighbour_streams_are_uniform)
{
    enum { DRAWS = 100000 };
    int seen[256] = {0};
    for (uint64_t i = 0; i < DRAWS; i++) {
        struct rng rng = rng_stream(3, "replica", i);
        seen[rng_next(&rng) >> 56]++;
    }
    check_even(seen, 256, DRAWS, "first word");
}

/* Draws of two streams side by side fall evenly into the cells of a 16 x 16 table. */
static void check_independent(struct rng a, struct rng b, const char *what)
{
    enum { DRAWS = 100000 };
    int seen[256] = {0};
    for (int i = 0; i < DRAWS; i++)
        seen[(rng_next(&a) >> 60) << 4 | rng_next(&b) >> 60]++;
    check_even(seen, 256, DRAWS, what);
}

Test(rng, streams_are_independent_of_each_other)
{
    check_independent(rng_stream(4, "a", 0), rng_stream(4, "a", 1), "neighbour index");
    check_independent(rng_stream(4, "a", 0), rng_stream(5, "a", 0), "neighbour seed");
    check_independent(rng_stream(4, "a", 0), rng_stream(4, "b", 0), "neighbour name");
    struct rng late = rng_stream(4, "a", 0);
    rng_next(&late);
    check_independent(rng_stream(4, "a", 0), late, "the stream itself, one draw later");
}

Test(rng, mix_is_uniform_over_neighbour_words)
{
    enum { SIDE = 50, DRAWS = SIDE * SIDE * SIDE };
    int seen[256] = {0};
    for (uint64_t i = 0; i < DRAWS; i++)
        seen[rng_mix(i % SIDE, i / SIDE % SIDE, i / SIDE / SIDE) >> 56]++;
    check_even(seen, 256, DRAWS, "mix");
    cr_assert_neq(rng_mix(1, 2, 3), rng_mix(3, 2, 1));
    cr_assert_neq(rng_mix(1, 2, 3), rng_mix(2, 1, 3));
    cr_assert_eq(rng_mix(1, 2, 3), rng_mix(1, 2, 3));
}

Test(rng, below_is_even_and_stays_below)
{
    enum { DRAWS = 70000 };
    static const uint64_t bounds[] = {2, 3, 7, 10, 64, 100};
    for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
        struct rng rng = rng_stream(6, "below", bounds[i]);
        int seen[100] = {0};
        for (int draw = 0; draw < DRAWS; draw++) {
            uint64_t value = rng_below(&rng, bounds[i]);
            cr_assert_lt(value, bounds[i]);
            seen[value]++;
        }
        check_even(seen, (int)bounds[i], DRAWS, "below");
    }
}

Test(rng, below_has_no_bias_where_a_plain_remainder_would)
{
    /* With the bound at 3/4 of 2^64, a plain remainder would send the last quarter of the words on
     * top of the first, and so fill the first third of the values twice as often. */
    enum { DRAWS = 30000 };
    uint64_t bound = UINT64_C(3) << 62;
    struct rng rng = rng_stream(8, "bias", 0);
    int seen[3] = {0};
    for (int i = 0; i < DRAWS; i++)
        seen[rng_below(&rng, bound) >> 62]++;
    check_even(seen, 3, DRAWS, "thirds");
}

Test(rng, below_rejects_no_word_more_and_none_less_than_it_must)
{
    /* 2^64 mod the bound is 2^62: the words below are rejected. */
    struct rng rng = {.block = {(UINT64_C(1) << 62) - 1, UINT64_C(1) << 62}, .left = 2};
    cr_assert_eq(rng_below(&rng, UINT64_C(3) << 62), UINT64_C(1) << 62);
    cr_assert_eq(rng.left, 0);
    struct rng twin = {.block = {0, UINT64_MAX}, .left = 2};
    cr_assert_eq(rng_below(&twin, UINT64_C(1) << 63), 0);
    cr_assert_eq(rng_below(&twin, UINT64_C(1) << 63), UINT64_MAX >> 1);
}

Test(rng, below_one_is_zero_and_below_the_largest_works)
{
    struct rng rng = rng_stream(9, "edge", 0);
    for (int i = 0; i < 100; i++) {
        cr_assert_eq(rng_below(&rng, 1), 0);
        cr_assert_lt(rng_below(&rng, UINT64_MAX), UINT64_MAX);
    }
}

Test(rng, below_zero_is_refused, .signal = SIGABRT)
{
    struct rng rng = rng_stream(9, "edge", 0);
    rng_below(&rng, 0);
}

Test(rng, the_gsl_face_draws_from_the_stream)
{
    struct rng rng = rng_stream(10, "face", 0);
    struct rng twin = rng;
    struct rng_gsl_face face;
    const gsl_rng *gsl = rng_gsl(&rng, &face);
    cr_assert_str_eq(gsl_rng_name(gsl), "threefry2x64-20");
    cr_assert_eq(gsl_rng_min(gsl), 0);
    cr_assert_eq(gsl_rng_max(gsl), UINT64_MAX);
    cr_assert_eq(gsl_rng_size(gsl), sizeof rng);
    cr_assert_eq(gsl_rng_get(gsl), rng_next(&twin));
    cr_assert_eq(rng_next(&rng), rng_next(&twin));
    double uniform = gsl_rng_uniform(gsl);
    cr_assert_eq(uniform, (double)(rng_next(&twin) >> 11) / 9007199254740992.0);
}

Test(rng, the_gsl_face_takes_a_seed)
{
    struct rng rng = rng_stream(10, "face", 0);
    struct rng_gsl_face face;
    const gsl_rng *gsl = rng_gsl(&rng, &face);
    gsl_rng_set(gsl, 5);
    unsigned long first = gsl_rng_get(gsl);
    gsl_rng_get(gsl);
    gsl_rng_set(gsl, 5);
    cr_assert_eq(gsl_rng_get(gsl), first);
    gsl_rng_set(gsl, 6);
    cr_assert_neq(gsl_rng_get(gsl), first);
}

Test(rng, gsl_uniforms_stay_in_their_interval_and_are_even)
{
    enum { DRAWS = 100000 };
    int seen[100] = {0};
    struct rng rng = rng_stream(11, "uniform", 0);
    struct rng_gsl_face face;
    const gsl_rng *gsl = rng_gsl(&rng, &face);
    for (int i = 0; i < DRAWS; i++) {
        double uniform = gsl_rng_uniform(gsl);
        cr_assert_geq(uniform, 0.0);
        cr_assert_lt(uniform, 1.0);
        seen[(int)(uniform * 100)]++;
    }
    check_even(seen, 100, DRAWS, "hundredths");
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < DRAWS; i++)
        seen[gsl_rng_uniform_int(gsl, 100)]++;
    check_even(seen, 100, DRAWS, "uniform_int");
}

Test(rng, gsl_exponentials_have_their_mean_and_variance)
{
    /* Of n exponentials with mean m: the mean has a standard error of m / sqrt(n), the variance one
     * of m^2 sqrt(8 / n), as the fourth central moment is 9 m^4. Four of each are allowed. */
    enum { DRAWS = 100000 };
    static const double means[] = {1.0, 0.02, 3600.0};
    for (uint64_t i = 0; i < ARRAY_LEN(means); i++) {
        struct rng rng = rng_stream(12, "exponential", i);
        struct rng_gsl_face face;
        const gsl_rng *gsl = rng_gsl(&rng, &face);
        double sum = 0;
        double sum_of_squares = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            double value = gsl_ran_exponential(gsl, means[i]);
            cr_assert_geq(value, 0.0);
            sum += value;
            sum_of_squares += value * value;
        }
        double mean = sum / DRAWS;
        double variance = sum_of_squares / DRAWS - mean * mean;
        cr_assert_float_eq(mean, means[i], 4 * means[i] / sqrt(DRAWS));
        cr_assert_float_eq(variance, means[i] * means[i],
                           4 * means[i] * means[i] * sqrt(8.0 / DRAWS));
    }
}

Test(rng, gsl_poissons_have_their_mean)
{
    enum { DRAWS = 50000 };
    struct rng rng = rng_stream(13, "poisson", 0);
    struct rng_gsl_face face;
    const gsl_rng *gsl = rng_gsl(&rng, &face);
    double sum = 0;
    for (int i = 0; i < DRAWS; i++)
        sum += gsl_ran_poisson(gsl, 4.5);
    cr_assert_float_eq(sum / DRAWS, 4.5, 4 * sqrt(4.5 / DRAWS));
}

/* Every length up to four vectors of the widest, so that each has a rest behind the vectors. */
Test(rng, all_loops_mix_many_numbers_as_rng_mix_does_each)
{
    enum { LENGTH_MAX = 33 };
    const struct rng_kernel *kernels[RNG_KERNELS_MOST];
    int32_t kernel_count = rng_kernel_list(kernels);
    struct rng rng = rng_stream(23, "mix many", 0);
    cr_assert_eq(kernels[kernel_count - 1], &rng_kernel_plain);
    for (int round = 0; round < 20; round++)
        for (int32_t length = 0; length <= LENGTH_MAX; length++) {
            struct rng_key key = {rng_next(&rng), rng_next(&rng)};
            int32_t numbers[LENGTH_MAX + 1];
            for (int32_t i = 0; i <= length; i++)
                numbers[i] = (int32_t)rng_below(&rng, INT32_MAX) + 1;
            for (int32_t k = 0; k < kernel_count; k++) {
                uint64_t words[LENGTH_MAX + 1] = {0};
                kernels[k]->mix_many(key, numbers, length, words);
                for (int32_t i = 0; i < length; i++)
                    cr_assert_eq(words[i], rng_mix(key.a, key.b, (uint64_t)numbers[i]), "%s",
                                 kernels[k]->name);
                cr_assert_eq(words[length], 0, "%s writes behind its end", kernels[k]->name);
            }
        }
}

/* As many as above. Of each stream more than a block is drawn: the first is drawn already. */
Test(rng, all_loops_open_many_streams_as_rng_stream_makes_each)
{
    enum { LENGTH_MAX = 33, DRAWS = 5 };
    const struct rng_kernel *kernels[RNG_KERNELS_MOST];
    int32_t kernel_count = rng_kernel_list(kernels);
    struct rng rng = rng_stream(24, "open many", 0);
    for (int32_t length = 0; length <= LENGTH_MAX; length++) {
        uint64_t seed = rng_next(&rng);
        uint64_t indices[LENGTH_MAX + 1];
        for (int32_t i = 0; i <= length; i++)
            indices[i] = rng_next(&rng);
        for (int32_t k = 0; k < kernel_count; k++) {
            struct rng streams[LENGTH_MAX + 1] = {0};
            struct rng_key key = {seed, rng_name_hash("of many")};
            kernels[k]->open_many(key, indices, length, streams);
            cr_assert_eq(streams[length].left, 0, "%s writes behind its end", kernels[k]->name);
            for (int32_t i = 0; i < length; i++) {
                struct rng alone = rng_stream(seed, "of many", indices[i]);
                for (int draw = 0; draw < DRAWS; draw++)
                    cr_assert_eq(rng_next(&streams[i]), rng_next(&alone), "%s", kernels[k]->name);
            }
        }
    }
}
