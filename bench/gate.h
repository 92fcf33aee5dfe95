/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_GATE_H
#define STOWAGE_BENCH_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/metric.h"

/* A condition on metrics under which an answer is no, for continuous integration:
 *
 *     preemptions_p9 > 0
 *     wait_s_p95 > 1.1 * base.wait_s_p95 && high.usd_per_hour >= 12
 *
 * From the loosest to the tightest: ||, &&, one of < <= > >= == !=, + -, * /, - before a value, and
 * parentheses. Values are numbers and metrics. A metric alone is its mean over the replications (of
 * a tail the median); before it may stand base. (the same of the baseline), low. and high. (ends of
 * its interval), min. and max. (over the replications). A condition is a comparison, or several. */

enum gate_kind {
    GATE_NUMBER,
    GATE_METRIC,
    GATE_NEGATE,
    GATE_ADD,
    GATE_SUBTRACT,
    GATE_MULTIPLY,
    GATE_DIVIDE,
    GATE_LESS,
    GATE_LESS_OR_EQUAL,
    GATE_GREATER,
    GATE_GREATER_OR_EQUAL,
    GATE_EQUAL,
    GATE_NOT_EQUAL,
    GATE_AND,
    GATE_OR,
};

enum gate_of { GATE_OF_VALUE, GATE_OF_BASE, GATE_OF_LOW, GATE_OF_HIGH, GATE_OF_MIN, GATE_OF_MAX };

struct gate_node {
    enum gate_kind kind;
    enum gate_of of;     /* METRIC */
    int32_t metric;      /* METRIC: its place in the set */
    int32_t left, right; /* nodes; NEGATE has left alone */
    double number;
};

enum { GATE_NODES_MAX = 64 };
struct gate {
    const char *text; /* borrowed */
    struct gate_node nodes[GATE_NODES_MAX];
    int32_t node_count, root;
};

/* The metrics it names are added to the set. -1 with ERR_USAGE: where it is wrong, and what is
 * allowed there. */
int gate_parse(struct gate *gate, const char *text, struct metric_set *metrics, struct err *err);

/* What the metrics are: NaN for no value. */
struct gate_values {
    double (*read)(const void *context, int32_t metric, enum gate_of of);
    const void *context;
};
/* Does the condition hold? A comparison with no value does not; *lacks_value says whether there was
 * one. */
bool gate_holds(const struct gate *gate, const struct gate_values *values, bool *lacks_value);

/* The name of a metric in a gate, as "base.wait_s_p95"; returns out. */
enum { GATE_NAME_SIZE = METRIC_NAME_SIZE + 8 };
const char *gate_name(const struct gate_node *node, const struct metric_set *metrics,
                      char out[GATE_NAME_SIZE]);

#endif
