/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/bill.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/order.h"
#include "reports/cost.h"

static const int64_t grains_per_micro_usd = INT64_C(100000000000);
static const int64_t hour_us = INT64_C(3600000000);

const char *bill_use_name(enum bill_use use)
{
    static const char *const names[BILL_USE_COUNT] = {
        [USE_RUNNING] = "running", [USE_STARTING] = "starting", [USE_TERMINATING] = "terminating",
        [USE_REST] = "rest",       [USE_COMING] = "coming",     [USE_WARM] = "warm",
        [USE_EMPTY] = "empty",     [USE_DOWN] = "down",
    };
    assert((size_t)use < ARRAY_LEN(names));
    return names[use];
}

const char *blame_name(enum blame blame)
{
    static const char *const names[BLAME_COUNT] = {
        [BLAME_NONE] = "",           [BLAME_PREEMPTION] = "preemption",
        [BLAME_DRAIN] = "drain",     [BLAME_FAILURE] = "failure",
        [BLAME_RECLAIM] = "reclaim", [BLAME_CONSOLIDATION] = "consolidation",
        [BLAME_UPGRADE] = "upgrade",
    };
    assert((size_t)blame < ARRAY_LEN(names));
    return names[blame];
}

int128 micro_of_grains(int128 grains)
{
    return (grains + grains_per_micro_usd / 2) / grains_per_micro_usd;
}

/* ---- uses ---- */

static void add_node_time(const struct sim *sim, int32_t node, int64_t us, struct bill_line *line)
{
    const struct node_type *type = fleet_type_of(&sim->sched.fleet, node);
    line->node_us += us;
    if (type->has_price)
        line->grains += (int128)us * type->price_micro;
    else
        line->unpriced_us += us;
}

static void add_phase(const struct phase_stats *phase, struct bill_line *line, int by)
{
    line->node_us += by * phase->nodes.area;
    line->unpriced_us += by * phase->unpriced_nodes.area;
    line->grains += by * phase->price.area;
}

static void add_groups(const struct sim *sim, struct bill *bill)
{
    static const enum bill_use uses[EXPENSE_COUNT] = {
        [EXPENSE_RUNNING] = USE_RUNNING,
        [EXPENSE_STARTING] = USE_STARTING,
        [EXPENSE_TERMINATING] = USE_TERMINATING,
    };
    const struct metrics *metrics = &sim->metrics;
    for (int32_t i = 1 + metrics->pool_scope_count; i < metrics->scope_count; i++) {
        const struct scope *scope = &metrics->scopes[i];
        const struct fleet *fleet = &sim->sched.fleet;
        const struct node_type *type = fleet_group_type(fleet, scope->group);
        if (type->has_price)
            bill->fleet += integral_area(&scope->nodes_up_or_down, sim->now_us) * type->price_micro;
        for (int kind = 0; kind < EXPENSE_COUNT; kind++)
            bill->uses[uses[kind]].grains += scope->charged[kind];
    }
}

void bill_make(const struct sim *sim, struct bill *bill)
{
    *bill = (struct bill){0};
    for (int use = 0; use <= USE_REST; use++)
        bill->uses[use].node_us = bill->uses[use].unpriced_us = -1;
    add_groups(sim, bill);
    for (int32_t i = 0; i < sim->node_count; i++) {
        const struct sim_node *node = &sim->nodes[i];
        int64_t there_us = node_existed_us(sim, i) - node->down_us - node->coming_us;
        add_node_time(sim, i, there_us - node->busy_us, &bill->uses[USE_EMPTY]);
        add_node_time(sim, i, node->coming_us, &bill->uses[USE_COMING]);
        add_node_time(sim, i, node->down_us, &bill->uses[USE_DOWN]);
    }
    add_phase(&sim->metrics.phases[PHASE_WARM], &bill->uses[USE_WARM], 1);
    add_phase(&sim->metrics.phases[PHASE_WARM], &bill->uses[USE_EMPTY], -1);
    bill->uses[USE_REST].grains = bill->fleet;
    for (int use = 0; use < BILL_USE_COUNT; use++)
        if (use != USE_REST)
            bill->uses[USE_REST].grains -= bill->uses[use].grains;
}

/* ---- at least, at most ---- */

bool pool_hourly_range(const struct scenario *scenario, int32_t number, struct hourly_range *range)
{
    const struct pool_def *pool = &scenario->pools[number];
    bool is_scaling = pool->launch_type_count > 0;
    int32_t count = is_scaling ? pool->launch_type_count : pool->type_count;
    const int32_t *types = is_scaling ? pool->launch_types : pool->types;
    int64_t least = INT64_MAX;
    int64_t most = 0;
    *range = (struct hourly_range){0};
    for (int32_t i = 0; i < count; i++) {
        const struct node_type *type = &scenario->types[types[i]];
        if (!type->has_price)
            return false;
        least = type->price_micro < least ? type->price_micro : least;
        most = type->price_micro > most ? type->price_micro : most;
    }
    if (count > 0) {
        range->least = cost_of_time((int128)pool->min_instances * hour_us, least);
        range->most = cost_of_time((int128)pool->max_instances * hour_us, most);
    }
    return true;
}

/* ---- node starts ---- */

/* The smallest that so many per cent do not exceed. */
static int64_t quantile(const int64_t *sorted, int64_t count, int64_t percent)
{
    return count == 0 ? -1 : sorted[(count * percent + 99) / 100 - 1];
}

int node_starts_make(const struct sim *sim, struct node_starts *starts, struct err *err)
{
    const struct node_scaling *scaling = &sim->scaling;
    int64_t *ready_us = calloc((size_t)scaling->launch_count + 1, sizeof *ready_us);
    int64_t ready_count = 0;
    if (ready_us == NULL)
        return err_no_memory(err);
    *starts = (struct node_starts){.count = scaling->launch_count};
    for (int32_t i = 0; i < scaling->launch_count; i++) {
        const struct launch *launch = &scaling->launches[i];
        starts->outcomes[launch->outcome]++;
        starts->reasons[launch->reason]++;
        if (launch->outcome == LAUNCH_READY)
            ready_us[ready_count++] = launch->ended_us - launch->asked_us;
    }
    qsort(ready_us, (size_t)ready_count, sizeof *ready_us, order_int64s);
    starts->ready_us_p50 = quantile(ready_us, ready_count, 50);
    starts->ready_us_p95 = quantile(ready_us, ready_count, 95);
    starts->ready_us_max = quantile(ready_us, ready_count, 100);
    free(ready_us);
    return 0;
}
