/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/fragment_table.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/order.h"
#include "scheduler/fragmentation.h"

/* With R the free share of a node, the fragment to a class is R less what is of use to it: of a
 * class that fits, what is free on the devices that have enough for it. For the sum of count *
 * fragment over the classes we count, in each group, for a CPU rank c (levels at most the free CPU)
 *
 *   one[c][s]      the demand for one device that asks for no more CPU than level c, and no more
 *                  share than level s;
 *   several[c][w]  that for as many whole devices as level w, or fewer.
 *
 * A device with the rank s is of use to one[c][s] by all that it has free, and where the node is
 * too small for a class none of its devices counts; all unused devices are of use to several[c][w]:
 *
 *   sum = R * all counts - sum over devices of free * one[c][s] - unused * 1000 * several[c][w]
 *
 * Example: the classes "4 CPU, 300 milli of one device" (count 3) and "8 CPU, one whole device"
 * (count 1), and a node with 6 CPU and devices with 1000 and 200 milli free. The CPU levels are 4
 * and 8, c = 1; the share levels 300 and 1000, so the devices have the ranks 2 and 0. one[1][2] =
 * one[1][1] = 3, one[1][0] = 0: the sum is 1200 * 4 - 1000 * 3 = 1800, 450 milli-devices of 4. */

enum { CELLS_MAX = 1 << 20 };

void fragment_table_release(struct fragment_table *table)
{
    free(table->cpu_levels);
    free(table->cells);
    free(table->sights);
    *table = (struct fragment_table){0};
}

/* ---- levels ---- */

static int find_cpu_levels(struct fragment_table *table, const struct fragmentation *of,
                           struct err *err)
{
    int32_t count = 0;
    if (array_reserve(&table->cpu_levels, &table->cpu_level_capacity, of->class_count,
                      sizeof *table->cpu_levels, err))
        return -1;
    for (int32_t i = 0; i < of->class_count; i++)
        table->cpu_levels[i] = of->classes[i].cpu_milli;
    if (of->class_count > 0)
        qsort(table->cpu_levels, (size_t)of->class_count, sizeof *table->cpu_levels, order_int32s);
    for (int32_t i = 0; i < of->class_count; i++)
        if (count == 0 || table->cpu_levels[count - 1] != table->cpu_levels[i])
            table->cpu_levels[count++] = table->cpu_levels[i];
    table->cpu_level_count = count;
    return 0;
}

/* Which column of the table a class is counted in. */
enum part { PART_NONE, PART_ONE, PART_SEVERAL, PART_SHARED };

static enum part part_of(const struct fragmentation *of, int32_t group, int32_t class)
{
    int32_t share_milli = of->share_milli[group * of->class_count + class];
    if (share_milli <= 0)
        return PART_NONE;
    if (of->classes[class].device_count == 1)
        return PART_ONE;
    return share_milli == SHARE_WHOLE ? PART_SEVERAL : PART_SHARED;
}

/* Gives whether all classes have their columns. */
static bool find_columns(struct fragment_table *table, const struct fragmentation *of)
{
    bool has_share[SHARE_WHOLE + 1] = {false}, has_count[SHAPE_DEVICES_MAX + 1] = {false};
    int32_t share_levels = 0, count_levels = 0;
    for (int32_t group = 0; group < table->group_count; group++)
        for (int32_t i = 0; i < of->class_count; i++) {
            enum part part = part_of(of, group, i);
            if (part == PART_SHARED)
                return false;
            if (part == PART_ONE)
                has_share[of->share_milli[group * of->class_count + i]] = true;
            else if (part == PART_SEVERAL)
                has_count[of->classes[i].device_count] = true;
        }
    for (int32_t milli = 0; milli <= SHARE_WHOLE; milli++) {
        share_levels += has_share[milli];
        table->share_rank[milli] = (uint16_t)share_levels;
    }
    for (int32_t devices = 0; devices <= SHAPE_DEVICES_MAX; devices++) {
        count_levels += has_count[devices];
        table->several_rank[devices] = (uint8_t)count_levels;
    }
    table->several_column = share_levels + 1;
    table->column_count = share_levels + 1 + count_levels + 1;
    return true;
}

/* How many of the levels are at most this. */
static int32_t cpu_rank(const struct fragment_table *table, int32_t cpu_milli)
{
    int32_t rank = 0, left = table->cpu_level_count;
    if (left > 0 && table->cpu_levels[left - 1] <= cpu_milli)
        return left;
    while (left > 0) {
        int32_t half = (left + 1) / 2;
        rank += table->cpu_levels[rank + half - 1] <= cpu_milli ? half : 0;
        left -= half;
    }
    return rank;
}

/* The same for less CPU than that of `rank`. */
static int32_t cpu_rank_after(const struct fragment_table *table, int32_t rank, int32_t cpu_milli)
{
    bool is_same = rank == 0 || table->cpu_levels[rank - 1] <= cpu_milli;
    return is_same ? rank : cpu_rank(table, cpu_milli);
}

/* ---- cells ---- */

static int64_t *row_of(const struct fragment_table *table, int32_t group, int32_t rank)
{
    return &table->cells[(int64_t)(group * (table->cpu_level_count + 1) + rank) *
                         table->column_count];
}

/* Each class into the first cell that holds it. */
static void count_classes(struct fragment_table *table, const struct fragmentation *of,
                          int32_t group)
{
    for (int32_t i = 0; i < of->class_count; i++) {
        const struct fragment_class *class = &of->classes[i];
        int64_t *row = row_of(table, group, cpu_rank(table, class->cpu_milli));
        switch (part_of(of, group, i)) {
        case PART_ONE:
            row[table->share_rank[of->share_milli[group * of->class_count + i]]] += class->count;
            break;
        case PART_SEVERAL:
            row[table->several_column + table->several_rank[class->device_count]] += class->count;
            break;
        default:
            break;
        }
    }
}

/* And then into all that are larger. */
static void add_up(struct fragment_table *table, int32_t group)
{
    for (int32_t rank = 0; rank <= table->cpu_level_count; rank++) {
        int64_t *row = row_of(table, group, rank);
        for (int32_t i = 1; i < table->column_count; i++)
            row[i] += i == table->several_column ? 0 : row[i - 1];
        for (int32_t i = 0; rank > 0 && i < table->column_count; i++)
            row[i] += row[i - table->column_count];
    }
}

static uint16_t sight_of(const struct fragment_table *table, const struct fragmentation *of,
                         int32_t group, int32_t class)
{
    int32_t share_milli = of->share_milli[group * of->class_count + class];
    switch (part_of(of, group, class)) {
    case PART_ONE:
        return (uint16_t)(FRAGMENT_SIGHT_SHARES + table->share_rank[share_milli]);
    case PART_SEVERAL:
        return (uint16_t)(FRAGMENT_SIGHT_SHARES + table->several_column +
                          table->several_rank[of->classes[class].device_count]);
    default:
        return share_milli < 0 ? FRAGMENT_SIGHT_CLOSED : FRAGMENT_SIGHT_NO_DEVICE;
    }
}

int fragment_table_make(struct fragment_table *table, const struct fragmentation *of,
                        int32_t group_count, struct err *err)
{
    fragment_table_release(table);
    table->group_count = group_count;
    bool has_columns = find_columns(table, of);
    if (find_cpu_levels(table, of, err))
        return -1;
    int64_t cells =
        ((int64_t)table->cpu_level_count + 1) * table->column_count * table->group_count;
    if (!has_columns || cells > CELLS_MAX)
        return 0;
    if (array_reserve(&table->cells, &table->cell_capacity, cells, sizeof *table->cells, err) ||
        array_reserve(&table->sights, &table->sight_capacity,
                      (int64_t)group_count * of->class_count, sizeof *table->sights, err))
        return -1;
    for (int32_t group = 0; group < table->group_count; group++) {
        for (int32_t i = 0; i < of->class_count; i++)
            table->sights[group * of->class_count + i] = sight_of(table, of, group, i);
        count_classes(table, of, group);
        add_up(table, group);
    }
    table->is_made = true;
    return 0;
}

/* ---- looking up ---- */

void fragment_look(const struct fragment_table *table, const struct fragment_room *room,
                   int32_t cpu_after_milli, struct fragment_view *view)
{
    int32_t rank = cpu_rank(table, room->cpu_milli);
    int32_t rank_after = cpu_rank_after(table, rank, cpu_after_milli);
    const int64_t *row = row_of(table, room->group, rank);
    const int64_t *row_after = row_of(table, room->group, rank_after);
    int64_t use = 0, use_after = 0;
    int32_t all_milli = 0, unused = 0;
    for (int32_t i = 0; i < room->device_count; i++) {
        int32_t milli = room->share_milli[i];
        uint32_t column = table->share_rank[milli];
        all_milli += milli;
        unused += milli == SHARE_WHOLE;
        use += milli * row[column];
        use_after += milli * row_after[column];
    }
    view->room = room;
    view->row = row;
    view->row_after = row_after;
    view->use = use;
    view->use_after = use_after;
    view->all_milli = all_milli;
    view->unused = unused;
}

/* To classes that ask for several. */
static int64_t use_of_unused(const struct fragment_table *table, const int64_t *row, int32_t unused)
{
    return unused * SHARE_WHOLE * row[table->several_column + table->several_rank[unused]];
}

int64_t fragment_before(const struct fragmentation *of, const struct fragment_view *view)
{
    return view->all_milli * of->count_sum - view->use -
           use_of_unused(&of->table, view->row, view->unused);
}

int64_t fragment_after(const struct fragmentation *of, const struct fragment_view *view,
                       uint64_t devices, int32_t share_milli)
{
    const struct fragment_table *table = &of->table;
    const int64_t *row = view->row_after;
    int64_t use = view->use_after;
    int32_t all_milli = view->all_milli, unused = view->unused;
    for (; devices != 0; devices &= devices - 1) {
        int32_t milli = view->room->share_milli[__builtin_ctzll(devices)];
        int32_t left_milli = milli - share_milli;
        all_milli -= share_milli;
        unused -= milli == SHARE_WHOLE;
        use +=
            left_milli * row[table->share_rank[left_milli]] - milli * row[table->share_rank[milli]];
    }
    return all_milli * of->count_sum - use - use_of_unused(table, row, unused);
}
