/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/fgd_plots.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "bench/fgd_tables.h"
#include "reports/plot_frame.h"

enum { NAME_SIZE = 64, FAMILY_SIZE = 48 };

/* One picture. */
struct picture {
    const struct fgd_bench *bench;
    int32_t workload; /* curves: of this one */
    bool is_fragmentation;
    const char *family; /* bars: of these workloads */
    char name[NAME_SIZE];
};

/* ---- curves ---- */

/* Mean over the seeds at a point, of our runs or of the published ones. */
static double mean_at(const struct picture *picture, int32_t policy, int point, bool is_published)
{
    const struct fgd_bench *bench = picture->bench;
    const struct fgd_curves *curves =
        picture->is_fragmentation ? &bench->published.fragmentation : &bench->published.allocation;
    double sum = 0.0;
    int count = 0;
    struct fgd_place place = {picture->workload, policy, 0};
    for (; place.seed < bench->request.seed_count; place.seed++) {
        const struct fgd_result *result = fgd_bench_result(bench, place);
        const double *points =
            picture->is_fragmentation ? result->fragment_percent : result->allocated_percent;
        if (is_published)
            points = fgd_bench_published(bench, curves, place);
        if (points == NULL || isnan(points[point]))
            continue;
        sum += points[point];
        count++;
    }
    return count > 0 ? sum / count : NAN;
}

static void print_value(FILE *out, double value)
{
    if (isnan(value))
        fputs("\t?", out);
    else
        fprintf(out, "\t%.4f", value);
}

static void write_curve_data(const struct picture *picture, FILE *out)
{
    const struct fgd_request *request = &picture->bench->request;
    fputs("# arrived_percent", out);
    for (int32_t i = 0; i < request->policy_count; i++)
        fprintf(out, "\t%s\t%s_published", request->policies[i].label, request->policies[i].label);
    fputc('\n', out);
    for (int point = 0; point < FGD_POINTS; point++) {
        fprintf(out, "%d", point);
        for (int32_t i = 0; i < request->policy_count; i++) {
            print_value(out, mean_at(picture, i, point, false));
            print_value(out, mean_at(picture, i, point, true));
        }
        fputc('\n', out);
    }
}

static void write_curve_lines(const struct picture *picture, FILE *out)
{
    const struct fgd_request *request = &picture->bench->request;
    for (int32_t i = 0; i < request->policy_count; i++) {
        int32_t column = 2 + 2 * i, colour = 1 + i % 8;
        fprintf(out, "%s  '%s.dat' using 1:%d with lines linetype %d title ", i > 0 ? ", \\\n" : "",
                picture->name, (int)column, (int)colour);
        plot_print_text(out, request->policies[i].label);
        fprintf(out,
                ", \\\n  '%s.dat' using 1:%d every 5 with points linetype %d pointtype 6 "
                "pointsize 0.7 linewidth 1 notitle",
                picture->name, (int)column + 1, (int)colour);
    }
    fputc('\n', out);
}

/* The foot of an axis: `usual`, or the multiple of `step` below the lowest value, which may be NaN.
 */
static int foot_of(double lowest, int usual, int step)
{
    int foot = isnan(lowest) ? usual : step * (int)floor(lowest / step);
    return foot < usual ? foot : usual;
}

/* Of our lines, from this point on; NaN where there is nothing. */
static double lowest_from(const struct picture *picture, int first_point)
{
    double lowest = NAN;
    for (int32_t i = 0; i < picture->bench->request.policy_count; i++)
        for (int point = first_point; point < FGD_POINTS; point++)
            lowest = fmin(lowest, mean_at(picture, i, point, false)); /* NaN is passed over */
    return lowest;
}

static bool has_published(const struct picture *picture)
{
    for (int32_t i = 0; i < picture->bench->request.policy_count; i++)
        for (int point = 0; point < FGD_POINTS; point++)
            if (!isnan(mean_at(picture, i, point, true)))
                return true;
    return false;
}

static void write_curve_script(const struct picture *picture, FILE *out)
{
    enum { ZOOM_POINT = 80 };
    const char *workload = picture->bench->request.workloads[picture->workload];
    plot_frame_open(out, picture->name, 460);
    fprintf(out,
            "set xlabel 'GPUs asked for so far [%% of all]'\n"
            "set multiplot layout 1,2 title 'workload %s: lines ours, %s published'\n"
            "set key bottom right samplen 1.5\n",
            workload, has_published(picture) ? "circles" : "none");
    if (picture->is_fragmentation)
        fputs("set ylabel 'fragments [% of the free GPU share]'\nset xrange [0:130]\n"
              "set yrange [0:100]\nset key top left\n",
              out);
    else
        fputs("set ylabel 'GPUs allocated [% of all]'\nset xrange [0:130]\nset yrange [0:100]\n",
              out);
    fputs("plot \\\n", out);
    write_curve_lines(picture, out);
    double lowest = lowest_from(picture, ZOOM_POINT);
    fprintf(out, "unset key\nunset ylabel\nset xrange [%d:130]\nset yrange [%d:100]\n", ZOOM_POINT,
            picture->is_fragmentation ? foot_of(lowest, 30, 10) : foot_of(lowest, 75, 5));
    fputs("plot \\\n", out);
    write_curve_lines(picture, out);
    fputs("unset multiplot\n", out);
    plot_frame_close(out);
}

/* ---- bars ---- */

/* The workload's name without the number at its end: "cpu" of "cpu100". */
static void family_of(const char *workload, char out[FAMILY_SIZE])
{
    snprintf(out, FAMILY_SIZE, "%s", workload);
    size_t length = strlen(out);
    while (length > 1 && isdigit((unsigned char)out[length - 1]))
        length--;
    out[length] = '\0';
}

static bool is_of_family(const struct picture *picture, int32_t workload)
{
    char family[FAMILY_SIZE];
    family_of(picture->bench->request.workloads[workload], family);
    return strcmp(family, picture->family) == 0;
}

/* A block of rows for each policy: x, then for 100 % and 130 % mean, sd and published mean. */
static void write_bar_data(const struct picture *picture, FILE *out)
{
    const struct fgd_request *request = &picture->bench->request;
    double width = 0.8 / (double)request->policy_count;
    fputs("# x\tmean_100\tsd_100\tpublished_100\tmean_130\tsd_130\tpublished_130\n", out);
    for (int32_t policy = 0; policy < request->policy_count; policy++) {
        int32_t group = 0;
        fprintf(out, "# %s\n", request->policies[policy].label);
        for (int32_t i = 0; i < request->workload_count; i++) {
            struct fgd_statistics it;
            if (!is_of_family(picture, i))
                continue;
            fgd_statistics(picture->bench, i, policy, &it);
            fprintf(out, "%.4f", (double)group++ + ((double)policy + 0.5) * width - 0.4);
            for (int k = 0; k < 2; k++) {
                print_value(out, it.allocated_mean[k]);
                print_value(out, isnan(it.allocated_sd[k]) ? 0.0 : it.allocated_sd[k]);
                print_value(out, it.published_mean[k]);
            }
            fputc('\n', out);
        }
        fputs("\n\n", out);
    }
}

static void write_bar_panel(const struct picture *picture, int first_column, FILE *out)
{
    const struct fgd_request *request = &picture->bench->request;
    fputs("plot \\\n", out);
    for (int32_t i = 0; i < request->policy_count; i++) {
        fprintf(out, "%s  '%s.dat' index %d using 1:%d with boxes linetype %d title ",
                i > 0 ? ", \\\n" : "", picture->name, (int)i, first_column, (int)(1 + i % 8));
        plot_print_text(out, request->policies[i].label);
        /* gnuplot's own error bars wipe out what is under their middle. */
        fprintf(out,
                ", \\\n  '%s.dat' index %d using 1:($%d-$%d):(0):(2*$%d) with vectors heads "
                "size 0.03,90 linecolor rgb '#333333' linewidth 1 notitle",
                picture->name, (int)i, first_column, first_column + 1, first_column + 1);
        fprintf(out,
                ", \\\n  '%s.dat' index %d using 1:%d with points linecolor rgb '#000000' "
                "pointtype 6 pointsize 0.8 linewidth 1 notitle",
                picture->name, (int)i, first_column + 2);
    }
    fputc('\n', out);
}

/* The least of what the bars of the family show, and how many of them stand for published runs. */
struct bar_extent {
    double lowest; /* NaN: there are none */
    int32_t published_count;
};

static struct bar_extent find_bar_extent(const struct picture *picture)
{
    const struct fgd_request *request = &picture->bench->request;
    struct bar_extent extent = {.lowest = NAN};
    for (int32_t i = 0; i < request->workload_count; i++)
        for (int32_t policy = 0; is_of_family(picture, i) && policy < request->policy_count;
             policy++) {
            struct fgd_statistics it;
            fgd_statistics(picture->bench, i, policy, &it);
            extent.published_count += it.published_runs > 0 ? 1 : 0;
            for (int k = 0; k < 2; k++)
                extent.lowest =
                    fmin(fmin(extent.lowest, it.allocated_mean[k]), it.published_mean[k]);
        }
    return extent;
}

static void write_bar_script(const struct picture *picture, FILE *out)
{
    const struct fgd_request *request = &picture->bench->request;
    const struct bar_extent extent = find_bar_extent(picture);
    const int foot = foot_of(extent.lowest, 70, 5);
    int32_t group = 0;
    plot_frame_open(out, picture->name, 460);
    fprintf(out, "set boxwidth %.4f\nset xtics (", 0.8 / (double)request->policy_count);
    for (int32_t i = 0; i < request->workload_count; i++) {
        if (!is_of_family(picture, i))
            continue;
        fputs(group > 0 ? ", " : "", out);
        plot_print_text(out, request->workloads[i]);
        fprintf(out, " %d", (int)group++);
    }
    fprintf(out,
            ")\nset xrange [-0.6:%.1f]\n"
            "set multiplot layout 1,2 title 'bars ours, from %d %% up, with standard deviation; "
            "%s published'\n"
            "set key outside bottom center horizontal samplen 1\n"
            "set yrange [%d:100]\nset ylabel 'GPUs allocated at 100 %% asked [%%]'\n",
            (double)group - 0.4, foot, extent.published_count > 0 ? "circles" : "none", foot);
    write_bar_panel(picture, 2, out);
    fputs("set ylabel 'GPUs allocated at 130 % asked [%]'\n", out);
    write_bar_panel(picture, 5, out);
    fputs("unset multiplot\n", out);
    plot_frame_close(out);
}

/* ---- all of them ---- */

static FILE *open_file(const struct picture *picture, struct output_dir *dir, const char *ending,
                       char path[2 * NAME_SIZE], struct err *err)
{
    snprintf(path, 2 * NAME_SIZE, "plots/%s.%s", picture->name, ending);
    return output_dir_create(dir, path, err);
}

static int write_picture(const struct picture *picture, struct output_dir *dir,
                         struct drawing *drawing, struct err *err)
{
    char path[2 * NAME_SIZE];
    FILE *out = open_file(picture, dir, "dat", path, err);
    if (out == NULL)
        return -1;
    if (picture->family != NULL)
        write_bar_data(picture, out);
    else
        write_curve_data(picture, out);
    if (output_dir_close(dir, out, path, err) != 0)
        return -1;
    out = open_file(picture, dir, "gp", path, err);
    if (out == NULL)
        return -1;
    if (picture->family != NULL)
        write_bar_script(picture, out);
    else
        write_curve_script(picture, out);
    if (output_dir_close(dir, out, path, err) != 0)
        return -1;
    return drawing_add(drawing, picture->name, err);
}

static int write_curves(const struct fgd_bench *bench, struct output_dir *dir,
                        struct drawing *drawing, struct err *err)
{
    static const char *const kinds[] = {"allocation", "fragmentation"};
    for (int32_t i = 0; i < bench->request.workload_count; i++)
        for (int kind = 0; kind < 2; kind++) {
            struct picture picture = {.bench = bench, .workload = i, .is_fragmentation = kind == 1};
            snprintf(picture.name, sizeof picture.name, "%s_%.32s", kinds[kind],
                     bench->request.workloads[i]);
            if (write_picture(&picture, dir, drawing, err) != 0)
                return -1;
        }
    return 0;
}

/* Is this the first workload of its family? */
static bool is_first_of_family(const struct fgd_bench *bench, int32_t workload, const char *family)
{
    char other[FAMILY_SIZE];
    for (int32_t i = 0; i < workload; i++) {
        family_of(bench->request.workloads[i], other);
        if (strcmp(other, family) == 0)
            return false;
    }
    return true;
}

int fgd_plots_write(const struct fgd_bench *bench, struct output_dir *dir, struct drawing *drawing,
                    struct err *err)
{
    if (write_curves(bench, dir, drawing, err) != 0)
        return -1;
    for (int32_t i = 0; i < bench->request.workload_count; i++) {
        char family[FAMILY_SIZE];
        family_of(bench->request.workloads[i], family);
        if (!is_first_of_family(bench, i, family))
            continue;
        struct picture picture = {.bench = bench, .family = family};
        snprintf(picture.name, sizeof picture.name, "bars_%.32s", family);
        if (write_picture(&picture, dir, drawing, err) != 0)
            return -1;
    }
    return 0;
}
