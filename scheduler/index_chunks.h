/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_INDEX_CHUNKS_H
#define STOWAGE_SCHEDULER_INDEX_CHUNKS_H

#include <math.h>
#include <stdint.h>

#include "base/err.h"
#include "scheduler/index_journal.h"
#include "scheduler/index_rows.h"

/* Inside scheduler/ only. A chunk of 64 nodes as one row that has no less of anything than any of
 * them: where it does not pass the sieve, none of theirs does, so a look through all nodes passes
 * over the chunk. Most of a busy fleet is full, and a shape finds room in few chunks.
 *
 * Such a row is only ever raised by what the journal says of its nodes, when somebody wants to look
 * through the chunks; nothing is done where a node changes. It is made exact where it promised in
 * vain. Where the journal has forgotten too much, all rows promise anything.
 *
 * Where many empty nodes of one type stand together, as in a fleet that was filled in order, all
 * rows of a chunk are the same. Once that was seen it is remembered, until a node there has another
 * row: then nothing of them needs to be read. */

struct chunk_rows {
    struct row_block *blocks; /* row n is of chunk n; its key is that of all its nodes, where they
                                 are known to have the same row, else INFINITY */
    int64_t cursor;           /* the rows hold what the journal said before this entry, */
    int64_t epoch;            /* in this epoch of the index; 0: never */
    int32_t capacity;         /* in blocks */
};

/* Room for so many chunks; new ones hold nothing. -1 for want of memory, and nothing changed. */
int chunk_rows_reserve(struct chunk_rows *rows, int32_t chunk_count, struct err *err);
void chunk_rows_release(struct chunk_rows *rows);

/* Raises the rows to what the journal says. O(entries since the last time), O(chunks) in a new
 * epoch, or where the journal does not reach back so far. */
void chunk_rows_follow(struct chunk_rows *rows, int32_t chunk_count, const struct journal *journal,
                       int64_t epoch);

/* Makes the row of a chunk exact again, by the rows of all nodes, and sees whether these are all
 * the same. O(CHUNK_ROWS). */
void chunk_rows_settle(struct chunk_rows *rows, int32_t chunk, const struct row_block *blocks);

/* Is the row of the chunk, as of the cursor, also that of each of its nodes? */
static inline bool chunk_row_is_of_all(const struct chunk_rows *rows, int32_t chunk)
{
    return row_key(rows->blocks, chunk) < INFINITY;
}

/* Has the row of the chunk no less of anything than this one? */
bool chunk_row_covers(const struct chunk_rows *rows, int32_t chunk, const struct row *row);

#endif
