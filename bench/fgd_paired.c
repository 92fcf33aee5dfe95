/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/fgd_paired.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/table.h"
#include "bench/statistics.h"

static const int points[] = {100, 130};

/* ---- statistics ---- */

/* The policy that others are compared with; -1: there is none. */
static int32_t find_base(const struct fgd_bench *bench)
{
    for (int32_t i = 0; i < bench->request.policy_count; i++)
        if (strcmp(bench->request.policies[i].policy->name, "fgd") == 0)
            return i;
    return -1;
}

/* What a row is about; workload -1: the mean over all. */
struct pair {
    int32_t workload, policy, base;
    int point;
};

/* Both are given to two decimals, so their difference is a whole number of hundredths: sums of it
 * have no rounding errors, by which seeds that differ alike would seem to differ. */
static double hundredths_of(const struct fgd_bench *bench, const struct pair *pair,
                            int32_t workload, int32_t seed)
{
    const struct fgd_result *ours =
        fgd_bench_result(bench, (struct fgd_place){workload, pair->policy, seed});
    const struct fgd_result *base =
        fgd_bench_result(bench, (struct fgd_place){workload, pair->base, seed});
    return rint(100.0 *
                (ours->allocated_percent[pair->point] - base->allocated_percent[pair->point]));
}

static double difference_of(const struct fgd_bench *bench, const struct pair *pair, int32_t seed)
{
    double sum = 0.0;
    if (pair->workload >= 0)
        return hundredths_of(bench, pair, pair->workload, seed) / 100.0;
    for (int32_t i = 0; i < bench->request.workload_count; i++)
        sum += hundredths_of(bench, pair, i, seed);
    return sum / (100.0 * bench->request.workload_count);
}

/* Differences over the seeds where both curves have a value at the point. */
struct comparison {
    struct mean_estimate differences;
    double low, high; /* of the 95 % confidence interval */
    double t;         /* mean / (sd / sqrt(count)); NaN where all are equal */
    double p;
};

static void compare(const struct fgd_bench *bench, const struct pair *pair, struct comparison *out)
{
    double differences[FGD_SEEDS_MAX] = {0.0};
    int32_t count = 0;
    for (int32_t i = 0; i < bench->request.seed_count; i++) {
        double difference = difference_of(bench, pair, i);
        if (!isnan(difference))
            differences[count++] = difference;
    }
    struct mean_estimate it = mean_estimate_make(differences, count, 0.95);
    *out = (struct comparison){.differences = it,
                               .low = it.mean - it.half_width,
                               .high = it.mean + it.half_width,
                               .t = it.sd > 0.0 ? it.mean / (it.sd / sqrt(count)) : NAN,
                               .p = mean_p_value(&it)};
}

/* ---- tables ---- */

typedef void print_pair(const struct fgd_bench *bench, const struct pair *pair, void *to);

/* Policies in their order, of each the workloads and then all of them, each at both loads. */
static void for_each_pair(const struct fgd_bench *bench, print_pair *print, void *to)
{
    struct pair pair = {.base = find_base(bench)};
    if (pair.base < 0)
        return;
    for (pair.policy = 0; pair.policy < bench->request.policy_count; pair.policy++)
        for (int32_t i = 0; i <= bench->request.workload_count && pair.policy != pair.base; i++)
            for (size_t k = 0; k < ARRAY_LEN(points); k++) {
                pair.workload = i < bench->request.workload_count ? i : -1;
                pair.point = points[k];
                print(bench, &pair, to);
            }
}

static const char *workload_name(const struct fgd_bench *bench, const struct pair *pair)
{
    return pair->workload < 0 ? "all" : bench->request.workloads[pair->workload];
}

static const struct column columns[] = {
    {"policy", "text", "As in the study, or as it was given."},
    {"base", "text", "The policy that it is compared with."},
    {"workload", "text", "The list of pods; all: the mean over the lists, seed by seed."},
    {"arrived", "%", "How much of all GPUs had been asked for."},
    {"seeds", "count", "Pairs of runs, of those that have a value there."},
    {"difference_mean", "%", "GPU share taken, less that of the base: the mean."},
    {"difference_low", "%", "Its 95 % confidence interval by Student's t: the lower end."},
    {"difference_high", "%", "The upper end."},
    {"t", "", "The mean by its standard error."},
    {"p", "", "Probability of such a t, or one further from 0, were there no difference."},
};

static void print_row(const struct fgd_bench *bench, const struct pair *pair, void *to)
{
    struct table *table = to;
    struct comparison it;
    compare(bench, pair, &it);
    table_text(table, bench->request.policies[pair->policy].label);
    table_text(table, bench->request.policies[pair->base].label);
    table_text(table, workload_name(bench, pair));
    table_int(table, pair->point);
    table_int(table, it.differences.count);
    table_decimal(table, it.differences.mean, 4);
    table_decimal(table, it.low, 4);
    table_decimal(table, it.high, 4);
    table_decimal(table, it.t, 3);
    table_decimal(table, it.p, 8);
    table_end_row(table);
}

void fgd_print_paired(const struct fgd_bench *bench, FILE *out)
{
    struct table table;
    table_init(&table, out, columns, ARRAY_LEN(columns));
    for_each_pair(bench, print_row, &table);
}

static void print_cell(FILE *out, int width, int digits, double value)
{
    if (isnan(value))
        fprintf(out, "%*s", width, "-");
    else
        fprintf(out, "%*.*f", width, digits, value);
}

/* A p-value that four decimals would show as 0 is told by what it is below. */
static void print_p(FILE *out, double p)
{
    if (p < 0.00005)
        fprintf(out, "%8s", "<0.0001");
    else
        print_cell(out, 8, 4, p);
}

static void print_signed(FILE *out, int width, double value)
{
    if (isnan(value))
        fprintf(out, "%*s", width, "-");
    else
        fprintf(out, "%+*.2f", width, value);
}

static void print_line(const struct fgd_bench *bench, const struct pair *pair, void *to)
{
    FILE *out = to;
    struct comparison it;
    compare(bench, pair, &it);
    if (pair->point == points[0])
        fprintf(out, "%-14.14s %-22.22s", workload_name(bench, pair),
                bench->request.policies[pair->policy].label);
    print_signed(out, 8, it.differences.mean);
    print_signed(out, 8, it.low);
    print_signed(out, 7, it.high);
    print_cell(out, 7, 1, it.t);
    print_p(out, it.p);
    if (pair->point != points[0])
        fputc('\n', out);
}

void fgd_print_paired_text(const struct fgd_bench *bench, FILE *out)
{
    if (find_base(bench) < 0 || bench->request.policy_count < 2)
        return;
    fprintf(out, "\nallocation less that of %s, paired by seed; 95 %% interval\n",
            bench->request.policies[find_base(bench)].label);
    fprintf(out, "%-14s %-22s%38s%38s\n", "", "", "at 100 % arrived", "at 130 % arrived");
    fprintf(out, "%-14s %-22s", "workload", "policy");
    for (size_t k = 0; k < ARRAY_LEN(points); k++)
        fprintf(out, "%8s%8s%7s%7s%8s", "mean", "from", "to", "t", "p");
    fputc('\n', out);
    for_each_pair(bench, print_line, out);
}
