/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_KIND_H
#define STOWAGE_PLAN_KIND_H

#include "scenarios/scenario.h"

/* Who asks for replicas: the runners of the scenario, by their number, and behind them the entries
 * of `arrivals`, each for all runners that it generates. */

static inline int32_t kind_count(const struct scenario *scenario)
{
    return scenario->runner_count + scenario->arrival_count;
}

static inline bool kind_is_generated(const struct scenario *scenario, int32_t kind)
{
    return kind >= scenario->runner_count;
}

/* The runner, or the template. */
static inline const struct runner_def *kind_def(const struct scenario *scenario, int32_t kind)
{
    return kind_is_generated(scenario, kind)
               ? &scenario->arrivals[kind - scenario->runner_count].template
               : &scenario->runners[kind];
}

static inline const char *kind_name(const struct scenario *scenario, int32_t kind)
{
    return kind_is_generated(scenario, kind)
               ? scenario->arrivals[kind - scenario->runner_count].name
               : scenario->runners[kind].id;
}

#endif
