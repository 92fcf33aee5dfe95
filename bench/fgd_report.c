/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/fgd_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/array.h"
#include "base/json_writer.h"
#include "base/output.h"
#include "bench/fgd_paired.h"
#include "bench/fgd_plots.h"
#include "bench/fgd_tables.h"
#include "scheduler/policy_text.h"

enum { SUMMARY_VERSION = 1, POLICY_SIZE = 512 };

static void print_policies(const struct fgd_request *request, struct json_writer *w)
{
    char text[POLICY_SIZE];
    json_array(w, "policies");
    for (int32_t i = 0; i < request->policy_count; i++) {
        const struct fgd_policy *policy = &request->policies[i];
        policy_text_print(policy->policy, policy->values, text, sizeof text);
        json_object(w, NULL);
        json_string(w, "label", policy->label);
        json_string(w, "policy", text);
        json_close_object(w);
    }
    json_close_array(w);
}

static void print_workloads(const struct fgd_bench *bench, struct json_writer *w)
{
    const struct fgd_request *request = &bench->request;
    json_array(w, "workloads");
    for (int32_t i = 0; i < request->workload_count; i++) {
        const struct openb_order *orders = &bench->orders[i * request->seed_count];
        int32_t drawn = 0;
        for (int32_t k = 0; k < request->seed_count; k++)
            drawn += orders[k].is_drawn ? 1 : 0;
        json_object(w, NULL);
        json_string(w, "name", request->workloads[i]);
        json_int(w, "nodes", bench->workloads[i].trace.node_count);
        json_int(w, "gpus", bench->workloads[i].trace.share_milli / SHARE_WHOLE);
        json_int(w, "pods", bench->workloads[i].trace.pod_count);
        json_int(w, "orders_drawn", drawn);
        json_close_object(w);
    }
    json_close_array(w);
}

static void print_summary(const struct fgd_bench *bench, const struct fgd_report_options *options,
                          FILE *out)
{
    struct json_writer w;
    char seed[24];
    json_writer_init(&w, out, false);
    json_object(&w, NULL);
    json_string(&w, "tool", "stowage");
    json_string(&w, "version", options->version);
    json_string(&w, "command", options->command);
    json_string(&w, "kind", "bench fgd");
    json_int(&w, "schema_version", SUMMARY_VERSION);
    json_int(&w, "runs", bench->result_count);
    print_workloads(bench, &w);
    print_policies(&bench->request, &w);
    json_array(&w, "seeds");
    for (int32_t i = 0; i < bench->request.seed_count; i++) {
        snprintf(seed, sizeof seed, "%" PRIu64, bench->request.seeds[i]);
        json_raw(&w, NULL, seed);
    }
    json_close_array(&w);
    json_close_object(&w);
}

typedef void print_file(const struct fgd_bench *bench, FILE *out);

static void print_text(const struct fgd_bench *bench, FILE *out)
{
    fgd_print_text(bench, out);
    fgd_print_paired_text(bench, out);
}

static int write_tables(const struct fgd_bench *bench, struct output_dir *dir, struct err *err)
{
    static const struct {
        const char *name;
        print_file *print;
    } files[] = {
        {"curve_allocation.csv", fgd_print_allocation},
        {"curve_frag_ratio.csv", fgd_print_fragmentation},
        {"final_states.csv", fgd_print_final_states},
        {"table.csv", fgd_print_table},
        {"table.txt", print_text},
        {"paired.csv", fgd_print_paired},
    };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        FILE *out = output_dir_create(dir, files[i].name, err);
        if (out == NULL)
            return -1;
        files[i].print(bench, out);
        if (output_dir_close(dir, out, files[i].name, err) != 0)
            return -1;
    }
    return 0;
}

static int write_all(const struct fgd_bench *bench, const struct fgd_report_options *options,
                     struct output_dir *dir, struct report_outcome *outcome, struct err *err)
{
    static const char last[] = "summary.json";
    struct drawing drawing = {.at_once = options->gnuplots};
    if (write_tables(bench, dir, err) != 0)
        return -1;
    int written = fgd_plots_write(bench, dir, &drawing, err);
    if (drawing_end(&drawing, written, dir, outcome, err) != 0)
        return -1;
    FILE *out = output_dir_create(dir, last, err);
    if (out == NULL)
        return -1;
    print_summary(bench, options, out);
    if (output_dir_close(dir, out, last, err) != 0)
        return -1;
    return output_dir_commit(dir, last, err);
}

int fgd_report_write(const struct fgd_bench *bench, const struct fgd_report_options *options,
                     const char *folder, struct report_outcome *outcome, struct err *err)
{
    struct output_dir dir;
    if (output_dir_open(&dir, folder, err) != 0)
        return -1;
    int result = write_all(bench, options, &dir, outcome, err);
    output_dir_abandon(&dir);
    return result;
}
