/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_AUTOSCALER_H
#define STOWAGE_SIM_AUTOSCALER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/int128.h"
#include "scenarios/traffic.h"

/* How many replicas a runner with traffic wishes. Desired are as many as the mean number of
 * requests in flight (waiting or being served) over the window asks for, each replica filled to the
 * utilization that is aimed at, and from `low` to `high`. Then:
 *
 * - More than the wish: at once to what is desired, where the last such step is at least up_delay
 *   ago; the first, one from 0, and one from below `low` do not wait.
 *   With holds_up instead: once more has been desired at every look for up_delay; only from 0, and
 *   from below `low`, at once. In both: at once where a burst of requests waits.
 * - Fewer: to what is desired, once it has been below the wish at every look for down_delay. With
 *   steps_down one replica goes then, and the next after another down_delay.
 * - None: only where `low` is 0. The last replica stays until to_zero_delay has passed without any
 *   request; what is above one goes as before. */

struct autoscaler {
    int64_t last_up_us;     /* where has_scaled_up */
    int64_t below_since_us; /* where is_below */
    int64_t busy_us;        /* the last look that saw a request; 0 at first */
    int64_t above_since_us; /* where is_above */
    bool has_scaled_up, is_below, is_above;
};

struct autoscale_view {
    int64_t now_us;
    int32_t wish;
    int32_t slots;         /* requests that one replica serves at once */
    int128 in_flight_area; /* millionths of requests x microseconds, over the window */
    int64_t window_us;     /* the time that it is of; above 0 */
    int128 waiting_micro;  /* requests that wait now */
    int64_t running_slots; /* of replicas that run now */
    bool has_requests;     /* some came since the last look, or are in flight */
};

/* What is desired, before any delay. */
int32_t autoscaler_desired(const struct autoscale_def *def, const struct autoscale_view *view);

/* The wish from now on. */
int32_t autoscaler_wish(struct autoscaler *autoscaler, const struct autoscale_def *def,
                        const struct autoscale_view *view);

#endif
