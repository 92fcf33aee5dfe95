/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_find.h"

#include <math.h>

#include "scheduler/node_search.h"

/* Which way a question goes. A scan of rows costs about 0.05 ns a node where the policy states
 * the parts of its scores; a look-up costs half a microsecond whatever the number of nodes, and has
 * lists to keep. Where scores have no parts, each node that passes the sieve has to be scored by a
 * scan, so lists pay from a few dozen nodes on. Scores that depend on the demand cannot be
 * remembered at all. */

/* Chunks whose keys are found at once. */
enum { RUN_MOST = 16 };

enum { SCAN_BELOW_WITH_PARTS = 4000, SCAN_BELOW_WITHOUT = 32 };

/* The two parts of a score are sums of the same terms in another order, so they may be off by some
 * roundings. */
static const double PARTS_SLACK = 1e-9;

bool policy_has_parts(const struct policy *policy)
{
    return policy->score != NULL && policy->node_part != NULL;
}

bool search_fits(const struct index_search *search, int32_t node)
{
    return search->memory->query.is_exact ||
           fleet_fits(&search->sched->fleet, search->shape, node, 0);
}

bool search_fits_runner(const struct index_search *search, int32_t node)
{
    if (!search_fits(search, node))
        return false;
    return search->runner < 0 ||
           fleet_fits(&search->sched->fleet, search->shape, node,
                      sched_same_runner_count(search->sched, search->runner, node));
}

bool search_has_bounds(const struct index_search *search)
{
    const struct policy *policy = search->sched->policy.policy;
    return policy->score == NULL || policy->node_part != NULL;
}

double search_score(const struct index_search *search, int32_t node)
{
    const struct policy *policy = search->sched->policy.policy;
    search->index->score_count++;
    return policy->score == NULL ? search_score_in_order(node)
                                 : policy->score(search->context, node);
}

struct standing search_standing(const struct index_search *search, int32_t node)
{
    return (struct standing){.score = search_score(search, node),
                             .node = node,
                             .entry = search->index->last_entries[node] & INT32_MAX};
}

bool search_keys_decide(const struct coarse_scale *scale)
{
    return 4.0 * PARTS_SLACK * scale->key_steps < 1.0;
}

float search_least_key(const struct index_search *search, double score)
{
    if (!search_has_bounds(search))
        return -INFINITY;
    return float_at_most(score - search->memory->shape_part - PARTS_SLACK);
}

double search_most_score(const struct index_search *search, float key)
{
    return (double)key + search->memory->shape_part + PARTS_SLACK;
}

float search_just_below(float key)
{
    return key - (fabsf(key) * 4e-7F + 4e-9F);
}

struct row_range search_chunk(const struct index_search *search, int32_t chunk)
{
    int32_t first = chunk * CHUNK_ROWS;
    int32_t left = search->index->node_count - first;
    return (struct row_range){first, first + (left < CHUNK_ROWS ? left : CHUNK_ROWS)};
}

/* ---- chunks in which something passes ---- */

static int32_t key_all_chunks(const struct index_search *search, int32_t chunk_count)
{
    struct node_index *index = search->index;
    index->kernel->chunk_keys(index->blocks, chunk_count, &search->memory->query,
                              index->chunk_keys);
    for (int32_t i = 0; i < chunk_count; i++)
        index->chunk_ids[i] = i;
    return chunk_count;
}

/* The end of the chunks that come one after the other in index->chunk_ids, and have to be read. */
static int32_t end_of_run(const struct node_index *index, int32_t first, int32_t count)
{
    const int32_t *ids = index->chunk_ids;
    int32_t end = first + 1;
    while (end < count && end < first + RUN_MOST && ids[end] == ids[end - 1] + 1 &&
           !chunk_row_is_of_all(&index->chunks, ids[end]))
        end++;
    return end;
}

/* Reads such chunks. Where none of their rows passes, that of the chunk is made exact; also where
 * they may be all the same. */
static void key_run(const struct index_search *search, int32_t first, int32_t end)
{
    struct node_index *index = search->index;
    const int32_t *ids = index->chunk_ids;
    index->kernel->chunk_keys(&index->blocks[ids[first] * CHUNK_BLOCKS], end - first,
                              &search->memory->query, &index->chunk_keys[first]);
    for (int32_t i = first; i < end; i++)
        if (index->chunk_keys[i] == -INFINITY || row_is_empty(index->blocks, ids[i] * CHUNK_ROWS))
            chunk_rows_settle(&index->chunks, ids[i], index->blocks);
}

/* Of the chunks whose own row passes. */
static int32_t key_promising_chunks(const struct index_search *search, int32_t chunk_count)
{
    struct node_index *index = search->index;
    chunk_rows_follow(&index->chunks, chunk_count, &index->journal, index->epoch);
    int32_t count = index->kernel->filter(index->chunks.blocks, (struct row_range){0, chunk_count},
                                          &search->memory->query, -INFINITY, index->chunk_ids);
    for (int32_t first = 0, end = 0; first < count; first = end) {
        if (chunk_row_is_of_all(&index->chunks, index->chunk_ids[first])) {
            index->chunk_keys[first] = row_key(index->chunks.blocks, index->chunk_ids[first]);
            end = first + 1;
        } else {
            end = end_of_run(index, first, count);
            key_run(search, first, end);
        }
    }
    return count;
}

/* A shape that found room in most chunks is spared little by their own rows, which have to follow
 * the journal. */
int32_t search_chunks(const struct index_search *search)
{
    struct node_index *index = search->index;
    int32_t chunk_count = (index->node_count + CHUNK_ROWS - 1) / CHUNK_ROWS, kept = 0;
    bool is_everywhere = search->memory->chunk_count > chunk_count / 2;
    int32_t count = is_everywhere ? key_all_chunks(search, chunk_count)
                                  : key_promising_chunks(search, chunk_count);
    for (int32_t i = 0; i < count; i++) {
        index->chunk_ids[kept] = index->chunk_ids[i];
        index->chunk_keys[kept] = index->chunk_keys[i];
        kept += index->chunk_keys[i] > -INFINITY;
    }
    search->memory->chunk_count = kept;
    return kept;
}

bool search_scans(const struct sched *sched)
{
    const struct policy *policy = sched->policy.policy;
    int32_t below = sched->options.tuning.scan_below;
    if (sched->policy.depends_on_demand)
        return true;
    if (below == 0)
        below = policy->score == NULL || policy_has_parts(policy) ? SCAN_BELOW_WITH_PARTS
                                                                  : SCAN_BELOW_WITHOUT;
    return sched->fleet.node_count < below;
}

/* ---- shapes that fit nowhere ---- */

/* Has no node that changed since the shape fitted nowhere got room for it, as far as rows tell? */
static bool is_still_barren(const struct index_search *search)
{
    const struct journal *journal = &search->index->journal;
    struct shape_memory *memory = search->memory;
    int32_t positions[SEARCH_POSITIONS];
    if (memory->barren_query != memory->query_version ||
        journal->end - memory->barren_cursor > journal->capacity)
        return false;
    while (memory->barren_cursor < journal->end) {
        const struct row_range range = journal_range(journal, memory->barren_cursor, SEARCH_BATCH);
        if (search->index->kernel->filter(journal->blocks, range, &memory->query, -INFINITY,
                                          positions) > 0)
            return false;
        memory->barren_cursor += range.end - range.first;
    }
    return true;
}

static void note_barren(const struct index_search *search)
{
    search->memory->barren_cursor = search->index->journal.end;
    search->memory->barren_query = search->memory->query_version;
}

/* What waits because it fits nowhere is asked for again and again: only a node that has changed,
 * and could have the room, is a reason to search again. */
static int32_t find(const struct index_search *search)
{
    if (is_still_barren(search))
        return -1;
    search->index->search_count++;
    bool is_scanned = search->index->coarse.chunk_count > 0 || search_scans(search->sched);
    int32_t node = is_scanned ? index_scan(search) : index_look_up(search);
    if (node < 0 && search->runner < 0 && search->index->has_rows)
        note_barren(search);
    return node;
}

int32_t index_find(const struct sched *sched, int32_t replica)
{
    int32_t runner = sched->replicas[replica].runner, shape = sched->runners[runner].shape;
    bool is_runner_asked = shape_depends_on_runner(&sched->fleet.shapes->items[shape]);
    struct index_search search = {.sched = sched,
                                  .index = sched->index,
                                  .memory = &sched->index->shapes[shape],
                                  .replica = replica,
                                  .shape = shape,
                                  .runner = is_runner_asked ? runner : -1};
    if (sched->index->coarse.chunk_count > 0)
        return find(&search);
    const struct policy_context context = sched_policy_context(sched, replica);
    search.context = &context;
    return find(&search);
}
