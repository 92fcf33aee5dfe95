/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/fetch.h"
#include "scheduler/index_find.h"
#include "scheduler/node_search.h"
#include "scheduler/victim_index.h"

/* What the index keeps of the fleet, and how it follows it. The fleet lists the nodes that changed
 * (fleet.changed); each gets a new row and an entry in the journal. */

enum { JOURNAL_LEAST = 512, JOURNAL_LEAST_WHERE_DEAR = 1024, JOURNAL_FRESH = 16384 };
enum { LIST_LIMIT = 32 };

struct node_index *index_new(const struct index_tuning *tuning, struct err *err)
{
    const struct index_kernel *kernels[INDEX_KERNELS_MOST];
    struct node_index *index = calloc(1, sizeof *index);
    if (index == NULL) {
        err_no_memory(err);
        return NULL;
    }
    int32_t count = index_kernel_list(kernels);
    index->kernel = kernels[tuning->is_portable ? count - 1 : 0];
    index->epoch = 1;
    index->journal.end = 1; /* 0 is the last entry of nodes that never had one */
    return index;
}

void index_free(struct node_index *index)
{
    if (index == NULL)
        return;
    for (int32_t i = 0; i < index->shape_count; i++)
        shortlist_release(&index->shapes[i].list);
    victim_index_release(index);
    journal_release(&index->journal);
    free(index->blocks);
    chunk_rows_release(&index->chunks);
    free(index->coarse.blocks);
    free(index->coarse.lane_keys);
    free(index->coarse_places);
    free(index->last_entries);
    free(index->prey);
    free(index->chunk_keys);
    free(index->sorted_keys);
    free(index->chunk_ids);
    free(index->chunk_places);
    free(index->empty_scores);
    free(index->shapes);
    free(index);
}

/* ---- rows ---- */

/* Rows that are no node's pass no sieve. */
static int reserve_rows(struct node_index *index, int32_t chunk_count, struct err *err)
{
    int32_t capacity = index->block_capacity;
    if (array_reserve_on_lines(&index->blocks, &index->block_capacity,
                               (int64_t)chunk_count * CHUNK_BLOCKS, sizeof *index->blocks, err))
        return -1;
    for (; capacity < index->block_capacity; capacity++)
        for (int32_t lane = 0; lane < ROW_LANES; lane++)
            index->blocks[capacity].cpu_milli[lane] = -1;
    return 0;
}

/* A fleet that has outgrown them has none. */
static int reserve_coarse_rows(struct node_index *index, int32_t chunk_count, struct err *err)
{
    struct coarse_rows *rows = &index->coarse;
    int32_t capacity = index->coarse_capacity;
    if (array_reserve(&rows->lane_keys, &index->lane_key_capacity,
                      (int64_t)chunk_count * COARSE_LANES, sizeof *rows->lane_keys, err) ||
        array_reserve(&index->coarse_places, &index->coarse_place_capacity,
                      (int64_t)chunk_count * COARSE_CHUNK_ROWS + 1, sizeof *index->coarse_places,
                      err) ||
        array_reserve_on_lines(&rows->blocks, &index->coarse_capacity,
                               (int64_t)chunk_count * COARSE_CHUNK_BLOCKS, sizeof *rows->blocks,
                               err))
        return -1;
    for (; capacity < index->coarse_capacity; capacity++)
        coarse_blank(&rows->blocks[capacity]);
    rows->chunk_count = chunk_count;
    return 0;
}

/* With these a node's row is found, and who has changed since when. */
static int reserve_all_rows(struct node_index *index, const struct fleet *fleet, struct err *err)
{
    int32_t chunk_count = (fleet->node_count + CHUNK_ROWS - 1) / CHUNK_ROWS;
    if (reserve_rows(index, chunk_count, err) ||
        chunk_rows_reserve(&index->chunks, chunk_count, err) ||
        array_reserve(&index->last_entries, &index->entry_capacity, fleet->node_count,
                      sizeof *index->last_entries, err) ||
        array_reserve(&index->chunk_keys, &index->chunk_capacity, chunk_count,
                      sizeof *index->chunk_keys, err) ||
        array_reserve(&index->sorted_keys, &index->sorted_capacity, chunk_count,
                      sizeof *index->sorted_keys, err) ||
        array_reserve(&index->chunk_ids, &index->id_capacity, chunk_count + ROW_LANES,
                      sizeof *index->chunk_ids, err) ||
        array_reserve(&index->chunk_places, &index->place_capacity, chunk_count + ROW_LANES,
                      sizeof *index->chunk_places, err))
        return -1;
    return array_reserve(&index->empty_scores, &index->empty_capacity, fleet->group_count,
                         sizeof *index->empty_scores, err);
}

/* A quarter to half as many entries as nodes: shapes that are asked for more seldom scan rows.
 * Where nodes have to be judged for their victims, or where all that pass have to be scored, they
 * do not: then there are twice as many, and who is further behind than that looks at all rows. */
static int reserve_journal(struct node_index *index, const struct sched *sched, struct err *err)
{
    int32_t least = sched->options.tuning.journal_least;
    const struct policy *policy = sched->policy.policy;
    bool is_dear =
        sched->options.preemption_enabled || (policy->score != NULL && !policy_has_parts(policy));
    int32_t capacity = is_dear ? JOURNAL_LEAST_WHERE_DEAR : JOURNAL_LEAST;
    capacity = least > 0 ? least : capacity;
    while (capacity <= sched->fleet.node_count / (is_dear ? 2 : 4))
        capacity *= 2;
    if (capacity == index->journal.capacity)
        return 0;
    int32_t fresh = sched->options.tuning.journal_fresh;
    if (journal_resize(&index->journal, capacity, fresh > 0 ? fresh : JOURNAL_FRESH, err))
        return -1;
    index->epoch++;
    return 0;
}

static float key_of_node(const struct policy *policy, const struct policy_context *context,
                         int32_t node)
{
    if (policy_has_parts(policy))
        return float_at_least(policy->node_part(context, node));
    return policy->score == NULL ? float_at_least(search_score_in_order(node)) : 0.0F;
}

struct row index_row(const struct sched *sched, int32_t node)
{
    const struct policy_context context = sched_node_context(sched);
    struct row row = row_of_node(&sched->fleet, node);
    row.key = key_of_node(sched->policy.policy, &context, node);
    return row;
}

struct coarse_row index_coarse_row(const struct sched *sched, int32_t node)
{
    const struct policy_context context = sched_node_context(sched);
    double key = sched->policy.policy->node_part(&context, node);
    return coarse_row_of_node(&sched->fleet, &sched->index->scale, node, key);
}

/* New rows for all nodes; nobody's list holds any more. */
static void take_in_all(struct node_index *index, const struct sched *sched)
{
    for (int32_t node = 0; node < sched->fleet.node_count; node++) {
        if (index->has_rows) {
            const struct row row = index_row(sched, node);
            row_store(index->blocks, node, &row);
        }
        if (index->coarse.chunk_count > 0) {
            const struct coarse_row row = index_coarse_row(sched, node);
            coarse_store(index->coarse.blocks, node, &row);
        }
        if (node < index->prey_count)
            index->prey[node] = node_prey(sched, node);
    }
    index->epoch++;
}

static void take_in_changes(struct node_index *index, const struct sched *sched)
{
    const struct policy_context context = sched_node_context(sched);
    const struct fleet *fleet = &sched->fleet;
    for (int32_t i = 0; i < fleet->changed_count; i++) {
        int32_t node = fleet->changed[i];
        struct row row = row_of_node(fleet, node);
        row.key = key_of_node(sched->policy.policy, &context, node);
        row_store(index->blocks, node, &row);
        index->last_entries[node] =
            journal_append(&index->journal, node, &row, index->last_entries[node]);
        if (node < index->prey_count)
            index->prey[node] = node_prey(sched, node);
    }
}

/* The last of those who are told of the changes, which so are forgotten. */
static void take_in_coarsely(struct node_index *index, struct sched *sched)
{
    const struct policy_context context = sched_node_context(sched);
    struct fleet *fleet = &sched->fleet;
    while (fleet->changed_count > 0) {
        int32_t node = fleet_take_change(fleet);
        double key = sched->policy.policy->node_part(&context, node);
        coarse_store_node(index->coarse.blocks, &index->scale, fleet, node, key);
    }
}

void index_fetch(const struct node_index *index, int32_t node)
{
    if (!index->has_rows || node >= index->node_count)
        return;
    fetch_line(&index->last_entries[node]);
    fetch_row(&index->blocks[(uint32_t)node / ROW_LANES], sizeof *index->blocks);
}

static int follow_prey(struct node_index *index, const struct sched *sched, struct err *err)
{
    if (!sched->options.preemption_enabled || index->prey_count == index->node_count)
        return 0;
    if (reserve_journal(index, sched, err) ||
        array_reserve(&index->prey, &index->prey_capacity, index->node_count, sizeof *index->prey,
                      err))
        return -1;
    for (; index->prey_count < index->node_count; index->prey_count++)
        index->prey[index->prey_count] = node_prey(sched, index->prey_count);
    return 0;
}

/* Makes room for the fleet as it is now. Where it had no rows and will have, all are new. */
static int follow_size(struct node_index *index, const struct sched *sched, bool *is_void,
                       struct err *err)
{
    const struct fleet *fleet = &sched->fleet;
    bool is_coarse = policy_has_parts(sched->policy.policy) && search_scans(sched);
    bool has_rows = !is_coarse || sched->options.preemption_enabled;
    if (reserve_coarse_rows(index, is_coarse ? coarse_chunk_count(fleet->node_count) : 0, err) ||
        (has_rows && (reserve_all_rows(index, fleet, err) || reserve_journal(index, sched, err))))
        return -1;
    *is_void = index->group_count != fleet->group_count || index->type_count != fleet->type_count ||
               index->has_rows != has_rows;
    index->has_rows = has_rows;
    index->node_count = fleet->node_count;
    index->group_count = fleet->group_count;
    index->type_count = fleet->type_count;
    if (*is_void)
        index->scale = coarse_scale_of(fleet, &sched->policy);
    return 0;
}

/* Scores may depend on the largest capacities and on what the policy knows of groups, so a new type
 * or group voids what was remembered. */
static int follow(struct node_index *index, struct sched *sched, struct err *err)
{
    struct fleet *fleet = &sched->fleet;
    bool is_void = false;
    if ((index->node_count != fleet->node_count || index->group_count != fleet->group_count ||
         index->type_count != fleet->type_count) &&
        follow_size(index, sched, &is_void, err))
        return -1;
    if (is_void)
        take_in_all(index, sched);
    else if (index->has_rows)
        take_in_changes(index, sched);
    if (!is_void && index->coarse.chunk_count > 0)
        take_in_coarsely(index, sched);
    else
        fleet_forget_changes(fleet);
    return follow_prey(index, sched, err);
}

/* ---- shapes ---- */

static int reserve_shapes(struct node_index *index, const struct fleet *fleet, struct err *err)
{
    int32_t shape_count = fleet->shapes->count;
    if (index->shape_count == shape_count)
        return 0;
    if (array_reserve(&index->shapes, &index->shape_capacity, shape_count, sizeof *index->shapes,
                      err))
        return -1;
    index->shape_count = shape_count;
    return 0;
}

/* The shape's part of the score: the largest of any group that suits. */
static void refresh_part(struct shape_memory *memory, const struct sched *sched, int32_t shape)
{
    const struct fleet *fleet = &sched->fleet;
    const struct policy *policy = sched->policy.policy;
    struct policy_context context = sched_node_context(sched);
    double least = 0.0, largest = 0.0;
    bool is_first = true;
    context.shape = &fleet->shapes->items[shape];
    for (int32_t group = 0; group < fleet->group_count; group++) {
        if (!fleet_suits(fleet, shape, group))
            continue;
        double part = policy->shape_part(&context, group);
        if (is_first || part > largest)
            largest = part;
        if (is_first || part < least)
            least = part;
        is_first = false;
    }
    memory->shape_part = largest;
    memory->is_sum = policy->is_sum_of_parts != NULL &&
                     policy->is_sum_of_parts(sched->policy.values) && !(least < largest) &&
                     search_keys_decide(&sched->index->scale);
}

static void refresh_query(struct node_index *index, const struct sched *sched, int32_t shape)
{
    struct shape_memory *memory = &index->shapes[shape];
    memory->query = row_query_of_shape(&sched->fleet, shape);
    memory->coarse_query = coarse_query_of(&index->scale, &memory->query);
    memory->is_coarse_exact = memory->query.is_exact && (memory->query.groups == ROW_GROUPS_ALL ||
                                                         sched->fleet.group_count <= COARSE_GROUPS);
    if (policy_has_parts(sched->policy.policy))
        refresh_part(memory, sched, shape);
    memory->query_version = index->epoch + sched->fleet.opening_version;
}

/* The larger the fleet, the longer it takes to make a list anew, and the more of what is alike is
 * taken before that pays. */
static int32_t first_limit(int32_t node_count)
{
    int32_t part = node_count / 4096;
    return part > LIST_LIMIT ? part : LIST_LIMIT;
}

int index_prepare(struct sched *sched, int32_t shape, struct err *err)
{
    struct node_index *index = sched->index;
    if (follow(index, sched, err) || reserve_shapes(index, &sched->fleet, err))
        return -1;
    struct shape_memory *memory = &index->shapes[shape];
    if (memory->query_version != index->epoch + sched->fleet.opening_version)
        refresh_query(index, sched, shape);
    if (index->coarse.chunk_count > 0)
        return 0; /* all questions are scans */
    if (memory->limit_wanted == 0) {
        int32_t limit = sched->options.tuning.list_limit;
        memory->limit_wanted = limit > 0 ? limit : first_limit(index->node_count);
    }
    if (memory->list.limit < memory->limit_wanted)
        return shortlist_reserve(&memory->list, index->kernel, memory->limit_wanted, err);
    return 0;
}
