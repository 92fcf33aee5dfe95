/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/story.h"

#include <inttypes.h>

#include "base/array.h"
#include "reports/answers.h"
#include "reports/idle_events.h"
#include "reports/plots.h"
#include "reports/policy_words.h"

/* ---- answers ---- */

static void print_answer(struct page *page, const char *label, const struct sentence *sentence)
{
    if (sentence->length == 0)
        return;
    page_begin_item(page);
    page_strong(page, label);
    page_format_text(page, ": %s.", sentence->text);
    page_end_item(page);
}

static void print_answers(const struct report_view *view, struct page *page)
{
    static const struct {
        const char *label;
        void (*answer)(const struct report_view *, struct sentence *);
    } answers[] = {
        {"Replicas", answer_demand},
        {"Of those that wait", answer_waiting},
        {"Floors", answer_floors},
        {"Floors on an empty fleet", answer_floor_check},
        {"Users", answer_traffic},
        {"What users waited", answer_traffic_waits},
        {"Preemption", answer_preemption},
        {"What went wrong", answer_losses},
        {"Utilization", answer_utilization},
        {"Waits", answer_waits},
        {"Cost", answer_cost},
        {"Of that wasted", answer_waste},
        {"Node starts", answer_node_starts},
        {"Packing", answer_packing},
        {"Stranded at the end", answer_stranded},
        {"Over the run, replicas", answer_over_run},
    };
    page_heading(page, "Answers");
    page_begin_list(page);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct sentence sentence = {0};
        answers[i].answer(view, &sentence);
        print_answer(page, answers[i].label, &sentence);
    }
    page_end_list(page);
}

/* ---- head ---- */

static void print_settings(const struct sim *sim, struct page *page)
{
    char text[PHRASE_SIZE];
    struct sentence policy = {0};
    const struct scheduler_config *config = &sim->scenario->scheduler;
    page_begin_paragraph(page);
    page_format_text(page, "%s of virtual time", phrase_time(sim->now_us, text));
    if (!sim->is_complete) {
        page_text(page, ", ");
        page_strong(page, "ended early");
        page_format_text(page, " (the horizon is %s)",
                         phrase_time(sim->scenario->horizon_us, text));
    }
    policy_print(&sim->sched.policy, &policy);
    page_format_text(page, ". Policy %s, order %s, ", policy.text,
                     config->order == ORDER_FLOOR_FIRST ? "floor-first" : "priority-first");
    if (config->preemption_enabled)
        page_format_text(page, "preemption with %s of grace%s%s",
                         phrase_time(config->grace_us, text), sim->scaling.is_enabled ? ", " : "",
                         sim->scaling.is_enabled ? preempt_or_scale_name(config->preempt_or_scale)
                                                 : "");
    else
        page_text(page, "no preemption");
    page_format_text(page, ", seed %" PRIu64 ".", sim->seed);
    page_end_paragraph(page);
}

static void print_head(const struct report_view *view, struct page *page)
{
    const struct scenario *scenario = view->sim->scenario;
    if (*scenario->description != '\0')
        page_paragraph(page, scenario->description);
    print_settings(view->sim, page);
    if (view->options->select == NULL)
        return;
    page_begin_paragraph(page);
    page_text(page, "Rows of runners are those of ");
    page_name(page, view->options->select);
    page_text(page, "; totals are of all.");
    page_end_paragraph(page);
}

static void print_pictures(const struct report_view *view, struct page *page)
{
    size_t count = 0;
    const struct plot *const *plots = plot_list(&count);
    page_heading(page, "Pictures");
    for (size_t i = 0; i < count; i++) {
        if (plots[i]->applies(view->sim))
            page_picture(page, plots[i]->name, plots[i]->title);
    }
}

/* ---- end ---- */

enum { WARNINGS_MAX = 20 };

static void print_warnings(const struct problems *problems, struct page *page)
{
    int32_t shown = 0;
    if (problems->warning_count == 0)
        return;
    page_heading(page, "Warnings about the input");
    page_begin_list(page);
    for (int32_t i = 0; i < problems->count && shown < WARNINGS_MAX; i++) {
        if (problems->items[i].severity != SEVERITY_WARNING)
            continue;
        page_begin_item(page);
        page_text(page, problems->items[i].text);
        page_end_item(page);
        shown++;
    }
    page_end_list(page);
    page_more(page, problems->warning_count - shown, "summary.json");
}

static void print_idle_events(const struct sim *sim, struct page *page)
{
    if (sim->idle_event_count == 0)
        return;
    page_heading(page, "Events that changed nothing");
    page_paragraph(page,
                   "Nothing was in a state in which they mean something, or it was so already.");
    page_begin_list(page);
    for (int32_t i = 0; i < sim->idle_event_count && i < WARNINGS_MAX; i++) {
        struct sentence sentence = {0};
        idle_event_print(sim, i, &sentence);
        page_begin_item(page);
        page_text(page, sentence.text);
        page_end_item(page);
    }
    page_end_list(page);
    page_more(page, sim->idle_event_count - WARNINGS_MAX, "the scenario");
}

static void print_row(struct page *page, const char *what, const char *value)
{
    page_begin_row(page);
    page_cell(page, what);
    page_cell_name(page, value);
    page_end_row(page);
}

static void print_provenance(const struct report_view *view, struct page *page)
{
    static const struct page_column columns[] = {{"what", false}, {"value", false}};
    char digest[17];
    char number[24];
    const struct sim *sim = view->sim;
    decision_digest_hex(&sim->digest, digest);
    snprintf(number, sizeof number, "%" PRId64, sim->event_count);
    page_heading(page, "Where this comes from");
    page_begin_table(page, columns, ARRAY_LEN(columns));
    print_row(page, "stowage", view->options->version);
    print_row(page, "command", view->options->command);
    print_row(page, "scenario", sim->scenario->file);
    print_row(page, "SHA-256 of the files read", sim->scenario->digest);
    print_row(page, "events", number);
    print_row(page, "decision digest", digest);
    page_end_table(page);
    page_paragraph(page, "Waits that did not end with a place count with the length they reached "
                         "(>=). Means over time are exact. All columns are described in "
                         "docs/reports.md.");
}

void story_cell_percent(struct page *page, double share)
{
    char text[PHRASE_SIZE];
    page_cell(page, phrase_percent(share, text));
}

void story_print(const struct report_view *view, bool has_pictures, enum page_format format,
                 FILE *out)
{
    struct page page;
    page_open(&page, out, format, view->sim->scenario->name);
    print_head(view, &page);
    print_answers(view, &page);
    if (has_pictures)
        print_pictures(view, &page);
    story_traffic(view, &page);
    story_demand(view, &page);
    story_losses(view, &page);
    story_preemption(view, &page);
    story_fleet(view, &page);
    story_waits(view, &page);
    print_warnings(&view->sim->scenario->problems, &page);
    print_idle_events(view->sim, &page);
    print_provenance(view, &page);
    page_close(&page);
}
