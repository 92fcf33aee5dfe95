/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/rng.h"
#include "scheduler/policies/futures.h"

enum { OFFERS_MOST = 30, DEVICES_MOST = 64 };

static int32_t below(struct rng *rng, int32_t bound)
{
    return (int32_t)rng_below(rng, (uint64_t)bound);
}

/* Few different values, so that requests often fit exactly. */
static int32_t make_offers(struct rng *rng, struct offer *offers)
{
    static const int32_t shares_milli[] = {1, 100, 190, 250, 500, 810, 999};
    int32_t count = 1 + below(rng, OFFERS_MOST);
    bool has_whole = below(rng, 4) > 0, has_shares = !has_whole || below(rng, 4) > 0;
    for (int32_t i = 0; i < count; i++) {
        bool is_whole = has_whole && (!has_shares || below(rng, 2) == 0);
        int32_t device_count = is_whole ? 1 << below(rng, 4) : 1;
        int32_t share_milli = is_whole ? SHARE_WHOLE : shares_milli[below(rng, 7)];
        offers[i] = (struct offer){.cpu_milli = 500 * below(rng, 24) + (below(rng, 3) == 0),
                                   .share_milli = share_milli,
                                   .device_count = device_count,
                                   .all_milli = device_count * share_milli,
                                   .value_milli = 1 + below(rng, 2000),
                                   .weight = 1 + below(rng, 1000)};
    }
    return count;
}

static void make_room(struct rng *rng, struct fragment_room *room, int32_t *share_milli)
{
    static const int32_t frees_milli[] = {0, 1, 190, 310, 500, 750, 999, 1000, 1000, 1000};
    int32_t device_count = below(rng, 10) == 0 ? below(rng, DEVICES_MOST + 1) : below(rng, 9);
    for (int32_t i = 0; i < device_count; i++)
        share_milli[i] = frees_milli[below(rng, 10)];
    int32_t cpu_milli = below(rng, 20) == 0 ? INT32_MAX : 500 * below(rng, 200);
    *room = (struct fragment_room){
        .device_count = device_count, .cpu_milli = cpu_milli, .share_milli = share_milli};
}

/* ---- the obvious way ---- */

static bool take(const struct future_request *request, int32_t *free_milli, int32_t device_count)
{
    int32_t fullest = -1, unused = 0;
    for (int32_t i = 0; i < device_count; i++) {
        unused += free_milli[i] == SHARE_WHOLE;
        if (free_milli[i] >= request->share_milli &&
            (fullest < 0 || free_milli[i] < free_milli[fullest]))
            fullest = i;
    }
    if (request->share_milli < SHARE_WHOLE) {
        if (fullest >= 0)
            free_milli[fullest] -= request->share_milli;
        return fullest >= 0;
    }
    if (unused < request->device_count)
        return false;
    for (int32_t i = 0, left = request->device_count; left > 0; i++)
        if (free_milli[i] == SHARE_WHOLE) {
            free_milli[i] = 0;
            left--;
        }
    return true;
}

static int64_t fill_request_by_request(const struct futures *futures,
                                       const struct fragment_room *room, int64_t asked_max_milli)
{
    int64_t value_milli = 0;
    for (int32_t future = 0; future < futures->count; future++) {
        int32_t free_milli[DEVICES_MOST], cpu_milli = room->cpu_milli;
        int64_t asked_milli = 0;
        for (int32_t i = 0; i < room->device_count; i++)
            free_milli[i] = room->share_milli[i];
        for (int32_t i = 0; i < FUTURE_LENGTH && asked_milli < asked_max_milli; i++) {
            const struct future_request *request = &futures->requests[future * FUTURE_LENGTH + i];
            asked_milli += (int64_t)request->share_milli * request->device_count;
            if (request->cpu_milli > cpu_milli || !take(request, free_milli, room->device_count))
                continue;
            cpu_milli -= request->cpu_milli;
            value_milli += request->value_milli;
        }
    }
    return value_milli;
}

Test(futures, fill_rooms_as_request_by_request)
{
    struct rng rng = rng_stream(3, "futures", 0);
    int64_t filled = 0;
    for (int round = 0; round < 300; round++) {
        struct offer offers[OFFERS_MOST];
        struct futures futures;
        struct err err;
        int32_t offer_count = make_offers(&rng, offers);
        cr_assert_eq(futures_draw(&futures, offers, offer_count, 1 + below(&rng, 20), &err), 0);
        for (int i = 0; i < 60; i++) {
            int32_t share_milli[DEVICES_MOST];
            struct fragment_room room;
            make_room(&rng, &room, share_milli);
            int64_t asked_max_milli = below(&rng, 3) == 0 ? below(&rng, 20000) : 1000000;
            int64_t expected = fill_request_by_request(&futures, &room, asked_max_milli);
            cr_assert_eq(futures_fill(&futures, &room, asked_max_milli), expected, "%d, %d", round,
                         i);
            filled += expected > 0;
        }
        futures_release(&futures);
    }
    cr_assert_gt(filled, 300 * 60 / 2);
}

/* Each offer's part of all requests is its part of the weights, to within one in a place. */
Test(futures, draw_requests_by_their_weights)
{
    enum { FUTURES = 100 };
    struct offer offers[] = {
        {.cpu_milli = 1, .share_milli = 250, .device_count = 1, .weight = 10},
        {.cpu_milli = 2, .share_milli = 500, .device_count = 1, .weight = 30},
        {.cpu_milli = 3, .share_milli = 1000, .device_count = 2, .weight = 60}};
    struct futures futures;
    struct err err;
    cr_assert_eq(futures_draw(&futures, offers, 3, FUTURES, &err), 0);
    for (int place = 0; place < FUTURE_LENGTH; place++) {
        int counts[4] = {0};
        for (int32_t i = 0; i < FUTURES; i++)
            counts[futures.requests[i * FUTURE_LENGTH + place].cpu_milli]++;
        for (int k = 0; k < 3; k++)
            cr_assert_leq(abs(counts[k + 1] - offers[k].weight), 1);
    }
    futures_release(&futures);
}
