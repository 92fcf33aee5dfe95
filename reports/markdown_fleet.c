/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>

#include "base/array.h"
#include "reports/answers.h"
#include "reports/markdown.h"
#include "reports/scope_names.h"
#include "reports/top.h"

/* The part of report.md on nodes and on waits. */

enum { POOLS_MAX = 12 };

static const char *const resource_labels[RESOURCE_COUNT] = {
    [RESOURCE_CPU] = "CPU",
    [RESOURCE_MEMORY] = "memory",
    [RESOURCE_DEVICES] = "devices in any use",
    [RESOURCE_SHARE] = "devices",
};

/* ---- utilization ---- */

static double mean_of(const struct report_view *view, const struct usage *usage)
{
    int128 capacity = integral_area(&usage->capacity, view->end_us);
    int128 used = integral_area(&usage->used, view->end_us);
    return capacity == 0 ? (double)NAN : int128_ratio(used, capacity);
}

static void print_usage(const struct report_view *view, FILE *out)
{
    static const double quantiles[] = {0.50, 0.95, 0.99};
    char text[PHRASE_SIZE];
    fputs("\n## Utilization of the fleet\n\n"
          "| resource | mean | p50 | p95 | p99 | max |\n|---|---:|---:|---:|---:|---:|\n",
          out);
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        const struct usage *usage = &view->sim->metrics.scopes[0].usage[r];
        double mean = mean_of(view, usage);
        if (isnan(mean))
            continue;
        fprintf(out, "| %s | %s |", resource_labels[r], phrase_percent(mean, text));
        for (size_t i = 0; i < ARRAY_LEN(quantiles); i++)
            fprintf(out, " %s |",
                    phrase_percent(usage_quantile_permille(usage, quantiles[i]) / 1000.0, text));
        fprintf(out, " %s |\n", phrase_percent(usage->max_permille / 1000.0, text));
    }
}

static void print_pool(const struct report_view *view, int32_t number, FILE *out)
{
    char text[PHRASE_SIZE];
    const struct scope *scope = &view->sim->metrics.scopes[number];
    const struct scope_cost *cost = &view->costs[number];
    fputs("| ", out);
    markdown_name(scope_pool_id(view->sim, scope), out);
    fprintf(out, " | %" PRId64 " | %s |", scope->nodes_up_or_down.value,
            phrase_number(int128_ratio(cost->node_us, INT64_C(3600000000)), 1, text));
    for (int r = 0; r < RESOURCE_COUNT; r++)
        fprintf(out, " %s |", phrase_percent(mean_of(view, &scope->usage[r]), text));
    fprintf(out, " %s |\n", phrase_cost(cost, text));
}

static void print_pools(const struct report_view *view, FILE *out)
{
    const struct metrics *metrics = &view->sim->metrics;
    struct top top = top_of(POOLS_MAX);
    for (int32_t i = 1; i <= metrics->pool_scope_count; i++)
        if (scope_had_nodes(view->sim, &metrics->scopes[i]))
            top_offer(&top, i, view->costs[i].node_us);
    if (top.count == 0)
        return;
    fputs("\n## Pools\n\nMeans over the run.\n\n"
          "| pool | nodes at the end | node-hours | CPU | memory | devices in any use | devices | "
          "cost |\n"
          "|---|---:|---:|---:|---:|---:|---:|---:|\n",
          out);
    for (int32_t i = 0; i < top.count; i++)
        print_pool(view, top.items[i], out);
    markdown_more(top_left_out(&top), "utilization.csv", out);
}

/* ---- packing ---- */

static void print_amount(const struct packing_resource *amounts, int r, int128 amount, FILE *out)
{
    char text[PHRASE_SIZE];
    char percent[PHRASE_SIZE];
    double share = amounts->capacity == 0 ? (double)NAN : int128_ratio(amount, amounts->capacity);
    fprintf(out, " %s (%s) |", phrase_amount((enum resource)r, amount, text),
            phrase_percent(share, percent));
}

static void print_packing(const struct report_view *view, FILE *out)
{
    char text[PHRASE_SIZE];
    const struct scope_packing *packing = &view->packing.scopes[0];
    fputs(
        "\n## Packing at the end\n\n"
        "Stranded is free on nodes where nothing that asks for the resource fits. The bound is the "
        "fewest nodes that could hold what is placed, by volume alone.\n\n"
        "| resource | used | free | of that stranded | used on nodes in use | bound on nodes |\n"
        "|---|---:|---:|---:|---:|---:|\n",
        out);
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        const struct packing_resource *amounts = &packing->resources[r];
        if (amounts->capacity == 0)
            continue;
        fprintf(out, "| %s |", resource_labels[r]);
        print_amount(amounts, r, amounts->used, out);
        print_amount(amounts, r, amounts->free, out);
        print_amount(amounts, r, amounts->stranded, out);
        fprintf(out, " %s |", phrase_percent(packing_used_share(amounts), text));
        if (amounts->nodes_bound < 0)
            fputs(" |\n", out);
        else
            fprintf(out, " %" PRId64 " of %d |\n", amounts->nodes_bound, packing->used_node_count);
    }
}

void markdown_print_fleet(const struct report_view *view, FILE *out)
{
    print_usage(view, out);
    print_pools(view, out);
    print_packing(view, out);
}

/* ---- waits ---- */

static void print_wait_row(const char *label, const struct wait_stats *stats, FILE *out)
{
    char text[PHRASE_SIZE];
    fprintf(out, "| %s | %" PRId64 " | %" PRId64 " | %" PRId64 " |", label, stats->demand_count,
            stats->bound_count, stats->demand_count - stats->bound_count);
    for (int i = 0; i < WAIT_QUANTILE_COUNT; i++)
        fprintf(out, " %s%s |", stats->quantiles[i].is_lower_bound ? "\\" : "",
                phrase_wait(&stats->quantiles[i], text));
    putc('\n', out);
}

void markdown_print_waits(const struct report_view *view, FILE *out)
{
    char label[2] = "0";
    if (view->waits[WAIT_STATS_ALL].demand_count == 0)
        return;
    fputs("\n## Waits by priority\n\n"
          "| priority | waits | ended with a place | did not | p50 | p95 | p99 | longest |\n"
          "|---:|---:|---:|---:|---:|---:|---:|---:|\n",
          out);
    for (int priority = 9; priority >= 0; priority--) {
        label[0] = (char)('0' + priority);
        if (view->waits[priority].demand_count > 0)
            print_wait_row(label, &view->waits[priority], out);
    }
    print_wait_row("all", &view->waits[WAIT_STATS_ALL], out);
}
