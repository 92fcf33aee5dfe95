/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_kernel.h"

#include <immintrin.h>
#include <math.h>

/* The loops of index_kernel_plain.c on sixteen rows at once, the positions of those that pass
 * packed by one instruction. This file alone is compiled for AVX-512; nothing of it is run where
 * the processor has none. */

/* A query in all lanes. Where all groups will do, a fifth of the lines need not be loaded. */
struct wide_query {
    __m512i cpu_milli, mem_kib, devices, groups;
    bool asks_group;
};

static struct wide_query widen(const struct row_query *query)
{
    return (struct wide_query){
        _mm512_set1_epi32(query->cpu_milli), _mm512_set1_epi32(query->mem_kib),
        _mm512_set1_epi32((int32_t)query->devices), _mm512_set1_epi32((int32_t)query->groups),
        query->groups != ROW_GROUPS_ALL};
}

static __m512i load(const void *lanes)
{
    return _mm512_loadu_si512(lanes);
}

/* The sign of a lane says whether it lacks anything. Comparisons that give masks would take twice
 * the time. 1, or 0 where no group is shared, less 1 is negative only for 0; and with all
 * other bits set, all guards set make -1. */
static __m512i lacks(const struct row_block *block, const struct wide_query *query)
{
    const __m512i minus_1 = _mm512_set1_epi32(-1), others = _mm512_set1_epi32(~ROW_GUARDS);
    __m512i cpu = _mm512_sub_epi32(load(block->cpu_milli), query->cpu_milli);
    __m512i mem = _mm512_sub_epi32(load(block->mem_kib), query->mem_kib);
    __m512i left = _mm512_sub_epi32(load(block->devices), query->devices);
    __m512i devices = _mm512_sub_epi32(_mm512_or_si512(left, others), minus_1);
    __m512i room = _mm512_or_si512(_mm512_or_si512(cpu, mem), devices);
    if (!query->asks_group)
        return room;
    __m512i shared = _mm512_and_si512(load(block->groups), query->groups);
    __m512i is_shared = _mm512_min_epu32(shared, _mm512_set1_epi32(1));
    return _mm512_or_si512(room, _mm512_add_epi32(is_shared, minus_1));
}

/* The keys of the lanes that pass; not a number in the others, which neither a maximum with
 * something behind it nor a comparison takes. */
static __m512 passing_keys(const struct row_block *block, const struct wide_query *query)
{
    __m512i fails = _mm512_srai_epi32(lacks(block, query), 31);
    return _mm512_castsi512_ps(_mm512_or_si512(fails, load(block->key)));
}

static float chunk_keys(const struct row_block *blocks, int32_t chunk_count,
                        const struct row_query *query, float *largest)
{
    const struct wide_query wide = widen(query);
    __m512 of_all = _mm512_set1_ps(-INFINITY);
    for (int32_t chunk = 0; chunk < chunk_count; chunk++) {
        __m512 best = _mm512_set1_ps(-INFINITY);
        for (int32_t i = 0; i < CHUNK_BLOCKS; i++)
            best = _mm512_max_ps(passing_keys(&blocks[chunk * CHUNK_BLOCKS + i], &wide), best);
        largest[chunk] = _mm512_reduce_max_ps(best);
        of_all = _mm512_max_ps(of_all, best);
    }
    return _mm512_reduce_max_ps(of_all);
}

static __m512i first_places(void)
{
    return _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}

/* Appends those of the places whose bit is set, and gives the new count. */
static int32_t append(int32_t *list, int32_t count, __mmask16 lanes, __m512i places)
{
    _mm512_storeu_si512(&list[count], _mm512_maskz_compress_epi32(lanes, places));
    return count + __builtin_popcount(lanes);
}

static int32_t reach(const float *keys, int32_t count, float least, int32_t *places)
{
    const __m512 wide = _mm512_set1_ps(least);
    __m512i at = first_places();
    int32_t found = 0;
    for (int32_t i = 0; i < count; i += ROW_LANES) {
        __mmask16 lanes = (__mmask16)(count - i < ROW_LANES ? (1U << (count - i)) - 1U : 0xffffU);
        __m512 some = _mm512_maskz_loadu_ps(lanes, &keys[i]);
        found = append(places, found, _mm512_mask_cmp_ps_mask(lanes, some, wide, _CMP_GE_OQ), at);
        at = _mm512_add_epi32(at, _mm512_set1_epi32(ROW_LANES));
    }
    return found;
}

/* The lanes of the block at row `first` that are within the range. */
static __mmask16 lanes_in_range(struct row_range range, int32_t first)
{
    uint32_t lanes = UINT32_C(0xffff);
    if (first < range.first)
        lanes &= lanes << (range.first - first);
    if (first + ROW_LANES > range.end)
        lanes &= UINT32_C(0xffff) >> (first + ROW_LANES - range.end);
    return (__mmask16)lanes;
}

static int32_t filter(const struct row_block *blocks, struct row_range range,
                      const struct row_query *query, float least_key, int32_t *positions)
{
    const struct wide_query wide = widen(query);
    const __m512 least = _mm512_set1_ps(least_key);
    int32_t count = 0, first = (int32_t)((uint32_t)range.first & ~(ROW_LANES - 1U));
    __m512i places = _mm512_add_epi32(_mm512_set1_epi32(first), first_places());
    const struct row_block *block = &blocks[(uint32_t)first / ROW_LANES];
    for (; first < range.end; first += ROW_LANES, block++) {
        __mmask16 lanes = _mm512_cmp_ps_mask(passing_keys(block, &wide), least, _CMP_GE_OQ);
        if (first < range.first || first + ROW_LANES > range.end)
            lanes &= lanes_in_range(range, first);
        count = append(positions, count, lanes, places);
        places = _mm512_add_epi32(places, _mm512_set1_epi32(ROW_LANES));
    }
    return count;
}

/* ---- coarse rows: thirty-two at once ---- */

struct wide_coarse_query {
    __m512i cpu, mem, devices, groups, is_empty;
};

static struct wide_coarse_query widen_coarse(const struct coarse_query *query)
{
    return (struct wide_coarse_query){
        _mm512_set1_epi16((int16_t)query->cpu), _mm512_set1_epi16((int16_t)query->mem),
        _mm512_set1_epi16((int16_t)query->devices), _mm512_set1_epi16((int16_t)query->groups),
        _mm512_set1_epi16((int16_t)query->is_empty)};
}

/* The lanes that pass. What is lacking is what is left of the query, cut off at 0. */
static inline __mmask32 passing_coarse(const struct coarse_block *block,
                                       const struct wide_coarse_query *query, bool asks_group)
{
    __m512i cpu = _mm512_subs_epu16(query->cpu, load(block->cpu));
    __m512i mem = _mm512_subs_epu16(query->mem, load(block->mem));
    __m512i devices = _mm512_subs_epu16(query->devices, load(block->devices));
    __m512i lacks = _mm512_or_si512(_mm512_or_si512(cpu, mem), devices);
    if (!asks_group)
        return _mm512_testn_epi16_mask(lacks, lacks);
    lacks = _mm512_or_si512(lacks, _mm512_andnot_si512(load(block->devices), query->is_empty));
    return _mm512_testn_epi16_mask(lacks, lacks) &
           _mm512_test_epi16_mask(query->groups, load(block->groups));
}

/* There is an instruction for the smallest of eight. */
static uint16_t largest_coarse(__m512i lanes)
{
    const __m128i all = _mm_set1_epi16(-1);
    __m256i half =
        _mm256_max_epu16(_mm512_castsi512_si256(lanes), _mm512_extracti64x4_epi64(lanes, 1));
    __m128i part = _mm_max_epu16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    return (uint16_t)~_mm_cvtsi128_si32(_mm_minpos_epu16(_mm_xor_si128(part, all)));
}

static inline uint16_t keys_of_chunks(const struct coarse_rows *rows,
                                      const struct wide_coarse_query *query, bool asks_group)
{
    const struct coarse_block *block = rows->blocks;
    uint16_t *lane_keys = rows->lane_keys;
    __m512i of_all = _mm512_setzero_si512();
    for (int32_t left = rows->chunk_count; left > 0; left--) {
        __m512i best = _mm512_setzero_si512();
        for (int32_t i = 0; i < COARSE_CHUNK_BLOCKS; i++)
            best = _mm512_mask_max_epu16(best, passing_coarse(&block[i], query, asks_group), best,
                                         load(block[i].key));
        _mm512_storeu_si512(lane_keys, best);
        of_all = _mm512_max_epu16(of_all, best);
        block += COARSE_CHUNK_BLOCKS;
        lane_keys += COARSE_LANES;
    }
    return largest_coarse(of_all);
}

/* Of so many chunks, 64 at most, those with a lane that reaches this. */
static uint64_t reaching_chunks(const uint16_t *lane_keys, int32_t count, uint16_t least_key)
{
    const __m512i least = _mm512_set1_epi16((int16_t)least_key);
    uint64_t chunks = 0;
    for (int32_t i = 0; i < count; i++)
        chunks |=
            (uint64_t)(_mm512_cmpge_epu16_mask(load(&lane_keys[i * COARSE_LANES]), least) != 0)
            << i;
    return chunks;
}

/* The lanes of the block that pass and whose key is at least this. */
static inline uint64_t lanes_of_coarse(const struct coarse_block *block,
                                       const struct wide_coarse_query *query, uint16_t least_key,
                                       bool asks_group)
{
    const __m512i least = _mm512_set1_epi16((int16_t)least_key);
    return passing_coarse(block, query, asks_group) &
           _mm512_cmpge_epu16_mask(load(block->key), least);
}

#include "scheduler/index_kernel_coarse.h"

/* ---- shortlists ---- */

/* items[places[i]] where the bit is set, for eight places, by an instruction of AVX2: what gcc 12
 * has for those of AVX-512 it warns of itself where it does not optimise. */
static __m256i gather(const uint32_t *items, const int32_t *places, uint32_t bits)
{
    __m256i lanes = _mm256_maskz_set1_epi32((__mmask8)bits, -1);
    return _mm256_mask_i32gather_epi32(_mm256_setzero_si256(), (const int *)items,
                                       _mm256_loadu_si256((const void *)places), lanes, 4);
}

/* Only filled places are looked up: what the others name has long left the cache. */
static void drop_stale(struct near_list *near, const uint32_t *last_entries)
{
    uint32_t current = 0;
    for (int32_t i = 0; i < NEAR_MOST; i += ROW_LANES) {
        __m256i low = gather(last_entries, &near->nodes[i], near->filled >> i);
        __m256i high = gather(last_entries, &near->nodes[i + 8], near->filled >> (i + 8));
        __m512i last = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
        __m512i differs = _mm512_xor_si512(last, load(&near->tags[i]));
        current |= (uint32_t)_mm512_testn_epi32_mask(differs, _mm512_set1_epi32(INT32_MAX)) << i;
    }
    near->filled &= current;
}

/* Of these places, those that have the highest score. */
static uint32_t highest(const double *scores, uint32_t places)
{
    __m512d high = _mm512_set1_pd(-INFINITY);
    uint32_t found = 0;
    for (int32_t i = 0; i < NEAR_MOST; i += 8)
        high = _mm512_mask_max_pd(high, (__mmask8)(places >> i), high, _mm512_loadu_pd(&scores[i]));
    high = _mm512_set1_pd(_mm512_reduce_max_pd(high));
    for (int32_t i = 0; i < NEAR_MOST; i += 8)
        found |= (uint32_t)_mm512_cmp_pd_mask(_mm512_loadu_pd(&scores[i]), high, _CMP_EQ_OQ) << i;
    return found & places;
}

/* Of nodes that are alike there are many, and a loop over them ends when nobody can guess. */
static int32_t best(const struct near_list *near, uint32_t places)
{
    const __m512i none = _mm512_set1_epi32(INT32_MAX);
    places = highest(near->scores, places);
    if ((places & (places - 1)) == 0)
        return __builtin_ctz(places);
    __m512i low = _mm512_mask_mov_epi32(none, (__mmask16)places, load(near->nodes));
    __m512i high = _mm512_mask_mov_epi32(none, (__mmask16)(places >> 16), load(&near->nodes[16]));
    __m512i lowest = _mm512_set1_epi32(_mm512_reduce_min_epi32(_mm512_min_epi32(low, high)));
    return __builtin_ctz((uint32_t)_mm512_cmpeq_epi32_mask(low, lowest) |
                         (uint32_t)_mm512_cmpeq_epi32_mask(high, lowest) << 16);
}

/* The scores of eight are in one vector so, and their nodes in half of one. */
static int32_t preceding(const struct standing *standings, int32_t count,
                         const struct standing *line, int32_t *places)
{
    const __m512i score_at = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0);
    const __m512i node_at = _mm512_set_epi32(0, 0, 0, 0, 0, 0, 0, 0, 30, 26, 22, 18, 14, 10, 6, 2);
    const __m512d line_score = _mm512_set1_pd(line->score);
    const __m256i line_node = _mm256_set1_epi32(line->node);
    __m256i at = _mm512_castsi512_si256(first_places());
    int32_t found = 0;
    for (int32_t i = 0; i < count; i += 8) {
        uint32_t lanes = count - i < 8 ? (UINT32_C(1) << (count - i)) - 1 : 0xffU;
        uint32_t words = count - i < 8 ? (UINT32_C(1) << 2 * (count - i)) - 1 : 0xffffU;
        __m512i low = _mm512_maskz_loadu_epi64((__mmask8)words, &standings[i]);
        __m512i high = _mm512_maskz_loadu_epi64((__mmask8)(words >> 8), &standings[i + 4]);
        __m512d scores = _mm512_castsi512_pd(_mm512_permutex2var_epi64(low, score_at, high));
        __m256i nodes = _mm512_castsi512_si256(_mm512_permutex2var_epi32(low, node_at, high));
        __mmask8 is_before = _mm512_cmp_pd_mask(scores, line_score, _CMP_GT_OQ);
        __mmask8 is_even = _mm512_cmp_pd_mask(scores, line_score, _CMP_EQ_OQ);
        is_before |= _mm256_mask_cmplt_epi32_mask(is_even, nodes, line_node);
        is_before &= (__mmask8)lanes;
        _mm256_storeu_si256((void *)&places[found], _mm256_maskz_compress_epi32(is_before, at));
        found += __builtin_popcount(is_before);
        at = _mm256_add_epi32(at, _mm256_set1_epi32(8));
    }
    return found;
}

extern const struct index_kernel index_kernel_avx512;
const struct index_kernel index_kernel_avx512 = {.name = "AVX-512",
                                                 .chunk_keys = chunk_keys,
                                                 .reach = reach,
                                                 .filter = filter,
                                                 .coarse_top = coarse_top,
                                                 .coarse_filter = coarse_filter,
                                                 .drop_stale = drop_stale,
                                                 .best = best,
                                                 .preceding = preceding};
