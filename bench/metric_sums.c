/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/metric_sums.h"

#include "reports/cost.h"

static void read_fleet(const struct sim *sim, struct metric_sums *sums)
{
    const struct scope *fleet = metrics_scope(&sim->metrics, 0);
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        sums->used[r] = integral_area(&fleet->usage[r].used, sums->at_us);
        sums->capacity[r] = integral_area(&fleet->usage[r].capacity, sums->at_us);
    }
    sums->nodes_us = integral_area(&fleet->nodes, sums->at_us);
    sums->nodes_paid_us = integral_area(&fleet->nodes_up_or_down, sums->at_us);
    for (int32_t i = 0; i < sim->node_count; i++) {
        const struct sim_node *node = &sim->nodes[i];
        sums->nodes_busy_us += node->busy_us;
        if (node->replica_count > 0)
            sums->nodes_busy_us += sums->at_us - node->busy_since_us;
    }
}

static void read_cost(const struct sim *sim, struct metric_sums *sums)
{
    const struct metrics *metrics = &sim->metrics;
    const struct fleet *fleet = &sim->sched.fleet;
    for (int32_t i = 1 + metrics->pool_scope_count; i < metrics->scope_count; i++) {
        const struct scope *scope = &metrics->scopes[i];
        const struct node_type *type = &fleet->types[fleet->groups[scope->group].type];
        int128 node_us = integral_area(&scope->nodes_up_or_down, sums->at_us);
        if (type->has_price)
            sums->micro_usd += cost_of_time(node_us, type->price_micro);
        else
            sums->unpriced_us += node_us;
    }
}

/* Time with a wish (a floor) of `asked`, counted up to since_us, and what has come since then. Of
 * the many runners most have no floor: then nothing is touched. */
static void add_met_time(const struct met_time *time, int64_t lasted_us, bool is_met, int128 *asked,
                         int128 *met)
{
    int64_t asked_us = time->asked_us + lasted_us;
    if (asked_us == 0)
        return;
    *asked += asked_us;
    *met += time->met_us + (is_met ? lasted_us : 0);
}

/* Floors and losses, which most runners have not: lasted_us since its counts were settled. */
static void read_rare(const struct sim *sim, int32_t runner, int64_t lasted_us,
                      struct metric_sums *sums)
{
    const struct runner_stats *stats = &sim->metrics.runners[runner];
    const struct runner_rare *rare = metrics_rare(&sim->metrics, runner);
    int priority = sim->sched.runners[runner].priority;
    sums->below_floor_us[priority] += stats->live.value < rare->floor ? lasted_us : 0;
    for (int i = 0; i < BLAME_COUNT; i++)
        sums->below_floor_us[priority] += rare->below_floor_us[i];
    add_met_time(&rare->floor_by_running, rare->floor > 0 ? lasted_us : 0,
                 stats->running.value >= rare->floor, &sums->floor_asked_us[priority],
                 &sums->floor_met_us[priority]);
    sums->drained[priority] += rare->drained_count;
    sums->lost[priority] += rare->lost_count;
}

static void read_runner(const struct sim *sim, int32_t runner, struct metric_sums *sums)
{
    const struct runner_stats *stats = &sim->metrics.runners[runner];
    int priority = sim->sched.runners[runner].priority;
    int64_t lasted_us = stats->is_there ? sums->at_us - stats->since_us : 0;
    add_met_time(&stats->wish_by_running, stats->wish.value > 0 ? lasted_us : 0,
                 stats->running.value >= stats->wish.value, &sums->wish_asked_us[priority],
                 &sums->wish_met_us[priority]);
    sums->running_us[priority] += runner_area(stats, &stats->running, sums->at_us);
    sums->wish_us[priority] += runner_area(stats, &stats->wish, sums->at_us);
    sums->bound[priority] += stats->bound_count;
    sums->finished[priority] += stats->finished_count;
    if (stats->rare != 0)
        read_rare(sim, runner, lasted_us, sums);
}

static void read_waits(const struct sim *sim, struct metric_sums *sums)
{
    for (int p = 0; p < PRIORITY_COUNT; p++) {
        const struct waits *waits = &sim->metrics.waits[p];
        sums->queue_us[p] = integral_area(&waits->queue, sums->at_us);
        sums->gave_up[p] = waits->gave_up_count;
        sums->at_once_count[p] = waits->at_once_count;
        sums->later_count[p] = waits->later_count;
        sums->censored_count[p] = waits->censored_count;
    }
}

/* Of all runners together: a run has summed it up at its end. */
static void read_service(const struct sim *sim, struct metric_sums *sums)
{
    if (sim->is_finished) {
        sums->running_all_us = sim->metrics.running_us;
        sums->wish_all_us = sim->metrics.wish_us;
        return;
    }
    for (int p = 0; p < PRIORITY_COUNT; p++) {
        sums->running_all_us += sums->running_us[p];
        sums->wish_all_us += sums->wish_us[p];
    }
}

void metric_sums_read(const struct sim *sim, int64_t at_us, bool reads_runners,
                      struct metric_sums *sums)
{
    *sums = (struct metric_sums){
        .at_us = at_us,
        .eviction_count = sim->metrics.eviction_count,
        .node_failures = sim->metrics.node_failures,
        .node_reclaims = sim->metrics.node_reclaims,
    };
    read_fleet(sim, sums);
    read_cost(sim, sums);
    read_waits(sim, sums);
    for (int32_t i = 0; reads_runners && i < sim->runner_count; i++)
        read_runner(sim, i, sums);
    read_service(sim, sums);
}
