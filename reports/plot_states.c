/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/plot_states.h"

#include <assert.h>
#include <inttypes.h>

#include "reports/plot_frame.h"

struct state_reader {
    struct change_reader changes;
    struct runner_change next; /* of the runner; where has_next */
    int32_t runner;
    bool has_next;
    int64_t end_us; /* of the last state */
};

static void read_next(struct state_reader *reader)
{
    do
        reader->has_next = change_log_next(&reader->changes, &reader->next);
    while (reader->has_next && reader->next.runner != reader->runner);
}

static struct state_reader read_states(const struct sim *sim, int32_t runner)
{
    assert(sim->options.keep_changes);
    const struct change_log *log = &sim->metrics.changes;
    struct state_reader reader = {.changes = change_log_read(log),
                                  .runner = runner,
                                  .end_us = log->was_cut ? log->last.time_us : sim->now_us};
    read_next(&reader);
    return reader;
}

/* The next state that lasts, from state->time_us to *until_us; false: there is none. */
static bool next_state(struct state_reader *reader, struct runner_change *state, int64_t *until_us)
{
    while (reader->has_next) {
        *state = reader->next;
        read_next(reader);
        *until_us = reader->has_next ? reader->next.time_us : reader->end_us;
        if (state->time_us < *until_us)
            return true;
    }
    return false;
}

static void print_row(FILE *out, double time, const struct runner_change *state)
{
    fprintf(out, "%.6f\t%" PRId32 "\t%" PRId32 "\t%" PRId32 "\t%" PRId32 "\n", time, state->wish,
            state->live, state->running, state->floor);
}

void plot_states_write(const struct sim *sim, int32_t runner, FILE *out)
{
    struct time_axis axis = plot_time_axis(sim);
    struct state_reader reader = read_states(sim, runner);
    struct runner_change state;
    int64_t until_us;
    char name[RUNNER_NAME_SIZE];
    fprintf(out, "# %s\n# time_%s\twish\tlive\trunning\tfloor\n",
            sim_runner_name(sim, runner, name), axis.unit);
    bool has_rows = false;
    while (next_state(&reader, &state, &until_us)) {
        print_row(out, plot_time(&axis, state.time_us), &state);
        print_row(out, plot_time(&axis, until_us), &state);
        has_rows = true;
    }
    if (!has_rows)
        print_row(out, 0, &(struct runner_change){.runner = runner});
}

int32_t plot_states_most(const struct sim *sim, int32_t runner)
{
    struct state_reader reader = read_states(sim, runner);
    struct runner_change state;
    int64_t until_us;
    int32_t most = 0;
    while (next_state(&reader, &state, &until_us)) {
        int32_t here = state.wish > state.live ? state.wish : state.live;
        most = here > most ? here : most;
    }
    return most;
}

void plot_states_print_cut(const struct sim *sim, FILE *out)
{
    const struct change_log *log = &sim->metrics.changes;
    struct time_axis axis = plot_time_axis(sim);
    double end = plot_time(&axis, log->last.time_us);
    if (!log->was_cut)
        return;
    fprintf(out,
            "set label 1 'too many changes: drawn up to %.4g %s' at screen 0.015,0.985\n"
            "set arrow 1 from first %.6f, graph 0 to first %.6f, graph 1 nohead linetype 8 "
            "dashtype 3\n",
            end, axis.unit, end, end);
}
