/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/paid_bound.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/int128.h"
#include "base/order.h"
#include "base/units.h"
#include "plan/instance_answer.h"
#include "plan/node_choice.h"
#include "plan/peak_instance.h"

enum { SPANS_MAX = 64 };

struct span {
    int64_t from_us, until_us;
    int32_t *floors; /* [runner_count] that must be met all the time */
    int64_t bound;   /* of the nodes that hold them */
    int64_t replicas;
    bool is_exact;
    struct peak_price *prices; /* owned */
    int32_t price_count;
    int32_t same_as; /* an earlier span with the same floors; -1: none */
};

struct spans {
    const struct peak_of *of;
    struct plan_axes nodes; /* what a node may be */
    int64_t *instants;      /* at which floors may change, ascending */
    int32_t instant_count, instant_capacity;
    struct span items[SPANS_MAX];
    int32_t count;
    int32_t *floors; /* of all of them */
    char misfit[PEAK_REASON_SIZE];
};

/* ---- spans ---- */

static int add_instant(struct spans *spans, int64_t at_us, struct err *err)
{
    if (at_us < 0 || at_us >= spans->of->scenario->horizon_us)
        return 0;
    if (array_reserve(&spans->instants, &spans->instant_capacity, spans->instant_count + INT64_C(1),
                      sizeof *spans->instants, err))
        return -1;
    spans->instants[spans->instant_count++] = at_us;
    return 0;
}

/* Everything at which the certain floors may change, each once; the last is the end of counting. */
static int list_instants(struct spans *spans, struct err *err)
{
    const struct scenario *scenario = spans->of->scenario;
    int64_t end_us = scenario->horizon_us;
    if (add_instant(spans, 0, err) != 0)
        return -1;
    for (int32_t i = 0; i < scenario->runner_count; i++)
        if (add_instant(spans, scenario->runners[i].arrival_us, err) != 0 ||
            add_instant(spans, scenario->runners[i].departure_us, err) != 0)
            return -1;
    for (int32_t i = 0; i < scenario->event_count; i++) {
        const struct event_def *event = &scenario->events[i];
        if (event->kind == EVENT_ADD_NODES && event->at_us < end_us)
            end_us = event->at_us;
        if (event->runner != NO_INDEX && add_instant(spans, event->at_us, err) != 0)
            return -1;
    }
    if (array_reserve(&spans->instants, &spans->instant_capacity, spans->instant_count + INT64_C(1),
                      sizeof *spans->instants, err))
        return -1;
    qsort(spans->instants, (size_t)spans->instant_count, sizeof *spans->instants, order_int64s);
    int32_t kept = 0;
    for (int32_t i = 0; i < spans->instant_count; i++)
        if (spans->instants[i] < end_us &&
            (kept == 0 || spans->instants[i] != spans->instants[kept - 1]))
            spans->instants[kept++] = spans->instants[i];
    spans->instant_count = kept;
    spans->instants[kept] = end_us;
    return 0;
}

/* The floors from an instant on, until the next one. */
static void floors_from(const struct scenario *scenario, int64_t at_us, int32_t *floors)
{
    peak_floors_at(scenario, at_us, floors);
    for (int32_t i = 0; i < scenario->runner_count; i++)
        if (scenario->runners[i].duration != NO_INDEX)
            floors[i] = 0;
}

/* Joins the instants [first, end) to one span. */
static void make_span(struct spans *spans, int32_t first, int32_t end, int32_t *scratch)
{
    const struct scenario *scenario = spans->of->scenario;
    struct span *span = &spans->items[spans->count];
    *span = (struct span){.from_us = spans->instants[first],
                          .until_us = spans->instants[end],
                          .floors = &spans->floors[(int64_t)spans->count * scenario->runner_count],
                          .same_as = -1};
    floors_from(scenario, span->from_us, span->floors);
    for (int32_t i = first + 1; i < end; i++) {
        floors_from(scenario, spans->instants[i], scratch);
        for (int32_t r = 0; r < scenario->runner_count; r++)
            if (scratch[r] < span->floors[r])
                span->floors[r] = scratch[r];
    }
    size_t size = sizeof *span->floors * (size_t)scenario->runner_count;
    for (int32_t i = 0; i < spans->count && span->same_as < 0; i++)
        if (memcmp(spans->items[i].floors, span->floors, size) == 0)
            span->same_as = i;
    spans->count++;
}

static int make_spans(struct spans *spans, struct err *err)
{
    int64_t runners = spans->of->scenario->runner_count;
    int64_t instants = spans->instant_count;
    int64_t wanted = instants < SPANS_MAX ? instants : SPANS_MAX;
    int32_t capacity = 0;
    if (array_reserve(&spans->floors, &capacity, (wanted + 1) * runners + 1, sizeof *spans->floors,
                      err))
        return -1;
    int32_t *scratch = &spans->floors[wanted * runners];
    for (int64_t i = 0; i < wanted; i++)
        make_span(spans, (int32_t)(i * instants / wanted), (int32_t)((i + 1) * instants / wanted),
                  scratch);
    return 0;
}

/* ---- the bound of a span ---- */

static int keep_answer(struct spans *spans, struct span *span, const struct instance_answer *answer,
                       struct err *err)
{
    const struct instance *instance = answer->instance;
    int64_t boost = peak_boost(&spans->nodes);
    int32_t capacity = 0;
    char at[UNITS_TEXT_SIZE];
    if (answer->misfit_count > 0 && spans->misfit[0] == '\0')
        snprintf(spans->misfit, sizeof spans->misfit, "%s (a floor at %s)", answer->reason,
                 print_duration(span->from_us, at));
    if (!answer->has_bound)
        return 0;
    span->bound = answer->bound.best_nano / boost;
    span->is_exact = answer->bound.is_exact;
    if (array_reserve(&span->prices, &capacity, instance->item_count + INT64_C(1),
                      sizeof *span->prices, err))
        return -1;
    for (int32_t i = 0; i < instance->item_count; i++) {
        double price =
            ldexp((double)answer->bound.prices[answer->cover.row_of[i]], -answer->bound.shift) /
            (double)boost;
        span->replicas += instance->items[i].demand;
        span->prices[span->price_count++] = (struct peak_price){
            .runner = instance->items[i].id,
            .demand = instance->items[i].demand,
            .usd_per_hour = price * 3600 / 1e11,
        };
    }
    return 0;
}

static int bound_span(struct spans *spans, struct span *span, struct err *err)
{
    struct instance instance;
    struct instance_answer answer;
    const int32_t *item_of;
    const struct peak_demand demand = {spans->of->scenario, &spans->nodes, span->floors, NULL};
    if (peak_instance_make(&instance, &demand, &item_of, err) != 0)
        return -1;
    int result = 0;
    span->is_exact = true;
    if (instance.item_count > 0) {
        result = instance_answer_find(&answer, &instance, err);
        if (result == 0) {
            result = keep_answer(spans, span, &answer, err);
            instance_answer_release(&answer);
        }
    }
    instance_release(&instance);
    return result;
}

static const struct span *original_of(const struct spans *spans, int32_t number)
{
    int32_t same = spans->items[number].same_as;
    return &spans->items[same >= 0 ? same : number];
}

/* ---- all of it ---- */

static int add_price(struct peak *peak, int32_t *capacity, const struct peak_price *price,
                     double weight, struct err *err)
{
    int32_t place = 0;
    while (place < peak->price_count && strcmp(peak->prices[place].runner, price->runner) != 0)
        place++;
    if (place == peak->price_count) {
        if (array_reserve(&peak->prices, capacity, place + INT64_C(1), sizeof *peak->prices, err))
            return -1;
        peak->prices[peak->price_count++] = (struct peak_price){.runner = price->runner};
    }
    struct peak_price *it = &peak->prices[place];
    it->usd_per_hour += weight * price->usd_per_hour;
    it->demand = price->demand > it->demand ? price->demand : it->demand;
    return 0;
}

int64_t paid_bound_rounding(const struct scenario *scenario)
{
    const int64_t micro_usd = 100000; /* in price_micro times seconds */
    return micro_usd * US_PER_S / scenario->horizon_us + 2;
}

static int sum_up(struct peak *peak, const struct spans *spans, struct err *err)
{
    const struct peak_of *of = spans->of;
    int64_t horizon = of->scenario->horizon_us;
    int128 paid = 0;
    int64_t highest = -1;
    int32_t capacity = 0;
    peak->is_exact = true;
    for (int32_t i = 0; i < spans->count; i++) {
        const struct span *span = original_of(spans, i);
        int64_t length = spans->items[i].until_us - spans->items[i].from_us;
        paid += (int128)span->bound * length;
        peak->is_exact = peak->is_exact && span->is_exact;
        for (int32_t k = 0; k < span->price_count; k++)
            if (add_price(peak, &capacity, &span->prices[k], (double)length / (double)horizon,
                          err) != 0)
                return -1;
        if (span->bound <= highest)
            continue;
        highest = span->bound;
        peak->at_us = spans->items[i].from_us;
        peak->replicas = span->replicas;
    }
    int64_t keeping = of->trial_count - of->failures_allowed;
    if (of->trial_count > 0)
        paid = paid * (keeping > 0 ? keeping : 0) / of->trial_count;
    peak->bound = (int64_t)(paid / horizon);
    peak->bound -= of->axes->is_priced ? paid_bound_rounding(of->scenario) : 0;
    peak->has_bound = peak->is_average = peak->bound > 0;
    return 0;
}

static int find(struct peak *peak, struct spans *spans, struct err *err)
{
    if (node_choice_make(&spans->nodes, spans->of->scenario, spans->of->axes, err) != 0 ||
        list_instants(spans, err) != 0 || make_spans(spans, err) != 0)
        return -1;
    for (int32_t i = 0; i < spans->count; i++)
        if (spans->items[i].same_as < 0 && bound_span(spans, &spans->items[i], err) != 0)
            return -1;
    if (spans->misfit[0] == '\0')
        return sum_up(peak, spans, err);
    snprintf(peak->impossible, sizeof peak->impossible, "%s", spans->misfit);
    return 0;
}

int paid_bound_find(struct peak *peak, const struct peak_of *of, struct err *err)
{
    struct spans spans = {.of = of};
    int result = find(peak, &spans, err);
    for (int32_t i = 0; i < spans.count; i++)
        free(spans.items[i].prices);
    free(spans.instants);
    free(spans.floors);
    plan_axes_release(&spans.nodes);
    return result;
}
