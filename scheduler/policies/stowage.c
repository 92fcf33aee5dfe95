/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "scheduler/fragmentation.h"
#include "scheduler/policies/futures.h"
#include "scheduler/policies/placing.h"
#include "scheduler/policies/policies.h"

/* The node and device where placing the demand costs the least of what the node can be expected to
 * hold yet. A node is worth, in milli-devices,
 *
 *   worth = fill + availability * use
 *
 *   fill  what a node with this room comes to hold: the mean over `futures` drawn futures. A future
 *         is a series of typical requests; they come one by one, each is placed if it fits (a share
 *         on the fullest device that has it) and lost else, until `horizon` times the free share of
 *         the node was asked for, or FUTURE_LENGTH requests have come.
 *   use   the mean over the typical classes of how much of the free share the class could take if
 *         nothing else came: min(copies on the devices, CPU free / CPU of one) * share of one.
 *
 * and score = floor((worth after - worth before) / grain_milli). Requests that ask for no device
 * are in neither, so that they go where CPU is of no use to devices.
 *
 * Classes that few devices of the fleet are open to have nowhere else to go. With the flexibility
 * a = devices open to the class / all devices, at least 1 / SCARCITY_MAX, a class weighs count / a
 * in draws and means, since that much of it comes to each device open to it; and its share counts
 * (1 / a)^scarcity fold in `fill`.
 *
 * Source: our own. It is a step of policy improvement (rollout; Bertsekas and Castanon, "Rollout
 * algorithms for stochastic scheduling problems", 1999) with "random arrivals on this node alone"
 * as the policy that is rolled out, where fgd looks at one next request only. All futures are the
 * same for all rooms of a group (common random numbers), so that differences are less noisy than
 * the means. docs/policies.md has the measurements, and what did not help.
 *
 * All of it is in integers but the rates of CPU and the draws, each rounded once.
 *
 * Example: one class, 4 CPU and one whole device, availability 0.2; a node with 9 CPU and 3 free
 * devices. Each future places 2: fill = 2000. use = min(3, 9 / 4) * 1000 = 2250. worth = 2450. */

enum {
    VALUE_HORIZON,
    VALUE_AVAILABILITY,
    VALUE_SCARCITY,
    VALUE_GRAIN,
    VALUE_FUTURES,
    VALUE_COVERAGE,
};

enum {
    SCARCITY_MAX = 32,
    WEIGHT_SUM = 1 << 20, /* what the weights of all classes add up to, but for roundings */
    REMEMBERED = 1 << 16, /* rooms, a power of two */
    REMEMBERED_DEVICES = 8,
};

static const struct policy_parameter parameters[] = {
    [VALUE_HORIZON] = {.name = "horizon",
                       .meaning = "what a future asks for, as a multiple of a node's free share",
                       .kind = PARAMETER_NUMBER,
                       .initial = {.number = 6.0},
                       .low = 0.0,
                       .high = 100.0},
    [VALUE_AVAILABILITY] = {.name = "availability",
                            .meaning = "weight of what each class alone could take",
                            .kind = PARAMETER_NUMBER,
                            .initial = {.number = 0.2},
                            .low = 0.0,
                            .high = 10.0},
    [VALUE_SCARCITY] = {.name = "scarcity",
                        .meaning = "how much more a class counts that few devices are open to",
                        .kind = PARAMETER_NUMBER,
                        .initial = {.number = 0.3},
                        .low = 0.0,
                        .high = 1.0},
    [VALUE_GRAIN] = {.name = "grain_milli",
                     .meaning = "milli-devices of worth to one step of the score; 0: no steps",
                     .kind = PARAMETER_INTEGER,
                     .initial = {.integer = 40},
                     .low = 0,
                     .high = 4000},
    [VALUE_FUTURES] = {.name = "futures",
                       .meaning = "how many are drawn",
                       .kind = PARAMETER_INTEGER,
                       .initial = {.integer = 128},
                       .low = 1,
                       .high = FUTURES_MOST},
    [VALUE_COVERAGE] = {.name = "coverage",
                        .meaning = "part of the demand that the typical classes make up",
                        .kind = PARAMETER_NUMBER,
                        .initial = {.number = 1.0},
                        .low = 0.0,
                        .high = 1.0},
};

/* ---- state ---- */

/* A room and what it is worth; device shares in rising order, then 0. */
struct room_key {
    int32_t list, cpu_milli; /* of offers, by its first one */
    int16_t share_milli[REMEMBERED_DEVICES];
};
struct remembered {
    struct room_key key;
    int64_t worth;
    bool is_set;
};

/* All offers of a group; groups with the same share them. */
struct offer_list {
    int32_t first, count; /* in state.offers */
    int32_t futures;      /* number in state.futures */
};

struct stowage_state {
    struct fragmentation classes; /* the typical ones, and which groups are open to them */
    struct offer_list *groups;    /* [group_count] */
    struct offer *offers;         /* [offer_count] */
    struct offer *by_devices;     /* the same, those of each list by share and number of devices */
    struct futures *futures;      /* [futures_count] of each list that is not the same as another */
    double *scarcity;             /* [class] 1 / a */
    double weight_sum;            /* of count / a */
    int32_t group_count, offer_count, futures_count;
    int32_t group_capacity, offer_capacity, by_devices_capacity, futures_capacity,
        scarcity_capacity;
    int32_t future_count; /* of each list */
    int64_t availability_milli;
    double horizon, exponent;
    struct remembered *remembered; /* [REMEMBERED] by hash, the last one of each */
};

static void stop(void *opaque)
{
    struct stowage_state *state = opaque;
    fragmentation_release(&state->classes);
    for (int32_t i = 0; i < state->futures_count; i++)
        futures_release(&state->futures[i]);
    free(state->offers);
    free(state->by_devices);
    free(state->groups);
    free(state->futures);
    free(state->scarcity);
    free(state->remembered);
    free(state);
}

static int start(const struct policy_setting *setting, void **opaque, struct err *err)
{
    struct stowage_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return err_no_memory(err);
    state->horizon = setting->values[VALUE_HORIZON].number;
    state->availability_milli = llrint(setting->values[VALUE_AVAILABILITY].number * 1000.0);
    state->exponent = setting->values[VALUE_SCARCITY].number;
    state->future_count = (int32_t)setting->values[VALUE_FUTURES].integer;
    state->remembered = calloc(REMEMBERED, sizeof *state->remembered);
    if (state->remembered == NULL ||
        fragmentation_init(&state->classes, setting->shapes, &setting->popularity,
                           setting->values[VALUE_COVERAGE].number, err)) {
        int result = state->remembered == NULL ? err_no_memory(err) : -1;
        stop(state);
        return result;
    }
    *opaque = state;
    return 0;
}

/* ---- how scarce the devices are that a class may use ---- */

static int64_t count_open_devices(const struct stowage_state *state, const struct fleet *fleet,
                                  int32_t class)
{
    int64_t count = 0;
    for (int32_t node = 0; node < fleet->node_count; node++) {
        int32_t group = fleet->nodes[node].group;
        if (state->classes.share_milli[group * state->classes.class_count + class] > 0)
            count += fleet_type_of(fleet, node)->device_count;
    }
    return count;
}

/* By the nodes that there are when there first are devices, whatever their state: later ones change
 * no score that was given. */
static int weigh_classes(struct stowage_state *state, const struct fleet *fleet, struct err *err)
{
    const struct fragmentation *classes = &state->classes;
    if (array_reserve(&state->scarcity, &state->scarcity_capacity, classes->class_count,
                      sizeof *state->scarcity, err))
        return -1;
    for (int32_t i = 0; i < classes->class_count; i++) {
        if (classes->classes[i].device_count == 0)
            continue;
        double open = (double)count_open_devices(state, fleet, i);
        state->scarcity[i] = fmin((double)fleet->device_count / open, SCARCITY_MAX);
        state->weight_sum += (double)classes->classes[i].count * state->scarcity[i];
    }
    return 0;
}

/* ---- the groups ---- */

static struct offer make_offer(const struct stowage_state *state, int32_t class,
                               int32_t share_milli)
{
    const struct fragment_class *of = &state->classes.classes[class];
    double scarcity = state->scarcity[class];
    double weight = (double)of->count * scarcity / state->weight_sum * WEIGHT_SUM;
    int32_t all_milli = share_milli * of->device_count;
    return (struct offer){
        .cpu_milli = of->cpu_milli,
        .share_milli = share_milli,
        .device_count = of->device_count,
        .all_milli = all_milli,
        .value_milli = (int32_t)lrint((double)all_milli * pow(scarcity, state->exponent)),
        .weight = (int32_t)lrint(weight),
        .all_per_cpu = of->cpu_milli > 0 ? (double)all_milli / (double)of->cpu_milli : 1e9};
}

/* The offers of a group behind those that there are. */
static struct offer_list list_offers(struct stowage_state *state, int32_t group)
{
    const struct fragmentation *classes = &state->classes;
    const int32_t *share_milli = &classes->share_milli[group * classes->class_count];
    struct offer_list list = {.first = state->offer_count};
    for (int32_t i = 0; i < classes->class_count; i++) {
        if (share_milli[i] <= 0)
            continue;
        state->offers[list.first + list.count++] = make_offer(state, i, share_milli[i]);
    }
    return list;
}

static const struct offer_list *find_same(const struct stowage_state *state,
                                          const struct offer_list *list)
{
    static_assert(sizeof(struct offer) == 6 * sizeof(int32_t) + sizeof(double), "no padding");
    const struct offer *offers = state->offers;
    for (int32_t i = 0; i < state->group_count; i++) {
        const struct offer_list *other = &state->groups[i];
        if (other->count == list->count && memcmp(&offers[other->first], &offers[list->first],
                                                  (size_t)list->count * sizeof *offers) == 0)
            return other;
    }
    return NULL;
}

static int draw_futures(struct stowage_state *state, struct offer_list *list, struct err *err)
{
    if (array_reserve(&state->futures, &state->futures_capacity, state->futures_count + INT64_C(1),
                      sizeof *state->futures, err) ||
        futures_draw(&state->futures[state->futures_count], &state->offers[list->first],
                     list->count, state->future_count, err))
        return -1;
    list->futures = state->futures_count++;
    return 0;
}

static int compare_devices(const void *a, const void *b)
{
    const struct offer *x = a, *y = b;
    if (x->share_milli != y->share_milli)
        return x->share_milli < y->share_milli ? -1 : 1;
    return x->device_count < y->device_count ? -1 : x->device_count > y->device_count;
}

static void sort_offers(struct stowage_state *state, const struct offer_list *list)
{
    struct offer *sorted = &state->by_devices[list->first];
    memcpy(sorted, &state->offers[list->first], (size_t)list->count * sizeof *sorted);
    qsort(sorted, (size_t)list->count, sizeof *sorted, compare_devices);
}

static int add_group(struct stowage_state *state, struct err *err)
{
    int64_t class_count = state->classes.class_count;
    if (array_reserve(&state->groups, &state->group_capacity, state->group_count + INT64_C(1),
                      sizeof *state->groups, err) ||
        array_reserve(&state->offers, &state->offer_capacity, state->offer_count + class_count,
                      sizeof *state->offers, err) ||
        array_reserve(&state->by_devices, &state->by_devices_capacity,
                      state->offer_count + class_count, sizeof *state->by_devices, err))
        return -1;
    struct offer_list list = list_offers(state, state->group_count);
    const struct offer_list *same = list.count > 0 ? find_same(state, &list) : NULL;
    if (same != NULL) {
        list = *same;
    } else if (list.count > 0) {
        if (draw_futures(state, &list, err))
            return -1;
        sort_offers(state, &list);
        state->offer_count += list.count;
    }
    state->groups[state->group_count++] = list;
    return 0;
}

static int refresh(void *opaque, const struct fleet *fleet, struct err *err)
{
    struct stowage_state *state = opaque;
    if (state->group_count == fleet->group_count || fleet->device_count == 0)
        return 0;
    if (fragmentation_refresh(&state->classes, fleet, err) ||
        (state->scarcity == NULL && weigh_classes(state, fleet, err)))
        return -1;
    while (state->group_count < fleet->group_count)
        if (add_group(state, err))
            return -1;
    return 0;
}

/* ---- fill ---- */

/* Summed over the futures. */
static int64_t fill(const struct stowage_state *state, const struct fragment_room *room)
{
    int64_t free_milli = 0;
    for (int32_t i = 0; i < room->device_count; i++)
        free_milli += room->share_milli[i];
    return futures_fill(&state->futures[state->groups[room->group].futures], room,
                        (int64_t)(state->horizon * (double)free_milli));
}

/* ---- use ---- */

/* The devices of a room, for counting. */
struct devices {
    int32_t whole, part_count;
    int32_t part_milli[SHAPE_DEVICES_MAX]; /* falling; what somebody has a part of */
};

static void sort_devices(const struct fragment_room *room, struct devices *devices)
{
    devices->whole = devices->part_count = 0;
    for (int32_t i = 0; i < room->device_count; i++) {
        int32_t milli = room->share_milli[i], at = devices->part_count;
        if (milli == SHARE_WHOLE) {
            devices->whole++;
            continue;
        }
        for (; at > 0 && devices->part_milli[at - 1] < milli; at--)
            devices->part_milli[at] = devices->part_milli[at - 1];
        devices->part_milli[at] = milli;
        devices->part_count++;
    }
}

/* How many of the offer the devices hold. */
static int32_t count_copies(const struct offer *offer, const struct devices *devices)
{
    int32_t fitting = devices->whole, copies = devices->whole * (SHARE_WHOLE / offer->share_milli);
    for (int32_t i = 0; i < devices->part_count; i++) {
        if (devices->part_milli[i] < offer->share_milli)
            break;
        fitting++;
        copies += devices->part_milli[i] / offer->share_milli;
    }
    if (fitting < offer->device_count)
        return 0;
    return offer->device_count > 1 ? fitting / offer->device_count : copies;
}

/* Times WEIGHT_SUM. Offers that ask for the same of devices stand together in `by_devices`. */
static int64_t use(const struct stowage_state *state, const struct fragment_room *room)
{
    const struct offer_list *list = &state->groups[room->group];
    const struct offer *before = NULL;
    struct devices devices;
    int32_t copies = 0;
    int64_t sum = 0;
    sort_devices(room, &devices);
    for (int32_t i = list->first; i < list->first + list->count; i++) {
        const struct offer *offer = &state->by_devices[i];
        if (before == NULL || offer->share_milli != before->share_milli ||
            offer->device_count != before->device_count)
            copies = count_copies(offer, &devices);
        before = offer;
        if (room->cpu_milli < offer->cpu_milli)
            continue;
        double by_devices = (double)copies * offer->all_milli;
        double by_cpu = room->cpu_milli * offer->all_per_cpu;
        sum += (int64_t)offer->weight * (int32_t)(by_cpu < by_devices ? by_cpu : by_devices);
    }
    return sum;
}

/* ---- worth ---- */

/* Times WEIGHT_SUM and the number of futures. */
static int64_t find_worth(const struct stowage_state *state, const struct fragment_room *room)
{
    int64_t use_part = use(state, room) * state->availability_milli / 1000;
    return fill(state, room) * WEIGHT_SUM + use_part * state->future_count;
}

static void make_key(const struct stowage_state *state, const struct fragment_room *room,
                     struct room_key *key)
{
    *key =
        (struct room_key){.list = state->groups[room->group].first, .cpu_milli = room->cpu_milli};
    for (int32_t i = 0; i < room->device_count; i++) {
        int32_t at = i;
        for (; at > 0 && key->share_milli[at - 1] > room->share_milli[i]; at--)
            key->share_milli[at] = key->share_milli[at - 1];
        key->share_milli[at] = (int16_t)room->share_milli[i];
    }
}

/* By multiplication, whose high bits depend on all of the key. */
static uint64_t hash_key(const struct room_key *key)
{
    uint64_t words[3], hash = 0;
    static_assert(sizeof words == sizeof *key, "the key has no padding");
    memcpy(words, key, sizeof words);
    for (int i = 0; i < 3; i++) {
        hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return hash;
}

static int64_t worth(const struct policy_context *context, const struct fragment_room *room)
{
    const struct stowage_state *state = context->state;
    struct room_key key;
    if (room->group >= state->group_count || state->groups[room->group].count == 0)
        return 0;
    if (room->device_count > REMEMBERED_DEVICES)
        return find_worth(state, room);
    make_key(state, room, &key);
    struct remembered *place = &state->remembered[hash_key(&key) & (REMEMBERED - 1)];
    if (!place->is_set || memcmp(&place->key, &key, sizeof key) != 0)
        *place = (struct remembered){key, find_worth(state, room), true};
    return place->worth;
}

/* ---- score ---- */

static void begin(const struct policy_context *context, struct placing *placing)
{
    placing->worth_before = worth(context, &placing->before);
}

static double grade(const struct policy_context *context, const struct placing *placing,
                    uint64_t devices)
{
    const struct stowage_state *state = context->state;
    int64_t grain_milli = context->values[VALUE_GRAIN].integer;
    int64_t unit = (int64_t)WEIGHT_SUM * state->future_count; /* of worth, to one milli-device */
    struct placing_end end;
    placing_end(placing, devices, &end);
    int64_t gain = worth(context, &end.room) - placing->worth_before;
    if (grain_milli == 0)
        return (double)gain / (double)unit;
    return (double)placing_steps(gain, grain_milli * unit);
}

static const struct placing_rule rule = {.begin = begin, .grade = grade};

static double score(const struct policy_context *context, int32_t node)
{
    return placing_choose(context, &rule, node, NULL).grade;
}

static uint64_t choose_devices(const struct policy_context *context, int32_t node,
                               const struct room *room)
{
    return placing_choose(context, &rule, node, room).devices;
}

/* What one device more or less is worth; of larger demands a placement may change more, which
 * `weighted` then lets weigh more. */
static void score_range(const struct policy_value *values, double *low, double *high)
{
    double grain_milli = fmax((double)values[VALUE_GRAIN].integer, 1.0);
    *low = -SHARE_WHOLE / grain_milli;
    *high = SHARE_WHOLE / grain_milli;
}

const struct policy policy_stowage = {
    .api_version = POLICY_API_VERSION,
    .name = "stowage",
    .summary = "the node whose expected use of devices suffers least",
    .parameters = parameters,
    .parameter_count = ARRAY_LEN(parameters),
    .score = score,
    .choose_devices = choose_devices,
    .score_range = score_range,
    .start = start,
    .refresh = refresh,
    .stop = stop,
};
