/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/sim.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "tests/trace_text.h"

/* What happens, when, in small scenarios of one rule each: tests/golden/engine/NAME.json gives
 * NAME.trace, byte for byte. With STOWAGE_UPDATE_GOLDEN=1 in the environment the traces are written
 * anew instead: then read them, line by line, against the scenario's description. */

static const char *const names[] = {
    "blocked",        "chain",
    "cordon",         "drain",
    "failure",        "floor",
    "generated",      "give-up",
    "grace-0",        "horizon",
    "min-runtime",    "one-instant",
    "pool-closed",    "random-durations",
    "remove-and-add", "same-work",
    "scale-down",     "startup-0",
};

static char *path_of(const char *name, const char *suffix, char path[512])
{
    snprintf(path, 512, STOWAGE_SOURCE_DIR "/tests/golden/engine/%s.%s", name, suffix);
    return path;
}

static void print_end(const struct sim *sim, FILE *out)
{
    const struct metrics *metrics = &sim->metrics;
    char hex[17];
    decision_digest_hex(&sim->digest, hex);
    fprintf(out,
            "floor breaches: by preemption %" PRId64 ", by drain %" PRId64 ", by loss %" PRId64
            "\n",
            metrics->floor_breaches_by_preemption, metrics->floor_breaches_by_drain,
            metrics->floor_breaches_by_loss);
    fprintf(out, "events that changed nothing:");
    for (int32_t i = 0; i < sim->idle_event_count; i++)
        fprintf(out, " %" PRId32, sim->idle_events[i]);
    fprintf(out, "\nevents %" PRId64 ", digest %s\n", sim->event_count, hex);
}

static void trace(const char *name, FILE *out)
{
    char path[512];
    struct err err = {0};
    struct scenario scenario;
    int result = scenario_load(&scenario, path_of(name, "json", path), &err);
    cr_assert_eq(result, 0, "%s: %s: %s", name, err.text,
                 scenario.problems.count > 0 ? scenario.problems.items[0].text : "");
    struct sim sim;
    struct sim_options options = {.check = true, .keep_records = true};
    cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0, "%s: %s", name, err.text);
    do {
        result = sim_step(&sim, &err);
        cr_assert_geq(result, 0, "%s: %s", name, err.text);
        trace_text_print(&sim, out);
    } while (result == 1);
    print_end(&sim, out);
    sim_release(&sim);
    scenario_release(&scenario);
}

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    char *text = calloc(1, 1 << 16);
    cr_assert_not_null(text);
    size_t size = fread(text, 1, (1 << 16) - 1, file);
    cr_assert_lt(size, (1 << 16) - 1, "%s is longer than this test can read", path);
    fclose(file);
    return text;
}

Test(sim_traces, runs_are_as_written_down)
{
    const char *update = getenv("STOWAGE_UPDATE_GOLDEN");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[512];
        path_of(names[i], "trace", path);
        if (update && strcmp(update, "1") == 0) {
            FILE *file = fopen(path, "wb");
            cr_assert_not_null(file, "%s", path);
            trace(names[i], file);
            cr_assert_eq(fclose(file), 0);
            continue;
        }
        char *made = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&made, &size);
        cr_assert_not_null(out);
        trace(names[i], out);
        fclose(out);
        char *expected = read_whole(path);
        cr_expect_str_eq(made, expected, "%s: see STOWAGE_UPDATE_GOLDEN in test_sim_traces.c",
                         names[i]);
        free(made);
        free(expected);
    }
}
