/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "sim/engine.h"

/* Which nodes to ask for. First fit decreasing over groups of equal demand: each group fills the
 * bins (coming nodes by age, but for those that replace others, then new ones) as far as they go;
 * then new bins are asked for until nothing of it is left or nothing can be had. What is too small
 * a rest for a group is there for the groups behind it.
 *
 * The candidates for a new bin are the (pool, type) that suit the group and may grow now. The
 * scheduling choice of the group's deployment picks among them:
 *   none, UNKNOWN   the first pool that has a candidate: the runner's own, then its others in
 *                   the order of the file; an overflow where a pool is full or out of stock
 *   FAIL            nothing where more than one (pool, type) suits, growing or not
 *   RANDOM          any candidate with equal probability
 *   PRICE           the lowest price of a node; unknown ones last
 *   PERFORMANCE     the type that stands first in scheduler.performance_order
 *   NETWORK         the pool that stands first in scheduler.network_order
 *   UTILIZATION     the pool of which the least is used now (of its scarcest resource)
 *   PREFER_SPOT, PREFER_ONDEMAND   a pool that allows it
 * Where that leaves several pools, the first; where several types of one pool, its expander. In a
 * pool that prefers spot, on-demand types are candidates only while no spot one is
 * (PREFER_ONDEMAND: the other way round).
 *
 * Example. Five replicas of one device wait; the pool has types of 1 device at 10 and of 4 devices
 * at 32 a second. `cheapest`: 10 / 1 against 32 / 4 = 8 a replica: the large one takes four. For
 * the fifth 10 / 1 against 32 / 1: the small one. */

/* ---- the demand, in groups ---- */

static int32_t rank_of(const struct sim *sim, enum demand_class class, int32_t priority)
{
    int32_t step = 9 - priority;
    return sim->sched.options.order == ORDER_FLOOR_FIRST ? (int32_t) class * 10 + step
                                                         : step * 2 + (int32_t) class;
}

static int32_t choice_of(const struct sim *sim, const struct runner_def *def)
{
    return def->deployment == NO_INDEX
               ? CHOICE_UNKNOWN
               : sim->scenario->deployments[def->deployment].scheduling_choice;
}

/* Adds so many replicas like this one to the groups from `first` on. */
static int add_to_groups(struct sim *sim, int32_t first, const struct scale_group *like,
                         struct err *err)
{
    struct node_scaling *scaling = &sim->scaling;
    for (int32_t i = first; i < scaling->group_count; i++) {
        struct scale_group *group = &scaling->groups[i];
        if (group->pool == like->pool && group->choice == like->choice) {
            group->left += like->left;
            return 0;
        }
    }
    if (array_reserve(&scaling->groups, &scaling->groups_capacity,
                      scaling->group_count + INT64_C(1), sizeof *scaling->groups, err))
        return -1;
    scaling->groups[scaling->group_count++] = *like;
    return 0;
}

static int add_bucket(struct sim *sim, int32_t number, struct err *err)
{
    const struct demand_bucket *bucket = &sim->sched.queue.buckets[number];
    const struct shape *shape = &sim->scenario->shapes.items[bucket->key.shape];
    bool are_alike = shape->pool_count == 1 && !sim->scaling.has_choices;
    int32_t first = sim->scaling.group_count;
    int32_t steps = are_alike ? 1 : bucket->count;
    for (int32_t i = 0; i < steps; i++) {
        int32_t runner = sim->sched.replicas[bucket->heap[i]].runner;
        const struct runner_def *def = sim->runners[runner].def;
        struct scale_group like = {
            .left = are_alike ? bucket->count : 1,
            .shape = bucket->key.shape,
            .rank = rank_of(sim, bucket->key.class, bucket->key.priority),
            .bucket = number,
            .runner = runner,
            .pool = def->pool,
            .choice = choice_of(sim, def),
        };
        if (add_to_groups(sim, first, &like, err))
            return -1;
    }
    return 0;
}

void shape_size(const struct shape *shape, int64_t size[4])
{
    size[0] = (int64_t)shape->device_count * shape->share_milli;
    size[1] = shape->device_mem_bytes;
    size[2] = shape->cpu_milli;
    size[3] = shape->mem_bytes;
}

/* Larger shapes first. */
static int compare_sizes(const struct shape *a, const struct shape *b)
{
    int64_t left[4];
    int64_t right[4];
    shape_size(a, left);
    shape_size(b, right);
    for (size_t i = 0; i < ARRAY_LEN(left); i++)
        if (left[i] != right[i])
            return left[i] > right[i] ? -1 : 1;
    return 0;
}

static int compare_groups(const struct shape *shapes, const struct scale_group *a,
                          const struct scale_group *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    int by_size = compare_sizes(&shapes[a->shape], &shapes[b->shape]);
    if (by_size != 0)
        return by_size;
    if (a->shape != b->shape)
        return a->shape < b->shape ? -1 : 1;
    return (a->runner > b->runner) - (a->runner < b->runner);
}

/* By insertion: qsort has no way to hand the shapes to its comparator, and groups are few. */
static void sort_groups(struct sim *sim)
{
    struct scale_group *groups = sim->scaling.groups;
    for (int32_t i = 1; i < sim->scaling.group_count; i++) {
        struct scale_group moved = groups[i];
        int32_t to = i;
        for (; to > 0 && compare_groups(sim->scenario->shapes.items, &moved, &groups[to - 1]) < 0;
             to--)
            groups[to] = groups[to - 1];
        groups[to] = moved;
    }
}

static int gather_groups(struct sim *sim, struct err *err)
{
    const struct demand_queue *queue = &sim->sched.queue;
    sim->scaling.group_count = 0;
    for (int32_t i = 0; i < queue->bucket_count; i++)
        if (queue->buckets[i].count > 0 && add_bucket(sim, i, err))
            return -1;
    sort_groups(sim);
    return 0;
}

/* ---- bins ---- */

struct room room_of_empty(const struct node_type *type)
{
    struct room room = {
        .cpu_milli = type->cpu_milli,
        .mem_bytes = type->mem_bytes,
        .device_count = type->device_count,
    };
    for (int32_t i = 0; i < type->device_count; i++) {
        room.share_milli[i] = SHARE_WHOLE;
        room.device_mem_bytes[i] = type->device_mem_bytes;
    }
    return room;
}

/* How many of at most `count` replicas of the shape go into the room, which is filled with them. */
static int64_t fill(const struct node_type *type, const struct shape *shape, struct room *room,
                    int64_t count)
{
    int64_t taken = 0;
    room->same_runner_count = 0;
    while (taken < count && room_misfits(room, type, shape) == 0) {
        struct claim claim = {
            .shape = shape,
            .devices = room_choose_devices(room, type, shape),
        };
        room_occupy(room, type, &claim);
        room->same_runner_count++;
        taken++;
    }
    return taken;
}

static void fill_bin(struct sim *sim, struct scale_bin *bin, struct scale_group *group)
{
    if (!fleet_suits(&sim->sched.fleet, group->shape, bin->group))
        return;
    int64_t taken = fill(fleet_group_type(&sim->sched.fleet, bin->group),
                         &sim->scenario->shapes.items[group->shape], &bin->room, group->left);
    group->left -= taken;
    bin->taken_count += (int32_t)taken;
}

static int add_bin(struct sim *sim, int32_t group, struct err *err)
{
    struct node_scaling *scaling = &sim->scaling;
    if (array_reserve(&scaling->bins, &scaling->bin_capacity, scaling->bin_count + INT64_C(1),
                      sizeof *scaling->bins, err))
        return -1;
    scaling->bins[scaling->bin_count++] = (struct scale_bin){
        .room = room_of_empty(fleet_group_type(&sim->sched.fleet, group)),
        .group = group,
    };
    return 0;
}

static int gather_bins(struct sim *sim, struct err *err)
{
    struct node_scaling *scaling = &sim->scaling;
    scaling->bin_count = 0;
    for (int32_t i = 0; i < scaling->coming_count; i++) {
        const struct launch *launch = &scaling->launches[scaling->coming[i]];
        if (launch->reason != LAUNCH_FOR_REPLACEMENT &&
            add_bin(sim, sim->sched.fleet.nodes[launch->node].group, err))
            return -1;
    }
    return 0;
}

/* ---- the type, by the expander ---- */

/* What a new node of a type would take of what is left, this group first. */
struct trial {
    int64_t taken;
    int64_t waste_ppm; /* mean share of its resources that is left over */
};

static int64_t ppm(int64_t part, int64_t whole)
{
    return (int64_t)((int128)part * 1000000 / whole);
}

static int64_t waste_ppm(const struct node_type *type, const struct room *room)
{
    int64_t sum = 0;
    int64_t kinds = 0;
    if (!type->is_unbounded && type->cpu_milli > 0) {
        sum += ppm(room->cpu_milli, type->cpu_milli);
        kinds++;
    }
    if (!type->is_unbounded && type->mem_bytes > 0) {
        sum += ppm(room->mem_bytes, type->mem_bytes);
        kinds++;
    }
    if (type->device_count > 0) {
        int64_t share = 0;
        for (int32_t i = 0; i < type->device_count; i++)
            share += room->share_milli[i];
        sum += ppm(share, (int64_t)type->device_count * SHARE_WHOLE);
        kinds++;
    }
    return kinds == 0 ? 0 : sum / kinds;
}

static struct trial try_type(const struct sim *sim, int32_t first, int32_t fleet_group)
{
    const struct node_type *type = fleet_group_type(&sim->sched.fleet, fleet_group);
    struct room room = room_of_empty(type);
    struct trial trial = {0};
    for (int32_t i = first; i < sim->scaling.group_count; i++) {
        const struct scale_group *group = &sim->scaling.groups[i];
        if (group->left > 0 && fleet_suits(&sim->sched.fleet, group->shape, fleet_group))
            trial.taken +=
                fill(type, &sim->scenario->shapes.items[group->shape], &room, group->left);
    }
    trial.waste_ppm = waste_ppm(type, &room);
    return trial;
}

/* Is type a, which stands behind b in the list, the better one all the same? */
static bool is_better(enum expander expander, const struct node_type *types[2],
                      const struct trial trials[2])
{
    switch (expander) {
    case EXPANDER_CHEAPEST:
        if (types[0]->has_price != types[1]->has_price)
            return types[0]->has_price;
        return types[0]->has_price && (int128)types[0]->price_micro * trials[1].taken <
                                          (int128)types[1]->price_micro * trials[0].taken;
    case EXPANDER_LEAST_WASTE:
        return trials[0].waste_ppm < trials[1].waste_ppm;
    case EXPANDER_MOST_REPLICAS:
        return trials[0].taken > trials[1].taken;
    case EXPANDER_FIRST:
        break;
    }
    return false;
}

/* ---- candidates ---- */

struct pick {
    struct rng rng; /* for RANDOM */
    int32_t number; /* of the scale_group */
    int32_t group;  /* of the fleet; NO_INDEX: none so far */
    int64_t key;    /* by the choice, least first */
    struct trial trial;
    uint64_t candidate_count;
    int32_t suiting_count; /* that suit, growing or not */
};

/* Of its scarcest resource; an empty pool has nothing used. */
static int64_t used_ppm(const struct sim *sim, int32_t pool)
{
    const struct scope *scope = metrics_scope(&sim->metrics, 1 + pool);
    int64_t most = 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        int64_t capacity = scope->usage[i].capacity.value;
        int64_t used = capacity > 0 ? ppm(scope->usage[i].used.value, capacity) : 0;
        most = used > most ? used : most;
    }
    return most;
}

static int64_t key_of(const struct sim *sim, int32_t choice, int32_t fleet_group, int32_t place)
{
    struct node_group group = sim->sched.fleet.groups[fleet_group];
    const struct node_type *type = &sim->sched.fleet.types[group.type];
    const struct pool_def *pool = &sim->scenario->pools[group.pool];
    switch ((enum scheduling_choice)choice) {
    case CHOICE_PRICE:
        return type->has_price ? type->price_micro : INT64_MAX;
    case CHOICE_PERFORMANCE:
        return sim->scaling.type_rank[group.type];
    case CHOICE_NETWORK:
        return (int64_t)sim->scaling.pool_rank[group.pool] << 32 | place;
    case CHOICE_UTILIZATION:
        return used_ppm(sim, group.pool) << 32 | place;
    case CHOICE_PREFER_SPOT:
        return pool->allows_spot ? place : place + (int64_t)INT32_MAX;
    case CHOICE_PREFER_ONDEMAND:
        return pool->allows_on_demand ? place : place + (int64_t)INT32_MAX;
    case CHOICE_RANDOM:
        return 0;
    case CHOICE_UNKNOWN:
    case CHOICE_FAIL:
        break;
    }
    return place;
}

static bool wins(struct sim *sim, const struct scale_group *group, const struct pick *candidate,
                 struct pick *best)
{
    if (best->group == NO_INDEX)
        return true;
    /* One of k candidates with equal probability, in one walk: the k-th replaces what there is with
     * probability 1 / k. */
    if (group->choice == CHOICE_RANDOM)
        return rng_below(&best->rng, best->candidate_count) == 0;
    if (candidate->key != best->key)
        return candidate->key < best->key;
    const struct fleet *fleet = &sim->sched.fleet;
    int32_t pool = fleet->groups[candidate->group].pool;
    if (pool != fleet->groups[best->group].pool)
        return false;
    const struct node_type *types[] = {fleet_group_type(&sim->sched.fleet, candidate->group),
                                       fleet_group_type(&sim->sched.fleet, best->group)};
    const struct trial trials[] = {candidate->trial, best->trial};
    return is_better(sim->scenario->pools[pool].scaling->expander, types, trials);
}

/* Those types of one pool, which stands at this place in the group's list. */
struct type_range {
    int32_t pool, place;
    int32_t from, to; /* of its launch_types */
};

static int consider_types(struct sim *sim, const struct type_range *range, struct pick *best,
                          struct err *err)
{
    const struct pool_def *def = &sim->scenario->pools[range->pool];
    const struct scale_group *group = &sim->scaling.groups[best->number];
    for (int32_t i = range->from; i < range->to; i++) {
        struct pick candidate = {0};
        struct node_group key = {.pool = range->pool, .type = def->launch_types[i]};
        if (fleet_group(&sim->sched.fleet, key, &candidate.group, err))
            return -1;
        if (!fleet_suits(&sim->sched.fleet, group->shape, candidate.group) ||
            !node_may_launch(sim, candidate.group))
            continue;
        candidate.key = key_of(sim, group->choice, candidate.group, range->place);
        candidate.trial = try_type(sim, best->number, candidate.group);
        best->candidate_count++;
        if (wins(sim, group, &candidate, best)) {
            best->group = candidate.group;
            best->key = candidate.key;
            best->trial = candidate.trial;
        }
    }
    return 0;
}

/* How many types of the pool suit the group, whether they are to be had or not. */
static int count_suiting(struct sim *sim, int32_t pool, struct pick *best, struct err *err)
{
    const struct pool_def *def = &sim->scenario->pools[pool];
    int32_t shape = sim->scaling.groups[best->number].shape;
    for (int32_t i = 0; i < def->type_count; i++) {
        int32_t number;
        struct node_group key = {.pool = pool, .type = def->types[i]};
        if (fleet_group(&sim->sched.fleet, key, &number, err))
            return -1;
        best->suiting_count += fleet_suits(&sim->sched.fleet, shape, number);
    }
    return 0;
}

/* The types of one pool. Where it prefers spot, the others only if no spot node is to be had;
 * PREFER_ONDEMAND turns that round. */
static int consider_pool(struct sim *sim, int32_t pool, int32_t place, struct pick *best,
                         struct err *err)
{
    const struct pool_def *def = &sim->scenario->pools[pool];
    if (!def->scaling)
        return 0;
    const struct type_range ranges[] = {
        {pool, place, 0, def->spot_launch_count},
        {pool, place, def->spot_launch_count, def->launch_type_count}};
    int first = sim->scaling.groups[best->number].choice == CHOICE_PREFER_ONDEMAND;
    uint64_t before = best->candidate_count;
    if (count_suiting(sim, pool, best, err) || consider_types(sim, &ranges[first], best, err))
        return -1;
    return best->candidate_count > before ? 0 : consider_types(sim, &ranges[1 - first], best, err);
}

static int pick_group(struct sim *sim, int32_t number, struct pick *best, struct err *err)
{
    const struct scale_group *group = &sim->scaling.groups[number];
    const struct shape *shape = &sim->scenario->shapes.items[group->shape];
    uint64_t index = rng_pair(group->pool, sim->pools[group->pool].launch_count);
    *best = (struct pick){
        .number = number,
        .group = NO_INDEX,
        .rng = rng_stream(sim->seed, "scheduling-choice", index),
    };
    if (consider_pool(sim, group->pool, 0, best, err))
        return -1;
    for (int32_t i = 0; i < shape->pool_count; i++)
        if (shape->pools[i] != group->pool && consider_pool(sim, shape->pools[i], i + 1, best, err))
            return -1;
    if (group->choice == CHOICE_FAIL && best->suiting_count > 1)
        best->group = NO_INDEX;
    return 0;
}

/* ---- the whole ---- */

/* New nodes for one group, until nothing is left of it or nothing is to be had. */
static int launch_for(struct sim *sim, int32_t number, struct err *err)
{
    while (sim->scaling.groups[number].left > 0) {
        struct pick best;
        bool is_launched;
        if (pick_group(sim, number, &best, err))
            return -1;
        if (best.group == NO_INDEX)
            return 0;
        struct scale_offer offer = {.bucket = sim->scaling.groups[number].bucket,
                                    .group = best.group,
                                    .taken = best.trial.taken};
        if (evicts_rather_than_scales(sim, &offer, &sim->scaling.is_interrupted, err))
            return -1;
        if (sim->scaling.is_interrupted)
            return 0;
        struct launch_request request = {
            .group = best.group,
            .runner = sim->scaling.groups[number].runner,
            .replica_count = (int32_t)best.trial.taken,
            .reason = LAUNCH_FOR_DEMAND,
        };
        if (node_launch(sim, &request, &is_launched, err))
            return -1;
        if (!is_launched)
            continue;
        if (add_bin(sim, best.group, err))
            return -1;
        fill_bin(sim, &sim->scaling.bins[sim->scaling.bin_count - 1], &sim->scaling.groups[number]);
    }
    return 0;
}

static void count_expected(struct sim *sim)
{
    struct node_scaling *scaling = &sim->scaling;
    for (int32_t i = 0; i < sim->scenario->pool_count; i++)
        scaling->expected_busy[i] = 0;
    for (int32_t i = 0; i < scaling->bin_count; i++)
        if (scaling->bins[i].taken_count > 0)
            scaling->expected_busy[sim->sched.fleet.groups[scaling->bins[i].group].pool]++;
    for (int32_t i = 0; i < scaling->coming_count; i++) {
        const struct launch *launch = &scaling->launches[scaling->coming[i]];
        scaling->expected_busy[launch->pool] += launch->reason == LAUNCH_FOR_REPLACEMENT;
    }
}

int scale_up(struct sim *sim, struct err *err)
{
    struct node_scaling *scaling = &sim->scaling;
    if (gather_groups(sim, err) || gather_bins(sim, err) || sched_refresh(&sim->sched, err))
        return -1;
    scaling->is_interrupted = false;
    for (int32_t i = 0; i < scaling->group_count && !scaling->is_interrupted; i++) {
        for (int32_t j = 0; j < scaling->bin_count && scaling->groups[i].left > 0; j++)
            fill_bin(sim, &scaling->bins[j], &scaling->groups[i]);
        if (launch_for(sim, i, err))
            return -1;
    }
    count_expected(sim);
    return scaling->is_interrupted ? 0 : grant_evictions(sim, err);
}

void scale_up_release(struct sim *sim)
{
    free(sim->scaling.groups);
    free(sim->scaling.bins);
    free(sim->scaling.grants);
    victim_set_release(&sim->scaling.victims);
}
