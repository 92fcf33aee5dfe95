/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policies/futures.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/order.h"
#include "base/rng.h"

/* A room only shrinks while a future comes, so a request that does not fit is of no interest, and
 * the next one that does is the lowest bit that three words have in common: requests within the
 * room's level of CPU, within its level of devices, and not passed yet.
 *
 * Example: offers are 250 of a device, and two whole ones; a future begins 250, two, 250, 250, ...
 * The levels of devices are none, 250, one whole, two whole. A room with 600 of a device is on
 * level 1, whose word is ...1101: the requests at 0, 2 and 3. That at 0 is placed; 350 are left,
 * still level 1, and that at 2 is next. It leaves 100, level 0, and no request is within that. */

enum { CPU_STEP = 512 }; /* milli */

void futures_release(struct futures *futures)
{
    free(futures->offers);
    free(futures->requests);
    free(futures->within_cpu);
    free(futures->within_devices);
    free(futures->cpu_levels);
    free(futures->cpu_steps);
    free(futures->share_levels);
    *futures = (struct futures){0};
}

/* ---- levels of CPU ---- */

static int reserve(void *items, int64_t count, size_t size, struct err *err)
{
    int32_t capacity = 0;
    return array_reserve(items, &capacity, count, size, err);
}

static void make_cpu_levels(struct futures *futures)
{
    int32_t *levels = futures->cpu_levels;
    levels[0] = 0;
    for (int32_t i = 0; i < futures->offer_count; i++)
        levels[i + 1] = futures->offers[i].cpu_milli;
    qsort(&levels[1], (size_t)futures->offer_count, sizeof *levels, order_int32s);
    futures->cpu_level_count = 1;
    for (int32_t i = 1; i <= futures->offer_count; i++)
        if (i == 1 || levels[i] != levels[i - 1])
            levels[futures->cpu_level_count++] = levels[i];
}

static int make_cpu_steps(struct futures *futures, struct err *err)
{
    int32_t top = futures->cpu_level_count - 1, level = 0;
    futures->cpu_step_count = futures->cpu_levels[top] / CPU_STEP + 1;
    if (reserve(&futures->cpu_steps, futures->cpu_step_count, sizeof *futures->cpu_steps, err) != 0)
        return -1;
    for (int32_t i = 0; i < futures->cpu_step_count; i++) {
        while (level < top && futures->cpu_levels[level + 1] / CPU_STEP <= i)
            level++;
        futures->cpu_steps[i] = level;
    }
    return 0;
}

static int32_t cpu_level(const struct futures *futures, int32_t cpu_milli)
{
    int32_t step = (int32_t)((uint32_t)cpu_milli / CPU_STEP), last = futures->cpu_step_count - 1;
    int32_t level = futures->cpu_steps[step < last ? step : last];
    while (futures->cpu_levels[level] > cpu_milli)
        level--;
    return level;
}

/* ---- levels of devices ---- */

static void make_device_levels(struct futures *futures)
{
    bool is_asked[SHARE_WHOLE] = {false};
    for (int32_t i = 0; i < futures->offer_count; i++) {
        const struct offer *offer = &futures->offers[i];
        if (offer->share_milli < SHARE_WHOLE)
            is_asked[offer->share_milli] = true;
        else if (offer->device_count > futures->whole_level_count)
            futures->whole_level_count = offer->device_count;
    }
    for (int32_t milli = 0; milli < SHARE_WHOLE; milli++) {
        futures->share_level_count += is_asked[milli] ? 1 : 0;
        futures->share_levels[milli] = futures->share_level_count;
    }
}

static int32_t device_level_count(const struct futures *futures)
{
    return futures->share_level_count + futures->whole_level_count + 1;
}

/* The lowest on which the offer fits. */
static int32_t device_level_of(const struct futures *futures, const struct offer *offer)
{
    return offer->share_milli < SHARE_WHOLE ? futures->share_levels[offer->share_milli]
                                            : futures->share_level_count + offer->device_count;
}

/* ---- drawing ---- */

/* The offer in which `target` of the added up weights lies. */
static int32_t find_offer(const struct futures *futures, double target)
{
    double sum = 0.0;
    for (int32_t i = 0; i < futures->offer_count; i++) {
        sum += futures->offers[i].weight;
        if (target < sum)
            return i;
    }
    return futures->offer_count - 1;
}

/* The requests at one place of all futures: one drawn from each of as many equal parts of the
 * demand as there are futures, in random order. numbers[future]: its offer. */
static void draw_place(const struct futures *futures, int32_t place, int32_t *numbers)
{
    struct rng rng = rng_stream(0, "stowage futures", (uint64_t)place);
    double total = 0.0;
    int32_t parts[FUTURES_MOST];
    for (int32_t i = 0; i < futures->offer_count; i++)
        total += futures->offers[i].weight;
    for (int32_t i = 0; i < futures->count; i++)
        parts[i] = i;
    for (int32_t left = futures->count; left > 0; left--) {
        int32_t drawn = (int32_t)rng_below(&rng, (uint64_t)left);
        double fraction = rng_uniform(&rng);
        double target = (parts[drawn] + fraction) / futures->count * total;
        numbers[left - 1] = find_offer(futures, target);
        parts[drawn] = parts[left - 1];
    }
}

/* Sets the bit of a request in the words of all levels that it is within. */
static void note_levels(struct futures *futures, const struct offer *offer, int32_t future,
                        int32_t place)
{
    uint64_t bit = UINT64_C(1) << place;
    for (int32_t i = 1; i < futures->cpu_level_count; i++)
        if (futures->cpu_levels[i] >= offer->cpu_milli)
            futures->within_cpu[i * futures->count + future] |= bit;
    for (int32_t i = device_level_of(futures, offer); i < device_level_count(futures); i++)
        futures->within_devices[i * futures->count + future] |= bit;
}

static void draw_requests(struct futures *futures)
{
    int32_t numbers[FUTURES_MOST], asked_milli[FUTURES_MOST] = {0};
    for (int32_t place = 0; place < FUTURE_LENGTH; place++) {
        draw_place(futures, place, numbers);
        for (int32_t i = 0; i < futures->count; i++) {
            const struct offer *offer = &futures->offers[numbers[i]];
            struct future_request *request = &futures->requests[i * FUTURE_LENGTH + place];
            *request = (struct future_request){.cpu_milli = offer->cpu_milli,
                                               .value_milli = offer->value_milli,
                                               .share_milli = offer->share_milli,
                                               .device_count = offer->device_count,
                                               .asked_before_milli = asked_milli[i]};
            asked_milli[i] += offer->all_milli;
            note_levels(futures, offer, i, place);
        }
    }
}

static int make(struct futures *futures, const struct offer *offers, struct err *err)
{
    int64_t count = futures->count, offer_count = futures->offer_count;
    if (reserve(&futures->offers, offer_count, sizeof *offers, err) != 0 ||
        reserve(&futures->cpu_levels, offer_count + 1, sizeof *futures->cpu_levels, err) != 0 ||
        reserve(&futures->share_levels, SHARE_WHOLE, sizeof *futures->share_levels, err) != 0)
        return -1;
    memcpy(futures->offers, offers, (size_t)offer_count * sizeof *offers);
    make_cpu_levels(futures);
    make_device_levels(futures);
    if (make_cpu_steps(futures, err) != 0 ||
        reserve(&futures->requests, count * FUTURE_LENGTH, sizeof *futures->requests, err) != 0 ||
        reserve(&futures->within_cpu, count * futures->cpu_level_count, sizeof *futures->within_cpu,
                err) != 0 ||
        reserve(&futures->within_devices, count * device_level_count(futures),
                sizeof *futures->within_devices, err) != 0)
        return -1;
    draw_requests(futures);
    return 0;
}

int futures_draw(struct futures *futures, const struct offer *offers, int32_t offer_count,
                 int32_t count, struct err *err)
{
    assert(offer_count > 0 && count > 0 && count <= FUTURES_MOST);
    *futures = (struct futures){.count = count, .offer_count = offer_count};
    if (make(futures, offers, err) == 0)
        return 0;
    futures_release(futures);
    return -1;
}

/* ---- filling ---- */

/* What a future leaves: of the devices how many nobody uses, and what is free of the others where
 * that is of use. */
struct left {
    int32_t cpu_milli, whole, part_count;
    int32_t part_milli[SHAPE_DEVICES_MAX];
};

static int32_t largest_part(const struct left *left)
{
    int32_t largest_milli = 0;
    for (int32_t i = 0; i < left->part_count; i++)
        if (left->part_milli[i] > largest_milli)
            largest_milli = left->part_milli[i];
    return largest_milli;
}

static int32_t device_level(const struct futures *futures, const struct left *left)
{
    int32_t most = futures->whole_level_count;
    return left->whole > 0 ? futures->share_level_count + (left->whole < most ? left->whole : most)
                           : futures->share_levels[largest_part(left)];
}

/* The words that tell of each future which requests fit. */
struct within {
    const uint64_t *cpu, *devices;
};

static struct within look(const struct futures *futures, const struct left *left)
{
    return (struct within){
        &futures->within_cpu[cpu_level(futures, left->cpu_milli) * futures->count],
        &futures->within_devices[device_level(futures, left) * futures->count]};
}

static void begin(const struct futures *futures, const struct fragment_room *room,
                  struct left *left)
{
    left->whole = left->part_count = 0;
    left->cpu_milli = room->cpu_milli;
    for (int32_t i = 0; i < room->device_count; i++) {
        if (room->share_milli[i] == SHARE_WHOLE)
            left->whole++;
        else if (futures->share_levels[room->share_milli[i]] > 0)
            left->part_milli[left->part_count++] = room->share_milli[i];
    }
}

static void copy(const struct left *from, struct left *to)
{
    to->cpu_milli = from->cpu_milli;
    to->whole = from->whole;
    to->part_count = from->part_count;
    for (int32_t i = 0; i < from->part_count; i++)
        to->part_milli[i] = from->part_milli[i];
}

/* Takes the share of the fullest device that has it; there is one. */
static void take_share(struct left *left, int32_t share_milli)
{
    int32_t fullest = left->part_count, fullest_milli = SHARE_WHOLE;
    for (int32_t i = 0; i < left->part_count; i++) {
        int32_t milli = left->part_milli[i];
        bool is_fuller = (milli >= share_milli) & (milli < fullest_milli);
        fullest = is_fuller ? i : fullest;
        fullest_milli = is_fuller ? milli : fullest_milli;
    }
    if (fullest == left->part_count) {
        left->part_count++;
        left->whole--;
    }
    left->part_milli[fullest] = fullest_milli - share_milli;
}

static void place(struct left *left, const struct future_request *request)
{
    left->cpu_milli -= request->cpu_milli;
    if (request->share_milli < SHARE_WHOLE)
        take_share(left, request->share_milli);
    else
        left->whole -= request->device_count;
}

int64_t futures_fill(const struct futures *futures, const struct fragment_room *room,
                     int64_t asked_max_milli)
{
    struct left empty, left;
    int64_t value_milli = 0;
    begin(futures, room, &empty);
    const struct within within_empty = look(futures, &empty);
    for (int32_t i = 0; i < futures->count; i++) {
        uint64_t fitting = within_empty.cpu[i] & within_empty.devices[i];
        const struct future_request *requests = &futures->requests[i * FUTURE_LENGTH];
        copy(&empty, &left);
        while (fitting != 0) {
            int coming = __builtin_ctzll(fitting);
            if (requests[coming].asked_before_milli >= asked_max_milli)
                break;
            value_milli += requests[coming].value_milli;
            place(&left, &requests[coming]);
            const struct within within = look(futures, &left);
            fitting = within.cpu[i] & within.devices[i] & (UINT64_MAX - 1) << coming;
        }
    }
    return value_milli;
}
