/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/traffic_kinds.h"

#include <stdlib.h>

#include "base/units.h"

/* Traffic as single requests: the station of a runner between the engine's clock and its books. */

static int64_t slots_of(const struct sim *sim, const struct sim_traffic *it)
{
    return sim->runners[it->runner].def->num_threads;
}

/* Which of the runners of its deployment it is. */
static int32_t part_of(const struct sim *sim, const struct sim_traffic *it)
{
    int32_t deployment = sim->runners[it->runner].def->deployment;
    return deployment == NO_INDEX
               ? 0
               : it->runner - sim->scenario->deployments[deployment].first_runner;
}

int requests_begin(struct sim *sim, struct sim_traffic *it, struct err *err)
{
    struct station_options options = {
        .slots = (int32_t)slots_of(sim, it),
        .queue_limit = it->is_rejected ? 0 : it->def->queue_limit,
        .slo = it->def->slo,
        .drops_interrupted = it->def->drops_interrupted,
    };
    struct request_terms terms = {
        .rate = {sim->seed, it->runner, sim->scenario->traffic_step_us},
        .from_us = it->now_us,
        .end_us = sim->end_us,
        .part = part_of(sim, it),
    };
    it->station = calloc(1, sizeof *it->station);
    if (!it->station)
        return err_no_memory(err);
    return request_station_init(it->station, &options, it->def, &terms, err);
}

void requests_release(struct sim_traffic *it)
{
    if (it->station)
        request_station_release(it->station);
    free(it->station);
    it->station = NULL;
}

/* What the station has counted since the last time, into the totals and the time bin of an instant.
 */
static void take_counts(const struct sim *sim, struct sim_traffic *it, int64_t in_bin_us)
{
    const struct request_counts *now = &it->station->counts;
    const struct request_counts *before = &it->counted;
    int64_t bin = in_bin_us / sim->metrics.bin_us;
    struct traffic_bin *to = &it->bins[bin < TIMELINE_BINS ? bin : TIMELINE_BINS - 1];
    int64_t offered = now->offered - before->offered;
    int64_t served = now->served - before->served;
    int64_t dropped = now->dropped - before->dropped;
    int128 waiting_area = now->waiting_area - before->waiting_area;
    int128 busy_area = now->busy_area - before->busy_area;
    to->offered += (double)offered;
    to->served += (double)served;
    to->dropped += (double)dropped;
    to->waiting_s += (double)waiting_area / US_PER_S;
    to->waited_s += (double)(it->station->waits.us_sum - it->counted_wait_us) / US_PER_S;
    it->counted_wait_us = it->station->waits.us_sum;
    it->look.in_flight_area += (waiting_area + busy_area) * MICRO;
    it->look.has_requests =
        it->look.has_requests || offered > 0 || waiting_area > 0 || busy_area > 0;
    it->totals.offered_micro += (int128)offered * MICRO;
    it->totals.served_micro += (int128)served * MICRO;
    it->totals.dropped_micro += (int128)dropped * MICRO;
    it->totals.cold_micro += (int128)(now->cold - before->cold) * MICRO;
    it->totals.busy_area += busy_area * MICRO;
    it->waiting_micro = ((int128)it->station->queue_count + it->station->end_count) * MICRO;
    it->counted = *now;
}

/* A cold start begins with the first request that comes upon no running replica. */
static void follow_cold_starts(struct sim_traffic *it)
{
    if (it->is_cold || it->station->first_cold_us < 0 || it->is_rejected)
        return;
    it->is_cold = true;
    it->cold_since_us = it->station->first_cold_us;
    it->totals.cold_start_count++;
}

int requests_advance(struct sim *sim, struct sim_traffic *it, int64_t until_us, struct err *err)
{
    int64_t bin_us = sim->metrics.bin_us;
    while (it->now_us < until_us) {
        int64_t bin = it->now_us / bin_us;
        int64_t end_us = (bin + 1) * bin_us < until_us ? (bin + 1) * bin_us : until_us;
        int64_t us = end_us - it->now_us;
        int128 slot_us = (int128)it->station->open_count * slots_of(sim, it) * us;
        if (request_station_advance(it->station, end_us, err))
            return -1;
        take_counts(sim, it, it->now_us);
        it->bins[bin < TIMELINE_BINS ? bin : TIMELINE_BINS - 1].capacity +=
            (double)slot_us / (double)it->def->service_mean_us;
        it->totals.slot_us += slot_us;
        it->look.us += us;
        it->now_us = end_us;
        follow_cold_starts(it);
    }
    return 0;
}

void requests_end(struct sim *sim, struct sim_traffic *it)
{
    request_station_end(it->station);
    take_counts(sim, it, it->now_us);
}

void requests_set_rejected(struct sim *sim, struct sim_traffic *it)
{
    request_station_limit(it->station, it->is_rejected ? 0 : it->def->queue_limit);
    take_counts(sim, it, it->now_us);
}

int requests_open(struct sim_traffic *it, int32_t replica, struct err *err)
{
    if (it->is_cold)
        traffic_end_cold_start(it, it->now_us);
    return request_station_open(it->station, replica, err);
}

int requests_take(struct sim *sim, struct sim_traffic *it, int32_t replica, struct err *err)
{
    if (request_station_take(it->station, replica, err))
        return -1;
    take_counts(sim, it, it->now_us);
    return 0;
}

bool requests_are_consistent(const struct sim *sim, const struct sim_traffic *it)
{
    if (!it->station)
        return it->totals.offered_micro == 0;
    /* Its other counts may have changed since it->now_us, but not this one. */
    const struct runner_stats *stats = &sim->metrics.runners[it->runner];
    int128 area =
        stats->running.area + (int128)stats->running.value * (it->now_us - stats->since_us);
    return request_station_is_consistent(it->station) &&
           it->totals.slot_us == area * slots_of(sim, it) && it->waits.total_micro == 0;
}
