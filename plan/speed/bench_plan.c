/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Planning. `bound`: the certified bound of a made list of items on a made catalogue, against the
 * yardstick; where --data DIR has plain instances, DIR/NAME.instance.json, also theirs. `search`: a
 * plan found by simulation, for one simulation of it, against one of its plan alone: what the
 * search adds to its runs, and what plans cost that are near the result. */

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "bench/replicate.h"
#include "bench/speed/made_file.h"
#include "bench/speed/speed.h"
#include "plan/cost_bound.h"
#include "plan/found_fleet.h"
#include "plan/instance_answer.h"
#include "plan/instance_load.h"

/* ---- an instance ---- */

enum { PATTERN_SIZE = 4096, ROWS_MAX = 1000, YARDSTICKS = 1000 }; /* so that the ratio has digits */

struct instance_size {
    int32_t items, types;
};

/* Items of 0.1 to 6 cores, up to 30 of each, and as much memory as a core of some family has;
 * types of these families in powers of two, whose price grows a little less than their size. */
static void write_instance(FILE *out, const void *context)
{
    static const double gib_per_core[] = {2, 4, 8};
    const struct instance_size *size = context;
    struct rng rng = rng_stream(1, "bench plan", 0);
    fputs("{\"name\": \"made\", \"resources\": [\"cpu\", \"memory_gib\"], \"items\": [", out);
    for (int32_t i = 0; i < size->items; i++) {
        int64_t tenths = 1 + (int64_t)rng_below(&rng, 1 + rng_below(&rng, 60));
        double gib = (double)tenths / 10 * gib_per_core[rng_below(&rng, 3)];
        fprintf(out, "%s\n {\"id\": \"i%" PRId32 "\", \"demand\": %d, \"req\": [%.1f, %.2f]}",
                i > 0 ? "," : "", i, 1 + (int)rng_below(&rng, 30), (double)tenths / 10, gib);
    }
    fputs("],\n \"types\": [", out);
    for (int32_t i = 0; i < size->types; i++) {
        double cores = (double)(2 << (i / 3 % 6));
        double gib = cores * gib_per_core[i % 3];
        double price = 0.03 * cores + 0.004 * gib + 0.001 * (double)rng_below(&rng, 40);
        fprintf(out, "%s\n {\"type\": \"t%" PRId32 "\", \"alloc\": [%.1f, %.1f], \"usd_hr\": %.4f}",
                i > 0 ? "," : "", i, 0.96 * cores, 0.92 * gib, price);
    }
    fputs("]}\n", out);
}

/* The certified bound alone, without nodes. */
static int find_bound(const struct instance *instance, struct err *err)
{
    struct cover cover;
    struct master master;
    struct cost_bound bound;
    if (cover_init(&cover, instance, ROWS_MAX, err) != 0)
        return -1;
    int result = master_init(&master, &cover, err);
    if (result == 0) {
        result = cost_bound_find(&bound, &master, INSTANCE_TICKS_MAX / 2, err);
        if (result == 0)
            cost_bound_release(&bound);
        master_release(&master);
    }
    cover_release(&cover);
    return result;
}

static int measure_bound_once(const struct instance *instance, struct speed_runs *runs,
                              struct err *err)
{
    speed_reset_peak();
    double started_ns = speed_clock_ns();
    if (find_bound(instance, err) != 0)
        return -1;
    runs->ns[runs->count] = speed_clock_ns() - started_ns;
    runs->peak_memory_bytes = speed_peak_memory_bytes();
    double *reference_ns = &runs->reference_ns[runs->count++];
    int result = speed_yardstick(reference_ns, err);
    *reference_ns *= YARDSTICKS;
    return result;
}

/* Has every item a type that holds it? Else there is no bound. */
static int check_bounded(const struct instance *instance, struct err *err)
{
    char reason[INSTANCE_REASON_SIZE];
    for (int32_t i = 0; i < instance->item_count; i++)
        if (instance->items[i].demand > 0 && instance_never_fits(instance, i, reason))
            return err_set(err, ERR_INPUT, "%s: %s", instance->name, reason);
    return 0;
}

/* Of the instance in a file. */
static int measure_bound(const struct speed_options *options, const char *name, const char *path,
                         struct err *err)
{
    struct speed_runs runs = {.count = 0};
    struct problems problems = {0};
    struct instance instance;
    int result = instance_load(&instance, path, &problems, err);
    problems_release(&problems);
    if (result != 0)
        return -1;
    result = check_bounded(&instance, err);
    for (int32_t i = 0; i < speed_runs(options, 5) && result == 0; i++)
        result = measure_bound_once(&instance, &runs, err);
    const struct speed_case line = {
        .bench = "plan",
        .name = name,
        .per = "instance",
        .reference = "1000 times a " SPEED_YARDSTICK,
        .parameters = {{"items", instance.item_count}, {"types", instance.type_count}}};
    if (result == 0)
        speed_print(&line, &runs);
    instance_release(&instance);
    return result;
}

static int measure_made_bound(const struct speed_options *options, const struct made_folder *folder,
                              struct err *err)
{
    const struct instance_size size =
        options->is_tiny ? (struct instance_size){4, 12} : (struct instance_size){30, 12};
    const struct made_file file = {"instance.json", write_instance, &size};
    char path[MADE_PATH_SIZE];
    return made_file_write(folder, &file, path, err) == 0
               ? measure_bound(options, "bound", path, err)
               : -1;
}

/* The case of DIR/services.instance.json is "bound of services". */
static int measure_file(const struct speed_options *options, const char *path, struct err *err)
{
    enum { NAME_SIZE = 256 };
    static const char ending[] = ".instance.json";
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    char name[NAME_SIZE];
    int length = (int)(strlen(base) - strlen(ending));
    snprintf(name, sizeof name, "bound of %.*s", length, base);
    return measure_bound(options, name, path, err);
}

/* Every plain instance in the folder of --data. */
static int measure_data(const struct speed_options *options, struct err *err)
{
    glob_t found;
    char pattern[PATTERN_SIZE];
    if (options->data == NULL)
        return 0;
    snprintf(pattern, sizeof pattern, "%s/*.instance.json", options->data);
    int status = glob(pattern, 0, NULL, &found);
    if (status == GLOB_NOMATCH)
        return 0;
    if (status != 0)
        return err_set(err, ERR_SYSTEM, "%s: cannot be read", options->data);
    int result = 0;
    for (size_t i = 0; i < found.gl_pathc && result == 0; i++)
        result = measure_file(options, found.gl_pathv[i], err);
    globfree(&found);
    return result;
}

/* ---- a search ---- */

static void write_scenario(FILE *out, const void *context)
{
    const char *const *horizon = context;
    fprintf(out,
            "{\"stowage\": 1, \"name\": \"search\", \"horizon\": \"%s\",\n"
            " \"instance_types\": [\n"
            "  {\"id\": \"large\", \"price\": \"30\", \"compute_info\": {\"cpu_limit\": \"16\", "
            "\"cpu_memory\": \"64Gi\"}},\n"
            "  {\"id\": \"small\", \"price\": \"9\", \"compute_info\": {\"cpu_limit\": \"4\", "
            "\"cpu_memory\": \"16Gi\"}}],\n"
            " \"nodepools\": [{\"id\": \"fleet\", \"instance_types\": [{\"id\": \"large\"}, "
            "{\"id\": \"small\"}], \"max_instances\": 60, \"simulation\": {\"nodes\": "
            "[{\"instance_type\": "
            "\"large\", \"count\": 4}]}}],\n"
            " \"arrivals\": [{\"name\": \"job\", \"interarrival\": {\"distribution\": "
            "\"exponential\", \"mean\": \"30s\"}, \"runner\": {\"nodepool\": {\"id\": \"fleet\"}, "
            "\"num_replicas\": 1, \"compute_info\": {\"cpu_limit\": \"3\", \"cpu_memory\": "
            "\"4Gi\"}, \"simulation\": {\"replica_duration\": {\"distribution\": \"exponential\", "
            "\"mean\": \"10m\"}}}}]}\n",
            *horizon);
}

/* Nanoseconds of a run of the plan alone, over as many runs as a plan takes. */
static int time_plan_alone(const struct plan_question *question, const int32_t *counts, double *ns,
                           struct err *err)
{
    struct tester tester;
    struct trial_tally tally;
    const struct trial_range range = {.count = question->trial_count, .takes_all = true};
    tester_init(&tester, question);
    double started_ns = speed_clock_ns();
    int result = tester_run(&tester, counts, &range, &tally, err);
    *ns = (speed_clock_ns() - started_ns) / question->trial_count;
    return result;
}

static int measure_search_once(const struct plan_request *request, struct speed_runs *runs,
                               struct err *err)
{
    struct found_fleet found;
    speed_reset_peak();
    double started_ns = speed_clock_ns();
    if (found_fleet_make(&found, request, err) != 0)
        return -1;
    runs->ns[runs->count] = (speed_clock_ns() - started_ns) / (double)found.tester.run_count;
    runs->peak_memory_bytes = speed_peak_memory_bytes();
    int result = found.is_checked ? time_plan_alone(&request->question, found_fleet_counts(&found),
                                                    &runs->reference_ns[runs->count], err)
                                  : err_set(err, ERR_SYSTEM, "no plan was found");
    runs->count++;
    found_fleet_release(&found);
    return result;
}

/* Jobs of 3 cores on nodes of 16 or of 4: 99 % are to have a place within two minutes. */
static int measure_scenario(const struct speed_options *options, const struct scenario *scenario,
                            struct err *err)
{
    struct speed_runs runs = {.count = 0};
    struct target_set targets = {.count = 0};
    struct plan_axes axes;
    const int32_t start[] = {4, 0};
    if (target_set_parse(&targets, "placed 2m 99", err) != 0 ||
        plan_axes_make(&axes, scenario, err) != 0)
        return -1;
    struct plan_request request = {
        .question = {.scenario = scenario,
                     .axes = &axes,
                     .targets = &targets,
                     .seed = 1,
                     .thread_count = 1},
        .goal = {.probability = options->is_tiny ? 0.5 : 0.95, .confidence = 0.95},
        .start = start,
        .points_max = 400,
    };
    request.question.trial_count = plan_trials(&request.goal, 0);
    int result = 0;
    for (int32_t i = 0; i < speed_runs(options, 5) && result == 0; i++)
        result = measure_search_once(&request, &runs, err);
    plan_axes_release(&axes);
    const struct speed_case line = {.bench = "plan",
                                    .name = "search",
                                    .per = "simulation",
                                    .reference = "a simulation of the plan alone",
                                    .parameters = {{"trials", request.question.trial_count}}};
    if (result == 0)
        speed_print(&line, &runs);
    return result;
}

static int measure_search(const struct speed_options *options, const struct made_folder *folder,
                          struct err *err)
{
    const char *horizon = options->is_tiny ? "2h" : "12h";
    const struct made_file file = {"s.json", write_scenario, &horizon};
    struct scenario scenario;
    char path[MADE_PATH_SIZE];
    if (made_file_write(folder, &file, path, err) != 0)
        return -1;
    int result = scenario_load(&scenario, path, err);
    if (result == 0)
        result = measure_scenario(options, &scenario, err);
    scenario_release(&scenario);
    return result;
}

int main(int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    struct speed_options options;
    struct made_folder folder;
    memory_keep();
    if (speed_options_read(&options, argc, argv, &err) || made_folder_init(&folder, &err))
        return speed_exit(-1, &err);
    int result = measure_made_bound(&options, &folder, &err);
    if (result == 0)
        result = measure_data(&options, &err);
    if (result == 0)
        result = measure_search(&options, &folder, &err);
    made_folder_release(&folder);
    return speed_exit(result, &err);
}
