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

static int32_t scale_up(struct autoscaler *it, const struct autoscale_def *def,
                        const struct autoscale_view *view, int32_t desired)
{
    bool is_free = !it->has_scaled_up || view->wish == 0 || view->wish < def->low;
    it->is_below = false;
    if (!is_free && view->now_us - it->last_up_us < def->up_delay_us)
        return view->wish;
    it->has_scaled_up = true;
    it->last_up_us = view->now_us;
    return desired;
}

static int32_t scale_down(struct autoscaler *it, const struct autoscale_def *def,
                          const struct autoscale_view *view, int32_t desired)
{
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
    it->is_below = false;
    return wish;
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
    return view->wish;
}
