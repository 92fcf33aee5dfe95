/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_INDEX_KERNEL_COARSE_H
#define STOWAGE_SCHEDULER_INDEX_KERNEL_COARSE_H

#include "scheduler/index_kernel.h"

/* Inside the kernels of vectors only: what of the search in coarse rows is the same with all of
 * them, as text, so that what it calls becomes a part of it. Who includes it has defined before,
 * for vectors of his size,
 *
 *     struct wide_coarse_query       a query, in all lanes of a vector
 *     widen_coarse(query)            makes it
 *     keys_of_chunks(rows, wide, asks_group)              writes the lane keys, gives the largest
 *     reaching_chunks(lane_keys, count, least)            a bit for each chunk, 64 at most
 *     lanes_of_coarse(block, wide, least, asks_group)     a bit for each lane
 *
 * where asks_group is known when compiling: gcc 12 has to be told to make the functions anew for
 * either value, and would ask in each block else. */

__attribute__((always_inline)) static inline int32_t
filter_chunks(const struct coarse_rows *rows, const struct wide_coarse_query *query, uint16_t least,
              int32_t *positions, bool asks_group)
{
    int32_t count = 0;
    for (int32_t first = 0; first < rows->chunk_count; first += 64) {
        int32_t left = rows->chunk_count - first;
        uint64_t chunks =
            reaching_chunks(&rows->lane_keys[first * COARSE_LANES], left < 64 ? left : 64, least);
        for (; chunks != 0; chunks &= chunks - 1) {
            int32_t at = (first + __builtin_ctzll(chunks)) * COARSE_CHUNK_BLOCKS;
            for (int32_t i = at; i < at + COARSE_CHUNK_BLOCKS; i += 2) {
                const struct coarse_block *two = &rows->blocks[i];
                uint64_t lanes = lanes_of_coarse(&two[0], query, least, asks_group);
                lanes |= lanes_of_coarse(&two[1], query, least, asks_group) << COARSE_LANES;
                count = coarse_append(positions, count, i * COARSE_LANES, lanes);
            }
        }
    }
    return count;
}

__attribute__((always_inline)) static inline int32_t find_top(const struct coarse_rows *rows,
                                                              const struct coarse_query *query,
                                                              int32_t *positions, uint16_t *least,
                                                              bool asks_group)
{
    const struct wide_coarse_query wide = widen_coarse(query);
    uint16_t largest = keys_of_chunks(rows, &wide, asks_group);
    *least = (uint16_t)(largest - (largest > 1));
    if (largest == 0)
        return 0;
    return filter_chunks(rows, &wide, *least, positions, asks_group);
}

static int32_t coarse_top(const struct coarse_rows *rows, const struct coarse_query *query,
                          int32_t *positions, uint16_t *least)
{
    return query->asks_group ? find_top(rows, query, positions, least, true)
                             : find_top(rows, query, positions, least, false);
}

static int32_t coarse_filter(const struct coarse_rows *rows, const struct coarse_query *query,
                             uint16_t least, int32_t *positions)
{
    const struct wide_coarse_query wide = widen_coarse(query);
    return filter_chunks(rows, &wide, least, positions, true);
}

#endif
