/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/compare_words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "bench/replicate.h"

static const char *signed_text(double value, const char *sign, char out[FIGURE_TEXT_SIZE])
{
    enum { SIGNIFICANT = 4, DIGITS_MAX = 8 };
    double size = fabs(value);
    if (isnan(value)) {
        snprintf(out, FIGURE_TEXT_SIZE, "-");
    } else if (value == 0) {
        snprintf(out, FIGURE_TEXT_SIZE, "0");
    } else if (size >= 1e12 || size < 1e-5) {
        snprintf(out, FIGURE_TEXT_SIZE, "%s%.3e", value > 0 ? sign : "", value);
    } else {
        int digits = SIGNIFICANT - 1 - (int)floor(log10(size));
        digits = digits < 0 ? 0 : digits > DIGITS_MAX ? DIGITS_MAX : digits;
        snprintf(out, FIGURE_TEXT_SIZE, "%s%.*f", value > 0 ? sign : "", digits, value);
    }
    return out;
}

const char *figure_text(double value, char out[FIGURE_TEXT_SIZE])
{
    return signed_text(value, "", out);
}

const char *effect_text(double value, char out[FIGURE_TEXT_SIZE])
{
    return signed_text(value, "+", out);
}

const char *interval_text(const struct interval *interval, char out[INTERVAL_TEXT_SIZE])
{
    char low[FIGURE_TEXT_SIZE], high[FIGURE_TEXT_SIZE];
    if (isnan(interval->low) || isnan(interval->high))
        snprintf(out, INTERVAL_TEXT_SIZE, "-");
    else
        snprintf(out, INTERVAL_TEXT_SIZE, "%s .. %s", figure_text(interval->low, low),
                 figure_text(interval->high, high));
    return out;
}

const char *metric_heading(const struct compare *compare, int32_t metric, char out[SENTENCE_SIZE])
{
    char name[METRIC_NAME_SIZE];
    const struct metric_choice *choice = &compare->request.metrics->items[metric];
    const char *direction = "neither is better";
    if (choice->metric->direction != METRIC_NEUTRAL)
        direction = choice->metric->direction == METRIC_LOWER_IS_BETTER ? "lower is better"
                                                                        : "higher is better";
    snprintf(out, SENTENCE_SIZE, "%s [%s, %s, %s over the replications]", metric_name(choice, name),
             choice->metric->unit, direction, choice->metric->is_tail ? "median" : "mean");
    return out;
}

static const char *three_digits(double p, char out[FIGURE_TEXT_SIZE])
{
    snprintf(out, FIGURE_TEXT_SIZE, "%.3f", p);
    return out;
}

/* A small share keeps a digit: "(-0.0 %)" would say that there is no effect. */
static void print_share(double percent, char out[FIGURE_TEXT_SIZE])
{
    snprintf(out, FIGURE_TEXT_SIZE, fabs(percent) < 0.05 ? " (%+.1g %%)" : " (%+.1f %%)", percent);
}

const char *share_words(const struct compare_difference *difference, double baseline,
                        char out[FIGURE_TEXT_SIZE])
{
    out[0] = '\0';
    if (difference->verdict > VERDICT_SAME && baseline != 0 && !isnan(baseline))
        print_share(100 * difference->effect / fabs(baseline), out);
    return out;
}

const char *verdict_words(const struct compare_difference *difference, double baseline,
                          char out[INTERVAL_TEXT_SIZE])
{
    const char *verdict = verdict_text(difference->verdict);
    char share[FIGURE_TEXT_SIZE], p_value[FIGURE_TEXT_SIZE];
    share_words(difference, baseline, share);
    if (difference->verdict == VERDICT_BASELINE || isnan(difference->p_adjusted))
        snprintf(out, INTERVAL_TEXT_SIZE, "%s", verdict);
    else if (difference->is_equal)
        snprintf(out, INTERVAL_TEXT_SIZE, "%s: equal in each", verdict);
    else if (difference->p_adjusted < 0.001)
        snprintf(out, INTERVAL_TEXT_SIZE, "%s%s, p < 0.001", verdict, share);
    else
        snprintf(out, INTERVAL_TEXT_SIZE, "%s%s, p %s", verdict, share,
                 three_digits(difference->p_adjusted, p_value));
    return out;
}

/* ---- how it was made ---- */

static void say_replications(const struct compare *compare, char out[SENTENCE_SIZE])
{
    const struct compare_request *request = &compare->request;
    int32_t most = 0, least = INT32_MAX;
    char range[40];
    for (int32_t v = 0; v < request->variant_count; v++) {
        most = compare->counts[v] > most ? compare->counts[v] : most;
        least = compare->counts[v] < least ? compare->counts[v] : least;
    }
    if (least == most)
        snprintf(range, sizeof range, "%" PRId32, most);
    else
        snprintf(range, sizeof range, "%" PRId32 " to %" PRId32, least, most);
    snprintf(out, SENTENCE_SIZE,
             "%" PRId32 " variant%s, %s replication%s of each with the seeds from %" PRIu64
             " on, the same for all (common random numbers by entity); intervals of %g %%.",
             request->variant_count, plural_end(request->variant_count), range, plural_end(most),
             request->seed, 100 * request->confidence);
}

static void say_precision(const struct compare *compare, const char *how, char out[SENTENCE_SIZE])
{
    struct compare_widest widest;
    struct err err;
    char name[METRIC_NAME_SIZE], within[FIGURE_TEXT_SIZE];
    const struct compare_request *request = &compare->request;
    if (compare_widest(compare, &widest, &err) != 0 || isnan(widest.relative)) {
        snprintf(out, SENTENCE_SIZE, "No chosen metric has a value.");
        return;
    }
    metric_name(&request->metrics->items[widest.metric], name);
    snprintf(within, sizeof within, widest.relative < 0.1 ? "%.2g" : "%.0f", 100 * widest.relative);
    if (isinf(widest.relative))
        snprintf(out, SENTENCE_SIZE, "%s: %s of %s has no relative width.", how, name,
                 request->variants[widest.variant].label);
    else
        snprintf(out, SENTENCE_SIZE, "%s: the widest is %s of %s, within %s %%.", how, name,
                 request->variants[widest.variant].label, within);
}

static void say_end(const struct compare *compare, char out[SENTENCE_SIZE])
{
    char how[160], name[METRIC_NAME_SIZE], zone[FIGURE_TEXT_SIZE];
    const struct compare_request *request = &compare->request;
    switch (compare->end) {
    case COMPARE_PRECISE:
        snprintf(how, sizeof how, "Ended as every chosen metric is within %g %%",
                 100 * request->precision);
        say_precision(compare, how, out);
        break;
    case COMPARE_CAPPED:
        snprintf(how, sizeof how, "Ended at the cap of %" PRId32 " replications, %s",
                 request->count_max,
                 request->select >= 0 ? "with nothing selected" : "not as precise as asked for");
        say_precision(compare, how, out);
        break;
    case COMPARE_SELECTED:
        snprintf(out, SENTENCE_SIZE,
                 "Selected by Kim and Nelson's procedure: %s has the best %s with a probability of "
                 "at least %g %%, if it is better than each other by %s %s or more.",
                 request->variants[compare_selected(compare)].label,
                 metric_name(&request->metrics->items[request->select], name),
                 100 * request->confidence, figure_text(request->zone, zone),
                 request->metrics->items[request->select].metric->unit);
        break;
    case COMPARE_UNSETTLED:
        snprintf(
            out, SENTENCE_SIZE,
            "No warm-up can be told: by MSER-5 what is settled begins in the second half of the "
            "run, or never. Nothing below is of a steady state: give a longer horizon.");
        break;
    case COMPARE_GOES_ON:
        snprintf(out, SENTENCE_SIZE, "Not ended.");
        break;
    }
}

static bool say_horizon(const struct compare *compare, char out[SENTENCE_SIZE])
{
    char text[UNITS_TEXT_SIZE];
    if (!replication_needs_run(compare->request.metrics))
        return false;
    if (compare->request.horizon == HORIZON_TERMINATING)
        snprintf(out, SENTENCE_SIZE, "Terminating: each run is measured from its start to %s.",
                 print_duration(compare->request.variants[0].scenario->horizon_us, text));
    else if (compare->end == COMPARE_UNSETTLED)
        return false;
    else
        snprintf(out, SENTENCE_SIZE,
                 "Steady state: a warm-up of %s is left out, by MSER-5 on utilization and queue.",
                 print_duration(compare->warm_up_us, text));
    return true;
}

static bool say_shaken(const struct compare *compare, char out[SENTENCE_SIZE])
{
    if (compare->request.shake <= 0 || !replication_needs_run(compare->request.metrics))
        return false;
    snprintf(
        out, SENTENCE_SIZE,
        "The trace is shaken: arrivals by up to %g median gap%s, lives by up to %g %%; the run as "
        "recorded is shown beside it.",
        20 * compare->request.shake, 20 * compare->request.shake == 1.0 ? "" : "s",
        100 * compare->request.shake);
    return true;
}

static bool say_constant(const struct compare *compare, char out[SENTENCE_SIZE])
{
    for (int32_t v = 0; v < compare->request.variant_count; v++)
        if (!compare_is_constant(compare, v))
            return false;
    snprintf(out, SENTENCE_SIZE,
             "Nothing random is in these runs: all replications are equal, so what differs differs "
             "for certain, but for this one sequence only (see --shake).");
    return true;
}

const char *compare_sentence(const struct compare *compare, int32_t number, char out[SENTENCE_SIZE])
{
    bool (*const optional[])(const struct compare *, char *) = {say_horizon, say_shaken,
                                                                say_constant};
    if (number == 0) {
        say_replications(compare, out);
        return out;
    }
    if (number == 1) {
        say_end(compare, out);
        return out;
    }
    for (size_t i = 0; i < ARRAY_LEN(optional); i++)
        if (optional[i](compare, out) && number-- == 2)
            return out;
    return NULL;
}
