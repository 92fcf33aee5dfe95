/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_TESTS_PROMISE_CASES_H
#define STOWAGE_TESTS_PROMISE_CASES_H

#include <stdint.h>

/* Bounds of targets about waits, held against the trial of all fleets: of random small scenarios
 * (jobs that come and end, services that are scaled and leave, priorities, preemption, floors,
 * give-ups) with random targets, no fleet that costs less than the bound may pass its runs. */

struct promise_tally {
    int32_t raised;   /* scenarios whose bound is above that of the floors */
    int32_t tried;    /* fleets below a bound that were simulated: all of them failed */
    int32_t equal;    /* scenarios in which a fleet at the price of the raised bound passes */
    int32_t misfits;  /* scenarios of which it is told that something fits no node */
    int32_t evicting; /* raised ones in which somebody may be evicted */
    int32_t by_use;   /* raised by a target about utilization */
    int32_t by_mean;  /* raised by one about the mean wait */
};

/* Draws so many scenarios, of a stream of this number; fails the test at the first fleet that
 * passes for less. */
struct promise_tally promise_cases_try(int32_t count, uint64_t stream);

/* The same where the pool scales, and what runs pay is bounded. */
struct promise_tally promise_cases_try_scaling(int32_t count, uint64_t stream);

/* The search for the cheapest fleet of such scenarios, held against the trial of all fleets. */
struct search_tally {
    int32_t found;     /* scenarios with a plan */
    int32_t optimal;   /* of these, with the cheapest that there is */
    int32_t exhausted; /* of these, in which it is said to be the cheapest */
    int32_t crooked;   /* of these, in which it was not, since more nodes are worse there */
};

/* Fails the test where a plan does not pass, where none is found although one passes, and where one
 * is said to be the cheapest and is not, unless more is worse. */
struct search_tally promise_cases_search(int32_t count, uint64_t stream);

#endif
