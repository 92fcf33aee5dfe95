/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_kernel.h"

#include <immintrin.h>
#include <math.h>

/* The loops of index_kernel_plain.c with the masks of AVX-512: each comparison is made only for the
 * rows that passed the one before, and the positions of those that pass all are packed by one
 * instruction, without a branch for each. This file alone is compiled for AVX-512; nothing of it is
 * run where the processor has none. */

/* A query in all lanes. */
struct wide_query {
    __m256i cpu_milli, mem_mib, devices, groups, guards;
};

static struct wide_query widen(const struct row_query *query)
{
    return (struct wide_query){
        _mm256_set1_epi32(query->cpu_milli), _mm256_set1_epi32(query->mem_mib),
        _mm256_set1_epi32((int32_t)query->devices), _mm256_set1_epi32((int32_t)query->groups),
        _mm256_set1_epi32(ROW_GUARDS)};
}

static __m256i load(const void *lanes)
{
    return _mm256_loadu_si256(lanes);
}

/* A bit for each lane that passes. */
static __mmask8 pass_block(const struct row_block *block, const struct wide_query *query)
{
    __mmask8 passes = _mm256_cmple_epi32_mask(query->cpu_milli, load(block->cpu_milli));
    passes = _mm256_mask_cmple_epi32_mask(passes, query->mem_mib, load(block->mem_mib));
    passes = _mm256_mask_test_epi32_mask(passes, load(block->groups), query->groups);
    __m256i left = _mm256_sub_epi32(load(block->devices), query->devices);
    __m256i cleared = _mm256_andnot_si256(left, query->guards);
    return _mm256_mask_testn_epi32_mask(passes, cleared, cleared);
}

static float largest_lane(__m256 lanes)
{
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps(lanes, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    half = _mm_max_ss(half, _mm_shuffle_ps(half, half, 1));
    return _mm_cvtss_f32(half);
}

static void chunk_keys(const struct row_block *blocks, int32_t chunk_count,
                       const struct row_query *query, float *largest)
{
    const struct wide_query wide = widen(query);
    for (int32_t chunk = 0; chunk < chunk_count; chunk++) {
        const struct row_block *block = &blocks[chunk * CHUNK_BLOCKS];
        __m256 even = _mm256_set1_ps(-INFINITY), odd = even; /* two, since each has to wait */
        for (int32_t i = 0; i < CHUNK_BLOCKS; i += 2) {
            even = _mm256_mask_max_ps(even, pass_block(&block[i], &wide), even,
                                      _mm256_loadu_ps(block[i].key));
            odd = _mm256_mask_max_ps(odd, pass_block(&block[i + 1], &wide), odd,
                                     _mm256_loadu_ps(block[i + 1].key));
        }
        largest[chunk] = largest_lane(_mm256_max_ps(even, odd));
    }
}

/* The lanes of the block at row `first` that are within the range. */
static __mmask8 lanes_in_range(struct row_range range, int32_t first)
{
    uint32_t lanes = UINT32_C(0xff);
    if (first < range.first)
        lanes &= lanes << (range.first - first);
    if (first + ROW_LANES > range.end)
        lanes &= UINT32_C(0xff) >> (first + ROW_LANES - range.end);
    return (__mmask8)lanes;
}

static int32_t filter(const struct row_block *blocks, struct row_range range,
                      const struct row_query *query, float least_key, int32_t *positions)
{
    const struct wide_query wide = widen(query);
    const __m256 least = _mm256_set1_ps(least_key);
    int32_t count = 0, first = (int32_t)((uint32_t)range.first & ~(ROW_LANES - 1U));
    __m256i places =
        _mm256_add_epi32(_mm256_set1_epi32(first), _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
    const struct row_block *block = &blocks[(uint32_t)first / ROW_LANES];
    for (; first < range.end; first += ROW_LANES, block++) {
        __mmask8 lanes = _mm256_mask_cmp_ps_mask(pass_block(block, &wide),
                                                 _mm256_loadu_ps(block->key), least, _CMP_GE_OQ);
        if (first < range.first || first + ROW_LANES > range.end)
            lanes &= lanes_in_range(range, first);
        __m256i packed = _mm256_maskz_compress_epi32(lanes, places);
        _mm256_storeu_si256((void *)&positions[count], packed);
        count += __builtin_popcount(lanes);
        places = _mm256_add_epi32(places, _mm256_set1_epi32(ROW_LANES));
    }
    return count;
}

static int32_t best(const double *scores, const int32_t *nodes)
{
    __m512d high = _mm512_loadu_pd(scores);
    uint32_t places = 0;
    for (int32_t i = 8; i < NEAR_MOST; i += 8)
        high = _mm512_max_pd(high, _mm512_loadu_pd(&scores[i]));
    high = _mm512_set1_pd(_mm512_reduce_max_pd(high));
    for (int32_t i = 0; i < NEAR_MOST; i += 8)
        places |= (uint32_t)_mm512_cmp_pd_mask(_mm512_loadu_pd(&scores[i]), high, _CMP_EQ_OQ) << i;
    int32_t found = __builtin_ctz(places);
    for (places &= places - 1; places != 0; places &= places - 1)
        if (nodes[__builtin_ctz(places)] < nodes[found])
            found = __builtin_ctz(places);
    return found;
}

extern const struct index_kernel index_kernel_avx512;
const struct index_kernel index_kernel_avx512 = {
    .name = "AVX-512", .chunk_keys = chunk_keys, .filter = filter, .best = best};
