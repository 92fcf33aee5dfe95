/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/traffic_kinds.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/units.h"
#include "sim/queueing.h"

/* Traffic as a fluid: see traffic.h. */

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
    bool has_requests;       /* see struct traffic_window */
    int128 wait_area;        /* of the steady-state waits, micro x us */
    double parcel_wait_area; /* waits of what was served of the queue */
    struct station_wait wait;
    bool is_bounded; /* the queue is short: it fills and empties many times in the step */
    double lost;     /* then: share of what comes upon a full queue */
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

/* A bounded queue is full and empty so often within a step that only its steady state counts. */
static const int64_t turns_of_bounded_queue = 4;

static bool is_bounded(const struct sim_traffic *it, const struct fluid_step *step)
{
    int64_t limit = it->def->queue_limit;
    return limit <= QUEUE_LIMIT_STEADY_MAX && step->service_from_us == step->from_us &&
           limit * turns_of_bounded_queue * MICRO <= step->capacity_micro;
}

static void set_wait(struct sim_traffic *it, struct fluid_step *step)
{
    int64_t length_us = step->until_us - step->service_from_us;
    if (step->slot_us == 0 || length_us == 0) {
        it->queue_mean = 0;
        return;
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
    step->is_bounded = is_bounded(it, step);
    if (step->is_bounded) {
        struct station_loss loss = station_loss(&station, it->def->queue_limit);
        step->lost = loss.lost;
        step->wait = loss.wait;
        it->queue_mean = 0;
        return;
    }
    step->wait = station_wait(&station);
    relax(it, step, &station, &step->wait);
}

/* What came, and what could be served, since the last step. */
static struct fluid_step measure(const struct sim *sim, struct sim_traffic *it, int64_t until_us)
{
    const struct runner_stats *stats = &sim->metrics.runners[it->runner];
    int32_t running = stats->running.value;
    struct fluid_step step = {.from_us = it->now_us, .until_us = until_us};
    int128 area = runner_area(stats, &stats->running, sim->now_us);
    step.offered_micro = rate_cursor_take(&it->cursor, until_us);
    step.slot_us = (area - it->running_area) * sim->runners[it->runner].def->num_threads;
    int128 capacity = step.slot_us * MICRO / it->def->service_mean_us;
    step.capacity_micro = capacity < amount_max ? (int64_t)capacity : amount_max;
    step.service_from_us = service_start(it, &step, area - it->running_area, running);
    set_wait(it, &step);
    it->running_area = area;
    it->was_running = running > 0;
    return step;
}

static void serve_at_once(struct sim_traffic *it, struct fluid_step *step, int64_t amount_micro)
{
    step->wait_area += (int128)(wait_mixture_add(it->mixture, amount_micro, &step->wait) + 0.5);
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
        if (wait_us > 0) {
            wait_histogram_add(&it->waits, share, wait_us);
            step->parcel_wait_area += (double)share * (double)wait_us;
        } else
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
void fluid_drop_beyond(struct sim_traffic *it, int128 limit_micro)
{
    while (it->waiting_micro > limit_micro) {
        struct traffic_parcel *parcel = &it->parcels[it->parcel_count - 1];
        int128 excess = it->waiting_micro - limit_micro;
        int64_t amount = excess < parcel->amount_micro ? (int64_t)excess : parcel->amount_micro;
        parcel->amount_micro -= amount;
        it->waiting_micro -= amount;
        it->totals.dropped_micro += amount;
        if (parcel->amount_micro == 0)
            it->parcel_count--;
    }
}

/* ---- cold starts ---- */

/* Requests that come while no replica runs begin a cold start; the first that runs ends it. */
static void follow_cold_starts(struct sim_traffic *it, const struct fluid_step *step,
                               bool was_running)
{
    bool has_served = step->slot_us > 0;
    bool has_come = step->has_requests;
    int64_t cold_until_us = has_served ? step->service_from_us : step->until_us;
    if (was_running || it->is_rejected || (cold_until_us == step->from_us && !it->is_cold))
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
        traffic_end_cold_start(it, cold_until_us);
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
        to->waited_s +=
            part * ((double)step->wait_area + step->parcel_wait_area) / MICRO / US_PER_S;
        to->waiting_s += (double)(end_us - at_us) / US_PER_S * waiting / MICRO;
        at_us = end_us;
    }
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

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What waited from before is served first; of what comes, a share is lost, and no more is served
 * than can be. */
static void serve_bounded(struct sim_traffic *it, struct fluid_step *step)
{
    serve_parcels(it, step);
    int64_t lost_micro = (int64_t)((double)step->offered_micro * step->lost + 0.5);
    int64_t amount_micro =
        smaller(step->offered_micro - lost_micro, step->capacity_micro - step->served_micro);
    serve_at_once(it, step, amount_micro);
    step->served_micro += amount_micro;
    it->totals.dropped_micro += step->offered_micro - amount_micro;
}

/* What came in the step, and what waited before it, is served as far as that can be; the rest
 * waits.
 */
static int serve(struct sim_traffic *it, struct fluid_step *step, struct err *err)
{
    if (step->is_bounded) {
        serve_bounded(it, step);
        return 0;
    }
    if (it->waiting_micro == 0 && step->service_from_us == step->from_us &&
        step->offered_micro <= step->capacity_micro) {
        serve_at_once(it, step, step->offered_micro);
        step->served_micro = step->offered_micro;
        return 0;
    }
    if (step->offered_micro > 0 && put_parcel(it, step, err))
        return -1;
    serve_parcels(it, step);
    return 0;
}

int fluid_advance(struct sim *sim, struct sim_traffic *it, int64_t until_us, struct err *err)
{
    if (until_us == it->now_us)
        return 0;
    bool was_running = it->was_running;
    int128 waited_before = it->waiting_micro;
    struct fluid_step step = measure(sim, it, until_us);
    int128 dropped_before = it->totals.dropped_micro;
    step.has_requests =
        it->totals.offered_micro / MICRO != (it->totals.offered_micro + step.offered_micro) / MICRO;
    it->totals.offered_micro += step.offered_micro;
    if (serve(it, &step, err))
        return -1;
    step.has_requests = step.has_requests || waited_before >= MICRO;
    follow_cold_starts(it, &step, was_running);
    it->look.in_flight_area += in_flight_area(it, &step, waited_before);
    it->look.us += until_us - step.from_us;
    it->look.has_requests = it->look.has_requests || step.has_requests;
    int128 limit = it->is_rejected ? 0 : (int128)it->def->queue_limit * MICRO;
    fluid_drop_beyond(it, limit);
    it->totals.served_micro += step.served_micro;
    it->totals.slot_us += step.slot_us;
    it->totals.busy_area += (int128)step.served_micro * it->def->service_mean_us;
    it->now_us = until_us;
    double waiting = (double)(waited_before + it->waiting_micro) / 2 +
                     (double)step.wait_area / (double)(until_us - step.from_us);
    double dropped = (double)(it->totals.dropped_micro - dropped_before);
    count_in_bins(sim, it, &step, dropped, waiting);
    return 0;
}

int fluid_begin(struct sim_traffic *it, struct err *err)
{
    it->mixture = calloc(1, sizeof *it->mixture);
    return it->mixture ? 0 : err_no_memory(err);
}

static double service_quantile_us(const struct traffic_def *def, double q)
{
    if (def->services_us)
        return (double)def->services_us[(int32_t)(q * def->row_count)];
    return dist_quantile_us(&def->service, q);
}

void fluid_finish(struct sim_traffic *it)
{
    if (!it->mixture)
        return;
    wait_mixture_pour(it->mixture, &it->waits);
    free(it->mixture);
    it->mixture = NULL;
    double values_us[SERVICE_POINTS];
    for (int i = 0; i < SERVICE_POINTS; i++)
        values_us[i] = service_quantile_us(it->def, (i + 0.5) / SERVICE_POINTS);
    wait_histogram_convolve(&it->waits, values_us, SERVICE_POINTS, &it->responses);
}

bool fluid_is_consistent(const struct sim_traffic *it)
{
    int128 in_parcels = 0;
    int128 in_bins = it->mixture ? it->mixture->at_once_micro : 0;
    int128 served = it->waits.total_micro + (it->mixture ? it->mixture->total_micro : 0);
    for (int32_t i = 0; it->mixture && i < WAIT_CLASSES; i++)
        in_bins += it->mixture->classes[i].micro;
    for (int32_t i = it->first_parcel; i < it->parcel_count; i++)
        in_parcels += it->parcels[i].amount_micro;
    for (int32_t i = 0; i < WAIT_BINS; i++)
        in_bins += it->waits.bins_micro[i];
    return in_parcels == it->waiting_micro && in_bins == served &&
           served == it->totals.served_micro;
}
