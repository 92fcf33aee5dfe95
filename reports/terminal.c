/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "reports/answers.h"
#include "reports/idle_events.h"
#include "reports/layout.h"
#include "reports/policy_words.h"
#include "reports/scope_names.h"
#include "reports/top.h"

/* 3 lines of head, up to 20 of answers, 4 of use, 6 of pools, 6 of priorities, without wraps. */
enum {
    LINES_MAX = 40,
    COLUMNS_MAX = 100,
    LABEL_WIDTH = 12,
    REASONS_MAX = 2,
    PAIRS_MAX = 3,
    ROWS_MAX = 4,
};

enum tone { TONE_PLAIN, TONE_GOOD, TONE_BAD };

/* Sentences that are too long for a line go on in a second one; so that all of it still fits one
 * screen, the tables then get fewer rows. */
struct screen {
    FILE *out; /* NULL: lines are only counted */
    bool has_colour;
    int rows_max; /* of pools, and of priorities */
    int wraps_left;
    int line_count, wrap_count; /* so far; wraps are second lines */
};

/* ---- lines ---- */

static const char *colour_of(const struct screen *screen, enum tone tone)
{
    static const char *const codes[] = {
        [TONE_PLAIN] = "\033[1m", [TONE_GOOD] = "\033[1;32m", [TONE_BAD] = "\033[1;31m"};
    return screen->has_colour ? codes[tone] : "";
}

static void print_line(struct screen *screen, const char *label, enum tone tone, const char *text)
{
    char clean[SENTENCE_SIZE];
    screen->line_count++;
    if (screen->out == NULL)
        return;
    text_escape(text, clean, sizeof clean);
    layout_cut(clean, COLUMNS_MAX - LABEL_WIDTH);
    fprintf(screen->out, "%s%-*s%s%s\n", colour_of(screen, tone), LABEL_WIDTH, label,
            screen->has_colour ? "\033[0m" : "", clean);
}

/* The last space at which the first line of a long text can end, not one before a "%"; NULL: it is
 * not to be broken. */
static char *find_break(char *text)
{
    int width = COLUMNS_MAX - LABEL_WIDTH;
    if (strlen(text) <= (size_t)width)
        return NULL;
    for (int at = width; at > width / 2; at--)
        if (text[at] == ' ' && text[at + 1] != '%')
            return &text[at];
    return NULL;
}

static void print_answer(struct screen *screen, const char *label, enum tone tone,
                         const struct sentence *sentence)
{
    char clean[SENTENCE_SIZE];
    struct sentence second = {0};
    if (sentence->length == 0)
        return;
    text_escape(sentence->text, clean, sizeof clean);
    char *space = screen->wraps_left > 0 ? find_break(clean) : NULL;
    if (space != NULL)
        *space = '\0';
    print_line(screen, label, tone, clean);
    if (space == NULL)
        return;
    screen->wraps_left--;
    screen->wrap_count++;
    sentence_add(&second, "  %s", space + 1);
    print_line(screen, "", TONE_PLAIN, second.text);
}

/* ---- head ---- */

static void print_head(struct screen *screen, const struct report_view *view)
{
    char digest[17];
    char reached[PHRASE_SIZE];
    const struct sim *sim = view->sim;
    struct sentence run = {0};
    struct sentence settings = {0};
    decision_digest_hex(&sim->digest, digest);
    sentence_add(&run, "%s of virtual time%s, %" PRId64 " events, decision digest %s",
                 phrase_time(sim->now_us, reached),
                 sim->is_complete ? "" : " (ENDED EARLY, before the horizon)", sim->event_count,
                 digest);
    policy_print(&sim->sched.policy, &settings);
    sentence_add(
        &settings, ", %s, %s, seed %" PRIu64,
        sim->scenario->scheduler.order == ORDER_FLOOR_FIRST ? "floor-first" : "priority-first",
        sim->scenario->scheduler.preemption_enabled ? "preemption" : "no preemption", sim->seed);
    print_line(screen, "Scenario", TONE_PLAIN, sim->scenario->name);
    print_answer(screen, "Run", sim->is_complete ? TONE_PLAIN : TONE_BAD, &run);
    print_answer(screen, "Settings", TONE_PLAIN, &settings);
}

/* ---- answers ---- */

static void print_reasons(struct screen *screen, const struct report_view *view)
{
    char reason_text[REASON_TEXT_SIZE];
    const struct waiting_list *list = &view->waiting;
    for (int32_t i = 0; i < list->reason_count && i < REASONS_MAX; i++) {
        const struct waiting_reason *reason = &list->reasons[i];
        struct sentence who = {0};
        struct sentence why = {0};
        answer_who_waits(view, reason, &who);
        waiting_reason_print(view->sim, list, &list->rows[reason->first], reason_text);
        print_answer(screen, "", TONE_PLAIN, &who);
        sentence_add(&why, "  %s", reason_text);
        print_answer(screen, "", TONE_PLAIN, &why);
    }
    if (list->reason_count > REASONS_MAX) {
        struct sentence more = {0};
        char count[PHRASE_SIZE];
        sentence_add(&more, "%s: see pending.csv",
                     phrase_count(list->reason_count - REASONS_MAX, "more reason", count));
        print_answer(screen, "", TONE_PLAIN, &more);
    }
}

static void print_pairs(struct screen *screen, const struct report_view *view)
{
    char victim[RUNNER_NAME_SIZE];
    char demand[RUNNER_NAME_SIZE];
    char more[PHRASE_SIZE];
    const struct eviction_stats *stats = &view->evictions;
    struct sentence pairs = {0};
    for (int32_t i = 0; i < stats->pair_count && i < PAIRS_MAX; i++)
        sentence_add(&pairs, "%s%" PRId64 " of %s for %s", i == 0 ? "" : ", ",
                     stats->pairs[i].sum.count,
                     sim_runner_name(view->sim, stats->pairs[i].victim_runner, victim),
                     sim_runner_name(view->sim, stats->pairs[i].demand_runner, demand));
    if (stats->pair_count > PAIRS_MAX)
        sentence_add(&pairs, ", %s in preemptions.csv",
                     phrase_count(stats->pair_count - PAIRS_MAX, "more pair", more));
    print_answer(screen, "", TONE_PLAIN, &pairs);
}

static void print_warnings(struct screen *screen, const struct problems *problems)
{
    struct sentence warnings = {0};
    for (int32_t i = 0; i < problems->count && warnings.length == 0; i++) {
        if (problems->items[i].severity != SEVERITY_WARNING)
            continue;
        sentence_add(&warnings, "%d: %s%s", problems->warning_count, problems->items[i].text,
                     problems->warning_count > 1 ? " ..." : "");
    }
    print_answer(screen, "Warnings", TONE_BAD, &warnings);
}

static void print_idle_events(struct screen *screen, const struct sim *sim)
{
    struct sentence sentence = {0};
    if (sim->idle_event_count == 0)
        return;
    sentence_add(&sentence, "%d changed nothing: ", sim->idle_event_count);
    idle_event_print(sim, 0, &sentence);
    if (sim->idle_event_count > 1)
        sentence_add(&sentence, " ...");
    print_answer(screen, "Events", TONE_PLAIN, &sentence);
}

static void print_traffic(struct screen *screen, const struct report_view *view)
{
    struct sentence served = {0};
    struct sentence waits = {0};
    answer_traffic(view, &served);
    answer_traffic_waits(view, &waits);
    print_answer(screen, "Users", answer_traffic_is_bad(view) ? TONE_BAD : TONE_GOOD, &served);
    print_answer(screen, "", TONE_PLAIN, &waits);
}

static void print_answers(struct screen *screen, const struct report_view *view)
{
    static void (*const rest[])(const struct report_view *, struct sentence *) = {
        answer_waits,       answer_cost,    answer_waste,
        answer_node_starts, answer_packing, answer_stranded};
    static const char *const labels[] = {"Waits",       "Cost",    "Waste",
                                         "Node starts", "Packing", "Stranded"};
    struct sentence demand = {0};
    struct sentence waiting = {0};
    struct sentence over_run = {0};
    struct sentence floors = {0};
    struct sentence check = {0};
    struct sentence preemption = {0};
    struct sentence losses = {0};
    answer_losses(view, &losses);
    answer_demand(view, &demand);
    answer_over_run(view, &over_run);
    answer_floors(view, &floors);
    answer_floor_check(view, &check);
    answer_preemption(view, &preemption);
    print_answer(screen, "Replicas", answer_demand_is_bad(view) ? TONE_BAD : TONE_GOOD, &demand);
    answer_waiting(view, &waiting);
    print_answer(screen, "", TONE_PLAIN, &waiting);
    print_reasons(screen, view);
    print_answer(screen, "Over time", TONE_PLAIN, &over_run);
    print_answer(screen, "Floors", answer_floors_are_bad(view) ? TONE_BAD : TONE_GOOD, &floors);
    print_answer(screen, "", TONE_PLAIN, &check);
    print_traffic(screen, view);
    print_answer(screen, "Preemption", TONE_PLAIN, &preemption);
    print_pairs(screen, view);
    print_answer(screen, "Went wrong", TONE_PLAIN, &losses);
    for (size_t i = 0; i < ARRAY_LEN(rest); i++) {
        struct sentence sentence = {0};
        rest[i](view, &sentence);
        print_answer(screen, labels[i], TONE_PLAIN, &sentence);
    }
    print_warnings(screen, &view->sim->scenario->problems);
    print_idle_events(screen, view->sim);
}

/* ---- tables ---- */

static void print_usage(struct screen *screen, const struct report_view *view)
{
    static const struct {
        enum resource resource;
        const char *label;
    } rows[] = {
        {RESOURCE_SHARE, "  devices"}, {RESOURCE_CPU, "  CPU"}, {RESOURCE_MEMORY, "  memory"}};
    const struct scope *fleet = &view->sim->metrics.scopes[0];
    char mean[PHRASE_SIZE];
    print_line(screen, "Use", TONE_PLAIN, "   mean      p50      p95      p99      max");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct usage *usage = &fleet->usage[rows[i].resource];
        int128 capacity = integral_area(&usage->capacity, view->end_us);
        if (capacity == 0)
            continue;
        double share = int128_ratio(integral_area(&usage->used, view->end_us), capacity);
        struct sentence line = {0};
        sentence_add(&line, "%7s", phrase_percent(share, mean));
        sentence_add(&line, "  %5.1f %%  %5.1f %%  %5.1f %%  %5.1f %%",
                     usage_quantile_permille(usage, 0.50) / 10.0,
                     usage_quantile_permille(usage, 0.95) / 10.0,
                     usage_quantile_permille(usage, 0.99) / 10.0, usage->max_permille / 10.0);
        print_answer(screen, rows[i].label, TONE_PLAIN, &line);
    }
}

static void add_mean(struct sentence *line, const struct report_view *view,
                     const struct usage *usage)
{
    char text[PHRASE_SIZE];
    int128 capacity = integral_area(&usage->capacity, view->end_us);
    int128 used = integral_area(&usage->used, view->end_us);
    sentence_add(line, "  %8s",
                 capacity == 0 ? "-" : phrase_percent(int128_ratio(used, capacity), text));
}

static void print_pool(struct screen *screen, const struct report_view *view, int32_t number)
{
    char text[PHRASE_SIZE];
    struct sentence line = {0};
    const struct scope *scope = &view->sim->metrics.scopes[number];
    const struct scope_cost *cost = &view->costs[number];
    layout_add_name(&line, scope_pool_id(view->sim, scope), 21);
    sentence_add(&line, "  %5" PRId64, scope->nodes_up_or_down.value);
    sentence_add(&line, "  %9s",
                 phrase_number(int128_ratio(cost->node_us, INT64_C(3600000000)), 1, text));
    add_mean(&line, view, &scope->usage[RESOURCE_SHARE]);
    add_mean(&line, view, &scope->usage[RESOURCE_CPU]);
    add_mean(&line, view, &scope->usage[RESOURCE_MEMORY]);
    sentence_add(&line, "  %16s", phrase_cost(cost, text));
    print_answer(screen, "", TONE_PLAIN, &line);
}

static void print_pools(struct screen *screen, const struct report_view *view)
{
    const struct metrics *metrics = &view->sim->metrics;
    struct top top = top_of(screen->rows_max);
    struct sentence more = {0};
    for (int32_t i = 1; i <= metrics->pool_scope_count; i++)
        if (scope_had_nodes(view->sim, &metrics->scopes[i]))
            top_offer(&top, i, view->costs[i].node_us);
    struct sentence head = {0};
    sentence_add(&head, "%-21s  %5s  %9s  %8s  %8s  %8s  %16s", "", "nodes", "node-h", "devices",
                 "CPU", "memory", "cost");
    print_answer(screen, "Pools", TONE_PLAIN, &head);
    for (int32_t i = 0; i < top.count; i++)
        print_pool(screen, view, top.items[i]);
    if (top_left_out(&top) > 0)
        sentence_add(&more, "%" PRId64 " more in utilization.csv", top_left_out(&top));
    print_answer(screen, "", TONE_PLAIN, &more);
}

static void print_priority(struct screen *screen, const struct report_view *view, int priority)
{
    char text[PHRASE_SIZE];
    const struct wait_stats *stats = &view->waits[priority];
    int64_t caused = 0;
    int64_t suffered = 0;
    struct sentence line = {0};
    for (int other = 0; other < 10; other++) {
        caused += view->evictions.cells[priority][other].count;
        suffered += view->evictions.cells[other][priority].count;
    }
    sentence_add(&line, "%8d  %7" PRId64, priority, stats->demand_count);
    for (int i = 0; i < WAIT_QUANTILE_COUNT; i++)
        sentence_add(&line, "  %11s", phrase_wait(&stats->quantiles[i], text));
    sentence_add(&line, "  %7" PRId64 "  %7" PRId64, caused, suffered);
    print_answer(screen, "", TONE_PLAIN, &line);
}

static void print_priorities(struct screen *screen, const struct report_view *view)
{
    struct sentence more = {0};
    int shown = 0;
    int left_out = 0;
    struct sentence head = {0};
    sentence_add(&head, "%8s  %7s  %11s  %11s  %11s  %11s  %7s  %7s", "priority", "waits", "p50",
                 "p95", "p99", "longest", "evicts", "evicted");
    print_answer(screen, "Priorities", TONE_PLAIN, &head);
    for (int priority = 9; priority >= 0; priority--) {
        if (view->waits[priority].demand_count == 0)
            continue;
        if (shown == screen->rows_max) {
            left_out++;
            continue;
        }
        print_priority(screen, view, priority);
        shown++;
    }
    if (left_out > 0)
        sentence_add(&more, "%d more in waits.csv", left_out);
    print_answer(screen, "", TONE_PLAIN, &more);
}

static void print_all(struct screen *screen, const struct report_view *view)
{
    print_head(screen, view);
    print_answers(screen, view);
    print_usage(screen, view);
    print_pools(screen, view);
    print_priorities(screen, view);
}

void terminal_print(const struct report_view *view, const struct terminal_style *style, FILE *out)
{
    struct screen trial;
    int rows_max = ROWS_MAX + 1;
    do {
        rows_max--;
        trial = (struct screen){.rows_max = rows_max, .wraps_left = LINES_MAX};
        print_all(&trial, view);
    } while (trial.line_count > LINES_MAX && rows_max > 1);
    struct screen screen = {.out = out,
                            .has_colour = style->has_colour,
                            .rows_max = rows_max,
                            .wraps_left = LINES_MAX - (trial.line_count - trial.wrap_count)};
    print_all(&screen, view);
}
