/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/knapsack_table.h"

#include <stdlib.h>
#include <string.h>

/* best[state] is the most profit of what fits the room of `state`, a mixed-radix number with one
 * digit per resource. The copies of an item come in parts of 1, 2, 4, ... and a rest, which
 * together make every number of copies; each part is taken or not (the 0-1 knapsack), and a bit per
 * part and state says which, so that the content can be read back. */

enum { PARTS_MAX = 4096 };
#define CELLS_MAX (INT64_C(1) << 24)

struct part {
    int64_t copies;
    int64_t profit;
    int64_t offset;        /* in states */
    const int64_t *weight; /* of one copy, [resource] */
    int32_t item;
};

struct table {
    const struct knapsack *problem;
    int64_t radix[KNAPSACK_RESOURCES_MAX]; /* states per unit of a resource */
    int64_t state_count;
    struct part *parts;
    int32_t part_count;
    int64_t *best;  /* [state] */
    uint8_t *taken; /* [part][state] */
};

/* ---- size ---- */

static int64_t states_of(const struct knapsack *problem)
{
    int64_t states = 1;
    for (int32_t r = 0; r < problem->resource_count && states <= CELLS_MAX; r++) {
        int64_t digits = problem->capacity[r] + 1;
        states = digits > CELLS_MAX / states ? CELLS_MAX + 1 : states * digits;
    }
    return states;
}

static int64_t copies_max(const struct knapsack *problem, int32_t item)
{
    const int64_t *weight = &problem->weight[(int64_t)item * problem->resource_count];
    int64_t copies = problem->profit[item] > 0 ? problem->count_max[item] : 0;
    for (int32_t r = 0; r < problem->resource_count; r++) {
        if (weight[r] > 0 && copies > problem->capacity[r] / weight[r])
            copies = problem->capacity[r] / weight[r];
    }
    return copies;
}

static int32_t parts_of(int64_t copies)
{
    int32_t parts = 0;
    for (int64_t size = 1; copies > 0; size *= 2, parts++)
        copies -= size < copies ? size : copies;
    return parts;
}

int64_t knapsack_table_cells(const struct knapsack *knapsack)
{
    if (knapsack->pair_first || knapsack->device_resource >= 0)
        return -1;
    int64_t parts = 0, states = states_of(knapsack);
    for (int32_t i = 0; i < knapsack->item_count && parts <= PARTS_MAX; i++)
        parts += parts_of(copies_max(knapsack, i));
    return parts <= PARTS_MAX && states * parts <= CELLS_MAX ? states * parts : -1;
}

/* ---- filling ---- */

static void add_parts(struct table *table)
{
    const struct knapsack *problem = table->problem;
    for (int32_t i = 0; i < problem->item_count; i++) {
        const int64_t *weight = &problem->weight[(int64_t)i * problem->resource_count];
        int64_t left = copies_max(problem, i);
        for (int64_t size = 1; left > 0; size *= 2) {
            int64_t copies = size < left ? size : left;
            struct part *part = &table->parts[table->part_count++];
            *part = (struct part){.copies = copies,
                                  .profit = copies * problem->profit[i],
                                  .weight = weight,
                                  .item = i};
            for (int32_t r = 0; r < problem->resource_count; r++)
                part->offset += copies * weight[r] * table->radix[r];
            left -= copies;
        }
    }
}

/* Takes one part into account; rooms from the largest down, so that it is taken at most once. */
static void fill_part(struct table *table, int32_t p)
{
    const struct knapsack *problem = table->problem;
    const struct part *part = &table->parts[p];
    uint8_t *taken = &table->taken[(int64_t)p * table->state_count];
    int64_t room[KNAPSACK_RESOURCES_MAX];
    int32_t last = problem->resource_count - 1;
    for (int32_t r = 0; r <= last; r++) {
        room[r] = problem->capacity[r];
        if (part->copies * part->weight[r] > problem->capacity[r])
            return;
    }
    int64_t row_length = problem->capacity[last] + 1;
    int64_t row_first = part->copies * part->weight[last];
    for (int64_t row = table->state_count - row_length; row >= 0; row -= row_length) {
        bool fits = true;
        for (int32_t r = 0; r < last; r++)
            fits = fits && part->copies * part->weight[r] <= room[r];
        for (int64_t s = row + row_length - 1; fits && s >= row + row_first; s--) {
            int64_t with = table->best[s - part->offset] + part->profit;
            if (with > table->best[s]) {
                table->best[s] = with;
                taken[s] = 1;
            }
        }
        for (int32_t r = last - 1; r >= 0; r--) {
            if (--room[r] >= 0)
                break;
            room[r] = problem->capacity[r];
        }
    }
}

int knapsack_table_solve(const struct knapsack *knapsack, struct knapsack_answer *answer,
                         int64_t *counts, struct err *err)
{
    struct table table = {.problem = knapsack, .state_count = states_of(knapsack)};
    int64_t radix = 1;
    for (int32_t r = knapsack->resource_count - 1; r >= 0; r--) {
        table.radix[r] = radix;
        radix *= knapsack->capacity[r] + 1;
    }
    int64_t cells = knapsack_table_cells(knapsack);
    table.parts = calloc((size_t)(cells / table.state_count) + 1, sizeof *table.parts);
    table.best = calloc((size_t)table.state_count, sizeof *table.best);
    table.taken = calloc((size_t)cells + 1, sizeof *table.taken);
    bool is_whole = table.parts && table.best && table.taken;
    if (is_whole) {
        add_parts(&table);
        for (int32_t p = 0; p < table.part_count; p++)
            fill_part(&table, p);
        memset(counts, 0, (size_t)knapsack->item_count * sizeof *counts);
        int64_t state = table.state_count - 1;
        *answer = (struct knapsack_answer){.profit = table.best[state],
                                           .upper_bound = table.best[state],
                                           .ticks = cells / KNAPSACK_CELLS_PER_TICK};
        for (int32_t p = table.part_count - 1; p >= 0; p--) {
            if (table.taken[(int64_t)p * table.state_count + state]) {
                counts[table.parts[p].item] += table.parts[p].copies;
                state -= table.parts[p].offset;
            }
        }
    }
    free(table.parts);
    free(table.best);
    free(table.taken);
    return is_whole ? 0 : err_no_memory(err);
}
