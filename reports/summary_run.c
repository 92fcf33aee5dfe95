/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "base/units.h"
#include "reports/idle_events.h"
#include "reports/json_fields.h"
#include "reports/policy_words.h"
#include "reports/summary.h"

/* The first part of summary.json: what was run, with what, and whether it may be trusted. */

static void print_scenario(struct json_writer *w, const struct scenario *scenario)
{
    char start[UNITS_TEXT_SIZE];
    json_object(w, "scenario");
    json_string(w, "name", scenario->name);
    json_string(w, "description", scenario->description);
    json_string(w, "file", scenario->file);
    json_string(w, "digest", scenario->digest);
    json_string(w, "start",
                scenario->has_start ? print_instant(scenario->start_unix_us, start) : NULL);
    json_seconds(w, "horizon_s", scenario->horizon_us);
    json_close_object(w);
}

static void print_settings(struct json_writer *w, const struct sim *sim)
{
    char seed[24];
    const struct scheduler_config *config = &sim->scenario->scheduler;
    snprintf(seed, sizeof seed, "%" PRIu64, sim->seed);
    json_raw(w, "seed", seed);
    json_string(w, "policy", sim->policy->name);
    policy_json(&sim->sched.policy, w);
    json_string(w, "order", config->order == ORDER_FLOOR_FIRST ? "floor-first" : "priority-first");
    json_object(w, "preemption_settings");
    json_bool(w, "enabled", config->preemption_enabled);
    json_seconds(w, "grace_period_s", config->grace_us);
    json_seconds(w, "min_runtime_s", config->min_runtime_us);
    json_string(w, "preempt_or_scale", preempt_or_scale_name(config->preempt_or_scale));
    json_close_object(w);
}

static void print_progress(struct json_writer *w, const struct sim *sim)
{
    char digest[17];
    decision_digest_hex(&sim->digest, digest);
    json_bool(w, "complete", sim->is_complete);
    json_seconds(w, "virtual_time_s", sim->now_us);
    json_int(w, "events", sim->event_count);
    json_string(w, "decision_digest", digest);
}

static void print_warnings(struct json_writer *w, const struct problems *problems)
{
    json_array(w, "warnings");
    for (int32_t i = 0; i < problems->count; i++)
        if (problems->items[i].severity == SEVERITY_WARNING)
            json_string(w, NULL, problems->items[i].text);
    json_close_array(w);
    json_int(w, "warning_count", problems->warning_count);
}

/* ---- floors ---- */

static void print_shortfall(struct json_writer *w, const struct scenario *scenario,
                            const struct floor_shortfall *shortfall)
{
    bool is_sum = shortfall->runner == NO_INDEX;
    json_object(w, NULL);
    json_string(w, "runner", is_sum ? NULL : scenario->runners[shortfall->runner].id);
    json_string(w, "nodepool",
                shortfall->pool == NO_INDEX ? NULL : scenario->pools[shortfall->pool].id);
    json_string(w, "resource", is_sum ? resource_name(shortfall->resource) : NULL);
    if (is_sum) {
        json_int(w, "asked", shortfall->asked);
        json_int(w, "there", shortfall->there);
    } else {
        json_null(w, "asked");
        json_null(w, "there");
    }
    json_close_object(w);
}

static void print_floor_check(struct json_writer *w, const struct report_view *view)
{
    const struct floor_report *floors = view->options->floors;
    if (floors == NULL) {
        json_null(w, "floor_check");
        return;
    }
    json_object(w, "floor_check");
    json_int(w, "floor_replicas", floors->floor_replicas);
    json_int(w, "placed_by_trial", floors->placed_by_trial);
    json_array(w, "shortfalls");
    for (int32_t i = 0; i < floors->count; i++)
        print_shortfall(w, view->sim->scenario, &floors->items[i]);
    json_close_array(w);
    json_close_object(w);
}

void summary_print_run(const struct report_view *view, struct json_writer *w)
{
    const struct sim *sim = view->sim;
    json_int(w, "schema_version", SUMMARY_SCHEMA_VERSION);
    json_string(w, "tool", "stowage");
    json_string(w, "version", view->options->version);
    json_string(w, "command", view->options->command);
    print_scenario(w, sim->scenario);
    print_settings(w, sim);
    print_progress(w, sim);
    print_warnings(w, &sim->scenario->problems);
    idle_events_json(sim, w);
    print_floor_check(w, view);
    json_int(w, "floor_breaches_by_preemption", sim->metrics.floor_breaches_by_preemption);
    json_int(w, "floor_breaches_by_drain", sim->metrics.floor_breaches_by_drain);
    json_int(w, "floor_breaches_by_loss", sim->metrics.floor_breaches_by_loss);
    json_int(w, "floor_breaches_by_reclaim", sim->metrics.floor_breaches_by_reclaim);
    json_int(w, "floor_breaches_by_upgrade", sim->metrics.floor_breaches_by_upgrade);
}
