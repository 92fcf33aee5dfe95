/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "base/array.h"
#include "scheduler/index.h"
#include "scheduler/preemption.h"
#include "tests/small_fleet.h"

/* Lists and victims that fell behind the journal: which nodes have changed since is known by the
 * numbers of their last entries, and their rows are read. */

/* ---- which nodes have changed ---- */

static const int64_t TURN = INT64_C(1) << 32; /* after so many entries the numbers begin again */

static const struct change_case {
    const char *name;
    int64_t last, since, end; /* the entry of the last change; 0: there was none */
    bool has_changed;
} change_cases[] = {
    {"never", 0, 1, 1, false},
    {"never, of many", 0, 1, 1000, false},
    {"with the first entry", 1, 1, 2, true},
    {"just before", 99, 100, 200, false},
    {"with the entry itself", 100, 100, 200, true},
    {"with the last entry", 199, 100, 200, true},
    {"before, and nothing since", 99, 100, 100, false},
    {"just before, as the numbers turn", TURN - 1, TURN, TURN + 7, false},
    {"with the entry that is 0 again", TURN, TURN, TURN + 7, true},
    {"before they turned, since before that", TURN - 5, TURN - 5, TURN + 7, true},
    {"before, and before they turned", TURN - 6, TURN - 5, TURN + 7, false},
    {"long ago, but less than a turn", 10, TURN, TURN + 9, false},
    {"since more than half a turn ago", 10, 9, TURN / 2 + 12, true},
    {"before more than half a turn ago", 8, 9, TURN / 2 + 12, false},
};

Test(index_keeping, says_which_nodes_have_changed_since_an_entry)
{
    for (size_t i = 0; i < ARRAY_LEN(change_cases); i++) {
        const struct change_case *of = &change_cases[i];
        uint32_t last = (uint32_t)of->last;
        const struct node_index index = {.last_entries = &last, .journal.end = of->end};
        cr_expect_eq(index_has_changed(&index, 0, of->since), of->has_changed, "%s", of->name);
    }
}

/* ---- lists ---- */

enum { NODES = 100 };

/* A fleet of 100 nodes alike, and two runners, of one core and of two. */
static void make_fleet(struct small_fleet *fleet, const char *policy, int32_t *runners)
{
    const struct sched_options options = {
        .policy = policy_find(policy),
        .tuning = {.scan_below = 1, .list_limit = 2 * NODES, .journal_least = 8}};
    small_fleet_init(fleet, &options);
    int32_t group = small_type(fleet, 64000, 0);
    for (int32_t i = 0; i < NODES; i++)
        small_node(fleet, group);
    for (int32_t i = 0; i < 2; i++)
        runners[i] =
            small_runner(fleet, &(struct small_runner){.shape = small_cpu(1000 * (i + 1))});
}

/* The node for a demand of the runner, which is the plain scan's. */
static int32_t ask(struct small_fleet *fleet, int32_t runner)
{
    struct err err;
    uint64_t devices, plain_devices;
    int32_t replica = small_demand(fleet, runner, 0);
    int32_t node = sched_find_node(&fleet->sched, replica, &devices);
    cr_assert_eq(node, sched_scan_nodes(&fleet->sched, replica, &plain_devices));
    cr_assert_eq(sched_withdraw(&fleet->sched, replica, &err), 0);
    return node;
}

static void hold(struct small_fleet *fleet, int32_t node, int64_t cpu_milli)
{
    const struct room room = {.cpu_milli = cpu_milli};
    struct err err;
    cr_assert_eq(fleet_hold(&fleet->sched.fleet, node, &room, &err), 0);
}

/* The journal is one of five nodes that change again and again. Of a policy whose keys do not bound
 * scores, a list that is made anew would have all nodes scored. */
Test(index_keeping, asks_only_nodes_that_have_changed_where_the_journal_is_forgotten)
{
    enum { CHANGED = 5 };
    struct small_fleet fleet;
    int32_t runners[2];
    make_fleet(&fleet, "dot-product", runners);
    ask(&fleet, runners[0]);
    const struct node_index *index = fleet.sched.index;
    for (int32_t i = 0; i < 4 * index->journal.capacity; i++) {
        hold(&fleet, i % CHANGED * 17, 10);
        ask(&fleet, runners[1]);
    }
    int64_t scored = index->score_count;
    ask(&fleet, runners[0]);
    cr_expect_leq(index->score_count - scored, CHANGED);
    struct err err;
    cr_expect_eq(index_check(&fleet.sched, &err), 0, "%s", err.text);
    small_fleet_release(&fleet);
}

/* Where so many entries have come that those on the list could be taken for later ones, it is made
 * anew. */
Test(index_keeping, makes_a_list_anew_that_could_be_taken_for_a_later_one)
{
    static const char *const policies[] = {"dot-product", "best-fit", "first-fit"};
    for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
        struct small_fleet fleet;
        int32_t runners[2];
        make_fleet(&fleet, policies[i], runners);
        int32_t node = ask(&fleet, runners[0]);
        fleet.sched.index->journal.end += INT32_MAX;
        hold(&fleet, node, 64000);
        cr_expect_neq(ask(&fleet, runners[0]), node);
        small_fleet_release(&fleet);
    }
}

/* ---- victims ---- */

/* The same for the nodes that are cheapest to preempt on, whose entries are known modulo 2^32. */
Test(index_keeping, judges_all_nodes_anew_where_an_entry_could_be_taken_for_a_later_one)
{
    const struct sched_options options = {.preemption_enabled = true};
    struct small_fleet fleet;
    struct victim_set set = {0};
    struct err err;
    small_fleet_init(&fleet, &options);
    int32_t group = small_type(&fleet, 4000, 0);
    for (int32_t i = 0; i < 2; i++) {
        small_node(&fleet, group);
        small_run(&fleet,
                  small_runner(&fleet,
                               &(struct small_runner){.shape = small_cpu(4000), .priority = i + 1}),
                  1);
    }
    int32_t asking =
        small_runner(&fleet, &(struct small_runner){.shape = small_cpu(4000), .priority = 5});
    const struct preemption_question question = {
        .replica = small_demand(&fleet, asking, 2), .class = CLASS_EXTRA, .now = 2};
    cr_assert_eq(preemption_find(&fleet.sched, &question, &set, &err), 0);
    cr_assert_eq(set.node, 0);
    struct node_index *index = fleet.sched.index;
    index->journal.end = TURN + index->last_entries[0];
    sched_set_node_state(&fleet.sched, 0, NODE_DRAINED);
    cr_assert_eq(preemption_find(&fleet.sched, &question, &set, &err), 0);
    cr_expect_eq(set.node, 1);
    victim_set_release(&set);
    small_fleet_release(&fleet);
}
