/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/run_store.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "base/rng.h"

enum { AXES = 2, TARGETS = 3, TRIALS = 40, LOSSES = 3 };

static struct run_store made_store(const char *folder, const char *digest)
{
    struct run_store store;
    struct err err = {0};
    const struct run_store_of of = {folder, digest, AXES, TARGETS};
    cr_assert_eq(run_store_init(&store, &of, &err), 0, "%s", err.text);
    return store;
}

static int32_t open_point(struct run_store *store, const struct alteration *alteration,
                          int32_t first, int32_t second)
{
    struct err err = {0};
    const int32_t counts[AXES] = {first, second};
    const struct run_store_key key = {alteration, counts, LOSSES};
    int32_t point = run_store_open(store, &key, &err);
    cr_assert_geq(point, 0, "%s", err.text);
    return point;
}

/* What a run of this trial and loss gives: any bits that a double can have. */
static struct run_result result_of(int32_t trial, int32_t loss)
{
    struct rng rng = rng_stream(1, "test run store", (uint64_t)(trial * LOSSES + loss));
    struct run_result result = {.missed = (uint32_t)rng_below(&rng, 8)};
    for (int i = 0; i < TARGETS; i++)
        result.values[i] = rng_below(&rng, 4) == 0
                               ? (double)NAN
                               : ldexp((double)rng_next(&rng), (int)rng_below(&rng, 200) - 100);
    result.cost = (double)rng_next(&rng) / 3;
    return result;
}

static bool is_equal(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static void expect_run(struct run_store *store, int32_t point, int32_t trial, int32_t loss)
{
    bool is_new;
    const struct run_result expected = result_of(trial, loss);
    const struct run_result *run = run_store_find(store, point, trial, loss, &is_new);
    cr_assert_not_null(run, "trial %d, loss %d", (int)trial, (int)loss);
    cr_expect_eq(run->missed, expected.missed);
    for (int i = 0; i < TARGETS; i++)
        cr_expect(is_equal(run->values[i], expected.values[i]), "%d: %.17g", i, run->values[i]);
    cr_expect(is_equal(run->cost, expected.cost));
}

static void add_runs(struct run_store *store, int32_t point, int32_t from, int32_t step)
{
    struct err err = {0};
    for (int32_t i = from; i < TRIALS * LOSSES; i += step) {
        const struct kept_run run = {.trial = i / LOSSES,
                                     .loss = i % LOSSES,
                                     .is_asked = true,
                                     .result = result_of(i / LOSSES, i % LOSSES)};
        cr_assert_eq(run_store_add(store, point, &run, &err), 0, "%s", err.text);
    }
}

Test(run_store, gives_back_every_bit_in_memory_and_from_the_folder)
{
    char folder[] = "/tmp/stowage-run-store-XXXXXX";
    struct err err = {0};
    const struct alteration nothing = {.kind = ALTER_NOTHING};
    const struct alteration demand = {.kind = ALTER_DEMAND, .percent = 110};
    cr_assert_not_null(mkdtemp(folder));
    struct run_store store = made_store(folder, "abc");
    int32_t point = open_point(&store, &nothing, 3, 1);
    int32_t altered = open_point(&store, &demand, 3, 1);
    cr_expect_neq(point, altered);
    /* Half of them, saved; then the others in between. */
    add_runs(&store, point, 0, 2);
    cr_assert_eq(run_store_save(&store, point, &err), 0, "%s", err.text);
    add_runs(&store, point, 1, 2);
    cr_assert_eq(run_store_save(&store, point, &err), 0, "%s", err.text);
    for (int32_t i = 0; i < TRIALS * LOSSES; i++)
        expect_run(&store, point, i / LOSSES, i % LOSSES);
    run_store_release(&store);

    store = made_store(folder, "abc");
    point = open_point(&store, &nothing, 3, 1);
    cr_expect_eq(store.read_count, TRIALS * LOSSES);
    for (int32_t i = 0; i < TRIALS * LOSSES; i++)
        expect_run(&store, point, i / LOSSES, i % LOSSES);
    cr_expect_eq(store.reused_count, TRIALS * LOSSES);
    bool is_new;
    cr_expect_null(run_store_find(&store, point, TRIALS, 0, &is_new));
    cr_expect(is_new);
    cr_expect_not_null(run_store_find(&store, point, 0, 0, &is_new));
    cr_expect_not(is_new, "it was asked for before");
    altered = open_point(&store, &demand, 3, 1);
    cr_expect_null(run_store_find(&store, altered, 0, 0, &is_new));
    int32_t other = open_point(&store, &nothing, 1, 3);
    cr_expect_null(run_store_find(&store, other, 0, 0, &is_new));
    run_store_release(&store);

    store = made_store(folder, "another question");
    point = open_point(&store, &nothing, 3, 1);
    cr_expect_null(run_store_find(&store, point, 0, 0, &is_new));
    cr_expect_eq(store.damaged_count, 0);
    run_store_release(&store);
    folder_remove(folder, &err);
}

Test(run_store, the_file_does_not_depend_on_the_order_of_the_runs)
{
    struct err err = {0};
    const struct alteration nothing = {.kind = ALTER_NOTHING};
    char command[256];
    char folders[2][32] = {"/tmp/stowage-run-store-XXXXXX", "/tmp/stowage-run-store-XXXXXX"};
    for (int i = 0; i < 2; i++) {
        cr_assert_not_null(mkdtemp(folders[i]));
        struct run_store store = made_store(folders[i], "abc");
        int32_t point = open_point(&store, &nothing, 3, 1);
        for (int32_t from = 0; from < 7; from++)
            add_runs(&store, point, i == 0 ? from : 6 - from, 7);
        cr_assert_eq(run_store_save(&store, point, &err), 0, "%s", err.text);
        run_store_release(&store);
    }
    snprintf(command, sizeof command, "diff -r %s %s", folders[0], folders[1]);
    cr_expect_eq(system(command), 0);
    for (int i = 0; i < 2; i++)
        folder_remove(folders[i], &err);
}
