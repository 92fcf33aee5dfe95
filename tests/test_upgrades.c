/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/units.h"
#include "sim/sim.h"
#include "tests/load_text.h"
#include "tests/node_story.h"

/* Rolling upgrades: cases by hand. */

static int64_t s(int64_t seconds)
{
    return seconds * US_PER_S;
}

/* Three nodes of 4 cores. %s: the runners, the keys of the upgrade at 100 s, further events. */
static void load(struct scenario *scenario, const char *runners, const char *keys, const char *rest)
{
    char text[4096];
    int length = snprintf(
        text, sizeof text,
        "{'stowage':1,'horizon':'2000s','defaults':{'grace_period':'10s'},'nodepools':[{'id':'p',"
        "'max_instances':3,'instance_types':[{'id':'m','compute_info':{'cpu_limit':'4',"
        "'cpu_memory':'16Gi'}}],'simulation':{'nodes':[{'count':2,'zone':'a'},{'zone':'b'}]}}],"
        "'runners':[%s],'events':[{'at':'100s','upgrade':{'nodepool':'p'%s}}%s]}",
        runners, keys, rest);
    cr_assert(length > 0 && (size_t)length < sizeof text);
    load_good(scenario, text);
}

#define RUNNER(count, floor)                                                                       \
    "{'id':'r','nodepool':{'id':'p'},'num_replicas':" count ",'min_replicas':" floor               \
    ",'compute_info':{'cpu_limit':'4','cpu_memory':'1Gi'}}"

struct upgrade_case {
    const char *name, *runners, *keys, *rest, *expected;
    int32_t done, passed, forced;
    int64_t waited_s, ended_s; /* -1: not */
    int64_t breaches, below_floor_s;
    int32_t drained;
};

static const struct upgrade_case cases[] = {
    {"empty nodes, one after the other", "", "", "",
     "100 node-draining p-0 zone a\n400 node-ready p-0 zone a\n"
     "400 node-draining p-1 zone a\n700 node-ready p-1 zone a\n"
     "700 node-draining p-2 zone b\n1000 node-ready p-2 zone b\n",
     3, 0, 0, 0, 1000, 0, 0, 0},
    {"two at once", "", ",'parallelism':2,'duration':'60s'", "",
     "100 node-draining p-0 zone a\n100 node-draining p-1 zone a\n"
     "160 node-ready p-0 zone a\n160 node-draining p-2 zone b\n160 node-ready p-1 zone a\n"
     "220 node-ready p-2 zone b\n",
     3, 0, 0, 0, 220, 0, 0, 0},
    {"one zone only", "", ",'zone':'b','duration':'60s'", "",
     "100 node-draining p-2 zone b\n160 node-ready p-2 zone b\n", 1, 0, 0, 0, 160, 0, 0, 0},
    {"the work begins when the last replica has gone", RUNNER("3", "0"),
     ",'duration':'60s','zone':'a'", "",
     "100 node-draining p-0 zone a\n170 node-ready p-0 zone a\n"
     "170 node-draining p-1 zone a\n240 node-ready p-1 zone a\n",
     2, 0, 0, 0, 240, 0, 0, 2},
    {"a grace period of its own", RUNNER("3", "0"),
     ",'duration':'60s','zone':'b','grace_period':'25s'", "",
     "100 node-draining p-2 zone b\n185 node-ready p-2 zone b\n", 1, 0, 0, 0, 185, 0, 0, 1},
    /* Two of three must live: while one is away the others wait, and go on when it runs again. */
    {"floors hold two at once back", RUNNER("3", "2"), ",'parallelism':3,'duration':'60s'", "",
     "100 node-draining p-0 zone a\n170 node-ready p-0 zone a\n"
     "190 node-draining p-1 zone a\n260 node-ready p-1 zone a\n"
     "280 node-draining p-2 zone b\n350 node-ready p-2 zone b\n",
     3, 0, 0, 90 + 90, 350, 0, 0, 3},
    /* Nobody may go: each waits for 40 s and is drained all the same. */
    {"a floor that can never be kept is broken after floor_wait", RUNNER("3", "3"),
     ",'duration':'60s','floor_wait':'40s'", "",
     "140 node-draining p-0 zone a\n210 node-ready p-0 zone a\n"
     "250 node-draining p-1 zone a\n320 node-ready p-1 zone a\n"
     "360 node-draining p-2 zone b\n430 node-ready p-2 zone b\n",
     3, 0, 3, 120, 430, 3, 3 * 70, 3},
    {"or at once", RUNNER("3", "3"), ",'duration':'60s','floor_wait':'0s','zone':'b'", "",
     "100 node-draining p-2 zone b\n170 node-ready p-2 zone b\n", 1, 0, 1, 0, 170, 1, 70, 1},
    {"a node that is down when its turn comes is passed over", "", ",'duration':'60s','zone':'a'",
     ",{'at':'50s','fail_node':{'node':'p-1','repair_after':'500s'}}",
     "50 node-failed p-1 zone a\n100 node-draining p-0 zone a\n160 node-ready p-0 zone a\n"
     "550 node-ready p-1 zone a\n",
     1, 1, 0, 0, 160, 0, 0, 0},
    {"one that fails meanwhile is done in its time, and back when it is repaired", "",
     ",'duration':'60s','zone':'a'",
     ",{'at':'120s','fail_node':{'node':'p-0','repair_after':'500s'}}",
     "100 node-draining p-0 zone a\n120 node-failed p-0 zone a\n"
     "160 node-draining p-1 zone a\n220 node-ready p-1 zone a\n620 node-ready p-0 zone a\n",
     2, 0, 0, 0, 220, 0, 0, 0},
    {"one that fails while it is drained, too", RUNNER("3", "0"), ",'duration':'60s','zone':'b'",
     ",{'at':'105s','fail_node':{'node':'p-2','repair_after':'20s'}}",
     "100 node-draining p-2 zone b\n105 node-failed p-2 zone b\n"
     "125 node-cordoned p-2 zone b\n165 node-ready p-2 zone b\n",
     1, 0, 0, 0, 165, 0, 0, 1},
    {"one that is removed meanwhile does not come back", "", ",'duration':'60s','zone':'a'",
     ",{'at':'120s','remove_node':{'node':'p-0'}}",
     "100 node-draining p-0 zone a\n120 node-draining p-0 zone a\n120 node-removed p-0 zone a\n"
     "160 node-draining p-1 zone a\n220 node-ready p-1 zone a\n",
     2, 0, 0, 0, 220, 0, 0, 0},
    {"one that was cordoned stays so", "", ",'duration':'60s','zone':'b'",
     ",{'at':'50s','cordon_node':{'node':'p-2'}}",
     "50 node-cordoned p-2 zone b\n100 node-draining p-2 zone b\n", 1, 0, 0, 0, 160, 0, 0, 0},
    {"one that is not done by the end", "", ",'duration':'1h','zone':'b'", "",
     "100 node-draining p-2 zone b\n", 0, 0, 0, 0, -1, 0, 0, 0},
};

Test(upgrades, nodes_take_their_turns_as_written_down)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct upgrade_case *it = &cases[i];
        struct scenario scenario;
        struct sim sim;
        load(&scenario, it->runners, it->keys, it->rest);
        char *text = node_story(&scenario, &sim);
        cr_expect_str_eq(text, it->expected, "%s:\n%s", it->name, text);
        cr_assert_eq(sim.upgrade_count, 1);
        const struct sim_upgrade *upgrade = &sim.upgrades[0];
        cr_expect_eq(upgrade->done_count, it->done, "%s", it->name);
        cr_expect_eq(upgrade->passed_count, it->passed, "%s", it->name);
        cr_expect_eq(upgrade->forced_count, it->forced, "%s", it->name);
        cr_expect_eq(upgrade->waited_us, s(it->waited_s), "%s: %lld", it->name,
                     (long long)upgrade->waited_us);
        cr_expect_eq(upgrade->ended_us, it->ended_s < 0 ? TIME_NEVER : s(it->ended_s), "%s",
                     it->name);
        cr_expect_eq(sim.metrics.floor_breaches_by_upgrade, it->breaches, "%s", it->name);
        if (sim.runner_count > 0) {
            const struct runner_rare *rare = metrics_rare(&sim.metrics, 0);
            cr_expect_eq(rare->below_floor_us[BLAME_UPGRADE], s(it->below_floor_s), "%s: %lld",
                         it->name, (long long)rare->below_floor_us[BLAME_UPGRADE]);
            cr_expect_eq(rare->drained_count, it->drained, "%s", it->name);
            cr_expect_eq(rare->evicted_count, 0, "%s", it->name);
        }
        free(text);
        sim_release(&sim);
        scenario_release(&scenario);
    }
}
