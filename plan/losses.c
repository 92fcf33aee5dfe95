/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/losses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "base/units.h"

/* ---- what is asked ---- */

int survive_parse(struct survive *survive, const char *text, struct err *err)
{
    static const char zone[] = "zone:";
    char quoted[TEXT_QUOTE_SIZE];
    int64_t count;
    struct err unused;
    *survive = (struct survive){.kind = SURVIVE_NODES, .count = 1};
    if (strcmp(text, "node") == 0)
        return 0;
    if (strcmp(text, "spot") == 0) {
        survive->kind = SURVIVE_SPOT;
        return 0;
    }
    if (strcmp(text, "zone") == 0) {
        survive->kind = SURVIVE_ZONE;
        return 0;
    }
    if (strncmp(text, zone, strlen(zone)) == 0 && text[strlen(zone)] != '\0') {
        survive->kind = SURVIVE_ZONE;
        survive->zone = text + strlen(zone);
        return 0;
    }
    if (parse_int64(text, &count, &unused) != 0 || count < 1 || count > LOSSES_MAX)
        return err_set(err, ERR_USAGE,
                       "%s: give node, a number of nodes from 1 to %d, zone, zone:NAME or spot",
                       text_quote(text, quoted), LOSSES_MAX);
    survive->count = (int32_t)count;
    return 0;
}

static bool has_zone(const struct scenario *scenario, const char *zone)
{
    for (int32_t i = 0; i < scenario->node_count; i++) {
        const char *of = scenario->nodes[i].zone;
        if (of != NULL && (zone == NULL || strcmp(of, zone) == 0))
            return true;
    }
    return false;
}

static bool has_spot(const struct scenario *scenario)
{
    for (int32_t i = 0; i < scenario->node_count; i++)
        if (plan_is_spot(scenario, scenario->nodes[i].pool, scenario->nodes[i].type))
            return true;
    for (int32_t i = 0; i < scenario->pool_count; i++)
        if (plan_is_spot(scenario, i, NO_INDEX) || scenario->pools[i].spot_launch_count > 0)
            return true;
    return false;
}

/* "a, b, c": of the scenario's nodes, each once. */
static void list_zones(const struct scenario *scenario, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int32_t i = 0; i < scenario->node_count && used < size; i++) {
        const char *zone = scenario->nodes[i].zone;
        bool is_first = zone != NULL;
        for (int32_t j = 0; j < i && is_first; j++)
            is_first =
                scenario->nodes[j].zone == NULL || strcmp(scenario->nodes[j].zone, zone) != 0;
        if (is_first)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", zone);
    }
}

int survive_check(const struct survive *survive, const struct scenario *scenario, struct err *err)
{
    if (survive->kind == SURVIVE_ZONE && !has_zone(scenario, NULL))
        return err_set(
            err, ERR_USAGE,
            "zone%s%s: no node of the scenario has a zone: give node, a number of nodes, "
            "or \"zone\" to nodes in simulation.nodes of a nodepool",
            survive->zone != NULL ? ":" : "", survive->zone != NULL ? survive->zone : "");
    if (survive->kind == SURVIVE_ZONE && !has_zone(scenario, survive->zone)) {
        char zones[ERR_TEXT_SIZE / 2];
        list_zones(scenario, zones, sizeof zones);
        return err_set(err, ERR_USAGE, "zone:%s: no node of the scenario is in it; zones are: %s",
                       survive->zone, zones);
    }
    if (survive->kind == SURVIVE_SPOT && !has_spot(scenario))
        return err_set(err, ERR_USAGE, "spot: no pool of the scenario has spot nodes");
    return 0;
}

/* ---- the list ---- */

static int add_loss(struct losses *losses, const struct plan_loss *loss, struct err *err)
{
    if (losses->count == LOSSES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d ways to lose what is to be survived",
                       LOSSES_MAX);
    if (array_reserve(&losses->items, &losses->capacity, losses->count + INT64_C(1),
                      sizeof *losses->items, err))
        return -1;
    losses->items[losses->count++] = *loss;
    return 0;
}

static bool is_listed(const struct losses *losses, const char *zone)
{
    for (int32_t i = 0; i < losses->count; i++)
        if (losses->items[i].zone != NULL && strcmp(losses->items[i].zone, zone) == 0)
            return true;
    return false;
}

static int add_zones(struct losses *losses, const struct scenario *scenario, const char *only,
                     struct err *err)
{
    for (int32_t i = 0; i < scenario->node_count; i++) {
        const char *zone = scenario->nodes[i].zone;
        if (zone == NULL || is_listed(losses, zone) || (only != NULL && strcmp(only, zone) != 0))
            continue;
        if (add_loss(losses, &(struct plan_loss){.zone = zone}, err) != 0)
            return -1;
    }
    return 0;
}

/* Keeps a division of the nodes lost; its address is set when all are known. */
static int add_division(struct losses *losses, const int32_t *division, int32_t axis_count,
                        struct err *err)
{
    if (array_reserve(&losses->counts, &losses->counts_capacity,
                      losses->counts_used + (int64_t)axis_count, sizeof *losses->counts, err) ||
        add_loss(losses, &(struct plan_loss){0}, err))
        return -1;
    memcpy(&losses->counts[losses->counts_used], division, sizeof *division * (size_t)axis_count);
    losses->counts_used += axis_count;
    return 0;
}

static bool is_lost_from(const struct plan_axis *axis)
{
    return axis->kind == AXIS_NODES || axis->kind == AXIS_MAX;
}

/* How many nodes of each axis are lost. */
struct division {
    int32_t *parts; /* [axis_count] */
    int32_t left;   /* not yet given to an axis */
};

/* Gives what is left to the axes from `axis` on in all ways. */
static int divide(struct losses *losses, const struct losses_of *of, struct division *division,
                  int32_t axis, struct err *err)
{
    if (division->left == 0)
        return add_division(losses, division->parts, of->axes->count, err);
    if (axis == of->axes->count)
        return 0;
    int32_t most = is_lost_from(&of->axes->items[axis]) ? of->counts[axis] : 0;
    for (int32_t part = 0; part <= most && part <= division->left; part++) {
        division->parts[axis] = part;
        division->left -= part;
        int result = divide(losses, of, division, axis + 1, err);
        division->left += part;
        if (result != 0)
            return -1;
    }
    division->parts[axis] = 0;
    return 0;
}

static int add_nodes(struct losses *losses, const struct losses_of *of, int32_t count,
                     struct err *err)
{
    struct division division = {.left = 0};
    int32_t capacity = 0;
    for (int32_t i = 0; i < of->axes->count; i++)
        if (is_lost_from(&of->axes->items[i]) && division.left < count)
            division.left += of->counts[i];
    if (division.left > count)
        division.left = count;
    if (array_reserve(&division.parts, &capacity, of->axes->count, sizeof *division.parts, err))
        return -1;
    int result = division.left == 0 ? 0 : divide(losses, of, &division, 0, err);
    free(division.parts);
    return result;
}

static int add_survive(struct losses *losses, const struct losses_of *of,
                       const struct survive *survive, struct err *err)
{
    switch (survive->kind) {
    case SURVIVE_NODES:
        return add_nodes(losses, of, survive->count, err);
    case SURVIVE_ZONE:
        return add_zones(losses, of->scenario, survive->zone, err);
    case SURVIVE_SPOT:
        break;
    }
    return add_loss(losses, &(struct plan_loss){.is_spot = true}, err);
}

int losses_make(struct losses *losses, const struct losses_of *of,
                const struct survive_list *survives, struct err *err)
{
    *losses = (struct losses){0};
    int result = add_loss(losses, &(struct plan_loss){0}, err);
    for (int32_t i = 0; i < survives->count && result == 0; i++)
        result = add_survive(losses, of, &survives->items[i], err);
    if (result != 0) {
        losses_release(losses);
        return -1;
    }
    const int32_t *next = losses->counts;
    for (int32_t i = 1; i < losses->count; i++) {
        struct plan_loss *loss = &losses->items[i];
        if (loss->zone != NULL || loss->is_spot)
            continue;
        loss->counts = next;
        next += of->axes->count;
    }
    return 0;
}

void losses_release(struct losses *losses)
{
    free(losses->items);
    free(losses->counts);
    *losses = (struct losses){0};
}
