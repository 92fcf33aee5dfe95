/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_ALTERED_QUESTION_H
#define STOWAGE_PLAN_ALTERED_QUESTION_H

#include "base/arena.h"
#include "base/err.h"
#include "plan/alteration.h"
#include "plan/trial.h"

struct altered_question {
    struct plan_question question; /* with the scenario and the axes below */
    struct scenario scenario;      /* a copy; never released by itself */
    struct plan_axes axes;         /* likewise */
    struct arena arena;            /* what differs */
};

/* `question` is borrowed; the altered one points into `altered`, which must stay where it is. On -1
 * the struct is zeroed; ERR_LIMIT: more demand than a scenario may have. */
int altered_question_make(struct altered_question *altered, const struct plan_question *question,
                          const struct alteration *alteration, struct err *err);
void altered_question_release(struct altered_question *altered);

#endif
