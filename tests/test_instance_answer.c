/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/instance_answer.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "plan/instance_load.h"
#include "plan/shortage.h"

/* Small random instances against the search of all fleets. */

enum { ITEMS = 3, TYPES = 3, RESOURCES = 2, DEMAND_MAX = 3, STATES = 64, LIMIT_MAX = 3 };

struct small {
    struct instance instance;
    struct instance_item items[ITEMS];
    struct instance_type types[TYPES];
    struct item_pair pairs[ITEMS][ITEMS];
    int64_t req[ITEMS][RESOURCES], alloc[TYPES][RESOURCES];
    bool may_use[ITEMS][TYPES];
};

static const char *const names[] = {"a", "b", "c"};
static const double units[RESOURCES] = {1, 1};

static int64_t below(struct rng *rng, int64_t bound)
{
    return (int64_t)rng_below(rng, (uint64_t)bound);
}

static void draw_items(struct small *small, struct rng *rng)
{
    int64_t limit[ITEMS][ITEMS];
    bool has_pairs = below(rng, 3) == 0, has_types = below(rng, 4) == 0;
    for (int i = 0; i < ITEMS; i++) {
        for (int j = 0; j < ITEMS; j++)
            limit[i][j] =
                has_pairs && i != j && below(rng, 2) == 0 ? below(rng, 3) : INSTANCE_NO_LIMIT;
    }
    for (int i = 0; i < ITEMS; i++) {
        struct instance_item *item = &small->items[i];
        *item = (struct instance_item){.id = names[i],
                                       .demand = 1 + below(rng, DEMAND_MAX),
                                       .max_per_node = below(rng, 3) == 0 ? 1 + below(rng, 2)
                                                                          : INSTANCE_NO_LIMIT,
                                       .req = small->req[i],
                                       .pairs = small->pairs[i]};
        for (int r = 0; r < RESOURCES; r++)
            small->req[i][r] = below(rng, 7);
        for (int t = 0; t < TYPES; t++)
            small->may_use[i][t] = !has_types || below(rng, 2) == 0;
        item->may_use = has_types ? small->may_use[i] : NULL;
        for (int j = 0; j < ITEMS; j++) {
            if (limit[i][j] != INSTANCE_NO_LIMIT || limit[j][i] != INSTANCE_NO_LIMIT)
                small->pairs[i][item->pair_count++] =
                    (struct item_pair){j, limit[i][j], limit[j][i]};
        }
    }
}

static void draw(struct small *small, struct rng *rng)
{
    *small = (struct small){.instance = {.name = "small",
                                         .resources = names,
                                         .unit = units,
                                         .resource_count = RESOURCES,
                                         .device_resource = -1,
                                         .item_count = ITEMS,
                                         .type_count = 1 + (int32_t)below(rng, TYPES),
                                         .has_prices = true}};
    small->instance.items = small->items;
    small->instance.types = small->types;
    draw_items(small, rng);
    bool has_limits = below(rng, 4) == 0;
    for (int t = 0; t < TYPES; t++) {
        for (int r = 0; r < RESOURCES; r++)
            small->alloc[t][r] = 3 + below(rng, 12);
        small->types[t] = (struct instance_type){.name = names[t],
                                                 .alloc = small->alloc[t],
                                                 .price_nano = (1 + below(rng, 20)) * 100000000,
                                                 .node_max = has_limits ? below(rng, LIMIT_MAX + 1)
                                                                        : INSTANCE_NO_LIMIT};
    }
    if (below(rng, 4) == 0) {
        static const int64_t parts[] = {0, 1, 2, 3, 4, 8};
        small->instance.device_resource = 0;
        small->instance.device_units = 4;
        for (int t = 0; t < TYPES; t++)
            small->alloc[t][0] = 4 * below(rng, 4);
        for (int i = 0; i < ITEMS; i++)
            small->req[i][0] = parts[below(rng, 6)];
    }
}

/* ---- the twin ---- */

static bool shares_fit(const int64_t *shares, int count, int64_t *room, int devices)
{
    if (count == 0)
        return true;
    for (int d = 0; d < devices; d++) {
        if (room[d] < shares[0])
            continue;
        room[d] -= shares[0];
        bool fits = shares_fit(shares + 1, count - 1, room, devices);
        room[d] += shares[0];
        if (fits)
            return true;
    }
    return false;
}

static bool devices_fit(const struct small *small, int type, const int *counts)
{
    int64_t shares[ITEMS * DEMAND_MAX], room[3] = {4, 4, 4};
    int devices = (int)(small->alloc[type][0] / 4), count = 0;
    for (int i = 0; i < ITEMS; i++) {
        for (int k = 0; k < counts[i] && small->req[i][0] > 0; k++) {
            if (small->req[i][0] < 4)
                shares[count++] = small->req[i][0];
            else
                devices -= (int)(small->req[i][0] / 4);
        }
    }
    return devices >= 0 && shares_fit(shares, count, room, devices);
}

static bool may_share_node(const struct small *small, int type, const int *counts)
{
    for (int r = 0; r < RESOURCES; r++) {
        int64_t sum = 0;
        for (int i = 0; i < ITEMS; i++)
            sum += counts[i] * small->req[i][r];
        if (sum > small->alloc[type][r])
            return false;
    }
    for (int i = 0; i < ITEMS; i++) {
        const struct instance_item *item = &small->items[i];
        if (counts[i] > 0 &&
            (counts[i] > item->max_per_node || (item->may_use && !item->may_use[type])))
            return false;
        for (int p = 0; p < item->pair_count; p++) {
            if (counts[i] > 0 && counts[item->pairs[p].other] > item->pairs[p].other_max)
                return false;
        }
    }
    return small->instance.device_resource < 0 || devices_fit(small, type, counts);
}

/* least[state] of what is placed, with nodes of types[0..type]; state in digits of base 4. With
 * limits on numbers of nodes the types are taken one after the other, node by node. */
static int64_t least_cost(const struct small *small)
{
    int64_t least[STATES], next[STATES];
    int full = 0;
    for (int i = ITEMS - 1; i >= 0; i--)
        full = full * 4 + (int)small->items[i].demand;
    memset(least, 0x3f, sizeof least);
    least[0] = 0;
    for (int t = 0; t < small->instance.type_count; t++) {
        int64_t most = small->types[t].node_max;
        most = most < ITEMS * DEMAND_MAX ? most : ITEMS * DEMAND_MAX;
        for (int64_t n = 0; n < most; n++) {
            memcpy(next, least, sizeof next);
            for (int content = 1; content < STATES; content++) {
                int counts[ITEMS] = {content % 4, content / 4 % 4, content / 16};
                if (!may_share_node(small, t, counts))
                    continue;
                for (int from = 0; from + content < STATES; from++) {
                    bool carries = false;
                    for (int i = 0, s = from; i < ITEMS; i++, s /= 4)
                        carries = carries || s % 4 + counts[i] > small->items[i].demand;
                    int64_t cost = least[from] + small->types[t].price_nano;
                    if (!carries && cost < next[from + content])
                        next[from + content] = cost;
                }
            }
            memcpy(least, next, sizeof least);
        }
    }
    return least[full];
}

Test(instance_answer, plan_is_the_best_of_all_fleets_and_the_bound_never_above_it)
{
    enum { CASES = 4000 };
    const int64_t none = 0x3f3f3f3f3f3f3f3f;
    int feasible = 0, tight = 0, tried = 0, misfits = 0;
    for (uint64_t i = 0; i < CASES; i++) {
        struct rng rng = rng_stream(7, "instances", i);
        struct small small;
        struct instance_answer answer;
        struct err err = {.kind = ERR_NONE};
        draw(&small, &rng);
        int64_t least = least_cost(&small);
        cr_assert_eq(instance_answer_find(&answer, &small.instance, &err), 0, "%s", err.text);
        cr_assert_eq(answer.is_feasible, least < none, "case %d", (int)i);
        if (least >= none) {
            cr_assert(answer.is_proved_infeasible, "case %d", (int)i);
            cr_assert_neq(answer.reason[0], '\0');
            misfits += answer.misfit_count > 0;
        } else {
            feasible++;
            cr_assert_eq(answer.misfit_count, 0);
            cr_assert_not(answer.is_proved_infeasible);
            cr_assert_leq(answer.bound.best_nano, least, "case %d", (int)i);
            cr_assert(answer.bound.tried_nano == 0 || answer.bound.tried_nano == least);
            cr_assert(answer.bound.tried_nano == 0 || answer.bound.best_nano == least);
            cr_assert_leq(answer.bound.pattern_nano, least);
            cr_assert_leq(answer.bound.mixed_nano, least);
            cr_assert_eq(answer.cost_nano, least, "case %d", (int)i);
            tight += answer.bound.best_nano == least;
            tried += answer.bound.tried_nano > 0;
        }
        instance_answer_release(&answer);
    }
    cr_log_info("%d feasible, %d bounds tight, %d with an item that fits no type", feasible, tight,
                misfits);
    cr_assert_gt(feasible, CASES / 2);
    cr_assert_gt(CASES - feasible, misfits);
    cr_assert_gt(tight * 100, feasible * 95);
    cr_assert_gt(tried * 100, feasible * 10);
}

Test(instance_answer, shortage_is_proved_only_where_no_fleet_holds_all_items)
{
    enum { CASES = 12000 };
    const int64_t none = 0x3f3f3f3f3f3f3f3f;
    int infeasible = 0, proved = 0;
    for (uint64_t i = 0; i < CASES; i++) {
        struct rng rng = rng_stream(8, "shortages", i);
        char reason[INSTANCE_REASON_SIZE];
        struct small small;
        struct cover cover;
        struct err err = {.kind = ERR_NONE};
        bool is_proved, has_misfit = false;
        int64_t ticks_left = INSTANCE_TICKS_MAX;
        draw(&small, &rng);
        for (int32_t k = 0; k < ITEMS; k++)
            has_misfit = has_misfit || instance_never_fits(&small.instance, k, reason);
        if (has_misfit || small.types[0].node_max == INSTANCE_NO_LIMIT)
            continue;
        cr_assert_eq(cover_init(&cover, &small.instance, 1000, &err), 0);
        cr_assert_eq(shortage_prove(&cover, &is_proved, &ticks_left, &err), 0, "%s", err.text);
        if (least_cost(&small) >= none)
            infeasible++;
        else
            cr_assert_not(is_proved, "case %d", (int)i);
        proved += is_proved;
        cover_release(&cover);
    }
    cr_log_info("%d infeasible, %d of them proved", infeasible, proved);
    cr_assert_gt(infeasible, 50);
    cr_assert_gt(proved * 2, infeasible);
}

/* ---- bounded work ---- */

Test(instance_answer, is_valid_however_little_work_it_may_take)
{
    enum { CASES = 3000 };
    const int64_t none = 0x3f3f3f3f3f3f3f3f;
    int cut_short = 0;
    for (uint64_t i = 0; i < CASES; i++) {
        struct rng rng = rng_stream(9, "little work", i);
        struct small small;
        struct instance_answer answer;
        struct err err = {.kind = ERR_NONE};
        draw(&small, &rng);
        int64_t least = least_cost(&small);
        cr_assert_eq(
            instance_answer_find_within(&answer, &small.instance, below(&rng, 20000), &err), 0,
            "%s", err.text);
        cr_assert(least < none || !answer.is_feasible, "case %d", (int)i);
        cr_assert(least >= none || !answer.is_proved_infeasible, "case %d", (int)i);
        if (answer.is_feasible) {
            cr_assert_leq(answer.bound.best_nano, least, "case %d", (int)i);
            cr_assert_geq(answer.cost_nano, least, "case %d", (int)i);
            cut_short += !answer.bound.is_exact;
        }
        instance_answer_release(&answer);
    }
    cr_assert_gt(cut_short, CASES / 10);
}

/* A round that is begun is ended, with bounds alone. */
enum { HARD_SLACK = 2000000 };
enum { HARD_ITEMS = 90, HARD_TYPES = 8, HARD_RESOURCES = 3 };

/* Many different items, shares of devices, few nodes of each type. */
struct hard {
    struct instance instance;
    struct instance_item items[HARD_ITEMS];
    struct instance_type types[HARD_TYPES];
    int64_t req[HARD_ITEMS][HARD_RESOURCES], alloc[HARD_TYPES][HARD_RESOURCES];
};

static void draw_hard(struct hard *hard, struct rng *rng)
{
    static const double hard_units[HARD_RESOURCES] = {1, 1, 1};
    enum { DEVICE_UNITS = 100 };
    *hard = (struct hard){.instance = {.name = "hard",
                                       .resources = names,
                                       .unit = hard_units,
                                       .resource_count = HARD_RESOURCES,
                                       .device_resource = 2,
                                       .device_units = DEVICE_UNITS,
                                       .item_count = HARD_ITEMS,
                                       .type_count = HARD_TYPES,
                                       .has_prices = true}};
    hard->instance.items = hard->items;
    hard->instance.types = hard->types;
    for (int i = 0; i < HARD_ITEMS; i++) {
        hard->req[i][0] = 100 + below(rng, 8000);
        hard->req[i][1] = 100 + below(rng, 30000);
        hard->req[i][2] = 5 * below(rng, 20);
        hard->items[i] = (struct instance_item){.id = "hard",
                                                .demand = 1 + below(rng, 30),
                                                .max_per_node = INSTANCE_NO_LIMIT,
                                                .req = hard->req[i]};
    }
    for (int t = 0; t < HARD_TYPES; t++) {
        int64_t size = 1 + below(rng, 8);
        hard->alloc[t][0] = size * (9000 + below(rng, 3000));
        hard->alloc[t][1] = size * (30000 + below(rng, 20000));
        hard->alloc[t][2] = size * DEVICE_UNITS;
        hard->types[t] = (struct instance_type){.name = "hard",
                                                .alloc = hard->alloc[t],
                                                .price_nano = size * 900000000 + below(rng, 1000),
                                                .node_max = 300};
    }
}

Test(instance_answer, hard_instance_ends_with_a_plan_within_its_ticks)
{
    static const int64_t allowed[] = {1000000, 30000000, 300000000};
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
        struct rng rng = rng_stream(10, "hard", 0);
        struct hard hard;
        struct instance_answer answer;
        struct err err = {.kind = ERR_NONE};
        draw_hard(&hard, &rng);
        cr_assert_eq(instance_answer_find_within(&answer, &hard.instance, allowed[i], &err), 0,
                     "%s", err.text);
        cr_assert(answer.is_feasible);
        cr_assert_not(answer.bound.is_exact); /* it would take more */
        cr_assert_gt(answer.bound.best_nano, 0);
        cr_assert_leq(answer.bound.best_nano, answer.cost_nano);
        cr_assert_leq(answer.ticks, allowed[i] + HARD_SLACK, "%lld ticks", (long long)answer.ticks);
        instance_answer_release(&answer);
    }
}

/* ---- the published instance ---- */

static const char *data_path(const char *file, char path[4096])
{
    const char *folder = getenv("STOWAGE_DATA");
    snprintf(path, 4096, "%s/%s", folder ? folder : STOWAGE_SOURCE_DIR "/../shared/data", file);
    return path;
}

Test(instance_answer, comes_within_a_tenth_of_a_percent_on_the_openb_instance)
{
    char path[4096];
    struct instance instance;
    struct problems problems = {0};
    struct err err;
    FILE *file = fopen(data_path("cost-optimum/openb_cpu_aws_cpu.instance.json", path), "r");
    if (!file)
        cr_skip_test("%s is not there", path);
    fclose(file);
    cr_assert_eq(instance_load(&instance, path, &problems, &err), 0);
    struct instance_answer answer;
    cr_assert_eq(instance_answer_find(&answer, &instance, &err), 0);
    cr_assert(answer.bound.is_exact);
    /* The published proof says 785.6489, the value of the linear program 785.7244, the best fleet
     * known 785.7504. */
    cr_assert_geq(answer.bound.pattern_nano, INT64_C(785724380000));
    cr_assert_leq(answer.bound.pattern_nano, INT64_C(785724380690));
    cr_assert_leq(answer.bound.best_nano, INT64_C(785750400000));
    cr_assert_leq(answer.cost_nano, INT64_C(786400000000));
    instance_answer_release(&answer);
    instance_release(&instance);
    problems_release(&problems);
}
