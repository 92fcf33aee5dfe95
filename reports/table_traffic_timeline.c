/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>

#include "base/array.h"
#include "reports/fields.h"
#include "reports/tables.h"
#include "reports/traffic_bins.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"start_s", "s", "Start of the time bin."},
    {"end_s", "s", "Its end."},
    {"offered_per_s", "requests/s",
     "Mean rate of requests that came, of all runners with traffic. Within a traffic_step a fluid "
     "is spread evenly."},
    {"capacity_per_s", "requests/s", "Mean rate that their running replicas could have served."},
    {"served_per_s", "requests/s", "Mean rate that they served."},
    {"dropped_per_s", "requests/s", "Mean rate that was dropped."},
    {"waiting_mean", "requests", "Mean number of requests that waited for a slot."},
};

static int write_timeline(const struct report_view *view, struct table *table, struct err *err)
{
    const struct sim *sim = view->sim;
    (void)err;
    for (int32_t i = 0; i < traffic_bin_count(sim); i++) {
        struct traffic_bin_rates bin = traffic_bin_rates(sim, i);
        table_seconds(table, bin.start_us);
        table_seconds(table, bin.end_us);
        table_decimal(table, bin.offered_per_s, MEAN_DIGITS);
        table_decimal(table, bin.capacity_per_s, MEAN_DIGITS);
        table_decimal(table, bin.served_per_s, MEAN_DIGITS);
        table_decimal(table, bin.dropped_per_s, MEAN_DIGITS);
        table_decimal(table, bin.waiting_mean, MEAN_DIGITS);
        table_end_row(table);
    }
    return 0;
}

const struct report_table traffic_timeline_table = {
    .file = "traffic_timeline.csv",
    .title = "One row for each time bin of timeline.csv; only where some runner has traffic.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .is_wanted = traffic_is_wanted,
    .write = write_timeline,
};
