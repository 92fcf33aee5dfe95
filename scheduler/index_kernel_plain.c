/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_kernel.h"

#include <math.h>

/* A block of rows at a time without branches, which compilers turn into what vectors there are. */

static void pass_block(const struct row_block *block, const struct row_query *query,
                       uint32_t *passes)
{
    for (int32_t i = 0; i < ROW_LANES; i++)
        passes[i] = (uint32_t)(block->cpu_milli[i] >= query->cpu_milli) &
                    (uint32_t)(block->mem_kib[i] >= query->mem_kib) &
                    (uint32_t)(((block->devices[i] - query->devices) & ROW_GUARDS) == ROW_GUARDS) &
                    (uint32_t)((block->groups[i] & query->groups) != 0);
}

static float chunk_keys(const struct row_block *blocks, int32_t chunk_count,
                        const struct row_query *query, float *largest)
{
    float of_all = -INFINITY;
    for (int32_t chunk = 0; chunk < chunk_count; chunk++) {
        float best = -INFINITY;
        for (int32_t i = 0; i < CHUNK_BLOCKS; i++) {
            const struct row_block *block = &blocks[chunk * CHUNK_BLOCKS + i];
            uint32_t passes[ROW_LANES];
            pass_block(block, query, passes);
            for (int32_t lane = 0; lane < ROW_LANES; lane++) {
                float key = passes[lane] != 0 ? block->key[lane] : -INFINITY;
                best = key > best ? key : best;
            }
        }
        largest[chunk] = best;
        of_all = best > of_all ? best : of_all;
    }
    return of_all;
}

static int32_t reach(const float *keys, int32_t count, float least, int32_t *places)
{
    int32_t found = 0;
    for (int32_t i = 0; i < count; i++) {
        places[found] = i;
        found += keys[i] >= least;
    }
    return found;
}

static int32_t filter(const struct row_block *blocks, struct row_range range,
                      const struct row_query *query, float least_key, int32_t *positions)
{
    int32_t count = 0;
    for (int32_t first = range.first - range.first % ROW_LANES; first < range.end;
         first += ROW_LANES) {
        const struct row_block *block = &blocks[first / ROW_LANES];
        uint32_t passes[ROW_LANES];
        pass_block(block, query, passes);
        for (int32_t lane = 0; lane < ROW_LANES; lane++) {
            int32_t at = first + lane;
            if (passes[lane] != 0 && block->key[lane] >= least_key && at >= range.first &&
                at < range.end)
                positions[count++] = at;
        }
    }
    return count;
}

/* The keys of the lanes that pass; 0 in the others. */
static void passing_coarse(const struct coarse_block *block, const struct coarse_query *query,
                           uint16_t *keys)
{
    for (int32_t i = 0; i < COARSE_LANES; i++) {
        bool passes = (block->cpu[i] >= query->cpu) & (block->mem[i] >= query->mem) &
                      (block->devices[i] >= query->devices) &
                      ((block->groups[i] & query->groups) != 0) &
                      ((block->devices[i] & query->is_empty) == query->is_empty);
        keys[i] = passes ? block->key[i] : 0;
    }
}

/* Writes the lane keys and gives the largest. */
static uint16_t keys_of_chunks(const struct coarse_rows *rows, const struct coarse_query *query)
{
    uint16_t of_all = 0;
    for (int32_t chunk = 0; chunk < rows->chunk_count; chunk++) {
        uint16_t best[COARSE_LANES] = {0};
        for (int32_t i = 0; i < COARSE_CHUNK_BLOCKS; i++) {
            uint16_t keys[COARSE_LANES];
            passing_coarse(&rows->blocks[chunk * COARSE_CHUNK_BLOCKS + i], query, keys);
            for (int32_t lane = 0; lane < COARSE_LANES; lane++)
                best[lane] = keys[lane] > best[lane] ? keys[lane] : best[lane];
        }
        for (int32_t lane = 0; lane < COARSE_LANES; lane++) {
            rows->lane_keys[chunk * COARSE_LANES + lane] = best[lane];
            of_all = best[lane] > of_all ? best[lane] : of_all;
        }
    }
    return of_all;
}

static bool reaches(const uint16_t *lane_keys, uint16_t least)
{
    uint16_t largest = 0;
    for (int32_t lane = 0; lane < COARSE_LANES; lane++)
        largest = lane_keys[lane] > largest ? lane_keys[lane] : largest;
    return largest >= least;
}

static int32_t coarse_filter(const struct coarse_rows *rows, const struct coarse_query *query,
                             uint16_t least, int32_t *positions)
{
    int32_t count = 0;
    for (int32_t chunk = 0; chunk < rows->chunk_count; chunk++) {
        if (!reaches(&rows->lane_keys[chunk * COARSE_LANES], least))
            continue;
        for (int32_t i = chunk * COARSE_CHUNK_BLOCKS; i < (chunk + 1) * COARSE_CHUNK_BLOCKS; i++) {
            uint16_t keys[COARSE_LANES];
            passing_coarse(&rows->blocks[i], query, keys);
            for (int32_t lane = 0; lane < COARSE_LANES; lane++)
                if (keys[lane] >= least)
                    positions[count++] = i * COARSE_LANES + lane;
        }
    }
    return count;
}

static int32_t coarse_top(const struct coarse_rows *rows, const struct coarse_query *query,
                          int32_t *positions, uint16_t *least)
{
    uint16_t largest = keys_of_chunks(rows, query);
    *least = (uint16_t)(largest - (largest > 1));
    return largest == 0 ? 0 : coarse_filter(rows, query, *least, positions);
}

static void drop_stale(struct near_list *near, const uint32_t *last_entries)
{
    for (uint32_t left = near->filled; left != 0; left &= left - 1) {
        int32_t place = __builtin_ctz(left);
        bool is_stale = ((last_entries[near->nodes[place]] ^ near->tags[place]) & INT32_MAX) != 0;
        near->filled &= ~((uint32_t)is_stale << place);
    }
}

static int32_t best(const struct near_list *near, uint32_t places)
{
    const double *scores = near->scores;
    int32_t found = __builtin_ctz(places);
    for (places &= places - 1; places != 0; places &= places - 1) {
        int32_t i = __builtin_ctz(places);
        if (scores[i] > scores[found] ||
            (scores[i] == scores[found] && near->nodes[i] < near->nodes[found]))
            found = i;
    }
    return found;
}

static int32_t preceding(const struct standing *standings, int32_t count,
                         const struct standing *line, int32_t *places)
{
    int32_t found = 0;
    for (int32_t i = 0; i < count; i++) {
        places[found] = i;
        found += standing_precedes(&standings[i], line);
    }
    return found;
}

const struct index_kernel index_kernel_plain = {.name = "plain",
                                                .chunk_keys = chunk_keys,
                                                .reach = reach,
                                                .filter = filter,
                                                .coarse_top = coarse_top,
                                                .coarse_filter = coarse_filter,
                                                .drop_stale = drop_stale,
                                                .best = best,
                                                .preceding = preceding};
