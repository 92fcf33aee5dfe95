/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/array.h"
#include "base/units.h"
#include "bench/blast.h"
#include "bench/compare_report.h"
#include "bench/compare_words.h"
#include "reports/page.h"

static const struct page_column shaken_columns[] = {
    {"Variant", false},   {"Value", true},       {"Interval", true},
    {"Difference", true}, {"Interval", true},    {"Verdict", false},
    {"Pairs", true},      {"Correlation", true}, {"As recorded", true},
};
enum { PLAIN_COLUMNS = ARRAY_LEN(shaken_columns) - 1 };

struct row {
    const char *label;
    const struct compare_estimate *estimate;
    const struct compare_difference *difference;
    double baseline;
    const double *unshaken; /* NULL: there is no such column */
};

static void write_difference(struct page *page, const struct row *row)
{
    char figure[FIGURE_TEXT_SIZE], text[INTERVAL_TEXT_SIZE];
    const struct compare_difference *difference = row->difference;
    bool is_baseline = difference->verdict == VERDICT_BASELINE;
    page_cell(page, is_baseline ? "" : effect_text(difference->effect, figure));
    page_cell(page, is_baseline ? "" : interval_text(&difference->interval, text));
    page_cell(page, verdict_words(difference, row->baseline, text));
    if (is_baseline) {
        page_cell(page, "");
        page_cell(page, "");
        return;
    }
    page_cell_int(page, difference->count);
    page_cell(page, figure_text(difference->correlation, figure));
}

static void write_row(struct page *page, const struct row *row)
{
    char figure[FIGURE_TEXT_SIZE], text[INTERVAL_TEXT_SIZE];
    page_begin_row(page);
    page_cell_name(page, row->label);
    page_cell(page, figure_text(row->estimate->center, figure));
    page_cell(page, interval_text(&row->estimate->interval, text));
    write_difference(page, row);
    if (row->unshaken != NULL)
        page_cell(page, figure_text(*row->unshaken, figure));
    page_end_row(page);
}

static int write_metric(struct page *page, const struct compare *compare, int32_t metric,
                        struct err *err)
{
    char heading[SENTENCE_SIZE];
    struct compare_difference differences[COMPARE_VARIANTS_MAX];
    bool is_shaken = compare->request.shake > 0 && compare->unshaken[0].values != NULL;
    double baseline = 0;
    if (compare_differences(compare, metric, differences, err) != 0)
        return -1;
    page_heading(page, metric_heading(compare, metric, heading));
    page_paragraph(page, compare->request.metrics->items[metric].metric->meaning);
    page_begin_table(page, shaken_columns, is_shaken ? PLAIN_COLUMNS + 1 : PLAIN_COLUMNS);
    for (int32_t v = 0; v < compare->request.variant_count; v++) {
        struct compare_estimate estimate;
        if (compare_estimate(compare, v, metric, &estimate, err) != 0)
            return -1;
        baseline = v == 0 ? estimate.center : baseline;
        const struct row row = {compare->request.variants[v].label, &estimate, &differences[v],
                                baseline, is_shaken ? &compare->unshaken[v].values[metric] : NULL};
        write_row(page, &row);
    }
    page_end_table(page);
    return 0;
}

static void write_method(struct page *page, const struct compare *compare,
                         const struct compare_report_options *options)
{
    char sentence[SENTENCE_SIZE];
    page_begin_list(page);
    for (int32_t i = 0; compare_sentence(compare, i, sentence) != NULL; i++) {
        page_begin_item(page);
        page_text(page, sentence);
        page_end_item(page);
    }
    page_end_list(page);
    page_begin_paragraph(page);
    page_text(page, "Made by ");
    page_name(page, options->command);
    page_format_text(page, ", stowage %s. Every value is in ", options->version);
    page_name(page, "compare.csv");
    page_text(page, ".");
    page_end_paragraph(page);
    page_paragraph(page,
                   "Differences are of pairs of replications with the same seed, to the first "
                   "variant. Means have intervals of Student and are judged by the paired t-test; "
                   "of tail metrics the median has an interval of ranks and is judged by the sign "
                   "test. Verdicts hold for all variants of a metric together (Holm).");
}

static const struct page_column hurt_columns[] = {
    {"Runner", false}, {"Priority", true},   {"Measure", false}, {"Before", true},
    {"Now", true},     {"Difference", true}, {"Interval", true}, {"Variant", false},
};

static void write_hurt_row(struct page *page, const struct compare *compare,
                           const struct blast_row *row)
{
    char name[RUNNER_NAME_SIZE], figure[FIGURE_TEXT_SIZE], text[INTERVAL_TEXT_SIZE];
    const struct interval interval = {row->difference.mean - row->difference.half_width,
                                      row->difference.mean + row->difference.half_width};
    snprintf(name, sizeof name, "%s%s", row->runner, row->is_generated ? "-*" : "");
    page_begin_row(page);
    page_cell_name(page, name);
    page_cell_int(page, row->priority);
    page_cell(page, blast_measure_name(row->measure));
    page_cell(page, figure_text(row->base, figure));
    page_cell(page, figure_text(row->now, figure));
    page_cell(page, effect_text(row->difference.mean, figure));
    page_cell(page, interval_text(&interval, text));
    page_cell_name(page, compare->request.variants[row->variant].label);
    page_end_row(page);
}

static int write_hurt(struct page *page, const struct compare *compare, struct err *err)
{
    enum { SHOWN_MAX = 50 };
    struct blast blast;
    int32_t shown = 0;
    if (blast_make(&blast, compare, err) != 0)
        return -1;
    page_heading(page, "Who is hurt");
    page_begin_paragraph(page);
    page_format_text(page,
                     "Worse off than in the baseline: %" PRId32 " runner%s, by %" PRId32
                     " measure%s; better: %" PRId32 " measure%s. Everything that differs is in ",
                     blast.hurt_runner_count, plural_end(blast.hurt_runner_count), blast.hurt_count,
                     plural_end(blast.hurt_count), blast.helped_count,
                     plural_end(blast.helped_count));
    page_name(page, "hurt.csv");
    page_text(page, ".");
    page_end_paragraph(page);
    if (blast.hurt_count > 0)
        page_begin_table(page, hurt_columns, ARRAY_LEN(hurt_columns));
    for (int32_t i = 0; i < blast.row_count && shown < SHOWN_MAX; i++) {
        if (!blast.rows[i].is_hurt)
            continue;
        write_hurt_row(page, compare, &blast.rows[i]);
        shown++;
    }
    if (blast.hurt_count > 0)
        page_end_table(page);
    page_more(page, blast.hurt_count - shown, "hurt.csv");
    blast_release(&blast);
    return 0;
}

/* ---- the answer first ---- */

static const struct page_column short_columns[] = {
    {"Variant", false}, {"Better", false}, {"Worse", false}, {"Not distinguishable", false}};

/* By which column of short_columns a verdict is told; 0: by none. */
static size_t short_column(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_BETTER:
        return 1;
    case VERDICT_WORSE:
        return 2;
    case VERDICT_SAME:
        return 3;
    case VERDICT_BASELINE:
    case VERDICT_HIGHER:
    case VERDICT_LOWER:
    case VERDICT_NO_VALUE:
        break;
    }
    return 0;
}

/* The metrics that have such a verdict for the variant, with the effect in % of the baseline. */
static int write_short_cell(struct page *page, const struct compare *compare, int32_t variant,
                            size_t column, struct err *err)
{
    char name[METRIC_NAME_SIZE], words[INTERVAL_TEXT_SIZE];
    int32_t count = 0;
    page_begin_cell(page);
    for (int32_t metric = 0; metric < compare->request.chosen_count; metric++) {
        struct compare_difference differences[COMPARE_VARIANTS_MAX];
        struct compare_estimate baseline;
        if (compare_differences(compare, metric, differences, err) != 0 ||
            compare_estimate(compare, 0, metric, &baseline, err) != 0)
            return -1;
        if (short_column(differences[variant].verdict) != column)
            continue;
        page_text(page, count++ > 0 ? ", " : "");
        page_text(page, metric_name(&compare->request.metrics->items[metric], name));
        page_text(page, share_words(&differences[variant], baseline.center, words));
    }
    return 0;
}

/* What a planner asks first: which variant is better than the baseline, and in what. */
static int write_short(struct page *page, const struct compare *compare, struct err *err)
{
    if (compare->request.variant_count < 2)
        return 0;
    page_heading(page, "In short");
    if (compare->end == COMPARE_UNSETTLED)
        page_paragraph(page, "No warm-up can be told: nothing here is of a steady state.");
    page_begin_paragraph(page);
    page_text(page, "Against ");
    page_name(page, compare->request.variants[0].label);
    page_text(page, ", with the effect in % of its value:");
    page_end_paragraph(page);
    page_begin_table(page, short_columns, ARRAY_LEN(short_columns));
    for (int32_t v = 1; v < compare->request.variant_count; v++) {
        page_begin_row(page);
        page_cell_name(page, compare->request.variants[v].label);
        for (size_t column = 1; column < ARRAY_LEN(short_columns); column++)
            if (write_short_cell(page, compare, v, column, err) != 0)
                return -1;
        page_end_row(page);
    }
    page_end_table(page);
    return 0;
}

static int write_page(struct page *page, const struct compare *compare,
                      const struct compare_report_options *options, struct err *err)
{
    struct compare_plot plot;
    if (write_short(page, compare, err) != 0)
        return -1;
    page_heading(page, "How it was compared");
    write_method(page, compare, options);
    for (int32_t metric = 0; metric < compare->request.chosen_count; metric++)
        if (write_metric(page, compare, metric, err) != 0)
            return -1;
    if (compare->request.keeps_runners && write_hurt(page, compare, err) != 0)
        return -1;
    if (page->has_pictures)
        page_heading(page, "Pictures");
    for (int32_t i = 0; compare_plot_at(compare, i, &plot); i++)
        page_picture(page, plot.name, plot.caption);
    return 0;
}

static int write_file(const struct compare *compare, struct output_dir *dir,
                      const struct compare_report_options *options, enum page_format format,
                      struct err *err)
{
    const char *name = format == PAGE_MARKDOWN ? "report.md" : "report.html";
    struct page page;
    char title[SENTENCE_SIZE];
    FILE *out = output_dir_create(dir, name, err);
    if (out == NULL)
        return -1;
    snprintf(title, sizeof title, "Comparison: %s", compare->request.variants[0].scenario->name);
    page_open(&page, out, format, title);
    page.has_pictures = options->gnuplots > 0;
    int result = write_page(&page, compare, options, err);
    page_close(&page);
    struct err close_err = {.kind = ERR_NONE};
    if (output_dir_close(dir, out, name, &close_err) != 0 && result == 0) {
        *err = close_err;
        return -1;
    }
    return result;
}

int compare_write_pages(const struct compare *compare, struct output_dir *dir,
                        const struct compare_report_options *options, struct err *err)
{
    if (write_file(compare, dir, options, PAGE_MARKDOWN, err) != 0)
        return -1;
    return write_file(compare, dir, options, PAGE_HTML, err);
}
