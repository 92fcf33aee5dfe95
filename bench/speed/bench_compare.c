/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What `stowage compare` adds to the runs that it compares: the default metrics and the
 * distribution of waits, read from a finished run. `per` is one demand; the reference is the whole
 * run, from building to release, so a ratio of 100 means that they cost 1 % of it.
 *
 *   jobs: a queue at 95 % load, in which most wait, and each demand is a runner of its own: the
 * most that statistics can have to read. replicas: one runner that is scaled up and down again,
 * beyond what fits. */

#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/units.h"
#include "bench/metric.h"
#include "bench/speed/made_scenario.h"
#include "bench/speed/speed.h"
#include "scenarios/scenario.h"
#include "sim/sim.h"

enum { SERVERS = 20, GRID = 121 };

static void write_queue(FILE *out, const void *context)
{
    const int64_t *jobs = context;
    fprintf(out,
            "{\"stowage\": 1, \"name\": \"queue\", \"horizon\": \"3600d\",\n"
            " \"instance_types\": [{\"id\": \"one\", \"compute_info\": {\"cpu_limit\": \"1\", "
            "\"cpu_memory\": \"1Gi\"}}],\n"
            " \"nodepools\": [{\"id\": \"servers\", \"instance_types\": [{\"id\": \"one\"}], "
            "\"max_instances\": %d, \"simulation\": {\"nodes\": %d}}],\n"
            " \"arrivals\": [{\"name\": \"job\", \"count\": %" PRId64 ",\n"
            "   \"interarrival\": {\"distribution\": \"exponential\", \"mean\": \"10s\"},\n"
            "   \"runner\": {\"nodepool\": {\"id\": \"servers\"}, \"num_replicas\": 1,\n"
            "     \"compute_info\": {\"cpu_limit\": \"1\", \"cpu_memory\": \"1Gi\"},\n"
            "     \"simulation\": {\"replica_duration\": {\"distribution\": \"exponential\", "
            "\"mean\": \"190s\"}}}}]}\n",
            SERVERS, SERVERS, *jobs);
}

/* Sixty demands at a time for twenty places, for an hour, in which the rest waits. */
enum { WISH = 60 };

static void write_scaled(FILE *out, const void *context)
{
    const int64_t *demands = context;
    fprintf(out,
            "{\"stowage\": 1, \"name\": \"scaled\", \"horizon\": \"3600d\",\n"
            " \"instance_types\": [{\"id\": \"one\", \"compute_info\": {\"cpu_limit\": \"1\", "
            "\"cpu_memory\": \"1Gi\"}}],\n"
            " \"nodepools\": [{\"id\": \"servers\", \"instance_types\": [{\"id\": \"one\"}], "
            "\"max_instances\": %d, \"simulation\": {\"nodes\": %d}}],\n"
            " \"runners\": [{\"id\": \"r\", \"nodepool\": {\"id\": \"servers\"}, "
            "\"num_replicas\": 0, \"compute_info\": {\"cpu_limit\": \"1\", \"cpu_memory\": "
            "\"1Gi\"}}],\n \"events\": [",
            SERVERS, SERVERS);
    for (int64_t i = 0; i < *demands / WISH; i++)
        for (int k = 0; k < 2; k++)
            fprintf(out,
                    "%s\n  {\"at\": \"%" PRId64 "h\", \"scale\": {\"runner\": \"r\", "
                    "\"num_replicas\": %d}}",
                    i + k > 0 ? "," : "", 2 * i + k, k == 0 ? WISH : 0);
    fprintf(out, "]}\n");
}

static int read_statistics(const struct sim *sim, const struct metric_set *set, struct err *err)
{
    const struct metric_sums from = {.at_us = 0};
    struct metric_view view;
    double values[METRICS_MAX], shares[GRID];
    int64_t grid_us[GRID];
    for (int i = 0; i < GRID; i++)
        grid_us[i] = (int64_t)i * 60 * US_PER_S;
    if (metric_view_init(&view, sim, &from, metric_set_needs(set) | NEED_WAITS, err))
        return -1;
    metric_view_values(&view, set, values);
    wait_sample_shares(&view.waits, grid_us, GRID, shares);
    metric_view_release(&view);
    return 0;
}

static int measure_once(const struct scenario *scenario, int64_t demands, struct speed_runs *runs,
                        struct err *err)
{
    struct sim sim;
    struct metric_set set = {.count = 0};
    const struct sim_options options = {0};
    metric_set_default(&set, scenario);
    double started_ns = speed_clock_ns();
    if (sim_init(&sim, scenario, &options, err))
        return -1;
    int result = sim_run(&sim, err);
    double ran_ns = speed_clock_ns();
    speed_reset_peak();
    double reading_ns = speed_clock_ns();
    if (result == 0)
        result = read_statistics(&sim, &set, err);
    double read_ns = speed_clock_ns();
    runs->peak_memory_bytes = speed_peak_memory_bytes();
    double releasing_ns = speed_clock_ns();
    sim_release(&sim);
    double run_ns = ran_ns - started_ns + speed_clock_ns() - releasing_ns;
    runs->ns[runs->count] = (read_ns - reading_ns) / (double)demands;
    runs->reference_ns[runs->count++] = run_ns / (double)demands;
    return result;
}

static int measure(const struct speed_options *options, const struct made_file *file,
                   int64_t demands, struct err *err)
{
    struct speed_runs runs = {.count = 0};
    struct scenario scenario;
    int result = made_scenario_load(&scenario, file, err);
    for (int32_t i = 0; i < speed_runs(options, 9) && result == 0; i++)
        result = measure_once(&scenario, demands, &runs, err);
    scenario_release(&scenario);
    const struct speed_case of = {.bench = "compare",
                                  .name = file->name,
                                  .per = "demand",
                                  .reference = "the run itself",
                                  .parameters = {{"demands", demands}}};
    if (result == 0)
        speed_print(&of, &runs);
    return result;
}

static int measure_all(const struct speed_options *options, struct err *err)
{
    int64_t demands = options->is_tiny ? 1200 : 240000;
    const struct made_file jobs = {.name = "jobs", .write = write_queue, .context = &demands};
    const struct made_file scaled = {
        .name = "replicas", .write = write_scaled, .context = &demands};
    return measure(options, &jobs, demands, err) ? -1 : measure(options, &scaled, demands, err);
}

int main(int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    struct speed_options options;
    memory_keep();
    if (speed_options_read(&options, argc, argv, &err))
        return speed_exit(-1, &err);
    return speed_exit(measure_all(&options, &err), &err);
}
