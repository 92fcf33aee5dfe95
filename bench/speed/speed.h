/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_SPEED_SPEED_H
#define STOWAGE_BENCH_SPEED_SPEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* What the speed benchmarks share. Each is a program that measures some cases and prints a line of
 * JSON for each:
 *
 *   {"bench": "event_queue", "case": "hold", "pending": 1000, "per": "pop and push", "runs": 9,
 *    "median_ns": 38.1, "reference": "4-ary heap", "reference_ns": 62.6, "ratio": 1.64,
 *    "peak_memory_bytes": 2211840}
 *
 * A run measures ours and then a reference (a plain variant, or work of a known kind) in the same
 * process. `ratio` is how many times as fast as the reference ours is: the median over the runs of
 * the ratios within a run, since the two halves of a run have the same share of a noisy machine. It
 * may be compared between machines, the times may not. What names a case is all that is not
 * measured: see bench.py. */

enum { SPEED_RUNS_MAX = 99, SPEED_PARAMETERS_MAX = 4 };

/* Of the command line: --tiny for a quick trial of the benchmark itself, --runs N, --data DIR. */
struct speed_options {
    bool is_tiny;
    int32_t runs;     /* 0: as the benchmark likes */
    const char *data; /* folder of recorded traces, or NULL; borrowed from argv */
};
int speed_options_read(struct speed_options *options, int argc, char **argv, struct err *err);

/* The number of runs that is asked for, or else this one; 1 when tiny. */
int32_t speed_runs(const struct speed_options *options, int32_t usual);

struct speed_case {
    const char *bench, *name;
    const char *per;       /* what one of the times is the time of */
    const char *reference; /* what the ratio is to */
    struct {
        const char *name; /* NULL: no more */
        int64_t value;
    } parameters[SPEED_PARAMETERS_MAX];
};

struct speed_runs {
    double ns[SPEED_RUNS_MAX], reference_ns[SPEED_RUNS_MAX];
    int32_t count;
    int64_t peak_memory_bytes; /* of the process, while ours ran */
};

/* For what has no plain variant: a yardstick of the machine as it is now, SPEED_YARDSTICK. Writes
 * its nanoseconds. */
#define SPEED_YARDSTICK "hold operation of a 4-ary heap of 1000"
int speed_yardstick(double *ns, struct err *err);

/* CPU time of the process in nanoseconds. */
double speed_clock_ns(void);

/* The highest resident memory since the last call of speed_reset_peak (since the start, where the
 * system cannot reset it). Memory that is free but still held by malloc is given back first. */
void speed_reset_peak(void);
int64_t speed_peak_memory_bytes(void);

/* Prints the line on stdout. */
void speed_print(const struct speed_case *of, const struct speed_runs *runs);

/* Prints the error, if result is not 0; the program's exit code. */
int speed_exit(int result, const struct err *err);

#endif
