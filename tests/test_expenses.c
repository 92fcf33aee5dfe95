/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>

#include "base/units.h"
#include "sim/engine.h"
#include "tests/load_text.h"

/* What runners cost, followed by hand to the cent and further: one node of 8 cores, 32 GiB and one
 * device at 42 millicents a second (1.512 USD/h), and on spot at a quarter of that. */

#define TYPE                                                                                       \
    "{'id':'m','price':'42','compute_info':{'cpu_limit':'8','cpu_memory':'32Gi',"                  \
    "'num_accelerators':1,'accelerator_memory':'24Gi','accelerator_type':['X']}}"
#define HALF "'compute_info':{'cpu_limit':'4','cpu_memory':'16Gi','num_accelerators':1}"

/* 1e-17 USD in a micro-USD. */
static const int64_t grains = INT64_C(100000000000);

static void run(struct sim *sim, const struct scenario *scenario)
{
    struct err err = {0};
    struct sim_options options = {.check = true};
    cr_assert_eq(sim_init(sim, scenario, &options, &err), 0, "%s", err.text);
    cr_assert_eq(sim_run(sim, &err), 0, "%s", err.text);
}

Test(expenses, a_replica_with_half_of_everything_pays_half_of_the_node)
{
    /* Starts for 10 min, runs for 30, is drained at 40 min over 5 min; then nothing fits until the
     * hour is over. Half of 1.512 USD/h: 0.126, 0.378, 0.063 USD; and 0.378 USD of work lost. */
    struct scenario s;
    struct sim sim;
    load_good(&s, "{'stowage':1,'horizon':'1h','nodepools':[{'id':'p','instance_types':[" TYPE
                  "],'max_instances':1,'simulation':{'nodes':1}}],"
                  "'runners':[{'id':'r','nodepool':{'id':'p'}," HALF ",'num_replicas':1,"
                  "'simulation':{'share_milli':500,'startup':'10m','grace_period':'5m'}}],"
                  "'events':[{'at':'40m','drain_node':{'node':'p-0'}}]}");
    run(&sim, &s);
    const struct runner_cost *cost = metrics_cost(&sim.metrics, 0);
    cr_expect_eq(expense_share(&s.shapes.items[s.runners[0].shape], &s.types[0]), 500000000);
    cr_expect(cost->parts[EXPENSE_STARTING] == (int128)126000 * grains);
    cr_expect(cost->parts[EXPENSE_RUNNING] == (int128)378000 * grains);
    cr_expect(cost->parts[EXPENSE_TERMINATING] == (int128)63000 * grains);
    cr_expect(cost->lost == (int128)378000 * grains);
    cr_expect(sim.metrics.cost_lost[BLAME_DRAIN] == (int128)378000 * grains);
    cr_expect(sim.metrics.cost_lost[BLAME_FAILURE] == 0);
    cr_expect_eq(sim.nodes[0].busy_us, INT64_C(2700) * US_PER_S);
    cr_expect_eq(sim.metrics.runners[0].unpriced_us, 0);
    sim_release(&sim);
    scenario_release(&s);
}

Test(expenses, spot_nodes_are_charged_at_their_price_and_unknown_prices_stay_unknown)
{
    /* A whole hour on spot at a quarter: half of 0.378 USD. The node of the second pool has no
     * price: an hour of its replica costs nobody knows what. */
    struct scenario s;
    struct sim sim;
    load_good(&s, "{'stowage':1,'horizon':'1h','nodepools':[{'id':'p','instance_types':[" TYPE
                  "],'max_instances':1,'simulation':{'spot_price_factor':0.25,"
                  "'nodes':[{'capacity_type':'spot'}]}},"
                  "{'id':'q','instance_types':[{'id':'n','compute_info':{'cpu_limit':'8',"
                  "'cpu_memory':'32Gi'}}],'max_instances':1,'simulation':{'nodes':1}}],"
                  "'runners':[{'id':'r','nodepool':{'id':'p'}," HALF ",'num_replicas':1,"
                  "'simulation':{'share_milli':500}},"
                  "{'id':'u','nodepool':{'id':'q'},'compute_info':{'cpu_limit':'4',"
                  "'cpu_memory':'1Gi'},'num_replicas':1}]}");
    run(&sim, &s);
    cr_expect(metrics_cost(&sim.metrics, 0)->parts[EXPENSE_RUNNING] == (int128)189000 * grains);
    cr_expect_eq(sim.metrics.runners[0].unpriced_us, 0);
    cr_expect(metrics_cost(&sim.metrics, 1)->parts[EXPENSE_RUNNING] == 0);
    cr_expect_eq(sim.metrics.runners[1].unpriced_us, INT64_C(3600) * US_PER_S);
    sim_release(&sim);
    scenario_release(&s);
}

Test(expenses, parts_of_a_node_are_in_the_ratio_of_what_they_cost_apart)
{
    /* Weights 8 x 31611 + 32 x 4237 + 950000 = 1338472: a whole device alone is 950000 of them. */
    struct scenario s;
    load_good(&s, "{'stowage':1,'horizon':'1h','nodepools':[{'id':'p','instance_types':[" TYPE
                  "],'max_instances':1,'simulation':{'nodes':1}}],"
                  "'runners':[{'id':'a','nodepool':{'id':'p'},'compute_info':{'cpu_limit':'0',"
                  "'cpu_memory':'0','num_accelerators':1}},"
                  "{'id':'b','nodepool':{'id':'p'},'compute_info':{'cpu_limit':'8',"
                  "'cpu_memory':'0'}},"
                  "{'id':'c','nodepool':{'id':'p'},'compute_info':{'cpu_limit':'0',"
                  "'cpu_memory':'32Gi'}}]}");
    static const int64_t shares[] = {
        INT64_C(950000) * 1000000000 / 1338472,
        INT64_C(252888) * 1000000000 / 1338472,
        INT64_C(135584) * 1000000000 / 1338472,
    };
    for (int i = 0; i < 3; i++)
        cr_expect_eq(expense_share(&s.shapes.items[s.runners[i].shape], &s.types[0]), shares[i],
                     "runner %d", i);
    scenario_release(&s);
}
