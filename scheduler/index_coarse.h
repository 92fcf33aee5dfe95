/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_INDEX_COARSE_H
#define STOWAGE_SCHEDULER_INDEX_COARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "scheduler/index_rows.h"
#include "scheduler/policy.h"

/* Inside scheduler/ only. The rows of index_rows.h once more at half their size, rounded down, so
 * that one instruction looks at twice as many nodes. A coarse row is a sieve before the sieve:
 * where a row passes its query the coarse row passes the coarse query, and of two keys the larger
 * has no smaller coarse key. What is found is looked up in the rows.
 *
 * The device word holds what is taken and not what is free: below a guard bit each, bits 0-6 what
 * the largest free share lacks to 127 (in eights), 8-11 what the unused devices lack to 15, 13
 * whether somebody is on the node. A query holds what it asks for, and of the sum of both a guard
 * is set where that is too much. Bit 15 is set where the node takes no demand. */

enum {
    COARSE_LANES = 32,
    COARSE_CHUNK_BLOCKS = 4,
    COARSE_CHUNK_ROWS = COARSE_LANES * COARSE_CHUNK_BLOCKS,
    COARSE_GUARDS = 1 << 7 | 1 << 12 | 1 << 14 | 1 << 15,
};

/* How amounts and keys become numbers of sixteen bits. */
struct coarse_scale {
    int32_t cpu_shift, mem_shift; /* by which the largest node of the fleet fits */
    float key_low, key_steps;     /* the lowest key that is told apart, and steps in 1 */
};

struct coarse_block {
    uint16_t cpu[COARSE_LANES];
    uint16_t mem[COARSE_LANES];
    uint16_t devices[COARSE_LANES];
    uint16_t groups[COARSE_LANES]; /* one bit: group modulo 16 */
    uint16_t key[COARSE_LANES];    /* 1 or more */
};

/* Those of a fleet; and of its chunks, the largest key of a row that passed the last query. */
struct coarse_rows {
    struct coarse_block *blocks; /* whole chunks */
    uint16_t *chunk_keys;
    int32_t chunk_count;
};

struct coarse_query {
    uint16_t cpu, mem, devices, groups;
    bool asks_group;
};

static inline int32_t coarse_chunk_count(int32_t row_count)
{
    return (row_count + COARSE_CHUNK_ROWS - 1) / COARSE_CHUNK_ROWS;
}

/* For the types of the fleet. Keys are told apart within the range of the policy's scores. */
struct coarse_scale coarse_scale_of(const struct fleet *fleet,
                                    const struct policy_instance *policy);

/* 1 to UINT16_MAX; never less for a larger key. */
uint16_t coarse_key(const struct coarse_scale *scale, float key);

void coarse_store(struct coarse_block *blocks, const struct coarse_scale *scale, int32_t position,
                  const struct row *row);

/* Lets no query find the rows of the block. */
void coarse_blank(struct coarse_block *block);

struct coarse_query coarse_query_of(const struct coarse_scale *scale,
                                    const struct row_query *query);

bool coarse_passes(const struct coarse_block *blocks, int32_t position,
                   const struct coarse_query *query);

#endif
