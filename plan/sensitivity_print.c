/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/sensitivity_print.h"

#include <inttypes.h>
#include <math.h>

#include "base/array.h"
#include "base/units.h"

enum { USD_DIGITS = 6, CELL_SIZE = 1024 };

static const struct plan_question *question_of(const struct plan_result *result)
{
    return &result->request->question;
}

static const char *axis_name(const struct plan_result *result, int32_t axis,
                             char out[AXIS_NAME_SIZE])
{
    const struct plan_question *question = question_of(result);
    return plan_axis_name(question->scenario, &question->axes->items[axis], out);
}

static const char *case_name(const struct plan_result *result, const struct sensitivity_case *it,
                             char out[ALTERATION_TEXT_SIZE])
{
    const struct plan_question *question = question_of(result);
    return alteration_print(question->scenario, question->axes, &it->alteration, out);
}

/* By how much the plan of a case is dearer than the present one, as altered; nodes where prices are
 * unknown. */
static double change_of(const struct plan_result *result, const struct sensitivity_case *it)
{
    int64_t change = it->cost - it->cost_before;
    double usd = plan_usd_per_hour(result, change);
    return isnan(usd) ? (double)change : usd;
}

static double now_of(const struct plan_result *result, const struct price_range *range)
{
    return plan_usd_per_hour(result, question_of(result)->axes->items[range->axis].price_micro);
}

static double usd_of(double price_micro)
{
    return price_micro * 3600 / 1e11;
}

/* ---- for the terminal ---- */

static void print_case(const struct plan_result *result, const struct sensitivity_case *it,
                       FILE *out)
{
    const char *unit = question_of(result)->axes->is_priced ? "USD an hour" : "nodes";
    bool is_price = it->alteration.kind == ALTER_PRICE;
    if (!it->has_plan) {
        fputs("no plan within the bounds\n", out);
    } else if (it->keeps && (!is_price || it->cost >= it->cost_before)) {
        fputs(is_price ? "no cheaper plan is found\n" : "the plan keeps the targets as it is\n",
              out);
    } else {
        fprintf(out, "%+.4f %s", change_of(result, it), unit);
        if (it->cost_before > 0)
            fprintf(out, " (%+.1f %%)",
                    100 * (double)(it->cost - it->cost_before) / (double)it->cost_before);
        fputs(": ", out);
        plan_print_counts(result, it->counts, out);
        fputc('\n', out);
    }
    if (!isnan(it->bound_adds))
        fprintf(out, "            (the bound rises by %.4f)\n", it->bound_adds);
}

static void print_range(const struct plan_result *result, const struct price_range *range,
                        FILE *out)
{
    double now = now_of(result, range);
    const struct {
        const char *word;
        double at;
        const int32_t *counts;
    } sides[] = {{"below", usd_of(range->low), range->low_counts},
                 {"above", usd_of(range->high), range->high_counts}};
    fprintf(out, "%.4f USD an hour", now);
    for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
        if (isnan(sides[i].at))
            continue;
        fprintf(out, "; %s %.4f (%+.1f %%) cheaper is ", sides[i].word, sides[i].at,
                100 * (sides[i].at - now) / now);
        plan_print_counts(result, sides[i].counts, out);
    }
    if (isnan(range->low) && isnan(range->high))
        fputs("; no plan that was tried is cheaper at another price", out);
    fputc('\n', out);
}

void sensitivity_print_text(const struct plan_result *result, FILE *out)
{
    const struct sensitivity *sensitivity = &result->sensitivity;
    if (!sensitivity->is_asked)
        return;
    for (int32_t i = 0; i < sensitivity->case_count; i++) {
        char text[ALTERATION_TEXT_SIZE];
        const struct sensitivity_case *it = &sensitivity->cases[i];
        fprintf(out, "%-11s %s: ", i == 0 ? "If" : "", case_name(result, it, text));
        print_case(result, it, out);
    }
    if (sensitivity->floors_left_out > 0)
        fprintf(out, "            floors of %" PRId32 " other kind%s were not looked at\n",
                sensitivity->floors_left_out, plural_end(sensitivity->floors_left_out));
    for (int32_t i = 0; i < sensitivity->range_count; i++) {
        char name[AXIS_NAME_SIZE];
        fprintf(out, "%-11s %s ", i == 0 ? "Prices" : "",
                axis_name(result, sensitivity->ranges[i].axis, name));
        print_range(result, &sensitivity->ranges[i], out);
    }
    fprintf(out, "            (%" PRId64 " run%s for this%s)\n", sensitivity->runs,
            plural_end(sensitivity->runs), sensitivity->is_complete ? "" : "; INTERRUPTED");
}

/* ---- plan.json ---- */

static void print_json_counts(const struct plan_result *result, const char *key,
                              const int32_t *counts, struct json_writer *w)
{
    if (counts == NULL) {
        json_null(w, key);
        return;
    }
    json_object(w, key);
    for (int32_t i = 0; i < question_of(result)->axes->count; i++) {
        char name[AXIS_NAME_SIZE];
        json_int(w, axis_name(result, i, name), counts[i]);
    }
    json_close_object(w);
}

static void print_json_alteration(const struct plan_result *result,
                                  const struct alteration *alteration, struct json_writer *w)
{
    char name[AXIS_NAME_SIZE];
    switch (alteration->kind) {
    case ALTER_DEMAND:
        json_int(w, "demand_percent", alteration->percent);
        break;
    case ALTER_OVERHEAD:
        json_decimal(w, "overhead_cpu", (double)alteration->cpu_milli / 1000, 3);
        json_int(w, "overhead_memory_bytes", alteration->mem_bytes);
        break;
    case ALTER_FLOOR:
        json_string(w, "one_more_floor_of",
                    question_of(result)->scenario->runners[alteration->runner].id);
        break;
    case ALTER_PRICE:
        json_string(w, "axis", axis_name(result, alteration->axis, name));
        json_int(w, "price_percent", alteration->percent);
        break;
    case ALTER_NOTHING:
        break;
    }
}

static void print_json_case(const struct plan_result *result, const struct sensitivity_case *it,
                            struct json_writer *w)
{
    char text[ALTERATION_TEXT_SIZE];
    json_object(w, NULL);
    json_string(w, "case", case_name(result, it, text));
    print_json_alteration(result, &it->alteration, w);
    json_bool(w, "plan_keeps_targets", it->keeps);
    print_json_counts(result, "counts", it->has_plan ? it->counts : NULL, w);
    double nothing = (double)NAN;
    json_decimal(w, "usd_per_hour", it->has_plan ? plan_usd_per_hour(result, it->cost) : nothing,
                 USD_DIGITS);
    json_decimal(w, "change_usd_per_hour",
                 it->has_plan ? plan_usd_per_hour(result, it->cost - it->cost_before) : nothing,
                 USD_DIGITS);
    json_decimal(w, "bound_adds_usd_per_hour", it->bound_adds, USD_DIGITS);
    json_close_object(w);
}

void sensitivity_print_json(const struct plan_result *result, struct json_writer *w)
{
    const struct sensitivity *sensitivity = &result->sensitivity;
    if (!sensitivity->is_asked) {
        json_null(w, "sensitivity");
        return;
    }
    json_object(w, "sensitivity");
    json_bool(w, "is_complete", sensitivity->is_complete);
    json_int(w, "runs", sensitivity->runs);
    json_array(w, "cases");
    for (int32_t i = 0; i < sensitivity->case_count; i++)
        print_json_case(result, &sensitivity->cases[i], w);
    json_close_array(w);
    json_array(w, "prices");
    for (int32_t i = 0; i < sensitivity->range_count; i++) {
        char name[AXIS_NAME_SIZE];
        const struct price_range *range = &sensitivity->ranges[i];
        json_object(w, NULL);
        json_string(w, "axis", axis_name(result, range->axis, name));
        json_decimal(w, "usd_per_hour", now_of(result, range), USD_DIGITS);
        json_decimal(w, "other_is_cheaper_below", usd_of(range->low), USD_DIGITS);
        print_json_counts(result, "counts_below", range->low_counts, w);
        json_decimal(w, "other_is_cheaper_above", usd_of(range->high), USD_DIGITS);
        print_json_counts(result, "counts_above", range->high_counts, w);
        json_close_object(w);
    }
    json_close_array(w);
    json_close_object(w);
}

/* ---- the report ---- */

static void page_counts(const struct plan_result *result, const int32_t *counts, struct page *page)
{
    char text[CELL_SIZE] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    page_begin_cell(page);
    if (out == NULL)
        return;
    plan_print_counts(result, counts, out);
    fclose(out);
    page_text(page, text);
}

static void page_price(struct page *page, double usd)
{
    page_begin_cell(page);
    if (!isnan(usd))
        page_format_text(page, "%.4f", usd);
}

static void page_cases(const struct plan_result *result, struct page *page)
{
    static const struct page_column columns[] = {{"what if", false},
                                                 {"the plan as it is", false},
                                                 {"change of the cost an hour", true},
                                                 {"the plan then", false}};
    const struct sensitivity *sensitivity = &result->sensitivity;
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < sensitivity->case_count; i++) {
        const struct sensitivity_case *it = &sensitivity->cases[i];
        char text[ALTERATION_TEXT_SIZE];
        page_begin_row(page);
        page_cell(page, case_name(result, it, text));
        page_cell(page, it->keeps ? "keeps the targets" : "misses");
        page_begin_cell(page);
        if (it->has_plan)
            page_format_text(page, "%+.4f", change_of(result, it));
        if (it->has_plan)
            page_counts(result, it->counts, page);
        else
            page_cell(page, "none within the bounds");
        page_end_row(page);
    }
    page_end_table(page);
}

static void page_ranges(const struct plan_result *result, struct page *page)
{
    static const struct page_column columns[] = {{"nodes", false}, {"USD an hour", true},
                                                 {"below", true},  {"cheaper then", false},
                                                 {"above", true},  {"cheaper then", false}};
    const struct sensitivity *sensitivity = &result->sensitivity;
    if (sensitivity->range_count == 0)
        return;
    page_paragraph(page, "At which price of one kind of node, with all others as they are, another "
                         "plan that was tried and keeps the targets costs less than this one:");
    page_begin_table(page, columns, ARRAY_LEN(columns));
    for (int32_t i = 0; i < sensitivity->range_count; i++) {
        const struct price_range *range = &sensitivity->ranges[i];
        char name[AXIS_NAME_SIZE];
        page_begin_row(page);
        page_cell_name(page, axis_name(result, range->axis, name));
        page_price(page, now_of(result, range));
        page_price(page, usd_of(range->low));
        if (range->low_counts != NULL)
            page_counts(result, range->low_counts, page);
        else
            page_cell(page, "");
        page_price(page, usd_of(range->high));
        if (range->high_counts != NULL)
            page_counts(result, range->high_counts, page);
        else
            page_cell(page, "");
        page_end_row(page);
    }
    page_end_table(page);
}

void sensitivity_print_page(const struct plan_result *result, struct page *page)
{
    const struct sensitivity *sensitivity = &result->sensitivity;
    if (!sensitivity->is_asked)
        return;
    page_heading(page, "If something is otherwise");
    page_cases(result, page);
    if (sensitivity->floors_left_out > 0) {
        page_begin_paragraph(page);
        page_format_text(page, "Floors of %" PRId32 " other kind%s were not looked at.",
                         sensitivity->floors_left_out, plural_end(sensitivity->floors_left_out));
        page_end_paragraph(page);
    }
    page_ranges(result, page);
    if (!sensitivity->is_complete)
        page_paragraph(page, "This was interrupted before all cases were looked at.");
}
