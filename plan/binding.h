/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_BINDING_H
#define STOWAGE_PLAN_BINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/trial.h"
#include "reports/waiting.h"

/* What stands in the way of a smaller plan: the first demand that is left waiting in a run of it
 * that failed, and what it lacks there. */

struct binding {
    bool is_found;    /* some demand waited at all */
    bool is_core;     /* it is needed for a floor; else nothing below a floor waited */
    int64_t at_us;    /* when it was left waiting */
    int64_t waiting;  /* demands that waited then */
    int64_t breaches; /* without a demand for a floor that waits: how often a floor was broken by a
                         failure, a drain or a reclaim, which no number of nodes prevents */
    char runner[RUNNER_NAME_SIZE];
    char reason[REASON_TEXT_SIZE]; /* "does not fit now: ..." */
};

struct binding_run {
    const int32_t *counts; /* of the plan that failed */
    int32_t loss;          /* trial_tally.first_loss */
    int32_t trial;         /* trial_tally.first_failure */
};
/* Simulates that trial again, at most twice. After an interrupt none is found. */
int binding_find(const struct plan_question *question, const struct binding_run *run,
                 struct binding *binding, struct err *err);

#endif
