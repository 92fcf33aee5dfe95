/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/traffic_bins.h"

#include "base/units.h"

bool traffic_is_wanted(const struct report_view *view)
{
    return view->sim->traffic_count > 0;
}

int32_t traffic_bin_count(const struct sim *sim)
{
    int64_t bin_us = sim->metrics.bin_us;
    int64_t count = (sim->now_us + bin_us - 1) / bin_us;
    return count < TIMELINE_BINS ? (int32_t)count : TIMELINE_BINS;
}

struct traffic_bin_rates traffic_bin_rates(const struct sim *sim, int32_t bin)
{
    struct traffic_bin sum = {0};
    for (int32_t i = 0; i < sim->traffic_count; i++) {
        const struct traffic_bin *it = &sim->traffics[i].bins[bin];
        sum.offered += it->offered;
        sum.capacity += it->capacity;
        sum.served += it->served;
        sum.dropped += it->dropped;
        sum.waiting_s += it->waiting_s;
    }
    int64_t start_us = bin * sim->metrics.bin_us;
    int64_t end_us = start_us + sim->metrics.bin_us;
    if (end_us > sim->now_us)
        end_us = sim->now_us;
    double length_s = (double)(end_us - start_us) / US_PER_S;
    return (struct traffic_bin_rates){
        .start_us = start_us,
        .end_us = end_us,
        .offered_per_s = sum.offered / length_s,
        .capacity_per_s = sum.capacity / length_s,
        .served_per_s = sum.served / length_s,
        .dropped_per_s = sum.dropped / length_s,
        .waiting_mean = sum.waiting_s / length_s,
    };
}
