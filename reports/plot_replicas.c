/* SPDX-License-Identifier: GPL-3.0-or-later */

/* How replicas follow traffic: wished, live and running, one panel for each of the runners that
 * served their users worst. */

#include "reports/plot_kinds.h"

#include <inttypes.h>

#include "reports/plot_frame.h"
#include "reports/plot_states.h"
#include "reports/traffic_top.h"

enum { PANEL_HEIGHT_PX = 210, LEGEND_HEIGHT_PX = 60, AXIS_HEIGHT_PX = 80 };

static bool applies(const struct sim *sim)
{
    return traffic_top(sim).count > 0;
}

static int write_data(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    struct top top = traffic_top(sim);
    for (int32_t i = 0; i < top.count; i++) {
        fputs(i > 0 ? "\n\n" : "", out);
        plot_states_write(sim, sim->traffics[top.items[i]].runner, out);
    }
    return 0;
}

static void print_panel(const struct sim *sim, FILE *out, int32_t runner, int block)
{
    char name[RUNNER_NAME_SIZE];
    int32_t most = plot_states_most(sim, runner);
    fputs("set title ", out);
    plot_print_text(out, sim_runner_name(sim, runner, name));
    fprintf(out, " offset 0,-0.7\nset yrange [0:%.3f]\nset ytics %d\nset ylabel 'replicas'\n",
            1.15 * most + 0.1, most / 5 + 1);
    fprintf(out,
            "plot '%s.dat' index %d using 1:4 with filledcurves y=0 linetype 5 title 'running', "
            "\\\n  '' index %d using 1:2 with lines linetype 6 title 'wished', \\\n"
            "  '' index %d using 1:3 with lines linetype 1 title 'live'\n",
            plot_replicas.name, block, block, block);
}

static int write_script(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    struct top top = traffic_top(sim);
    int height_px = (int)top.count * PANEL_HEIGHT_PX + LEGEND_HEIGHT_PX + AXIS_HEIGHT_PX;
    plot_frame_open(out, plot_replicas.name, height_px);
    plot_print_time_axis(sim, out);
    plot_states_print_cut(sim, out);
    fprintf(out,
            "set multiplot layout %d,1 margins 0.08,0.98,%.4f,%.4f spacing 0.09,%.4f\n"
            "set key at screen 0.98,0.995 top right horizontal maxrows 1 samplen 2\nunset xlabel\n",
            (int)top.count, (double)AXIS_HEIGHT_PX / height_px,
            1 - (LEGEND_HEIGHT_PX + 24.0) / height_px, 64.0 / height_px);
    for (int32_t i = 0; i < top.count; i++) {
        if (i + 1 == top.count)
            plot_print_time_axis(sim, out);
        print_panel(sim, out, sim->traffics[top.items[i]].runner, (int)i);
        fputs("unset key\nunset label 1\n", out); /* the first panel has them */
    }
    fputs("unset multiplot\n", out);
    plot_frame_close(out);
    return 0;
}

const struct plot plot_replicas = {
    .name = "replicas",
    .title = "Replicas wished, live and running, of the runners that served their users worst",
    .applies = applies,
    .write_data = write_data,
    .write_script = write_script,
};
