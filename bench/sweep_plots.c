/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/sweep_plots.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "bench/sweep_tables.h"
#include "reports/plot_frame.h"

enum {
    TICS_MAX = 40,
    NUMBER_TICS_MAX = 12,
    MAP_LABELS_MAX = 150,
    FILE_NAME_SIZE = 96,
    WORD_SIZE = 96
};

/* A path that has more than one value, its values in the order in which they are drawn. */
struct axis {
    int32_t path;
    const char **levels; /* [count] owned */
    int32_t count;
    const char *unit; /* of numbers; NULL: they are words */
};

struct picture {
    const struct sweep_results *results;
    struct axis axes[VARY_PATHS_MAX];
    int32_t axis_count;
    int32_t x;            /* axis of the lines */
    int32_t series_count; /* combinations of the other axes */
    int32_t metric;
    bool is_map;
    double *scratch;
    char name[METRIC_NAME_SIZE + 8];
};

/* ---- axes ---- */

static int compare_numbers(const void *a, const void *b)
{
    const char *const *first = a, *const *second = b;
    const char *unit;
    double x = 0, y = 0;
    vary_number(*first, &x, &unit);
    vary_number(*second, &y, &unit);
    if (x < y || x > y)
        return x < y ? -1 : 1;
    return strcmp(*first, *second);
}

/* The unit that all values share; NULL: they are not all numbers of one unit. */
static const char *unit_of(const struct axis *axis)
{
    const char *shared = NULL, *unit;
    double number;
    for (int32_t i = 0; i < axis->count; i++) {
        if (axis->levels[i] == NULL || !vary_number(axis->levels[i], &number, &unit) ||
            (shared != NULL && strcmp(shared, unit) != 0))
            return NULL;
        shared = unit;
    }
    return shared;
}

static void release_axes(struct picture *picture)
{
    for (int32_t i = 0; i < picture->axis_count; i++)
        free(picture->axes[i].levels);
    free(picture->scratch);
}

static int find_axes(struct picture *picture, struct err *err)
{
    const struct vary *vary = &picture->results->plan->vary;
    for (int32_t path = 0; path < vary->path_count; path++) {
        struct axis axis = {.path = path};
        axis.levels = calloc((size_t)vary->cell_count, sizeof *axis.levels);
        if (axis.levels == NULL)
            return err_no_memory(err);
        axis.count = vary_levels(vary, path, axis.levels);
        axis.unit = unit_of(&axis);
        if (axis.unit != NULL)
            qsort(axis.levels, (size_t)axis.count, sizeof *axis.levels, compare_numbers);
        if (axis.count > 1)
            picture->axes[picture->axis_count++] = axis;
        else
            free(axis.levels);
    }
    return 0;
}

/* Lines go over the numbers of which there are most, else over the words. */
static void choose_x(struct picture *picture)
{
    for (int32_t i = 1; i < picture->axis_count; i++) {
        const struct axis *best = &picture->axes[picture->x], *it = &picture->axes[i];
        bool is_number = it->unit != NULL, best_is_number = best->unit != NULL;
        if (is_number != best_is_number ? is_number : it->count > best->count)
            picture->x = i;
    }
    picture->series_count = 1;
    for (int32_t i = 0; i < picture->axis_count; i++)
        if (i != picture->x && picture->series_count <= PLOT_SERIES_MAX)
            picture->series_count *= picture->axes[i].count;
}

static int picture_init(struct picture *picture, const struct sweep_results *results,
                        struct err *err)
{
    *picture = (struct picture){.results = results};
    picture->scratch = calloc((size_t)results->plan->replications, sizeof *picture->scratch);
    if (picture->scratch == NULL)
        return err_no_memory(err);
    if (find_axes(picture, err) != 0)
        return -1;
    if (picture->axis_count > 0)
        choose_x(picture);
    return 0;
}

static struct sweep_picture_kinds kinds_of(const struct picture *picture)
{
    const struct vary *vary = &picture->results->plan->vary;
    struct sweep_picture_kinds kinds = {false, false, NULL};
    if (picture->axis_count == 0)
        kinds.why_none = "one cell is no picture";
    else if (!vary_is_grid(vary) && picture->axis_count > 1)
        kinds.why_none = "the cells are a list and no grid";
    else {
        const struct axis *x = &picture->axes[picture->x];
        kinds.has_lines =
            picture->series_count <= PLOT_SERIES_MAX && (x->unit != NULL || x->count <= TICS_MAX);
        kinds.has_map = picture->axis_count == 2 && picture->axes[0].count <= 200 &&
                        picture->axes[1].count <= 200;
        if (!kinds.has_lines && !kinds.has_map)
            kinds.why_none = "more lines than can be told apart";
    }
    return kinds;
}

struct sweep_picture_kinds sweep_picture_kinds(const struct sweep_results *results)
{
    struct picture picture;
    struct err ignored;
    struct sweep_picture_kinds kinds = {false, false, "memory is out"};
    if (picture_init(&picture, results, &ignored) == 0)
        kinds = kinds_of(&picture);
    release_axes(&picture);
    return kinds;
}

static bool has_level(const struct picture *picture, int32_t cell, const struct axis *axis,
                      int32_t level)
{
    const char *value = vary_value(&picture->results->plan->vary, cell, axis->path);
    const char *wanted = axis->levels[level];
    return value == NULL || wanted == NULL ? value == wanted : strcmp(value, wanted) == 0;
}

/* The level of each axis but x in a series; the last axis changes fastest. */
static void series_levels(const struct picture *picture, int32_t series,
                          int32_t levels[VARY_PATHS_MAX])
{
    for (int32_t i = picture->axis_count - 1; i >= 0; i--) {
        if (i == picture->x)
            continue;
        levels[i] = series % picture->axes[i].count;
        series /= picture->axes[i].count;
    }
}

/* The cell at these levels of all axes; -1: there is none. */
static int32_t find_cell(const struct picture *picture, const int32_t levels[VARY_PATHS_MAX])
{
    for (int32_t cell = 0; cell < picture->results->plan->vary.cell_count; cell++) {
        bool is_it = true;
        for (int32_t i = 0; i < picture->axis_count && is_it; i++)
            is_it = has_level(picture, cell, &picture->axes[i], levels[i]);
        if (is_it)
            return cell;
    }
    return -1;
}

static double x_of(const struct axis *axis, int32_t level)
{
    double number = level;
    const char *unit;
    if (axis->unit != NULL)
        vary_number(axis->levels[level], &number, &unit);
    return number;
}

/* ---- texts ---- */

static const char *level_text(const struct axis *axis, int32_t level)
{
    const char *text = axis->levels[level];
    return text != NULL ? text : "(as it is)";
}

/* A path, from its last bracket on where that holds an id: "nodepools[gpu].max_instances" reads as
 * "gpu max_instances"; "nodepools[0].max_instances" as it is. */
static const char *axis_name(const struct picture *picture, const struct axis *axis,
                             char out[WORD_SIZE])
{
    const char *path = picture->results->plan->vary.paths[axis->path];
    const char *bracket = strrchr(path, '[');
    bool has_id = bracket != NULL && strchr("0123456789*", bracket[1]) == NULL;
    const char *start = has_id ? bracket + 1 : path;
    size_t length = 0;
    for (; *start != '\0' && length + 2 < WORD_SIZE; start++)
        if (!has_id || (*start != '"' && *start != ']'))
            out[length++] = has_id && *start == '.' ? ' ' : *start;
    out[length] = '\0';
    return out;
}

static void print_axis_label(const struct picture *picture, const struct axis *axis,
                             const char *which, FILE *out)
{
    char name[WORD_SIZE], text[2 * WORD_SIZE];
    axis_name(picture, axis, name);
    if (axis->unit != NULL && axis->unit[0] != '\0')
        snprintf(text, sizeof text, "%s [%s]", name, axis->unit);
    else
        snprintf(text, sizeof text, "%s", name);
    fprintf(out, "set %s ", which);
    plot_print_text(out, text);
    fputc('\n', out);
}

/* At their numbers (is_scaled), where they have some, or one beside the other. */
static void print_level_tics(const struct axis *axis, const char *which, bool is_scaled, FILE *out)
{
    int32_t step = axis->count > TICS_MAX ? axis->count / TICS_MAX + 1 : 1;
    fprintf(out, "set %s (", which);
    for (int32_t i = 0; i < axis->count; i += step) {
        fputs(i > 0 ? ", " : "", out);
        plot_print_tic(out, level_text(axis, i));
        if (is_scaled)
            fprintf(out, " %.10g", x_of(axis, i));
        else
            fprintf(out, " %" PRId32, i);
    }
    fputs(")\n", out);
}

static void print_metric_label(const struct picture *picture, const char *which, FILE *out)
{
    char name[METRIC_NAME_SIZE];
    const struct metric_choice *metric = &picture->results->plan->metrics.items[picture->metric];
    fprintf(out, "set %s '%s [%s]'\n", which, metric_name(metric, name), metric->metric->unit);
}

/* `empty` where there is no value: "NaN" ends a line there, "?" is passed over. */
static void print_number(double value, const char *empty, FILE *out)
{
    if (isfinite(value))
        fprintf(out, "\t%.10g", value);
    else
        fprintf(out, "\t%s", empty);
}

/* What is said of cells that have no value of the metric; "" where all have one. */
static const char *empty_note(const struct picture *picture, const char *of_failed,
                              const char *of_empty)
{
    const struct sweep_results *results = picture->results;
    bool has_failed = false, has_empty = false;
    for (int32_t cell = 0; cell < results->plan->vary.cell_count; cell++) {
        if (isfinite(sweep_summary(results, cell, picture->metric, picture->scratch).mean.mean))
            continue;
        has_failed = has_failed || results->cells[cell].failure != NULL;
        has_empty = has_empty || results->cells[cell].failure == NULL;
    }
    if (has_failed)
        return of_failed;
    return has_empty ? of_empty : "";
}

/* ---- lines ---- */

/* Points of several series over one word stand side by side. */
static double dodge(const struct picture *picture, int32_t series)
{
    bool is_word = picture->axes[picture->x].unit == NULL;
    return is_word ? (series - (picture->series_count - 1) / 2.0) * 0.6 / picture->series_count : 0;
}

static void write_line_data(const struct picture *picture, FILE *out)
{
    int32_t levels[VARY_PATHS_MAX] = {0};
    const struct axis *x = &picture->axes[picture->x];
    fputs("# x\tmean\tlow\thigh\n", out);
    for (int32_t series = 0; series < picture->series_count; series++) {
        series_levels(picture, series, levels);
        for (int32_t i = 0; i < x->count; i++) {
            levels[picture->x] = i;
            int32_t cell = find_cell(picture, levels);
            fprintf(out, "%.10g", x_of(x, i) + dodge(picture, series));
            struct mean_estimate mean = {.mean = (double)NAN, .half_width = (double)NAN};
            if (cell >= 0)
                mean =
                    sweep_summary(picture->results, cell, picture->metric, picture->scratch).mean;
            print_number(mean.mean, "NaN", out);
            print_number(mean.mean - mean.half_width, "NaN", out);
            print_number(mean.mean + mean.half_width, "NaN", out);
            fputc('\n', out);
        }
        fputs("\n\n", out);
    }
}

static void print_series_title(const struct picture *picture, int32_t series, FILE *out)
{
    char text[2 * WORD_SIZE];
    int32_t levels[VARY_PATHS_MAX] = {0};
    size_t length = 0;
    series_levels(picture, series, levels);
    text[0] = '\0';
    for (int32_t i = 0; i < picture->axis_count && length < sizeof text; i++)
        if (i != picture->x)
            length +=
                (size_t)snprintf(text + length, sizeof text - length, "%s%s",
                                 length > 0 ? ", " : "", level_text(&picture->axes[i], levels[i]));
    plot_print_text(out, text);
}

/* The name of the paths that the lines stand for, above the legend. */
static void print_legend(const struct picture *picture, FILE *out)
{
    char text[4 * WORD_SIZE], name[WORD_SIZE];
    size_t length = 0;
    if (picture->series_count == 1) {
        fputs("unset key\n", out);
        return;
    }
    text[0] = '\0';
    for (int32_t i = 0; i < picture->axis_count && length < sizeof text; i++)
        if (i != picture->x)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%s",
                                       length > 0 ? ", " : "",
                                       axis_name(picture, &picture->axes[i], name));
    fputs("set key outside right top vertical samplen 1.5 title ", out);
    plot_print_text(out, text);
    fputs(" left\n", out);
}

static void write_line_script(const struct picture *picture, FILE *out)
{
    const struct axis *x = &picture->axes[picture->x];
    const double percent = 100 * picture->results->plan->confidence;
    plot_frame_open(out, picture->name, 420);
    fprintf(out,
            "set title 'mean of %" PRId32 " replication%s; %s: %g %% interval of the mean%s'\n",
            picture->results->plan->replications, plural_end(picture->results->plan->replications),
            x->unit != NULL ? "band" : "bar", percent,
            empty_note(picture, "; no point: failed, or no value", "; no point: no value"));
    print_axis_label(picture, x, "xlabel", out);
    print_metric_label(picture, "ylabel", out);
    print_legend(picture, out);
    if (x->unit == NULL)
        fprintf(out, "set xrange [-0.5:%" PRId32 ".5]\n", x->count - 1);
    else
        fputs("set offsets graph 0.03, graph 0.03, 0, 0\n", out);
    if (x->unit == NULL || x->count <= NUMBER_TICS_MAX)
        print_level_tics(x, "xtics", true, out);
    if (x->unit == NULL && x->count > 6)
        fputs("set xtics rotate by -30\n", out);
    fputs("plot \\\n", out);
    for (int32_t i = 0; i < picture->series_count; i++) {
        int colour = 1 + (int)i;
        const char *separator = i > 0 ? ", \\\n" : "";
        if (x->unit != NULL)
            fprintf(out,
                    "%s  '%s.dat' index %d using 1:3:4 with filledcurves fillstyle transparent "
                    "solid 0.25 noborder linetype %d notitle",
                    separator, picture->name, (int)i, colour);
        else
            fprintf(out,
                    "%s  '%s.dat' index %d using 1:2:3:4 with yerrorbars linetype %d pointtype 7 "
                    "notitle",
                    separator, picture->name, (int)i, colour);
        fprintf(out,
                ", \\\n  '%s.dat' index %d using 1:2 with %s linetype %d pointtype 7 "
                "pointsize 0.8 title ",
                picture->name, (int)i, x->unit != NULL ? "linespoints" : "points", colour);
        print_series_title(picture, i, out);
    }
    fputc('\n', out);
    plot_frame_close(out);
}

/* ---- heat maps ---- */

/* The value of a cell, or 1 and the word that stands in its place. */
static void print_map_cell(const struct picture *picture, int32_t cell, FILE *out)
{
    const struct sweep_results *results = picture->results;
    double mean = (double)NAN;
    if (cell >= 0)
        mean = sweep_summary(results, cell, picture->metric, picture->scratch).mean.mean;
    print_number(mean, "?", out);
    if (isfinite(mean))
        fputs("\t?\t?", out);
    else if (cell >= 0 && results->cells[cell].failure != NULL)
        fputs("\t1\tfailed", out);
    else
        fputs("\t1\tno value", out);
}

static void write_map_data(const struct picture *picture, FILE *out)
{
    int32_t levels[VARY_PATHS_MAX] = {0};
    fputs("# x\ty\tmean\tis empty\twhy\n", out);
    for (levels[1] = 0; levels[1] < picture->axes[1].count; levels[1]++) {
        for (levels[0] = 0; levels[0] < picture->axes[0].count; levels[0]++) {
            fprintf(out, "%" PRId32 "\t%" PRId32, levels[0], levels[1]);
            print_map_cell(picture, find_cell(picture, levels), out);
            fputc('\n', out);
        }
    }
}

/* Between the values that take light type and those that take dark type. */
static double light_below(const struct picture *picture)
{
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (int32_t cell = 0; cell < picture->results->plan->vary.cell_count; cell++) {
        double mean =
            sweep_summary(picture->results, cell, picture->metric, picture->scratch).mean.mean;
        low = isfinite(mean) && mean < low ? mean : low;
        high = isfinite(mean) && mean > high ? mean : high;
    }
    return low + 0.55 * (high - low);
}

static void print_map_labels(const struct picture *picture, FILE *out)
{
    double limit = light_below(picture);
    for (int dark = 0; dark < 2; dark++)
        fprintf(out,
                ", \\\n  '%s.dat' using ($3 %s %.17g ? $1 : NaN):2:(number($3)) with labels "
                "textcolor rgb '%s' font ',11'",
                picture->name, dark ? ">=" : "<", limit, dark ? "#000000" : "#ffffff");
}

/* Grey boxes in place of those without a value. */
static void print_map_empty(const struct picture *picture, bool has_labels, FILE *out)
{
    fprintf(out,
            ", \\\n  '%s.dat' using ($1*$4):2:(0.5):(0.5) with boxxyerror fillcolor rgb '#d0d0d0' "
            "fillstyle solid 1 noborder",
            picture->name);
    if (has_labels)
        fprintf(out,
                ", \\\n  '%s.dat' using ($1*$4):2:5 with labels textcolor rgb '#555555' font ',9'",
                picture->name);
}

static void write_map_script(const struct picture *picture, FILE *out)
{
    const struct axis *x = &picture->axes[0], *y = &picture->axes[1];
    int height = 160 + 34 * (int)y->count;
    plot_frame_open(out, picture->name, height < 440 ? 440 : height > 900 ? 900 : height);
    const char *note = empty_note(picture, "; grey: failed, or no value", "; grey: no value");
    bool has_labels = x->count * y->count <= MAP_LABELS_MAX && x->count <= 15;
    fprintf(out, "set title 'mean of %" PRId32 " replication%s%s'\n",
            picture->results->plan->replications, plural_end(picture->results->plan->replications),
            note);
    print_axis_label(picture, x, "xlabel", out);
    print_axis_label(picture, y, "ylabel", out);
    print_metric_label(picture, "cblabel", out);
    fputs("set cblabel offset 2\nset rmargin at screen 0.8\n", out);
    print_level_tics(x, "xtics", false, out);
    print_level_tics(y, "ytics", false, out);
    if (x->count > (x->unit == NULL ? 6 : 12))
        fputs("set xtics rotate by -30\n", out);
    fprintf(out,
            "set xrange [-0.5:%" PRId32 ".5]\nset yrange [-0.5:%" PRId32 ".5]\n"
            "unset grid\nunset key\n"
            "number(x) = sprintf(abs(x) >= 1e4 && abs(x) < 1e7 ? '%%.0f' : '%%.4g', x)\n"
            "set palette defined (0 '#440154', 1 '#3b528b', 2 '#21918c', 3 '#5ec962', 4 "
            "'#fde725')\n"
            "plot '%s.dat' using 1:2:(0.5):(0.5):3 with boxxyerror linecolor palette fillstyle "
            "solid 1 noborder",
            x->count - 1, y->count - 1, picture->name);
    if (note[0] != '\0')
        print_map_empty(picture, has_labels, out);
    if (has_labels)
        print_map_labels(picture, out);
    fputc('\n', out);
    plot_frame_close(out);
}

/* ---- all of them ---- */

static int write_file(const struct picture *picture, struct output_dir *dir, bool is_script,
                      struct err *err)
{
    char path[FILE_NAME_SIZE];
    snprintf(path, sizeof path, "plots/%s.%s", picture->name, is_script ? "gp" : "dat");
    FILE *out = output_dir_create(dir, path, err);
    if (out == NULL)
        return -1;
    if (is_script && picture->is_map)
        write_map_script(picture, out);
    else if (is_script)
        write_line_script(picture, out);
    else if (picture->is_map)
        write_map_data(picture, out);
    else
        write_line_data(picture, out);
    return output_dir_close(dir, out, path, err);
}

static int write_metric(struct picture *picture, const struct sweep_picture_kinds *kinds,
                        struct output_dir *dir, struct drawing *drawing, struct err *err)
{
    char name[METRIC_NAME_SIZE];
    metric_name(&picture->results->plan->metrics.items[picture->metric], name);
    for (int map = 0; map < 2; map++) {
        picture->is_map = map == 1;
        if (picture->is_map ? !kinds->has_map : !kinds->has_lines)
            continue;
        snprintf(picture->name, sizeof picture->name, "%s%s", name, map == 1 ? "_map" : "");
        if (write_file(picture, dir, false, err) != 0 || write_file(picture, dir, true, err) != 0 ||
            drawing_add(drawing, picture->name, err) != 0)
            return -1;
    }
    return 0;
}

int sweep_plots_write(const struct sweep_results *results, struct output_dir *dir,
                      struct drawing *drawing, struct err *err)
{
    struct picture picture;
    int result = picture_init(&picture, results, err);
    const struct sweep_picture_kinds kinds =
        result == 0 ? kinds_of(&picture) : (struct sweep_picture_kinds){false, false, NULL};
    for (; result == 0 && picture.metric < results->plan->metrics.count; picture.metric++)
        if (sweep_has_values(results, picture.metric))
            result = write_metric(&picture, &kinds, dir, drawing, err);
    release_axes(&picture);
    return result;
}
