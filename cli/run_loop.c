/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/run_loop.h"

#include <errno.h>

#include "base/clock.h"
#include "cli/progress.h"
#include "reports/trace.h"

/* The clock is read every few steps (it costs no system call), and the world is looked at when so
 * much time has passed: a step may take a microsecond or, in a large fleet, a tenth of a second. */
enum { STEPS_PER_CLOCK = 16, LOOK_EVERY_US = 50000 };

/* stdio keeps that a write failed, but not why: errno must be looked at right behind it. */
static int write_trace(const struct sim *sim, FILE *trace, struct err *err)
{
    errno = 0;
    trace_print(sim, trace);
    return ferror(trace) ? err_errno(err, errno != 0 ? errno : EIO, "writing the trace") : 0;
}

static int step_a_little(const struct run_loop *loop, struct sim *sim, struct err *err)
{
    int more = 1;
    for (int i = 0; more == 1 && i < STEPS_PER_CLOCK; i++) {
        more = sim_step(sim, err);
        if (more >= 0 && loop->trace != NULL && write_trace(sim, loop->trace, err) != 0)
            return -1;
    }
    return more;
}

int run_loop(const struct run_loop *loop, struct sim *sim, int *signal_number, struct err *err)
{
    struct progress progress;
    progress_init(&progress, loop->is_quiet);
    *signal_number = 0;
    int64_t looked_us = monotonic_us();
    int more;
    while ((more = step_a_little(loop, sim, err)) == 1) {
        int64_t clock_us = monotonic_us();
        if (clock_us - looked_us < LOOK_EVERY_US)
            continue;
        looked_us = clock_us;
        const struct progress_state state = {
            .now_us = sim->now_us, .end_us = sim->end_us, .event_count = sim->event_count};
        progress_update(&progress, &state);
        *signal_number = interrupt_poll(loop->interrupt);
        if (*signal_number != 0)
            break;
    }
    progress_clear(&progress);
    return more < 0 ? -1 : sim_finish(sim, err);
}
