/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/place.h"

#include <stdlib.h>
#include <string.h>

/* Places for items of a row on a node. */
struct slot {
    int32_t node;
    int64_t count;
};

/* After so many trials of items on new nodes there is no more choosing among types. */
#define TRIALS_MAX INT64_C(500000000)

struct ranked_item {
    int32_t item;
    bool has_limits;
    int32_t pair_count;
    int64_t worth, size; /* size: of its largest share of any capacity, in millionths */
};

struct placing {
    struct fleet_plan *plan;
    const struct cover *cover;
    const int64_t *worth;
    struct slot *slots;        /* [slot_first[row]..slot_first[row] + slot_count[row]) */
    int32_t *slot_first;       /* [row + 1] */
    int32_t *slot_count;       /* [row] */
    int64_t *left;             /* [item] still to be placed */
    int64_t *trial_left;       /* [item] scratch */
    struct ranked_item *order; /* [item] */
    int32_t *types;            /* [type_count] of the instance, that are worth trying */
    int32_t type_count;
    struct item_limits limits;
    int64_t trials;    /* items that were tried on new nodes, so far */
    int32_t last_type; /* of the last new node; -1: none yet */
};

/* ---- setting up ---- */

static int64_t largest_share(const struct instance *instance, int32_t item)
{
    int64_t largest = 0;
    for (int32_t r = 0; r < instance->resource_count; r++) {
        int64_t most = 1;
        for (int32_t t = 0; t < instance->type_count; t++)
            most = instance->types[t].alloc[r] > most ? instance->types[t].alloc[r] : most;
        int64_t share = (int64_t)((int128)instance->items[item].req[r] * 1000000 / most);
        largest = share > largest ? share : largest;
    }
    return largest;
}

/* By worth, the most first. */
static int compare_worth(const void *a, const void *b)
{
    const struct ranked_item *x = a, *y = b;
    if (x->worth != y->worth)
        return x->worth > y->worth ? -1 : 1;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

/* By limits, the most first. */
static int compare_limits(const void *a, const void *b)
{
    const struct ranked_item *x = a, *y = b;
    if (x->pair_count != y->pair_count)
        return x->pair_count > y->pair_count ? -1 : 1;
    if (x->has_limits != y->has_limits)
        return x->has_limits ? -1 : 1;
    return compare_worth(a, b);
}

static void fill_order(struct placing *placing)
{
    const struct cover *cover = placing->cover;
    const struct instance *instance = cover->instance;
    for (int32_t i = 0; i < instance->item_count; i++) {
        const struct instance_item *item = &instance->items[i];
        placing->left[i] = item->demand;
        placing->order[i] =
            (struct ranked_item){.item = i,
                                 .pair_count = item->pair_count,
                                 .has_limits = item->max_per_node != INSTANCE_NO_LIMIT,
                                 .worth = placing->worth[cover->row_of[i]],
                                 .size = largest_share(instance, i)};
    }
}

/* One node for each copy of each pattern, and its places by row. */
static int open_nodes(struct placing *placing, const struct node_set *set, struct err *err)
{
    const struct cover *cover = placing->cover;
    for (int32_t p = 0; p < set->nodes.count; p++) {
        const struct pattern *pattern = &set->nodes.items[p];
        const struct pattern_entry *entries = pattern_entries(&set->nodes, p);
        for (int64_t copy = 0; copy < set->copies[p]; copy++) {
            int32_t type = cover->types[pattern->type].type;
            int32_t node = fleet_plan_open(placing->plan, type, err);
            if (node < 0)
                return -1;
            for (int32_t e = 0; e < pattern->entry_count; e++) {
                int32_t row = entries[e].row;
                placing->slots[placing->slot_first[row] + placing->slot_count[row]++] =
                    (struct slot){.node = node, .count = entries[e].count};
            }
        }
    }
    return 0;
}

static int make_slots(struct placing *placing, const struct node_set *set, struct err *err)
{
    const struct cover *cover = placing->cover;
    int64_t total = 0;
    for (int32_t p = 0; p < set->nodes.count; p++) {
        const struct pattern_entry *entries = pattern_entries(&set->nodes, p);
        for (int32_t e = 0; e < set->nodes.items[p].entry_count; e++) {
            total += set->copies[p];
            if (total > INT32_MAX)
                return err_set(err, ERR_LIMIT, "the plan has too many nodes to be listed");
            placing->slot_first[entries[e].row + 1] += (int32_t)set->copies[p];
        }
    }
    for (int32_t i = 0; i < cover->row_count; i++)
        placing->slot_first[i + 1] += placing->slot_first[i];
    placing->slots = calloc((size_t)total + 1, sizeof *placing->slots);
    if (!placing->slots)
        return err_no_memory(err);
    return open_nodes(placing, set, err);
}

/* ---- into the places of the patterns ---- */

static int fill_slots_of(struct placing *placing, int32_t item, struct err *err)
{
    int32_t row = placing->cover->row_of[item];
    struct slot *slots = &placing->slots[placing->slot_first[row]];
    item_limits_turn_to(&placing->limits, placing->cover->instance, item);
    for (int32_t s = 0; s < placing->slot_count[row] && placing->left[item] > 0;) {
        while (placing->left[item] > 0 && slots[s].count > 0 &&
               fleet_plan_takes(placing->plan, slots[s].node, &placing->limits)) {
            if (fleet_plan_put(placing->plan, slots[s].node, item, err))
                return -1;
            slots[s].count--;
            placing->left[item]--;
        }
        if (slots[s].count == 0)
            slots[s] = slots[--placing->slot_count[row]];
        else
            s++;
    }
    return 0;
}

static int fill_slots(struct placing *placing, struct err *err)
{
    int32_t items = placing->cover->instance->item_count;
    qsort(placing->order, (size_t)items, sizeof *placing->order, compare_limits);
    for (int32_t i = 0; i < items; i++) {
        if (fill_slots_of(placing, placing->order[i].item, err))
            return -1;
    }
    return 0;
}

/* ---- wherever there is room ---- */

/* What is free on the node, summed over the resources in shares of the type's capacity: the less,
 * the better it suits (best fit). */
static double free_share(const struct fleet_plan *plan, int32_t node)
{
    const struct instance *instance = plan->instance;
    const int64_t *alloc = instance->types[plan->nodes[node].type].alloc;
    double sum = 0;
    for (int32_t r = 0; r < instance->resource_count; r++) {
        if (alloc[r] > 0)
            sum +=
                (double)plan->room[(int64_t)node * instance->resource_count + r] / (double)alloc[r];
    }
    return sum;
}

/* The node with least to spare of those that take the item of placing->limits; -1: none does. */
static int32_t tightest_node(struct placing *placing)
{
    const struct fleet_plan *plan = placing->plan;
    int32_t best = -1;
    double best_share = 0;
    for (int32_t n = 0; n < plan->node_count; n++) {
        if (!fleet_plan_takes(plan, n, &placing->limits))
            continue;
        double share = free_share(plan, n);
        if (best < 0 || share < best_share) {
            best = n;
            best_share = share;
        }
    }
    return best;
}

/* What a node takes of the item leaves it still less to spare: it goes on as long as it takes. */
static int fill_room_with(struct placing *placing, int32_t item, struct err *err)
{
    struct fleet_plan *plan = placing->plan;
    item_limits_turn_to(&placing->limits, plan->instance, item);
    while (placing->left[item] > 0) {
        int32_t node = tightest_node(placing);
        if (node < 0)
            return 0;
        while (placing->left[item] > 0 && fleet_plan_takes(plan, node, &placing->limits)) {
            if (fleet_plan_put(plan, node, item, err))
                return -1;
            placing->left[item]--;
        }
    }
    return 0;
}

static int fill_room(struct placing *placing, struct err *err)
{
    for (int32_t i = 0; i < placing->cover->instance->item_count; i++) {
        int32_t item = placing->order[i].item;
        if (placing->left[item] > 0 && fill_room_with(placing, item, err))
            return -1;
    }
    return 0;
}

/* ---- onto new nodes ---- */

/* Opens a node of the type and fills it with what is left in the order of worth. Returns the worth
 * of its content, -1 on failure. trial_left is what is left then. */
static double fill_new_node(struct placing *placing, int32_t type, struct err *err)
{
    struct fleet_plan *plan = placing->plan;
    int32_t items = plan->instance->item_count;
    double worth = 0;
    int32_t node = fleet_plan_open(plan, type, err);
    if (node < 0)
        return -1;
    placing->trials += items;
    memcpy(placing->trial_left, placing->left, (size_t)items * sizeof *placing->left);
    for (int32_t i = 0; i < items; i++) {
        int32_t item = placing->order[i].item;
        if (placing->trial_left[item] == 0)
            continue;
        item_limits_turn_to(&placing->limits, plan->instance, item);
        while (placing->trial_left[item] > 0 && fleet_plan_takes(plan, node, &placing->limits)) {
            if (fleet_plan_put(plan, node, item, err))
                return -1;
            placing->trial_left[item]--;
            worth += 1 + (double)placing->order[i].worth;
        }
    }
    return worth;
}

static void close_last_node(struct fleet_plan *plan, int32_t content_count)
{
    plan->node_count--;
    plan->used[plan->nodes[plan->node_count].type]--;
    plan->content_count = content_count;
}

/* The type whose new node holds the most worth for its price; -1: none holds anything. */
static int choose_new_type(struct placing *placing, int32_t *best, struct err *err)
{
    struct fleet_plan *plan = placing->plan;
    const struct instance *instance = plan->instance;
    double best_rate = 0;
    *best = -1;
    for (int32_t t = 0; t < placing->type_count; t++) {
        int32_t type = placing->types[t], contents = plan->content_count;
        if (plan->used[type] >= instance->types[type].node_max)
            continue;
        double worth = fill_new_node(placing, type, err);
        if (worth < 0)
            return -1;
        double rate = worth / ((double)instance->types[type].price_nano + 1);
        close_last_node(plan, contents);
        if (worth > 0 && rate > best_rate) {
            *best = type;
            best_rate = rate;
        }
    }
    return 0;
}

/* One more node of the last type. *is_added false: there is none, or it holds nothing. */
static int repeat_last_type(struct placing *placing, bool *is_added, struct err *err)
{
    struct fleet_plan *plan = placing->plan;
    int32_t type = placing->last_type, contents = plan->content_count;
    *is_added = false;
    if (type < 0 || plan->used[type] >= plan->instance->types[type].node_max)
        return 0;
    double worth = fill_new_node(placing, type, err);
    if (worth < 0)
        return -1;
    *is_added = worth > 0;
    if (*is_added)
        memcpy(placing->left, placing->trial_left,
               (size_t)plan->instance->item_count * sizeof *placing->left);
    else
        close_last_node(plan, contents);
    return 0;
}

/* Adds the node that holds the most worth for its price; after many trials, one like the last as
 * long as that holds something. *is_added false: none holds anything. */
static int add_best_node(struct placing *placing, bool *is_added, struct err *err)
{
    if (placing->trials > TRIALS_MAX && repeat_last_type(placing, is_added, err))
        return -1;
    if (placing->trials > TRIALS_MAX && *is_added)
        return 0;
    if (choose_new_type(placing, &placing->last_type, err))
        return -1;
    return repeat_last_type(placing, is_added, err);
}

static int add_nodes(struct placing *placing, bool *is_done, struct err *err)
{
    const struct instance *instance = placing->cover->instance;
    bool is_added = true;
    int32_t next = 0;
    qsort(placing->order, (size_t)instance->item_count, sizeof *placing->order, compare_worth);
    while (is_added) {
        while (next < instance->item_count && placing->left[placing->order[next].item] == 0)
            next++;
        if (next == instance->item_count)
            break;
        if (add_best_node(placing, &is_added, err))
            return -1;
    }
    *is_done = next == instance->item_count;
    return 0;
}

/* ---- tidying ---- */

/* Would the content of a node fit one of the type? */
static bool is_content_fitting(const struct fleet_plan *plan, int32_t node, int32_t type)
{
    const struct instance *instance = plan->instance;
    const struct instance_type *from = &instance->types[plan->nodes[node].type];
    const struct instance_type *to = &instance->types[type];
    const int64_t *room = &plan->room[(int64_t)node * instance->resource_count];
    for (int32_t r = 0; r < instance->resource_count; r++) {
        if (from->alloc[r] - room[r] > to->alloc[r])
            return false;
    }
    for (int32_t c = plan->nodes[node].first; c >= 0; c = plan->contents[c].next) {
        const bool *may_use = instance->items[plan->contents[c].item].may_use;
        if (may_use && !may_use[type])
            return false;
    }
    return fleet_plan_devices_fit(plan, node, type);
}

static void choose_cheapest_type(struct fleet_plan *plan, const struct cover *cover, int32_t node)
{
    const struct instance *instance = plan->instance;
    int32_t now = plan->nodes[node].type;
    for (int32_t t = 0; t < cover->type_count; t++) {
        int32_t type = cover->types[t].type;
        if (instance->types[type].price_nano >= instance->types[now].price_nano)
            return;
        if (plan->used[type] >= instance->types[type].node_max ||
            !is_content_fitting(plan, node, type))
            continue;
        for (int32_t r = 0; r < instance->resource_count; r++)
            plan->room[(int64_t)node * instance->resource_count + r] +=
                instance->types[type].alloc[r] - instance->types[now].alloc[r];
        plan->used[now]--;
        plan->used[type]++;
        plan->nodes[node].type = type;
        return;
    }
}

static void tidy(struct fleet_plan *plan, const struct cover *cover)
{
    int64_t resources = plan->instance->resource_count;
    int32_t kept = 0;
    for (int32_t n = 0; n < plan->node_count; n++) {
        if (plan->nodes[n].first < 0) {
            plan->used[plan->nodes[n].type]--;
            continue;
        }
        plan->nodes[kept] = plan->nodes[n];
        memmove(&plan->room[kept * resources], &plan->room[n * resources],
                (size_t)resources * sizeof *plan->room);
        choose_cheapest_type(plan, cover, kept);
        kept++;
    }
    plan->node_count = kept;
}

/* ---- the whole ---- */

static int placing_init(struct placing *placing, struct err *err)
{
    const struct cover *cover = placing->cover;
    size_t items = (size_t)cover->instance->item_count + 1, rows = (size_t)cover->row_count + 2;
    placing->slot_first = calloc(rows, sizeof *placing->slot_first);
    placing->slot_count = calloc(rows, sizeof *placing->slot_count);
    placing->left = calloc(items, sizeof *placing->left);
    placing->trial_left = calloc(items, sizeof *placing->trial_left);
    placing->order = calloc(items, sizeof *placing->order);
    placing->types = calloc((size_t)cover->type_count + 1, sizeof *placing->types);
    if (!placing->slot_first || !placing->slot_count || !placing->left || !placing->trial_left ||
        !placing->order || !placing->types)
        return err_no_memory(err);
    for (int32_t t = 0; t < cover->type_count; t++)
        placing->types[placing->type_count++] = cover->types[t].type;
    fill_order(placing);
    return item_limits_init(&placing->limits, cover->instance, err);
}

static void placing_release(struct placing *placing)
{
    free(placing->slots);
    free(placing->slot_first);
    free(placing->slot_count);
    free(placing->left);
    free(placing->trial_left);
    free(placing->order);
    free(placing->types);
    item_limits_release(&placing->limits);
}

int place_items(struct fleet_plan *plan, const struct place_request *request, bool *is_done,
                struct err *err)
{
    struct placing placing = {
        .plan = plan, .cover = request->cover, .worth = request->worth, .last_type = -1};
    int result = placing_init(&placing, err);
    if (result == 0)
        result = make_slots(&placing, request->nodes, err);
    if (result == 0)
        result = fill_slots(&placing, err);
    if (result == 0)
        result = fill_room(&placing, err);
    if (result == 0)
        result = add_nodes(&placing, is_done, err);
    if (result == 0)
        tidy(plan, request->cover);
    placing_release(&placing);
    return result;
}
