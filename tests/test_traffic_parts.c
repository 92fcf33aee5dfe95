/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "base/array.h"
#include "base/units.h"
#include "sim/queueing.h"
#include "sim/traffic_rate.h"
#include "sim/wait_histogram.h"

/* The parts of traffic: rates, waits of stations, histograms. */

static const int64_t hour_us = INT64_C(3600) * US_PER_S;

/* ---- rates ---- */

static struct traffic_def traffic_of(const struct traffic_piece *pieces, int32_t count)
{
    return (struct traffic_def){.pieces = pieces,
                                .piece_count = count,
                                .divisor = 1,
                                .period_us = INT64_MAX,
                                .burst_factor = 1};
}

static struct rate_cursor cursor_of(const struct traffic_def *def)
{
    struct rate_cursor cursor;
    rate_cursor_init(&cursor, def, &(struct rate_terms){1, 0, 60 * US_PER_S});
    return cursor;
}

Test(traffic_rate, steps_are_integrated_exactly)
{
    static const struct traffic_piece pieces[] = {
        {0, 0}, {10 * US_PER_S, 1500000}, {20 * US_PER_S, 333333}};
    struct traffic_def def = traffic_of(pieces, ARRAY_LEN(pieces));
    struct rate_cursor cursor = cursor_of(&def);
    cr_expect_eq(rate_cursor_take(&cursor, 10 * US_PER_S), 0);
    cr_expect_eq(rate_cursor_take(&cursor, 12 * US_PER_S), 3000000);
    cr_expect_eq(rate_cursor_take(&cursor, 23 * US_PER_S), 8 * 1500000 + 3 * 333333);
}

Test(traffic_rate, many_small_takes_make_one_large)
{
    static const struct traffic_piece pieces[] = {
        {0, 777777}, {1000003, 123457}, {5000011, 999999}};
    struct traffic_def def = traffic_of(pieces, ARRAY_LEN(pieces));
    def.divisor = 7;
    struct rate_cursor small = cursor_of(&def);
    struct rate_cursor large = cursor_of(&def);
    int64_t sum = 0;
    for (int64_t at = 0; at < 9000000; at += 1009)
        sum += rate_cursor_take(&small, at);
    cr_expect_eq(sum, rate_cursor_take(&large, small.now_us));
    cr_expect_eq(small.remainder, large.remainder);
}

Test(traffic_rate, a_period_repeats_from_where_the_run_begins_in_it)
{
    static const struct traffic_piece pieces[] = {{0, 1000000}, {3600000000, 3000000}};
    struct traffic_def def = traffic_of(pieces, ARRAY_LEN(pieces));
    def.period_us = 2 * hour_us;
    def.phase_us = hour_us + hour_us / 2;
    struct rate_cursor cursor = cursor_of(&def);
    cr_expect_eq(rate_cursor_take(&cursor, hour_us / 2), INT64_C(1800) * 3 * MICRO);
    cr_expect_eq(rate_cursor_take(&cursor, 3 * hour_us / 2), INT64_C(3600) * MICRO);
    cr_expect_eq(rate_cursor_take(&cursor, 7 * hour_us / 2), INT64_C(3600) * 4 * MICRO);
}

/* The mean rate of a two-state process: gap 60 s at 1, burst 20 s at 5: (60 + 100) / 80 = 2. Over
 * 10,000 cycles the standard error is well below 1 %. */
Test(traffic_rate, bursts_have_their_mean_rate)
{
    static const struct traffic_piece pieces[] = {{0, 1000000}};
    struct traffic_def def = traffic_of(pieces, 1);
    def.burst_factor = 5;
    def.burst_length_us = 20 * US_PER_S;
    def.burst_gap_us = 60 * US_PER_S;
    struct rate_cursor cursor = cursor_of(&def);
    double length_s = 800000;
    double mean =
        (double)rate_cursor_take(&cursor, (int64_t)length_s * US_PER_S) / MICRO / length_s;
    cr_expect_float_eq(mean, 2, 0.04);
}

Test(traffic_rate, noise_keeps_the_mean)
{
    static const struct traffic_piece pieces[] = {{0, 1000000}};
    struct traffic_def def = traffic_of(pieces, 1);
    def.noise_sigma = 0.3;
    struct rate_cursor cursor = cursor_of(&def);
    int64_t first = rate_cursor_take(&cursor, 60 * US_PER_S);
    cr_expect_neq(first, INT64_C(60) * MICRO);
    double length_s = 60 * 20000;
    double rest = (double)rate_cursor_take(&cursor, (int64_t)length_s * US_PER_S);
    cr_expect_float_eq((rest + (double)first) / MICRO / length_s, 1, 0.01);
}

/* ---- stations ---- */

Test(queueing_formulas, erlang_c_has_its_textbook_values)
{
    cr_expect_float_eq(erlang_c(1, 0.5), 0.5, 1e-15);
    cr_expect_float_eq(erlang_c(2, 1), 1.0 / 3, 1e-15);
    cr_expect_float_eq(erlang_c(10, 5), 0.03610, 1e-5);
    cr_expect_eq(erlang_c(3, 0), 0);
}

Test(queueing_formulas, the_recursion_equals_the_poisson_form)
{
    for (int c = 1; c <= 256; c += 5)
        for (double rho = 0.3; rho < 1; rho += 0.1) {
            double load = rho * c;
            double b =
                gsl_ran_poisson_pdf((unsigned)c, load) / gsl_cdf_poisson_P((unsigned)c, load);
            double expected = b / (1 - rho * (1 - b));
            cr_expect_float_eq(erlang_c(c, load), expected, 1e-9 * expected + 1e-300);
        }
    double many = erlang_c(300, 290);
    cr_expect(many > erlang_c(256, 256 * 280.0 / 300) && many < 1);
}

Test(queueing_formulas, one_server_waits_as_pollaczek_and_khinchine_say)
{
    for (double cv2 = 0; cv2 <= 4; cv2 += 0.5) {
        struct station station = {1, 0.8, 1e6, 1, cv2};
        struct station_wait wait = station_wait(&station);
        double expected = 0.8 * (1 + cv2) / 2 / (1 - 0.8) * 1e6;
        cr_expect_float_eq(wait.share / wait.rate, expected, 1e-6 * expected);
    }
}

Test(queueing_formulas, nobody_waits_without_variability_or_load)
{
    cr_expect_eq(station_wait(&(struct station){4, 3, 1e6, 0, 0}).share, 0);
    cr_expect_eq(station_wait(&(struct station){4, 0, 1e6, 1, 1}).share, 0);
    cr_expect_eq(station_wait(&(struct station){1000, 10, 1e6, 1, 1}).share, 0);
}

/* ---- histograms ---- */

static int128 sum_of(const struct wait_histogram *histogram)
{
    int128 sum = 0;
    for (int i = 0; i < WAIT_BINS; i++)
        sum += histogram->bins_micro[i];
    return sum;
}

Test(wait_histogram, an_exponential_wait_has_its_quantiles_and_loses_nothing)
{
    static const double means_us[] = {50, 1e3, 123456, 7.7e6, 3.6e9, 1e12};
    for (size_t i = 0; i < ARRAY_LEN(means_us); i++) {
        struct wait_histogram histogram = {0};
        struct station_wait wait = {0.4, 1 / means_us[i]};
        wait_histogram_add_wait(&histogram, INT64_C(1000000007), &wait);
        cr_expect(sum_of(&histogram) == 1000000007 && histogram.total_micro == 1000000007);
        cr_expect_float_eq((double)histogram.area / 1000000007, 0.4 * means_us[i],
                           1e-6 * means_us[i]);
        cr_expect_eq(wait_histogram_quantile_us(&histogram, 0.5), 0);
        double p99 = means_us[i] * log(0.4 / 0.01);
        if (means_us[i] > 1000 && means_us[i] < 1e11)
            cr_expect_float_eq(wait_histogram_quantile_us(&histogram, 0.99), p99, 0.01 * p99);
    }
}

/* Two thousand waits of all kinds: together as one by one. */
Test(wait_mixture, pours_out_what_was_put_in)
{
    static struct wait_mixture mixture;
    struct wait_histogram poured = {0};
    struct wait_histogram direct = {0};
    struct rng rng = rng_stream(1, "waits", 0);
    double area = 0;
    for (int i = 0; i < 2000; i++) {
        struct station_wait wait = {
            (double)rng_below(&rng, 101) / 100,
            ldexp(1 + (double)rng_below(&rng, 1000) / 1000, -40 + (int)rng_below(&rng, 36))};
        int64_t amount = (int64_t)rng_below(&rng, INT64_C(1000000000));
        area += wait_mixture_add(&mixture, amount, &wait);
        wait_histogram_add_wait(&direct, amount, &wait);
    }
    wait_mixture_pour(&mixture, &poured);
    cr_expect(poured.total_micro == direct.total_micro && sum_of(&poured) == direct.total_micro);
    cr_expect_float_eq((double)poured.area, area, 1e-9 * area);
    cr_expect_float_eq((double)direct.area, area, 1e-9 * area);
    double all = (double)direct.total_micro;
    double poured_sum = 0;
    double direct_sum = 0;
    for (int i = 0; i < WAIT_BINS; i++) {
        poured_sum += (double)poured.bins_micro[i];
        direct_sum += (double)direct.bins_micro[i];
        cr_expect_float_eq(poured_sum / all, direct_sum / all, 1e-4, "bin %d", i);
    }
}

Test(wait_mixture, takes_rates_of_any_size)
{
    static const double rates[] = {1e-30, 1e-17, 0.999, 1, 255.9, 1e9};
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        static struct wait_mixture mixture;
        struct wait_histogram poured = {0};
        struct station_wait wait = {1, rates[i]};
        mixture = (struct wait_mixture){0};
        double area = wait_mixture_add(&mixture, 1000000, &wait);
        cr_expect_float_eq(area, 1e6 / rates[i], 1e-9 * 1e6 / rates[i]);
        wait_mixture_pour(&mixture, &poured);
        cr_expect(poured.total_micro == 1000000 && sum_of(&poured) == 1000000, "%g: %ld, %ld",
                  rates[i], (long)poured.total_micro, (long)sum_of(&poured));
    }
}

Test(wait_histogram, each_time_is_in_the_bin_that_holds_it)
{
    for (int64_t us = 1; us < INT64_C(1) << 40; us = us * 3 / 2 + 1) {
        struct wait_histogram histogram = {0};
        wait_histogram_add(&histogram, 1000, us);
        double low = wait_histogram_quantile_us(&histogram, 0);
        double high = wait_histogram_quantile_us(&histogram, 1);
        cr_expect(low <= (double)us && (double)us <= high, "%ld us: %f to %f", (long)us, low, high);
        cr_expect(us < 128 || high <= low * 1.125 + 1e-9);
        cr_expect_float_eq(wait_histogram_up_to(&histogram, 2 * us + 256), 1000, 1e-9);
        cr_expect_float_eq(wait_histogram_up_to(&histogram, us / 2 - 64), 0, 500);
    }
}

Test(wait_histogram, a_sum_of_times_adds_means_and_keeps_the_amount)
{
    struct wait_histogram waits = {0};
    struct wait_histogram sum;
    double service_us[64];
    wait_histogram_add(&waits, 3000000, 0);
    wait_histogram_add(&waits, 1000001, 4000000);
    for (int i = 0; i < 64; i++)
        service_us[i] = gsl_cdf_exponential_Pinv((i + 0.5) / 64, 2e6);
    wait_histogram_convolve(&waits, service_us, 64, &sum);
    cr_expect(sum.total_micro == 4000001 && sum_of(&sum) == 4000001);
    cr_expect_float_eq((double)sum.area / 4000001, 1e6 + 2e6, 0.1e6);
}

/* ---- moments of distributions ---- */

Test(dist_moments, equal_those_of_the_quantiles)
{
    static const struct dist dists[] = {
        {DIST_CONSTANT, 5e6, 0, 0, TIME_US_MAX},    {DIST_UNIFORM, 1e6, 3e6, 0, TIME_US_MAX},
        {DIST_EXPONENTIAL, 2e6, 0, 0, TIME_US_MAX}, {DIST_LOGNORMAL, 2e6, 0.5, 0, TIME_US_MAX},
        {DIST_WEIBULL, 2e6, 1.5, 0, TIME_US_MAX},   {DIST_GAMMA, 2e6, 3, 0, TIME_US_MAX},
        {DIST_NORMAL, 9e6, 1e6, 0, TIME_US_MAX},
    };
    static const double cv2[] = {0, 4.0 / 12 / 4, 1, 0.2840254167, 0.4610, 1.0 / 3, 1.0 / 81};
    for (size_t i = 0; i < ARRAY_LEN(dists); i++) {
        struct dist_moments moments = dist_moments(&dists[i]);
        double sum = 0;
        for (int j = 0; j < 10000; j++)
            sum += dist_quantile_us(&dists[i], (j + 0.5) / 10000);
        cr_expect_float_eq(moments.mean_us, sum / 10000, 0.001 * moments.mean_us, "dist %zu", i);
        cr_expect_float_eq(moments.cv2, cv2[i], 0.003, "dist %zu: %f", i, moments.cv2);
    }
}

Test(dist_moments, know_what_is_clamped)
{
    struct dist dist = {DIST_EXPONENTIAL, 2e6, 0, 0, 2000000};
    struct dist_moments moments = dist_moments(&dist);
    cr_expect_float_eq(moments.mean_us, 2e6 * (1 - exp(-1)), 1e3);
    cr_expect(moments.cv2 < 0.4);
}
