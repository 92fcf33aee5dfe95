/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_ERR_H
#define STOWAGE_BASE_ERR_H

/* One failure, as a value. A function that can fail returns 0 or -1 and takes `struct err *` as its
 * last argument; on success it leaves the err untouched. The kind decides the exit code of the
 * program, the text is what the user reads: file, place, fact, what is allowed. */

enum err_kind {
    ERR_NONE = 0,
    ERR_USAGE,  /* the command line is wrong: exit 2 */
    ERR_INPUT,  /* an input file is wrong: exit 2 */
    ERR_LIMIT,  /* a quantity is beyond what the program can hold exactly: exit 2 */
    ERR_SYSTEM, /* memory, disk, permission, a child process: exit 3 */
};

enum { ERR_TEXT_SIZE = 1024 };

struct err {
    enum err_kind kind;
    char text[ERR_TEXT_SIZE]; /* always terminated; longer texts end in "..." */
};

/* Set kind and text (printf format); replaces what was there, which may be an argument. Always
 * returns -1. */
int err_set(struct err *err, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "text: " before the present text; the kind stays. Always returns -1. */
int err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ERR_SYSTEM "out of memory". Always returns -1. */
int err_no_memory(struct err *err);

/* ERR_SYSTEM "<what>: <strerror of the errno given>". Always returns -1. */
int err_errno(struct err *err, int errno_value, const char *what);

/* The program's exit code for a kind: 0, 2 or 3. */
int err_exit_code(enum err_kind kind);

#endif
