/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/dive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan/cover_fit.h"

struct dive_state {
    struct master *master;
    const struct dive_request *request;
    struct node_set *set;
    int64_t *left;      /* [row] demand */
    int64_t *node_left; /* [type] */
    int64_t *counts;    /* [row] */
    int128 cost;
    int64_t ticks_half, ticks_end; /* of the master */
};

/* ---- taking ---- */

/* Takes up to `copies` nodes with a pattern, cut to the demand that is left; returns how many, -1
 * on failure. */
static int64_t take_pattern(struct dive_state *dive, int32_t p, int64_t copies, struct err *err)
{
    const struct cover *cover = dive->master->cover;
    const struct patterns *patterns = &dive->master->patterns;
    const struct pattern *pattern = &patterns->items[p];
    const struct pattern_entry *entries = pattern_entries(patterns, p);
    bool holds_any = false;
    memset(dive->counts, 0, (size_t)cover->row_count * sizeof *dive->counts);
    for (int32_t e = 0; e < pattern->entry_count; e++) {
        int64_t left = dive->left[entries[e].row];
        int64_t count = entries[e].count < left ? entries[e].count : left;
        dive->counts[entries[e].row] = count;
        holds_any = holds_any || count > 0;
        if (count > 0 && copies > left / count)
            copies = left / count;
    }
    const struct content content = {dive->counts, NULL, cover->row_count};
    int32_t type = holds_any ? cover_cheapest_type(cover, &content, dive->node_left) : -1;
    if (type < 0)
        return 0;
    copies = copies < dive->node_left[type] ? copies : dive->node_left[type];
    if (node_set_add(dive->set, type, &content, copies, err))
        return -1;
    for (int32_t e = 0; e < pattern->entry_count; e++)
        dive->left[entries[e].row] -= copies * dive->counts[entries[e].row];
    if (dive->node_left[type] != INSTANCE_NO_LIMIT)
        dive->node_left[type] -= copies;
    dive->cost += (int128)cover->types[type].price_nano * copies;
    return copies;
}

static double fraction_of(const struct master *master, int32_t p)
{
    const double exact = 1e-7;
    double fraction = master->x[p] - floor(master->x[p] + exact);
    return fraction > exact ? fraction : 0;
}

static int32_t largest_fraction(const struct master *master)
{
    int32_t largest = -1;
    for (int32_t p = 0; p < master->x_count; p++) {
        double fraction = fraction_of(master, p);
        if (fraction > 0 && (largest < 0 || fraction > fraction_of(master, largest)))
            largest = p;
    }
    return largest;
}

/* With chances as the squares of the fractions. */
static int32_t drawn_fraction(const struct master *master, struct rng *rng)
{
    const double scale = (double)(INT64_C(1) << 30);
    double sum = 0;
    for (int32_t p = 0; p < master->x_count; p++)
        sum += fraction_of(master, p) * fraction_of(master, p);
    double left = (double)rng_below(rng, UINT64_C(1) << 30) / scale * sum;
    int32_t last = -1;
    for (int32_t p = 0; p < master->x_count && (last < 0 || left >= 0); p++) {
        double fraction = fraction_of(master, p);
        if (fraction > 0)
            last = p;
        left -= fraction * fraction;
    }
    return last;
}

static int64_t take_whole_parts(struct dive_state *dive, struct err *err)
{
    const struct master *master = dive->master;
    int64_t taken = 0;
    for (int32_t p = 0; p < master->x_count; p++) {
        int64_t whole = (int64_t)(master->x[p] - fraction_of(master, p) + 0.5);
        int64_t copies = whole > 0 ? take_pattern(dive, p, whole, err) : 0;
        if (copies < 0)
            return -1;
        taken += copies;
    }
    return taken;
}

/* The whole parts of the solution; if there are none, the fractions that are nearly whole; if there
 * are none, one fraction. Returns the number of nodes, -1 on failure. */
static int64_t take_solution(struct dive_state *dive, struct err *err)
{
    const struct master *master = dive->master;
    const double nearly = 0.8;
    int64_t taken = take_whole_parts(dive, err);
    for (int32_t p = 0; taken == 0 && p < master->x_count; p++) {
        if (fraction_of(master, p) >= nearly)
            taken = take_pattern(dive, p, 1, err);
    }
    if (taken != 0)
        return taken;
    struct rng *rng = dive->request->rng;
    int32_t p = rng ? drawn_fraction(master, rng) : largest_fraction(master);
    return p < 0 ? 0 : take_pattern(dive, p, 1, err);
}

/* ---- the dive ---- */

static bool is_covered(const struct dive_state *dive)
{
    for (int32_t i = 0; i < dive->master->cover->row_count; i++) {
        if (dive->left[i] > 0)
            return false;
    }
    return true;
}

/* The cost so far with the linear program's for the rest. That of a linear program that was not
 * solved to the end may be too high; a dive that is given up for it is no great loss. */
static bool is_hopeless(const struct dive_state *dive)
{
    if (dive->request->cost_below == 0)
        return false;
    return dive->cost + (int128)(dive->master->value * 1e9 - 1) >= dive->request->cost_below;
}

/* The linear program for what is left. */
static int solve_rest(struct dive_state *dive, struct err *err)
{
    struct master *master = dive->master;
    bool takes_columns = master->ticks < dive->ticks_half;
    struct master_effort effort = {.ticks_max = dive->ticks_end - master->ticks,
                                   .search_steps_max = dive->request->search_steps_max,
                                   .rounds_max = takes_columns ? dive->request->rounds_max : 0};
    master_set_demand(master, dive->left, dive->node_left);
    return master_solve(master, &effort, err);
}

static int run(struct dive_state *dive, bool *is_done, struct err *err)
{
    *is_done = false;
    while (!is_covered(dive)) {
        if (dive->master->ticks < dive->ticks_end) {
            if (solve_rest(dive, err))
                return -1;
        } else if (dive->request->cost_below > 0) {
            return 0;
        }
        if (is_hopeless(dive))
            return 0;
        int64_t taken = take_solution(dive, err);
        if (taken < 0)
            return -1;
        if (taken == 0)
            return 0;
    }
    *is_done = dive->request->cost_below == 0 || dive->cost < dive->request->cost_below;
    return 0;
}

int dive(struct master *master, const struct dive_request *request, struct node_set *set,
         bool *is_done, struct err *err)
{
    size_t rows = (size_t)master->cover->row_count, types = (size_t)master->cover->type_count;
    struct dive_state state = {.master = master,
                               .request = request,
                               .set = set,
                               .ticks_half = master->ticks + request->ticks_max / 2,
                               .ticks_end = master->ticks + request->ticks_max};
    state.left = calloc(rows + 1, sizeof *state.left);
    state.counts = calloc(rows + 1, sizeof *state.counts);
    state.node_left = calloc(types + 1, sizeof *state.node_left);
    int result;
    if (state.left && state.counts && state.node_left) {
        memcpy(state.left, request->demand, rows * sizeof *state.left);
        memcpy(state.node_left, request->node_left, types * sizeof *state.node_left);
        result = run(&state, is_done, err);
    } else {
        result = err_no_memory(err);
    }
    free(state.left);
    free(state.counts);
    free(state.node_left);
    return result;
}
