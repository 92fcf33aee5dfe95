/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index.h"

#include <inttypes.h>
#include <string.h>

#include "scheduler/index_find.h"
#include "scheduler/node_search.h"

/* What the index remembers, held against the fleet. */

static int check_row(const struct sched *sched, int32_t node, struct err *err)
{
    const struct row_block *block = &sched->index->blocks[node / ROW_LANES];
    const struct row row = index_row(sched, node);
    int32_t lane = node % ROW_LANES;
    if (block->cpu_milli[lane] != row.cpu_milli || block->mem_kib[lane] != row.mem_kib ||
        block->devices[lane] != row.devices || block->groups[lane] != row.groups ||
        memcmp(&block->key[lane], &row.key, sizeof row.key) != 0)
        return err_set(err, ERR_SYSTEM, "the index has an old row of node %" PRId32, node);
    return 0;
}

static int check_coarse_row(const struct sched *sched, int32_t node, struct err *err)
{
    const struct node_index *index = sched->index;
    const struct coarse_block *block = &index->coarse.blocks[node / COARSE_LANES];
    int32_t lane = node % COARSE_LANES;
    const struct coarse_row row = index_coarse_row(sched, node);
    if (block->cpu[lane] != row.cpu || block->mem[lane] != row.mem ||
        block->devices[lane] != row.devices || block->groups[lane] != row.groups ||
        block->key[lane] != row.key)
        return err_set(err, ERR_SYSTEM, "the index has an old coarse row of node %" PRId32, node);
    return 0;
}

/* That the node has no more of anything than the row of its chunk, if that holds its last change.
 */
static int check_chunk_row(const struct node_index *index, int32_t node, struct err *err)
{
    const struct chunk_rows *rows = &index->chunks;
    const struct row row = row_at(index->blocks, node);
    int32_t since = (int32_t)(index->last_entries[node] - (uint32_t)rows->cursor);
    bool is_known =
        rows->epoch == index->epoch && index->journal.end - rows->cursor <= index->journal.capacity;
    if (is_known && since < 0 && !chunk_row_covers(rows, node / CHUNK_ROWS, &row))
        return err_set(err, ERR_SYSTEM, "node %" PRId32 " has more than the row of its chunk",
                       node);
    const struct row of_chunk = row_at(rows->blocks, node / CHUNK_ROWS);
    if (is_known && since < 0 && chunk_row_is_of_all(rows, node / CHUNK_ROWS) &&
        memcmp(&row, &of_chunk, sizeof row) != 0)
        return err_set(err, ERR_SYSTEM, "node %" PRId32 " is not as the row of its chunk", node);
    return 0;
}

/* Is this the node as it is now, with this score or a bound of it? */
static bool stands_for(const struct standing *listed, const struct standing *standing)
{
    if (listed->node != standing->node || listed->entry != standing->entry)
        return false;
    return listed->is_bound
               ? listed->score >= standing->score
               : listed->score <= standing->score && !(listed->score < standing->score);
}

/* The far one at place i: behind the near ones, and before others if it is one of the next. */
static bool is_in_its_part(const struct shortlist *list, int32_t i)
{
    const struct standing *far = &list->far[i];
    if (!list->has_line || standing_precedes(far, &list->line))
        return false;
    if (i >= list->next_count)
        return !standing_precedes(far, &list->next_line);
    return list->next_count == list->far_count || !standing_precedes(&list->next_line, far);
}

static bool is_listed(const struct shortlist *list, const struct standing *standing)
{
    for (uint32_t left = list->near->filled; left != 0; left &= left - 1) {
        const struct standing listed = shortlist_at(list, __builtin_ctz(left));
        if (stands_for(&listed, standing))
            return !list->has_line || standing_precedes(&listed, &list->line);
    }
    for (int32_t i = 0; i < list->far_count; i++)
        if (stands_for(&list->far[i], standing))
            return is_in_its_part(list, i);
    return false;
}

static bool is_query_current(const struct sched *sched, int32_t shape)
{
    const struct node_index *index = sched->index;
    return index->shapes[shape].query_version == index->epoch + sched->fleet.opening_version;
}

/* That the sieve lets all nodes pass that the shape fits on, and, where it is exact, no others. */
static int check_sieve(const struct sched *sched, int32_t shape, struct err *err)
{
    const struct node_index *index = sched->index;
    const struct row_query *query = &index->shapes[shape].query;
    for (int32_t node = 0; node < index->node_count; node++) {
        bool fits = fleet_fits(&sched->fleet, shape, node, 0);
        if (fits && index->coarse.chunk_count > 0 &&
            !coarse_passes(index->coarse.blocks, node, &index->shapes[shape].coarse_query))
            return err_set(err, ERR_SYSTEM,
                           "shape %" PRId32 " fits on node %" PRId32
                           ", but its coarse row holds it back",
                           shape, node);
        bool passes = index->has_rows ? row_passes(index->blocks, node, query) : fits;
        if (fits != passes && (fits || query->is_exact))
            return err_set(err, ERR_SYSTEM,
                           "shape %" PRId32 " %s on node %" PRId32 ", but the sieve %s", shape,
                           fits ? "fits" : "does not fit", node,
                           fits ? "holds it back" : "is exact and lets it pass");
    }
    return 0;
}

/* The promise of a list that has read all of the journal. */
static int check_list(const struct sched *sched, int32_t shape, struct err *err)
{
    struct policy_context context = sched_node_context(sched);
    struct node_index *index = sched->index;
    struct shape_memory *memory = &index->shapes[shape];
    const struct index_search search = {sched, &context, index, memory, -1, shape, -1};
    context.shape = &sched->fleet.shapes->items[shape];
    if (memory->list_epoch != index->epoch || memory->cursor != index->journal.end)
        return 0;
    for (int32_t node = 0; node < index->node_count; node++) {
        if (!fleet_fits(&sched->fleet, shape, node, 0))
            continue;
        const struct standing standing = search_standing(&search, node);
        if (!shortlist_is_below(&memory->list, &standing) && !is_listed(&memory->list, &standing))
            return err_set(err, ERR_SYSTEM, "node %" PRId32 " is not on the list of shape %" PRId32,
                           node, shape);
    }
    return 0;
}

int index_check(const struct sched *sched, struct err *err)
{
    const struct node_index *index = sched->index;
    if (index == NULL || index->group_count != sched->fleet.group_count ||
        index->type_count != sched->fleet.type_count || sched->fleet.changed_count > 0)
        return 0;
    for (int32_t node = 0; node < index->node_count; node++)
        if ((index->has_rows &&
             (check_row(sched, node, err) || check_chunk_row(index, node, err))) ||
            (index->coarse.chunk_count > 0 && check_coarse_row(sched, node, err)))
            return -1;
    for (int32_t shape = 0; shape < index->shape_count; shape++)
        if (is_query_current(sched, shape) &&
            (check_sieve(sched, shape, err) ||
             (!sched->policy.depends_on_demand && check_list(sched, shape, err))))
            return -1;
    return 0;
}
