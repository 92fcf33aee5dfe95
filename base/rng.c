/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"

#include <Random123/threefry.h>
#include <assert.h>

#include "base/rng_kernel.h"

/* Threefry-2x64-20 is a keyed bijection of 128-bit counters (J. K. Salmon, M. A. Moraes, R. O.
 * Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11). Block k of a stream is
 * threefry(counter {k, 0}, key). The key of a stream is itself a block: threefry(counter {index,
 * 0}, key {seed, hash of the name}), so streams of one name never share a key. Check value: a zero
 * counter under a zero key gives c2b6e3a8c2c69865 6f81ed42f350084d. */
static threefry2x64_ctr_t encrypt(uint64_t counter, uint64_t key_low, uint64_t key_high)
{
    threefry2x64_ctr_t plain = {{counter, 0}};
    threefry2x64_key_t key = {{key_low, key_high}};
    return threefry2x64(plain, key);
}

struct rng rng_stream_of_hash(uint64_t seed, uint64_t name_hash, uint64_t index)
{
    threefry2x64_ctr_t key = encrypt(index, seed, name_hash);
    return (struct rng){.key = {key.v[0], key.v[1]}};
}

void rng_draw_block(struct rng *rng)
{
    threefry2x64_ctr_t block = encrypt(rng->counter, rng->key[0], rng->key[1]);
    rng->block[0] = block.v[0];
    rng->block[1] = block.v[1];
    rng->counter++;
    rng->left = 2;
}

uint64_t rng_next(struct rng *rng)
{
    if (rng->left == 0)
        rng_draw_block(rng);
    return rng->block[2 - rng->left--];
}

double rng_uniform(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    assert(bound > 0);
    /* The lowest 2^64 mod bound values are rejected: what is left is a multiple of bound. */
    uint64_t rejected = (UINT64_MAX - bound + 1) % bound;
    uint64_t word;
    do
        word = rng_next(rng);
    while (word < rejected);
    return word % bound;
}

uint64_t rng_mix(uint64_t a, uint64_t b, uint64_t c)
{
    return encrypt(c, a, b).v[0];
}

void rng_mix_many(uint64_t a, uint64_t b, const int32_t *numbers, int32_t count, uint64_t *words)
{
    const struct rng_kernel *kernels[RNG_KERNELS_MOST];
    rng_kernel_list(kernels);
    kernels[0]->mix_many((struct rng_key){a, b}, numbers, count, words);
}

void rng_streams_of_hash(uint64_t seed, uint64_t name_hash, const uint64_t *indices, int32_t count,
                         struct rng *streams)
{
    const struct rng_kernel *kernels[RNG_KERNELS_MOST];
    rng_kernel_list(kernels);
    kernels[0]->open_many((struct rng_key){seed, name_hash}, indices, count, streams);
}

static void gsl_set(void *state, unsigned long seed)
{
    struct rng *rng = state;
    *rng = rng_stream(seed, "gsl", 0);
}

static unsigned long gsl_get(void *state)
{
    return rng_next(state);
}

static double gsl_get_double(void *state)
{
    return rng_uniform(state);
}

static const gsl_rng_type threefry_type = {
    .name = "threefry2x64-20",
    .max = UINT64_MAX,
    .min = 0,
    .size = sizeof(struct rng),
    .set = gsl_set,
    .get = gsl_get,
    .get_double = gsl_get_double,
};

const gsl_rng *rng_gsl(struct rng *rng, struct rng_gsl_face *face)
{
    face->base = (gsl_rng){.type = &threefry_type, .state = rng};
    return &face->base;
}
