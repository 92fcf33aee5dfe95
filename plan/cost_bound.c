/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/cost_bound.h"

#include <glpk.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/int128.h"
#include "plan/certificate.h"
#include "plan/sequence.h"

/* ---- volume ---- */

static int128 demand_of(const struct cover *cover, int32_t resource)
{
    int128 sum = 0;
    for (int32_t i = 0; i < cover->row_count; i++)
        sum += (int128)cover->rows[i].demand * cover_weight(cover, i)[resource];
    return sum;
}

/* The least that the demand of one resource can cost, rounded down. */
static int64_t volume_bound(const struct cover *cover, int32_t resource)
{
    int128 demand = demand_of(cover, resource), least = -1;
    for (int32_t t = 0; t < cover->type_count; t++) {
        int64_t capacity = cover_capacity(cover, t)[resource];
        if (capacity == 0)
            continue;
        int128 cost = demand * cover->types[t].price_nano / capacity;
        if (least < 0 || cost < least)
            least = cost;
    }
    return least > 0 ? (int64_t)least : 0;
}

/* ---- the best prices of all resources together ---- */

/* max sum over resources of demand x price, where no type's capacity is worth more than it costs.
 * In shares of the largest capacity, so that the numbers are near 1. False when GLPK fails. */
static bool solve_resource_prices(const struct cover *cover, double *prices)
{
    glp_prob *lp = glp_create_prob();
    glp_set_obj_dir(lp, GLP_MAX);
    glp_add_rows(lp, cover->type_count);
    glp_add_cols(lp, cover->resource_count);
    double largest[INSTANCE_RESOURCES_MAX];
    for (int32_t t = 0; t < cover->type_count; t++)
        glp_set_row_bnds(lp, t + 1, GLP_UP, 0, (double)cover->types[t].price_nano * 1e-9);
    for (int32_t r = 0; r < cover->resource_count; r++) {
        largest[r] = 1;
        for (int32_t t = 0; t < cover->type_count; t++) {
            double capacity = (double)cover_capacity(cover, t)[r];
            largest[r] = capacity > largest[r] ? capacity : largest[r];
        }
        double demand = (double)demand_of(cover, r) / largest[r];
        glp_set_col_bnds(lp, r + 1, demand > 0 ? GLP_LO : GLP_FX, 0, 0);
        glp_set_obj_coef(lp, r + 1, demand);
    }
    for (int32_t t = 0; t < cover->type_count; t++) {
        int indices[INSTANCE_RESOURCES_MAX + 1];
        double values[INSTANCE_RESOURCES_MAX + 1];
        int used = 0;
        for (int32_t r = 0; r < cover->resource_count; r++) {
            indices[++used] = r + 1;
            values[used] = (double)cover_capacity(cover, t)[r] / largest[r];
        }
        glp_set_mat_row(lp, t + 1, used, indices, values);
    }
    glp_smcp parameters;
    glp_init_smcp(&parameters);
    parameters.msg_lev = GLP_MSG_OFF;
    bool is_solved = glp_simplex(lp, &parameters) == 0 && glp_get_status(lp) == GLP_OPT;
    for (int32_t r = 0; r < cover->resource_count; r++)
        prices[r] = is_solved ? glp_get_col_prim(lp, r + 1) / largest[r] : 0;
    glp_delete_prob(lp);
    return is_solved;
}

/* What a node is worth at these prices of items: at most the bound of the knapsack's relaxation. */
static int price_mixed(struct cost_bound *bound, struct master *master, struct err *err)
{
    const struct cover *cover = master->cover;
    double prices[INSTANCE_RESOURCES_MAX];
    if (!solve_resource_prices(cover, prices))
        return 0;
    for (int32_t r = 0; r < cover->resource_count; r++)
        bound->resource_prices[r] = prices[r] > 0 ? prices[r] : 0;
    double most = (double)cover->types[cover->type_count - 1].price_nano;
    for (int32_t i = 0; i < cover->row_count; i++) {
        double price = 0;
        for (int32_t r = 0; r < cover->resource_count; r++)
            price += bound->resource_prices[r] * 1e9 * (double)cover_weight(cover, i)[r];
        bound->prices[i] = (int64_t)ldexp(price < most ? price : most, master->shift);
    }
    for (int32_t t = 0; t < cover->type_count; t++) {
        struct pricing_query query = {.type = t, .prices = bound->prices};
        query.limits = (struct knapsack_limits){
            .stop_at = INT64_MAX, .ticks_max = INT64_MAX, .trusts_devices = true};
        struct knapsack_answer answer;
        if (pricing_solve(&master->pricing, &query, master->counts, &answer, err))
            return -1;
        memset(master->counts, 0, (size_t)cover->row_count * sizeof *master->counts);
        master->worth[t] = answer.upper_bound;
        master->ticks += answer.ticks;
    }
    bound->mixed_nano = certificate_bound(cover, master->shift, bound->prices, master->worth);
    master->bound_nano = bound->mixed_nano;
    memcpy(master->bound_prices, bound->prices, (size_t)cover->row_count * sizeof *bound->prices);
    return 0;
}

/* ---- all bounds ---- */

/* Large linear programs take long for each round, and bring little where most items are small. */
static struct master_effort effort_for(const struct cover *cover, int64_t ticks_max)
{
    enum { ROWS_LARGE = 600 };
    bool is_large = cover->row_count > ROWS_LARGE;
    return (struct master_effort){.ticks_max = ticks_max,
                                  .search_steps_max = is_large ? 20000 : 300000,
                                  .rounds_max = is_large ? 30 : 2000,
                                  .seeks_bound = true};
}

/* With devices the knapsacks may be too hard to be solved to the end. Those in which shares are
 * poured over all devices of a node are easier, and a bound on the fleets that hold the items so is
 * one on the fleets that hold them properly. */
static int pour_devices(struct master *master, const struct master_effort *effort, struct err *err)
{
    struct cover poured = *master->cover;
    struct master other;
    poured.device_resource = -1;
    if (master_init(&other, &poured, err))
        return -1;
    int result = master_add_columns(&other, master, false, err);
    if (result == 0)
        result = master_solve(&other, effort, err);
    if (result == 0)
        result = master_add_columns(master, &other, true, err);
    if (result == 0 && other.bound_nano > master->bound_nano) {
        master->bound_nano = other.bound_nano;
        memcpy(master->bound_prices, other.bound_prices,
               (size_t)poured.row_count * sizeof *other.bound_prices);
    }
    master->ticks += other.ticks;
    master_release(&other);
    return result;
}

/* The nodes of a quick plan as columns: the linear program starts from its cost. Not where limits
 * were loosened: prices of such plans help less to place items one by one. */
static int add_quick_plan(const struct cost_bound *bound, struct master *master, int64_t ticks_max,
                          struct err *err)
{
    enum { PASSES_MAX = 60 };
    const struct cover *cover = master->cover;
    if (cover->is_relaxed)
        return 0;
    struct node_set set = {.row_count = cover->row_count};
    bool is_done;
    const struct sequence_request request = {
        .cover = cover, .worth = bound->prices, .passes_max = PASSES_MAX, .ticks_max = ticks_max};
    int result = sequence(&request, &set, &is_done, &master->ticks, err);
    if (result == 0)
        result = master_add_set(master, &set, err);
    node_set_release(&set);
    return result;
}

static int solve_patterns(struct cost_bound *bound, struct master *master, int64_t ticks_max,
                          struct err *err)
{
    enum { SHARE_OF_QUICK = 16 };
    int64_t ticks_before = master->ticks;
    if (add_quick_plan(bound, master, ticks_max / SHARE_OF_QUICK, err))
        return -1;
    ticks_max -= master->ticks - ticks_before;
    /* What devices may take, where those poured over the node must be tried after all. */
    bool may_pour = master->cover->device_resource >= 0;
    struct master_effort effort = effort_for(master->cover, may_pour ? ticks_max / 4 : ticks_max);
    if (master_solve(master, &effort, err))
        return -1;
    bound->is_exact = master->is_optimal;
    effort.ticks_max = ticks_max / 4 * 3;
    if (!bound->is_exact && may_pour && pour_devices(master, &effort, err))
        return -1;
    bound->pattern_nano = master->bound_nano;
    return 0;
}

static void choose_best(struct cost_bound *bound, const struct master *master)
{
    const struct cover *cover = master->cover;
    int64_t best = bound->mixed_nano;
    if (bound->pattern_nano >= best) {
        best = bound->pattern_nano;
        memcpy(bound->prices, master->bound_prices,
               (size_t)cover->row_count * sizeof *bound->prices);
    }
    for (int32_t r = 0; r < cover->resource_count; r++)
        best = bound->volume_nano[r] > best ? bound->volume_nano[r] : best;
    bound->best_nano = certificate_round_up(cover, best);
}

int cost_bound_find(struct cost_bound *bound, struct master *master, int64_t ticks_max,
                    struct err *err)
{
    const struct cover *cover = master->cover;
    size_t resources = (size_t)cover->resource_count;
    *bound = (struct cost_bound){.shift = master->shift};
    bound->volume_nano = calloc(resources + 1, sizeof *bound->volume_nano);
    bound->prices = calloc((size_t)cover->row_count + 1, sizeof *bound->prices);
    bound->resource_prices = calloc(resources + 1, sizeof *bound->resource_prices);
    if (!bound->volume_nano || !bound->prices || !bound->resource_prices) {
        cost_bound_release(bound);
        return err_no_memory(err);
    }
    for (int32_t r = 0; r < cover->resource_count; r++)
        bound->volume_nano[r] = volume_bound(cover, r);
    if (price_mixed(bound, master, err) || solve_patterns(bound, master, ticks_max, err)) {
        cost_bound_release(bound);
        return -1;
    }
    choose_best(bound, master);
    return 0;
}

void cost_bound_release(struct cost_bound *bound)
{
    free(bound->volume_nano);
    free(bound->prices);
    free(bound->resource_prices);
    *bound = (struct cost_bound){0};
}
