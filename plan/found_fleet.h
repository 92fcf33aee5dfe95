/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_FOUND_FLEET_H
#define STOWAGE_PLAN_FOUND_FLEET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/search.h"
#include "plan/trial.h"

/* The cheapest fleet that was found for a question, and what is known about it.
 *
 * What the evidence says. The search asks the same seeds of every plan, so the plan that it ends
 * with is one that suits these seeds. Its success is therefore measured again on seeds that no plan
 * has seen: `fresh`. Only they count for the bound on the probability. Where too many of them fail,
 * they join those of the search, which is done again, and the next plan is measured on new ones. A
 * question asked of k plans in a row may be answered wrongly k times as often: with k checks the
 * confidence is 1 - k (1 - confidence) for all of them together (Bonferroni), and `confidence` is
 * that. */

enum { PLAN_ROUNDS_MAX = 4 };

struct plan_goal {
    double probability; /* that a run keeps all targets; 0..1, exclusive */
    double confidence;  /* with which that is claimed; 0..1, exclusive */
    bool is_certain;    /* nothing in the scenario is random: one run tells all */
};

/* Who is told how far the work is; NULL: nobody is. */
struct plan_progress {
    /* Before each point, with what is known so far. */
    void (*tell)(void *context, const struct search *search);
    /* Before each plan for an altered question: "growth" or "sensitivity", and which of how many,
     * from 1. */
    void (*tell_step)(void *context, const char *what, int32_t step, int32_t count);
    void *context;
};

/* One more or one less of an axis of the plan. */
struct plan_neighbour {
    int32_t axis, step; /* -1 or +1 */
    int32_t point;      /* of the search */
};

struct found_fleet {
    struct tester tester;
    struct search search;        /* of the last round */
    struct search_axis *boxes;   /* [axes->count] */
    struct trial_tally *tallies; /* [search.point_count] */
    int32_t tally_capacity;
    struct plan_neighbour *neighbours; /* of the plan, by axis, one less first */
    int32_t neighbour_count, neighbour_capacity;
    struct trial_tally fresh;
    double probability_bound, confidence; /* of fresh: see above */
    int32_t round_count;
    int32_t searched_trials;   /* seeds that the search has seen: the first ones */
    bool is_found, is_checked; /* there is a plan; fresh is complete and few enough of it failed */
    bool is_interrupted;
};

/* Does a run of this scenario depend on its seed? False only where nothing in it is drawn. */
bool plan_is_random(const struct scenario *scenario);

/* Trials of one test, and how many of them may fail: what proves the goal with so many failures. */
int32_t plan_trials(const struct plan_goal *goal, int32_t failures_allowed);

struct plan_request {
    struct plan_question question; /* trial_count, failures_allowed as plan_trials has them */
    struct plan_goal goal;
    const int32_t *start; /* counts to begin with; [axes->count] within the axes */
    int32_t points_max;
    int64_t cost_min; /* no plan that costs less keeps the targets in the runs of the search; 0:
                         nothing is known */
    struct plan_progress progress;
};

/* On -1 the struct is zeroed: memory, ERR_LIMIT from the losses, or a simulation failed. */
int found_fleet_make(struct found_fleet *answer, const struct plan_request *request,
                     struct err *err);
void found_fleet_release(struct found_fleet *answer);

/* Counts of the plan; is_found. */
const int32_t *found_fleet_counts(const struct found_fleet *answer);

#endif
