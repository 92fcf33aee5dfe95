/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/stays.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/order.h"
#include "plan/floor_terms.h"
#include "plan/kind.h"
#include "sim/sim.h"

/* Example. A job comes at 1:00 and lives for 2 h; every demand has a place within 10 min: from 1:10
 * to 3:00 it is there, wherever and whenever it was placed. A service wishes 4 from 0:00 and 6 from
 * 8:00 on, with a floor of 3: three are there for sure, one more from 0:10, three more from 8:10.
 */

/* From an instant on a runner wishes so many; `asked` of them come new. */
struct terms {
    int64_t at_us;
    int32_t wish, floor, asked;
};

struct builder {
    struct stays *stays;
    const struct stays_of *of;
    struct sim sim; /* to know who arrives when, and how long replicas stay; it never runs */
    int64_t within_us, end_us;
    struct terms *terms; /* of one runner */
    int64_t *moments;    /* at which what it has may change, ascending */
    int32_t *values;     /* [moment] how many are there from then on */
    int64_t *evictors;   /* instants at which somebody comes who may evict, ascending */
    int32_t term_count, term_capacity, moment_count, moment_capacity, value_capacity;
    int32_t evictor_count, evictor_capacity;
    int64_t demand_count;           /* whose misses are counted */
    int64_t evicting, evicting_out; /* demands that may evict: of these, and of others */
};

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- what can be said at all ---- */

static bool is_calm(const struct event_def *event)
{
    switch (event->kind) {
    case EVENT_DRAIN_NODE:
    case EVENT_REMOVE_NODE:
    case EVENT_FAIL_NODE:
    case EVENT_DEPLOY:
    case EVENT_SET_STATUS:
    case EVENT_UPGRADE:
        return false;
    default:
        return true;
    }
}

static bool is_autoscaled(const struct runner_def *def)
{
    return def->traffic != NULL && def->traffic->autoscale.is_on;
}

static bool is_usable(const struct scenario *scenario)
{
    if (scenario->failure_count > 0 || scenario->spot_capacity_count > 0)
        return false;
    for (int32_t i = 0; i < scenario->event_count; i++)
        if (!is_calm(&scenario->events[i]))
            return false;
    for (int32_t i = 0; i < scenario->pool_count; i++) {
        const struct scaling_def *scaling = scenario->pools[i].scaling;
        if (scaling != NULL && scaling->consolidation == CONSOLIDATION_UNDERUTILIZED)
            return false;
    }
    for (int32_t i = 0; i < scenario->runner_count; i++)
        if (is_autoscaled(&scenario->runners[i]))
            return false;
    return true;
}

/* Nodes that nobody has decided on may be there from then on. */
static int64_t end_of_counting(const struct scenario *scenario)
{
    for (int32_t i = 0; i < scenario->event_count; i++) {
        const struct event_def *event = &scenario->events[i];
        bool opens = event->kind == EVENT_SET_POOL && event->is_schedulable;
        if ((event->kind == EVENT_ADD_NODES || opens) && event->at_us < scenario->horizon_us)
            return event->at_us;
    }
    return scenario->horizon_us;
}

/* ---- what a runner asks for ---- */

static int32_t kind_of(const struct builder *builder, int32_t runner)
{
    int32_t generator = builder->sim.runners[runner].generator;
    return generator == NO_INDEX ? runner : builder->of->scenario->runner_count + generator;
}

static int add_terms(struct builder *builder, struct terms terms, struct err *err)
{
    if (array_reserve(&builder->terms, &builder->term_capacity, builder->term_count + INT64_C(1),
                      sizeof *builder->terms, err))
        return -1;
    builder->terms[builder->term_count++] = terms;
    return 0;
}

/* One that gives up, or ends, is wished no more, so a new wish may ask for all of it. */
static int32_t asked_by(const struct runner_def *def, const struct event_def *event, int32_t before)
{
    if (event->num_replicas == NO_INDEX)
        return 0;
    if (def->duration != NO_INDEX || def->max_wait_us != TIME_NEVER)
        return event->num_replicas;
    return event->num_replicas > before ? event->num_replicas - before : 0;
}

/* From its arrival to its end, where it wishes none. Events of a generated runner: none. */
static int list_terms(struct builder *builder, int32_t runner, struct err *err)
{
    const struct scenario *scenario = builder->of->scenario;
    const struct sim_runner *it = &builder->sim.runners[runner];
    const struct runner_def *def = it->def;
    struct floor_terms terms = floor_terms_of(def);
    int64_t end_us = earlier(def->departure_us, scenario->horizon_us);
    int32_t event_count = it->generator == NO_INDEX ? scenario->event_count : 0;
    bool has_arrived = false;
    builder->term_count = 0;
    for (int32_t i = 0; i <= event_count; i++) {
        const struct event_def *event = i < event_count ? &scenario->events[i] : NULL;
        if (event != NULL && event->runner != runner)
            continue;
        int64_t at_us = event != NULL ? earlier(event->at_us, end_us) : end_us;
        if (!has_arrived && at_us >= it->arrival_us && end_us > it->arrival_us) {
            struct terms first = {it->arrival_us, terms.wish, terms.floor, terms.wish};
            has_arrived = true;
            if (add_terms(builder, first, err))
                return -1;
        }
        if (event == NULL || at_us == end_us || event->kind == EVENT_DEPART) {
            end_us = at_us;
            break;
        }
        if (event->kind != EVENT_SCALE)
            continue;
        int32_t asked = asked_by(def, event, terms.wish);
        floor_terms_scale(&terms, def, event);
        if (has_arrived &&
            add_terms(builder, (struct terms){at_us, terms.wish, terms.floor, asked}, err))
            return -1;
    }
    return has_arrived ? add_terms(builder, (struct terms){.at_us = end_us}, err) : 0;
}

/* Counts the demands of a runner, and notes when those come that may evict. */
static int count_demands(struct builder *builder, int32_t runner, struct err *err)
{
    const struct runner_def *def = builder->sim.runners[runner].def;
    bool is_counted = (builder->of->promise->priorities >> def->priority & 1) != 0;
    bool evicts = builder->of->evictions->evicts[kind_of(builder, runner)];
    if (list_terms(builder, runner, err) != 0)
        return -1;
    for (int32_t i = 0; i < builder->term_count; i++) {
        const struct terms *terms = &builder->terms[i];
        builder->demand_count += is_counted ? terms->asked : 0;
        if (!evicts || terms->asked == 0)
            continue;
        *(is_counted ? &builder->evicting : &builder->evicting_out) += terms->asked;
        if (array_reserve(&builder->evictors, &builder->evictor_capacity,
                          builder->evictor_count + INT64_C(1), sizeof *builder->evictors, err))
            return -1;
        builder->evictors[builder->evictor_count++] = terms->at_us;
    }
    return 0;
}

static int count_all_demands(struct builder *builder, struct err *err)
{
    const struct promise *promise = builder->of->promise;
    for (int32_t i = 0; i < builder->sim.runner_count; i++)
        if (count_demands(builder, i, err) != 0)
            return -1;
    if (builder->evictor_count > 0)
        qsort(builder->evictors, (size_t)builder->evictor_count, sizeof *builder->evictors,
              order_int64s);
    /* Who was evicted asks again, and is one of the demands. */
    int64_t victims = builder->of->evictions->victims_max;
    int64_t evictions = victims * (builder->evicting + builder->evicting_out);
    int64_t misses = promise_misses_max(promise, builder->demand_count + evictions);
    misses = misses > 0 ? misses : 0;
    int64_t late = misses < builder->evicting ? misses : builder->evicting;
    builder->stays->missing_max = misses + victims * (late + builder->evicting_out);
    return 0;
}

/* The first instant from `us` on at which somebody comes who may evict. */
static int64_t next_evictor(const struct builder *builder, int64_t us)
{
    int32_t low = 0, high = builder->evictor_count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (builder->evictors[middle] < us)
            low = middle + 1;
        else
            high = middle;
    }
    return low < builder->evictor_count ? builder->evictors[low] : TIME_NEVER;
}

/* ---- stays ---- */

static int begin_stay(struct stays *stays, struct stay stay, struct err *err)
{
    if (array_reserve(&stays->items, &stays->capacity, stays->count + INT64_C(1),
                      sizeof *stays->items, err))
        return -1;
    stay.first_span = stays->span_count;
    stays->items[stays->count++] = stay;
    return 0;
}

/* Of the last stay. */
static int add_span(struct stays *stays, struct stay_span span, struct err *err)
{
    if (span.from_us >= span.until_us)
        return 0;
    if (array_reserve(&stays->spans, &stays->span_capacity, stays->span_count + INT64_C(1),
                      sizeof *stays->spans, err))
        return -1;
    stays->spans[stays->span_count++] = span;
    stays->items[stays->count - 1].span_count++;
    return 0;
}

/* Replicas that end, each for itself. */
static int add_ending(struct builder *builder, int32_t runner, struct err *err)
{
    const struct sim_runner *it = &builder->sim.runners[runner];
    int32_t kind = kind_of(builder, runner);
    int64_t within_us = builder->within_us;
    int64_t end_us = earlier(it->def->departure_us, builder->end_us);
    if (builder->of->evictions->is_victim[kind])
        end_us = earlier(end_us, next_evictor(builder, it->arrival_us - within_us));
    for (int32_t i = 0; i < it->def->num_replicas; i++) {
        int64_t stay_us = sim_stay_us(&builder->sim, runner, i);
        struct stay_span span = {it->arrival_us + within_us, end_us};
        if (stay_us < end_us - it->arrival_us)
            span.until_us = it->arrival_us + stay_us;
        if (span.from_us < span.until_us &&
            (begin_stay(builder->stays, (struct stay){.kind = kind, .count = 1}, err) != 0 ||
             add_span(builder->stays, span, err) != 0))
            return -1;
    }
    return 0;
}

static int add_moment(struct builder *builder, int64_t at_us, struct err *err)
{
    if (array_reserve(&builder->moments, &builder->moment_capacity,
                      builder->moment_count + INT64_C(1), sizeof *builder->moments, err))
        return -1;
    builder->moments[builder->moment_count++] = at_us;
    return 0;
}

/* Its terms, T after each, and where it may be evicted the beginning and the end of such times. */
static int list_moments(struct builder *builder, bool is_victim, struct err *err)
{
    int64_t first_us = builder->terms[0].at_us;
    int64_t last_us = builder->terms[builder->term_count - 1].at_us;
    builder->moment_count = 0;
    for (int32_t i = 0; i < builder->term_count; i++)
        if (add_moment(builder, builder->terms[i].at_us, err) != 0 ||
            add_moment(builder, builder->terms[i].at_us + builder->within_us, err) != 0)
            return -1;
    for (int32_t i = 0; i < builder->evictor_count && is_victim; i++) {
        int64_t at_us = builder->evictors[i];
        int64_t over_us = at_us + 2 * builder->within_us;
        if (over_us > first_us && at_us < last_us &&
            (add_moment(builder, at_us, err) != 0 || add_moment(builder, over_us, err) != 0))
            return -1;
    }
    qsort(builder->moments, (size_t)builder->moment_count, sizeof *builder->moments, order_int64s);
    return array_reserve(&builder->values, &builder->value_capacity,
                         builder->moment_count + INT64_C(1), sizeof *builder->values, err);
}

/* How many floors there are from an instant on, and how many replicas beyond them. */
static int32_t floor_at(const struct builder *builder, int64_t at_us)
{
    int32_t floor = 0;
    for (int32_t i = 0; i < builder->term_count && builder->terms[i].at_us <= at_us; i++)
        floor = builder->terms[i].floor;
    return builder->of->promises->keeps_floors ? floor : 0;
}

static int32_t extras_at(const struct builder *builder, int64_t at_us, bool is_victim)
{
    int64_t count = -floor_at(builder, at_us);
    int32_t wish = 0;
    for (int32_t i = 0; i < builder->term_count && builder->terms[i].at_us <= at_us; i++) {
        wish = builder->terms[i].wish;
        if (at_us < builder->terms[i].at_us + builder->within_us)
            count -= builder->terms[i].asked;
    }
    count += wish;
    if (is_victim && next_evictor(builder, at_us - 2 * builder->within_us + 1) <= at_us)
        return 0;
    return count > 0 ? (int32_t)count : 0;
}

/* The lowest value above a level; the level itself: there is none. */
static int32_t next_level(const struct builder *builder, int32_t level)
{
    int32_t next = INT32_MAX;
    for (int32_t i = 0; i < builder->moment_count; i++)
        if (builder->values[i] > level && builder->values[i] < next)
            next = builder->values[i];
    return next < INT32_MAX ? next : level;
}

/* Layer by layer: what lies between two levels is there wherever the value is above the lower. */
static int add_layers(struct builder *builder, struct stay stay, struct err *err)
{
    int32_t below = 0;
    for (int32_t level; (level = next_level(builder, below)) > below; below = level) {
        stay.count = level - below;
        if (begin_stay(builder->stays, stay, err) != 0)
            return -1;
        for (int32_t i = 0; i + 1 < builder->moment_count; i++) {
            struct stay_span span = {builder->moments[i],
                                     earlier(builder->moments[i + 1], builder->end_us)};
            if (builder->values[i] >= level && add_span(builder->stays, span, err) != 0)
                return -1;
        }
    }
    return 0;
}

/* Replicas that run on. */
static int add_lasting(struct builder *builder, int32_t runner, bool counts_extras, struct err *err)
{
    struct stay stay = {.kind = kind_of(builder, runner), .is_sure = true};
    bool is_victim = builder->of->evictions->is_victim[stay.kind];
    if (list_terms(builder, runner, err) != 0)
        return -1;
    if (builder->term_count == 0)
        return 0;
    if (list_moments(builder, is_victim, err) != 0)
        return -1;
    for (int32_t i = 0; i < builder->moment_count; i++)
        builder->values[i] = floor_at(builder, builder->moments[i]);
    if (add_layers(builder, stay, err) != 0)
        return -1;
    stay.is_sure = false;
    for (int32_t i = 0; i < builder->moment_count; i++)
        builder->values[i] = extras_at(builder, builder->moments[i], is_victim);
    return counts_extras ? add_layers(builder, stay, err) : 0;
}

static int add_runner(struct builder *builder, int32_t runner, struct err *err)
{
    const struct scenario *scenario = builder->of->scenario;
    const struct sim_runner *it = &builder->sim.runners[runner];
    const struct runner_def *def = it->def;
    bool is_counted = (builder->of->promise->priorities >> def->priority & 1) != 0 &&
                      def->max_wait_us > builder->within_us;
    bool is_listed = it->generator == NO_INDEX;
    if (def->blocked_by != NULL || it->arrival_us >= scenario->horizon_us ||
        (def->deployment != NO_INDEX && scenario->deployments[def->deployment].is_disabled))
        return 0;
    if (def->duration == NO_INDEX)
        return add_lasting(builder, runner, is_counted, err);
    if (!is_counted || (is_listed && (scenario_has_event(scenario, EVENT_SCALE, runner) ||
                                      scenario_has_event(scenario, EVENT_DEPART, runner))))
        return 0;
    return add_ending(builder, runner, err);
}

/* ---- all of it ---- */

static int build(struct builder *builder, struct err *err)
{
    if (count_all_demands(builder, err) != 0)
        return -1;
    for (int32_t i = 0; i < builder->sim.runner_count; i++)
        if (add_runner(builder, i, err) != 0)
            return -1;
    builder->stays->is_usable = true;
    return 0;
}

int stays_make(struct stays *stays, const struct stays_of *of, struct err *err)
{
    const struct scenario *scenario = of->scenario;
    const struct sim_options options = {.has_seed = true, .seed = of->seed};
    struct builder builder = {.stays = stays,
                              .of = of,
                              .within_us = of->promise->within_us,
                              .end_us = end_of_counting(scenario)};
    *stays = (struct stays){.is_usable = false};
    if (!is_usable(scenario) || !of->evictions->is_bounded ||
        of->promise->within_us >= scenario->horizon_us)
        return 0;
    if (sim_init(&builder.sim, scenario, &options, err) != 0)
        return -1;
    int result = build(&builder, err);
    sim_release(&builder.sim);
    free(builder.terms);
    free(builder.moments);
    free(builder.values);
    free(builder.evictors);
    if (result != 0)
        stays_release(stays);
    return result;
}

void stays_release(struct stays *stays)
{
    free(stays->items);
    free(stays->spans);
    *stays = (struct stays){.is_usable = false};
}
