/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_METRIC_H
#define STOWAGE_BENCH_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/eviction_loops.h"
#include "bench/metric_sums.h"
#include "bench/wait_sample.h"
#include "reports/packing.h"
#include "sim/sim.h"

/* What policies and configurations are compared by: one number of a finished run each, by name. A
 * new metric is one line in metric.c. "No value" (nothing waited, no price is known) is NaN. */

enum metric_direction { METRIC_LOWER_IS_BETTER = -1, METRIC_NEUTRAL = 0, METRIC_HIGHER_IS_BETTER };

struct metric_view;

struct metric {
    const char *name; /* "wait_s_p95" */
    const char *unit; /* "s", "%", "count", "h", "USD/h", ... */
    const char *meaning;
    enum metric_direction direction;
    bool has_priorities; /* also as NAME_p0 .. NAME_p9: of runners of this priority alone */
    bool is_tail;        /* a high quantile or a maximum: means and normal intervals mislead */
    unsigned needs;      /* of enum metric_need */
    double (*read)(const struct metric_view *view, int32_t priority, int64_t argument);
    int64_t argument; /* for `read`, where several metrics share one */
};

/* All of them, in the order in which they are listed. */
const struct metric *metric_list(size_t *count);

/* ---- a choice of metrics ---- */

enum { METRIC_ALL_PRIORITIES = -1, METRIC_NAME_SIZE = 48, METRICS_MAX = 64 };

struct metric_choice {
    const struct metric *metric;
    int32_t priority; /* 0 to 9, or METRIC_ALL_PRIORITIES */
};

/* "preemptions_p9". -1 with ERR_USAGE: no such metric, and which is near. */
int metric_parse(const char *name, struct metric_choice *choice, struct err *err);
/* The name that metric_parse takes; returns out. */
const char *metric_name(const struct metric_choice *choice, char out[METRIC_NAME_SIZE]);

struct metric_set {
    struct metric_choice items[METRICS_MAX];
    int32_t count;
};
/* Its place in the set, where it is put if it is not there yet. -1 with ERR_USAGE: the set is full.
 */
int32_t metric_set_add(struct metric_set *set, const struct metric_choice *choice, struct err *err);
/* Adds those of a list "wait_s_p95,preemptions_p9". The name "preemption" stands for all that tell
 * who is evicted, how often again, and what is lost by it. On -1 the set may have some of them. */
int metric_set_parse(struct metric_set *set, const char *list, struct err *err);

/* What is compared where nothing is chosen: utilization, waits, what is left unserved, preemption;
 * and cost, requests and give-ups where the scenario has such. */
void metric_set_default(struct metric_set *set, const struct scenario *scenario);

/* ---- values of a run ---- */

/* What a metric reads that costs something. NEED_COMPACTION: the metric is no property of a run;
 * replicate asks bench/compact.h for it. */
enum metric_need {
    NEED_WAITS = 1,
    NEED_PACKING = 2,
    NEED_COMPACTION = 4,
    NEED_LOOPS = 8,
    NEED_RUNNERS = 16,          /* what is counted runner by runner */
    NEED_SERVICE = 32,          /* time running and wished: of one priority NEED_RUNNERS, too */
    NEED_WAITS_BY_PRIORITY = 64 /* NEED_WAITS of one priority */
};

struct metric_view {
    const struct sim *sim;          /* borrowed */
    const struct metric_sums *from; /* sums at the start of what is measured; borrowed */
    struct metric_sums to;          /* at the end */
    struct wait_sample waits;       /* NEED_WAITS */
    struct wait_sample waits_of[PRIORITY_COUNT]; /* NEED_WAITS_BY_PRIORITY */
    struct eviction_loops loops;                 /* NEED_LOOPS */
    struct packing_view packing;                 /* NEED_PACKING */
};

/* Values of these metrics from the instant of `from` (all zero: from the start) to the end of a
 * finished run: values[set->count]. Costs O(runners + nodes + waits + evictions), and packing where
 * it is asked for. Memory is the only thing that can fail. */
int metric_values_read(const struct metric_set *set, const struct sim *sim,
                       const struct metric_sums *from, double *values, struct err *err);

/* The same in parts, for who wants more of the run than its metrics: what the set needs, and
 * `needs` besides, is read once. The view is to be released. */
int metric_view_init(struct metric_view *view, const struct sim *sim,
                     const struct metric_sums *from, unsigned needs, struct err *err);
void metric_view_release(struct metric_view *view);
unsigned metric_set_needs(const struct metric_set *set);
void metric_view_values(const struct metric_view *view, const struct metric_set *set,
                        double *values);

#endif
