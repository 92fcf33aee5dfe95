/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/load.h"

#include <stdlib.h>

#include "base/array.h"

/* `scheduler.popularity`: how often which request comes, for policies that ask. */

enum { COUNT_MAX = 1000000000 };

struct counting {
    int64_t *of_shape; /* [shapes.count] */
    int32_t capacity;
    int32_t popular_count; /* shapes with a count */
};

static void count_shape(struct loader *loader, struct counting *counting, int32_t shape,
                        int64_t count)
{
    struct err err;
    if (shape == NO_INDEX || count == 0) /* an error was told */
        return;
    if (array_reserve(&counting->of_shape, &counting->capacity, shape + INT64_C(1),
                      sizeof *counting->of_shape, &err)) {
        reader_no_memory(&loader->reader);
        return;
    }
    counting->popular_count += counting->of_shape[shape] == 0 ? 1 : 0;
    counting->of_shape[shape] += count;
}

/* Requests without pools of their own are for any. */
static int32_t eligible_pools(struct loader *loader, const struct value *entry)
{
    struct err err;
    int32_t count = 0;
    get_further_pools(loader, entry, &count);
    if (count > 0)
        return count;
    if (array_reserve(&loader->pools_scratch, &loader->pools_scratch_capacity,
                      loader->scenario->pool_count, sizeof *loader->pools_scratch, &err)) {
        reader_no_memory(&loader->reader);
        return 0;
    }
    for (int32_t i = 0; i < loader->scenario->pool_count; i++)
        loader->pools_scratch[i] = i;
    return loader->scenario->pool_count;
}

static void read_entry(struct loader *loader, struct value *entry, struct counting *counting)
{
    static const char *const keys[] = {"count", "compute_info", "simulation"};
    static const struct object_kind kind = {
        .name = "popularity", .keys = keys, .key_count = ARRAY_LEN(keys)};
    struct value place;
    struct compute_info info;
    struct replica_settings settings;
    int64_t count = 0;
    if (!object_open(entry, &kind))
        return;
    if (value_require(entry, "count", "how often this request comes", &place))
        read_int(&place, (struct int_range){1, COUNT_MAX}, &count);
    load_replica_settings(loader, entry, false, &settings);
    if (!value_require(entry, "compute_info", "what is asked for", &place) ||
        !get_request(entry, "compute_info", &info))
        return;
    const struct shape_request request = {.place = entry,
                                          .compute_info = &info,
                                          .settings = &settings,
                                          .pool_count = eligible_pools(loader, entry)};
    count_shape(loader, counting, keep_shape(loader, &request), count);
}

static void keep_popularity(struct loader *loader, const struct counting *counting)
{
    struct scenario *scenario = loader->scenario;
    struct popular_shape *items =
        arena_array(&scenario->arena, (size_t)counting->popular_count + 1, sizeof *items);
    if (!items) {
        reader_no_memory(&loader->reader);
        return;
    }
    int32_t count = 0;
    for (int32_t shape = 0; count < counting->popular_count; shape++)
        if (counting->of_shape[shape] > 0)
            items[count++] = (struct popular_shape){shape, counting->of_shape[shape]};
    scenario->scheduler.popularity = (struct popularity){items, count};
}

void load_popularity(struct loader *loader, const struct value *root)
{
    struct counting counting = {0};
    struct value scheduler, array, entry;
    if (!value_get(root, "scheduler", &scheduler) || !value_is_object(&scheduler) ||
        !array_get(&scheduler, "popularity", &array))
        return;
    for (struct cursor cursor = cursor_at(&array); cursor_next(&cursor, &entry);)
        read_entry(loader, &entry, &counting);
    keep_popularity(loader, &counting);
    free(counting.of_shape);
}
