/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_INDEX_COARSE_H
#define STOWAGE_SCHEDULER_INDEX_COARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "scheduler/index_rows.h"
#include "scheduler/policy.h"

/* Inside scheduler/ only. In fleets that are scanned for every question, a node as a row of ten
 * bytes, rounded down, so that one instruction looks at thirty-two nodes. A coarse row is a sieve:
 * where a shape fits on a node its row passes the query, and of two keys the larger has no smaller
 * coarse key. Whoever finds a row asks the node itself (fleet_fits).
 *
 * What a node has of devices is one number, since no demand asks for two: the largest free share
 * (0..1000), and where that is a whole device, the number of unused ones upon it (1001..1064). It
 * stands in bits 1 and up, raised by 1, so that 0 is left for a node that takes no demand; bit 0
 * says whether nobody is there. */

enum {
    COARSE_LANES = 32,
    COARSE_CHUNK_BLOCKS = 4,
    COARSE_CHUNK_ROWS = COARSE_LANES * COARSE_CHUNK_BLOCKS,
    COARSE_GROUPS = 16,
};

/* How amounts and keys become numbers of sixteen bits. */
struct coarse_scale {
    int32_t cpu_shift, mem_shift; /* by which the largest node of the fleet fits */
    double key_low, key_steps;    /* the lowest key that is told apart, and steps in 1 */
};

struct coarse_block {
    uint16_t cpu[COARSE_LANES];
    uint16_t mem[COARSE_LANES];
    uint16_t devices[COARSE_LANES];
    uint16_t groups[COARSE_LANES]; /* one bit: group modulo COARSE_GROUPS */
    uint16_t key[COARSE_LANES];    /* 1 or more */
};

/* Those of a fleet; and of each lane of each chunk, the largest key of a row that passed the last
 * query. */
struct coarse_rows {
    struct coarse_block *blocks; /* whole chunks */
    uint16_t *lane_keys;         /* [chunk * COARSE_LANES + lane] */
    int32_t chunk_count;
};

struct coarse_row {
    uint16_t cpu, mem, devices, groups, key;
};

struct coarse_query {
    uint16_t cpu, mem, devices, groups;
    uint16_t is_empty; /* 1: nobody may be on the node */
    bool asks_group;   /* groups and is_empty matter */
};

static inline int32_t coarse_chunk_count(int32_t row_count)
{
    return (row_count + COARSE_CHUNK_ROWS - 1) / COARSE_CHUNK_ROWS;
}

/* For the types of the fleet. Keys are told apart within the range of the policy's scores. */
struct coarse_scale coarse_scale_of(const struct fleet *fleet,
                                    const struct policy_instance *policy);

/* 1 to UINT16_MAX; never less for a larger key. */
uint16_t coarse_key(const struct coarse_scale *scale, double key);

/* The row of a node, with this key. O(devices). */
struct coarse_row coarse_row_of_node(const struct fleet *fleet, const struct coarse_scale *scale,
                                     int32_t node, double key);

void coarse_store(struct coarse_block *blocks, int32_t position, const struct coarse_row *row);

static inline uint16_t coarse_key_at(const struct coarse_block *blocks, int32_t position)
{
    return blocks[(uint32_t)position / COARSE_LANES].key[(uint32_t)position % COARSE_LANES];
}

/* Both at once, the node's number as its position. */
void coarse_store_node(struct coarse_block *blocks, const struct coarse_scale *scale,
                       const struct fleet *fleet, int32_t node, double key);

/* Lets no query find the rows of the block. */
void coarse_blank(struct coarse_block *block);

struct coarse_query coarse_query_of(const struct coarse_scale *scale,
                                    const struct row_query *query);

bool coarse_passes(const struct coarse_block *blocks, int32_t position,
                   const struct coarse_query *query);

/* Appends the positions from `first` on whose bit is set, ascending, and gives the new count. There
 * is room for one more. Mostly no bit is set or one: without a branch for these. */
static inline int32_t coarse_append(int32_t *positions, int32_t count, int32_t first, uint64_t bits)
{
    positions[count] = first + __builtin_ctzll(bits | UINT64_C(1) << 63);
    count += bits != 0;
    for (bits &= bits - 1; bits != 0; bits &= bits - 1)
        positions[count++] = first + __builtin_ctzll(bits);
    return count;
}

#endif
