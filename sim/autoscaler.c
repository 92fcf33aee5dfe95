/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/autoscaler.h"

#include <assert.h>

int32_t autoscaler_desired(const struct autoscale_def *def, const struct autoscale_view *view)
{
    assert(view->window_us > 0);
    /* One replica takes slots * utilization requests at any time of the window. */
    int128 of_one =
        (int128)view->slots * def->utilization_permille * (MICRO / 1000) * view->window_us;
    int128 desired = (view->in_flight_area + of_one - 1) / of_one;
    if (desired > def->high)
        return def->high;
    return desired < def->low ? def->low : (int32_t)desired;
}

/* More wait than so many times what is served at once. */
static bool is_burst(const struct autoscale_def *def, const struct autoscale_view *view)
{
    if (def->burst_permille == INT64_MAX)
        return false;
    return view->waiting_micro > (int128)view->running_slots * def->burst_permille * (MICRO / 1000);
}

/* Has the delay of a scale-up passed? */
static bool may_scale_up(struct autoscaler *it, const struct autoscale_def *def,
                         const struct autoscale_view *view)
{
    if (!it->is_above)
        it->above_since_us = view->now_us;
    it->is_above = true;
    if (view->wish == 0 || view->wish < def->low || is_burst(def, view))
        return true;
    if (def->holds_up)
        return view->now_us - it->above_since_us >= def->up_delay_us;
    return !it->has_scaled_up || view->now_us - it->last_up_us >= def->up_delay_us;
}

static int32_t scale_up(struct autoscaler *it, const struct autoscale_def *def,
                        const struct autoscale_view *view, int32_t desired)
{
    it->is_below = false;
    if (!may_scale_up(it, def, view))
        return view->wish;
    it->has_scaled_up = true;
    it->is_above = false;
    it->last_up_us = view->now_us;
    return desired;
}

static int32_t scale_down(struct autoscaler *it, const struct autoscale_def *def,
                          const struct autoscale_view *view, int32_t desired)
{
    it->is_above = false;
    if (!it->is_below) {
        it->is_below = true;
        it->below_since_us = view->now_us;
    }
    bool is_idle = view->now_us - it->busy_us >= def->to_zero_delay_us;
    if (desired == 0 && is_idle) {
        it->is_below = false;
        return 0;
    }
    int32_t wish = desired > 0 ? desired : 1;
    if (wish >= view->wish || view->now_us - it->below_since_us < def->down_delay_us)
        return view->wish;
    it->is_below = def->steps_down;
    it->below_since_us = view->now_us;
    return def->steps_down ? view->wish - 1 : wish;
}

int32_t autoscaler_wish(struct autoscaler *autoscaler, const struct autoscale_def *def,
                        const struct autoscale_view *view)
{
    int32_t desired = autoscaler_desired(def, view);
    if (view->has_requests)
        autoscaler->busy_us = view->now_us;
    if (desired > view->wish)
        return scale_up(autoscaler, def, view, desired);
    if (desired < view->wish)
        return scale_down(autoscaler, def, view, desired);
    autoscaler->is_below = false;
    autoscaler->is_above = false;
    return view->wish;
}
