/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_INDEX_SHORTLIST_H
#define STOWAGE_SCHEDULER_INDEX_SHORTLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Inside scheduler/ only. The best nodes for one shape, as a heap. The promise that makes it exact:
 * every node that the shape fits on and that is no worse than `floor` is in the heap, under its
 * present version, with its score or a bound of it. (Others may be there too: nodes as they were,
 * under an older version, and with a bound, nodes on which the shape does not fit.) So where the
 * top is of its node's present version and has a score, it is the best node of all. */

struct standing {
    double score; /* or, where is_bound, at least the score, if the shape fits at all */
    int32_t node;
    uint32_t version : 31; /* of the node when it was looked at */
    uint32_t is_bound : 1;
};

struct shortlist {
    struct standing *heap;
    int32_t count, capacity;
    int32_t limit;         /* how many are kept when it is cut; capacity is at least 4 * limit */
    struct standing floor; /* version not used */
    bool is_complete;      /* there is no floor: all nodes that fit are in it */
};

/* Does a stand before b: higher score, lower node on ties? */
static inline bool standing_precedes(const struct standing *a, const struct standing *b)
{
    return a->score > b->score || (a->score == b->score && a->node < b->node);
}

/* Room for lists of this limit. -1 for want of memory, and nothing changed. */
int shortlist_reserve(struct shortlist *list, int32_t limit, struct err *err);
void shortlist_release(struct shortlist *list);

/* Empty and complete, to be filled in any order by shortlist_collect and closed by
 * shortlist_heapify.
 */
void shortlist_clear(struct shortlist *list);

/* Has it four times its limit? Then it is time to cut it. */
bool shortlist_is_full(const struct shortlist *list);

/* Would a node with this score be below the floor? */
static inline bool shortlist_is_below(const struct shortlist *list, const struct standing *standing)
{
    return !list->is_complete && standing_precedes(&list->floor, standing);
}

/* Adds to a list that is no heap yet; when it is full, only the `limit` best stay. */
void shortlist_collect(struct shortlist *list, const struct standing *standing);
void shortlist_heapify(struct shortlist *list);

/* Adds to the heap, in which there is room. */
void shortlist_push(struct shortlist *list, const struct standing *standing);
struct standing shortlist_pop(struct shortlist *list);

/* Of these, which are all above the floor, the best `limit` / 4; the floor rises to the last of
 * them where there are more. Orders `standings`; there is room for as many. Gives how many those
 * are. */
int32_t shortlist_best_of(struct shortlist *list, struct standing *standings, int32_t count);

/* The top has another score now. O(log count). */
void shortlist_change_top(struct shortlist *list, const struct standing *standing);

/* Keeps the `limit` best, which leaves no heap. Nothing is done to a list that has no more. */
void shortlist_cut(struct shortlist *list);

/* The same, but one that has no more gets a floor too: the last of those that it has. */
void shortlist_close(struct shortlist *list);

/* The value that stands at place `rank` (1: the largest) of the values, which are reordered. */
float float_of_rank(float *values, int32_t count, int32_t rank);

#endif
