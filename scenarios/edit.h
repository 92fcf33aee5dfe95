/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_EDIT_H
#define STOWAGE_SCENARIOS_EDIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Edits of a scenario: PATH=VALUE, made after its files are read and before anything in them is
 * understood, so that an edited scenario goes through all the checks of a written one.
 *
 * PATH is keys with points between them and selectors in brackets: scheduler.policy,
 * nodepools[gpu].max_instances, runners[*].priority, events[0].at, runners[+]. A selector is the id
 * (or name) of an element, its position from 0, `*` for all or `+` for a new one at the end; what
 * is in double quotes is always an id, or the key of an object: metadata["a.b"].
 *
 * VALUE is JSON, or else the text itself: 3, true, 24h, best-fit, "10", {"at": "1h"}. null takes
 * out what is there. Keys on the way that are not there are made, elements are not. */

enum { EDIT_STEPS_MAX = 16, EDIT_WORD_SIZE = 256 };

enum edit_step_kind { EDIT_KEY, EDIT_INDEX, EDIT_NAME, EDIT_ALL, EDIT_NEW };

struct edit_step {
    enum edit_step_kind kind;
    int32_t index;             /* of EDIT_INDEX */
    char word[EDIT_WORD_SIZE]; /* of EDIT_KEY and EDIT_NAME; of the others as it was written */
};

struct edit_path {
    struct edit_step steps[EDIT_STEPS_MAX];
    int32_t step_count; /* at least 1; the first is a key */
};

/* Reads the path before the `=`. *value is what stands behind it, in `text`. ERR_USAGE. */
int edit_parse(const char *text, struct edit_path *path, const char **value, struct err *err);

/* The length of the path of "PATH=...": up to the first `=` outside of brackets; that of the whole
 * text where there is none. */
size_t edit_path_length(const char *text);

/* Several, made in their order. Borrowed. */
struct edit_list {
    const char *const *items; /* "PATH=VALUE" */
    int32_t count;
};

#endif
