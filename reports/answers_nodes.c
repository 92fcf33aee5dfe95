/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "base/array.h"
#include "reports/answers.h"

/* Of nodes that come and go: what was paid for nothing, and how long starts took. */

static void add_amount(const struct report_view *view, int128 grains, const char *what,
                       struct sentence *out)
{
    char usd[PHRASE_SIZE];
    char percent[PHRASE_SIZE];
    if (grains == 0 || view->bill.fleet == 0)
        return;
    sentence_add(out, "%s%s %s (%s)", out->length == 0 ? "" : ", ", what,
                 phrase_usd(micro_of_grains(grains), usd),
                 phrase_percent(int128_ratio(grains, view->bill.fleet), percent));
}

void answer_waste(const struct report_view *view, struct sentence *out)
{
    static const struct {
        enum bill_use use;
        const char *what;
    } shown[] = {
        {USE_COMING, "nodes starting"},
        {USE_WARM, "warm nodes"},
        {USE_EMPTY, "empty nodes"},
        {USE_DOWN, "failed nodes"},
        {USE_REST, "unused room on nodes in use"},
    };
    int128 lost = 0;
    if (!view->sim->scaling.is_enabled)
        return;
    for (int blame = 0; blame < BLAME_COUNT; blame++)
        lost += view->sim->metrics.cost_lost[blame];
    for (size_t i = 0; i < ARRAY_LEN(shown); i++)
        add_amount(view, view->bill.uses[shown[i].use].grains, shown[i].what, out);
    add_amount(view, lost, "work lost", out);
    if (out->length == 0)
        sentence_add(out, "%s", view->bill.fleet == 0 ? "unknown" : "none");
}

void answer_node_starts(const struct report_view *view, struct sentence *out)
{
    static const struct {
        enum launch_outcome outcome;
        const char *what;
    } others[] = {
        {LAUNCH_FAILED, "failed"},
        {LAUNCH_OUT_OF_STOCK, "out of stock"},
        {LAUNCH_WITHDRAWN, "removed"},
        {LAUNCH_COMING, "still coming"},
    };
    char text[PHRASE_SIZE];
    const struct node_starts *starts = &view->starts;
    if (!view->sim->scaling.is_enabled)
        return;
    if (starts->count == 0) {
        sentence_add(out, "none was asked for");
        return;
    }
    sentence_add(out, "%" PRId64 " asked for, %" PRId64 " ready", starts->count,
                 starts->outcomes[LAUNCH_READY]);
    if (starts->ready_us_p50 >= 0) {
        sentence_add(out, " after p50 %s", phrase_time(starts->ready_us_p50, text));
        sentence_add(out, ", p95 %s", phrase_time(starts->ready_us_p95, text));
        sentence_add(out, ", longest %s", phrase_time(starts->ready_us_max, text));
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (starts->outcomes[others[i].outcome] > 0)
            sentence_add(out, "; %" PRId64 " %s", starts->outcomes[others[i].outcome],
                         others[i].what);
}
