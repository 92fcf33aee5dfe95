/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Formats into text and marks a cut with "...". */
static void format_text(char text[ERR_TEXT_SIZE], const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void format_text(char text[ERR_TEXT_SIZE], const char *format, va_list args)
{
    int length = vsnprintf(text, ERR_TEXT_SIZE, format, args);
    if (length < 0)
        text[0] = '\0';
    if (length >= ERR_TEXT_SIZE)
        memcpy(text + ERR_TEXT_SIZE - 4, "...", 4);
}

int err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
    /* Not straight into err, whose old text may be among the arguments. */
    struct err fresh = {.kind = kind};
    va_list args;
    va_start(args, format);
    format_text(fresh.text, format, args);
    va_end(args);
    *err = fresh;
    return -1;
}

int err_prefix(struct err *err, const char *format, ...)
{
    char prefix[ERR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    format_text(prefix, format, args);
    va_end(args);
    return err_set(err, err->kind, "%s: %s", prefix, err->text);
}

int err_no_memory(struct err *err)
{
    return err_set(err, ERR_SYSTEM, "out of memory");
}

int err_errno(struct err *err, int errno_value, const char *what)
{
    return err_set(err, ERR_SYSTEM, "%s: %s", what, strerror(errno_value));
}

int err_exit_code(enum err_kind kind)
{
    if (kind == ERR_NONE)
        return 0;
    return kind == ERR_SYSTEM ? 3 : 2;
}
