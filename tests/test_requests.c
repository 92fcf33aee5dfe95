/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/units.h"
#include "sim/queueing.h"
#include "sim/traffic_results.h"
#include "tests/load_text.h"
#include "tests/traffic_run.h"

/* Traffic of single requests in whole runs, and the two fidelities against theory and each other.
 */

static double requests(int128 micro)
{
    return (double)micro / MICRO;
}

static void expect_count(int128 micro, int64_t expected, const char *what)
{
    cr_expect(micro == (int128)expected * MICRO, "%s: %f, not %ld", what, requests(micro),
              (long)expected);
}

/* ---- closed forms ---- */

enum { RUNS = 16, REQUESTS = 60000 };

struct station_case {
    const char *name;
    int servers;
    double load; /* mean arrivals in the mean service time, 10 s */
    const char *service;
    const char *more;    /* of the traffic */
    double lost, mean_s; /* what theory says; mean wait of the served */
};

static const struct station_case station_cases[] = {
    {"M/M/1", 1, 0.8, "{'distribution':'exponential','mean':'10s'}", "", 0, 0.8 * 10 / 0.2},
    {"M/M/4", 4, 3.4, "{'distribution':'exponential','mean':'10s'}", "", 0, -1},
    {"M/M/20", 20, 16, "{'distribution':'exponential','mean':'10s'}", "", 0, -1},
    {"M/D/1", 1, 0.8, "'10s'", "", 0, 0.8 * 10 / 2 / 0.2},
    {"M/G/1", 1, 0.6, "{'distribution':'gamma','mean':'10s','shape':0.5}", "", 0,
     0.6 * 10 * 3 / 2 / 0.4},
    {"M/U/1", 1, 0.7, "{'distribution':'uniform','low':'5s','high':'15s'}", "", 0,
     0.7 * 10 * (1 + 1.0 / 12) / 2 / 0.3},
    /* Erlang B: B(10, 10) = 0.2145823, whatever the service. */
    {"M/M/10/10", 10, 10, "{'distribution':'exponential','mean':'10s'}", ",'queue_limit':0",
     0.2145823, 0},
    {"M/D/10/10", 10, 10, "'10s'", ",'queue_limit':0", 0.2145823, 0},
    /* p(n) of 0 to 5 is 1, 1.5, 1.125, 1.125 x 0.75, ... for two servers and three places. */
    {"M/M/2/5", 2, 1.5, "{'distribution':'exponential','mean':'10s'}", ",'queue_limit':3", -1, -1},
    {"M/M/1/3, overloaded", 1, 2, "{'distribution':'exponential','mean':'10s'}", ",'queue_limit':2",
     8.0 / 15, -1},
};

/* M/M/c/K by its states one after the other; K = c + 400 stands for no limit. */
static void by_states(const struct station_case *of, int places, double *lost, double *mean_s)
{
    double weight = 1;
    double sum = 0;
    double length = 0;
    for (int n = 0; n <= of->servers + places; n++) {
        sum += weight;
        length += n > of->servers ? (n - of->servers) * weight : 0;
        if (n < of->servers + places)
            weight *= of->load / (n + 1 < of->servers ? n + 1 : of->servers);
    }
    *lost = weight / sum;
    *mean_s = length / sum * 10 / of->load / (1 - *lost);
}

static void expected_of(const struct station_case *of, double *lost, double *mean_s)
{
    int places = 400;
    sscanf(of->more, ",'queue_limit':%d", &places);
    by_states(of, places, lost, mean_s);
    if (of->lost >= 0)
        *lost = of->lost;
    if (of->mean_s >= 0)
        *mean_s = of->mean_s;
}

static void scenario_of(const struct station_case *of, const char *fidelity,
                        struct scenario *scenario)
{
    char text[2048];
    snprintf(text, sizeof text,
             "{'stowage':1,'horizon':%.0f,'traffic_step':'1h','nodepools':[{'id':'p',"
             "'instance_types':[{'id':'m','compute_info':{'cpu_limit':'8','cpu_memory':'32Gi'}}],"
             "'max_instances':1,'simulation':{'nodes':1}}],'runners':[{'id':'r','nodepool':"
             "{'id':'p'},'compute_info':{'cpu_limit':1},'num_replicas':1,'simulation':{"
             "'num_threads':%d,'traffic':{'rate':%.6f,'fidelity':'%s','service_time':%s%s}}}]}",
             REQUESTS / of->load * 10, of->servers, of->load / 10, fidelity, of->service, of->more);
    load_good(scenario, text);
}

static void run_seed(const struct scenario *scenario, uint64_t seed, double *lost, double *mean_s)
{
    struct sim sim;
    struct err err;
    struct sim_options options = {.has_seed = true, .seed = seed};
    cr_assert_eq(sim_init(&sim, scenario, &options, &err), 0);
    cr_assert_eq(sim_run(&sim, &err), 0);
    const struct sim_traffic *it = &sim.traffics[0];
    *lost = requests(it->totals.dropped_micro) / requests(it->totals.offered_micro);
    *mean_s = traffic_mean_s(it, TRAFFIC_WAIT);
    sim_release(&sim);
}

/* Half the width of the 99 % interval of a mean of RUNS values. */
static double half_width(const double values[RUNS], double *mean)
{
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < RUNS; i++)
        sum += values[i];
    *mean = sum / RUNS;
    for (int i = 0; i < RUNS; i++)
        squares += (values[i] - *mean) * (values[i] - *mean);
    return gsl_cdf_tdist_Pinv(0.995, RUNS - 1) * sqrt(squares / (RUNS - 1) / RUNS);
}

Test(requests, both_fidelities_have_the_waits_and_the_losses_of_theory)
{
    for (size_t i = 0; i < ARRAY_LEN(station_cases); i++) {
        const struct station_case *of = &station_cases[i];
        double lost, mean_s, lost_of[RUNS], mean_s_of[RUNS], got;
        struct scenario scenario;
        expected_of(of, &lost, &mean_s);
        scenario_of(of, "requests", &scenario);
        for (int j = 0; j < RUNS; j++)
            run_seed(&scenario, (uint64_t)j + 1, &lost_of[j], &mean_s_of[j]);
        scenario_release(&scenario);
        double width = half_width(lost_of, &got);
        cr_expect(fabs(got - lost) <= width + 1e-9, "%s: %f are lost, expected %f +- %f", of->name,
                  got, lost, width);
        cr_expect(width <= 0.03 * lost + 1e-9, "%s: the interval is wide, %f", of->name, width);
        width = half_width(mean_s_of, &got);
        cr_expect(fabs(got - mean_s) <= width, "%s: wait %f s, expected %f +- %f", of->name, got,
                  mean_s, width);
        cr_expect(width <= 0.1 * mean_s + 1e-9, "%s: the interval is wide, %f", of->name, width);
        scenario_of(of, "fluid", &scenario);
        run_seed(&scenario, 1, &lost_of[0], &mean_s_of[0]);
        scenario_release(&scenario);
        cr_expect_float_eq(lost_of[0], lost, 1e-4 * lost + 1e-9, "%s: fluid, lost %f", of->name,
                           lost_of[0]);
        cr_expect_float_eq(mean_s_of[0], mean_s, 0.005 * mean_s + 1e-6, "%s: fluid, wait %f s",
                           of->name, mean_s_of[0]);
    }
}

/* P(wait > t) = C exp(-(c - a) t / s): the quantiles too. */
Test(requests, quantiles_are_those_of_the_exponential_tail)
{
    struct scenario scenario;
    struct sim sim;
    struct err err;
    static const struct station_case of = {
        "", 4, 2.8, "{'distribution':'exponential','mean':'10s'}", ",'slo':{'wait':'20s'}", 0, 0};
    scenario_of(&of, "requests", &scenario);
    cr_assert_eq(sim_init(&sim, &scenario, &(struct sim_options){0}, &err), 0);
    cr_assert_eq(sim_run(&sim, &err), 0);
    const struct sim_traffic *it = &sim.traffics[0];
    double share = erlang_c(4, 2.8);
    double p95_s = log(share / 0.05) * 10 / 1.2;
    cr_expect_float_eq(requests(traffic_waited_micro(it)) / requests(it->totals.served_micro),
                       share, 0.03 * share);
    cr_expect_float_eq(traffic_quantile_s(it, TRAFFIC_WAIT, 0.95), p95_s, 0.05 * p95_s);
    cr_expect_float_eq(traffic_slo_attained(it), 1 - share * exp(-1.2 * 20 / 10), 0.01);
    sim_release(&sim);
    scenario_release(&scenario);
}

/* ---- every shape of traffic, in both ---- */

static const char *const shapes[] = {
    "'rate':0.5",
    "'rate':0.5,'arrivals':'regular'",
    "'steps':[{'at':'1h','rate':1},{'at':'2h','rate':0},{'at':'5h','rate':0.7}]",
    "'daily':[1,1,1,1,1,2,4,8,12,16,18,18,16,16,18,18,16,12,8,6,4,3,2,1],'weekly':"
    "[0.1,1,1,1,1,1,1]",
    "'rate':0.5,'noise':0.8",
    "'rate':0.3,'burst':{'factor':6,'length':'5m','gap':'20m'}",
    "'daily':[1,1,1,1,1,2,4,8,12,16,18,18,16,16,18,18,16,12,8,6,4,3,2,1],'noise':0.3,"
    "'burst':{'factor':2,'length':'1h','gap':'3h'}",
};

/* The rate is the same function of time in both, noise and bursts included; the number of single
 * requests is Poisson about its integral, or its whole part. */
Test(requests, every_shape_of_traffic_brings_as_many_in_both_fidelities)
{
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        double offered[2];
        for (int j = 0; j < 2; j++) {
            struct traffic_run run;
            char simulation[1024];
            snprintf(simulation, sizeof simulation,
                     "'num_threads':4,'traffic':{%s,'service_time':{'distribution':'lognormal',"
                     "'median':'1s','sigma':0.5},'fidelity':'%s'}",
                     shapes[i], j == 0 ? "fluid" : "requests");
            traffic_run_deployment(&run, "'horizon':'1d','traffic_step':'10m'",
                                   "'autoscale_config':{'min_replicas':1,'max_replicas':20},",
                                   simulation);
            offered[j] = requests(run.sim.traffics[0].totals.offered_micro);
            traffic_run_release(&run);
        }
        double allowed = strstr(shapes[i], "regular") ? 1 : 3.5 * sqrt(offered[0]);
        cr_expect_float_eq(offered[1], offered[0], allowed, "%s: %f and %f", shapes[i], offered[0],
                           offered[1]);
        cr_expect_gt(offered[1], 1000);
    }
}

/* ---- rules, with times by hand ---- */

/* One request at 1 s, 2 s, ...; a replica of one slot is there from 10 s on and serves each in 2 s:
 * request k (1, 2, ...) is started at 10 + 2 (k - 1) and waits 9 + (k - 1) - ... = 8 + k - 1 s up
 * to the last, k = 20, at 48 s. */
Test(requests, they_queue_while_cold_and_are_served_in_order)
{
    struct traffic_run run;
    traffic_run_deployment(
        &run, "'horizon':'60s'", "'autoscale_config':{'min_replicas':1,'max_replicas':1},",
        "'startup':'10s','num_threads':1,'traffic':{'steps':[{'at':0,'rate':1},{'at':'20500ms',"
        "'rate':0}],'arrivals':'regular','service_time':'2s','fidelity':'requests'}");
    const struct sim_traffic *it = &run.sim.traffics[0];
    expect_count(it->totals.offered_micro, 20, "offered");
    expect_count(it->totals.served_micro, 20, "served");
    expect_count(it->totals.cold_micro, 9, "cold"); /* the tenth comes when the replica runs */
    cr_expect_eq(it->totals.cold_start_count, 1);
    cr_expect_eq(it->totals.cold_us_sum, 9 * US_PER_S);
    cr_expect_float_eq(traffic_mean_s(it, TRAFFIC_WAIT), 9 + 19 / 2.0, 1e-9);
    cr_expect_float_eq(traffic_quantile_s(it, TRAFFIC_WAIT, 1), 28, 1e-9);
    cr_expect_float_eq(traffic_quantile_s(it, TRAFFIC_WAIT, 0.5), 18, 1e-9);
    cr_expect_float_eq(traffic_mean_s(it, TRAFFIC_RESPONSE), 20.5, 1e-9);
    traffic_run_release(&run);
}

/* As before, but only three may wait: of 1 to 9 the first three do; from 10 s on one is taken every
 * 2 s and two come. At 10 the replica takes request 1 and request 10 comes upon two. At 11 there
 * are three; at 12 one is taken and 12 stays, at 13 it is dropped, ...: from then on each second
 * one is. */
Test(requests, what_comes_upon_a_full_queue_is_dropped)
{
    struct traffic_run run;
    traffic_run_deployment(
        &run, "'horizon':'60s'", "'autoscale_config':{'min_replicas':1,'max_replicas':1},",
        "'startup':'10s','num_threads':1,'traffic':{'steps':[{'at':0,'rate':1},{'at':'20500ms',"
        "'rate':0}],'arrivals':'regular','service_time':'2s','fidelity':'requests',"
        "'queue_limit':3}");
    const struct sim_traffic *it = &run.sim.traffics[0];
    /* 4 to 9, 11, 13, 15, 17, 19 */
    expect_count(it->totals.dropped_micro, 6 + 5, "dropped");
    expect_count(it->totals.served_micro, 9, "served");
    traffic_run_release(&run);
}

struct interruption_case {
    const char *name, *events, *traffic;
    int64_t served, dropped, interrupted;
    double wait_s_max;
};

/* Four requests at 1, 2, 3 and 4 s, of 20 s each, on two slots of one node's only replica. The
 * replica starts at once where there is a node. */
static const struct interruption_case interruption_cases[] = {
    /* 1 and 2 at once, 3 and 4 at 21 and 22. */
    {"nothing happens", "", "", 4, 0, 0, 18},
    /* The node is away from 10 s to 30 s: 1 and 2 begin anew at 30, 3 and 4 at 50. */
    {"a failure, tried again", "{'at':'10s','fail_node':{'node':'p-0','repair_after':'20s'}}", "",
     4, 0, 2, 47},
    /* 1 and 2 are dropped; 3 and 4 begin at 30. */
    {"a failure, dropped", "{'at':'10s','fail_node':{'node':'p-0','repair_after':'20s'}}",
     ",'interrupted':'drop'", 2, 2, 2, 27},
    /* Asked to go at 10 s, gone at 40 s: 1 and 2 end at 21 and 22, but 3 and 4 are not taken; the
     * runner asks for one again at 50 s. */
    {"scaled down and up",
     "{'at':'10s','scale':{'runner':'r','num_replicas':0}},"
     "{'at':'50s','scale':{'runner':'r','num_replicas':1}}",
     "", 4, 0, 0, 47},
    /* With 11 s of grace, up to 21 s: 1 has just ended, 2 has not and is the first again. */
    {"a short grace",
     "{'at':'10s','scale':{'runner':'r','num_replicas':0}},"
     "{'at':'50s','scale':{'runner':'r','num_replicas':1}}",
     ",'grace':1", 4, 0, 1, 66},
    /* The runner leaves: 1 and 2 end in the grace period, 3 and 4 are dropped. */
    {"departed", "{'at':'10s','depart':{'runner':'r'}}", "", 2, 2, 0, 0},
};

Test(requests, what_a_replica_serves_when_it_goes_follows_the_rule)
{
    for (size_t i = 0; i < ARRAY_LEN(interruption_cases); i++) {
        const struct interruption_case *of = &interruption_cases[i];
        struct traffic_run run;
        char text[2048];
        bool is_short = strcmp(of->traffic, ",'grace':1") == 0;
        snprintf(
            text, sizeof text,
            "{'stowage':1,'horizon':'200s','nodepools':[{'id':'p','instance_types':[{'id':'m',"
            "'compute_info':{'cpu_limit':'1','cpu_memory':'32Gi'}}],'max_instances':1,"
            "'simulation':{'nodes':1}}],'runners':[{'id':'r','nodepool':{'id':'p'},"
            "'compute_info':{'cpu_limit':1},'num_replicas':1,'simulation':{'grace_period':'%s',"
            "'num_threads':2,'traffic':{'steps':[{'at':0,'rate':1},{'at':'4500ms','rate':0}],"
            "'arrivals':'regular','service_time':'20s','fidelity':'requests'%s}}}],'events':[%s]}",
            is_short ? "11s" : "30s", is_short ? "" : of->traffic, of->events);
        traffic_run_text(&run, text);
        const struct sim_traffic *it = &run.sim.traffics[0];
        expect_count(it->totals.offered_micro, 4, of->name);
        expect_count(it->totals.served_micro, of->served, of->name);
        expect_count(it->totals.dropped_micro, of->dropped, of->name);
        cr_expect_eq(it->counted.interrupted, of->interrupted, "%s: %ld", of->name,
                     (long)it->counted.interrupted);
        cr_expect_float_eq(traffic_quantile_s(it, TRAFFIC_WAIT, 1), of->wait_s_max, 1e-9, "%s: %f",
                           of->name, traffic_quantile_s(it, TRAFFIC_WAIT, 1));
        traffic_run_release(&run);
    }
}

/* What is not served at the end still waits, in service or not. */
Test(requests, none_is_lost_at_the_end_of_the_run)
{
    struct traffic_run run;
    traffic_run_deployment(
        &run, "'horizon':'9500ms'", "'autoscale_config':{'min_replicas':1,'max_replicas':1},",
        "'num_threads':2,'traffic':{'rate':1,'arrivals':'regular','service_time':'4s',"
        "'fidelity':'requests'}");
    const struct sim_traffic *it = &run.sim.traffics[0];
    /* 1 and 2 end at 5 and 6, 3 and 4 at 9 and 10. */
    expect_count(it->totals.offered_micro, 9, "offered");
    expect_count(it->totals.served_micro, 3, "served");
    expect_count(it->waiting_micro, 6, "waiting");
    cr_expect_eq(it->station->end_count, 2);
    traffic_run_release(&run);
}

/* ---- requests of a trace ---- */

/* Services of 100 ms + 1 ms in + 10 ms out: 1.2 s, 2.1 s, 0.1 s and 0.1 s; the first is before
 * `from`, and so the others come at 1 s, 1.5 s and 1.5 s, the last of them at the horizon, never.
 */
static void write_tokens(void)
{
    write_text_file("tokens.csv", "when,in,out\n2023-11-16 18:15:46.25,100,100\n"
                                  "2023-11-16 18:15:47.25,1000,100\n2023-11-16T18:15:47.75Z,0,0\n"
                                  "2023-11-16T19:15:47.750000+01:00,100,0\n"
                                  "2023-11-16 18:15:59.25,0,0\n");
}

static void run_tokens(struct traffic_run *run, const char *more, const char *traffic)
{
    char text[2048];
    write_tokens();
    snprintf(text, sizeof text,
             "{'stowage':1,'horizon':'12s','nodepools':[{'id':'p','instance_types':[{'id':'m',"
             "'compute_info':{'cpu_limit':'8','cpu_memory':'32Gi'}}],'max_instances':1,"
             "'simulation':{'nodes':1}}],'runners':[{'id':'r','nodepool':{'id':'p'},"
             "'compute_info':{'cpu_limit':1},'num_replicas':1,'simulation':{'num_threads':1,"
             "'traffic':{'trace':{'file':'tokens.csv','time_column':'when','from':'1s','service':"
             "[{'column':'in','per_unit':'1ms'},{'column':'out','per_unit':'10ms'}],"
             "'service_overhead':'100ms'%s}%s}}}]}",
             more, traffic);
    traffic_run_text(run, text);
}

/* At 0 s for 2.1 s, at 0.5 s for 0.1 s and 0.2 s: waits of 0, 1.6 and 1.7 s. */
Test(requests, those_of_a_trace_come_at_their_times_and_take_what_it_says)
{
    struct traffic_run run;
    run_tokens(&run, "", ",'fidelity':'requests'");
    const struct sim_traffic *it = &run.sim.traffics[0];
    expect_count(it->totals.offered_micro, 3, "offered");
    expect_count(it->totals.served_micro, 3, "served");
    cr_expect(it->station->waits.us_sum == 3300000);
    cr_expect(it->station->counts.busy_area == 2400000);
    cr_expect_eq(it->def->service_mean_us, 800000);
    traffic_run_release(&run);
}

/* Two and a half copies of three requests: 2, 3 and 2. */
Test(requests, a_scale_copies_those_of_a_trace)
{
    struct traffic_run run;
    run_tokens(&run, ",'scale':2.5", ",'fidelity':'requests'");
    const struct sim_traffic *it = &run.sim.traffics[0];
    expect_count(it->totals.offered_micro, 7, "offered");
    cr_expect(it->station->counts.busy_area == 2 * 2100000 + 3 * 100000 + 2 * 200000);
    traffic_run_release(&run);
}

/* The flow of rows 2 to 4 within the run, the mean and the variance of their services. */
Test(requests, a_trace_has_its_mean_service_as_a_fluid_too)
{
    struct traffic_run run;
    run_tokens(&run, "", "");
    const struct sim_traffic *it = &run.sim.traffics[0];
    cr_expect_float_eq(requests(it->totals.offered_micro), 3, 0.6);
    cr_expect_eq(it->def->service_mean_us, 800000);
    double cv2 = (2.1 * 2.1 + 0.1 * 0.1 + 0.2 * 0.2) / 3 / 0.64 - 1;
    cr_expect_float_eq(it->def->service_cv2, cv2, 1e-9);
    traffic_run_release(&run);
}

Test(requests, the_nodepools_of_a_deployment_take_those_of_a_trace_in_turn)
{
    struct traffic_run run;
    write_tokens();
    traffic_run_text(
        &run,
        "{'stowage':1,'horizon':'100s','nodepools':[{'id':'p','instance_types':[{'id':'m',"
        "'compute_info':{'cpu_limit':'8','cpu_memory':'32Gi'}}],'max_instances':1,"
        "'simulation':{'nodes':1}},{'id':'q','instance_types':[{'id':'m','compute_info':"
        "{'cpu_limit':'8','cpu_memory':'32Gi'}}],'max_instances':1,'simulation':{'nodes':1}}],"
        "'runners':[{'id':'r','nodepool':{'id':'p'},'compute_info':{'cpu_limit':1},"
        "'num_replicas':1}],'deployments':[{'id':'d','nodepools':[{'id':'p'},{'id':'q'}],"
        "'autoscale_config':{'min_replicas':1},'simulation':{'compute_info':{'cpu_limit':1},"
        "'traffic':{'fidelity':'requests','trace':{'file':'tokens.csv','time_column':'when'},"
        "'service_time':'1s'}}}]}");
    cr_assert_eq(run.sim.traffic_count, 2);
    expect_count(run.sim.traffics[0].totals.offered_micro, 3, "the first, the third, the fifth");
    expect_count(run.sim.traffics[1].totals.offered_micro, 2, "the second, the fourth");
    traffic_run_release(&run);
}

/* ---- real traces ---- */

/* "FOLDER/file" of the recorded traces; skips the test where there is none. */
static void find_data(const char *file, char path[4096])
{
    const char *folder = getenv("STOWAGE_DATA");
    snprintf(path, 4096, "%s/%s", folder ? folder : STOWAGE_SOURCE_DIR "/../shared/data", file);
    if (access(path, R_OK) != 0)
        cr_skip_test("%s is not there: set STOWAGE_DATA to the folder of the traces", path);
}

/* The hour of a language model's requests of Azure (Splitwise, ISCA 2024), 250 us for a token in
 * and 20 ms for one out: all 19,366 are served, and what is served is what the tokens say. */
Test(requests, an_hour_of_a_language_model_is_replayed)
{
    char path[4096];
    char simulation[5000];
    struct traffic_run run;
    find_data("llm/AzureLLMInferenceTrace_conv.csv", path);
    snprintf(simulation, sizeof simulation,
             "'num_threads':8,'startup':'60s','traffic':{'fidelity':'requests','trace':{'file':"
             "'%s','time_column':'TIMESTAMP','service':[{'column':'ContextTokens','per_unit':"
             "'250us'},{'column':'GeneratedTokens','per_unit':'20ms'}]},'slo':{'wait':'1s'}}",
             path);
    traffic_run_deployment(&run, "'horizon':'2h'",
                           "'autoscale_config':{'min_replicas':1,'max_replicas':20,"
                           "'traffic_history_seconds':60,'scale_up_delay_seconds':60,"
                           "'scale_down_delay_seconds':300,'scale_to_zero_delay_seconds':300},",
                           simulation);
    const struct sim_traffic *it = &run.sim.traffics[0];
    expect_count(it->totals.offered_micro, 19366, "offered");
    expect_count(it->totals.served_micro, 19366, "served");
    cr_expect(it->station->counts.busy_area == INT64_C(87363767500));
    cr_expect_gt(it->totals.scale_up_count, 2);
    traffic_run_release(&run);
}

/* A day of image generation (GenTD26): seconds of execution as recorded, one at a time a replica.
 */
Test(requests, a_day_of_image_generation_is_replayed_in_both_fidelities)
{
    char path[4096];
    double waits_s[2];
    find_data("genai/lora_request_trace.csv", path);
    for (int j = 0; j < 2; j++) {
        char simulation[5000];
        struct traffic_run run;
        snprintf(simulation, sizeof simulation,
                 "'num_threads':1,'traffic':{'fidelity':'%s','trace':{'file':'%s','time_column':"
                 "'gmt_create','from':'18d','service':[{'column':'exec_time_seconds','per_unit':"
                 "'1s'}]}}",
                 j == 0 ? "fluid" : "requests", path);
        traffic_run_deployment(&run, "'horizon':'1d'",
                               "'autoscale_config':{'min_replicas':4,'max_replicas':4},",
                               simulation);
        const struct sim_traffic *it = &run.sim.traffics[0];
        cr_expect_float_eq(requests(it->totals.offered_micro), 2287, j == 0 ? 2 : 0.01);
        cr_expect_float_eq((double)it->def->service_mean_us * it->def->row_count / US_PER_S, 72862,
                           1);
        waits_s[j] = traffic_mean_s(it, TRAFFIC_WAIT);
        traffic_run_release(&run);
    }
    cr_expect_gt(waits_s[1], 0);
}

/* A day of the web servers of NASA, July 1995, on an autoscaled deployment: the same minutes as
 * single requests, evenly spaced within each, so that their number is known. */
Test(requests, a_day_of_real_web_traffic_is_followed_request_by_request)
{
    char path[4096];
    double wish_means[2];
    find_data("traffic/nasa_per_minute.csv", path);
    for (int j = 0; j < 2; j++) {
        char simulation[5000];
        struct traffic_run run;
        snprintf(
            simulation, sizeof simulation,
            "'startup':'60s','num_threads':4,'traffic':{'trace':{'file':'%s','time_column':"
            "'minute','time_unit':'1m','requests_column':'requests','from':'1d'},'arrivals':"
            "'regular','fidelity':'%s','service_time':{'distribution':'exponential','mean':'2s'},"
            "'slo':{'response':'10s'}}",
            path, j == 0 ? "fluid" : "requests");
        traffic_run_deployment(
            &run, "'horizon':'1d'",
            "'autoscale_config':{'min_replicas':1,'max_replicas':5,'traffic_history_seconds':"
            "300,'scale_up_delay_seconds':60,'scale_down_delay_seconds':300,"
            "'scale_to_zero_delay_seconds':1800},",
            simulation);
        const struct sim_traffic *it = &run.sim.traffics[0];
        cr_expect_float_eq(requests(it->totals.offered_micro), 60266, 1);
        cr_expect_float_eq(traffic_slo_attained(it), 0.99, 0.02);
        const struct runner_stats *stats = &run.sim.metrics.runners[0];
        wish_means[j] =
            (double)runner_area(stats, &stats->wish, run.sim.now_us) / (double)run.sim.now_us;
        traffic_run_release(&run);
    }
    cr_expect_float_eq(wish_means[0], wish_means[1], 0.1 * wish_means[0], "%f, %f", wish_means[0],
                       wish_means[1]);
}

/* ---- laws ---- */

/* Two deployments that fight for two nodes which fail, with new versions, a pause, a short queue
 * and scale to zero: all books are compared after every event, and every request is somewhere. */
static const char fight[] =
    "{'stowage':1,'horizon':'8h','traffic_step':'30s','defaults':{'startup':{'distribution':"
    "'lognormal','median':'60s','sigma':0.5}},'nodepools':[{'id':'p','instance_types':[{'id':'m',"
    "'compute_info':{'cpu_limit':'8','cpu_memory':'32Gi'}}],'max_instances':2,'simulation':"
    "{'nodes':2}}],'failures':[{'domain':'node','between':{'distribution':'exponential','mean':"
    "'50m'},'repair':{'distribution':'exponential','mean':'10m'}}],'deployments':["
    "{'id':'d','graceful_deploy':true,'deployment_nodepools':[{'id':'p','priority':3}],"
    "'autoscale_config':{'min_replicas':1,'max_replicas':6,'traffic_history_seconds':120,"
    "'scale_up_delay_seconds':60,'scale_down_delay_seconds':120,'scale_to_zero_delay_seconds':300},"
    "'simulation':{'compute_info':{'cpu_limit':'2'},'grace_period':'5s','num_threads':4,'traffic':"
    "{'fidelity':'%s','rate':2,'noise':0.5,'queue_limit':50,'burst':{'factor':5,'length':'5m',"
    "'gap':'20m'},'service_time':{'distribution':'gamma','mean':'3s','shape':0.7}}}},"
    "{'id':'e','deployment_nodepools':[{'id':'p','priority':7}],'autoscale_config':{'max_replicas':"
    "3,'traffic_history_seconds':60,'scale_up_delay_seconds':60,'scale_down_delay_seconds':60,"
    "'scale_to_zero_delay_seconds':120},'simulation':{'compute_info':{'cpu_limit':'4'},"
    "'num_threads':1,'traffic':{'fidelity':'%s','rate':0.002,'burst':{'factor':200,'length':'5m',"
    "'gap':'15m'},'service_time':{'distribution':'weibull','scale':'8s','shape':0.8}%s}}}],"
    "'events':[{'at':'1h','deploy':{'runner':'d-p'}},{'at':'2h','deploy':{'runner':'e-p'}},"
    "{'at':'3h','set_status':{'runner':'d-p','status':'DISABLED'}},{'at':'4h','set_status':"
    "{'runner':'d-p','status':'ENABLED'}},{'at':'5h','scale':{'runner':'d-p','num_replicas':0}},"
    "{'at':'6h','depart':{'runner':'e-p'}}]}";

Test(requests, none_is_lost_or_made_in_any_run)
{
    int64_t interrupted = 0;
    int64_t evicted = 0;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct scenario scenario;
        struct sim sim;
        struct err err = {0};
        char text[4096];
        bool is_single = seed % 3 != 0;
        const char *fidelity = is_single ? "requests" : "fluid";
        snprintf(text, sizeof text, fight, fidelity, fidelity,
                 is_single && seed % 2 ? ",'interrupted':'drop'" : "");
        load_good(&scenario, text);
        struct sim_options options = {.check = true, .has_seed = true, .seed = seed};
        cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0, "%s", err.text);
        cr_assert_eq(sim_run(&sim, &err), 0, "seed %lu: %s", (unsigned long)seed, err.text);
        for (int32_t i = 0; i < sim.traffic_count; i++) {
            const struct sim_traffic *it = &sim.traffics[i];
            cr_expect(it->totals.offered_micro ==
                      it->totals.served_micro + it->totals.dropped_micro + it->waiting_micro);
            interrupted += it->counted.interrupted;
        }
        evicted += sim.metrics.evictions_between[7][3];
        sim_release(&sim);
        scenario_release(&scenario);
    }
    cr_expect_gt(interrupted, 100);
    cr_expect_gt(evicted, 5);
}

/* ---- the autoscaler sees both ---- */

/* At one request a second, of 5 s, five are in flight: 5 / 2 / 0.7, so 4 replicas. */
Test(requests, the_autoscaler_sees_the_same_in_both_fidelities)
{
    for (int j = 0; j < 2; j++) {
        struct traffic_run run;
        char simulation[512];
        snprintf(simulation, sizeof simulation,
                 "'num_threads':2,'traffic':{'rate':1,'arrivals':'regular','service_time':'5s',"
                 "'fidelity':'%s'}",
                 j == 0 ? "fluid" : "requests");
        traffic_run_deployment(&run, "'horizon':'2h'",
                               "'autoscale_config':{'min_replicas':1,'max_replicas':20,"
                               "'traffic_history_seconds':600,'scale_up_delay_seconds':60,"
                               "'scale_down_delay_seconds':300,'scale_to_zero_delay_seconds':300},",
                               simulation);
        cr_expect_eq(run.sim.metrics.runners[0].wish.value, 4);
        traffic_run_release(&run);
    }
}
