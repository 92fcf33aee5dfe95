/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_INDEX_KERNEL_H
#define STOWAGE_SCHEDULER_INDEX_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "scheduler/index_coarse.h"
#include "scheduler/index_rows.h"

/* Inside scheduler/ only. The loops over rows and scores: in plain C, and again with the vectors of
 * AVX2 and AVX-512 where the processor has them. All give the same answers, bit for bit. */

/* A node on the list of a shape (index_shortlist.h). */
struct standing {
    double score; /* or, where is_bound, at least the score, if the shape fits at all */
    int32_t node;
    uint32_t entry : 31; /* the node's last in the journal when it was looked at, modulo 2^31 */
    uint32_t is_bound : 1;
};

/* Does a stand before b: higher score, lower node on ties? Without branches, since it may go either
 * way. */
static inline bool standing_precedes(const struct standing *a, const struct standing *b)
{
    return (a->score > b->score) | ((a->score == b->score) & (a->node < b->node));
}

/* Standings column by column, at the places whose bit is set in `filled`; anything at others. */
enum { NEAR_MOST = 32 };
struct near_list {
    double scores[NEAR_MOST];
    int32_t nodes[NEAR_MOST];
    uint32_t tags[NEAR_MOST]; /* the entry, and is_bound in the highest bit */
    uint32_t filled;
};

struct index_kernel {
    const char *name;
    /* For each chunk of CHUNK_ROWS rows from row 0: the largest key of a row that passes;
     * -INFINITY where none does. Gives the largest of all. */
    float (*chunk_keys)(const struct row_block *blocks, int32_t chunk_count,
                        const struct row_query *query, float *largest);
    /* Writes the places of the keys that are at least `least`, ascending; there is room for as many
     * as there are keys, and ROW_LANES more. Gives their number. */
    int32_t (*reach)(const float *keys, int32_t count, float least, int32_t *places);
    /* Writes the positions of the rows in the range that pass and whose key is at least
     * `least_key`, ascending; there is room for as many as the range has rows, and ROW_LANES more.
     * Gives their number. */
    int32_t (*filter)(const struct row_block *blocks, struct row_range range,
                      const struct row_query *query, float least_key, int32_t *positions);
    /* Writes the positions of the coarse rows that pass and have the largest key of those that do,
     * or the next lower one (not 0), ascending; there is room for all rows, and one more. Gives
     * their number, and the lower of the two keys. Writes the lane keys too. */
    int32_t (*coarse_top)(const struct coarse_rows *rows, const struct coarse_query *query,
                          int32_t *positions, uint16_t *least);
    /* After coarse_top for the same query: the same with those whose key is at least `least`, 1 or
     * more. */
    int32_t (*coarse_filter)(const struct coarse_rows *rows, const struct coarse_query *query,
                             uint16_t least, int32_t *positions);
    /* Empties the places that are not of their nodes' last entries ([node], modulo 2^31). */
    void (*drop_stale)(struct near_list *near, const uint32_t *last_entries);
    /* Of these places, of which there is one at least, that of the highest score, and of those of
     * the lowest node. */
    int32_t (*best)(const struct near_list *near, uint32_t places);
    /* Writes the places of the standings that stand before the line, ascending; there is room for
     * as many as there are standings, and ROW_LANES more. Gives their number. */
    int32_t (*preceding)(const struct standing *standings, int32_t count,
                         const struct standing *line, int32_t *places);
};

extern const struct index_kernel index_kernel_plain;

/* Those that this processor can run, the fastest first; the plain one is the last. Gives their
 * number. */
enum { INDEX_KERNELS_MOST = 3 };
int32_t index_kernel_list(const struct index_kernel **kernels);

#endif
