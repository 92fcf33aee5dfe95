/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_TRAFFIC_BINS_H
#define STOWAGE_REPORTS_TRAFFIC_BINS_H

#include "reports/view.h"

/* Traffic over time, of all runners together. */

struct traffic_bin_rates {
    int64_t start_us, end_us;
    double offered_per_s, capacity_per_s, served_per_s, dropped_per_s;
    double waiting_mean; /* requests */
};

/* Has any runner traffic? */
bool traffic_is_wanted(const struct report_view *view);

/* Bins up to the end of the run; the last may be cut short. */
int32_t traffic_bin_count(const struct sim *sim);
/* O(runners with traffic). */
struct traffic_bin_rates traffic_bin_rates(const struct sim *sim, int32_t bin);

#endif
