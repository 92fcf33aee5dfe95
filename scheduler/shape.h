/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_SHAPE_H
#define STOWAGE_SCHEDULER_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* A shape is one distinct resource request. Runners with equal requests share one shape, so a fleet
 * of a million runners has perhaps a hundred of them, and what is true of a shape ("fits nowhere
 * now") is found once. */

enum { SHARE_WHOLE = 1000, SHAPE_DEVICES_MAX = 64 };

enum device_sharing {
    SHARING_WHOLE = 0, /* takes device_count devices that nobody uses, each with all its memory */
    SHARING_MILLI,  /* takes share_milli of each of device_count devices; memory is not reserved */
    SHARING_MEMORY, /* takes device_mem_bytes of each device, and floor(1000 * device_mem_bytes /
                       memory of the device), at least 1, of its share */
};

enum packing {
    PACKING_SHARED = 0, /* any neighbours */
    PACKING_ISOLATED,   /* the only replica on its node (disable_packing) */
};

struct shape {
    int64_t cpu_milli;
    int64_t mem_bytes;
    int64_t device_mem_bytes; /* least memory of each device; 0: any, also one that is unknown */
    int32_t device_count;     /* distinct devices, 0..SHAPE_DEVICES_MAX */
    int32_t share_milli; /* of each device for SHARING_MILLI: 1..1000; SHARE_WHOLE when whole */
    enum device_sharing sharing;
    enum packing packing;
    int32_t max_per_node;             /* replicas of one runner on one node; 0: no limit */
    const char *arch;                 /* "linux/amd64"; NULL: any */
    const char *const *type_patterns; /* globs, any of them may match; [type_pattern_count] */
    int32_t type_pattern_count;       /* 0: any device type */
    const char *const *topologies;    /* accepted accelerator topologies; [topology_count] */
    int32_t topology_count;           /* 0: any */
    const int32_t *pools;             /* eligible pools, ascending; [pool_count], pool_count >= 1 */
    int32_t pool_count;
};

/* The table of all shapes of a fleet. Zero-initialised is a valid empty table. Entries never move
 * their number; `items` itself may move when a shape is added. */
struct shape_table {
    struct arena arena; /* owns the strings and arrays that entries point to */
    struct shape *items;
    int32_t count, capacity;
    int32_t *buckets; /* open addressing over shape numbers + 1; 0 is empty */
    int32_t bucket_count;
};

/* The number of the shape equal to `shape` (strings compared by content), adding a deep copy when
 * it is new. Expected O(size of the shape). On -1 (out of memory) the table is unchanged. */
int shape_table_intern(struct shape_table *table, const struct shape *shape, int32_t *number,
                       struct err *err);

void shape_table_release(struct shape_table *table);

/* Is the pool one of the shape's? (Open or closed.) */
bool shape_names_pool(const struct shape *shape, int32_t pool);

/* Does feasibility depend on which runner asks (max_per_node), not on the shape alone? */
static inline bool shape_depends_on_runner(const struct shape *shape)
{
    return shape->max_per_node > 0;
}

#endif
