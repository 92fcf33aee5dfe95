/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/explain.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/array.h"
#include "tests/small_fleet.h"

static struct explanation explain(struct small_fleet *fleet, int32_t replica, int64_t now)
{
    struct explanation explanation;
    explain_demand(&fleet->sched, replica, now, &explanation);
    return explanation;
}

static const char *give_reason(const void *context, int32_t pool)
{
    (void)context;
    return pool == 0 ? "status ERROR: no quota" : NULL;
}

static const char *sentence(const struct small_fleet *fleet, const struct explanation *explanation,
                            char out[256])
{
    explain_print(&fleet->sched.fleet, explanation, NULL, out, 256);
    return out;
}

static int32_t demand_of(struct small_fleet *fleet, struct shape shape, int32_t priority)
{
    int32_t runner =
        small_runner(fleet, &(struct small_runner){.shape = shape, .priority = priority});
    return small_demand(fleet, runner, 0);
}

/* Nodes 0, 1 and 2 of the example in explain.c: 4000m and one device each. */
static void example_init(struct small_fleet *fleet)
{
    static const struct {
        int64_t cpu_milli;
        int32_t devices;
    } used[] = {{2500, 0}, {0, 1}, {3000, 1}};
    small_fleet_init(fleet, &(struct sched_options){0});
    int32_t group = small_type(fleet, 4000, 1);
    for (size_t i = 0; i < ARRAY_LEN(used); i++) {
        struct shape shape = small_devices(used[i].devices);
        int32_t node = small_node(fleet, group);
        shape.cpu_milli = used[i].cpu_milli;
        int32_t runner = small_runner(fleet, &(struct small_runner){.shape = shape});
        int32_t replica = small_demand(fleet, runner, 0);
        for (int32_t k = 0; k < node; k++)
            sched_set_node_state(&fleet->sched, k, NODE_DRAINED);
        small_pass(fleet, 0);
        cr_assert_eq(small_replica(fleet, replica)->node, node);
        for (int32_t k = 0; k < node; k++)
            sched_set_node_state(&fleet->sched, k, NODE_READY);
    }
}

Test(explain, counts_reasons_and_finds_the_nearest_miss)
{
    struct small_fleet fleet;
    char out[256];
    struct shape shape = small_devices(1);
    example_init(&fleet);
    shape.cpu_milli = 2000;
    struct explanation explanation = explain(&fleet, demand_of(&fleet, shape, 0), 1);
    cr_expect_eq(explanation.answer, FIT_NOT_NOW);
    cr_expect_eq(explanation.place_count, 3);
    cr_expect_eq(explanation.failed_count[6], 2); /* cpu */
    cr_expect_eq(explanation.failed_count[5], 2); /* devices */
    cr_expect_eq(explanation.near.node, 0);
    cr_expect_eq(explanation.near.group, -1);
    cr_expect_eq(explanation.near.misfit, MISFIT_CPU);
    cr_expect_eq(explanation.near.asked, 2000);
    cr_expect_eq(explanation.near.there, 1500);
    cr_expect_str_eq(sentence(&fleet, &explanation, out),
                     "does not fit now: 3 nodes: devices on 2, cpu on 2; nearest: node 0 lacks "
                     "500m of 2000m CPU");
    small_fleet_release(&fleet);
}

Test(explain, tells_never_from_not_now_from_no_node)
{
    struct small_fleet fleet;
    struct err err;
    char out[256];
    small_fleet_init(&fleet, &(struct sched_options){0});
    int32_t small = small_type(&fleet, 1000, 0);
    small_type(&fleet, 3000, 0); /* of which there is no node */
    int32_t node = small_node(&fleet, small);
    int32_t demand = demand_of(&fleet, small_cpu(1000), 0);
    int32_t large = demand_of(&fleet, small_cpu(2000), 0);
    int32_t huge = demand_of(&fleet, small_cpu(4000), 0);
    struct explanation explanation = explain(&fleet, demand, 1);
    cr_expect_eq(explanation.answer, FIT_NOW);
    cr_expect_eq(explanation.near.node, node);
    cr_expect_str_eq(sentence(&fleet, &explanation, out), "fits now: node 0");
    explanation = explain(&fleet, large, 1);
    cr_expect_eq(explanation.answer, FIT_NO_NODE);
    cr_expect_str_eq(sentence(&fleet, &explanation, out),
                     "fits no node: the fleet has none of a type that could hold it");
    explanation = explain(&fleet, huge, 1);
    cr_expect_eq(explanation.answer, FIT_NEVER);
    cr_expect_eq(explanation.place_count, 2);
    cr_expect_eq(explanation.near.node, -1);
    cr_expect_eq(explanation.near.group, 1);
    cr_expect_str_eq(sentence(&fleet, &explanation, out),
                     "never fits: 2 node types: cpu on 2; nearest: type type in pool pool lacks "
                     "1000m of 4000m CPU");
    sched_set_node_state(&fleet.sched, node, NODE_DRAINED);
    explanation = explain(&fleet, demand, 1);
    cr_expect_eq(explanation.answer, FIT_NOT_NOW);
    cr_expect_eq(explanation.near.misfit, MISFIT_NODE_STATE);
    cr_expect_str_eq(sentence(&fleet, &explanation, out),
                     "does not fit now: 1 node: node-state on 1; nearest: node 0 fails on "
                     "node-state");
    sched_set_node_state(&fleet.sched, node, NODE_REMOVED);
    cr_expect_eq(explain(&fleet, demand, 1).answer, FIT_NO_NODE);
    sched_set_pool_schedulable(&fleet.sched, 0, false);
    explanation = explain(&fleet, demand, 1);
    cr_expect_eq(explanation.answer, FIT_NEVER);
    cr_expect_eq(explanation.near.misfit, MISFIT_POOL);
    cr_expect_str_eq(sentence(&fleet, &explanation, out),
                     "never fits: 2 node types: pool on 2; nearest: type type in pool pool, which "
                     "takes no demand");
    const struct explain_names given = {.closed_reason = give_reason};
    explain_print(&fleet.sched.fleet, &explanation, &given, out, sizeof out);
    cr_expect(strstr(out, "which takes no demand: status ERROR: no quota") != NULL, "%s", out);
    cr_assert_eq(sched_set_blocked(&fleet.sched, small_replica(&fleet, demand)->runner, true, &err),
                 0);
    explanation = explain(&fleet, demand, 1);
    cr_expect_eq(explanation.answer, FIT_BLOCKED);
    cr_expect_str_eq(sentence(&fleet, &explanation, out),
                     "blocked: its runner may not be scheduled");
    small_fleet_release(&fleet);
}

/* One node of 4000m, 64 GiB and two devices of 16 GiB, with 3000m, 60 GiB and one device taken. */
struct near_case {
    const char *name;
    struct shape shape; /* in pool 0 */
    const char *nearest;
};

static const char *const amd[] = {"AMD-*"};

static const struct near_case near_cases[] = {
    {"CPU", {.cpu_milli = 1001}, "; nearest: node 0 lacks 1m of 1001m CPU"},
    {"memory", {.mem_bytes = 6ll << 30}, "; nearest: node 0 lacks 2Gi of 6Gi memory"},
    {"devices", {.device_count = 2}, "; nearest: node 0 lacks 1 of 2 devices"},
    {"the worst of two",
     {.cpu_milli = 1100, .mem_bytes = 8ll << 30},
     "; nearest: node 0 lacks 4Gi of 8Gi memory"},
    {"packing", {.packing = PACKING_ISOLATED}, "; nearest: node 0 fails on packing"},
    {"device memory",
     {.device_count = 1, .device_mem_bytes = 20ll << 30},
     "; nearest: type type in pool pool lacks 4Gi of 20Gi device memory"},
    {"device type",
     {.device_count = 1, .type_patterns = amd, .type_pattern_count = 1},
     "; nearest: type type in pool pool fails on device-type"},
    {"by memory, too small as a whole",
     {.device_count = 1, .sharing = SHARING_MEMORY, .device_mem_bytes = 20ll << 30},
     "; nearest: type type in pool pool lacks 4Gi of 20Gi device memory"},
    {"architecture", {.arch = "linux/arm64"}, "; nearest: type type in pool pool fails on arch"},
};

Test(explain, names_what_is_lacking_and_how_much)
{
    for (size_t i = 0; i < ARRAY_LEN(near_cases); i++) {
        struct small_fleet fleet;
        struct shape taken = small_devices(1), asked = near_cases[i].shape;
        static const int32_t pool_0[] = {0};
        char out[256];
        small_fleet_init(&fleet, &(struct sched_options){0});
        small_node(&fleet, small_type(&fleet, 4000, 2));
        taken.cpu_milli = 3000;
        taken.mem_bytes = 60ll << 30;
        small_run(&fleet, small_runner(&fleet, &(struct small_runner){.shape = taken}), 0);
        asked.pools = pool_0;
        asked.pool_count = 1;
        struct explanation explanation = explain(&fleet, demand_of(&fleet, asked, 0), 1);
        sentence(&fleet, &explanation, out);
        const char *nearest = strstr(out, "; nearest");
        cr_assert_not_null(nearest, "%s: %s", near_cases[i].name, out);
        cr_expect_str_eq(nearest, near_cases[i].nearest, "%s: %s", near_cases[i].name, out);
        small_fleet_release(&fleet);
    }
}

/* A device that is too small by memory is not counted as too full as well. */
Test(explain, counts_small_devices_and_full_devices_apart)
{
    struct small_fleet fleet;
    struct shape shape = small_devices(1);
    small_fleet_init(&fleet, &(struct sched_options){0});
    int32_t small = small_type(&fleet, 1000, 1), large = small_type(&fleet, 1000, 1);
    fleet.sched.fleet.types[1].device_mem_bytes *= 2;
    small_node(&fleet, large);
    small_run(&fleet, small_runner(&fleet, &(struct small_runner){.shape = shape}), 0);
    small_node(&fleet, small);
    shape.sharing = SHARING_MEMORY;
    shape.device_mem_bytes = 20ll << 30;
    struct explanation explanation = explain(&fleet, demand_of(&fleet, shape, 0), 1);
    cr_expect_eq(explanation.answer, FIT_NOT_NOW);
    cr_expect_eq(explanation.place_count, 2);
    cr_expect_eq(explanation.failed_count[4], 1); /* device-memory, on the small one */
    cr_expect_eq(explanation.failed_count[5], 1); /* devices, on the large one */
    small_fleet_release(&fleet);
}

Test(explain, looks_only_at_the_pools_that_the_shape_names)
{
    struct small_fleet fleet;
    struct err err;
    int32_t number, node;
    const struct pool pool = {.id = "other", .is_schedulable = true};
    struct shape shape = small_cpu(1000);
    static const int32_t only_1[] = {1};
    small_fleet_init(&fleet, &(struct sched_options){0});
    small_node(&fleet, small_type(&fleet, 1000, 0));
    cr_assert_eq(fleet_add_pool(&fleet.sched.fleet, &pool, &number, &err), 0);
    shape.pools = only_1;
    int32_t demand = demand_of(&fleet, shape, 0);
    struct explanation explanation = explain(&fleet, demand, 1);
    cr_expect_eq(explanation.answer, FIT_NEVER);
    cr_expect_eq(explanation.place_count, 0);
    cr_assert_eq(fleet_group(&fleet.sched.fleet, (struct node_group){1, 0}, &number, &err), 0);
    cr_expect_eq(explain(&fleet, demand, 1).answer, FIT_NO_NODE);
    cr_assert_eq(fleet_add_node(&fleet.sched.fleet, number, NODE_DOWN, &node, &err), 0);
    explanation = explain(&fleet, demand, 1);
    cr_expect_eq(explanation.answer, FIT_NOT_NOW);
    cr_expect_eq(explanation.place_count, 1);
    cr_expect_eq(explanation.near.node, node);
    small_fleet_release(&fleet);
}

Test(explain, counts_the_nodes_where_only_floors_stand_in_the_way)
{
    struct small_fleet fleet;
    char out[256];
    small_fleet_init(&fleet, &(struct sched_options){.preemption_enabled = true});
    int32_t group = small_type(&fleet, 1000, 0);
    for (int32_t i = 0; i < 3; i++)
        small_node(&fleet, group);
    struct small_runner terms = {.shape = small_cpu(1000), .priority = 1, .floor = 2};
    int32_t low = small_runner(&fleet, &terms);
    small_run(&fleet, low, 0);
    small_run(&fleet, low, 0);
    terms.priority = 9;
    small_run(&fleet, small_runner(&fleet, &terms), 0);
    int32_t demand = demand_of(&fleet, small_cpu(1000), 5);
    small_pass(&fleet, 1);
    struct explanation explanation = explain(&fleet, demand, 1);
    cr_expect_eq(explanation.answer, FIT_NOT_NOW);
    cr_expect_eq(explanation.floor_blocked_nodes, 2);
    cr_expect_str_eq(sentence(&fleet, &explanation, out),
                     "does not fit now: 3 nodes: cpu on 3; nearest: node 0 lacks 1000m of 1000m "
                     "CPU; floors protect what could be evicted on 2 nodes");
    fleet.sched.options.preemption_enabled = false;
    cr_expect_eq(explain(&fleet, demand, 1).floor_blocked_nodes, 0);
    small_fleet_release(&fleet);
}

static const char *name_of(const void *context, int32_t node)
{
    return ((const char *const *)context)[node];
}

Test(explain, uses_given_names_and_cuts_at_the_size)
{
    struct small_fleet fleet;
    char out[256], cut[20];
    static const char *const names[] = {"alpha"};
    const struct explain_names given = {names, name_of, NULL};
    small_fleet_init(&fleet, &(struct sched_options){0});
    small_node(&fleet, small_type(&fleet, 1000, 0));
    struct explanation explanation = explain(&fleet, demand_of(&fleet, small_cpu(1), 0), 1);
    explain_print(&fleet.sched.fleet, &explanation, &given, out, sizeof out);
    cr_expect_str_eq(out, "fits now: node alpha");
    explain_print(&fleet.sched.fleet, &explanation, &given, cut, sizeof cut);
    cr_expect_str_eq(cut, "fits now: node alph");
    explain_print(&fleet.sched.fleet, &explanation, &given, cut, 1);
    cr_expect_str_eq(cut, "");
    small_fleet_release(&fleet);
}
