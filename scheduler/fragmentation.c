/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/fragmentation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/order.h"

/* Example: classes "4 CPU, 300 milli of one device" (p = 0.75) and "8 CPU, one whole device" (p =
 * 0.25), and a node with 6 CPU and devices with 1000 and 200 milli free, R = 1200. The first class
 * fits and leaves the 200: its fragment is 200. The second lacks CPU: its fragment is 1200 (q4).
 * Together 0.75 * 200 + 0.25 * 1200 = 450 milli-devices. */

/* ---- the classes ---- */

static bool asks_device(const struct shape *shape)
{
    return shape->device_count > 0;
}

/* The share of one device as far as it can be said without the device. */
static int32_t nominal_share(const struct shape *shape)
{
    if (!asks_device(shape) || shape->sharing == SHARING_MEMORY)
        return 0;
    return shape->sharing == SHARING_WHOLE ? SHARE_WHOLE : shape->share_milli;
}

/* A list of texts as one text with '|' between them, read character by character. */
struct joined {
    const char *const *texts;
    int32_t count;
    const char *at; /* in the first of the rest */
};

static unsigned char next_character(struct joined *joined)
{
    if (joined->count == 0)
        return '\0';
    if (*joined->at != '\0')
        return (unsigned char)*joined->at++;
    joined->texts++;
    joined->count--;
    if (joined->count == 0)
        return '\0';
    joined->at = joined->texts[0];
    return '|';
}

static int compare_texts(const char *const *a, int32_t a_count, const char *const *b,
                         int32_t b_count)
{
    struct joined left = {a, a_count, a_count > 0 ? a[0] : NULL};
    struct joined right = {b, b_count, b_count > 0 ? b[0] : NULL};
    for (;;) {
        unsigned char x = next_character(&left), y = next_character(&right);
        if (x != y)
            return x < y ? -1 : 1;
        if (x == '\0')
            return 0;
    }
}

static int compare_pools(const struct shape *a, const struct shape *b)
{
    int order = order_int(a->pool_count, b->pool_count);
    for (int32_t i = 0; order == 0 && i < a->pool_count; i++)
        order = order_int(a->pools[i], b->pools[i]);
    return order;
}

/* 0 for shapes of one class. */
static int compare_classes(const struct shape *a, const struct shape *b)
{
    const char *no_arch = "";
    int order = order_int(a->cpu_milli, b->cpu_milli);
    if (order == 0)
        order = order_int(nominal_share(a), nominal_share(b));
    if (order == 0)
        order = order_int(a->device_count, b->device_count);
    if (order == 0)
        order = compare_texts(a->type_patterns, a->type_pattern_count, b->type_patterns,
                              b->type_pattern_count);
    if (order == 0)
        order = compare_texts(a->topologies, a->topology_count, b->topologies, b->topology_count);
    if (order == 0 && asks_device(a))
        order = order_int(a->device_mem_bytes, b->device_mem_bytes);
    if (order == 0 && asks_device(a))
        order = order_int(a->sharing, b->sharing);
    if (order == 0)
        order = strcmp(a->arch ? a->arch : no_arch, b->arch ? b->arch : no_arch);
    return order != 0 ? order : compare_pools(a, b);
}

/* A shape while classes are made. */
struct counted_shape {
    const struct shape *shape;
    int64_t count;
    int32_t number;
};

static int by_class(const void *left, const void *right)
{
    const struct counted_shape *a = left, *b = right;
    int order = compare_classes(a->shape, b->shape);
    return order != 0 ? order : order_int(a->number, b->number);
}

static int by_popularity(const void *left, const void *right)
{
    const struct counted_shape *a = left, *b = right;
    int order = order_int(b->count, a->count);
    if (order == 0)
        order = compare_classes(b->shape, a->shape);
    return order != 0 ? order : order_int(a->number, b->number);
}

/* Adds up shapes of one class, in place. */
static int32_t merge(struct counted_shape *shapes, int32_t count)
{
    int32_t merged = 0;
    qsort(shapes, (size_t)count, sizeof *shapes, by_class);
    for (int32_t i = 0; i < count; i++) {
        if (merged > 0 && compare_classes(shapes[merged - 1].shape, shapes[i].shape) == 0)
            shapes[merged - 1].count += shapes[i].count;
        else
            shapes[merged++] = shapes[i];
    }
    qsort(shapes, (size_t)merged, sizeof *shapes, by_popularity);
    return merged;
}

static int choose_typical(struct fragmentation *fragmentation, const struct counted_shape *classes,
                          int32_t count, double coverage, struct err *err)
{
    int64_t total = 0;
    if (array_reserve(&fragmentation->classes, &fragmentation->class_capacity, count,
                      sizeof *fragmentation->classes, err))
        return -1;
    for (int32_t i = 0; i < count; i++)
        total += classes[i].count;
    for (int32_t i = 0; i < count; i++) {
        if (i > 0 && (double)fragmentation->count_sum / (double)total >= coverage)
            break;
        fragmentation->classes[fragmentation->class_count++] =
            (struct fragment_class){.shape = classes[i].number,
                                    .count = classes[i].count,
                                    .weight = (double)classes[i].count / (double)total,
                                    .cpu_milli = (int32_t)classes[i].shape->cpu_milli,
                                    .device_count = classes[i].shape->device_count};
        fragmentation->count_sum += classes[i].count;
    }
    for (int32_t i = 0; i < fragmentation->class_count; i++)
        fragmentation->classes[i].weight /= (double)fragmentation->count_sum / (double)total;
    return 0;
}

int fragmentation_init(struct fragmentation *fragmentation, const struct shape_table *shapes,
                       const struct popularity *popularity, double coverage, struct err *err)
{
    struct counted_shape *counted = NULL;
    int32_t capacity = 0;
    *fragmentation = (struct fragmentation){.shapes = shapes};
    if (array_reserve(&counted, &capacity, popularity->count, sizeof *counted, err))
        return -1;
    for (int32_t i = 0; i < popularity->count; i++) {
        const struct popular_shape *item = &popularity->items[i];
        assert(item->count > 0);
        counted[i] = (struct counted_shape){&shapes->items[item->shape], item->count, item->shape};
    }
    int32_t count = popularity->count > 0 ? merge(counted, popularity->count) : 0;
    int result = choose_typical(fragmentation, counted, count, coverage, err);
    free(counted);
    if (result != 0)
        fragmentation_release(fragmentation);
    return result;
}

void fragmentation_release(struct fragmentation *fragmentation)
{
    free(fragmentation->classes);
    free(fragmentation->share_milli);
    fragment_table_release(&fragmentation->table);
    *fragmentation = (struct fragmentation){0};
}

/* ---- the groups ---- */

static int32_t share_on_group(const struct fleet *fleet, const struct shape *shape, int32_t group)
{
    enum { CLOSED = MISFIT_ARCH | MISFIT_DEVICE_TYPE | MISFIT_DEVICE_MEMORY };
    const struct node_group *of = &fleet->groups[group];
    if (!asks_device(shape))
        return 0;
    if (!shape_names_pool(shape, of->pool) ||
        (fleet_group_misfits(fleet, shape, group) & CLOSED) != 0)
        return -1;
    return shape_share_on(shape, &fleet->types[of->type]);
}

static void add_group(struct fragmentation *fragmentation, const struct fleet *fleet, int32_t group)
{
    for (int32_t i = 0; i < fragmentation->class_count; i++)
        fragmentation->share_milli[group * fragmentation->class_count + i] = share_on_group(
            fleet, &fragmentation->shapes->items[fragmentation->classes[i].shape], group);
}

int fragmentation_refresh(struct fragmentation *fragmentation, const struct fleet *fleet,
                          struct err *err)
{
    if (fragmentation->group_count == fleet->group_count)
        return 0;
    if (array_reserve(&fragmentation->share_milli, &fragmentation->share_capacity,
                      (int64_t)fleet->group_count * fragmentation->class_count,
                      sizeof *fragmentation->share_milli, err))
        return -1;
    for (int32_t i = fragmentation->group_count; i < fleet->group_count; i++)
        add_group(fragmentation, fleet, i);
    if (fragment_table_make(&fragmentation->table, fragmentation, fleet->group_count, err))
        return -1;
    fragmentation->group_count = fleet->group_count;
    return 0;
}

/* ---- the fragment ---- */

/* What the devices of a room are to a class. */
struct device_fit {
    int32_t small_milli; /* free on devices that have less than the class takes of one */
    int32_t fitting;     /* devices that have enough */
};

/* What is free on the devices of a room, each amount once, rising; devices with nothing free are of
 * no account to any class. In a full fleet that is one amount or two for eight devices. */
struct free_shares {
    int32_t milli[SHAPE_DEVICES_MAX + 1];          /* [count], then one that suffices for all */
    struct device_fit fits[SHAPE_DEVICES_MAX + 1]; /* of classes that take more than is free on the
                                                      devices before this one */
    int32_t count;
    int32_t all_milli;
};

static void find_free_shares(const struct fragment_room *room, struct free_shares *shares)
{
    int32_t devices = 0; /* with anything free, rising */
    int32_t milli[SHAPE_DEVICES_MAX];
    for (int32_t i = 0; i < room->device_count; i++) {
        int32_t at = devices;
        if (room->share_milli[i] == 0)
            continue;
        for (; at > 0 && milli[at - 1] > room->share_milli[i]; at--)
            milli[at] = milli[at - 1];
        milli[at] = room->share_milli[i];
        devices++;
    }
    shares->count = 0;
    shares->all_milli = 0;
    for (int32_t i = 0; i < devices; i++) {
        if (i == 0 || milli[i] != milli[i - 1]) {
            shares->milli[shares->count] = milli[i];
            shares->fits[shares->count++] = (struct device_fit){shares->all_milli, devices - i};
        }
        shares->all_milli += milli[i];
    }
    shares->milli[shares->count] = SHARE_WHOLE;
    shares->fits[shares->count] = (struct device_fit){shares->all_milli, 0};
}

static struct device_fit fit_devices(const struct free_shares *shares, int32_t share_milli)
{
    int32_t i = 0;
    while (shares->milli[i] < share_milli)
        i++;
    return shares->fits[i];
}

/* The sum as it is defined, class by class. */
static int64_t add_up_classes(const struct fragmentation *fragmentation,
                              const struct fragment_room *room)
{
    const int32_t *shares = &fragmentation->share_milli[room->group * fragmentation->class_count];
    struct free_shares found;
    int64_t sum = 0;
    find_free_shares(room, &found);
    for (int32_t i = 0; i < fragmentation->class_count; i++) {
        const struct fragment_class *class = &fragmentation->classes[i];
        bool is_of_use = shares[i] > 0 && room->cpu_milli >= class->cpu_milli;
        struct device_fit fit = {0, 0};
        if (is_of_use)
            fit = fit_devices(&found, shares[i]);
        is_of_use = is_of_use && fit.fitting >= class->device_count;
        sum += class->count * (is_of_use ? fit.small_milli : found.all_milli);
    }
    return sum;
}

int64_t fragment_exact(const struct fragmentation *fragmentation, const struct fragment_room *room)
{
    if (!fragmentation->table.is_made)
        return add_up_classes(fragmentation, room);
    struct fragment_view view;
    fragment_look(&fragmentation->table, room, room->cpu_milli, &view);
    return fragment_before(fragmentation, &view);
}

/* [has enough devices][has CPU] of a class that asks for devices and may use them, and [has CPU] of
 * one that asks for none. */
static const enum fragment_kind device_kinds[2][2] = {{FRAGMENT_Q1, FRAGMENT_Q2},
                                                      {FRAGMENT_Q4, FRAGMENT_Q3}};
static const enum fragment_kind no_device_kinds[2] = {FRAGMENT_NEITHER, FRAGMENT_NO_DEVICE};

/* A sum that gets 0 is the same as one that gets nothing: no need to ask whether there is a part
 * that is too small. */
void fragment_by_kind(const struct fragmentation *fragmentation, const struct fragment_room *room,
                      struct fragment_parts *parts)
{
    const int32_t *shares = &fragmentation->share_milli[room->group * fragmentation->class_count];
    struct free_shares found;
    find_free_shares(room, &found);
    double all_milli = (double)found.all_milli;
    *parts = (struct fragment_parts){{0.0}};
    for (int32_t i = 0; i < fragmentation->class_count; i++) {
        const struct fragment_class *class = &fragmentation->classes[i];
        bool has_cpu = room->cpu_milli >= class->cpu_milli;
        if (shares[i] <= 0) {
            parts->milli[shares[i] < 0 ? FRAGMENT_NO_ACCESS : no_device_kinds[has_cpu]] +=
                class->weight * all_milli;
            continue;
        }
        struct device_fit fit = fit_devices(&found, shares[i]);
        enum fragment_kind kind = device_kinds[fit.fitting >= class->device_count][has_cpu];
        double small_milli = kind == FRAGMENT_Q3 ? (double)fit.small_milli : 0.0;
        parts->milli[FRAGMENT_Q2] += class->weight * small_milli;
        parts->milli[kind] += class->weight * (all_milli - small_milli);
    }
}

double fragment_sum(const struct fragment_parts *parts)
{
    static const enum fragment_kind order[] = {FRAGMENT_Q1,      FRAGMENT_Q2,
                                               FRAGMENT_Q4,      FRAGMENT_NO_DEVICE,
                                               FRAGMENT_NEITHER, FRAGMENT_NO_ACCESS};
    double sum = 0.0;
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        sum += parts->milli[order[i]];
    return sum;
}
