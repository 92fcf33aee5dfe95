/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/compare_report.h"

#include "base/json_writer.h"

static int close_file(struct output_dir *dir, FILE *out, const char *name, int result,
                      struct err *err)
{
    struct err close_err = {.kind = ERR_NONE};
    if (output_dir_close(dir, out, name, &close_err) != 0 && result == 0) {
        *err = close_err;
        return -1;
    }
    return result;
}

static int write_table(const struct compare *compare, struct output_dir *dir,
                       const struct compare_table *of, struct err *err)
{
    struct table table;
    FILE *out = output_dir_create(dir, of->file, err);
    if (out == NULL)
        return -1;
    table_init(&table, out, of->columns, of->column_count);
    return close_file(dir, out, of->file, of->write(compare, &table, err), err);
}

static int write_json(const struct compare *compare, struct output_dir *dir,
                      const struct compare_report_options *options, struct err *err)
{
    static const char name[] = "compare.json";
    FILE *out = output_dir_create(dir, name, err);
    if (out == NULL)
        return -1;
    return close_file(dir, out, name, compare_print_json(compare, options, out, err), err);
}

static void print_summary(const struct compare *compare,
                          const struct compare_report_options *options, FILE *out)
{
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object(&w, NULL);
    compare_print_origin(options, &w);
    json_string(&w, "results", "compare.json");
    json_int(&w, "variants", compare->request.variant_count);
    json_close_object(&w);
}

static int write_all(const struct compare *compare, const struct compare_report_options *options,
                     struct output_dir *dir, struct report_outcome *outcome, struct err *err)
{
    static const char last[] = "summary.json";
    size_t count;
    const struct compare_table *tables = compare_tables(&count);
    for (size_t i = 0; i < count; i++)
        if ((tables[i].is_wanted == NULL || tables[i].is_wanted(compare)) &&
            write_table(compare, dir, &tables[i], err) != 0)
            return -1;
    if (write_json(compare, dir, options, err) != 0)
        return -1;
    struct drawing drawing = {.at_once = options->gnuplots};
    int written = compare_plots_write(compare, dir, &drawing, err);
    if (drawing_end(&drawing, written, dir, outcome, err) != 0)
        return -1;
    struct compare_report_options drawn = *options;
    if (outcome->plots != PLOTS_DRAWN)
        drawn.gnuplots = 0;
    if (compare_write_pages(compare, dir, &drawn, err) != 0)
        return -1;
    FILE *out = output_dir_create(dir, last, err);
    if (out == NULL)
        return -1;
    print_summary(compare, options, out);
    if (output_dir_close(dir, out, last, err) != 0)
        return -1;
    return output_dir_commit(dir, last, err);
}

int compare_report_write(const struct compare *compare,
                         const struct compare_report_options *options, const char *folder,
                         struct report_outcome *outcome, struct err *err)
{
    struct output_dir dir;
    if (output_dir_open(&dir, folder, err) != 0)
        return -1;
    int result = write_all(compare, options, &dir, outcome, err);
    output_dir_abandon(&dir);
    return result;
}
