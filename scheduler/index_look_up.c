/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_find.h"

#include <float.h>
#include <math.h>

#include "base/fetch.h"

/* The shortlist of a shape: made by a scan that keeps the best few, kept up with by reading the
 * journal from where it was read last, and made again when it runs dry.
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
/* In smaller fleets what is looked up of nodes stays in the cache. */
enum { CALL_FROM = 50000 };
/* A chunk that is collected from is asked of the memory so many ahead. */
enum { CHUNKS_AHEAD = 2 };
enum { NODES_AHEAD = 16 };
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

/* What a row must have at least, for its node to belong on the list. */
static float floor_key(const struct index_search *search)
{
    const struct shortlist *list = &search->memory->list;
    return list->is_complete ? -INFINITY : search_least_key(search, list->floor.score);
}

/* ---- making it ---- */

/* A node and its row, which is at this place. */
struct node_row {
    const struct row_block *blocks;
    int32_t position, node;
};

/* What empty nodes of its group score, if it is one. Of groups a row tells 32 apart. */
static struct empty_score *empty_score_of(const struct index_search *search,
                                          const struct node_row *row)
{
    const struct node_index *index = search->index;
    if (!row_is_empty(row->blocks, row->position))
        return NULL;
    return &index->empty_scores[index->group_count <= 32
                                    ? __builtin_ctz(row_group(row->blocks, row->position))
                                    : search->sched->fleet.nodes[row->node].group];
}

/* Empty nodes of one group score alike; most of a young fleet is empty, and scores can be dear.
 * Such a node itself is not looked at: in a large fleet that is a wait. */
static struct standing standing_of_row(const struct index_search *search, int32_t node)
{
    if (search->sched->policy.policy->score == NULL)
        return search_standing(search, node);
    const struct node_row row = {search->index->blocks, node, node};
    struct empty_score *empty = empty_score_of(search, &row);
    if (empty != NULL && empty->is_known)
        return (struct standing){.score = empty->score,
                                 .node = node,
                                 .entry = search->index->last_entries[node] & INT32_MAX};
    const struct standing standing = search_standing(search, node);
    if (empty != NULL)
        *empty = (struct empty_score){standing.score, true};
    return standing;
}

/* Can the node, whose row has this key, only be below the floor? */
static bool is_bound_below(const struct index_search *search, int32_t node, float key)
{
    const struct standing bound = {.score = search_most_score(search, key), .node = node};
    return search_has_bounds(search) && shortlist_is_below(&search->memory->list, &bound);
}

/* Is it known from the row alone that the node scores less than the floor? Of an empty one the
 * group is enough. */
static bool is_row_below(const struct index_search *search, const struct node_row *row)
{
    if (is_bound_below(search, row->node, row_key(row->blocks, row->position)))
        return true;
    const struct empty_score *empty = empty_score_of(search, row);
    if (empty == NULL || !empty->is_known)
        return false;
    const struct standing standing = {.score = empty->score, .node = row->node};
    return shortlist_is_below(&search->memory->list, &standing);
}

/* Collects those of the nodes whose keys are below `high`. Nodes further on are asked of the memory
 * meanwhile. */
static void collect_nodes(const struct index_search *search, const int32_t *nodes, int32_t count,
                          float high)
{
    const struct node_index *index = search->index;
    const struct node *rows = search->sched->fleet.nodes;
    for (int32_t i = 0; i < count; i++) {
        if (i + NODES_AHEAD < count && !row_is_empty(index->blocks, nodes[i + NODES_AHEAD]))
            fetch_row(&rows[nodes[i + NODES_AHEAD]], sizeof *rows);
        const struct node_row row = {index->blocks, nodes[i], nodes[i]};
        if (row_key(index->blocks, nodes[i]) >= high || is_row_below(search, &row) ||
            !search_fits(search, nodes[i]))
            continue;
        const struct standing standing = standing_of_row(search, nodes[i]);
        shortlist_collect(&search->memory->list, &standing);
    }
}

/* Collects the nodes of the range whose keys are at least `low`. */
static void collect_range(const struct index_search *search, struct row_range range, float low)
{
    const struct node_index *index = search->index;
    int32_t nodes[SEARCH_POSITIONS];
    int32_t count = index->kernel->filter(index->blocks, range, &search->memory->query, low, nodes);
    collect_nodes(search, nodes, count, INFINITY);
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
        collect_range(search, batch_range(search, first), -INFINITY);
        shortlist_cut(list);
    }
}

static void collect_all(const struct index_search *search)
{
    for (int32_t first = 0; first < search->index->node_count; first += SEARCH_BATCH)
        collect_range(search, batch_range(search, first), floor_key(search));
}

/* Keys that nodes of so many chunks reach, the highest first: of an eighth of the list's limit, of
 * a quarter, of half and of all of it, or of as many as there are, and of a few dozen at least.
 * Each is found among the chunks that reach the next. Gives their number. */
enum { PROMISES_MOST = 4, PROMISING_LEAST = 32 };
static int32_t promising_keys(const struct index_search *search, int32_t chunk_count, float *keys)
{
    struct node_index *index = search->index;
    int32_t limit = search->memory->list.limit, count = 1;
    while (count < PROMISES_MOST && limit >> count >= PROMISING_LEAST)
        count++;
    for (int32_t i = 0; i < chunk_count; i++)
        index->sorted_keys[i] = index->chunk_keys[i];
    for (int32_t i = count - 1, among = chunk_count; i >= 0; i--) {
        int32_t rank = limit >> (count - 1 - i);
        rank = rank < among * 3 / 4 ? rank : among * 3 / 4;
        keys[i] = rank == 0 ? -INFINITY
                            : search_just_below(float_of_rank(index->sorted_keys, among, rank));
        among = rank;
    }
    return count;
}

static void fetch_chunk(const struct node_index *index, int32_t chunk)
{
    fetch_lines(&index->blocks[chunk * CHUNK_BLOCKS], CHUNK_BLOCKS * sizeof *index->blocks);
}

/* Is it known without reading them that all nodes of the chunk have the same row, and so are of one
 * group? */
static bool is_known_alike(const struct node_index *index, int32_t chunk)
{
    return index->chunks.epoch == index->epoch && index->chunks.cursor == index->journal.end &&
           chunk_row_is_of_all(&index->chunks, chunk) && index->group_count <= 32;
}

/* Are all nodes of the chunk empty, and of one group? A loop that compilers turn into what vectors
 * there are. */
static bool are_empty_of_one_group(const struct node_index *index, int32_t chunk)
{
    const struct row_block *block = &index->blocks[chunk * CHUNK_BLOCKS];
    uint32_t devices = UINT32_MAX, others = 0;
    for (int32_t i = 0; i < CHUNK_BLOCKS; i++)
        for (int32_t lane = 0; lane < ROW_LANES; lane++) {
            devices &= block[i].devices[lane];
            others |= block[i].groups[lane] ^ block[0].groups[0];
        }
    return (devices >> ROW_EMPTY_SHIFT & 1) != 0 && others == 0 && index->group_count <= 32;
}

/* Once enough empty nodes are listed, all that come behind them and are alike are below the floor,
 * of which a young fleet is full. */
static bool is_chunk_below(const struct index_search *search, int32_t chunk)
{
    const struct node_index *index = search->index;
    int32_t first = chunk * CHUNK_ROWS;
    const struct node_row of_all = {index->chunks.blocks, chunk, first};
    const struct node_row row = {index->blocks, first, first};
    if (is_known_alike(index, chunk))
        return is_row_below(search, &of_all);
    return is_row_below(search, &row) && are_empty_of_one_group(index, chunk);
}

/* From the chunks that reach it, the nodes whose keys are at least `low`, or the floor, once it
 * stands higher; and below `high`. */
static void collect_chunks(const struct index_search *search, int32_t chunk_count, float low,
                           float high)
{
    struct node_index *index = search->index;
    const int32_t *places = index->chunk_places, *ids = index->chunk_ids;
    int32_t nodes[SEARCH_POSITIONS], node_count = 0;
    low = low > -FLT_MAX ? low : -FLT_MAX; /* nothing passes in a chunk that has less */
    int32_t count = index->kernel->reach(index->chunk_keys, chunk_count, low, index->chunk_places);
    for (int32_t i = 0; i < count; i++) {
        float least = floor_key(search);
        least = least > low ? least : low;
        if (i + CHUNKS_AHEAD < count && !is_known_alike(index, ids[places[i + CHUNKS_AHEAD]]))
            fetch_chunk(index, ids[places[i + CHUNKS_AHEAD]]);
        if (index->chunk_keys[places[i]] < least || is_chunk_below(search, ids[places[i]]))
            continue;
        node_count += index->kernel->filter(index->blocks, search_chunk(search, ids[places[i]]),
                                            &search->memory->query, least, &nodes[node_count]);
        if (node_count <= SEARCH_BATCH - CHUNK_ROWS)
            continue;
        collect_nodes(search, nodes, node_count, high);
        node_count = 0;
        if (search->memory->list.far_count >= 2 * search->memory->list.limit)
            shortlist_cut(&search->memory->list); /* the floor passes over what is alike */
    }
    collect_nodes(search, nodes, node_count, high);
}

/* First the nodes with promising keys, so that the floor comes to stand high and few others need be
 * scored. Nobody knows how many of a chunk have such keys: so those of few chunks come first, and
 * of more of them while the list is short. Where many have the same key the floor is among them,
 * and they are not asked twice. */
static void collect_by_parts(const struct index_search *search)
{
    struct shortlist *list = &search->memory->list;
    int32_t chunk_count = search_chunks(search);
    float keys[PROMISES_MOST], high = INFINITY;
    int32_t key_count = promising_keys(search, chunk_count, keys);
    for (int32_t i = 0; i < key_count && list->far_count < list->limit; i++) {
        if (keys[i] < high)
            collect_chunks(search, chunk_count, keys[i], high);
        high = keys[i];
    }
    if (list->far_count >= list->limit / 4)
        shortlist_close(list);
    float low = floor_key(search);
    if (low < high)
        collect_chunks(search, chunk_count, low, high);
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
    memory->cursor = index->journal.end;
    memory->list_epoch = index->epoch;
}

/* ---- keeping it ---- */

/* The entry of the journal with this number, at this place, with a bound of its node's score. */
static struct standing bound_of_entry(const struct index_search *search, int32_t place,
                                      int64_t number)
{
    const struct journal *journal = &search->index->journal;
    return (struct standing){.score = search_most_score(search, row_key(journal->blocks, place)),
                             .node = journal->nodes[place],
                             .entry = (uint32_t)number & INT32_MAX,
                             .is_bound = true};
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
                                                  floor_key(search), positions);
    for (int32_t i = 0; i < count; i++) {
        int32_t node = journal->nodes[positions[i]];
        int64_t number = memory->cursor + positions[i] - range.first;
        if (!is_bound &&
            !(index_is_last(search->index, node, (uint32_t)number) && search_fits(search, node)))
            continue;
        const struct standing standing =
            is_bound ? bound_of_entry(search, positions[i], number) : search_standing(search, node);
        offer(search, &standing);
    }
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
    if (search->index->node_count >= CALL_FROM)
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
    if (search->index->node_count >= CALL_FROM)
        note_next(search, place);
    return shortlist_at(list, place).node;
}
