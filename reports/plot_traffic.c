/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Requests over time: above what came against what could be served, below the queue that grew where
 * it was not enough. Each step is the mean over its time bin. */

#include "reports/plot_kinds.h"

#include "reports/plot_frame.h"
#include "reports/traffic_bins.h"

static bool applies(const struct sim *sim)
{
    return sim->traffic_count > 0;
}

static int write_data(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    struct time_axis axis = plot_time_axis(sim);
    fprintf(out, "# time_%s\toffered_per_s\tcapacity_per_s\tserved_per_s\twaiting\n", axis.unit);
    for (int32_t i = 0; i < traffic_bin_count(sim); i++) {
        struct traffic_bin_rates bin = traffic_bin_rates(sim, i);
        const int64_t ends_us[] = {bin.start_us, bin.end_us};
        for (int j = 0; j < 2; j++)
            fprintf(out, "%.6f\t%.4f\t%.4f\t%.4f\t%.4f\n", plot_time(&axis, ends_us[j]),
                    bin.offered_per_s, bin.capacity_per_s, bin.served_per_s, bin.waiting_mean);
    }
    return 0;
}

static int write_script(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    const char *name = plot_traffic.name;
    plot_frame_open(out, name, 560);
    plot_print_time_axis(sim, out);
    fputs("set multiplot\nset lmargin at screen 0.09\nset rmargin at screen 0.98\n"
          "set yrange [0:*]\n"
          "set tmargin at screen 0.94\nset bmargin at screen 0.48\n"
          "set key at screen 0.98,0.995 top right horizontal maxrows 1 samplen 2\n"
          "set ylabel 'requests per second'\nset format x ''\nunset xlabel\n",
          out);
    fprintf(out,
            "plot '%s.dat' using 1:2 with filledcurves y=0 linetype 5 title 'offered', \\\n"
            "  '' using 1:3 with lines linetype 1 title 'capacity', \\\n"
            "  '' using 1:4 with lines linetype 8 dashtype 2 title 'served'\n",
            name);
    fputs("set tmargin at screen 0.43\nset bmargin at screen 0.14\nunset key\nset format x '%g'\n"
          "set ylabel 'requests waiting'\n",
          out);
    plot_print_time_axis(sim, out);
    fprintf(out, "plot '%s.dat' using 1:5 with filledcurves y=0 linetype 6 notitle\n", name);
    fputs("unset multiplot\n", out);
    plot_frame_close(out);
    return 0;
}

const struct plot plot_traffic = {
    .name = "traffic",
    .title = "Requests against what running replicas could serve, and requests that wait for them",
    .applies = applies,
    .write_data = write_data,
    .write_script = write_script,
};
