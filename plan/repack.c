/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/repack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/rng.h"
#include "plan/cover_fit.h"
#include "plan/filling.h"

/* What one try draws, at most. */
enum { NODES_DRAWN_MAX = 12, MISSING_DRAWN_MAX = 8, TYPES_DRAWN = 6 };

/* Rounding of sums. */
static const double exact = 1e-9;

/* What was taken out and has no place yet. */
struct heap {
    int64_t *counts; /* [row] */
    int32_t *rows;   /* [row_count] those with some */
    int32_t row_count;
    double worth; /* of all */
};

/* Worths and costs are in billionths of the currency. */
struct repacking {
    const struct repack_request *request;
    const struct cover *cover;
    struct rng rng;
    struct filling filling;
    struct node_set *set; /* also has patterns without copies, until the next clean-up */
    int32_t *nodes;       /* [node_count] the pattern of each node */
    int32_t node_count, node_capacity;
    int64_t *node_left; /* [type] */
    int128 cost;        /* of the set */
    double *worth;      /* [row] of one */
    int64_t *missing;   /* [row] without a place */
    int32_t *missing_rows;
    int32_t missing_count; /* rows with some missing */
    /* The present try. */
    struct heap heap;
    double *drawn_worth;                  /* [row] of the heap */
    int32_t drawn_nodes[NODES_DRAWN_MAX]; /* patterns of the nodes taken out */
    int32_t drawn_missing[MISSING_DRAWN_MAX];
    int32_t drawn_node_count, drawn_missing_count;
    double limit;          /* what it may cost */
    struct node_set fresh; /* its nodes so far */
    struct node_set next;  /* the best node to follow these: one, or none */
    int64_t tries_in_vain; /* since one has cost less */
    int64_t ticks;         /* without those of the filling */
};

static int64_t ticks_of(const struct repacking *repacking)
{
    return repacking->ticks + repacking->filling.ticks;
}

static int32_t draw(struct repacking *repacking, int32_t below)
{
    return (int32_t)rng_below(&repacking->rng, (uint64_t)below);
}

static double price_of(const struct repacking *repacking, int32_t type)
{
    return (double)repacking->cover->types[type].price_nano;
}

/* More than any node costs for it. */
static double missing_cost(const struct repacking *repacking, int32_t row)
{
    const double times = 100;
    double dearest = price_of(repacking, repacking->cover->type_count - 1);
    return times * (repacking->worth[row] + dearest);
}

static double missing_cost_of_heap(const struct repacking *repacking)
{
    const struct heap *heap = &repacking->heap;
    double cost = 0;
    for (int32_t i = 0; i < heap->row_count; i++)
        cost += (double)heap->counts[heap->rows[i]] * missing_cost(repacking, heap->rows[i]);
    return cost;
}

/* ---- the books ---- */

static void heap_add(struct repacking *repacking, int32_t row, int64_t count)
{
    struct heap *heap = &repacking->heap;
    if (heap->counts[row] == 0)
        heap->rows[heap->row_count++] = row;
    heap->counts[row] += count;
    heap->worth += (double)count * repacking->worth[row];
}

static void heap_clear(struct heap *heap)
{
    for (int32_t i = 0; i < heap->row_count; i++)
        heap->counts[heap->rows[i]] = 0;
    heap->row_count = 0;
    heap->worth = 0;
}

static void add_missing(struct repacking *repacking, int32_t row, int64_t count)
{
    if (repacking->missing[row] == 0 && count > 0)
        repacking->missing_rows[repacking->missing_count++] = row;
    repacking->missing[row] += count;
}

static void change_left(struct repacking *repacking, int32_t type, int64_t by)
{
    if (repacking->node_left[type] != INSTANCE_NO_LIMIT)
        repacking->node_left[type] += by;
}

static int list_node(struct repacking *repacking, int32_t pattern, struct err *err)
{
    if (array_reserve(&repacking->nodes, &repacking->node_capacity,
                      repacking->node_count + INT64_C(1), sizeof *repacking->nodes, err))
        return -1;
    repacking->nodes[repacking->node_count++] = pattern;
    return 0;
}

static int list_nodes(struct repacking *repacking, struct err *err)
{
    const struct node_set *set = repacking->set;
    repacking->node_count = 0;
    for (int32_t p = 0; p < set->nodes.count; p++) {
        for (int64_t copy = 0; copy < set->copies[p]; copy++) {
            if (list_node(repacking, p, err))
                return -1;
        }
    }
    return 0;
}

/* Drops patterns without copies. */
static int clean_up(struct repacking *repacking, struct err *err)
{
    struct node_set kept = {.row_count = repacking->set->row_count};
    if (node_set_append(&kept, repacking->set, err)) {
        node_set_release(&kept);
        return -1;
    }
    node_set_release(repacking->set);
    *repacking->set = kept;
    repacking->ticks += kept.nodes.entry_count;
    return list_nodes(repacking, err);
}

/* ---- ruin ---- */

/* What a node costs above the worth of its content, for each unit of its price. */
static double waste(const struct repacking *repacking, int32_t node)
{
    const struct node_set *set = repacking->set;
    const struct pattern *pattern = &set->nodes.items[repacking->nodes[node]];
    const struct pattern_entry *entries = pattern_entries(&set->nodes, repacking->nodes[node]);
    double price = price_of(repacking, pattern->type), worth = 0;
    for (int32_t e = 0; e < pattern->entry_count; e++)
        worth += (double)entries[e].count * repacking->worth[entries[e].row];
    return price > 0 ? (price - worth) / price : 0;
}

/* Of a few drawn nodes the one with most waste. */
static int32_t draw_node(struct repacking *repacking, int32_t draws)
{
    int32_t best = draw(repacking, repacking->node_count);
    double most = draws > 1 ? waste(repacking, best) : 0;
    for (int32_t i = 1; i < draws; i++) {
        int32_t other = draw(repacking, repacking->node_count);
        double its = waste(repacking, other);
        if (its > most) {
            best = other;
            most = its;
        }
    }
    return best;
}

static void take_out(struct repacking *repacking, int32_t node)
{
    int32_t p = repacking->nodes[node];
    const struct pattern *pattern = &repacking->set->nodes.items[p];
    const struct pattern_entry *entries = pattern_entries(&repacking->set->nodes, p);
    for (int32_t e = 0; e < pattern->entry_count; e++)
        heap_add(repacking, entries[e].row, entries[e].count);
    repacking->limit += price_of(repacking, pattern->type);
    change_left(repacking, pattern->type, 1);
    repacking->drawn_nodes[repacking->drawn_node_count++] = p;
    repacking->nodes[node] = repacking->nodes[--repacking->node_count];
    repacking->ticks += pattern->entry_count;
}

static void take_missing(struct repacking *repacking)
{
    int32_t at = draw(repacking, repacking->missing_count), row = repacking->missing_rows[at];
    heap_add(repacking, row, 1);
    repacking->limit += missing_cost(repacking, row);
    repacking->drawn_missing[repacking->drawn_missing_count++] = row;
    if (--repacking->missing[row] == 0)
        repacking->missing_rows[at] = repacking->missing_rows[--repacking->missing_count];
}

/* The first nodes are wasteful ones, the others any. Few more often than many. */
static void ruin(struct repacking *repacking)
{
    enum { WASTEFUL_DRAWS = 6 };
    int32_t node_count = 2 + draw(repacking, 1 + draw(repacking, NODES_DRAWN_MAX - 1));
    int32_t missing_count = 1 + draw(repacking, MISSING_DRAWN_MAX);
    heap_clear(&repacking->heap);
    repacking->drawn_node_count = repacking->drawn_missing_count = 0;
    repacking->limit = 0;
    for (int32_t i = 0; i < missing_count && repacking->missing_count > 0; i++)
        take_missing(repacking);
    for (int32_t i = 0; i < node_count && repacking->node_count > 0; i++)
        take_out(repacking, draw_node(repacking, 3 * i < node_count ? WASTEFUL_DRAWS : 1));
}

/* ---- recreate ---- */

/* Worths of this try: each a little higher, by shares up to a drawn one. */
static void draw_worths(struct repacking *repacking)
{
    enum { STEPS = 1 << 20, SPREADS = 4 };
    static const double spreads[SPREADS] = {0, 0.05, 0.2, 0.6};
    double step = spreads[draw(repacking, SPREADS)] / STEPS;
    for (int32_t i = 0; i < repacking->heap.row_count; i++) {
        int32_t row = repacking->heap.rows[i];
        double more = step > 0 ? (double)draw(repacking, STEPS) * step : 0;
        repacking->drawn_worth[row] = (repacking->worth[row] + 1) * (1 + more);
    }
    repacking->ticks += repacking->heap.row_count;
}

/* That of a node taken out, or any. */
static int32_t draw_type(struct repacking *repacking)
{
    if (repacking->drawn_node_count == 0 || draw(repacking, 2) == 0)
        return draw(repacking, repacking->cover->type_count);
    int32_t p = repacking->drawn_nodes[draw(repacking, repacking->drawn_node_count)];
    return repacking->set->nodes.items[p].type;
}

/* The content as the next node, on the cheapest type, if that holds more worth for its price. */
static int offer(struct repacking *repacking, const struct content *content, double *rate,
                 struct err *err)
{
    int32_t type = cover_cheapest_type(repacking->cover, content, repacking->node_left);
    repacking->ticks += content->row_count + repacking->cover->type_count;
    if (type < 0)
        return 0;
    double worth = 0;
    for (int32_t i = 0; i < content->row_count; i++) {
        int32_t row = content_row(content, i);
        worth += (double)content->counts[row] * repacking->worth[row];
    }
    if (repacking->next.nodes.count > 0 && worth / (price_of(repacking, type) + 1) <= *rate)
        return 0;
    *rate = worth / (price_of(repacking, type) + 1);
    node_set_clear(&repacking->next);
    return node_set_add(&repacking->next, type, content, 1, err);
}

static bool limits_allow(const struct cover *cover, const struct heap *heap)
{
    for (int32_t i = 0; i < heap->row_count; i++) {
        int32_t row = heap->rows[i];
        if (heap->counts[row] > cover->rows[row].count_max ||
            !cover_pairs_allow(cover, row, heap->counts))
            return false;
    }
    return true;
}

/* The whole heap on one node, or what fills one of some drawn types. */
static int find_next(struct repacking *repacking, struct err *err)
{
    const struct heap *heap = &repacking->heap;
    const struct content all = {heap->counts, heap->rows, heap->row_count};
    double rate = 0;
    node_set_clear(&repacking->next);
    if (limits_allow(repacking->cover, heap) && offer(repacking, &all, &rate, err))
        return -1;
    for (int32_t k = 0; k < TYPES_DRAWN; k++) {
        struct filling_request request = {.type = draw_type(repacking),
                                          .worth = repacking->drawn_worth,
                                          .left = heap->counts,
                                          .rows = heap->rows,
                                          .row_count = heap->row_count,
                                          .order =
                                              (enum filling_order)draw(repacking, FILLING_ORDERS)};
        if (repacking->node_left[request.type] <= 0)
            continue;
        filling_fill(&repacking->filling, &request);
        const struct content content = filling_content(&repacking->filling);
        if (content.row_count > 0 && offer(repacking, &content, &rate, err))
            return -1;
    }
    return 0;
}

/* From the heap to the fresh nodes. */
static int take_next(struct repacking *repacking, struct err *err)
{
    struct heap *heap = &repacking->heap;
    const struct pattern *pattern = &repacking->next.nodes.items[0];
    const struct pattern_entry *entries = pattern_entries(&repacking->next.nodes, 0);
    if (node_set_append(&repacking->fresh, &repacking->next, err))
        return -1;
    for (int32_t e = 0; e < pattern->entry_count; e++) {
        heap->counts[entries[e].row] -= entries[e].count;
        heap->worth -= (double)entries[e].count * repacking->worth[entries[e].row];
    }
    int32_t kept = 0;
    for (int32_t i = 0; i < heap->row_count; i++) {
        if (heap->counts[heap->rows[i]] > 0)
            heap->rows[kept++] = heap->rows[i];
    }
    heap->row_count = kept;
    change_left(repacking, pattern->type, -1);
    return 0;
}

/* What the fresh nodes cost, and what is left on the heap; less than nothing where that would be
 * above the limit. */
static int recreate(struct repacking *repacking, double *total, struct err *err)
{
    double cost = 0, limit = repacking->limit * (1 + exact);
    *total = -1;
    node_set_clear(&repacking->fresh);
    while (repacking->heap.row_count > 0) {
        if (cost + repacking->heap.worth * (1 - exact) > limit)
            return 0;
        if (find_next(repacking, err))
            return -1;
        if (repacking->next.nodes.count == 0)
            break;
        cost += price_of(repacking, repacking->next.nodes.items[0].type);
        if (take_next(repacking, err))
            return -1;
    }
    cost += missing_cost_of_heap(repacking);
    *total = cost <= limit ? cost : -1;
    return 0;
}

/* ---- one try ---- */

static int keep(struct repacking *repacking, struct err *err)
{
    struct node_set *set = repacking->set;
    const struct heap *heap = &repacking->heap;
    int32_t first = set->nodes.count;
    if (node_set_append(set, &repacking->fresh, err))
        return -1;
    for (int32_t i = 0; i < repacking->drawn_node_count; i++) {
        int32_t p = repacking->drawn_nodes[i];
        set->copies[p]--;
        repacking->cost -= repacking->cover->types[set->nodes.items[p].type].price_nano;
    }
    for (int32_t p = first; p < set->nodes.count; p++) {
        repacking->cost += repacking->cover->types[set->nodes.items[p].type].price_nano;
        if (list_node(repacking, p, err))
            return -1;
    }
    for (int32_t i = 0; i < heap->row_count; i++)
        add_missing(repacking, heap->rows[i], heap->counts[heap->rows[i]]);
    return 0;
}

static int put_back(struct repacking *repacking, struct err *err)
{
    for (int32_t p = 0; p < repacking->fresh.nodes.count; p++)
        change_left(repacking, repacking->fresh.nodes.items[p].type, 1);
    for (int32_t i = 0; i < repacking->drawn_missing_count; i++)
        add_missing(repacking, repacking->drawn_missing[i], 1);
    for (int32_t i = 0; i < repacking->drawn_node_count; i++) {
        int32_t p = repacking->drawn_nodes[i];
        change_left(repacking, repacking->set->nodes.items[p].type, -1);
        if (list_node(repacking, p, err))
            return -1;
    }
    return 0;
}

static int try_once(struct repacking *repacking, struct err *err)
{
    double total;
    ruin(repacking);
    draw_worths(repacking);
    if (recreate(repacking, &total, err))
        return -1;
    repacking->tries_in_vain++;
    if (total < 0)
        return put_back(repacking, err);
    if (total < repacking->limit * (1 - exact))
        repacking->tries_in_vain = 0;
    return keep(repacking, err);
}

/* Nothing left to be gained, or hardly. */
static bool is_over(const struct repacking *repacking)
{
    enum { VAIN_MAX = 500, VAIN_PER_NODE = 100 };
    int64_t vain_max = VAIN_MAX + (int64_t)VAIN_PER_NODE * repacking->node_count;
    return ticks_of(repacking) >= repacking->request->ticks_max ||
           repacking->tries_in_vain > vain_max ||
           (repacking->missing_count == 0 && repacking->cost <= repacking->request->bound_nano);
}

static int run(struct repacking *repacking, struct err *err)
{
    enum { DEAD_MAX = 1000 };
    const struct node_set *set = repacking->set;
    while (!is_over(repacking)) {
        if (try_once(repacking, err))
            return -1;
        if (set->nodes.count > 2 * repacking->node_count + DEAD_MAX && clean_up(repacking, err))
            return -1;
    }
    return clean_up(repacking, err);
}

/* ---- the whole ---- */

static void read_set(struct repacking *repacking)
{
    const struct cover *cover = repacking->cover;
    const struct node_set *set = repacking->set;
    for (int32_t i = 0; i < cover->row_count; i++) {
        repacking->worth[i] =
            ldexp((double)repacking->request->worth[i], -repacking->request->shift);
        repacking->missing[i] = cover->rows[i].demand;
    }
    for (int32_t t = 0; t < cover->type_count; t++)
        repacking->node_left[t] = cover->types[t].node_max;
    for (int32_t p = 0; p < set->nodes.count; p++) {
        const struct pattern_entry *entries = pattern_entries(&set->nodes, p);
        change_left(repacking, set->nodes.items[p].type, -set->copies[p]);
        for (int32_t e = 0; e < set->nodes.items[p].entry_count; e++)
            repacking->missing[entries[e].row] -= entries[e].count * set->copies[p];
    }
    for (int32_t i = 0; i < cover->row_count; i++) {
        if (repacking->missing[i] > 0)
            repacking->missing_rows[repacking->missing_count++] = i;
    }
    repacking->cost = node_set_cost(set, cover);
}

static int repacking_init(struct repacking *repacking, struct err *err)
{
    const struct cover *cover = repacking->cover;
    size_t rows = (size_t)cover->row_count + 1;
    repacking->node_left = calloc((size_t)cover->type_count + 1, sizeof *repacking->node_left);
    repacking->worth = calloc(rows, sizeof *repacking->worth);
    repacking->drawn_worth = calloc(rows, sizeof *repacking->drawn_worth);
    repacking->heap.counts = calloc(rows, sizeof *repacking->heap.counts);
    repacking->heap.rows = calloc(rows, sizeof *repacking->heap.rows);
    repacking->missing = calloc(rows, sizeof *repacking->missing);
    repacking->missing_rows = calloc(rows, sizeof *repacking->missing_rows);
    if (!repacking->node_left || !repacking->worth || !repacking->drawn_worth ||
        !repacking->heap.counts || !repacking->heap.rows || !repacking->missing ||
        !repacking->missing_rows)
        return err_no_memory(err);
    read_set(repacking);
    return filling_init(&repacking->filling, cover, err) || list_nodes(repacking, err) ? -1 : 0;
}

static void repacking_release(struct repacking *repacking)
{
    filling_release(&repacking->filling);
    free(repacking->nodes);
    free(repacking->node_left);
    free(repacking->worth);
    free(repacking->drawn_worth);
    free(repacking->heap.counts);
    free(repacking->heap.rows);
    free(repacking->missing);
    free(repacking->missing_rows);
    node_set_release(&repacking->fresh);
    node_set_release(&repacking->next);
}

int repack(const struct repack_request *request, struct node_set *set, bool *is_done,
           int64_t *ticks, struct err *err)
{
    struct repacking repacking = {.request = request,
                                  .cover = request->cover,
                                  .set = set,
                                  .rng = rng_stream(1, "repack", 0),
                                  .fresh = {.row_count = set->row_count},
                                  .next = {.row_count = set->row_count}};
    int result = repacking_init(&repacking, err);
    if (result == 0)
        result = run(&repacking, err);
    *is_done = repacking.missing_count == 0;
    *ticks += ticks_of(&repacking);
    repacking_release(&repacking);
    return result;
}
