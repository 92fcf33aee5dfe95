/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the nodes that are paid for do over time, stacked: those in use at the bottom, so that what
 * stands above them is what is paid for while it serves nobody. */

#include "reports/plot_kinds.h"

#include "base/array.h"
#include "reports/plot_frame.h"

enum { PANEL_HEIGHT_PX = 300, AXIS_HEIGHT_PX = 80, LEGEND_PX = 44 };

static const struct {
    enum node_phase phase;
    const char *title, *colour;
} layers[] = {
    {PHASE_USED, "in use", "#0072b2"},     {PHASE_DRAINING, "draining", "#cc79a7"},
    {PHASE_WARM, "warm", "#009e73"},       {PHASE_EMPTY, "empty", "#f0e442"},
    {PHASE_BOOTING, "booting", "#56b4e9"}, {PHASE_COMING, "provisioning", "#e69f00"},
    {PHASE_FAILED, "failed", "#d55e00"},
};
_Static_assert(ARRAY_LEN(layers) == NODE_PHASE_COUNT, "every phase is a layer");

static bool applies(const struct sim *sim)
{
    return sim->scaling.is_enabled &&
           integral_area(&sim->metrics.scopes[0].nodes_up_or_down, sim->now_us) > 0;
}

static const struct phase_stats *stats_of(const struct sim *sim, size_t layer)
{
    return &sim->metrics.phases[layers[layer].phase];
}

/* Of all layers together, in any bin. */
static double most_nodes(const struct sim *sim)
{
    double most = 0;
    for (int32_t bin = 0; bin < plot_bin_count(sim); bin++) {
        double sum = 0;
        for (size_t i = 0; i < ARRAY_LEN(layers); i++)
            sum += plot_bin_mean(sim, bin, stats_of(sim, i)->bin_nodes[bin]);
        most = sum > most ? sum : most;
    }
    return most;
}

static int write_data(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    struct time_axis axis = plot_time_axis(sim);
    fprintf(out, "# time_%s", axis.unit);
    for (size_t i = 0; i < ARRAY_LEN(layers); i++)
        fprintf(out, "\tup_to_%s", node_phase_name(layers[i].phase));
    fputc('\n', out);
    for (int32_t bin = 0; bin < plot_bin_count(sim); bin++) {
        double sum = 0;
        fprintf(out, "%.6f", plot_time(&axis, plot_bin_start_us(sim, bin)));
        for (size_t i = 0; i < ARRAY_LEN(layers); i++) {
            sum += plot_bin_mean(sim, bin, stats_of(sim, i)->bin_nodes[bin]);
            fprintf(out, "\t%.4f", sum);
        }
        fputc('\n', out);
    }
    return 0;
}

/* The highest layer first: each is painted over by the one below it. The legend has only those that
 * there were. */
static void print_layers(const struct sim *sim, FILE *out)
{
    bool is_first = true;
    fputs("plot \\\n", out);
    for (size_t i = ARRAY_LEN(layers); i-- > 0;) {
        if (stats_of(sim, i)->nodes.area == 0)
            continue;
        fprintf(out,
                "%s  '%s.dat' using 1:%zu with fillsteps fillstyle solid 1 noborder linecolor rgb "
                "'%s' title '%s'",
                is_first ? "" : ", \\\n", plot_node_states.name, i + 2, layers[i].colour,
                layers[i].title);
        is_first = false;
    }
    fputc('\n', out);
}

static int write_script(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    int height_px = PANEL_HEIGHT_PX + AXIS_HEIGHT_PX + LEGEND_PX;
    plot_frame_open(out, plot_node_states.name, height_px);
    fprintf(out,
            "set lmargin at screen 0.08\nset rmargin at screen 0.97\n"
            "set bmargin at screen %.4f\nset tmargin at screen %.4f\n"
            "set key at screen 0.97,0.985 top right horizontal samplen 1.5\n"
            "set ylabel 'nodes paid for'\nset yrange [0:*]\nset offsets 0,0,0.5,0\n",
            (double)AXIS_HEIGHT_PX / height_px, 1 - (double)LEGEND_PX / height_px);
    plot_print_whole_tics(most_nodes(sim), out);
    plot_print_time_axis(sim, out);
    print_layers(sim, out);
    plot_frame_close(out);
    return 0;
}

const struct plot plot_node_states = {
    .name = "node_states",
    .title = "What the nodes that are paid for do",
    .applies = applies,
    .write_data = write_data,
    .write_script = write_script,
};
