/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_INDEX_SHORTLIST_H
#define STOWAGE_SCHEDULER_INDEX_SHORTLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "scheduler/index_kernel.h"

/* Inside scheduler/ only. The best nodes for one shape. The promise that makes it exact: every node
 * that the shape fits on and that is no worse than `floor` is on the list, under its last entry of
 * the journal, with its score or a bound of it. (Others may be there too: nodes as they were, under
 * an older entry, and with a bound, nodes on which the shape does not fit.) So where the top is as
 * its node's last entry says and has a score, it is the best node of all.
 *
 * Nothing is sorted. A few dozen of the best are `near`: the top is the largest of them, found by
 * looking at all, several at a time. All others are `far`, none of them better than `line`. A
 * question first empties the places of the near ones that are out of date, all at once. When none
 * is left, the best of the far ones come near; so that not all have to be looked through for them,
 * the best few hundred are known as the `next`. */

struct shortlist {
    const struct index_kernel *kernel;
    struct near_list *near; /* NULL before the first shortlist_reserve */
    struct standing *far;
    int32_t far_count, capacity;
    int32_t next_count;   /* the best of the far ones, which come first; often all */
    int32_t limit;        /* how many far ones are kept when it is cut */
    struct standing line; /* the best of the far ones, or better; no more than score and node, */
    struct standing next_line; /* where others stand behind the next: between the two; */
    struct standing floor;     /* nor are these */
    bool has_line;             /* false: there are no far ones */
    bool is_complete;          /* there is no floor: all nodes that fit are on it */
};

/* Room for a list of this limit. -1 for want of memory, and nothing changed. */
int shortlist_reserve(struct shortlist *list, const struct index_kernel *kernel, int32_t limit,
                      struct err *err);
void shortlist_release(struct shortlist *list);

/* Empty and complete. */
void shortlist_clear(struct shortlist *list);

/* Would a node with this score be below the floor? */
static inline bool shortlist_is_below(const struct shortlist *list, const struct standing *standing)
{
    return !list->is_complete && standing_precedes(&list->floor, standing);
}

/* Have the far ones four times the limit? Then it is time to cut the list. */
static inline bool shortlist_is_full(const struct shortlist *list)
{
    return list->far_count >= 4 * list->limit;
}

/* Adds one to a list that is not full. */
void shortlist_push(struct shortlist *list, const struct standing *standing);

/* Adds to a list that is being made, of which none is near yet; when it is full, only the `limit`
 * best stay. */
void shortlist_collect(struct shortlist *list, const struct standing *standing);

/* Drops the far ones that are not of their nodes' last entries ([node], modulo 2^31). */
void shortlist_drop_stale(struct shortlist *list, const uint32_t *last_entries);

/* Keeps the `limit` best of the far ones, if there are more, and makes the last of them the floor.
 */
void shortlist_cut(struct shortlist *list);

/* The same, but a list that has no more gets a floor too: the last of those that it has. */
void shortlist_close(struct shortlist *list);

/* The place of the best of all, which is near; -1: the list is empty. O(NEAR_MOST), but O(far) when
 * far ones have to come near; of these the stale are dropped: what is near stays as current as it
 * was. */
int32_t shortlist_top(struct shortlist *list, const uint32_t *last_entries);
struct standing shortlist_at(const struct shortlist *list, int32_t place);
void shortlist_remove(struct shortlist *list, int32_t place);

/* The value that stands at place `rank` (1: the largest) of the values, which are reordered. */
float float_of_rank(float *values, int32_t count, int32_t rank);

#endif
