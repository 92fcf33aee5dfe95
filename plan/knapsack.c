/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/knapsack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/int128.h"
#include "plan/devices.h"

/* The search tree has one level per item, in falling order of profit per weight. It goes down by
 * taking as many of each as fit, and comes back by giving one up at a time.
 *
 * Example: capacity 10, items of weight 6, 5, 4 and profit 13, 10, 8, one of each. The order is
 * 13/6, 10/5, 8/4; the fractional bound at the top is 13 + 4/5 * 10 = 21. Down: 13, then 4 left: no
 * item of 5, but that of 4: 21 = the bound, so nothing else need be tried. */

/* One item in the order of the search. */
struct level {
    int64_t profit, weight; /* of one; the weight is the surrogate's */
    int64_t count_max;
    int64_t all_profit, all_weight; /* of count_max */
    int64_t count;                  /* taken at present */
    int32_t item;
};

/* A further surrogate constraint, which leans to one resource: it bounds well where that resource
 * has become the scarce one. */
struct leaning {
    int64_t multiplier[KNAPSACK_RESOURCES_MAX];
    int64_t *weight, *all_weight; /* [level] */
    int32_t *order;               /* [level] levels in falling order of profit per weight */
};

enum { LEANINGS_MAX = 4 };

/* What setting up costs for each level: sorting, mostly. */
enum { SETUP_TICKS = 16 };

struct search {
    const struct knapsack *problem;
    const struct knapsack_limits *limits;
    struct level *levels;
    int32_t level_count;
    int64_t *weights;    /* [level][resource] */
    int64_t *room;       /* [resource] */
    int32_t *level_of;   /* [item]; -1: not in the search */
    int64_t room_weight; /* of the surrogate */
    int64_t profit;      /* of what is taken */
    int64_t best, steps, ticks;
    bool has_best;
    int64_t *best_counts;
    struct ranked *ranked; /* [level] scratch */
    struct leaning leanings[LEANINGS_MAX];
    int32_t leaning_count;
    int64_t *tail; /* [level + 1][resource] what all items from a level on would take */
    struct knapsack_work *work;
    bool keeps_states; /* states are told apart by their room alone: no pairs, no devices */
};

/* The table of states: SEEN_SLOTS slots of [search, level, profit, room...]. A state replaces the
 * one in its slot. */
enum { SEEN_SLOTS = 1 << 16, SEEN_HEAD = 3 };

/* For sorting the levels of a leaning. */
struct ranked {
    int64_t profit, weight;
    int32_t level;
};

/* ---- memory ---- */

int knapsack_work_init(struct knapsack_work *work, int32_t item_max, int32_t resource_max,
                       struct err *err)
{
    size_t items = (size_t)item_max, resources = (size_t)resource_max;
    size_t integers =
        items * resources + resources + (items + 1) * resources + 2 * LEANINGS_MAX * items;
    size_t bytes = items * (sizeof(struct level) + sizeof(struct ranked)) +
                   integers * sizeof(int64_t) + (LEANINGS_MAX + 1) * items * sizeof(int32_t);
    *work = (struct knapsack_work){.item_max = item_max, .resource_max = resource_max};
    work->memory = malloc(bytes);
    work->seen = calloc((size_t)SEEN_SLOTS, (SEEN_HEAD + resources) * sizeof *work->seen);
    if (!work->memory || !work->seen) {
        knapsack_work_release(work);
        return err_no_memory(err);
    }
    return 0;
}

void knapsack_work_release(struct knapsack_work *work)
{
    free(work->memory);
    free(work->seen);
    *work = (struct knapsack_work){0};
}

/* ---- setting up ---- */

/* Before 0: x has more profit for its weight. */
static int compare_rates(int64_t profit_x, int64_t weight_x, int64_t profit_y, int64_t weight_y)
{
    int128 left = (int128)profit_x * weight_y, right = (int128)profit_y * weight_x;
    return left > right ? -1 : left < right;
}

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    int rates = compare_rates(x->profit, x->weight, y->profit, y->weight);
    if (rates != 0)
        return rates;
    return x->level < y->level ? -1 : 1;
}

static int compare_levels(const void *a, const void *b)
{
    const struct level *x = a, *y = b;
    int rates = compare_rates(x->profit, x->weight, y->profit, y->weight);
    if (rates != 0)
        return rates;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return x->item < y->item ? -1 : 1;
}

static int64_t fitting_count(const struct search *search, const int64_t *weight, int64_t count)
{
    for (int32_t r = 0; r < search->problem->resource_count && count > 0; r++) {
        if (weight[r] * count > search->room[r])
            count = search->room[r] / weight[r];
    }
    return count;
}

static bool is_too_large(const struct search *search, const int64_t *weight)
{
    for (int32_t r = 0; r < search->problem->resource_count; r++) {
        if (weight[r] > search->room[r])
            return true;
    }
    return false;
}

static int64_t weigh(const struct knapsack *problem, const int64_t *multiplier,
                     const int64_t *amounts)
{
    int64_t sum = 0;
    for (int32_t r = 0; r < problem->resource_count; r++)
        sum += multiplier[r] * amounts[r];
    return sum;
}

static int64_t capped_count(const struct search *search, const int64_t *weight, int64_t count)
{
    for (int32_t r = 0; r < search->problem->resource_count; r++) {
        if (weight[r] > 0 && count > search->room[r] / weight[r])
            count = search->room[r] / weight[r];
    }
    return count;
}

static void add_levels(struct search *search)
{
    const struct knapsack *problem = search->problem;
    int32_t resources = problem->resource_count;
    for (int32_t i = 0; i < problem->item_count; i++) {
        const int64_t *weight = &problem->weight[(int64_t)i * resources];
        if (problem->profit[i] <= 0 || problem->count_max[i] <= 0 || is_too_large(search, weight))
            continue;
        struct level *level = &search->levels[search->level_count++];
        *level = (struct level){.profit = problem->profit[i],
                                .weight = weigh(problem, problem->multiplier, weight),
                                .count_max = capped_count(search, weight, problem->count_max[i]),
                                .item = i};
        level->all_profit = level->profit * level->count_max;
        level->all_weight = level->weight * level->count_max;
    }
    qsort(search->levels, (size_t)search->level_count, sizeof *search->levels, compare_levels);
    for (int32_t i = 0; i < problem->item_count; i++)
        search->level_of[i] = -1;
    for (int32_t k = 0; k < search->level_count; k++) {
        int32_t item = search->levels[k].item;
        search->level_of[item] = k;
        memcpy(&search->weights[(int64_t)k * resources],
               &problem->weight[(int64_t)item * resources], (size_t)resources * sizeof(int64_t));
    }
}

static void add_tails(struct search *search)
{
    int32_t resources = search->problem->resource_count;
    for (int32_t r = 0; r < resources; r++)
        search->tail[(int64_t)search->level_count * resources + r] = 0;
    for (int32_t k = search->level_count - 1; k >= 0; k--) {
        for (int32_t r = 0; r < resources; r++) {
            int64_t all = search->weights[(int64_t)k * resources + r] * search->levels[k].count_max;
            search->tail[(int64_t)k * resources + r] =
                search->tail[(int64_t)(k + 1) * resources + r] + all;
        }
    }
}

/* The multipliers of the search mixed with as much again of one resource. */
static void lean(struct search *search, struct leaning *leaning, int32_t resource)
{
    const struct knapsack *problem = search->problem;
    for (int32_t r = 0; r < problem->resource_count; r++)
        leaning->multiplier[r] = problem->multiplier[r] / 2;
    leaning->multiplier[resource] += (INT64_C(1) << 59) / problem->capacity[resource];
    for (int32_t k = 0; k < search->level_count; k++) {
        const int64_t *weight = &search->weights[(int64_t)k * problem->resource_count];
        leaning->weight[k] = weigh(problem, leaning->multiplier, weight);
        leaning->all_weight[k] = leaning->weight[k] * search->levels[k].count_max;
        search->ranked[k] = (struct ranked){
            .profit = search->levels[k].profit, .weight = leaning->weight[k], .level = k};
    }
    qsort(search->ranked, (size_t)search->level_count, sizeof *search->ranked, compare_ranked);
    for (int32_t k = 0; k < search->level_count; k++)
        leaning->order[k] = search->ranked[k].level;
}

/* One leaning for each resource that can run out. */
static void add_leanings(struct search *search)
{
    for (int32_t r = 0; r < search->problem->resource_count; r++) {
        bool can_run_out = search->tail[r] > search->room[r] && search->room[r] > 0;
        if (can_run_out && search->leaning_count < LEANINGS_MAX)
            lean(search, &search->leanings[search->leaning_count++], r);
    }
}

/* Lays the arrays out in the memory of the work. */
static void lay_out(struct search *search, struct knapsack_work *work)
{
    size_t items = (size_t)work->item_max, resources = (size_t)work->resource_max;
    search->levels = work->memory;
    search->ranked = (struct ranked *)(search->levels + items);
    search->weights = (int64_t *)(search->ranked + items);
    search->room = search->weights + items * resources;
    search->tail = search->room + resources;
    int64_t *next = search->tail + (items + 1) * resources;
    for (int32_t i = 0; i < LEANINGS_MAX; i++) {
        search->leanings[i].weight = next;
        search->leanings[i].all_weight = next + items;
        next += 2 * items;
    }
    search->level_of = (int32_t *)next;
    for (int32_t i = 0; i < LEANINGS_MAX; i++)
        search->leanings[i].order = search->level_of + ((size_t)i + 1) * items;
}

static void open_search(struct search *search, struct knapsack_work *work)
{
    const struct knapsack *problem = search->problem;
    assert(problem->item_count <= work->item_max);
    assert(problem->resource_count <= work->resource_max);
    lay_out(search, work);
    search->work = work;
    search->keeps_states = !problem->pair_first && problem->device_resource < 0;
    work->search++;
    memcpy(search->room, problem->capacity, (size_t)problem->resource_count * sizeof(int64_t));
    search->room_weight = weigh(problem, problem->multiplier, problem->capacity);
    add_levels(search);
    add_tails(search);
    add_leanings(search);
    search->ticks = (int64_t)problem->item_count +
                    (int64_t)SETUP_TICKS * search->level_count * (search->leaning_count + 1);
}

/* ---- the bound ---- */

/* No content that continues the present one with items from `first` on has more than this. */
static int64_t main_bound(const struct search *search, int32_t first)
{
    int32_t resources = search->problem->resource_count;
    int64_t room = search->room_weight, total = search->profit;
    for (int32_t k = first; k < search->level_count; k++) {
        const struct level *level = &search->levels[k];
        if (is_too_large(search, &search->weights[(int64_t)k * resources]))
            continue;
        if (level->all_weight > room)
            return total + (int64_t)((int128)level->profit * room / level->weight);
        room -= level->all_weight;
        total += level->all_profit;
    }
    return total;
}

/* Is bound(first) above the best? Without a division. */
static bool main_may_improve(struct search *search, int32_t first)
{
    int32_t resources = search->problem->resource_count;
    int64_t room = search->room_weight, missing = search->best - search->profit;
    int32_t k = first;
    bool is_full = false, may = false;
    for (; k < search->level_count && missing >= 0 && !is_full; k++) {
        const struct level *level = &search->levels[k];
        if (is_too_large(search, &search->weights[(int64_t)k * resources]))
            continue;
        is_full = level->all_weight > room;
        if (is_full)
            may = (int128)level->profit * room >= ((int128)missing + 1) * level->weight;
        room -= level->all_weight;
        missing -= is_full ? 0 : level->all_profit;
    }
    search->ticks += k - first;
    return is_full ? may : missing < 0;
}

/* The same with the weights of a leaning. */
static bool leaning_may_improve(struct search *search, const struct leaning *leaning, int32_t first)
{
    int32_t resources = search->problem->resource_count;
    int64_t room = weigh(search->problem, leaning->multiplier, search->room);
    int64_t missing = search->best - search->profit;
    int32_t i = 0;
    bool is_full = false, may = false;
    for (; i < search->level_count && missing >= 0 && !is_full; i++) {
        int32_t k = leaning->order[i];
        const struct level *level = &search->levels[k];
        if (k < first || is_too_large(search, &search->weights[(int64_t)k * resources]))
            continue;
        is_full = leaning->all_weight[k] > room;
        if (is_full)
            may = (int128)level->profit * room >= ((int128)missing + 1) * leaning->weight[k];
        room -= leaning->all_weight[k];
        missing -= is_full ? 0 : level->all_profit;
    }
    search->ticks += i;
    return is_full ? may : missing < 0;
}

static int64_t leaning_bound(const struct search *search, const struct leaning *leaning,
                             int32_t first)
{
    int32_t resources = search->problem->resource_count;
    int64_t room = weigh(search->problem, leaning->multiplier, search->room);
    int64_t total = search->profit;
    for (int32_t i = 0; i < search->level_count; i++) {
        int32_t k = leaning->order[i];
        const struct level *level = &search->levels[k];
        if (k < first || is_too_large(search, &search->weights[(int64_t)k * resources]))
            continue;
        if (leaning->all_weight[k] > room)
            return total + (int64_t)((int128)level->profit * room / leaning->weight[k]);
        room -= leaning->all_weight[k];
        total += level->all_profit;
    }
    return total;
}

static int64_t bound(struct search *search, int32_t first)
{
    search->ticks += (int64_t)(search->leaning_count + 1) * search->level_count;
    int64_t least = main_bound(search, first);
    for (int32_t i = 0; i < search->leaning_count; i++) {
        int64_t other = leaning_bound(search, &search->leanings[i], first);
        least = other < least ? other : least;
    }
    return least;
}

static bool may_improve(struct search *search, int32_t first)
{
    bool may = main_may_improve(search, first);
    for (int32_t i = 0; may && i < search->leaning_count; i++)
        may = leaning_may_improve(search, &search->leanings[i], first);
    return may;
}

/* ---- side constraints ---- */

static int64_t allowed_by_pairs(const struct search *search, const struct level *level,
                                int64_t count)
{
    const struct knapsack *problem = search->problem;
    if (!problem->pair_first)
        return count;
    int32_t last = problem->pair_first[level->item + 1];
    for (int32_t p = problem->pair_first[level->item]; p < last && count > 0; p++) {
        const struct knapsack_pair *pair = &problem->pairs[p];
        int32_t k = search->level_of[pair->item];
        int64_t other = k >= 0 ? search->levels[k].count : 0;
        if (other > pair->other_max)
            return 0;
        if (other > 0 && count > pair->own_max)
            count = pair->own_max;
    }
    return count;
}

/* The present content with `count` of this level: can its devices be packed? */
static bool devices_allow(struct search *search, int32_t k, int64_t count)
{
    enum { DEMANDS_MAX = 256 };
    const struct knapsack *problem = search->problem;
    int32_t r = problem->device_resource;
    struct device_demand demands[DEMANDS_MAX];
    int32_t demand_count = 0;
    search->ticks += k + 1;
    for (int32_t i = 0; i <= k; i++) {
        int64_t units = search->weights[(int64_t)i * problem->resource_count + r];
        int64_t taken = i == k ? count : search->levels[i].count;
        if (units == 0 || taken == 0)
            continue;
        if (demand_count == DEMANDS_MAX)
            return search->limits->trusts_devices;
        demands[demand_count++] = (struct device_demand){.units = units, .count = taken};
    }
    int64_t device_count = problem->capacity[r] / problem->device_units;
    enum devices_answer answer =
        devices_pack(demands, demand_count, device_count, problem->device_units, &search->ticks);
    if (answer == DEVICES_UNKNOWN)
        return search->limits->trusts_devices;
    return answer == DEVICES_FIT;
}

/* As many of level k as may join the present content. */
static int64_t takable(struct search *search, int32_t k)
{
    const struct knapsack *problem = search->problem;
    const struct level *level = &search->levels[k];
    const int64_t *weight = &search->weights[(int64_t)k * problem->resource_count];
    int64_t count = fitting_count(search, weight, level->count_max);
    if (count > 0)
        count = allowed_by_pairs(search, level, count);
    if (problem->device_resource >= 0 && weight[problem->device_resource] > 0) {
        while (count > 0 && !devices_allow(search, k, count))
            count--;
    }
    return count;
}

/* ---- the search ---- */

/* Takes `count` more of level k; negative: gives them back. */
static void take(struct search *search, int32_t k, int64_t count)
{
    int32_t resources = search->problem->resource_count;
    struct level *level = &search->levels[k];
    const int64_t *weight = &search->weights[(int64_t)k * resources];
    for (int32_t r = 0; r < resources; r++)
        search->room[r] -= weight[r] * count;
    search->room_weight -= level->weight * count;
    search->profit += level->profit * count;
    level->count += count;
}

static void keep_best(struct search *search)
{
    if (search->profit <= search->best)
        return;
    search->best = search->profit;
    search->has_best = true;
    memset(search->best_counts, 0, (size_t)search->problem->item_count * sizeof(int64_t));
    for (int32_t k = 0; k < search->level_count; k++)
        search->best_counts[search->levels[k].item] = search->levels[k].count;
}

static bool is_over(const struct search *search)
{
    return search->best >= search->limits->stop_at || search->steps >= search->limits->steps_max ||
           search->ticks >= search->limits->ticks_max;
}

/* Was this room at this level met before with no less profit? Keeps it if not. Room that all items
 * that are left could not fill counts as what they could. */
static bool is_seen(const struct search *search, int32_t k)
{
    int32_t resources = search->problem->resource_count;
    const int64_t *tail = &search->tail[(int64_t)k * resources];
    int64_t room[KNAPSACK_RESOURCES_MAX];
    uint64_t hash = (uint64_t)k;
    for (int32_t r = 0; r < resources; r++) {
        room[r] = search->room[r] < tail[r] ? search->room[r] : tail[r];
        hash = (hash ^ (uint64_t)room[r]) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    int64_t *slot = &search->work->seen[(int64_t)(hash % SEEN_SLOTS) * (SEEN_HEAD + resources)];
    size_t room_bytes = (size_t)resources * sizeof *room;
    if (slot[0] == search->work->search && slot[1] == k && slot[2] >= search->profit &&
        memcmp(&slot[SEEN_HEAD], room, room_bytes) == 0)
        return true;
    slot[0] = search->work->search;
    slot[1] = k;
    slot[2] = search->profit;
    memcpy(&slot[SEEN_HEAD], room, room_bytes);
    return false;
}

/* Down from level k as long as that may improve; returns the level reached. */
static int32_t descend(struct search *search, int32_t k)
{
    for (; k < search->level_count && may_improve(search, k); k++) {
        if (search->keeps_states && is_seen(search, k))
            break;
        int64_t count = takable(search, k);
        if (count > 0)
            take(search, k, count);
        search->steps++;
    }
    if (k == search->level_count)
        keep_best(search);
    return k;
}

/* Giving up one of level k can be made good by later items at their best rate at most, so where
 * even that does not improve, giving up more of it does not either. (The bound proper does not fall
 * with every one given up: items that were too large fit again.) */
static bool is_exhausted(const struct search *search, int32_t k)
{
    if (k + 1 == search->level_count)
        return search->profit <= search->best;
    const struct level *next = &search->levels[k + 1];
    int64_t missing = search->best - search->profit;
    return missing >= 0 && next->weight > 0 &&
           (int128)next->profit * search->room_weight < ((int128)missing + 1) * next->weight;
}

/* Up from level k to one where giving one up may still improve; -1: there is none. */
static int32_t climb(struct search *search, int32_t k)
{
    for (k--; k >= 0; k--) {
        while (search->levels[k].count > 0) {
            search->steps++;
            take(search, k, -1);
            if (may_improve(search, k + 1))
                return k + 1;
            if (is_exhausted(search, k))
                take(search, k, -search->levels[k].count);
        }
    }
    return -1;
}

/* The search is given up with its next step at level k: bounds what was not looked at. */
static int64_t bound_of_rest(struct search *search, int32_t k)
{
    int64_t highest = bound(search, k);
    for (k--; k >= 0; k--) {
        while (search->levels[k].count > 0) {
            take(search, k, -1);
            int64_t here = bound(search, k + 1);
            highest = here > highest ? here : highest;
        }
    }
    return highest;
}

struct knapsack_answer knapsack_solve(const struct knapsack *knapsack,
                                      const struct knapsack_limits *limits,
                                      struct knapsack_work *work, int64_t *counts)
{
    struct search search = {
        .problem = knapsack, .limits = limits, .best = limits->above, .best_counts = counts};
    open_search(&search, work);
    int32_t k = 0;
    while (k >= 0 && !is_over(&search))
        k = climb(&search, descend(&search, k));
    struct knapsack_answer answer = {.profit = search.has_best ? search.best : -1,
                                     .upper_bound = search.best};
    if (k >= 0) {
        answer.is_cut_short = search.best < limits->stop_at;
        int64_t rest = bound_of_rest(&search, k);
        answer.upper_bound = rest > search.best ? rest : search.best;
    }
    answer.ticks = search.ticks;
    return answer;
}
