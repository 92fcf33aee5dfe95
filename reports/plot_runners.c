/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The runners that suffered most: replicas wished, live and protected by the floor, one panel each.
 */

#include "reports/plot_kinds.h"

#include <inttypes.h>

#include "reports/plot_frame.h"
#include "reports/plot_states.h"

enum { PANELS_MAX = 6, PANEL_HEIGHT_PX = 220, LEGEND_HEIGHT_PX = 60, AXIS_HEIGHT_PX = 80 };

/* Order of suffering: replicas lost to preemption, drains and failures; then work lost; then index.
 */
static bool suffered_more(const struct sim *sim, int32_t a, int32_t b)
{
    const struct runner_rare *left = metrics_rare(&sim->metrics, a);
    const struct runner_rare *right = metrics_rare(&sim->metrics, b);
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
        const struct runner_rare *rare = metrics_rare(&sim->metrics, runner);
        if (rare->evicted_count + rare->drained_count + rare->lost_count == 0)
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

static int write_data(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    int32_t chosen[PANELS_MAX];
    int32_t count = choose_runners(sim, chosen);
    for (int32_t i = 0; i < count; i++) {
        fputs(i > 0 ? "\n\n" : "", out);
        plot_states_write(sim, chosen[i], out);
    }
    return 0;
}

struct panel {
    int32_t runner, index; /* index: its block in the data */
    bool is_left, is_lowest;
};

static void print_panel(const struct sim *sim, FILE *out, const struct panel *panel)
{
    char name[RUNNER_NAME_SIZE];
    int32_t most = plot_states_most(sim, panel->runner);
    fputs("set title ", out);
    plot_print_text(out, sim_runner_name(sim, panel->runner, name));
    fprintf(out, " offset 0,-0.7\nset yrange [0:%.3f]\nset ytics %d\n%s\nunset xlabel\n",
            1.15 * most + 0.1, most / 5 + 1,
            panel->is_left ? "set ylabel 'replicas'" : "unset ylabel");
    if (panel->is_lowest)
        plot_print_time_axis(sim, out);
    int block = (int)panel->index;
    fprintf(
        out,
        "plot '%s.dat' index %d using 1:4 with filledcurves y=0 linetype 5 title 'running', \\\n"
        "  '' index %d using 1:3 with lines linetype 1 title 'live', \\\n"
        "  '' index %d using 1:2 with lines linetype 8 dashtype 2 title 'wished', \\\n"
        "  '' index %d using 1:5 with lines linetype 6 title 'floor'\n",
        plot_runners.name, block, block, block, block);
}

static int write_script(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    int32_t chosen[PANELS_MAX];
    int32_t count = choose_runners(sim, chosen);
    int32_t columns = count > 1 ? 2 : 1;
    int32_t rows = (count + columns - 1) / columns;
    int height_px = (int)rows * PANEL_HEIGHT_PX + LEGEND_HEIGHT_PX + AXIS_HEIGHT_PX;
    plot_frame_open(out, plot_runners.name, height_px);
    plot_print_time_axis(sim, out);
    plot_states_print_cut(sim, out);
    fprintf(out,
            "set multiplot layout %d,%d margins 0.08,0.98,%.4f,%.4f spacing 0.09,%.4f\n"
            "set key at screen 0.98,0.995 top right horizontal maxrows 1 samplen 2\n",
            (int)rows, (int)columns, (double)AXIS_HEIGHT_PX / height_px,
            1 - (LEGEND_HEIGHT_PX + 24.0) / height_px, 80.0 / height_px);
    for (int32_t i = 0; i < count; i++) {
        const struct panel panel = {.runner = chosen[i],
                                    .index = i,
                                    .is_left = i % columns == 0,
                                    .is_lowest = i + columns >= count};
        print_panel(sim, out, &panel);
        fputs("unset key\nunset label 1\n", out); /* the first panel has them */
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
