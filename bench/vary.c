/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/vary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/csv_reader.h"
#include "base/folder.h"
#include "base/text.h"
#include "base/units.h"
#include "scenarios/lookup.h"

/* ---- numbers with units ---- */

/* A decimal in units of 10^-digits. */
struct decimal {
    int64_t value;
    int32_t digits;
    const char *unit;
    size_t unit_length;
};

enum { DIGITS_MAX = 9 };

/* text[0..length) as a decimal with at most DIGITS_MAX digits behind the point. */
static bool read_decimal(const char *text, size_t length, struct decimal *out)
{
    size_t at = length > 0 && text[0] == '-' ? 1 : 0, first = at;
    int64_t value = 0;
    int32_t digits = -1;
    for (; at < length; at++) {
        if (text[at] == '.' && digits < 0 && at > first) {
            digits = 0;
            continue;
        }
        if (text[at] < '0' || text[at] > '9')
            break;
        if (!checked_mul(value, 10, &value) || !checked_add(value, text[at] - '0', &value))
            return false;
        digits += digits >= 0 ? 1 : 0;
    }
    if (at == first || digits == 0 || digits > DIGITS_MAX)
        return false;
    *out = (struct decimal){.value = first > 0 ? -value : value,
                            .digits = digits < 0 ? 0 : digits,
                            .unit = text + at,
                            .unit_length = length - at};
    return true;
}

static bool scale_to(struct decimal *decimal, int32_t digits)
{
    for (; decimal->digits < digits; decimal->digits++)
        if (!checked_mul(decimal->value, 10, &decimal->value))
            return false;
    return true;
}

bool vary_number(const char *text, double *number, const char **unit)
{
    char *end;
    bool starts = text[0] == '-' || text[0] == '.' || (text[0] >= '0' && text[0] <= '9');
    double value = strtod(text, &end);
    if (!starts || end == text)
        return false;
    for (const char *at = end; *at != '\0'; at++) {
        bool is_letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        if (!is_letter || at - end > 3)
            return false;
    }
    *number = value;
    *unit = end;
    return true;
}

/* ---- the values of one path ---- */

struct levels {
    const char **items;
    int32_t count, capacity;
    struct lookup seen;
};

static int add_level(struct levels *levels, struct arena *arena, const char *text, size_t length,
                     struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    const char *copy = arena_strndup(arena, text, length);
    if (copy == NULL)
        return err_no_memory(err);
    if (lookup_find_text(&levels->seen, copy) >= 0)
        return err_set(err, ERR_USAGE, "%s is given twice", text_quote(copy, quoted));
    if (levels->count == VARY_CELLS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d values", VARY_CELLS_MAX);
    if (array_reserve(&levels->items, &levels->capacity, levels->count + INT64_C(1),
                      sizeof *levels->items, err) != 0)
        return -1;
    levels->items[levels->count++] = copy;
    return lookup_put_text(&levels->seen, copy, 0, err);
}

static bool same_unit(const struct decimal *a, const struct decimal *b)
{
    return a->unit_length == b->unit_length && memcmp(a->unit, b->unit, a->unit_length) == 0;
}

struct range {
    struct decimal first, last, step;
};

/* Is text[0..length) FIRST..LAST[:STEP]? 0: no, 1: yes, -1: one that is wrong. */
static int read_range(const char *text, size_t length, struct range *range, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE], part[64];
    const char *dots = strstr(text, "..");
    if (text[0] == '"' || text[0] == '{' || text[0] == '[' || dots == NULL || dots == text ||
        (size_t)(dots - text) + 2 > length || length >= sizeof part)
        return 0;
    snprintf(part, sizeof part, "%.*s", (int)length, text);
    if (!read_decimal(text, (size_t)(dots - text), &range->first))
        return 0;
    const char *last = dots + 2, *end = text + length;
    const char *colon = memchr(last, ':', (size_t)(end - last));
    bool is_read = read_decimal(last, (size_t)((colon != NULL ? colon : end) - last), &range->last);
    range->step = range->first;
    range->step.value = 1;
    range->step.digits = 0;
    if (colon != NULL)
        is_read = is_read && read_decimal(colon + 1, (size_t)(end - colon - 1), &range->step);
    if (!is_read)
        return err_set(err, ERR_USAGE, "%s: give FIRST..LAST or FIRST..LAST:STEP, as in 10..40:5",
                       text_quote(part, quoted));
    if (!same_unit(&range->first, &range->last) || !same_unit(&range->first, &range->step))
        return err_set(err, ERR_USAGE, "%s: give the same unit to all parts, as in 10s..40s:5s",
                       text_quote(part, quoted));
    int32_t digits = range->first.digits;
    digits = range->last.digits > digits ? range->last.digits : digits;
    digits = range->step.digits > digits ? range->step.digits : digits;
    if (!scale_to(&range->first, digits) || !scale_to(&range->last, digits) ||
        !scale_to(&range->step, digits) || range->step.value <= 0 ||
        range->first.value > range->last.value)
        return err_set(err, ERR_USAGE,
                       "%s: give a first that is not above the last, and a step "
                       "above 0",
                       text_quote(part, quoted));
    return 1;
}

static int add_range(struct levels *levels, struct arena *arena, const struct range *range,
                     struct err *err)
{
    int64_t power = 1;
    for (int32_t i = 0; i < range->first.digits; i++)
        power *= 10;
    for (int64_t value = range->first.value; value <= range->last.value;) {
        char text[96];
        int64_t whole = value / power, part = value % power;
        int length =
            snprintf(text, sizeof text, "%s%" PRId64, value < 0 ? "-" : "", (int64_t)llabs(whole));
        if (power > 1)
            length += snprintf(text + length, sizeof text - (size_t)length, ".%0*" PRId64,
                               (int)range->first.digits, (int64_t)llabs(part));
        length += snprintf(text + length, sizeof text - (size_t)length, "%.*s",
                           (int)range->first.unit_length, range->first.unit);
        if (add_level(levels, arena, text, (size_t)length, err) != 0)
            return -1;
        if (!checked_add(value, range->step.value, &value))
            break;
    }
    return 0;
}

/* The length up to the next comma that is not in quotes, brackets or braces. */
static size_t part_length(const char *text)
{
    bool is_quoted = false;
    int depth = 0;
    size_t i = 0;
    for (; text[i] != '\0'; i++) {
        if (is_quoted && text[i] == '\\' && text[i + 1] != '\0') {
            i++;
            continue;
        }
        if (text[i] == '"')
            is_quoted = !is_quoted;
        if (is_quoted)
            continue;
        if (text[i] == ',' && depth <= 0)
            break;
        depth += text[i] == '[' || text[i] == '{' ? 1 : 0;
        depth -= text[i] == ']' || text[i] == '}' ? 1 : 0;
    }
    return i;
}

static int read_levels(struct levels *levels, struct arena *arena, const char *text,
                       struct err *err)
{
    for (;;) {
        struct range range;
        size_t length = part_length(text);
        if (length == 0)
            return err_set(err, ERR_USAGE, "an empty value: give VALUE,VALUE or FIRST..LAST:STEP");
        int is_range = read_range(text, length, &range, err);
        if (is_range < 0)
            return -1;
        int result = is_range ? add_range(levels, arena, &range, err)
                              : add_level(levels, arena, text, length, err);
        if (result != 0 || text[length] == '\0')
            return result;
        text += length + 1;
    }
}

/* ---- the cells ---- */

static int add_path(struct vary *vary, const char *path, size_t length, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    char *copy = arena_strndup(&vary->arena, path, length);
    if (copy == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < vary->path_count; i++)
        if (strcmp(vary->paths[i], copy) == 0)
            return err_set(err, ERR_USAGE, "the path %s is given twice: give all values at once",
                           text_quote(copy, quoted));
    if (vary->path_count == VARY_PATHS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d paths", VARY_PATHS_MAX);
    vary->paths[vary->path_count++] = copy;
    return 0;
}

static int make_grid(struct vary *vary, const struct levels *levels, struct err *err)
{
    int64_t cells = 1;
    for (int32_t i = 0; i < vary->path_count; i++) {
        cells *= levels[i].count;
        if (cells > VARY_CELLS_MAX)
            return err_set(err, ERR_LIMIT, "the grid has more than %d cells", VARY_CELLS_MAX);
    }
    vary->values =
        arena_array(&vary->arena, (size_t)(cells * vary->path_count), sizeof *vary->values);
    if (vary->values == NULL)
        return err_no_memory(err);
    vary->cell_count = (int32_t)cells;
    for (int32_t cell = 0; cell < vary->cell_count; cell++) {
        int32_t rest = cell;
        for (int32_t i = vary->path_count - 1; i >= 0; i--) {
            vary->values[cell * vary->path_count + i] = levels[i].items[rest % levels[i].count];
            rest /= levels[i].count;
        }
    }
    return 0;
}

static int parse_one(struct vary *vary, const char *text, struct levels *levels, struct err *err)
{
    struct edit_path path;
    const char *values;
    if (edit_parse(text, &path, &values, err) != 0)
        return -1;
    if (add_path(vary, text, edit_path_length(text), err) != 0)
        return -1;
    if (read_levels(levels, &vary->arena, values, err) != 0)
        return err_prefix(err, "%s", vary->paths[vary->path_count - 1]);
    return 0;
}

int vary_parse(struct vary *vary, const char *const *texts, int32_t count, struct err *err)
{
    struct levels levels[VARY_PATHS_MAX] = {{.count = 0}};
    *vary = (struct vary){.path_count = 0};
    int result = 0;
    if (count > VARY_PATHS_MAX)
        result = err_set(err, ERR_LIMIT, "more than %d paths", VARY_PATHS_MAX);
    for (int32_t i = 0; i < count && result == 0; i++)
        result = parse_one(vary, texts[i], &levels[i], err);
    if (result == 0)
        result = make_grid(vary, levels, err);
    for (int32_t i = 0; i < VARY_PATHS_MAX; i++) {
        free(levels[i].items);
        lookup_release(&levels[i].seen);
    }
    if (result != 0)
        vary_release(vary);
    return result;
}

/* ---- lists ---- */

struct rows {
    const char **items;
    int32_t count, capacity; /* of fields */
};

static int add_row(struct vary *vary, const struct csv_reader *csv, struct rows *rows,
                   struct err *err)
{
    if (rows->count / vary->path_count == VARY_CELLS_MAX)
        return err_set(err, ERR_LIMIT, "%s: more than %d cells", csv->file, VARY_CELLS_MAX);
    if (array_reserve(&rows->items, &rows->capacity, rows->count + (int64_t)vary->path_count,
                      sizeof *rows->items, err) != 0)
        return -1;
    const char **row = &rows->items[rows->count];
    for (int32_t i = 0; i < vary->path_count; i++) {
        row[i] = NULL;
        if (csv->fields[i][0] == '\0')
            continue;
        row[i] = arena_strdup(&vary->arena, csv->fields[i]);
        if (row[i] == NULL)
            return err_no_memory(err);
    }
    rows->count += vary->path_count;
    return 0;
}

static int read_list(struct vary *vary, struct csv_reader *csv, struct rows *rows, struct err *err)
{
    for (int32_t i = 0; i < csv->column_count; i++) {
        char edit[EDIT_WORD_SIZE * 2];
        struct edit_path path;
        const char *value;
        snprintf(edit, sizeof edit, "%.*s=", (int)sizeof edit - 2, csv->names[i]);
        if (edit_parse(edit, &path, &value, err) != 0 ||
            add_path(vary, csv->names[i], strlen(csv->names[i]), err) != 0)
            return err_prefix(err, "%s:1", csv->file);
    }
    int more;
    while ((more = csv_reader_next(csv, err)) == 1)
        if (add_row(vary, csv, rows, err) != 0)
            return -1;
    if (more == 0 && rows->count == 0)
        return err_set(err, ERR_INPUT, "%s: has no rows: give one for each cell", csv->file);
    return more;
}

static int keep_rows(struct vary *vary, const struct rows *rows, struct err *err)
{
    vary->values = arena_array(&vary->arena, (size_t)rows->count, sizeof *vary->values);
    if (vary->values == NULL)
        return err_no_memory(err);
    memcpy(vary->values, rows->items, (size_t)rows->count * sizeof *vary->values);
    vary->cell_count = rows->count / vary->path_count;
    return 0;
}

int vary_read_list(struct vary *vary, const char *file, struct err *err)
{
    struct rows rows = {.count = 0};
    struct csv_reader csv;
    *vary = (struct vary){.path_count = 0};
    FILE *in = fopen(file, "rb");
    if (in == NULL)
        return folder_errno(err, errno, file);
    int result = csv_reader_init(&csv, in, file, err);
    if (result == 0) {
        result = read_list(vary, &csv, &rows, err);
        csv_reader_release(&csv);
    }
    fclose(in);
    if (result == 0)
        result = keep_rows(vary, &rows, err);
    free(rows.items);
    if (result != 0)
        vary_release(vary);
    return result;
}

/* ---- reading ---- */

const char *vary_value(const struct vary *vary, int32_t cell, int32_t path)
{
    return vary->values[cell * vary->path_count + path];
}

static bool same_value(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int32_t vary_levels(const struct vary *vary, int32_t path, const char **values)
{
    int32_t count = 0;
    for (int32_t cell = 0; cell < vary->cell_count; cell++) {
        const char *value = vary_value(vary, cell, path);
        int32_t i = 0;
        while (i < count && !same_value(values[i], value))
            i++;
        if (i == count)
            values[count++] = value;
    }
    return count;
}

bool vary_is_grid(const struct vary *vary)
{
    int64_t step = 1;
    for (int32_t path = vary->path_count - 1; path >= 0; path--) {
        int64_t levels = 1;
        /* The first value comes back when all others had their turn. */
        for (int64_t cell = step; cell < vary->cell_count; cell += step, levels++)
            if (same_value(vary_value(vary, (int32_t)cell, path), vary_value(vary, 0, path)))
                break;
        for (int32_t cell = 0; cell < vary->cell_count; cell++) {
            int64_t twin = cell / step % levels * step;
            if (!same_value(vary_value(vary, cell, path), vary_value(vary, (int32_t)twin, path)))
                return false;
        }
        step *= levels;
    }
    return step == vary->cell_count;
}

const char *vary_text(const struct vary *vary, int32_t cell, char out[VARY_TEXT_SIZE])
{
    size_t length = 0;
    out[0] = '\0';
    for (int32_t i = 0; i < vary->path_count && length < VARY_TEXT_SIZE; i++) {
        char value[TEXT_QUOTE_SIZE];
        const char *given = vary_value(vary, cell, i);
        if (given == NULL)
            continue;
        text_escape(given, value, sizeof value);
        length += (size_t)snprintf(out + length, VARY_TEXT_SIZE - length, "%s%s=%s",
                                   length > 0 ? ", " : "", vary->paths[i], value);
    }
    return length > 0 ? out : "the scenario as it is";
}

int vary_edits(const struct vary *vary, int32_t cell, struct arena *arena, struct edit_list *list,
               struct err *err)
{
    const char **items = arena_array(arena, (size_t)vary->path_count, sizeof *items);
    int32_t count = 0;
    if (items == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < vary->path_count; i++) {
        const char *value = vary_value(vary, cell, i);
        if (value == NULL)
            continue;
        size_t size = strlen(vary->paths[i]) + strlen(value) + 2;
        char *text = arena_alloc(arena, size);
        if (text == NULL)
            return err_no_memory(err);
        snprintf(text, size, "%s=%s", vary->paths[i], value);
        items[count++] = text;
    }
    *list = (struct edit_list){.items = items, .count = count};
    return 0;
}

void vary_release(struct vary *vary)
{
    arena_release(&vary->arena);
    *vary = (struct vary){.path_count = 0};
}
