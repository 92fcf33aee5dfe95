/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "reports/fields.h"
#include "reports/group_key.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"runner", "text", "Id of the runner; <name>-<k> for a generated one."},
    {"description", "text", "As given."},
    {"deployment", "text", "Deployment that it comes from."},
    {"generated_by", "text", "Name of the entry of arrivals that generated it."},
    {"nodepool", "text", "The first pool that may serve it."},
    {"nodepools", "count", "How many pools may serve it."},
    {"worker", "text", "What it runs."},
    {"labels", "text", "Its labels, joined by |."},
    {"metadata", "JSON", "As given."},
    {"created_at", "text", "As given."},
    {"modified_at", "text", "As given."},
    {"priority", "0-9", "9 highest."},
    {"blocked_by", "text", "Special handling that was not done at the start."},
    {"arrived_s", "s", "Instant at which it arrives (or would have arrived)."},
    {"departed_s", "s", "Instant at which it left; none while it is there."},
    {"cpu_milli", "milli-CPU", "CPU that one replica asks for."},
    {"memory_bytes", "bytes", "Memory that one replica asks for."},
    {"device_count", "count", "Devices that one replica asks for."},
    {"device_share_milli", "milli-devices",
     "Share that it asks for of each of these; none where devices are shared by memory."},
    {"device_memory_bytes", "bytes", "Memory that it asks for of each of these; none: any."},
    {"empty_fleet", "text",
     "Could an empty fleet hold one replica? fits; no-node: a type could, but there is no such "
     "node; "
     "never."},
    {"min_replicas", "count", "Floor as given (or last changed)."},
    {"floor", "count",
     "Floor in force at the end: no more than the wish; none where it never arrived."},
    {"wish", "count", "num_replicas in force at the end; none where it never arrived."},
    {"running", "count", "Replicas that run at the end."},
    {"starting", "count", "Replicas that are bound and start."},
    {"terminating", "count", "Replicas that still hold room, but were asked to go."},
    {"nominated", "count", "Replicas that wait on a node for victims to go."},
    {"pending_core", "count", "Replicas that wait in the queue and are needed for the floor."},
    {"pending_extra", "count", "Replicas that wait in the queue above the floor."},
    {"blocked", "count", "Replicas that wait for special handling."},
    {"existed_s", "s", "Time from arrival to departure or the end."},
    {"running_replica_s", "replica-s", "Sum over its replicas of the time each was running."},
    {"wish_replica_s", "replica-s", "num_replicas integrated over time."},
    {"served_pct", "%", "running_replica_s / wish_replica_s."},
    {"floor_s", "s", "Of existed_s, time with a floor above 0."},
    {"at_floor_pct", "%", "Share of floor_s with at least floor replicas running."},
    {"at_floor_live_pct", "%", "The same, counting those that start as well."},
    {"wish_s", "s", "Of existed_s, time with num_replicas above 0 (of finished ones it is 0)."},
    {"at_wish_pct", "%", "Share of wish_s with at least num_replicas replicas running."},
    {"bound", "count", "Replicas bound over the run."},
    {"wait_s_mean", "s", "Mean wait of the bound ones, from being asked for to bound."},
    {"wait_s_max", "s", "Longest wait of a bound one."},
    {"finished", "count", "Replicas that ended by themselves."},
    {"evicted", "count", "Replicas that it lost to preemption."},
    {"evictions_caused", "count", "Replicas of others evicted for its demand."},
    {"drained", "count",
     "Replicas asked to go by a drain, removal, reclaim or upgrade of their node."},
    {"moved", "count", "Replicas asked to go since a consolidation gave up their node."},
    {"lost", "count", "Replicas lost with a failed node."},
    {"gave_up", "count", "Replicas that waited longer than max_wait."},
    {"work_lost_s", "replica-s", "Running time that was lost, for whatever cause: see losses.csv."},
    {"below_floor_s", "s", "Time with fewer than floor replicas starting or running."},
    {"below_floor_s_preemption", "s", "Of that, because of preemption: always 0."},
    {"below_floor_s_drain", "s", "Of that, since a drain or removal of a node."},
    {"below_floor_s_failure", "s", "Of that, since the failure of a node."},
    {"below_floor_s_reclaim", "s", "Of that, since a provider took its node back."},
    {"below_floor_s_consolidation", "s", "Of that, since a consolidation: always 0."},
    {"below_floor_s_upgrade", "s", "Of that, since a node was upgraded."},
    {"observed_pods_total", "count", "runner_metrics of the input: pods_total."},
    {"observed_pods_running", "count", "runner_metrics of the input: pods_running."},
    {"observed_pods_running_time_s", "replica-s",
     "runner_metrics of the input: total_pods_running_time_s."},
    {"observed_pods_preempted_total", "count",
     "runner_metrics of the input: pods_preempted_total."},
};

/* "a|b|c" */
static int write_labels(const struct sim *sim, int32_t runner, struct table *table, struct err *err)
{
    static const struct group_key labels = {.kind = GROUP_LABEL};
    struct value_list values = {0};
    if (group_values(sim, &labels, runner, &values, err) != 0) {
        value_list_release(&values);
        return -1;
    }
    size_t size = 1;
    for (int32_t i = 0; i < values.count; i++)
        size += strlen(values.items[i]) + 1;
    char *joined = arena_alloc(&values.arena, size);
    char *end = joined;
    for (int32_t i = 0; i < values.count && joined != NULL; i++) {
        if (i > 0)
            *end++ = '|';
        size_t length = strlen(values.items[i]);
        memcpy(end, values.items[i], length);
        end += length;
    }
    if (joined != NULL)
        table_text(table, joined);
    value_list_release(&values);
    return joined != NULL ? 0 : err_no_memory(err);
}

static int write_identity(const struct sim *sim, int32_t runner, struct table *table,
                          struct err *err)
{
    const struct scenario *scenario = sim->scenario;
    const struct sim_runner *at = &sim->runners[runner];
    const struct runner_def *def = at->def;
    const struct runner_extra *extra = def->extra;
    field_runner(table, sim, runner);
    table_text(table, extra == NULL ? NULL : extra->description);
    table_text(table,
               def->deployment == NO_INDEX ? NULL : scenario->deployments[def->deployment].id);
    table_text(table, at->generator == NO_INDEX ? NULL : scenario->arrivals[at->generator].name);
    table_text(table, scenario->pools[def->pool].id);
    table_int(table, scenario->shapes.items[def->shape].pool_count);
    table_text(table, def->worker);
    if (write_labels(sim, runner, table, err) != 0)
        return -1;
    table_text(table, extra == NULL ? NULL : extra->metadata);
    table_text(table, extra == NULL ? NULL : extra->created_at);
    table_text(table, extra == NULL ? NULL : extra->modified_at);
    table_int(table, def->priority);
    table_text(table, def->blocked_by);
    table_seconds(table, at->arrival_us);
    field_instant(table, at->departed_us);
    return 0;
}

/* Is there room for one on an empty fleet? */
static const char *empty_fleet_answer(const struct sim *sim, int32_t shape)
{
    struct explanation explanation;
    explain_shape(&sim->sched.fleet, shape, &explanation);
    switch (explanation.answer) {
    case FIT_NEVER:
        return "never";
    case FIT_NO_NODE:
        return "no-node";
    default:
        return "fits";
    }
}

static void write_request(const struct shape *shape, const char *empty_fleet, struct table *table)
{
    table_int(table, shape->cpu_milli);
    table_int(table, shape->mem_bytes);
    table_int(table, shape->device_count);
    if (shape->device_count == 0 || shape->sharing == SHARING_MEMORY)
        table_empty(table);
    else
        table_int(table, shape->share_milli);
    if (shape->device_mem_bytes == 0)
        table_empty(table);
    else
        table_int(table, shape->device_mem_bytes);
    table_text(table, empty_fleet);
}

static void write_state(const struct sim *sim, int32_t runner, struct table *table)
{
    const struct sim_runner *at = &sim->runners[runner];
    const struct runner *counts = &sim->sched.runners[runner];
    int64_t running = sim->metrics.runners[runner].running.value;
    int32_t core = runner_core_demand(counts);
    table_int(table, at->min_replicas);
    if (at->has_arrived) {
        table_int(table, at->floor);
        table_int(table, at->wish);
    } else {
        table_empty(table);
        table_empty(table);
    }
    table_int(table, running);
    table_int(table, counts->live - running);
    table_int(table, counts->terminating);
    table_int(table, counts->nominated);
    table_int(table, core);
    table_int(table, counts->pending - core);
    table_int(table, counts->blocked);
}

static void write_times(const struct sim *sim, int32_t runner, struct table *table)
{
    const struct runner_stats *stats = &sim->metrics.runners[runner];
    const struct runner_rare *rare = metrics_rare(&sim->metrics, runner);
    int128 running = runner_area(stats, &stats->running, sim->now_us);
    int128 wish = runner_area(stats, &stats->wish, sim->now_us);
    table_seconds(table, stats->existed_us);
    field_seconds_of(table, running);
    field_seconds_of(table, wish);
    field_ratio_percent(table, running, wish);
    table_seconds(table, rare->floor_by_running.asked_us);
    field_ratio_percent(table, rare->floor_by_running.met_us, rare->floor_by_running.asked_us);
    field_ratio_percent(table, rare->floor_by_live.met_us, rare->floor_by_live.asked_us);
    table_seconds(table, stats->wish_by_running.asked_us);
    field_ratio_percent(table, stats->wish_by_running.met_us, stats->wish_by_running.asked_us);
}

static void write_history(const struct sim *sim, int32_t runner, struct table *table)
{
    const struct runner_stats *stats = &sim->metrics.runners[runner];
    const struct runner_rare *rare = metrics_rare(&sim->metrics, runner);
    table_int(table, stats->bound_count);
    if (stats->bound_count == 0) {
        table_empty(table);
        table_empty(table);
    } else {
        table_decimal(table, int128_ratio(stats->wait_us_sum, stats->bound_count) / 1e6, 6);
        table_seconds(table, metrics_wait_us_max(&sim->metrics, runner));
    }
    table_int(table, stats->finished_count);
    table_int(table, rare->evicted_count);
    table_int(table, rare->evicting_count);
    table_int(table, rare->drained_count);
    table_int(table, rare->moved_count);
    table_int(table, rare->lost_count);
    table_int(table, rare->gave_up_count);
    table_seconds(table, rare->work_lost_us);
    table_seconds(table, rare->floor_by_live.asked_us - rare->floor_by_live.met_us);
    for (int i = BLAME_PREEMPTION; i < BLAME_COUNT; i++)
        table_seconds(table, rare->below_floor_us[i]);
}

static void write_observed(const struct runner_extra *extra, struct table *table)
{
    if (extra == NULL || extra->observed == NULL) {
        for (int i = 0; i < 4; i++)
            table_empty(table);
        return;
    }
    table_int(table, extra->observed->pods_total);
    table_int(table, extra->observed->pods_running);
    table_int(table, extra->observed->total_pods_running_time_s);
    table_int(table, extra->observed->pods_preempted_total);
}

static int write_row(const struct sim *sim, int32_t runner, const char *const *answers,
                     struct table *table, struct err *err)
{
    const struct runner_def *def = sim->runners[runner].def;
    if (write_identity(sim, runner, table, err) != 0)
        return -1;
    write_request(&sim->scenario->shapes.items[def->shape], answers[def->shape], table);
    write_state(sim, runner, table);
    write_times(sim, runner, table);
    write_history(sim, runner, table);
    write_observed(def->extra, table);
    table_end_row(table);
    return 0;
}

static int write_runners(const struct report_view *view, struct table *table, struct err *err)
{
    const struct sim *sim = view->sim;
    int32_t shape_count = sim->scenario->shapes.count;
    const char **answers = calloc((size_t)shape_count + 1, sizeof *answers);
    int result = answers == NULL ? err_no_memory(err) : 0;
    for (int32_t i = 0; i < shape_count && result == 0; i++)
        answers[i] = empty_fleet_answer(sim, i);
    for (int32_t i = 0; i < sim->runner_count && result == 0; i++)
        if (report_view_selects(view, i))
            result = write_row(sim, i, answers, table, err);
    free(answers);
    return result;
}

const struct report_table runners_table = {
    .file = "runners.csv",
    .title = "One row for each runner of the run, in the order of the scenario.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .write = write_runners,
};
