/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "reports/answers.h"
#include "reports/markdown.h"
#include "reports/top.h"

/* The part of report.md on runners: who waits and why, who lost whom, who had too little. */

enum { REASONS_MAX = 10, RUNNERS_MAX = 10, PAIRS_MAX = 10 };

static void print_runner(const struct sim *sim, int32_t runner, FILE *out)
{
    char name[RUNNER_NAME_SIZE];
    markdown_name(sim_runner_name(sim, runner, name), out);
}

/* ---- waiting ---- */

static void print_reason(const struct report_view *view, const struct waiting_reason *reason,
                         FILE *out)
{
    char text[REASON_TEXT_SIZE];
    char phrase[PHRASE_SIZE];
    const struct waiting_list *list = &view->waiting;
    const struct waiting *row = &list->rows[reason->first];
    fprintf(out, "| %" PRId64 " | %" PRId64 " | ", reason->replica_count, reason->core_count);
    print_runner(view->sim, row->runner, out);
    if (reason->runner_count > 1)
        fprintf(out, " and %s", phrase_count(reason->runner_count - 1, "more runner", phrase));
    fprintf(out, " | %d | %s | %s | ", view->sim->runners[row->runner].def->priority,
            phrase_time(reason->longest_us, phrase), waiting_answer(list, row));
    markdown_text(waiting_reason_print(view->sim, list, row, text), out);
    fputs(" |\n", out);
}

static void print_waiting(const struct report_view *view, FILE *out)
{
    char text[PHRASE_SIZE];
    const struct waiting_list *list = &view->waiting;
    int64_t nominated = list->replica_count[WAITING_NOMINATED];
    if (list->count == 0)
        return;
    fputs("\n## What waits at the end, and why\n", out);
    if (nominated > 0)
        fprintf(out, "\n%s: a place is kept until the victims there are gone.\n",
                phrase_count(nominated, "replica", text));
    if (list->reason_count == 0)
        return;
    fputs("\n| replicas | for floors | runner | priority | longest wait | answer | why |\n"
          "|---:|---:|---|---:|---:|---|---|\n",
          out);
    for (int32_t i = 0; i < list->reason_count && i < REASONS_MAX; i++)
        print_reason(view, &list->reasons[i], out);
    markdown_more(list->reason_count - REASONS_MAX, "pending.csv", out);
}

/* ---- runners that had too little ---- */

/* Replica-time wished, but without a place. */
static int128 missing_time(const struct sim *sim, int32_t runner)
{
    const struct runner_stats *stats = &sim->metrics.runners[runner];
    return integral_area(&stats->wish, sim->now_us) - integral_area(&stats->live, sim->now_us);
}

static void print_short_runner(const struct report_view *view, int32_t runner, FILE *out)
{
    char text[PHRASE_SIZE];
    const struct sim *sim = view->sim;
    const struct sim_runner *at = &sim->runners[runner];
    const struct runner_stats *stats = &sim->metrics.runners[runner];
    int128 missing = missing_time(sim, runner);
    fputs("| ", out);
    print_runner(sim, runner, out);
    fprintf(out, " | %d | %d | %d | %" PRId64 " | %s |", at->def->priority, at->floor, at->wish,
            stats->running.value, phrase_time(missing, text));
    bool has_floor = at->min_replicas > 0 || at->def->floor > 0;
    fprintf(out, " %s |", has_floor ? phrase_percent(runner_floor_share(sim, runner), text) : "-");
    fprintf(out, " %s | %d | %d |\n", phrase_percent(runner_wish_share(sim, runner), text),
            stats->evicted_count, stats->lost_count);
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

static void print_short_runners(const struct report_view *view, FILE *out)
{
    struct top top = find_short_runners(view);
    if (top.count == 0)
        return;
    fputs(
        "\n## Runners that had too little\n\n"
        "Missing is replica-time that was wished, but had no place. At floor and at wish: share of "
        "the time with so many replicas running.\n\n"
        "| runner | priority | floor | wish | running | missing | at floor | at wish | evicted | "
        "lost |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
        out);
    for (int32_t i = 0; i < top.count; i++)
        print_short_runner(view, top.items[i], out);
    markdown_more(top_left_out(&top), "runners.csv", out);
}

void markdown_print_demand(const struct report_view *view, FILE *out)
{
    print_waiting(view, out);
    print_short_runners(view, out);
}

/* ---- preemption ---- */

static void print_matrix(const struct eviction_stats *stats, FILE *out)
{
    char text[PHRASE_SIZE];
    fputs("\n| demand of priority | evicted priority | evictions | running time lost | device time "
          "lost | mean time to recover | not recovered |\n|---:|---:|---:|---:|---:|---:|---:|\n",
          out);
    for (int demand = 9; demand >= 0; demand--) {
        for (int victim = 9; victim >= 0; victim--) {
            const struct eviction_sum *sum = &stats->cells[demand][victim];
            if (sum->count == 0)
                continue;
            fprintf(out, "| %d | %d | %" PRId64 " | %s |", demand, victim, sum->count,
                    phrase_time(sum->work_lost_us, text));
            fprintf(out, " %s |", phrase_time(sum->share_lost_milli_us / 1000, text));
            fprintf(out, " %s%s | %" PRId64 " |\n", sum->unrecovered_count > 0 ? "\\>= " : "",
                    phrase_time(sum->recover_us / sum->count, text), sum->unrecovered_count);
        }
    }
}

static void print_pairs(const struct report_view *view, FILE *out)
{
    char text[PHRASE_SIZE];
    const struct eviction_stats *stats = &view->evictions;
    fputs(
        "\n| runner that lost replicas | to runner | evictions | running time lost | mean time to "
        "recover |\n|---|---|---:|---:|---:|\n",
        out);
    for (int32_t i = 0; i < stats->pair_count && i < PAIRS_MAX; i++) {
        const struct eviction_pair *pair = &stats->pairs[i];
        fputs("| ", out);
        print_runner(view->sim, pair->victim_runner, out);
        fputs(" | ", out);
        print_runner(view->sim, pair->demand_runner, out);
        fprintf(out, " | %" PRId64 " | %s |", pair->sum.count,
                phrase_time(pair->sum.work_lost_us, text));
        fprintf(out, " %s%s |\n", pair->sum.unrecovered_count > 0 ? "\\>= " : "",
                phrase_time(pair->sum.recover_us / pair->sum.count, text));
    }
    markdown_more(stats->pair_count - PAIRS_MAX, "preemptions.csv", out);
}

void markdown_print_preemption(const struct report_view *view, FILE *out)
{
    if (view->evictions.all.count == 0)
        return;
    fputs("\n## Who was preempted by whom\n", out);
    print_matrix(&view->evictions, out);
    print_pairs(view, out);
}
