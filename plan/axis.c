/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/axis.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/int128.h"
#include "base/text.h"
#include "base/units.h"

/* ---- making ---- */

static int add_axis(struct plan_axes *axes, const struct plan_axis *axis, struct err *err)
{
    if (array_reserve(&axes->items, &axes->capacity, axes->count + INT64_C(1), sizeof *axes->items,
                      err))
        return -1;
    axes->items[axes->count++] = *axis;
    return 0;
}

static int32_t count_nodes(const struct scenario *scenario, int32_t pool, int32_t type)
{
    int32_t count = 0;
    for (int32_t i = 0; i < scenario->node_count; i++)
        count += scenario->nodes[i].pool == pool &&
                 (type == NO_INDEX || scenario->nodes[i].type == type);
    return count;
}

static bool has_axis(const struct plan_axes *axes, int32_t pool, int32_t type)
{
    for (int32_t i = 0; i < axes->count; i++)
        if (axes->items[i].pool == pool && axes->items[i].type == type)
            return true;
    return false;
}

static int add_type_axis(struct plan_axes *axes, const struct scenario *scenario, int32_t pool,
                         int32_t type, struct err *err)
{
    if (has_axis(axes, pool, type))
        return 0;
    int32_t there = count_nodes(scenario, pool, NO_INDEX);
    int32_t most = scenario->pools[pool].max_instances;
    struct plan_axis axis = {
        .kind = AXIS_NODES,
        .pool = pool,
        .type = type,
        .high = most > there ? most : there,
        .given = count_nodes(scenario, pool, type),
        .price_micro = scenario->types[type].price_micro,
    };
    axes->is_priced = axes->is_priced && scenario->types[type].has_price;
    return add_axis(axes, &axis, err);
}

static int add_fixed_pool(struct plan_axes *axes, const struct scenario *scenario, int32_t pool,
                          struct err *err)
{
    const struct pool_def *def = &scenario->pools[pool];
    for (int32_t i = 0; i < def->type_count; i++)
        if (add_type_axis(axes, scenario, pool, def->types[i], err) != 0)
            return -1;
    for (int32_t i = 0; i < scenario->node_count; i++)
        if (scenario->nodes[i].pool == pool &&
            add_type_axis(axes, scenario, pool, scenario->nodes[i].type, err) != 0)
            return -1;
    return 0;
}

static int add_scaling_pool(struct plan_axes *axes, const struct scenario *scenario, int32_t pool,
                            struct err *err)
{
    const struct pool_def *def = &scenario->pools[pool];
    int64_t cheapest = INT64_MAX;
    for (int32_t i = 0; i < def->type_count; i++) {
        const struct node_type *type = &scenario->types[def->types[i]];
        axes->is_priced = axes->is_priced && type->has_price;
        if (type->price_micro < cheapest)
            cheapest = type->price_micro;
    }
    axes->is_scaling = true;
    const struct plan_axis rows[] = {
        {.kind = AXIS_MAX, .given = def->max_instances},
        {.kind = AXIS_MIN, .given = def->min_instances, .price_micro = cheapest},
        {.kind = AXIS_WARM, .given = def->warm_instances, .price_micro = cheapest},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct plan_axis axis = rows[i];
        axis.pool = pool;
        axis.type = NO_INDEX;
        axis.high = def->max_instances;
        if (add_axis(axes, &axis, err) != 0)
            return -1;
    }
    return 0;
}

int plan_axes_make(struct plan_axes *axes, const struct scenario *scenario, struct err *err)
{
    *axes = (struct plan_axes){.is_priced = true};
    for (int32_t i = 0; i < scenario->pool_count; i++) {
        const struct pool_def *def = &scenario->pools[i];
        if (def->disabled_reason != NULL)
            continue;
        int result = def->scaling != NULL ? add_scaling_pool(axes, scenario, i, err)
                                          : add_fixed_pool(axes, scenario, i, err);
        if (result != 0) {
            plan_axes_release(axes);
            return -1;
        }
    }
    for (int32_t i = 0; i < axes->count && !axes->is_priced; i++)
        axes->items[i].price_micro = axes->items[i].kind == AXIS_MAX ? 0 : 1;
    return 0;
}

void plan_axes_release(struct plan_axes *axes)
{
    free(axes->items);
    *axes = (struct plan_axes){0};
}

/* ---- names and bounds ---- */

static const char *part_name(const struct scenario *scenario, const struct plan_axis *axis)
{
    switch (axis->kind) {
    case AXIS_NODES:
        return scenario->types[axis->type].id;
    case AXIS_MAX:
        return "max";
    case AXIS_MIN:
        return "min";
    case AXIS_WARM:
        break;
    }
    return "warm";
}

const char *plan_axis_name(const struct scenario *scenario, const struct plan_axis *axis,
                           char out[AXIS_NAME_SIZE])
{
    snprintf(out, AXIS_NAME_SIZE, "%s/%s", scenario->pools[axis->pool].id,
             part_name(scenario, axis));
    return out;
}

/* "N" or "LOW..HIGH". */
static bool parse_bounds(const char *text, int32_t *low, int32_t *high)
{
    char first[32];
    int64_t numbers[2];
    const char *dots = strstr(text, "..");
    size_t length = dots != NULL ? (size_t)(dots - text) : strlen(text);
    if (length >= sizeof first)
        return false;
    memcpy(first, text, length);
    first[length] = '\0';
    struct err unused;
    if (parse_int64(first, &numbers[0], &unused) != 0 ||
        parse_int64(dots != NULL ? dots + 2 : first, &numbers[1], &unused) != 0 || numbers[0] < 0 ||
        numbers[1] < numbers[0] || numbers[1] > PLAN_NODES_MAX)
        return false;
    *low = (int32_t)numbers[0];
    *high = (int32_t)numbers[1];
    return true;
}

/* Does "POOL" or "POOL/PART" name this axis? */
static bool is_named(const struct scenario *scenario, const struct plan_axis *axis,
                     const char *name, size_t length)
{
    char full[AXIS_NAME_SIZE];
    plan_axis_name(scenario, axis, full);
    const char *pool = scenario->pools[axis->pool].id;
    bool is_pool = strlen(pool) == length && memcmp(pool, name, length) == 0;
    bool is_main = axis->kind == AXIS_NODES || axis->kind == AXIS_MAX;
    return (is_pool && is_main) || (strlen(full) == length && memcmp(full, name, length) == 0);
}

static int tell_axes(const struct plan_axes *axes, const struct scenario *scenario,
                     const char *text, struct err *err)
{
    char list[ERR_TEXT_SIZE / 2] = "", quoted[TEXT_QUOTE_SIZE];
    size_t used = 0;
    for (int32_t i = 0; i < axes->count && used < sizeof list; i++) {
        char name[AXIS_NAME_SIZE];
        int length = snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ",
                              plan_axis_name(scenario, &axes->items[i], name));
        used += (size_t)length;
    }
    return err_set(err, ERR_USAGE, "%s: no such nodes: there are %s", text_quote(text, quoted),
                   list);
}

int plan_axes_bound(struct plan_axes *axes, const struct scenario *scenario, const char *text,
                    struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    const char *sign = strrchr(text, '=');
    int32_t low = 0, high = 0;
    if (sign == NULL)
        return err_set(err, ERR_USAGE, "%s: give POOL=LOW..HIGH or POOL/TYPE=LOW..HIGH",
                       text_quote(text, quoted));
    if (!parse_bounds(sign + 1, &low, &high))
        return err_set(err, ERR_USAGE, "%s: give a number, or LOW..HIGH, from 0 to %d",
                       text_quote(text, quoted), PLAN_NODES_MAX);
    bool is_found = false;
    for (int32_t i = 0; i < axes->count; i++) {
        if (!is_named(scenario, &axes->items[i], text, (size_t)(sign - text)))
            continue;
        axes->items[i].low = low;
        axes->items[i].high = high;
        is_found = true;
    }
    return is_found ? 0 : tell_axes(axes, scenario, text, err);
}

void plan_axes_fix(struct plan_axes *axes)
{
    for (int32_t i = 0; i < axes->count; i++)
        axes->items[i].low = axes->items[i].high = axes->items[i].given;
}

/* "add 3 nodes of TYPE to pool POOL": the words between which TYPE and POOL stand. */
struct change {
    int64_t count;             /* negative: taken away */
    char name[AXIS_NAME_SIZE]; /* "POOL/TYPE" */
};

static bool parse_change(const char *text, struct change *change)
{
    char verb[8], unit[8], link[8], type[AXIS_NAME_SIZE / 2], pool[AXIS_NAME_SIZE / 2];
    char count[16];
    int end = 0;
    struct err unused;
    if (sscanf(text, " %7s %15s %7s of %199s %7s pool %199s %n", verb, count, unit, type, link,
               pool, &end) != 6 ||
        text[end] != '\0' || parse_int64(count, &change->count, &unused) != 0 ||
        change->count < 0 || change->count > PLAN_NODES_MAX)
        return false;
    bool adds = strcmp(verb, "add") == 0 && strcmp(link, "to") == 0;
    bool removes = strcmp(verb, "remove") == 0 && strcmp(link, "from") == 0;
    if ((!adds && !removes) || (strcmp(unit, "nodes") != 0 && strcmp(unit, "node") != 0))
        return false;
    if (removes)
        change->count = -change->count;
    snprintf(change->name, sizeof change->name, "%s/%s", pool, type);
    return true;
}

int plan_axes_change(struct plan_axes *axes, const struct scenario *scenario, const char *text,
                     struct err *err)
{
    struct change change;
    char quoted[TEXT_QUOTE_SIZE];
    if (!parse_change(text, &change))
        return err_set(err, ERR_USAGE,
                       "%s: give \"add N nodes of TYPE to pool POOL\" or \"remove N nodes of TYPE "
                       "from pool POOL\"",
                       text_quote(text, quoted));
    for (int32_t i = 0; i < axes->count; i++) {
        struct plan_axis *axis = &axes->items[i];
        char name[AXIS_NAME_SIZE];
        if (strcmp(plan_axis_name(scenario, axis, name), change.name) != 0)
            continue;
        if (axis->low + change.count < 0)
            return err_set(err, ERR_USAGE, "%s: there are only %" PRId32 " of them",
                           text_quote(text, quoted), axis->low);
        axis->low += (int32_t)change.count;
        axis->high += (int32_t)change.count;
        return 0;
    }
    return tell_axes(axes, scenario, change.name, err);
}

int plan_axes_check(const struct plan_axes *axes, struct err *err)
{
    int128 price = 0;
    for (int32_t i = 0; i < axes->count; i++)
        price += (int128)axes->items[i].price_micro * axes->items[i].high;
    if (price > INT64_MAX / 4)
        return err_set(err, ERR_LIMIT,
                       "the highest plan costs more than can be counted: lower the bounds");
    return 0;
}

int64_t plan_axes_price(const struct plan_axes *axes, const int32_t *counts)
{
    int64_t price = 0;
    for (int32_t i = 0; i < axes->count; i++)
        price += axes->items[i].price_micro * counts[i];
    return price;
}
