/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/sched.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/array.h"
#include "tests/failing_alloc.h"
#include "tests/random_fleet.h"
#include "tests/small_fleet.h"

/* ---- core and extra ---- */

/* One node of 1000m and a runner of 1000m replicas: one can be bound at a time. */
struct line {
    struct small_fleet fleet;
    int32_t runner;
    int32_t demands[8];
};

static void line_init(struct line *line, int32_t floor, int32_t demand_count)
{
    small_fleet_init(&line->fleet, &(struct sched_options){0});
    small_node(&line->fleet, small_type(&line->fleet, 1000, 0));
    line->runner = small_runner(&line->fleet,
                                &(struct small_runner){.shape = small_cpu(1000), .floor = floor});
    for (int32_t i = 0; i < demand_count; i++)
        line->demands[i] = small_demand(&line->fleet, line->runner, 10 + i);
}

/* "cce" for two core demands and an extra one, in the order of asking; '-' for what is not waiting.
 */
static const char *classes(const struct line *line, int32_t demand_count, char text[9])
{
    for (int32_t i = 0; i < demand_count; i++) {
        uint8_t state = small_replica(&line->fleet, line->demands[i])->state;
        text[i] = '-';
        if (state == REPLICA_PENDING || state == REPLICA_BLOCKED)
            text[i] =
                sched_class_of(&line->fleet.sched, line->demands[i]) == CLASS_CORE ? 'c' : 'e';
    }
    text[demand_count] = '\0';
    return text;
}

static void checked(const struct line *line)
{
    struct err err;
    cr_assert_eq(sched_check(&line->fleet.sched, &err), 0, "%s", err.text);
}

Test(sched, calls_as_many_of_the_first_demands_core_as_the_floor_lacks)
{
    char text[9];
    for (int32_t floor = 0; floor <= 5; floor++) {
        static const char *const expected[] = {"eeee", "ceee", "ccee", "ccce", "cccc", "cccc"};
        struct line line;
        line_init(&line, floor, 4);
        cr_expect_str_eq(classes(&line, 4, text), expected[floor]);
        checked(&line);
        small_fleet_release(&line.fleet);
    }
}

Test(sched, moves_the_line_when_the_floor_changes)
{
    struct line line;
    struct err err;
    char text[9];
    line_init(&line, 1, 4);
    cr_assert_eq(sched_set_floor(&line.fleet.sched, line.runner, 3, &err), 0);
    cr_expect_str_eq(classes(&line, 4, text), "ccce");
    checked(&line);
    cr_assert_eq(sched_set_floor(&line.fleet.sched, line.runner, 0, &err), 0);
    cr_expect_str_eq(classes(&line, 4, text), "eeee");
    checked(&line);
    small_fleet_release(&line.fleet);
}

Test(sched, moves_the_line_when_replicas_come_and_go)
{
    struct line line;
    struct err err;
    char text[9];
    line_init(&line, 2, 4);
    small_pass(&line.fleet, 20);
    cr_expect_str_eq(classes(&line, 4, text), "-cee");
    cr_assert_eq(sched_terminate(&line.fleet.sched, line.demands[0], &err), 0);
    cr_expect_str_eq(classes(&line, 4, text), "-cce");
    checked(&line);
    small_gone(&line.fleet, line.demands[0]);
    small_pass(&line.fleet, 21);
    cr_expect_str_eq(classes(&line, 4, text), "--ce");
    cr_assert_eq(sched_withdraw(&line.fleet.sched, line.demands[2], &err), 0);
    cr_expect_eq(sched_class_of(&line.fleet.sched, line.demands[3]), CLASS_CORE);
    checked(&line);
    small_fleet_release(&line.fleet);
}

Test(sched, blocks_and_unblocks_what_waits_and_keeps_its_order)
{
    struct line line;
    struct err err;
    char text[9];
    line_init(&line, 2, 4);
    cr_assert_eq(sched_set_blocked(&line.fleet.sched, line.runner, true, &err), 0);
    cr_expect_eq(line.fleet.sched.runners[line.runner].blocked, 4);
    cr_expect_eq(line.fleet.sched.queue.demand_count, 0);
    cr_expect_str_eq(classes(&line, 4, text), "ccee");
    checked(&line);
    small_pass(&line.fleet, 20);
    cr_expect_eq(line.fleet.decisions.count, 0);
    cr_assert_eq(sched_withdraw(&line.fleet.sched, line.demands[1], &err), 0);
    cr_assert_eq(sched_set_blocked(&line.fleet.sched, line.runner, false, &err), 0);
    cr_expect_str_eq(classes(&line, 4, text), "c-ce");
    checked(&line);
    small_fleet_release(&line.fleet);
}

Test(sched, blocks_new_demands_of_a_blocked_runner)
{
    struct small_fleet fleet;
    struct err err;
    small_fleet_init(&fleet, &(struct sched_options){0});
    small_node(&fleet, small_type(&fleet, 1000, 0));
    int32_t runner =
        small_runner(&fleet, &(struct small_runner){.shape = small_cpu(1), .is_blocked = true});
    int32_t demand = small_demand(&fleet, runner, 0);
    cr_assert_eq(small_replica(&fleet, demand)->state, REPLICA_BLOCKED);
    cr_assert_eq(sched_set_blocked(&fleet.sched, runner, false, &err), 0);
    small_pass(&fleet, 1);
    cr_assert_eq(small_replica(&fleet, demand)->state, REPLICA_STARTING);
    cr_assert_eq(sched_set_blocked(&fleet.sched, runner, true, &err), 0);
    cr_assert_eq(small_replica(&fleet, demand)->state, REPLICA_STARTING);
    small_fleet_release(&fleet);
}

/* ---- replicas ---- */

Test(sched, takes_a_replica_through_its_life)
{
    struct line line;
    struct err err;
    line_init(&line, 0, 1);
    const struct replica *replica = small_replica(&line.fleet, line.demands[0]);
    cr_expect_eq(replica->state, REPLICA_PENDING);
    cr_expect_eq(replica->node, -1);
    small_pass(&line.fleet, 11);
    cr_expect_eq(replica->state, REPLICA_STARTING);
    cr_expect_eq(replica->node, 0);
    cr_expect_eq(replica->running_since, INT64_MAX);
    cr_expect_eq(line.fleet.sched.runners[0].live, 1);
    sched_running(&line.fleet.sched, line.demands[0], 13);
    cr_expect_eq(replica->state, REPLICA_RUNNING);
    cr_expect_eq(replica->running_since, 13);
    cr_assert_eq(sched_terminate(&line.fleet.sched, line.demands[0], &err), 0);
    cr_expect_eq(line.fleet.sched.runners[0].live, 0);
    cr_expect_eq(line.fleet.sched.fleet.nodes[0].cpu_free_milli, 0);
    small_gone(&line.fleet, line.demands[0]);
    cr_expect_eq(replica->state, REPLICA_NONE);
    cr_expect_eq(line.fleet.sched.fleet.nodes[0].cpu_free_milli, 1000);
    small_fleet_release(&line.fleet);
}

Test(sched, reuses_slots_but_no_ordinal)
{
    struct line line;
    struct err err;
    line_init(&line, 0, 2);
    cr_assert_eq(sched_withdraw(&line.fleet.sched, line.demands[0], &err), 0);
    int32_t third = small_demand(&line.fleet, line.runner, 20);
    cr_expect_eq(third, line.demands[0]);
    cr_expect_eq(small_replica(&line.fleet, third)->ordinal, 2);
    cr_expect_eq(line.fleet.sched.replica_count, 2);
    checked(&line);
    small_fleet_release(&line.fleet);
}

Test(sched, puts_a_demand_that_lost_its_nomination_back_in_its_old_place)
{
    struct line line;
    struct err err;
    line_init(&line, 0, 3);
    int32_t high =
        small_runner(&line.fleet, &(struct small_runner){.shape = small_cpu(1000), .priority = 5});
    small_pass(&line.fleet, 20);
    int32_t first = small_demand(&line.fleet, high, 30),
            second = small_demand(&line.fleet, high, 31);
    line.fleet.sched.options.preemption_enabled = true;
    small_pass(&line.fleet, 40);
    cr_assert_eq(small_replica(&line.fleet, first)->state, REPLICA_NOMINATED);
    cr_assert_eq(sched_unnominate(&line.fleet.sched, first, &err), 0);
    cr_expect_eq(small_replica(&line.fleet, first)->asked_at, 30);
    cr_expect_eq(line.fleet.sched.runners[high].first_pending, first);
    cr_expect_eq(line.fleet.sched.runners[high].last_pending, second);
    cr_expect_eq(small_replica(&line.fleet, line.demands[0])->pledged_to, -1);
    checked(&line);
    small_gone(&line.fleet, line.demands[0]);
    small_pass(&line.fleet, 41);
    cr_expect_eq(small_replica(&line.fleet, first)->state, REPLICA_STARTING);
    small_fleet_release(&line.fleet);
}

/* ---- the checker ---- */

/* A scheduler with something of everything: see the names. */
struct zoo {
    struct small_fleet fleet;
    int32_t low, high, waiting, blocked, sharing; /* runners */
    int32_t lows[4], nominee, sharer;             /* replicas */
};

static void zoo_init(struct zoo *zoo)
{
    struct small_fleet *fleet = &zoo->fleet;
    small_fleet_init(fleet, &(struct sched_options){.preemption_enabled = true});
    int32_t group = small_type(fleet, 4000, 2);
    small_node(fleet, group);
    small_node(fleet, group);
    zoo->low = small_runner(fleet, &(struct small_runner){.shape = small_cpu(2000)});
    zoo->high =
        small_runner(fleet, &(struct small_runner){.shape = small_cpu(3000), .priority = 5});
    zoo->waiting = small_runner(
        fleet,
        &(struct small_runner){.shape = small_cpu(4000), .floor = 1, .never_preempts = true});
    zoo->blocked = small_runner(
        fleet, &(struct small_runner){.shape = small_cpu(1), .floor = 1, .is_blocked = true});
    zoo->sharing =
        small_runner(fleet, &(struct small_runner){.shape = small_share(1, 500), .priority = 9});
    for (int i = 0; i < 4; i++)
        zoo->lows[i] = small_run(fleet, zoo->low, i);
    zoo->sharer = small_run(fleet, zoo->sharing, 5);
    for (int i = 0; i < 3; i++)
        small_demand(fleet, zoo->waiting, 10 + i);
    small_demand(fleet, zoo->blocked, 20);
    small_demand(fleet, zoo->blocked, 21);
    zoo->nominee = small_demand(fleet, zoo->high, 30);
    small_pass(fleet, 40);
    cr_assert_eq(small_replica(fleet, zoo->nominee)->state, REPLICA_NOMINATED);
    cr_assert_eq(small_replica(fleet, zoo->nominee)->victims_left, 2);
}

/* One contradiction each. */
static bool corrupt(struct zoo *zoo, int which)
{
    struct sched *sched = &zoo->fleet.sched;
    struct replica *nominee = &sched->replicas[zoo->nominee];
    struct node *node = &sched->fleet.nodes[nominee->node];
    struct node *other = &sched->fleet.nodes[1 - nominee->node];
    struct runner *waiting = &sched->runners[zoo->waiting];
    struct demand_bucket *bucket = NULL;
    for (int32_t i = 0; i < sched->queue.bucket_count; i++)
        if (sched->queue.buckets[i].count > 1)
            bucket = &sched->queue.buckets[i];
    cr_assert_not_null(bucket);
    switch (which) {
    case 0:
        node->cpu_free_milli++;
        return true;
    case 1:
        sched->fleet.held[node - sched->fleet.nodes].cpu_milli++;
        return true;
    case 2:
        other->mem_free_bytes--;
        return true;
    case 3:
        sched->fleet.held[node - sched->fleet.nodes].mem_bytes++;
        return true;
    case 4:
        other->device_free_milli[0]--;
        return true;
    case 5:
        sched->fleet.device_mem[other->first_device + 1].free_bytes--;
        return true;
    case 6:
        sched->fleet.device_held_milli[node->first_device]++;
        return true;
    case 7:
        sched->fleet.device_mem[node->first_device].held_bytes++;
        return true;
    case 8:
        node->occupant_count++;
        return true;
    case 9:
        node->isolated_count++;
        return true;
    case 10:
        node->first_replica = sched->replicas[node->first_replica].next_on_node;
        return true;
    case 11:
        nominee->node = 1 - nominee->node;
        return true;
    case 12:
        sched->replicas[zoo->sharer].devices = 0x3;
        return true;
    case 13:
        sched->replicas[zoo->sharer].devices <<= 2;
        return true;
    case 14:
        nominee->victims_left--;
        return true;
    case 15:
        nominee->state = REPLICA_STARTING;
        return true;
    case 16:
        sched->replicas[zoo->sharer].state = REPLICA_PENDING;
        return true;
    case 17:
        waiting->live++;
        return true;
    case 18:
        waiting->nominated++;
        return true;
    case 19:
        waiting->pending++;
        return true;
    case 20:
        waiting->terminating++;
        return true;
    case 21:
        sched->runners[zoo->blocked].blocked--;
        return true;
    case 22:
        sched->runners[zoo->blocked].is_blocked = false;
        return true;
    case 23:
        waiting->core_pending++;
        return true;
    case 24:
        waiting->first_extra = waiting->last_pending;
        return true;
    case 25:
        waiting->floor++;
        return true;
    case 26:
        waiting->last_pending = waiting->first_pending;
        return true;
    case 27:
        sched->replicas[waiting->first_pending].asked_at += 100;
        return true;
    case 28:
        bucket->heap[0] = bucket->heap[1];
        return true;
    case 29:
        sched->queue.demand_count++;
        return true;
    case 30:
        bucket->place_in_level = -1;
        return true;
    case 31:
        sched->evictable[0]++;
        return true;
    case 32:
        sched->floor_breach_count = 1;
        return true;
    case 33:
        node->state = NODE_DOWN;
        return true;
    case 34:
        sched->replicas[zoo->sharer].pledged_to = zoo->nominee;
        return true;
    case 35:
        sched->replicas[sched->replicas[node->first_replica].next_on_node].previous_on_node = -1;
        return true;
    case 36:
        node->enters_behind = waiting->first_pending;
        return true;
    default:
        return false;
    }
}

Test(sched, check_finds_every_kind_of_contradiction)
{
    struct zoo zoo;
    struct err err;
    for (int which = 0;; which++) {
        zoo_init(&zoo);
        cr_assert_eq(sched_check(&zoo.fleet.sched, &err), 0);
        bool is_corrupt = corrupt(&zoo, which);
        if (is_corrupt)
            cr_expect_eq(sched_check(&zoo.fleet.sched, &err), -1, "corruption %d", which);
        small_fleet_release(&zoo.fleet);
        if (!is_corrupt) {
            cr_assert_eq(which, 37);
            return;
        }
    }
}

Test(sched, check_no_fit_finds_a_demand_that_fits)
{
    struct line line;
    struct err err;
    line_init(&line, 0, 1);
    cr_assert_eq(sched_check_no_fit(&line.fleet.sched, &err), -1);
    cr_expect_str_eq(err.text, "pending replica 0 would fit node 0");
    small_pass(&line.fleet, 0);
    cr_assert_eq(sched_check_no_fit(&line.fleet.sched, &err), 0);
    small_fleet_release(&line.fleet);
}

/* ---- memory ---- */

Test(sched, init_fails_as_a_whole)
{
    struct shape_table shapes = {0};
    const struct sched_options options = {.policy = policy_find("best-fit")};
    const struct sched zeroed = {.index = NULL};
    struct sched sched;
    struct err err;
    failing_alloc_arm(1);
    int result = sched_init(&sched, &options, &shapes, &err);
    cr_assert(failing_alloc_disarm());
    cr_assert_eq(result, -1);
    cr_assert_eq(memcmp(&sched, &zeroed, sizeof sched), 0);
    cr_assert_eq(sched_init(&sched, &options, &shapes, &err), 0);
    sched_release(&sched);
    sched_release(&sched); /* a released one is zeroed */
}

/* Lets things happen until the armed allocation fails inside the scheduler. */
static bool fails_cleanly(uint64_t seed, int64_t n)
{
    const struct random_fleet_options options = {.seed = seed, .is_about_devices = true};
    struct random_fleet random;
    struct decisions decisions = {0};
    bool has_failed = false;
    random_fleet_init(&random, &options);
    for (int step = 0; step < 60 && !has_failed; step++) {
        struct fleet_op op;
        struct err err = {0};
        random_fleet_next(&random, &op);
        failing_alloc_arm(n);
        int result = random_fleet_apply(&random, &op, &decisions, &err);
        has_failed = failing_alloc_disarm();
        cr_assert_eq(result, has_failed ? -1 : 0);
        cr_assert_eq(err.kind, has_failed ? ERR_SYSTEM : ERR_NONE);
    }
    decisions_release(&decisions);
    random_fleet_release(&random);
    return has_failed;
}

Test(sched, can_be_released_after_memory_ran_out_anywhere)
{
    int failures = 0;
    for (uint64_t seed = 1; seed <= 60; seed++)
        for (int64_t n = 1; n <= 12; n++)
            failures += fails_cleanly(seed, n);
    cr_assert_gt(failures, 100);
}
