/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Node count per pool over time, and below it what the fleet costs: the rate, and the sum so far.
 * Nodes of unknown price cost nothing here; the panel says so. */

#include "reports/plot_kinds.h"

#include "reports/plot_frame.h"

enum { PANEL_HEIGHT_PX = 220, GAP_PX = 60, AXIS_HEIGHT_PX = 80, LEGEND_ROW_PX = 22 };

/* USD per (millionth of a millicent). */
static const double USD_PER_PRICE = 1e-11;
static const double S_PER_H = 3600;

static bool applies(const struct sim *sim)
{
    return integral_area(&sim->metrics.scopes[0].nodes_up_or_down, sim->now_us) > 0;
}

static const struct scope *group_scope(const struct sim *sim, int32_t group)
{
    return &sim->metrics.scopes[1 + sim->metrics.pool_scope_count + group];
}

static int32_t group_count(const struct sim *sim)
{
    return sim->metrics.scope_count - 1 - sim->metrics.pool_scope_count;
}

/* Does any group with nodes have a price (or, has_price false, none)? */
static bool any_group(const struct sim *sim, bool has_price)
{
    for (int32_t group = 0; group < group_count(sim); group++) {
        if (fleet_group_type(&sim->sched.fleet, group)->has_price == has_price &&
            integral_area(&group_scope(sim, group)->nodes_up_or_down, sim->now_us) > 0)
            return true;
    }
    return false;
}

/* What the nodes of known price cost in this bin, in USD. */
static double bin_cost_usd(const struct sim *sim, int32_t bin)
{
    int128 cost = 0; /* price x microseconds */
    for (int32_t group = 0; group < group_count(sim); group++) {
        const struct node_type *type = fleet_group_type(&sim->sched.fleet, group);
        if (type->has_price)
            cost += group_scope(sim, group)->bin_existing[bin] * type->price_micro;
    }
    return int128_ratio(cost, 1000000) * USD_PER_PRICE;
}

static int write_data(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    int32_t pools[PLOT_SERIES_MAX];
    int32_t pool_count = plot_choose_pools(sim, pools);
    struct time_axis axis = plot_time_axis(sim);
    fprintf(out, "# time_%s\tcost_usd_per_h\tcost_usd_so_far\tnodes_all", axis.unit);
    for (int32_t i = 0; i < pool_count; i++)
        fprintf(out, "\tnodes:%s", sim->scenario->pools[pools[i]].id);
    fputc('\n', out);
    double so_far_usd = 0;
    for (int32_t bin = 0; bin < plot_bin_count(sim); bin++) {
        double usd = bin_cost_usd(sim, bin);
        double hours = (double)plot_bin_length_us(sim, bin) / 1e6 / S_PER_H;
        fprintf(out, "%.6f\t%.6f\t%.6f\t%.4f", plot_time(&axis, plot_bin_start_us(sim, bin)),
                hours > 0 ? usd / hours : 0, so_far_usd,
                plot_bin_mean(sim, bin, sim->metrics.scopes[0].bin_nodes[bin]));
        for (int32_t i = 0; i < pool_count; i++)
            fprintf(out, "\t%.4f",
                    plot_bin_mean(sim, bin, sim->metrics.scopes[1 + pools[i]].bin_nodes[bin]));
        fputc('\n', out);
        so_far_usd += usd;
    }
    return 0;
}

static double most_nodes(const struct sim *sim)
{
    double most = 0;
    for (int32_t bin = 0; bin < plot_bin_count(sim); bin++) {
        double mean = plot_bin_mean(sim, bin, sim->metrics.scopes[0].bin_nodes[bin]);
        most = mean > most ? mean : most;
    }
    return most;
}

static void print_node_panel(const struct sim *sim, FILE *out)
{
    int32_t pools[PLOT_SERIES_MAX];
    int32_t pool_count = plot_choose_pools(sim, pools);
    plot_print_whole_tics(most_nodes(sim), out);
    fputs("set ylabel 'nodes in service'\nset yrange [0:*]\nset offsets 0,0,0.5,0\n"
          "plot \\\n",
          out);
    if (pool_count > 1)
        fprintf(out, "  '%s.dat' using 1:4 with steps linetype 8 title 'all pools', \\\n",
                plot_nodes.name);
    for (int32_t i = 0; i < pool_count; i++) {
        fprintf(out, "  '%s.dat' using 1:%d with steps linetype %d title ", plot_nodes.name,
                (int)i + 5, (int)i + 1);
        plot_print_text(out, sim->scenario->pools[pools[i]].id);
        fputs(i + 1 < pool_count ? ", \\\n" : "\n", out);
    }
}

static void print_cost_panel(const struct sim *sim, FILE *out)
{
    const char *title =
        any_group(sim, false) ? "of the nodes whose price is known" : "of all nodes";
    fprintf(out,
            "set border 11\nset ylabel 'cost [USD/h]'\nset y2label 'cost so far [USD]'\n"
            "set y2tics\nset y2range [0:*]\nset format y '%%.10g'\nset format y2 '%%.10g'\nset "
            "title 'cost %s' offset 0,-0.7\n"
            "set key inside bottom right reverse Left samplen 1.5\n"
            "plot '%s.dat' using 1:2 with steps linetype 1 title 'rate (left)', \\\n"
            "  '' using 1:3 axes x1y2 with lines linetype 2 title 'so far (right)'\n",
            title, plot_nodes.name);
}

static int write_script(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    bool has_cost = any_group(sim, true);
    int panels = has_cost ? 2 : 1;
    int legend_rows = plot_legend_rows(sim);
    int legend_px = (legend_rows + 1) * LEGEND_ROW_PX;
    int height_px = panels * PANEL_HEIGHT_PX + (panels - 1) * GAP_PX + legend_px + AXIS_HEIGHT_PX;
    plot_frame_open(out, plot_nodes.name, height_px);
    fprintf(out,
            "set multiplot layout %d,1 margins 0.1,0.9,%.4f,%.4f spacing 0,%.4f\n"
            "set key at screen 0.98,0.995 top right horizontal maxrows %d samplen 2\n",
            panels, (double)AXIS_HEIGHT_PX / height_px, 1 - (double)legend_px / height_px,
            (double)GAP_PX / height_px, legend_rows);
    plot_print_time_axis(sim, out);
    fputs(has_cost ? "unset xlabel\n" : "", out);
    plot_print_pools_left_out(sim, out);
    print_node_panel(sim, out);
    fputs("unset label\nset ytics autofreq\n", out);
    plot_print_time_axis(sim, out);
    if (has_cost)
        print_cost_panel(sim, out);
    fputs("unset multiplot\n", out);
    plot_frame_close(out);
    return 0;
}

const struct plot plot_nodes = {
    .name = "nodes",
    .title = "Nodes in service, and what they cost",
    .applies = applies,
    .write_data = write_data,
    .write_script = write_script,
};
