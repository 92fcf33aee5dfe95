/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
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

/* ---- new versions ---- */

struct deploy_case {
    const char *name;
    int cores; /* of the one node; a replica takes one */
    const char *deployment;
    const char *events;
    int32_t min_running;  /* from 60 s on */
    int64_t first_old_us; /* when the first replica of the old version was asked to go */
    int64_t last_old_us;  /* and the last one */
    int64_t settled_us;   /* from then on two of the new version run */
};

/* Two replicas that start in 60 s and go in 10 s. */
static const struct deploy_case deploy_cases[] = {
    /* Both new ones run at 160 s. */
    {"gracefully, with room for twice as many", 4, "'graceful_deploy':true,",
     "{'at':'100s','deploy':{'runner':'d-p'}}", 2, 160000000, 160000000, 160000000},
    /* One runs at 160 s; the room of the first old one is free at 170 s, the second runs at 230 s.
     */
    {"gracefully, with room for one more", 3, "'graceful_deploy':true,",
     "{'at':'100s','deploy':{'runner':'d-p'}}", 2, 160000000, 230000000, 230000000},
    /* Asked to go at 100 s, gone at 110 s; the new ones run at 170 s. */
    {"at once", 2, "", "{'at':'100s','deploy':{'runner':'d-p'}}", 0, 100000000, 100000000,
     170000000},
    /* With room for two more they are bound at 100 s. */
    {"at once, with room for twice as many", 4, "", "{'at':'100s','deploy':{'runner':'d-p'}}", 0,
     100000000, 100000000, 160000000},
    {"gracefully because the event says so", 4, "",
     "{'at':'100s','deploy':{'runner':'d-p','graceful':true}}", 2, 160000000, 160000000, 160000000},
    {"at once because the event says so", 2, "'graceful_deploy':true,",
     "{'at':'100s','deploy':{'runner':'d-p','graceful':false}}", 0, 100000000, 100000000,
     170000000},
    /* At 130 s the second version still starts: it goes at once. The third runs at 190 s, and the
     * first goes. */
    {"gracefully, and again before it is done", 6, "'graceful_deploy':true,",
     "{'at':'100s','deploy':{'runner':'d-p'}},{'at':'130s','deploy':{'runner':'d-p'}}", 2,
     130000000, 190000000, 190000000},
};

struct deploy_seen {
    int32_t min_running;
    int64_t first_old_us, last_old_us, settled_us;
};

static int32_t count_present(const struct sim *sim)
{
    int32_t count = 0;
    for (int32_t i = sim->runners[0].first_replica; i != NO_INDEX;
         i = sim->replicas[i].next_of_runner)
        count += sim->sched.replicas[i].state == REPLICA_RUNNING &&
                 sim->replicas[i].version == sim->runners[0].version;
    return count;
}

static void look(const struct sim *sim, struct deploy_seen *seen)
{
    for (int32_t i = 0; i < sim->record_count; i++) {
        const struct record *record = &sim->records[i];
        if (record->kind != RECORD_TERMINATING || record->cause != GONE_DEPLOYED)
            continue;
        if (seen->first_old_us < 0)
            seen->first_old_us = sim->now_us;
        seen->last_old_us = sim->now_us;
    }
    int64_t running = sim->metrics.runners[0].running.value;
    bool is_instant_over = sim_next_us(sim) > sim->now_us;
    if (sim->now_us > 60 * US_PER_S && is_instant_over && running < seen->min_running)
        seen->min_running = (int32_t)running;
    if (sim->runners[0].version > 0 && seen->settled_us < 0 && count_present(sim) >= 2)
        seen->settled_us = sim->now_us;
    if (count_present(sim) < 2)
        seen->settled_us = -1;
}

Test(replica_rules, a_new_version_takes_the_place_of_the_old_one)
{
    for (size_t i = 0; i < ARRAY_LEN(deploy_cases); i++) {
        const struct deploy_case *of = &deploy_cases[i];
        struct deploy_seen seen = {99, -1, -1, -1};
        struct scenario scenario;
        struct sim sim;
        struct err err;
        char text[2048];
        snprintf(text, sizeof text,
                 "{'stowage':1,'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'m',"
                 "'compute_info':{'cpu_limit':'%d','cpu_memory':'32Gi'}}],'max_instances':1,"
                 "'simulation':{'nodes':1}}],'deployments':[{'id':'d',%s'nodepools':[{'id':'p'}],"
                 "'autoscale_config':{'min_replicas':2,'max_replicas':9},'simulation':"
                 "{'compute_info':{'cpu_limit':1},'startup':'60s','grace_period':'10s'}}],"
                 "'events':[%s]}",
                 of->cores, of->deployment, of->events);
        load_good(&scenario, text);
        struct sim_options options = {.check = true, .keep_records = true};
        cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0);
        int result;
        do {
            result = sim_step(&sim, &err);
            look(&sim, &seen);
        } while (result > 0);
        cr_assert_eq(result, 0, "%s: %s", of->name, err.text);
        cr_expect_eq(seen.min_running, of->min_running, "%s: %d run at least", of->name,
                     (int)seen.min_running);
        cr_expect_eq(seen.first_old_us, of->first_old_us, "%s: the first old one at %ld", of->name,
                     (long)seen.first_old_us);
        cr_expect_eq(seen.last_old_us, of->last_old_us, "%s: the last old one at %ld", of->name,
                     (long)seen.last_old_us);
        cr_expect_eq(seen.settled_us, of->settled_us, "%s: settled at %ld", of->name,
                     (long)seen.settled_us);
        cr_expect_eq(sim.runners[0].wish, 2, "%s: %d wished at the end", of->name,
                     (int)sim.runners[0].wish);
        cr_expect_eq(sim.runners[0].surge, 0);
        sim_release(&sim);
        scenario_release(&scenario);
    }
}

/* Where the old version fills the node, nothing can be done: it stays, and the new one waits. */
Test(replica_rules, without_room_for_one_more_the_old_version_stays)
{
    struct traffic_run run;
    traffic_run_text(
        &run,
        "{'stowage':1,'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'m',"
        "'compute_info':{'cpu_limit':'2','cpu_memory':'32Gi'}}],'max_instances':1,"
        "'simulation':{'nodes':1}}],'runners':[{'id':'r','nodepool':{'id':'p'},'compute_info':"
        "{'cpu_limit':1},'num_replicas':2}],"
        "'events':[{'at':'100s','deploy':{'runner':'r','graceful':true}}]}");
    cr_expect_eq(run.sim.metrics.runners[0].running.value, 2);
    cr_expect_eq(run.sim.runners[0].surge, 2);
    cr_expect_eq(run.sim.runners[0].wish, 4);
    traffic_run_release(&run);
}

/* A request a second. The first replica runs at 60 s, 59 s after the first request; a version that
 * is deployed at once runs 70 s after the old one was asked to go, one that is deployed gracefully
 * leaves no gap. */
Test(replica_rules, users_wait_for_a_new_version_that_is_not_deployed_gracefully)
{
    for (int graceful = 0; graceful < 2; graceful++) {
        struct traffic_run run;
        char text[1024];
        snprintf(text, sizeof text,
                 "{'stowage':1,'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'m',"
                 "'compute_info':{'cpu_limit':'2','cpu_memory':'32Gi'}}],'max_instances':1,"
                 "'simulation':{'nodes':1}}],'runners':[{'id':'r','nodepool':{'id':'p'},"
                 "'compute_info':{'cpu_limit':'%d'},'num_replicas':1,'simulation':{'startup':'60s',"
                 "'grace_period':'10s','num_threads':4,'traffic':{'rate':1,'arrivals':'regular',"
                 "'service_time':'1s','fidelity':'requests'}}}],'events':[{'at':'100s','deploy':"
                 "{'runner':'r','graceful':%s}}]}",
                 graceful ? 1 : 2, graceful ? "true" : "false");
        traffic_run_text(&run, text);
        const struct sim_traffic *it = &run.sim.traffics[0];
        cr_expect_eq(it->totals.cold_start_count, graceful ? 1 : 2);
        cr_expect_eq(it->totals.cold_us_sum, (graceful ? 59 : 59 + 70) * US_PER_S, "%ld",
                     (long)it->totals.cold_us_sum);
        cr_expect_eq(it->counted.interrupted, 0);
        traffic_run_release(&run);
    }
}

/* ---- status ---- */

/* Served from 60 s on; rejected from 1000 s to 2000 s, and what waits then is dropped; the wish is
 * that of the start again at 2000 s, and served from 2060 s on. */
Test(replica_rules, a_disabled_deployment_serves_nobody_until_it_is_enabled)
{
    for (int j = 0; j < 2; j++) {
        struct traffic_run run;
        char text[2048];
        snprintf(text, sizeof text,
                 "{'stowage':1,'horizon':'3000s','traffic_step':'10s','nodepools':[{'id':'p',"
                 "'instance_types':[{'id':'m','compute_info':{'cpu_limit':'8','cpu_memory':"
                 "'32Gi'}}],'max_instances':1,'simulation':{'nodes':1}}],'deployments':[{'id':'d',"
                 "'nodepools':[{'id':'p'}],'autoscale_config':{'min_replicas':1,'soft_min_replicas'"
                 ":1,'max_replicas':2},'simulation':{'compute_info':{'cpu_limit':1},'startup':"
                 "'60s','traffic':{'rate':1,'arrivals':'regular','service_time':'1s','fidelity':"
                 "'%s'}}}],'events':[{'at':'1000s','set_status':{'runner':'d-p','status':"
                 "'DISABLED'}},{'at':'2000s','set_status':{'runner':'d-p','status':'ENABLED'}}]}",
                 j == 0 ? "fluid" : "requests");
        traffic_run_text(&run, text);
        const struct sim_traffic *it = &run.sim.traffics[0];
        double dropped = (double)it->totals.dropped_micro / MICRO;
        cr_expect_float_eq(dropped, 1000, 1.01, "%f", dropped);
        cr_expect_eq(it->totals.cold_start_count, 2);
        cr_expect_eq(run.sim.metrics.runners[0].running.value, 2);
        cr_expect(it->totals.slot_us == (int128)16 * 2 * (940 + 940) * US_PER_S);
        traffic_run_release(&run);
    }
}

/* ---- packing ---- */

/* disable_packing: alone on its node; without it two share one. */
Test(replica_rules, with_packing_disabled_a_replica_has_its_node_alone)
{
    static const struct {
        const char *config;
        int32_t bound, nodes;
    } cases[] = {{"'disable_packing':false", 3, 2},
                 {"'disable_packing':true", 2, 2},
                 {"'enable_packing':false", 2, 2}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct traffic_run run;
        char text[1024];
        snprintf(text, sizeof text,
                 "{'stowage':1,'horizon':'1h','nodepools':[{'id':'p','instance_types':[{'id':'m',"
                 "'compute_info':{'cpu_limit':'2','cpu_memory':'32Gi'}}],'max_instances':2,"
                 "'simulation':{'nodes':2}}],'deployments':[{'id':'d','nodepools':[{'id':'p'}],"
                 "'autoscale_config':{'min_replicas':3,%s},'simulation':{'compute_info':"
                 "{'cpu_limit':1}}}]}",
                 cases[i].config);
        traffic_run_text(&run, text);
        int32_t used = 0;
        for (int32_t j = 0; j < run.sim.node_count; j++)
            used += run.sim.nodes[j].replica_count > 0;
        cr_expect_eq(run.sim.metrics.runners[0].live.value, cases[i].bound, "%s", cases[i].config);
        cr_expect_eq(used, cases[i].nodes, "%s", cases[i].config);
        traffic_run_release(&run);
    }
}
