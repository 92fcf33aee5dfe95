/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/instance.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static bool may_use(const struct instance_item *item, int32_t type)
{
    return !item->may_use || item->may_use[type];
}

/* The first resource of which the type has too little; -1: none. */
static int32_t missing_resource(const struct instance *instance, int32_t item, int32_t type)
{
    for (int32_t r = 0; r < instance->resource_count; r++) {
        if (instance->items[item].req[r] > instance->types[type].alloc[r])
            return r;
    }
    return -1;
}

bool instance_fits(const struct instance *instance, int32_t item, int32_t type)
{
    return may_use(&instance->items[item], type) && instance->types[type].node_max > 0 &&
           missing_resource(instance, item, type) < 0;
}

/* The largest capacity of a resource among the types that the item may run on. */
static int64_t largest_alloc(const struct instance *instance, int32_t item, int32_t resource)
{
    int64_t largest = -1;
    for (int32_t t = 0; t < instance->type_count; t++) {
        const struct instance_type *type = &instance->types[t];
        if (may_use(&instance->items[item], t) && type->node_max > 0 &&
            type->alloc[resource] > largest)
            largest = type->alloc[resource];
    }
    return largest;
}

static void explain(const struct instance *instance, int32_t item,
                    char reason[INSTANCE_REASON_SIZE])
{
    char id[TEXT_QUOTE_SIZE], name[TEXT_QUOTE_SIZE];
    text_quote(instance->items[item].id, id);
    for (int32_t r = 0; r < instance->resource_count; r++) {
        int64_t largest = largest_alloc(instance, item, r);
        int64_t req = instance->items[item].req[r];
        if (largest < 0) {
            snprintf(reason, INSTANCE_REASON_SIZE, "item %s: there is no type that it may run on",
                     id);
            return;
        }
        if (req > largest) {
            snprintf(reason, INSTANCE_REASON_SIZE,
                     "item %s: needs %.15g of %s; the most that a type offers it is %.15g", id,
                     (double)req * instance->unit[r], text_quote(instance->resources[r], name),
                     (double)largest * instance->unit[r]);
            return;
        }
    }
    snprintf(reason, INSTANCE_REASON_SIZE,
             "item %s: each of its requests fits some type, but no type has room for all of them",
             id);
}

bool instance_never_fits(const struct instance *instance, int32_t item,
                         char reason[INSTANCE_REASON_SIZE])
{
    for (int32_t t = 0; t < instance->type_count; t++) {
        if (instance_fits(instance, item, t))
            return false;
    }
    explain(instance, item, reason);
    return true;
}

void instance_release(struct instance *instance)
{
    arena_release(&instance->arena);
    *instance = (struct instance){0};
}
