/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/traffic_rate.h"

#include <assert.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "base/int128.h"

static int64_t exponential_us(struct rng *rng, int64_t mean_us)
{
    struct rng_gsl_face face;
    double us = gsl_ran_exponential(rng_gsl(rng, &face), (double)mean_us);
    return us < 1 ? 1 : us > 0x1p60 ? INT64_C(1) << 60 : llround(us);
}

static double noise_factor(struct rate_cursor *cursor)
{
    double sigma = cursor->def->noise_sigma;
    struct rng_gsl_face face;
    return exp(gsl_ran_gaussian(rng_gsl(&cursor->noise, &face), sigma) - sigma * sigma / 2);
}

static void set_rate(struct rate_cursor *cursor)
{
    double rate = (double)cursor->def->pieces[cursor->piece].rate_micro * cursor->noise_factor;
    if (cursor->is_in_burst)
        rate *= cursor->def->burst_factor;
    cursor->rate_micro =
        rate < (double)TRAFFIC_RATE_MAX_MICRO ? llround(rate) : TRAFFIC_RATE_MAX_MICRO;
}

static void set_piece_end(struct rate_cursor *cursor)
{
    const struct traffic_def *def = cursor->def;
    if (cursor->piece + 1 < def->piece_count)
        cursor->piece_end_us = cursor->period_start_us + def->pieces[cursor->piece + 1].from_us;
    else if (def->period_us == INT64_MAX)
        cursor->piece_end_us = INT64_MAX;
    else
        cursor->piece_end_us = cursor->period_start_us + def->period_us;
}

static void next_piece(struct rate_cursor *cursor)
{
    cursor->piece++;
    if (cursor->piece == cursor->def->piece_count) {
        cursor->piece = 0;
        cursor->period_start_us += cursor->def->period_us;
    }
    set_piece_end(cursor);
}

void rate_cursor_init(struct rate_cursor *cursor, const struct traffic_def *def,
                      const struct rate_terms *terms)
{
    uint64_t runner = (uint64_t)terms->runner;
    *cursor = (struct rate_cursor){
        .def = def,
        .noise = rng_stream(terms->seed, "traffic-noise", runner),
        .bursts = rng_stream(terms->seed, "traffic-burst", runner),
        .period_start_us = -def->phase_us,
        .noise_end_us = INT64_MAX,
        .burst_end_us = INT64_MAX,
        .step_us = terms->step_us,
        .noise_factor = 1,
    };
    assert(def->pieces[0].from_us == 0);
    set_piece_end(cursor);
    while (cursor->piece_end_us <= 0)
        next_piece(cursor);
    if (def->noise_sigma > 0) {
        cursor->noise_factor = noise_factor(cursor);
        cursor->noise_end_us = cursor->step_us;
    }
    if (def->burst_gap_us > 0 && def->burst_length_us > 0)
        cursor->burst_end_us = exponential_us(&cursor->bursts, def->burst_gap_us);
    set_rate(cursor);
}

/* Everything that changes at the time at which the cursor stands. */
static void turn(struct rate_cursor *cursor)
{
    const struct traffic_def *def = cursor->def;
    if (cursor->now_us == cursor->piece_end_us)
        next_piece(cursor);
    if (cursor->now_us == cursor->noise_end_us) {
        cursor->noise_factor = noise_factor(cursor);
        cursor->noise_end_us += cursor->step_us;
    }
    if (cursor->now_us == cursor->burst_end_us) {
        cursor->is_in_burst = !cursor->is_in_burst;
        int64_t mean_us = cursor->is_in_burst ? def->burst_length_us : def->burst_gap_us;
        cursor->burst_end_us += exponential_us(&cursor->bursts, mean_us);
    }
    set_rate(cursor);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t rate_cursor_take(struct rate_cursor *cursor, int64_t until_us)
{
    int128 sum = cursor->remainder;
    assert(until_us >= cursor->now_us);
    while (cursor->now_us < until_us) {
        int64_t end_us = smaller(smaller(cursor->piece_end_us, cursor->noise_end_us),
                                 smaller(cursor->burst_end_us, until_us));
        sum += (int128)cursor->rate_micro * (end_us - cursor->now_us);
        cursor->now_us = end_us;
        turn(cursor);
    }
    int64_t unit = (int64_t)MICRO * cursor->def->divisor;
    cursor->remainder = (int64_t)(sum % unit);
    return (int64_t)(sum / unit);
}

/* `limit_us` is the next change of the rate, or the end of what is asked for. */
static bool reach_within_piece(struct rate_cursor *cursor, int64_t *units, int64_t limit_us)
{
    int64_t rate = cursor->rate_micro;
    int64_t room_us = limit_us - cursor->now_us;
    int64_t need_us = INT64_MAX;
    if (*units <= 0)
        need_us = 0;
    else if (rate > 0)
        need_us = (*units - 1) / rate + 1;
    if (need_us >= room_us) {
        *units -= rate * room_us;
        cursor->now_us = limit_us;
        return false;
    }
    *units -= rate * need_us;
    cursor->now_us += need_us;
    return true;
}

bool rate_cursor_reach(struct rate_cursor *cursor, int64_t *units, int64_t until_us)
{
    while (cursor->now_us < until_us) {
        int64_t change_us =
            smaller(smaller(cursor->piece_end_us, cursor->noise_end_us), cursor->burst_end_us);
        int64_t limit_us = smaller(change_us, until_us);
        if (reach_within_piece(cursor, units, limit_us))
            return true;
        if (limit_us == change_us)
            turn(cursor);
    }
    return false;
}
