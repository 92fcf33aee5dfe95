/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_FLEET_H
#define STOWAGE_SCHEDULER_FLEET_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "scheduler/shape.h"

/* The fleet: what nodes there are and how much room each has. It knows room, not replicas' lives.
 *
 * Room on a node is in three parts, for CPU, memory, and share and memory of every device. Each is
 * at least 0 and their sum is the capacity of the node's type:
 *   free: what a new demand may take now;
 *   held: what is kept for nominated demands (see sched.h);
 *   used: what bound replicas have; not stored, equal to capacity - free - held.
 *
 * The memory of a device is counted for those who share it by memory. Who has a whole device has
 * its memory with it, and nothing is written: where no share is free nothing fits, and where all of
 * it is free nobody has any of the memory, since whoever takes memory takes some of the share. */

struct node_type {
    const char *id;
    int64_t cpu_milli; /* capacity, net of system overhead */
    int64_t mem_bytes;
    int64_t device_mem_bytes; /* of each device; 0 when unknown */
    int32_t device_count;     /* 0..SHAPE_DEVICES_MAX, all alike */
    bool has_device_mem;      /* false: memory unknown, fits only demands that ask for none */
    bool has_price;
    bool is_unbounded;   /* CPU and memory are neither checked nor taken (cluster type local-dev) */
    int64_t price_micro; /* millionths of a millicent (1e-11 USD) per second */
    const char *const *device_types; /* names of the device type; [device_type_count] */
    int32_t device_type_count;
    const char *const *topologies; /* [topology_count] */
    int32_t topology_count;
    const char *arch; /* NULL: unknown, which fits only demands that ask for none */
};

/* A group is one type in one pool; all its nodes are alike for eligibility. */
struct node_group {
    int32_t pool, type;
};

enum node_state {
    NODE_READY,   /* takes demand */
    NODE_DRAINED, /* keeps what it has, takes no more (cordoned; also while draining) */
    NODE_DOWN,    /* failed: holds nothing, may come back */
    NODE_REMOVED, /* gone for good: holds nothing */
    NODE_COMING,  /* asked for, not there yet: holds nothing */
};

/* Of a device whose type's memory is known. */
struct device_mem {
    int64_t free_bytes, held_bytes;
};

enum { NODE_DEVICES = 8, FLEET_GROWTHS = 8 };

struct node {
    int64_t cpu_free_milli, mem_free_bytes;
    int32_t group;
    int32_t share_free_milli; /* of all its devices together */
    int32_t first_device;  /* its devices are numbered first_device .. + device_count of the type */
    int32_t first_replica; /* head of its list of replicas, bound and nominated, in no order that
                            * means anything; -1: none */
    /* Where the next one enters this list: behind this one; -1: as its head. It is where the last
     * one came or went, since who stands beside that place is still in the cache. */
    int32_t enters_behind;
    int32_t occupant_count;                  /* length of that list */
    int32_t isolated_count;                  /* of these, how many want the node for themselves */
    uint8_t state;                           /* enum node_state */
    bool is_changed;                         /* it is in fleet.changed */
    bool has_many_devices;                   /* more than NODE_DEVICES */
    int16_t device_free_milli[NODE_DEVICES]; /* read by fleet_shares: unused if it has many */
};

/* All that a decision asks of a node lies on one line of a cache. */
static_assert(sizeof(struct node) == 64, "a node has grown");

/* Beside it, since few nodes hold room for anybody. */
struct node_held {
    int64_t cpu_milli, mem_bytes;
};

struct pool {
    const char *id;
    bool is_schedulable; /* false: disabled, in error or deleted */
};

struct fleet {
    struct node_type *types;
    struct node_group *groups;
    struct pool *pools;
    struct node *nodes;
    /* By the numbers of devices, and each may be shorter than they go: */
    int16_t *many_free_milli;      /* read by fleet_shares, */
    int16_t *device_held_milli;    /* by fleet_device_held */
    struct device_mem *device_mem; /* and by fleet_device_mem. */
    struct node_held *held;        /* [node], read by fleet_held: may be shorter too */
    int32_t type_count, type_capacity;
    int32_t group_count, group_capacity;
    int32_t pool_count, pool_capacity;
    int32_t node_count, node_capacity;
    int32_t device_count;
    int32_t many_free_capacity, device_held_capacity, device_mem_capacity, held_capacity;
    const struct shape_table *shapes; /* borrowed; may grow while the fleet lives */
    /* Which groups suit which shapes when empty: byte [shape * suits_stride + group] is 1 or 0, for
     * the first suits_shape_count shapes and suits_group_count groups; see fleet_suits. */
    signed char *suits;
    int32_t suits_shape_count, suits_shape_capacity;
    int32_t suits_group_count, suits_stride;
    /* Rises whenever room may have grown (something left, a node came or opened): what did not fit
     * at the same version does not fit now. */
    int64_t growth_version;
    int32_t grown[FLEET_GROWTHS]; /* where it last grew, read by fleet_grown_at */
    int64_t opening_version;      /* rises whenever a pool opens or closes */
    /* The nodes that changed in any way since fleet_forget_changes, each once, for those that
     * follow the fleet. */
    int32_t *changed;
    int32_t changed_count, changed_capacity;
    /* Largest capacities of any type in the fleet, for policies that normalise; 0 where no type has
     * any. */
    int64_t cpu_milli_max, mem_bytes_max;
    int32_t node_share_milli_max; /* device_count * 1000 */
    double part_of_largest[3];    /* 1 / each of these three; 0 where it is 0 */
};

/* Why a demand does not fit, one bit each; a node may fail for several. In the order of the filter.
 */
enum misfit {
    MISFIT_POOL = 1 << 0,       /* not an eligible pool, or the pool takes no demand */
    MISFIT_NODE_STATE = 1 << 1, /* drained, down or removed */
    MISFIT_ARCH = 1 << 2,
    MISFIT_DEVICE_TYPE = 1 << 3,   /* no pattern matches; or the topology is another */
    MISFIT_DEVICE_MEMORY = 1 << 4, /* each device has too little memory, or it is unknown */
    MISFIT_DEVICES = 1 << 5, /* too few devices with the share (and, when shared by memory, the
                                memory) free */
    MISFIT_CPU = 1 << 6,
    MISFIT_MEMORY = 1 << 7,
    MISFIT_PACKING = 1 << 8, /* isolation, or max_per_node */
};
enum { MISFIT_COUNT = 9 };

/* "device-memory" for MISFIT_DEVICE_MEMORY, and so on; for reports. */
const char *misfit_name(enum misfit misfit);

/* Room on one node as a value, for trials ("what if these victims were gone"). */
struct room {
    int64_t cpu_milli, mem_bytes;
    int32_t occupant_count, isolated_count;
    int32_t same_runner_count; /* occupants of the asking runner */
    int32_t device_count;
    int32_t share_milli[SHAPE_DEVICES_MAX];
    int64_t device_mem_bytes[SHAPE_DEVICES_MAX];
};

/* ---- building; -1 only for want of memory, and nothing has changed ---- */

int fleet_init(struct fleet *fleet, const struct shape_table *shapes, struct err *err);
void fleet_release(struct fleet *fleet);

/* Each gives the number of the new entry. Strings and arrays are borrowed until fleet_release.
 * Types and pools are compared by number only. fleet_group finds or adds. */
int fleet_add_type(struct fleet *fleet, const struct node_type *type, int32_t *number,
                   struct err *err);
int fleet_add_pool(struct fleet *fleet, const struct pool *pool, int32_t *number, struct err *err);
int fleet_group(struct fleet *fleet, struct node_group group, int32_t *number, struct err *err);
int fleet_add_node(struct fleet *fleet, int32_t group, enum node_state state, int32_t *number,
                   struct err *err);

/* ---- asking ---- */

static inline const struct node_type *fleet_group_type(const struct fleet *fleet, int32_t group)
{
    return &fleet->types[fleet->groups[group].type];
}
static inline const struct node_type *fleet_type_of(const struct fleet *fleet, int32_t node)
{
    return fleet_group_type(fleet, fleet->nodes[node].group);
}
/* What is free of each of the node's devices; [device_count of its type], in the order of their
 * numbers. */
static inline const int16_t *fleet_shares(const struct fleet *fleet, int32_t node)
{
    const struct node *at = &fleet->nodes[node];
    return at->has_many_devices ? &fleet->many_free_milli[at->first_device] : at->device_free_milli;
}
static inline int32_t fleet_device_held(const struct fleet *fleet, int32_t device)
{
    return device < fleet->device_held_capacity ? fleet->device_held_milli[device] : 0;
}
static inline struct device_mem fleet_device_mem(const struct fleet *fleet, int32_t device)
{
    return device < fleet->device_mem_capacity ? fleet->device_mem[device]
                                               : (struct device_mem){0, 0};
}
static inline struct node_held fleet_held(const struct fleet *fleet, int32_t node)
{
    return node < fleet->held_capacity ? fleet->held[node] : (struct node_held){0, 0};
}
int32_t fleet_pool_of(const struct fleet *fleet, int32_t node);

/* The node on which room grew at one of the last FLEET_GROWTHS versions; -1: on several. */
static inline int32_t fleet_grown_at(const struct fleet *fleet, int64_t growth_version)
{
    return fleet->grown[growth_version % FLEET_GROWTHS];
}

/* 0 when an empty node of this group could hold the shape, else the misfit bits (pool, arch, device
 * type, device memory, devices, CPU, memory). Of a type without devices only "devices" is said to a
 * shape that wants some. O(size of the shape and of the type's names). */
int fleet_group_misfits(const struct fleet *fleet, const struct shape *shape, int32_t group);

/* Brings the matrix up to the present shapes and groups; a pass begins with it. O(1) when nothing
 * was added. */
int fleet_refresh_suits(struct fleet *fleet, struct err *err);

/* Was nothing added since? */
static inline bool fleet_suits_are_current(const struct fleet *fleet)
{
    return fleet->suits_shape_count == fleet->shapes->count &&
           fleet->suits_group_count == fleet->group_count;
}

/* fleet_group_misfits(...) == 0, as the lookup of a byte for what the matrix covers. */
static inline bool fleet_suits(const struct fleet *fleet, int32_t shape, int32_t group)
{
    if (shape < fleet->suits_shape_count && group < fleet->suits_group_count)
        return fleet->suits[(size_t)shape * (size_t)fleet->suits_stride + (size_t)group] != 0;
    return fleet_group_misfits(fleet, &fleet->shapes->items[shape], group) == 0;
}

/* Does the shape fit on this node now: state, group, and room? `same_runner_count` is the number of
 * the node's occupants that belong to the asking runner (used where the shape has max_per_node).
 * The same answer as by fleet_room and room_misfits, without copying. O(devices). */
bool fleet_fits(const struct fleet *fleet, int32_t shape, int32_t node, int32_t same_runner_count);

/* The room that is free on a node. same_runner_count is left 0. O(devices). */
void fleet_room(const struct fleet *fleet, int32_t node, struct room *room);

/* Misfit bits of devices, CPU, memory and packing for this shape in this room of a node of `type`;
 * 0: it fits. */
int room_misfits(const struct room *room, const struct node_type *type, const struct shape *shape);

/* The share of one device of `type` that a shape takes which shares by memory. */
int32_t shape_share_by_memory(const struct shape *shape, const struct node_type *type);

/* The share of one device of `type` that one replica of the shape takes. */
static inline int32_t shape_share_on(const struct shape *shape, const struct node_type *type)
{
    if (shape->sharing == SHARING_MEMORY)
        return shape_share_by_memory(shape, type);
    return shape->sharing == SHARING_WHOLE ? SHARE_WHOLE : shape->share_milli;
}

/* The memory of one device that has to be free: all when whole, device_mem_bytes by memory, else 0.
 */
static inline int64_t shape_device_mem_on(const struct shape *shape, const struct node_type *type)
{
    if (shape->sharing == SHARING_WHOLE)
        return type->device_mem_bytes;
    return shape->sharing == SHARING_MEMORY ? shape->device_mem_bytes : 0;
}

/* And what is taken of it: the memory of a whole device is not, it goes with the share. */
static inline int64_t shape_device_mem_taken(const struct shape *shape)
{
    return shape->sharing == SHARING_MEMORY ? shape->device_mem_bytes : 0;
}

/* The default device rule, as a bit mask of device indices: the fullest device(s) that still fit
 * for a share (lowest index on ties), the lowest indices for whole devices. The shape fits in the
 * room. */
uint64_t room_choose_devices(const struct room *room, const struct node_type *type,
                             const struct shape *shape);

/* The same in what is free on the node now, for less: mostly nothing is copied. */
uint64_t fleet_choose_devices(const struct fleet *fleet, int32_t node, const struct shape *shape);

/* ---- moving room; each asserts that nothing goes below 0 ---- */

struct claim {
    const struct shape *shape;
    int32_t node;
    uint64_t devices; /* bit mask; as many bits as shape->device_count */
};
void fleet_take(struct fleet *fleet, const struct claim *claim);     /* free -> used */
void fleet_give(struct fleet *fleet, const struct claim *claim);     /* used -> free */
void fleet_use_held(struct fleet *fleet, const struct claim *claim); /* held -> used */

/* What is kept on a node for a nominated demand: an amount that is at most its whole request. Of
 * `amount` the counts are not read. fleet_hold gives -1 for want of memory. */
int fleet_hold(struct fleet *fleet, int32_t node, const struct room *amount,
               struct err *err);                                                 /* free -> held */
void fleet_unhold(struct fleet *fleet, int32_t node, const struct room *amount); /* held -> free */

/* Trials on a room: as if the owner of the claim had left the node, or came to it.
 * same_runner_count stays. */
void room_vacate(struct room *room, const struct node_type *type, const struct claim *claim);
void room_occupy(struct room *room, const struct node_type *type, const struct claim *claim);

/* ---- opening and closing ---- */

void fleet_set_node_state(struct fleet *fleet, int32_t node, enum node_state state);
/* O(nodes + shapes * groups of the pool). */
void fleet_set_pool_schedulable(struct fleet *fleet, int32_t pool, bool is_schedulable);

/* ---- following ---- */

/* Puts the node into fleet.changed; everything above does so by itself. */
static inline void fleet_touch(struct fleet *fleet, int32_t node)
{
    if (fleet->nodes[node].is_changed)
        return;
    fleet->nodes[node].is_changed = true;
    fleet->changed[fleet->changed_count++] = node;
}
void fleet_forget_changes(struct fleet *fleet);

/* Takes one node out of fleet.changed, where there is one. */
static inline int32_t fleet_take_change(struct fleet *fleet)
{
    int32_t node = fleet->changed[--fleet->changed_count];
    fleet->nodes[node].is_changed = false;
    return node;
}

#endif
