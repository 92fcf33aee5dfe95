/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/sim.h"

#include <criterion/criterion.h>
#include <inttypes.h>

#include "base/array.h"
#include "tests/scenario_make.h"

/* The laws of test_sim_laws.c on more and on larger scenarios than the quick suite has time for. */

static const struct {
    const char *stream;
    int32_t size;
    uint64_t count;
} rows[] = {
    {"long small", 1, 20000},
    {"long large", 6, 400},
};

Test(sim_long, every_invariant_holds_after_every_event)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (uint64_t j = 0; j < rows[i].count; j++) {
            struct rng rng = rng_stream(2029, rows[i].stream, j);
            struct scenario scenario = random_scenario(&rng, rows[i].size);
            struct sim_options options = {.check = true};
            struct sim sim;
            struct err err = {0};
            cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0, "%s", err.text);
            cr_assert_eq(sim_run(&sim, &err), 0, "%s %" PRIu64 ": %s", rows[i].stream, j, err.text);
            sim_release(&sim);
            made_release(&scenario);
        }
}
