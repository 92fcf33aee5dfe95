/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "plan/instance_load.h"

/* Any bytes are an instance or get an error of the input; and what loads keeps its limits. */

static void check_items(const struct instance *instance)
{
    int64_t demand = 0;
    for (int32_t i = 0; i < instance->item_count; i++) {
        const struct instance_item *item = &instance->items[i];
        assert(item->id[0] != '\0' && item->demand >= 1 && item->max_per_node >= 1);
        demand += item->demand;
        for (int32_t r = 0; r < instance->resource_count; r++)
            assert(item->req[r] >= 0 && item->req[r] <= INSTANCE_QUANTITY_MAX);
        for (int32_t p = 0; p < item->pair_count; p++) {
            const struct item_pair *pair = &item->pairs[p];
            assert(pair->other >= 0 && pair->other < instance->item_count && pair->other != i);
            assert(pair->other_max >= 0 && pair->own_max >= 0);
            assert(p == 0 || pair[-1].other < pair->other);
        }
    }
    assert(demand >= 1 && demand <= INSTANCE_DEMAND_MAX);
}

static void check_types(const struct instance *instance)
{
    for (int32_t t = 0; t < instance->type_count; t++) {
        const struct instance_type *type = &instance->types[t];
        assert(type->name[0] != '\0' && type->node_max >= 0);
        assert(type->price_nano >= 0 && type->price_nano <= INSTANCE_PRICE_NANO_MAX);
        for (int32_t r = 0; r < instance->resource_count; r++)
            assert(type->alloc[r] >= 0 && type->alloc[r] <= INSTANCE_QUANTITY_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/fuzz_instance_XXXXXX";
    struct instance instance;
    struct problems problems = {0};
    struct err err = {.kind = ERR_NONE};
    int descriptor = mkstemp(path);
    assert(descriptor >= 0);
    assert(write(descriptor, data, size) == (ssize_t)size);
    close(descriptor);
    if (instance_load(&instance, path, &problems, &err) == 0) {
        assert(problems.error_count == 0);
        check_items(&instance);
        check_types(&instance);
    } else {
        assert(err.kind == ERR_INPUT && problems.error_count > 0);
    }
    instance_release(&instance);
    problems_release(&problems);
    unlink(path);
    return 0;
}
