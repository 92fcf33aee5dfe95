/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "sim/traffic_results.h"
#include "tests/load_text.h"
#include "tests/traffic_run.h"

/* What a deployment says of its replicas, rule by rule, in scenarios; times by hand. */

static void load_deployment(struct scenario *scenario, const char *deployment,
                            const char *autoscaler)
{
    char text[4096];
    snprintf(text, sizeof text,
             "{'stowage':1,'horizon':'1h','instance_types':[{'id':'m','compute_info':{'cpu_limit':"
             "'8','cpu_memory':'32Gi'}}],'nodepools':["
             "{'id':'p','instance_types':[{'id':'m'}],'max_instances':2,'simulation':{'nodes':2}},"
             "{'id':'q','instance_types':[{'id':'m'}],'max_instances':2,'simulation':{'nodes':2}},"
             "{'id':'s','instance_types':[{'id':'m'}],'max_instances':2,'simulation':{'nodes':2}}],"
             "'deployments':[{'id':'d',%s'simulation':{%s'compute_info':{'cpu_limit':'1'},"
             "'traffic':{'rate':1,'service_time':'1s'}}}]}",
             deployment, autoscaler);
    load_good(scenario, text);
}

struct bounds_case {
    const char *name, *deployment, *autoscaler;
    int32_t low[3], high[3], floor[3]; /* of each of its runners */
};

static const struct bounds_case bounds_cases[] = {
    {"the floor and the soft minimum",
     "'nodepools':[{'id':'p'}],'autoscale_config':{'min_replicas':2,'soft_min_replicas':1,"
     "'max_replicas':9},",
     "",
     {3},
     {9},
     {2}},
    {"their sum is capped to the maximum",
     "'nodepools':[{'id':'p'}],'autoscale_config':{'min_replicas':3,'soft_min_replicas':4,"
     "'max_replicas':5},",
     "",
     {5},
     {5},
     {3}},
    {"a soft minimum alone keeps replicas, without a floor",
     "'nodepools':[{'id':'p'}],'autoscale_config':{'soft_min_replicas':2,'max_replicas':5},",
     "",
     {2},
     {5},
     {0}},
    {"bounds are those of each nodepool",
     "'nodepools':[{'id':'p'},{'id':'q'},{'id':'s'}],'autoscale_config':{'min_replicas':2,"
     "'max_replicas':7},",
     "",
     {2, 2, 2},
     {7, 7, 7},
     {2, 2, 2}},
    {"or of all together, the first ones getting more",
     "'nodepools':[{'id':'p'},{'id':'q'},{'id':'s'}],'autoscale_config':{'min_replicas':2,"
     "'soft_min_replicas':3,'max_replicas':7},",
     "'autoscaler':{'bounds':'total'},",
     {2, 2, 1},
     {3, 2, 2},
     {1, 1, 0}},
    {"no configuration: 0 to 5", "'nodepools':[{'id':'p'}],", "", {0}, {5}, {0}},
    {"the command line's: 1 to 5",
     "'nodepools':[{'id':'p'}],",
     "'autoscaler':{'defaults':'cli'},",
     {1},
     {5},
     {1}},
};

Test(replica_rules, replicas_move_between_the_bounds)
{
    for (size_t i = 0; i < ARRAY_LEN(bounds_cases); i++) {
        const struct bounds_case *of = &bounds_cases[i];
        struct scenario scenario;
        load_deployment(&scenario, of->deployment, of->autoscaler);
        for (int32_t j = 0; j < scenario.runner_count; j++) {
            const struct runner_def *runner = &scenario.runners[j];
            cr_expect_eq(runner->traffic->autoscale.low, of->low[j], "%s: low %d", of->name,
                         (int)runner->traffic->autoscale.low);
            cr_expect_eq(runner->traffic->autoscale.high, of->high[j], "%s: high %d", of->name,
                         (int)runner->traffic->autoscale.high);
            cr_expect_eq(runner->min_replicas, of->floor[j], "%s: floor", of->name);
            cr_expect_eq(runner->num_replicas, of->low[j], "%s: at the start", of->name);
        }
        scenario_release(&scenario);
    }
}

struct delay_case {
    const char *name, *config, *autoscaler;
    int64_t history_s, up_s, down_s, to_zero_s;
};

static const struct delay_case delay_cases[] = {
    {"without a configuration as documented", "", "", 300, 300, 300, 1800},
    {"what a configuration leaves out is 0, as in the API",
     "'autoscale_config':{'scale_up_delay_seconds':60},", "", 0, 60, 0, 0},
    {"or as documented", "'autoscale_config':{'scale_up_delay_seconds':60},",
     "'autoscaler':{'defaults':'documented'},", 300, 60, 300, 1800},
    {"or as the command line's", "'autoscale_config':{'scale_down_delay_seconds':900},",
     "'autoscaler':{'defaults':'cli'},", 600, 300, 900, 3600},
    {"the command line's alone", "", "'autoscaler':{'defaults':'cli'},", 600, 300, 300, 3600},
    {"not even what is documented, where that is asked for", "",
     "'autoscaler':{'defaults':'as-given'},", 0, 0, 0, 0},
};

Test(replica_rules, delays_that_are_not_given_come_from_a_profile)
{
    for (size_t i = 0; i < ARRAY_LEN(delay_cases); i++) {
        const struct delay_case *of = &delay_cases[i];
        struct scenario scenario;
        char deployment[1024];
        snprintf(deployment, sizeof deployment, "'nodepools':[{'id':'p'}],%s", of->config);
        load_deployment(&scenario, deployment, of->autoscaler);
        const struct autoscale_def *def = &scenario.runners[0].traffic->autoscale;
        cr_expect_eq(def->history_us, of->history_s * US_PER_S, "%s: history", of->name);
        cr_expect_eq(def->up_delay_us, of->up_s * US_PER_S, "%s: up", of->name);
        cr_expect_eq(def->down_delay_us, of->down_s * US_PER_S, "%s: down", of->name);
        cr_expect_eq(def->to_zero_delay_us, of->to_zero_s * US_PER_S, "%s: to zero", of->name);
        scenario_release(&scenario);
    }
}
