/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_GROUP_KEY_H
#define STOWAGE_REPORTS_GROUP_KEY_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "sim/sim.h"

/* By what runners are selected and grouped: "priority", "nodepool" (the first eligible one),
 * "label" (a runner counts in the group of each of its labels), "worker", or "metadata.KEY" (a key
 * of the object; texts as they are, other values as JSON). A runner without the property has one
 * empty value. */

enum group_kind { GROUP_PRIORITY, GROUP_NODEPOOL, GROUP_LABEL, GROUP_WORKER, GROUP_METADATA };

struct group_key {
    enum group_kind kind;
    const char *metadata_key; /* for GROUP_METADATA; borrowed from the text, [length] */
    size_t metadata_key_length;
};

/* text[0..length); ERR_USAGE names what is allowed. `option` is for the message: "--group-by". */
int group_key_parse(const char *text, size_t length, const char *option, struct group_key *key,
                    struct err *err);

/* Zero-initialised is a valid empty list; released by releasing the arena and free(items). */
struct value_list {
    struct arena arena;
    const char **items;
    int32_t count, capacity;
};

/* Appends the runner's values, at least one, each only once. -1 only for want of memory. */
int group_values(const struct sim *sim, const struct group_key *key, int32_t runner,
                 struct value_list *values, struct err *err);

void value_list_release(struct value_list *values);

#endif
