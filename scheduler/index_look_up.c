/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_find.h"

#include <math.h>

/* The shortlist of a shape: made by a scan that keeps the best few, kept up with by reading the
 * journal from where it was read last, and made again when it runs dry.
 *
 * A node that changed has a new entry in the journal with its row as it is now. If it passes the
 * sieve, and its key says that it could stand above the floor, it is scored and put on the list.
 * What the list said about it before bears an older version and is dropped when it comes to the
 * top. With 100 equally popular shapes and two changes a decision a shape reads 200 rows at its
 * next question, 25 blocks, of which a handful are scored. */

/* The most nodes that a list keeps. */
enum { LIMIT_MOST = 1024, LIMIT_MOST_WITHOUT_PARTS = 8192 };
/* Runners that may not go to the first so many of a list have the rows scanned. */
enum { ASIDE_MAX = 64 };

static bool is_current(const struct index_search *search, const struct standing *standing)
{
    return search->index->marks[standing->node].version == standing->version;
}

/* Without those that have a newer version; and fewer, if that does not help. */
static void tidy(const struct index_search *search)
{
    struct shortlist *list = &search->memory->list;
    int32_t kept = 0;
    for (int32_t i = 0; i < list->count; i++)
        if (is_current(search, &list->heap[i]))
            list->heap[kept++] = list->heap[i];
    list->count = kept;
    if (list->count > list->capacity / 2)
        shortlist_cut(list);
    shortlist_heapify(list);
}

static void offer(const struct index_search *search, const struct standing *standing)
{
    struct shortlist *list = &search->memory->list;
    if (list->count == list->capacity)
        tidy(search); /* which may lift the floor */
    if (!shortlist_is_below(list, standing))
        shortlist_push(list, standing);
}

/* What a row must have at least, for its node to belong on the list. */
static float floor_key(const struct index_search *search)
{
    const struct shortlist *list = &search->memory->list;
    return list->is_complete ? -INFINITY : search_least_key(search, list->floor.score);
}

/* ---- making it ---- */

/* Empty nodes of one group score alike; most of a young fleet is empty, and scores can be dear. */
static struct standing standing_of_row(const struct index_search *search, int32_t node)
{
    const struct node *at = &search->sched->fleet.nodes[node];
    struct empty_score *empty = &search->index->empty_scores[at->group];
    if (at->occupant_count > 0)
        return search_standing(search, node);
    if (empty->is_known)
        return (struct standing){empty->score, node, search->index->marks[node].version};
    const struct standing standing = search_standing(search, node);
    *empty = (struct empty_score){standing.score, true};
    return standing;
}

static void collect_range(const struct index_search *search, struct row_range range)
{
    int32_t positions[SEARCH_BATCH];
    int32_t count = search->index->kernel->filter(
        search->index->blocks, range, &search->memory->query, floor_key(search), positions);
    for (int32_t i = 0; i < count; i++) {
        if (!search_fits(search, positions[i]))
            continue;
        const struct standing standing = standing_of_row(search, positions[i]);
        shortlist_collect(&search->memory->list, &standing);
    }
}

/* A list that soon runs dry was too short. */
static void adapt_limit(const struct index_search *search)
{
    struct shape_memory *memory = search->memory;
    bool has_parts = policy_has_parts(search->sched->policy.policy);
    int64_t enough = search->index->node_count / (has_parts ? 256 : 16);
    int32_t most = has_parts ? LIMIT_MOST : LIMIT_MOST_WITHOUT_PARTS;
    if (search->sched->options.tuning.list_limit == 0 && memory->list_epoch != 0 &&
        memory->asked_count < enough && memory->list.limit < most)
        memory->limit_wanted = memory->list.limit * 2;
    memory->asked_count = 0;
}

static void make_list(const struct index_search *search)
{
    struct node_index *index = search->index;
    struct shape_memory *memory = search->memory;
    struct shortlist *list = &memory->list;
    bool first_wins = search->sched->policy.policy->score == NULL;
    adapt_limit(search);
    shortlist_clear(list);
    for (int32_t i = 0; i < index->group_count; i++)
        index->empty_scores[i].is_known = false;
    for (int32_t first = 0; first < index->node_count; first += SEARCH_BATCH) {
        int32_t left = index->node_count - first;
        /* Where all score alike, no later node can get above the floor. */
        if (first_wins && list->count >= list->limit)
            shortlist_cut(list);
        if (first_wins && !list->is_complete)
            break;
        collect_range(
            search, (struct row_range){first, first + (left < SEARCH_BATCH ? left : SEARCH_BATCH)});
    }
    shortlist_heapify(list);
    memory->cursor = index->journal.end;
    memory->list_epoch = index->epoch;
}

/* ---- keeping it ---- */

/* Entries [first, end) of the journal, which are not torn by its end. */
static void read_journal(const struct index_search *search, int64_t first, int64_t end)
{
    const struct journal *journal = &search->index->journal;
    int32_t positions[SEARCH_BATCH];
    int32_t place = (int32_t)(first & (journal->capacity - 1));
    const struct row_range range = {place, place + (int32_t)(end - first)};
    int32_t count = search->index->kernel->filter(journal->blocks, range, &search->memory->query,
                                                  floor_key(search), positions);
    for (int32_t i = 0; i < count; i++) {
        int32_t node = journal->nodes[positions[i]];
        if (!search_fits(search, node))
            continue;
        const struct standing standing = search_standing(search, node);
        offer(search, &standing);
    }
}

static void catch_up(const struct index_search *search)
{
    struct shape_memory *memory = search->memory;
    const struct journal *journal = &search->index->journal;
    while (memory->cursor < journal->end) {
        int64_t to_wrap = journal->capacity - (memory->cursor & (journal->capacity - 1));
        int64_t size = journal->end - memory->cursor;
        size = size < to_wrap ? size : to_wrap;
        size = size < SEARCH_BATCH ? size : SEARCH_BATCH;
        read_journal(search, memory->cursor, memory->cursor + size);
        memory->cursor += size;
    }
}

static void bring_up_to_date(const struct index_search *search)
{
    struct shape_memory *memory = search->memory;
    const struct node_index *index = search->index;
    if (memory->list_epoch != index->epoch ||
        index->journal.end - memory->cursor > index->journal.capacity)
        make_list(search);
    else
        catch_up(search);
    memory->asked_count++;
}

/* ---- reading it ---- */

/* The top, once what is out of date above it is gone; false: the list is empty. */
static bool has_top(const struct index_search *search)
{
    struct shortlist *list = &search->memory->list;
    while (list->count > 0 && !is_current(search, &list->heap[0]))
        shortlist_pop(list);
    return list->count > 0;
}

/* The best of the list that takes the runner; the ones before it are put aside and come back. */
static int32_t best_for_runner(const struct index_search *search)
{
    struct shortlist *list = &search->memory->list;
    struct standing aside[ASIDE_MAX];
    int32_t aside_count = 0;
    int32_t found = -1;
    bool is_known = false;
    while (!is_known && aside_count < ASIDE_MAX) {
        if (!has_top(search)) {
            is_known = list->is_complete;
            break;
        }
        is_known = search_fits_runner(search, list->heap[0].node);
        if (is_known)
            found = list->heap[0].node;
        else
            aside[aside_count++] = shortlist_pop(list);
    }
    for (int32_t i = 0; i < aside_count; i++)
        shortlist_push(list, &aside[i]);
    return is_known ? found : index_scan(search);
}

int32_t index_look_up(const struct index_search *search)
{
    const struct shortlist *list = &search->memory->list;
    bring_up_to_date(search);
    if (!has_top(search) && !list->is_complete)
        make_list(search);
    if (search->runner >= 0)
        return best_for_runner(search);
    return has_top(search) ? list->heap[0].node : -1;
}
