/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/message.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/command.h"

/* SGR codes: bold red, bold yellow, bold cyan. */
enum colour { COLOUR_ERROR = 31, COLOUR_WARNING = 33, COLOUR_NOTE = 36 };

bool message_wants_colour(FILE *stream)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    if (no_colour != NULL && no_colour[0] != '\0')
        return false;
    if (terminal == NULL || strcmp(terminal, "dumb") == 0)
        return false;
    return isatty(fileno(stream)) == 1;
}

static void print_word(const char *word, enum colour colour)
{
    if (message_wants_colour(stderr))
        fprintf(stderr, "\x1b[1;%dm%s:\x1b[0m ", (int)colour, word);
    else
        fprintf(stderr, "%s: ", word);
}

enum { LINE_MAX_SIZE = 2 * ERR_TEXT_SIZE };

/* Paths and names come from outside: what a terminal would obey is escaped. Lines stay, since an
 * excerpt of a file has some. */
static void print_text(const char *text)
{
    for (;;) {
        char line[LINE_MAX_SIZE], safe[4 * LINE_MAX_SIZE];
        size_t length = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        text_escape(line, safe, sizeof safe);
        fprintf(stderr, "%s\n", safe);
        if (text[length] == '\0')
            return;
        text += length + 1;
    }
}

__attribute__((format(printf, 1, 0))) static void print_formatted(const char *format,
                                                                  va_list arguments)
{
    char text[LINE_MAX_SIZE];
    vsnprintf(text, sizeof text, format, arguments);
    print_text(text);
}

int message_fail(const struct err *err)
{
    print_word("error", COLOUR_ERROR);
    print_text(err->text);
    return err_exit_code(err->kind);
}

void message_warn(const char *format, ...)
{
    va_list arguments;
    print_word("warning", COLOUR_WARNING);
    va_start(arguments, format);
    print_formatted(format, arguments);
    va_end(arguments);
}

void message_note(const char *format, ...)
{
    va_list arguments;
    print_word("note", COLOUR_NOTE);
    va_start(arguments, format);
    print_formatted(format, arguments);
    va_end(arguments);
}

void message_problems(const struct problems *problems, bool errors_only)
{
    for (int32_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        if (problem->severity == SEVERITY_ERROR)
            print_word("error", COLOUR_ERROR);
        else if (!errors_only)
            print_word("warning", COLOUR_WARNING);
        else
            continue;
        print_text(problem->text);
    }
    if (problems->unlisted > 0)
        message_note("%d more problem%s not listed", (int)problems->unlisted,
                     problems->unlisted == 1 ? " is" : "s are");
}

int message_refused(const struct problems *problems, const char *path, const struct err *err)
{
    struct err counted = *err;
    if (problems->error_count == 1 && err->kind == ERR_INPUT)
        return err_exit_code(err->kind);
    if (problems->error_count > 0)
        err_prefix(&counted, "%s", path);
    return message_fail(&counted);
}

/* The other end of a pipe is closed. (Asked of the system, since stdio keeps that a write failed,
 * but not why.) */
static bool reader_is_gone(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

int message_stdout_failed(const struct err *err)
{
    return reader_is_gone() ? EXIT_SYSTEM : message_fail(err);
}

int message_flush_stdout(void)
{
    bool had_error = ferror(stdout) != 0;
    struct err err = {.kind = ERR_NONE};
    if (fflush(stdout) != 0)
        err_errno(&err, errno, "standard output");
    else if (had_error)
        err_set(&err, ERR_SYSTEM, "standard output: a write failed");
    else
        return EXIT_DONE;
    return message_stdout_failed(&err);
}
