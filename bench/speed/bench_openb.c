/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Alibaba's GPU trace of 2023 ("openb"), where --data DIR holds its files: import and loading, and
 * the run with the times of the trace. `per` is one pod. Without data: a note, and no line. */

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "bench/speed/made_file.h"
#include "bench/speed/speed.h"
#include "scenarios/import.h"
#include "scenarios/scenario.h"
#include "sim/sim.h"

enum { PATH_SIZE = 4096, MEASURED_LOAD = 0, MEASURED_RUN, MEASURED_COUNT };

struct source {
    struct import_request request;
    char nodes_path[PATH_SIZE], pods_path[PATH_SIZE];
};

static bool find_source(const struct speed_options *options, struct source *source)
{
    const char *folder = options->data ? options->data : ".";
    snprintf(source->nodes_path, PATH_SIZE, "%s/openb_node_list_gpu_node.csv", folder);
    snprintf(source->pods_path, PATH_SIZE, "%s/openb_pod_list_default.csv", folder);
    source->request = (struct import_request){
        .nodes_path = source->nodes_path,
        .pods_path = source->pods_path,
    };
    return access(source->nodes_path, R_OK) == 0 && access(source->pods_path, R_OK) == 0;
}

/* Imports the trace into folder/openb.json. */
static int import(const struct source *source, const char *path, struct import_totals *totals,
                  struct err *err)
{
    FILE *out = fopen(path, "w");
    if (!out)
        return err_set(err, ERR_SYSTEM, "%s: cannot be written", path);
    int result = import_find("openb")->run(&source->request, out, totals, err);
    if (fclose(out) != 0 && result == 0)
        result = err_set(err, ERR_SYSTEM, "%s: cannot be written", path);
    return result;
}

static int load(const struct source *source, const char *path, struct scenario *scenario,
                int64_t *pod_count, struct err *err)
{
    struct import_totals totals;
    if (import(source, path, &totals, err))
        return -1;
    *pod_count = totals.pod_count;
    return scenario_load(scenario, path, err);
}

static int run(const struct scenario *scenario, struct err *err)
{
    const struct sim_options options = {0};
    struct sim sim;
    int result = sim_init(&sim, scenario, &options, err);
    if (result == 0)
        result = sim_run(&sim, err);
    sim_release(&sim);
    return result;
}

struct measurement {
    struct speed_runs runs[MEASURED_COUNT];
    int64_t pod_count;
};

/* One run of both, in nanoseconds per pod. */
static int measure_once(const struct source *source, const char *path,
                        struct measurement *measurement, struct err *err)
{
    struct scenario scenario = {0};
    double yardstick_ns = 0;
    speed_reset_peak();
    double started_ns = speed_clock_ns();
    int result = load(source, path, &scenario, &measurement->pod_count, err);
    double loaded_ns = speed_clock_ns();
    measurement->runs[MEASURED_LOAD].peak_memory_bytes = speed_peak_memory_bytes();
    if (result == 0)
        result = run(&scenario, err);
    double ended_ns = speed_clock_ns();
    measurement->runs[MEASURED_RUN].peak_memory_bytes = speed_peak_memory_bytes();
    scenario_release(&scenario);
    if (result || speed_yardstick(&yardstick_ns, err))
        return -1;
    double spent_ns[] = {loaded_ns - started_ns, ended_ns - loaded_ns};
    for (int i = 0; i < MEASURED_COUNT; i++) {
        struct speed_runs *runs = &measurement->runs[i];
        runs->ns[runs->count] = spent_ns[i] / (double)measurement->pod_count;
        runs->reference_ns[runs->count++] = yardstick_ns;
    }
    return 0;
}

static int measure(const struct speed_options *options, const struct source *source,
                   struct err *err)
{
    static const char *const names[] = {"import and load", "run"};
    struct measurement measurement = {0};
    struct made_folder folder;
    char path[MADE_PATH_SIZE];
    if (made_folder_init(&folder, err))
        return -1;
    snprintf(path, sizeof path, "%s/openb.json", folder.path);
    int result = 0;
    for (int32_t i = 0; i < speed_runs(options, 5) && result == 0; i++)
        result = measure_once(source, path, &measurement, err);
    made_folder_release(&folder);
    for (int i = 0; i < MEASURED_COUNT && result == 0; i++) {
        const struct speed_case of = {
            .bench = "openb",
            .name = names[i],
            .per = "pod",
            .reference = SPEED_YARDSTICK,
            .parameters = {{"pods", measurement.pod_count}},
        };
        speed_print(&of, &measurement.runs[i]);
    }
    return result;
}

int main(int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    struct speed_options options;
    struct source source;
    memory_keep();
    if (speed_options_read(&options, argc, argv, &err))
        return speed_exit(-1, &err);
    if (!find_source(&options, &source)) {
        fprintf(stderr, "note: openb is left out: no %s; give its folder by --data DIR\n",
                source.nodes_path);
        return 0;
    }
    return speed_exit(measure(&options, &source, &err), &err);
}
