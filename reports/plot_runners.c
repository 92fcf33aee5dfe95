/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The runners that suffered most: replicas wished, live and protected by the floor, one panel each.
 */

#include "reports/plot_kinds.h"

#include <inttypes.h>

#include "base/array.h"
#include "reports/plot_frame.h"

enum { PANELS_MAX = 6, PANEL_HEIGHT_PX = 220, LEGEND_HEIGHT_PX = 60 };

/* Order of suffering: replicas lost to preemption, drains and failures; then work lost; then index.
 */
static bool suffered_more(const struct sim *sim, int32_t a, int32_t b)
{
    const struct runner_stats *left = &sim->metrics.runners[a];
    const struct runner_stats *right = &sim->metrics.runners[b];
    int32_t left_losses = left->evicted_count + left->drained_count + left->lost_count;
    int32_t right_losses = right->evicted_count + right->drained_count + right->lost_count;
    if (left_losses != right_losses)
        return left_losses > right_losses;
    if (left->work_lost_us != right->work_lost_us)
        return left->work_lost_us > right->work_lost_us;
    return a < b;
}

/* The worst runners, worst first, by insertion into a short list; returns how many. */
static int32_t choose_runners(const struct sim *sim, int32_t chosen[PANELS_MAX])
{
    int32_t count = 0;
    for (int32_t runner = 0; runner < sim->metrics.runner_count; runner++) {
        const struct runner_stats *stats = &sim->metrics.runners[runner];
        if (stats->evicted_count + stats->drained_count + stats->lost_count == 0)
            continue;
        int32_t at = count;
        while (at > 0 && suffered_more(sim, runner, chosen[at - 1]))
            at--;
        if (at == PANELS_MAX)
            continue;
        if (count < PANELS_MAX)
            count++;
        for (int32_t i = count - 1; i > at; i--)
            chosen[i] = chosen[i - 1];
        chosen[at] = runner;
    }
    return count;
}

static bool applies(const struct sim *sim)
{
    int32_t chosen[PANELS_MAX];
    return choose_runners(sim, chosen) > 0;
}

static void print_change(FILE *out, const struct time_axis *axis,
                         const struct runner_change *change)
{
    fprintf(out, "%.6f\t%" PRId32 "\t%" PRId32 "\t%" PRId32 "\t%" PRId32 "\n",
            plot_time(axis, change->time_us), change->wish, change->live, change->running,
            change->floor);
}

/* Changes of one runner, the last at each instant only, and its state carried to the end. */
static void write_runner(const struct sim *sim, FILE *out, int32_t runner)
{
    char name[RUNNER_NAME_SIZE];
    struct time_axis axis = plot_time_axis(sim);
    fprintf(out, "# %s\n# time_%s\twish\tlive\trunning\tfloor\n",
            sim_runner_name(sim, runner, name), axis.unit);
    struct runner_change last = {.runner = NO_INDEX};
    for (int32_t i = 0; i < sim->metrics.change_count; i++) {
        const struct runner_change *change = &sim->metrics.changes[i];
        if (change->runner != runner)
            continue;
        if (last.runner == runner && last.time_us != change->time_us)
            print_change(out, &axis, &last);
        last = *change;
    }
    if (last.runner == runner) {
        print_change(out, &axis, &last);
        last.time_us = sim->now_us;
        print_change(out, &axis, &last);
    }
}

static int write_data(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    int32_t chosen[PANELS_MAX];
    int32_t count = choose_runners(sim, chosen);
    for (int32_t i = 0; i < count; i++) {
        if (i > 0)
            fputs("\n\n", out);
        write_runner(sim, out, chosen[i]);
    }
    return 0;
}

static int write_script(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    int32_t chosen[PANELS_MAX];
    int32_t count = choose_runners(sim, chosen);
    int columns = count > 1 ? 2 : 1;
    int rows = (count + columns - 1) / columns;
    int height_px = rows * PANEL_HEIGHT_PX + LEGEND_HEIGHT_PX;
    plot_frame_open(out, plot_runners.name, height_px);
    plot_print_time_axis(sim, out);
    fprintf(out,
            "set multiplot layout %d,%d margins 0.07,0.98,%.4f,0.94 spacing 0.09,%.4f\n"
            "set yrange [0:*]\nset ytics autofreq\nset offsets 0,0,0.5,0\nunset key\n",
            rows, columns, 1.9 * LEGEND_HEIGHT_PX / height_px, 80.0 / height_px);
    for (int32_t i = 0; i < count; i++) {
        char name[RUNNER_NAME_SIZE];
        fputs("set title ", out);
        plot_print_text(out, sim_runner_name(sim, chosen[i], name));
        fprintf(out, " offset 0,-0.7\n%s\n%s\n",
                i % columns == 0 ? "set ylabel 'replicas'" : "unset ylabel",
                i + columns < count ? "unset xlabel" : "");
        if (i + columns >= count)
            plot_print_time_axis(sim, out);
        if (i + 1 == count)
            fputs("set key at screen 0.5,0.01 bottom center horizontal samplen 2\n", out);
        fprintf(out,
                "plot '%s.dat' index %" PRId32
                " using 1:4 with fillsteps linetype 5 title 'running', \\\n"
                "  '' index %" PRId32 " using 1:3 with steps linetype 1 title 'live', \\\n"
                "  '' index %" PRId32
                " using 1:2 with steps linetype 8 dashtype 2 title 'wished', \\\n"
                "  '' index %" PRId32 " using 1:5 with steps linetype 6 title 'floor'\n",
                plot_runners.name, i, i, i, i);
    }
    fputs("unset multiplot\n", out);
    plot_frame_close(out);
    return 0;
}

const struct plot plot_runners = {
    .name = "runners",
    .title = "Replicas wished, live and protected of the runners that lost most",
    .applies = applies,
    .write_data = write_data,
    .write_script = write_script,
};
