/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/capacity_plot.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"
#include "plan/peak.h"
#include "reports/plot_frame.h"

/* Both resources are counted in thousandths: of a device, of a core. */
static const struct panel {
    enum resource resource;
    const char *title;
} panels[] = {{RESOURCE_SHARE, "accelerators"}, {RESOURCE_CPU, "CPU [cores]"}};

enum { PANEL_COUNT = 2, PANEL_HEIGHT_PX = 250, AXIS_HEIGHT_PX = 90, COLUMNS = 3 };

static const struct usage *usage_of(const struct sim *sim, const struct panel *panel)
{
    return &sim->metrics.scopes[0].usage[panel->resource];
}

static bool has_capacity(const struct sim *sim, const struct panel *panel)
{
    return integral_area(&usage_of(sim, panel)->capacity, sim->now_us) > 0;
}

static int count_panels(const struct sim *sim)
{
    int count = 0;
    for (int i = 0; i < PANEL_COUNT; i++)
        count += has_capacity(sim, &panels[i]);
    return count;
}

bool capacity_plot_applies(const struct sim *sim)
{
    return count_panels(sim) > 0;
}

/* What the floors ask for. */
static double sum_floors(const struct scenario *scenario, const int32_t *floors,
                         enum resource resource)
{
    double sum = 0;
    for (int32_t i = 0; i < scenario->runner_count; i++) {
        const struct shape *shape = &scenario->shapes.items[scenario->runners[i].shape];
        sum += resource == RESOURCE_CPU
                   ? (double)floors[i] * (double)shape->cpu_milli
                   : (double)floors[i] * shape->device_count * shape->share_milli;
    }
    return sum / 1000;
}

static void write_data(const struct sim *sim, int32_t *floors, FILE *out)
{
    struct time_axis axis = plot_time_axis(sim);
    fprintf(out, "# time_%s\taccelerators: capacity\tused\tfloors\tcores: capacity\tused\tfloors\n",
            axis.unit);
    for (int32_t bin = 0; bin < plot_bin_count(sim); bin++) {
        int64_t start_us = plot_bin_start_us(sim, bin);
        fprintf(out, "%.6f", plot_time(&axis, start_us));
        peak_floors_at(sim->scenario, start_us, floors);
        for (int i = 0; i < PANEL_COUNT; i++) {
            const struct usage *usage = usage_of(sim, &panels[i]);
            fprintf(out, "\t%.4f\t%.4f\t%.4f",
                    plot_bin_mean(sim, bin, usage->bin_capacity[bin]) / 1000,
                    plot_bin_mean(sim, bin, usage->bin_used[bin]) / 1000,
                    sum_floors(sim->scenario, floors, panels[i].resource));
        }
        fputc('\n', out);
    }
}

/* Does a floor ask for any of it, at any time that is drawn? */
static bool has_floors(const struct sim *sim, int32_t *floors, const struct panel *panel)
{
    for (int32_t bin = 0; bin < plot_bin_count(sim); bin++) {
        peak_floors_at(sim->scenario, plot_bin_start_us(sim, bin), floors);
        if (sum_floors(sim->scenario, floors, panel->resource) > 0)
            return true;
    }
    return false;
}

static void write_script(const struct sim *sim, int32_t *floors, FILE *out)
{
    int count = count_panels(sim);
    plot_frame_open(out, "capacity", count * PANEL_HEIGHT_PX + AXIS_HEIGHT_PX);
    fprintf(out,
            "set multiplot layout %d,1\nset key outside top center horizontal\nset lmargin 10\n",
            count);
    plot_print_time_axis(sim, out);
    fputs("set yrange [0:*]\nset offsets 0, 0, graph 0.05, 0\n"
          "set style fill solid 0.35 noborder\n",
          out);
    for (int i = 0; i < PANEL_COUNT; i++) {
        int first = 2 + i * COLUMNS;
        if (!has_capacity(sim, &panels[i]))
            continue;
        fprintf(out,
                "set ylabel '%s'\n"
                "plot 'capacity.dat' using 1:%d with fillsteps linetype 3 title 'used', \\\n",
                panels[i].title, first + 1);
        if (has_floors(sim, floors, &panels[i]))
            fprintf(out,
                    "  'capacity.dat' using 1:%d with steps linetype 2 linewidth 2"
                    " title 'floors that are certain', \\\n",
                    first + 2);
        fprintf(out,
                "  'capacity.dat' using 1:%d with steps linetype 1 linewidth 2 title 'capacity'\n",
                first);
    }
    fputs("unset multiplot\n", out);
    plot_frame_close(out);
}

static int write_file(const struct sim *sim, int32_t *floors, bool is_script,
                      struct output_dir *dir, struct err *err)
{
    const char *name = is_script ? "plots/capacity.gp" : "plots/capacity.dat";
    FILE *out = output_dir_create(dir, name, err);
    if (out == NULL)
        return -1;
    if (is_script)
        write_script(sim, floors, out);
    else
        write_data(sim, floors, out);
    return output_dir_close(dir, out, name, err);
}

int capacity_plot_write(const struct sim *sim, struct output_dir *dir, struct drawing *drawing,
                        struct err *err)
{
    int32_t *floors = NULL;
    int32_t capacity = 0;
    if (!capacity_plot_applies(sim))
        return 0;
    if (array_reserve(&floors, &capacity, sim->scenario->runner_count + INT64_C(1), sizeof *floors,
                      err))
        return -1;
    int result = write_file(sim, floors, false, dir, err);
    if (result == 0)
        result = write_file(sim, floors, true, dir, err);
    free(floors);
    if (result == 0)
        result = drawing_add(drawing, "capacity", err);
    return result;
}
