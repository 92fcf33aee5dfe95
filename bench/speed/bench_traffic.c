/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Traffic, in whole runs; loading and building are not counted.
 *
 *   requests: one runner, so many replicas of 16 slots (of one slot where there is one replica), 90
 * % of them busy, Poisson arrivals, exponential service; followed request by request. `per` is a
 * request event: an arrival or the end of a service. fluid:    a week in minutes; deployments with
 * a daily and weekly profile, noise, and an autoscaler from 1 to 8 replicas, on so many nodes, each
 * of which holds one replica. `per` is a minute of a runner. */

#include <inttypes.h>
#include <stdio.h>

#include "base/array.h"
#include "base/memory.h"
#include "bench/speed/made_scenario.h"
#include "bench/speed/speed.h"
#include "scenarios/scenario.h"
#include "sim/sim.h"

/* ---- the scenarios ---- */

struct load {
    const char *name;
    int64_t replicas, requests; /* of the case requests */
    int64_t runners, nodes;     /* of the case fluid */
    int64_t days;
};

static void write_requests(FILE *out, const void *context)
{
    const struct load *load = context;
    int64_t slots = load->replicas == 1 ? 1 : 16;
    double rate = 9.0 * (double)(load->replicas * slots);
    fprintf(
        out,
        "{\"stowage\": 1, \"name\": \"requests\", \"horizon\": %.6f, \"traffic_step\": \"1m\",\n"
        " \"nodepools\": [{\"id\": \"p\", \"instance_types\": [{\"id\": \"n\", "
        "\"compute_info\": {\"cpu_limit\": \"%" PRId64 "\", \"cpu_memory\": \"1Gi\"}}], "
        "\"max_instances\": 1, \"simulation\": {\"nodes\": 1}}],\n"
        " \"runners\": [{\"id\": \"r\", \"nodepool\": {\"id\": \"p\"}, "
        "\"compute_info\": {\"cpu_limit\": \"1\"}, \"num_replicas\": %" PRId64 ",\n"
        "   \"simulation\": {\"num_threads\": %" PRId64 ", \"traffic\": {\"rate\": %.3f, "
        "\"fidelity\": \"requests\",\n     \"service_time\": {\"distribution\": "
        "\"exponential\", \"mean\": \"100ms\"}, \"slo\": {\"response\": \"1s\"}}}}]}\n",
        (double)load->requests / rate, load->replicas, load->replicas, slots, rate);
}

static void write_profile(FILE *out, int64_t runner)
{
    static const int shape[] = {2,  1,  1,  1,  1,  2,  4, 8, 12, 16, 18, 18,
                                16, 16, 18, 18, 16, 12, 8, 6, 5,  4,  3,  2};
    fprintf(out, "\"daily\": [");
    for (size_t i = 0; i < ARRAY_LEN(shape); i++)
        fprintf(out, i > 0 ? ", %.2f" : "%.2f",
                shape[(i + (size_t)runner) % ARRAY_LEN(shape)] * (1 + (double)(runner % 7)) / 4);
    fprintf(out, "], \"weekly\": [1, 1, 1, 1, 1, 0.5, 0.4], \"noise\": 0.2");
}

static void write_fluid(FILE *out, const void *context)
{
    const struct load *load = context;
    fprintf(out,
            "{\"stowage\": 1, \"name\": \"fluid\", \"horizon\": \"%" PRId64
            "d\", \"traffic_step\": \"1m\",\n"
            " \"nodepools\": [{\"id\": \"p\", \"instance_types\": [{\"id\": \"n\", "
            "\"compute_info\": {\"cpu_limit\": \"4\", \"cpu_memory\": \"16Gi\"}}], "
            "\"max_instances\": %" PRId64 ", \"simulation\": {\"nodes\": %" PRId64 "}}],\n"
            " \"deployments\": [",
            load->days, load->nodes, load->nodes);
    for (int64_t i = 0; i < load->runners; i++) {
        fprintf(out,
                "%s\n  {\"id\": \"d%" PRId64 "\", \"nodepools\": [{\"id\": \"p\"}], "
                "\"autoscale_config\": {\"min_replicas\": 1, \"max_replicas\": 8, "
                "\"traffic_history_seconds\": 300, \"scale_up_delay_seconds\": 300, "
                "\"scale_down_delay_seconds\": 300, \"scale_to_zero_delay_seconds\": 1800},\n"
                "   \"simulation\": {\"compute_info\": {\"cpu_limit\": \"4\"}, \"startup\": "
                "\"90s\", \"num_threads\": 16, \"traffic\": {",
                i > 0 ? "," : "", i);
        write_profile(out, i);
        fprintf(out, ", \"service_time\": {\"distribution\": \"lognormal\", \"median\": \"2s\", "
                     "\"sigma\": 0.6}, \"slo\": {\"response\": \"10s\"}}}}");
    }
    fprintf(out, "]}\n");
}

/* ---- measuring ---- */

/* What the case counts: request events, or steps of runners. */
static double count_of(const struct sim *sim)
{
    double count = 0;
    for (int32_t i = 0; i < sim->traffic_count; i++) {
        const struct sim_traffic *it = &sim->traffics[i];
        if (it->station)
            count += (double)(it->counted.offered + it->counted.served);
        else
            count += (double)sim->now_us / (double)sim->scenario->traffic_step_us;
    }
    return count;
}

static int run(const struct scenario *scenario, double *ns, struct err *err)
{
    const struct sim_options options = {0};
    struct sim sim;
    int result = sim_init(&sim, scenario, &options, err);
    double started_ns = speed_clock_ns();
    if (result == 0)
        result = sim_run(&sim, err);
    *ns = (speed_clock_ns() - started_ns) / count_of(&sim);
    sim_release(&sim);
    return result;
}

static int measure(struct speed_case *of, const struct scenario *scenario, int32_t count,
                   struct err *err)
{
    struct speed_runs runs = {0};
    int result = 0;
    speed_reset_peak();
    for (; result == 0 && runs.count < count; runs.count++) {
        result = run(scenario, &runs.ns[runs.count], err);
        runs.peak_memory_bytes = speed_peak_memory_bytes();
        if (result == 0)
            result = speed_yardstick(&runs.reference_ns[runs.count], err);
    }
    if (result == 0)
        speed_print(of, &runs);
    return result;
}

static int measure_load(const struct speed_options *options, const struct load *load,
                        struct err *err)
{
    bool is_fluid = load->runners > 0;
    const struct made_file file = {"traffic.json", is_fluid ? write_fluid : write_requests, load};
    struct speed_case of = {
        .bench = "traffic",
        .name = load->name,
        .per = is_fluid ? "runner-minute" : "request event",
        .reference = SPEED_YARDSTICK,
        .parameters = {{"replicas", load->replicas}, {"requests", load->requests}},
    };
    if (is_fluid) {
        of.parameters[0].name = "runners";
        of.parameters[0].value = load->runners;
        of.parameters[1].name = "nodes";
        of.parameters[1].value = load->nodes;
    }
    struct scenario scenario;
    int result = made_scenario_load(&scenario, &file, err);
    if (result == 0)
        result = measure(&of, &scenario, speed_runs(options, is_fluid ? 3 : 5), err);
    scenario_release(&scenario);
    return result;
}

int main(int argc, char **argv)
{
    static const struct load loads[] = {
        {.name = "requests", .replicas = 1, .requests = 3000000},
        {.name = "requests", .replicas = 4, .requests = 3000000},
        {.name = "requests", .replicas = 100, .requests = 3000000},
        {.name = "fluid", .runners = 1000, .nodes = 5000, .days = 7},
    };
    struct err err = {.kind = ERR_NONE};
    struct speed_options options;
    int result = speed_options_read(&options, argc, argv, &err);
    memory_keep();
    for (size_t i = 0; i < ARRAY_LEN(loads) && result == 0; i++) {
        struct load load = loads[i];
        if (options.is_tiny && load.runners > 0)
            load = (struct load){.name = load.name, .runners = 5, .nodes = 20, .days = 1};
        else if (options.is_tiny)
            load.requests = 3000;
        result = measure_load(&options, &load, &err);
    }
    return speed_exit(result, &err);
}
