/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/csv_reader.h"
#include "base/json.h"
#include "scenarios/import.h"
#include "tests/failing_alloc.h"

static const char data[] = STOWAGE_SOURCE_DIR "/tests/data/openb/";

struct imported {
    char *text; /* owned */
    size_t size;
    struct import_totals totals;
    struct err err;
    int result;
};

static struct imported import(const char *nodes, const char *pods, bool is_static)
{
    struct imported imported = {0};
    const struct import_request request = {
        .nodes_path = nodes, .pods_path = pods, .is_static = is_static};
    const struct import_format *format = import_find("openb");
    cr_assert_not_null(format);
    FILE *out = open_memstream(&imported.text, &imported.size);
    cr_assert_not_null(out);
    imported.result = format->run(&request, out, &imported.totals, &imported.err);
    cr_assert_eq(fclose(out), 0);
    return imported;
}

static void path_of(char *out, size_t size, const char *folder, const char *name)
{
    int length = snprintf(out, size, "%s%s", folder, name);
    cr_assert(length > 0 && (size_t)length < size);
}

static char *read_all(const char *path)
{
    char *bytes = NULL;
    size_t size = 0;
    struct err err = {0};
    cr_assert_eq(json_read_file(path, (size_t)1 << 26, &bytes, &size, &err), 0, "%s", err.text);
    return bytes;
}

/* ---- small files ---- */

Test(import_openb, the_registry_knows_it)
{
    size_t count = 0;
    const struct import_format *const *formats = import_list(&count);
    cr_assert_gt(count, 0);
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(import_find(formats[i]->name), formats[i]);
    cr_expect_null(import_find("opnb"));
    cr_expect_null(import_find(""));
}

Test(import_openb, small_lists_become_the_expected_scenario)
{
    static const struct {
        const char *pods, *expected;
        bool is_static;
        struct import_totals totals;
    } cases[] = {
        {"pods.csv", "expected.json", false, {5, 13, 5, 14500, INT64_C(27917287424), 3460, 0}},
        {"pods.csv",
         "expected_timed_static.json",
         true,
         {5, 13, 5, 14500, INT64_C(27917287424), 3460, 0}},
        {"pods_static.csv",
         "expected_static.json",
         true,
         {5, 13, 3, 12500, INT64_C(25769803776), 8460, 0}},
    };
    char nodes[512], pods[512], expected_path[512];
    path_of(nodes, sizeof nodes, data, "nodes.csv");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        path_of(pods, sizeof pods, data, cases[i].pods);
        path_of(expected_path, sizeof expected_path, data, cases[i].expected);
        struct imported imported = import(nodes, pods, cases[i].is_static);
        char *expected = read_all(expected_path);
        cr_expect_eq(imported.result, 0, "%s: %s", cases[i].pods, imported.err.text);
        cr_expect_str_eq(imported.text, expected, "%s", cases[i].expected);
        cr_expect_arr_eq(&imported.totals, &cases[i].totals, sizeof imported.totals);
        free(imported.text);
        free(expected);
    }
}

/* ---- a pipe: cannot be read twice ---- */

Test(import_openb, a_pipe_gives_the_same_as_the_file)
{
    char nodes[512], pods[512], pipe_path[64];
    path_of(nodes, sizeof nodes, data, "nodes.csv");
    path_of(pods, sizeof pods, data, "pods.csv");
    char *text = read_all(pods);
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    cr_assert_eq(close(ends[1]), 0);
    snprintf(pipe_path, sizeof pipe_path, "/dev/fd/%d", ends[0]);
    struct imported from_file = import(nodes, pods, false);
    struct imported from_pipe = import(nodes, pipe_path, false);
    cr_assert_eq(from_pipe.result, 0, "%s", from_pipe.err.text);
    cr_expect_str_eq(from_pipe.text, from_file.text);
    close(ends[0]);
    free(text);
    free(from_file.text);
    free(from_pipe.text);
}

/* ---- errors ---- */

#define NODE_HEADER "sn,cpu_milli,memory_mib,gpu,model\n"
#define POD_HEADER                                                                                 \
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,creation_time,deletion_time\n"
static const char good_nodes[] = NODE_HEADER "n,1000,1024,1,T4\n";
static const char good_pods[] = POD_HEADER "p,1,1,0,0,,,0,1\n";

static const struct {
    const char *name, *nodes, *pods; /* NULL: the good ones */
    bool is_static;
    const char *message; /* behind the folder */
} error_cases[] = {
    {"node column", "sn,cpu_milli,memory_mib,gpu\nn,1,1,0\n", NULL, false,
     "nodes.csv:1:1: no column \"model\": a list of openb nodes has the columns sn, cpu_milli, "
     "memory_mib, gpu and model"},
    {"pod column", NULL, "name,cpu_milli,memory_mib,num_gpu\n", false,
     "pods.csv:1:1: no column \"gpu_milli\": a list of openb pods has the columns name, cpu_milli, "
     "memory_mib, num_gpu and gpu_milli"},
    {"no times", NULL, "name,cpu_milli,memory_mib,num_gpu,gpu_milli\np,1,1,0,0\n", false,
     "pods.csv:1:1: no column \"creation_time\": without creation_time and deletion_time only "
     "--static can import it: all pods at once, in the order of the file"},
    {"no nodes", NODE_HEADER, NULL, false,
     "nodes.csv: no node in it: one row for each is expected"},
    {"no pods", NULL, POD_HEADER "\n", false,
     "pods.csv: no pod in it: one row for each is expected"},
    {"too few fields", NULL, POD_HEADER "p,1,1,0\n", false, "pods.csv:2:"},
    {"node without a name", NODE_HEADER ",1,1,0,\n", NULL, false,
     "nodes.csv:2:1: sn: empty: give a text"},
    {"control character", NODE_HEADER "a\tb,1,1,0,\n", NULL, false,
     "nodes.csv:2:1: sn: \"a\\x09b\": text without control characters"},
    {"cpu of a node", NODE_HEADER "n,1,1,0,\nm,-5,1,0,\n", NULL, false,
     "nodes.csv:3:3: cpu_milli: \"-5\": a whole number from 0 to 1000000000"},
    {"cpu beyond the limit", NODE_HEADER "n,1000000001,1,0,\n", NULL, false,
     "nodes.csv:2:3: cpu_milli: \"1000000001\": a whole number from 0 to 1000000000"},
    {"cpu beyond int64", NODE_HEADER "n,99999999999999999999,1,0,\n", NULL, false,
     "nodes.csv:2:3: cpu_milli: \"99999999999999999999\": a whole number from 0 to 1000000000"},
    {"memory of a node", NODE_HEADER "n,1,1.5,0,\n", NULL, false,
     "nodes.csv:2:5: memory_mib: \"1.5\": a whole number from 0 to 1073741824"},
    {"devices of a node", NODE_HEADER "n,1,1,65,T4\n", NULL, false,
     "nodes.csv:2:7: gpu: \"65\": a whole number from 0 to 64"},
    {"devices without a model", NODE_HEADER "n,1,1,2,\n", NULL, false,
     "nodes.csv:2:9: model: empty, but gpu is 2: name the model"},
    {"model without devices", NODE_HEADER "n,1,1,0,T4\n", NULL, false,
     "nodes.csv:2:9: model: \"T4\", but gpu is 0: leave it empty"},
    {"empty number", NULL, POD_HEADER "p,,1,0,0,,,0,1\n", false,
     "pods.csv:2:3: cpu_milli: \"\": a whole number from 0 to 1000000000"},
    {"gpu_milli beyond 1000", NULL, POD_HEADER "p,1,1,1,1001,,,0,1\n", false,
     "pods.csv:2:9: gpu_milli: \"1001\": a whole number from 0 to 1000"},
    {"several shared devices", NULL, POD_HEADER "p,1,1,2,500,,,0,1\n", false,
     "pods.csv:2:9: gpu_milli: 500, but num_gpu is 2: several devices are taken whole, 1000 each"},
    {"no share", NULL, POD_HEADER "p,1,1,1,0,,,0,1\n", false,
     "pods.csv:2:9: gpu_milli: 0, but num_gpu is 1: a share from 1 to 1000"},
    {"share of nothing", NULL, POD_HEADER "p,1,1,0,10,,,0,1\n", false,
     "pods.csv:2:9: gpu_milli: 10, but num_gpu is 0: give 0"},
    {"model without a device", NULL, POD_HEADER "p,1,1,0,0,T4,,0,1\n", false,
     "pods.csv:2:11: gpu_spec: \"T4\", but num_gpu is 0: leave it empty"},
    {"unknown class", NULL, POD_HEADER "p,1,1,0,0,,ls,0,1\n", false,
     "pods.csv:2:12: qos: \"ls\": one of LS, Guaranteed, Burstable, BE, or nothing"},
    {"no creation", NULL, POD_HEADER "p,1,1,0,0,,,,1\n", false,
     "pods.csv:2:13: creation_time: \"\": a whole number from 0 to 3162240000"},
    {"deleted before", NULL, POD_HEADER "p,1,1,0,0,,,7,6\n", false,
     "pods.csv:2:15: deletion_time: 6 is before creation_time 7: a pod is deleted after its "
     "creation, or never (empty)"},
    {"same in static mode", NULL, POD_HEADER "p,1,1,1,1001,,,7,6\n", true,
     "pods.csv:2:9: gpu_milli: \"1001\": a whole number from 0 to 1000"},
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s: %s", path, strerror(errno));
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

Test(import_openb, errors_name_file_line_and_column_and_nothing_is_written)
{
    char folder[] = "/tmp/stowage-openb-XXXXXX";
    char nodes[64], pods[64];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(nodes, sizeof nodes, "%s/nodes.csv", folder);
    snprintf(pods, sizeof pods, "%s/pods.csv", folder);
    for (size_t i = 0; i < ARRAY_LEN(error_cases); i++) {
        write_file(nodes, error_cases[i].nodes == NULL ? good_nodes : error_cases[i].nodes);
        write_file(pods, error_cases[i].pods == NULL ? good_pods : error_cases[i].pods);
        struct imported imported = import(nodes, pods, error_cases[i].is_static);
        const char *message = error_cases[i].message;
        cr_expect_eq(imported.result, -1, "%s", error_cases[i].name);
        cr_expect_eq(imported.err.kind, ERR_INPUT, "%s", error_cases[i].name);
        cr_expect_eq(imported.size, 0, "%s", error_cases[i].name);
        cr_expect_eq(imported.totals.node_count, 0, "%s", error_cases[i].name);
        cr_assert_gt(strlen(imported.err.text), strlen(folder) + 1);
        const char *got = imported.err.text + strlen(folder) + 1;
        if (message[strlen(message) - 1] == ':')
            cr_expect_eq(strncmp(got, message, strlen(message)), 0, "%s: %s", error_cases[i].name,
                         got);
        else
            cr_expect_str_eq(got, message, "%s: %s", error_cases[i].name, got);
        free(imported.text);
    }
    remove(nodes);
    remove(pods);
    rmdir(folder);
}

Test(import_openb, the_good_lists_of_the_error_cases_are_good)
{
    char folder[] = "/tmp/stowage-openb-XXXXXX";
    char nodes[64], pods[64];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(nodes, sizeof nodes, "%s/nodes.csv", folder);
    snprintf(pods, sizeof pods, "%s/pods.csv", folder);
    write_file(nodes, good_nodes);
    write_file(pods, good_pods);
    struct imported imported = import(nodes, pods, false);
    cr_expect_eq(imported.result, 0, "%s", imported.err.text);
    free(imported.text);
    remove(nodes);
    remove(pods);
    rmdir(folder);
}

Test(import_openb, standard_input_serves_one_list_only)
{
    struct imported imported = import("-", "-", false);
    cr_expect_eq(imported.result, -1);
    cr_expect_eq(imported.err.kind, ERR_USAGE);
    free(imported.text);
}

Test(import_openb, a_missing_file_is_an_error_of_the_input)
{
    struct imported imported = import("/nonexistent/nodes.csv", "-", false);
    cr_expect_eq(imported.result, -1);
    cr_expect_eq(imported.err.kind, ERR_INPUT);
    cr_expect_str_eq(imported.err.text, "/nonexistent/nodes.csv: No such file or directory");
    free(imported.text);
}

Test(import_openb, every_allocation_may_fail)
{
    char nodes[512], pods[512];
    path_of(nodes, sizeof nodes, data, "nodes.csv");
    path_of(pods, sizeof pods, data, "pods.csv");
    const struct import_request request = {.nodes_path = nodes, .pods_path = pods};
    const struct import_format *format = import_find("openb");
    int64_t n = 1;
    for (;; n++) {
        struct err err = {0};
        struct import_totals totals = {0};
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        cr_assert_not_null(out);
        failing_alloc_arm(n);
        int result = format->run(&request, out, &totals, &err);
        bool has_failed = failing_alloc_disarm();
        fclose(out);
        free(text);
        if (!has_failed) {
            cr_assert_eq(result, 0, "%s", err.text);
            break;
        }
        cr_expect_eq(result, -1, "allocation %" PRId64, n);
        cr_expect_eq(err.kind, ERR_SYSTEM, "allocation %" PRId64 ": %s", n, err.text);
        cr_expect_eq(totals.node_count, 0);
    }
    cr_expect_gt(n, 5);
}

/* ---- the real trace, where it is at hand ---- */

static int64_t number(const struct csv_reader *reader, const char *column)
{
    int32_t at = csv_reader_find(reader, column);
    cr_assert_geq(at, 0, "%s", column);
    return strtoll(reader->fields[at], NULL, 10);
}

/* The plain sums over the files, row by row. */
static struct import_totals sums_of(const char *nodes, const char *pods)
{
    struct import_totals sums = {0};
    struct csv_reader reader;
    struct err err = {0};
    FILE *in = fopen(nodes, "r");
    cr_assert_not_null(in);
    cr_assert_eq(csv_reader_init(&reader, in, nodes, &err), 0, "%s", err.text);
    while (csv_reader_next(&reader, &err) == 1) {
        sums.node_count++;
        sums.device_count += number(&reader, "gpu");
    }
    csv_reader_release(&reader);
    fclose(in);
    in = fopen(pods, "r");
    cr_assert_not_null(in);
    cr_assert_eq(csv_reader_init(&reader, in, pods, &err), 0, "%s", err.text);
    while (csv_reader_next(&reader, &err) == 1) {
        sums.pod_count++;
        sums.cpu_milli_requested += number(&reader, "cpu_milli");
        sums.mem_bytes_requested += number(&reader, "memory_mib") * 1048576;
        sums.share_milli_requested += number(&reader, "num_gpu") * number(&reader, "gpu_milli");
    }
    csv_reader_release(&reader);
    fclose(in);
    return sums;
}

/* The folder of the public traces: $STOWAGE_DATA, or ../shared/data beside the sources. */
static const char *data_folder(void)
{
    const char *folder = getenv("STOWAGE_DATA");
    return folder != NULL ? folder : STOWAGE_SOURCE_DIR "/../shared/data";
}

static int64_t sum_of_key(const cJSON *runners, const char *group, const char *key)
{
    int64_t sum = 0;
    const cJSON *runner;
    cJSON_ArrayForEach(runner, runners)
    {
        const cJSON *object = cJSON_GetObjectItemCaseSensitive(runner, group);
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
        if (cJSON_IsString(value))
            sum += strtoll(value->valuestring, NULL, 10);
        else if (cJSON_IsNumber(value))
            sum += (int64_t)value->valuedouble;
    }
    return sum;
}

/* The devices asked for, in thousandths, from the written scenario. */
static int64_t share_milli_of(const cJSON *runners)
{
    int64_t sum = 0;
    const cJSON *runner;
    cJSON_ArrayForEach(runner, runners)
    {
        const cJSON *info = cJSON_GetObjectItemCaseSensitive(runner, "compute_info");
        const cJSON *simulation = cJSON_GetObjectItemCaseSensitive(runner, "simulation");
        const cJSON *count = cJSON_GetObjectItemCaseSensitive(info, "num_accelerators");
        const cJSON *share = cJSON_GetObjectItemCaseSensitive(simulation, "share_milli");
        int64_t each = share == NULL ? 1000 : (int64_t)share->valuedouble;
        sum += count == NULL ? 0 : (int64_t)count->valuedouble * each;
    }
    return sum;
}

static void check_written(const struct imported *imported, const char *name)
{
    struct err err = {0};
    cJSON *scenario = json_parse(
        (struct json_text){.file = name, .bytes = imported->text, .size = imported->size}, &err);
    cr_assert_not_null(scenario, "%s", err.text);
    const cJSON *runners = cJSON_GetObjectItemCaseSensitive(scenario, "runners");
    const struct import_totals *totals = &imported->totals;
    cr_expect_eq(cJSON_GetArraySize(runners), totals->pod_count, "%s", name);
    cr_expect_eq(sum_of_key(runners, "compute_info", "cpu_limit"), totals->cpu_milli_requested);
    cr_expect_eq(sum_of_key(runners, "compute_info", "cpu_memory") * 1048576,
                 totals->mem_bytes_requested);
    cr_expect_eq(share_milli_of(runners), totals->share_milli_requested, "%s", name);
    cJSON_Delete(scenario);
}

Test(import_openb, the_real_trace_loses_nothing)
{
    static const struct {
        const char *pods;
        bool is_static;
        int64_t pod_count;
    } cases[] = {
        {"openb/openb_pod_list_default.csv", false, 8152},
        {"openb/openb_pod_list_default.csv", true, 8152},
        {"openb/openb_pod_list_gpuspec10.csv", false, 8152},
        {"openb/openb_pod_list_cpu100.csv", false, 7853},
        {"openb/openb_pod_list_gpushare40.csv", true, 8152},
        {"openb/openb_pod_list_multigpu20.csv", true, 8324},
    };
    char folder[1024], nodes[1200], pods[1200];
    snprintf(folder, sizeof folder, "%s/", data_folder());
    path_of(nodes, sizeof nodes, folder, "openb/openb_node_list_gpu_node.csv");
    if (access(nodes, R_OK) != 0)
        cr_skip_test("%s is not there: set STOWAGE_DATA to the folder of the traces", nodes);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        path_of(pods, sizeof pods, folder, cases[i].pods);
        struct imported imported = import(nodes, pods, cases[i].is_static);
        const struct import_totals sums = sums_of(nodes, pods);
        cr_assert_eq(imported.result, 0, "%s: %s", cases[i].pods, imported.err.text);
        cr_expect_eq(imported.totals.node_count, 1213);
        cr_expect_eq(imported.totals.device_count, 6212);
        cr_expect_eq(imported.totals.pod_count, cases[i].pod_count, "%s", cases[i].pods);
        cr_expect_arr_eq(&imported.totals, &sums, sizeof sums, "%s", cases[i].pods);
        check_written(&imported, cases[i].pods);
        free(imported.text);
    }
}
