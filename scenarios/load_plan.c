/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <math.h>

#include "base/array.h"

/* `plan`. */

static void get_share(const struct value *plan, const char *key, double *out)
{
    struct value place;
    double share;
    char text[NUMBER_TEXT_SIZE];
    if (!get_number(plan, key, &share))
        return;
    value_get(plan, key, &place);
    if (share > 0 && share < 1)
        *out = share;
    else
        value_error(&place, "%s is not between 0 and 1: give such a number", //
                    value_number_text(&place, text));
}

static void get_budget(const struct value *plan, double *out)
{
    struct value place;
    double usd;
    char text[NUMBER_TEXT_SIZE];
    if (!get_number(plan, "budget_usd_per_hour", &usd))
        return;
    value_get(plan, "budget_usd_per_hour", &place);
    if (usd >= 0)
        *out = usd;
    else
        value_error(&place, "%s is below 0: give 0 or more", value_number_text(&place, text));
}

/* The integers of one array of growths. */
struct growths {
    int32_t *values; /* [PLAN_GROWTH_MAX], of the scenario's arena */
    int32_t count;   /* of these; less than given where some are wrong */
    int32_t given;
    bool is_ascending; /* as they have to be */
};

/* false: the key is not there, or memory is out. */
static bool read_growths(struct loader *loader, const struct value *array, struct int_range range,
                         struct growths *out)
{
    struct value element;
    out->values = arena_alloc(&loader->scenario->arena, sizeof *out->values * PLAN_GROWTH_MAX);
    if (out->values == NULL) {
        reader_no_memory(&loader->reader);
        return false;
    }
    for (struct cursor cursor = cursor_at(array); cursor_next(&cursor, &element);) {
        int64_t number;
        out->given++;
        if (!read_int(&element, range, &number))
            continue;
        if (out->count == PLAN_GROWTH_MAX)
            value_error(&element, "is one too many: give at most %d", PLAN_GROWTH_MAX);
        else if (out->is_ascending && out->count > 0 && number <= out->values[out->count - 1])
            value_error(&element, "is not above the one before: give them in ascending order");
        else
            out->values[out->count++] = (int32_t)number;
    }
    return true;
}

static void get_growth(struct loader *loader, const struct value *plan, struct plan_def *def)
{
    struct value array;
    struct growths percents = {.is_ascending = true}, weights = {.is_ascending = false};
    if (array_get(plan, "growth_percent", &array) &&
        read_growths(loader, &array, (struct int_range){1, PLAN_GROWTH_PERCENT_MAX}, &percents)) {
        def->growth_percent = percents.values;
        def->growth_count = percents.count;
    }
    if (!array_get(plan, "growth_weight", &array) ||
        !read_growths(loader, &array, (struct int_range){1, PLAN_GROWTH_WEIGHT_MAX}, &weights))
        return;
    def->growth_weight = weights.values;
    if (weights.given != percents.given)
        value_error(&array, "has %d weights for %d growths: give one for each of growth_percent",
                    (int)weights.given, (int)percents.given);
}

static void get_texts(const struct value *plan, const char *key, struct text_list *out)
{
    *out = (struct text_list){0};
    get_text_list(plan, key, out);
}

void load_plan(struct loader *loader, const struct value *root)
{
    static const char *const keys[] = {"targets",
                                       "survive",
                                       "nodes",
                                       "probability",
                                       "confidence",
                                       "failures",
                                       "budget_usd_per_hour",
                                       "growth_percent",
                                       "growth_weight"};
    static const struct object_kind kind = {
        .name = "plan", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct plan_def *def = &loader->scenario->plan;
    struct value plan;
    struct text_list targets, survives, nodes;
    *def = (struct plan_def){
        .probability = (double)NAN, .confidence = (double)NAN, .budget_usd_h = (double)NAN};
    if (!object_get(root, "plan", &kind, &plan))
        return;
    get_texts(&plan, "targets", &targets);
    get_texts(&plan, "survive", &survives);
    get_texts(&plan, "nodes", &nodes);
    def->targets = targets.items;
    def->target_count = targets.count;
    def->survives = survives.items;
    def->survive_count = survives.count;
    def->nodes = nodes.items;
    def->node_count = nodes.count;
    get_share(&plan, "probability", &def->probability);
    get_share(&plan, "confidence", &def->confidence);
    get_int32(&plan, "failures", (struct int_range){0, PLAN_FAILURES_MAX}, &def->failures_allowed);
    get_budget(&plan, &def->budget_usd_h);
    get_growth(loader, &plan, def);
}
