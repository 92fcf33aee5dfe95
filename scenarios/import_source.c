/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/import_source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"

/* ---- opening ---- */

/* Copies all of `in` to a temporary file that vanishes with its closing; NULL on failure. */
static FILE *spool(FILE *in, const char *file, struct err *err)
{
    char buffer[1 << 16];
    size_t size;
    FILE *copy = tmpfile();
    if (copy == NULL) {
        err_errno(err, errno, "a temporary file");
        return NULL;
    }
    while ((size = fread(buffer, 1, sizeof buffer, in)) > 0)
        if (fwrite(buffer, 1, size, copy) != size)
            break;
    if (ferror(in)) {
        err_errno(err, errno, file);
    } else if (ferror(copy) || fflush(copy) != 0 || fseek(copy, 0, SEEK_SET) != 0) {
        err_errno(err, errno, "a temporary file");
    } else {
        return copy;
    }
    fclose(copy);
    return NULL;
}

/* ERR_INPUT for what the user can mend (no such file), else ERR_SYSTEM. */
static int open_failed(const char *path, int errno_value, struct err *err)
{
    if (errno_value == ENOENT || errno_value == ENOTDIR)
        return err_set(err, ERR_INPUT, "%s: %s", path, strerror(errno_value));
    return err_errno(err, errno_value, path);
}

/* The input as a file that can be read twice; NULL on failure. */
static FILE *open_rereadable(const char *path, struct err *err)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (in == NULL) {
        open_failed(path, errno, err);
        return NULL;
    }
    if (in != stdin && fseek(in, 0, SEEK_SET) == 0)
        return in;
    FILE *copy = spool(in, path, err);
    if (in != stdin)
        fclose(in);
    return copy;
}

int import_source_open(struct import_source *source, const char *path, struct err *err)
{
    *source = (struct import_source){.file = path};
    source->in = open_rereadable(path, err);
    if (source->in != NULL && csv_reader_init(&source->reader, source->in, path, err) == 0)
        return 0;
    import_source_release(source);
    return -1;
}

int import_source_rewind(struct import_source *source, struct err *err)
{
    csv_reader_release(&source->reader);
    if (fseek(source->in, 0, SEEK_SET) != 0)
        return err_errno(err, errno, source->file);
    return csv_reader_init(&source->reader, source->in, source->file, err);
}

void import_source_release(struct import_source *source)
{
    csv_reader_release(&source->reader);
    if (source->in != NULL)
        fclose(source->in);
    *source = (struct import_source){0};
}

/* ---- columns and fields ---- */

int import_source_column(const struct import_source *source, const char *name, const char *hint,
                         int32_t *column, struct err *err)
{
    int32_t found = csv_reader_find(&source->reader, name);
    if (found < 0)
        return err_set(err, ERR_INPUT, "%s:%" PRId64 ":1: no column \"%s\": %s", source->file,
                       source->reader.line_number, name, hint);
    *column = found;
    return 0;
}

int import_source_fail(const struct import_source *source, int32_t column, struct err *err,
                       const char *format, ...)
{
    char fact[ERR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fact, sizeof fact, format, arguments);
    va_end(arguments);
    err_set(err, ERR_INPUT, "%s: %s", source->reader.names[column], fact);
    return csv_reader_fail(&source->reader, column, err);
}

int import_source_int(const struct import_source *source, int32_t column, int64_t max, int64_t *out,
                      struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    struct err ignored;
    int64_t value;
    const char *text = source->reader.fields[column];
    if (parse_int64(text, &value, &ignored) != 0 || value < 0 || value > max)
        return import_source_fail(source, column, err, "%s: a whole number from 0 to %" PRId64,
                                  text_quote(text, quoted), max);
    *out = value;
    return 0;
}

int import_source_text(const struct import_source *source, int32_t column, bool may_be_empty,
                       const char **out, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    const char *text = source->reader.fields[column];
    if (text[0] == '\0' && !may_be_empty)
        return import_source_fail(source, column, err, "empty: give a text");
    if (!text_is_clean(text))
        return import_source_fail(source, column, err, "%s: text without control characters",
                                  text_quote(text, quoted));
    *out = text;
    return 0;
}
