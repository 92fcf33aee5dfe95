/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/request_times.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

int request_times_init(struct request_times *times, struct err *err)
{
    *times = (struct request_times){0};
    times->bins = calloc(REQUEST_TIME_BINS, sizeof *times->bins);
    return times->bins ? 0 : err_no_memory(err);
}

void request_times_release(struct request_times *times)
{
    free(times->bins);
    *times = (struct request_times){0};
}

/* The highest nine bits of a longer time say its bin: 256 us is the first of octave 1, 512 us that
 * of octave 2. */
static int32_t bin_of(int64_t us)
{
    if (us < 1 << REQUEST_TIME_BITS)
        return (int32_t)us;
    int octave = 64 - REQUEST_TIME_BITS - __builtin_clzll((unsigned long long)us);
    if (octave > REQUEST_TIME_OCTAVES)
        return REQUEST_TIME_BINS - 1;
    return ((octave - 1) << REQUEST_TIME_BITS) + (int32_t)(us >> (octave - 1));
}

void request_times_add(struct request_times *times, int64_t us)
{
    assert(us >= 0);
    struct request_time_bin *bin = &times->bins[bin_of(us)];
    bin->count++;
    bin->us_sum += (double)us;
    times->count++;
    times->us_sum += us;
    if (us > times->us_max)
        times->us_max = us;
}

double request_times_quantile_us(const struct request_times *times, double q)
{
    if (times->count == 0)
        return -1;
    /* So that a product such as 0.1 x 30, which is a little above 3, has rank 3. */
    double rank = ceil(q * (double)times->count - 1e-6);
    rank = fmin(fmax(rank, 1), (double)times->count);
    double below = 0;
    int32_t bin = 0;
    while (below + (double)times->bins[bin].count < rank)
        below += (double)times->bins[bin++].count;
    return times->bins[bin].us_sum / (double)times->bins[bin].count;
}
