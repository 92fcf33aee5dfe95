/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_TARGET_H
#define STOWAGE_PLAN_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/metric.h"

/* What a run of a plan has to keep. A target is one of
 *   METRIC OP NUMBER         "wait_s_p99 <= 120", "slo_pct >= 99", "utilization_pct_devices <= 85"
 *   floors                   every floor is met at all times: "below_floor_h <= 0"
 *   no-preemption P          nobody of priority P or higher is preempted: "preemptions_pP <= 0",
 *                            and so on up to "preemptions_p9 <= 0"
 *   placed DURATION PERCENT  so many of the demands have a place within the time; those that never
 *                            get one are counted too (Kaplan-Meier)
 * with OP one of <=, >=, <, >, == and !=. A metric without a value (nothing waited, no request
 * came) keeps its target: there was nothing to miss. */

enum target_operator {
    TARGET_AT_MOST,
    TARGET_AT_LEAST,
    TARGET_BELOW,
    TARGET_ABOVE,
    TARGET_EQUAL,
    TARGET_NOT_EQUAL,
};

struct target {
    int32_t metric; /* place in the metric set; -1: placed */
    enum target_operator operator;
    double number;
    int64_t within_us; /* of placed */
    int32_t text;      /* number of the text that it comes from */
};

enum { TARGETS_MAX = 32 };
struct target_set {
    struct target items[TARGETS_MAX];
    int32_t count;
    int32_t text_count;
    struct metric_set metrics; /* that they read; values of replicate() */
};

/* Adds what a text says. ERR_USAGE: what is wrong, and what there is; then the set may hold a part
 * of it. */
int target_set_parse(struct target_set *set, const char *text, struct err *err);

/* Do all targets ask for what more nodes may bring? False where one asks for few of them, or for
 * their use: "utilization_pct_cpu >= 40", "nodes <= 12", "usd_per_hour < 30". */
bool target_set_wants_more(const struct target_set *set);

/* A bit for each target of which that is so. */
uint32_t target_set_wanting_more(const struct target_set *set);

/* One run as the targets see it. */
struct target_view {
    const double *values; /* [set->metrics.count] */
    const struct sim *sim;
    const struct metric_sums *from;
};
struct target_outcome {
    uint32_t missed;            /* a bit for each target, by its index; 0: all are kept */
    double values[TARGETS_MAX]; /* what each target is about, as the run had it; NaN: no value */
};
int target_set_check(const struct target_set *set, const struct target_view *view,
                     struct target_outcome *outcome, struct err *err);

/* Of its value: "s", "%", "h", "replicas", ... */
const char *target_unit(const struct target_set *set, int32_t target);

enum { TARGET_TEXT_SIZE = 96 };
/* As it may be given again; returns out. */
const char *target_print(const struct target_set *set, int32_t target, char out[TARGET_TEXT_SIZE]);

#endif
