/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/stay_prices.h"

#include <math.h>
#include <stdlib.h>

#include "plan/certificate.h"
#include "plan/cost_bound.h"
#include "plan/divisor.h"
#include "plan/kind.h"
#include "plan/peak_instance.h"

enum {
    ROWS_MAX = 1000,
    TICKS_MAX = 300 * 1000 * 1000,
    SCALE_MAX = 10000, /* mean replicas become whole ones of so many times as many nodes */
    DEMAND_MAX = 100 * 1000 * 1000,
    PRICE_BITS_MAX = 52, /* sums over all stays then fit 128 bits */
    NODE_BOOST =
        1000000, /* where nodes are counted: a price that the linear program can tell from 0 */
};

struct maker {
    struct stay_prices *prices;
    const struct scenario *scenario;
    const struct plan_axes *axes;
    const double *mean;
    int32_t *counts; /* [kind] 1 where it has an item */
    struct instance instance;
    const int32_t *item_of;
    int64_t scale; /* of demand */
};

/* ---- the instance ---- */

static int make_instance(struct maker *maker, struct err *err)
{
    const struct peak_demand demand = {maker->scenario, maker->axes, maker->counts,
                                       &maker->counts[maker->scenario->runner_count]};
    return peak_instance_make(&maker->instance, &demand, &maker->item_of, err);
}

/* Leaves out what fits no node, and makes the instance again where there is such. */
static int make_fitting_instance(struct maker *maker, struct err *err)
{
    char reason[INSTANCE_REASON_SIZE];
    bool has_misfit = false;
    for (int32_t i = 0; i < kind_count(maker->scenario); i++)
        maker->counts[i] = maker->mean[i] > 0;
    if (make_instance(maker, err) != 0)
        return -1;
    for (int32_t i = 0; i < kind_count(maker->scenario); i++)
        if (maker->counts[i] > 0 &&
            instance_never_fits(&maker->instance, maker->item_of[i], reason)) {
            has_misfit = maker->prices->is_misfit[i] = true;
            maker->counts[i] = 0;
        }
    if (!has_misfit)
        return 0;
    instance_release(&maker->instance);
    return make_instance(maker, err);
}

/* No node holds more of an item than this. */
static int64_t most_on_a_node(const struct instance *instance, int32_t item)
{
    const struct instance_item *it = &instance->items[item];
    int64_t most = 1;
    for (int32_t t = 0; t < instance->type_count; t++) {
        int64_t count = INT64_MAX;
        for (int32_t r = 0; r < instance->resource_count && instance_fits(instance, item, t); r++)
            if (it->req[r] > 0 && instance->types[t].alloc[r] / it->req[r] < count)
                count = instance->types[t].alloc[r] / it->req[r];
        if (count < INT64_MAX && count > most)
            most = count;
    }
    return most;
}

/* Prices are for any number of replicas, so no item may be so rare that the search for the best
 * content of a node would not see a node full of it. */
static void set_demand(struct maker *maker)
{
    struct instance *instance = &maker->instance;
    double total = 1;
    for (int32_t i = 0; i < kind_count(maker->scenario); i++)
        total += maker->mean[i];
    maker->scale = SCALE_MAX;
    while (maker->scale > 1 && total * (double)maker->scale > DEMAND_MAX)
        maker->scale /= 10;
    for (int32_t i = 0; i < instance->item_count; i++)
        instance->items[i].demand = 0;
    for (int32_t i = 0; i < kind_count(maker->scenario); i++)
        if (maker->item_of[i] >= 0)
            instance->items[maker->item_of[i]].demand +=
                llround(maker->mean[i] * (double)maker->scale);
    for (int32_t i = 0; i < instance->item_count; i++) {
        int64_t most = most_on_a_node(instance, i);
        if (instance->items[i].demand < most)
            instance->items[i].demand = most;
    }
    for (int32_t t = 0; t < instance->type_count; t++)
        instance->types[t].node_max *= maker->scale;
}

/* ---- who may share a node ---- */

static int32_t find_part(int32_t *parent, int32_t item)
{
    while (parent[item] != item)
        item = parent[item] = parent[parent[item]];
    return item;
}

static int number_parts(struct maker *maker, struct err *err)
{
    const struct instance *instance = &maker->instance;
    size_t count = (size_t)instance->item_count + 1;
    int32_t *parent = calloc(count, sizeof *parent);
    int32_t *number = calloc(count, sizeof *number);
    if (parent == NULL || number == NULL) {
        free(parent);
        free(number);
        return err_no_memory(err);
    }
    for (int32_t i = 0; i < instance->item_count; i++)
        parent[i] = i;
    for (int32_t t = 0; t < instance->type_count; t++) {
        int32_t first = -1;
        for (int32_t i = 0; i < instance->item_count; i++) {
            if (!instance_fits(instance, i, t))
                continue;
            first = first < 0 ? i : first;
            parent[find_part(parent, i)] = find_part(parent, first);
        }
    }
    for (int32_t i = 0; i < instance->item_count; i++)
        if (find_part(parent, i) == i)
            number[i] = maker->prices->part_count++;
    for (int32_t i = 0; i < kind_count(maker->scenario); i++) {
        int32_t item = maker->item_of[i];
        maker->prices->part[i] = item < 0 ? -1 : number[find_part(parent, item)];
    }
    free(parent);
    free(number);
    return 0;
}

/* ---- the prices ---- */

/* Types that another one replaces at no more cost are not in the cover: a fleet with such costs no
 * less than one without. */
static void find_units(struct maker *maker, const struct cover *cover)
{
    struct stay_prices *prices = maker->prices;
    for (int32_t i = 0; i < kind_count(maker->scenario); i++)
        for (int32_t t = 0; t < cover->type_count && maker->item_of[i] >= 0; t++)
            if (cover_may_use(cover, cover->row_of[maker->item_of[i]], t)) {
                int64_t *unit = &prices->units[prices->part[i]];
                *unit = common_divisor(cover->types[t].price_nano / peak_boost(maker->axes), *unit);
            }
    for (int32_t i = 0; i < prices->part_count; i++)
        if (prices->units[i] == 0)
            prices->units[i] = 1;
}

static void keep_prices(struct maker *maker, const struct cover *cover,
                        const struct cost_bound *bound)
{
    struct stay_prices *prices = maker->prices;
    int64_t proved =
        bound->pattern_nano >= bound->mixed_nano ? bound->pattern_nano : bound->mixed_nano;
    int128 sum = 0;
    bool is_small = true;
    for (int32_t i = 0; i < cover->row_count; i++) {
        sum += (int128)cover->rows[i].demand * bound->prices[i];
        is_small = is_small && bound->prices[i] < INT64_C(1) << PRICE_BITS_MAX;
    }
    prices->shift = bound->shift;
    find_units(maker, cover);
    if (!is_small || proved <= 0)
        return;
    /* What is proved is the sum less the excess; of `scale` times as many nodes, boosted. */
    int128 excess = sum - ((int128)proved << bound->shift);
    int128 divisor = (int128)maker->scale * peak_boost(maker->axes);
    prices->excess = excess > 0 ? (excess + divisor - 1) / divisor : 0;
    for (int32_t i = 0; i < kind_count(maker->scenario); i++)
        if (maker->item_of[i] >= 0)
            prices->prices[i] =
                bound->prices[cover->row_of[maker->item_of[i]]] / peak_boost(maker->axes);
}

static int solve(struct maker *maker, struct err *err)
{
    struct cover cover;
    struct master master;
    struct cost_bound bound;
    if (cover_init(&cover, &maker->instance, ROWS_MAX, err) != 0)
        return -1;
    int result = master_init(&master, &cover, err);
    if (result == 0) {
        result = cost_bound_find(&bound, &master, TICKS_MAX, err);
        master_release(&master);
    }
    if (result == 0) {
        keep_prices(maker, &cover, &bound);
        cost_bound_release(&bound);
    }
    cover_release(&cover);
    return result;
}

static int make(struct maker *maker, struct err *err)
{
    if (make_fitting_instance(maker, err) != 0)
        return -1;
    int result = number_parts(maker, err);
    if (result == 0 && maker->instance.item_count > 0) {
        set_demand(maker);
        result = solve(maker, err);
    }
    instance_release(&maker->instance);
    return result;
}

int stay_prices_make(struct stay_prices *prices, const struct scenario *scenario,
                     const struct plan_axes *axes, const double *mean, struct err *err)
{
    size_t count = (size_t)kind_count(scenario) + 1;
    *prices = (struct stay_prices){.prices = calloc(count, sizeof *prices->prices),
                                   .part = calloc(count, sizeof *prices->part),
                                   .is_misfit = calloc(count, sizeof *prices->is_misfit),
                                   .units = calloc(count, sizeof *prices->units)};
    struct maker maker = {.prices = prices,
                          .scenario = scenario,
                          .axes = axes,
                          .mean = mean,
                          .counts = calloc(count, sizeof *maker.counts)};
    int result = -1;
    if (prices->prices == NULL || prices->part == NULL || prices->units == NULL ||
        prices->is_misfit == NULL || maker.counts == NULL)
        err_no_memory(err);
    else
        result = make(&maker, err);
    free(maker.counts);
    if (result != 0)
        stay_prices_release(prices);
    return result == 0 ? 0 : -1;
}

void stay_prices_release(struct stay_prices *prices)
{
    free(prices->prices);
    free(prices->part);
    free(prices->units);
    free(prices->is_misfit);
    *prices = (struct stay_prices){.part_count = 0};
}
