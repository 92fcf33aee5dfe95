/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/traffic.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/units.h"
#include "sim/queueing.h"
#include "sim/sim.h"
#include "tests/failing_alloc.h"
#include "tests/load_text.h"
#include "tests/traffic_run.h"

/* Traffic in whole runs, checked after every event. */

static double requests(int128 micro)
{
    return (double)micro / MICRO;
}

static double mean_wait_s(const struct sim_traffic *it)
{
    return (double)it->waits.area / (double)it->waits.total_micro / US_PER_S;
}

/* ---- closed forms ---- */

Test(traffic, constant_traffic_waits_as_erlang_says)
{
    static const struct {
        int servers;
        double rate;
    } cases[] = {{1, 0.05}, {1, 0.08}, {4, 0.36}, {20, 1.9}, {20, 1.5}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct traffic_run run;
        char simulation[512];
        snprintf(simulation, sizeof simulation,
                 "'num_replicas':1,'num_threads':%d,'traffic':{'rate':%g,'service_time':"
                 "{'distribution':'exponential','mean':'10s'}}",
                 cases[i].servers, cases[i].rate);
        traffic_run_deployment(&run, "'horizon':'30d'",
                               "'autoscale_config':{'min_replicas':1,'max_replicas':1},",
                               simulation);
        const struct sim_traffic *it = &run.sim.traffics[0];
        double load = cases[i].rate * 10;
        double share = erlang_c(cases[i].servers, load);
        double expected = share * 10 / (cases[i].servers - load);
        cr_expect_float_eq(mean_wait_s(it), expected, 0.01 * expected + 1e-6, "case %zu: %f, %f", i,
                           mean_wait_s(it), expected);
        double waited = requests(it->waits.total_micro - it->waits.bins_micro[0]);
        cr_expect_float_eq(waited / requests(it->waits.total_micro), share, 0.01 * share);
        double p99_s = log(share / 0.01) * 10 / (cases[i].servers - load);
        if (share > 0.02)
            cr_expect_float_eq(wait_histogram_quantile_us(&it->waits, 0.99) / US_PER_S, p99_s,
                               0.03 * p99_s);
        traffic_run_release(&run);
    }
}

/* M / D / 1 has half the wait of M / M / 1; a regular flow of constant service has none. */
Test(traffic, one_slot_waits_as_pollaczek_and_khinchine_say)
{
    static const struct {
        const char *traffic;
        double expected_s;
    } cases[] = {
        {"'rate':0.08,'service_time':'10s'", 0.8 * 10 / 2 / 0.2},
        {"'rate':0.08,'arrivals':'regular','service_time':'10s'", 0},
        {"'rate':0.05,'service_time':{'distribution':'gamma','mean':'10s','shape':0.5}",
         0.5 * 10 * 3 / 2 / 0.5},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct traffic_run run;
        char simulation[512];
        snprintf(simulation, sizeof simulation, "'num_threads':1,'traffic':{%s}", cases[i].traffic);
        traffic_run_deployment(&run, "'horizon':'30d'",
                               "'autoscale_config':{'min_replicas':1,'max_replicas':1},",
                               simulation);
        double expected = cases[i].expected_s;
        cr_expect_float_eq(mean_wait_s(&run.sim.traffics[0]), expected, 0.01 * expected + 1e-9,
                           "case %zu: %f", i, mean_wait_s(&run.sim.traffics[0]));
        traffic_run_release(&run);
    }
}

/* Twice what one slot can serve for 100 s, then nothing: the queue grows to 100 requests at 1 a
 * second and is served at 1 a second. The k-th of 200 comes at k / 2 and is served at k. */
Test(traffic, an_overload_queues_and_is_carried_over)
{
    struct traffic_run run;
    traffic_run_deployment(
        &run, "'horizon':'300s','traffic_step':'10s'",
        "'autoscale_config':{'min_replicas':1,'max_replicas':1},",
        "'num_threads':1,'traffic':{'steps':[{'at':0,'rate':2},{'at':100,'rate':0}],"
        "'arrivals':'regular','service_time':'1s'}");
    const struct sim_traffic *it = &run.sim.traffics[0];
    cr_expect(it->totals.offered_micro == (int128)200 * MICRO);
    cr_expect(it->totals.served_micro == (int128)200 * MICRO);
    cr_expect_float_eq(mean_wait_s(it), 50, 0.01);
    cr_expect_float_eq(wait_histogram_quantile_us(&it->waits, 0.5) / US_PER_S, 50, 1);
    cr_expect_float_eq((double)it->responses.area / (double)it->responses.total_micro / US_PER_S,
                       51, 1);
    traffic_run_release(&run);
}

Test(traffic, what_is_beyond_the_queue_limit_is_dropped)
{
    struct traffic_run run;
    traffic_run_deployment(
        &run, "'horizon':'150s','traffic_step':'10s'",
        "'autoscale_config':{'min_replicas':1,'max_replicas':1},",
        "'num_threads':1,'traffic':{'steps':[{'at':0,'rate':2},{'at':100,'rate':0}],"
        "'arrivals':'regular','service_time':'1s','queue_limit':30}");
    const struct sim_traffic *it = &run.sim.traffics[0];
    cr_expect(it->totals.dropped_micro == (int128)70 * MICRO);
    cr_expect(it->totals.served_micro == (int128)130 * MICRO);
    cr_expect(it->waiting_micro == 0);
    traffic_run_release(&run);
}

/* ---- cold starts ---- */

/* One request a second from 0. At 60 s 60 wait, 30 in the mean, which asks for 30 / 10 / 0.7, so 5
 * replicas; they run at 150 s and serve 50 a second. Request k waits 150 - k + k / 50: 76.5 s in
 * the mean of the first 150, and the queue is gone 150 / 49 s later. */
Test(traffic, requests_wait_for_a_cold_start)
{
    struct traffic_run run;
    traffic_run_deployment(
        &run, "'horizon':'10m'",
        "'autoscale_config':{'max_replicas':5,'traffic_history_seconds':60},",
        "'startup':'90s','num_threads':10,'traffic':{'rate':1,'arrivals':'regular',"
        "'service_time':'1s','slo':{'wait':'1s'}}");
    const struct sim_traffic *it = &run.sim.traffics[0];
    cr_expect_eq(it->totals.cold_start_count, 1);
    cr_expect_eq(it->totals.cold_us_sum, 150 * US_PER_S);
    cr_expect(it->totals.cold_micro == (int128)150 * MICRO);
    cr_expect_eq(it->totals.wish_max, 5);
    cr_expect(it->totals.served_micro == (int128)600 * MICRO);
    cr_expect_float_eq((double)it->waits.area / MICRO / US_PER_S, 150 * 76.5 + 4.6, 60);
    cr_expect_float_eq(wait_histogram_up_to(&it->waits, 1000000) / MICRO, 447, 3);
    traffic_run_release(&run);
}

/* A request in the minute from 60 s on, then none: scaled up at 120 s, to zero 1800 s after the
 * last look that saw one, which is at 120 s or, as it is still served, 180 s. */
Test(traffic, a_deployment_without_configuration_has_the_documented_defaults)
{
    struct traffic_run run;
    traffic_run_deployment(
        &run, "'horizon':'1h'", "",
        "'num_threads':1,'traffic':{'steps':[{'at':60,'rate':0.1},{'at':120,'rate':0}],"
        "'arrivals':'regular','service_time':'1s'}");
    const struct sim_traffic *it = &run.sim.traffics[0];
    cr_expect_eq(it->def->autoscale.high, 5);
    cr_expect_eq(it->totals.scale_up_count, 1);
    cr_expect_eq(run.sim.metrics.runners[0].wish.value, 0);
    /* 3 wait in the mean of the second minute, 1.5 of both: 1.5 / 0.7, so 3 replicas. */
    cr_expect_eq(it->totals.wish_max, 3);
    cr_expect(it->totals.slot_us >= (int128)1800 * US_PER_S);
    traffic_run_release(&run);
}

Test(traffic, a_disabled_deployment_drops_all)
{
    struct traffic_run run;
    traffic_run_deployment(&run, "'horizon':'1h'", "'status':'DISABLED',",
                           "'traffic':{'rate':2,'service_time':'1s'}");
    const struct sim_traffic *it = &run.sim.traffics[0];
    cr_expect(it->totals.dropped_micro == (int128)7200 * MICRO);
    cr_expect_eq(run.sim.metrics.runners[0].wish.value, 0);
    cr_expect_eq(it->totals.cold_start_count, 0);
    traffic_run_release(&run);
}

Test(traffic, it_counts_from_the_arrival_to_the_departure)
{
    struct traffic_run run;
    traffic_run_deployment(&run, "'horizon':'1h'",
                           "'autoscale_config':{'min_replicas':1,'max_replicas':1},",
                           "'num_threads':1,'arrival':'90s','departure':'1000s',"
                           "'traffic':{'rate':2,'service_time':'1s'}");
    const struct sim_traffic *it = &run.sim.traffics[0];
    cr_expect(it->totals.offered_micro == (int128)1820 * MICRO);
    cr_expect(it->totals.served_micro == (int128)910 * MICRO);
    cr_expect(it->totals.dropped_micro == (int128)910 * MICRO);
    traffic_run_release(&run);
}

Test(traffic, the_nodepools_of_a_deployment_share_it)
{
    struct traffic_run run;
    traffic_run_text(
        &run, "{'stowage':1,'horizon':'100s','nodepools':[{'id':'p','instance_types':[{'id':'m',"
              "'compute_info':{'cpu_limit':'8','cpu_memory':'32Gi'}}],'max_instances':1,"
              "'simulation':{'nodes':1}},{'id':'q','instance_types':[{'id':'m'}],'max_instances':1,"
              "'simulation':{'nodes':1}}],'instance_types':[{'id':'m','compute_info':{'cpu_limit':"
              "'8','cpu_memory':'32Gi'}}],'deployments':[{'id':'d','nodepools':[{'id':'p'},"
              "{'id':'q'}],'autoscale_config':{'min_replicas':1},'simulation':{'compute_info':"
              "{'cpu_limit':1},'traffic':{'rate':3,'service_time':'1s'}}}]}");
    cr_assert_eq(run.sim.traffic_count, 2);
    for (int i = 0; i < 2; i++)
        cr_expect(run.sim.traffics[i].totals.offered_micro == (int128)150 * MICRO);
    traffic_run_release(&run);
}

/* ---- failing allocations ---- */

Test(traffic, every_failed_allocation_is_a_clean_error)
{
    struct scenario scenario;
    load_good(&scenario,
              "{'stowage':1,'horizon':'20m','nodepools':[{'id':'p','instance_types':[{'id':'m',"
              "'compute_info':{'cpu_limit':'8','cpu_memory':'32Gi'}}],'max_instances':1,"
              "'simulation':{'nodes':1}}],'deployments':[{'id':'d','nodepools':[{'id':'p'}],"
              "'simulation':{'compute_info':{'cpu_limit':1},'startup':'3m','num_threads':1,"
              "'traffic':{'rate':3,'service_time':'1s'}}}]}");
    struct sim_options options = {.keep_records = true};
    int64_t n = 1;
    for (bool has_failed = true; has_failed; n++) {
        struct sim sim;
        struct err err = {0};
        failing_alloc_arm(n);
        int result = sim_init(&sim, &scenario, &options, &err);
        if (result == 0)
            result = sim_run(&sim, &err);
        has_failed = failing_alloc_disarm();
        sim_release(&sim);
        cr_assert_eq(result, has_failed ? -1 : 0, "allocation %ld: %s", (long)n, err.text);
    }
    cr_expect_gt(n, 20);
    scenario_release(&scenario);
}

/* ---- real traffic ---- */

/* A day of the web servers of NASA, July 1995 (Internet Traffic Archive). */
Test(traffic, a_day_of_real_web_traffic_is_replayed)
{
    char path[4096];
    const char *folder = getenv("STOWAGE_DATA");
    snprintf(path, sizeof path, "%s/traffic/nasa_per_minute.csv",
             folder ? folder : STOWAGE_SOURCE_DIR "/../shared/data");
    if (access(path, R_OK) != 0)
        cr_skip_test("%s is not there: set STOWAGE_DATA to the folder of the traces", path);
    struct traffic_run run;
    char simulation[5000];
    snprintf(simulation, sizeof simulation,
             "'startup':'60s','num_threads':4,'traffic':{'trace':{'file':'%s','time_column':"
             "'minute','time_unit':'1m','requests_column':'requests','from':'1d'},"
             "'service_time':{'distribution':'exponential','mean':'2s'},'slo':{'response':'10s'}}",
             path);
    traffic_run_deployment(
        &run, "'horizon':'1d'",
        "'autoscale_config':{'min_replicas':1,'max_replicas':5,'traffic_history_seconds':"
        "300,'scale_up_delay_seconds':60,'scale_down_delay_seconds':300,"
        "'scale_to_zero_delay_seconds':1800},",
        simulation);
    const struct sim_traffic *it = &run.sim.traffics[0];
    double offered = requests(it->totals.offered_micro);
    cr_expect(offered > 10000, "%f", offered);
    cr_expect_float_eq(offered, requests(it->totals.served_micro), 0.01 * offered);
    cr_expect(it->totals.scale_up_count >= 1);
    traffic_run_release(&run);
}
