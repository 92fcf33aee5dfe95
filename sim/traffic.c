/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/traffic.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "sim/engine.h"
#include "sim/traffic_kinds.h"

/* ---- what both fidelities use ---- */

void traffic_end_cold_start(struct sim_traffic *it, int64_t now_us)
{
    int64_t us = now_us - it->cold_since_us;
    it->is_cold = false;
    it->totals.cold_us_sum += us;
    if (us > it->totals.cold_us_max)
        it->totals.cold_us_max = us;
}

/* What was seen since the last look becomes one of the latest steps. */
static int put_window(const struct sim *sim, struct sim_traffic *it, struct err *err)
{
    if (it->look.us == 0)
        return 0;
    int64_t step_us = sim->scenario->traffic_step_us;
    int64_t count = (it->def->autoscale.history_us + step_us - 1) / step_us;
    if (count < 1)
        count = 1;
    if (array_reserve(&it->windows, &it->window_capacity, count, sizeof *it->windows, err))
        return -1;
    it->windows[it->window_next] = it->look;
    it->look = (struct traffic_window){0};
    it->window_next = (int32_t)((it->window_next + 1) % count);
    if (it->window_count < count)
        it->window_count++;
    return 0;
}

/* ---- the autoscaler ---- */

static struct autoscale_view view_of(const struct sim *sim, const struct sim_traffic *it)
{
    struct autoscale_view view = {
        .now_us = sim->now_us,
        .wish = sim->runners[it->runner].wish - sim->runners[it->runner].surge,
        .slots = sim->runners[it->runner].def->num_threads,
    };
    int64_t running = sim->metrics.runners[it->runner].running.value;
    view.running_slots = running * view.slots;
    view.waiting_micro = it->station ? (int128)it->station->queue_count * MICRO : it->waiting_micro;
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
    const struct sim_runner *runner = &sim->runners[it->runner];
    int32_t before = runner->wish - runner->surge;
    if (!def->is_on || it->is_rejected || it->window_count == 0)
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

/* Plans the end of the next step. */
static int plan_step(struct sim *sim, struct err *err)
{
    struct event event = {
        .time_us = sim->now_us + sim->scenario->traffic_step_us,
        .kind = ACTION_TRAFFIC,
        .subject = NO_INDEX,
    };
    return sim_push(sim, EVENT_CLASS_AUTOSCALER, &event, err);
}

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
            .is_rejected = def->is_rejected,
            .totals = {.wish_max = sim->runners[i].wish},
        };
        rate_cursor_init(&it->cursor, def, &terms);
    }
    return plan_step(sim, err);
}

static bool is_of_requests(const struct sim_traffic *it)
{
    return it->def->fidelity == FIDELITY_REQUESTS;
}

static int begin(struct sim *sim, struct sim_traffic *it, struct err *err)
{
    it->now_us = sim->runners[it->runner].arrival_us;
    it->autoscaler.busy_us = it->now_us;
    rate_cursor_take(&it->cursor, it->now_us);
    return is_of_requests(it) ? requests_begin(sim, it, err) : fluid_begin(it, err);
}

/* The runner has left: what still waits is dropped. */
static int end(struct sim *sim, struct sim_traffic *it, struct err *err)
{
    int64_t departed_us = sim->runners[it->runner].departed_us;
    it->is_over = true;
    if (is_of_requests(it)) {
        if (requests_advance(sim, it, departed_us, err))
            return -1;
        requests_end(sim, it);
        return 0;
    }
    if (fluid_advance(sim, it, departed_us, err))
        return -1;
    fluid_drop_beyond(it, 0);
    return 0;
}

/* Traffic is counted from the arrival of the runner to its departure; after that its replicas may
 * still end what they serve. */
static int count_up_to_now(struct sim *sim, struct sim_traffic *it, struct err *err)
{
    const struct sim_runner *runner = &sim->runners[it->runner];
    if (!runner->has_arrived)
        return 0;
    if (it->now_us < 0 && begin(sim, it, err))
        return -1;
    if (!it->is_over && runner->departed_us != TIME_NEVER && end(sim, it, err))
        return -1;
    if (is_of_requests(it))
        return requests_advance(sim, it, sim->now_us, err);
    return it->is_over ? 0 : fluid_advance(sim, it, sim->now_us, err);
}

int traffic_step(struct sim *sim, struct err *err)
{
    for (int32_t i = 0; i < sim->traffic_count; i++) {
        struct sim_traffic *it = &sim->traffics[i];
        if (count_up_to_now(sim, it, err) || put_window(sim, it, err) ||
            (!it->is_over && autoscale(sim, it, err)))
            return -1;
    }
    return plan_step(sim, err);
}

int traffic_finish(struct sim *sim, struct err *err)
{
    for (int32_t i = 0; i < sim->traffic_count; i++) {
        struct sim_traffic *it = &sim->traffics[i];
        if (count_up_to_now(sim, it, err))
            return -1;
        if (it->is_cold)
            traffic_end_cold_start(it, it->now_us);
        if (!is_of_requests(it))
            fluid_finish(it);
    }
    return 0;
}

void traffic_release(struct sim *sim)
{
    for (int32_t i = 0; i < sim->traffic_count; i++) {
        free(sim->traffics[i].parcels);
        free(sim->traffics[i].windows);
        free(sim->traffics[i].mixture);
        requests_release(&sim->traffics[i]);
    }
    free(sim->traffics);
}

/* ---- replicas come and go ---- */

/* The traffic of a runner, or NULL. */
static struct sim_traffic *find_traffic(struct sim *sim, int32_t runner)
{
    int32_t low = 0;
    int32_t high = sim->traffic_count;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (sim->traffics[middle].runner < runner)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sim->traffic_count && sim->traffics[low].runner == runner ? &sim->traffics[low]
                                                                           : NULL;
}

int traffic_change(struct sim *sim, int32_t replica, enum station_change change, struct err *err)
{
    struct sim_traffic *it = find_traffic(sim, sim->sched.replicas[replica].runner);
    if (!it || !is_of_requests(it))
        return 0;
    if (count_up_to_now(sim, it, err))
        return -1;
    switch (change) {
    case STATION_OPENS:
        return requests_open(it, replica, err);
    case STATION_CLOSES:
        request_station_close(it->station, replica);
        return 0;
    case STATION_GOES:
        break;
    }
    return requests_take(sim, it, replica, err);
}

int traffic_set_rejected(struct sim *sim, int32_t runner, bool is_rejected, struct err *err)
{
    struct sim_traffic *it = find_traffic(sim, runner);
    if (!it)
        return 0;
    if (count_up_to_now(sim, it, err))
        return -1;
    it->is_rejected = is_rejected;
    if (it->now_us < 0 || it->is_over)
        return 0;
    if (is_rejected && it->is_cold)
        traffic_end_cold_start(it, it->now_us);
    if (it->station)
        requests_set_rejected(sim, it);
    else if (is_rejected)
        fluid_drop_beyond(it, 0);
    return 0;
}

/* ---- checks ---- */

static bool is_consistent(const struct sim *sim, const struct sim_traffic *it)
{
    const struct traffic_totals *totals = &it->totals;
    if (totals->offered_micro != totals->served_micro + totals->dropped_micro + it->waiting_micro)
        return false;
    return is_of_requests(it) ? requests_are_consistent(sim, it) : fluid_is_consistent(it);
}

int traffic_check(const struct sim *sim, struct err *err)
{
    for (int32_t i = 0; i < sim->traffic_count; i++)
        if (!is_consistent(sim, &sim->traffics[i]))
            return err_set(err, ERR_SYSTEM,
                           "contradiction: requests = served + dropped + waiting of runner %d",
                           sim->traffics[i].runner);
    return 0;
}
