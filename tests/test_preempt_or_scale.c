/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "tests/load_text.h"
#include "tests/node_story.h"

/* Who goes first, preemption or a new node. `low` has a node of 10 millicents a second from
 * the start on, `high` may evict it; a new node takes 60 s. */

static const struct node_rule rules[] = {
    {"preempt-first: it evicts, and the victim asks for a node",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'preempt-first','preemption':{"
     "'grace_period':'0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':2,'simulation':{'nodes':1,'scaling':{'provision_delay':'40s',"
     "'boot':'20s'}}}],'runners':[{'id':'low','nodepool':'p','compute_info':{'cpu_limit':'4',"
     "'cpu_memory':'1Gi'},'num_replicas':1,'priority':0,'simulation':{'arrival':'0s'}},{"
     "'id':'high','nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'1Gi'},"
     "'num_replicas':1,'priority':9,'simulation':{'arrival':'100s'}}]}",
     "100 evicted low for high\n"
     "100 node-launched p-1 for 1\n"
     "160 node-ready p-1\n"},
    {"scale-first: it asks for a node and evicts nobody",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'scale-first','preemption':{"
     "'grace_period':'0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':2,'simulation':{'nodes':1,'scaling':{'provision_delay':'40s',"
     "'boot':'20s'}}}],'runners':[{'id':'low','nodepool':'p','compute_info':{'cpu_limit':'4',"
     "'cpu_memory':'1Gi'},'num_replicas':1,'priority':0,'simulation':{'arrival':'0s'}},{"
     "'id':'high','nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'1Gi'},"
     "'num_replicas':1,'priority':9,'simulation':{'arrival':'100s'}}]}",
     "100 node-launched p-1 for 1\n"
     "160 node-ready p-1\n"},
    {"scale-first: at the maximum it evicts, at the same instant",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'scale-first','preemption':{"
     "'grace_period':'0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':1,'simulation':{'nodes':1,'scaling':{'provision_delay':'40s',"
     "'boot':'20s'}}}],'runners':[{'id':'low','nodepool':'p','compute_info':{'cpu_limit':'4',"
     "'cpu_memory':'1Gi'},'num_replicas':1,'priority':0,'simulation':{'arrival':'0s'}},{"
     "'id':'high','nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'1Gi'},"
     "'num_replicas':1,'priority':9,'simulation':{'arrival':'100s'}}]}",
     "100 evicted low for high\n"},
    {"scale-first: out of stock, too; then it is the victim that asks again",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'scale-first','preemption':{"
     "'grace_period':'0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':2,'simulation':{'nodes':1,'scaling':{'provision_delay':'40s',"
     "'boot':'20s','stock_outs':[{'from':'100s','until':'2m'}]}}}],'runners':[{'id':'low',"
     "'nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'1Gi'},'num_replicas':1,"
     "'priority':0,'simulation':{'arrival':'0s'}},{'id':'high','nodepool':'p','compute_info':{"
     "'cpu_limit':'4','cpu_memory':'1Gi'},'num_replicas':1,'priority':9,'simulation':{"
     "'arrival':'100s'}}]}",
     "100 out-of-stock p\n"
     "100 evicted low for high\n"
     "160 node-launched p-1 for 1\n"
     "220 node-ready p-1\n"},
    {"scale-first: a node that does not come, when it does not",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'scale-first','preemption':{"
     "'grace_period':'0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':2,'simulation':{'nodes':1,'scaling':{'provision_delay':'40s',"
     "'boot':'20s','provision_failure':1,'retry_after':'1h'}}}],'runners':[{'id':'low',"
     "'nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'1Gi'},'num_replicas':1,"
     "'priority':0,'simulation':{'arrival':'0s'}},{'id':'high','nodepool':'p','compute_info':{"
     "'cpu_limit':'4','cpu_memory':'1Gi'},'num_replicas':1,'priority':9,'simulation':{"
     "'arrival':'100s'}}]}",
     "100 node-launched p-1 for 1\n"
     "160 launch-failed p-1\n"
     "160 node-removed p-1\n"
     "160 evicted low for high\n"},
    {"scale-first: a node for one, the other evicts",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'scale-first','preemption':{"
     "'grace_period':'0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':3,'simulation':{'nodes':2,'scaling':{'provision_delay':'40s',"
     "'boot':'20s'}}}],'runners':[{'id':'low','nodepool':'p','compute_info':{'cpu_limit':'4',"
     "'cpu_memory':'1Gi'},'num_replicas':2,'priority':0,'simulation':{'arrival':'0s'}},{"
     "'id':'high','nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'1Gi'},"
     "'num_replicas':2,'priority':9,'simulation':{'arrival':'100s'}}]}",
     "100 node-launched p-2 for 1\n"
     "100 evicted low for high\n"
     "160 node-ready p-2\n"},
    {"scale-first: one that may not evict waits",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'scale-first','preemption':{"
     "'grace_period':'0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':1,'simulation':{'nodes':1,'scaling':{'provision_delay':'40s',"
     "'boot':'20s'}}}],'runners':[{'id':'low','nodepool':'p','compute_info':{'cpu_limit':'4',"
     "'cpu_memory':'1Gi'},'num_replicas':1,'priority':0,'simulation':{'arrival':'0s'}},{"
     "'id':'high','nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'1Gi'},"
     "'num_replicas':1,'priority':9,'simulation':{'arrival':'100s','may_preempt':false}}]}",
     ""},
    {"scale-first: where no type could hold it there is no node to wait for, and nobody to evict",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'scale-first','preemption':{"
     "'grace_period':'0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':2,'simulation':{'nodes':1,'scaling':{'provision_delay':'40s',"
     "'boot':'20s'}}}],'runners':[{'id':'low','nodepool':'p','compute_info':{'cpu_limit':'4',"
     "'cpu_memory':'1Gi'},'num_replicas':1,'priority':0,'simulation':{'arrival':'0s'}},{"
     "'id':'high','nodepool':'p','compute_info':{'cpu_limit':'5','cpu_memory':'1Gi'},"
     "'num_replicas':1,'priority':9,'simulation':{'arrival':'100s'}}]}",
     ""},
    {"scale-first: a chain of evictions, each where no node is to be had",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'scale-first','preemption':{"
     "'grace_period':'0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':2,'simulation':{'nodes':2,'scaling':{'provision_delay':'40s',"
     "'boot':'20s'}}}],'runners':[{'id':'low','nodepool':'p','compute_info':{'cpu_limit':'4',"
     "'cpu_memory':'1Gi'},'num_replicas':1,'priority':0,'simulation':{'arrival':'0s'}},{"
     "'id':'mid','nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'1Gi'},"
     "'num_replicas':1,'priority':5,'simulation':{'arrival':'0s'}},{'id':'high',"
     "'nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'1Gi'},'num_replicas':1,"
     "'priority':9,'simulation':{'arrival':'100s'}}]}",
     "100 evicted low for high\n"},
    {"cheapest-wait: 50 s of a victim cost 500, the start of a node 600: it evicts",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'cheapest-wait','preemption':{'grace_period':'"
     "0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'same'}],'max_instances':2,'simulation':"
     "{'nodes':1,'scaling':{'provision_delay':'40s','boot':'20s'}}}],'runners':[{'id':'low','"
     "nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'16Gi'},'num_replicas':1,'"
     "priority':0,'simulation':{'arrival':'0s'}},{'id':'high','nodepool':'p','compute_info':{'cpu_"
     "limit':'4','cpu_memory':'1Gi'},'num_replicas':1,'priority':9,'simulation':{'arrival':'50s'}}]"
     "}",
     "50 evicted low for high\n"
     "50 node-launched p-1 for 1\n"
     "110 node-ready p-1\n"},
    {"cheapest-wait: 100 s cost 1000: a node is asked for",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'cheapest-wait','preemption':{'grace_period':'"
     "0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'same'}],'max_instances':2,'simulation':"
     "{'nodes':1,'scaling':{'provision_delay':'40s','boot':'20s'}}}],'runners':[{'id':'low','"
     "nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'16Gi'},'num_replicas':1,'"
     "priority':0,'simulation':{'arrival':'0s'}},{'id':'high','nodepool':'p','compute_info':{'cpu_"
     "limit':'4','cpu_memory':'1Gi'},'num_replicas':1,'priority':9,'simulation':{'arrival':'100s'}}"
     "]}",
     "100 node-launched p-1 for 1\n"
     "160 node-ready p-1\n"},
    {"cheapest-wait: 60 s cost as much as the node: it is asked for",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'cheapest-wait','preemption':{'grace_period':'"
     "0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'same'}],'max_instances':2,'simulation':"
     "{'nodes':1,'scaling':{'provision_delay':'40s','boot':'20s'}}}],'runners':[{'id':'low','"
     "nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'16Gi'},'num_replicas':1,'"
     "priority':0,'simulation':{'arrival':'0s'}},{'id':'high','nodepool':'p','compute_info':{'cpu_"
     "limit':'4','cpu_memory':'1Gi'},'num_replicas':1,'priority':9,'simulation':{'arrival':'60s'}}]"
     "}",
     "60 node-launched p-1 for 1\n"
     "120 node-ready p-1\n"},
    {"cheapest-wait: the start is shared by two, 300 each",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'cheapest-wait','preemption':{'grace_period':'"
     "0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'same'}],'max_instances':3,'simulation':"
     "{'nodes':2,'scaling':{'provision_delay':'40s','boot':'20s'}}}],'runners':[{'id':'low','"
     "nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'16Gi'},'num_replicas':2,'"
     "priority':0,'simulation':{'arrival':'0s'}},{'id':'high','nodepool':'p','compute_info':{'cpu_"
     "limit':'2','cpu_memory':'1Gi'},'num_replicas':2,'priority':9,'simulation':{'arrival':'40s'}}]"
     "}",
     "40 node-launched p-2 for 2\n"
     "100 node-ready p-2\n"},
    {"cheapest-wait: of two, each evicts what is cheaper than its node",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'cheapest-wait','preemption':{'grace_period':'"
     "0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'same'}],'max_instances':9,'simulation':"
     "{'nodes':2,'scaling':{'provision_delay':'40s','boot':'20s'}}}],'runners':[{'id':'low','"
     "nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'16Gi'},'num_replicas':2,'"
     "priority':0,'simulation':{'arrival':'0s'}},{'id':'high','nodepool':'p','compute_info':{'cpu_"
     "limit':'4','cpu_memory':'1Gi'},'num_replicas':2,'priority':9,'simulation':{'arrival':'40s'}}]"
     "}",
     "40 evicted low for high\n"
     "40 evicted low for high\n"
     "40 node-launched p-2 for 1\n"
     "40 node-launched p-3 for 1\n"
     "100 node-ready p-2\n"
     "100 node-ready p-3\n"},
    {"cheapest-wait: at the maximum it evicts, whatever that costs",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'cheapest-wait','preemption':{'grace_period':'"
     "0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'same'}],'max_instances':1,'simulation':"
     "{'nodes':1,'scaling':{'provision_delay':'40s','boot':'20s'}}}],'runners':[{'id':'low','"
     "nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'16Gi'},'num_replicas':1,'"
     "priority':0,'simulation':{'arrival':'0s'}},{'id':'high','nodepool':'p','compute_info':{'cpu_"
     "limit':'4','cpu_memory':'1Gi'},'num_replicas':1,'priority':9,'simulation':{'arrival':'100s'}}"
     "]}",
     "100 evicted low for high\n"},
    {"cheapest-wait: a node that comes anyway costs nothing more",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'cheapest-wait','preemption':{"
     "'grace_period':'0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'four'}],"
     "'max_instances':2,'simulation':{'nodes':1,'scaling':{'provision_delay':'40s',"
     "'boot':'20s'}}}],'runners':[{'id':'low','nodepool':'p','compute_info':{'cpu_limit':'16',"
     "'cpu_memory':'1Gi'},'num_replicas':1,'priority':0,'simulation':{'arrival':'0s'}},{"
     "'id':'mid','nodepool':'p','compute_info':{'cpu_limit':'2','cpu_memory':'1Gi'},"
     "'num_replicas':1,'priority':0,'simulation':{'arrival':'20s'}},{'id':'high',"
     "'nodepool':'p','compute_info':{'cpu_limit':'2','cpu_memory':'1Gi'},'num_replicas':1,"
     "'priority':9,'simulation':{'arrival':'30s'}}]}",
     "20 node-launched p-1 for 1\n"
     "80 node-ready p-1\n"},
    {"cheapest-wait: of a node of unknown price none knows the cost: it is asked for",
     "'horizon':'5m','scheduler':{'preempt_or_scale':'cheapest-wait','preemption':{"
     "'grace_period':'0s'}},'nodepools':[{'id':'p','instance_types':[{'id':'unpriced'}],"
     "'max_instances':2,'simulation':{'nodes':1,'scaling':{'provision_delay':'40s',"
     "'boot':'20s'}}}],'runners':[{'id':'low','nodepool':'p','compute_info':{'cpu_limit':'4',"
     "'cpu_memory':'1Gi'},'num_replicas':1,'priority':0,'simulation':{'arrival':'0s'}},{"
     "'id':'high','nodepool':'p','compute_info':{'cpu_limit':'4','cpu_memory':'1Gi'},"
     "'num_replicas':1,'priority':9,'simulation':{'arrival':'50s'}}]}",
     "50 node-launched p-1 for 1\n"
     "110 node-ready p-1\n"},
};

Test(preempt_or_scale, every_rule_holds_to_the_second)
{
    node_rules_hold(rules, ARRAY_LEN(rules));
}

/* ---- laws, with everything random ---- */

static const char *const storm =
    "{'stowage':1,'horizon':'1d','seed':%d,'scheduler':{'preempt_or_scale':'%s'}," TYPES
    "'nodepools':[{'id':'p','instance_types':[{'id':'one'},{'id':'four'}],"
    "'min_instances':1,'max_instances':5,'simulation':{"
    "'scaling':{'provision_delay':{'distribution':'exponential','mean':'4m'},"
    "'provision_failure':0.2,'stock_out':0.2,'idle_timeout':'7m'}}},"
    "{'id':'q','instance_types':[{'id':'one'}],'max_instances':4,'simulation':{'nodes':2}}],"
    "'arrivals':[{'name':'g','interarrival':{'distribution':'exponential','mean':'7m'},"
    "'runner':{'nodepool':'p'," ASK "'num_replicas':2,'priority':3,'simulation':{'nodepools':['q'],"
    "'replica_duration':{'distribution':'exponential','mean':'15m'},'max_wait':'1h'}}},"
    "{'name':'h','interarrival':{'distribution':'exponential','mean':'20m'},"
    "'runner':{'nodepool':'p'," ASK "'num_replicas':3,'min_replicas':1,'priority':7,'simulation':{"
    "'replica_duration':{'distribution':'exponential','mean':'20m'}}}}]}";

/* Replicas evicted in some days with this rule. */
static int64_t evicted_with(const char *rule)
{
    int64_t evicted = 0;
    for (int seed = 0; seed < 4; seed++) {
        char text[8192];
        struct scenario scenario;
        struct sim sim;
        snprintf(text, sizeof text, storm, seed, rule);
        load_good(&scenario, text);
        free(node_story(&scenario, &sim));
        evicted += sim.metrics.eviction_count;
        sim_release(&sim);
        scenario_release(&scenario);
    }
    return evicted;
}

Test(preempt_or_scale, all_books_agree_and_who_scales_first_evicts_less)
{
    int64_t preempting = evicted_with("preempt-first");
    int64_t weighing = evicted_with("cheapest-wait");
    int64_t scaling = evicted_with("scale-first");
    cr_expect_gt(scaling, 0);
    cr_expect_lt(scaling, weighing);
    cr_expect_lt(weighing, preempting);
}
