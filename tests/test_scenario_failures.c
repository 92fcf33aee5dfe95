/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "base/units.h"
#include "scenarios/scenario.h"
#include "tests/load_text.h"

/* Spot nodes, failures and traces of failures, as they are read. */

#define TYPE "{'id':'m','compute_info':{'cpu_limit':'8','cpu_memory':'32Gi'},'price':'42'}"
#define TOP "{'stowage':1,'horizon':'1h','nodepools':["

static const struct type_extra *extra_of(const struct scenario *scenario, int32_t node)
{
    return &scenario->type_extras[scenario->nodes[node].type];
}

Test(scenario_failures, spot_nodes_have_a_type_and_a_price_of_their_own)
{
    struct scenario s;
    load_good(&s, TOP "{'id':'any','instance_types':[" TYPE "],'max_instances':4,'simulation':"
                      "{'spot_price_factor':0.35,'nodes':[{'capacity_type':'spot'},{'count':1},"
                      "{'capacity_type':'spot'}]}},"
                      "{'id':'spot','instance_types':[" TYPE "],'max_instances':4,"
                      "'node_capacity_type':{'capacity_types':[2]},'simulation':{'nodes':"
                      "[{'instance_type':'m'}]}}]}");
    cr_assert_eq(s.node_count, 4);
    const struct node_type *spot = &s.types[s.nodes[0].type];
    cr_expect_str_eq(spot->id, "m (spot)");
    cr_expect_str_eq(extra_of(&s, 0)->offered_as, "m");
    cr_expect_eq(spot->price_micro, 14700000, "42 millicents times 0.35");
    cr_expect_eq(spot->cpu_milli, 8000);
    cr_expect_str_eq(s.types[s.nodes[1].type].id, "m");
    cr_expect_null(extra_of(&s, 1)->offered_as);
    cr_expect_eq(s.nodes[2].type, s.nodes[0].type);
    cr_expect_str_eq(s.types[s.nodes[3].type].id, "m (spot)");
    cr_expect_eq(s.types[s.nodes[3].type].price_micro, 42000000, "no discount is assumed");
    scenario_release(&s);
}

Test(scenario_failures, entries_say_which_nodes_fail_and_for_how_long)
{
    struct scenario s;
    load_good(&s, TOP "{'id':'p','instance_types':[" TYPE "],'max_instances':4,'simulation':"
                      "{'nodes':[{'count':2,'zone':'a'}]}}],'failures':["
                      "{'between':'1h','repair':'5m'},"
                      "{'nodepool':'p','instance_type':'m','zone':'a','domain':'rack',"
                      "'nodes_per_rack':4,'between':'2h','repair':'1m'},"
                      "{'capacity_type':'spot','domain':'zone','between':'3h','notice':'2m'}]}");
    cr_assert_eq(s.failure_count, 3);
    const struct failure_def *f = s.failures;
    cr_expect_eq(f[0].domain, FAILURE_OF_NODE);
    cr_expect_eq(f[0].pool, NO_INDEX);
    cr_expect_eq(f[0].type, NO_INDEX);
    cr_expect_null(f[0].zone);
    cr_expect(f[0].of_spot && f[0].of_on_demand && !f[0].is_reclaim);
    cr_expect_eq((int64_t)s.dists[f[0].repair].a, 300 * US_PER_S);
    cr_expect_eq(f[1].domain, FAILURE_OF_RACK);
    cr_expect_eq(f[1].nodes_per_rack, 4);
    cr_expect_eq(f[1].pool, 0);
    cr_expect_eq(f[1].type, s.nodes[0].type);
    cr_expect_str_eq(f[1].zone, "a");
    cr_expect(f[2].is_reclaim && f[2].of_spot && !f[2].of_on_demand);
    cr_expect_eq(f[2].notice_us, 120 * US_PER_S);
    cr_expect_eq(f[2].repair, NO_INDEX);
    scenario_release(&s);
}

Test(scenario_failures, a_trace_becomes_events_in_order_of_time)
{
    struct scenario s;
    write_text_file("trace.csv", "down_for,node,down_at\n10m,p-1,30m\n,p-0,5m\n1s,p-0,1h\n");
    load_good(&s, TOP "{'id':'p','instance_types':[" TYPE "],'max_instances':4,'simulation':"
                      "{'nodes':2}}],'failures_file':'trace.csv',"
                      "'events':[{'at':'10m','cordon_node':{'node':'p-0'}}]}");
    cr_assert_eq(s.event_count, 3, "what is not before the horizon is skipped");
    cr_expect_str_eq(s.events[0].node_name, "p-0");
    cr_expect_eq(s.events[0].at_us, 300 * US_PER_S);
    cr_expect_eq(s.events[0].repair_after, NO_INDEX);
    cr_expect(s.events[0].extends_repair);
    cr_expect_eq(s.events[1].kind, EVENT_CORDON_NODE);
    cr_expect_eq(s.events[2].kind, EVENT_FAIL_NODE);
    cr_expect_eq((int64_t)s.dists[s.events[2].repair_after].a, 600 * US_PER_S);
    scenario_release(&s);
}

Test(scenario_failures, zones_of_nodes_that_pools_ask_for_are_zones)
{
    expect_problems(TOP "{'id':'p','instance_types':[" TYPE "],'max_instances':4,'simulation':"
                        "{'scaling':{'zones':['a','b']}}}],'failures':["
                        "{'domain':'zone','between':'1h','repair':'5m'},"
                        "{'zone':'b','between':'1h','repair':'5m'},"
                        "{'zone':'c','between':'1h','repair':'5m'}]}",
                    "warning: s.json: failures[2].zone: \"c\" is the zone of no node: nothing "
                    "fails\n");
}
