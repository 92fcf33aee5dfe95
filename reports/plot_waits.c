/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What users waited for a slot over time: the mean wait of what each time bin served, one line for
 * each of the runners that served their users worst. */

#include "reports/plot_kinds.h"

#include "reports/plot_frame.h"
#include "reports/traffic_bins.h"
#include "reports/traffic_top.h"

static bool applies(const struct sim *sim)
{
    return traffic_top(sim).count > 0;
}

/* A wait below is drawn there, as the axis says: it is logarithmic. */
static const double shortest_s = 0.001;

/* A bin with less than a request tells too little: there the line falls to the axis and is broken.
 */
static void write_runner(const struct sim *sim, const struct sim_traffic *it, FILE *out)
{
    struct time_axis axis = plot_time_axis(sim);
    bool is_drawn = false;
    double end = 0;
    for (int32_t i = 0; i < traffic_bin_count(sim); i++) {
        const struct traffic_bin *bin = &it->bins[i];
        struct traffic_bin_rates times = traffic_bin_rates(sim, i);
        double start = plot_time(&axis, times.start_us);
        bool has_served = bin->served >= 1;
        if (is_drawn != has_served)
            fprintf(out, "%.6f\t%.6f\n", start, shortest_s);
        if (is_drawn && !has_served)
            fputs("NaN\tNaN\n", out);
        is_drawn = has_served;
        end = plot_time(&axis, times.end_us);
        if (!has_served)
            continue;
        double wait_s = bin->waited_s / bin->served;
        double drawn_s = wait_s > shortest_s ? wait_s : shortest_s;
        fprintf(out, "%.6f\t%.6f\n%.6f\t%.6f\n", start, drawn_s, end, drawn_s);
    }
    if (is_drawn)
        fprintf(out, "%.6f\t%.6f\n", end, shortest_s);
}

static int write_data(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    struct top top = traffic_top(sim);
    for (int32_t i = 0; i < top.count; i++) {
        char name[RUNNER_NAME_SIZE];
        const struct sim_traffic *it = &sim->traffics[top.items[i]];
        fprintf(out, "%s# %s\n# time_%s\twait_s (at least %g)\n", i > 0 ? "\n\n" : "",
                sim_runner_name(sim, it->runner, name), plot_time_axis(sim).unit, shortest_s);
        fprintf(out, "NaN\tNaN\n"); /* so that a block is never empty */
        write_runner(sim, it, out);
    }
    return 0;
}

static int write_script(const struct sim *sim, FILE *out, struct err *err)
{
    static const int linetypes[TRAFFIC_TOP_MAX] = {6, 1, 3, 8};
    (void)err;
    struct top top = traffic_top(sim);
    plot_frame_open(out, plot_waits.name, 420);
    plot_print_time_axis(sim, out);
    fputs("set lmargin at screen 0.11\nset rmargin at screen 0.98\nset tmargin at screen 0.88\n"
          "set bmargin at screen 0.19\n"
          "set key at screen 0.98,0.98 top right horizontal maxrows 1 samplen 2\n"
          "set logscale y\nset format y '%g'\nset yrange [0.0009:*]\n"
          "set ytics add ('≤ 0.001' 0.001)\n"
          "set ylabel 'mean wait of the served [s]'\n",
          out);
    for (int32_t i = 0; i < top.count; i++) {
        char name[RUNNER_NAME_SIZE];
        fprintf(out, i == 0 ? "plot " : ", \\\n  ");
        fprintf(out, "'%s.dat' index %d using 1:2 with lines linetype %d title ", plot_waits.name,
                (int)i, linetypes[i]);
        plot_print_text(out, sim_runner_name(sim, sim->traffics[top.items[i]].runner, name));
    }
    fputs("\n", out);
    plot_frame_close(out);
    return 0;
}

const struct plot plot_waits = {
    .name = "waits",
    .title = "What users waited for a free slot, of the runners that served them worst",
    .applies = applies,
    .write_data = write_data,
    .write_script = write_script,
};
