/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/answers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* ---- demand ---- */

static int64_t waiting_total(const struct replica_totals *replicas)
{
    return replicas->pending_core + replicas->pending_extra + replicas->nominated;
}

bool answer_demand_is_bad(const struct report_view *view)
{
    const struct replica_totals *replicas = &view->totals.replicas;
    return waiting_total(replicas) + replicas->blocked > 0;
}

void answer_demand(const struct report_view *view, struct sentence *out)
{
    char text[PHRASE_SIZE];
    const struct replica_totals *replicas = &view->totals.replicas;
    int64_t waiting = waiting_total(replicas);
    if (replicas->wish == 0) {
        sentence_add(out, "no replica is asked for at the end");
        return;
    }
    if (replicas->running == replicas->wish) {
        sentence_add(out, "all that is asked for runs at the end: %s",
                     phrase_count(replicas->wish, "replica", text));
        return;
    }
    sentence_add(out, "%" PRId64 " of %s run at the end", replicas->running,
                 phrase_count(replicas->wish, "replica", text));
    if (replicas->starting > 0)
        sentence_add(out, ", %" PRId64 " start", replicas->starting);
    if (waiting > 0)
        sentence_add(out, ", %" PRId64 " wait", waiting);
    if (replicas->pending_core > 0)
        sentence_add(out, " (%" PRId64 " of them needed for floors)", replicas->pending_core);
    if (replicas->blocked > 0)
        sentence_add(out, ", %" PRId64 " blocked", replicas->blocked);
}

static void add_part(struct sentence *out, int64_t count, const char *what)
{
    if (count > 0)
        sentence_add(out, "%s%" PRId64 " %s", out->length == 0 ? "" : ", ", count, what);
}

void answer_waiting(const struct report_view *view, struct sentence *out)
{
    static const struct {
        enum fit_answer answer;
        const char *one, *many;
    } words[] = {
        {FIT_NEVER, "never fits", "never fit"},
        {FIT_NO_NODE, "finds no such node", "find no such node"},
        {FIT_NOT_NOW, "finds no room now", "find no room now"},
        {FIT_NOW, "was not tried yet", "were not tried yet"},
    };
    const struct waiting_list *list = &view->waiting;
    add_part(out, list->replica_count[WAITING_NOMINATED],
             list->replica_count[WAITING_NOMINATED] == 1 ? "waits for victims to go"
                                                         : "wait for victims to go");
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        int64_t count = 0;
        for (int32_t r = 0; r < list->reason_count; r++)
            if (list->reasons[r].explanation.answer == words[i].answer)
                count += list->reasons[r].replica_count;
        add_part(out, count, count == 1 ? words[i].one : words[i].many);
    }
}

void answer_over_run(const struct report_view *view, struct sentence *out)
{
    const struct run_counts *counts = &view->totals.counts;
    add_part(out, counts->bound, "bound");
    add_part(out, counts->finished, "finished");
    add_part(out, counts->evicted, "evicted");
    add_part(out, counts->drained, "drained");
    add_part(out, counts->moved, "moved by consolidations");
    add_part(out, counts->lost, "lost with failed nodes");
    add_part(out, counts->gave_up, "gave up waiting");
    if (out->length == 0)
        sentence_add(out, "no replica was bound");
}

void answer_who_waits(const struct report_view *view, const struct waiting_reason *reason,
                      struct sentence *out)
{
    char text[PHRASE_SIZE];
    char name[RUNNER_NAME_SIZE];
    char clean[RUNNER_NAME_SIZE];
    const struct waiting *row = &view->waiting.rows[reason->first];
    text_escape(sim_runner_name(view->sim, row->runner, name), clean, sizeof clean);
    sentence_add(out, "%s of %s", phrase_count(reason->replica_count, "replica", text), clean);
    if (reason->runner_count > 1)
        sentence_add(out, " and %s", phrase_count(reason->runner_count - 1, "more runner", text));
    sentence_add(out, " (priority %d%s), waiting for up to %s",
                 view->sim->runners[row->runner].def->priority,
                 row->kind == WAITING_CORE ? ", for the floor" : "",
                 phrase_time(reason->longest_us, text));
}

/* ---- floors ---- */

static int64_t breach_total(const struct metrics *metrics)
{
    return metrics->floor_breaches_by_preemption + metrics->floor_breaches_by_drain +
           metrics->floor_breaches_by_loss + metrics->floor_breaches_by_reclaim +
           metrics->floor_breaches_by_upgrade;
}

bool answer_floors_are_bad(const struct report_view *view)
{
    const struct floor_report *check = view->options->floors;
    return breach_total(&view->sim->metrics) > 0 || (check != NULL && check->count > 0) ||
           view->totals.floors_live.enough_us < view->totals.floors_live.asked_us;
}

void answer_floors(const struct report_view *view, struct sentence *out)
{
    char text[PHRASE_SIZE];
    const struct metrics *metrics = &view->sim->metrics;
    const struct availability *live = &view->totals.floors_live;
    if (live->runner_count == 0) {
        sentence_add(out, "no runner has a floor");
        return;
    }
    sentence_add(out, "kept %s of the time", phrase_percent(availability_share(live), text));
    sentence_add(out, ", %s running",
                 phrase_percent(availability_share(&view->totals.floors), text));
    sentence_add(out, "; broken by preemption %" PRId64 ", drains %" PRId64 ", failures %" PRId64,
                 metrics->floor_breaches_by_preemption, metrics->floor_breaches_by_drain,
                 metrics->floor_breaches_by_loss);
    if (metrics->floor_breaches_by_reclaim > 0)
        sentence_add(out, ", reclaims %" PRId64, metrics->floor_breaches_by_reclaim);
    if (metrics->floor_breaches_by_upgrade > 0)
        sentence_add(out, ", upgrades %" PRId64, metrics->floor_breaches_by_upgrade);
}

static void add_shortfall(const struct scenario *scenario, const struct floor_shortfall *shortfall,
                          struct sentence *out)
{
    char asked[PHRASE_SIZE];
    char there[PHRASE_SIZE];
    char clean[TEXT_QUOTE_SIZE];
    char pool[TEXT_QUOTE_SIZE];
    if (shortfall->runner != NO_INDEX && shortfall->pool != NO_INDEX)
        sentence_add(out, "%s has its place in pool %s, which takes no demand: %s",
                     text_quote(scenario->runners[shortfall->runner].id, clean),
                     text_quote(scenario->pools[shortfall->pool].id, pool),
                     scenario->pools[shortfall->pool].disabled_reason);
    else if (shortfall->runner != NO_INDEX)
        sentence_add(out, "%s fits no instance type of its pools",
                     text_quote(scenario->runners[shortfall->runner].id, clean));
    else
        sentence_add(out, "those of pool %s ask for %s, it has %s",
                     text_quote(scenario->pools[shortfall->pool].id, clean),
                     phrase_amount(shortfall->resource, shortfall->asked, asked),
                     phrase_amount(shortfall->resource, shortfall->there, there));
}

void answer_floor_check(const struct report_view *view, struct sentence *out)
{
    char text[PHRASE_SIZE];
    const struct floor_report *check = view->options->floors;
    if (check == NULL || check->floor_replicas == 0)
        return;
    if (check->count > 0) {
        sentence_add(out, "an empty fleet cannot hold all floors: ");
        add_shortfall(view->sim->scenario, &check->items[0], out);
        if (check->count > 1)
            sentence_add(out, "; and %s", phrase_count(check->count - 1, "more case", text));
    } else if (check->placed_by_trial < check->floor_replicas) {
        sentence_add(out, "an empty fleet at full size took %" PRId64 " of %s of floors in a trial",
                     check->placed_by_trial, phrase_count(check->floor_replicas, "replica", text));
    } else {
        sentence_add(out, "an empty fleet at full size holds %s%s of floors",
                     check->floor_replicas == 1 ? "the " : "all ",
                     phrase_count(check->floor_replicas, "replica", text));
    }
}

/* ---- preemption ---- */

void answer_preemption(const struct report_view *view, struct sentence *out)
{
    char text[PHRASE_SIZE];
    char more[PHRASE_SIZE];
    const struct eviction_stats *stats = &view->evictions;
    if (!view->sim->scenario->scheduler.preemption_enabled) {
        sentence_add(out, "switched off");
        return;
    }
    if (stats->all.count == 0) {
        sentence_add(out, "none was needed");
        return;
    }
    sentence_add(out, "%s hit %s", phrase_count(stats->all.count, "eviction", text),
                 phrase_count(stats->victim_runner_count, "runner", more));
    if (stats->depth_max > 1)
        sentence_add(out, " in chains up to %d", stats->depth_max);
    if (stats->all.unrecovered_count > 0)
        sentence_add(out, ", %" PRId64 " not recovered", stats->all.unrecovered_count);
    sentence_add(out, "; lost %s of work", phrase_time(stats->all.work_lost_us, text));
    if (stats->all.share_lost_milli_us > 0)
        sentence_add(out, ", %s of device time",
                     phrase_time(stats->all.share_lost_milli_us / 1000, text));
}

/* ---- utilization ---- */

void answer_utilization(const struct report_view *view, struct sentence *out)
{
    static const struct {
        enum resource resource;
        const char *name;
    } shown[] = {{RESOURCE_SHARE, "devices"}, {RESOURCE_CPU, "CPU"}, {RESOURCE_MEMORY, "memory"}};
    char text[PHRASE_SIZE];
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        const struct usage *usage = &view->sim->metrics.scopes[0].usage[shown[i].resource];
        int128 capacity = integral_area(&usage->capacity, view->end_us);
        if (capacity == 0)
            continue;
        double share = int128_ratio(integral_area(&usage->used, view->end_us), capacity);
        sentence_add(out, "%s%s %s", out->length == 0 ? "on average " : ", ", shown[i].name,
                     phrase_percent(share, text));
    }
    if (out->length == 0)
        sentence_add(out, "there was no capacity");
}

/* ---- waits ---- */

static bool is_unknown(const struct wait_quantile *wait)
{
    return wait->is_lower_bound && wait->us == 0;
}

const char *phrase_wait(const struct wait_quantile *wait, char out[PHRASE_SIZE])
{
    char time[PHRASE_SIZE];
    if (is_unknown(wait))
        snprintf(out, PHRASE_SIZE, "unknown");
    else
        snprintf(out, PHRASE_SIZE, "%s%.32s", wait->is_lower_bound ? ">= " : "",
                 phrase_time(wait->us, time));
    return out;
}

/* Is a figure unknown, so that a reader asks why? */
static bool has_unknown(const struct wait_stats *stats)
{
    for (int i = 0; i < WAIT_QUANTILE_COUNT; i++)
        if (is_unknown(&stats->quantiles[i]))
            return true;
    return false;
}

void answer_waits(const struct report_view *view, struct sentence *out)
{
    char text[PHRASE_SIZE];
    const struct wait_stats *stats = &view->waits[WAIT_STATS_ALL];
    int64_t open = stats->demand_count - stats->bound_count;
    if (stats->demand_count == 0) {
        sentence_add(out, "no replica was asked for");
        return;
    }
    sentence_add(out, "%s: ", phrase_count(stats->demand_count, "wait", text));
    if (stats->quantiles[WAIT_MAX].us == 0 && open == 0) {
        sentence_add(out, "every replica got its place at once");
        return;
    }
    sentence_add(out, "p50 %s", phrase_wait(&stats->quantiles[WAIT_P50], text));
    sentence_add(out, ", p95 %s", phrase_wait(&stats->quantiles[WAIT_P95], text));
    sentence_add(out, ", p99 %s", phrase_wait(&stats->quantiles[WAIT_P99], text));
    sentence_add(out, ", longest %s", phrase_wait(&stats->quantiles[WAIT_MAX], text));
    if (open > 0)
        sentence_add(out, "; %" PRId64 " without a place", open);
    if (stats->gave_up_count > 0 && has_unknown(stats))
        sentence_add(out, " (%" PRId64 " gave up)", stats->gave_up_count);
}

/* ---- cost ---- */

const char *phrase_cost(const struct scope_cost *cost, char out[PHRASE_SIZE])
{
    char usd[PHRASE_SIZE];
    if (cost->unknown_node_us > 0 && cost->unknown_node_us == cost->node_us)
        snprintf(out, PHRASE_SIZE, "unknown");
    else
        snprintf(out, PHRASE_SIZE, "%s%.56s", cost->unknown_node_us > 0 ? ">= " : "",
                 phrase_usd(cost->micro_usd, usd));
    return out;
}

static void add_unknown_types(const struct report_view *view, struct sentence *out)
{
    char clean[TEXT_QUOTE_SIZE];
    char text[PHRASE_SIZE];
    const struct fleet *fleet = &view->sim->sched.fleet;
    int64_t count = 0;
    for (int32_t type = 0; type < fleet->type_count; type++) {
        if (!type_price_is_missing(view->sim, view->costs, type))
            continue;
        if (count++ < 2)
            sentence_add(out, "%s%s", count == 1 ? "" : ", ",
                         text_quote(fleet->types[type].id, clean));
    }
    if (count > 2)
        sentence_add(out, " and %s", phrase_count(count - 2, "more type", text));
}

void answer_cost(const struct report_view *view, struct sentence *out)
{
    char text[PHRASE_SIZE];
    char hours[PHRASE_SIZE];
    const struct scope_cost *cost = &view->costs[0];
    phrase_number(int128_ratio(cost->node_us, INT64_C(3600000000)), 1, hours);
    const char *many = strcmp(hours, "1") == 0 ? "" : "s";
    if (cost->unknown_node_us == 0) {
        sentence_add(out, "%s for %s node-hour%s", phrase_usd(cost->micro_usd, text), hours, many);
        return;
    }
    if (cost->unknown_node_us == cost->node_us) {
        sentence_add(out, "unknown for %s node-hour%s: no price for ", hours, many);
    } else {
        sentence_add(out, "%s", phrase_usd(cost->micro_usd, text));
        phrase_number(int128_ratio(cost->unknown_node_us, INT64_C(3600000000)), 1, text);
        sentence_add(out, " without %s of %s node-hour%s: no price for ", text, hours, many);
    }
    add_unknown_types(view, out);
}

/* ---- packing ---- */

void answer_packing(const struct report_view *view, struct sentence *out)
{
    char text[PHRASE_SIZE];
    const struct scope_packing *packing = &view->packing.scopes[0];
    sentence_add(out, "%d of %s in use at the end", packing->used_node_count,
                 phrase_count(packing->node_count, "node", text));
    if (packing->used_node_count > 0)
        sentence_add(out, "; by volume, within their pools, at least %" PRId64 " %s needed",
                     packing->nodes_bound_in_pools,
                     packing->nodes_bound_in_pools == 1 ? "is" : "are");
}

void answer_stranded(const struct report_view *view, struct sentence *out)
{
    static const enum resource shown[] = {RESOURCE_SHARE, RESOURCE_CPU, RESOURCE_MEMORY};
    char text[PHRASE_SIZE];
    char percent[PHRASE_SIZE];
    bool is_asked = false;
    const struct scope_packing *packing = &view->packing.scopes[0];
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        const struct packing_resource *resource = &packing->resources[shown[i]];
        is_asked |= view->packing.is_asked[shown[i]];
        if (resource->stranded == 0)
            continue;
        double share = int128_ratio(resource->stranded, resource->capacity);
        sentence_add(out, "%s%s %s(%s)", out->length == 0 ? "" : ", ",
                     phrase_amount(shown[i], resource->stranded, text),
                     shown[i] == RESOURCE_MEMORY ? "of memory " : "",
                     phrase_percent(share, percent));
    }
    if (out->length == 0 && is_asked)
        sentence_add(out, "nothing");
}
