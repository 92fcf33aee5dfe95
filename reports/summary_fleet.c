/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/json_fields.h"
#include "reports/scope_names.h"
#include "reports/summary.h"

/* The part of summary.json on nodes: utilization over time and packing at the end. */

static const char *const resource_keys[RESOURCE_COUNT] = {
    [RESOURCE_CPU] = "cpu",
    [RESOURCE_MEMORY] = "memory",
    [RESOURCE_DEVICES] = "devices",
    [RESOURCE_SHARE] = "device_share",
};

static void print_usage(struct json_writer *w, const struct report_view *view,
                        const struct usage *usage)
{
    int128 capacity = integral_area(&usage->capacity, view->end_us);
    int128 used = integral_area(&usage->used, view->end_us);
    json_mean(w, "capacity_mean", capacity, view->end_us);
    json_mean(w, "used_mean", used, view->end_us);
    json_ratio_percent(w, "mean_pct", used, capacity);
    json_permille(w, "p50_pct", usage_quantile_permille(usage, 0.50));
    json_permille(w, "p95_pct", usage_quantile_permille(usage, 0.95));
    json_permille(w, "p99_pct", usage_quantile_permille(usage, 0.99));
    json_ratio_percent(w, "max_pct", usage->max_used, usage->max_capacity);
}

static void print_scope_usage(struct json_writer *w, const struct report_view *view, int32_t number)
{
    const struct scope *scope = &view->sim->metrics.scopes[number];
    const struct scope_cost *cost = &view->costs[number];
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        json_object(w, resource_keys[r]);
        print_usage(w, view, &scope->usage[r]);
        json_close_object(w);
    }
    json_hours(w, "node_hours", cost->node_us);
    if (cost->unknown_node_us < cost->node_us || cost->node_us == 0)
        json_usd(w, "usd_known", cost->micro_usd);
    else
        json_null(w, "usd_known");
}

static void print_utilization(struct json_writer *w, const struct report_view *view)
{
    const struct metrics *metrics = &view->sim->metrics;
    json_object(w, "utilization");
    json_object(w, "fleet");
    print_scope_usage(w, view, 0);
    json_close_object(w);
    json_array(w, "nodepools");
    for (int32_t i = 1; i <= metrics->pool_scope_count; i++) {
        if (!scope_had_nodes(view->sim, &metrics->scopes[i]))
            continue;
        json_object(w, NULL);
        json_string(w, "nodepool", scope_pool_id(view->sim, &metrics->scopes[i]));
        print_scope_usage(w, view, i);
        json_close_object(w);
    }
    json_close_array(w);
    json_close_object(w);
}

static void print_packed_resource(struct json_writer *w, const char *key,
                                  const struct packing_resource *resource, bool is_asked)
{
    json_object(w, key);
    json_int128(w, "capacity", resource->capacity);
    json_int128(w, "used", resource->used);
    json_int128(w, "held", resource->held);
    json_int128(w, "free", resource->free);
    json_int128(w, "free_closed", resource->closed);
    if (is_asked) {
        json_int128(w, "stranded", resource->stranded);
        json_ratio_percent(w, "stranded_pct", resource->stranded, resource->capacity);
    } else {
        json_null(w, "stranded");
        json_null(w, "stranded_pct");
    }
    json_percent(w, "used_pct_of_used_nodes", packing_used_share(resource));
    if (resource->nodes_bound < 0)
        json_null(w, "nodes_bound");
    else
        json_int(w, "nodes_bound", resource->nodes_bound);
    json_close_object(w);
}

static void print_packing(struct json_writer *w, const struct report_view *view)
{
    const struct scope_packing *packing = &view->packing.scopes[0];
    json_object(w, "packing");
    json_int(w, "nodes", packing->node_count);
    json_int(w, "nodes_used", packing->used_node_count);
    json_int(w, "nodes_closed", packing->closed_node_count);
    json_int(w, "nodes_bound", packing->nodes_bound);
    json_int(w, "nodes_bound_in_pools", packing->nodes_bound_in_pools);
    for (int r = 0; r < RESOURCE_COUNT; r++)
        print_packed_resource(w, resource_keys[r], &packing->resources[r],
                              view->packing.is_asked[r]);
    json_close_object(w);
}

void summary_print_fleet(const struct report_view *view, struct json_writer *w)
{
    print_utilization(w, view);
    print_packing(w, view);
}
