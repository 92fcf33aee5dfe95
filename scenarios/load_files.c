/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/text.h"

/* Many runners or nodes, streamed: one JSON object a line, or CSV. */

struct column_path {
    const char *column;
    const char *path; /* in the object that a line of JSON would hold */
};

static const struct column_path runner_columns[] = {
    {"id", "id"},
    {"nodepool", "nodepool"},
    {"cpu", "compute_info.cpu_requests"},
    {"memory", "compute_info.cpu_memory_requests"},
    {"cpu_limit", "compute_info.cpu_limit"},
    {"memory_limit", "compute_info.cpu_memory"},
    {"accelerators", "compute_info.num_accelerators"},
    {"accelerator_memory", "compute_info.accelerator_memory"},
    {"accelerator_type", "compute_info.accelerator_type"},
    {"share_milli", "simulation.share_milli"},
    {"num_replicas", "num_replicas"},
    {"min_replicas", "min_replicas"},
    {"priority", "priority"},
    {"arrival", "simulation.arrival"},
    {"departure", "simulation.departure"},
    {"duration", "simulation.replica_duration"},
    {"startup", "simulation.startup"},
    {"max_wait", "simulation.max_wait"},
    {"labels", "labels"},
    {"worker", "worker"},
};

static const struct column_path node_columns[] = {
    {"nodepool", "nodepool"}, {"instance_type", "instance_type"},
    {"name", "name"},         {"zone", "zone"},
    {"count", "count"},       {"capacity_type", "capacity_type"},
};

static const struct column_path failure_columns[] = {
    {"node", "node"},
    {"down_at", "down_at"},
    {"down_for", "down_for"},
};

struct stream_form {
    const char *key; /* in the main file */
    const struct column_path *columns;
    size_t column_count;
    size_t required_count; /* so many of the first columns must be there */
    visit_element *visit;
};

/* ---- CSV ---- */

static struct words column_words(const struct stream_form *form, const char **names)
{
    for (size_t i = 0; i < form->column_count; i++)
        names[i] = form->columns[i].column;
    return (struct words){names, form->column_count};
}

static const char *path_of_column(const struct stream_form *form, const char *column)
{
    for (size_t i = 0; i < form->column_count; i++) {
        if (strcmp(form->columns[i].column, column) == 0)
            return form->columns[i].path;
    }
    return NULL;
}

/* What each column of the file stands for; NULL when memory is out. Unknown columns are errors and
 * stand for "". */
static const char **paths_of(struct loader *loader, const struct stream_form *form,
                             const struct csv_reader *csv)
{
    const char *names[ARRAY_LEN(runner_columns)];
    char hint[WORDS_SIZE];
    struct words words = column_words(form, names);
    const char **paths = calloc((size_t)csv->column_count, sizeof *paths);
    if (!paths)
        return NULL;
    struct row row = {.csv = csv, .paths = paths};
    for (int32_t i = 0; i < csv->column_count; i++) {
        paths[i] = path_of_column(form, csv->names[i]);
        if (paths[i])
            continue;
        struct value place = value_of_row(&loader->reader, csv->file, &row);
        paths[i] = "";
        place.column = i;
        value_error(&place, "is not a known column: %s", words_hint(csv->names[i], words, hint));
    }
    for (size_t i = 0; i < form->required_count; i++) {
        struct value place = value_of_row(&loader->reader, csv->file, &row);
        if (csv_reader_find(csv, form->columns[i].column) < 0)
            value_error(&place, "the column %s is missing: give it", form->columns[i].column);
    }
    return paths;
}

static void read_rows(struct loader *loader, const struct stream_form *form, struct csv_reader *csv)
{
    struct err err;
    int32_t errors = loader->scenario->problems.error_count;
    const char **paths = paths_of(loader, form, csv);
    if (!paths) {
        reader_no_memory(&loader->reader);
        return;
    }
    struct row row = {.csv = csv, .paths = paths};
    bool is_right = loader->scenario->problems.error_count == errors;
    for (int got = 1; is_right && got != 0 && !loader->scenario->problems.out_of_memory;) {
        got = csv_reader_next(csv, &err);
        if (got < 0)
            report_file_error(loader, &err);
        if (got < 0 && err.kind == ERR_SYSTEM)
            break;
        if (got <= 0)
            continue;
        struct value value = value_of_row(&loader->reader, csv->file, &row);
        form->visit(loader, &value);
    }
    free(paths);
}

static void read_csv(struct loader *loader, const struct stream_form *form, FILE *in,
                     const char *path)
{
    struct err err;
    struct csv_reader csv;
    if (csv_reader_init(&csv, in, path, &err)) {
        report_file_error(loader, &err);
        return;
    }
    read_rows(loader, form, &csv);
    csv_reader_release(&csv);
}

/* ---- JSON lines ---- */

static void read_line(struct loader *loader, const struct stream_form *form, struct json_text text,
                      int64_t number)
{
    struct err err;
    cJSON *tree = json_parse(text, &err);
    if (!tree) {
        report_file_error(loader, &err);
        return;
    }
    struct value value = value_of_tree(&loader->reader, text.file, tree, number);
    form->visit(loader, &value);
    cJSON_Delete(tree);
}

static void read_lines(struct loader *loader, const struct stream_form *form, FILE *in,
                       const char *path)
{
    struct err err;
    char *line = NULL;
    size_t capacity = 0;
    int64_t number = 0;
    ssize_t length;
    while (!loader->scenario->problems.out_of_memory &&
           (length = getline(&line, &capacity, in)) >= 0) {
        number++;
        size_t size = (size_t)length;
        while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r'))
            size--;
        struct json_text text = {
            .file = path, .bytes = line, .size = size, .lines_before = number - 1};
        if (size > 0)
            read_line(loader, form, text, number);
    }
    if (!feof(in) && !loader->scenario->problems.out_of_memory) {
        err_errno(&err, errno, path);
        loader_fail(loader, &err);
    }
    free(line);
}

/* ---- either ---- */

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static void read_stream(struct loader *loader, const struct value *root,
                        const struct stream_form *form)
{
    struct value value;
    const char *name;
    if (!value_get(root, form->key, &value) || !read_text(&value, &name))
        return;
    bool is_csv = ends_in(name, ".csv");
    if (!is_csv && !ends_in(name, ".jsonl")) {
        char quoted[TEXT_QUOTE_SIZE];
        value_error(&value, "%s is of no known kind: give a file that ends in .csv or .jsonl",
                    text_quote(name, quoted));
        return;
    }
    const char *path = path_beside(loader, value.file, name);
    FILE *in = open_stream(loader, &value, path);
    if (!in)
        return;
    if (is_csv)
        read_csv(loader, form, in, path);
    else
        read_lines(loader, form, in, path);
    fclose(in);
}

void load_nodes_file(struct loader *loader, const struct value *root)
{
    static const struct stream_form form = {.key = "nodes_file",
                                            .columns = node_columns,
                                            .column_count = ARRAY_LEN(node_columns),
                                            .required_count = 1,
                                            .visit = load_node_entry};
    read_stream(loader, root, &form);
}

void load_runners_file(struct loader *loader, const struct value *root)
{
    static const struct stream_form form = {.key = "runners_file",
                                            .columns = runner_columns,
                                            .column_count = ARRAY_LEN(runner_columns),
                                            .required_count = 2,
                                            .visit = load_runner};
    read_stream(loader, root, &form);
}

void load_failures_file(struct loader *loader, const struct value *root)
{
    static const struct stream_form form = {.key = "failures_file",
                                            .columns = failure_columns,
                                            .column_count = ARRAY_LEN(failure_columns),
                                            .required_count = 2,
                                            .visit = load_failure_entry};
    read_stream(loader, root, &form);
}
