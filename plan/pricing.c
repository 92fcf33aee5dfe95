/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/pricing.h"

#include <glpk.h>
#include <stdlib.h>
#include <string.h>

#include "plan/device_bound.h"
#include "plan/knapsack_labels.h"
#include "plan/knapsack_table.h"

/* The relaxation of one type: a column for each row of the cover that may use it, a row for each
 * resource, in shares of the capacity. */
struct pricing_type {
    glp_prob *relaxation;
    int32_t *rows; /* [column_count] */
    int32_t column_count;
    bool has_devices; /* shares of devices run on it */
    struct device_bound devices;
};

/* ---- building ---- */

static void add_column(struct pricing *pricing, int32_t type, int32_t row)
{
    const struct cover *cover = pricing->cover;
    struct pricing_type *t = &pricing->types[type];
    const int64_t *weight = cover_weight(cover, row);
    const int64_t *capacity = cover_capacity(cover, type);
    int indices[INSTANCE_RESOURCES_MAX + 1];
    double values[INSTANCE_RESOURCES_MAX + 1];
    int used = 0;
    for (int32_t r = 0; r < cover->resource_count; r++) {
        if (weight[r] > 0) {
            indices[++used] = r + 1;
            values[used] = (double)weight[r] / (double)capacity[r];
        }
    }
    int column = glp_add_cols(t->relaxation, 1);
    glp_set_mat_col(t->relaxation, column, used, indices, values);
    t->rows[t->column_count++] = row;
}

static int build_type(struct pricing *pricing, int32_t type, struct err *err)
{
    const struct cover *cover = pricing->cover;
    struct pricing_type *t = &pricing->types[type];
    t->rows = calloc((size_t)cover->row_count, sizeof *t->rows);
    if (!t->rows)
        return err_no_memory(err);
    t->relaxation = glp_create_prob();
    glp_set_obj_dir(t->relaxation, GLP_MAX);
    glp_add_rows(t->relaxation, cover->resource_count);
    for (int r = 1; r <= cover->resource_count; r++)
        glp_set_row_bnds(t->relaxation, r, GLP_UP, 0, 1);
    for (int32_t i = 0; i < cover->row_count; i++) {
        if (cover_may_use(cover, i, type))
            add_column(pricing, type, i);
    }
    t->has_devices = device_bound_applies(cover, type);
    return t->has_devices ? device_bound_init(&t->devices, cover, type, err) : 0;
}

int pricing_init(struct pricing *pricing, const struct cover *cover, struct err *err)
{
    size_t rows = (size_t)cover->row_count;
    *pricing = (struct pricing){.cover = cover};
    pricing->types = calloc((size_t)cover->type_count + 1, sizeof *pricing->types);
    pricing->count_max = calloc(rows + 1, sizeof *pricing->count_max);
    pricing->allowed = calloc(rows + 1, sizeof *pricing->allowed);
    pricing->trial = calloc(rows + 1, sizeof *pricing->trial);
    pricing->multiplier = calloc((size_t)cover->resource_count + 1, sizeof *pricing->multiplier);
    bool is_whole = pricing->types && pricing->count_max && pricing->allowed && pricing->trial &&
                    pricing->multiplier;
    if (!is_whole)
        err_no_memory(err);
    is_whole = is_whole && knapsack_work_init(&pricing->work, cover->row_count,
                                              cover->resource_count, err) == 0;
    for (int32_t t = 0; is_whole && t < cover->type_count; t++)
        is_whole = build_type(pricing, t, err) == 0;
    if (!is_whole) {
        pricing_release(pricing);
        return -1;
    }
    pricing_limit(pricing, NULL);
    return 0;
}

void pricing_release(struct pricing *pricing)
{
    for (int32_t t = 0; pricing->types && t < pricing->cover->type_count; t++) {
        free(pricing->types[t].rows);
        if (pricing->types[t].has_devices)
            device_bound_release(&pricing->types[t].devices);
        if (pricing->types[t].relaxation)
            glp_delete_prob(pricing->types[t].relaxation);
    }
    free(pricing->types);
    free(pricing->count_max);
    free(pricing->allowed);
    free(pricing->trial);
    free(pricing->multiplier);
    knapsack_work_release(&pricing->work);
    *pricing = (struct pricing){0};
}

void pricing_limit(struct pricing *pricing, const int64_t *demand)
{
    const struct cover *cover = pricing->cover;
    for (int32_t i = 0; i < cover->row_count; i++) {
        int64_t most = cover->rows[i].count_max;
        pricing->count_max[i] = demand && demand[i] < most ? demand[i] : most;
    }
    for (int32_t t = 0; t < cover->type_count; t++) {
        const struct pricing_type *type = &pricing->types[t];
        for (int32_t c = 0; c < type->column_count; c++) {
            int64_t most = pricing->count_max[type->rows[c]];
            glp_set_col_bnds(type->relaxation, c + 1, most > 0 ? GLP_DB : GLP_FX, 0, (double)most);
        }
    }
}

/* ---- solving ---- */

/* The dual prices of the resources, as integers whose sum over the full capacity is near 2^60. */
static void set_multipliers(struct pricing *pricing, int32_t type, const double *duals)
{
    const struct cover *cover = pricing->cover;
    const int64_t *capacity = cover_capacity(cover, type);
    const double full = (double)(INT64_C(1) << 60);
    double sum = 0;
    for (int32_t r = 0; r < cover->resource_count; r++)
        sum += duals[r];
    for (int32_t r = 0; r < cover->resource_count; r++) {
        bool counts = capacity[r] > 0 && sum > 0;
        double share = counts ? full * (duals[r] / sum) / (double)capacity[r] : 0;
        pricing->multiplier[r] = (int64_t)share;
    }
}

/* Returns the ticks that it took. */
static int64_t solve_relaxation(struct pricing *pricing, int32_t type, const int64_t *prices)
{
    /* Passes over all columns before the first iteration; GLPK can stall. */
    enum { PASSES_BEFORE = 32, ITERATIONS_MAX = 10000 };

    const struct pricing_type *t = &pricing->types[type];
    double duals[INSTANCE_RESOURCES_MAX];
    double scale = 1;
    for (int32_t c = 0; c < t->column_count; c++)
        scale = (double)prices[t->rows[c]] > scale ? (double)prices[t->rows[c]] : scale;
    for (int32_t c = 0; c < t->column_count; c++)
        glp_set_obj_coef(t->relaxation, c + 1, (double)prices[t->rows[c]] / scale);
    glp_smcp parameters;
    glp_init_smcp(&parameters);
    parameters.msg_lev = GLP_MSG_OFF;
    parameters.it_lim = ITERATIONS_MAX;
    int64_t iterations = -(int64_t)glp_get_it_cnt(t->relaxation);
    bool is_solved =
        glp_simplex(t->relaxation, &parameters) == 0 && glp_get_status(t->relaxation) == GLP_OPT;
    double sum = 0;
    for (int32_t r = 0; r < pricing->cover->resource_count; r++) {
        double dual = is_solved ? glp_get_row_dual(t->relaxation, r + 1) : 1;
        duals[r] = dual > 1e-12 ? dual : 0;
        sum += duals[r];
    }
    for (int32_t r = 0; sum <= 0 && r < pricing->cover->resource_count; r++)
        duals[r] = 1;
    set_multipliers(pricing, type, duals);
    iterations += glp_get_it_cnt(t->relaxation);
    return (iterations + PASSES_BEFORE) * t->column_count;
}

/* What a table says instead of a search that was cut short. */
static int solve_by_table(const struct knapsack *knapsack, const struct knapsack_limits *limits,
                          int64_t *counts, struct knapsack_answer *answer, struct err *err)
{
    int64_t ticks = answer->ticks;
    if (knapsack_table_solve(knapsack, answer, counts, err))
        return -1;
    answer->ticks += ticks;
    if (answer->profit <= limits->above)
        *answer = (struct knapsack_answer){
            .profit = -1, .upper_bound = limits->above, .ticks = answer->ticks};
    return 0;
}

struct found {
    struct knapsack_answer *answer;
    int64_t *counts; /* of the content that has answer->profit */
    int64_t *trial;  /* [item] scratch */
};

/* What labels add to a search that was cut short: a better content, a lower upper bound, or both.
 */
static int add_labels(const struct knapsack *knapsack, const struct knapsack_limits *limits,
                      struct found *found, struct err *err)
{
    enum { STEPS_PER_LABEL = 16 };
    struct knapsack_answer *answer = found->answer, other;
    struct knapsack_limits label_limits = *limits;
    if (answer->profit > limits->above)
        label_limits.above = answer->profit;
    label_limits.steps_max = limits->steps_max / STEPS_PER_LABEL;
    label_limits.ticks_max -= answer->ticks;
    if (knapsack_labels_solve(knapsack, &label_limits, &other, found->trial, err))
        return -1;
    answer->ticks += other.ticks;
    if (other.profit >= 0) {
        answer->profit = other.profit;
        memcpy(found->counts, found->trial, (size_t)knapsack->item_count * sizeof *found->counts);
    }
    if (other.upper_bound < answer->upper_bound)
        answer->upper_bound = other.upper_bound;
    answer->is_cut_short =
        answer->upper_bound > limits->above && answer->upper_bound > answer->profit;
    return 0;
}

/* After a search that was cut short. */
static int search_on(const struct knapsack *knapsack, const struct knapsack_limits *limits,
                     struct found *found, struct err *err)
{
    int64_t ticks_left = limits->ticks_max - found->answer->ticks;
    int64_t cells = knapsack_table_cells(knapsack);
    if (cells >= 0 && cells / KNAPSACK_CELLS_PER_TICK <= ticks_left)
        return solve_by_table(knapsack, limits, found->counts, found->answer, err);
    if (limits->steps_max == 0 || ticks_left <= 0 || !knapsack_labels_apply(knapsack))
        return 0;
    return add_labels(knapsack, limits, found, err);
}

/* By branch and bound, a table or labels. */
static int search_content(struct pricing *pricing, const struct pricing_query *query,
                          int64_t *counts, struct knapsack_answer *answer, struct err *err)
{
    const struct cover *cover = pricing->cover;
    int64_t ticks = solve_relaxation(pricing, query->type, query->prices);
    struct knapsack knapsack = {.item_count = cover->row_count,
                                .resource_count = cover->resource_count,
                                .profit = query->prices,
                                .count_max = pricing->allowed,
                                .weight = cover->weight,
                                .capacity = cover_capacity(cover, query->type),
                                .multiplier = pricing->multiplier,
                                .pair_first = cover->pair_first,
                                .pairs = cover->pairs,
                                .device_resource = cover->device_resource,
                                .device_units = cover->device_units};
    struct found found = {.answer = answer, .counts = counts, .trial = pricing->trial};
    *answer = knapsack_solve(&knapsack, &query->limits, &pricing->work, counts);
    answer->ticks += ticks;
    return answer->is_cut_short ? search_on(&knapsack, &query->limits, &found, err) : 0;
}

/* *most: no content is worth more; INT64_MAX where that is not known, or not asked for. */
static int bound_by_devices(struct pricing *pricing, const struct pricing_query *query,
                            int64_t *most, int64_t *ticks, struct err *err)
{
    struct pricing_type *type = &pricing->types[query->type];
    *most = INT64_MAX;
    if (!pricing->bounds_devices || !type->has_devices)
        return 0;
    *ticks -= type->devices.ticks;
    int result = device_bound_find(&type->devices, query->prices, pricing->allowed, most, err);
    *ticks += type->devices.ticks;
    return result;
}

int pricing_solve(struct pricing *pricing, const struct pricing_query *query, int64_t *counts,
                  struct knapsack_answer *answer, struct err *err)
{
    const struct cover *cover = pricing->cover;
    int64_t most, ticks = cover->row_count;
    for (int32_t i = 0; i < cover->row_count; i++)
        pricing->allowed[i] = cover_may_use(cover, i, query->type) ? pricing->count_max[i] : 0;
    if (bound_by_devices(pricing, query, &most, &ticks, err))
        return -1;
    if (most <= query->limits.above) {
        *answer = (struct knapsack_answer){
            .profit = -1, .upper_bound = query->limits.above, .ticks = ticks};
        return 0;
    }
    if (search_content(pricing, query, counts, answer, err))
        return -1;
    answer->ticks += ticks;
    if (most < answer->upper_bound)
        answer->upper_bound = most;
    answer->is_cut_short = answer->is_cut_short && answer->upper_bound > query->limits.above &&
                           answer->upper_bound > answer->profit;
    return 0;
}
