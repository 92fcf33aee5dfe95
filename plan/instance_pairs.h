/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_INSTANCE_PAIRS_H
#define STOWAGE_PLAN_INSTANCE_PAIRS_H

#include <stdint.h>

#include "plan/instance.h"
#include "scenarios/lookup.h"
#include "scenarios/value.h"

/* Which items of an instance may not be on one node, or only so many of them: "anti_affinity". */

enum { PAIRS_LEFT_OUT = INT32_MAX };

/* Reads it for all items of the array, when these have been read. `names` has the index of each
 * item, or PAIRS_LEFT_OUT for one without demand. Each pair is kept with both of its items, sorted,
 * with the smallest limit that either of them says. Errors go to the problems of the reader. */
void instance_pairs_load(struct instance *instance, const struct lookup *names,
                         const struct value *array);

#endif
