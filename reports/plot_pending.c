/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Waiting demand over time, stacked by priority with the highest at the bottom, so that what hurts
 * most is read from the axis. Each step is the exact mean over its time bin. */

#include "reports/plot_kinds.h"

#include "reports/plot_frame.h"

enum { PRIORITY_COUNT = 10 };

/* Ten steps of the viridis scale (van der Walt and Smith 2015), dark for the highest priority. */
static const char *const colours[PRIORITY_COUNT] = {"#fde725", "#b5de2b", "#6ece58", "#35b779",
                                                    "#1f9e89", "#26828e", "#31688e", "#3e4989",
                                                    "#482878", "#440154"};

static bool has_waits(const struct sim *sim, int priority)
{
    return integral_area(&sim->metrics.waits[priority].queue, sim->now_us) > 0;
}

static bool applies(const struct sim *sim)
{
    for (int priority = 0; priority < PRIORITY_COUNT; priority++) {
        if (has_waits(sim, priority))
            return true;
    }
    return false;
}

/* A bin has two rows, its start and its end, so that areas have vertical sides. */
static void write_row(const struct sim *sim, FILE *out, int32_t bin, double time)
{
    int128 area = 0;
    fprintf(out, "%.6f", time);
    for (int priority = PRIORITY_COUNT - 1; priority >= 0; priority--) {
        area += sim->metrics.waits[priority].bin_queue[bin];
        fprintf(out, "\t%.4f", plot_bin_mean(sim, bin, area));
    }
    fputc('\n', out);
}

static int write_data(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    struct time_axis axis = plot_time_axis(sim);
    fprintf(out, "# time_%s", axis.unit);
    for (int priority = PRIORITY_COUNT - 1; priority >= 0; priority--)
        fprintf(out, "\treplicas_waiting_priority_%d_and_above", priority);
    fputc('\n', out);
    for (int32_t bin = 0; bin < plot_bin_count(sim); bin++) {
        int64_t start_us = plot_bin_start_us(sim, bin);
        write_row(sim, out, bin, plot_time(&axis, start_us));
        write_row(sim, out, bin, plot_time(&axis, start_us + plot_bin_length_us(sim, bin)));
    }
    return 0;
}

/* The highest stack. */
static double most_waiting(const struct sim *sim)
{
    double most = 0;
    for (int32_t bin = 0; bin < plot_bin_count(sim); bin++) {
        int128 area = 0;
        for (int priority = 0; priority < PRIORITY_COUNT; priority++)
            area += sim->metrics.waits[priority].bin_queue[bin];
        double mean = plot_bin_mean(sim, bin, area);
        most = mean > most ? mean : most;
    }
    return most;
}

static int write_script(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    plot_frame_open(out, plot_pending.name, 420);
    plot_print_time_axis(sim, out);
    plot_print_whole_tics(most_waiting(sim), out);
    fputs("set ylabel 'replicas waiting'\nset yrange [0:*]\n"
          "set key outside right top vertical samplen 1.5\nplot \\\n",
          out);
    /* The tallest stack first: each lower one is painted over it. */
    bool is_first = true;
    for (int priority = 0; priority < PRIORITY_COUNT; priority++) {
        if (!has_waits(sim, priority))
            continue;
        fprintf(
            out,
            "%s  '%s.dat' using 1:%d with filledcurves y=0 fillcolor rgb '%s' title 'priority %d'",
            is_first ? "" : ", \\\n", plot_pending.name, 2 + PRIORITY_COUNT - 1 - priority,
            colours[priority], priority);
        is_first = false;
    }
    fputc('\n', out);
    plot_frame_close(out);
    return 0;
}

const struct plot plot_pending = {
    .name = "pending",
    .title = "Replicas waiting over time, by priority",
    .applies = applies,
    .write_data = write_data,
    .write_script = write_script,
};
