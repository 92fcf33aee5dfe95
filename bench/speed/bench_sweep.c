/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A sweep with one worker process and with two: the time of one replication by the clock on the
 * wall, store and messages included. The ratio is what the second worker brings: 2 on two idle
 * cores. A second case has replications so short that it is mostly messages. */

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/folder.h"
#include "base/memory.h"
#include "bench/speed/made_file.h"
#include "bench/speed/speed.h"
#include "bench/sweep_run.h"
#include "scenarios/scenario.h"

static void write_scenario(FILE *out, const void *context)
{
    const char *const *horizon = context;
    fprintf(out,
            "{\"stowage\": 1, \"name\": \"sweep\", \"horizon\": \"%s\",\n"
            " \"instance_types\": [{\"id\": \"node\", \"compute_info\": {\"cpu_limit\": \"8\", "
            "\"cpu_memory\": \"64Gi\"}}],\n"
            " \"nodepools\": [{\"id\": \"fleet\", \"instance_types\": [{\"id\": \"node\"}], "
            "\"max_instances\": 50, \"simulation\": {\"nodes\": 50}}],\n"
            " \"arrivals\": [{\"name\": \"job\", \"interarrival\": {\"distribution\": "
            "\"exponential\", \"mean\": \"10s\"}, \"runner\": {\"nodepool\": {\"id\": \"fleet\"}, "
            "\"num_replicas\": 1, \"compute_info\": {\"cpu_limit\": \"1\", \"cpu_memory\": "
            "\"1Gi\"}, \"simulation\": {\"replica_duration\": {\"distribution\": \"exponential\", "
            "\"mean\": \"1h\"}}}}]}\n",
            *horizon);
}

static int make_plan(struct sweep_plan *plan, const char *path, int32_t replications,
                     struct err *err)
{
    const char *vary[] = {"scheduler.policy=best-fit,first-fit,worst-fit,random"};
    struct scenario scenario;
    *plan = (struct sweep_plan){.version = "bench",
                                .scenario = path,
                                .name = "sweep",
                                .replications = replications,
                                .confidence = 0.95,
                                .shard = {0, 1}};
    if (vary_parse(&plan->vary, vary, 1, err) != 0)
        return -1;
    int result = scenario_load(&scenario, path, err);
    if (result == 0) {
        memcpy(plan->files_digest, scenario.files_digest, sizeof plan->files_digest);
        metric_set_default(&plan->metrics, &scenario);
        sweep_plan_seal(plan);
    }
    scenario_release(&scenario);
    return result;
}

static int run_all(struct sweep_run *run, int32_t workers, struct err *err)
{
    const struct crew_work work = sweep_worker_work(&run->worker);
    struct crew *crew = crew_local_start(&work, workers, err);
    if (crew == NULL)
        return -1;
    int result = sweep_run_start(run, crew, err);
    while (result == 0 && !sweep_run_is_over(run))
        result = sweep_run_wait(run, 1000, err);
    struct err ignored;
    int stopped = sweep_run_stop(run, result == 0 ? err : &ignored);
    if (result == 0 && stopped == 0 && run->done != run->total)
        return err_set(err, ERR_SYSTEM, "replications are missing");
    return result == 0 ? stopped : -1;
}

/* A whole sweep in a folder without cells; nanoseconds for one replication. */
static int time_sweep(const struct sweep_plan *plan, const struct made_folder *folder,
                      int32_t workers, double *ns, struct err *err)
{
    struct sweep_run run;
    char cells[MADE_PATH_SIZE];
    snprintf(cells, sizeof cells, "%s/cells", folder->path);
    if (folder_remove(cells, err) != 0)
        return -1;
    int64_t started_us = monotonic_us();
    if (sweep_run_init(&run, plan, folder->path, err) != 0)
        return -1;
    int result = run_all(&run, workers, err);
    *ns = 1e3 * (double)(monotonic_us() - started_us) / (double)run.total;
    sweep_run_release(&run);
    return result;
}

static int measure(const struct made_folder *folder, const char *name, const char *horizon,
                   int32_t replications, int32_t run_count)
{
    struct err err = {.kind = ERR_NONE};
    struct speed_runs runs = {.count = 0};
    struct sweep_plan plan = {.replications = 0};
    char path[MADE_PATH_SIZE];
    const struct made_file file = {"s.json", write_scenario, &horizon};
    int result = made_file_write(folder, &file, path, &err);
    if (result == 0)
        result = make_plan(&plan, path, replications, &err);
    for (; result == 0 && runs.count < run_count; runs.count++) {
        speed_reset_peak();
        result = time_sweep(&plan, folder, 2, &runs.ns[runs.count], &err);
        runs.peak_memory_bytes = speed_peak_memory_bytes();
        if (result == 0)
            result = time_sweep(&plan, folder, 1, &runs.reference_ns[runs.count], &err);
    }
    const struct speed_case line = {.bench = "sweep",
                                    .name = name,
                                    .per = "replication",
                                    .reference = "one worker",
                                    .parameters = {{"workers", 2}, {"cells", 4}}};
    if (result == 0)
        speed_print(&line, &runs);
    sweep_plan_release(&plan);
    return speed_exit(result, &err);
}

int main(int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    struct speed_options options;
    struct made_folder folder;
    memory_keep();
    if (speed_options_read(&options, argc, argv, &err) || made_folder_init(&folder, &err))
        return speed_exit(-1, &err);
    int32_t runs = speed_runs(&options, 5);
    int code =
        measure(&folder, "long", options.is_tiny ? "1h" : "5d", options.is_tiny ? 2 : 20, runs);
    int other = measure(&folder, "short", "10m", options.is_tiny ? 2 : 500, runs);
    made_folder_release(&folder);
    return code != 0 ? code : other;
}
