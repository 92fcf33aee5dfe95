/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/peak.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/int128.h"
#include "base/order.h"
#include "base/units.h"
#include "plan/floor_terms.h"
#include "plan/instance_answer.h"
#include "plan/kind.h"
#include "plan/loss_bound.h"
#include "plan/node_choice.h"
#include "plan/paid_bound.h"
#include "plan/peak_instance.h"
#include "plan/promise_bound.h"
#include "plan/variant.h"
#include "plan/worth.h"

/* ---- which floors count when ---- */

/* Is it certain that this runner's floor must be met while it is there? */
static bool is_certain(const struct scenario *scenario, const struct runner_def *def)
{
    if (def->blocked_by != NULL || (def->traffic != NULL && def->traffic->autoscale.is_on))
        return false;
    return def->deployment == NO_INDEX || !scenario->deployments[def->deployment].is_disabled;
}

/* Events of the instant itself have happened. */
static void apply_events(const struct scenario *scenario, int64_t at_us, int32_t *floors)
{
    for (int32_t i = 0; i < scenario->event_count; i++) {
        const struct event_def *event = &scenario->events[i];
        if (event->at_us > at_us)
            return;
        if (event->runner == NO_INDEX)
            continue;
        /* Who has been disabled once may or may not be there later. */
        if (event->kind == EVENT_DEPART || event->kind == EVENT_SET_STATUS)
            floors[event->runner] = 0;
    }
}

/* The floor that is certainly in force after the scale events up to the instant. */
static int32_t scaled_floor(const struct scenario *scenario, int32_t runner, int64_t at_us)
{
    const struct runner_def *def = &scenario->runners[runner];
    struct floor_terms terms = floor_terms_of(def);
    for (int32_t i = 0; i < scenario->event_count && scenario->events[i].at_us <= at_us; i++)
        if (scenario->events[i].kind == EVENT_SCALE && scenario->events[i].runner == runner)
            floor_terms_scale(&terms, def, &scenario->events[i]);
    return terms.floor;
}

void peak_floors_at(const struct scenario *scenario, int64_t at_us, int32_t *floors)
{
    for (int32_t i = 0; i < scenario->runner_count; i++) {
        const struct runner_def *def = &scenario->runners[i];
        floors[i] = 0;
        if (!is_certain(scenario, def) || at_us < def->arrival_us || at_us >= def->departure_us)
            continue;
        if (def->duration != NO_INDEX)
            floors[i] = def->arrival_us == at_us && !scenario_has_event(scenario, EVENT_SCALE, i)
                            ? floor_terms_of(def).floor
                            : 0;
        else
            floors[i] = scaled_floor(scenario, i, at_us);
    }
    apply_events(scenario, at_us, floors);
}

/* ---- the instants to look at ---- */

/* What is asked for in all at an instant. */
enum { SUM_REPLICAS, SUM_CPU, SUM_MEMORY, SUM_SHARE, SUM_COUNT };

struct instants {
    const struct scenario *scenario;
    int64_t *items; /* ascending, each once */
    int32_t *floors;
    int32_t count, capacity, floor_capacity;
    int64_t end_us; /* none from here on */
};

static int add_instant(struct instants *instants, int64_t at_us, struct err *err)
{
    if (at_us >= instants->end_us)
        return 0;
    if (array_reserve(&instants->items, &instants->capacity, instants->count + INT64_C(1),
                      sizeof *instants->items, err))
        return -1;
    instants->items[instants->count++] = at_us;
    return 0;
}

static int list_instants(struct instants *instants, struct err *err)
{
    const struct scenario *scenario = instants->scenario;
    instants->end_us = scenario->horizon_us;
    for (int32_t i = 0; i < scenario->event_count; i++)
        if (scenario->events[i].kind == EVENT_ADD_NODES &&
            scenario->events[i].at_us < instants->end_us)
            instants->end_us = scenario->events[i].at_us;
    for (int32_t i = 0; i < scenario->runner_count; i++)
        if (scenario->runners[i].floor > 0 &&
            add_instant(instants, scenario->runners[i].arrival_us, err) != 0)
            return -1;
    for (int32_t i = 0; i < scenario->event_count; i++)
        if (scenario->events[i].kind == EVENT_SCALE &&
            add_instant(instants, scenario->events[i].at_us, err) != 0)
            return -1;
    if (instants->count > 0)
        qsort(instants->items, (size_t)instants->count, sizeof *instants->items, order_int64s);
    int32_t kept = 0;
    for (int32_t i = 0; i < instants->count; i++)
        if (i == 0 || instants->items[i] != instants->items[i - 1])
            instants->items[kept++] = instants->items[i];
    instants->count = kept;
    return 0;
}

/* Where looking at all instants would take long, only at some of them, evenly spread. */
static void thin_out(struct instants *instants)
{
    const int64_t steps_max = 200 * 1000 * 1000;
    int64_t steps =
        (int64_t)instants->scenario->runner_count * (1 + instants->scenario->event_count);
    int64_t most = steps > 0 ? steps_max / steps : instants->count;
    if (most < 1)
        most = 1;
    if (instants->count <= most)
        return;
    for (int64_t i = 0; i < most; i++)
        instants->items[i] = instants->items[i * instants->count / most];
    instants->count = (int32_t)most;
}

static void sum_floors(const struct scenario *scenario, const int32_t *floors, double *sums)
{
    memset(sums, 0, sizeof *sums * SUM_COUNT);
    for (int32_t i = 0; i < scenario->runner_count; i++) {
        const struct shape *shape = &scenario->shapes.items[scenario->runners[i].shape];
        sums[SUM_REPLICAS] += floors[i];
        sums[SUM_CPU] += (double)floors[i] * (double)shape->cpu_milli;
        sums[SUM_MEMORY] += (double)floors[i] * (double)shape->mem_bytes;
        sums[SUM_SHARE] += (double)floors[i] * shape->device_count * shape->share_milli;
    }
}

/* Keeps of the instants those at which most is asked for, of each resource the first. Any would
 * give a valid bound; these give high ones. */
static int choose_instants(struct instants *instants, struct err *err)
{
    double highest[SUM_COUNT] = {0};
    int64_t chosen[SUM_COUNT];
    int32_t count = 0;
    if (array_reserve(&instants->floors, &instants->floor_capacity,
                      instants->scenario->runner_count + INT64_C(1), sizeof *instants->floors, err))
        return -1;
    thin_out(instants);
    memset(chosen, -1, sizeof chosen);
    for (int32_t i = 0; i < instants->count; i++) {
        double sums[SUM_COUNT];
        peak_floors_at(instants->scenario, instants->items[i], instants->floors);
        sum_floors(instants->scenario, instants->floors, sums);
        for (int r = 0; r < SUM_COUNT; r++)
            if (sums[r] > highest[r]) {
                highest[r] = sums[r];
                chosen[r] = instants->items[i];
            }
    }
    for (int r = 0; r < SUM_COUNT; r++) {
        bool is_new = chosen[r] >= 0;
        for (int32_t i = 0; i < count; i++)
            is_new = is_new && instants->items[i] != chosen[r];
        if (is_new)
            instants->items[count++] = chosen[r];
    }
    instants->count = count;
    return 0;
}

/* ---- one instant ---- */

static int compare_prices(const void *a, const void *b)
{
    const struct peak_price *left = a;
    const struct peak_price *right = b;
    if (left->usd_per_hour != right->usd_per_hour)
        return left->usd_per_hour > right->usd_per_hour ? -1 : 1;
    return strcmp(left->runner, right->runner);
}

/* USD an hour of a price of the instance. */
static double usd_of(double price, int64_t boost)
{
    return price / (double)boost * 3600 / 1e11;
}

static int keep_prices(struct peak *peak, const struct instance_answer *answer, int64_t boost,
                       struct err *err)
{
    const struct instance *instance = answer->instance;
    int32_t capacity = 0;
    free(peak->prices);
    peak->prices = NULL;
    peak->price_count = 0;
    if (array_reserve(&peak->prices, &capacity, instance->item_count + INT64_C(1),
                      sizeof *peak->prices, err))
        return -1;
    for (int32_t i = 0; i < instance->item_count; i++) {
        double price =
            ldexp((double)answer->bound.prices[answer->cover.row_of[i]], -answer->bound.shift);
        peak->prices[peak->price_count++] = (struct peak_price){
            .runner = instance->items[i].id,
            .demand = instance->items[i].demand,
            .usd_per_hour = usd_of(price, boost),
        };
    }
    if (peak->price_count > 0)
        qsort(peak->prices, (size_t)peak->price_count, sizeof *peak->prices, compare_prices);
    return 0;
}

/* The price of a unit of the input. */
static double resource_price(const struct instance_answer *answer, enum peak_resource resource)
{
    return answer->bound.resource_prices[resource] / answer->cover.unit[resource] * 1e9;
}

static int keep_worth(struct peak *peak, const struct instance_answer *answer, int64_t boost,
                      struct err *err)
{
    const double gib = 1024.0 * 1024 * 1024;
    struct peak_worth *worth = &peak->worth;
    int32_t capacity = 0, count = answer->instance->type_count;
    if (worth->nodes == NULL &&
        array_reserve(&worth->nodes, &capacity, count, sizeof *worth->nodes, err))
        return -1;
    if (worth_find(answer, worth->nodes, err) != 0)
        return -1;
    for (int32_t i = 0; i < count; i++)
        worth->nodes[i] = usd_of(worth->nodes[i], boost);
    worth->core = usd_of(resource_price(answer, PEAK_CPU), boost);
    worth->gib = usd_of(resource_price(answer, PEAK_MEMORY) * gib, boost);
    worth->device = usd_of(resource_price(answer, PEAK_DEVICES), boost);
    return 0;
}

static int keep_start(struct peak *peak, const struct instance_answer *answer, struct err *err)
{
    int32_t capacity = 0;
    int32_t count = answer->instance->type_count;
    if (!answer->is_feasible)
        return 0;
    if (peak->start == NULL &&
        array_reserve(&peak->start, &capacity, count, sizeof *peak->start, err))
        return -1;
    for (int32_t i = 0; i < count; i++) {
        int64_t used = answer->plan.used[i];
        int64_t most = answer->instance->types[i].node_max;
        peak->start[i] = (int32_t)(used < most ? used : most);
    }
    return 0;
}

static int keep_answer(struct peak *peak, const struct peak_demand *demand,
                       const struct instance_answer *answer, int64_t at_us, struct err *err)
{
    int64_t boost = peak_boost(demand->axes);
    if (answer->misfit_count > 0) {
        char at[UNITS_TEXT_SIZE];
        snprintf(peak->impossible, sizeof peak->impossible, "%s (a floor at %s)", answer->reason,
                 print_duration(at_us, at));
        return 0;
    }
    if (answer->is_proved_infeasible && peak->impossible[0] == '\0') {
        char at[UNITS_TEXT_SIZE];
        snprintf(peak->impossible, sizeof peak->impossible,
                 "no choice of the nodes allowed holds the floors at %s: all were tried",
                 print_duration(at_us, at));
    }
    if (!answer->has_bound || (peak->has_bound && answer->bound.best_nano / boost <= peak->bound))
        return 0;
    peak->has_bound = true;
    peak->is_exact = answer->bound.is_exact;
    peak->at_us = at_us;
    peak->bound = answer->bound.best_nano / boost;
    peak->replicas = 0;
    for (int32_t i = 0; i < answer->instance->item_count; i++)
        peak->replicas += answer->instance->items[i].demand;
    return keep_start(peak, answer, err) || keep_prices(peak, answer, boost, err) ||
                   keep_worth(peak, answer, boost, err)
               ? -1
               : 0;
}

/* Does the highest fleet have less of a resource than is asked of it? */
static void compare_volume(struct peak *peak, const struct instance *instance, int64_t at_us)
{
    for (int32_t r = 0; r < instance->resource_count; r++) {
        int128 asked = 0, there = 0;
        for (int32_t i = 0; i < instance->item_count; i++)
            asked += (int128)instance->items[i].req[r] * instance->items[i].demand;
        for (int32_t i = 0; i < instance->type_count; i++)
            there += (int128)instance->types[i].alloc[r] * instance->types[i].node_max;
        if (asked <= there || peak->impossible[0] != '\0')
            continue;
        char at[UNITS_TEXT_SIZE];
        if (there == 0)
            snprintf(peak->impossible, sizeof peak->impossible,
                     "at %s the floors ask for %s, of which the highest fleet has none",
                     print_duration(at_us, at), instance->resources[r]);
        else
            snprintf(peak->impossible, sizeof peak->impossible,
                     "at %s the floors ask for %.0f %% of the %s that the highest fleet has",
                     print_duration(at_us, at), 100 * int128_ratio(asked, there),
                     instance->resources[r]);
    }
}

static int look_at(struct peak *peak, const struct peak_demand *demand, int64_t at_us,
                   struct err *err)
{
    struct instance instance;
    const int32_t *item_of;
    if (peak_instance_make(&instance, demand, &item_of, err) != 0)
        return -1;
    compare_volume(peak, &instance, at_us);
    int result = 0;
    if (instance.item_count > 0 && peak->impossible[0] == '\0') {
        struct instance_answer answer;
        result = instance_answer_find(&answer, &instance, err);
        if (result == 0) {
            result = keep_answer(peak, demand, &answer, at_us, err);
            instance_answer_release(&answer);
        }
    }
    instance_release(&instance);
    return result;
}

/* ---- all of it ---- */

static bool asks_for_floors(const struct target_set *targets)
{
    for (int32_t i = 0; i < targets->count; i++) {
        const struct target *target = &targets->items[i];
        if (target->metric < 0 || target->operator!= TARGET_AT_MOST || target->number> 0)
            continue;
        const struct metric_choice *choice = &targets->metrics.items[target->metric];
        if (choice->priority == METRIC_ALL_PRIORITIES &&
            strcmp(choice->metric->name, "below_floor_h") == 0)
            return true;
    }
    return false;
}

/* The axes that are left without spot nodes. */
static int without_spot(struct plan_axes *axes, const struct peak_of *of, struct err *err)
{
    if (array_reserve(&axes->items, &axes->capacity, of->axes->count, sizeof *axes->items, err))
        return -1;
    for (int32_t i = 0; i < of->axes->count; i++) {
        axes->items[i] = of->axes->items[i];
        if (plan_is_spot(of->scenario, axes->items[i].pool, axes->items[i].type))
            axes->items[i].low = axes->items[i].high = 0;
    }
    axes->count = of->axes->count;
    axes->is_priced = of->axes->is_priced;
    return 0;
}

static int32_t find_spot(const struct survive_list *survives)
{
    for (int32_t i = 0; i < survives->count; i++)
        if (survives->items[i].kind == SURVIVE_SPOT)
            return i;
    return -1;
}

static int look_at_instants(struct peak *peak, const struct peak_of *of,
                            const struct plan_axes *axes, struct err *err)
{
    struct instants instants = {.scenario = of->scenario};
    int result = list_instants(&instants, err);
    if (result == 0)
        result = choose_instants(&instants, err);
    for (int32_t i = 0; i < instants.count && result == 0; i++) {
        peak_floors_at(of->scenario, instants.items[i], instants.floors);
        const struct peak_demand demand = {of->scenario, axes, instants.floors, NULL};
        result = look_at(peak, &demand, instants.items[i], err);
    }
    free(instants.items);
    free(instants.floors);
    return result;
}

static int64_t higher(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void raise_bounds(struct peak *peak, const struct peak_of *of)
{
    const struct loss_bound_of loss = {of->scenario, of->axes, of->survives};
    const struct loss_bound floors = loss_bound_find(&loss, peak->floor_bound);
    const struct loss_bound runs = loss_bound_find(&loss, peak->run_bound);
    if (!peak->has_bound)
        return;
    peak->floor_bound = floors.bound;
    peak->run_bound = runs.bound;
    peak->survive = peak->target >= 0 ? runs.survive : floors.survive;
    for (int32_t i = 0; i < peak->price_count; i++)
        peak->prices[i].usd_per_hour *= floors.factor;
    if ((floors.is_impossible || runs.is_impossible) && peak->impossible[0] == '\0')
        snprintf(peak->impossible, sizeof peak->impossible,
                 "all nodes are in one zone, without which no %s",
                 floors.is_impossible ? "floor can be met" : "demand has a place");
}

/* At prices of stays a limited node may be worth more than it costs, so a bound above all that may
 * be bought says that this is not enough, and not how much would be. */
static void forget_run_bound(struct peak *peak)
{
    peak->run_bound = 0;
    peak->bound = peak->floor_bound;
    peak->has_bound = peak->floor_bound > 0;
    peak->target = -1;
}

/* Is the bound above all that may be bought? */
static void compare_with_highest(struct peak *peak, const struct plan_axes *axes)
{
    int64_t highest = 0;
    for (int32_t i = 0; i < axes->count; i++)
        highest += axes->items[i].price_micro * axes->items[i].high;
    if (!peak->has_bound || peak->bound <= highest || peak->impossible[0] != '\0')
        return;
    char at[UNITS_TEXT_SIZE];
    const char *unit = axes->is_priced ? "USD an hour" : "nodes";
    double size = axes->is_priced ? 3600 / 1e11 : 1;
    if (peak->target >= 0) {
        snprintf(peak->impossible, sizeof peak->impossible,
                 "the demand of the %" PRId32 " run%s of the search takes more than all nodes that "
                 "are allowed: %.4f %s",
                 peak->run_count, plural_end(peak->run_count), (double)highest * size, unit);
        forget_run_bound(peak);
    } else {
        snprintf(peak->impossible, sizeof peak->impossible,
                 "the floors at %s%s take nodes for %.4f %s at least, and the highest fleet has "
                 "%.4f",
                 print_duration(peak->at_us, at),
                 peak->survive >= 0 ? ", with what is to be survived," : "",
                 (double)peak->bound * size, unit, (double)highest * size);
    }
}

static void explain_misfit(struct peak *peak, const struct peak_of *of,
                           const struct promise_bound *runs)
{
    char target[TARGET_TEXT_SIZE];
    snprintf(peak->impossible, sizeof peak->impossible,
             "%s fits no node that may be bought, and more of it comes than may miss \"%s\"",
             kind_name(of->scenario, runs->misfit),
             target_print(of->targets, runs->misfit_target, target));
}

/* What targets about waits add: `axes` are the nodes that there may be. */
static int look_at_runs(struct peak *peak, const struct peak_of *of, const struct plan_axes *axes,
                        struct err *err)
{
    struct promise_bound runs;
    if (promise_bound_find(&runs, of, axes, err) != 0)
        return -1;
    peak->run_bound = runs.bound;
    peak->run_count = runs.run_count;
    if (runs.misfit >= 0 && peak->impossible[0] == '\0')
        explain_misfit(peak, of, &runs);
    if (runs.bound > peak->floor_bound) {
        peak->has_bound = true;
        peak->target = runs.target;
    }
    return 0;
}

/* Of pools that scale. */
static int look_at_paid(struct peak *peak, const struct peak_of *of, struct err *err)
{
    struct plan_axes nodes = {.count = 0};
    int result = asks_for_floors(of->targets) ? paid_bound_find(peak, of, err) : 0;
    if (result == 0 && peak->price_count > 0)
        qsort(peak->prices, (size_t)peak->price_count, sizeof *peak->prices, compare_prices);
    peak->floor_bound = peak->has_bound ? peak->bound : 0;
    if (result == 0)
        result = node_choice_make(&nodes, of->scenario, of->axes, err);
    if (result == 0)
        result = look_at_runs(peak, of, &nodes, err);
    peak->is_average = peak->has_bound;
    plan_axes_release(&nodes);
    return result;
}

/* Of fixed pools. For losses of all kinds the bound is raised from that of all nodes, but where
 * spot nodes are to be survived, it is that of the others as it is. */
static int look_at_fleet(struct peak *peak, const struct peak_of *of, struct err *err)
{
    struct plan_axes others = {.count = 0};
    int32_t spot = find_spot(&of->survives);
    const struct plan_axes *axes = spot >= 0 ? &others : of->axes;
    int result = spot >= 0 ? without_spot(&others, of, err) : 0;
    if (result == 0 && asks_for_floors(of->targets))
        result = look_at_instants(peak, of, axes, err);
    peak->floor_bound = peak->has_bound ? peak->bound : 0;
    if (result == 0)
        result = look_at_runs(peak, of, axes, err);
    if (spot >= 0)
        peak->survive = peak->has_bound ? spot : -1;
    else
        raise_bounds(peak, of);
    peak->bound = higher(peak->floor_bound, peak->run_bound);
    compare_with_highest(peak, axes);
    plan_axes_release(&others);
    return result;
}

int peak_make(struct peak *peak, const struct peak_of *of, struct err *err)
{
    *peak = (struct peak){.survive = -1, .target = -1};
    int result = of->axes->is_scaling ? look_at_paid(peak, of, err) : look_at_fleet(peak, of, err);
    peak->bound = higher(peak->floor_bound, peak->run_bound);
    if (result != 0)
        peak_release(peak);
    return result == 0 ? 0 : -1;
}

void peak_release(struct peak *peak)
{
    free(peak->start);
    free(peak->prices);
    free(peak->worth.nodes);
    *peak = (struct peak){0};
}
