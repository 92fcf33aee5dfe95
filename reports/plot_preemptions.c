/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Preemptions over time: bars of how many in each interval, and a line of how many so far. */

#include "reports/plot_kinds.h"

#include <inttypes.h>

#include "reports/phrase.h"
#include "reports/plot_frame.h"

enum { BINS_PER_BAR = 8 }; /* 480 bins make at most 60 bars, which can be told apart */

static bool applies(const struct sim *sim)
{
    return sim->metrics.eviction_count > 0;
}

static int64_t evictions_in_bar(const struct sim *sim, int32_t first_bin)
{
    int64_t count = 0;
    for (int32_t i = first_bin; i < first_bin + BINS_PER_BAR && i < TIMELINE_BINS; i++)
        count += sim->metrics.bins[i].evictions;
    return count;
}

static int write_data(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    struct time_axis axis = plot_time_axis(sim);
    fprintf(out, "# middle_%s\tpreemptions\tend_%s\tpreemptions_so_far\n", axis.unit, axis.unit);
    int64_t so_far = 0;
    for (int32_t bin = 0; bin < plot_bin_count(sim); bin += BINS_PER_BAR) {
        int64_t in_bar = evictions_in_bar(sim, bin);
        so_far += in_bar;
        int64_t start_us = plot_bin_start_us(sim, bin);
        int64_t width_us = BINS_PER_BAR * sim->metrics.bin_us;
        fprintf(out, "%.6f\t%" PRId64 "\t%.6f\t%" PRId64 "\n",
                plot_time(&axis, start_us + width_us / 2), in_bar,
                plot_time(&axis, start_us + width_us), so_far);
    }
    return 0;
}

/* Marks at whole numbers, also where the axis is short. */
static void print_tics(FILE *out, const char *axis, int64_t highest)
{
    fprintf(out, "set %stics %s\n", axis, highest < 6 ? "1" : "autofreq");
}

static int write_script(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    char width[PHRASE_SIZE];
    int64_t width_us = BINS_PER_BAR * sim->metrics.bin_us, highest = 0;
    struct time_axis axis = plot_time_axis(sim);
    for (int32_t bin = 0; bin < plot_bin_count(sim); bin += BINS_PER_BAR) {
        int64_t in_bar = evictions_in_bar(sim, bin);
        highest = in_bar > highest ? in_bar : highest;
    }
    plot_frame_open(out, plot_preemptions.name, 420);
    plot_print_time_axis(sim, out);
    print_tics(out, "y", highest);
    print_tics(out, "y2", sim->metrics.eviction_count);
    fprintf(out,
            "set border 11\nset ylabel 'preemptions per %s'\nset y2label 'preemptions so far'\n"
            "set yrange [0:%.2f]\nset y2range [0:%.2f]\n"
            "set key outside top right horizontal samplen 1.5\nset boxwidth %.6g absolute\n"
            "plot '%s.dat' using 1:2 with boxes linetype 5 title 'in each interval (left)', \\\n"
            "  '' using 3:4 axes x1y2 with lines linetype 6 title 'so far (right)'\n",
            phrase_time(width_us, width), 1.1 * (double)highest, 1.1 * sim->metrics.eviction_count,
            0.9 * plot_time(&axis, width_us), plot_preemptions.name);
    plot_frame_close(out);
    return 0;
}

const struct plot plot_preemptions = {
    .name = "preemptions",
    .title = "Preemptions over time",
    .applies = applies,
    .write_data = write_data,
    .write_script = write_script,
};
