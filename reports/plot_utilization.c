/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Utilization per pool over time: one panel a resource, one line a pool, and the fleet in black
 * where there are several pools. Each point is the exact mean over its time bin. */

#include "reports/plot_kinds.h"

#include <math.h>
#include <stdbool.h>

#include "base/array.h"
#include "reports/plot_frame.h"

static const enum resource panels[] = {RESOURCE_CPU, RESOURCE_MEMORY, RESOURCE_SHARE};
static const char *const panel_titles[] = {"CPU", "memory", "accelerators (share)"};
enum { PANEL_COUNT = 3, PANEL_HEIGHT_PX = 240, LEGEND_ROW_PX = 22, AXIS_HEIGHT_PX = 84 };

static bool has_resource(const struct sim *sim, enum resource resource)
{
    const struct usage *usage = &sim->metrics.scopes[0].usage[resource];
    return integral_area(&usage->capacity, sim->now_us) > 0;
}

static bool applies(const struct sim *sim)
{
    return has_resource(sim, RESOURCE_CPU) || has_resource(sim, RESOURCE_MEMORY);
}

/* Percent of the capacity in a bin, NaN where there was none. */
static double percent_in_bin(const struct usage *usage, int32_t bin)
{
    if (usage->bin_capacity[bin] == 0)
        return NAN;
    return 100 * int128_ratio(usage->bin_used[bin], usage->bin_capacity[bin]);
}

static void print_percent(FILE *out, double percent)
{
    if (isnan(percent))
        fputs("\t?", out);
    else
        fprintf(out, "\t%.4f", percent);
}

/* The scopes drawn: the chosen pools, then the fleet where there are several pools. */
static int32_t choose_scopes(const struct sim *sim, int32_t scopes[PLOT_SERIES_MAX + 1])
{
    int32_t count = plot_choose_pools(sim, scopes);
    for (int32_t i = 0; i < count; i++)
        scopes[i]++;
    if (sim->scenario->pool_count > 1)
        scopes[count++] = 0;
    return count;
}

static const char *scope_name(const struct sim *sim, int32_t scope)
{
    return scope == 0 ? "all pools" : sim->scenario->pools[scope - 1].id;
}

static int write_data(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    int32_t scopes[PLOT_SERIES_MAX + 1];
    int32_t scope_count = choose_scopes(sim, scopes);
    struct time_axis axis = plot_time_axis(sim);
    fprintf(out, "# time_%s", axis.unit);
    for (int panel = 0; panel < PANEL_COUNT; panel++) {
        for (int32_t i = 0; i < scope_count; i++)
            fprintf(out, "\t%s_%%:%s", resource_name(panels[panel]), scope_name(sim, scopes[i]));
    }
    fputc('\n', out);
    for (int32_t bin = 0; bin < plot_bin_count(sim); bin++) {
        fprintf(out, "%.6f", plot_time(&axis, plot_bin_start_us(sim, bin)));
        for (int panel = 0; panel < PANEL_COUNT; panel++) {
            for (int32_t i = 0; i < scope_count; i++) {
                const struct scope *scope = &sim->metrics.scopes[scopes[i]];
                print_percent(out, percent_in_bin(&scope->usage[panels[panel]], bin));
            }
        }
        fputc('\n', out);
    }
    return 0;
}

/* One panel; `first_column` is that of its first scope in the data. */
static void print_panel(const struct sim *sim, FILE *out, int panel, int first_column)
{
    int32_t scopes[PLOT_SERIES_MAX + 1];
    int32_t scope_count = choose_scopes(sim, scopes);
    fprintf(out, "set ylabel '%s [%%]'\nplot \\\n", panel_titles[panel]);
    for (int32_t i = 0; i < scope_count; i++) {
        fprintf(out, "  'utilization.dat' using 1:%d with steps linetype %d title ",
                (int)(first_column + i), scopes[i] == 0 ? 8 : (int)i + 1);
        plot_print_text(out, scope_name(sim, scopes[i]));
        fputs(i + 1 < scope_count ? ", \\\n" : "\n", out);
    }
}

/* The highest utilization that is drawn. */
static double highest_percent(const struct sim *sim)
{
    int32_t scopes[PLOT_SERIES_MAX + 1];
    int32_t scope_count = choose_scopes(sim, scopes);
    double highest = 0;
    for (int panel = 0; panel < PANEL_COUNT; panel++) {
        for (int32_t i = 0; i < scope_count; i++) {
            const struct usage *usage = &sim->metrics.scopes[scopes[i]].usage[panels[panel]];
            for (int32_t bin = 0; bin < plot_bin_count(sim); bin++)
                highest = fmax(highest, percent_in_bin(usage, bin)); /* fmax passes over NaN */
        }
    }
    return highest;
}

/* All panels have one scale: the whole capacity, unless next to nothing of it is ever used, when
 * lines on the floor of the picture would say nothing. */
static void print_scale(const struct sim *sim, FILE *out)
{
    static const double tops[] = {1, 2, 5, 10, 20};
    double highest = highest_percent(sim);
    for (size_t i = 0; i < ARRAY_LEN(tops); i++) {
        if (highest > 0 && highest * 1.05 < tops[i]) {
            fprintf(out, "set yrange [0:%g]\nset ytics %g\n", tops[i], tops[i] / 4);
            return;
        }
    }
    fputs("set yrange [0:105]\nset ytics 25\n", out);
}

static int write_script(const struct sim *sim, FILE *out, struct err *err)
{
    (void)err;
    int32_t scopes[PLOT_SERIES_MAX + 1];
    int32_t scope_count = choose_scopes(sim, scopes);
    int shown = 0;
    for (int panel = 0; panel < PANEL_COUNT; panel++)
        shown += has_resource(sim, panels[panel]);
    int legend_rows = plot_legend_rows(sim);
    int legend_px = (legend_rows + 1) * LEGEND_ROW_PX;
    int height_px = shown * PANEL_HEIGHT_PX + legend_px + AXIS_HEIGHT_PX;
    plot_frame_open(out, "utilization", height_px);
    fprintf(out,
            "set multiplot layout %d,1 margins 0.1,0.98,%.4f,%.4f spacing 0.02\n"
            "set key at screen 0.98,0.995 top right horizontal maxrows %d samplen 2\n",
            shown, (double)AXIS_HEIGHT_PX / height_px, 1 - (double)legend_px / height_px,
            legend_rows);
    print_scale(sim, out);
    plot_print_pools_left_out(sim, out);
    plot_print_time_axis(sim, out);
    fputs("set format x ''\nunset xlabel\n", out);
    int drawn = 0;
    for (int panel = 0; panel < PANEL_COUNT; panel++) {
        if (!has_resource(sim, panels[panel]))
            continue;
        if (++drawn == shown) {
            fputs("set format x '%g'\n", out);
            plot_print_time_axis(sim, out);
        }
        print_panel(sim, out, panel, 2 + panel * (int)scope_count);
        fputs("unset key\nunset label\n",
              out); /* the first panel has the legend: every pool has CPU */
    }
    fputs("unset multiplot\n", out);
    plot_frame_close(out);
    return 0;
}

const struct plot plot_utilization = {
    .name = "utilization",
    .title = "Utilization per pool over time",
    .applies = applies,
    .write_data = write_data,
    .write_script = write_script,
};
