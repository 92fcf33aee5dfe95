/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/units.h"

enum { FIRST_US = 500000, EVERY_US = 200000 };

void progress_init(struct progress *progress, bool is_quiet)
{
    *progress = (struct progress){
        .is_enabled = !is_quiet && isatty(STDERR_FILENO) == 1,
        .started_us = monotonic_us(),
    };
}

/* The two largest units, so that the line does not flicker: "3d04h", "2h05m", "1m09s", "8s". */
static const char *print_coarsely(int64_t us, char out[UNITS_TEXT_SIZE])
{
    static const struct {
        int64_t large_s, small_s;
        char large, small;
    } scales[] = {{86400, 3600, 'd', 'h'}, {3600, 60, 'h', 'm'}, {60, 1, 'm', 's'}};
    int64_t s = us / US_PER_S;
    for (size_t i = 0; i < ARRAY_LEN(scales); i++) {
        if (s < scales[i].large_s)
            continue;
        snprintf(out, UNITS_TEXT_SIZE, "%" PRId64 "%c%02" PRId64 "%c", s / scales[i].large_s,
                 scales[i].large, s % scales[i].large_s / scales[i].small_s, scales[i].small);
        return out;
    }
    snprintf(out, UNITS_TEXT_SIZE, "%" PRId64 "s", s);
    return out;
}

const char *progress_print(const struct progress_state *state, int64_t elapsed_us,
                           char out[PROGRESS_TEXT_SIZE])
{
    char now[UNITS_TEXT_SIZE];
    char end[UNITS_TEXT_SIZE];
    char left[UNITS_TEXT_SIZE];
    double elapsed_s = (double)elapsed_us / US_PER_S;
    double done = (double)state->now_us / (double)state->end_us;
    double rate = elapsed_us > 0 ? (double)state->event_count / elapsed_s : 0.0;
    int length =
        snprintf(out, PROGRESS_TEXT_SIZE, "%s of %s (%.0f %%), %" PRId64 " events, %.0f events/s",
                 print_coarsely(state->now_us, now), print_duration(state->end_us, end),
                 100.0 * done, state->event_count, rate);
    double left_s = done > 0.0 ? elapsed_s * (1.0 - done) / done : -1.0;
    if (length > 0 && length < PROGRESS_TEXT_SIZE && left_s >= 0.0 && left_s < 1e9)
        snprintf(out + length, (size_t)(PROGRESS_TEXT_SIZE - length), ", %s left",
                 print_coarsely((int64_t)(left_s * US_PER_S), left));
    return out;
}

/* Is it time to draw? Then it is drawn now. */
static bool is_due(struct progress *progress, int64_t clock_us)
{
    if (!progress->is_enabled || clock_us - progress->started_us < FIRST_US ||
        clock_us - progress->drawn_us < EVERY_US)
        return false;
    progress->drawn_us = clock_us;
    progress->is_drawn = true;
    return true;
}

void progress_update(struct progress *progress, const struct progress_state *state)
{
    int64_t clock_us = monotonic_us();
    char text[PROGRESS_TEXT_SIZE];
    if (!is_due(progress, clock_us))
        return;
    fprintf(stderr, "\r%s\x1b[K", progress_print(state, clock_us - progress->started_us, text));
    fflush(stderr);
}

void progress_count(struct progress *progress, int64_t done, int64_t total, const char *things)
{
    int64_t clock_us = monotonic_us();
    char left[UNITS_TEXT_SIZE];
    if (!is_due(progress, clock_us))
        return;
    fprintf(stderr, "\r%" PRId64 " of %" PRId64 " %s (%.0f %%)", done, total, things,
            100.0 * (double)done / (double)total);
    if (done > 0) {
        double elapsed_us = (double)(clock_us - progress->started_us);
        double left_us = elapsed_us * (double)(total - done) / (double)done;
        fprintf(stderr, ", %s left", print_coarsely((int64_t)left_us, left));
    }
    fputs("\x1b[K", stderr);
    fflush(stderr);
}

void progress_tell(struct progress *progress, const char *text)
{
    if (!is_due(progress, monotonic_us()))
        return;
    fprintf(stderr, "\r%s\x1b[K", text);
    fflush(stderr);
}

void progress_clear(struct progress *progress)
{
    if (progress->is_drawn)
        fputs("\r\x1b[K", stderr);
    progress->is_drawn = false;
}
