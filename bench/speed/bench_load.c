/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Loading one scenario of many runners in three forms: all in one JSON file, with the runners as
 * JSON lines, and with the runners as CSV. `per` is one runner. The JSON file is compared with the
 * parsing of its text alone, the other two with the JSON file. */

#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/json.h"
#include "base/memory.h"
#include "bench/speed/made_file.h"
#include "bench/speed/speed.h"
#include "scenarios/scenario.h"

static void write_head(FILE *out)
{
    fprintf(out,
            "{\"stowage\": 1, \"name\": \"load\", \"horizon\": \"30d\",\n"
            " \"instance_types\": [{\"id\": \"node\", \"compute_info\": {\"cpu_limit\": \"64\", "
            "\"cpu_memory\": \"256Gi\", \"num_accelerators\": 8, \"accelerator_memory\": "
            "\"24Gi\", \"accelerator_type\": [\"NVIDIA-A10G\"]}}],\n"
            " \"nodepools\": [{\"id\": \"fleet\", \"instance_types\": [{\"id\": \"node\"}], "
            "\"max_instances\": 100, \"simulation\": {\"nodes\": 100}}],\n");
}

static void write_runner(FILE *out, int64_t number)
{
    fprintf(out,
            "{\"id\": \"runner-%" PRId64 "\", \"nodepool\": {\"id\": \"fleet\"}, \"compute_info\": "
            "{\"cpu_limit\": \"%" PRId64 "\", \"cpu_memory\": \"%" PRId64 "Gi\", "
            "\"num_accelerators\": %" PRId64 ", \"accelerator_memory\": \"16Gi\", "
            "\"accelerator_type\": [\"NVIDIA-A10G\"]}, \"num_replicas\": 2, \"min_replicas\": 1, "
            "\"priority\": %" PRId64 ", \"simulation\": {\"arrival\": \"%" PRId64
            "s\", \"replica_duration\": \"%" PRId64 "m\"}}",
            number, 1 + number % 16, 4 + number % 29, 1 + number % 2, number % 10, number,
            1 + number % 500);
}

static void write_inline(FILE *out, const void *context)
{
    const int64_t *count = context;
    write_head(out);
    fprintf(out, " \"runners\": [");
    for (int64_t i = 0; i < *count; i++) {
        fprintf(out, i > 0 ? ",\n  " : "");
        write_runner(out, i);
    }
    fprintf(out, "]}\n");
}

static void write_with_lines(FILE *out, const void *context)
{
    (void)context;
    write_head(out);
    fprintf(out, " \"runners_file\": \"runners.jsonl\"}\n");
}

static void write_with_csv(FILE *out, const void *context)
{
    (void)context;
    write_head(out);
    fprintf(out, " \"runners_file\": \"runners.csv\"}\n");
}

static void write_lines(FILE *out, const void *context)
{
    const int64_t *count = context;
    for (int64_t i = 0; i < *count; i++) {
        write_runner(out, i);
        fprintf(out, "\n");
    }
}

static void write_csv(FILE *out, const void *context)
{
    const int64_t *count = context;
    fprintf(out, "id,nodepool,cpu_limit,memory_limit,accelerators,accelerator_memory,"
                 "accelerator_type,num_replicas,min_replicas,priority,arrival,duration\n");
    for (int64_t i = 0; i < *count; i++)
        fprintf(out,
                "runner-%" PRId64 ",fleet,%" PRId64 ",%" PRId64 "Gi,%" PRId64
                ",16Gi,NVIDIA-A10G,2,1,%" PRId64 ",%" PRId64 "s,%" PRId64 "m\n",
                i, 1 + i % 16, 4 + i % 29, 1 + i % 2, i % 10, i, 1 + i % 500);
}

/* ---- measuring ---- */

static int time_load(const char *path, int64_t count, double *ns, struct err *err)
{
    struct scenario scenario = {0};
    double started_ns = speed_clock_ns();
    int result = scenario_load(&scenario, path, err);
    *ns = (speed_clock_ns() - started_ns) / (double)count;
    if (result == 0 && scenario.runner_count != count)
        result = err_set(err, ERR_SYSTEM, "%s: %" PRId32 " runners", path, scenario.runner_count);
    scenario_release(&scenario);
    return result;
}

static int time_parse(const char *path, int64_t count, double *ns, struct err *err)
{
    char *bytes;
    size_t size;
    double started_ns = speed_clock_ns();
    if (json_read_file(path, SIZE_MAX / 2, &bytes, &size, err))
        return -1;
    cJSON *tree = json_parse((struct json_text){.file = path, .bytes = bytes, .size = size}, err);
    *ns = (speed_clock_ns() - started_ns) / (double)count;
    cJSON_Delete(tree);
    free(bytes);
    return tree ? 0 : -1;
}

struct load_case {
    const char *name, *reference;
    const char *path, *reference_path;
    int (*time_reference)(const char *path, int64_t count, double *ns, struct err *err);
};

static int measure(const struct load_case *load, int64_t count, int32_t run_count, struct err *err)
{
    struct speed_runs runs = {0};
    int result = 0;
    for (; result == 0 && runs.count < run_count; runs.count++) {
        speed_reset_peak();
        result = time_load(load->path, count, &runs.ns[runs.count], err);
        runs.peak_memory_bytes = speed_peak_memory_bytes();
        if (result == 0)
            result = load->time_reference(load->reference_path, count,
                                          &runs.reference_ns[runs.count], err);
    }
    const struct speed_case of = {
        .bench = "load",
        .name = load->name,
        .per = "runner",
        .reference = load->reference,
        .parameters = {{"runners", count}},
    };
    if (result == 0)
        speed_print(&of, &runs);
    return result;
}

static int measure_all(const struct made_folder *folder, int64_t count, int32_t run_count,
                       struct err *err)
{
    const struct made_file files[] = {
        {"inline.json", write_inline, &count}, {"lines.json", write_with_lines, &count},
        {"csv.json", write_with_csv, &count},  {"runners.jsonl", write_lines, &count},
        {"runners.csv", write_csv, &count},
    };
    char paths[ARRAY_LEN(files)][MADE_PATH_SIZE];
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        if (made_file_write(folder, &files[i], paths[i], err))
            return -1;
    const struct load_case cases[] = {
        {"json", "parsing of the text", paths[0], paths[0], time_parse},
        {"json lines", "json", paths[1], paths[0], time_load},
        {"csv", "json", paths[2], paths[0], time_load},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (measure(&cases[i], count, run_count, err))
            return -1;
    return 0;
}

int main(int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    struct speed_options options;
    struct made_folder folder;
    memory_keep();
    if (speed_options_read(&options, argc, argv, &err) || made_folder_init(&folder, &err))
        return speed_exit(-1, &err);
    int result = measure_all(&folder, options.is_tiny ? 100 : 50000, speed_runs(&options, 5), &err);
    made_folder_release(&folder);
    return speed_exit(result, &err);
}
