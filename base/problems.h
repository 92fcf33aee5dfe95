/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_PROBLEMS_H
#define STOWAGE_BASE_PROBLEMS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"

/* All that is wrong with an input, collected so that the user sees every error in one go. A problem
 * reads `file: place: what is wrong: what is allowed`; the place is a JSON path (nodepools[3].id)
 * or line:column. Zero-initialised is a valid empty list. */

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

struct problem {
    enum severity severity;
    const char *text; /* one line without the severity word; control characters are escaped. Below
                         it, of a syntax error, the line and the caret (see problems_add_err) */
};

struct problems {
    struct arena arena;
    struct problem *items;
    int32_t count, capacity;
    int32_t error_count, warning_count;
    bool out_of_memory; /* a problem could not be kept: treat as a failure of the system */
    int32_t unlisted;   /* problems beyond the limits below, counted but not kept */
};

/* So many problems are kept, and warnings only while there are fewer than half as many, so that
 * warnings cannot hide the errors. */
enum { PROBLEMS_MAX = 1000 };

struct problem_place {
    const char *file; /* "-" for standard input */
    const char *path; /* JSON path or "12:7"; "" for the file as a whole */
};

/* Adds one problem. Never fails visibly; see out_of_memory. A message is cut at ERR_TEXT_SIZE. Text
 * in the arguments that came from the input must be passed through text_quote (base/text.h) by the
 * caller. */
void problems_add(struct problems *problems, enum severity severity, struct problem_place place,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds the failure of a reader whose text names file and place itself ("x.json:3:7: ..."). Lines
 * below the first one are an excerpt that is fit to be shown (base/excerpt.h) and kept as it is. */
void problems_add_err(struct problems *problems, enum severity severity, const struct err *err);

/* 0 when there is no error; else -1 with err = ERR_INPUT "N errors, M warnings" (or ERR_SYSTEM). */
int problems_result(const struct problems *problems, struct err *err);

/* One line each, "error: " or "warning: " before it, in the order in which they were found;
 * a last line says how many were not kept. The caller checks out for write errors. */
void problems_print(const struct problems *problems, FILE *out);

void problems_release(struct problems *problems);

#endif
