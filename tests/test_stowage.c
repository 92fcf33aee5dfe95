/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "base/array.h"
#include "scheduler/policy.h"
#include "tests/small_fleet.h"

/* The policy `stowage` by its scores. */

enum { MAX = 4 };

/* What is asked for, and how often. */
struct asked {
    struct shape shape;
    int64_t count;
};

struct bench_rig {
    struct small_fleet fleet;
    struct policy_instance policy;
    struct popular_shape popular[MAX];
};

static int32_t add_type(struct bench_rig *rig, int64_t cpu_milli, int32_t devices,
                        const char *const *model)
{
    const struct node_type type = {.cpu_milli = cpu_milli,
                                   .mem_bytes = INT64_C(64) << 30,
                                   .device_count = devices,
                                   .device_mem_bytes = devices > 0 ? INT64_C(16) << 30 : 0,
                                   .device_types = model,
                                   .device_type_count = devices > 0 ? 1 : 0};
    struct err err;
    int32_t number, group;
    cr_assert_eq(fleet_add_type(&rig->fleet.sched.fleet, &type, &number, &err), 0);
    cr_assert_eq(fleet_group(&rig->fleet.sched.fleet, (struct node_group){0, number}, &group, &err),
                 0);
    return group;
}

static struct shape with_cpu(struct shape shape, int64_t cpu_milli)
{
    shape.cpu_milli = cpu_milli;
    return shape;
}

/* After all nodes. grain 0: scores are differences in milli-devices. */
static void start(struct bench_rig *rig, const struct asked *asked, int32_t count)
{
    const struct policy *policy = policy_find("stowage");
    struct policy_value values[POLICY_PARAMETERS_MAX];
    struct policy_setting setting = {.shapes = &rig->fleet.shapes,
                                     .popularity = {rig->popular, count}};
    struct err err;
    policy_defaults(policy, values);
    cr_assert_str_eq(policy->parameters[3].name, "grain_milli");
    values[3].integer = 0;
    for (int32_t i = 0; i < count; i++) {
        int32_t shape;
        cr_assert_eq(shape_table_intern(&rig->fleet.shapes, &asked[i].shape, &shape, &err), 0);
        rig->popular[i] = (struct popular_shape){shape, asked[i].count};
    }
    cr_assert_eq(sched_refresh(&rig->fleet.sched, &err), 0);
    cr_assert_eq(policy_instance_start(&rig->policy, policy, values, &setting, &err), 0);
    cr_assert_eq(policy_instance_refresh(&rig->policy, &rig->fleet.sched.fleet, &err), 0);
}

static struct policy_context context_of(const struct bench_rig *rig, const struct shape *shape)
{
    return (struct policy_context){.fleet = &rig->fleet.sched.fleet,
                                   .shape = shape,
                                   .values = rig->policy.values,
                                   .state = rig->policy.state};
}

static double score_of(const struct bench_rig *rig, struct shape shape, int32_t node)
{
    const struct policy_context context = context_of(rig, &shape);
    return rig->policy.policy->score(&context, node);
}

static void stop(struct bench_rig *rig)
{
    policy_instance_stop(&rig->policy);
    small_fleet_release(&rig->fleet);
}

/* 9 CPU and 3 devices for a class of 4 CPU and one device: worth 2000 + 0.2 * 2250. With one placed
 * 1000 + 0.2 * 1250; with 4 CPU taken by others the same 1000 and 1250, with 1 CPU 2000 and 2000.
 */
Test(stowage, scores_as_in_the_worked_example)
{
    struct bench_rig rig = {0};
    const struct asked asked[] = {{with_cpu(small_devices(1), 4000), 7}};
    small_fleet_init(&rig.fleet, &(struct sched_options){0});
    small_node(&rig.fleet, add_type(&rig, 9000, 3, (const char *const[]){"A"}));
    start(&rig, asked, ARRAY_LEN(asked));
    cr_expect_float_eq(score_of(&rig, asked[0].shape, 0), -1200.0, 1e-9);
    cr_expect_float_eq(score_of(&rig, small_cpu(4000), 0), -1200.0, 1e-9);
    cr_expect_float_eq(score_of(&rig, small_cpu(1000), 0), -50.0, 1e-9);
    cr_expect_float_eq(score_of(&rig, small_devices(1), 0), -50.0, 1e-9);
    stop(&rig);
}

Test(stowage, lets_requests_without_devices_go_where_devices_do_not_need_the_cpu)
{
    struct bench_rig rig = {0};
    const char *const model[] = {"A"};
    const struct asked asked[] = {{with_cpu(small_devices(1), 4000), 7}, {small_cpu(4000), 7}};
    small_fleet_init(&rig.fleet, &(struct sched_options){0});
    small_node(&rig.fleet, add_type(&rig, 8000, 2, model));
    small_node(&rig.fleet, add_type(&rig, 16000, 2, model));
    small_node(&rig.fleet, add_type(&rig, 8000, 0, NULL));
    start(&rig, asked, ARRAY_LEN(asked));
    cr_expect_lt(score_of(&rig, small_cpu(4000), 0), -900.0);
    cr_expect_float_eq(score_of(&rig, small_cpu(4000), 1), 0.0, 1e-9);
    cr_expect_float_eq(score_of(&rig, small_cpu(4000), 2), 0.0, 1e-9);
    stop(&rig);
}

/* On a device with 190 left a share of 160 costs nothing but the hope for others of its kind. */
Test(stowage, puts_a_share_beside_the_one_that_leaves_room_for_nothing_else)
{
    struct bench_rig rig = {0};
    const struct shape small = small_share(1, 160), large = small_share(1, 810);
    const struct asked asked[] = {{small, 1}, {large, 10}, {small_devices(1), 10}};
    small_fleet_init(&rig.fleet, &(struct sched_options){0});
    int32_t group = add_type(&rig, 8000, 2, (const char *const[]){"A"});
    small_node(&rig.fleet, group);
    small_node(&rig.fleet, group);
    int32_t runner = small_runner(&rig.fleet, &(struct small_runner){.shape = large});
    small_run(&rig.fleet, runner, 0);
    start(&rig, asked, ARRAY_LEN(asked));
    cr_expect_gt(score_of(&rig, small, 0), score_of(&rig, small, 1) + 100.0);
    const struct policy_context context = context_of(&rig, &small);
    struct room room;
    fleet_room(&rig.fleet.sched.fleet, 0, &room);
    cr_expect_eq(rig.policy.policy->choose_devices(&context, 0, &room), 1);
    stop(&rig);
}

/* Three nodes of B for one of A, which is all that a fifth of the requests can use. */
Test(stowage, keeps_scarce_devices_for_those_who_need_them)
{
    struct bench_rig rig = {0};
    static const char *const a[] = {"A"}, *const b[] = {"B"};
    struct shape only_a = small_devices(1);
    only_a.type_patterns = a;
    only_a.type_pattern_count = 1;
    const struct asked asked[] = {{small_devices(1), 4}, {only_a, 1}};
    small_fleet_init(&rig.fleet, &(struct sched_options){0});
    small_node(&rig.fleet, add_type(&rig, 8000, 2, a));
    int32_t group = add_type(&rig, 8000, 2, b);
    for (int32_t i = 0; i < 3; i++)
        small_node(&rig.fleet, group);
    start(&rig, asked, ARRAY_LEN(asked));
    cr_expect_gt(score_of(&rig, small_devices(1), 1), score_of(&rig, small_devices(1), 0) + 100.0);
    stop(&rig);
}

Test(stowage, remembers_nothing_that_changes_a_score)
{
    struct bench_rig rig = {0};
    const char *const model[] = {"A"};
    const struct asked asked[] = {{with_cpu(small_share(1, 300), 500), 3},
                                  {with_cpu(small_devices(2), 3000), 1}};
    double first[6];
    small_fleet_init(&rig.fleet, &(struct sched_options){0});
    for (int32_t i = 0; i < 3; i++)
        small_node(&rig.fleet, add_type(&rig, 4000 + 1000 * i, 8 + 2 * i, model));
    start(&rig, asked, ARRAY_LEN(asked));
    for (int32_t i = 0; i < 6; i++)
        first[i] = score_of(&rig, asked[i % 2].shape, i / 2);
    for (int32_t i = 5; i >= 0; i--)
        cr_expect_float_eq(score_of(&rig, asked[i % 2].shape, i / 2), first[i], 0.0);
    stop(&rig);
}

Test(stowage, scores_all_nodes_alike_where_nothing_is_known)
{
    struct bench_rig rig = {0};
    small_fleet_init(&rig.fleet, &(struct sched_options){0});
    small_node(&rig.fleet, add_type(&rig, 8000, 2, (const char *const[]){"A"}));
    small_node(&rig.fleet, add_type(&rig, 4000, 0, NULL));
    start(&rig, NULL, 0);
    cr_expect_float_eq(score_of(&rig, small_cpu(1000), 0), 0.0, 0.0);
    cr_expect_float_eq(score_of(&rig, small_cpu(1000), 1), 0.0, 0.0);
    stop(&rig);
}
