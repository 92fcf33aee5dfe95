/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/wait_histogram.h"

#include <math.h>

static const int64_t first_edge_us = INT64_C(1) << WAIT_FIRST_OCTAVE;

static int32_t bin_of(int64_t us)
{
    if (us <= 0)
        return 0;
    if (us < first_edge_us)
        return 1;
    int octave = 63 - __builtin_clzll((unsigned long long)us);
    if (octave > WAIT_LAST_OCTAVE)
        return WAIT_BINS - 1;
    int32_t part = (int32_t)(us >> (octave - 3)) - WAIT_BINS_PER_OCTAVE;
    return 2 + (octave - WAIT_FIRST_OCTAVE) * WAIT_BINS_PER_OCTAVE + part;
}

/* Where the bin begins. */
static double edge_of(int32_t bin)
{
    if (bin <= 1)
        return 0;
    int32_t octave = WAIT_FIRST_OCTAVE + (bin - 2) / WAIT_BINS_PER_OCTAVE;
    int32_t part = WAIT_BINS_PER_OCTAVE + (bin - 2) % WAIT_BINS_PER_OCTAVE;
    return ldexp(part, octave - 3);
}

static double end_of(int32_t bin)
{
    return bin == 0 ? 0 : bin == 1 ? (double)first_edge_us : edge_of(bin + 1);
}

void wait_histogram_add(struct wait_histogram *histogram, int64_t amount_micro, int64_t us)
{
    histogram->total_micro += amount_micro;
    histogram->area += (int128)amount_micro * us;
    histogram->bins_micro[bin_of(us)] += amount_micro;
}

/* Of what is not negative; much faster than llround. */
static int64_t rounded(double value)
{
    return (int64_t)(value + 0.5);
}

/* The edges of an octave are twice those of the one before, so exp(-rate * edge) is the square of
 * what it was there: eight exponentials are enough for all bins. The amount beyond each edge is
 * rounded, and a bin gets the difference, so that none is lost. */
void wait_histogram_add_wait(struct wait_histogram *histogram, int128 amount_micro,
                             const struct station_wait *wait)
{
    double waiting = (double)amount_micro * wait->share;
    int128 beyond = (int128)(waiting + 0.5);
    double tails[WAIT_BINS_PER_OCTAVE];
    histogram->total_micro += amount_micro;
    histogram->bins_micro[0] += amount_micro - beyond;
    if (beyond == 0)
        return;
    histogram->area += (int128)(waiting / wait->rate + 0.5);
    for (int i = 0; i < WAIT_BINS_PER_OCTAVE; i++)
        tails[i] = exp(-wait->rate * edge_of(2 + i));
    for (int32_t bin = 1; bin < WAIT_BINS; bin++) {
        int32_t part = (bin - 1) % WAIT_BINS_PER_OCTAVE; /* of the edge at which the bin ends */
        if (bin > WAIT_BINS_PER_OCTAVE)
            tails[part] *= tails[part];
        int128 left = bin + 1 < WAIT_BINS ? (int128)(waiting * tails[part] + 0.5) : 0;
        histogram->bins_micro[bin] += beyond - left;
        beyond = left;
        if (beyond == 0)
            break;
    }
}

/* A double of exponent e has its class by e and the five bits behind the leading one. Rates are in
 * 1/us: 2^-56 (a thousand years) to 2^8. */
enum { WAIT_CLASS_LOWEST = -56 };

static int32_t class_of(double rate)
{
    int exponent;
    double mantissa = frexp(rate, &exponent); /* 0.5 to 1 */
    int32_t octave = exponent - 1 - WAIT_CLASS_LOWEST;
    if (octave < 0)
        return 0;
    if (octave >= WAIT_CLASS_OCTAVES)
        return WAIT_CLASSES - 1;
    return octave * WAIT_CLASSES_PER_OCTAVE +
           (int32_t)((mantissa - 0.5) * (2 * WAIT_CLASSES_PER_OCTAVE));
}

double wait_mixture_add(struct wait_mixture *mixture, int64_t amount_micro,
                        const struct station_wait *wait)
{
    double waiting = (double)amount_micro * wait->share;
    int64_t beyond = rounded(waiting);
    mixture->total_micro += amount_micro;
    mixture->at_once_micro += amount_micro - beyond;
    if (beyond == 0)
        return 0;
    struct wait_class *class = &mixture->classes[class_of(wait->rate)];
    double area = waiting / wait->rate;
    class->micro += beyond;
    class->area += area;
    return area;
}

void wait_mixture_pour(const struct wait_mixture *mixture, struct wait_histogram *histogram)
{
    histogram->total_micro += mixture->at_once_micro;
    histogram->bins_micro[0] += mixture->at_once_micro;
    for (int32_t i = 0; i < WAIT_CLASSES; i++) {
        const struct wait_class *class = &mixture->classes[i];
        if (class->micro == 0)
            continue;
        struct station_wait wait = {.share = 1, .rate = (double)class->micro / class->area};
        wait_histogram_add_wait(histogram, class->micro, &wait);
    }
}

void wait_histogram_convolve(const struct wait_histogram *histogram, const double *values_us,
                             int32_t value_count, struct wait_histogram *sum)
{
    *sum = (struct wait_histogram){0};
    for (int32_t bin = 0; bin < WAIT_BINS; bin++) {
        int128 amount = histogram->bins_micro[bin];
        if (amount == 0)
            continue;
        double middle_us = (edge_of(bin) + end_of(bin)) / 2;
        int128 share = amount / value_count;
        int128 more = amount % value_count; /* one more to each of so many */
        for (int32_t i = 0; i < value_count; i++) {
            int128 part = share + (i < more);
            int64_t us = rounded(middle_us + values_us[i]);
            sum->bins_micro[bin_of(us)] += part;
            sum->area += part * us;
        }
        sum->total_micro += amount;
    }
}

double wait_histogram_quantile_us(const struct wait_histogram *histogram, double q)
{
    double wanted = q * (double)histogram->total_micro;
    double below = 0;
    int32_t last = 0;
    if (histogram->total_micro == 0)
        return -1;
    for (int32_t bin = 0; bin < WAIT_BINS; bin++) {
        double amount = (double)histogram->bins_micro[bin];
        if (amount > 0 && below + amount >= wanted)
            return edge_of(bin) + (end_of(bin) - edge_of(bin)) * (wanted - below) / amount;
        if (amount > 0)
            last = bin;
        below += amount;
    }
    return end_of(last);
}

double wait_histogram_up_to(const struct wait_histogram *histogram, int64_t us)
{
    int32_t bin = bin_of(us);
    double amount = 0;
    for (int32_t i = 0; i < bin; i++)
        amount += (double)histogram->bins_micro[i];
    double width = end_of(bin) - edge_of(bin);
    double part = width > 0 ? ((double)us - edge_of(bin)) / width : 1;
    return amount + (double)histogram->bins_micro[bin] * (part < 1 ? part : 1);
}
