/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/catalogue.h"

#include <stdlib.h>

#include "base/array.h"

int32_t type_registry_find(const struct type_registry *registry, const char *id)
{
    return lookup_find_text(&registry->by_id, id);
}

static void link_behind(struct type_registry *registry, int32_t first, int32_t number)
{
    int32_t last = first;
    while (registry->items[last].next_same_id != NO_INDEX)
        last = registry->items[last].next_same_id;
    registry->items[last].next_same_id = number;
}

int type_registry_add(struct type_registry *registry, const struct known_type *type,
                      int32_t *number, struct err *err)
{
    if (array_reserve(&registry->items, &registry->capacity, registry->count + INT64_C(1),
                      sizeof *registry->items, err))
        return -1;
    int32_t added = registry->count;
    int32_t first = type_registry_find(registry, type->type.id);
    if (first < 0 && lookup_put_text(&registry->by_id, type->type.id, added, err))
        return -1;
    registry->items[added] = *type;
    registry->items[added].next_same_id = NO_INDEX;
    registry->count++;
    if (first >= 0)
        link_behind(registry, first, added);
    *number = added;
    return 0;
}

void type_registry_release(struct type_registry *registry)
{
    free(registry->items);
    lookup_release(&registry->by_id);
    *registry = (struct type_registry){0};
}
