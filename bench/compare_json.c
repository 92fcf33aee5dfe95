/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/json_writer.h"
#include "base/units.h"
#include "bench/compare_report.h"
#include "scheduler/policy_text.h"

enum { DIGITS = 9, POLICY_SIZE = 512 };

static const char *end_name(enum compare_end end)
{
    static const char *const names[] = {
        [COMPARE_GOES_ON] = "none",        [COMPARE_PRECISE] = "precise",
        [COMPARE_CAPPED] = "capped",       [COMPARE_SELECTED] = "selected",
        [COMPARE_UNSETTLED] = "unsettled",
    };
    return names[end];
}

static void print_variants(const struct compare *compare, struct json_writer *w)
{
    json_array(w, "variants");
    for (int32_t v = 0; v < compare->request.variant_count; v++) {
        char text[POLICY_SIZE];
        const struct compare_variant *variant = &compare->request.variants[v];
        const struct scheduler_config *own = &variant->scenario->scheduler;
        bool is_own = variant->policy == NULL;
        policy_text_print(is_own ? own->policy : variant->policy,
                          is_own ? own->policy_values : variant->policy_values, text, sizeof text);
        json_object(w, NULL);
        json_string(w, "label", variant->label);
        json_string(w, "policy", text);
        json_string(w, "scenario", variant->scenario->file);
        json_string(w, "scenario_digest", variant->scenario->digest);
        json_int(w, "replications", compare->counts[v]);
        json_bool(w, "is_constant", compare_is_constant(compare, v));
        json_close_object(w);
    }
    json_close_array(w);
}

static void print_method(const struct compare *compare, struct json_writer *w)
{
    char seed[24];
    const struct compare_request *request = &compare->request;
    snprintf(seed, sizeof seed, "%" PRIu64, request->seed);
    json_object(w, "method");
    json_raw(w, "seed", seed);
    json_string(w, "horizon", request->horizon == HORIZON_STEADY ? "steady" : "terminating");
    json_decimal(w, "warm_up_s", (double)compare->warm_up_us / US_PER_S, 6);
    json_decimal(w, "confidence", request->confidence, 4);
    json_decimal(w, "precision", request->precision, 4);
    json_int(w, "replications_min", request->first_count);
    json_int(w, "replications_max", request->count_max);
    json_decimal(w, "shake", request->shake, 4);
    json_string(w, "ended", end_name(compare->end));
    int32_t selected = compare_selected(compare);
    json_string(w, "selected", selected < 0 ? NULL : request->variants[selected].label);
    json_close_object(w);
}

static void print_difference(const struct compare_difference *difference, struct json_writer *w)
{
    json_string(w, "verdict", verdict_text(difference->verdict));
    if (difference->verdict == VERDICT_BASELINE)
        return;
    json_int(w, "pairs", difference->count);
    json_decimal(w, "effect", difference->effect, DIGITS);
    json_decimal(w, "effect_low", difference->interval.low, DIGITS);
    json_decimal(w, "effect_high", difference->interval.high, DIGITS);
    json_decimal(w, "p_value", difference->p_value, DIGITS);
    json_decimal(w, "p_adjusted", difference->p_adjusted, DIGITS);
    json_decimal(w, "p_unpaired", difference->p_unpaired, DIGITS);
    json_decimal(w, "correlation", difference->correlation, 6);
    json_decimal(w, "variance_ratio", difference->variance_ratio, 6);
}

static int print_results(const struct compare *compare, int32_t metric, struct json_writer *w,
                         struct err *err)
{
    struct compare_difference differences[COMPARE_VARIANTS_MAX];
    if (compare_differences(compare, metric, differences, err) != 0)
        return -1;
    json_array(w, "variants");
    for (int32_t v = 0; v < compare->request.variant_count; v++) {
        struct compare_estimate estimate;
        if (compare_estimate(compare, v, metric, &estimate, err) != 0)
            return -1;
        const double *unshaken = compare->unshaken[v].values;
        json_object(w, NULL);
        json_string(w, "variant", compare->request.variants[v].label);
        json_int(w, "count", estimate.mean.count);
        json_decimal(w, "value", estimate.center, DIGITS);
        json_decimal(w, "low", estimate.interval.low, DIGITS);
        json_decimal(w, "high", estimate.interval.high, DIGITS);
        json_decimal(w, "sd", estimate.mean.sd, DIGITS);
        json_decimal(w, "min", estimate.min, DIGITS);
        json_decimal(w, "p90", estimate.p90, DIGITS);
        json_decimal(w, "max", estimate.max, DIGITS);
        json_decimal(w, "unshaken", unshaken != NULL ? unshaken[metric] : (double)NAN, DIGITS);
        print_difference(&differences[v], w);
        json_close_object(w);
    }
    json_close_array(w);
    return 0;
}

static int print_metrics(const struct compare *compare, struct json_writer *w, struct err *err)
{
    int result = 0;
    json_array(w, "metrics");
    for (int32_t i = 0; i < compare->request.metrics->count && result == 0; i++) {
        char name[METRIC_NAME_SIZE];
        const struct metric_choice *choice = &compare->request.metrics->items[i];
        json_object(w, NULL);
        json_string(w, "metric", metric_name(choice, name));
        json_string(w, "unit", choice->metric->unit);
        json_string(w, "meaning", choice->metric->meaning);
        json_string(w, "statistic", choice->metric->is_tail ? "median" : "mean");
        json_int(w, "better", choice->metric->direction);
        json_bool(w, "is_chosen", i < compare->request.chosen_count);
        result = print_results(compare, i, w, err);
        json_close_object(w);
    }
    json_close_array(w);
    return result;
}

void compare_print_origin(const struct compare_report_options *options, struct json_writer *w)
{
    json_string(w, "tool", "stowage");
    json_string(w, "version", options->version);
    json_string(w, "command", options->command);
    json_string(w, "kind", "compare");
    json_int(w, "schema_version", COMPARE_SCHEMA_VERSION);
}

int compare_print_json(const struct compare *compare, const struct compare_report_options *options,
                       FILE *out, struct err *err)
{
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object(&w, NULL);
    compare_print_origin(options, &w);
    print_method(compare, &w);
    print_variants(compare, &w);
    int result = print_metrics(compare, &w, err);
    json_close_object(&w);
    return result;
}
