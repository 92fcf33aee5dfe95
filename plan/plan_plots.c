/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>

#include "base/array.h"
#include "plan/plan_report.h"
#include "reports/plot_frame.h"

enum { PRICE_BARS_MAX = 20 };

/* USD an hour, or nodes where prices are unknown. */
static double height_of(const struct plan_result *result, int32_t point)
{
    int64_t cost = result->answer.search.points[point].answer.cost;
    double usd = plan_usd_per_hour(result, cost);
    return isnan(usd) ? (double)cost : usd;
}

static const char *unit_of(const struct plan_result *result)
{
    return result->request->question.axes->is_priced ? "cost [USD an hour]" : "nodes";
}

/* ---- search ---- */

static void write_search_data(const struct plan_result *result, FILE *out)
{
    const struct search *search = &result->answer.search;
    double best = (double)NAN;
    fputs("# plan\tcost_if_passed\tcost_if_failed\tbest_so_far\n", out);
    for (int32_t i = 0; i < search->point_count; i++) {
        double height = height_of(result, i);
        bool passes = search->points[i].answer.passes;
        if (passes && !(height >= best))
            best = height;
        fprintf(out, "%" PRId32, i + 1);
        fprintf(out, passes ? "\t%.6f\t?" : "\t?\t%.6f", height);
        fprintf(out, isnan(best) ? "\t?\n" : "\t%.6f\n", best);
    }
}

/* A line at the lower bound, across (or up) the picture. */
static void write_bound_line(const struct plan_result *result, bool is_upright, FILE *out)
{
    if (!result->peak->has_bound)
        return;
    double usd = plan_usd_per_hour(result, result->peak->bound);
    double bound = isnan(usd) ? (double)result->peak->bound : usd;
    const char *what =
        result->peak->target < 0 ? "no fleet costs less" : "none that passes costs less";
    if (is_upright)
        fprintf(out,
                "set arrow 9 from %.6f, graph 0 to %.6f, graph 1 nohead linetype 4 dashtype 3\n"
                "set label 9 '%s' at %.6f, graph 0.14 left rotate by 90 offset -1.2, 0\n",
                bound, bound, what, bound);
    else
        fprintf(out,
                "set arrow 9 from graph 0, first %.6f to graph 1, first %.6f nohead linetype 4"
                " dashtype 3\n"
                "set label 9 '%s' at graph 0.98, first %.6f right offset 0, -0.7\n",
                bound, bound, what, bound);
}

static void write_search_script(const struct plan_result *result, FILE *out)
{
    plot_frame_open(out, "search", 420);
    write_bound_line(result, false, out);
    fprintf(
        out,
        "set datafile missing '?'\nset key outside top center horizontal\n"
        "set xlabel 'plans in the order of trying'\nset ylabel '%s'\nset yrange [0:*]\n"
        "set xrange [0:%" PRId32 "]\n"
        "plot 'search.dat' using 1:4 with steps linetype 1 linewidth 2 title 'best so far', \\\n"
        "  'search.dat' using 1:2 with points linetype 3 pointtype 7 pointsize 0.8"
        " title 'keeps the targets', \\\n"
        "  'search.dat' using 1:3 with points linetype 2 pointtype 6 pointsize 0.8"
        " title 'misses'\n",
        unit_of(result), result->answer.search.point_count + 1);
    plot_frame_close(out);
}

/* ---- front ---- */

static double share_of(const struct trial_tally *tally)
{
    return 100 * (double)tally->successes / (double)tally->trials;
}

static void write_front_data(const struct plan_result *result, FILE *out)
{
    fputs("# cost\tkept_percent\tkept_percent_if_efficient\n", out);
    for (int32_t i = 0; i < result->front.count; i++) {
        const struct front_point *it = &result->front.items[i];
        fprintf(out, "%.6f\t%.4f", height_of(result, it->point), share_of(&it->tally));
        if (it->is_efficient)
            fprintf(out, "\t%.4f\n", share_of(&it->tally));
        else
            fputs("\t?\n", out);
    }
}

static void write_front_script(const struct plan_result *result, FILE *out)
{
    double cost = height_of(result, result->answer.search.best);
    plot_frame_open(out, "front", 420);
    write_bound_line(result, true, out);
    fprintf(out,
            "set datafile missing '?'\nset key outside top center horizontal\n"
            "set xlabel '%s'\nset ylabel 'replications that keep the targets [%%]'\n"
            "set yrange [-3:103]\nset offsets graph 0.05, graph 0.05, 0, 0\n"
            "set arrow 1 from %.6f, graph 0 to %.6f, graph 1 nohead linetype 1 dashtype 2\n"
            "set label 1 'the plan' at %.6f, graph 0.14 left rotate by 90 offset 1.2, 0\n"
            "plot 'front.dat' using 1:3 with steps linetype 3 notitle, \\\n"
            "  'front.dat' using 1:3 with points linetype 3 pointtype 7"
            " title 'no cheaper one of these does better', \\\n"
            "  'front.dat' using 1:($3 == $3 ? NaN : $2) with points linetype 2 pointtype 6"
            " title 'others'\n",
            unit_of(result), cost, cost, cost);
    plot_frame_close(out);
}

/* ---- prices ---- */

static void write_price_data(const struct plan_result *result, FILE *out)
{
    fputs("# row\tusd_per_hour\trunner\n", out);
    for (int32_t i = 0; i < result->peak->price_count && i < PRICE_BARS_MAX; i++)
        fprintf(out, "%" PRId32 "\t%.6f\t%s\n", i, result->peak->prices[i].usd_per_hour,
                result->peak->prices[i].runner);
}

static void write_price_script(const struct plan_result *result, FILE *out)
{
    int32_t count =
        result->peak->price_count < PRICE_BARS_MAX ? result->peak->price_count : PRICE_BARS_MAX;
    plot_frame_open(out, "prices", 140 + 26 * (int)count);
    fprintf(out,
            "unset key\nset xlabel 'USD an hour for one more'\nset xrange [0:*]\n"
            "set yrange [%" PRId32 ".5:-0.5]\nset ytics nomirror scale 0 (",
            count - 1);
    for (int32_t i = 0; i < count; i++) {
        if (i > 0)
            fputs(", ", out);
        plot_print_tic(out, result->peak->prices[i].runner);
        fprintf(out, " %" PRId32, i);
    }
    fputs(")\nset grid noytics\nset style fill solid 0.9 noborder\n"
          "plot 'prices.dat' using ($2/2):1:($2/2):(0.35) with boxxyerror linetype 1\n",
          out);
    plot_frame_close(out);
}

/* ---- all ---- */

static const struct picture {
    const char *name;
    void (*write_data)(const struct plan_result *result, FILE *out);
    void (*write_script)(const struct plan_result *result, FILE *out);
} pictures[] = {
    {"search", write_search_data, write_search_script},
    {"front", write_front_data, write_front_script},
    {"prices", write_price_data, write_price_script},
};

static bool applies(const struct plan_result *result, size_t picture)
{
    if (picture == 0)
        return result->answer.search.point_count > 0;
    return picture == 1
               ? result->front.count > 1
               : result->peak->price_count > 0 && result->request->question.axes->is_priced;
}

static int write_file(struct output_dir *dir, const struct plan_result *result,
                      const struct picture *picture, bool is_script, struct err *err)
{
    char name[64];
    snprintf(name, sizeof name, "plots/%s.%s", picture->name, is_script ? "gp" : "dat");
    FILE *out = output_dir_create(dir, name, err);
    if (out == NULL)
        return -1;
    (is_script ? picture->write_script : picture->write_data)(result, out);
    return output_dir_close(dir, out, name, err);
}

int plan_plots_write(const struct plan_result *result, struct output_dir *dir,
                     struct drawing *drawing, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(pictures); i++) {
        if (!applies(result, i))
            continue;
        if (write_file(dir, result, &pictures[i], false, err) != 0 ||
            write_file(dir, result, &pictures[i], true, err) != 0 ||
            drawing_add(drawing, pictures[i].name, err) != 0)
            return -1;
    }
    return 0;
}
