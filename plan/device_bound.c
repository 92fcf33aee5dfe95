/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/device_bound.h"

#include <glpk.h>
#include <stdlib.h>
#include <string.h>

#include "base/int128.h"

/* Devices of more units than this are not looked at: the knapsack on one device is a table. */
enum { DEVICE_UNITS_MAX = 4096 };

/* ---- building ---- */

static int64_t device_weight(const struct cover *cover, int32_t row)
{
    return cover_weight(cover, row)[cover->device_resource];
}

static bool is_share(const struct cover *cover, int32_t row)
{
    int64_t weight = device_weight(cover, row);
    return weight > 0 && weight < cover->device_units;
}

bool device_bound_applies(const struct cover *cover, int32_t type)
{
    if (cover->device_resource < 0 || cover->device_units > DEVICE_UNITS_MAX)
        return false;
    for (int32_t i = 0; i < cover->row_count; i++) {
        if (is_share(cover, i) && cover_may_use(cover, i, type))
            return true;
    }
    return false;
}

/* A column that takes so much of each resource, and so many devices. */
static void add_column(struct device_bound *bound, const int64_t *amounts, double devices)
{
    const struct cover *cover = bound->cover;
    const int64_t *capacity = cover_capacity(cover, bound->type);
    int indices[INSTANCE_RESOURCES_MAX + 1];
    double values[INSTANCE_RESOURCES_MAX + 1];
    int used = 0;
    for (int32_t r = 0; r < cover->resource_count; r++) {
        bool is_device = r == cover->device_resource;
        if (is_device ? devices == 0 : amounts[r] == 0)
            continue;
        indices[++used] = r + 1;
        values[used] = is_device ? devices : (double)amounts[r] / (double)capacity[r];
    }
    int column = glp_add_cols(bound->lp, 1);
    glp_set_mat_col(bound->lp, column, used, indices, values);
    glp_set_col_bnds(bound->lp, column, GLP_LO, 0, 0);
}

static void sort_share(struct device_bound *bound, int32_t row)
{
    int32_t at = bound->share_count++;
    for (; at > 0 &&
           device_weight(bound->cover, bound->shares[at - 1]) > device_weight(bound->cover, row);
         at--)
        bound->shares[at] = bound->shares[at - 1];
    bound->shares[at] = row;
}

static void add_rows(struct device_bound *bound)
{
    const struct cover *cover = bound->cover;
    bound->lp = glp_create_prob();
    glp_set_obj_dir(bound->lp, GLP_MAX);
    glp_add_rows(bound->lp, cover->resource_count);
    for (int32_t r = 0; r < cover->resource_count; r++)
        glp_set_row_bnds(bound->lp, r + 1, GLP_UP, 0,
                         r == cover->device_resource ? (double)bound->device_count : 1);
    for (int32_t i = 0; i < cover->row_count; i++) {
        if (!cover_may_use(cover, i, bound->type))
            continue;
        if (is_share(cover, i)) {
            sort_share(bound, i);
            continue;
        }
        add_column(bound, cover_weight(cover, i),
                   (double)(device_weight(cover, i) / cover->device_units));
        bound->rows[bound->row_count++] = i;
    }
}

int device_bound_init(struct device_bound *bound, const struct cover *cover, int32_t type,
                      struct err *err)
{
    size_t rows = (size_t)cover->row_count + 1, units = (size_t)cover->device_units + 1;
    *bound = (struct device_bound){.cover = cover, .type = type};
    bound->device_count = cover_capacity(cover, type)[cover->device_resource] / cover->device_units;
    bound->rows = calloc(rows, sizeof *bound->rows);
    bound->shares = calloc(rows, sizeof *bound->shares);
    bound->counts = calloc(rows, sizeof *bound->counts);
    bound->best = calloc(units, sizeof *bound->best);
    bound->last = calloc(units, sizeof *bound->last);
    if (!bound->rows || !bound->shares || !bound->counts || !bound->best || !bound->last) {
        device_bound_release(bound);
        return err_no_memory(err);
    }
    add_rows(bound);
    return 0;
}

void device_bound_release(struct device_bound *bound)
{
    if (bound->lp)
        glp_delete_prob(bound->lp);
    patterns_release(&bound->contents);
    free(bound->rows);
    free(bound->shares);
    free(bound->counts);
    free(bound->best);
    free(bound->last);
    *bound = (struct device_bound){0};
}

/* ---- one device ---- */

/* What an item is worth beyond what it takes of the other resources. */
static int64_t beyond(const struct device_bound *bound, const int64_t *prices,
                      const int64_t *unit_prices, int32_t row)
{
    const int64_t *weight = cover_weight(bound->cover, row);
    int64_t worth = prices[row];
    for (int32_t r = 0; r < bound->cover->resource_count; r++)
        worth -= unit_prices[r] * weight[r];
    return worth;
}

/* The most that shares on one device are worth beyond what they take; 0 for none. Any number of
 * each. */
static int64_t fill_device(struct device_bound *bound, const int64_t *prices,
                           const int64_t *unit_prices, const int64_t *count_max)
{
    int64_t units = bound->cover->device_units;
    memset(bound->best, 0, (size_t)(units + 1) * sizeof *bound->best);
    for (int64_t u = 0; u <= units; u++)
        bound->last[u] = -1;
    for (int32_t i = 0; i < bound->share_count;) {
        int64_t weight = device_weight(bound->cover, bound->shares[i]), most = 0;
        int32_t row = -1;
        for (; i < bound->share_count && device_weight(bound->cover, bound->shares[i]) == weight;
             i++) {
            int64_t worth = count_max[bound->shares[i]] > 0
                                ? beyond(bound, prices, unit_prices, bound->shares[i])
                                : 0;
            if (worth > most) {
                most = worth;
                row = bound->shares[i];
            }
        }
        if (most > INT64_MAX / units)
            return INT64_MAX;
        bound->ticks += row >= 0 ? units / 4 : 0;
        for (int64_t u = weight; row >= 0 && u <= units; u++) {
            if (bound->best[u - weight] + most > bound->best[u]) {
                bound->best[u] = bound->best[u - weight] + most;
                bound->last[u] = row;
            }
        }
    }
    bound->ticks += bound->share_count;
    return bound->best[units];
}

/* The content that fill_device found becomes a column. */
static int add_content(struct device_bound *bound, struct err *err)
{
    const struct cover *cover = bound->cover;
    int64_t amounts[INSTANCE_RESOURCES_MAX] = {0};
    const struct content content = {bound->counts, NULL, cover->row_count};
    memset(bound->counts, 0, (size_t)cover->row_count * sizeof *bound->counts);
    int64_t u = cover->device_units;
    while (bound->last[u] >= 0) {
        int32_t row = bound->last[u];
        bound->counts[row]++;
        for (int32_t r = 0; r < cover->resource_count; r++)
            amounts[r] += cover_weight(cover, row)[r];
        u -= device_weight(cover, row);
    }
    add_column(bound, amounts, 1);
    return patterns_add(&bound->contents, bound->type, &content, err);
}

/* ---- the bound ---- */

static double content_price(const struct device_bound *bound, int32_t content,
                            const int64_t *prices)
{
    const struct pattern_entry *entries = pattern_entries(&bound->contents, content);
    double price = 0;
    for (int32_t e = 0; e < bound->contents.items[content].entry_count; e++)
        price += (double)entries[e].count * (double)prices[entries[e].row];
    return price;
}

/* Prices in shares of the highest, so that the numbers are near 1. */
static void set_objective(struct device_bound *bound, const int64_t *prices,
                          const int64_t *count_max, double scale)
{
    for (int32_t c = 0; c < bound->row_count; c++) {
        int32_t row = bound->rows[c];
        glp_set_obj_coef(bound->lp, c + 1, (double)prices[row] / scale);
        glp_set_col_bnds(bound->lp, c + 1, count_max[row] > 0 ? GLP_DB : GLP_FX, 0,
                         (double)count_max[row]);
    }
    for (int32_t c = 0; c < bound->contents.count; c++)
        glp_set_obj_coef(bound->lp, bound->row_count + c + 1,
                         content_price(bound, c, prices) / scale);
}

static bool solve(struct device_bound *bound)
{
    enum { ITERATIONS_MAX = 2000, PASSES_BEFORE = 16 };
    glp_smcp parameters;
    glp_init_smcp(&parameters);
    parameters.msg_lev = GLP_MSG_OFF;
    parameters.it_lim = ITERATIONS_MAX;
    int64_t iterations = -(int64_t)glp_get_it_cnt(bound->lp);
    int result = glp_simplex(bound->lp, &parameters);
    iterations += glp_get_it_cnt(bound->lp);
    bound->ticks += (iterations + PASSES_BEFORE) * glp_get_num_cols(bound->lp);
    return result == 0 && glp_get_status(bound->lp) == GLP_OPT;
}

/* The dual prices as integers for one unit; none is negative. */
static void read_unit_prices(const struct device_bound *bound, double scale, int64_t *unit_prices)
{
    const struct cover *cover = bound->cover;
    const int64_t *capacity = cover_capacity(cover, bound->type);
    const double most = (double)(INT64_C(1) << 56); /* for all of a resource */
    for (int32_t r = 0; r < cover->resource_count; r++) {
        double all = glp_get_row_dual(bound->lp, r + 1) * scale;
        bool counts = r != cover->device_resource && capacity[r] > 0 && all > 0 && all < most;
        unit_prices[r] = counts ? (int64_t)(all / (double)capacity[r]) : 0;
    }
}

/* The bound at these unit prices; on_device is the most that shares on one device are worth. */
static int64_t bound_at(const struct device_bound *bound, const int64_t *prices,
                        const int64_t *count_max, const int64_t *unit_prices, int64_t on_device)
{
    const struct cover *cover = bound->cover;
    const int64_t *capacity = cover_capacity(cover, bound->type);
    int128 sum = 0;
    for (int32_t r = 0; r < cover->resource_count; r++)
        sum += (int128)unit_prices[r] * capacity[r];
    for (int32_t c = 0; c < bound->row_count; c++) {
        int32_t row = bound->rows[c];
        int64_t devices = device_weight(cover, row) / cover->device_units;
        int64_t worth = count_max[row] > 0 ? beyond(bound, prices, unit_prices, row) : 0;
        if (worth <= 0)
            continue;
        if (devices == 0)
            sum += (int128)worth * count_max[row];
        else if ((worth + devices - 1) / devices > on_device)
            on_device = (worth + devices - 1) / devices;
    }
    sum += (int128)on_device * bound->device_count;
    return sum < INT64_MAX ? (int64_t)sum : INT64_MAX;
}

int device_bound_find(struct device_bound *bound, const int64_t *prices, const int64_t *count_max,
                      int64_t *worth, struct err *err)
{
    enum { ROUNDS_MAX = 40, CONTENTS_MAX = 4000 };
    const double exact = 1e-9;
    const struct cover *cover = bound->cover;
    double scale = 1;
    for (int32_t i = 0; i < cover->row_count; i++)
        scale = (double)prices[i] > scale ? (double)prices[i] : scale;
    *worth = INT64_MAX;
    set_objective(bound, prices, count_max, scale);
    for (int32_t round = 0; round < ROUNDS_MAX && solve(bound); round++) {
        int64_t unit_prices[INSTANCE_RESOURCES_MAX];
        read_unit_prices(bound, scale, unit_prices);
        int64_t on_device = fill_device(bound, prices, unit_prices, count_max);
        if (on_device == INT64_MAX)
            break;
        int64_t now = bound_at(bound, prices, count_max, unit_prices, on_device);
        *worth = now < *worth ? now : *worth;
        double dual = glp_get_row_dual(bound->lp, cover->device_resource + 1) * scale;
        if ((double)on_device <= dual + exact * scale || bound->contents.count == CONTENTS_MAX)
            break;
        if (add_content(bound, err))
            return -1;
        glp_set_obj_coef(bound->lp, glp_get_num_cols(bound->lp),
                         content_price(bound, bound->contents.count - 1, prices) / scale);
    }
    return 0;
}
