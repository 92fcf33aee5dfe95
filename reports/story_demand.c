/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "base/array.h"
#include "reports/answers.h"
#include "reports/story.h"
#include "reports/top.h"

/* The part of the report on runners: who waits and why, who lost whom, who had too little. */

enum { REASONS_MAX = 10, RUNNERS_MAX = 10, PAIRS_MAX = 10 };

static void cell_runner(const struct sim *sim, int32_t runner, struct page *page)
{
    char name[RUNNER_NAME_SIZE];
    page_cell_name(page, sim_runner_name(sim, runner, name));
}

static void cell_time(struct page *page, int128 us)
{
    char text[PHRASE_SIZE];
    page_cell(page, phrase_time(us, text));
}

/* ---- waiting ---- */

static void print_reason(const struct report_view *view, const struct waiting_reason *reason,
                         struct page *page)
{
    char text[REASON_TEXT_SIZE];
    char phrase[PHRASE_SIZE];
    const struct waiting_list *list = &view->waiting;
    const struct waiting *row = &list->rows[reason->first];
    page_begin_row(page);
    page_cell_int(page, reason->replica_count);
    page_cell_int(page, reason->core_count);
    cell_runner(view->sim, row->runner, page);
    if (reason->runner_count > 1)
        page_format_text(page, " and %s",
                         phrase_count(reason->runner_count - 1, "more runner", phrase));
    page_cell_int(page, view->sim->runners[row->runner].def->priority);
    cell_time(page, reason->longest_us);
    page_cell(page, waiting_answer(list, row));
    page_cell(page, waiting_reason_print(view->sim, list, row, text));
    page_end_row(page);
}

static void print_reasons(const struct report_view *view, struct page *page)
{
    static const struct page_column columns[] = {
        {"replicas", true},     {"for floors", true}, {"runner", false}, {"priority", true},
        {"longest wait", true}, {"answer", false},    {"why", false}};
    const struct waiting_list *list = &view->waiting;
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < list->reason_count && i < REASONS_MAX; i++)
        print_reason(view, &list->reasons[i], page);
    page_end_table(page);
    page_more(page, list->reason_count - REASONS_MAX, "pending.csv");
}

static void print_waiting(const struct report_view *view, struct page *page)
{
    char text[PHRASE_SIZE];
    const struct waiting_list *list = &view->waiting;
    int64_t nominated = list->replica_count[WAITING_NOMINATED];
    if (list->count == 0)
        return;
    page_heading(page, "What waits at the end, and why");
    if (nominated > 0) {
        page_begin_paragraph(page);
        page_format_text(page, "%s: a place is kept until the victims there are gone.",
                         phrase_count(nominated, "replica", text));
        page_end_paragraph(page);
    }
    if (list->reason_count > 0)
        print_reasons(view, page);
}

/* ---- runners that had too little ---- */

/* Replica-time wished, but without a place. */
static int128 missing_time(const struct sim *sim, int32_t runner)
{
    const struct runner_stats *stats = &sim->metrics.runners[runner];
    return runner_area(stats, &stats->wish, sim->now_us) -
           runner_area(stats, &stats->live, sim->now_us);
}

static void print_short_runner(const struct report_view *view, int32_t runner, struct page *page)
{
    char text[PHRASE_SIZE];
    const struct sim *sim = view->sim;
    const struct sim_runner *at = &sim->runners[runner];
    const struct runner_stats *stats = &sim->metrics.runners[runner];
    const struct runner_rare *rare = metrics_rare(&sim->metrics, runner);
    bool has_floor = at->min_replicas > 0 || at->def->floor > 0;
    page_begin_row(page);
    cell_runner(sim, runner, page);
    page_cell_int(page, at->def->priority);
    page_cell_int(page, at->floor);
    page_cell_int(page, at->wish);
    page_cell_int(page, stats->running.value);
    cell_time(page, missing_time(sim, runner));
    page_cell(page, has_floor ? phrase_percent(runner_floor_share(sim, runner), text) : "-");
    page_cell(page, phrase_percent(runner_wish_share(sim, runner), text));
    page_cell_int(page, rare->evicted_count);
    page_cell_int(page, rare->lost_count);
    page_end_row(page);
}

static struct top find_short_runners(const struct report_view *view)
{
    const struct sim *sim = view->sim;
    struct top top = top_of(RUNNERS_MAX);
    for (int32_t i = 0; i < sim->runner_count; i++) {
        int128 missing = missing_time(sim, i);
        if (missing > 0 && report_view_selects(view, i))
            top_offer(&top, i, missing);
    }
    return top;
}

static void print_short_runners(const struct report_view *view, struct page *page)
{
    static const struct page_column columns[] = {
        {"runner", false}, {"priority", true}, {"floor", true},    {"wish", true},
        {"running", true}, {"missing", true},  {"at floor", true}, {"at wish", true},
        {"evicted", true}, {"lost", true}};
    struct top top = find_short_runners(view);
    if (top.count == 0)
        return;
    page_heading(page, "Runners that had too little");
    page_paragraph(page, "Missing is replica-time that was wished, but had no place. At floor and "
                         "at wish: share of the time with so many replicas running.");
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < top.count; i++)
        print_short_runner(view, top.items[i], page);
    page_end_table(page);
    page_more(page, top_left_out(&top), "runners.csv");
}

void story_demand(const struct report_view *view, struct page *page)
{
    print_waiting(view, page);
    print_short_runners(view, page);
}

/* ---- preemption ---- */

/* Mean over the evictions; a lower bound where some victims had not recovered by the end. */
static void cell_recovery(struct page *page, const struct eviction_sum *sum)
{
    char text[PHRASE_SIZE];
    page_begin_cell(page);
    page_format_text(page, "%s%s", sum->unrecovered_count > 0 ? ">= " : "",
                     phrase_time(sum->recover_us / sum->count, text));
}

static void print_matrix(const struct eviction_stats *stats, struct page *page)
{
    static const struct page_column columns[] = {
        {"demand of priority", true}, {"evicted priority", true}, {"evictions", true},
        {"running time lost", true},  {"device time lost", true}, {"mean time to recover", true},
        {"not recovered", true}};
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int demand = 9; demand >= 0; demand--) {
        for (int victim = 9; victim >= 0; victim--) {
            const struct eviction_sum *sum = &stats->cells[demand][victim];
            if (sum->count == 0)
                continue;
            page_begin_row(page);
            page_cell_int(page, demand);
            page_cell_int(page, victim);
            page_cell_int(page, sum->count);
            cell_time(page, sum->work_lost_us);
            cell_time(page, sum->share_lost_milli_us / 1000);
            cell_recovery(page, sum);
            page_cell_int(page, sum->unrecovered_count);
            page_end_row(page);
        }
    }
    page_end_table(page);
}

static void print_pairs(const struct report_view *view, struct page *page)
{
    static const struct page_column columns[] = {{"runner that lost replicas", false},
                                                 {"to runner", false},
                                                 {"evictions", true},
                                                 {"running time lost", true},
                                                 {"mean time to recover", true}};
    const struct eviction_stats *stats = &view->evictions;
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < stats->pair_count && i < PAIRS_MAX; i++) {
        const struct eviction_pair *pair = &stats->pairs[i];
        page_begin_row(page);
        cell_runner(view->sim, pair->victim_runner, page);
        cell_runner(view->sim, pair->demand_runner, page);
        page_cell_int(page, pair->sum.count);
        cell_time(page, pair->sum.work_lost_us);
        cell_recovery(page, &pair->sum);
        page_end_row(page);
    }
    page_end_table(page);
    page_more(page, stats->pair_count - PAIRS_MAX, "preemptions.csv");
}

void story_preemption(const struct report_view *view, struct page *page)
{
    if (view->evictions.all.count == 0)
        return;
    page_heading(page, "Who was preempted by whom");
    print_matrix(&view->evictions, page);
    print_pairs(view, page);
}
