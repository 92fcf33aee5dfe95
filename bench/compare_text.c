/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/compare_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "base/units.h"
#include "bench/blast.h"
#include "bench/compare_words.h"

enum { LABEL_WIDTH_MAX = 40, LABEL_SIZE = 4 * LABEL_WIDTH_MAX + 1, TEXT_COLUMNS = 100 };

static int label_width(const struct compare *compare)
{
    size_t width = strlen("variant");
    for (int32_t v = 0; v < compare->request.variant_count; v++) {
        size_t length = strlen(compare->request.variants[v].label);
        width = length > width ? length : width;
    }
    return width > LABEL_WIDTH_MAX ? LABEL_WIDTH_MAX : (int)width;
}

/* Words in lines of TEXT_COLUMNS; those that go on are indented. */
struct wrap {
    FILE *out;
    int indent;
    size_t column;
};

/* Of the first word, with the unit that follows a number: "22.0 %". */
static size_t word_length(const char *text)
{
    size_t length = strcspn(text, " ");
    return text[length] == ' ' && text[length + 1] == '%'
               ? length + 1 + strcspn(&text[length + 1], " ")
               : length;
}

static void wrap_words(struct wrap *wrap, const char *text)
{
    while (*text != '\0') {
        size_t length = word_length(text);
        if (wrap->column > 0 && wrap->column + 1 + length > TEXT_COLUMNS) {
            fprintf(wrap->out, "\n%*s", wrap->indent, "");
            wrap->column = (size_t)wrap->indent;
        } else if (wrap->column > 0) {
            fputc(' ', wrap->out);
            wrap->column++;
        }
        fwrite(text, 1, length, wrap->out);
        wrap->column += length;
        text += length + (text[length] == ' ');
    }
}

static void print_wrapped(const char *text, FILE *out)
{
    struct wrap wrap = {.out = out, .indent = 2};
    wrap_words(&wrap, text);
    fputc('\n', out);
}

/* ---- the answer first ---- */

/* A variant against the baseline, by metric. */
struct verdicts {
    enum verdict of[METRICS_MAX];
    char shares[METRICS_MAX][FIGURE_TEXT_SIZE]; /* the effect in % of the baseline's value */
    int32_t count;
};

static int read_verdicts(const struct compare *compare, int32_t variant, struct verdicts *verdicts,
                         struct err *err)
{
    verdicts->count = compare->request.chosen_count;
    for (int32_t metric = 0; metric < verdicts->count; metric++) {
        struct compare_difference differences[COMPARE_VARIANTS_MAX];
        struct compare_estimate baseline;
        if (compare_differences(compare, metric, differences, err) != 0 ||
            compare_estimate(compare, 0, metric, &baseline, err) != 0)
            return -1;
        verdicts->of[metric] = differences[variant].verdict;
        share_words(&differences[variant], baseline.center, verdicts->shares[metric]);
    }
    return 0;
}

static int32_t count_verdict(const struct verdicts *verdicts, enum verdict verdict)
{
    int32_t count = 0;
    for (int32_t metric = 0; metric < verdicts->count; metric++)
        count += verdicts->of[metric] == verdict;
    return count;
}

/* "  fgd is worse in preemptions (+19.9 %), work_lost_h (+72.0 %)". */
static void print_named(const struct compare *compare, const char *label,
                        const struct verdicts *verdicts, enum verdict verdict, FILE *out)
{
    struct wrap wrap = {.out = out, .indent = 4};
    int32_t left = count_verdict(verdicts, verdict);
    if (left == 0)
        return;
    fputs("  ", out);
    wrap.column = 2 + strlen(label);
    fprintf(out, "%s", label);
    wrap_words(&wrap, "is");
    wrap_words(&wrap, verdict_text(verdict));
    wrap_words(&wrap, "in");
    for (int32_t metric = 0; metric < verdicts->count; metric++) {
        char name[METRIC_NAME_SIZE], word[METRIC_NAME_SIZE + FIGURE_TEXT_SIZE];
        if (verdicts->of[metric] != verdict)
            continue;
        snprintf(word, sizeof word, "%s%s%s",
                 metric_name(&compare->request.metrics->items[metric], name),
                 verdicts->shares[metric], --left > 0 ? "," : "");
        wrap_words(&wrap, word);
    }
    fputc('\n', out);
}

/* What a planner asks first: which variant is better than the baseline, and in what. */
static int print_short(const struct compare *compare, FILE *out, struct err *err)
{
    static const enum verdict named[] = {VERDICT_BETTER, VERDICT_WORSE, VERDICT_HIGHER,
                                         VERDICT_LOWER};
    struct verdicts verdicts;
    char label[LABEL_SIZE];
    if (compare->request.variant_count < 2)
        return 0;
    fprintf(out, "In short, against %s\n",
            text_shorten(compare->request.variants[0].label, LABEL_WIDTH_MAX, label));
    for (int32_t v = 1; v < compare->request.variant_count; v++) {
        if (read_verdicts(compare, v, &verdicts, err) != 0)
            return -1;
        text_shorten(compare->request.variants[v].label, LABEL_WIDTH_MAX, label);
        for (size_t i = 0; i < ARRAY_LEN(named); i++)
            print_named(compare, label, &verdicts, named[i], out);
        int32_t same = count_verdict(&verdicts, VERDICT_SAME);
        if (same > 0)
            fprintf(out, "  %s is not distinguishable in %" PRId32 " of %" PRId32 " metric%s\n",
                    label, same, verdicts.count, plural_end(verdicts.count));
    }
    fputc('\n', out);
    return 0;
}

struct row {
    const char *label;
    int label_width;
    const struct compare_estimate *estimate;
    const struct compare_difference *difference;
    double baseline;
    const double *unshaken; /* NULL: there is no such column */
};

static void print_row(const struct row *row, FILE *out)
{
    char value[FIGURE_TEXT_SIZE], effect[FIGURE_TEXT_SIZE], unshaken[FIGURE_TEXT_SIZE];
    char interval[INTERVAL_TEXT_SIZE], range[INTERVAL_TEXT_SIZE], verdict[INTERVAL_TEXT_SIZE];
    char label[LABEL_SIZE];
    bool is_baseline = row->difference->verdict == VERDICT_BASELINE;
    fprintf(out, "  %-*s  %10s  %22s", row->label_width,
            text_shorten(row->label, LABEL_WIDTH_MAX, label),
            figure_text(row->estimate->center, value),
            interval_text(&row->estimate->interval, interval));
    if (row->unshaken != NULL)
        fprintf(out, "  %10s", figure_text(*row->unshaken, unshaken));
    fprintf(out, "  %10s  %22s  %s\n",
            is_baseline ? "" : effect_text(row->difference->effect, effect),
            is_baseline ? "" : interval_text(&row->difference->interval, range),
            verdict_words(row->difference, row->baseline, verdict));
}

/* Of a static packing the spread over the orders of removal is the answer. */
static int print_spread(const struct compare *compare, int32_t metric, FILE *out, struct err *err)
{
    int width = label_width(compare);
    fprintf(out, "  %-*s  %10s  %10s  %10s  %10s  %10s\n", width, "over the orders", "orders",
            "min", "median", "p90", "max");
    for (int32_t v = 0; v < compare->request.variant_count; v++) {
        struct compare_estimate it;
        char texts[4][FIGURE_TEXT_SIZE], label[LABEL_SIZE];
        if (compare_estimate(compare, v, metric, &it, err) != 0)
            return -1;
        fprintf(out, "  %-*s  %10" PRId32 "  %10s  %10s  %10s  %10s\n", width,
                text_shorten(compare->request.variants[v].label, LABEL_WIDTH_MAX, label),
                it.mean.count, figure_text(it.min, texts[0]),
                figure_text(it.median.median, texts[1]), figure_text(it.p90, texts[2]),
                figure_text(it.max, texts[3]));
    }
    return 0;
}

static int print_metric(const struct compare *compare, int32_t metric, FILE *out, struct err *err)
{
    char heading[SENTENCE_SIZE];
    struct compare_difference differences[COMPARE_VARIANTS_MAX];
    const struct compare_request *request = &compare->request;
    int width = label_width(compare);
    double baseline = 0;
    if (compare_differences(compare, metric, differences, err) != 0)
        return -1;
    fprintf(out, "\n%s\n  %-*s  %10s  %22s", metric_heading(compare, metric, heading), width,
            "variant", "value", "interval");
    if (request->shake > 0)
        fprintf(out, "  %10s", "unshaken");
    fprintf(out, "  %10s  %22s  %s\n", "difference", "interval", "verdict");
    for (int32_t v = 0; v < request->variant_count; v++) {
        struct compare_estimate estimate;
        if (compare_estimate(compare, v, metric, &estimate, err) != 0)
            return -1;
        if (v == 0)
            baseline = estimate.center;
        const double *unshaken = request->shake > 0 ? compare->unshaken[v].values : NULL;
        const struct row row = {request->variants[v].label,
                                width,
                                &estimate,
                                &differences[v],
                                baseline,
                                unshaken == NULL ? NULL : unshaken + metric};
        print_row(&row, out);
    }
    bool is_static = (request->metrics->items[metric].metric->needs & NEED_COMPACTION) != 0;
    return is_static ? print_spread(compare, metric, out, err) : 0;
}

/* ---- who is hurt ---- */

static void print_hurt_row(const struct compare *compare, const struct blast_row *row, FILE *out)
{
    char name[64], base[FIGURE_TEXT_SIZE], now[FIGURE_TEXT_SIZE], effect[FIGURE_TEXT_SIZE];
    snprintf(name, sizeof name, "%.60s%s", row->runner, row->is_generated ? "-*" : "");
    fprintf(out, "  %-32s  %8" PRId32 "  %-18s  %10s  %10s  %10s  %s\n", name, row->priority,
            blast_measure_name(row->measure), figure_text(row->base, base),
            figure_text(row->now, now), effect_text(row->difference.mean, effect),
            compare->request.variants[row->variant].label);
}

static void print_hurt_counts(const struct blast *blast, FILE *out)
{
    fprintf(out, "\nWho is hurt: %" PRId32 " runner%s", blast->hurt_runner_count,
            plural_end(blast->hurt_runner_count));
    for (int p = 9; p >= 0; p--)
        if (blast->hurt_by_priority[p] > 0)
            fprintf(out, ", %" PRId32 " of priority %d", blast->hurt_by_priority[p], p);
    fprintf(out,
            " (%" PRId32 " measure%s worse, %" PRId32 " better, %" PRId32 " not distinguishable)\n",
            blast->hurt_count, plural_end(blast->hurt_count), blast->helped_count,
            blast->row_count - blast->hurt_count - blast->helped_count);
}

static int print_hurt(const struct compare *compare, FILE *out, struct err *err)
{
    enum { SHOWN_MAX = 20 };
    struct blast blast;
    int32_t shown = 0;
    if (blast_make(&blast, compare, err) != 0)
        return -1;
    print_hurt_counts(&blast, out);
    for (int32_t i = 0; i < blast.row_count && shown < SHOWN_MAX; i++) {
        if (!blast.rows[i].is_hurt)
            continue;
        if (shown++ == 0)
            fprintf(out, "  %-32s  %8s  %-18s  %10s  %10s  %10s  %s\n", "runner", "priority",
                    "measure", "before", "now", "difference", "variant");
        print_hurt_row(compare, &blast.rows[i], out);
    }
    if (blast.hurt_count > shown)
        fprintf(out, "  %" PRId32 " more in hurt.csv of the folder that -o writes\n",
                blast.hurt_count - shown);
    blast_release(&blast);
    return 0;
}

int compare_print_text(const struct compare *compare, FILE *out, struct err *err)
{
    char sentence[SENTENCE_SIZE];
    if (print_short(compare, out, err) != 0)
        return -1;
    for (int32_t i = 0; compare_sentence(compare, i, sentence) != NULL; i++)
        print_wrapped(sentence, out);
    for (int32_t metric = 0; metric < compare->request.chosen_count; metric++)
        if (print_metric(compare, metric, out, err) != 0)
            return -1;
    return compare->request.keeps_runners ? print_hurt(compare, out, err) : 0;
}
