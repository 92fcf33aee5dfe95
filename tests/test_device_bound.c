/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/device_bound.h"

#include <criterion/criterion.h>

#include "base/rng.h"
#include "plan/cover_fit.h"

/* The bound against the best of all contents, each tried. Devices of four units. */

enum { ITEMS = 5, RESOURCES = 2, UNITS = 4, CASES = 1000 };

struct drawn {
    struct instance instance;
    struct instance_item items[ITEMS];
    struct instance_type type;
    int64_t req[ITEMS][RESOURCES], alloc[RESOURCES];
    struct cover cover;
    int64_t prices[ITEMS], count_max[ITEMS];
};

static const char *const names[] = {"a", "b", "c", "d", "e"};
static const double units[RESOURCES] = {1, 1};

static int64_t below(struct rng *rng, int64_t bound)
{
    return (int64_t)rng_below(rng, (uint64_t)bound);
}

static void draw(struct drawn *drawn, struct rng *rng)
{
    static const int64_t parts[] = {0, 1, 2, 3, 3, 4, 8};
    struct err err = {.kind = ERR_NONE};
    *drawn = (struct drawn){.instance = {.name = "drawn",
                                         .resources = names,
                                         .unit = units,
                                         .resource_count = RESOURCES,
                                         .device_resource = 0,
                                         .device_units = UNITS,
                                         .items = drawn->items,
                                         .item_count = ITEMS,
                                         .types = &drawn->type,
                                         .type_count = 1}};
    for (int i = 0; i < ITEMS; i++) {
        drawn->items[i] = (struct instance_item){.id = names[i],
                                                 .demand = 1 + below(rng, 4),
                                                 .max_per_node = INSTANCE_NO_LIMIT,
                                                 .req = drawn->req[i]};
        drawn->req[i][0] = parts[below(rng, 7)];
        drawn->req[i][1] = below(rng, 9);
    }
    drawn->alloc[0] = UNITS * (2 + below(rng, 3));
    drawn->alloc[1] = 8 + below(rng, 20);
    drawn->type = (struct instance_type){
        .name = "n", .alloc = drawn->alloc, .price_nano = 1, .node_max = INSTANCE_NO_LIMIT};
    cr_assert_eq(cover_init(&drawn->cover, &drawn->instance, 1000, &err), 0);
    for (int32_t i = 0; i < drawn->cover.row_count; i++) {
        drawn->count_max[i] = below(rng, 5);
        drawn->prices[i] = below(rng, 4) == 0 ? 0 : below(rng, 1000);
    }
}

static bool fits(const struct drawn *drawn, const int64_t *counts)
{
    const struct cover *cover = &drawn->cover;
    const struct content content = {counts, NULL, cover->row_count};
    for (int32_t r = 0; r < cover->resource_count; r++) {
        int64_t sum = 0;
        for (int32_t i = 0; i < cover->row_count; i++)
            sum += counts[i] * cover_weight(cover, i)[r];
        if (sum > cover_capacity(cover, 0)[r])
            return false;
    }
    return cover_pack_devices(cover, 0, &content) == DEVICES_FIT;
}

static bool count_on(const struct drawn *drawn, int64_t *counts)
{
    int i = 0;
    for (; i < ITEMS && counts[i] == drawn->count_max[i]; i++)
        counts[i] = 0;
    if (i < ITEMS)
        counts[i]++;
    return i < ITEMS;
}

static int64_t most_of_all_contents(const struct drawn *drawn)
{
    int64_t counts[ITEMS] = {0}, most = 0;
    do {
        int64_t worth = 0;
        for (int i = 0; i < ITEMS; i++)
            worth += counts[i] * drawn->prices[i];
        if (worth > most && fits(drawn, counts))
            most = worth;
    } while (count_on(drawn, counts));
    return most;
}

Test(device_bound, is_never_below_the_best_content_and_often_equals_it)
{
    struct rng rng = rng_stream(1, "device_bound", 0);
    struct err err = {.kind = ERR_NONE};
    int applied = 0, equal = 0;
    for (int n = 0; n < CASES; n++) {
        struct drawn drawn;
        struct device_bound bound;
        draw(&drawn, &rng);
        if (device_bound_applies(&drawn.cover, 0)) {
            cr_assert_eq(device_bound_init(&bound, &drawn.cover, 0, &err), 0);
            /* The second time with the columns of the first. */
            for (int again = 0; again < 2; again++) {
                int64_t worth, most = most_of_all_contents(&drawn);
                cr_assert_eq(device_bound_find(&bound, drawn.prices, drawn.count_max, &worth, &err),
                             0);
                cr_assert_geq(worth, most, "case %d", n);
                applied++;
                equal += worth <= most + most / 1000000 + 1;
                for (int32_t i = 0; i < drawn.cover.row_count; i++)
                    drawn.prices[i] = below(&rng, 1000);
            }
            cr_assert_gt(bound.ticks, 0);
            device_bound_release(&bound);
        }
        cover_release(&drawn.cover);
    }
    cr_assert_gt(applied, CASES);
    cr_assert_gt(equal, applied / 10, "%d of %d", equal, applied);
}
