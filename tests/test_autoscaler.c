/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/autoscaler.h"

#include <criterion/criterion.h>

#include "base/array.h"

/* Every rule of the autoscaler, with times worked out by hand. One slot a replica and a utilization
 * of 1, so that as many replicas are desired as requests are in flight. */

static const int64_t second_us = 1000000;

struct look {
    int64_t at_s;
    int32_t in_flight;
    int32_t wish;             /* expected after the look */
    int32_t waiting, running; /* requests that wait, replicas that run */
};

static struct autoscale_def def_of(int32_t low, int32_t high)
{
    return (struct autoscale_def){
        .is_on = true,
        .low = low,
        .high = high,
        .up_delay_us = 300 * second_us,
        .down_delay_us = 300 * second_us,
        .to_zero_delay_us = 600 * second_us,
        .utilization_permille = 1000,
        .burst_permille = INT64_MAX,
    };
}

static void expect_looks(const struct autoscale_def *def, int32_t wish, const struct look *looks,
                         size_t count)
{
    struct autoscaler autoscaler = {0};
    for (size_t i = 0; i < count; i++) {
        struct autoscale_view view = {
            .now_us = looks[i].at_s * second_us,
            .wish = wish,
            .slots = 1,
            .in_flight_area = (int128)looks[i].in_flight * MICRO * 60 * second_us,
            .window_us = 60 * second_us,
            .waiting_micro = (int128)looks[i].waiting * MICRO,
            .running_slots = looks[i].running,
            .has_requests = looks[i].in_flight > 0,
        };
        wish = autoscaler_wish(&autoscaler, def, &view);
        cr_assert_eq(wish, looks[i].wish, "at %d s: %d, expected %d", (int)looks[i].at_s, (int)wish,
                     (int)looks[i].wish);
    }
}

Test(autoscaler, desires_in_flight_over_slots_and_utilization_rounded_up)
{
    static const struct {
        int64_t in_flight_milli;
        int32_t slots, permille, desired;
    } cases[] = {
        {0, 16, 700, 0},       {1, 16, 700, 1},      {11200, 16, 700, 1},
        {11201, 16, 700, 2},   {10000, 4, 500, 5},   {10001, 4, 500, 6},
        {1000000, 1, 1000, 9}, {16000, 16, 1000, 1}, {16001, 16, 1000, 2},
    };
    struct autoscale_def def = def_of(0, 9);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct autoscale_view view = {
            .slots = cases[i].slots,
            .in_flight_area = (int128)cases[i].in_flight_milli * 1000 * 300 * second_us,
            .window_us = 300 * second_us,
        };
        def.utilization_permille = cases[i].permille;
        cr_expect_eq(autoscaler_desired(&def, &view), cases[i].desired, "case %zu", i);
    }
}

Test(autoscaler, stays_between_the_floor_with_soft_minimum_and_the_maximum)
{
    static const struct look looks[] = {
        {60, 50, 4, 0, 0}, {120, 0, 4, 0, 0}, {420, 0, 2, 0, 0}, {9999, 0, 2, 0, 0}};
    struct autoscale_def def = def_of(2, 4);
    expect_looks(&def, 2, looks, ARRAY_LEN(looks));
}

Test(autoscaler, scales_up_first_at_once_and_then_not_before_the_delay)
{
    static const struct look looks[] = {
        {60, 3, 3, 0, 0},  {120, 5, 3, 0, 0}, {300, 6, 3, 0, 0},
        {360, 5, 5, 0, 0}, {600, 9, 5, 0, 0}, {660, 9, 9, 0, 0},
    };
    struct autoscale_def def = def_of(1, 10);
    expect_looks(&def, 1, looks, ARRAY_LEN(looks));
}

Test(autoscaler, scales_up_from_zero_at_once_each_time)
{
    static const struct look looks[] = {
        {60, 1, 1, 0, 0},  {120, 0, 1, 0, 0}, {660, 0, 0, 0, 0},
        {720, 2, 2, 0, 0}, {780, 3, 2, 0, 0}, {1020, 3, 3, 0, 0},
    };
    struct autoscale_def def = def_of(0, 10);
    def.down_delay_us = 0;
    def.up_delay_us = 300 * second_us;
    expect_looks(&def, 0, looks, ARRAY_LEN(looks));
}

Test(autoscaler, scales_down_once_fewer_were_enough_for_the_delay)
{
    static const struct look looks[] = {
        {60, 2, 5, 0, 0},  {120, 1, 5, 0, 0}, {300, 3, 5, 0, 0}, {360, 2, 2, 0, 0},
        {420, 1, 2, 0, 0}, {660, 1, 2, 0, 0}, {720, 1, 1, 0, 0},
    };
    struct autoscale_def def = def_of(1, 10);
    expect_looks(&def, 5, looks, ARRAY_LEN(looks));
}

Test(autoscaler, counts_the_time_anew_after_a_look_that_needed_all)
{
    static const struct look looks[] = {
        {60, 2, 5, 0, 0},  {240, 5, 5, 0, 0}, {300, 2, 5, 0, 0},
        {360, 2, 5, 0, 0}, {540, 2, 5, 0, 0}, {600, 2, 2, 0, 0},
    };
    struct autoscale_def def = def_of(1, 10);
    expect_looks(&def, 5, looks, ARRAY_LEN(looks));
}

Test(autoscaler, counts_the_time_anew_after_a_look_that_needed_more_but_had_to_wait)
{
    static const struct look looks[] = {
        {60, 4, 4, 0, 0},  {120, 2, 4, 0, 0}, {240, 6, 4, 0, 0}, {300, 2, 4, 0, 0},
        {420, 2, 4, 0, 0}, {540, 2, 4, 0, 0}, {600, 2, 2, 0, 0},
    };
    struct autoscale_def def = def_of(1, 10);
    expect_looks(&def, 3, looks, ARRAY_LEN(looks));
}

Test(autoscaler, scales_down_at_the_first_look_without_a_delay)
{
    static const struct look looks[] = {{60, 2, 2, 0, 0}, {120, 1, 1, 0, 0}};
    struct autoscale_def def = def_of(1, 10);
    def.down_delay_us = 0;
    expect_looks(&def, 5, looks, ARRAY_LEN(looks));
}

Test(autoscaler, keeps_the_last_replica_until_the_delay_to_zero_is_over)
{
    /* The last request is seen at 60 s; the others go at 120 + 300, the last at 60 + 600. */
    static const struct look looks[] = {
        {60, 3, 3, 0, 0},  {120, 0, 3, 0, 0}, {360, 0, 3, 0, 0}, {420, 0, 1, 0, 0},
        {600, 0, 1, 0, 0}, {660, 0, 0, 0, 0}, {720, 0, 0, 0, 0},
    };
    struct autoscale_def def = def_of(0, 10);
    expect_looks(&def, 3, looks, ARRAY_LEN(looks));
}

Test(autoscaler, counts_the_delay_to_zero_from_the_last_request)
{
    static const struct look looks[] = {
        {60, 1, 1, 0, 0},  {120, 0, 1, 0, 0},  {600, 1, 1, 0, 0},
        {660, 0, 1, 0, 0}, {1140, 0, 1, 0, 0}, {1200, 0, 0, 0, 0},
    };
    struct autoscale_def def = def_of(0, 10);
    expect_looks(&def, 1, looks, ARRAY_LEN(looks));
}

Test(autoscaler, goes_to_zero_at_once_where_both_delays_are_over)
{
    static const struct look looks[] = {{60, 4, 4, 0, 0}, {360, 0, 4, 0, 0}, {660, 0, 0, 0, 0}};
    struct autoscale_def def = def_of(0, 10);
    expect_looks(&def, 4, looks, ARRAY_LEN(looks));
}

Test(autoscaler, never_goes_to_zero_with_a_floor_or_a_soft_minimum)
{
    static const struct look looks[] = {{60, 1, 1, 0, 0}, {3600, 0, 1, 0, 0}, {360000, 0, 1, 0, 0}};
    struct autoscale_def def = def_of(1, 10);
    expect_looks(&def, 1, looks, ARRAY_LEN(looks));
}

Test(autoscaler, raises_a_wish_below_the_floor_without_delay)
{
    static const struct look looks[] = {{60, 2, 3, 0, 0}};
    struct autoscale_def def = def_of(3, 10);
    expect_looks(&def, 1, looks, ARRAY_LEN(looks));
}

/* ---- the options ---- */

/* At 120 s six wait for two slots, three times what is served: no burst; at 180 s seven do. */
Test(autoscaler, a_burst_does_not_wait_for_the_delay_between_two)
{
    static const struct look looks[] = {
        {60, 2, 2, 0, 1},   {120, 8, 2, 6, 2},   {180, 9, 9, 7, 2},
        {240, 10, 9, 2, 9}, {480, 10, 10, 0, 0},
    };
    struct autoscale_def def = def_of(1, 10);
    def.burst_permille = 3000;
    expect_looks(&def, 1, looks, ARRAY_LEN(looks));
}

Test(autoscaler, without_a_burst_factor_any_number_waits_for_the_delay)
{
    static const struct look looks[] = {{60, 2, 2, 0, 1}, {120, 9, 2, 1000, 1}, {360, 9, 9, 0, 0}};
    struct autoscale_def def = def_of(1, 10);
    expect_looks(&def, 1, looks, ARRAY_LEN(looks));
}

/* A factor of 0: whenever anything waits. */
Test(autoscaler, a_burst_may_be_any_request_that_waits)
{
    static const struct look looks[] = {{60, 2, 2, 0, 1}, {120, 3, 3, 1, 2}, {180, 4, 3, 0, 3}};
    struct autoscale_def def = def_of(1, 10);
    def.burst_permille = 0;
    expect_looks(&def, 1, looks, ARRAY_LEN(looks));
}

/* More from 60 s on, so at 360 s to what is then desired; a look at 420 s that needs no more
 * begins the time anew. */
Test(autoscaler, with_hold_more_must_be_desired_for_the_delay)
{
    static const struct look looks[] = {
        {60, 3, 1, 0, 0},   {120, 9, 1, 0, 0},  {300, 4, 1, 0, 0}, {360, 5, 5, 0, 0},
        {420, 5, 5, 0, 0},  {480, 6, 5, 0, 0},  {720, 5, 5, 0, 0}, {780, 7, 5, 0, 0},
        {1020, 7, 5, 0, 0}, {1080, 7, 7, 0, 0},
    };
    struct autoscale_def def = def_of(1, 10);
    def.holds_up = true;
    expect_looks(&def, 1, looks, ARRAY_LEN(looks));
}

Test(autoscaler, with_hold_the_first_from_zero_is_at_once)
{
    static const struct look looks[] = {{60, 3, 3, 0, 0}, {120, 5, 3, 0, 0}, {420, 5, 5, 0, 0}};
    struct autoscale_def def = def_of(0, 10);
    def.holds_up = true;
    expect_looks(&def, 0, looks, ARRAY_LEN(looks));
}

/* Below from 60 s on: one goes at 360 s, one at 660 s; 720 s needs all and begins anew. */
Test(autoscaler, with_one_step_one_replica_goes_for_each_delay)
{
    static const struct look looks[] = {
        {60, 1, 5, 0, 0},   {300, 1, 5, 0, 0},  {360, 1, 4, 0, 0}, {420, 1, 4, 0, 0},
        {660, 1, 3, 0, 0},  {720, 3, 3, 0, 0},  {780, 1, 3, 0, 0}, {1020, 1, 3, 0, 0},
        {1080, 1, 2, 0, 0}, {1380, 1, 1, 0, 0},
    };
    struct autoscale_def def = def_of(1, 10);
    def.steps_down = true;
    expect_looks(&def, 5, looks, ARRAY_LEN(looks));
}

/* One at 360 s; all that is left at 660 s, 600 s after the last request. */
Test(autoscaler, with_one_step_the_last_goes_to_zero_after_its_own_delay)
{
    static const struct look looks[] = {
        {60, 3, 3, 0, 0},  {120, 0, 3, 0, 0}, {420, 0, 2, 0, 0},
        {600, 0, 2, 0, 0}, {660, 0, 0, 0, 0},
    };
    struct autoscale_def def = def_of(0, 10);
    def.steps_down = true;
    expect_looks(&def, 3, looks, ARRAY_LEN(looks));
}
