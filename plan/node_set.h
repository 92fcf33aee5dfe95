/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_NODE_SET_H
#define STOWAGE_PLAN_NODE_SET_H

#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"
#include "plan/cover.h"
#include "plan/patterns.h"

/* Nodes with what they hold: patterns with the number of nodes of each. The rows of the patterns
 * are those of a cover, their types too. */

/* All of it but row_count zero: an empty set. */
struct node_set {
    int32_t row_count; /* of the cover */
    struct patterns nodes;
    int64_t *copies; /* [nodes.count] */
    int32_t copies_capacity;
};

/* Adds so many nodes of a type with this content. -1: memory, and nothing has changed. */
int node_set_add(struct node_set *set, int32_t type, const struct content *content, int64_t copies,
                 struct err *err);

/* Adds the nodes of another set. -1: memory; some of them may have been added. */
int node_set_append(struct node_set *set, const struct node_set *other, struct err *err);

int128 node_set_cost(const struct node_set *set, const struct cover *cover);

/* Empty again, with its memory. */
void node_set_clear(struct node_set *set);

void node_set_release(struct node_set *set);

#endif
