/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/consolidation.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "tests/load_text.h"
#include "tests/node_story.h"

/* Nodes that are given back to save what they cost. Each rule is a small scenario and what happens
 * to nodes in it, with times worked out by hand: looks come every 10 s, what they find is confirmed
 * 15 s later, a new node takes 60 s, a replica goes 20 s after it is asked to. In many, `big` first
 * fills nodes up and leaves at 100 s. */

static const struct node_rule rules[] = {
    {"empty: what is too much goes after two looks 15 s apart, with no wait for idle_timeout",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,"
     "'simulation':{'nodes':2,'scaling':{'provision_delay':'1m','idle_timeout':'1h',"
     "'consolidation':'empty'}}}],'runners':[{'id':'r','nodepool':'p','compute_info':{"
     "'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{'grace_period':0,"
     "'departure':'605s'}}]}",
     "15 node-draining p-1\n"
     "15 node-removed p-1\n"
     "625 node-draining p-0\n"
     "625 node-removed p-0\n"},
    {"off: nothing goes before idle_timeout",
     "'horizon':'50m','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':9,'simulation':{'nodes':2,'scaling':{'provision_delay':'1m',"
     "'idle_timeout':'1h','consolidation':'off'}}}],'runners':[{'id':'r','nodepool':'p',"
     "'compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{"
     "'grace_period':0,'departure':'605s'}}]}",
     ""},
    {"consolidate_after: the first look at which a node was quiet for so long",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,"
     "'simulation':{'nodes':2,'scaling':{'provision_delay':'1m','idle_timeout':'1h',"
     "'consolidation':'empty','consolidate_after':'95s'}}}],'runners':[{'id':'r',"
     "'nodepool':'p','compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,"
     "'simulation':{'grace_period':0,'departure':'605s'}}]}",
     "115 node-draining p-1\n"
     "115 node-removed p-1\n"
     "715 node-draining p-0\n"
     "715 node-removed p-0\n"},
    {"a node that is used within the 15 s stays",
     "'horizon':'20m','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':9,'simulation':{'nodes':1,'scaling':{'provision_delay':'1m',"
     "'idle_timeout':'1h','consolidation':'empty'}}}],'runners':[{'id':'a','nodepool':'p',"
     "'compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{"
     "'grace_period':0,'departure':'605s'}},{'id':'b','nodepool':'p','compute_info':{"
     "'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{'grace_period':'20s',"
     "'arrival':'615s'}}]}",
     ""},
    {"budget: two of five at once, and the next two when these are gone",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,"
     "'simulation':{'nodes':5,'scaling':{'provision_delay':'1m','idle_timeout':'1h',"
     "'consolidation':'empty','disruption_budget':2}}}]}",
     "15 node-draining p-0\n"
     "15 node-removed p-0\n"
     "15 node-draining p-1\n"
     "15 node-removed p-1\n"
     "35 node-draining p-2\n"
     "35 node-removed p-2\n"
     "35 node-draining p-3\n"
     "35 node-removed p-3\n"
     "55 node-draining p-4\n"
     "55 node-removed p-4\n"},
    {"budget: half of five is three, of two one",
     "'horizon':'50s','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':9,'simulation':{'nodes':5,'scaling':{'provision_delay':'1m',"
     "'idle_timeout':'1h','consolidation':'empty','disruption_budget':'50%'}}}]}",
     "15 node-draining p-0\n"
     "15 node-removed p-0\n"
     "15 node-draining p-1\n"
     "15 node-removed p-1\n"
     "15 node-draining p-2\n"
     "15 node-removed p-2\n"
     "35 node-draining p-3\n"
     "35 node-removed p-3\n"},
    {"budget: none at all",
     "'horizon':'30m','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'max_instances':9,'simulation':{'nodes':5,'scaling':{'provision_delay':'1m',"
     "'idle_timeout':'1h','consolidation':'underutilized','disruption_budget':0}}}]}",
     ""},
    {"budget: failed nodes use it up",
     "'horizon':'5m','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,"
     "'simulation':{'nodes':3,'scaling':{'provision_delay':'1m','idle_timeout':'1h',"
     "'consolidation':'empty','disruption_budget':1}}}],'events':[{'at':'0s','fail_node':{"
     "'node':'p-0','repair_after':'2m'}}]}",
     "0 node-failed p-0\n"
     "120 node-ready p-0\n"
     "135 node-draining p-1\n"
     "135 node-removed p-1\n"
     "155 node-draining p-2\n"
     "155 node-removed p-2\n"
     "175 node-draining p-0\n"
     "175 node-removed p-0\n"},
    {"min_instances stay",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'min_instances':1,"
     "'max_instances':9,'simulation':{'nodes':3,'scaling':{'provision_delay':'1m',"
     "'idle_timeout':'1h','consolidation':'empty','disruption_budget':9}}}]}",
     "15 node-draining p-0\n"
     "15 node-removed p-0\n"
     "15 node-draining p-1\n"
     "15 node-removed p-1\n"},
    {"warm_instances stay",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'warm_instances':1,'max_instances':9,'simulation':{'nodes':3,'scaling':{"
     "'provision_delay':'1m','idle_timeout':'1h','consolidation':'empty',"
     "'disruption_budget':9}}}]}",
     "15 node-draining p-0\n"
     "15 node-removed p-0\n"
     "15 node-draining p-1\n"
     "15 node-removed p-1\n"},
    {"a closed pool is left alone",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,"
     "'simulation':{'nodes':2,'scaling':{'provision_delay':'1m','idle_timeout':'1h',"
     "'consolidation':'empty'}}}],'events':[{'at':'0s','set_nodepool':{'nodepool':'p',"
     "'schedulable':false}}]}",
     ""},
    {"empty: nodes with replicas stay, however little they hold",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,"
     "'simulation':{'nodes':2,'scaling':{'provision_delay':'1m','idle_timeout':'1h',"
     "'consolidation':'empty'}}}],'runners':[{'id':'big','nodepool':'p','compute_info':{"
     "'cpu_limit':'3','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{'grace_period':0,"
     "'departure':'100s'}},{'id':'x','nodepool':'p','compute_info':{'cpu_limit':'1',"
     "'cpu_memory':'1Gi'},'num_replicas':1,'simulation':{'grace_period':'20s'}},{'id':'s',"
     "'nodepool':'p','compute_info':{'cpu_limit':'2','cpu_memory':'1Gi'},'num_replicas':1,"
     "'simulation':{'grace_period':'20s'}}]}",
     ""},
    {"a node goes when its replicas find room on another, in their grace period",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,"
     "'simulation':{'nodes':2,'scaling':{'provision_delay':'1m','idle_timeout':'1h',"
     "'consolidation':'underutilized'}}}],'runners':[{'id':'big','nodepool':'p',"
     "'compute_info':{'cpu_limit':'3','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{"
     "'grace_period':0,'departure':'100s'}},{'id':'x','nodepool':'p','compute_info':{"
     "'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{"
     "'grace_period':'20s'}},{'id':'s','nodepool':'p','compute_info':{'cpu_limit':'2',"
     "'cpu_memory':'1Gi'},'num_replicas':1,'simulation':{'grace_period':'20s'}}]}",
     "115 node-draining p-0\n"
     "135 node-removed p-0\n"},
    {"of two at one price, the one whose replicas have the lower priority",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,"
     "'simulation':{'nodes':2,'scaling':{'provision_delay':'1m','idle_timeout':'1h',"
     "'consolidation':'underutilized'}}}],'runners':[{'id':'big','nodepool':'p',"
     "'compute_info':{'cpu_limit':'3','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{"
     "'grace_period':0,'departure':'100s'}},{'id':'x','nodepool':'p','compute_info':{"
     "'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,'priority':5,'simulation':{"
     "'grace_period':'20s'}},{'id':'s','nodepool':'p','compute_info':{'cpu_limit':'2',"
     "'cpu_memory':'1Gi'},'num_replicas':1,'simulation':{'grace_period':'20s'}}]}",
     "115 node-draining p-1\n"
     "135 node-removed p-1\n"},
    {"a replica that may not move holds its node",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,"
     "'simulation':{'nodes':2,'scaling':{'provision_delay':'1m','idle_timeout':'1h',"
     "'consolidation':'underutilized'}}}],'runners':[{'id':'big','nodepool':'p',"
     "'compute_info':{'cpu_limit':'3','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{"
     "'grace_period':0,'departure':'100s'}},{'id':'x','nodepool':'p','compute_info':{"
     "'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{'grace_period':'20s',"
     "'may_move':false}},{'id':'s','nodepool':'p','compute_info':{'cpu_limit':'2',"
     "'cpu_memory':'1Gi'},'num_replicas':1,'simulation':{'grace_period':'20s'}}]}",
     "115 node-draining p-1\n"
     "135 node-removed p-1\n"},
    {"a floor holds its node: another goes",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,'"
     "simulation':{'nodes':2,'scaling':{'provision_delay':'1m','idle_timeout':'1h','consolidation':"
     "'underutilized'}}}],'runners':[{'id':'big','nodepool':'p','compute_info':{'cpu_limit':'3','"
     "cpu_memory':'1Gi'},'num_replicas':1,'min_replicas':1,'simulation':{'grace_period':0,'"
     "departure':'100s'}},{'id':'x','nodepool':'p','compute_info':{'cpu_limit':'1','cpu_memory':'"
     "1Gi'},'num_replicas':1,'min_replicas':1,'simulation':{'grace_period':'20s'}},{'id':'s','"
     "nodepool':'p','compute_info':{'cpu_limit':'2','cpu_memory':'1Gi'},'num_replicas':1,'"
     "simulation':{'grace_period':'20s'}}]}",
     "115 node-draining p-1\n135 node-removed p-1\n"},
    {"floors hold all nodes: none goes",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,'"
     "simulation':{'nodes':2,'scaling':{'provision_delay':'1m','idle_timeout':'1h','consolidation':"
     "'underutilized'}}}],'runners':[{'id':'big','nodepool':'p','compute_info':{'cpu_limit':'3','"
     "cpu_memory':'1Gi'},'num_replicas':1,'min_replicas':1,'simulation':{'grace_period':0,'"
     "departure':'100s'}},{'id':'x','nodepool':'p','compute_info':{'cpu_limit':'1','cpu_memory':'"
     "1Gi'},'num_replicas':1,'min_replicas':1,'simulation':{'grace_period':'20s'}},{'id':'s','"
     "nodepool':'p','compute_info':{'cpu_limit':'2','cpu_memory':'1Gi'},'num_replicas':1,'min_"
     "replicas':1,'simulation':{'grace_period':'20s'}}]}",
     ""},
    {"a floor that is lowered lets the node go",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,'"
     "simulation':{'nodes':2,'scaling':{'provision_delay':'1m','idle_timeout':'1h','consolidation':"
     "'underutilized'}}}],'runners':[{'id':'big','nodepool':'p','compute_info':{'cpu_limit':'3','"
     "cpu_memory':'1Gi'},'num_replicas':1,'min_replicas':1,'simulation':{'grace_period':0,'"
     "departure':'100s'}},{'id':'x','nodepool':'p','compute_info':{'cpu_limit':'1','cpu_memory':'"
     "1Gi'},'num_replicas':1,'min_replicas':1,'simulation':{'grace_period':'20s'}},{'id':'s','"
     "nodepool':'p','compute_info':{'cpu_limit':'2','cpu_memory':'1Gi'},'num_replicas':1,'min_"
     "replicas':1,'simulation':{'grace_period':'20s'}}],'events':[{'at':'1003s','scale':{'runner':'"
     "x','min_replicas':0}}]}",
     "1025 node-draining p-0\n1045 node-removed p-0\n"},
    {"the minimum of the pool holds both",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'min_instances':2,"
     "'max_instances':9,'simulation':{'nodes':2,'scaling':{'provision_delay':'1m',"
     "'idle_timeout':'1h','consolidation':'underutilized'}}}],'runners':[{'id':'big',"
     "'nodepool':'p','compute_info':{'cpu_limit':'3','cpu_memory':'1Gi'},'num_replicas':1,"
     "'simulation':{'grace_period':0,'departure':'100s'}},{'id':'x','nodepool':'p',"
     "'compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{"
     "'grace_period':'20s'}},{'id':'s','nodepool':'p','compute_info':{'cpu_limit':'2',"
     "'cpu_memory':'1Gi'},'num_replicas':1,'simulation':{'grace_period':'20s'}}]}",
     ""},
    {"no replica moves to an empty node that is kept warm",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'warm_instances':1,'max_instances':9,'simulation':{'nodes':2,'scaling':{"
     "'provision_delay':'1m','idle_timeout':'1h','consolidation':'underutilized'}}}],"
     "'runners':[{'id':'x','nodepool':'p','compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},"
     "'num_replicas':1,'simulation':{'grace_period':'20s'}}]}",
     ""},
    {"the dearest for each unit of disruption goes first: 32 / 2 before 10 / 2",
     "'horizon':'10m','nodepools':[{'id':'p','instance_types':[{'id':'one'},{'id':'four'}],"
     "'max_instances':2,'simulation':{'nodes':[{'instance_type':'one'},{'instance_type':'four'}],"
     "'scaling':{'provision_delay':'1m','idle_timeout':'1h','consolidation':'underutilized'}}}],"
     "'runners':[{'id':'big','nodepool':'p','compute_info':{'cpu_limit':'3','cpu_memory':'1Gi'},"
     "'num_replicas':1,'simulation':{'grace_period':0,'may_move':false,'departure':'100s'}},{'id':'"
     "x','nodepool':'p'"
     ","
     "'compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1},{'id':'s','nodepool':'"
     "p',"
     "'compute_info':{'cpu_limit':'3','cpu_memory':'1Gi'},'num_replicas':1,"
     "'simulation':{'grace_period':'20s'}}]}",
     "115 node-draining p-1 four\n"
     "135 node-removed p-1 four\n"},
    {"nodes of unknown price are no candidates",
     "'horizon':'10m','nodepools':[{'id':'p','instance_types':[{'id':'unpriced'}],"
     "'max_instances':2,'simulation':{'nodes':2,"
     "'scaling':{'idle_timeout':'1h','consolidation':'underutilized'}}}],"
     "'runners':[{'id':'big','nodepool':'p','compute_info':{'cpu_limit':'3','cpu_memory':'1Gi'},"
     "'num_replicas':2,'simulation':{'grace_period':0,'departure':'100s'}},{'id':'x','nodepool':'p'"
     ","
     "'compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':2}]}",
     ""},
    {"one strictly cheaper node replaces it: cordoned until that is ready, then drained",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'},{'id':'four'}],"
     "'max_instances':9,'simulation':{'nodes':[{'instance_type':'four'}],'scaling':{"
     "'provision_delay':'1m','idle_timeout':'1h','consolidation':'underutilized'}}}],"
     "'runners':[{'id':'r','nodepool':'p','compute_info':{'cpu_limit':'1','cpu_memory':'1Gi',"
     "'num_accelerators':1},'num_replicas':1,'simulation':{'grace_period':'20s'}}]}",
     "15 node-launched p-1 for 1\n"
     "15 node-cordoned p-0 four\n"
     "75 node-ready p-1\n"
     "75 node-draining p-0 four\n"
     "95 node-removed p-0 four\n"},
    {"a spot node replaces one of the same machine on demand",
     "'horizon':'10m','nodepools':[{'id':'p','instance_types':[{'id':'one'}],"
     "'node_capacity_type':{'capacity_types':[1,2]},'max_instances':2,'simulation':{"
     "'spot_price_factor':0.5,'nodes':1,'scaling':{'provision_delay':'1m',"
     "'idle_timeout':'1h','consolidation':'underutilized'}}}],'runners':[{'id':'r',"
     "'nodepool':'p','compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,"
     "'simulation':{'grace_period':'20s'}}]}",
     "15 node-launched p-1 spot for 1\n"
     "15 node-cordoned p-0\n"
     "75 node-ready p-1 spot\n"
     "75 node-draining p-0\n"
     "95 node-removed p-0\n"},
    {"no spot node replaces a spot node",
     "'horizon':'10m','nodepools':[{'id':'p','instance_types':[{'id':'one'},{'id':'four'}],"
     "'node_capacity_type':{'capacity_types':[1,2]},'max_instances':2,'simulation':{"
     "'spot_price_factor':0.1,'nodes':[{'instance_type':'four','capacity_type':'spot'}],"
     "'scaling':{'provision_delay':'1m','idle_timeout':'1h',"
     "'consolidation':'underutilized'}}}],'runners':[{'id':'r','nodepool':'p',"
     "'compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{"
     "'grace_period':'20s'}}]}",
     ""},
    {"a node of the same price replaces nothing",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'},{'id':'same'}],"
     "'max_instances':9,'simulation':{'nodes':[{'instance_type':'one'}],'scaling':{"
     "'provision_delay':'1m','idle_timeout':'1h','consolidation':'underutilized'}}}],"
     "'runners':[{'id':'r','nodepool':'p','compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},"
     "'num_replicas':1,'simulation':{'grace_period':'20s'}}]}",
     ""},
    {"no room for one more below max_instances: nothing is replaced",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'},{'id':'four'}],"
     "'max_instances':1,'simulation':{'nodes':[{'instance_type':'four'}],'scaling':{"
     "'provision_delay':'1m','idle_timeout':'1h','consolidation':'underutilized'}}}],"
     "'runners':[{'id':'r','nodepool':'p','compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},"
     "'num_replicas':1,'simulation':{'grace_period':'20s'}}]}",
     ""},
    {"two that one cheaper would not take are left alone",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'},{'id':'four'}],"
     "'max_instances':9,'simulation':{'nodes':[{'instance_type':'four'}],'scaling':{"
     "'provision_delay':'1m','idle_timeout':'1h','consolidation':'underutilized'}}}],"
     "'runners':[{'id':'r','nodepool':'p','compute_info':{'cpu_limit':'3','cpu_memory':'1Gi'},"
     "'num_replicas':2,'simulation':{'grace_period':'20s'}}]}",
     ""},
    {"out of stock: tried again after retry_after",
     "'horizon':'5m','nodepools':[{'id':'p','instance_types':[{'id':'one'},{'id':'four'}],"
     "'max_instances':9,'simulation':{'nodes':[{'instance_type':'four'}],'scaling':{"
     "'provision_delay':'1m','idle_timeout':'1h','consolidation':'underutilized',"
     "'stock_outs':[{'until':'80s'}]}}}],'runners':[{'id':'r','nodepool':'p','compute_info':{"
     "'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{"
     "'grace_period':'20s'}}]}",
     "15 out-of-stock p\n"
     "95 node-launched p-1 for 1\n"
     "95 node-cordoned p-0 four\n"
     "155 node-ready p-1\n"
     "155 node-draining p-0 four\n"
     "175 node-removed p-0 four\n"},
    {"the other node does not come: the node is taken into service again",
     "'horizon':'100s','nodepools':[{'id':'p','instance_types':[{'id':'one'},{'id':'four'}],"
     "'max_instances':9,'simulation':{'nodes':[{'instance_type':'four'}],'scaling':{"
     "'provision_delay':'1m','idle_timeout':'1h','consolidation':'underutilized',"
     "'provision_failure':1}}}],'runners':[{'id':'r','nodepool':'p','compute_info':{"
     "'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{"
     "'grace_period':'20s'}}]}",
     "15 node-launched p-1 for 1\n"
     "15 node-cordoned p-0 four\n"
     "75 launch-failed p-1\n"
     "75 node-removed p-1\n"
     "75 node-ready p-0 four\n"},
    {"the other node is removed while it is coming: the same at the next look",
     "'horizon':'45s','nodepools':[{'id':'p','instance_types':[{'id':'one'},{'id':'four'}],"
     "'max_instances':9,'simulation':{'nodes':[{'instance_type':'four'}],'scaling':{"
     "'provision_delay':'1m','idle_timeout':'1h','consolidation':'underutilized'}}}],"
     "'runners':[{'id':'r','nodepool':'p','compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},"
     "'num_replicas':1,'simulation':{'grace_period':'20s','may_move':true}}],'events':[{'at':'44s',"
     "'add_nodes':{'nodepool':'p','instance_type':'one'}},{"
     "'at':'31s','remove_node':{'node':'p-1'}}]}",
     "15 node-launched p-1 for 1\n"
     "15 node-cordoned p-0 four\n"
     "31 node-removed p-1\n"
     "40 node-ready p-0 four\n"
     "44 node-added p-2\n"},
    {"what does not hold any more when the other node is ready is dropped",
     "'horizon':'10m','nodepools':[{'id':'p','instance_types':[{'id':'one'},{'id':'four'}],"
     "'max_instances':9,'simulation':{'nodes':[{'instance_type':'four'}],'scaling':{"
     "'provision_delay':'1m','idle_timeout':'1h','consolidation':'underutilized'}}}],"
     "'runners':[{'id':'r','nodepool':'p','compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},"
     "'num_replicas':1,'simulation':{'grace_period':'20s'}}],'events':[{'at':'40s','scale':{"
     "'runner':'r','min_replicas':1}}]}",
     "15 node-launched p-1 for 1\n"
     "15 node-cordoned p-0 four\n"
     "75 node-ready p-1\n"
     "75 node-ready p-0 four\n"
     "95 node-draining p-1\n"
     "95 node-removed p-1\n"},
    {"several at once: the longest prefix whose replicas find room, by bisection",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,"
     "'simulation':{'nodes':3,'scaling':{'provision_delay':'1m','idle_timeout':'1h',"
     "'consolidation':'underutilized','disruption_budget':'100%'}}}],'runners':[{'id':'big',"
     "'nodepool':'p','compute_info':{'cpu_limit':'3','cpu_memory':'1Gi'},'num_replicas':3,"
     "'simulation':{'grace_period':0,'departure':'100s'}},{'id':'x','nodepool':'p',"
     "'compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':3,'simulation':{"
     "'grace_period':'20s'}}]}",
     "115 node-draining p-0\n"
     "115 node-draining p-1\n"
     "135 node-removed p-0\n"
     "135 node-removed p-1\n"},
    {"several at once: one cheaper than all of them replaces four",
     "'horizon':'200s','nodepools':[{'id':'p','instance_types':[{'id':'one'},{'id':'large'}],"
     "'max_instances':9,'simulation':{'nodes':[{'instance_type':'one','count':4}],'scaling':{"
     "'provision_delay':'1m','idle_timeout':'1h','consolidation':'underutilized',"
     "'disruption_budget':'100%'}}}],'runners':[{'id':'x','nodepool':'p','compute_info':{"
     "'cpu_limit':'1','cpu_memory':'1Gi','num_accelerators':1},'num_replicas':4,'simulation':{"
     "'grace_period':'20s'}}]}",
     "15 node-launched p-4 for 4\n"
     "15 node-cordoned p-0\n"
     "15 node-cordoned p-1\n"
     "15 node-cordoned p-2\n"
     "15 node-cordoned p-3\n"
     "75 node-ready p-4\n"
     "75 node-draining p-0\n"
     "75 node-draining p-1\n"
     "75 node-draining p-2\n"
     "75 node-draining p-3\n"
     "95 node-removed p-0\n"
     "95 node-removed p-1\n"
     "95 node-removed p-2\n"
     "95 node-removed p-3\n"},
    {"within the budget of one, four are left alone where one for one saves nothing",
     "'horizon':'200s','nodepools':[{'id':'p','instance_types':[{'id':'one'},{'id':'large'}],"
     "'max_instances':9,'simulation':{'nodes':[{'instance_type':'one','count':4}],'scaling':{"
     "'provision_delay':'1m','idle_timeout':'1h','consolidation':'underutilized'}}}],"
     "'runners':[{'id':'x','nodepool':'p','compute_info':{'cpu_limit':'1','cpu_memory':'1Gi',"
     "'num_accelerators':1},'num_replicas':4,'simulation':{'grace_period':'20s'}}]}",
     ""},
    {"max_per_node counts for those that move, too",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,"
     "'simulation':{'nodes':3,'scaling':{'provision_delay':'1m','idle_timeout':'1h',"
     "'consolidation':'underutilized','disruption_budget':'100%'}}}],'runners':[{'id':'big',"
     "'nodepool':'p','compute_info':{'cpu_limit':'3','cpu_memory':'1Gi'},'num_replicas':3,"
     "'simulation':{'grace_period':0,'departure':'100s'}},{'id':'x','nodepool':'p',"
     "'compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':3,'simulation':{"
     "'grace_period':'20s','max_per_node':2}}]}",
     "115 node-draining p-0\n"
     "135 node-removed p-0\n"},
    {"replicas move to nodes of another pool that they may use",
     "'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'one'}],'max_instances':9,"
     "'simulation':{'nodes':1,'scaling':{'provision_delay':'1m','idle_timeout':'1h',"
     "'consolidation':'underutilized'}}},{'id':'q','instance_types':[{'id':'one'}],"
     "'max_instances':1,'simulation':{'nodes':1}}],'runners':[{'id':'x','nodepool':'p',"
     "'compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{"
     "'grace_period':'20s','nodepools':['q']}},{'id':'y','nodepool':'q','compute_info':{"
     "'cpu_limit':'1','cpu_memory':'1Gi'},'num_replicas':1,'simulation':{"
     "'grace_period':'20s'}}]}",
     "15 node-draining p-0\n"
     "35 node-removed p-0\n"},
};

Test(consolidation, every_rule_holds_to_the_second)
{
    node_rules_hold(rules, ARRAY_LEN(rules));
}

/* ---- what it counts ---- */

Test(consolidation, what_moves_is_counted_apart_and_costs_its_work)
{
    /* r runs on a node of four devices from 0 on, and moves to one of one device at 75 s: its 75 s
     * are lost, a quarter of the devices, and by weight 31611 + 4237 + 950000 of 16 x 31611 + 64 x
     * 4237 + 4 x 950000. */
    struct scenario scenario;
    struct sim sim;
    load_good(&scenario,
              "{'stowage':1," TYPES "'horizon':'10m','nodepools':[{'id':'p','max_instances':2,"
              "'instance_types':[{'id':'one'},{'id':'four'}],'simulation':{"
              "'nodes':[{'instance_type':'four'}],'scaling':{'provision_delay':'1m',"
              "'consolidation':'underutilized'}}}],'runners':[{'id':'r','nodepool':'p'," ASK
              "'num_replicas':1}]}");
    free(node_story(&scenario, &sim));
    const struct runner_rare *rare = metrics_rare(&sim.metrics, 0);
    int64_t share = INT64_C(985848) * 1000000000 / 4576944;
    cr_assert_eq(sim.consolidations.count, 1);
    cr_expect_eq((int)sim.consolidations.items[0].stage, (int)CONSOLIDATION_DONE);
    cr_expect_eq((int)sim.consolidations.items[0].method, (int)CONSOLIDATE_SINGLE);
    cr_expect_eq(sim.consolidations.items[0].found_us, 0);
    cr_expect_eq(sim.consolidations.items[0].ended_us, INT64_C(75) * 1000000);
    cr_expect_eq(sim.consolidations.items[0].replica_count, 1);
    cr_expect_eq(rare->moved_count, 1);
    cr_expect_eq(rare->drained_count, 0);
    cr_expect_eq(rare->evicted_count, 0);
    cr_expect_eq(rare->work_lost_us, INT64_C(75) * 1000000);
    cr_expect(sim.metrics.cost_lost[BLAME_CONSOLIDATION] ==
              (int128)75 * 1000000 * 32000000 / 1000000000 * share);
    cr_expect(sim.metrics.cost_lost[BLAME_DRAIN] == 0);
    sim_release(&sim);
    scenario_release(&scenario);
}

/* ---- laws, with everything random ---- */

static const char *const storm =
    "{'stowage':1,'horizon':'1d','seed':%d," TYPES "'nodepools':["
    "{'id':'p','instance_types':[{'id':'one'},{'id':'four'},{'id':'large'}],"
    "'min_instances':1,'max_instances':9,'simulation':{"
    "'scaling':{'provision_delay':{'distribution':'exponential','mean':'2m'},"
    "'provision_failure':0.2,'stock_out':0.1,'expander':'most-replicas',"
    "'consolidation':'underutilized','disruption_budget':'40%%'}}},"
    "{'id':'q','instance_types':[{'id':'one'},{'id':'four'}],"
    "'max_instances':6,'simulation':{'scaling':{'provision_delay':'90s',"
    "'consolidation':'underutilized','consolidate_after':'2m','disruption_budget':2}}}],"
    "'arrivals':[{'name':'g','interarrival':{'distribution':'exponential','mean':'6m'},"
    "'runner':{'nodepool':'p'," ASK "'num_replicas':2,'min_replicas':1,'priority':3,'simulation':{"
    "'nodepools':['q'],'startup':'40s','replica_duration':{'distribution':'exponential',"
    "'mean':'25m'}}}},"
    "{'name':'h','interarrival':{'distribution':'exponential','mean':'30m'},"
    "'runner':{'nodepool':'q'," ASK "'num_replicas':3,'priority':7,'simulation':{'max_per_node':2,"
    "'replica_duration':{'distribution':'exponential','mean':'40m'}}}}],"
    "'events':[{'at':'12h','fail_node':{'nodepool':'p','count':3,'repair_after':'1h'}},"
    "{'at':'20h','remove_node':{'nodepool':'p','count':2}},"
    "{'at':'22h','drain_node':{'nodepool':'q','count':2}}]}";

Test(consolidation, all_books_agree_and_no_floor_breaks_in_a_storm)
{
    int32_t stages[CONSOLIDATION_STAGE_COUNT] = {0};
    int32_t methods[CONSOLIDATE_METHOD_COUNT] = {0};
    for (int seed = 0; seed < 3; seed++) {
        char text[8192];
        struct scenario scenario;
        struct sim sim;
        snprintf(text, sizeof text, storm, seed);
        load_good(&scenario, text);
        free(node_story(&scenario, &sim));
        for (int32_t i = 0; i < sim.consolidations.count; i++) {
            stages[sim.consolidations.items[i].stage]++;
            methods[sim.consolidations.items[i].method]++;
        }
        cr_expect_eq(sim.metrics.floor_breaches_by_consolidation, 0);
        sim_release(&sim);
        scenario_release(&scenario);
    }
    cr_expect_gt(stages[CONSOLIDATION_DONE], 20);
    cr_expect_gt(stages[CONSOLIDATION_DROPPED], 0);
    cr_expect_gt(stages[CONSOLIDATION_UNMET], 0);
    for (int i = 0; i < CONSOLIDATE_METHOD_COUNT; i++)
        cr_expect_gt(methods[i], 0, "method %d", i);
}
