/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_chunks.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* Example. Of two nodes one has 4 cores and 16 GiB free and a device, the other 8 cores, 2 GiB and
 * none: the row of the chunk has 8 cores, 16 GiB and a device. It lets a demand of 8 cores and 16
 * GiB pass, which neither node does; then the chunk is looked at, and its row made exact: in vain,
 * since it was. Where one quantity is what is short in the whole fleet, as devices mostly are, this
 * is rare. */

static inline int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* The larger of each of the three numbers of two device words (index_rows.h). */
static inline uint32_t larger_devices(uint32_t a, uint32_t b)
{
    const uint32_t share = ROW_SHARE_BITS, whole = ROW_WHOLE_BITS;
    uint32_t largest = (a & share) > (b & share) ? a & share : b & share;
    uint32_t most = (a & whole) > (b & whole) ? a & whole : b & whole;
    return ROW_GUARDS | largest | most | ((a | b) & UINT32_C(1) << ROW_EMPTY_SHIFT);
}

static inline void raise(struct row *sum, const struct row_block *block, int32_t lane)
{
    sum->cpu_milli = larger(sum->cpu_milli, block->cpu_milli[lane]);
    sum->mem_kib = larger(sum->mem_kib, block->mem_kib[lane]);
    sum->devices = larger_devices(sum->devices, block->devices[lane]);
    sum->groups |= block->groups[lane];
}

static const struct row NOTHING = {.cpu_milli = -1, .devices = ROW_GUARDS, .key = INFINITY};
static const struct row ANYTHING = {.cpu_milli = INT32_MAX,
                                    .mem_kib = INT32_MAX,
                                    .devices = (UINT32_C(1) << 21) - 1,
                                    .groups = UINT32_MAX,
                                    .key = INFINITY};

int chunk_rows_reserve(struct chunk_rows *rows, int32_t chunk_count, struct err *err)
{
    int32_t block_count = rows->capacity;
    if (array_reserve_on_lines(&rows->blocks, &rows->capacity,
                               (chunk_count + ROW_LANES - 1) / ROW_LANES, sizeof *rows->blocks,
                               err))
        return -1;
    for (int32_t i = block_count * ROW_LANES; i < rows->capacity * ROW_LANES; i++)
        row_store(rows->blocks, i, &NOTHING);
    return 0;
}

void chunk_rows_release(struct chunk_rows *rows)
{
    free(rows->blocks);
    *rows = (struct chunk_rows){0};
}

static void raise_by_entries(struct chunk_rows *rows, const struct journal *journal)
{
    for (; rows->cursor < journal->end; rows->cursor++) {
        int32_t place = (int32_t)(rows->cursor & (journal->capacity - 1));
        int32_t node = journal->nodes[place];
        if (node < 0)
            continue;
        const struct row row = row_at(journal->blocks, place);
        struct row sum = row_at(rows->blocks, node / CHUNK_ROWS);
        if (memcmp(&row, &sum, sizeof row) == 0)
            continue;
        sum.key = INFINITY;
        raise(&sum, &journal->blocks[place / ROW_LANES], place % ROW_LANES);
        row_store(rows->blocks, node / CHUNK_ROWS, &sum);
    }
}

void chunk_rows_follow(struct chunk_rows *rows, int32_t chunk_count, const struct journal *journal,
                       int64_t epoch)
{
    if (rows->epoch == epoch && journal->end - rows->cursor <= journal->capacity) {
        raise_by_entries(rows, journal);
        return;
    }
    for (int32_t chunk = 0; chunk < chunk_count; chunk++)
        row_store(rows->blocks, chunk, &ANYTHING);
    rows->cursor = journal->end;
    rows->epoch = epoch;
}

/* Are all rows of the chunk the same? Each block is as the one before it, and each lane of one. */
static bool are_alike(const struct row_block *blocks)
{
    enum { REST = (ROW_LANES - 1) * sizeof(int32_t) };
    return memcmp(&blocks[1], &blocks[0], (CHUNK_BLOCKS - 1) * sizeof *blocks) == 0 &&
           memcmp(&blocks->cpu_milli[1], &blocks->cpu_milli[0], REST) == 0 &&
           memcmp(&blocks->mem_kib[1], &blocks->mem_kib[0], REST) == 0 &&
           memcmp(&blocks->devices[1], &blocks->devices[0], REST) == 0 &&
           memcmp(&blocks->groups[1], &blocks->groups[0], REST) == 0 &&
           memcmp(&blocks->key[1], &blocks->key[0], REST) == 0;
}

/* Lane by lane first, which compilers turn into what vectors there are. */
void chunk_rows_settle(struct chunk_rows *rows, int32_t chunk, const struct row_block *blocks)
{
    struct row_block lanes = blocks[chunk * CHUNK_BLOCKS];
    struct row sum = NOTHING;
    for (int32_t i = 1; i < CHUNK_BLOCKS; i++) {
        const struct row_block *block = &blocks[chunk * CHUNK_BLOCKS + i];
        for (int32_t lane = 0; lane < ROW_LANES; lane++) {
            lanes.cpu_milli[lane] = larger(lanes.cpu_milli[lane], block->cpu_milli[lane]);
            lanes.mem_kib[lane] = larger(lanes.mem_kib[lane], block->mem_kib[lane]);
            lanes.devices[lane] = larger_devices(lanes.devices[lane], block->devices[lane]);
            lanes.groups[lane] |= block->groups[lane];
        }
    }
    for (int32_t lane = 0; lane < ROW_LANES; lane++)
        raise(&sum, &lanes, lane);
    if (are_alike(&blocks[chunk * CHUNK_BLOCKS]))
        sum.key = blocks[chunk * CHUNK_BLOCKS].key[0];
    row_store(rows->blocks, chunk, &sum);
}

bool chunk_row_covers(const struct chunk_rows *rows, int32_t chunk, const struct row *row)
{
    const struct row sum = row_at(rows->blocks, chunk);
    return sum.cpu_milli >= row->cpu_milli && sum.mem_kib >= row->mem_kib &&
           larger_devices(sum.devices, row->devices) == sum.devices &&
           (sum.groups & row->groups) == row->groups;
}
