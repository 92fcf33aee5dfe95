/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "bench/compare_report.h"
#include "bench/compare_words.h"
#include "bench/replicate.h"
#include "reports/plot_frame.h"

/* Colours of Okabe and Ito; after the eighth variant they begin again, dashed. */
static const char *const colours[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                      "#56b4e9", "#d55e00", "#999999", "#000000"};

enum { GREEN = 0x009e73, RED = 0xd55e00, GREY = 0x888888 };
enum { COLOURS = ARRAY_LEN(colours), ROW_PX = 21, PANEL_PX = 124, LEGEND_ROW_PX = 20 };
enum { LONG_LABEL = 20 }; /* characters: of such names fewer stand side by side */

static void print_figure(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, "\t%.9g", value);
    else
        fputs("\t?", out);
}

static int32_t variant_count(const struct compare *compare)
{
    return compare->request.variant_count;
}

static const char *label_of(const struct compare *compare, int32_t variant)
{
    return compare->request.variants[variant].label;
}

static bool has_long_labels(const struct compare *compare)
{
    for (int32_t v = 0; v < variant_count(compare); v++)
        if (strlen(label_of(compare, v)) > LONG_LABEL)
            return true;
    return false;
}

/* "set ytics ('name' 0, ...)", the first at the top. */
static void print_variant_tics(const struct compare *compare, int32_t first, FILE *out)
{
    fputs("set ytics (", out);
    for (int32_t v = first; v < variant_count(compare); v++) {
        fputs(v > first ? ", " : "", out);
        plot_print_tic(out, label_of(compare, v));
        fprintf(out, " %" PRId32, v);
    }
    fprintf(out, ")\nset yrange [%" PRId32 ".5:%" PRId32 ".5]\n", variant_count(compare) - 1,
            first - 1);
    if (first == 0)
        fprintf(out, "set yrange [%" PRId32 ".5:-0.5]\n", variant_count(compare) - 1);
}

static void print_line_style(int32_t variant, FILE *out)
{
    fprintf(out, "linecolor rgb '%s' linewidth 2 dashtype %d", colours[variant % COLOURS],
            variant < COLOURS ? 1 : 2 + (int)(variant / COLOURS) % 4);
}

/* ---- estimates and differences: a panel for each chosen metric ---- */

static int32_t panel_columns(const struct compare *compare)
{
    return compare->request.chosen_count > 1 && !has_long_labels(compare) ? 2 : 1;
}

static int32_t panel_rows(const struct compare *compare)
{
    int32_t columns = panel_columns(compare);
    return (compare->request.chosen_count + columns - 1) / columns;
}

static int panels_height(const struct compare *compare)
{
    return panel_rows(compare) * (PANEL_PX + ROW_PX * (int)variant_count(compare)) + 20;
}

static int write_interval_data(const struct compare *compare, FILE *out, struct err *err)
{
    fputs("# place\tvalue\tlow\thigh\tunshaken\tvariant\n", out);
    for (int32_t metric = 0; metric < compare->request.chosen_count; metric++) {
        char heading[SENTENCE_SIZE];
        fprintf(out, "# %s\n", metric_heading(compare, metric, heading));
        for (int32_t v = 0; v < variant_count(compare); v++) {
            struct compare_estimate estimate;
            if (compare_estimate(compare, v, metric, &estimate, err) != 0)
                return -1;
            const double *unshaken = compare->unshaken[v].values;
            fprintf(out, "%" PRId32, v);
            print_figure(out, estimate.center);
            print_figure(out, estimate.interval.low);
            print_figure(out, estimate.interval.high);
            print_figure(out, unshaken != NULL ? unshaken[metric] : (double)NAN);
            fprintf(out, "\t%s\n", label_of(compare, v));
        }
        fputs("\n\n", out);
    }
    return 0;
}

static int write_difference_data(const struct compare *compare, FILE *out, struct err *err)
{
    fputs("# place\teffect\tlow\thigh\tcolour\tvariant\tverdict\n", out);
    for (int32_t metric = 0; metric < compare->request.chosen_count; metric++) {
        char heading[SENTENCE_SIZE];
        struct compare_difference differences[COMPARE_VARIANTS_MAX];
        if (compare_differences(compare, metric, differences, err) != 0)
            return -1;
        fprintf(out, "# %s\n", metric_heading(compare, metric, heading));
        for (int32_t v = 1; v < variant_count(compare); v++) {
            const struct compare_difference *it = &differences[v];
            bool is_better = it->verdict == VERDICT_BETTER;
            bool is_worse = it->verdict == VERDICT_WORSE;
            fprintf(out, "%" PRId32, v);
            print_figure(out, it->effect);
            print_figure(out, it->interval.low);
            print_figure(out, it->interval.high);
            fprintf(out, "\t%d\t%s\t%s\n",
                    is_better  ? GREEN
                    : is_worse ? RED
                               : GREY,
                    label_of(compare, v), verdict_text(it->verdict));
        }
        fputs("\n\n", out);
    }
    return 0;
}

static void print_panel_title(const struct compare *compare, int32_t metric, FILE *out)
{
    char name[METRIC_NAME_SIZE];
    const struct metric_choice *choice = &compare->request.metrics->items[metric];
    fprintf(out, "set title '%s [%s%s]' offset 0,-0.6\n", metric_name(choice, name),
            choice->metric->unit, choice->metric->is_tail ? ", median" : "");
}

/* Steps of 1, 2 or 5 of some power of ten, about four in a panel, so that labels do not meet. With
 * nothing but equal values gnuplot shows one percent on either side of them, and 1 of 0. */
static void define_steps(FILE *out)
{
    fputs("nice(x) = (power = 10**floor(log10(x)), x / power <= 1 ? power : x / power <= 2 ? 2 * "
          "power : x / power <= 5 ? 5 * power : 10 * power)\n"
          "step(low, high) = nice((high > low ? high - low : low != 0 ? 0.02 * abs(low) : 2) / "
          "4.0)\n",
          out);
}

static void open_panels(const struct compare *compare, const char *name, FILE *out)
{
    plot_frame_open(out, name, panels_height(compare));
    fprintf(out,
            "set multiplot layout %" PRId32 ",%" PRId32 "\nunset key\nset format x '%%g'\n"
            "set xtics autofreq rotate by -30 font ',10'\nset rmargin 6\n", /* the last label */
            panel_rows(compare), panel_columns(compare));
    define_steps(out);
}

/* Has any variant from the `first` on a value? */
static bool has_values(const struct compare *compare, int32_t metric, int32_t first)
{
    for (int32_t v = first; v < variant_count(compare); v++)
        for (int32_t i = 0; i < compare->counts[v]; i++)
            if (!isnan(compare_value(compare, v, metric, i)))
                return true;
    return false;
}

static void print_empty_panel(FILE *out)
{
    fputs("set xrange [0:1]\nset xtics autofreq\nset label 2 'no value' at graph 0.5, graph 0.5 "
          "center\n"
          "plot NaN notitle\nunset label 2\nset autoscale x\n",
          out);
}

/* Of the variants from the `first` on. False where none has a value, and the panel says so. */
static bool begin_panel(const struct compare *compare, int32_t metric, int32_t first, FILE *out)
{
    print_panel_title(compare, metric, out);
    bool has_value = has_values(compare, metric, first);
    if (!has_value)
        print_empty_panel(out);
    return has_value;
}

/* Of the values of a panel and their intervals, and of 0 where that is marked. */
static void print_value_tics(const char *name, int32_t metric, bool has_zero, FILE *out)
{
    fprintf(out,
            "set autoscale xy\n" /* stats leaves out what is out of range */
            "stats '%s.dat' index %" PRId32 " using (valid(3)?$3:$2) nooutput prefix 'low'\n"
            "stats '%s.dat' index %" PRId32 " using (valid(4)?$4:$2) nooutput prefix 'high'\n"
            "if (!exists('low_min')) {low_min = high_max = 0}\n", /* nothing has a value */
            name, metric, name, metric);
    if (has_zero)
        fputs("set xtics step(low_min < 0 ? low_min : 0, high_max > 0 ? high_max : 0)\n", out);
    else
        fputs("set xtics step(low_min, high_max)\n", out);
}

static int write_interval_script(const struct compare *compare, const char *name, FILE *out)
{
    open_panels(compare, name, out);
    print_variant_tics(compare, 0, out);
    for (int32_t metric = 0; metric < compare->request.chosen_count; metric++) {
        if (!begin_panel(compare, metric, 0, out))
            continue;
        print_value_tics(name, metric, false, out);
        print_variant_tics(compare, 0, out);
        fprintf(out,
                "plot '%s.dat' index %" PRId32
                " using 2:1:(valid(3)?$3:$2):(valid(4)?$4:$2) with xerrorbars linetype 1 "
                "pointtype 7 pointsize 0.7 notitle, '' index %" PRId32
                " using 5:1 with points linetype 6 pointtype 4 pointsize 0.9 notitle\n",
                name, metric, metric);
    }
    fputs("unset multiplot\n", out);
    plot_frame_close(out);
    return 0;
}

static int write_difference_script(const struct compare *compare, const char *name, FILE *out)
{
    open_panels(compare, name, out);
    print_variant_tics(compare, 1, out);
    fputs("set arrow 1 from 0, graph 0 to 0, graph 1 nohead linecolor rgb '#000000' "
          "linewidth 1\n",
          out);
    for (int32_t metric = 0; metric < compare->request.chosen_count; metric++) {
        if (!begin_panel(compare, metric, 1, out))
            continue;
        print_value_tics(name, metric, true, out);
        print_variant_tics(compare, 1, out);
        fprintf(out,
                "set xrange [*<0:0<*]\nplot '%s.dat' index %" PRId32
                " using 2:1:(valid(3)?$3:$2):(valid(4)?$4:$2):5 with xerrorbars "
                "linecolor rgb variable linewidth 2 pointtype 7 pointsize 0.7 notitle\n",
                name, metric);
    }
    fputs("unset multiplot\n", out);
    plot_frame_close(out);
    return 0;
}

/* ---- waits ---- */

static int write_wait_data(const struct compare *compare, FILE *out, struct err *err)
{
    (void)err;
    fputs("# wait_s", out);
    for (int32_t v = 0; v < variant_count(compare); v++)
        fprintf(out, "\t%s", label_of(compare, v));
    fputc('\n', out);
    for (int32_t i = 0; i < WAIT_GRID; i++) {
        /* 0 has no place on the axis of the logarithm: it stands at its left end. */
        fprintf(out, "%.6g", i == 0 ? 0.5 : (double)compare->wait_grid_us[i] / US_PER_S);
        for (int32_t v = 0; v < variant_count(compare); v++)
            print_figure(out, 100 * compare_wait_band(compare, v, i).mean);
        fputc('\n', out);
    }
    return 0;
}

static int legend_columns(const struct compare *compare)
{
    return has_long_labels(compare) ? 2 : 3;
}

static int legend_rows(const struct compare *compare)
{
    int columns = legend_columns(compare);
    return ((int)variant_count(compare) + columns - 1) / columns;
}

static int write_wait_script(const struct compare *compare, const char *name, FILE *out)
{
    plot_frame_open(out, name, 420 + LEGEND_ROW_PX * legend_rows(compare));
    fprintf(out,
            "set key outside top center horizontal maxcols %d samplen 2\nset logscale x\n"
            "set xtics ('0' 0.5, '1 s' 1, '10 s' 10, '1 min' 60, '10 min' 600, '1 h' 3600, "
            "'4 h' 14400, '1 d' 86400, '4 d' 345600, '16 d' 1382400, '64 d' 5529600)\n"
            "set ylabel 'demands that waited no longer [%%]'\nset xlabel 'wait for a place'\n"
            "set xrange [0.5:*]\nset yrange [*:100]\nplot \\\n",
            legend_columns(compare));
    for (int32_t v = 0; v < variant_count(compare); v++) {
        fprintf(out, "%s  '%s.dat' using 1:%d with steps ", v > 0 ? ", \\\n" : "", name,
                (int)v + 2);
        print_line_style(v, out);
        fputs(" title ", out);
        plot_print_text(out, label_of(compare, v));
    }
    fputc('\n', out);
    plot_frame_close(out);
    return 0;
}

/* ---- over time ---- */

struct axis_unit {
    double us;
    const char *name;
};

static struct axis_unit unit_of(int64_t horizon_us)
{
    double s = (double)horizon_us / US_PER_S;
    if (s > 4 * 86400.0)
        return (struct axis_unit){86400e6, "d"};
    if (s > 3 * 3600.0)
        return (struct axis_unit){3600e6, "h"};
    return s > 180 ? (struct axis_unit){60e6, "min"} : (struct axis_unit){1e6, "s"};
}

static int write_band_data(const struct compare *compare, FILE *out, struct err *err)
{
    struct axis_unit unit = unit_of(compare->request.variants[0].scenario->horizon_us);
    fprintf(out, "# time_%s\tutilization_mean\tp5\tp95\tqueue_mean\tp5\tp95\n", unit.name);
    for (int32_t v = 0; v < variant_count(compare); v++) {
        fprintf(out, "# %s\n", label_of(compare, v));
        for (int32_t bin = 0; bin < TIMELINE_BINS; bin++) {
            struct compare_band bands[2];
            if (compare_time_bands(compare, v, bin, bands, err) != 0)
                return -1;
            fprintf(out, "%.6g", (double)(bin * compare_bin_us(compare, v)) / unit.us);
            for (int i = 0; i < 2; i++) {
                print_figure(out, bands[i].mean);
                print_figure(out, bands[i].low);
                print_figure(out, bands[i].high);
            }
            fputc('\n', out);
        }
        fputs("\n\n", out);
    }
    return 0;
}

static int write_bands(const struct compare *compare, const char *name, int column, FILE *out)
{
    enum { COLUMNS = 3, CELL_PX = 190 };
    int variants = (int)variant_count(compare);
    int columns = variants < COLUMNS ? variants : COLUMNS,
        rows = (variants + columns - 1) / columns;
    struct axis_unit unit = unit_of(compare->request.variants[0].scenario->horizon_us);
    plot_frame_open(out, name, 30 + rows * CELL_PX + (rows == 1 ? 60 : 0));
    fprintf(out,
            "set multiplot layout %d,%d\nunset key\nset xlabel 'time [%s]' offset 0,0.6\n"
            "set yrange [0:*]\n",
            rows, columns, unit.name);
    if (column == 2)
        fprintf(out, "stats 'bands.dat' using 4 nooutput prefix 'top'\nset yrange [0:(top_max > 0 "
                     "? top_max * 1.05 : 1)]\n");
    else
        fprintf(out, "stats 'bands.dat' using 7 nooutput prefix 'top'\nset yrange [0:(top_max > 0 "
                     "? top_max * 1.05 : 1)]\n");
    for (int32_t v = 0; v < variant_count(compare); v++) {
        fputs("set title ", out);
        plot_print_text(out, label_of(compare, v));
        fprintf(
            out,
            " offset 0,-0.6\nset ylabel '%s' offset 1,0\nplot 'bands.dat' index %" PRId32
            " using 1:%d:%d with filledcurves fillcolor rgb '#9ecae1' notitle, '' index %" PRId32
            " using 1:%d with lines linetype 1 notitle\n",
            column == 2 ? (compare->resource == RESOURCE_SHARE ? "devices [%]" : "CPU [%]")
                        : "waiting",
            v, column + 1, column + 2, v, column);
    }
    fputs("unset multiplot\n", out);
    plot_frame_close(out);
    return 0;
}

static int write_band_script(const struct compare *compare, const char *name, FILE *out)
{
    return write_bands(compare, name, 2, out);
}

static int write_queue_script(const struct compare *compare, const char *name, FILE *out)
{
    return write_bands(compare, name, 5, out);
}

/* ---- Welch ---- */

enum { WELCH_WINDOW = TIMELINE_BINS / 24 };

static int write_welch_data(const struct compare *compare, FILE *out, struct err *err)
{
    (void)err;
    struct axis_unit unit = unit_of(compare->request.variants[0].scenario->horizon_us);
    fprintf(out, "# time_%s\tseries\tmoving_average\n", unit.name);
    for (int32_t i = 0; i < 2 * variant_count(compare); i++) {
        double averages[TIMELINE_BINS];
        const double *series = &compare->pilot[i * TIMELINE_BINS];
        int32_t count = 0;
        while (count < TIMELINE_BINS && !isnan(series[count]))
            count++;
        int32_t made = welch_average(series, count, WELCH_WINDOW, averages);
        fprintf(out, "# %s: %s\n", label_of(compare, i / 2), i % 2 ? "queue" : "utilization");
        for (int32_t bin = 0; bin < count; bin++) {
            fprintf(out, "%.6g", (double)(bin * compare_bin_us(compare, i / 2)) / unit.us);
            print_figure(out, series[bin]);
            print_figure(out, bin < made ? averages[bin] : (double)NAN);
            fputc('\n', out);
        }
        fputs("\n\n", out);
    }
    return 0;
}

static int write_welch_script(const struct compare *compare, const char *name, FILE *out)
{
    struct axis_unit unit = unit_of(compare->request.variants[0].scenario->horizon_us);
    int rows = (int)variant_count(compare);
    double at = (double)compare->warm_up_us / unit.us;
    bool is_settled = compare->end != COMPARE_UNSETTLED;
    plot_frame_open(out, name, 60 + 210 * rows);
    fprintf(out,
            "set multiplot layout %d,2 title '%s'\nunset key\n"
            "set xlabel 'time [%s]' offset 0,0.6\nset ytics autofreq font ',10'\n",
            rows,
            is_settled ? "thin: mean of the replications; thick: its moving average; dashed: end "
                         "of the warm-up"
                       : "thin: mean of the replications; thick: its moving average; no warm-up "
                         "can be told",
            unit.name);
    if (is_settled)
        fprintf(out,
                "set arrow 1 from %.6g, graph 0 to %.6g, graph 1 nohead linecolor rgb '#d55e00' "
                "linewidth 2 dashtype 2 front\n",
                at, at);
    for (int32_t i = 0; i < 2 * rows; i++) {
        fputs("set title ", out);
        plot_print_text(out, label_of(compare, i / 2));
        fprintf(
            out,
            " offset 0,-0.6\nset ylabel '%s' offset 1,0\nset yrange [0:%s]\nplot '%s.dat' index "
            "%" PRId32
            " using 1:2 with lines linecolor rgb '#9ecae1' linewidth 1 notitle, '' index %" PRId32
            " using 1:3 with lines linetype 1 notitle\n",
            i % 2 ? "waiting" : "utilization [%]", i % 2 ? "*" : "100", name, i, i);
    }
    fputs("unset multiplot\n", out);
    plot_frame_close(out);
    return 0;
}

/* ---- the list ---- */

struct picture {
    const char *name, *caption;
    bool (*applies)(const struct compare *compare);
    int (*write_data)(const struct compare *compare, FILE *out, struct err *err); /* NULL: none */
    int (*write_script)(const struct compare *compare, const char *name, FILE *out);
};

static bool always(const struct compare *compare)
{
    return compare->request.variant_count > 0;
}

static bool is_steady(const struct compare *compare)
{
    return compare->pilot_count > 0;
}

static bool has_waits(const struct compare *compare)
{
    for (int32_t v = 0; v < variant_count(compare); v++)
        if (!isnan(compare_wait_band(compare, v, 0).mean))
            return true;
    return false;
}

static bool has_bands(const struct compare *compare)
{
    return replication_needs_run(compare->request.metrics);
}

static bool has_several(const struct compare *compare)
{
    return compare->request.variant_count > 1;
}

static const struct picture pictures[] = {
    {"intervals",
     "Estimates with their intervals, side by side; a square is the trace as it was recorded.",
     always, write_interval_data, write_interval_script},
    {"differences",
     "Differences to the first variant over pairs of replications; green is better, red worse, "
     "grey "
     "not distinguishable.",
     has_several, write_difference_data, write_difference_script},
    {"waits",
     "Share of the demands that waited no longer than so long (Kaplan-Meier), mean over the "
     "replications.",
     has_waits, write_wait_data, write_wait_script},
    {"bands", "Utilization over time: mean and the 5th to 95th percentile of the replications.",
     has_bands, write_band_data, write_band_script},
    {"queue", "Demands that wait, over time: mean and the 5th to 95th percentile.", has_waits, NULL,
     write_queue_script},
    {"welch",
     "Welch's plot: means over the first replications, their moving average, and the end of the "
     "warm-up that is left out.",
     is_steady, write_welch_data, write_welch_script},
};

static const struct picture *picture_at(const struct compare *compare, int32_t number)
{
    for (size_t i = 0; i < ARRAY_LEN(pictures); i++)
        if (pictures[i].applies(compare) && number-- == 0)
            return &pictures[i];
    return NULL;
}

bool compare_plot_at(const struct compare *compare, int32_t number, struct compare_plot *plot)
{
    const struct picture *picture = picture_at(compare, number);
    if (picture == NULL)
        return false;
    snprintf(plot->name, sizeof plot->name, "%s", picture->name);
    snprintf(plot->caption, sizeof plot->caption, "%s", picture->caption);
    return true;
}

static int write_plot(const struct compare *compare, struct output_dir *dir,
                      const struct picture *picture, struct err *err)
{
    char name[PLOT_NAME_SIZE + 16];
    FILE *out;
    if (picture->write_data != NULL) {
        snprintf(name, sizeof name, "plots/%s.dat", picture->name);
        out = output_dir_create(dir, name, err);
        if (out == NULL)
            return -1;
        int written = picture->write_data(compare, out, err);
        struct err close_err = {.kind = ERR_NONE};
        int closed = output_dir_close(dir, out, name, &close_err);
        if (written == 0 && closed != 0)
            *err = close_err;
        if (written != 0 || closed != 0)
            return -1;
    }
    snprintf(name, sizeof name, "plots/%s.gp", picture->name);
    out = output_dir_create(dir, name, err);
    if (out == NULL)
        return -1;
    picture->write_script(compare, picture->name, out);
    return output_dir_close(dir, out, name, err);
}

int compare_plots_write(const struct compare *compare, struct output_dir *dir,
                        struct drawing *drawing, struct err *err)
{
    const struct picture *picture;
    for (int32_t i = 0; (picture = picture_at(compare, i)) != NULL; i++)
        if (write_plot(compare, dir, picture, err) != 0 ||
            drawing_add(drawing, picture->name, err) != 0)
            return -1;
    return 0;
}
