/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/loss_bound.h"

#include <string.h>

#include "base/int128.h"

/* The price of the cheapest node that may be bought. */
static int64_t cheapest_node(const struct plan_axes *axes)
{
    int64_t least = INT64_MAX;
    for (int32_t i = 0; i < axes->count; i++)
        if (axes->items[i].high > 0 && axes->items[i].price_micro < least)
            least = axes->items[i].price_micro;
    return least == INT64_MAX ? 0 : least;
}

/* Do new nodes of the pool get a zone, and have all there are one? See plan/variant.h. */
static bool is_zoned(const struct scenario *scenario, int32_t pool)
{
    bool has_zone = false;
    for (int32_t i = 0; i < scenario->node_count; i++) {
        if (scenario->nodes[i].pool != pool)
            continue;
        if (scenario->nodes[i].zone == NULL)
            return false;
        has_zone = true;
    }
    return has_zone;
}

static int32_t count_zones(const struct scenario *scenario)
{
    int32_t count = 0;
    for (int32_t i = 0; i < scenario->node_count; i++) {
        const char *zone = scenario->nodes[i].zone;
        bool is_first = zone != NULL;
        for (int32_t j = 0; j < i && is_first; j++)
            is_first =
                scenario->nodes[j].zone == NULL || strcmp(scenario->nodes[j].zone, zone) != 0;
        count += is_first;
    }
    return count;
}

static bool are_all_zoned(const struct loss_bound_of *of)
{
    for (int32_t i = 0; i < of->axes->count; i++)
        if (of->axes->items[i].high > 0 && !is_zoned(of->scenario, of->axes->items[i].pool))
            return false;
    return true;
}

/* The bound where any one zone may be lost; -1: no fleet does it. */
static int64_t without_a_zone(const struct loss_bound_of *of, int64_t bound)
{
    if (!are_all_zoned(of))
        return bound;
    int128 zones = count_zones(of->scenario);
    if (zones < 2)
        return -1;
    return (int64_t)((bound * zones + zones - 2) / (zones - 1));
}

/* As without_a_zone. */
static int64_t without(const struct loss_bound_of *of, const struct survive *survive, int64_t bound)
{
    switch (survive->kind) {
    case SURVIVE_NODES:
        return bound + survive->count * cheapest_node(of->axes);
    case SURVIVE_ZONE:
        return survive->zone == NULL ? without_a_zone(of, bound) : bound;
    case SURVIVE_SPOT:
        break;
    }
    return bound;
}

struct loss_bound loss_bound_find(const struct loss_bound_of *of, int64_t bound)
{
    struct loss_bound found = {.bound = bound, .factor = 1, .survive = -1};
    for (int32_t i = 0; i < of->survives.count && bound > 0; i++) {
        int64_t raised = without(of, &of->survives.items[i], bound);
        if (raised < 0 && !found.is_impossible) {
            found.is_impossible = true;
            found.survive = i;
        }
        if (raised > found.bound && !found.is_impossible) {
            double zones = count_zones(of->scenario);
            found.bound = raised;
            found.factor = of->survives.items[i].kind == SURVIVE_ZONE ? zones / (zones - 1) : 1;
            found.survive = i;
        }
    }
    return found;
}
