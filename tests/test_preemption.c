/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/preemption.h"

#include <criterion/criterion.h>

#include "base/array.h"
#include "tests/failing_alloc.h"
#include "tests/small_fleet.h"

static const struct sched_options floor_first = {.preemption_enabled = true};
static const struct sched_options priority_first = {.preemption_enabled = true,
                                                    .order = ORDER_PRIORITY_FIRST};

static struct victim_set find(struct small_fleet *fleet, int32_t demand, int64_t now)
{
    const struct preemption_question question = {
        .replica = demand, .class = sched_class_of(&fleet->sched, demand), .now = now};
    struct victim_set set = {0};
    struct err err;
    cr_assert_eq(preemption_find(&fleet->sched, &question, &set, &err), 0);
    return set;
}

static int32_t cpu_runner(struct small_fleet *fleet, int64_t cpu_milli, int32_t priority,
                          int32_t floor)
{
    return small_runner(fleet, &(struct small_runner){.shape = small_cpu(cpu_milli),
                                                      .priority = priority,
                                                      .floor = floor});
}

static enum replica_state state_of(const struct small_fleet *fleet, int32_t replica)
{
    return (enum replica_state)small_replica(fleet, replica)->state;
}

/* ---- the victims on one node ---- */

/* The first example of preemption.c. */
Test(preemption, gives_back_the_most_important_and_keeps_budgets)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet, &floor_first);
    small_node(&fleet, small_type(&fleet, 4000, 0));
    int32_t a = cpu_runner(&fleet, 1000, 3, 0), b = cpu_runner(&fleet, 1000, 1, 1);
    small_run(&fleet, a, 1);
    small_run(&fleet, b, 2);
    int32_t a_2 = small_run(&fleet, a, 8), b_2 = small_run(&fleet, b, 9);
    int32_t demand = small_demand(&fleet, cpu_runner(&fleet, 2000, 5, 0), 10);
    struct victim_set set = find(&fleet, demand, 10);
    cr_assert_eq(set.node, 0);
    cr_assert_eq(set.count, 2);
    cr_expect_eq(set.victims[0], a_2);
    cr_expect_eq(set.victims[1], b_2);
    cr_expect_eq(set.highest_priority, 3);
    cr_expect_eq(set.priority_sum, 6);
    cr_expect_eq(set.work_lost_ticks, 3);
    victim_set_release(&set);
    small_fleet_release(&fleet);
}

/* Runner 0 goes to devices 0 and 1, runner 1 to devices 1 and 2, any other by the default rule. */
static uint64_t staggered(const struct policy_context *context, int32_t node,
                          const struct room *room)
{
    uint64_t runner = context->demand >> 32, ordinal = context->demand & UINT32_MAX;
    if (runner < 2)
        return UINT64_C(1) << (runner + ordinal);
    return room_choose_devices(room, fleet_type_of(context->fleet, node), context->shape);
}

static const struct policy policy_staggered = {
    .api_version = POLICY_API_VERSION, .name = "staggered", .choose_devices = staggered};

/* The second example of preemption.c. */
Test(preemption, backs_up_when_what_was_given_back_leads_nowhere)
{
    struct small_fleet fleet;
    small_fleet_init(
        &fleet, &(struct sched_options){.preemption_enabled = true, .policy = &policy_staggered});
    small_node(&fleet, small_type(&fleet, 4000, 3));
    struct small_runner half = {.shape = small_share(1, 500), .priority = 2, .floor = 1};
    int32_t a = small_runner(&fleet, &half);
    half.priority = 1;
    int32_t b = small_runner(&fleet, &half);
    int32_t a_1 = small_run(&fleet, a, 1);
    small_run(&fleet, a, 2);
    small_run(&fleet, b, 3);
    int32_t b_2 = small_run(&fleet, b, 4);
    int32_t asking =
        small_runner(&fleet, &(struct small_runner){.shape = small_devices(2), .priority = 5});
    struct victim_set set = find(&fleet, small_demand(&fleet, asking, 5), 5);
    cr_assert_eq(set.node, 0);
    cr_assert_eq(set.count, 2);
    cr_expect_eq(set.victims[0], a_1);
    cr_expect_eq(set.victims[1], b_2);
    cr_expect_eq(set.devices, 0x5);
    victim_set_release(&set);
    small_fleet_release(&fleet);
}

/* Sixteen devices with two runners on each, in a ring, and a budget that is short by one: no legal
 * set exists, and the search has to say so in time. */
static uint64_t ring(const struct policy_context *context, int32_t node, const struct room *room)
{
    uint64_t runner = context->demand >> 32, ordinal = context->demand & UINT32_MAX;
    (void)node;
    (void)room;
    return UINT64_C(1) << ((runner + ordinal * 3) % 16);
}

static const struct policy policy_ring = {
    .api_version = POLICY_API_VERSION, .name = "ring", .choose_devices = ring};

Test(preemption, gives_up_in_time_where_no_legal_set_exists)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet,
                     &(struct sched_options){.preemption_enabled = true, .policy = &policy_ring});
    small_node(&fleet, small_type(&fleet, 4000, 16));
    const struct small_runner half = {.shape = small_share(1, 500), .priority = 2, .floor = 1};
    for (int32_t i = 0; i < 16; i++) {
        int32_t runner = small_runner(&fleet, &half);
        small_run(&fleet, runner, i);
        small_run(&fleet, runner, i);
    }
    /* 9 devices have 18 replicas on them, the budgets allow 16. */
    int32_t asking =
        small_runner(&fleet, &(struct small_runner){.shape = small_devices(9), .priority = 5});
    struct victim_set set = find(&fleet, small_demand(&fleet, asking, 5), 5);
    cr_assert_eq(set.node, -1);
    small_fleet_release(&fleet);
}

/* ---- who may be a victim ---- */

struct right_case {
    const char *name;
    enum demand_order order;
    enum demand_class class;
    int32_t demand_priority, victim_priority;
    int32_t live, floor;      /* of the victim's runner */
    int64_t min_runtime, age; /* age -1: still starting */
    bool may;
};

static const struct right_case right_cases[] = {
    {"lower priority", ORDER_PRIORITY_FIRST, CLASS_EXTRA, 5, 4, 1, 0, 0, 1, true},
    {"the same priority", ORDER_PRIORITY_FIRST, CLASS_EXTRA, 5, 5, 1, 0, 0, 1, false},
    {"higher priority", ORDER_PRIORITY_FIRST, CLASS_EXTRA, 5, 6, 1, 0, 0, 1, false},
    {"core, the same priority", ORDER_PRIORITY_FIRST, CLASS_CORE, 5, 5, 1, 0, 0, 1, false},
    {"core, floor first, the same priority", ORDER_FLOOR_FIRST, CLASS_CORE, 5, 5, 1, 0, 0, 1, true},
    {"core, floor first, higher priority", ORDER_FLOOR_FIRST, CLASS_CORE, 0, 9, 1, 0, 0, 1, true},
    {"extra, floor first, the same priority", ORDER_FLOOR_FIRST, CLASS_EXTRA, 5, 5, 1, 0, 0, 1,
     false},
    {"no budget", ORDER_FLOOR_FIRST, CLASS_CORE, 9, 0, 2, 2, 0, 1, false},
    {"below its floor", ORDER_FLOOR_FIRST, CLASS_CORE, 9, 0, 2, 3, 0, 1, false},
    {"one above its floor", ORDER_FLOOR_FIRST, CLASS_CORE, 9, 0, 2, 1, 0, 1, true},
    {"old enough", ORDER_FLOOR_FIRST, CLASS_EXTRA, 9, 0, 1, 0, 10, 10, true},
    {"too young", ORDER_FLOOR_FIRST, CLASS_EXTRA, 9, 0, 1, 0, 10, 9, false},
    {"starting", ORDER_FLOOR_FIRST, CLASS_EXTRA, 9, 0, 1, 0, 0, -1, true},
    {"starting, with a least runtime", ORDER_FLOOR_FIRST, CLASS_EXTRA, 9, 0, 1, 0, 1, -1, false},
};

Test(preemption, knows_who_may_be_a_victim)
{
    for (size_t i = 0; i < ARRAY_LEN(right_cases); i++) {
        const struct right_case *row = &right_cases[i];
        struct small_fleet fleet;
        int32_t victim = -1;
        small_fleet_init(&fleet, &(struct sched_options){.preemption_enabled = true,
                                                         .order = row->order,
                                                         .min_runtime_ticks = row->min_runtime});
        small_node(&fleet, small_type(&fleet, 1000 * row->live, 0));
        int32_t owner = cpu_runner(&fleet, 1000, row->victim_priority, row->floor);
        for (int32_t k = 0; k < row->live; k++) {
            victim = small_demand(&fleet, owner, 0);
            small_pass(&fleet, 0);
            if (row->age >= 0)
                sched_running(&fleet.sched, victim, 100 - row->age);
        }
        int32_t asking =
            cpu_runner(&fleet, 1000, row->demand_priority, row->class == CLASS_CORE ? 1 : 0);
        const struct preemption_question question = {
            .replica = small_demand(&fleet, asking, 50), .class = row->class, .now = 100};
        struct victim_set set = find(&fleet, question.replica, 100);
        cr_expect_eq(preemption_may_evict(&fleet.sched, &question, victim), row->may, "%s",
                     row->name);
        cr_expect_eq(set.node, row->may ? 0 : -1, "%s", row->name);
        victim_set_release(&set);
        small_fleet_release(&fleet);
    }
}

Test(preemption, spares_those_that_terminate_wait_or_may_not)
{
    struct small_fleet fleet;
    struct err err;
    small_fleet_init(&fleet, &floor_first);
    small_node(&fleet, small_type(&fleet, 1000, 0));
    int32_t low = small_run(&fleet, cpu_runner(&fleet, 1000, 0, 0), 1);
    int32_t meek = small_runner(
        &fleet,
        &(struct small_runner){.shape = small_cpu(1000), .priority = 9, .never_preempts = true});
    int32_t demand = small_demand(&fleet, meek, 2);
    small_pass(&fleet, 3);
    cr_expect_eq(fleet.decisions.count, 0);
    cr_assert_eq(sched_withdraw(&fleet.sched, demand, &err), 0);
    cr_assert_eq(sched_terminate(&fleet.sched, low, &err), 0);
    int32_t high = small_demand(&fleet, cpu_runner(&fleet, 1000, 9, 0), 4);
    small_pass(&fleet, 5);
    cr_expect_eq(fleet.decisions.count, 0);
    cr_expect_eq(state_of(&fleet, high), REPLICA_PENDING);
    small_gone(&fleet, low);
    small_pass(&fleet, 6);
    cr_expect_eq(state_of(&fleet, high), REPLICA_STARTING);
    small_fleet_release(&fleet);
}

/* ---- among nodes ---- */

struct rank_case {
    const char *name;
    struct {
        int32_t priority;
        int64_t since; /* -1: still starting */
    } victims[2][3];   /* on either node; unused ones have priority -1 */
    int32_t node;
};

#define NOBODY                                                                                     \
    {                                                                                              \
        -1, 0                                                                                      \
    }

static const struct rank_case rank_cases[] = {
    {"smallest highest priority", {{{3, 5}, NOBODY, NOBODY}, {{2, 1}, {2, 1}, {2, 1}}}, 1},
    {"then smallest sum", {{{2, 5}, {2, 5}, NOBODY}, {{2, 1}, {1, 1}, NOBODY}}, 1},
    {"a sum counts heads too", {{{2, 1}, {0, 9}, NOBODY}, {{2, 1}, NOBODY, NOBODY}}, 1},
    {"then fewest", {{{2, 9}, {0, 9}, {0, 9}}, {{2, 1}, {1, 1}, NOBODY}}, 1},
    {"then least work lost", {{{2, 1}, NOBODY, NOBODY}, {{2, 5}, NOBODY, NOBODY}}, 1},
    {"what starts has no work to lose", {{{2, 9}, NOBODY, NOBODY}, {{2, -1}, NOBODY, NOBODY}}, 1},
    {"then the lowest index", {{{2, 5}, {1, 3}, NOBODY}, {{2, 3}, {1, 5}, NOBODY}}, 0},
};
#undef NOBODY

static int32_t count_victims(const struct rank_case *row, int node)
{
    int32_t count = 0;
    while (count < 3 && row->victims[node][count].priority >= 0)
        count++;
    return count;
}

Test(preemption, ranks_nodes_by_its_five_criteria_in_turn)
{
    for (size_t i = 0; i < ARRAY_LEN(rank_cases); i++) {
        const struct rank_case *row = &rank_cases[i];
        struct small_fleet fleet;
        small_fleet_init(&fleet, &priority_first);
        int32_t group = small_type(&fleet, 6000, 0);
        for (int node = 0; node < 2; node++) {
            int32_t count = count_victims(row, node);
            small_node(&fleet, group);
            for (int32_t k = 0; k < count; k++) {
                int32_t owner = cpu_runner(&fleet, 6000 / count, row->victims[node][k].priority, 0);
                int32_t victim = small_demand(&fleet, owner, 0);
                small_pass(&fleet, 0);
                cr_assert_eq(small_replica(&fleet, victim)->node, node);
                if (row->victims[node][k].since >= 0)
                    sched_running(&fleet.sched, victim, row->victims[node][k].since);
            }
        }
        int32_t demand = small_demand(&fleet, cpu_runner(&fleet, 6000, 9, 0), 10);
        struct victim_set set = find(&fleet, demand, 10);
        cr_expect_eq(set.node, row->node, "%s", row->name);
        victim_set_release(&set);
        small_fleet_release(&fleet);
    }
}

/* ---- the reservation ---- */

/* A demand that takes what is free, and nothing else. */
static int32_t meek_demand(struct small_fleet *fleet, int64_t cpu_milli, int64_t now)
{
    const struct small_runner meek = {
        .shape = small_cpu(cpu_milli), .priority = 9, .never_preempts = true};
    return small_demand(fleet, small_runner(fleet, &meek), now);
}

/* The example of transitions.c. */
struct reservation {
    struct small_fleet fleet;
    int32_t first, second, nominee; /* victims of 2000m and 1500m, the demand of 4000m */
};

static void reservation_init(struct reservation *it)
{
    small_fleet_init(&it->fleet, &floor_first);
    small_node(&it->fleet, small_type(&it->fleet, 4500, 0));
    it->first = small_run(&it->fleet, cpu_runner(&it->fleet, 2000, 1, 0), 1);
    it->second = small_run(&it->fleet, cpu_runner(&it->fleet, 1500, 1, 0), 1);
    it->nominee = small_demand(&it->fleet, cpu_runner(&it->fleet, 4000, 5, 0), 2);
    small_pass(&it->fleet, 2);
    cr_assert_eq(it->fleet.decisions.count, 3);
    cr_assert_eq(it->fleet.decisions.items[0].kind, DECISION_EVICT);
    cr_assert_eq(it->fleet.decisions.items[1].kind, DECISION_EVICT);
    cr_assert_eq(it->fleet.decisions.items[2].kind, DECISION_NOMINATE);
}

static void expect_cpu(const struct reservation *it, int64_t free_milli, int64_t held_milli)
{
    cr_expect_eq(it->fleet.sched.fleet.nodes[0].cpu_free_milli, free_milli);
    cr_expect_eq(fleet_held(&it->fleet.sched.fleet, 0).cpu_milli, held_milli);
}

Test(preemption, holds_what_the_victims_will_not_bring_and_takes_their_room_as_they_go)
{
    struct reservation it;
    reservation_init(&it);
    expect_cpu(&it, 500, 500);
    cr_expect_eq(small_replica(&it.fleet, it.nominee)->victims_left, 2);
    small_gone(&it.fleet, it.first);
    expect_cpu(&it, 500, 2500);
    small_pass(&it.fleet, 3);
    cr_expect_eq(state_of(&it.fleet, it.nominee), REPLICA_NOMINATED);
    small_gone(&it.fleet, it.second);
    expect_cpu(&it, 500, 4000);
    cr_expect_eq(state_of(&it.fleet, it.nominee), REPLICA_NOMINATED);
    small_pass(&it.fleet, 4);
    cr_expect_eq(state_of(&it.fleet, it.nominee), REPLICA_STARTING);
    expect_cpu(&it, 500, 0);
    small_fleet_release(&it.fleet);
}

Test(preemption, keeps_what_is_held_from_others_and_lets_them_have_the_rest)
{
    struct reservation it;
    reservation_init(&it);
    small_gone(&it.fleet, it.first);
    int32_t large = meek_demand(&it.fleet, 501, 3), small = meek_demand(&it.fleet, 500, 3);
    small_pass(&it.fleet, 3);
    cr_expect_eq(state_of(&it.fleet, large), REPLICA_PENDING);
    cr_expect_eq(state_of(&it.fleet, small), REPLICA_STARTING);
    small_gone(&it.fleet, it.second);
    small_pass(&it.fleet, 4);
    cr_expect_eq(state_of(&it.fleet, it.nominee), REPLICA_STARTING);
    small_fleet_release(&it.fleet);
}

Test(preemption, frees_what_was_held_when_the_demand_is_withdrawn)
{
    struct reservation it;
    struct err err;
    reservation_init(&it);
    small_gone(&it.fleet, it.first);
    cr_assert_eq(sched_withdraw(&it.fleet.sched, it.nominee, &err), 0);
    expect_cpu(&it, 3000, 0);
    cr_expect_eq(state_of(&it.fleet, it.second), REPLICA_TERMINATING);
    cr_expect_eq(small_replica(&it.fleet, it.second)->pledged_to, -1);
    small_gone(&it.fleet, it.second);
    expect_cpu(&it, 4500, 0);
    small_pass(&it.fleet, 3); /* the victims' replacements come back */
    expect_cpu(&it, 1000, 0);
    small_fleet_release(&it.fleet);
}

Test(preemption, frees_what_a_victim_has_beyond_the_request)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet, &floor_first);
    small_node(&fleet, small_type(&fleet, 4000, 2));
    struct shape both = small_devices(2), one = small_share(1, 300);
    both.cpu_milli = 4000;
    one.cpu_milli = 1000;
    int32_t victim = small_run(
        &fleet, small_runner(&fleet, &(struct small_runner){.shape = both, .priority = 1}), 1);
    int32_t asking = small_runner(&fleet, &(struct small_runner){.shape = one, .priority = 2});
    int32_t demand = small_demand(&fleet, asking, 2);
    small_pass(&fleet, 2);
    const struct node *node = &fleet.sched.fleet.nodes[0];
    cr_expect_eq(fleet_held(&fleet.sched.fleet, 0).cpu_milli, 0);
    cr_expect_eq(fleet_device_held(&fleet.sched.fleet, 0), 0);
    small_gone(&fleet, victim);
    cr_expect_eq(fleet_held(&fleet.sched.fleet, 0).cpu_milli, 1000);
    cr_expect_eq(node->cpu_free_milli, 3000);
    cr_expect_eq(fleet_device_held(&fleet.sched.fleet, 0), 300);
    cr_expect_eq(fleet_shares(&fleet.sched.fleet, 0)[0], 700);
    cr_expect_eq(fleet_shares(&fleet.sched.fleet, 0)[1], 1000);
    cr_expect_eq(small_replica(&fleet, demand)->devices, 0x1);
    small_fleet_release(&fleet);
}

Test(preemption, keeps_others_off_the_node_of_an_isolated_nominee)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet, &floor_first);
    small_node(&fleet, small_type(&fleet, 4000, 0));
    int32_t victim = small_run(&fleet, cpu_runner(&fleet, 1000, 1, 0), 1);
    struct shape alone = small_cpu(1000);
    alone.packing = PACKING_ISOLATED;
    int32_t asking = small_runner(&fleet, &(struct small_runner){.shape = alone, .priority = 5});
    int32_t demand = small_demand(&fleet, asking, 2);
    small_pass(&fleet, 2);
    cr_assert_eq(state_of(&fleet, demand), REPLICA_NOMINATED);
    int32_t other = meek_demand(&fleet, 100, 3);
    small_pass(&fleet, 3);
    cr_expect_eq(state_of(&fleet, other), REPLICA_PENDING);
    small_gone(&fleet, victim);
    small_pass(&fleet, 4);
    cr_expect_eq(state_of(&fleet, demand), REPLICA_STARTING);
    cr_expect_eq(state_of(&fleet, other), REPLICA_PENDING);
    small_fleet_release(&fleet);
}

Test(preemption, counts_nominees_against_the_limit_per_node)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet, &floor_first);
    small_node(&fleet, small_type(&fleet, 4000, 0));
    int32_t victim = small_run(&fleet, cpu_runner(&fleet, 4000, 1, 0), 1);
    struct shape limited = small_cpu(1000);
    limited.max_per_node = 1;
    int32_t asking = small_runner(&fleet, &(struct small_runner){.shape = limited, .priority = 5});
    int32_t first = small_demand(&fleet, asking, 2), second = small_demand(&fleet, asking, 2);
    small_pass(&fleet, 2);
    cr_expect_eq(state_of(&fleet, first), REPLICA_NOMINATED);
    cr_expect_eq(state_of(&fleet, second), REPLICA_PENDING);
    small_gone(&fleet, victim);
    cr_expect_eq(fleet.sched.fleet.nodes[0].cpu_free_milli, 3000);
    small_pass(&fleet, 3);
    cr_expect_eq(state_of(&fleet, first), REPLICA_STARTING);
    cr_expect_eq(state_of(&fleet, second), REPLICA_PENDING);
    small_fleet_release(&fleet);
}

/* ---- over several passes ---- */

Test(preemption, tries_again_when_a_replica_is_old_enough)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet,
                     &(struct sched_options){.preemption_enabled = true, .min_runtime_ticks = 10});
    small_node(&fleet, small_type(&fleet, 1000, 0));
    int32_t low = small_demand(&fleet, cpu_runner(&fleet, 1000, 1, 0), 1);
    small_pass(&fleet, 1);
    int32_t demand = small_demand(&fleet, cpu_runner(&fleet, 1000, 5, 0), 1);
    small_pass(&fleet, 20);
    cr_expect_eq(state_of(&fleet, demand), REPLICA_PENDING);
    sched_running(&fleet.sched, low, 21);
    small_pass(&fleet, 22);
    small_pass(&fleet, 30);
    cr_expect_eq(state_of(&fleet, demand), REPLICA_PENDING);
    small_pass(&fleet, 31);
    cr_expect_eq(state_of(&fleet, demand), REPLICA_NOMINATED);
    small_fleet_release(&fleet);
}

Test(preemption, tries_again_when_a_floor_falls)
{
    struct small_fleet fleet;
    struct err err;
    small_fleet_init(&fleet, &floor_first);
    small_node(&fleet, small_type(&fleet, 2000, 0));
    int32_t low = cpu_runner(&fleet, 1000, 1, 2);
    small_run(&fleet, low, 1);
    small_run(&fleet, low, 1);
    int32_t demand = small_demand(&fleet, cpu_runner(&fleet, 1000, 5, 0), 1);
    small_pass(&fleet, 2);
    small_pass(&fleet, 3);
    cr_expect_eq(state_of(&fleet, demand), REPLICA_PENDING);
    cr_assert_eq(sched_set_floor(&fleet.sched, low, 1, &err), 0);
    small_pass(&fleet, 4);
    cr_expect_eq(state_of(&fleet, demand), REPLICA_NOMINATED);
    small_fleet_release(&fleet);
}

Test(preemption, numbers_the_links_of_a_chain)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet, &floor_first);
    int32_t large = small_type(&fleet, 2000, 0), small = small_type(&fleet, 1000, 0);
    small_node(&fleet, large);
    small_node(&fleet, small);
    int32_t middle = small_run(&fleet, cpu_runner(&fleet, 1000, 5, 0), 1);
    int32_t filler = small_run(&fleet, cpu_runner(&fleet, 1000, 9, 1), 1);
    int32_t low = small_run(&fleet, cpu_runner(&fleet, 1000, 1, 0), 1);
    cr_assert_eq(small_replica(&fleet, low)->node, 1);
    cr_assert_eq(small_replica(&fleet, filler)->node, 0);
    struct shape roomy = small_cpu(1000);
    roomy.mem_bytes = 1;
    /* Only the first node's type is eligible by memory, so the middle one must go. */
    int32_t high = small_runner(&fleet, &(struct small_runner){.shape = roomy, .priority = 8});
    fleet.sched.fleet.types[1].mem_bytes = 0;
    fleet.sched.fleet.nodes[1].mem_free_bytes = 0;
    int32_t demand = small_demand(&fleet, high, 2);
    small_pass(&fleet, 2);
    const struct decision *items = fleet.decisions.items;
    cr_assert_eq(fleet.decisions.count, 4);
    cr_expect_eq(items[0].kind, DECISION_EVICT);
    cr_expect_eq(items[0].replica, middle);
    cr_expect_eq(items[0].demand, demand);
    cr_expect_eq(items[0].chain_depth, 1);
    cr_expect_eq(items[1].kind, DECISION_NOMINATE);
    cr_expect_eq(items[2].kind, DECISION_EVICT);
    cr_expect_eq(items[2].replica, low);
    cr_expect_eq(items[2].demand, items[0].replacement);
    cr_expect_eq(items[2].chain_depth, 2);
    cr_expect_eq(items[3].replica, items[0].replacement);
    cr_expect_eq(small_replica(&fleet, items[2].replacement)->chain_depth, 2);
    cr_expect_eq(small_replica(&fleet, items[2].replacement)->asked_at, 2);
    cr_expect_eq(fleet.sched.floor_breach_count, 0);
    small_fleet_release(&fleet);
}

/* ---- memory ---- */

Test(preemption, reports_that_memory_is_out)
{
    struct reservation it;
    int64_t n = 1;
    reservation_init(&it);
    small_gone(&it.fleet, it.first);
    small_gone(&it.fleet, it.second);
    small_pass(&it.fleet, 3);
    int32_t demand = small_demand(&it.fleet, cpu_runner(&it.fleet, 4500, 9, 0), 4);
    const struct preemption_question question = {.replica = demand, .class = CLASS_EXTRA, .now = 4};
    for (;; n++) {
        struct victim_set set = {0};
        struct err err = {0};
        failing_alloc_arm(n);
        int result = preemption_find(&it.fleet.sched, &question, &set, &err);
        bool has_failed = failing_alloc_disarm();
        victim_set_release(&set);
        cr_assert_eq(result, has_failed ? -1 : 0);
        cr_assert_eq(err.kind, has_failed ? ERR_SYSTEM : ERR_NONE);
        cr_assert_eq(sched_check(&it.fleet.sched, &err), 0);
        if (!has_failed)
            break;
    }
    cr_assert_geq(n, 4);
    small_fleet_release(&it.fleet);
}
