/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/sequence.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/rng.h"
#include "plan/cover_fit.h"
#include "plan/exhaust.h"
#include "plan/filling.h"
#include "plan/repack.h"

/* Greedy nodes of drawn instances, against an obvious twin and against what they must hold. */

enum { ITEMS = 6, TYPES = 3, RESOURCES = 2, CASES = 2000 };

struct drawn {
    struct instance instance;
    struct instance_item items[ITEMS];
    struct instance_type types[TYPES];
    struct item_pair pairs[ITEMS][1];
    int64_t req[ITEMS][RESOURCES], alloc[TYPES][RESOURCES];
    struct cover cover;
    int64_t demand[ITEMS], node_left[TYPES], worth[ITEMS];
    double value[ITEMS];
    int32_t rows[ITEMS];
};

static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
static const double units[RESOURCES] = {1, 1};

static int64_t below(struct rng *rng, int64_t bound)
{
    return (int64_t)rng_below(rng, (uint64_t)bound);
}

static void draw_items(struct drawn *drawn, struct rng *rng, bool has_devices)
{
    static const int64_t parts[] = {0, 1, 2, 3, 4, 8};
    for (int i = 0; i < ITEMS; i++) {
        drawn->items[i] = (struct instance_item){
            .id = names[i],
            .demand = 1 + below(rng, 9),
            .max_per_node = below(rng, 3) == 0 ? 1 + below(rng, 3) : INSTANCE_NO_LIMIT,
            .req = drawn->req[i],
            .pairs = drawn->pairs[i]};
        drawn->req[i][0] = has_devices ? parts[below(rng, 6)] : below(rng, 9);
        drawn->req[i][1] = below(rng, 9);
    }
    if (below(rng, 2) == 0) {
        int64_t other_max = below(rng, 3), own_max = below(rng, 3);
        drawn->pairs[0][0] = (struct item_pair){1, other_max, own_max};
        drawn->pairs[1][0] = (struct item_pair){0, own_max, other_max};
        drawn->items[0].pair_count = drawn->items[1].pair_count = 1;
    }
}

static void draw(struct drawn *drawn, struct rng *rng, bool has_devices, bool has_limits)
{
    struct err err = {.kind = ERR_NONE};
    *drawn = (struct drawn){.instance = {.name = "drawn",
                                         .resources = names,
                                         .unit = units,
                                         .resource_count = RESOURCES,
                                         .device_resource = has_devices ? 0 : -1,
                                         .device_units = has_devices ? 4 : 0,
                                         .items = drawn->items,
                                         .item_count = ITEMS,
                                         .types = drawn->types,
                                         .type_count = TYPES,
                                         .has_prices = true}};
    draw_items(drawn, rng, has_devices);
    for (int t = 0; t < TYPES; t++) {
        drawn->alloc[t][0] = has_devices ? 4 * (2 + below(rng, 4)) : 8 + below(rng, 20);
        drawn->alloc[t][1] = 8 + below(rng, 20);
        drawn->types[t] =
            (struct instance_type){.name = names[t],
                                   .alloc = drawn->alloc[t],
                                   .price_nano = (1 + below(rng, 20)) * 100000000,
                                   .node_max = has_limits ? 1 + below(rng, 5) : INSTANCE_NO_LIMIT};
    }
    cr_assert_eq(cover_init(&drawn->cover, &drawn->instance, 1000, &err), 0);
    for (int32_t i = 0; i < drawn->cover.row_count; i++) {
        drawn->demand[i] = drawn->cover.rows[i].demand;
        drawn->worth[i] = 1 + below(rng, 1000);
        drawn->value[i] = (double)drawn->worth[i];
        drawn->rows[i] = i;
    }
    for (int32_t t = 0; t < drawn->cover.type_count; t++)
        drawn->node_left[t] = drawn->cover.types[t].node_max;
}

static bool content_fits(const struct cover *cover, int32_t type, const int64_t *counts)
{
    for (int32_t r = 0; r < cover->resource_count; r++) {
        int64_t sum = 0;
        for (int32_t i = 0; i < cover->row_count; i++)
            sum += counts[i] * cover_weight(cover, i)[r];
        if (sum > cover_capacity(cover, type)[r])
            return false;
    }
    for (int32_t i = 0; i < cover->row_count; i++) {
        bool is_allowed = counts[i] == 0 ||
                          (cover_may_use(cover, i, type) && counts[i] <= cover->rows[i].count_max);
        if (!is_allowed || !cover_pairs_allow(cover, i, counts))
            return false;
    }
    const struct content content = {counts, NULL, cover->row_count};
    return cover_pack_devices(cover, type, &content) == DEVICES_FIT;
}

/* ---- one node ---- */

/* What joins next, looked for among all rows from the content alone; -1: nothing fits. */
static int32_t next_of_twin(const struct drawn *drawn, int32_t type, int64_t *counts)
{
    const struct cover *cover = &drawn->cover;
    double highest = -1;
    int32_t next = -1;
    for (int32_t i = 0; i < cover->row_count; i++) {
        double shares = 1e-9;
        counts[i]++;
        bool fits = counts[i] <= drawn->demand[i] && content_fits(cover, type, counts);
        counts[i]--;
        for (int32_t r = 0; r < cover->resource_count; r++) {
            int64_t free = cover_capacity(cover, type)[r];
            for (int32_t j = 0; j < cover->row_count; j++)
                free -= counts[j] * cover_weight(cover, j)[r];
            if (free > 0)
                shares += (double)cover_weight(cover, i)[r] * (1 / (double)free);
        }
        if (fits && drawn->value[i] / shares > highest) {
            highest = drawn->value[i] / shares;
            next = i;
        }
    }
    return next;
}

Test(filling, takes_what_an_obvious_search_for_the_highest_gradient_takes)
{
    struct rng rng = rng_stream(1, "filling", 0);
    struct err err = {.kind = ERR_NONE};
    for (int n = 0; n < CASES; n++) {
        struct drawn drawn;
        struct filling filling;
        int64_t counts[ITEMS] = {0};
        double worth = 0;
        draw(&drawn, &rng, false, false);
        int32_t type = (int32_t)below(&rng, drawn.cover.type_count);
        cr_assert_eq(filling_init(&filling, &drawn.cover, &err), 0);
        for (int32_t i; (i = next_of_twin(&drawn, type, counts)) >= 0;) {
            counts[i]++;
            worth += drawn.value[i];
        }
        struct filling_request request = {.type = type,
                                          .worth = drawn.value,
                                          .left = drawn.demand,
                                          .rows = drawn.rows,
                                          .row_count = drawn.cover.row_count};
        cr_assert_eq(filling_fill(&filling, &request), worth, "case %d", n);
        cr_assert_eq(memcmp(filling.counts, counts, (size_t)drawn.cover.row_count * sizeof *counts),
                     0, "case %d", n);
        filling_release(&filling);
        cover_release(&drawn.cover);
    }
}

/* ---- all nodes ---- */

static int64_t check_set(const struct drawn *drawn, const struct node_set *set)
{
    const struct cover *cover = &drawn->cover;
    int64_t held[ITEMS] = {0}, used[TYPES] = {0}, missing = 0;
    for (int32_t p = 0; p < set->nodes.count; p++) {
        int64_t counts[ITEMS] = {0};
        int32_t type = set->nodes.items[p].type;
        for (int32_t e = 0; e < set->nodes.items[p].entry_count; e++) {
            const struct pattern_entry *entry = &pattern_entries(&set->nodes, p)[e];
            counts[entry->row] = entry->count;
            held[entry->row] += entry->count * set->copies[p];
        }
        cr_assert(content_fits(cover, type, counts));
        used[type] += set->copies[p];
    }
    for (int32_t t = 0; t < cover->type_count; t++)
        cr_assert_leq(used[t], cover->types[t].node_max);
    for (int32_t i = 0; i < cover->row_count; i++) {
        cr_assert_leq(held[i], drawn->demand[i]);
        missing += drawn->demand[i] - held[i];
    }
    return missing;
}

/* The cost; -1 where not all items have a place. */
static int128 run_sequence_into(const struct drawn *drawn, int32_t passes, struct node_set *set)
{
    struct err err = {.kind = ERR_NONE};
    bool is_done = false;
    int64_t ticks = 0;
    struct sequence_request request = {.cover = &drawn->cover,
                                       .demand = drawn->demand,
                                       .node_left = drawn->node_left,
                                       .worth = drawn->worth,
                                       .passes_max = passes,
                                       .ticks_max = INT64_MAX};
    cr_assert_eq(sequence(&request, set, &is_done, &ticks, &err), 0);
    cr_assert_eq(check_set(drawn, set) == 0, is_done);
    cr_assert_gt(ticks, 0);
    return is_done ? node_set_cost(set, &drawn->cover) : -1;
}

static int128 run_sequence(const struct drawn *drawn, int32_t passes, bool has_limits)
{
    struct node_set set = {.row_count = drawn->cover.row_count};
    int128 cost = run_sequence_into(drawn, passes, &set);
    cr_assert(cost >= 0 || has_limits);
    node_set_release(&set);
    return cost;
}

Test(sequence, holds_all_items_within_every_limit_and_more_passes_cost_no_more)
{
    struct rng rng = rng_stream(2, "sequence", 0);
    for (int n = 0; n < CASES; n++) {
        struct drawn drawn;
        bool has_limits = n % 3 == 0;
        draw(&drawn, &rng, n % 2 == 0, has_limits);
        int128 once = run_sequence(&drawn, 1, has_limits);
        int128 often = run_sequence(&drawn, 12, has_limits);
        cr_assert(once < 0 || (often >= 0 && often <= once), "case %d", n);
        cover_release(&drawn.cover);
    }
}

/* ---- made better ---- */

static void run_repack(const struct drawn *drawn, struct node_set *set, bool *is_done)
{
    struct err err = {.kind = ERR_NONE};
    int64_t ticks = 0;
    struct repack_request request = {
        .cover = &drawn->cover, .worth = drawn->worth, .ticks_max = 500000};
    cr_assert_eq(repack(&request, set, is_done, &ticks, &err), 0);
    cr_assert_gt(ticks, 0);
    cr_assert_eq(check_set(drawn, set) == 0, *is_done);
}

/* At most two of each item, for an exhaustive search. */
static void draw_tiny(struct drawn *drawn, struct rng *rng, bool has_devices, bool has_limits)
{
    struct err err = {.kind = ERR_NONE};
    draw(drawn, rng, has_devices, has_limits);
    cover_release(&drawn->cover);
    for (int i = 0; i < ITEMS; i++)
        drawn->items[i].demand = 1 + drawn->items[i].demand % 2;
    cr_assert_eq(cover_init(&drawn->cover, &drawn->instance, 1000, &err), 0);
    for (int32_t i = 0; i < drawn->cover.row_count; i++)
        drawn->demand[i] = drawn->cover.rows[i].demand;
}

/* From a pass of the sequence, or from no node at all. The worths prove nothing, but are so small
 * that no try is given up for them. */
Test(repack, never_costs_less_than_exhaustive_search_and_mostly_equals_it)
{
    struct rng rng = rng_stream(4, "repack", 0);
    struct err err = {.kind = ERR_NONE};
    int solved = 0, equal = 0;
    for (int n = 0; n < CASES / 10; n++) {
        struct drawn drawn;
        bool is_done;
        draw_tiny(&drawn, &rng, n % 2 == 0, n % 3 == 0);
        int32_t rows = drawn.cover.row_count;
        struct node_set set = {.row_count = rows}, optimum = {.row_count = rows};
        struct exhaust_answer answer;
        int128 before = n % 4 == 0 ? -1 : run_sequence_into(&drawn, 1, &set);
        run_repack(&drawn, &set, &is_done);
        int128 cost = node_set_cost(&set, &drawn.cover);
        cr_assert(before < 0 || (is_done && cost <= before), "case %d", n);
        cr_assert_eq(exhaust(&drawn.cover, &optimum, &answer, &err), 0);
        cr_assert(!answer.is_solved || answer.is_feasible || !is_done, "case %d", n);
        if (answer.is_solved && answer.is_feasible) {
            int128 least = node_set_cost(&optimum, &drawn.cover);
            cr_assert(!is_done || cost >= least, "case %d", n);
            solved++;
            equal += is_done && cost == least;
        }
        node_set_release(&set);
        node_set_release(&optimum);
        cover_release(&drawn.cover);
    }
    cr_assert_gt(solved, CASES / 20);
    cr_assert_gt(equal * 4, solved * 3, "%d of %d", equal, solved);
}

/* A million of one small item, hundreds of thousands to a node: filled in few steps. */
Test(sequence, fills_nodes_that_hold_very_many)
{
    struct rng rng = rng_stream(3, "sequence", 0);
    struct drawn drawn;
    struct err err = {.kind = ERR_NONE};
    struct filling filling;
    draw(&drawn, &rng, false, false);
    cover_release(&drawn.cover);
    drawn.instance.item_count = 2;
    drawn.instance.type_count = 1;
    for (int i = 0; i < 2; i++) {
        drawn.req[i][0] = 1;
        drawn.req[i][1] = 1 + i;
        drawn.items[i].demand = 1000000;
        drawn.items[i].max_per_node = INSTANCE_NO_LIMIT;
        drawn.items[i].pair_count = 0;
    }
    drawn.alloc[0][0] = 400000;
    drawn.alloc[0][1] = 600000;
    cr_assert_eq(cover_init(&drawn.cover, &drawn.instance, 1000, &err), 0);
    cr_assert_eq(filling_init(&filling, &drawn.cover, &err), 0);
    const double even[] = {1, 1};
    const int64_t left[] = {1000000, 1000000};
    struct filling_request request = {
        .worth = even, .left = left, .rows = (const int32_t[]){0, 1}, .row_count = 2};
    cr_assert_eq(filling_fill(&filling, &request), 400000);
    cr_assert_lt(filling.ticks, 2000000);
    filling_release(&filling);
    cover_release(&drawn.cover);
}
