/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_find.h"

#include <float.h>
#include <math.h>

#include "scheduler/node_search.h"

/* The scan of all rows. A scan by parts goes twice over the rows: first the largest key of each
 * chunk of 64 rows that pass, then only the chunks whose largest key could still beat the best
 * score found.
 *
 * Example. Keys of the passing rows are 0.30, 0.70 | 0.69, 0.70 | 0.10 in three chunks, and the
 * shape's part is -0.05. The largest keys are 0.70, 0.70, 0.10. The nodes with 0.70 in the first
 * two chunks are scored: 0.65 both, and the index of the first is lower. No node with a key below
 * 0.65 + 0.05 - 1e-9 can score as much, so there is nothing more to look at. Had the first scored
 * 0.5, then all nodes with keys of 0.55 and more would be considered.
 *
 * Coarse rows are scanned in the same way. There one node mostly stands alone at the top: no other
 * has the same coarse key or the next lower one. Where scores are the sums of their parts it is the
 * best then, and is not scored. */

/* Where none fits of the nodes whose coarse rows pass, the next look goes so far down, then
 * further. */
enum { FIRST_GAP = 128, GAP_GROWTH = 8 };

/* An empty node that is like the best so far in all that a score may depend on, and comes later. Of
 * groups a row tells 32 apart. */
static bool is_no_better(const struct index_search *search, const struct standing *best,
                         int32_t node)
{
    const struct node_index *index = search->index;
    if (best->node < 0 || node < best->node || search->sched->policy.depends_on_demand)
        return false;
    return node == best->node ||
           (index->group_count <= 32 && row_is_empty(index->blocks, node) &&
            row_is_empty(index->blocks, best->node) &&
            row_group(index->blocks, node) == row_group(index->blocks, best->node));
}

static void consider(const struct index_search *search, struct standing *best, int32_t node)
{
    if (is_no_better(search, best, node) || !search_fits_runner(search, node))
        return;
    const struct standing standing = search_standing(search, node);
    if (best->node < 0 || standing_precedes(&standing, best))
        *best = standing;
}

/* Of the rows in the range those with at least this key. */
static void consider_range(const struct index_search *search, struct row_range range,
                           float least_key, struct standing *best)
{
    int32_t positions[SEARCH_POSITIONS];
    int32_t count = search->index->kernel->filter(search->index->blocks, range,
                                                  &search->memory->query, least_key, positions);
    for (int32_t i = 0; i < count; i++)
        consider(search, best, positions[i]);
}

/* Of the rows in the chunks with a key of at least this. */
static void consider_chunks(const struct index_search *search, int32_t chunk_count, float least_key,
                            struct standing *best)
{
    struct node_index *index = search->index;
    int32_t count =
        index->kernel->reach(index->chunk_keys, chunk_count, least_key, index->chunk_places);
    for (int32_t i = 0; i < count; i++)
        consider_range(search, search_chunk(search, index->chunk_ids[index->chunk_places[i]]),
                       least_key, best);
}

static int32_t scan_by_parts(const struct index_search *search)
{
    struct node_index *index = search->index;
    struct standing best = {.node = -1};
    int32_t chunk_count = search_chunks(search);
    if (chunk_count == 0)
        return -1;
    float largest = index->chunk_keys[0];
    for (int32_t i = 1; i < chunk_count; i++)
        largest = index->chunk_keys[i] > largest ? index->chunk_keys[i] : largest;
    float seen = search_just_below(largest);
    consider_chunks(search, chunk_count, seen, &best);
    float least = best.node < 0 ? -FLT_MAX : search_least_key(search, best.score);
    if (least < seen)
        consider_chunks(search, chunk_count, least, &best);
    return best.node;
}

/* ---- by coarse rows ---- */

/* The best so far, and the coarse key that others need to be as good. */
struct leader {
    struct standing best;
    uint16_t least;
};

/* An empty node that is like the best so far, and comes later. */
static bool is_like_best(const struct index_search *search, int32_t best, int32_t node)
{
    const struct node *nodes = search->sched->fleet.nodes;
    return best >= 0 && best <= node && !search->sched->policy.depends_on_demand &&
           nodes[node].occupant_count == 0 && nodes[best].occupant_count == 0 &&
           nodes[node].group == nodes[best].group;
}

/* What the sieve let pass may lack the rest of what was rounded down, or more. */
static bool fits_exactly(const struct index_search *search, int32_t node)
{
    const struct fleet *fleet = &search->sched->fleet;
    const struct shape *shape = &fleet->shapes->items[search->shape];
    const struct node *at = &fleet->nodes[node];
    if (search->memory->is_coarse_exact)
        return ((at->cpu_free_milli >= shape->cpu_milli) &
                (at->mem_free_bytes >= shape->mem_bytes)) != 0 ||
               fleet_type_of(fleet, node)->is_unbounded;
    int32_t same_runner_count =
        search->runner < 0 ? 0 : sched_same_runner_count(search->sched, search->runner, node);
    return fleet_fits(fleet, search->shape, node, same_runner_count);
}

static void consider_coarse(const struct index_search *search, int32_t node, struct leader *leader)
{
    const struct node_index *index = search->index;
    if (coarse_key_at(index->coarse.blocks, node) < leader->least ||
        is_like_best(search, leader->best.node, node) || !fits_exactly(search, node))
        return;
    const struct standing standing = {.score = search_score(search, node), .node = node};
    if (leader->best.node >= 0 && !standing_precedes(&standing, &leader->best))
        return;
    leader->best = standing;
    leader->least = coarse_key(&index->scale, search_least_key(search, standing.score));
}

/* The best of the nodes with at least the coarse key `least`, of which these are there; where it
 * scores less than that promised, or none fits, those with lower keys have their turn. */
static int32_t best_of_coarse(const struct index_search *asked, uint16_t least, int32_t count)
{
    const struct node_index *index = asked->index;
    const struct policy_context context = sched_policy_context(asked->sched, asked->replica);
    struct leader leader = {.best.node = -1};
    struct index_search with_context = *asked;
    const struct index_search *search = &with_context;
    with_context.context = &context;
    for (int32_t gap = FIRST_GAP;; gap *= GAP_GROWTH) {
        for (int32_t i = 0; i < count; i++)
            consider_coarse(search, index->coarse_places[i], &leader);
        int32_t wanted = least > gap ? least - gap : 1;
        if (leader.best.node >= 0)
            wanted = leader.least;
        if (wanted >= least)
            return leader.best.node;
        least = (uint16_t)wanted;
        count = index->kernel->coarse_filter(&index->coarse, &search->memory->coarse_query, least,
                                             index->coarse_places);
    }
}

static int32_t scan_coarsely(const struct index_search *search)
{
    const struct node_index *index = search->index;
    uint16_t least;
    int32_t count = index->kernel->coarse_top(&index->coarse, &search->memory->coarse_query,
                                              index->coarse_places, &least);
    if (count == 0)
        return -1;
    int32_t first = index->coarse_places[0];
    if (count == 1 && search->memory->is_sum && fits_exactly(search, first))
        return first;
    return best_of_coarse(search, least, count);
}

/* The first that fits where all score alike, else the best of all that pass. */
static int32_t scan_in_order(const struct index_search *search)
{
    bool first_wins = search->sched->policy.policy->score == NULL;
    struct standing best = {.node = -1};
    for (int32_t first = 0; first < search->index->node_count; first += SEARCH_BATCH) {
        consider_range(search, search_batch(search, first), -INFINITY, &best);
        if (first_wins && best.node >= 0)
            break;
    }
    return best.node;
}

static void score_all(const struct index_search *search, const int32_t *nodes, int32_t count,
                      double *scores)
{
    const struct policy *policy = search->sched->policy.policy;
    if (policy->score_many != NULL) {
        policy->score_many(search->context, nodes, count, scores);
        return;
    }
    for (int32_t i = 0; i < count; i++)
        scores[i] = policy->score(search->context, nodes[i]);
}

/* Scores that depend on the demand, of all rows that pass: where that is enough to fit, there is
 * nothing to do but to score them. */
static int32_t scan_scores(const struct index_search *search)
{
    struct node_index *index = search->index;
    int32_t positions[SEARCH_POSITIONS], best = -1;
    double scores[SEARCH_BATCH], best_score = 0.0;
    for (int32_t first = 0; first < index->node_count; first += SEARCH_BATCH) {
        int32_t count = index->kernel->filter(index->blocks, search_batch(search, first),
                                              &search->memory->query, -INFINITY, positions);
        index->score_count += count;
        score_all(search, positions, count, scores);
        for (int32_t i = 0; i < count; i++) {
            if (best >= 0 && scores[i] <= best_score)
                continue;
            best = positions[i];
            best_score = scores[i];
        }
    }
    return best;
}

int32_t index_scan(const struct index_search *search)
{
    if (search->index->coarse.chunk_count > 0)
        return scan_coarsely(search);
    if (policy_has_parts(search->sched->policy.policy))
        return scan_by_parts(search);
    if (search->sched->policy.depends_on_demand && search->memory->query.is_exact)
        return scan_scores(search);
    return scan_in_order(search);
}
