/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/totals.h"

#include <math.h>

#include "reports/occupants.h"

static void add_node(struct node_totals *sum, const struct node_type *type)
{
    sum->node_count++;
    for (int r = 0; r < RESOURCE_COUNT; r++)
        sum->amounts[r] += capacity_of_type(type, (enum resource)r);
}

static void add_request(struct request_totals *sum, const struct sim *sim,
                        const struct runner_def *def)
{
    const struct shape *shape = &sim->scenario->shapes.items[def->shape];
    int128 replicas = def->num_replicas;
    sum->runner_count++;
    sum->replica_count += def->num_replicas;
    sum->floor_count += def->floor;
    sum->amounts[RESOURCE_CPU] += replicas * shape->cpu_milli;
    sum->amounts[RESOURCE_MEMORY] += replicas * shape->mem_bytes;
    sum->amounts[RESOURCE_DEVICES] += replicas * shape->device_count;
    if (shape->sharing == SHARING_MEMORY)
        sum->by_memory_count += def->num_replicas;
    else
        sum->amounts[RESOURCE_SHARE] += replicas * shape->device_count * shape->share_milli;
}

static void add_present(struct replica_totals *sum, const struct sim *sim, int32_t runner)
{
    const struct sim_runner *at = &sim->runners[runner];
    const struct runner *counts = &sim->sched.runners[runner];
    int64_t running = sim->metrics.runners[runner].running.value;
    int32_t core = runner_core_demand(counts);
    sum->runner_count += at->has_arrived && at->departed_us == TIME_NEVER;
    sum->wish += at->has_arrived ? at->wish : 0;
    sum->floor += at->has_arrived ? at->floor : 0;
    sum->live += counts->live;
    sum->running += running;
    sum->starting += counts->live - running;
    sum->terminating += counts->terminating;
    sum->nominated += counts->nominated;
    sum->pending_core += core;
    sum->pending_extra += counts->pending - core;
    sum->blocked += counts->blocked;
    sum->below_floor_count += at->has_arrived && running < at->floor;
    sum->below_wish_count += at->has_arrived && running < at->wish;
}

static void add_availability(struct availability *sum, const struct met_time *time)
{
    if (time->asked_us == 0)
        return;
    sum->runner_count++;
    sum->kept_count += time->met_us > 0 && time->met_us == time->asked_since_us;
    sum->asked_us += time->asked_us;
    sum->enough_us += time->met_us;
}

static void add_history(struct totals *totals, const struct sim *sim, int32_t runner)
{
    const struct sim_runner *at = &sim->runners[runner];
    const struct runner_stats *stats = &sim->metrics.runners[runner];
    const struct runner_rare *rare = metrics_rare(&sim->metrics, runner);
    struct run_counts *counts = &totals->counts;
    counts->arrived += at->has_arrived;
    counts->not_arrived += !at->has_arrived;
    counts->departed += at->departed_us != TIME_NEVER;
    counts->bound += stats->bound_count;
    counts->finished += stats->finished_count;
    counts->evicted += rare->evicted_count;
    counts->drained += rare->drained_count;
    counts->moved += rare->moved_count;
    counts->lost += rare->lost_count;
    counts->gave_up += rare->gave_up_count;
    counts->running_us += runner_area(stats, &stats->running, sim->now_us);
    counts->wish_us += runner_area(stats, &stats->wish, sim->now_us);
    add_availability(&totals->wishes, &stats->wish_by_running);
    add_availability(&totals->floors, &rare->floor_by_running);
    add_availability(&totals->floors_live, &rare->floor_by_live);
}

void totals_make(const struct sim *sim, struct totals *totals)
{
    const struct scenario *scenario = sim->scenario;
    const struct fleet *fleet = &sim->sched.fleet;
    *totals = (struct totals){0};
    for (int32_t i = 0; i < scenario->node_count; i++)
        add_node(&totals->nodes_at_start, &scenario->types[scenario->nodes[i].type]);
    for (int32_t i = 0; i < sim->node_count; i++)
        if (fleet->nodes[i].state != NODE_REMOVED)
            add_node(&totals->nodes_at_end, fleet_type_of(fleet, i));
    for (int32_t i = 0; i < sim->runner_count; i++) {
        bool is_generated = sim->runners[i].generator != NO_INDEX;
        add_request(is_generated ? &totals->requested_generated : &totals->requested, sim,
                    sim->runners[i].def);
        add_present(&totals->replicas, sim, i);
        add_history(totals, sim, i);
    }
}

static double share_of_time(const struct met_time *time)
{
    return time->asked_us == 0 ? (double)NAN : (double)time->met_us / (double)time->asked_us;
}

double runner_floor_share(const struct sim *sim, int32_t runner)
{
    return share_of_time(&metrics_rare(&sim->metrics, runner)->floor_by_running);
}

double runner_wish_share(const struct sim *sim, int32_t runner)
{
    return share_of_time(&sim->metrics.runners[runner].wish_by_running);
}

double availability_share(const struct availability *availability)
{
    return availability->asked_us == 0
               ? (double)NAN
               : int128_ratio(availability->enough_us, availability->asked_us);
}
