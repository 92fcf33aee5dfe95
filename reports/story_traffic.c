/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/story.h"

#include <math.h>

#include "base/array.h"
#include "base/units.h"
#include "reports/phrase.h"
#include "reports/traffic_top.h"
#include "sim/traffic_results.h"

/* The part of the report on requests: what users of each runner got, the worst first. */

enum { RUNNERS_MAX = 10 };

static void cell_seconds(struct page *page, double seconds)
{
    char text[PHRASE_SIZE];
    page_cell(page, isnan(seconds) ? "-" : phrase_time((int128)(seconds * US_PER_S + 0.5), text));
}

static void print_target(struct page *page, const struct sim_traffic *it)
{
    char text[PHRASE_SIZE];
    const struct slo_def *slo = &it->def->slo;
    page_begin_cell(page);
    if (slo->kind == SLO_NONE) {
        page_text(page, "-");
        page_cell(page, "-");
        return;
    }
    page_format_text(page, "%s", phrase_percent(slo->share_permille / 1000.0, text));
    page_format_text(page, slo->kind == SLO_WAIT ? " wait at most %s" : " within %s",
                     phrase_time(slo->limit_us, text));
    double attained = traffic_slo_attained(it);
    page_begin_cell(page);
    if (isnan(attained) || attained * 1000 >= slo->share_permille)
        page_text(page, phrase_percent(attained, text));
    else
        page_strong(page, phrase_percent(attained, text));
}

static void print_runner(const struct sim *sim, const struct sim_traffic *it, struct page *page)
{
    char text[PHRASE_SIZE];
    char name[RUNNER_NAME_SIZE];
    const struct traffic_totals *totals = &it->totals;
    struct replica_use use = traffic_replica_use(sim, it);
    double all = (double)totals->offered_micro;
    page_begin_row(page);
    page_cell_name(page, sim_runner_name(sim, it->runner, name));
    page_cell(page, phrase_number(all / MICRO, 0, text));
    story_cell_percent(page, (double)totals->served_micro / all);
    print_target(page, it);
    cell_seconds(page, traffic_quantile_s(it, TRAFFIC_WAIT, 0.5));
    cell_seconds(page, traffic_quantile_s(it, TRAFFIC_WAIT, 0.95));
    cell_seconds(page, traffic_quantile_s(it, TRAFFIC_WAIT, 0.99));
    cell_seconds(page, traffic_quantile_s(it, TRAFFIC_RESPONSE, 0.95));
    page_cell_int(page, totals->cold_start_count);
    page_cell(page, totals->cold_start_count == 0
                        ? "-"
                        : phrase_time(totals->cold_us_sum / totals->cold_start_count, text));
    page_cell(page, phrase_number(int128_ratio(use.running_us, INT64_C(3600000000)), 1, text));
    story_cell_percent(page, use.running_us == 0 ? (double)NAN
                                                 : 1 - int128_ratio(use.busy_us, use.running_us));
    page_end_row(page);
}

void story_traffic(const struct report_view *view, struct page *page)
{
    static const struct page_column columns[] = {
        {"runner", false},      {"requests", true},    {"served", true}, {"target", false},
        {"kept", true},         {"wait p50", true},    {"p95", true},    {"p99", true},
        {"response p95", true}, {"cold starts", true}, {"mean", true},   {"replica-h", true},
        {"idle", true}};
    const struct sim *sim = view->sim;
    struct top top = top_of(RUNNERS_MAX);
    for (int32_t i = 0; i < sim->traffic_count; i++)
        if (report_view_selects(view, sim->traffics[i].runner) &&
            sim->traffics[i].totals.offered_micro > 0)
            top_offer(&top, i, traffic_badness(&sim->traffics[i]));
    if (top.count == 0)
        return;
    page_heading(page, "What users got");
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < top.count; i++)
        print_runner(sim, &sim->traffics[top.items[i]], page);
    page_end_table(page);
    page_more(page, top_left_out(&top), "traffic.csv");
    page_paragraph(page,
                   "Idle is the time of running replicas that was paid for and served nobody.");
}
