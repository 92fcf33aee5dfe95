/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/fgd_tables.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/table.h"

/* ---- the study's form ---- */

enum { NUMBER_SIZE = 40 };

/* The shortest text that reads back the same, with a point: "95.14", "100.0"; nothing for no value.
 */
static void print_number(FILE *out, double value)
{
    char text[NUMBER_SIZE];
    if (isnan(value))
        return;
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*f", digits, value);
        double read = strtod(text, NULL);
        if (read >= value && read <= value)
            break;
    }
    fputs(text, out);
}

static double rounded(double value, double steps)
{
    return rint(value * steps) / steps;
}

/* Every run, in the order of the request. */
static struct fgd_place next_place(const struct fgd_bench *bench, struct fgd_place place)
{
    place.seed++;
    if (place.seed == bench->request.seed_count) {
        place.seed = 0;
        place.policy++;
    }
    if (place.policy == bench->request.policy_count) {
        place.policy = 0;
        place.workload++;
    }
    return place;
}

static void print_points(const double *points, FILE *out)
{
    for (int i = 0; i < FGD_POINTS; i++) {
        fputc(',', out);
        print_number(out, points[i]);
    }
    fputc('\n', out);
}

static void print_point_names(FILE *out)
{
    for (int i = 0; i < FGD_POINTS; i++)
        fprintf(out, ",%d", i);
    fputc('\n', out);
}

static void print_place(const struct fgd_bench *bench, struct fgd_place place, FILE *out)
{
    const struct fgd_request *request = &bench->request;
    const char *label = request->policies[place.policy].label;
    const char *quote = strchr(label, ',') != NULL ? "\"" : "";
    fprintf(out, FGD_WORKLOAD_PREFIX "%s,%s%s%s", request->workloads[place.workload], quote, label,
            quote);
}

static uint64_t seed_of(const struct fgd_bench *bench, struct fgd_place place)
{
    return bench->request.seeds[place.seed];
}

void fgd_print_allocation(const struct fgd_bench *bench, FILE *out)
{
    fputs("workload,sc_policy,tune,seed,total_gpus", out);
    print_point_names(out);
    struct fgd_place place = {0, 0, 0};
    for (int32_t i = 0; i < bench->result_count; i++, place = next_place(bench, place)) {
        int64_t gpus = bench->workloads[place.workload].trace.share_milli / SHARE_WHOLE;
        print_place(bench, place, out);
        fprintf(out, ",%.1f,%" PRIu64 ",%" PRId64, FGD_LOAD, seed_of(bench, place), gpus);
        print_points(fgd_bench_result(bench, place)->allocated_percent, out);
    }
}

void fgd_print_fragmentation(const struct fgd_bench *bench, FILE *out)
{
    fputs("workload,sc_policy,tune,seed", out);
    print_point_names(out);
    struct fgd_place place = {0, 0, 0};
    for (int32_t i = 0; i < bench->result_count; i++, place = next_place(bench, place)) {
        print_place(bench, place, out);
        fprintf(out, ",%.1f,%" PRIu64, FGD_LOAD, seed_of(bench, place));
        print_points(fgd_bench_result(bench, place)->fragment_percent, out);
    }
}

static void print_percent(int64_t part, int64_t whole, FILE *out)
{
    fputc(',', out);
    print_number(out, rounded(100.0 * (double)part / (double)whole, 1e5));
}

static void print_final_state(const struct fgd_bench *bench, struct fgd_place place, FILE *out)
{
    const struct fgd_result *result = fgd_bench_result(bench, place);
    const struct fgd_workload *workload = &bench->workloads[place.workload];
    print_place(bench, place, out);
    fprintf(out, ",%" PRIu64 ",%" PRId32 ",%" PRId32, seed_of(bench, place), result->arrival_count,
            result->failed_count);
    for (int i = 0; i < FGD_CLASS_COUNT; i++)
        fprintf(out, ",%" PRId32, result->failed_by_class[i]);
    fprintf(out, ",%" PRId64 ",%" PRId64, result->failed_milli, result->used_milli);
    print_percent(result->used_milli, workload->trace.share_milli, out);
    print_percent(result->cpu_used_milli, workload->cpu_milli, out);
    print_percent(result->mem_used_bytes, workload->mem_bytes, out);
    fprintf(out, ",%" PRId32 ",%" PRId64, result->gpus_touched, result->arrived_milli);
    for (int i = 0; i < FRAGMENT_KIND_COUNT; i++) {
        fputc(',', out);
        print_number(out, rounded(result->fragment_milli[i] / SHARE_WHOLE, 1e3));
    }
    fputc('\n', out);
}

void fgd_print_final_states(const struct fgd_bench *bench, FILE *out)
{
    fputs("workload,policy,seed,pods,failed,f_cpuonly,f_share,f_1gpu,f_2gpu,f_4gpu,f_8gpu,"
          "failed_gpu_milli,used_gpu_milli,alloc_pct,cpu_pct,mem_pct,gpus_touched,arrived_milli,"
          "q1,q2,q3,q4,xl,xr,na\n",
          out);
    struct fgd_place place = {0, 0, 0};
    for (int32_t i = 0; i < bench->result_count; i++, place = next_place(bench, place))
        print_final_state(bench, place, out);
}

/* ---- statistics ---- */

static const int report_points[] = {100, 130};

struct sample {
    double sum, squares;
    int32_t count;
};

static void sample_add(struct sample *sample, double value)
{
    sample->sum += value;
    sample->squares += value * value;
    sample->count++;
}

static double sample_mean(const struct sample *sample)
{
    return sample->count > 0 ? sample->sum / (double)sample->count : NAN;
}

static double sample_sd(const struct sample *sample)
{
    double mean = sample_mean(sample);
    if (sample->count < 2 || isnan(mean))
        return NAN;
    double rest = sample->squares - mean * mean * (double)sample->count;
    return sqrt(fmax(rest, 0.0) / (double)(sample->count - 1));
}

/* The largest distance of two curves; points that only one has are left out. */
static double gap(const double *ours, const double *published)
{
    double largest = 0.0;
    for (int i = 0; i < FGD_POINTS; i++)
        if (!isnan(ours[i]) && !isnan(published[i]))
            largest = fmax(largest, fabs(ours[i] - published[i]));
    return largest;
}

static double larger_gap(double a, double b)
{
    return isnan(a) ? b : fmax(a, b);
}

static void compare_published(const struct fgd_bench *bench, struct fgd_place place,
                              struct fgd_statistics *out)
{
    const struct fgd_result *result = fgd_bench_result(bench, place);
    const double *allocation = fgd_bench_published(bench, &bench->published.allocation, place);
    const double *fragmentation =
        fgd_bench_published(bench, &bench->published.fragmentation, place);
    if (allocation != NULL) {
        out->published_runs++;
        out->allocation_gap =
            larger_gap(out->allocation_gap, gap(result->allocated_percent, allocation));
        for (size_t k = 0; k < ARRAY_LEN(report_points); k++) {
            double published = allocation[report_points[k]];
            out->published_mean[k] += published;
            out->difference_mean[k] += result->allocated_percent[report_points[k]] - published;
        }
    }
    if (fragmentation != NULL)
        out->fragment_gap =
            larger_gap(out->fragment_gap, gap(result->fragment_percent, fragmentation));
}

void fgd_statistics(const struct fgd_bench *bench, int32_t workload, int32_t policy,
                    struct fgd_statistics *out)
{
    struct sample allocated[2] = {{0.0, 0.0, 0}}, fragmented[2] = {{0.0, 0.0, 0}};
    struct fgd_place place = {workload, policy, 0};
    *out = (struct fgd_statistics){.allocation_gap = NAN, .fragment_gap = NAN};
    for (; place.seed < bench->request.seed_count; place.seed++) {
        const struct fgd_result *result = fgd_bench_result(bench, place);
        for (size_t k = 0; k < ARRAY_LEN(report_points); k++) {
            sample_add(&allocated[k], result->allocated_percent[report_points[k]]);
            sample_add(&fragmented[k], result->fragment_percent[report_points[k]]);
        }
        compare_published(bench, place, out);
    }
    for (size_t k = 0; k < ARRAY_LEN(report_points); k++) {
        out->allocated_mean[k] = sample_mean(&allocated[k]);
        out->allocated_sd[k] = sample_sd(&allocated[k]);
        out->fragment_mean[k] = sample_mean(&fragmented[k]);
        out->published_mean[k] /= (double)out->published_runs; /* 0 runs: NaN */
        out->difference_mean[k] /= (double)out->published_runs;
    }
}

/* ---- the table ---- */

static const struct column columns[] = {
    {"workload", "text", "The list of pods."},
    {"policy", "text", "As in the study, or as it was given."},
    {"seeds", "count", "Runs."},
    {"alloc100_mean", "%", "GPU share taken when as much was asked for as there is: the mean."},
    {"alloc100_sd", "%", "The same: standard deviation over the seeds."},
    {"alloc130_mean", "%", "The same when 130 % was asked for."},
    {"alloc130_sd", "%", "The same: standard deviation over the seeds."},
    {"frag100_mean", "%", "Part of the free share that is a fragment, at 100 %."},
    {"frag130_mean", "%", "The same at 130 %."},
    {"published_runs", "count", "How many of these runs are published too."},
    {"published_alloc100_mean", "%", "alloc100_mean of the published ones."},
    {"published_alloc130_mean", "%", "alloc130_mean of the published ones."},
    {"alloc100_difference", "%", "Ours less published, mean over the seeds that are."},
    {"alloc130_difference", "%", "The same at 130 %."},
    {"alloc_gap", "%", "Largest distance from the published curve, over seeds and points."},
    {"frag_gap", "%", "The same of the fragment."},
};

static void print_row(const struct fgd_bench *bench, int32_t workload, int32_t policy,
                      struct table *table)
{
    const struct fgd_request *request = &bench->request;
    struct fgd_statistics it;
    fgd_statistics(bench, workload, policy, &it);
    table_text(table, request->workloads[workload]);
    table_text(table, request->policies[policy].label);
    table_int(table, request->seed_count);
    for (size_t k = 0; k < ARRAY_LEN(report_points); k++) {
        table_decimal(table, it.allocated_mean[k], 4);
        table_decimal(table, it.allocated_sd[k], 4);
    }
    table_decimal(table, it.fragment_mean[0], 4);
    table_decimal(table, it.fragment_mean[1], 4);
    table_int(table, it.published_runs);
    table_decimal(table, it.published_mean[0], 4);
    table_decimal(table, it.published_mean[1], 4);
    table_decimal(table, it.difference_mean[0], 4);
    table_decimal(table, it.difference_mean[1], 4);
    table_decimal(table, it.allocation_gap, 4);
    table_decimal(table, it.fragment_gap, 7);
    table_end_row(table);
}

void fgd_print_table(const struct fgd_bench *bench, FILE *out)
{
    struct table table;
    table_init(&table, out, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < bench->request.workload_count; i++)
        for (int32_t j = 0; j < bench->request.policy_count; j++)
            print_row(bench, i, j, &table);
}

/* A number in a cell, or a dash. */
static void print_cell(FILE *out, double value, int digits)
{
    if (isnan(value))
        fprintf(out, "%9s", "-");
    else
        fprintf(out, "%9.*f", digits, value);
}

static void print_difference(FILE *out, double value)
{
    if (isnan(value))
        fprintf(out, "%9s", "-");
    else
        fprintf(out, "%+9.2f", value);
}

static void print_line(const struct fgd_bench *bench, int32_t workload, int32_t policy, FILE *out)
{
    struct fgd_statistics it;
    fgd_statistics(bench, workload, policy, &it);
    fprintf(out, "%-14.14s %-22.22s", bench->request.workloads[workload],
            bench->request.policies[policy].label);
    for (size_t k = 0; k < ARRAY_LEN(report_points); k++) {
        print_cell(out, it.allocated_mean[k], 2);
        print_cell(out, it.allocated_sd[k], 2);
        print_difference(out, it.difference_mean[k]);
    }
    print_cell(out, it.fragment_mean[0], 2);
    print_cell(out, it.allocation_gap, 3);
    fputs("  ", out); /* from 10 on six digits need more than a cell */
    print_cell(out, it.fragment_gap, 6);
    fputc('\n', out);
}

/* With orders of our own the distance to what is published is one of chance too. */
static void print_drawn(const struct fgd_bench *bench, FILE *out)
{
    const struct fgd_request *request = &bench->request;
    const char *separator = "\norders drawn here, for want of the study's: ";
    for (int32_t i = 0; i < request->workload_count; i++) {
        int32_t drawn = 0;
        for (int32_t k = 0; k < request->seed_count; k++)
            drawn += bench->orders[i * request->seed_count + k].is_drawn ? 1 : 0;
        if (drawn == 0)
            continue;
        fprintf(out, "%s%s (%d of %d)", separator, request->workloads[i], (int)drawn,
                (int)request->seed_count);
        separator = ", ";
    }
    fputs(separator[0] == ',' ? "\n" : "", out);
}

void fgd_print_text(const struct fgd_bench *bench, FILE *out)
{
    fprintf(out, "%-14s %-22s%27s%27s%9s%20s\n", "", "", "allocated at 100 % arrived",
            "allocated at 130 % arrived", "fragment", "largest gap to");
    fprintf(out, "%-14s %-22s%9s%9s%9s%9s%9s%9s%9s%9s%11s\n", "workload", "policy", "mean", "sd",
            "-publ.", "mean", "sd", "-publ.", "at 100 %", "alloc.", "fragm.");
    for (int32_t i = 0; i < bench->request.workload_count; i++)
        for (int32_t j = 0; j < bench->request.policy_count; j++)
            print_line(bench, i, j, out);
    print_drawn(bench, out);
}
