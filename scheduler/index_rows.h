/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_INDEX_ROWS_H
#define STOWAGE_SCHEDULER_INDEX_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "scheduler/fleet.h"

/* Inside scheduler/ only. The state of a node as one row of 20 bytes, in blocks of sixteen
 * rows, column by column, so that one instruction compares eight or sixteen nodes.
 *
 * A row is a sieve and never says no where the node could say yes: a node on which the shape fits
 * (fleet_fits) has a row that passes the shape's query. The other way round it may fail (device
 * memory, several shares, more than 32 groups, fractions of a KiB), so whoever finds a row asks
 * fleet_fits, unless the query is known to be exact. */

enum {
    ROW_LANES = 16,
    CHUNK_BLOCKS = 4,
    CHUNK_ROWS = ROW_LANES * CHUNK_BLOCKS,
};

/* The device word holds three numbers, each with a guard bit above it: bits 0-9 the largest free
 * share (0..1000), 11-17 the unused devices (0..64), 19 whether nobody is on the node. Of
 * `row - query` with all guards of the row set, a guard is cleared where the number asked for is
 * the larger: one subtraction compares all three. */
enum {
    ROW_WHOLE_SHIFT = 11,
    ROW_EMPTY_SHIFT = 19,
    ROW_GUARDS = 1 << 10 | 1 << 18 | 1 << 20,
    ROW_SHARE_BITS = (1 << 10) - 1,
    ROW_WHOLE_BITS = ((1 << 7) - 1) << ROW_WHOLE_SHIFT,
};

/* Of a query: any group will do. Most shapes fit on all types of nodes that are large enough. */
#define ROW_GROUPS_ALL UINT32_MAX

struct row_block {
    int32_t cpu_milli[ROW_LANES]; /* free; -1: takes no demand; INT32_MAX: that much or more */
    int32_t mem_kib[ROW_LANES];   /* free, rounded down */
    uint32_t devices[ROW_LANES];  /* with all guards set */
    uint32_t groups[ROW_LANES]; /* one bit: group modulo 32; of a chunk (index_chunks.h): several */
    float key[ROW_LANES];       /* at least the node's part of the score (policy.h), else 0 */
};

struct row_range {
    int32_t first, end;
};

/* What a shape asks of a row; a row passes where it has no less of anything, and a common group. */
struct row_query {
    int32_t cpu_milli;
    int32_t mem_kib; /* rounded down */
    uint32_t devices;
    uint32_t groups;
    bool is_exact; /* the shape fits wherever the row passes */
};

struct row {
    int32_t cpu_milli, mem_kib;
    uint32_t devices, groups;
    float key;
};

/* The row of a node, its key 0. O(devices). */
struct row row_of_node(const struct fleet *fleet, int32_t node);

/* The query of a shape. O(groups). */
struct row_query row_query_of_shape(const struct fleet *fleet, int32_t shape);

static inline float row_key(const struct row_block *blocks, int32_t position)
{
    return blocks[(uint32_t)position / ROW_LANES].key[(uint32_t)position % ROW_LANES];
}

/* Is nobody on the node? */
static inline bool row_is_empty(const struct row_block *blocks, int32_t position)
{
    uint32_t devices =
        blocks[(uint32_t)position / ROW_LANES].devices[(uint32_t)position % ROW_LANES];
    return (devices >> ROW_EMPTY_SHIFT & 1) != 0;
}

/* The bit of its group. */
static inline uint32_t row_group(const struct row_block *blocks, int32_t position)
{
    return blocks[(uint32_t)position / ROW_LANES].groups[(uint32_t)position % ROW_LANES];
}

static inline void row_store(struct row_block *blocks, int32_t position, const struct row *row)
{
    struct row_block *block = &blocks[(uint32_t)position / ROW_LANES];
    uint32_t lane = (uint32_t)position % ROW_LANES;
    block->cpu_milli[lane] = row->cpu_milli;
    block->mem_kib[lane] = row->mem_kib;
    block->devices[lane] = row->devices;
    block->groups[lane] = row->groups;
    block->key[lane] = row->key;
}

static inline struct row row_at(const struct row_block *blocks, int32_t position)
{
    const struct row_block *block = &blocks[(uint32_t)position / ROW_LANES];
    uint32_t lane = (uint32_t)position % ROW_LANES;
    return (struct row){.cpu_milli = block->cpu_milli[lane],
                        .mem_kib = block->mem_kib[lane],
                        .devices = block->devices[lane],
                        .groups = block->groups[lane],
                        .key = block->key[lane]};
}

/* Lets no query find the row, where is_blank says so: without a branch, since it may go either way.
 */
static inline void row_blank_if(struct row_block *blocks, int32_t position, bool is_blank)
{
    int32_t *cpu_milli =
        &blocks[(uint32_t)position / ROW_LANES].cpu_milli[(uint32_t)position % ROW_LANES];
    *cpu_milli |= -(int32_t)is_blank;
}
static inline void row_blank(struct row_block *blocks, int32_t position)
{
    row_blank_if(blocks, position, true);
}

bool row_passes(const struct row_block *blocks, int32_t position, const struct row_query *query);

/* The nearest float that is not below, or not above, a finite double. */
float float_at_least(double value);
float float_at_most(double value);

#endif
