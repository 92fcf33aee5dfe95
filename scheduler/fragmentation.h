/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_FRAGMENTATION_H
#define STOWAGE_SCHEDULER_FRAGMENTATION_H

#include <stdint.h>

#include "base/err.h"
#include "scheduler/fragment_table.h"
#include "scheduler/policy.h"

/* How much of the free device share of a node is of no use to what is typically asked for
 * ("Beware of Fragmentation", USENIX ATC 2023). The typical classes are the most popular requests,
 * each with its part p of the demand. For one class a node's fragment is
 *
 *   all of its free share R  where the class asks for no device, where the node's pool or devices
 *                            are closed to it, or where CPU or devices do not suffice for one more;
 *   the share of those devices that have less free than the class takes of one, else;
 *
 * and the fragment of the node is the sum of p * fragment over the classes, in milli-devices.
 *
 * Memory plays no part: classes are requests that are alike but for it. */

/* Why share is a fragment, in the paper's names. */
enum fragment_kind {
    FRAGMENT_Q1,        /* the class lacks both devices and CPU */
    FRAGMENT_Q2,        /* devices, also those too full while others would do */
    FRAGMENT_Q3,        /* none: of use to the class */
    FRAGMENT_Q4,        /* CPU */
    FRAGMENT_NO_DEVICE, /* "xl": the class asks for no device, and fits */
    FRAGMENT_NEITHER,   /* "xr": the class asks for no device, and lacks CPU */
    FRAGMENT_NO_ACCESS, /* "na": pool, device type or device memory are others */
    FRAGMENT_KIND_COUNT,
};

struct fragment_class {
    int32_t shape; /* the first one of those alike but for memory */
    int64_t count; /* of the class */
    double weight; /* p: count / total over the sum of the same of all typical classes */
    int32_t cpu_milli;
    int32_t device_count;
};

struct fragmentation {
    struct fragment_class *classes; /* the most popular first */
    int32_t class_count, class_capacity;
    int64_t count_sum; /* of the classes' counts */
    /* [group * class_count + class]: the share that one device gives to the class; 0: the class
     * asks for none; -1: no access. */
    int32_t *share_milli;
    int32_t group_count, share_capacity;
    struct fragment_table table;
    const struct shape_table *shapes; /* borrowed */
};

/* The room of one node that counts. */
struct fragment_room {
    int32_t group, device_count;
    int32_t cpu_milli;          /* INT32_MAX where it is not bounded */
    const int32_t *share_milli; /* [device_count] free of each device */
};

/* Of all classes the most popular are typical until they make up `coverage` (0..1) of all demand,
 * the one that reaches it included; equally popular ones by CPU, share, devices and device types,
 * each falling. On -1 (out of memory) the struct is zeroed. */
int fragmentation_init(struct fragmentation *fragmentation, const struct shape_table *shapes,
                       const struct popularity *popularity, double coverage, struct err *err);

/* Takes in the groups that the fleet got since. O(1) when there are none. */
int fragmentation_refresh(struct fragmentation *fragmentation, const struct fleet *fleet,
                          struct err *err);
void fragmentation_release(struct fragmentation *fragmentation);

/* The node's fragment times count_sum, exactly. O(devices) by the table; where that would be too
 * large, O(classes * devices). */
int64_t fragment_exact(const struct fragmentation *fragmentation, const struct fragment_room *room);

/* The same as milli-devices in doubles by kind, summed in the order of the classes, as the authors'
 * program does it; their sum without FRAGMENT_Q3, taken in the order q1, q2, q4, xl, xr, na, is
 * what it compares. */
struct fragment_parts {
    double milli[FRAGMENT_KIND_COUNT];
};
void fragment_by_kind(const struct fragmentation *fragmentation, const struct fragment_room *room,
                      struct fragment_parts *parts);
double fragment_sum(const struct fragment_parts *parts);

/* The fragment_sum of one room less that of another of the same group, in which the same devices
 * may have less. */
double fragment_difference(const struct fragmentation *fragmentation,
                           const struct fragment_room *before, const struct fragment_room *after);

#endif
