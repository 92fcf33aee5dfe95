/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_INDEX_FIND_H
#define STOWAGE_SCHEDULER_INDEX_FIND_H

#include <math.h>

#include "scheduler/index.h"

/* Inside the index only. */

/* One question. */
struct index_search {
    const struct sched *sched;
    const struct policy_context *context; /* NULL until a node is scored, with coarse rows */
    struct node_index *index;             /* what it remembers changes with each question */
    struct shape_memory *memory;
    int32_t replica, shape;
    int32_t runner; /* where the shape depends on it; else -1 */
};

/* Scores of this policy are bounded by the sum of two parts. */
bool policy_has_parts(const struct policy *policy);

/* Are all questions answered by scans, without lists? */
bool search_scans(const struct sched *sched);

/* Where a policy leaves all nodes alike, this is their score: the first comes first. */
static inline double search_score_in_order(int32_t node)
{
    return -(double)node;
}

/* Do the keys of rows bound the scores, so that not every node that fits has to be scored? */
bool search_has_bounds(const struct index_search *search);

/* Does the demand fit on the node, whose row passes the sieve, whoever asks? And this runner's? */
bool search_fits(const struct index_search *search, int32_t node);
bool search_fits_runner(const struct index_search *search, int32_t node);

/* The present score of the node, on which the demand fits. */
double search_score(const struct index_search *search, int32_t node);

/* The same with the node and its version, where there are rows. */
struct standing search_standing(const struct index_search *search, int32_t node);

/* Are two sums of parts, whose coarse keys are two steps apart, in their order for certain? */
bool search_keys_decide(const struct coarse_scale *scale);

/* No node whose row has a key below this scores `score` or more. */
float search_least_key(const struct index_search *search, double score);

/* What a row must have at least, for its node to belong on the list of the shape. */
static inline float search_floor_key(const struct index_search *search)
{
    const struct shortlist *list = &search->memory->list;
    return list->is_complete ? -INFINITY : search_least_key(search, list->floor.score);
}

/* No node whose row has this key scores more, where keys bound scores. */
double search_most_score(const struct index_search *search, float key);

/* A little below the key, so that the score of a node with this key, whose parts are close, rules
 * out all nodes that have less than this. */
float search_just_below(float key);

/* Rows looked at before what was found is dealt with, and room for their positions. */
enum { SEARCH_BATCH = 512, SEARCH_POSITIONS = SEARCH_BATCH + ROW_LANES };

/* The rows of that many nodes, or of as many as there are from this one on. */
static inline struct row_range search_batch(const struct index_search *search, int32_t first)
{
    int32_t left = search->index->node_count - first;
    return (struct row_range){first, first + (left < SEARCH_BATCH ? left : SEARCH_BATCH)};
}

/* The rows of a chunk. */
struct row_range search_chunk(const struct index_search *search, int32_t chunk);

/* Finds the chunks in which a row passes. Writes which to index->chunk_ids, ascending, and for each
 * the largest key of a row that passes to index->chunk_keys. Gives their number. O(chunks) and
 * O(CHUNK_ROWS) for each chunk whose own row passes. */
int32_t search_chunks(const struct index_search *search);

/* The best node, by way of all rows. O(nodes), but a fifth of a nanosecond for each. */
int32_t index_scan(const struct index_search *search);

/* Makes the shape's shortlist, as of now. O(nodes). */
void index_make_list(const struct index_search *search);

/* The best node, by the shape's shortlist. */
int32_t index_look_up(const struct index_search *search);

#endif
