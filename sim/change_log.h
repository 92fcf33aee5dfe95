/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_CHANGE_LOG_H
#define STOWAGE_SIM_CHANGE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* The changes of all runners in the order in which they came, for the plots of the few runners that
 * deserve one. Which these are is only known at the end, so where plots are to be made every change
 * is kept (sim_options.keep_changes); it takes some eight bytes (change_log.c says how), and
 * whoever reads begins at the first. */

struct runner_change {
    int64_t time_us; /* never below that of the entry before */
    int32_t runner;
    int32_t wish, live, running, floor; /* from then on */
};
enum { CHANGE_LOG_MAX = 1 << 22 };

/* Zero-initialised is a valid empty log. */
struct change_log {
    uint8_t *bytes; /* all entries but the last; owned */
    int32_t byte_count, byte_capacity;
    struct runner_change last; /* where count is above 0 */
    int64_t time_us;           /* of the entry before it */
    int32_t runner;            /* of the entry before it */
    int32_t count;             /* entries, the last one included */
    bool was_cut;              /* there were more than CHANGE_LOG_MAX */
};

/* Several changes of a runner in a row at one instant make one entry. What is beyond CHANGE_LOG_MAX
 * is not kept. -1 (nothing has changed) only for want of memory. */
int change_log_add(struct change_log *log, const struct runner_change *change, struct err *err);

/* Reads the entries, the first one first:
 *     struct change_reader reader = change_log_read(&log);
 *     struct runner_change change;
 *     while (change_log_next(&reader, &change))
 * The log must not grow meanwhile. */
struct change_reader {
    const struct change_log *log;
    int32_t byte, count; /* that were read */
    int64_t time_us;     /* of the entry read last */
    int32_t runner;
};
struct change_reader change_log_read(const struct change_log *log);
bool change_log_next(struct change_reader *reader, struct runner_change *change);

void change_log_release(struct change_log *log);

#endif
