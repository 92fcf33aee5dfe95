/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The whole loop of the engine, by scenario: events, passes, placement, metrics, digest. Loading
 * and building are not counted. `per` is one job: it arrives, waits, is bound, starts, finishes.
 * What is done once, at the end of a run, is a case of its own ("-end"), also by the job: the books
 * of all runners, nodes and replicas are closed and compared.
 *
 *   mm1, mm100: one, and a hundred servers at 90 % load, Poisson arrivals, exponential durations.
 *   loop: so many nodes, kept about 85 % full of jobs of 100 shapes, the n-th as frequent as 1 / n;
 *         best-fit. As many jobs as run at once are there at the start, at the first instant; the
 *         jobs that are measured are those that come after. */

#include <inttypes.h>
#include <stdio.h>

#include "base/array.h"
#include "base/memory.h"
#include "bench/speed/made_scenario.h"
#include "bench/speed/speed.h"
#include "scenarios/scenario.h"
#include "sim/sim.h"

/* ---- the scenarios ---- */

struct station {
    const char *name, *end_name;
    int64_t servers, jobs;
};

static void write_station(FILE *out, const void *context)
{
    const struct station *station = context;
    fprintf(out,
            "{\"stowage\": 1, \"name\": \"M/M/%" PRId64 "\", \"horizon\": \"3600d\",\n"
            " \"instance_types\": [{\"id\": \"one\", \"compute_info\": {\"cpu_limit\": \"1\", "
            "\"cpu_memory\": \"1Gi\"}}],\n"
            " \"nodepools\": [{\"id\": \"servers\", \"instance_types\": [{\"id\": \"one\"}], "
            "\"max_instances\": %" PRId64 ", \"simulation\": {\"nodes\": %" PRId64 "}}],\n"
            " \"arrivals\": [{\"name\": \"job\", \"count\": %" PRId64 ",\n"
            "   \"interarrival\": {\"distribution\": \"exponential\", \"mean\": \"10s\"},\n"
            "   \"runner\": {\"nodepool\": {\"id\": \"servers\"}, \"num_replicas\": 1,\n"
            "     \"compute_info\": {\"cpu_limit\": \"1\", \"cpu_memory\": \"1Gi\"},\n"
            "     \"simulation\": {\"replica_duration\": {\"distribution\": \"exponential\", "
            "\"mean\": \"%" PRId64 "s\"}}}}]}\n",
            station->servers, station->servers, station->servers, station->jobs,
            station->servers * 9);
}

/* Nodes of 64 cores and 256 GiB with 8 devices; a job wants from 1 to 16 cores and no device, a
 * part of one, or whole ones. CPU is what gets scarce. */
struct fleet_load {
    int64_t nodes, jobs;
};
enum { SHAPES = 100, JOB_LIFE_S = 36000, NODE_CORES = 64 };

static int cores_of(int shape)
{
    return 1 + shape * 7 % 16;
}

/* Jobs of the shape that run at once where 85 % of all cores are in use. */
static double population_of(const struct fleet_load *load, int shape)
{
    double cores = 0;
    for (int i = 0; i < SHAPES; i++)
        cores += cores_of(i) / (1.0 + i);
    return 0.85 * NODE_CORES * (double)load->nodes / cores / (1.0 + shape);
}

/* Until so many jobs have come. */
static double horizon_s(const struct fleet_load *load)
{
    double population = 0;
    for (int i = 0; i < SHAPES; i++)
        population += population_of(load, i);
    return JOB_LIFE_S * (double)load->jobs / population;
}

static void write_request(FILE *out, int shape)
{
    static const int shares[] = {250, 500, 750};
    fprintf(out, "\"compute_info\": {\"cpu_limit\": \"%d\", \"cpu_memory\": \"%dMi\"",
            cores_of(shape), 2048 + shape * 257 % 16384);
    if (shape % 5 == 4)
        fprintf(out, ", \"num_accelerators\": %d, \"accelerator_memory\": \"8Gi\"}",
                1 << shape % 3);
    else if (shape % 5 > 0)
        fprintf(out, ", \"num_accelerators\": 1, \"accelerator_memory\": \"1Gi\"}");
    else
        fprintf(out, "}");
    fprintf(out, ", \"simulation\": {");
    if (shape % 5 > 0 && shape % 5 < 4)
        fprintf(out, "\"share_milli\": %d, ", shares[shape % 3]);
    fprintf(out, "\"replica_duration\": {\"distribution\": \"exponential\", \"mean\": \"%ds\"}}",
            JOB_LIFE_S);
}

/* Runners for the jobs that are there at the start, then generators for those that come. */
static void write_runner(FILE *out, int shape, int64_t num_replicas)
{
    fprintf(out, "{\"id\": \"first-%d\", \"nodepool\": {\"id\": \"fleet\"}, ", shape);
    fprintf(out, "\"num_replicas\": %" PRId64 ", ", num_replicas);
    write_request(out, shape);
    fprintf(out, "}");
}

static void write_generator(FILE *out, const struct fleet_load *load, int shape)
{
    fprintf(out,
            "{\"name\": \"job-%d\", \"interarrival\": {\"distribution\": \"exponential\", "
            "\"mean\": %.6f},\n  \"runner\": {\"nodepool\": {\"id\": \"fleet\"}, "
            "\"num_replicas\": 1, ",
            shape, JOB_LIFE_S / population_of(load, shape));
    write_request(out, shape);
    fprintf(out, "}}");
}

static void write_fleet(FILE *out, const void *context)
{
    const struct fleet_load *load = context;
    fprintf(out,
            "{\"stowage\": 1, \"name\": \"loop\", \"horizon\": %.6f, "
            "\"scheduler\": {\"policy\": \"best-fit\", \"preemption\": {\"enabled\": false}},\n"
            " \"instance_types\": [{\"id\": \"node\", \"compute_info\": {\"cpu_limit\": \"%d\", "
            "\"cpu_memory\": \"256Gi\", \"num_accelerators\": 8, \"accelerator_memory\": \"16Gi\", "
            "\"accelerator_type\": [\"NVIDIA-T4\"]}}],\n"
            " \"nodepools\": [{\"id\": \"fleet\", \"instance_types\": [{\"id\": \"node\"}], "
            "\"max_instances\": %" PRId64 ", \"simulation\": {\"nodes\": %" PRId64 "}}],\n"
            " \"runners\": [",
            horizon_s(load), NODE_CORES, load->nodes, load->nodes);
    for (int i = 0; i < SHAPES; i++) {
        fprintf(out, i > 0 ? ",\n  " : "");
        write_runner(out, i, (int64_t)population_of(load, i) + 1);
    }
    fprintf(out, "],\n \"arrivals\": [");
    for (int i = 0; i < SHAPES; i++) {
        fprintf(out, i > 0 ? ",\n  " : "");
        write_generator(out, load, i);
    }
    fprintf(out, "]}\n");
}

/* ---- measuring ---- */

static int64_t count_bound(const struct sim *sim)
{
    int64_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(sim->metrics.waits); i++)
        count += sim->metrics.waits[i].at_once_count + sim->metrics.waits[i].later_count;
    return count;
}

/* Nanoseconds per job that was bound behind the first instant. */
struct times {
    double loop_ns; /* from there to the last event */
    double end_ns;  /* from the last event on */
};

static int run(const struct scenario *scenario, struct times *times, struct err *err)
{
    const struct sim_options options = {0};
    struct sim sim;
    int result = sim_init(&sim, scenario, &options, err);
    while (result == 0 && sim_next_us(&sim) == 0)
        result = sim_step(&sim, err) < 0;
    int64_t bound_before = count_bound(&sim);
    double started_ns = speed_clock_ns();
    while (result == 0 && sim_has_next(&sim))
        result = sim_step(&sim, err) < 0;
    double job_count = (double)(count_bound(&sim) - bound_before);
    double looped_ns = speed_clock_ns();
    if (result == 0)
        result = sim_run(&sim, err);
    times->loop_ns = (looped_ns - started_ns) / job_count;
    times->end_ns = (speed_clock_ns() - looped_ns) / job_count;
    sim_release(&sim);
    return result;
}

static int measure(struct speed_case *of, const char *end_name, const struct scenario *scenario,
                   int32_t count, struct err *err)
{
    struct speed_runs loop = {0}, end = {0};
    int result = 0;
    speed_reset_peak();
    for (int32_t i = 0; result == 0 && i < count; i++) {
        struct times times;
        result = run(scenario, &times, err);
        loop.ns[i] = times.loop_ns;
        end.ns[i] = times.end_ns;
        loop.peak_memory_bytes = end.peak_memory_bytes = speed_peak_memory_bytes();
        if (result == 0)
            result = speed_yardstick(&loop.reference_ns[i], err);
        end.reference_ns[i] = loop.reference_ns[i];
        loop.count = end.count = i + 1;
    }
    of->bench = "engine";
    of->per = "job";
    of->reference = SPEED_YARDSTICK;
    if (result != 0)
        return -1;
    speed_print(of, &loop);
    of->name = end_name;
    speed_print(of, &end);
    return 0;
}

static int measure_file(const struct made_file *file, struct speed_case *of, const char *end_name,
                        int32_t count, struct err *err)
{
    struct scenario scenario;
    int result = made_scenario_load(&scenario, file, err);
    if (result == 0)
        result = measure(of, end_name, &scenario, count, err);
    scenario_release(&scenario);
    return result;
}

static int measure_station(const struct speed_options *options, struct station station,
                           struct err *err)
{
    if (options->is_tiny)
        station.jobs /= 1000;
    const struct made_file file = {"station.json", write_station, &station};
    struct speed_case of = {.name = station.name, .parameters = {{"jobs", station.jobs}}};
    return measure_file(&file, &of, station.end_name, speed_runs(options, 5), err);
}

static int measure_fleet(const struct speed_options *options, struct fleet_load load,
                         struct err *err)
{
    if (options->is_tiny)
        load = (struct fleet_load){.nodes = 20, .jobs = 200};
    const struct made_file file = {"fleet.json", write_fleet, &load};
    struct speed_case of = {
        .name = "loop",
        .parameters = {{"nodes", load.nodes}, {"jobs", load.jobs}},
    };
    int32_t usual = load.nodes < 1000000 ? 5 : 3; /* a run of the largest takes half a minute */
    return measure_file(&file, &of, "loop-end", speed_runs(options, usual), err);
}

int main(int argc, char **argv)
{
    static const struct station stations[] = {{"mm1", "mm1-end", 1, 1000000},
                                              {"mm100", "mm100-end", 100, 200000}};
    static const struct fleet_load loads[] = {
        {1000, 100000}, {10000, 100000}, {100000, 200000}, {1000000, 500000}};
    struct err err = {.kind = ERR_NONE};
    struct speed_options options;
    int result = speed_options_read(&options, argc, argv, &err);
    memory_keep();
    for (size_t i = 0; i < ARRAY_LEN(stations) && result == 0; i++)
        result = measure_station(&options, stations[i], &err);
    for (size_t i = 0; i < (options.is_tiny ? 1 : ARRAY_LEN(loads)) && result == 0; i++)
        result = measure_fleet(&options, loads[i], &err);
    return speed_exit(result, &err);
}
