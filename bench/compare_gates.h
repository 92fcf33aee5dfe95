/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_COMPARE_GATES_H
#define STOWAGE_BENCH_COMPARE_GATES_H

#include <stdbool.h>

#include "base/err.h"
#include "bench/compare.h"
#include "bench/gate.h"

/* Gates against the results of a comparison: for every variant but the baseline, or for the only
 * one. */

enum { GATES_MAX = 16, GATE_FINDING_SIZE = 512 };

struct gate_finding {
    bool is_broken;               /* else it could not be judged: a metric has no value */
    char text[GATE_FINDING_SIZE]; /* which gate, which variant, the values */
};

/* What there is to say of one gate and one variant: 1 and the finding, 0: nothing, -1: out of
 * memory. */
int compare_gate_look(const struct compare *compare, const struct gate *gate, int32_t variant,
                      struct gate_finding *finding, struct err *err);

/* The first variant that gates are about. */
int32_t compare_gate_first(const struct compare *compare);

#endif
