/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/knapsack_labels.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/int128.h"
#include "plan/devices.h"

/* Items come in falling order of profit per weight (of the surrogate constraint). After each of
 * them a label is kept for each content made so far, unless
 *   - the fractional bound of what can follow is not above the best content known, or
 *   - another label has no less profit and no less room of any resource (dominance). Labels are
 *     compared with those next to them in falling order of bound only: dominance that is missed
 *     costs time and no truth.
 * Where more labels are left than may be kept, those of the highest bounds stay, and the highest
 * bound among the others is remembered.
 *
 * Example: capacity 10, items of weight 6, 5, 4 and profit 13, 10, 8. After the first: {} with room
 * 10 and bound 8 + 10 = 18, {6} with room 4 and bound 21. The second does not fit {6}; the third
 * makes it 21, which is above the bound of all others. */

enum {
    COMPARED_MAX = 128, /* labels that one is compared with */
    COMPARED_PER_TICK = 2,
    KEPT_ALL_MAX = 2000000, /* labels that are kept after all items together */
    EXTEND_TICKS = 8,       /* of a label besides its bound: keeping and sorting it */
};

struct entry {
    int64_t profit, weight, count_max;
    int64_t all_profit, all_weight; /* of count_max */
    const int64_t *amounts;         /* [resource] of one */
    int32_t item;
};

struct label {
    int64_t profit, room_weight;
    int64_t bound; /* no content that continues it has more profit */
    int32_t step;  /* the last item taken, -1: none */
    int32_t room;  /* its room is rooms[room * resource_count] */
};

/* Items taken: one link of the chain that leads to a label. */
struct step {
    int32_t before, item;
    int64_t count;
};

struct labels {
    struct label *items;
    int64_t *rooms;
    int32_t count, capacity, room_capacity;
};

struct breadth {
    const struct knapsack *problem;
    struct entry *entries;
    int32_t entry_count;
    struct labels now, next;
    struct step *steps;
    int32_t step_count, step_capacity;
    int64_t best;      /* profit of the best content; limits.above at first */
    int32_t best_step; /* -1: none */
    int64_t dropped;   /* the highest bound that was dropped; -1: none */
    int64_t ticks, ticks_max;
};

/* ---- setting up ---- */

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int128 left = (int128)x->profit * y->weight, right = (int128)y->profit * x->weight;
    if (left != right)
        return left > right ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

static int64_t weigh(const struct knapsack *problem, const int64_t *amounts)
{
    int64_t sum = 0;
    for (int32_t r = 0; r < problem->resource_count; r++)
        sum += problem->multiplier[r] * amounts[r];
    return sum;
}

static int64_t fitting_count(const struct knapsack *problem, const int64_t *amounts, int64_t count)
{
    for (int32_t r = 0; r < problem->resource_count; r++) {
        if (amounts[r] > 0 && count > problem->capacity[r] / amounts[r])
            count = problem->capacity[r] / amounts[r];
    }
    return count;
}

static void add_entries(struct breadth *breadth)
{
    const struct knapsack *problem = breadth->problem;
    for (int32_t i = 0; i < problem->item_count; i++) {
        const int64_t *amounts = &problem->weight[(int64_t)i * problem->resource_count];
        int64_t count = fitting_count(problem, amounts, problem->count_max[i]);
        if (problem->profit[i] <= 0 || count <= 0)
            continue;
        struct entry entry = {.profit = problem->profit[i],
                              .weight = weigh(problem, amounts),
                              .count_max = count,
                              .amounts = amounts,
                              .item = i};
        entry.all_profit = entry.profit * count;
        entry.all_weight = entry.weight * count;
        breadth->entries[breadth->entry_count++] = entry;
    }
    qsort(breadth->entries, (size_t)breadth->entry_count, sizeof *breadth->entries,
          compare_entries);
}

/* ---- labels ---- */

static const int64_t *room_of(const struct breadth *breadth, const struct labels *labels,
                              const struct label *label)
{
    return &labels->rooms[(int64_t)label->room * breadth->problem->resource_count];
}

static bool fits(const struct breadth *breadth, const struct entry *entry, const int64_t *room)
{
    for (int32_t r = 0; r < breadth->problem->resource_count; r++) {
        if (entry->amounts[r] > room[r])
            return false;
    }
    return true;
}

/* The fractional bound (Dantzig) with entries from `first` on, of which those that do not fit any
 * more are left out. */
static int64_t bound_from(struct breadth *breadth, int32_t first, const struct label *label,
                          const int64_t *room)
{
    int64_t room_weight = label->room_weight, total = label->profit;
    int32_t k = first;
    for (; k < breadth->entry_count; k++) {
        const struct entry *entry = &breadth->entries[k];
        if (!fits(breadth, entry, room))
            continue;
        if (entry->all_weight > room_weight) {
            total += (int64_t)((int128)entry->profit * room_weight / entry->weight);
            break;
        }
        room_weight -= entry->all_weight;
        total += entry->all_profit;
    }
    breadth->ticks += k - first + EXTEND_TICKS;
    return total;
}

static int add_step(struct breadth *breadth, struct step step, struct err *err)
{
    if (array_reserve(&breadth->steps, &breadth->step_capacity, breadth->step_count + INT64_C(1),
                      sizeof *breadth->steps, err))
        return -1;
    breadth->steps[breadth->step_count++] = step;
    return 0;
}

static int add_label(const struct breadth *breadth, struct labels *labels,
                     const struct label *label, const int64_t *room, struct err *err)
{
    int64_t resources = breadth->problem->resource_count;
    if (array_reserve(&labels->items, &labels->capacity, labels->count + INT64_C(1),
                      sizeof *labels->items, err) ||
        array_reserve(&labels->rooms, &labels->room_capacity, (labels->count + 1) * resources,
                      sizeof *labels->rooms, err))
        return -1;
    memcpy(&labels->rooms[labels->count * resources], room, (size_t)resources * sizeof *room);
    labels->items[labels->count] = *label;
    labels->items[labels->count].room = labels->count;
    labels->count++;
    return 0;
}

/* The label with none, one, two, ... of entry k. */
static int extend(struct breadth *breadth, const struct label *from, int32_t k, struct err *err)
{
    const struct entry *entry = &breadth->entries[k];
    int64_t room[KNAPSACK_RESOURCES_MAX];
    int32_t resources = breadth->problem->resource_count;
    struct label label = *from;
    memcpy(room, room_of(breadth, &breadth->now, from), (size_t)resources * sizeof *room);
    for (int64_t n = 0;; n++) {
        label.bound = bound_from(breadth, k + 1, &label, room);
        bool is_kept = label.bound > breadth->best;
        if (is_kept && n > 0) {
            label.step = breadth->step_count;
            struct step step = {.before = from->step, .item = entry->item, .count = n};
            if (add_step(breadth, step, err))
                return -1;
        }
        if (label.profit > breadth->best) {
            breadth->best = label.profit;
            breadth->best_step = label.step;
        }
        if (is_kept && add_label(breadth, &breadth->next, &label, room, err))
            return -1;
        if (n == entry->count_max || !fits(breadth, entry, room))
            return 0;
        for (int32_t r = 0; r < resources; r++)
            room[r] -= entry->amounts[r];
        label.profit += entry->profit;
        label.room_weight -= entry->weight;
    }
}

/* ---- from one item to the next ---- */

/* By bound, the highest first. */
static int compare_labels(const void *a, const void *b)
{
    const struct label *x = a, *y = b;
    if (x->bound != y->bound)
        return x->bound > y->bound ? -1 : 1;
    if (x->profit != y->profit)
        return x->profit > y->profit ? -1 : 1;
    return x->room < y->room ? -1 : x->room > y->room;
}

/* Labels lie by falling bound, their rooms in the same order: the comparisons go through memory
 * one after the other. */
static bool is_dominated(struct breadth *breadth, const struct label *label, const int64_t *room)
{
    const struct labels *kept = &breadth->now;
    int32_t resources = breadth->problem->resource_count;
    int32_t last = kept->count > COMPARED_MAX ? kept->count - COMPARED_MAX : 0;
    int32_t i = kept->count - 1;
    bool is_less = false;
    for (; i >= last && !is_less; i--) {
        const int64_t *other = &kept->rooms[(int64_t)i * resources];
        is_less = kept->items[i].profit >= label->profit;
        for (int32_t r = 0; r < resources && is_less; r++)
            is_less = other[r] >= room[r];
    }
    breadth->ticks += (kept->count - i) / COMPARED_PER_TICK;
    return is_less;
}

static void drop(struct breadth *breadth, int64_t bound)
{
    breadth->dropped = bound > breadth->dropped ? bound : breadth->dropped;
}

/* Keeps of `next` what is worth it, as `now`. */
static int sift(struct breadth *breadth, int64_t labels_max, struct err *err)
{
    struct labels *next = &breadth->next, *now = &breadth->now;
    now->count = 0;
    if (next->count > 0)
        qsort(next->items, (size_t)next->count, sizeof *next->items, compare_labels);
    for (int32_t i = 0; i < next->count && next->items[i].bound > breadth->best; i++) {
        const struct label *label = &next->items[i];
        const int64_t *room = room_of(breadth, next, label);
        if (is_dominated(breadth, label, room))
            continue;
        if (now->count >= labels_max) {
            drop(breadth, label->bound);
            break;
        }
        if (add_label(breadth, now, label, room, err))
            return -1;
    }
    next->count = 0;
    return 0;
}

/* Labels come by falling bound: where ticks run out, the next one's bounds all others. */
static int extend_all(struct breadth *breadth, int32_t k, struct err *err)
{
    for (int32_t i = 0; i < breadth->now.count; i++) {
        if (breadth->ticks >= breadth->ticks_max) {
            drop(breadth, breadth->now.items[i].bound);
            return 0;
        }
        if (extend(breadth, &breadth->now.items[i], k, err))
            return -1;
    }
    return 0;
}

static int run(struct breadth *breadth, int64_t labels_max, struct err *err)
{
    const struct knapsack *problem = breadth->problem;
    int64_t share = KEPT_ALL_MAX / (breadth->entry_count + 1);
    labels_max = labels_max < share ? labels_max : share;
    struct label first = {.room_weight = weigh(problem, problem->capacity), .step = -1};
    first.bound = bound_from(breadth, 0, &first, problem->capacity);
    if (add_label(breadth, &breadth->next, &first, problem->capacity, err) ||
        sift(breadth, labels_max, err))
        return -1;
    for (int32_t k = 0; k < breadth->entry_count; k++) {
        if (extend_all(breadth, k, err) || sift(breadth, labels_max, err))
            return -1;
    }
    return 0;
}

/* ---- the answer ---- */

static bool devices_hold(struct breadth *breadth, const int64_t *counts)
{
    enum { DEMANDS_MAX = 256 };
    const struct knapsack *problem = breadth->problem;
    struct device_demand demands[DEMANDS_MAX];
    int32_t demand_count = 0, d = problem->device_resource;
    if (d < 0)
        return true;
    for (int32_t i = 0; i < problem->item_count; i++) {
        int64_t units = problem->weight[(int64_t)i * problem->resource_count + d];
        if (counts[i] == 0 || units == 0)
            continue;
        if (demand_count == DEMANDS_MAX)
            return false;
        demands[demand_count++] = (struct device_demand){.units = units, .count = counts[i]};
    }
    return devices_pack(demands, demand_count, problem->capacity[d] / problem->device_units,
                        problem->device_units, &breadth->ticks) == DEVICES_FIT;
}

static void read_best(struct breadth *breadth, struct knapsack_answer *answer, int64_t *counts)
{
    const struct knapsack *problem = breadth->problem;
    int64_t highest = breadth->dropped > breadth->best ? breadth->dropped : breadth->best;
    *answer = (struct knapsack_answer){.profit = -1,
                                       .upper_bound = highest,
                                       .ticks = breadth->ticks,
                                       .is_cut_short = highest > breadth->best};
    if (breadth->best_step < 0)
        return;
    memset(counts, 0, (size_t)problem->item_count * sizeof *counts);
    for (int32_t s = breadth->best_step; s >= 0; s = breadth->steps[s].before)
        counts[breadth->steps[s].item] = breadth->steps[s].count;
    if (devices_hold(breadth, counts))
        answer->profit = breadth->best;
}

bool knapsack_labels_apply(const struct knapsack *knapsack)
{
    return !knapsack->pair_first;
}

int knapsack_labels_solve(const struct knapsack *knapsack, const struct knapsack_limits *limits,
                          struct knapsack_answer *answer, int64_t *counts, struct err *err)
{
    struct breadth breadth = {.problem = knapsack,
                              .ticks_max = limits->ticks_max,
                              .best = limits->above,
                              .best_step = -1,
                              .dropped = -1};
    breadth.entries = calloc((size_t)knapsack->item_count + 1, sizeof *breadth.entries);
    int result = breadth.entries ? 0 : err_no_memory(err);
    if (result == 0) {
        add_entries(&breadth);
        result = run(&breadth, limits->steps_max, err);
    }
    if (result == 0)
        read_best(&breadth, answer, counts);
    free(breadth.entries);
    free(breadth.now.items);
    free(breadth.now.rooms);
    free(breadth.next.items);
    free(breadth.next.rooms);
    free(breadth.steps);
    return result;
}
