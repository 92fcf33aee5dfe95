/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/improve.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "plan/dive.h"

struct improving {
    struct master *master;
    const struct improve_request *request;
    struct node_set *set;
    struct rng rng;
    int64_t *demand;    /* [row] of what was taken out */
    int64_t *node_left; /* [type] */
    int32_t *removed;   /* nodes taken out, by their place in the set */
    int128 removed_cost;
    int64_t ticks_end; /* of the master */
    int32_t removed_count, removed_max;
};

/* ---- choosing ---- */

static int64_t node_total(const struct node_set *set)
{
    int64_t total = 0;
    for (int32_t p = 0; p < set->nodes.count; p++)
        total += set->copies[p];
    return total;
}

/* The place in the set of a node drawn with equal chances; the set is not empty. */
static int32_t draw_node(struct improving *improving)
{
    const struct node_set *set = improving->set;
    int64_t left = (int64_t)rng_below(&improving->rng, (uint64_t)node_total(set));
    int32_t p = 0;
    for (; left >= set->copies[p]; p++)
        left -= set->copies[p];
    return p;
}

/* What a node costs above the worth of its content, for each unit of its price. */
static double waste(const struct improving *improving, int32_t p)
{
    const struct master *master = improving->master;
    const struct pattern *pattern = &improving->set->nodes.items[p];
    const struct pattern_entry *entries = pattern_entries(&improving->set->nodes, p);
    double price = (double)master->cover->types[pattern->type].price_nano;
    double worth = 0;
    for (int32_t e = 0; e < pattern->entry_count; e++)
        worth += (double)entries[e].count * (double)improving->request->worth[entries[e].row];
    worth /= (double)(INT64_C(1) << master->shift);
    return price > 0 ? (price - worth) / price : 0;
}

/* Of a few drawn nodes the one with most waste. */
static int32_t draw_wasteful(struct improving *improving, int32_t draws)
{
    int32_t best = draw_node(improving);
    for (int32_t i = 1; i < draws; i++) {
        int32_t other = draw_node(improving);
        if (waste(improving, other) > waste(improving, best))
            best = other;
    }
    return best;
}

static void take_out(struct improving *improving, int32_t p)
{
    struct node_set *set = improving->set;
    const struct pattern *pattern = &set->nodes.items[p];
    const struct pattern_entry *entries = pattern_entries(&set->nodes, p);
    const struct cover_type *type = &improving->master->cover->types[pattern->type];
    for (int32_t e = 0; e < pattern->entry_count; e++)
        improving->demand[entries[e].row] += entries[e].count;
    set->copies[p]--;
    improving->removed_cost += type->price_nano;
    improving->removed[improving->removed_count++] = p;
}

/* The first nodes are wasteful ones, the others any. */
static void ruin(struct improving *improving, int32_t count)
{
    enum { WASTEFUL_DRAWS = 6 };
    const struct cover *cover = improving->master->cover;
    memset(improving->demand, 0, (size_t)cover->row_count * sizeof *improving->demand);
    improving->removed_count = 0;
    improving->removed_cost = 0;
    for (int32_t i = 0; i < count && node_total(improving->set) > 0; i++)
        take_out(improving, draw_wasteful(improving, 3 * i < count ? WASTEFUL_DRAWS : 1));
    for (int32_t t = 0; t < cover->type_count; t++)
        improving->node_left[t] = cover->types[t].node_max;
    for (int32_t p = 0; p < improving->set->nodes.count; p++) {
        int32_t type = improving->set->nodes.items[p].type;
        if (improving->node_left[type] != INSTANCE_NO_LIMIT)
            improving->node_left[type] -= improving->set->copies[p];
    }
}

static void put_back(struct improving *improving)
{
    for (int32_t i = 0; i < improving->removed_count; i++)
        improving->set->copies[improving->removed[i]]++;
}

/* ---- one try ---- */

static int try_once(struct improving *improving, struct err *err)
{
    struct node_set fresh = {.row_count = improving->set->row_count};
    struct dive_request request = {.demand = improving->demand,
                                   .node_left = improving->node_left,
                                   .search_steps_max = 3000,
                                   .rounds_max = 8,
                                   .ticks_max = improving->ticks_end - improving->master->ticks,
                                   .rng = &improving->rng};
    bool is_done;
    int32_t count = 2 + (int32_t)rng_below(&improving->rng, (uint64_t)improving->removed_max - 1);
    ruin(improving, count);
    request.cost_below = improving->removed_cost + 1;
    int result = dive(improving->master, &request, &fresh, &is_done, err);
    if (result != 0 || !is_done)
        put_back(improving);
    else
        result = node_set_append(improving->set, &fresh, err);
    node_set_release(&fresh);
    return result;
}

/* Every dive adds columns; with too many of them the next linear programs take long. */
static bool is_full(const struct improving *improving)
{
    enum { PATTERNS_MAX = 6000 };
    return improving->master->patterns.count > PATTERNS_MAX ||
           improving->set->nodes.count > PATTERNS_MAX;
}

static int run(struct improving *improving, struct err *err)
{
    const struct master *master = improving->master;
    int64_t rounds_end = master->rounds + improving->request->rounds_max;
    for (int64_t tries = 0; tries < improving->request->rounds_max; tries++) {
        if (master->rounds >= rounds_end || master->ticks >= improving->ticks_end ||
            is_full(improving) ||
            node_set_cost(improving->set, master->cover) <= improving->request->bound_nano)
            break;
        if (try_once(improving, err))
            return -1;
    }
    return 0;
}

int improve(struct master *master, const struct improve_request *request, struct node_set *set,
            struct err *err)
{
    enum { REMOVED_MAX = 48 };
    struct improving improving = {.master = master,
                                  .request = request,
                                  .set = set,
                                  .rng = rng_stream(1, "improve", 0),
                                  .ticks_end = master->ticks + request->ticks_max,
                                  .removed_max = REMOVED_MAX};
    improving.demand = calloc((size_t)master->cover->row_count + 1, sizeof *improving.demand);
    improving.node_left = calloc((size_t)master->cover->type_count + 1, sizeof(int64_t));
    improving.removed = calloc(REMOVED_MAX + 1, sizeof *improving.removed);
    int result = improving.demand && improving.node_left && improving.removed ? run(&improving, err)
                                                                              : err_no_memory(err);
    free(improving.demand);
    free(improving.node_left);
    free(improving.removed);
    return result;
}
