/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/small_fleet.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t GIB = INT64_C(1) << 30;
static const int32_t pool_0[] = {0};

static void must(int result, const struct err *err)
{
    if (result == 0)
        return;
    fprintf(stderr, "%s\n", err->text);
    abort();
}

void small_fleet_init(struct small_fleet *fleet, const struct sched_options *options)
{
    const struct pool pool = {.id = "pool", .is_schedulable = true};
    struct sched_options own = *options;
    struct err err;
    int32_t number;
    if (own.policy == NULL)
        own.policy = policy_find("first-fit");
    *fleet = (struct small_fleet){0};
    must(sched_init(&fleet->sched, &own, &fleet->shapes, &err), &err);
    must(fleet_add_pool(&fleet->sched.fleet, &pool, &number, &err), &err);
}

void small_fleet_release(struct small_fleet *fleet)
{
    decisions_release(&fleet->decisions);
    sched_release(&fleet->sched);
    shape_table_release(&fleet->shapes);
}

int32_t small_type(struct small_fleet *fleet, int64_t cpu_milli, int32_t device_count)
{
    static const char *const device_types[] = {"NVIDIA-A10G"};
    const struct node_type type = {.id = "type",
                                   .cpu_milli = cpu_milli,
                                   .mem_bytes = 64 * GIB,
                                   .device_count = device_count,
                                   .device_mem_bytes = device_count > 0 ? 16 * GIB : 0,
                                   .has_device_mem = device_count > 0,
                                   .device_types = device_types,
                                   .device_type_count = device_count > 0 ? 1 : 0};
    struct err err;
    int32_t number, group;
    must(fleet_add_type(&fleet->sched.fleet, &type, &number, &err), &err);
    must(fleet_group(&fleet->sched.fleet, (struct node_group){0, number}, &group, &err), &err);
    return group;
}

int32_t small_node(struct small_fleet *fleet, int32_t group)
{
    struct err err;
    int32_t number;
    must(fleet_add_node(&fleet->sched.fleet, group, NODE_READY, &number, &err), &err);
    return number;
}

struct shape small_cpu(int64_t cpu_milli)
{
    return (struct shape){
        .cpu_milli = cpu_milli, .share_milli = SHARE_WHOLE, .pools = pool_0, .pool_count = 1};
}

struct shape small_devices(int32_t count)
{
    return (struct shape){
        .device_count = count, .share_milli = SHARE_WHOLE, .pools = pool_0, .pool_count = 1};
}

struct shape small_share(int32_t count, int32_t milli)
{
    return (struct shape){.device_count = count,
                          .sharing = SHARING_MILLI,
                          .share_milli = milli,
                          .pools = pool_0,
                          .pool_count = 1};
}

int32_t small_runner(struct small_fleet *fleet, const struct small_runner *runner)
{
    struct runner_terms terms = {.priority = runner->priority,
                                 .floor = runner->floor,
                                 .is_blocked = runner->is_blocked,
                                 .may_preempt = !runner->never_preempts};
    struct err err;
    int32_t number;
    must(shape_table_intern(&fleet->shapes, &runner->shape, &terms.shape, &err), &err);
    must(sched_add_runner(&fleet->sched, &terms, &number, &err), &err);
    return number;
}

int32_t small_demand(struct small_fleet *fleet, int32_t runner, int64_t now)
{
    struct err err;
    int32_t replica;
    must(sched_demand(&fleet->sched, runner, now, &replica, &err), &err);
    return replica;
}

void small_gone(struct small_fleet *fleet, int32_t replica)
{
    struct err err;
    must(sched_gone(&fleet->sched, replica, &err), &err);
    must(sched_check(&fleet->sched, &err), &err);
}

void small_pass(struct small_fleet *fleet, int64_t now)
{
    struct err err;
    fleet->decisions.count = 0;
    must(sched_pass(&fleet->sched, now, &fleet->decisions, &err), &err);
    must(sched_check(&fleet->sched, &err), &err);
    must(sched_check_no_fit(&fleet->sched, &err), &err);
}

int32_t small_run(struct small_fleet *fleet, int32_t runner, int64_t now)
{
    int32_t replica = small_demand(fleet, runner, now);
    small_pass(fleet, now);
    sched_running(&fleet->sched, replica, now);
    return replica;
}

const struct replica *small_replica(const struct small_fleet *fleet, int32_t replica)
{
    return &fleet->sched.replicas[replica];
}
