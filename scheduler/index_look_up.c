/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_find.h"

#include "base/fetch.h"

/* The shortlist of a shape: made by a scan that keeps the best few (index_make_list.c), kept up
 * with by reading the journal from where it was read last, and made again when it runs dry.
 *
 * Where the journal does not reach back so far, the number of each node's last entry still says
 * whether it has changed since, and the row of the node is read in place of its entry. So a short
 * journal is as good as a long one, but for the time it takes to look at all rows.
 *
 * A node that changed has a new entry in the journal with its row as it is now. If it passes the
 * sieve, and its key says that it could stand above the floor, it is put on the list with that key,
 * which bounds its score. Only when it comes to the top is the node itself asked, and by then most
 * have changed again: what the list said before bears an older version and is dropped. With 100
 * equally popular shapes and two changes a decision a shape reads 200 rows at its next question, 13
 * blocks; half a dozen go on the list and one or two are scored. */

/* The fewest and the most nodes that a list is cut to. */
enum { LIMIT_LEAST = 32, LIMIT_MOST = 2048 };
/* To look at a row takes a quarter of the time of reading an entry and keeping what it says. */
enum { SELDOM = 4 };
/* In smaller fleets the rows of nodes, and what is looked up of them, stay in the cache. */
enum { CACHED_BELOW = 50000 };
/* Runners that may not go to the first so many of a list have the rows scanned. */
enum { ASIDE_MAX = 64 };

/* On long lists more is put at each question, most of it in vain; short ones run dry soon and have
 * to be made again, which takes the longer the more nodes there are. So the limit follows how many
 * questions a list answers, of which `enough` pay for the making. */
static int64_t enough_questions(const struct index_search *search)
{
    return search->index->node_count / (search_has_bounds(search) ? 128 : 4);
}

static int32_t most_listed(const struct index_search *search)
{
    int32_t most = search->index->node_count / 512;
    if (!search_has_bounds(search))
        return LIMIT_MOST;
    return most < LIMIT_LEAST ? LIMIT_LEAST : most < LIMIT_MOST ? most : LIMIT_MOST;
}

static void lengthen(const struct index_search *search)
{
    struct shape_memory *memory = search->memory;
    int32_t most = most_listed(search);
    if (search->sched->options.tuning.list_limit == 0 && memory->list_epoch != 0 &&
        memory->asked_count < enough_questions(search) && memory->limit_wanted < most)
        memory->limit_wanted = memory->list.limit * 2 < most ? memory->list.limit * 2 : most;
}

static void shorten(const struct index_search *search)
{
    struct shape_memory *memory = search->memory;
    if (search->sched->options.tuning.list_limit == 0 && memory->list.limit >= 2 * LIMIT_LEAST &&
        memory->asked_count > 4 * enough_questions(search))
        memory->list.limit = memory->limit_wanted = memory->list.limit / 2;
}

static void offer(const struct index_search *search, const struct standing *standing)
{
    struct shortlist *list = &search->memory->list;
    if (shortlist_is_full(list)) {
        shortlist_drop_stale(list, search->index->last_entries);
        shorten(search);
        shortlist_cut(list);
    }
    if (!shortlist_is_below(list, standing))
        shortlist_push(list, standing);
}

static void make_list(const struct index_search *search)
{
    lengthen(search);
    search->memory->asked_count = 0;
    index_make_list(search);
}

/* ---- keeping it ---- */

/* A node that passes, as it was at this entry of the journal, modulo 2^32, by the key of its row
 * then. */
static void offer_bound(const struct index_search *search, int32_t node, uint32_t entry, float key)
{
    const struct standing standing = {.score = search_most_score(search, key),
                                      .node = node,
                                      .entry = entry & INT32_MAX,
                                      .is_bound = true};
    offer(search, &standing);
}

/* A node that passes, as it is. */
static void offer_scored(const struct index_search *search, int32_t node)
{
    if (!search_fits(search, node))
        return;
    const struct standing standing = search_standing(search, node);
    offer(search, &standing);
}

/* Reads the range of places that begins at the cursor. Where keys say nothing of scores, what
 * passes is scored at once; a node as it was is passed over then, else dropped from the list. */
static void read_journal(const struct index_search *search, struct row_range range)
{
    const struct journal *journal = &search->index->journal;
    const struct shape_memory *memory = search->memory;
    bool is_bound = search_has_bounds(search);
    int32_t positions[SEARCH_POSITIONS];
    int32_t count = search->index->kernel->filter(journal->blocks, range, &memory->query,
                                                  search_floor_key(search), positions);
    for (int32_t i = 0; i < count; i++) {
        int32_t node = journal->nodes[positions[i]];
        uint32_t number = (uint32_t)(memory->cursor + positions[i] - range.first);
        if (is_bound)
            offer_bound(search, node, number, row_key(journal->blocks, positions[i]));
        else if (index_is_last(search->index, node, number))
            offer_scored(search, node);
    }
}

static void catch_up_by_journal(const struct index_search *search)
{
    struct shape_memory *memory = search->memory;
    const struct journal *journal = &search->index->journal;
    while (memory->cursor < journal->end) {
        const struct row_range range = journal_range(journal, memory->cursor, SEARCH_BATCH);
        read_journal(search, range);
        memory->cursor += range.end - range.first;
    }
}

/* Reads the rows of those nodes in the range that have changed since the cursor. */
static void read_rows(const struct index_search *search, struct row_range range)
{
    const struct node_index *index = search->index;
    int32_t nodes[SEARCH_POSITIONS], changed_count = 0;
    int32_t count = index->kernel->filter(index->blocks, range, &search->memory->query,
                                          search_floor_key(search), nodes);
    for (int32_t i = 0; i < count; i++) {
        nodes[changed_count] = nodes[i];
        changed_count += index_has_changed(index, nodes[i], search->memory->cursor);
    }
    for (int32_t i = 0; i < changed_count; i++)
        if (search_has_bounds(search))
            offer_bound(search, nodes[i], index->last_entries[nodes[i]],
                        row_key(index->blocks, nodes[i]));
        else
            offer_scored(search, nodes[i]);
}

static void catch_up_by_rows(const struct index_search *search)
{
    for (int32_t first = 0; first < search->index->node_count; first += SEARCH_BATCH)
        read_rows(search, search_batch(search, first));
    search->memory->cursor = search->index->journal.end;
}

/* Is a list kept up with by the rows of all nodes rather than made anew? For that all nodes that
 * pass would have to be scored, but where keys bound scores. There it takes longer too, as long as
 * rows are in the cache; in a larger fleet most of them are passed over. What is listed bears its
 * entry modulo 2^31. */
static bool is_worth_rows(const struct index_search *search)
{
    return search->index->journal.end - search->memory->cursor <= INT32_MAX &&
           (!search_has_bounds(search) || search->index->node_count < CACHED_BELOW);
}

static void bring_up_to_date(const struct index_search *search)
{
    struct shape_memory *memory = search->memory;
    const struct node_index *index = search->index;
    if (memory->list_epoch != index->epoch)
        make_list(search);
    else if (index_has_entries(index, memory->cursor))
        catch_up_by_journal(search);
    else if (is_worth_rows(search))
        catch_up_by_rows(search);
    else
        make_list(search);
    index->kernel->drop_stale(memory->list.near, index->last_entries);
    memory->asked_count++;
}

/* ---- reading it ---- */

/* Puts the score of the top in place of its bound; the node may turn out not to belong here. */
static void score_top(const struct index_search *search, int32_t place)
{
    int32_t node = shortlist_at(&search->memory->list, place).node;
    shortlist_remove(&search->memory->list, place);
    if (!search_fits(search, node))
        return;
    const struct standing standing = search_standing(search, node);
    offer(search, &standing);
}

/* The place of the best node, once its score is known and not only a bound; -1: the list is empty,
 * or what is left of it is below the floor. */
static int32_t find_top(const struct index_search *search)
{
    const struct node_index *index = search->index;
    struct shortlist *list = &search->memory->list;
    for (;;) {
        int32_t place = shortlist_top(list, index->last_entries);
        if (place < 0)
            return -1;
        const struct standing top = shortlist_at(list, place);
        if (shortlist_is_below(list, &top))
            return -1;
        if (!top.is_bound)
            return place;
        score_top(search, place);
    }
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
        int32_t place = find_top(search);
        if (place < 0) {
            is_known = list->is_complete;
            break;
        }
        const struct standing top = shortlist_at(list, place);
        is_known = search_fits_runner(search, top.node);
        if (is_known) {
            found = top.node;
            break;
        }
        aside[aside_count++] = top;
        shortlist_remove(list, place);
    }
    for (int32_t i = 0; i < aside_count; i++)
        offer(search, &aside[i]);
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
    return search->sched->options.tuning.scan_below == 0 && search_has_bounds(search) &&
           gone_by > search->index->node_count / SELDOM;
}

/* Asks the memory for what will be looked up of the near ones, all at once, and for the node that
 * is next if nothing has changed: in a large fleet it has left the cache, and each is a wait of its
 * own. */
static void call_near(const struct index_search *search)
{
    const struct near_list *near = search->memory->list.near;
    int32_t next = search->memory->next_node;
    fetch_lines(&search->sched->fleet.nodes[next], sizeof *search->sched->fleet.nodes);
    fetch_lines(&search->index->blocks[(uint32_t)next / ROW_LANES], sizeof *search->index->blocks);
    for (uint32_t left = near->filled; left != 0; left &= left - 1)
        fetch_lines(&search->index->last_entries[near->nodes[__builtin_ctz(left)]],
                    sizeof *search->index->last_entries);
}

/* Notes for the next question which of the near ones stands behind this one. */
static void note_next(const struct index_search *search, int32_t place)
{
    const struct near_list *near = search->memory->list.near;
    uint32_t others = near->filled & ~(UINT32_C(1) << place);
    if (others != 0)
        search->memory->next_node = near->nodes[search->index->kernel->best(near, others)];
}

int32_t index_look_up(const struct index_search *search)
{
    const struct shortlist *list = &search->memory->list;
    if (is_seldom_asked(search))
        return index_scan(search);
    if (search->index->node_count >= CACHED_BELOW)
        call_near(search);
    bring_up_to_date(search);
    int32_t place = find_top(search);
    if (place < 0 && !list->is_complete) {
        make_list(search);
        place = find_top(search);
    }
    if (search->runner >= 0)
        return best_for_runner(search);
    if (place < 0)
        return -1;
    if (search->index->node_count >= CACHED_BELOW)
        note_next(search, place);
    return shortlist_at(list, place).node;
}
