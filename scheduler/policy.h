/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_POLICY_H
#define STOWAGE_SCHEDULER_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "scheduler/fleet.h"

/* A policy scores the nodes on which a demand fits; the highest score wins, the lowest node index
 * on ties. It gets a const view and never writes the fleet. One file, one const struct of functions
 * and one line in policies/registry.c make a policy. */

enum { POLICY_API_VERSION = 1 };

struct policy_context {
    const struct fleet *fleet;
    const struct shape *shape;
    uint64_t seed;   /* of the run */
    uint64_t demand; /* identifies the demand: runner << 32 | ordinal */
};

struct policy {
    int32_t api_version; /* POLICY_API_VERSION */
    const char *name;    /* as on the command line: "best-fit" */
    const char *summary; /* one line for `stowage policies` */
    /* Higher is better; never NaN. The demand fits on the node. NULL: all nodes score alike, so the
     * first that fits is taken without a look at the rest. */
    double (*score)(const struct policy_context *context, int32_t node);
    /* Which devices of the node (bit mask); NULL: room_choose_devices. */
    uint64_t (*choose_devices)(const struct policy_context *context, int32_t node,
                               const struct room *room);
};

/* The policies that ship, in the order in which they are listed. NULL when there is no such name.
 */
const struct policy *const *policy_list(size_t *count);
const struct policy *policy_find(const char *name);

#endif
