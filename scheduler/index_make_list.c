/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_find.h"

#include <float.h>
#include <math.h>

#include "base/fetch.h"

/* The shortlist of a shape is made by a look through all rows that keeps the best few. Where keys
 * bound scores, the chunks that promise the best come first, and others are passed over. */

/* A chunk that is collected from is asked of the memory so many ahead. */
enum { CHUNKS_AHEAD = 2 };
enum { NODES_AHEAD = 16 };

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

/* Where all score alike, no later node can get above the floor. */
static void collect_first(const struct index_search *search)
{
    struct shortlist *list = &search->memory->list;
    for (int32_t first = 0; first < search->index->node_count && list->is_complete;
         first += SEARCH_BATCH) {
        collect_range(search, search_batch(search, first), -INFINITY);
        shortlist_cut(list);
    }
}

static void collect_all(const struct index_search *search)
{
    for (int32_t first = 0; first < search->index->node_count; first += SEARCH_BATCH)
        collect_range(search, search_batch(search, first), search_floor_key(search));
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
        float least = search_floor_key(search);
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
    float low = search_floor_key(search);
    if (low < high)
        collect_chunks(search, chunk_count, low, high);
}

void index_make_list(const struct index_search *search)
{
    struct node_index *index = search->index;
    struct shape_memory *memory = search->memory;
    const struct policy *policy = search->sched->policy.policy;
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
