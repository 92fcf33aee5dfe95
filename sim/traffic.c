/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/traffic.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/units.h"
#include "sim/engine.h"
#include "sim/queueing.h"

/* More than any runner can serve in a step, and far from the end of 64 bits. */
static const int64_t amount_max = INT64_MAX / 8;
/* A parcel's waits are taken at so many points of it. */
enum { PARCEL_POINTS = 8, SERVICE_POINTS = 256 };
/* exp(-50) is nothing. */
static const double relaxed_steps = 50;

/* ---- one step of one runner ---- */

struct fluid_step {
    int64_t from_us, until_us;
    int64_t offered_micro;
    int64_t capacity_micro;  /* what could be served */
    int64_t service_from_us; /* when the first replica ran */
    int64_t served_micro;    /* so far */
    int128 slot_us;
    bool has_requests; /* see struct traffic_window */
    int128 wait_area;  /* of the steady-state waits, micro x us */
    struct station_wait wait;
};

static int64_t service_start(const struct sim_traffic *it, const struct fluid_step *step,
                             int128 running_area, int64_t running)
{
    if (it->was_running || running == 0)
        return step->from_us;
    int64_t length_us = (int64_t)(running_area / running);
    int64_t start_us = step->until_us - length_us;
    return start_us > step->from_us ? start_us : step->from_us;
}

/* A queue near its capacity takes long to become what it is in the steady state. Its mean length
 * goes there as exp(-t / relaxation), the relaxation time being that of a reflected Brownian motion
 * of its drift and variance (J. M. Harrison, "Brownian Motion and Stochastic Flow Systems", 1985,
 * section 5.6, to the order of magnitude): 2 variability S rho / (c (1 - rho)^2). */
static void relax(struct sim_traffic *it, const struct fluid_step *step,
                  const struct station *station, struct station_wait *wait)
{
    double length_us = (double)(step->until_us - step->from_us);
    double arrivals_per_us = (double)step->offered_micro / MICRO / length_us;
    double steady = wait->share > 0 ? arrivals_per_us * wait->share / wait->rate : 0;
    double servers = (double)station->servers;
    double idle = 1 - fmin(station->load / servers, UTILIZATION_STEADY_MAX);
    double relaxation_us = (station->arrival_cv2 + station->service_cv2) *
                           station->service_mean_us * (1 - idle) / (servers * idle * idle);
    double steps = relaxation_us > 0 ? length_us / relaxation_us : relaxed_steps;
    double decay = steps < relaxed_steps ? exp(-steps) : 0;
    double mean = steady + (it->queue_mean - steady) * (1 - decay) / steps;
    it->queue_mean = steady + (it->queue_mean - steady) * decay;
    if (wait->share > 0 && mean > 0)
        wait->rate *= steady / mean;
}

static struct station_wait wait_of_step(struct sim_traffic *it, const struct fluid_step *step)
{
    int64_t length_us = step->until_us - step->service_from_us;
    if (step->slot_us == 0 || length_us == 0) {
        it->queue_mean = 0;
        return (struct station_wait){0};
    }
    int128 servers = (step->slot_us + length_us / 2) / length_us;
    struct station station = {
        .servers = servers < 1 ? 1 : (int64_t)servers,
        .load = (double)step->offered_micro / MICRO * (double)it->def->service_mean_us /
                (double)(step->until_us - step->from_us),
        .service_mean_us = (double)it->def->service_mean_us,
        .arrival_cv2 = it->def->is_regular ? 0 : 1,
        .service_cv2 = it->def->service_cv2,
    };
    struct station_wait wait = station_wait(&station);
    relax(it, step, &station, &wait);
    return wait;
}

/* What came, and what could be served, since the last step. */
static struct fluid_step measure(const struct sim *sim, struct sim_traffic *it, int64_t until_us)
{
    const struct integral *running = &sim->metrics.runners[it->runner].running;
    struct fluid_step step = {.from_us = it->now_us, .until_us = until_us};
    int128 area = integral_area(running, sim->now_us);
    step.offered_micro = rate_cursor_take(&it->cursor, until_us);
    step.slot_us = (area - it->running_area) * sim->runners[it->runner].def->num_threads;
    int128 capacity = step.slot_us * MICRO / it->def->service_mean_us;
    step.capacity_micro = capacity < amount_max ? (int64_t)capacity : amount_max;
    step.service_from_us = service_start(it, &step, area - it->running_area, running->value);
    step.wait = wait_of_step(it, &step);
    it->running_area = area;
    it->was_running = running->value > 0;
    return step;
}

static void serve_at_once(struct sim_traffic *it, struct fluid_step *step, int64_t amount_micro)
{
    wait_histogram_add_wait(&it->waits, amount_micro, &step->wait);
    if (step->wait.share > 0)
        step->wait_area +=
            (int128)((double)amount_micro * step->wait.share / step->wait.rate + 0.5);
}

/* Part of a parcel, in its order: it was served while the capacity from `step->served_micro` on was
 * used up. A request cannot be served before it comes. */
static void serve_part(struct sim_traffic *it, struct fluid_step *step,
                       const struct traffic_parcel *parcel, int64_t amount_micro)
{
    double window_us = (double)(step->until_us - step->service_from_us);
    double length_us = (double)(parcel->until_us - parcel->from_us);
    int64_t given = 0;
    for (int i = 0; i < PARCEL_POINTS; i++) {
        int64_t share = (int64_t)((int128)amount_micro * (i + 1) / PARCEL_POINTS) - given;
        double middle = (double)given + (double)share / 2;
        double come_us =
            (double)parcel->from_us + length_us * middle / (double)parcel->amount_micro;
        double served_us =
            (double)step->service_from_us +
            window_us * ((double)step->served_micro + middle) / (double)step->capacity_micro;
        int64_t wait_us = llround(served_us - come_us);
        given += share;
        if (wait_us > 0)
            wait_histogram_add(&it->waits, share, wait_us);
        else
            serve_at_once(it, step, share);
    }
    step->served_micro += amount_micro;
}

static int put_parcel(struct sim_traffic *it, const struct fluid_step *step, struct err *err)
{
    if (it->first_parcel > 0 && it->first_parcel >= it->parcel_count / 2) {
        for (int32_t i = it->first_parcel; i < it->parcel_count; i++)
            it->parcels[i - it->first_parcel] = it->parcels[i];
        it->parcel_count -= it->first_parcel;
        it->first_parcel = 0;
    }
    if (array_reserve(&it->parcels, &it->parcel_capacity, it->parcel_count + INT64_C(1),
                      sizeof *it->parcels, err))
        return -1;
    it->parcels[it->parcel_count++] =
        (struct traffic_parcel){step->from_us, step->until_us, step->offered_micro};
    it->waiting_micro += step->offered_micro;
    return 0;
}

static void serve_parcels(struct sim_traffic *it, struct fluid_step *step)
{
    while (it->first_parcel < it->parcel_count && step->served_micro < step->capacity_micro) {
        struct traffic_parcel *parcel = &it->parcels[it->first_parcel];
        int64_t left_micro = step->capacity_micro - step->served_micro;
        int64_t amount = parcel->amount_micro < left_micro ? parcel->amount_micro : left_micro;
        serve_part(it, step, parcel, amount);
        it->waiting_micro -= amount;
        if (amount == parcel->amount_micro) {
            it->first_parcel++;
            continue;
        }
        int128 length_us = parcel->until_us - parcel->from_us;
        parcel->from_us += (int64_t)(length_us * amount / parcel->amount_micro);
        parcel->amount_micro -= amount;
    }
}

/* Takes the newest out of the queue until no more than `limit_micro` wait. */
static int128 drop_beyond(struct sim_traffic *it, int128 limit_micro)
{
    int128 dropped = 0;
    while (it->waiting_micro > limit_micro) {
        struct traffic_parcel *parcel = &it->parcels[it->parcel_count - 1];
        int128 excess = it->waiting_micro - limit_micro;
        int64_t amount = excess < parcel->amount_micro ? (int64_t)excess : parcel->amount_micro;
        parcel->amount_micro -= amount;
        it->waiting_micro -= amount;
        dropped += amount;
        if (parcel->amount_micro == 0)
            it->parcel_count--;
    }
    it->totals.dropped_micro += dropped;
    return dropped;
}

/* ---- cold starts ---- */

static void end_cold_start(struct sim_traffic *it, int64_t now_us)
{
    int64_t us = now_us - it->cold_since_us;
    it->is_cold = false;
    it->totals.cold_us_sum += us;
    if (us > it->totals.cold_us_max)
        it->totals.cold_us_max = us;
}

/* Requests that come while no replica runs begin a cold start; the first that runs ends it. */
static void follow_cold_starts(struct sim_traffic *it, const struct fluid_step *step,
                               bool was_running)
{
    bool has_served = step->slot_us > 0;
    bool has_come = step->has_requests;
    int64_t cold_until_us = has_served ? step->service_from_us : step->until_us;
    if (was_running || it->def->is_rejected || (cold_until_us == step->from_us && !it->is_cold))
        return;
    int64_t length_us = step->until_us - step->from_us;
    it->totals.cold_micro +=
        (int128)step->offered_micro * (cold_until_us - step->from_us) / length_us;
    if (!it->is_cold && has_come) {
        it->is_cold = true;
        it->cold_since_us = step->from_us;
        it->totals.cold_start_count++;
    }
    if (it->is_cold && has_served)
        end_cold_start(it, cold_until_us);
}

/* ---- counting ---- */

static void count_in_bins(const struct sim *sim, struct sim_traffic *it,
                          const struct fluid_step *step, double dropped, double waiting)
{
    int64_t bin_us = sim->metrics.bin_us;
    double length_us = (double)(step->until_us - step->from_us);
    for (int64_t at_us = step->from_us; at_us < step->until_us;) {
        int64_t bin = at_us / bin_us;
        int64_t end_us = (bin + 1) * bin_us < step->until_us ? (bin + 1) * bin_us : step->until_us;
        double part = (double)(end_us - at_us) / length_us;
        struct traffic_bin *to = &it->bins[bin < TIMELINE_BINS ? bin : TIMELINE_BINS - 1];
        to->offered += part * (double)step->offered_micro / MICRO;
        to->served += part * (double)step->served_micro / MICRO;
        to->capacity += part * (double)step->capacity_micro / MICRO;
        to->dropped += part * dropped / MICRO;
        to->waiting_s += (double)(end_us - at_us) / US_PER_S * waiting / MICRO;
        at_us = end_us;
    }
}

static int put_window(const struct sim *sim, struct sim_traffic *it,
                      const struct traffic_window *window, struct err *err)
{
    int64_t step_us = sim->scenario->traffic_step_us;
    int64_t count = (it->def->autoscale.history_us + step_us - 1) / step_us;
    if (count < 1)
        count = 1;
    if (array_reserve(&it->windows, &it->window_capacity, count, sizeof *it->windows, err))
        return -1;
    it->windows[it->window_next] = *window;
    it->window_next = (int32_t)((it->window_next + 1) % count);
    if (it->window_count < count)
        it->window_count++;
    return 0;
}

/* Requests in flight over the step: those in service, and the mean of those that wait, dropped ones
 * too. */
static int128 in_flight_area(const struct sim_traffic *it, const struct fluid_step *step,
                             int128 waited_before)
{
    int128 waiting = waited_before + it->waiting_micro;
    return (int128)step->served_micro * it->def->service_mean_us + step->wait_area +
           waiting * (step->until_us - step->from_us) / 2;
}

static int advance(struct sim *sim, struct sim_traffic *it, int64_t until_us, struct err *err)
{
    if (until_us == it->now_us)
        return 0;
    bool was_running = it->was_running;
    int128 waited_before = it->waiting_micro;
    struct fluid_step step = measure(sim, it, until_us);
    bool is_plain = it->waiting_micro == 0 && step.service_from_us == step.from_us &&
                    step.offered_micro <= step.capacity_micro;
    step.has_requests =
        it->totals.offered_micro / MICRO != (it->totals.offered_micro + step.offered_micro) / MICRO;
    it->totals.offered_micro += step.offered_micro;
    if (is_plain) {
        serve_at_once(it, &step, step.offered_micro);
        step.served_micro = step.offered_micro;
    } else {
        if (step.offered_micro > 0 && put_parcel(it, &step, err))
            return -1;
        serve_parcels(it, &step);
    }
    step.has_requests = step.has_requests || waited_before >= MICRO;
    follow_cold_starts(it, &step, was_running);
    struct traffic_window window = {
        .in_flight_area = in_flight_area(it, &step, waited_before),
        .us = until_us - step.from_us,
        .has_requests = step.has_requests,
    };
    int128 limit = it->def->is_rejected ? 0 : (int128)it->def->queue_limit * MICRO;
    int128 dropped = drop_beyond(it, limit);
    it->totals.served_micro += step.served_micro;
    it->totals.slot_us += step.slot_us;
    it->totals.busy_area += (int128)step.served_micro * it->def->service_mean_us;
    it->now_us = until_us;
    double waiting = (double)(waited_before + it->waiting_micro) / 2;
    count_in_bins(sim, it, &step, (double)dropped, waiting);
    return put_window(sim, it, &window, err);
}

/* ---- the autoscaler ---- */

static struct autoscale_view view_of(const struct sim *sim, const struct sim_traffic *it)
{
    struct autoscale_view view = {
        .now_us = sim->now_us,
        .wish = sim->runners[it->runner].wish,
        .slots = sim->runners[it->runner].def->num_threads,
    };
    bool has_requests = false;
    for (int32_t i = 0; i < it->window_count; i++) {
        view.in_flight_area += it->windows[i].in_flight_area;
        view.window_us += it->windows[i].us;
        has_requests = has_requests || it->windows[i].has_requests;
    }
    if (!has_requests)
        view.in_flight_area = 0;
    int32_t last = it->window_next > 0 ? it->window_next - 1 : it->window_count - 1;
    view.has_requests = it->windows[last].has_requests;
    return view;
}

static int autoscale(struct sim *sim, struct sim_traffic *it, struct err *err)
{
    const struct autoscale_def *def = &it->def->autoscale;
    int32_t before = sim->runners[it->runner].wish;
    if (!def->is_on || it->window_count == 0)
        return 0;
    struct autoscale_view view = view_of(sim, it);
    struct runner_scale scale = {.runner = it->runner, .min_replicas = NO_INDEX};
    bool had_effect;
    scale.num_replicas = autoscaler_wish(&it->autoscaler, def, &view);
    if (scale.num_replicas > it->totals.wish_max)
        it->totals.wish_max = scale.num_replicas;
    if (scale.num_replicas == before)
        return 0;
    it->totals.scale_up_count += scale.num_replicas > before;
    it->totals.scale_down_count += scale.num_replicas < before;
    return runner_scale(sim, &scale, &had_effect, err);
}

/* ---- all of them ---- */

int traffic_build(struct sim *sim, struct err *err)
{
    int32_t count = 0;
    for (int32_t i = 0; i < sim->runner_count; i++)
        count += sim->runners[i].def->traffic != NULL;
    if (count == 0)
        return 0;
    assert(sim->scenario->traffic_step_us > 0);
    if (array_reserve(&sim->traffics, &sim->traffic_capacity, count, sizeof *sim->traffics, err))
        return -1;
    for (int32_t i = 0; i < sim->runner_count; i++) {
        const struct traffic_def *def = sim->runners[i].def->traffic;
        if (!def)
            continue;
        struct rate_terms terms = {sim->seed, i, sim->scenario->traffic_step_us};
        struct sim_traffic *it = &sim->traffics[sim->traffic_count++];
        *it = (struct sim_traffic){
            .def = def,
            .runner = i,
            .now_us = -1,
            .totals = {.wish_max = sim->runners[i].wish},
        };
        rate_cursor_init(&it->cursor, def, &terms);
    }
    return traffic_plan(sim, err);
}

int traffic_plan(struct sim *sim, struct err *err)
{
    struct event event = {
        .time_us = sim->now_us + sim->scenario->traffic_step_us,
        .kind = ACTION_TRAFFIC,
        .subject = NO_INDEX,
    };
    return sim_push(sim, EVENT_CLASS_AUTOSCALER, &event, err);
}

/* Traffic is counted from the arrival of the runner to its departure; what then waits is dropped.
 */
static int count_up_to_now(struct sim *sim, struct sim_traffic *it, struct err *err)
{
    const struct sim_runner *runner = &sim->runners[it->runner];
    if (it->is_over || !runner->has_arrived)
        return 0;
    if (it->now_us < 0) {
        it->now_us = runner->arrival_us;
        it->autoscaler.busy_us = runner->arrival_us;
        rate_cursor_take(&it->cursor, runner->arrival_us);
    }
    it->is_over = runner->departed_us != TIME_NEVER;
    if (advance(sim, it, it->is_over ? runner->departed_us : sim->now_us, err))
        return -1;
    if (it->is_over)
        drop_beyond(it, 0);
    return 0;
}

int traffic_step(struct sim *sim, struct err *err)
{
    for (int32_t i = 0; i < sim->traffic_count; i++) {
        struct sim_traffic *it = &sim->traffics[i];
        if (count_up_to_now(sim, it, err) || (!it->is_over && autoscale(sim, it, err)))
            return -1;
    }
    return traffic_plan(sim, err);
}

int traffic_finish(struct sim *sim, struct err *err)
{
    double values_us[SERVICE_POINTS];
    for (int32_t i = 0; i < sim->traffic_count; i++) {
        struct sim_traffic *it = &sim->traffics[i];
        if (count_up_to_now(sim, it, err))
            return -1;
        if (it->is_cold)
            end_cold_start(it, it->now_us);
        for (int j = 0; j < SERVICE_POINTS; j++)
            values_us[j] = dist_quantile_us(&it->def->service, (j + 0.5) / SERVICE_POINTS);
        wait_histogram_convolve(&it->waits, values_us, SERVICE_POINTS, &it->responses);
    }
    return 0;
}

void traffic_release(struct sim *sim)
{
    for (int32_t i = 0; i < sim->traffic_count; i++) {
        free(sim->traffics[i].parcels);
        free(sim->traffics[i].windows);
    }
    free(sim->traffics);
}

/* ---- checks ---- */

static bool is_consistent(const struct sim_traffic *it)
{
    int128 in_parcels = 0;
    int128 in_bins = 0;
    for (int32_t i = it->first_parcel; i < it->parcel_count; i++)
        in_parcels += it->parcels[i].amount_micro;
    for (int32_t i = 0; i < WAIT_BINS; i++)
        in_bins += it->waits.bins_micro[i];
    const struct traffic_totals *totals = &it->totals;
    return in_parcels == it->waiting_micro && in_bins == it->waits.total_micro &&
           it->waits.total_micro == totals->served_micro &&
           totals->offered_micro ==
               totals->served_micro + totals->dropped_micro + it->waiting_micro;
}

int traffic_check(const struct sim *sim, struct err *err)
{
    for (int32_t i = 0; i < sim->traffic_count; i++)
        if (!is_consistent(&sim->traffics[i]))
            return err_set(err, ERR_SYSTEM,
                           "contradiction: requests = served + dropped + waiting of runner %d",
                           sim->traffics[i].runner);
    return 0;
}
