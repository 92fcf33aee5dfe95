/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/metric.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "reports/eviction_stats.h"
#include "reports/occupants.h"
#include "sim/traffic_results.h"

/* ---- parts ---- */

static double to_double(int128 value)
{
    return int128_ratio(value, 1);
}

static double hours(int128 us)
{
    return to_double(us) / (3600.0 * US_PER_S);
}

static double percent(int128 part, int128 whole)
{
    return whole == 0 ? (double)NAN : 100 * int128_ratio(part, whole);
}

static int64_t length_us(const struct metric_view *view)
{
    return view->to.at_us - view->from->at_us;
}

static double per_time(const struct metric_view *view, int128 area)
{
    return length_us(view) == 0 ? (double)NAN : int128_ratio(area, length_us(view));
}

static bool is_of(int32_t priority, int of)
{
    return priority == METRIC_ALL_PRIORITIES || priority == of;
}

/* What came between the two instants, of one priority or of all. */
static int128 area_between(const int128 *from, const int128 *to, int32_t priority)
{
    int128 sum = 0;
    for (int p = 0; p < PRIORITY_COUNT; p++)
        if (is_of(priority, p))
            sum += to[p] - from[p];
    return sum;
}

static int64_t count_between(const int64_t *from, const int64_t *to, int32_t priority)
{
    int64_t sum = 0;
    for (int p = 0; p < PRIORITY_COUNT; p++)
        if (is_of(priority, p))
            sum += to[p] - from[p];
    return sum;
}

/* ---- nodes ---- */

static double utilization(const struct metric_view *view, int32_t priority, int64_t resource)
{
    (void)priority;
    return percent(view->to.used[resource] - view->from->used[resource],
                   view->to.capacity[resource] - view->from->capacity[resource]);
}

static double nodes_used(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)priority, (void)unused;
    return per_time(view, view->to.nodes_busy_us - view->from->nodes_busy_us);
}

static double nodes_there(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)priority, (void)unused;
    return per_time(view, view->to.nodes_us - view->from->nodes_us);
}

static double stranded(const struct metric_view *view, int32_t priority, int64_t resource)
{
    (void)priority;
    const struct packing_resource *packed = &view->packing.scopes[0].resources[resource];
    if (!view->packing.is_asked[resource])
        return (double)NAN;
    return percent(packed->stranded, packed->capacity);
}

static double node_hours(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)priority, (void)unused;
    return hours(view->to.nodes_paid_us - view->from->nodes_paid_us);
}

/* USD; no value where nothing has a known price. */
static double cost(const struct metric_view *view)
{
    int128 unpriced_us = view->to.unpriced_us - view->from->unpriced_us;
    int128 paid_us = view->to.nodes_paid_us - view->from->nodes_paid_us;
    if (unpriced_us == paid_us && paid_us > 0)
        return (double)NAN;
    return to_double(view->to.micro_usd - view->from->micro_usd) / 1e6;
}

static double usd(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)priority, (void)unused;
    return cost(view);
}

static double usd_per_hour(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)priority, (void)unused;
    return length_us(view) == 0 ? (double)NAN : cost(view) / hours(length_us(view));
}

/* ---- waits ---- */

static const struct wait_sample *sample_of(const struct metric_view *view, int32_t priority)
{
    return priority == METRIC_ALL_PRIORITIES ? &view->waits : &view->waits_of[priority];
}

static double wait_mean(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return wait_sample_mean_us(sample_of(view, priority)) / US_PER_S;
}

static double wait_quantile(const struct metric_view *view, int32_t priority, int64_t per_thousand)
{
    bool is_lower_bound;
    int64_t us = wait_sample_quantile_us(sample_of(view, priority), (double)per_thousand / 1000,
                                         &is_lower_bound);
    return us < 0 ? (double)NAN : (double)us / US_PER_S;
}

static double wait_none(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    const struct wait_sample *sample = sample_of(view, priority);
    return percent(sample->none_count, sample->count);
}

static double queue_mean(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return per_time(view, area_between(view->from->queue_us, view->to.queue_us, priority));
}

static double pending(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    int64_t count = 0;
    for (int p = 0; p < PRIORITY_COUNT; p++)
        if (is_of(priority, p))
            count += view->sim->metrics.waits[p].waiting_count;
    return (double)count;
}

static double gave_up(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return (double)count_between(view->from->gave_up, view->to.gave_up, priority);
}

/* ---- service ---- */

static int128 running_between(const struct metric_view *view, int32_t priority)
{
    if (priority == METRIC_ALL_PRIORITIES)
        return view->to.running_all_us - view->from->running_all_us;
    return view->to.running_us[priority] - view->from->running_us[priority];
}

static int128 wish_between(const struct metric_view *view, int32_t priority)
{
    if (priority == METRIC_ALL_PRIORITIES)
        return view->to.wish_all_us - view->from->wish_all_us;
    return view->to.wish_us[priority] - view->from->wish_us[priority];
}

static double served(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return percent(running_between(view, priority), wish_between(view, priority));
}

static double at_floor(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return percent(area_between(view->from->floor_met_us, view->to.floor_met_us, priority),
                   area_between(view->from->floor_asked_us, view->to.floor_asked_us, priority));
}

static double at_wish(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return percent(area_between(view->from->wish_met_us, view->to.wish_met_us, priority),
                   area_between(view->from->wish_asked_us, view->to.wish_asked_us, priority));
}

static double below_floor(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return hours(area_between(view->from->below_floor_us, view->to.below_floor_us, priority));
}

static double finished(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return (double)count_between(view->from->finished, view->to.finished, priority);
}

static double lost(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return (double)count_between(view->from->lost, view->to.lost, priority);
}

/* ---- requests ---- */

static double slo_attained(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    double all = 0, kept = 0;
    for (int32_t i = 0; i < view->sim->traffic_count; i++) {
        const struct sim_traffic *it = &view->sim->traffics[i];
        double attained = traffic_slo_attained(it);
        if (isnan(attained) || !is_of(priority, view->sim->sched.runners[it->runner].priority))
            continue;
        double judged = to_double(it->totals.served_micro + it->totals.dropped_micro);
        all += judged;
        kept += attained * judged;
    }
    return all > 0 ? 100 * kept / all : (double)NAN;
}

enum request_fate { REQUEST_DROPPED, REQUEST_COLD };

static double request_share(const struct metric_view *view, int32_t priority, int64_t fate)
{
    int128 all = 0, part = 0;
    for (int32_t i = 0; i < view->sim->traffic_count; i++) {
        const struct sim_traffic *it = &view->sim->traffics[i];
        if (!is_of(priority, view->sim->sched.runners[it->runner].priority))
            continue;
        all += it->totals.offered_micro;
        part += fate == REQUEST_DROPPED ? it->totals.dropped_micro : it->totals.cold_micro;
    }
    return percent(part, all);
}

/* ---- preemption ---- */

/* Sums over the evictions of replicas of one priority, or of all. */
struct eviction_total {
    int64_t count, open_count;
    int128 work_lost_us, share_lost_milli_us, recovery_us;
    int64_t cascaded_count;
    int32_t depth_max;
};

static struct eviction_total add_evictions(const struct metric_view *view, int32_t priority)
{
    struct eviction_total total = {.count = 0};
    for (int32_t i = view->from->eviction_count; i < view->to.eviction_count; i++) {
        const struct eviction *it = &view->sim->metrics.evictions[i];
        if (!is_of(priority, it->victim_priority))
            continue;
        total.count++;
        total.cascaded_count += it->chain_depth > 1;
        total.open_count += it->recovered_at_us == TIME_NEVER;
        total.work_lost_us += it->work_lost_us;
        total.share_lost_milli_us += eviction_share_lost(view->sim, it);
        total.recovery_us += eviction_recover_us(view->sim, it);
        if (it->chain_depth > total.depth_max)
            total.depth_max = it->chain_depth;
    }
    return total;
}

static double preemptions(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return (double)add_evictions(view, priority).count;
}

static double preemption_rate(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    int128 running_us = running_between(view, priority);
    if (running_us == 0)
        return (double)NAN;
    return (double)add_evictions(view, priority).count / hours(running_us);
}

static double work_lost(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return hours(add_evictions(view, priority).work_lost_us);
}

static double device_work_lost(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return hours(add_evictions(view, priority).share_lost_milli_us) / SHARE_WHOLE;
}

static double recovery_mean(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    struct eviction_total total = add_evictions(view, priority);
    return total.count == 0 ? (double)NAN : int128_ratio(total.recovery_us, total.count) / US_PER_S;
}

static double unrecovered(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return (double)add_evictions(view, priority).open_count;
}

static double cascade_depth(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return add_evictions(view, priority).depth_max;
}

static double cascades(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    return (double)add_evictions(view, priority).cascaded_count;
}

static double repeated(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    int64_t sum = 0;
    for (int p = 0; p < PRIORITY_COUNT; p++)
        sum += is_of(priority, p) ? view->loops.repeated[p] : 0;
    return (double)sum;
}

static double most_repeated(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    int64_t most = 0;
    for (int p = 0; p < PRIORITY_COUNT; p++)
        if (is_of(priority, p) && view->loops.most[p] > most)
            most = view->loops.most[p];
    return (double)most;
}

static double victims(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)unused;
    int64_t sum = 0;
    for (int p = 0; p < PRIORITY_COUNT; p++)
        sum += is_of(priority, p) ? view->loops.victims[p] : 0;
    return (double)sum;
}

static double failures(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)priority, (void)unused;
    return (double)(view->to.node_failures - view->from->node_failures);
}

/* Of no run: see replicate. */
static double no_value(const struct metric_view *view, int32_t priority, int64_t unused)
{
    (void)view, (void)priority, (void)unused;
    return (double)NAN;
}

/* ---- the list ---- */

static const struct metric metrics[] = {
    {"utilization_pct_cpu", "%", "Share of the fleet's CPU that is bound to replicas, over time.",
     METRIC_HIGHER_IS_BETTER, false, false, 0, utilization, RESOURCE_CPU},
    {"utilization_pct_memory", "%",
     "Share of the fleet's memory that is bound to replicas, over time.", METRIC_HIGHER_IS_BETTER,
     false, false, 0, utilization, RESOURCE_MEMORY},
    {"utilization_pct_devices", "%",
     "Share of the fleet's devices of which anything is used that is bound to replicas, over time.",
     METRIC_HIGHER_IS_BETTER, false, false, 0, utilization, RESOURCE_DEVICES},
    {"utilization_pct_device_share", "%",
     "Share of the fleet's device share that is bound to replicas, over time.",
     METRIC_HIGHER_IS_BETTER, false, false, 0, utilization, RESOURCE_SHARE},
    {"wait_s_mean", "s", "Mean wait for a place; waits that were cut off count as far as they got.",
     METRIC_LOWER_IS_BETTER, true, false, NEED_WAITS, wait_mean, 0},
    {"wait_s_p50", "s", "50 % of the demands wait no longer than this (Kaplan-Meier).",
     METRIC_LOWER_IS_BETTER, true, false, NEED_WAITS, wait_quantile, 500},
    {"wait_s_p90", "s", "90 % of the demands wait no longer than this (Kaplan-Meier).",
     METRIC_LOWER_IS_BETTER, true, false, NEED_WAITS, wait_quantile, 900},
    {"wait_s_p95", "s", "95 % of the demands wait no longer than this (Kaplan-Meier).",
     METRIC_LOWER_IS_BETTER, true, true, NEED_WAITS, wait_quantile, 950},
    {"wait_s_p99", "s", "99 % of the demands wait no longer than this (Kaplan-Meier).",
     METRIC_LOWER_IS_BETTER, true, true, NEED_WAITS, wait_quantile, 990},
    {"wait_s_max", "s", "The longest wait.", METRIC_LOWER_IS_BETTER, true, true, NEED_WAITS,
     wait_quantile, 1000},
    {"immediate_pct", "%", "Share of the demands that found a place at once.",
     METRIC_HIGHER_IS_BETTER, true, false, NEED_WAITS, wait_none, 0},
    {"queue_mean", "replicas", "Mean number of demands that wait.", METRIC_LOWER_IS_BETTER, true,
     false, 0, queue_mean, 0},
    {"pending", "replicas", "Demands that wait at the end.", METRIC_LOWER_IS_BETTER, true, false, 0,
     pending, 0},
    {"gave_up", "replicas", "Demands that gave up: not bound within max_wait.",
     METRIC_LOWER_IS_BETTER, true, false, 0, gave_up, 0},
    {"served_pct", "%", "Running replicas over wished ones, over time.", METRIC_HIGHER_IS_BETTER,
     true, false, NEED_SERVICE, served, 0},
    {"floor_pct", "%", "Time at which runners with a floor had it running.",
     METRIC_HIGHER_IS_BETTER, true, false, NEED_RUNNERS, at_floor, 0},
    {"wish_pct", "%", "Time at which runners had all replicas that they wish running.",
     METRIC_HIGHER_IS_BETTER, true, false, NEED_RUNNERS, at_wish, 0},
    {"below_floor_h", "h", "Runner-hours with fewer live replicas than the floor.",
     METRIC_LOWER_IS_BETTER, true, false, NEED_RUNNERS, below_floor, 0},
    {"finished", "replicas", "Replicas that came to their end.", METRIC_HIGHER_IS_BETTER, true,
     false, NEED_RUNNERS, finished, 0},
    {"lost", "replicas", "Replicas lost with a node.", METRIC_LOWER_IS_BETTER, true, false,
     NEED_RUNNERS, lost, 0},
    {"preemptions", "replicas", "Evictions of replicas of this priority (of all) by preemption.",
     METRIC_LOWER_IS_BETTER, true, false, 0, preemptions, 0},
    {"victim_runners", "runners", "Runners that lost at least one replica by preemption.",
     METRIC_LOWER_IS_BETTER, true, false, NEED_LOOPS, victims, 0},
    {"cascades", "replicas",
     "Evictions for a demand that itself replaces a victim: the second and further links of "
     "chains.",
     METRIC_LOWER_IS_BETTER, true, false, 0, cascades, 0},
    {"repeated_preemptions", "replicas",
     "Evictions of work that had been evicted before: loops of evict, restart and evict.",
     METRIC_LOWER_IS_BETTER, true, false, NEED_LOOPS, repeated, 0},
    {"preemptions_of_work_max", "replicas", "Most evictions that one piece of work suffered.",
     METRIC_LOWER_IS_BETTER, true, true, NEED_LOOPS, most_repeated, 0},
    {"preemptions_per_replica_h", "1/h", "Evictions per hour that a replica ran.",
     METRIC_LOWER_IS_BETTER, true, false, NEED_SERVICE, preemption_rate, 0},
    {"work_lost_h", "h", "Replica-hours of running thrown away by preemption.",
     METRIC_LOWER_IS_BETTER, true, false, 0, work_lost, 0},
    {"device_work_lost_h", "h", "Device-hours of running thrown away by preemption.",
     METRIC_LOWER_IS_BETTER, true, false, 0, device_work_lost, 0},
    {"recovery_s_mean", "s",
     "Mean time from an eviction until its runner was whole again, or the end.",
     METRIC_LOWER_IS_BETTER, true, false, 0, recovery_mean, 0},
    {"unrecovered", "replicas", "Evictions whose runner was not whole again by the end.",
     METRIC_LOWER_IS_BETTER, true, false, 0, unrecovered, 0},
    {"cascade_depth_max", "count", "Longest chain of evictions that caused each other.",
     METRIC_LOWER_IS_BETTER, true, true, 0, cascade_depth, 0},
    {"nodes_used", "nodes", "Mean number of nodes with replicas on them.", METRIC_LOWER_IS_BETTER,
     false, false, 0, nodes_used, 0},
    {"nodes", "nodes", "Mean number of nodes that are ready.", METRIC_LOWER_IS_BETTER, false, false,
     0, nodes_there, 0},
    {"node_h", "h", "Node-hours paid for.", METRIC_LOWER_IS_BETTER, false, false, 0, node_hours, 0},
    {"usd", "USD", "Cost of the nodes whose price is known.", METRIC_LOWER_IS_BETTER, false, false,
     0, usd, 0},
    {"usd_per_hour", "USD/h", "Mean cost of an hour.", METRIC_LOWER_IS_BETTER, false, false, 0,
     usd_per_hour, 0},
    {"node_failures", "nodes", "Failures of nodes.", METRIC_NEUTRAL, false, false, 0, failures, 0},
    {"stranded_pct_cpu", "%", "Free at the end where nothing that asks for it fits, of all.",
     METRIC_LOWER_IS_BETTER, false, false, NEED_PACKING, stranded, RESOURCE_CPU},
    {"stranded_pct_memory", "%", "Free at the end where nothing that asks for it fits, of all.",
     METRIC_LOWER_IS_BETTER, false, false, NEED_PACKING, stranded, RESOURCE_MEMORY},
    {"stranded_pct_device_share", "%",
     "Free at the end where nothing that asks for it fits, of all.", METRIC_LOWER_IS_BETTER, false,
     false, NEED_PACKING, stranded, RESOURCE_SHARE},
    {"slo_pct", "%", "Share of the requests that kept their target (from the start of the run).",
     METRIC_HIGHER_IS_BETTER, true, false, 0, slo_attained, 0},
    {"dropped_pct", "%", "Share of the requests that were dropped (from the start of the run).",
     METRIC_LOWER_IS_BETTER, true, false, 0, request_share, REQUEST_DROPPED},
    {"cold_pct", "%", "Share of the requests that came while no replica ran (likewise).",
     METRIC_LOWER_IS_BETTER, true, false, 0, request_share, REQUEST_COLD},
    {"compaction", "%",
     "Nodes needed to place all replicas at once, of the nodes at the start, in a random order of "
     "removal (Borg's cell compaction).",
     METRIC_LOWER_IS_BETTER, false, true, NEED_COMPACTION, no_value, 0},
};

const struct metric *metric_list(size_t *count)
{
    *count = ARRAY_LEN(metrics);
    return metrics;
}

/* ---- reading ---- */

static int make_packing(struct metric_view *view, struct err *err)
{
    const struct sim *sim = view->sim;
    int32_t *bound_on_node = calloc((size_t)sim->node_count + 1, sizeof *bound_on_node);
    if (bound_on_node == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < sim->sched.replica_count; i++)
        if (replica_is_bound(&sim->sched.replicas[i]))
            bound_on_node[sim->sched.replicas[i].node]++;
    int result = packing_make(sim, bound_on_node, &view->packing, err);
    free(bound_on_node);
    return result;
}

static unsigned needs_of(const struct metric_choice *choice)
{
    unsigned needs = choice->metric->needs;
    if (choice->priority == METRIC_ALL_PRIORITIES)
        return needs;
    if ((needs & NEED_WAITS) != 0)
        needs |= NEED_WAITS_BY_PRIORITY;
    if ((needs & NEED_SERVICE) != 0)
        needs |= NEED_RUNNERS;
    return needs;
}

unsigned metric_set_needs(const struct metric_set *set)
{
    unsigned needs = 0;
    for (int32_t i = 0; i < set->count; i++)
        needs |= needs_of(&set->items[i]);
    return needs;
}

static int read_waits(struct metric_view *view, unsigned needs, struct err *err)
{
    if ((needs & NEED_WAITS) != 0 &&
        wait_sample_read(&view->waits, view->sim, view->from, -1, err) != 0)
        return -1;
    for (int32_t p = 0; p < PRIORITY_COUNT && (needs & NEED_WAITS_BY_PRIORITY) != 0; p++)
        if (wait_sample_read(&view->waits_of[p], view->sim, view->from, p, err) != 0)
            return -1;
    return 0;
}

static int make_parts(struct metric_view *view, unsigned needs, struct err *err)
{
    metric_sums_read(view->sim, view->sim->now_us, (needs & NEED_RUNNERS) != 0, &view->to);
    if (read_waits(view, needs, err) != 0)
        return -1;
    if ((needs & NEED_LOOPS) != 0 &&
        eviction_loops_make(&view->loops, view->sim, view->from->eviction_count, err) != 0)
        return -1;
    return (needs & NEED_PACKING) != 0 ? make_packing(view, err) : 0;
}

int metric_view_init(struct metric_view *view, const struct sim *sim,
                     const struct metric_sums *from, unsigned needs, struct err *err)
{
    assert(sim->is_finished);
    *view = (struct metric_view){.sim = sim, .from = from};
    if (make_parts(view, needs, err) == 0)
        return 0;
    metric_view_release(view);
    return -1;
}

void metric_view_release(struct metric_view *view)
{
    wait_sample_release(&view->waits);
    for (int p = 0; p < PRIORITY_COUNT; p++)
        wait_sample_release(&view->waits_of[p]);
    packing_release(&view->packing);
}

void metric_view_values(const struct metric_view *view, const struct metric_set *set,
                        double *values)
{
    for (int32_t i = 0; i < set->count; i++) {
        const struct metric *metric = set->items[i].metric;
        values[i] = metric->read(view, set->items[i].priority, metric->argument);
    }
}

int metric_values_read(const struct metric_set *set, const struct sim *sim,
                       const struct metric_sums *from, double *values, struct err *err)
{
    struct metric_view view;
    if (metric_view_init(&view, sim, from, metric_set_needs(set), err) != 0)
        return -1;
    metric_view_values(&view, set, values);
    metric_view_release(&view);
    return 0;
}
