/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/sim.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "tests/load_text.h"
#include "tests/node_story.h"

/* Pools whose number of nodes follows demand. Each rule is a small scenario and what happens to
 * nodes in it, line by line, with times worked out by hand. */

static const struct node_rule rules[] = {
    {"a node is asked for when a replica waits, and is ready after delay and boot",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':3,'simulation':{'scaling':{'provision_delay':'3m',"
     "'boot':'30s'}}}],'runners':[{'id':'r','nodepool':'p'," ASK
     "'num_replicas':1,'simulation':{'arrival':'10m'}}]}",
     "600 node-launched p-0 for 1\n"
     "810 node-ready p-0\n"},
    {"without demand the pool starts with its minimum and keeps it",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'min_instances':2,'max_instances':3,'simulation':{'scaling':{}}}]}",
     ""},
    {"a pool that starts below its minimum asks for the rest at once",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'min_instances':2,'max_instances':3,'simulation':{'nodes':1,'scaling':{"
     "'provision_delay':'2m'}}}]}",
     "0 node-launched p-1 for 0\n"
     "120 node-ready p-1\n"},
    {"nodes that are coming are counted: later demand that fits them asks for no more",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'four'}],"
     "'max_instances':3,'simulation':{'scaling':{'provision_delay':'5m'}}}],"
     "'runners':[{'id':'a','nodepool':'p'," ASK
     "'num_replicas':1,'simulation':{'arrival':'1m'}},{'id':'b','nodepool':'p'," ASK
     "'num_replicas':3,'simulation':{'arrival':'2m'}},{'id':'c','nodepool':'p'," ASK
     "'num_replicas':1,'simulation':{'arrival':'3m'}}]}",
     "60 node-launched p-0 for 1\n"
     "180 node-launched p-1 for 1\n"
     "360 node-ready p-0\n"
     "480 node-ready p-1\n"},
    {"the maximum is never exceeded",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':2,'simulation':{'scaling':{'provision_delay':'1m'}}}],"
     "'runners':[{'id':'r','nodepool':'p'," ASK "'num_replicas':9,'simulation':{'arrival':'1m'}}]}",
     "60 node-launched p-0 for 1\n"
     "60 node-launched p-1 for 1\n"
     "120 node-ready p-0\n"
     "120 node-ready p-1\n"},
    {"a node that is empty for idle_timeout is removed",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':2,'simulation':{'scaling':{'provision_delay':'1m',"
     "'idle_timeout':'4m'}}}],'runners':[{'id':'r','nodepool':'p'," ASK
     "'num_replicas':1,'simulation':{'arrival':'1m','departure':'10m',"
     "'grace_period':'20s'}}]}",
     "60 node-launched p-0 for 1\n"
     "120 node-ready p-0\n"
     "860 node-draining p-0\n"
     "860 node-removed p-0\n"},
    {"a node that is used again in time stays",
     "'horizon':'20m','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':2,'simulation':{'scaling':{'provision_delay':'1m',"
     "'idle_timeout':'4m'}}}],'runners':[{'id':'a','nodepool':'p'," ASK
     "'num_replicas':1,'simulation':{'arrival':'1m','departure':'5m',"
     "'grace_period':0}},{'id':'b','nodepool':'p'," ASK
     "'num_replicas':1,'simulation':{'arrival':'8m'}}]}",
     "60 node-launched p-0 for 1\n"
     "120 node-ready p-0\n"},
    {"warm nodes are refilled when they are used; of too many the longest empty goes",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'min_instances':1,'max_instances':3,'warm_instances':1,'simulation':{"
     "'nodes':1,'scaling':{'provision_delay':'1m'}}}],'runners':[{'id':'r',"
     "'nodepool':'p'," ASK "'num_replicas':1,'simulation':{'arrival':'10m','departure':'20m',"
     "'grace_period':0}}]}",
     "600 node-launched p-1 for 0\n"
     "660 node-ready p-1\n"
     "1200 node-draining p-1\n"
     "1200 node-removed p-1\n"},
    {"warm nodes do not lift the maximum",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':1,'warm_instances':5,'simulation':{'nodes':1,"
     "'scaling':{}}}],'runners':[{'id':'r','nodepool':'p'," ASK
     "'num_replicas':1,'simulation':{'arrival':'10m'}}]}",
     ""},
    {"cheapest: the price for each waiting replica that a node would take",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'},{"
     "'id':'four'}],'max_instances':9,'simulation':{'scaling':{"
     "'provision_delay':'1m'}}}],'runners':[{'id':'r','nodepool':'p'," ASK
     "'num_replicas':5,'simulation':{'arrival':'0s'}}]}",
     "0 node-launched p-0 four for 4\n"
     "0 node-launched p-1 for 1\n"
     "60 node-ready p-0 four\n"
     "60 node-ready p-1\n"},
    {"cheapest: three of 10 are cheaper than one of 32",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'},{"
     "'id':'four'}],'max_instances':9,'simulation':{'scaling':{"
     "'provision_delay':'1m'}}}],'runners':[{'id':'r','nodepool':'p'," ASK
     "'num_replicas':3,'simulation':{'arrival':'0s'}}]}",
     "0 node-launched p-0 for 1\n"
     "0 node-launched p-1 for 1\n"
     "0 node-launched p-2 for 1\n"
     "60 node-ready p-0\n"
     "60 node-ready p-1\n"
     "60 node-ready p-2\n"},
    {"most-replicas: the type that takes most of what waits",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'},{"
     "'id':'four'}],'max_instances':9,'simulation':{'scaling':{"
     "'provision_delay':'1m','expander':'most-replicas'}}}],'runners':[{'id':'r',"
     "'nodepool':'p'," ASK "'num_replicas':2,'simulation':{'arrival':'0s'}}]}",
     "0 node-launched p-0 four for 2\n"
     "60 node-ready p-0 four\n"},
    {"least-waste: the type of which the least is left over",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'},{"
     "'id':'four'}],'max_instances':9,'simulation':{'scaling':{"
     "'provision_delay':'1m','expander':'least-waste'}}}],'runners':[{'id':'r',"
     "'nodepool':'p'," ASK "'num_replicas':2,'simulation':{'arrival':'0s'}}]}",
     "0 node-launched p-0 for 1\n"
     "0 node-launched p-1 for 1\n"
     "60 node-ready p-0\n"
     "60 node-ready p-1\n"},
    {"first: the first of the pool's list, whatever it costs",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'four'},{"
     "'id':'one'}],'max_instances':9,'simulation':{'scaling':{"
     "'provision_delay':'1m','expander':'first'}}}],'runners':[{'id':'r',"
     "'nodepool':'p'," ASK "'num_replicas':1,'simulation':{'arrival':'0s'}}]}",
     "0 node-launched p-0 four for 1\n"
     "60 node-ready p-0 four\n"},
    {"first fit decreasing packs two large and two small on two nodes; the scheduler, in its own "
     "order, puts both small ones on one, and then needs a third",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':9,'simulation':{'scaling':{'provision_delay':'1m'}}}],"
     "'runners':[{'id':'s','nodepool':'p','compute_info':{'cpu_limit':'1',"
     "'cpu_memory':'1Gi'},'num_replicas':2},{'id':'l','nodepool':'p',"
     "'compute_info':{'cpu_limit':'3','cpu_memory':'1Gi'},'num_replicas':2}]}",
     "0 node-launched p-0 for 2\n"
     "0 node-launched p-1 for 2\n"
     "60 node-ready p-0\n"
     "60 node-ready p-1\n"
     "60 node-launched p-2 for 1\n"
     "120 node-ready p-2\n"},
    {"a full pool overflows to the next in the list",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':1,'simulation':{'scaling':{'provision_delay':'1m'}}},{"
     "'id':'q','instance_types':[{'id':'one'}],'max_instances':5,'simulation':{"
     "'scaling':{'provision_delay':'2m'}}}],'runners':[{'id':'r','nodepool':'p'," ASK
     "'num_replicas':3,'simulation':{'nodepools':['q']}}]}",
     "0 node-launched p-0 for 1\n"
     "0 node-launched q-0 for 1\n"
     "0 node-launched q-1 for 1\n"
     "60 node-ready p-0\n"
     "120 node-ready q-0\n"
     "120 node-ready q-1\n"},
    {"a runner's own pool is tried before the pools that stand earlier in the file",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':5,'simulation':{'scaling':{'provision_delay':'1m'}}},{"
     "'id':'q','instance_types':[{'id':'one'}],'max_instances':5,'simulation':{"
     "'scaling':{'provision_delay':'2m'}}}],'runners':[{'id':'r','nodepool':'q'," ASK
     "'num_replicas':1,'simulation':{'nodepools':['p']}}]}",
     "0 node-launched q-0 for 1\n"
     "120 node-ready q-0\n"},
    {"out of stock: another pool at once, this one again after retry_after",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':5,'simulation':{'scaling':{'provision_delay':'1m',"
     "'stock_outs':[{'until':'5m'}],'retry_after':'2m'}}},{'id':'q',"
     "'instance_types':[{'id':'one'}],'max_instances':1,'simulation':{'scaling':{"
     "'provision_delay':'2m'}}}],'runners':[{'id':'r','nodepool':'p'," ASK
     "'num_replicas':2,'simulation':{'nodepools':['q']}}]}",
     "0 out-of-stock p\n"
     "0 node-launched q-0 for 1\n"
     "120 node-ready q-0\n"
     "120 out-of-stock p\n"
     "240 out-of-stock p\n"
     "360 node-launched p-0 for 1\n"
     "420 node-ready p-0\n"},
    {"a node that fails to come is gone when it would be ready; another is asked for later",
     "'horizon':'10m','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':5,'simulation':{'scaling':{'provision_delay':'2m',"
     "'provision_failure':1,'retry_after':'3m'}}}],'runners':[{'id':'r',"
     "'nodepool':'p'," ASK "'num_replicas':1,'simulation':{}}]}",
     "0 node-launched p-0 for 1\n"
     "120 launch-failed p-0\n"
     "120 node-removed p-0\n"
     "300 node-launched p-1 for 1\n"
     "420 launch-failed p-1\n"
     "420 node-removed p-1\n"},
    {"zones of new nodes take turns",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':5,'simulation':{'scaling':{'provision_delay':'1m','zones':["
     "'a','b']}}}],'runners':[{'id':'r','nodepool':'p'," ASK "'num_replicas':3,'simulation':{}}]}",
     "0 node-launched p-0 zone a for 1\n"
     "0 node-launched p-1 zone b for 1\n"
     "0 node-launched p-2 zone a for 1\n"
     "60 node-ready p-0 zone a\n"
     "60 node-ready p-1 zone b\n"
     "60 node-ready p-2 zone a\n"},
    {"a failed node is replaced, and what is too much goes when it is back",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'min_instances':1,'max_instances':5,'simulation':{'scaling':{"
     "'provision_delay':'1m','idle_timeout':'5m'}}}],'runners':[{'id':'r',"
     "'nodepool':'p'," ASK "'num_replicas':1,'simulation':{}}],'events':[{'at':'10m','fail_node':{"
     "'node':'p-0','repair_after':'5m'}}]}",
     "600 node-failed p-0\n"
     "600 node-launched p-1 for 1\n"
     "660 node-ready p-1\n"
     "900 node-ready p-0\n"
     "1200 node-draining p-0\n"
     "1200 node-removed p-0\n"},
    {"demand that no type could hold asks for nothing",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':5,'simulation':{'scaling':{}}}],'runners':[{'id':'r',"
     "'nodepool':'p','compute_info':{'cpu_limit':'9','cpu_memory':'1Gi'},"
     "'num_replicas':1}]}",
     ""},
    {"a closed pool asks for nothing until it opens",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':5,'simulation':{'scaling':{'provision_delay':'1m'}}}],"
     "'runners':[{'id':'r','nodepool':'p'," ASK
     "'num_replicas':1,'simulation':{'arrival':'2m'}}],'events':[{'at':'1m',"
     "'set_nodepool':{'nodepool':'p','schedulable':false}},{'at':'5m',"
     "'set_nodepool':{'nodepool':'p','schedulable':true}}]}",
     "300 node-launched p-0 for 1\n"
     "360 node-ready p-0\n"},
    {"spot preferred: new nodes are spot nodes",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'node_capacity_type':{'capacity_types':[1,2]},'max_instances':9,'simulation':{"
     "'spot_price_factor':0.5,'nodes':[],'scaling':{'provision_delay':'1m'}}}],'runners':[{"
     "'id':'r','nodepool':'p'," ASK "'num_replicas':1,'simulation':{'arrival':'0s'}}]}",
     "0 node-launched p-0 spot for 1\n"
     "60 node-ready p-0 spot\n"},
    {"spot preferred: on demand while there is no spot, and spot again later",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'node_capacity_type':{'capacity_types':[1,2]},'max_instances':9,'simulation':{"
     "'spot_price_factor':0.5,'nodes':[],'scaling':{'provision_delay':'1m','stock_outs':[{"
     "'until':'5m','capacity_type':'spot'}]}}}],'runners':[{'id':'r','nodepool':'p'," ASK
     "'num_replicas':1,'simulation':{'arrival':'0s'}},{'id':'s','nodepool':'p'," ASK
     "'num_replicas':1,'simulation':{'arrival':'10m'}}]}",
     "0 out-of-stock p\n"
     "0 node-launched p-0 for 1\n"
     "60 node-ready p-0\n"
     "600 node-launched p-1 spot for 1\n"
     "660 node-ready p-1 spot\n"},
    {"spot preferred: an on-demand calendar does not stop spot",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'node_capacity_type':{'capacity_types':[1,2]},'max_instances':9,'simulation':{"
     "'spot_price_factor':0.5,'nodes':[],'scaling':{'provision_delay':'1m','stock_outs':[{"
     "'capacity_type':'on-demand'}]}}}],'runners':[{'id':'r','nodepool':'p'," ASK
     "'num_replicas':1,'simulation':{'arrival':'0s'}}]}",
     "0 node-launched p-0 spot for 1\n"
     "60 node-ready p-0 spot\n"},
    {"spot only: no fallback, it waits for spot",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'node_capacity_type':{'capacity_types':[2]},'max_instances':9,'simulation':{"
     "'spot_price_factor':0.5,'nodes':[],'scaling':{'provision_delay':'1m','stock_outs':[{"
     "'until':'5m','capacity_type':'spot'}],'retry_after':'5m'}}}],'runners':[{'id':'r',"
     "'nodepool':'p'," ASK "'num_replicas':1,'simulation':{'arrival':'0s'}}]}",
     "0 out-of-stock p\n"
     "300 node-launched p-0 spot for 1\n"
     "360 node-ready p-0 spot\n"},
    {"spot preferred: warm nodes, too, and on demand where spot is never to be had",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'node_capacity_type':{'capacity_types':[1,2]},'max_instances':9,'warm_instances':1,"
     "'simulation':{'spot_price_factor':0.5,'nodes':[],'scaling':{'provision_delay':'1m',"
     "'spot_stock_out':1,'retry_after':'2h'}}}]}",
     "0 out-of-stock p\n"
     "0 node-launched p-0 for 0\n"
     "60 node-ready p-0\n"},
    {"node_overhead: two replicas of 2 cores need two nodes of 4 less 385m",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':9,'simulation':{'node_overhead':{'cpu':'385m','memory':'284Mi'},"
     "'scaling':{'provision_delay':'1m'}}}],'runners':[{'id':'r','nodepool':'p',"
     "'compute_info':{'cpu_limit':'2','cpu_memory':'1Gi'},'num_replicas':2}]}",
     "0 node-launched p-0 for 1\n"
     "0 node-launched p-1 for 1\n"
     "60 node-ready p-0\n"
     "60 node-ready p-1\n"},
};

Test(node_scaling, every_rule_holds_to_the_second)
{
    node_rules_hold(rules, ARRAY_LEN(rules));
}

/* ---- scheduling choices ---- */

/* Pool "p" (type one, 10), pool "q" (type cheap, 7; spot only; used by nobody), in that order; one
 * replica of a deployment waits at 1m while p has a node that is full. */
static const char *const choice_scenario =
    "{'stowage':1,'horizon':'1h','seed':%d,'scheduler':{'preemption':{'enabled':false},'"
    "performance_order':['cheap','one'],"
    "'network_order':['q','p']},'instance_types':["
    "{'id':'one','compute_info':{'cpu_limit':'4','cpu_memory':'16Gi'},'price':'10'},"
    "{'id':'cheap','compute_info':{'cpu_limit':'4','cpu_memory':'16Gi'},'price':'7'}],"
    "'nodepools':["
    "{'id':'p','instance_types':[{'id':'one'}],"
    "'max_instances':5,'node_capacity_type':{'capacity_types':[1]},"
    "'simulation':{'nodes':1,'scaling':{}}},"
    "{'id':'q','instance_types':[{'id':'cheap'}],'max_instances':5,"
    "'node_capacity_type':{'capacity_types':[2]},'simulation':{'nodes':0,'scaling':{}}}],"
    "'runners':[{'id':'r','nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'1Gi'},"
    "'num_replicas':1}],"
    "'deployments':[{'id':'d','scheduling_choice':%d,'nodepools':[{'id':'p'}],"
    "'worker':{'model':{'id':'m'}},'autoscale_config':{'min_replicas':1,'max_replicas':1},"
    "'simulation':{'nodepools':['q'],'arrival':'1m',"
    "'compute_info':{'cpu_limit':'4','cpu_memory':'1Gi'}}}]}";

/* The pool of the first node that is asked for; NO_INDEX: none is, for a choice that fails. */
static int32_t pool_chosen(int choice, int seed)
{
    char text[4096];
    struct scenario scenario;
    struct sim sim;
    snprintf(text, sizeof text, choice_scenario, seed, choice);
    load_good(&scenario, text);
    free(node_story(&scenario, &sim));
    int32_t pool = sim.scaling.launch_count > 0 ? sim.scaling.launches[0].pool : NO_INDEX;
    for (int32_t i = 0; pool == NO_INDEX && i < sim.runner_count; i++)
        if (sim.runners[i].def->deployment != NO_INDEX)
            cr_expect_eq((int)node_outlook_of(&sim, i), (int)OUTLOOK_AMBIGUOUS);
    sim_release(&sim);
    scenario_release(&scenario);
    return pool;
}

Test(node_scaling, every_scheduling_choice_picks_its_pool)
{
    static const struct {
        const char *name;
        int32_t pool;
    } cases[] = {
        {"UNKNOWN: the first of the list", 0},
        {"FAIL: two could serve it", NO_INDEX},
        {"RANDOM: below", NO_INDEX},
        {"PRICE: 7 against 10", 1},
        {"PERFORMANCE: cheap stands first", 1},
        {"NETWORK: q stands first", 1},
        {"UTILIZATION: nothing of q is used", 1},
        {"PREFER_SPOT", 1},
        {"PREFER_ONDEMAND", 0},
    };
    for (int choice = 0; choice < (int)ARRAY_LEN(cases); choice++)
        if (choice != 2)
            cr_expect_eq(pool_chosen(choice, 1), cases[choice].pool, "%s", cases[choice].name);
}

Test(node_scaling, a_random_choice_takes_each_pool_about_as_often)
{
    enum { RUNS = 200 };
    int first = 0;
    for (int seed = 0; seed < RUNS; seed++) {
        int32_t pool = pool_chosen(2, seed);
        cr_assert(pool == 0 || pool == 1);
        first += pool == 0;
    }
    /* Binomial(200, 1/2): 100 +- 4 standard deviations of 7.07. */
    cr_expect(first >= 72 && first <= 128, "%d of %d", first, RUNS);
}

/* One pool that prefers spot, and a deployment that prefers on demand. */
Test(node_scaling, a_deployment_may_prefer_on_demand_within_a_pool_that_prefers_spot)
{
    static const struct {
        const char *name, *choice, *expected;
    } cases[] = {
        {"as the pool", "0", "0 node-launched p-0 spot for 1\n60 node-ready p-0 spot\n"},
        {"FAIL: spot and on demand are no ambiguity", "1",
         "0 node-launched p-0 spot for 1\n60 node-ready p-0 spot\n"},
        {"PREFER_SPOT", "7", "0 node-launched p-0 spot for 1\n60 node-ready p-0 spot\n"},
        {"PREFER_ONDEMAND", "8", "0 node-launched p-0 for 1\n60 node-ready p-0\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[4096];
        struct scenario scenario;
        struct sim sim;
        snprintf(text, sizeof text,
                 "{'stowage':1," TYPES "'horizon':'1h','nodepools':[{'id':'p','instance_types':["
                 "{'id':'one'}],'node_capacity_type':{'capacity_types':[1,2]},'max_instances':9,"
                 "'simulation':{'nodes':[],'scaling':{'provision_delay':'1m'}}}],"
                 "'deployments':[{'id':'d','worker':{'model':{'id':'m'}},'nodepools':[{'id':'p'}],"
                 "'scheduling_choice':%s,'autoscale_config':{'min_replicas':1,'max_replicas':1},"
                 "'simulation':{'num_replicas':1,'compute_info':{'cpu_limit':'1',"
                 "'cpu_memory':'1Gi'}}}]}",
                 cases[i].choice);
        load_good(&scenario, text);
        char *story = node_story(&scenario, &sim);
        cr_expect_str_eq(story, cases[i].expected, "%s:\n%s", cases[i].name, story);
        free(story);
        sim_release(&sim);
        scenario_release(&scenario);
    }
}

/* ---- why none comes ---- */

Test(node_scaling, what_waits_says_why_no_node_comes)
{
    static const struct {
        const char *name, *pool, *runner, *outlook;
    } cases[] = {
        {"no pool scales", "'max_instances':1,'simulation':{'nodes':1}", "'num_replicas':9", ""},
        {"too large for any type", "'max_instances':2,'simulation':{'scaling':{}}",
         "'num_replicas':1,'simulation':{'share_milli':1000,'max_per_node':1},'labels':['large']",
         "no-type"},
        {"one is coming", "'max_instances':2,'simulation':{'scaling':{'provision_delay':'2h'}}",
         "'num_replicas':1", "coming"},
        {"the pool has its maximum", "'max_instances':1,'simulation':{'nodes':1,'scaling':{}}",
         "'num_replicas':9", "at-maximum"},
        {"out of stock",
         "'max_instances':2,'simulation':{'scaling':{'stock_out':1,'retry_after':'7m'}}",
         "'num_replicas':1", "out-of-stock"},
        {"the pool is in error",
         "'max_instances':2,'status':'NODEPOOL_STATUS_ERROR','simulation':{'scaling':{}}",
         "'num_replicas':1", "closed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[4096];
        struct scenario scenario;
        struct sim sim;
        bool is_large = strstr(cases[i].runner, "large") != NULL;
        snprintf(text, sizeof text,
                 "{'stowage':1," TYPES "'horizon':'1h','nodepools':[{'id':'p','instance_types':["
                 "{'id':'one'}],%s}],'runners':[{'id':'r','nodepool':'p','compute_info':{"
                 "'cpu_limit':'%d','cpu_memory':'1Gi','num_accelerators':1},%s}]}",
                 cases[i].pool, is_large ? 5 : 1, cases[i].runner);
        load_good(&scenario, text);
        free(node_story(&scenario, &sim));
        cr_expect_str_eq(node_outlook_name(node_outlook_of(&sim, 0)), cases[i].outlook, "%s",
                         cases[i].name);
        sim_release(&sim);
        scenario_release(&scenario);
    }
}

/* ---- what it costs ---- */

Test(node_scaling, launches_say_what_was_asked_for_and_how_it_ended)
{
    struct scenario scenario;
    struct sim sim;
    load_good(&scenario,
              "{'stowage':1," TYPES "'horizon':'1h','nodepools':[{'id':'p','max_instances':2,"
              "'instance_types':[{'id':'one'}],"
              "'simulation':{'scaling':{'provision_delay':'3m'}}}],"
              "'runners':[{'id':'r','nodepool':'p'," ASK
              "'num_replicas':1,'simulation':{'arrival':'10m'}}]}");
    free(node_story(&scenario, &sim));
    cr_assert_eq(sim.scaling.launch_count, 1);
    const struct launch *launch = &sim.scaling.launches[0];
    cr_expect_eq(launch->asked_us, INT64_C(600) * 1000000);
    cr_expect_eq(launch->ended_us, INT64_C(780) * 1000000);
    cr_expect_eq((int)launch->outcome, (int)LAUNCH_READY);
    cr_expect_eq((int)launch->reason, (int)LAUNCH_FOR_DEMAND);
    cr_expect_eq(launch->runner, 0);
    cr_expect_eq(sim.nodes[0].coming_us, INT64_C(180) * 1000000, "paid for, and no capacity");
    /* Paid for from 10m to 60m. */
    cr_expect(sim.metrics.scopes[0].nodes_up_or_down.area == (int128)3000 * 1000000);
    sim_release(&sim);
    scenario_release(&scenario);
}

Test(node_scaling, every_second_of_a_node_has_one_name_and_its_price_to_the_cent)
{
    /* Ten millicents a second, three minutes of provisioning and one of booting. A warm node is
     * asked for at 0 and used from 10 to 40 min; another takes its place, is warm from 14 min, and
     * is one too many from 40 min on, until it was empty for 30 min at 44. Seconds of the two:
     *   coming 180 + 180, booting 60 + 60, used 1800, warm 360 + 1560 + 1200, empty 240. */
    static const int64_t seconds[NODE_PHASE_COUNT] = {
        [PHASE_COMING] = 360, [PHASE_BOOTING] = 120, [PHASE_USED] = 1800,
        [PHASE_WARM] = 3120,  [PHASE_EMPTY] = 240,
    };
    struct scenario scenario;
    struct sim sim;
    load_good(&scenario,
              "{'stowage':1," TYPES "'horizon':'1h','nodepools':[{'id':'p','max_instances':3,"
              "'warm_instances':1,'instance_types':[{'id':'one'}],'simulation':{'nodes':[],"
              "'scaling':{'provision_delay':'3m','boot':'1m','idle_timeout':'30m'}}}],"
              "'runners':[{'id':'r','nodepool':'p'," ASK "'num_replicas':1,'simulation':{"
              "'arrival':'10m','departure':'40m','grace_period':0}}]}");
    free(node_story(&scenario, &sim));
    for (int i = 0; i < NODE_PHASE_COUNT; i++) {
        const struct phase_stats *phase = &sim.metrics.phases[i];
        const char *name = node_phase_name((enum node_phase)i);
        cr_expect(phase->nodes.area == (int128)seconds[i] * 1000000, "%s", name);
        /* 1e-4 USD a second: in 1e-17 USD. */
        cr_expect(phase->price.area == (int128)seconds[i] * INT64_C(10000000000000), "%s", name);
        cr_expect(phase->unpriced_nodes.area == 0);
    }
    sim_release(&sim);
    scenario_release(&scenario);
}

/* ---- laws, with everything random ---- */

static const char *const storm =
    "{'stowage':1,'horizon':'2d','seed':%d," TYPES "'nodepools':["
    "{'id':'p','instance_types':[{'id':'one'},{'id':'four'}],"
    "'min_instances':1,'max_instances':6,'warm_instances':1,'simulation':{"
    "'scaling':{'provision_delay':{'distribution':'exponential','mean':'4m'},'boot':'20s',"
    "'provision_failure':0.2,'stock_out':0.2,'idle_timeout':'7m','zones':['a','b']}}},"
    "{'id':'q','instance_types':[{'id':'one'}],"
    "'max_instances':4,'simulation':{'scaling':{'expander':'least-waste',"
    "'stock_outs':[{'from':'6h','until':'9h'}]}}}],"
    "'arrivals':[{'name':'g','interarrival':{'distribution':'exponential','mean':'5m'},"
    "'runner':{'nodepool':'p'," ASK "'num_replicas':2,'priority':3,'simulation':{'nodepools':['q'],"
    "'replica_duration':{'distribution':'exponential','mean':'15m'},'max_wait':'1h'}}},"
    "{'name':'h','interarrival':{'distribution':'exponential','mean':'30m'},"
    "'runner':{'nodepool':'q'," ASK "'num_replicas':1,'min_replicas':1,'priority':7,'simulation':{"
    "'replica_duration':{'distribution':'exponential','mean':'20m'}}}}],"
    "'events':[{'at':'12h','fail_node':{'nodepool':'p','count':3,'repair_after':'1h'}},"
    "{'at':'20h','remove_node':{'nodepool':'p','count':2}}]}";

Test(node_scaling, all_books_agree_after_every_event_of_a_storm)
{
    for (int seed = 0; seed < 10; seed++) {
        char text[8192];
        struct scenario scenario;
        struct sim sim;
        snprintf(text, sizeof text, storm, seed);
        load_good(&scenario, text);
        free(node_story(&scenario, &sim));
        cr_expect_gt(sim.scaling.launch_count, 20);
        cr_expect_gt(sim.scaling.removed_idle_count, 5);
        sim_release(&sim);
        scenario_release(&scenario);
    }
}

Test(node_scaling, a_run_is_the_same_twice)
{
    char text[8192];
    char first[17];
    char second[17];
    snprintf(text, sizeof text, storm, 3);
    for (int i = 0; i < 2; i++) {
        struct scenario scenario;
        struct sim sim;
        load_good(&scenario, text);
        free(node_story(&scenario, &sim));
        decision_digest_hex(&sim.digest, i == 0 ? first : second);
        sim_release(&sim);
        scenario_release(&scenario);
    }
    cr_expect_str_eq(first, second);
}
