/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_TESTS_SCENARIO_MAKE_H
#define STOWAGE_TESTS_SCENARIO_MAKE_H

#include "base/rng.h"
#include "scenarios/scenario.h"

/* Scenarios made in memory for tests of the engine, without a file: a few lines each, or random
 * ones by the thousand. Out of memory fails the test. A scenario that was made here is released by
 * made_release, never by scenario_release. */

/* An empty scenario: horizon 1000 s, seed 1, best-fit, floor-first, preemption with a grace period
 * of 0 (each runner's own counts); dist 0 is the constant 0. */
struct scenario made_scenario(void);
void made_release(struct scenario *scenario);

/* Each gives the number of the new entry. Ids of pools are "p0", "p1", ...; of types "t0", ... */
int32_t make_dist(struct scenario *scenario, struct dist dist);
int32_t make_type(struct scenario *scenario, int64_t cpu_milli, int32_t device_count);
/* Takes nodes of this type; more types: make_pool_type. */
int32_t make_pool(struct scenario *scenario, int32_t type);
void make_pool_type(struct scenario *scenario, int32_t pool, int32_t type);
/* Nodes at the start, of the pool's type `type`, in this zone (borrowed; NULL: none). */
void make_nodes(struct scenario *scenario, int32_t pool, int32_t type, int32_t count,
                const char *zone);
/* A shape that takes so much CPU and so many whole devices of one pool. */
int32_t make_shape(struct scenario *scenario, int32_t pool, int64_t cpu_milli,
                   int32_t device_count);

/* A runner "r<number>" of this shape: there from the start, one replica, no floor, priority 0, runs
 * on, waits on, starts at once, goes at once. The pointer is good until the next runner is made. */
struct runner_def *make_runner(struct scenario *scenario, int32_t shape);
/* The same, not part of the scenario: a template of `arrivals`. */
struct runner_def made_template(const struct scenario *scenario, int32_t shape);
/* Arrivals of this template without end; the pointer is good until the next are made. */
struct arrival_def *make_arrivals(struct scenario *scenario, const struct runner_def *template,
                                  struct dist interarrival);
/* An event; those of a scenario are made in order of time. Fields that the kind does not use are
 * NO_INDEX, NULL, or count 1 and grace TIME_NEVER. */
struct event_def *make_event(struct scenario *scenario, int64_t at_us, enum event_kind kind);

/* Failures of the nodes of one pool; NO_INDEX: of all. */
struct failure_def *make_failure(struct scenario *scenario, int32_t pool, struct dist between,
                                 struct dist repair);

/* A random scenario: some nodes, runners, arrivals and events of every kind, all durations
 * multiples of a coarse step so that much happens at the same instant. Size 1: a handful of nodes
 * and runners, fit for the ledger; n: about n times as many. */
struct scenario random_scenario(struct rng *rng, int32_t size);

#endif
