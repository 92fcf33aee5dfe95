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
    COMPARED_MAX = 128,     /* labels that one is compared with */
    KEPT_ALL_MAX = 2000000, /* labels that are kept after all items together */
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
    int64_t work;
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
static int64_t bound_from(const struct breadth *breadth, int32_t first, const struct label *label,
                          const int64_t *room)
{
    int64_t room_weight = label->room_weight, total = label->profit;
    for (int32_t k = first; k < breadth->entry_count; k++) {
        const struct entry *entry = &breadth->entries[k];
        if (!fits(breadth, entry, room))
            continue;
        if (entry->all_weight > room_weight)
            return total + (int64_t)((int128)entry->profit * room_weight / entry->weight);
        room_weight -= entry->all_weight;
        total += entry->all_profit;
    }
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

static int add_label(struct breadth *breadth, const struct label *label, const int64_t *room,
                     struct err *err)
{
    struct labels *next = &breadth->next;
    int64_t resources = breadth->problem->resource_count;
    if (array_reserve(&next->items, &next->capacity, next->count + INT64_C(1), sizeof *next->items,
                      err) ||
        array_reserve(&next->rooms, &next->room_capacity, (next->count + 1) * resources,
                      sizeof *next->rooms, err))
        return -1;
    memcpy(&next->rooms[next->count * resources], room, (size_t)resources * sizeof *room);
    next->items[next->count] = *label;
    next->items[next->count].room = next->count;
    next->count++;
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
        breadth->work++;
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
        if (is_kept && add_label(breadth, &label, room, err))
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

static bool dominates(const struct breadth *breadth, const struct label *x, const struct label *y)
{
    const int64_t *x_room = room_of(breadth, &breadth->next, x);
    const int64_t *y_room = room_of(breadth, &breadth->next, y);
    if (x->profit < y->profit)
        return false;
    for (int32_t r = 0; r < breadth->problem->resource_count; r++) {
        if (x_room[r] < y_room[r])
            return false;
    }
    return true;
}

static bool is_dominated(const struct breadth *breadth, const struct label *kept, int32_t count,
                         const struct label *label)
{
    int32_t last = count > COMPARED_MAX ? count - COMPARED_MAX : 0;
    for (int32_t i = count - 1; i >= last; i--) {
        if (dominates(breadth, &kept[i], label))
            return true;
    }
    return false;
}

/* Keeps of `next` what is worth it, and makes it `now`. */
static void sift(struct breadth *breadth, int64_t labels_max)
{
    struct labels *next = &breadth->next;
    int32_t kept = 0;
    if (next->count > 0)
        qsort(next->items, (size_t)next->count, sizeof *next->items, compare_labels);
    for (int32_t i = 0; i < next->count && next->items[i].bound > breadth->best; i++) {
        if (is_dominated(breadth, next->items, kept, &next->items[i]))
            continue;
        if (kept >= labels_max) {
            int64_t bound = next->items[i].bound;
            breadth->dropped = bound > breadth->dropped ? bound : breadth->dropped;
            break;
        }
        next->items[kept++] = next->items[i];
    }
    next->count = kept;
    struct labels emptied = breadth->now;
    breadth->now = *next;
    emptied.count = 0;
    breadth->next = emptied;
}

static int run(struct breadth *breadth, int64_t labels_max, struct err *err)
{
    const struct knapsack *problem = breadth->problem;
    int64_t share = KEPT_ALL_MAX / (breadth->entry_count + 1);
    labels_max = labels_max < share ? labels_max : share;
    struct label first = {.room_weight = weigh(problem, problem->capacity), .step = -1};
    first.bound = bound_from(breadth, 0, &first, problem->capacity);
    if (add_label(breadth, &first, problem->capacity, err))
        return -1;
    sift(breadth, labels_max);
    for (int32_t k = 0; k < breadth->entry_count; k++) {
        for (int32_t i = 0; i < breadth->now.count; i++) {
            if (extend(breadth, &breadth->now.items[i], k, err))
                return -1;
        }
        sift(breadth, labels_max);
    }
    return 0;
}

/* ---- the answer ---- */

static bool devices_hold(const struct knapsack *problem, const int64_t *counts)
{
    enum { DEMANDS_MAX = 256 };
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
                        problem->device_units) == DEVICES_FIT;
}

static void read_best(const struct breadth *breadth, struct knapsack_answer *answer,
                      int64_t *counts)
{
    const struct knapsack *problem = breadth->problem;
    int64_t highest = breadth->dropped > breadth->best ? breadth->dropped : breadth->best;
    *answer = (struct knapsack_answer){.profit = -1,
                                       .upper_bound = highest,
                                       .steps = breadth->work,
                                       .is_cut_short = highest > breadth->best};
    if (breadth->best_step < 0)
        return;
    memset(counts, 0, (size_t)problem->item_count * sizeof *counts);
    for (int32_t s = breadth->best_step; s >= 0; s = breadth->steps[s].before)
        counts[breadth->steps[s].item] = breadth->steps[s].count;
    if (devices_hold(problem, counts))
        answer->profit = breadth->best;
}

bool knapsack_labels_apply(const struct knapsack *knapsack)
{
    return !knapsack->pair_first;
}

int knapsack_labels_solve(const struct knapsack *knapsack, const struct knapsack_limits *limits,
                          struct knapsack_answer *answer, int64_t *counts, struct err *err)
{
    struct breadth breadth = {
        .problem = knapsack, .best = limits->above, .best_step = -1, .dropped = -1};
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
