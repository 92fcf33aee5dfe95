/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_PROGRESS_H
#define STOWAGE_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line on stderr that says how far a long run is. It is drawn only on a terminal, only after
 * half a second, and at most five times a second. */
struct progress {
    bool is_enabled;
    bool is_drawn;
    int64_t started_us; /* of the monotonic clock */
    int64_t drawn_us;
};

struct progress_state {
    int64_t now_us, end_us; /* virtual */
    int64_t event_count;
};

enum { PROGRESS_TEXT_SIZE = 160 };

void progress_init(struct progress *progress, bool is_quiet);

/* Draws the line where it is time to. */
void progress_update(struct progress *progress, const struct progress_state *state);

/* The same for a number of things of which some are done: "12 of 300 runs (4 %), 9s left". */
void progress_count(struct progress *progress, int64_t done, int64_t total, const char *things);

/* Any text of one line. */
void progress_tell(struct progress *progress, const char *text);

/* Removes the line. */
void progress_clear(struct progress *progress);

/* "3d4h of 7d (45 %), 1234567 events, 350000 events/s, 12s left", after so much real time. */
const char *progress_print(const struct progress_state *state, int64_t elapsed_us,
                           char out[PROGRESS_TEXT_SIZE]);

#endif
