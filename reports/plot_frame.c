/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/plot_frame.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "base/array.h"
#include "base/units.h"
#include "base/utf8.h"

enum { WIDTH_PX = 1000, TEXT_CHARACTERS_MAX = 31 };

struct time_axis plot_time_axis(const struct sim *sim)
{
    static const struct {
        int64_t from_s;
        struct time_axis axis;
    } choices[] = {
        {4 * 86400, {86400e6, "d"}},
        {3 * 3600, {3600e6, "h"}},
        {3 * 60, {60e6, "min"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
        if (sim->end_us >= choices[i].from_s * US_PER_S)
            return choices[i].axis;
    }
    return (struct time_axis){1e6, "s"};
}

double plot_time(const struct time_axis *axis, int64_t us)
{
    return (double)us / axis->us_per_unit;
}

void plot_frame_open(FILE *out, const char *name, int height_px)
{
    fprintf(
        out,
        "# Run in this folder: gnuplot %s.gp\n"
        "set encoding utf8\n"
        "do for [format in 'svg png'] {\n"
        "reset\n"
        "if (format eq 'svg') {\n"
        "  set terminal svg size %d,%d font 'DejaVu Sans,14' background 'white' noenhanced\n"
        "} else {\n"
        "  set terminal pngcairo size %d,%d font 'DejaVu Sans,11' background 'white' noenhanced\n"
        "}\n"
        "set output '%s.'.format\n",
        name, WIDTH_PX, height_px, WIDTH_PX, height_px, name);
    fputs("set datafile separator tab\n"
          "set datafile missing '?'\n"
          "set border 3 linecolor rgb '#555555'\n"
          "set tics nomirror out scale 0.6\n"
          "set grid linecolor rgb '#dddddd' linetype 1 linewidth 0.6\n"
          "set style fill solid 0.85 noborder\n"
          "set linetype 1 linecolor rgb '#0072b2' linewidth 2\n"
          "set linetype 2 linecolor rgb '#e69f00' linewidth 2\n"
          "set linetype 3 linecolor rgb '#009e73' linewidth 2\n"
          "set linetype 4 linecolor rgb '#cc79a7' linewidth 2\n"
          "set linetype 5 linecolor rgb '#56b4e9' linewidth 2\n"
          "set linetype 6 linecolor rgb '#d55e00' linewidth 2\n"
          "set linetype 7 linecolor rgb '#f0e442' linewidth 2\n"
          "set linetype 8 linecolor rgb '#000000' linewidth 2.5\n",
          out);
}

void plot_frame_close(FILE *out)
{
    fputs("unset output\n}\n", out);
}

void plot_print_time_axis(const struct sim *sim, FILE *out)
{
    struct time_axis axis = plot_time_axis(sim);
    fprintf(out, "set xrange [0:%.6g]\n", plot_time(&axis, sim->end_us));
    char start[UNITS_TEXT_SIZE];
    if (sim->scenario->has_start)
        fprintf(out, "set xlabel 'time since %s [%s]'\n",
                print_instant(sim->scenario->start_unix_us, start), axis.unit);
    else
        fprintf(out, "set xlabel 'time since the start [%s]'\n", axis.unit);
}

void plot_print_whole_tics(double most, FILE *out)
{
    if (most < 6)
        fputs("set ytics 1\n", out);
}

/* Does the font that scripts ask for (DejaVu Sans) have this character? Where none on the machine
 * has it, pngcairo draws the character's number instead, and far too large: it covers the picture.
 * Latin, Greek and Cyrillic with their marks, punctuation, currencies, arrows and operators. */
static bool is_in_font(uint32_t code_point)
{
    return code_point < 0x0530 || (code_point >= 0x1e00 && code_point < 0x2000) ||
           (code_point >= 0x2010 && code_point < 0x2028) ||
           (code_point >= 0x2030 && code_point < 0x205f) ||
           (code_point >= 0x20a0 && code_point < 0x20b0) ||
           (code_point >= 0x2190 && code_point < 0x2300);
}

/* In gnuplot's single quotes only the quote itself is special, and in labels of tics also the
 * percent sign, which begins the format of a number there; both are written twice. A quote that
 * stands first, or behind another, gnuplot would take for an empty text (5.4): such a one is drawn
 * as an apostrophe, U+2019. */
static void print_character(FILE *out, const char *text, size_t length, bool after_quote,
                            bool is_tic)
{
    static const char apostrophe[] = "\xe2\x80\x99";
    if (*text == '\'' && after_quote) {
        fputs(apostrophe, out);
        return;
    }
    fwrite(text, 1, length, out);
    if (*text == '\'' || (is_tic && *text == '%'))
        fputc(*text, out);
}

static void print_quoted(FILE *out, const char *text, bool is_tic)
{
    char shortened[4 * TEXT_CHARACTERS_MAX + 1];
    bool after_quote = true; /* the one that opens */
    text = text_shorten(text, TEXT_CHARACTERS_MAX, shortened);
    fputc('\'', out);
    for (size_t left = strlen(text); left > 0;) {
        uint32_t code_point;
        size_t length = utf8_decode(text, left, &code_point);
        if (length > 0 && is_in_font(code_point))
            print_character(out, text, length, after_quote, is_tic);
        else
            fputc('?', out);
        after_quote = *text == '\'' && !after_quote;
        text += length == 0 ? 1 : length;
        left -= length == 0 ? 1 : length;
    }
    fputc('\'', out);
}

void plot_print_text(FILE *out, const char *text)
{
    print_quoted(out, text, false);
}

void plot_print_tic(FILE *out, const char *text)
{
    print_quoted(out, text, true);
}

int32_t plot_bin_count(const struct sim *sim)
{
    int64_t bin_us = sim->metrics.bin_us;
    int64_t count = (sim->now_us + bin_us - 1) / bin_us;
    if (count < 1)
        return 1;
    return count > TIMELINE_BINS ? TIMELINE_BINS : (int32_t)count;
}

int64_t plot_bin_start_us(const struct sim *sim, int32_t bin)
{
    return bin * sim->metrics.bin_us;
}

int64_t plot_bin_length_us(const struct sim *sim, int32_t bin)
{
    int64_t left = sim->now_us - plot_bin_start_us(sim, bin);
    return left < sim->metrics.bin_us ? left : sim->metrics.bin_us;
}

double plot_bin_mean(const struct sim *sim, int32_t bin, int128 area)
{
    int64_t length_us = plot_bin_length_us(sim, bin);
    return length_us > 0 ? int128_ratio(area, length_us) : 0;
}

/* Time-integrated capacity by which pools are ranked: devices where the fleet has any. */
static int128 pool_weight(const struct sim *sim, int32_t pool)
{
    const struct scope *fleet = &sim->metrics.scopes[0];
    bool has_devices = integral_area(&fleet->usage[RESOURCE_DEVICES].capacity, sim->now_us) > 0;
    enum resource by = has_devices ? RESOURCE_DEVICES : RESOURCE_CPU;
    return integral_area(&sim->metrics.scopes[1 + pool].usage[by].capacity, sim->now_us);
}

int32_t plot_choose_pools(const struct sim *sim, int32_t pools[PLOT_SERIES_MAX])
{
    int32_t count = 0;
    for (int32_t pool = 0; pool < sim->scenario->pool_count; pool++) {
        int32_t rank = 0; /* pools that stand before this one */
        for (int32_t other = 0; other < sim->scenario->pool_count; other++) {
            int128 mine = pool_weight(sim, pool), theirs = pool_weight(sim, other);
            rank += theirs > mine || (theirs == mine && other < pool);
        }
        if (rank < PLOT_SERIES_MAX)
            pools[count++] = pool;
    }
    assert(count <= PLOT_SERIES_MAX);
    return count;
}

void plot_print_pools_left_out(const struct sim *sim, FILE *out)
{
    if (sim->scenario->pool_count > PLOT_SERIES_MAX)
        fprintf(out, "set label 1 'the %d largest of %" PRId32 " pools' at screen 0.015,0.985\n",
                PLOT_SERIES_MAX, sim->scenario->pool_count);
}

int plot_legend_rows(const struct sim *sim)
{
    enum { LEGEND_PX = 820, CHARACTER_PX = 9, SAMPLE_PX = 60 };
    int32_t pools[PLOT_SERIES_MAX];
    int32_t count = plot_choose_pools(sim, pools);
    size_t longest = strlen("all pools");
    for (int32_t i = 0; i < count; i++) {
        size_t length = strlen(sim->scenario->pools[pools[i]].id);
        longest = length > longest ? length : longest;
    }
    if (longest > TEXT_CHARACTERS_MAX)
        longest = TEXT_CHARACTERS_MAX;
    int in_row = LEGEND_PX / ((int)longest * CHARACTER_PX + SAMPLE_PX);
    return ((int)count + 1 + in_row - 1) / in_row;
}
