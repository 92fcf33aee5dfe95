/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_kernel.h"

#include <immintrin.h>
#include <math.h>

/* The loops of index_kernel_plain.c on eight rows at once. This file alone is compiled for AVX2;
 * nothing of it is run where the processor has none. */

/* A query in all lanes. Where all groups will do, a fifth of the lines need not be loaded. */
struct wide_query {
    __m256i cpu_milli, mem_kib, devices, groups, guards;
    bool asks_group;
};

static struct wide_query widen(const struct row_query *query)
{
    return (struct wide_query){_mm256_set1_epi32(query->cpu_milli),
                               _mm256_set1_epi32(query->mem_kib),
                               _mm256_set1_epi32((int32_t)query->devices),
                               _mm256_set1_epi32((int32_t)query->groups),
                               _mm256_set1_epi32(ROW_GUARDS),
                               query->groups != ROW_GROUPS_ALL};
}

static __m256i load(const void *lanes)
{
    return _mm256_loadu_si256(lanes);
}

/* A block has two halves. */
enum { HALF_LANES = 8 };

/* All ones in the lanes of this half that pass. */
static __m256i pass_half(const struct row_block *block, int32_t half,
                         const struct wide_query *query)
{
    int32_t lane = half * HALF_LANES;
    __m256i lacks_cpu = _mm256_cmpgt_epi32(query->cpu_milli, load(&block->cpu_milli[lane]));
    __m256i lacks_mem = _mm256_cmpgt_epi32(query->mem_kib, load(&block->mem_kib[lane]));
    __m256i left = _mm256_sub_epi32(load(&block->devices[lane]), query->devices);
    __m256i has_devices = _mm256_cmpeq_epi32(_mm256_and_si256(left, query->guards), query->guards);
    __m256i has_room = _mm256_andnot_si256(_mm256_or_si256(lacks_cpu, lacks_mem), has_devices);
    if (!query->asks_group)
        return has_room;
    __m256i shared = _mm256_and_si256(load(&block->groups[lane]), query->groups);
    return _mm256_andnot_si256(_mm256_cmpeq_epi32(shared, _mm256_setzero_si256()), has_room);
}

/* The keys of the lanes of this half that pass; -INFINITY in the others. */
static __m256 passing_keys(const struct row_block *block, int32_t half,
                           const struct wide_query *query)
{
    __m256 passes = _mm256_castsi256_ps(pass_half(block, half, query));
    __m256 keys = _mm256_loadu_ps(&block->key[half * HALF_LANES]);
    return _mm256_blendv_ps(_mm256_set1_ps(-INFINITY), keys, passes);
}

static float largest_lane(__m256 lanes)
{
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps(lanes, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    half = _mm_max_ss(half, _mm_shuffle_ps(half, half, 1));
    return _mm_cvtss_f32(half);
}

static float chunk_keys(const struct row_block *blocks, int32_t chunk_count,
                        const struct row_query *query, float *largest)
{
    const struct wide_query wide = widen(query);
    __m256 of_all = _mm256_set1_ps(-INFINITY);
    for (int32_t chunk = 0; chunk < chunk_count; chunk++) {
        const struct row_block *block = &blocks[chunk * CHUNK_BLOCKS];
        __m256 best = _mm256_set1_ps(-INFINITY);
        for (int32_t half = 0; half < 2 * CHUNK_BLOCKS; half++)
            best = _mm256_max_ps(passing_keys(&block[half / 2], half % 2, &wide), best);
        largest[chunk] = largest_lane(best);
        of_all = _mm256_max_ps(of_all, best);
    }
    return largest_lane(of_all);
}

static int32_t reach(const float *keys, int32_t count, float least, int32_t *places)
{
    const __m256 wide = _mm256_set1_ps(least);
    int32_t found = 0, i = 0;
    for (; i + HALF_LANES <= count; i += HALF_LANES) {
        __m256 is_high = _mm256_cmp_ps(_mm256_loadu_ps(&keys[i]), wide, _CMP_GE_OQ);
        for (uint32_t high = (uint32_t)_mm256_movemask_ps(is_high); high != 0; high &= high - 1)
            places[found++] = i + __builtin_ctz(high);
    }
    for (; i < count; i++)
        if (keys[i] >= least)
            places[found++] = i;
    return found;
}

/* The lanes of this half that pass and whose key is at least this, one bit each. */
static uint32_t lanes_of_half(const struct row_block *block, int32_t half,
                              const struct wide_query *query, __m256 least_key)
{
    __m256 passes = _mm256_castsi256_ps(pass_half(block, half, query));
    __m256 keys = _mm256_loadu_ps(&block->key[half * HALF_LANES]);
    __m256 is_high = _mm256_cmp_ps(keys, least_key, _CMP_GE_OQ);
    return (uint32_t)_mm256_movemask_ps(_mm256_and_ps(passes, is_high));
}

/* Without the rows before and behind the range, which begins in the block at row `first`, or ends
 * there. */
static uint32_t lanes_in_range(uint32_t lanes, struct row_range range, int32_t first)
{
    if (first < range.first)
        lanes &= UINT32_C(0xffff) << (range.first - first);
    if (first + ROW_LANES > range.end)
        lanes &= UINT32_C(0xffff) >> (first + ROW_LANES - range.end);
    return lanes;
}

static int32_t filter(const struct row_block *blocks, struct row_range range,
                      const struct row_query *query, float least_key, int32_t *positions)
{
    const struct wide_query wide = widen(query);
    const __m256 least = _mm256_set1_ps(least_key);
    int32_t count = 0, first = (int32_t)((uint32_t)range.first & ~(ROW_LANES - 1U));
    const struct row_block *block = &blocks[(uint32_t)first / ROW_LANES];
    for (; first < range.end; first += ROW_LANES, block++) {
        uint32_t lanes = lanes_of_half(block, 0, &wide, least) |
                         lanes_of_half(block, 1, &wide, least) << HALF_LANES;
        if (lanes == 0)
            continue;
        for (lanes = lanes_in_range(lanes, range, first); lanes != 0; lanes &= lanes - 1)
            positions[count++] = first + __builtin_ctz(lanes);
    }
    return count;
}

/* ---- coarse rows: sixteen at once, so a block has two halves again ---- */

enum { COARSE_HALF = COARSE_LANES / 2 };

struct wide_coarse_query {
    __m256i cpu, mem, devices, groups, is_empty;
};

static struct wide_coarse_query widen_coarse(const struct coarse_query *query)
{
    return (struct wide_coarse_query){
        _mm256_set1_epi16((int16_t)query->cpu), _mm256_set1_epi16((int16_t)query->mem),
        _mm256_set1_epi16((int16_t)query->devices), _mm256_set1_epi16((int16_t)query->groups),
        _mm256_set1_epi16((int16_t)query->is_empty)};
}

/* The keys of the lanes of this half that pass; 0 in the others. What is lacking is what is left of
 * the query, cut off at 0. */
static inline __m256i passing_coarse(const struct coarse_block *block, int32_t half,
                                     const struct wide_coarse_query *query, bool asks_group)
{
    const __m256i zero = _mm256_setzero_si256();
    int32_t lane = half * COARSE_HALF;
    __m256i devices = load(&block->devices[lane]);
    __m256i lacks = _mm256_or_si256(_mm256_subs_epu16(query->cpu, load(&block->cpu[lane])),
                                    _mm256_subs_epu16(query->mem, load(&block->mem[lane])));
    lacks = _mm256_or_si256(lacks, _mm256_subs_epu16(query->devices, devices));
    if (asks_group) {
        __m256i shared = _mm256_and_si256(query->groups, load(&block->groups[lane]));
        lacks = _mm256_or_si256(lacks, _mm256_cmpeq_epi16(shared, zero));
        lacks = _mm256_or_si256(lacks, _mm256_andnot_si256(devices, query->is_empty));
    }
    return _mm256_and_si256(_mm256_cmpeq_epi16(lacks, zero), load(&block->key[lane]));
}

/* There is an instruction for the smallest of eight. */
static uint16_t largest_coarse(__m256i lanes)
{
    const __m128i all = _mm_set1_epi16(-1);
    __m128i half = _mm_max_epu16(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
    return (uint16_t)~_mm_cvtsi128_si32(_mm_minpos_epu16(_mm_xor_si128(half, all)));
}

static inline uint16_t keys_of_chunks(const struct coarse_rows *rows,
                                      const struct wide_coarse_query *query, bool asks_group)
{
    const struct coarse_block *block = rows->blocks;
    uint16_t *lane_keys = rows->lane_keys;
    __m256i of_all = _mm256_setzero_si256();
    for (int32_t left = rows->chunk_count; left > 0; left--) {
        for (int32_t half = 0; half < 2; half++) {
            __m256i best = passing_coarse(block, half, query, asks_group);
            for (int32_t i = 1; i < COARSE_CHUNK_BLOCKS; i++)
                best = _mm256_max_epu16(best, passing_coarse(&block[i], half, query, asks_group));
            _mm256_storeu_si256((void *)&lane_keys[half * COARSE_HALF], best);
            of_all = _mm256_max_epu16(of_all, best);
        }
        block += COARSE_CHUNK_BLOCKS;
        lane_keys += COARSE_LANES;
    }
    return largest_coarse(of_all);
}

/* All ones in the lanes that are at least this. */
static __m256i reaching(__m256i keys, __m256i least)
{
    return _mm256_cmpeq_epi16(_mm256_max_epu16(keys, least), keys);
}

/* Of so many chunks, 64 at most, those with a lane that reaches this. */
static uint64_t reaching_chunks(const uint16_t *lane_keys, int32_t count, uint16_t least_key)
{
    const __m256i least = _mm256_set1_epi16((int16_t)least_key);
    uint64_t chunks = 0;
    for (int32_t i = 0; i < count; i++) {
        const uint16_t *lanes = &lane_keys[i * COARSE_LANES];
        __m256i keys = _mm256_max_epu16(load(lanes), load(&lanes[COARSE_HALF]));
        chunks |= (uint64_t)(_mm256_movemask_epi8(reaching(keys, least)) != 0) << i;
    }
    return chunks;
}

/* The lanes of the block that pass and whose key is at least this. */
static inline uint64_t lanes_of_coarse(const struct coarse_block *block,
                                       const struct wide_coarse_query *query, uint16_t least_key,
                                       bool asks_group)
{
    const __m256i least = _mm256_set1_epi16((int16_t)least_key);
    __m256i low = reaching(passing_coarse(block, 0, query, asks_group), least);
    __m256i high = reaching(passing_coarse(block, 1, query, asks_group), least);
    __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xd8);
    return (uint32_t)_mm256_movemask_epi8(bytes);
}

#include "scheduler/index_kernel_coarse.h"

/* ---- shortlists ---- */

/* All ones in the lanes whose bit is set. */
static __m256i lanes_of_bits(uint32_t bits)
{
    const __m256i bit_of_lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    __m256i set = _mm256_and_si256(_mm256_set1_epi32((int32_t)bits), bit_of_lane);
    return _mm256_cmpeq_epi32(set, bit_of_lane);
}

/* Only filled places are looked up: what the others name has long left the cache. */
static void drop_stale(struct near_list *near, const uint32_t *last_entries)
{
    const int *from = (const int *)last_entries;
    uint32_t current = 0;
    for (int32_t i = 0; i < NEAR_MOST; i += HALF_LANES) {
        __m256i filled = lanes_of_bits(near->filled >> i);
        __m256i last = _mm256_mask_i32gather_epi32(_mm256_setzero_si256(), from,
                                                   load(&near->nodes[i]), filled, 4);
        __m256i differs = _mm256_slli_epi32(_mm256_xor_si256(last, load(&near->tags[i])), 1);
        __m256i is_current = _mm256_cmpeq_epi32(differs, _mm256_setzero_si256());
        current |= (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(is_current)) << i;
    }
    near->filled &= current;
}

/* The highest score of these places, whose bits are moved to the signs of their lanes. */
static double highest(const double *scores, uint32_t places)
{
    const __m256d none = _mm256_set1_pd(-INFINITY);
    const __m256i bits = _mm256_set1_epi64x(places);
    __m256i shifts = _mm256_setr_epi64x(63, 62, 61, 60);
    __m256d high = none;
    for (int32_t i = 0; i < NEAR_MOST; i += 4) {
        __m256d is_one = _mm256_castsi256_pd(_mm256_sllv_epi64(bits, shifts));
        high = _mm256_max_pd(high, _mm256_blendv_pd(none, _mm256_loadu_pd(&scores[i]), is_one));
        shifts = _mm256_sub_epi64(shifts, _mm256_set1_epi64x(4));
    }
    __m128d half = _mm_max_pd(_mm256_castpd256_pd128(high), _mm256_extractf128_pd(high, 1));
    return _mm_cvtsd_f64(_mm_max_sd(half, _mm_unpackhi_pd(half, half)));
}

static int32_t best(const struct near_list *near, uint32_t places)
{
    const __m256d high = _mm256_set1_pd(highest(near->scores, places));
    uint32_t ties = 0;
    for (int32_t i = 0; i < NEAR_MOST; i += 4) {
        __m256d is_highest = _mm256_cmp_pd(_mm256_loadu_pd(&near->scores[i]), high, _CMP_EQ_OQ);
        ties |= (uint32_t)_mm256_movemask_pd(is_highest) << i;
    }
    ties &= places;
    int32_t found = __builtin_ctz(ties);
    for (ties &= ties - 1; ties != 0; ties &= ties - 1)
        if (near->nodes[__builtin_ctz(ties)] < near->nodes[found])
            found = __builtin_ctz(ties);
    return found;
}

/* Those of four that stand before the line, one bit each. The halves of two vectors come out as
 * 0, 2, 1, 3. */
static uint32_t preceding_of_four(const struct standing *four, __m256d score, __m256i node)
{
    __m256d low = _mm256_loadu_pd(&four[0].score), high = _mm256_loadu_pd(&four[2].score);
    __m256d scores = _mm256_unpacklo_pd(low, high);
    __m256i words = _mm256_castpd_si256(_mm256_unpackhi_pd(low, high));
    __m256d is_lower = _mm256_castsi256_pd(_mm256_slli_epi64(_mm256_cmpgt_epi32(node, words), 32));
    __m256d is_even = _mm256_and_pd(_mm256_cmp_pd(scores, score, _CMP_EQ_OQ), is_lower);
    __m256d is_before = _mm256_or_pd(_mm256_cmp_pd(scores, score, _CMP_GT_OQ), is_even);
    return (uint32_t)_mm256_movemask_pd(_mm256_permute4x64_pd(is_before, 0xd8));
}

static int32_t preceding(const struct standing *standings, int32_t count,
                         const struct standing *line, int32_t *places)
{
    const __m256d score = _mm256_set1_pd(line->score);
    const __m256i node = _mm256_set1_epi32(line->node);
    int32_t found = 0, i = 0;
    for (; i + 4 <= count; i += 4)
        for (uint32_t before = preceding_of_four(&standings[i], score, node); before != 0;
             before &= before - 1)
            places[found++] = i + __builtin_ctz(before);
    for (; i < count; i++)
        if (standing_precedes(&standings[i], line))
            places[found++] = i;
    return found;
}

extern const struct index_kernel index_kernel_avx2;
const struct index_kernel index_kernel_avx2 = {.name = "AVX2",
                                               .chunk_keys = chunk_keys,
                                               .reach = reach,
                                               .filter = filter,
                                               .coarse_top = coarse_top,
                                               .coarse_filter = coarse_filter,
                                               .drop_stale = drop_stale,
                                               .best = best,
                                               .preceding = preceding};
