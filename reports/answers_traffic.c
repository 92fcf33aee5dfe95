/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/answers.h"

#include "base/array.h"
#include "sim/traffic_results.h"

/* What users got, over all runners with traffic. */

bool answer_traffic_is_bad(const struct report_view *view)
{
    const struct traffic_stats *stats = &view->traffic;
    return stats->met_count < stats->target_count || stats->dropped_micro > 0;
}

static void add_requests(struct sentence *out, int128 micro)
{
    char text[INT128_TEXT_SIZE];
    sentence_add(out, "%s", int128_print((micro + MICRO / 2) / MICRO, text));
}

static void add_worst(const struct report_view *view, struct sentence *out)
{
    char text[PHRASE_SIZE];
    char name[RUNNER_NAME_SIZE];
    const struct traffic_stats *stats = &view->traffic;
    const struct sim_traffic *it = &view->sim->traffics[stats->worst];
    const struct slo_def *slo = &it->def->slo;
    sentence_add(out, "; %d of %d targets kept", stats->met_count, stats->target_count);
    sentence_add(out, ", %s: %s %s", sim_runner_name(view->sim, it->runner, name),
                 phrase_percent(traffic_slo_attained(it), text),
                 slo->kind == SLO_WAIT ? "waited at most" : "within");
    sentence_add(out, " %s", phrase_time(slo->limit_us, text));
    sentence_add(out, " (%s asked)", phrase_percent(slo->share_permille / 1000.0, text));
}

void answer_traffic(const struct report_view *view, struct sentence *out)
{
    char text[PHRASE_SIZE];
    const struct traffic_stats *stats = &view->traffic;
    if (stats->runner_count == 0)
        return;
    if (stats->offered_micro == 0) {
        sentence_add(out, "no request came");
        return;
    }
    sentence_add(out, "%s of ",
                 phrase_percent(int128_ratio(stats->served_micro, stats->offered_micro), text));
    add_requests(out, stats->offered_micro);
    sentence_add(out, " requests served");
    if (stats->dropped_micro > 0)
        sentence_add(
            out, ", %s dropped",
            phrase_percent(int128_ratio(stats->dropped_micro, stats->offered_micro), text));
    if (stats->waiting_micro >= MICRO) {
        sentence_add(out, ", ");
        add_requests(out, stats->waiting_micro);
        sentence_add(out, " not yet");
    }
    if (stats->target_count > 0)
        add_worst(view, out);
}

void answer_traffic_waits(const struct report_view *view, struct sentence *out)
{
    char text[PHRASE_SIZE];
    const struct traffic_stats *stats = &view->traffic;
    if (stats->served_micro == 0)
        return;
    static const struct {
        const char *name;
        double q;
    } shown[] = {{"waits p50", 0.5}, {", p95", 0.95}, {", p99", 0.99}};
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        double us = wait_histogram_quantile_us(&stats->waits, shown[i].q);
        sentence_add(out, "%s %s", shown[i].name, phrase_time((int128)(us + 0.5), text));
    }
    if (stats->cold_start_count > 0) {
        sentence_add(out, "; %s", phrase_count(stats->cold_start_count, "cold start", text));
        sentence_add(out, " of %s in the mean",
                     phrase_time(stats->cold_us_sum / stats->cold_start_count, text));
    }
    if (stats->replica_us > 0)
        sentence_add(out, "; replicas idle %s of their time",
                     phrase_percent(int128_ratio(stats->idle_us, stats->replica_us), text));
}
