/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/problems.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "base/units.h"

/* The longest message, without file and place. */
enum { MESSAGE_SIZE = ERR_TEXT_SIZE };

static void format_message(char message[MESSAGE_SIZE], const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void format_message(char message[MESSAGE_SIZE], const char *format, va_list args)
{
    int length = vsnprintf(message, MESSAGE_SIZE, format, args);
    if (length < 0)
        message[0] = '\0';
    if (length >= MESSAGE_SIZE)
        memcpy(message + MESSAGE_SIZE - 4, "...", 4);
}

/* Appends the escaped text and then the separator at out, with a NUL; returns its new end. */
static char *append(char *out, const char *text, const char *separator)
{
    size_t length = text_escape(text, NULL, 0);
    text_escape(text, out, length + 1);
    size_t separator_length = strlen(separator);
    memcpy(out + length, separator, separator_length + 1);
    return out + length + separator_length;
}

/* Fills in the text; false when memory is out. */
static bool write_text(struct arena *arena, struct problem_place place, const char *message,
                       struct problem *problem)
{
    static const char separator[] = ": ";
    size_t size = text_escape(place.file, NULL, 0) + text_escape(place.path, NULL, 0) +
                  text_escape(message, NULL, 0) + 2 * sizeof separator;
    char *text = arena_alloc(arena, size);
    if (!text)
        return false;
    char *end = append(text, place.file, separator);
    if (place.path[0] != '\0')
        end = append(end, place.path, separator);
    append(end, message, "");
    problem->text = text;
    return true;
}

/* As write_text for a text that names file and place, with an excerpt below or without. */
static bool write_err_text(struct arena *arena, const char *message, struct problem *problem)
{
    char first_line[ERR_TEXT_SIZE];
    size_t length = strcspn(message, "\n");
    snprintf(first_line, sizeof first_line, "%.*s", (int)length, message);
    const char *excerpt = message + length;
    char *text = arena_alloc(arena, text_escape(first_line, NULL, 0) + strlen(excerpt) + 1);
    if (!text)
        return false;
    char *end = append(text, first_line, "");
    memcpy(end, excerpt, strlen(excerpt) + 1);
    problem->text = text;
    return true;
}

/* A place without a file: the message names it. */
static bool keep(struct problems *problems, enum severity severity, struct problem_place place,
                 const char *message)
{
    struct problem problem = {.severity = severity};
    struct err ignored; /* out_of_memory says it */
    if (array_reserve(&problems->items, &problems->capacity, problems->count + INT64_C(1),
                      sizeof *problems->items, &ignored))
        return false;
    if (place.file ? !write_text(&problems->arena, place, message, &problem)
                   : !write_err_text(&problems->arena, message, &problem))
        return false;
    problems->items[problems->count++] = problem;
    return true;
}

static void add_message(struct problems *problems, enum severity severity,
                        struct problem_place place, const char *message)
{
    bool is_error = severity == SEVERITY_ERROR;
    if (is_error)
        problems->error_count++;
    else
        problems->warning_count++;
    if (problems->count >= (is_error ? PROBLEMS_MAX : PROBLEMS_MAX / 2))
        problems->unlisted++;
    else if (!keep(problems, severity, place, message))
        problems->out_of_memory = true;
}

void problems_add_err(struct problems *problems, enum severity severity, const struct err *err)
{
    add_message(problems, severity, (struct problem_place){0}, err->text);
}

void problems_add(struct problems *problems, enum severity severity, struct problem_place place,
                  const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    format_message(message, format, args);
    va_end(args);
    add_message(problems, severity, place, message);
}

int problems_result(const struct problems *problems, struct err *err)
{
    if (problems->out_of_memory)
        return err_no_memory(err);
    if (problems->error_count == 0)
        return 0;
    return err_set(err, ERR_INPUT, "%" PRId32 " error%s, %" PRId32 " warning%s",
                   problems->error_count, plural_end(problems->error_count),
                   problems->warning_count, plural_end(problems->warning_count));
}

void problems_print(const struct problems *problems, FILE *out)
{
    for (int32_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        const char *word = problem->severity == SEVERITY_ERROR ? "error" : "warning";
        fprintf(out, "%s: %s\n", word, problem->text);
    }
    if (problems->unlisted > 0)
        fprintf(out, "%" PRId32 " more problem%s not listed\n", problems->unlisted,
                plural_end(problems->unlisted));
}

void problems_release(struct problems *problems)
{
    arena_release(&problems->arena);
    free(problems->items);
    *problems = (struct problems){0};
}
