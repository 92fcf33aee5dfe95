/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/markdown.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "reports/answers.h"
#include "reports/idle_events.h"
#include "reports/plots.h"

/* ---- text ---- */

void markdown_text(const char *text, FILE *out)
{
    char clean[SENTENCE_SIZE];
    text_escape(text, clean, sizeof clean);
    for (const char *c = clean; *c != '\0'; c++) {
        if (strchr("\\`*_[]<>|#&~$", *c) != NULL)
            putc('\\', out);
        putc(*c, out);
    }
}

void markdown_name(const char *text, FILE *out)
{
    if (*text == '\0' || strpbrk(text, "`|\\") != NULL || !text_is_clean(text))
        markdown_text(text, out);
    else
        fprintf(out, "`%s`", text);
}

void markdown_more(int64_t count, const char *file, FILE *out)
{
    if (count > 0)
        fprintf(out, "\n%" PRId64 " more in %s.\n", count, file);
}

/* ---- answers ---- */

static void print_answer(const char *label, const struct sentence *sentence, FILE *out)
{
    if (sentence->length == 0)
        return;
    fprintf(out, "* **%s:** ", label);
    markdown_text(sentence->text, out);
    fputs(".\n", out);
}

static void print_answers(const struct report_view *view, FILE *out)
{
    static const struct {
        const char *label;
        void (*answer)(const struct report_view *, struct sentence *);
    } answers[] = {
        {"Replicas", answer_demand},
        {"Of those that wait", answer_waiting},
        {"Floors", answer_floors},
        {"Floors on an empty fleet", answer_floor_check},
        {"Preemption", answer_preemption},
        {"Utilization", answer_utilization},
        {"Waits", answer_waits},
        {"Cost", answer_cost},
        {"Packing", answer_packing},
        {"Stranded at the end", answer_stranded},
        {"Over the run, replicas", answer_over_run},
    };
    fputs("## Answers\n\n", out);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct sentence sentence = {0};
        answers[i].answer(view, &sentence);
        print_answer(answers[i].label, &sentence, out);
    }
}

/* ---- head ---- */

static void print_settings(const struct sim *sim, FILE *out)
{
    char text[PHRASE_SIZE];
    const struct scheduler_config *config = &sim->scenario->scheduler;
    fprintf(out, "%s of virtual time", phrase_time(sim->now_us, text));
    if (!sim->is_complete)
        fprintf(out, ", **ended early** (the horizon is %s)",
                phrase_time(sim->scenario->horizon_us, text));
    fprintf(out, ". Policy %s, order %s, ", sim->policy->name,
            config->order == ORDER_FLOOR_FIRST ? "floor-first" : "priority-first");
    if (config->preemption_enabled)
        fprintf(out, "preemption with %s of grace", phrase_time(config->grace_us, text));
    else
        fputs("no preemption", out);
    fprintf(out, ", seed %" PRIu64 ".\n\n", sim->seed);
}

static void print_head(const struct report_view *view, FILE *out)
{
    const struct scenario *scenario = view->sim->scenario;
    fputs("# ", out);
    markdown_text(scenario->name, out);
    fputs("\n\n", out);
    if (*scenario->description != '\0') {
        markdown_text(scenario->description, out);
        fputs("\n\n", out);
    }
    print_settings(view->sim, out);
    if (view->options->select != NULL) {
        fputs("Rows of runners are those of ", out);
        markdown_name(view->options->select, out);
        fputs("; totals are of all.\n\n", out);
    }
}

/* ---- end ---- */

static void print_pictures(const struct report_view *view, FILE *out)
{
    size_t count = 0;
    const struct plot *const *plots = plot_list(&count);
    fputs("\n## Pictures\n", out);
    for (size_t i = 0; i < count; i++) {
        if (!plots[i]->applies(view->sim))
            continue;
        fprintf(out, "\n![%s](plots/%s.svg)\n", plots[i]->title, plots[i]->name);
    }
}

enum { WARNINGS_MAX = 20 };

static void print_warnings(const struct problems *problems, FILE *out)
{
    int32_t shown = 0;
    if (problems->warning_count == 0)
        return;
    fputs("\n## Warnings about the input\n\n", out);
    for (int32_t i = 0; i < problems->count && shown < WARNINGS_MAX; i++) {
        if (problems->items[i].severity != SEVERITY_WARNING)
            continue;
        fputs("* ", out);
        markdown_text(problems->items[i].text, out);
        putc('\n', out);
        shown++;
    }
    markdown_more(problems->warning_count - shown, "summary.json", out);
}

static void print_idle_events(const struct sim *sim, FILE *out)
{
    if (sim->idle_event_count == 0)
        return;
    fputs("\n## Events that changed nothing\n\n"
          "Nothing was in a state in which they mean something, or it was so already.\n\n",
          out);
    for (int32_t i = 0; i < sim->idle_event_count && i < WARNINGS_MAX; i++) {
        struct sentence sentence = {0};
        idle_event_print(sim, i, &sentence);
        fputs("* ", out);
        markdown_text(sentence.text, out);
        putc('\n', out);
    }
    markdown_more(sim->idle_event_count - WARNINGS_MAX, "the scenario", out);
}

static void print_row(const char *what, const char *value, FILE *out)
{
    fprintf(out, "| %s | ", what);
    markdown_name(value, out);
    fputs(" |\n", out);
}

static void print_provenance(const struct report_view *view, FILE *out)
{
    char digest[17];
    char number[24];
    const struct sim *sim = view->sim;
    decision_digest_hex(&sim->digest, digest);
    snprintf(number, sizeof number, "%" PRId64, sim->event_count);
    fputs("\n## Where this comes from\n\n| | |\n|---|---|\n", out);
    print_row("stowage", view->options->version, out);
    print_row("command", view->options->command, out);
    print_row("scenario", sim->scenario->file, out);
    print_row("SHA-256 of the files read", sim->scenario->digest, out);
    print_row("events", number, out);
    print_row("decision digest", digest, out);
    fputs(
        "\nWaits that did not end with a place count with the length they reached (>=). Means over "
        "time are exact. All columns are described in docs/reports.md.\n",
        out);
}

void markdown_print(const struct report_view *view, bool has_pictures, FILE *out)
{
    print_head(view, out);
    print_answers(view, out);
    markdown_print_demand(view, out);
    markdown_print_preemption(view, out);
    markdown_print_fleet(view, out);
    markdown_print_waits(view, out);
    if (has_pictures)
        print_pictures(view, out);
    print_warnings(&view->sim->scenario->problems, out);
    print_idle_events(view->sim, out);
    print_provenance(view, out);
}
