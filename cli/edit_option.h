/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_EDIT_OPTION_H
#define STOWAGE_CLI_EDIT_OPTION_H

#include "base/err.h"
#include "scenarios/edit.h"

/* The option --set PATH=VALUE, which may be given several times. Zero-initialised is empty. */

enum { EDIT_OPTION_MAX = 64 };

struct edit_option {
    const char *items[EDIT_OPTION_MAX]; /* borrowed */
    int32_t count;
};

/* `command` stands before what is wrong: "run". ERR_USAGE. */
int edit_option_add(struct edit_option *option, const char *text, const char *command,
                    struct err *err);

struct edit_list edit_option_list(const struct edit_option *option);

#endif
