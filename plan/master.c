/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/master.h"

#include <assert.h>
#include <glpk.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "plan/certificate.h"
#include "plan/cover_fit.h"

static const double nano = 1e-9;

enum {
    ROWS_LARGE = 600,
    TICKS_OF_LIMIT = 8, /* to tell GLPK one */
};

/* ---- building ---- */

/* How many of one row alone fit a node of the type. */
static int64_t count_alone(const struct cover *cover, int32_t row, int32_t type)
{
    const int64_t *weight = cover_weight(cover, row);
    const int64_t *capacity = cover_capacity(cover, type);
    int64_t count = cover->rows[row].count_max;
    for (int32_t r = 0; r < cover->resource_count; r++) {
        if (weight[r] > 0 && count > capacity[r] / weight[r])
            count = capacity[r] / weight[r];
    }
    int32_t d = cover->device_resource;
    if (d >= 0 && weight[d] > 0 && weight[d] < cover->device_units) {
        int64_t shared = capacity[d] / cover->device_units * (cover->device_units / weight[d]);
        count = count < shared ? count : shared;
    }
    return count;
}

/* The pattern must fit. */
static int add_column(struct master *master, int32_t type, const int64_t *counts, struct err *err)
{
    const struct cover *cover = master->cover;
    struct patterns *patterns = &master->patterns;
    const struct content content = {counts, NULL, cover->row_count};
    if (patterns_add(patterns, type, &content, err))
        return -1;
    const struct pattern *pattern = &patterns->items[patterns->count - 1];
    const struct pattern_entry *entries = pattern_entries(patterns, patterns->count - 1);
    size_t size = (size_t)pattern->entry_count + 2;
    int *indices = calloc(size, sizeof *indices);
    double *values = calloc(size, sizeof *values);
    if (!indices || !values) {
        free(indices);
        free(values);
        return err_no_memory(err);
    }
    int used = 0;
    for (int32_t e = 0; e < pattern->entry_count; e++) {
        indices[++used] = entries[e].row + 1;
        values[used] = (double)entries[e].count;
    }
    if (cover->types[type].node_max != INSTANCE_NO_LIMIT) {
        indices[++used] = cover->row_count + type + 1;
        values[used] = 1;
    }
    int column = glp_add_cols(master->lp, 1);
    glp_set_col_bnds(master->lp, column, GLP_LO, 0, 0);
    glp_set_obj_coef(master->lp, column, (double)cover->types[type].price_nano * nano);
    glp_set_mat_col(master->lp, column, used, indices, values);
    free(indices);
    free(values);
    return 0;
}

/* A pattern of elsewhere. The scratch must be zero, and is left so. must_fit: only if its devices
 * fit. */
static int add_pattern(struct master *master, const struct patterns *patterns, int32_t p,
                       bool must_fit, struct err *err)
{
    const struct pattern *pattern = &patterns->items[p];
    const struct pattern_entry *entries = pattern_entries(patterns, p);
    int64_t *counts = master->counts;
    const struct content content = {counts, NULL, master->cover->row_count};
    int result = 0;
    for (int32_t e = 0; e < pattern->entry_count; e++)
        counts[entries[e].row] = entries[e].count;
    if (!must_fit || cover_pack_devices(master->cover, pattern->type, &content) == DEVICES_FIT)
        result = add_column(master, pattern->type, counts, err);
    for (int32_t e = 0; e < pattern->entry_count; e++)
        counts[entries[e].row] = 0;
    return result;
}

int master_add_set(struct master *master, const struct node_set *set, struct err *err)
{
    memset(master->counts, 0, (size_t)master->cover->row_count * sizeof *master->counts);
    for (int32_t p = 0; p < set->nodes.count; p++) {
        if (add_pattern(master, &set->nodes, p, false, err))
            return -1;
    }
    return 0;
}

int master_add_columns(struct master *master, const struct master *other, bool must_fit,
                       struct err *err)
{
    memset(master->counts, 0, (size_t)master->cover->row_count * sizeof *master->counts);
    for (int32_t p = 0; p < other->patterns.count; p++) {
        if (add_pattern(master, &other->patterns, p, must_fit, err))
            return -1;
    }
    return 0;
}

/* The first columns as the first basis, which is feasible: spares an iteration for each row. */
static void start_with_first_columns(struct master *master)
{
    int rows = master->cover->row_count;
    for (int i = 1; i <= rows; i++) {
        glp_set_row_stat(master->lp, i, GLP_NL);
        glp_set_col_stat(master->lp, rows + i, GLP_BS);
    }
}

/* For each row the type that holds it at the least cost for one, and a slack. */
static int add_first_columns(struct master *master, struct err *err)
{
    const struct cover *cover = master->cover;
    for (int32_t i = 0; i < cover->row_count; i++) {
        int32_t best = -1;
        int64_t best_count = 0;
        if (cover->rows[i].demand == 0)
            continue;
        for (int32_t t = 0; t < cover->type_count; t++) {
            int64_t count = cover_may_use(cover, i, t) ? count_alone(cover, i, t) : 0;
            if (count > 0 &&
                (best < 0 || (double)cover->types[t].price_nano * (double)best_count <
                                 (double)cover->types[best].price_nano * (double)count)) {
                best = t;
                best_count = count;
            }
        }
        assert(best >= 0);
        master->counts[i] = best_count;
        if (add_column(master, best, master->counts, err))
            return -1;
        master->counts[i] = 0;
    }
    if (cover->row_count > ROWS_LARGE)
        start_with_first_columns(master);
    return 0;
}

static void add_rows(struct master *master)
{
    const struct cover *cover = master->cover;
    glp_add_rows(master->lp, cover->row_count + cover->type_count);
    for (int32_t t = 0; t < cover->type_count; t++)
        glp_set_row_bnds(master->lp, cover->row_count + t + 1, GLP_FR, 0, 0);
    glp_add_cols(master->lp, cover->row_count);
    for (int i = 1; i <= cover->row_count; i++) {
        double one[] = {0, 1};
        int index[] = {0, i};
        glp_set_col_bnds(master->lp, i, GLP_LO, 0, 0);
        glp_set_obj_coef(master->lp, i, (double)master->slack_nano * nano);
        glp_set_mat_col(master->lp, i, 1, index, one);
    }
}

int master_init(struct master *master, const struct cover *cover, struct err *err)
{
    size_t rows = (size_t)cover->row_count + 1;
    *master = (struct master){.cover = cover, .shift = certificate_shift(cover)};
    int64_t dearest = cover->types[cover->type_count - 1].price_nano;
    master->slack_nano = dearest > 0 ? 2 * dearest : MASTER_FREE_SLACK_NANO;
    if (pricing_init(&master->pricing, cover, err))
        return -1;
    master->prices = calloc(rows, sizeof *master->prices);
    master->counts = calloc(rows, sizeof *master->counts);
    master->trial = calloc(rows, sizeof *master->trial);
    master->smooth = calloc(rows, sizeof *master->smooth);
    master->bound_prices = calloc(rows, sizeof *master->bound_prices);
    master->worth = calloc((size_t)cover->type_count + 1, sizeof *master->worth);
    if (!master->prices || !master->counts || !master->trial || !master->smooth ||
        !master->bound_prices || !master->worth) {
        master_release(master);
        return err_no_memory(err);
    }
    master->lp = glp_create_prob();
    add_rows(master);
    master_set_demand(master, NULL, NULL);
    if (add_first_columns(master, err)) {
        master_release(master);
        return -1;
    }
    return 0;
}

void master_release(struct master *master)
{
    if (master->lp)
        glp_delete_prob(master->lp);
    pricing_release(&master->pricing);
    patterns_release(&master->patterns);
    free(master->prices);
    free(master->worth);
    free(master->counts);
    free(master->trial);
    free(master->smooth);
    free(master->x);
    free(master->bound_prices);
    *master = (struct master){0};
}

void master_set_demand(struct master *master, const int64_t *demand, const int64_t *node_max)
{
    const struct cover *cover = master->cover;
    for (int32_t i = 0; i < cover->row_count; i++)
        glp_set_row_bnds(master->lp, i + 1, GLP_LO,
                         (double)(demand ? demand[i] : cover->rows[i].demand), 0);
    for (int32_t t = 0; t < cover->type_count; t++) {
        int64_t most = node_max ? node_max[t] : cover->types[t].node_max;
        if (most != INSTANCE_NO_LIMIT)
            glp_set_row_bnds(master->lp, cover->row_count + t + 1, GLP_UP, 0, (double)most);
    }
    pricing_limit(&master->pricing, demand);
    master->ticks += INT64_C(1) * TICKS_OF_LIMIT * cover->row_count * cover->type_count;
}

/* ---- solving ---- */

enum { ITERATIONS_MAX = 30000 }; /* GLPK can stall on degenerate programs */

/* What an iteration of the simplex method costs: it passes through some of the matrix and of the
 * basis. */
static int64_t ticks_of_iteration(const struct master *master)
{
    enum { PASSES_OF_ROWS = 8, SHARE = 4 };
    int64_t all = INT64_C(1) * PASSES_OF_ROWS * glp_get_num_rows(master->lp);
    all += glp_get_num_nz(master->lp) + glp_get_num_cols(master->lp);
    return all / SHARE + 1;
}

static bool run_simplex(struct master *master, int method, int64_t ticks_end)
{
    enum { ITERATIONS_BEFORE = 64 }; /* as long as so many does it take to begin */
    int64_t ticks = ticks_of_iteration(master);
    int64_t affordable = (ticks_end - master->ticks) / ticks;
    glp_smcp parameters;
    glp_init_smcp(&parameters);
    parameters.msg_lev = GLP_MSG_OFF;
    parameters.meth = method;
    parameters.it_lim = affordable < ITERATIONS_MAX ? (int)affordable : ITERATIONS_MAX;
    int64_t iterations = ITERATIONS_BEFORE - (int64_t)glp_get_it_cnt(master->lp);
    int result = affordable > 0 ? glp_simplex(master->lp, &parameters) : GLP_EITLIM;
    master->ticks += ticks * (iterations + glp_get_it_cnt(master->lp));
    return result == 0 && glp_get_status(master->lp) == GLP_OPT;
}

/* False when GLPK fails even from a fresh basis, or the ticks do not suffice. The fresh basis is
 * dual feasible, as nothing costs less than 0: the dual method needs no first phase. */
static bool solve_lp(struct master *master, int64_t ticks_end)
{
    if (run_simplex(master, GLP_PRIMAL, ticks_end))
        return true;
    if (master->ticks >= ticks_end)
        return false;
    glp_std_basis(master->lp);
    return run_simplex(master, GLP_DUALP, ticks_end);
}

static int64_t price_of_dual(const struct master *master, double dual)
{
    double most = (double)master->slack_nano;
    double price = dual / nano;
    if (!(price > 0))
        return 0;
    return (int64_t)ldexp(price < most ? price : most, master->shift);
}

static int read_solution(struct master *master, struct err *err)
{
    const struct cover *cover = master->cover;
    if (array_reserve(&master->x, &master->x_capacity, master->patterns.count + INT64_C(1),
                      sizeof *master->x, err))
        return -1;
    master->value = glp_get_obj_val(master->lp);
    master->missing = 0;
    for (int32_t i = 0; i < cover->row_count; i++) {
        master->prices[i] = price_of_dual(master, glp_get_row_dual(master->lp, i + 1));
        master->missing += glp_get_col_prim(master->lp, i + 1);
    }
    master->x_count = master->patterns.count;
    for (int32_t p = 0; p < master->x_count; p++)
        master->x[p] = glp_get_col_prim(master->lp, cover->row_count + p + 1);
    return 0;
}

/* What a node must be worth more than to improve the solution: its price, and what one more of its
 * type costs where node_max binds. */
static int64_t threshold(const struct master *master, int32_t type)
{
    const struct cover *cover = master->cover;
    int64_t price = cover->types[type].price_nano << master->shift;
    if (cover->types[type].node_max == INSTANCE_NO_LIMIT)
        return price;
    double dual = glp_get_row_dual(master->lp, cover->row_count + type + 1);
    return price + price_of_dual(master, -dual);
}

/* The prices of a round: those of the linear program, drawn towards the best certified ones by so
 * many tenths. The former swing widely from round to round, the latter lie inside (Wentges,
 * International Transactions in Operational Research 4, 1997). */
static void smooth_prices(struct master *master, int64_t tenths)
{
    for (int32_t i = 0; i < master->cover->row_count; i++)
        master->smooth[i] =
            master->prices[i] + (master->bound_prices[i] - master->prices[i]) / 10 * tenths;
}

/* Is the pattern in master->counts worth more than `above` at the prices of the linear program? */
static bool improves(const struct master *master, int64_t above)
{
    int64_t worth = 0;
    for (int32_t i = 0; i < master->cover->row_count; i++)
        worth += master->counts[i] * master->prices[i];
    return worth > above;
}

struct round_result {
    int32_t added;    /* columns */
    bool is_complete; /* every search has ended by itself */
};

enum { SEARCH_STEPS_FIRST = 1000 };

/* How much searching there is in one round. */
struct round_effort {
    int64_t search_steps; /* of one type */
    int64_t ticks_end;    /* of master->ticks: beyond, bounds alone */
};

/* A search may take its fair share of the ticks that are left. */
static int64_t ticks_for(const struct master *master, const struct round_effort *effort,
                         int32_t type)
{
    int64_t left = effort->ticks_end - master->ticks;
    return left > 0 ? left / (master->cover->type_count - type) : 0;
}

/* One search per type; new columns. */
static int price_types(struct master *master, const struct round_effort *effort,
                       struct round_result *result, struct err *err)
{
    /* What is worth so little more than it costs is no column: the dual prices are not exact. */
    enum { TOLERANCE_BITS = 33 };
    const struct cover *cover = master->cover;
    *result = (struct round_result){.is_complete = true};
    for (int32_t t = 0; t < cover->type_count; t++) {
        int64_t above = threshold(master, t);
        above += above >> TOLERANCE_BITS;
        struct pricing_query query = {.type = t, .prices = master->smooth};
        query.limits = (struct knapsack_limits){.above = above,
                                                .stop_at = INT64_MAX,
                                                .steps_max = effort->search_steps,
                                                .ticks_max = ticks_for(master, effort, t),
                                                .trusts_devices = master->trusts_devices};
        struct knapsack_answer answer;
        if (pricing_solve(&master->pricing, &query, master->counts, &answer, err))
            return -1;
        master->worth[t] = answer.upper_bound;
        master->ticks += answer.ticks;
        if (answer.profit >= 0 && improves(master, above)) {
            if (add_column(master, t, master->counts, err))
                return -1;
            result->added++;
        }
        if (answer.is_cut_short)
            result->is_complete = false;
    }
    return 0;
}

static void certify(struct master *master)
{
    const struct cover *cover = master->cover;
    size_t bytes = (size_t)cover->row_count * sizeof *master->prices;
    memcpy(master->trial, master->smooth, bytes);
    int64_t bound = certificate_bound(cover, master->shift, master->trial, master->worth);
    if (bound > master->bound_nano) {
        master->bound_nano = bound;
        memcpy(master->bound_prices, master->trial, bytes);
    }
}

/* No better bound than this round's can change what is printed. */
static bool is_tight(const struct master *master)
{
    return (double)master->bound_nano * nano >= master->value * (1 - 1e-10);
}

/* How the value falls from one look at it to the next. */
struct decline {
    double value; /* at the last look */
    int32_t round;
};

/* True at a look that finds that the value has hardly fallen since the last one. */
static bool is_stalled(struct decline *decline, int32_t round, double value)
{
    enum { ROUNDS_BETWEEN = 16 };
    const double hardly = 5e-5;
    if (round < decline->round + ROUNDS_BETWEEN)
        return false;
    bool stalled = round > ROUNDS_BETWEEN && decline->value - value < hardly * value;
    *decline = (struct decline){.value = value, .round = round};
    return stalled;
}

int master_solve(struct master *master, const struct master_effort *effort, struct err *err)
{
    enum { SEARCH_STEPS_GROWTH = 8, SMOOTH_TENTHS = 6 };
    struct round_effort now = {.search_steps = SEARCH_STEPS_FIRST,
                               .ticks_end = master->ticks + effort->ticks_max};
    int64_t tenths = 0;
    struct decline decline = {0};
    master->trusts_devices = effort->seeks_bound;
    master->is_optimal = false;
    for (int32_t round = 0;; round++) {
        if (!solve_lp(master, now.ticks_end))
            return 0;
        if (read_solution(master, err))
            return -1;
        if (round >= effort->rounds_max || master->ticks >= now.ticks_end)
            return 0;
        struct round_result result;
        if (now.search_steps > effort->search_steps_max)
            now.search_steps = effort->search_steps_max;
        smooth_prices(master, tenths);
        if (price_types(master, &now, &result, err))
            return -1;
        master->rounds++;
        if (effort->seeks_bound)
            certify(master);
        if (result.added == 0 && tenths > 0) {
            tenths = 0;
            continue;
        }
        if (result.added == 0 && result.is_complete)
            master->is_optimal = true;
        bool is_slow = is_stalled(&decline, round, master->value) && !result.is_complete;
        bool needs_more = result.added == 0 || is_slow;
        if (master->is_optimal || (effort->seeks_bound && is_tight(master)) ||
            (needs_more && now.search_steps == effort->search_steps_max))
            return 0;
        if (needs_more)
            now.search_steps *= SEARCH_STEPS_GROWTH;
        tenths = effort->seeks_bound ? SMOOTH_TENTHS : 0;
    }
}
