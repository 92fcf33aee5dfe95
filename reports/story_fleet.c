/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>

#include "base/array.h"
#include "reports/answers.h"
#include "reports/scope_names.h"
#include "reports/story.h"
#include "reports/top.h"

/* The part of the report on nodes and on waits. */

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

static void print_usage(const struct report_view *view, struct page *page)
{
    static const double quantiles[] = {0.50, 0.95, 0.99};
    static const struct page_column columns[] = {{"resource", false}, {"mean", true},
                                                 {"p50", true},       {"p95", true},
                                                 {"p99", true},       {"max", true}};
    page_heading(page, "Utilization of the fleet");
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        const struct usage *usage = &view->sim->metrics.scopes[0].usage[r];
        double mean = mean_of(view, usage);
        if (isnan(mean))
            continue;
        page_begin_row(page);
        page_cell(page, resource_labels[r]);
        story_cell_percent(page, mean);
        for (size_t i = 0; i < ARRAY_LEN(quantiles); i++)
            story_cell_percent(page, usage_quantile_permille(usage, quantiles[i]) / 1000.0);
        story_cell_percent(page, usage->max_permille / 1000.0);
        page_end_row(page);
    }
    page_end_table(page);
}

static void print_pool(const struct report_view *view, int32_t number, struct page *page)
{
    char text[PHRASE_SIZE];
    const struct scope *scope = &view->sim->metrics.scopes[number];
    const struct scope_cost *cost = &view->costs[number];
    page_begin_row(page);
    page_cell_name(page, scope_pool_id(view->sim, scope));
    page_cell_int(page, scope->nodes_up_or_down.value);
    page_cell(page, phrase_number(int128_ratio(cost->node_us, INT64_C(3600000000)), 1, text));
    for (int r = 0; r < RESOURCE_COUNT; r++)
        story_cell_percent(page, mean_of(view, &scope->usage[r]));
    page_cell(page, phrase_cost(cost, text));
    page_end_row(page);
}

static void print_pools(const struct report_view *view, struct page *page)
{
    static const struct page_column columns[] = {
        {"pool", false},  {"nodes at the end", true},   {"node-hours", true}, {"CPU", true},
        {"memory", true}, {"devices in any use", true}, {"devices", true},    {"cost", true}};
    const struct metrics *metrics = &view->sim->metrics;
    struct top top = top_of(POOLS_MAX);
    for (int32_t i = 1; i <= metrics->pool_scope_count; i++)
        if (scope_had_nodes(view->sim, &metrics->scopes[i]))
            top_offer(&top, i, view->costs[i].node_us);
    if (top.count == 0)
        return;
    page_heading(page, "Pools");
    page_paragraph(page, "Means over the run.");
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < top.count; i++)
        print_pool(view, top.items[i], page);
    page_end_table(page);
    page_more(page, top_left_out(&top), "utilization.csv");
}

/* ---- what it was paid for ---- */

static void print_bill(const struct report_view *view, struct page *page)
{
    static const struct page_column columns[] = {
        {"nodes were paid for", false}, {"node-hours", true}, {"cost", true}, {"share", true}};
    char text[PHRASE_SIZE];
    if (!view->sim->scaling.is_enabled || view->bill.fleet == 0)
        return;
    page_heading(page, "What was paid for");
    page_paragraph(page, "Running, starting and terminating are replicas' parts of nodes; rest is "
                         "what they left of these nodes. Coming, warm, empty and down nodes hold "
                         "no replica.");
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int use = 0; use < BILL_USE_COUNT; use++) {
        const struct bill_line *line = &view->bill.uses[use];
        page_begin_row(page);
        page_cell(page, bill_use_name((enum bill_use)use));
        page_begin_cell(page);
        if (line->node_us >= 0)
            page_text(page,
                      phrase_number(int128_ratio(line->node_us, INT64_C(3600000000)), 1, text));
        page_cell(page, phrase_usd(micro_of_grains(line->grains), text));
        story_cell_percent(page, int128_ratio(line->grains, view->bill.fleet));
        page_end_row(page);
    }
    page_end_table(page);
}

/* ---- packing ---- */

static void cell_amount(struct page *page, const struct packing_resource *amounts, int r,
                        int128 amount)
{
    char text[PHRASE_SIZE];
    char percent[PHRASE_SIZE];
    double share = amounts->capacity == 0 ? (double)NAN : int128_ratio(amount, amounts->capacity);
    page_begin_cell(page);
    page_format_text(page, "%s (%s)", phrase_amount((enum resource)r, amount, text),
                     phrase_percent(share, percent));
}

static void print_packing(const struct report_view *view, struct page *page)
{
    static const struct page_column columns[] = {{"resource", false},
                                                 {"used", true},
                                                 {"free", true},
                                                 {"of that stranded", true},
                                                 {"used on nodes in use", true},
                                                 {"bound on nodes", true}};
    const struct scope_packing *packing = &view->packing.scopes[0];
    page_heading(page, "Packing at the end");
    page_paragraph(page, "Stranded is free on nodes where nothing that asks for the resource fits. "
                         "The bound is the fewest nodes that could hold what is placed, by volume "
                         "alone.");
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        const struct packing_resource *amounts = &packing->resources[r];
        if (amounts->capacity == 0)
            continue;
        page_begin_row(page);
        page_cell(page, resource_labels[r]);
        cell_amount(page, amounts, r, amounts->used);
        cell_amount(page, amounts, r, amounts->free);
        if (view->packing.is_asked[r])
            cell_amount(page, amounts, r, amounts->stranded);
        else
            page_cell(page, "-");
        story_cell_percent(page, packing_used_share(amounts));
        page_begin_cell(page);
        if (amounts->nodes_bound >= 0)
            page_format_text(page, "%" PRId64 " of %d", amounts->nodes_bound,
                             packing->used_node_count);
        page_end_row(page);
    }
    page_end_table(page);
}

void story_fleet(const struct report_view *view, struct page *page)
{
    print_usage(view, page);
    print_pools(view, page);
    print_bill(view, page);
    print_packing(view, page);
}

/* ---- waits ---- */

static void print_wait_row(struct page *page, const char *label, const struct wait_stats *stats)
{
    char text[PHRASE_SIZE];
    page_begin_row(page);
    page_cell(page, label);
    page_cell_int(page, stats->demand_count);
    page_cell_int(page, stats->bound_count);
    page_cell_int(page, stats->demand_count - stats->bound_count);
    for (int i = 0; i < WAIT_QUANTILE_COUNT; i++)
        page_cell(page, phrase_wait(&stats->quantiles[i], text));
    page_end_row(page);
}

void story_waits(const struct report_view *view, struct page *page)
{
    static const struct page_column columns[] = {
        {"priority", true}, {"waits", true},  {"ended with a place", true},
        {"did not", true},  {"p50", true},    {"p95", true},
        {"p99", true},      {"longest", true}};
    char label[2] = "0";
    if (view->waits[WAIT_STATS_ALL].demand_count == 0)
        return;
    page_heading(page, "Waits by priority");
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int priority = 9; priority >= 0; priority--) {
        label[0] = (char)('0' + priority);
        if (view->waits[priority].demand_count > 0)
            print_wait_row(page, label, &view->waits[priority]);
    }
    print_wait_row(page, "all", &view->waits[WAIT_STATS_ALL]);
    page_end_table(page);
}
