/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_find.h"

#include <math.h>

/* The shortlist of a shape: made by a scan that keeps the best few, kept up with by reading the
 * journal from where it was read last, and made again when it runs dry.
 *
 * A node that changed has a new entry in the journal with its row as it is now. If it passes the
 * sieve, and its key says that it could stand above the floor, it is put on the list with that key,
 * which bounds its score. Only when it comes to the top is the node itself asked, and by then most
 * have changed again: what the list said before bears an older version and is dropped at the top.
 * With 100 equally popular shapes and two changes a decision a shape reads 200 rows at its next
 * question, 25 blocks; half a dozen go on the list and one or two are scored. */

/* The fewest and the most nodes that a list is cut to; the most in a small fleet. */
enum {
    LIMIT_LEAST = 32,
    LIMIT_MOST_LEAST = 128,
    LIMIT_MOST = 1024,
    LIMIT_MOST_WITHOUT_PARTS = 2048
};
/* To look at a row takes a quarter of the time of reading an entry and keeping what it says. */
enum { SELDOM = 4 };
/* Runners that may not go to the first so many of a list have the rows scanned. */
enum { ASIDE_MAX = 64 };

static bool is_current(const struct index_search *search, const struct standing *standing)
{
    return search->index->marks[standing->node].version == standing->version;
}

/* Do the keys of rows bound the scores, so that not every node that fits has to be scored? */
static bool has_bounds(const struct index_search *search)
{
    const struct policy *policy = search->sched->policy.policy;
    return policy->score == NULL || policy_has_parts(policy);
}

/* Long lists cost time at each step, short ones run dry soon and have to be made again: the limit
 * follows how many questions a list answers. `enough` of them pay for the making. */
static int64_t enough_questions(const struct index_search *search)
{
    return search->index->node_count / (has_bounds(search) ? 512 : 4);
}

static int32_t most_listed(const struct index_search *search)
{
    int32_t most = search->index->node_count / 256;
    if (!has_bounds(search))
        return LIMIT_MOST_WITHOUT_PARTS;
    return most < LIMIT_MOST_LEAST ? LIMIT_MOST_LEAST : most < LIMIT_MOST ? most : LIMIT_MOST;
}

static void lengthen(const struct index_search *search)
{
    struct shape_memory *memory = search->memory;
    int32_t most = most_listed(search);
    if (search->sched->options.tuning.list_limit == 0 && memory->list_epoch != 0 &&
        memory->asked_count < enough_questions(search) && memory->limit_wanted < most)
        memory->limit_wanted = memory->list.limit * 2;
}

static void shorten(const struct index_search *search)
{
    struct shape_memory *memory = search->memory;
    if (search->sched->options.tuning.list_limit == 0 && memory->list.limit >= 2 * LIMIT_LEAST &&
        memory->asked_count > 4 * enough_questions(search))
        memory->list.limit = memory->limit_wanted = memory->list.limit / 2;
}

/* Without those that have a newer version or do not fit, and no more than the limit. */
static void tidy(const struct index_search *search)
{
    struct shortlist *list = &search->memory->list;
    int32_t kept = 0;
    for (int32_t i = 0; i < list->count; i++) {
        const struct standing *standing = &list->heap[i];
        if (is_current(search, standing) &&
            (!standing->is_bound || search_fits(search, standing->node)))
            list->heap[kept++] = *standing;
    }
    list->count = kept;
    shorten(search);
    shortlist_cut(list);
    shortlist_heapify(list);
}

static void offer(const struct index_search *search, const struct standing *standing)
{
    struct shortlist *list = &search->memory->list;
    if (shortlist_is_full(list))
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
        return (struct standing){.score = empty->score,
                                 .node = node,
                                 .version = search->index->marks[node].version & INT32_MAX};
    const struct standing standing = search_standing(search, node);
    *empty = (struct empty_score){standing.score, true};
    return standing;
}

/* Can the node, whose row has this key, only be below the floor? */
static bool is_bound_below(const struct index_search *search, int32_t node, float key)
{
    const struct standing bound = {.score = search_most_score(search, key), .node = node};
    return has_bounds(search) && shortlist_is_below(&search->memory->list, &bound);
}

/* Collects the nodes of the range whose keys are at least `low`, and below `high`. */
static void collect_range(const struct index_search *search, struct row_range range, float low,
                          float high)
{
    const struct node_index *index = search->index;
    int32_t positions[SEARCH_BATCH];
    int32_t count =
        index->kernel->filter(index->blocks, range, &search->memory->query, low, positions);
    for (int32_t i = 0; i < count; i++) {
        int32_t node = positions[i];
        float key = row_key(index->blocks, node);
        if (key >= high || is_bound_below(search, node, key) || !search_fits(search, node))
            continue;
        const struct standing standing = standing_of_row(search, node);
        shortlist_collect(&search->memory->list, &standing);
    }
}

static struct row_range batch_range(const struct index_search *search, int32_t first)
{
    int32_t left = search->index->node_count - first;
    return (struct row_range){first, first + (left < SEARCH_BATCH ? left : SEARCH_BATCH)};
}

/* Where all score alike, no later node can get above the floor. */
static void collect_first(const struct index_search *search)
{
    struct shortlist *list = &search->memory->list;
    for (int32_t first = 0; first < search->index->node_count && list->is_complete;
         first += SEARCH_BATCH) {
        collect_range(search, batch_range(search, first), -INFINITY, INFINITY);
        shortlist_cut(list);
    }
}

static void collect_all(const struct index_search *search)
{
    for (int32_t first = 0; first < search->index->node_count; first += SEARCH_BATCH)
        collect_range(search, batch_range(search, first), floor_key(search), INFINITY);
}

/* A key that about `limit` rows reach: that of the chunk which stands so high among the chunks. */
static float promising_key(const struct index_search *search, int32_t chunk_count)
{
    struct node_index *index = search->index;
    int32_t rank = search->memory->list.limit;
    if (rank > chunk_count * 3 / 4)
        rank = chunk_count * 3 / 4;
    for (int32_t i = 0; i < chunk_count; i++)
        index->sorted_keys[i] = index->chunk_keys[i];
    return rank == 0 ? -INFINITY : float_of_rank(index->sorted_keys, chunk_count, rank);
}

/* First the nodes with promising keys, so that the floor comes to stand high and few others need be
 * scored. */
static void collect_by_parts(const struct index_search *search)
{
    const struct node_index *index = search->index;
    struct shortlist *list = &search->memory->list;
    int32_t chunk_count = (index->node_count + CHUNK_ROWS - 1) / CHUNK_ROWS;
    index->kernel->chunk_keys(index->blocks, chunk_count, &search->memory->query,
                              index->chunk_keys);
    float high = promising_key(search, chunk_count);
    for (int32_t i = 0; i < chunk_count; i++)
        if (index->chunk_keys[i] >= high && index->chunk_keys[i] != -INFINITY)
            collect_range(search, search_chunk(search, i), high, INFINITY);
    if (list->count >= list->limit / 4)
        shortlist_close(list);
    for (int32_t i = 0; i < chunk_count; i++) {
        float low = floor_key(search);
        if (low < high && index->chunk_keys[i] >= low && index->chunk_keys[i] != -INFINITY)
            collect_range(search, search_chunk(search, i), low, high);
    }
}

static void make_list(const struct index_search *search)
{
    struct node_index *index = search->index;
    struct shape_memory *memory = search->memory;
    const struct policy *policy = search->sched->policy.policy;
    lengthen(search);
    memory->asked_count = 0;
    shortlist_clear(&memory->list);
    for (int32_t i = 0; i < index->group_count; i++)
        index->empty_scores[i].is_known = false;
    if (policy->score == NULL)
        collect_first(search);
    else if (policy_has_parts(policy))
        collect_by_parts(search);
    else
        collect_all(search);
    shortlist_heapify(&memory->list);
    memory->cursor = index->journal.end;
    memory->list_epoch = index->epoch;
}

/* ---- keeping it ---- */

/* The node at this place of the journal, with a bound of its score. */
static struct standing standing_of_entry(const struct index_search *search, int32_t place)
{
    const struct journal *journal = &search->index->journal;
    int32_t node = journal->nodes[place];
    return (struct standing){.score = search_most_score(search, row_key(journal->blocks, place)),
                             .node = node,
                             .version = search->index->marks[node].version & INT32_MAX,
                             .is_bound = true};
}

/* Where keys say nothing of scores, what passes is scored at once. */
static void read_journal(const struct index_search *search, struct row_range range)
{
    const struct journal *journal = &search->index->journal;
    int32_t positions[SEARCH_BATCH];
    bool is_bound = has_bounds(search);
    struct standing standings[SEARCH_BATCH];
    int32_t found = 0;
    int32_t count = search->index->kernel->filter(journal->blocks, range, &search->memory->query,
                                                  floor_key(search), positions);
    for (int32_t i = 0; i < count; i++) {
        int32_t node = journal->nodes[positions[i]];
        if (!is_bound && !search_fits(search, node))
            continue;
        standings[found] =
            is_bound ? standing_of_entry(search, positions[i]) : search_standing(search, node);
        found += !shortlist_is_below(&search->memory->list, &standings[found]);
    }
    found = shortlist_best_of(&search->memory->list, standings, found);
    for (int32_t i = 0; i < found; i++)
        offer(search, &standings[i]);
}

static void catch_up(const struct index_search *search)
{
    struct shape_memory *memory = search->memory;
    const struct journal *journal = &search->index->journal;
    while (memory->cursor < journal->end) {
        const struct row_range range = journal_range(journal, memory->cursor, SEARCH_BATCH);
        read_journal(search, range);
        memory->cursor += range.end - range.first;
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

/* Puts the score of the top in place of its bound; the node may turn out not to belong here. */
static void score_top(const struct index_search *search)
{
    struct shortlist *list = &search->memory->list;
    int32_t node = list->heap[0].node;
    if (!search_fits(search, node)) {
        shortlist_pop(list);
        return;
    }
    const struct standing standing = search_standing(search, node);
    if (shortlist_is_below(list, &standing))
        shortlist_pop(list);
    else
        shortlist_change_top(list, &standing);
}

/* The top, once what is out of date above it is gone, and its score is known; false: the list is
 * empty. */
static bool has_top(const struct index_search *search)
{
    struct shortlist *list = &search->memory->list;
    while (list->count > 0) {
        if (!is_current(search, &list->heap[0]) || shortlist_is_below(list, &list->heap[0]))
            shortlist_pop(list);
        else if (list->heap[0].is_bound)
            score_top(search);
        else
            return true;
    }
    return false;
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

/* Has more of the journal gone by since the last question than it takes to look at all rows? A list
 * is not worth its upkeep then, nor when the next question comes as late as this one. */
static bool is_seldom_asked(const struct index_search *search)
{
    struct shape_memory *memory = search->memory;
    int64_t end = search->index->journal.end;
    int64_t gone_by = memory->asked_at == 0 ? INT64_MAX : end - memory->asked_at;
    memory->asked_at = end;
    return search->sched->options.tuning.scan_below == 0 && has_bounds(search) &&
           gone_by > search->index->node_count / SELDOM;
}

int32_t index_look_up(const struct index_search *search)
{
    const struct shortlist *list = &search->memory->list;
    if (is_seldom_asked(search))
        return index_scan(search);
    bring_up_to_date(search);
    if (!has_top(search) && !list->is_complete)
        make_list(search);
    if (search->runner >= 0)
        return best_for_runner(search);
    return has_top(search) ? list->heap[0].node : -1;
}
