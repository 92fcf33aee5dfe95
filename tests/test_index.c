/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index.h"

#include <criterion/criterion.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/rng.h"
#include "scheduler/index_find.h"
#include "scheduler/index_shortlist.h"
#include "tests/random_fleet.h"
#include "tests/small_fleet.h"

/* ---- rows ---- */

enum { ROWS = 8 * CHUNK_ROWS };

static uint32_t random_word(struct rng *rng, uint64_t least_devices)
{
    return (uint32_t)(rng_below(rng, 1001) |
                      (least_devices + rng_below(rng, 4)) << ROW_WHOLE_SHIFT |
                      rng_below(rng, 2) << ROW_EMPTY_SHIFT);
}

/* Of nodes and of chunks of them, which have several groups. */
static void random_rows(struct rng *rng, struct row_block *blocks)
{
    for (int32_t i = 0; i < ROWS; i++) {
        const struct row row = {.cpu_milli = (int32_t)rng_below(rng, 100) - 1,
                                .mem_kib = (int32_t)rng_below(rng, 100),
                                .devices = ROW_GUARDS | random_word(rng, 0),
                                .groups = UINT32_C(1) << rng_below(rng, 32) |
                                          (rng_below(rng, 4) == 0 ? UINT32_C(1) << 31 : 0),
                                .key = (float)rng_below(rng, 10) / 8.0F - 0.5F};
        row_store(blocks, i, &row);
    }
}

static struct row_query random_query(struct rng *rng)
{
    return (struct row_query){.cpu_milli = (int32_t)rng_below(rng, 60),
                              .mem_kib = (int32_t)rng_below(rng, 60),
                              .devices = rng_below(rng, 2) == 0 ? 0 : random_word(rng, 0),
                              .groups = rng_below(rng, 3) == 0
                                            ? ROW_GROUPS_ALL
                                            : (uint32_t)rng_mix(1, 2, rng_below(rng, 1000)) | 1};
}

static void expect_as_row_by_row(const struct index_kernel *kernel, struct rng *rng,
                                 const struct row_block *blocks)
{
    const struct row_query query = random_query(rng);
    float largest[ROWS / CHUNK_ROWS];
    int32_t positions[ROWS + ROW_LANES], found = 0;
    struct row_range range = {(int32_t)rng_below(rng, ROWS), 0};
    float least_key = rng_below(rng, 3) == 0 ? -INFINITY : (float)rng_below(rng, 10) / 8.0F - 0.5F;
    range.end = range.first + (int32_t)rng_below(rng, (uint64_t)(ROWS - range.first + 1));
    int32_t count = kernel->filter(blocks, range, &query, least_key, positions);
    for (int32_t i = range.first; i < range.end; i++)
        if (row_passes(blocks, i, &query) && blocks[i / ROW_LANES].key[i % ROW_LANES] >= least_key)
            cr_assert(found < count && positions[found++] == i);
    cr_assert_eq(found, count);
    float of_all = kernel->chunk_keys(blocks, ROWS / CHUNK_ROWS, &query, largest);
    float expected = -INFINITY;
    for (int32_t chunk = 0; chunk < ROWS / CHUNK_ROWS; chunk++) {
        float best = -INFINITY;
        for (int32_t i = chunk * CHUNK_ROWS; i < (chunk + 1) * CHUNK_ROWS; i++)
            if (row_passes(blocks, i, &query))
                best = fmaxf(best, blocks[i / ROW_LANES].key[i % ROW_LANES]);
        cr_assert_eq(largest[chunk], best);
        expected = fmaxf(expected, best);
    }
    cr_assert_eq(of_all, expected);
    found = 0;
    count = kernel->reach(largest, range.first % (ROWS / CHUNK_ROWS + 1), least_key, positions);
    for (int32_t i = 0; i < range.first % (ROWS / CHUNK_ROWS + 1); i++)
        if (largest[i] >= least_key)
            cr_assert(found < count && positions[found++] == i);
    cr_assert_eq(found, count);
}

Test(index, kernels_find_the_rows_that_pass_one_by_one)
{
    static struct row_block blocks[ROWS / ROW_LANES];
    const struct index_kernel *kernels[INDEX_KERNELS_MOST];
    int32_t kernel_count = index_kernel_list(kernels);
    cr_assert_eq(kernels[kernel_count - 1], &index_kernel_plain);
    for (int32_t i = 0; i < kernel_count; i++) {
        struct rng rng = rng_stream(1, "rows", (uint64_t)i);
        for (int round = 0; round < 2000; round++) {
            random_rows(&rng, blocks);
            expect_as_row_by_row(kernels[i], &rng, blocks);
        }
    }
}

/* ---- coarse rows ---- */

enum { COARSE_CHUNKS = 66, COARSE_ROWS = COARSE_CHUNKS * COARSE_CHUNK_ROWS };
static const struct coarse_scale coarse_scale = {.key_low = -0.5, .key_steps = 50.0};

/* Makes the node look used: some take no demand, on some is nobody. */
static void scatter_room(struct rng *rng, struct fleet *fleet, int32_t node)
{
    struct node *at = &fleet->nodes[node];
    const struct node_type *type = fleet_type_of(fleet, node);
    int16_t *shares =
        at->has_many_devices ? &fleet->many_free_milli[at->first_device] : at->device_free_milli;
    at->cpu_free_milli = (int64_t)rng_below(rng, (uint64_t)type->cpu_milli + 1);
    at->mem_free_bytes = (int64_t)rng_below(rng, (uint64_t)type->mem_bytes + 1);
    at->occupant_count = (int32_t)rng_below(rng, 2);
    at->isolated_count = rng_below(rng, 12) == 0;
    at->state = rng_below(rng, 12) == 0 ? NODE_DRAINED : NODE_READY;
    for (int32_t i = 0; i < type->device_count; i++)
        shares[i] = (int16_t)(rng_below(rng, 3) > 0 ? SHARE_WHOLE : rng_below(rng, SHARE_WHOLE));
}

static struct shape random_shape(struct rng *rng)
{
    struct shape shape = small_devices((int32_t)rng_below(rng, 5));
    if (rng_below(rng, 2) == 0)
        shape = small_share(1 + (int32_t)rng_below(rng, 2), 1 + (int32_t)rng_below(rng, 1000));
    shape.cpu_milli = (int64_t)rng_below(rng, 60000);
    shape.mem_bytes = (int64_t)rng_below(rng, UINT64_C(1) << 35);
    shape.packing = rng_below(rng, 5) == 0 ? PACKING_ISOLATED : PACKING_SHARED;
    return shape;
}

/* Where a shape fits the coarse row passes, and there is little that only the coarse row lets pass.
 */
Test(index, coarse_rows_hold_nothing_back_that_fits)
{
    static const int64_t cpus[] = {64000, 200000, 8000, 96000};
    static const int32_t devices[] = {0, 8, 2, 13};
    const struct sched_options options = {.policy = policy_find("best-fit")};
    struct rng rng = rng_stream(1, "coarse", 0);
    struct small_fleet small;
    struct err err;
    int32_t fitting = 0, coarse_only = 0;
    small_fleet_init(&small, &options);
    for (size_t i = 0; i < ARRAY_LEN(cpus); i++)
        small_node(&small, small_type(&small, cpus[i], devices[i]));
    struct fleet *fleet = &small.sched.fleet;
    fleet->types[2].is_unbounded = true;
    const struct coarse_scale scale = coarse_scale_of(fleet, &small.sched.policy);
    cr_assert_gt(scale.cpu_shift, 0);
    for (int round = 0; round < 20000; round++) {
        const struct shape asked = random_shape(&rng);
        int32_t shape, node = (int32_t)rng_below(&rng, ARRAY_LEN(cpus));
        cr_assert_eq(shape_table_intern(&small.shapes, &asked, &shape, &err), 0);
        scatter_room(&rng, fleet, node);
        struct coarse_block block = {.cpu = {0}};
        const struct coarse_row row = coarse_row_of_node(fleet, &scale, node, 0.0);
        const struct row_query query = row_query_of_shape(fleet, shape);
        const struct coarse_query coarse_query = coarse_query_of(&scale, &query);
        coarse_store(&block, 3, &row);
        bool fits = fleet_fits(fleet, shape, node, 0);
        bool passes = coarse_passes(&block, 3, &coarse_query);
        cr_assert(passes || !fits);
        fitting += fits;
        coarse_only += passes && !fits;
    }
    small_fleet_release(&small);
    cr_expect_gt(fitting, 2000);
    cr_expect_gt(coarse_only, 10);
    cr_expect_lt(coarse_only, fitting / 4);
}

Test(index, coarse_keys_are_in_the_order_of_keys)
{
    struct rng rng = rng_stream(2, "coarse", 0);
    for (int round = 0; round < 100000; round++) {
        double range = round % 3 == 0 ? 1e30 : round % 3 == 1 ? 4.0 : 0.01;
        double a = ((double)rng_below(&rng, 100000) / 50000.0 - 1.0) * range;
        double b = ((double)rng_below(&rng, 100000) / 50000.0 - 1.0) * range;
        uint16_t coarse_a = coarse_key(&coarse_scale, a), coarse_b = coarse_key(&coarse_scale, b);
        cr_assert(coarse_a >= 1 && coarse_b >= 1);
        cr_assert(a <= b ? coarse_a <= coarse_b : coarse_a >= coarse_b);
    }
    cr_expect_lt(coarse_key(&coarse_scale, -0.4), coarse_key(&coarse_scale, -0.3));
    cr_expect_eq(coarse_key(&coarse_scale, -DBL_MAX), 1);
}

static struct coarse_query random_coarse_query(struct rng *rng)
{
    bool asks_group = rng_below(rng, 3) == 0;
    return (struct coarse_query){
        .cpu = (uint16_t)rng_below(rng, 40000),
        .mem = (uint16_t)rng_below(rng, 40000),
        .devices = (uint16_t)(2 + 2 * rng_below(rng, 1000)),
        .groups = (uint16_t)(asks_group ? 1 + rng_below(rng, UINT16_MAX) : UINT16_MAX),
        .is_empty = asks_group && rng_below(rng, 2) == 0,
        .asks_group = asks_group};
}

/* Of few keys, so that some are equal, also among the largest. */
static struct coarse_row random_coarse_row(struct rng *rng, uint64_t keys)
{
    return (struct coarse_row){.cpu = (uint16_t)rng_below(rng, UINT16_MAX + 1),
                               .mem = (uint16_t)rng_below(rng, UINT16_MAX + 1),
                               .devices = (uint16_t)rng_below(rng, 2130),
                               .groups = (uint16_t)(1 << rng_below(rng, 16)),
                               .key = (uint16_t)(UINT16_MAX - rng_below(rng, keys))};
}

static void expect_positions(const struct coarse_rows *rows, const struct coarse_query *query,
                             uint16_t least, const int32_t *positions, int32_t count)
{
    int32_t found = 0;
    for (int32_t i = 0; i < rows->chunk_count * COARSE_CHUNK_ROWS; i++)
        if (coarse_passes(rows->blocks, i, query) && coarse_key_at(rows->blocks, i) >= least)
            cr_assert(found < count && positions[found++] == i);
    cr_assert_eq(found, count);
}

static void expect_as_coarse_row_by_row(const struct index_kernel *kernel, struct rng *rng,
                                        const struct coarse_rows *rows)
{
    const struct coarse_query query = random_coarse_query(rng);
    int32_t positions[COARSE_ROWS + 1];
    uint16_t largest = 0, least;
    int32_t count = kernel->coarse_top(rows, &query, positions, &least);
    for (int32_t i = 0; i < rows->chunk_count * COARSE_CHUNK_ROWS; i++)
        if (coarse_passes(rows->blocks, i, &query) && coarse_key_at(rows->blocks, i) > largest)
            largest = coarse_key_at(rows->blocks, i);
    cr_assert_eq(least, largest > 1 ? largest - 1 : largest, "%s", kernel->name);
    if (largest == 0)
        cr_assert_eq(count, 0, "%s", kernel->name);
    else
        expect_positions(rows, &query, least, positions, count);
    least = (uint16_t)(largest > 20 ? largest - rng_below(rng, 20) : 1);
    count = kernel->coarse_filter(rows, &query, least, positions);
    expect_positions(rows, &query, least, positions, count);
}

Test(index, kernels_find_the_coarse_rows_that_pass_one_by_one)
{
    static struct coarse_block blocks[COARSE_ROWS / COARSE_LANES];
    static const uint64_t keys[] = {1, 30, 1000, UINT16_MAX};
    uint16_t lane_keys[COARSE_ROWS / COARSE_CHUNK_BLOCKS];
    const struct index_kernel *kernels[INDEX_KERNELS_MOST];
    int32_t kernel_count = index_kernel_list(kernels);
    for (int32_t k = 0; k < kernel_count; k++) {
        struct rng rng = rng_stream(3, "coarse", (uint64_t)k);
        for (int round = 0; round < 1000; round++) {
            int32_t chunk_count = round % 100 < 4 ? COARSE_CHUNKS : 1 + round % 4;
            const struct coarse_rows rows = {blocks, lane_keys, chunk_count};
            for (int32_t i = 0; i < chunk_count * COARSE_CHUNK_ROWS; i++) {
                const struct coarse_row row = random_coarse_row(&rng, keys[round / 4 % 4]);
                coarse_store(blocks, i, &row);
            }
            coarse_blank(&blocks[round % (chunk_count * COARSE_CHUNK_BLOCKS)]);
            expect_as_coarse_row_by_row(kernels[k], &rng, &rows);
        }
    }
}

/* Few different scores, so that there are ties, and only some of the places. */
Test(index, kernels_find_the_highest_score_and_the_lowest_node_on_ties)
{
    const struct index_kernel *kernels[INDEX_KERNELS_MOST];
    int32_t kernel_count = index_kernel_list(kernels);
    struct rng rng = rng_stream(1, "near", 0);
    for (int round = 0; round < 5000; round++) {
        struct near_list near = {.filled = 0};
        uint32_t places = (uint32_t)rng_next(&rng) | UINT32_C(1) << round % NEAR_MOST;
        const double *scores = near.scores;
        const int32_t *nodes = near.nodes;
        int32_t expected = -1;
        for (int32_t i = 0; i < NEAR_MOST; i++) {
            uint64_t draw = rng_below(&rng, 2 + (uint64_t)round % 100);
            near.scores[i] = -0.1 * (double)draw;
            near.nodes[i] = (int32_t)rng_below(&rng, 1000) * NEAR_MOST + i;
            if ((places >> i & 1) == 0)
                continue;
            if (expected < 0 || scores[i] > scores[expected] ||
                (scores[i] == scores[expected] && nodes[i] < nodes[expected]))
                expected = i;
        }
        for (int32_t i = 0; i < kernel_count; i++)
            cr_assert_eq(kernels[i]->best(&near, places), expected, "%s", kernels[i]->name);
    }
}

/* Some places are empty, and of the others some bear an older entry of their node. */
Test(index, kernels_empty_the_places_that_are_out_of_date)
{
    const struct index_kernel *kernels[INDEX_KERNELS_MOST];
    int32_t kernel_count = index_kernel_list(kernels);
    struct rng rng = rng_stream(1, "stale", 0);
    for (int round = 0; round < 2000; round++) {
        uint32_t last_entries[100], current = 0;
        struct near_list near = {.filled = (uint32_t)rng_next(&rng)};
        for (int32_t i = 0; i < 100; i++)
            last_entries[i] = (uint32_t)rng_next(&rng);
        for (int32_t i = 0; i < NEAR_MOST; i++) {
            bool is_filled = (near.filled >> i & 1) != 0, is_stale = rng_below(&rng, 3) == 0;
            near.nodes[i] = (int32_t)rng_below(&rng, 100);
            near.tags[i] = last_entries[near.nodes[i]] ^ (uint32_t)rng_below(&rng, 2) << 31;
            near.tags[i] ^= (uint32_t)is_stale << rng_below(&rng, 31);
            current |= (uint32_t)(is_filled && !is_stale) << i;
        }
        for (int32_t k = 0; k < kernel_count; k++) {
            struct near_list dropped = near;
            kernels[k]->drop_stale(&dropped, last_entries);
            cr_assert_eq(dropped.filled, current, "%s", kernels[k]->name);
        }
    }
}

/* Few different scores, so that there are ties with the line, and any number of standings. */
Test(index, kernels_find_the_standings_before_a_line)
{
    enum { MOST = 70 };
    const struct index_kernel *kernels[INDEX_KERNELS_MOST];
    int32_t kernel_count = index_kernel_list(kernels);
    struct rng rng = rng_stream(1, "line", 0);
    for (int round = 0; round < 5000; round++) {
        int32_t count = (int32_t)rng_below(&rng, MOST), places[MOST + ROW_LANES];
        struct standing all[MOST];
        for (int32_t i = 0; i < MOST; i++)
            all[i] = (struct standing){.score = -0.1 * (double)rng_below(&rng, 5),
                                       .node = (int32_t)rng_below(&rng, INT32_MAX),
                                       .entry = (uint32_t)rng_next(&rng) & INT32_MAX,
                                       .is_bound = rng_below(&rng, 2) == 0};
        const struct standing line = all[rng_below(&rng, MOST)];
        for (int32_t k = 0; k < kernel_count; k++) {
            int32_t found = 0, written = kernels[k]->preceding(all, count, &line, places);
            for (int32_t i = 0; i < count; i++)
                if (standing_precedes(&all[i], &line))
                    cr_assert(found < written && places[found++] == i, "%s", kernels[k]->name);
            cr_assert_eq(found, written, "%s", kernels[k]->name);
        }
    }
}

Test(index, rows_are_blank_until_they_are_stored)
{
    struct row_block block = {.cpu_milli = {0}};
    const struct row_query query = {.groups = UINT32_MAX};
    const struct row row = {.devices = ROW_GUARDS, .groups = 1};
    cr_expect_not(row_passes(&block, 3, &query));
    row_store(&block, 3, &row);
    cr_expect(row_passes(&block, 3, &query));
    row_blank(&block, 3);
    cr_expect_not(row_passes(&block, 3, &query));
}

Test(index, queries_name_groups_only_where_another_could_have_the_room)
{
    struct small_fleet fleet;
    small_fleet_init(&fleet, &(struct sched_options){.policy = NULL});
    int32_t small = small_type(&fleet, 1000, 0), large = small_type(&fleet, 8000, 2);
    const struct shape shapes[] = {small_cpu(4000), small_devices(2), small_share(1, 300),
                                   small_share(2, 300), small_cpu(500)};
    static const bool are_all[] = {true, true, true, false, true};
    int32_t numbers[ARRAY_LEN(shapes)];
    struct err err;
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        cr_assert_eq(shape_table_intern(&fleet.shapes, &shapes[i], &numbers[i], &err), 0);
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        uint32_t groups = row_query_of_shape(&fleet.sched.fleet, numbers[i]).groups;
        cr_expect_eq(groups, are_all[i] ? ROW_GROUPS_ALL : UINT32_C(1) << large, "shape %zu", i);
    }
    sched_set_pool_schedulable(&fleet.sched, 0, false);
    cr_expect_eq(row_query_of_shape(&fleet.sched.fleet, numbers[4]).groups, 0);
    cr_expect_neq(small, large);
    small_fleet_release(&fleet);
}

Test(index, floats_bound_doubles_from_both_sides)
{
    static const double values[] = {0.0,   -0.0,   0.1,         -0.1,         0.25,
                                    1e-50, -1e-50, 1.0 + 1e-12, -1.0 - 1e-12, 12345.678};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        cr_expect_geq((double)float_at_least(values[i]), values[i]);
        cr_expect_leq((double)float_at_most(values[i]), values[i]);
        cr_expect_leq(fabs((double)float_at_least(values[i]) - values[i]),
                      1e-40 + 2e-7 * fabs(values[i]));
    }
}

/* ---- the journal ---- */

Test(index, a_journal_says_of_each_node_only_how_it_is_now)
{
    struct journal journal = {0};
    struct err err;
    const struct row row = {.devices = ROW_GUARDS, .groups = 1};
    uint32_t entries[3] = {0};
    cr_assert_eq(journal_resize(&journal, 8, 8, &err), 0);
    for (int32_t i = 0; i < 100; i++) {
        int32_t node = i % 7 == 0 ? 2 : i % 2;
        entries[node] = journal_append(&journal, node, &row, entries[node]);
        int32_t present[3] = {0};
        for (int32_t k = 0; k < 8; k++)
            if (journal.nodes[k] >= 0)
                present[journal.nodes[k]]++;
        cr_assert_leq(present[0], 1);
        cr_assert_leq(present[1], 1);
        cr_assert_leq(present[2], 1);
        cr_assert_eq(entries[node], (uint32_t)i);
        cr_assert_eq(journal.nodes[i % 8], node);
    }
    cr_expect_eq(journal.end, 100);
    journal_release(&journal);
}

/* What is superseded further back than that stays, so a node may be met twice; which of them is its
 * last entry says the number. */
Test(index, a_journal_leaves_what_is_far_back)
{
    struct journal journal = {0};
    struct err err;
    const struct row row = {.devices = ROW_GUARDS, .groups = 1};
    uint32_t last = 0;
    cr_assert_eq(journal_resize(&journal, 16, 3, &err), 0);
    for (int32_t gap = 1; gap < 6; gap++) {
        uint32_t earlier = last = journal_append(&journal, 0, &row, last);
        for (int32_t i = 1; i < gap; i++)
            journal_append(&journal, 10 * gap + i, &row, earlier);
        last = journal_append(&journal, 0, &row, last);
        cr_assert_eq(last - earlier, (uint32_t)gap);
        cr_expect_eq(journal.nodes[earlier % 16], gap <= 3 ? -1 : 0);
        cr_expect_eq(journal.blocks->cpu_milli[earlier % 16], gap <= 3 ? -1 : 0);
        cr_expect_eq(journal.nodes[last % 16], 0);
    }
    journal_release(&journal);
}

/* ---- the shortlist ---- */

static const uint32_t no_entries[1000]; /* all nodes are as they were first */

/* Takes the best from the list; false: there is none. */
static bool take_top(struct shortlist *list, struct standing *top)
{
    int32_t place = shortlist_top(list, no_entries);
    if (place < 0)
        return false;
    *top = shortlist_at(list, place);
    shortlist_remove(list, place);
    return true;
}

Test(index, a_cut_list_keeps_the_best_and_a_floor_under_them)
{
    struct shortlist list = {0};
    struct err err;
    struct rng rng = rng_stream(1, "shortlist", 0);
    cr_assert_eq(shortlist_reserve(&list, &index_kernel_plain, 5, &err), 0);
    for (int round = 0; round < 500; round++) {
        int32_t count = (int32_t)rng_below(&rng, 200), above = 0;
        struct standing all[200], top, last = {INFINITY, -1, 0, 0};
        shortlist_clear(&list);
        for (int32_t i = 0; i < count; i++) {
            all[i] = (struct standing){(double)rng_below(&rng, 20), i, 0, 0};
            shortlist_collect(&list, &all[i]);
        }
        cr_assert_eq(list.is_complete, count < 4 * list.limit);
        for (int32_t i = 0; i < count; i++)
            above += !shortlist_is_below(&list, &all[i]);
        for (int32_t i = 0; i < above; i++) {
            cr_assert(take_top(&list, &top));
            cr_assert(standing_precedes(&last, &top));
            cr_assert_not(shortlist_is_below(&list, &top));
            last = top;
        }
        cr_assert_not(take_top(&list, &top));
    }
    shortlist_release(&list);
}

/* The list beside a plain array of what is on it. */
static int32_t best_of_all(const struct standing *all, int32_t count)
{
    int32_t best = 0;
    for (int32_t i = 1; i < count; i++)
        if (standing_precedes(&all[i], &all[best]))
            best = i;
    return best;
}

/* Long enough for some of the far ones to stand before others. */
Test(index, a_list_gives_the_best_whatever_comes_and_goes)
{
    enum { MOST = 1600 };
    struct shortlist list = {0};
    struct err err;
    struct rng rng = rng_stream(2, "shortlist", 0);
    struct standing all[MOST], top;
    int32_t count = 0;
    cr_assert_eq(shortlist_reserve(&list, &index_kernel_plain, MOST / 4, &err), 0);
    shortlist_clear(&list);
    for (int32_t i = 0; i < 200000; i++) {
        bool grows = rng_below(&rng, 1000) < (i / 10000 % 2 == 0 ? 600U : 400U);
        if (i % 1000 == 0)
            shortlist_drop_stale(&list, no_entries);
        if (grows && count < MOST) {
            all[count] = (struct standing){(double)rng_below(&rng, 50), i % 1000, 0, 0};
            shortlist_push(&list, &all[count++]);
        } else if (count > 0) {
            int32_t best = best_of_all(all, count);
            cr_assert(take_top(&list, &top));
            cr_assert_eq(top.score, all[best].score);
            cr_assert_eq(top.node, all[best].node);
            all[best] = all[--count];
        } else {
            cr_assert_not(take_top(&list, &top));
        }
    }
    shortlist_release(&list);
}

Test(index, a_list_that_is_cut_keeps_its_best_and_raises_its_floor)
{
    struct shortlist list = {0};
    struct err err;
    struct standing top;
    cr_assert_eq(shortlist_reserve(&list, &index_kernel_plain, 8, &err), 0);
    shortlist_clear(&list);
    for (int32_t i = 0; i < 30; i++)
        shortlist_collect(&list, &(struct standing){.score = 1.0 + i, .node = i});
    cr_expect(list.is_complete);
    shortlist_cut(&list);
    cr_expect_not(list.is_complete);
    const struct standing left_out = {.score = 22.0, .node = 21};
    const struct standing kept = {.score = 23.0, .node = 22};
    cr_expect(shortlist_is_below(&list, &left_out));
    cr_expect_not(shortlist_is_below(&list, &kept));
    for (int32_t i = 29; i >= 22; i--) {
        cr_assert(take_top(&list, &top));
        cr_expect_eq(top.node, i);
    }
    cr_expect_not(take_top(&list, &top));
    shortlist_release(&list);
}

Test(index, a_list_drops_nodes_that_have_changed_since)
{
    struct shortlist list = {0};
    struct err err;
    uint32_t last_entries[40] = {0};
    cr_assert_eq(shortlist_reserve(&list, &index_kernel_plain, 8, &err), 0);
    shortlist_clear(&list);
    for (int32_t i = 0; i < 30; i++)
        shortlist_collect(&list, &(struct standing){.score = 1.0 + i, .node = i, .entry = 5});
    for (int32_t i = 0; i < 40; i++)
        last_entries[i] = i % 3 == 0 ? 5 : UINT32_C(1) << 31 | 6;
    shortlist_drop_stale(&list, last_entries);
    cr_expect_eq(list.far_count, 10);
    for (int32_t i = 0; i < list.far_count; i++)
        cr_expect_eq(list.far[i].node % 3, 0);
    shortlist_release(&list);
}

/* Of a long list only those that come near are looked up; where all of them are out of date, the
 * next best are too. */
Test(index, a_long_list_gives_its_current_nodes_in_order)
{
    enum { COUNT = 1000 };
    struct shortlist list = {0};
    struct err err;
    uint32_t last_entries[COUNT] = {0};
    cr_assert_eq(shortlist_reserve(&list, &index_kernel_plain, COUNT, &err), 0);
    shortlist_clear(&list);
    for (int32_t i = 0; i < COUNT; i++) {
        int32_t node = i * 7 % COUNT;
        shortlist_collect(&list, &(struct standing){.score = -node, .node = node, .entry = 5});
        last_entries[node] = node < 100 || node % 3 == 0 ? 6 : 5;
    }
    for (int32_t node = 100; node < COUNT; node++) {
        if (node % 3 == 0)
            continue;
        int32_t place = shortlist_top(&list, last_entries);
        cr_assert_geq(place, 0);
        cr_assert_eq(shortlist_at(&list, place).node, node);
        shortlist_remove(&list, place);
    }
    cr_expect_lt(shortlist_top(&list, last_entries), 0);
    shortlist_release(&list);
}

/* ---- the index is the plain scan ---- */

static int32_t same_decisions(const struct decisions *a, const struct decisions *b)
{
    if (a->count != b->count)
        return -1;
    for (int32_t i = 0; i < a->count; i++) {
        const struct decision *x = &a->items[i], *y = &b->items[i];
        if (x->kind != y->kind || x->replica != y->replica || x->node != y->node ||
            x->devices != y->devices || x->demand != y->demand)
            return -1;
    }
    return a->count;
}

enum { WRAP_AHEAD = 150 };

/* Two fleets of one seed, one plain and one indexed, whose entries of the journal are numbered from
 * `first_entry` on, go through the same; unless that is 1, more than WRAP_AHEAD are written. Gives
 * how often a demand was placed. */
static int64_t run_both_from(int64_t first_entry, const struct random_fleet_options *options,
                             int32_t steps)
{
    struct random_fleet indexed, plain;
    struct random_fleet_options plain_options = *options;
    int64_t binds = 0;
    struct err err = {.kind = ERR_NONE};
    plain_options.search = SEARCH_PLAIN;
    random_fleet_init(&indexed, options);
    random_fleet_init(&plain, &plain_options);
    indexed.sched.index->journal.end = first_entry;
    for (int32_t i = 0; i < steps; i++) {
        struct decisions indexed_decisions = {0}, plain_decisions = {0};
        struct fleet_op op, twin_op;
        random_fleet_next(&indexed, &op);
        random_fleet_next(&plain, &twin_op);
        cr_assert_eq(op.kind, twin_op.kind);
        cr_assert_eq(op.replica, twin_op.replica);
        cr_assert_eq(random_fleet_apply(&indexed, &op, &indexed_decisions, &err), 0);
        cr_assert_eq(random_fleet_apply(&plain, &twin_op, &plain_decisions, &err), 0);
        int32_t count = same_decisions(&indexed_decisions, &plain_decisions);
        cr_assert_geq(count, 0, "%s, seed %" PRIu64 ", step %" PRId32 ": other decisions",
                      indexed.sched.policy.policy->name, options->seed, i);
        if (op.kind == OP_PASS)
            cr_assert_eq(sched_check(&indexed.sched, &err), 0,
                         "seed %" PRIu64 ", step %" PRId32 ": %s", options->seed, i, err.text);
        binds += count;
        decisions_release(&indexed_decisions);
        decisions_release(&plain_decisions);
    }
    cr_assert(first_entry == 1 || indexed.sched.index->journal.end > first_entry + WRAP_AHEAD);
    random_fleet_release(&indexed);
    random_fleet_release(&plain);
    return binds;
}

static int64_t run_both(const struct random_fleet_options *options, int32_t steps)
{
    return run_both_from(1, options, steps);
}

/* Every way an index can work: all lists or all scans, lists that run dry and journals that wrap.
 */
static const struct index_tuning tunings[] = {
    {.scan_below = INT32_MAX},
    {.scan_below = INT32_MAX, .is_portable = true},
    {.scan_below = 12}, /* which many fleets outgrow */
    {.scan_below = 1, .list_limit = 1, .journal_least = 8},
    {.scan_below = 1, .list_limit = 3, .journal_least = 16, .is_portable = true},
    {.scan_below = 1, .list_limit = 64, .journal_least = 256},
    {.scan_below = 1, .list_limit = 8, .journal_least = 256, .journal_fresh = 2},
    {.scan_below = 1, .journal_least = 64},
    {.journal_least = 64},
};

/* The shapes of the fleet that this seed makes. */
static void learn_shapes(const struct random_fleet_options *options, struct random_fleet *fleet)
{
    struct random_fleet_options first = *options;
    first.policy = policy_find("first-fit");
    first.policy_values = NULL;
    random_fleet_init(fleet, &first);
}

static int64_t try_policy(const struct policy *policy, const struct policy_value *values,
                          uint64_t first_seed)
{
    int64_t binds = 0;
    for (size_t i = 0; i < ARRAY_LEN(tunings); i++) {
        for (uint64_t seed = first_seed; seed < first_seed + 6; seed++) {
            struct random_fleet known;
            struct random_fleet_options options = {.seed = seed + 100 * i,
                                                   .policy = policy,
                                                   .policy_values = values,
                                                   .tuning = tunings[i],
                                                   .node_max = seed % 3 == 0 ? 200 : 30,
                                                   .runner_max = 25,
                                                   .replica_max = seed % 3 == 0 ? 600 : 150,
                                                   .is_about_devices = seed % 2 == 0};
            learn_shapes(&options, &known);
            options.known = &known.shapes;
            binds += run_both(&options, 400);
            random_fleet_release(&known);
        }
    }
    return binds;
}

/* A small fleet has coarse rows and, where nobody preempts, nothing else. Once it has grown, lists
 * are kept: all that they need has to be made for the nodes that were there. */
Test(index, a_fleet_that_outgrows_its_coarse_rows_has_all_others_at_once)
{
    enum { PHASE = 90, NODES = 40, SCAN_BELOW = 60 };
    const struct sched_options options = {
        .policy = policy_find("best-fit"),
        .tuning = {.scan_below = SCAN_BELOW, .journal_least = 64}};
    struct rng rng = rng_stream(1, "outgrows", 0);
    struct small_fleet fleet;
    int32_t runners[8];
    small_fleet_init(&fleet, &options);
    const int32_t groups[] = {small_type(&fleet, 64000, 8), small_type(&fleet, 16000, 0)};
    for (size_t i = 0; i < ARRAY_LEN(runners); i++) {
        struct shape shape = i % 2 == 0 ? small_cpu(0) : small_share(1, 250);
        shape.cpu_milli = 1000 * (1 + (int64_t)i);
        runners[i] = small_runner(&fleet, &(struct small_runner){.shape = shape});
    }
    for (int32_t i = 0; i < 3 * PHASE; i++) {
        if (i < 2 * PHASE && i % PHASE < NODES)
            small_node(&fleet, groups[rng_below(&rng, 2)]);
        int32_t replica = small_demand(&fleet, runners[rng_below(&rng, 8)], i);
        uint64_t devices = 0, plain_devices = 0;
        int32_t node = sched_find_node(&fleet.sched, replica, &devices);
        cr_assert_eq(node, sched_scan_nodes(&fleet.sched, replica, &plain_devices));
        cr_assert_eq(devices, plain_devices);
        cr_assert_eq(fleet.sched.index->has_rows, fleet.sched.fleet.node_count >= SCAN_BELOW);
        cr_assert_eq(fleet.sched.index->coarse.chunk_count > 0,
                     fleet.sched.fleet.node_count < SCAN_BELOW);
        small_pass(&fleet, i);
        if (i % 3 == 0 && small_replica(&fleet, replica)->state == REPLICA_STARTING)
            small_gone(&fleet, replica);
    }
    small_fleet_release(&fleet);
}

Test(index, finds_what_a_plain_scan_finds_with_every_policy)
{
    size_t count;
    const struct policy *const *policies = policy_list(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(policies[i]->name, "weighted") != 0)
            cr_expect_gt(try_policy(policies[i], NULL, 1 + 1000 * i), 1000);
}

/* A few steps make many ties. */
Test(index, finds_what_a_plain_scan_finds_among_ties)
{
    static const char *const names[] = {"best-fit", "worst-fit"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct policy *policy = policy_find(names[i]);
        struct policy_value values[POLICY_PARAMETERS_MAX];
        policy_defaults(policy, values);
        cr_assert_str_eq(policy->parameters[1].name, "steps");
        values[1].integer = 3;
        cr_expect_gt(try_policy(policy, values, 50001 + 1000 * i), 1000);
    }
}

Test(index, finds_what_a_plain_scan_finds_with_several_policies_at_once)
{
    const struct policy *weighted = policy_find("weighted");
    const struct policy_part parts[] = {{policy_find("best-fit"), NULL, 2.0},
                                        {policy_find("fgd"), NULL, 1.0},
                                        {policy_find("gpu-clustering"), NULL, 0.5}};
    const struct policy_value value = {.parts = parts, .part_count = ARRAY_LEN(parts)};
    cr_expect_gt(try_policy(weighted, &value, 60001), 1000);
    const struct policy_part random[] = {{policy_find("random"), NULL, 1.0},
                                         {policy_find("best-fit"), NULL, 1.0}};
    const struct policy_value by_demand = {.parts = random, .part_count = ARRAY_LEN(random)};
    cr_expect_gt(try_policy(weighted, &by_demand, 70001), 1000);
}

/* The number of a node's last entry is known modulo 2^32, and on a list modulo 2^31. */
Test(index, finds_what_a_plain_scan_finds_when_the_numbers_of_entries_wrap)
{
    static const char *const names[] = {"best-fit", "first-fit", "dot-product", "fgd"};
    static const int64_t wraps[] = {INT64_C(1) << 31, INT64_C(1) << 32, INT64_C(1) << 33};
    int64_t binds = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        for (size_t k = 0; k < ARRAY_LEN(wraps); k++)
            for (uint64_t seed = 1; seed <= 6; seed++) {
                const struct random_fleet_options options = {
                    .seed = 90000 + seed + 100 * i,
                    .policy = policy_find(names[i]),
                    .tuning = {.scan_below = 1, .list_limit = 3, .journal_least = 8},
                    .node_max = seed % 3 == 0 ? 200 : 30,
                    .runner_max = 25,
                    .replica_max = seed % 3 == 0 ? 600 : 150};
                binds += run_both_from(wraps[k] - WRAP_AHEAD, &options, 1000);
            }
    cr_expect_gt(binds, 5000);
}

/* Few runners with many replicas each on few nodes: budgets that bind, and change. */
Test(index, finds_the_victims_that_a_plain_search_finds)
{
    int64_t binds = 0;
    for (size_t i = 0; i < ARRAY_LEN(tunings); i++)
        for (uint64_t seed = 1; seed <= 25; seed++) {
            const struct random_fleet_options options = {.seed = 80000 + seed + 100 * i,
                                                         .policy = policy_find("best-fit"),
                                                         .tuning = tunings[i],
                                                         .node_max = seed % 2 == 0 ? 4 : 12,
                                                         .runner_max = 4,
                                                         .replica_max = seed % 2 == 0 ? 25 : 60,
                                                         .is_about_devices = seed % 3 == 0};
            binds += run_both(&options, 1000);
        }
    cr_expect_gt(binds, 10000);
}
