/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/openb_types.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"

static bool is_type(const struct openb_type *type, const struct openb_node_row *row)
{
    return type->cpu_milli == row->cpu_milli && type->mem_mib == row->mem_mib &&
           type->gpu_count == row->gpu_count && strcmp(type->model, row->model) == 0;
}

int32_t openb_types_find(const struct openb_types *types, const struct openb_node_row *row)
{
    for (int32_t i = 0; i < types->count; i++)
        if (is_type(&types->items[i], row))
            return i;
    return -1;
}

/* NULL when out of memory; to be freed. */
static char *make_type_id(const struct openb_node_row *row)
{
    char cpu[UNITS_TEXT_SIZE];
    char mem[UNITS_TEXT_SIZE];
    size_t size = 2 * UNITS_TEXT_SIZE + strlen(row->model) + sizeof "cpu--64x";
    char *id = malloc(size);
    if (id == NULL)
        return NULL;
    print_cpu(row->cpu_milli, cpu);
    print_mem(row->mem_mib * OPENB_MIB, mem);
    if (row->gpu_count == 0)
        snprintf(id, size, "%scpu-%s", cpu, mem);
    else
        snprintf(id, size, "%scpu-%s-%" PRId64 "x%s", cpu, mem, row->gpu_count, row->model);
    return id;
}

int openb_types_add(struct openb_types *types, const struct openb_node_row *row, struct err *err)
{
    if (array_reserve(&types->items, &types->capacity, types->count + INT64_C(1),
                      sizeof *types->items, err) != 0)
        return -1;
    struct openb_type type = {.id = make_type_id(row),
                              .model = strdup(row->model),
                              .cpu_milli = row->cpu_milli,
                              .mem_mib = row->mem_mib,
                              .gpu_count = row->gpu_count};
    if (type.id == NULL || type.model == NULL) {
        free(type.id);
        free(type.model);
        return err_no_memory(err);
    }
    types->items[types->count++] = type;
    return 0;
}

void openb_types_release(struct openb_types *types)
{
    for (int32_t i = 0; i < types->count; i++) {
        free(types->items[i].id);
        free(types->items[i].model);
    }
    free(types->items);
    *types = (struct openb_types){0};
}
