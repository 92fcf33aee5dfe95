/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_OPTION_VALUES_H
#define STOWAGE_CLI_OPTION_VALUES_H

#include <stdint.h>

#include "base/err.h"

/* Numbers of the command line, read in one way by all commands: the same mistake is told in the
 * same words. `place` is said before what is wrong, as in "run: --seed"; errors are ERR_USAGE, and
 * leave *out alone. */

struct whole_range {
    int64_t low, high; /* both allowed */
};

int option_whole(const char *text, const char *place, struct whole_range range, int64_t *out,
                 struct err *err);

/* As option_whole, of a range within that of int32_t. */
int option_count(const char *text, const char *place, struct whole_range range, int32_t *out,
                 struct err *err);

/* 0 to 2^63 - 1. */
int option_seed(const char *text, const char *place, uint64_t *out, struct err *err);

/* --jobs: 1 to 1024 threads or processes. */
int option_jobs(const char *text, const char *place, int32_t *out, struct err *err);
/* Without --jobs: one for each processor, at most 256. */
int32_t option_jobs_default(void);

#endif
