/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/plot_states.h"

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
    while (next_state(&reader, &state, &until_us)) {
        print_row(out, plot_time(&axis, state.time_us), &state);
        print_row(out, plot_time(&axis, until_us), &state);
    }
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
