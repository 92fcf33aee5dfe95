/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "base/array.h"
#include "reports/answers.h"
#include "reports/bill.h"
#include "reports/losses.h"
#include "reports/phrase.h"
#include "reports/story.h"

/* What went wrong, by cause, and what it cost. */

static void cell_count(struct page *page, int64_t count)
{
    if (count < 0)
        page_cell(page, "-");
    else
        page_cell_int(page, count);
}

static void cell_time(struct page *page, int64_t us)
{
    char text[PHRASE_SIZE];
    page_cell(page, us < 0 ? "-" : phrase_time(us, text));
}

static void print_loss(struct page *page, enum loss_cause cause, const struct loss *loss)
{
    char text[PHRASE_SIZE];
    page_begin_row(page);
    page_cell(page, loss_cause_name(cause));
    cell_count(page, loss->node_count);
    cell_count(page, loss->replica_count);
    cell_time(page, loss->work_lost_us);
    page_cell(page, loss->cost_lost < 0 ? "-" : phrase_usd(micro_of_grains(loss->cost_lost), text));
    cell_time(page, loss->below_floor_us);
    cell_count(page, loss->breach_count);
    page_end_row(page);
}

void story_losses(const struct report_view *view, struct page *page)
{
    static const struct page_column columns[] = {
        {"cause", false},    {"nodes", true},        {"replicas", true},      {"work lost", true},
        {"that cost", true}, {"below floors", true}, {"floors broken", true},
    };
    bool is_open = false;
    for (int i = 0; i < LOSS_CAUSE_COUNT; i++) {
        struct loss loss = loss_of(view->sim, (enum loss_cause)i);
        if (!loss_is_there(&loss))
            continue;
        if (!is_open) {
            page_heading(page, "What went wrong, and what it cost");
            page_begin_table(page, columns, ARRAY_LEN(columns));
        }
        is_open = true;
        print_loss(page, (enum loss_cause)i, &loss);
    }
    if (is_open)
        page_end_table(page);
}

/* Preemption has its own answer. */
void answer_losses(const struct report_view *view, struct sentence *out)
{
    char text[PHRASE_SIZE];
    for (int i = LOSS_PREEMPTION + 1; i < LOSS_CAUSE_COUNT; i++) {
        struct loss loss = loss_of(view->sim, (enum loss_cause)i);
        if (loss_is_part((enum loss_cause)i) || loss.replica_count <= 0)
            continue;
        sentence_add(out, "%s%s %" PRId64 " (%s of work", out->length == 0 ? "" : ", ",
                     loss_cause_name((enum loss_cause)i), loss.replica_count,
                     phrase_time(loss.work_lost_us, text));
        if (loss.cost_lost > 0)
            sentence_add(out, ", %s", phrase_usd(micro_of_grains(loss.cost_lost), text));
        if (loss.below_floor_us > 0)
            sentence_add(out, ", %s below floors", phrase_time(loss.below_floor_us, text));
        sentence_add(out, ")");
    }
}
