/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/json_fields.h"
#include "reports/summary.h"

/* The part of summary.json on what was asked for and what became of it. */

/* Keys of amounts, by resource. */
static const char *const amount_keys[RESOURCE_COUNT] = {
    [RESOURCE_CPU] = "cpu_milli",
    [RESOURCE_MEMORY] = "memory_bytes",
    [RESOURCE_DEVICES] = "devices",
    [RESOURCE_SHARE] = "device_share_milli",
};

static void print_amounts(struct json_writer *w, const int128 amounts[RESOURCE_COUNT])
{
    for (int r = 0; r < RESOURCE_COUNT; r++)
        json_int128(w, amount_keys[r], amounts[r]);
}

static void print_nodes(struct json_writer *w, const char *key, const struct node_totals *nodes)
{
    json_object(w, key);
    json_int(w, "nodes", nodes->node_count);
    print_amounts(w, nodes->amounts);
    json_close_object(w);
}

static void print_requests(struct json_writer *w, const char *key,
                           const struct request_totals *requests)
{
    json_object(w, key);
    json_int(w, "runners", requests->runner_count);
    json_int(w, "replicas", requests->replica_count);
    json_int(w, "floor_replicas", requests->floor_count);
    print_amounts(w, requests->amounts);
    json_int(w, "replicas_sharing_by_memory", requests->by_memory_count);
    json_close_object(w);
}

static void print_replicas(struct json_writer *w, const struct replica_totals *replicas)
{
    json_object(w, "at_end");
    json_int(w, "runners", replicas->runner_count);
    json_int(w, "wish", replicas->wish);
    json_int(w, "floor", replicas->floor);
    json_int(w, "live", replicas->live);
    json_int(w, "running", replicas->running);
    json_int(w, "starting", replicas->starting);
    json_int(w, "terminating", replicas->terminating);
    json_int(w, "nominated", replicas->nominated);
    json_int(w, "pending_core", replicas->pending_core);
    json_int(w, "pending_extra", replicas->pending_extra);
    json_int(w, "blocked", replicas->blocked);
    json_int(w, "runners_below_floor", replicas->below_floor_count);
    json_int(w, "runners_below_wish", replicas->below_wish_count);
    json_close_object(w);
}

static void print_counts(struct json_writer *w, const struct run_counts *counts,
                         const struct metrics *metrics)
{
    json_object(w, "counts");
    json_int(w, "runners_arrived", counts->arrived);
    json_int(w, "runners_not_arrived", counts->not_arrived);
    json_int(w, "runners_departed", counts->departed);
    json_int(w, "bound", counts->bound);
    json_int(w, "finished", counts->finished);
    json_int(w, "evicted", counts->evicted);
    json_int(w, "drained", counts->drained);
    json_int(w, "moved", counts->moved);
    json_int(w, "lost", counts->lost);
    json_int(w, "gave_up", counts->gave_up);
    json_int(w, "node_failures", metrics->node_failures);
    json_int(w, "node_reclaims", metrics->node_reclaims);
    json_close_object(w);
}

static void print_availability(struct json_writer *w, const char *key,
                               const struct availability *availability)
{
    json_object(w, key);
    json_int(w, "runners", availability->runner_count);
    json_int(w, "runners_kept", availability->kept_count);
    json_percent(w, "time_pct", availability_share(availability));
    json_close_object(w);
}

/* ---- why demand waits ---- */

enum { SUMMARY_REASONS_MAX = 20 };

static void print_reason(struct json_writer *w, const struct report_view *view, int32_t number)
{
    char text[REASON_TEXT_SIZE];
    char name[RUNNER_NAME_SIZE];
    const struct waiting_reason *reason = &view->waiting.reasons[number];
    const struct waiting *row = &view->waiting.rows[reason->first];
    json_object(w, NULL);
    json_string(w, "answer", waiting_answer(&view->waiting, row));
    json_int(w, "replicas", reason->replica_count);
    json_int(w, "core_replicas", reason->core_count);
    json_int(w, "runners", reason->runner_count);
    json_string(w, "first_runner", sim_runner_name(view->sim, row->runner, name));
    json_seconds(w, "longest_wait_s", reason->longest_us);
    json_string(w, "reason", waiting_reason_print(view->sim, &view->waiting, row, text));
    json_close_object(w);
}

static void print_waiting(struct json_writer *w, const struct report_view *view)
{
    json_array(w, "waiting_reasons");
    for (int32_t i = 0; i < view->waiting.reason_count && i < SUMMARY_REASONS_MAX; i++)
        print_reason(w, view, i);
    json_close_array(w);
    json_int(w, "waiting_reason_count", view->waiting.reason_count);
}

void summary_print_demand(const struct report_view *view, struct json_writer *w)
{
    const struct totals *totals = &view->totals;
    const struct scope *fleet = &view->sim->metrics.scopes[0];
    json_object(w, "input");
    print_nodes(w, "fleet", &totals->nodes_at_start);
    print_requests(w, "requested", &totals->requested);
    print_requests(w, "requested_generated", &totals->requested_generated);
    json_close_object(w);
    print_nodes(w, "fleet_at_end", &totals->nodes_at_end);
    print_replicas(w, &totals->replicas);
    print_waiting(w, view);
    print_counts(w, &totals->counts, &view->sim->metrics);
    json_object(w, "availability");
    print_availability(w, "floor", &totals->floors);
    print_availability(w, "floor_with_starting", &totals->floors_live);
    print_availability(w, "wish", &totals->wishes);
    json_ratio_percent(w, "served_pct", totals->counts.running_us, totals->counts.wish_us);
    json_ratio_percent(w, "nodes_pct", integral_area(&fleet->nodes, view->end_us),
                       integral_area(&fleet->nodes_up_or_down, view->end_us));
    json_close_object(w);
}
