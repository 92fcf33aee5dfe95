/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_FRAGMENT_TABLE_H
#define STOWAGE_SCHEDULER_FRAGMENT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "scheduler/shape.h"

struct fragmentation;
struct fragment_room;

/* Inside scheduler/ only. What is *of use* in a room, the rest of its free share being fragment,
 * looked up instead of summed over the classes: how much of the demand may use a device depends
 * only on where CPU and share lie among the levels that classes ask for, so it is counted once for
 * each pair of levels. fragment_table.c says how. */

/* A class with the first sight may not use the room, one with the second asks for no device; the
 * others follow in the order of the table's columns. */
enum {
    FRAGMENT_SIGHT_CLOSED,
    FRAGMENT_SIGHT_NO_DEVICE,
    FRAGMENT_SIGHT_SHARES,
    FRAGMENT_SIGHTS_MAX = FRAGMENT_SIGHT_SHARES + SHARE_WHOLE + 1 + SHAPE_DEVICES_MAX + 1,
};

struct fragment_table {
    int32_t *cpu_levels; /* rising: what the classes ask for */
    int32_t cpu_level_count, cpu_level_capacity;
    uint16_t share_rank[SHARE_WHOLE + 1];        /* [free milli] levels that are at most that */
    uint8_t several_rank[SHAPE_DEVICES_MAX + 1]; /* [unused devices] the same of device counts */
    int32_t several_column;                      /* first column for several whole devices */
    int32_t column_count, group_count;
    int64_t *cells; /* [group][CPU rank, 0 .. cpu_level_count][column_count] */
    int32_t cell_capacity;
    uint16_t *sights; /* [group * classes + class] how a class sees a room; see fragment_error.c */
    int32_t sight_capacity;
    bool is_made; /* false: it would be too large, or a class asks for shares of several devices */
};

/* Makes the table for all classes and the first `group_count` groups. -1 for want of memory: there
 * is none then. */
int fragment_table_make(struct fragment_table *table, const struct fragmentation *of,
                        int32_t group_count, struct err *err);
void fragment_table_release(struct fragment_table *table);

/* A room as the table sees it: as it is, and with less CPU. */
struct fragment_view {
    const struct fragment_room *room; /* borrowed */
    const int64_t *row, *row_after;   /* the same one where all classes have CPU that had it */
    int64_t use, use_after;           /* to classes that ask for one device, times their counts */
    int32_t all_milli, unused;
};

/* By a table that is made; `cpu_after_milli` is at most the CPU of the room. O(devices). */
void fragment_look(const struct fragment_table *table, const struct fragment_room *room,
                   int32_t cpu_after_milli, struct fragment_view *view);

/* fragment_exact of the room as it is. */
int64_t fragment_before(const struct fragmentation *of, const struct fragment_view *view);

/* The same with the CPU after, once `share_milli` of each of these devices (bit mask) is taken.
 * O(devices taken). */
int64_t fragment_after(const struct fragmentation *of, const struct fragment_view *view,
                       uint64_t devices, int32_t share_milli);

#endif
