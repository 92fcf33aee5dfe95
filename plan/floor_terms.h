/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_FLOOR_TERMS_H
#define STOWAGE_PLAN_FLOOR_TERMS_H

#include "scenarios/scenario.h"

/* What a runner wishes, and which floor is certainly in force, after its scale events. The floor in
 * force is at most the wish, and that falls where a demand gives up: of a runner whose demands may,
 * an event that only raises the floor is certain of no more than what was in force before. Where
 * they give up at once, no floor is ever certain: none is missed for any time. */

struct floor_terms {
    int32_t wish, min_replicas;
    int32_t floor; /* certainly in force */
};

static inline struct floor_terms floor_terms_of(const struct runner_def *def)
{
    int32_t floor = def->min_replicas < def->num_replicas ? def->min_replicas : def->num_replicas;
    return (struct floor_terms){.wish = def->num_replicas,
                                .min_replicas = def->min_replicas,
                                .floor = def->max_wait_us > 0 ? floor : 0};
}

/* By an event of kind EVENT_SCALE. */
static inline void floor_terms_scale(struct floor_terms *terms, const struct runner_def *def,
                                     const struct event_def *event)
{
    bool may_have_fallen = event->num_replicas == NO_INDEX && def->max_wait_us != TIME_NEVER;
    int32_t most = may_have_fallen || def->max_wait_us == 0 ? terms->floor : INT32_MAX;
    if (event->num_replicas != NO_INDEX)
        terms->wish = event->num_replicas;
    if (event->min_replicas != NO_INDEX)
        terms->min_replicas = event->min_replicas;
    most = most < terms->wish ? most : terms->wish;
    terms->floor = terms->min_replicas < most ? terms->min_replicas : most;
}

#endif
