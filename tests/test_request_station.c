/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/request_station.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "tests/failing_alloc.h"

/* The station against a slow twin, and its parts. */

static const struct traffic_piece one_per_second[] = {{0, MICRO}};

static struct traffic_def traffic_of(int64_t service_us)
{
    return (struct traffic_def){.pieces = one_per_second,
                                .piece_count = 1,
                                .divisor = 1,
                                .period_us = INT64_MAX,
                                .burst_factor = 1,
                                .service = dist_constant(service_us),
                                .service_mean_us = service_us};
}

static const struct request_terms terms = {
    .rate = {.seed = 7, .runner = 3, .step_us = 60 * US_PER_S}, .end_us = INT64_C(3600) * US_PER_S};

/* ---- times ---- */

static int compare_times(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a;
    int64_t second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

Test(request_times, quantiles_are_those_of_the_sorted_times)
{
    enum { COUNT = 5000 };
    static int64_t sorted[COUNT];
    struct request_times times;
    struct err err;
    struct rng rng = rng_stream(1, "times", 0);
    cr_assert_eq(request_times_init(&times, &err), 0);
    cr_expect_eq(request_times_quantile_us(&times, 0.5), -1);
    for (int i = 0; i < COUNT; i++) {
        sorted[i] = (int64_t)rng_below(&rng, UINT64_C(1) << rng_below(&rng, 43));
        request_times_add(&times, sorted[i]);
    }
    qsort(sorted, COUNT, sizeof *sorted, compare_times);
    for (int i = 1; i <= COUNT; i++) {
        double got = request_times_quantile_us(&times, (double)i / COUNT);
        double expected = (double)sorted[i - 1];
        cr_expect_float_eq(got, expected, 0.004 * expected, "rank %d: %f, %f", i, got, expected);
    }
    cr_expect_eq(times.us_max, sorted[COUNT - 1]);
    request_times_release(&times);
}

Test(request_times, equal_times_are_exact_and_the_longest_has_a_bin)
{
    static const int64_t cases[] = {0,   1,       127,        128,       255,       256,
                                    511, 2000000, 1234567890, 1LL << 41, 1LL << 42, 1LL << 50};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct request_times times;
        struct err err;
        cr_assert_eq(request_times_init(&times, &err), 0);
        for (int j = 0; j < 3; j++)
            request_times_add(&times, cases[i]);
        cr_expect_eq(request_times_quantile_us(&times, 0.5), (double)cases[i]);
        request_times_release(&times);
    }
}

/* ---- the source ---- */

/* A step of the rate, shared by three: the k-th comes when the integral reaches 3 k. */
Test(request_source, regular_requests_come_when_the_integral_is_whole)
{
    static const struct traffic_piece pieces[] = {
        {0, 0}, {10 * US_PER_S, 3 * MICRO}, {20 * US_PER_S, 333333}};
    struct traffic_def def = traffic_of(US_PER_S);
    def.pieces = pieces;
    def.piece_count = ARRAY_LEN(pieces);
    def.divisor = 3;
    def.is_regular = true;
    struct request_source source;
    request_source_init(&source, &def, &terms);
    for (int k = 1; k <= 10; k++) {
        cr_expect_eq(source.next.came_us, (10 + k) * US_PER_S);
        cr_expect_eq(source.next.number, k - 1);
        request_source_next(&source);
    }
    /* 9.000009000009 s from one to the next, in whole microseconds whose rounding does not add up.
     */
    cr_expect_eq(source.next.came_us, 20 * US_PER_S + 9000010);
    request_source_next(&source);
    cr_expect_eq(source.next.came_us, 20 * US_PER_S + 18000019);
}

Test(request_source, independent_requests_have_exponential_gaps)
{
    struct traffic_def def = traffic_of(US_PER_S);
    struct request_terms long_terms = terms;
    long_terms.end_us = INT64_C(200000) * US_PER_S;
    struct request_source source;
    request_source_init(&source, &def, &long_terms);
    int64_t before_us = 0;
    double count = 0;
    double sum = 0;
    double squares = 0;
    double long_count = 0;
    for (; source.next.came_us != INT64_MAX; request_source_next(&source)) {
        double gap_s = (double)(source.next.came_us - before_us) / US_PER_S;
        before_us = source.next.came_us;
        count++;
        sum += gap_s;
        squares += gap_s * gap_s;
        long_count += gap_s > 2;
    }
    cr_expect_float_eq(count, 200000, 3 * sqrt(200000));
    cr_expect_float_eq(sum / count, 1, 0.01);
    cr_expect_float_eq(squares / count, 2, 0.05);
    cr_expect_float_eq(long_count / count, exp(-2), 0.003);
}

Test(request_source, no_request_comes_without_a_rate_or_after_the_end)
{
    static const struct traffic_piece nothing[] = {{0, 0}};
    struct traffic_def def = traffic_of(US_PER_S);
    struct request_source source;
    def.pieces = nothing;
    request_source_init(&source, &def, &terms);
    cr_expect_eq(source.next.came_us, INT64_MAX);
    def = traffic_of(US_PER_S);
    request_source_init(&source, &def, &terms);
    int64_t last_us = 0;
    for (; source.next.came_us != INT64_MAX; request_source_next(&source))
        last_us = source.next.came_us;
    cr_expect_lt(last_us, terms.end_us);
    cr_expect_gt(last_us, terms.end_us - 20 * US_PER_S);
}

/* ---- a slow twin ---- */

enum { TWIN_REQUESTS = 4000, TWIN_SERVERS = 6, TWIN_SLOTS = 3 };

enum fate { UNBORN, QUEUED, SERVED_NOW, DONE, LOST };

struct twin_request {
    struct request request;
    enum fate fate;
    int64_t start_us;
    int server;
};

struct twin {
    struct twin_request requests[TWIN_REQUESTS];
    int count;
    int free_slots[TWIN_SERVERS * TWIN_SLOTS]; /* of which server; longest free first */
    int free_count;
    bool is_there[TWIN_SERVERS], is_open[TWIN_SERVERS];
    int64_t queue_limit;
    bool drops;
    int64_t done, lost, interrupted, wait_us_sum;
};

static int first_with(const struct twin *twin, enum fate fate)
{
    for (int i = 0; i < twin->count; i++)
        if (twin->requests[i].fate == fate)
            return i;
    return -1;
}

static int count_with(const struct twin *twin, enum fate fate)
{
    int count = 0;
    for (int i = 0; i < twin->count; i++)
        count += twin->requests[i].fate == fate;
    return count;
}

/* The lowest number of those that wait is the one that came first. */
static void twin_serve(struct twin *twin, int64_t now_us)
{
    for (int i; twin->free_count > 0 && (i = first_with(twin, QUEUED)) >= 0;) {
        struct twin_request *it = &twin->requests[i];
        it->fate = SERVED_NOW;
        it->start_us = now_us;
        it->server = twin->free_slots[0];
        memmove(twin->free_slots, twin->free_slots + 1,
                (size_t)--twin->free_count * sizeof *twin->free_slots);
    }
}

static int64_t twin_end(const struct twin *twin, int i)
{
    return twin->requests[i].start_us + twin->requests[i].request.service_us;
}

static int twin_first_end(const struct twin *twin)
{
    int first = -1;
    for (int i = 0; i < twin->count; i++)
        if (twin->requests[i].fate == SERVED_NOW &&
            (first < 0 || twin_end(twin, i) < twin_end(twin, first)))
            first = i;
    return first;
}

static void twin_finish(struct twin *twin, int i)
{
    struct twin_request *it = &twin->requests[i];
    it->fate = DONE;
    twin->done++;
    twin->wait_us_sum += it->start_us - it->request.came_us;
    if (twin->is_open[it->server])
        twin->free_slots[twin->free_count++] = it->server;
    twin_serve(twin, twin_end(twin, i));
}

static void twin_advance(struct twin *twin, int64_t now_us)
{
    for (;;) {
        int next = first_with(twin, UNBORN);
        int ends = twin_first_end(twin);
        int64_t come_us = next >= 0 ? twin->requests[next].request.came_us : INT64_MAX;
        if (ends >= 0 && twin_end(twin, ends) <= now_us && twin_end(twin, ends) <= come_us) {
            twin_finish(twin, ends);
            continue;
        }
        if (come_us >= now_us)
            return;
        bool is_full = count_with(twin, QUEUED) >= twin->queue_limit && twin->free_count == 0;
        twin->requests[next].fate = is_full ? LOST : QUEUED;
        twin->lost += is_full;
        twin_serve(twin, come_us);
    }
}

static void twin_close(struct twin *twin, int server)
{
    int kept = 0;
    twin->is_open[server] = false;
    for (int i = 0; i < twin->free_count; i++)
        if (twin->free_slots[i] != server)
            twin->free_slots[kept++] = twin->free_slots[i];
    twin->free_count = kept;
}

static void twin_take(struct twin *twin, int server, int64_t now_us)
{
    twin_close(twin, server);
    twin->is_there[server] = false;
    for (int i = 0; i < twin->count; i++) {
        struct twin_request *it = &twin->requests[i];
        if (it->fate != SERVED_NOW || it->server != server)
            continue;
        it->fate = twin->drops ? LOST : QUEUED;
        twin->lost += twin->drops;
        twin->interrupted++;
    }
    twin_serve(twin, now_us);
}

static void twin_open(struct twin *twin, int server, int64_t now_us)
{
    twin->is_there[server] = twin->is_open[server] = true;
    for (int i = 0; i < TWIN_SLOTS; i++)
        twin->free_slots[twin->free_count++] = server;
    twin_serve(twin, now_us);
}

/* Opens, closes or takes away a server at random; ids of the station are 100 and up. */
static void change(struct request_station *station, struct twin *twin, struct rng *rng)
{
    struct err err;
    int server = (int)rng_below(rng, TWIN_SERVERS);
    int id = 100 + server;
    if (!twin->is_there[server]) {
        cr_assert_eq(request_station_open(station, id, &err), 0);
        twin_open(twin, server, station->now_us);
    } else if (rng_below(rng, 2) == 0) {
        request_station_close(station, id);
        twin_close(twin, server);
    } else {
        cr_assert_eq(request_station_take(station, id, &err), 0);
        twin_take(twin, server, station->now_us);
    }
}

static void compare_with_twin(uint64_t seed)
{
    static struct twin twin;
    struct rng rng = rng_stream(seed, "twin", 0);
    struct traffic_def def = traffic_of(US_PER_S);
    /* Times in whole seconds, so that much happens at one instant. */
    def.is_regular = seed % 2 == 0;
    if (seed % 3 > 0)
        def.service = (struct dist){DIST_EXPONENTIAL, 9e6, 0, 0, TIME_US_MAX};
    else
        def.service = dist_constant(8 * US_PER_S);
    struct request_terms own = terms;
    own.rate.seed = seed;
    own.end_us = INT64_C(1000) * US_PER_S;
    struct station_options options = {
        .slots = TWIN_SLOTS,
        .queue_limit = seed % 5 == 0 ? 4 : INT64_MAX,
        .drops_interrupted = seed % 7 == 0,
    };
    twin = (struct twin){.queue_limit = options.queue_limit, .drops = options.drops_interrupted};
    struct request_source source;
    request_source_init(&source, &def, &own);
    for (; source.next.came_us != INT64_MAX; request_source_next(&source))
        twin.requests[twin.count++].request = source.next;
    struct request_station station;
    struct err err;
    cr_assert_eq(request_station_init(&station, &options, &def, &own, &err), 0);
    for (int64_t at_us = 0; at_us <= own.end_us; at_us += (int64_t)rng_below(&rng, 30) * US_PER_S) {
        cr_assert_eq(request_station_advance(&station, at_us, &err), 0);
        twin_advance(&twin, at_us);
        change(&station, &twin, &rng);
        cr_assert(request_station_is_consistent(&station), "seed %lu, at %ld", (unsigned long)seed,
                  (long)at_us);
        cr_assert_eq(station.counts.served, twin.done, "seed %lu, at %ld", (unsigned long)seed,
                     (long)at_us);
        cr_assert_eq(station.counts.dropped, twin.lost);
        cr_assert_eq(station.counts.interrupted, twin.interrupted);
        cr_assert_eq(station.queue_count, count_with(&twin, QUEUED));
        cr_assert(station.waits.us_sum == twin.wait_us_sum);
    }
    cr_expect_gt(station.counts.served, 100);
    request_station_release(&station);
}

Test(request_station, does_what_a_slow_twin_does)
{
    for (uint64_t seed = 1; seed <= 60; seed++)
        compare_with_twin(seed);
}

/* ---- little things ---- */

/* Sum of all times in the queue = area under its length; the same in service. */
Test(request_station, areas_are_the_sums_of_times)
{
    struct traffic_def def = traffic_of(US_PER_S);
    def.service = (struct dist){DIST_EXPONENTIAL, 3e6, 0, 0, TIME_US_MAX};
    struct request_station station;
    struct err err;
    struct station_options options = {.slots = 4, .queue_limit = INT64_MAX};
    cr_assert_eq(request_station_init(&station, &options, &def, &terms, &err), 0);
    cr_assert_eq(request_station_advance(&station, 50 * US_PER_S, &err), 0);
    cr_assert_eq(request_station_open(&station, 0, &err), 0);
    cr_assert_eq(request_station_advance(&station, INT64_C(10000) * US_PER_S, &err), 0);
    cr_expect_eq(station.counts.offered, station.counts.served);
    cr_expect(station.counts.waiting_area == station.waits.us_sum);
    cr_expect(station.counts.busy_area == station.responses.us_sum - station.waits.us_sum);
    request_station_release(&station);
}

Test(request_station, the_same_requests_come_however_they_are_served)
{
    struct traffic_def def = traffic_of(US_PER_S);
    def.service = (struct dist){DIST_EXPONENTIAL, 3e6, 0, 0, TIME_US_MAX};
    int128 service_us[2];
    for (int i = 0; i < 2; i++) {
        struct request_station station;
        struct err err;
        struct station_options options = {.slots = 4 + 60 * i, .queue_limit = INT64_MAX};
        cr_assert_eq(request_station_init(&station, &options, &def, &terms, &err), 0);
        cr_assert_eq(request_station_open(&station, 0, &err), 0);
        cr_assert_eq(request_station_advance(&station, INT64_C(10000) * US_PER_S, &err), 0);
        service_us[i] = station.counts.busy_area;
        request_station_release(&station);
    }
    cr_expect(service_us[0] == service_us[1]);
}

static int live(struct request_station *station, const struct traffic_def *def, struct err *err)
{
    struct station_options options = {.slots = 3, .queue_limit = INT64_MAX};
    if (request_station_init(station, &options, def, &terms, err))
        return -1;
    for (int i = 0; i < 40; i++) {
        if (request_station_advance(station, (i + 1) * 10 * US_PER_S, err) ||
            (i % 2 == 0 ? request_station_open(station, i, err)
                        : request_station_take(station, i - 1, err)))
            return -1;
    }
    return 0;
}

Test(request_station, every_failed_allocation_is_a_clean_error)
{
    struct traffic_def def = traffic_of(4 * US_PER_S);
    int64_t n = 1;
    for (bool has_failed = true; has_failed; n++) {
        struct request_station station;
        struct err err = {0};
        failing_alloc_arm(n);
        int result = live(&station, &def, &err);
        has_failed = failing_alloc_disarm();
        request_station_release(&station);
        cr_assert_eq(result, has_failed ? -1 : 0, "allocation %ld: %s", (long)n, err.text);
    }
    cr_expect_gt(n, 10);
}
