/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_RESULT_H
#define STOWAGE_PLAN_RESULT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/json_writer.h"
#include "plan/found_fleet.h"
#include "plan/binding.h"
#include "plan/front.h"
#include "plan/peak.h"
#include "plan/regret.h"
#include "plan/sensitivity.h"

/* All that `stowage plan SCENARIO` tells, in one place for the terminal, plan.json, the report and
 * the plots. */

struct plan_result {
    const struct plan_request *request; /* borrowed */
    const struct peak *peak;            /* borrowed; zeroed where nothing is known */
    struct found_fleet answer;
    struct binding *bindings;       /* [answer.neighbour_count]; of those that fail, none is found
                                       after an interrupt; owned */
    struct binding highest;         /* where no plan was found: of the highest one */
    struct front front;             /* where a plan was found */
    struct regret regret;           /* where it was, and the scenario has growth_percent */
    struct sensitivity sensitivity; /* where it was, and asks_sensitivity */
    bool asks_sensitivity;
    bool is_cut_short; /* interrupted when the answer was known: what is told beside it, from the
                          bindings to the sensitivity, may lack something */
    bool is_what_if;   /* one fleet is looked at, and simulated also where none within the bounds of
                          the peak is possible */
    const char *const *target_texts;  /* as given: [request->question.targets->text_count] */
    const char *const *survive_texts; /* as given; [request->question.survives.count] */
    const char *version, *command;
    double budget_usd_h; /* NaN: none */
};

/* Answers the request and looks what binds. What is asked is given; all else of the result is set.
 * On -1 there is nothing to release. */
int plan_result_make(struct plan_result *result, struct err *err);
void plan_result_release(struct plan_result *result);

/* Does the plan do what was asked: found, checked, within the budget? */
bool plan_result_is_yes(const struct plan_result *result);

/* Where no plan was found: the fleet of which is told why. The smallest one that was seen to have
 * enough nodes, which misses targets that ask for less (plan/target.h); else the highest one. */
int32_t plan_told_point(const struct plan_result *result);

/* Of each target that this plan keeps by another mean than the one that was found, in the runs of
 * the search: "; TARGET: both means". Nothing where all are the same. */
void plan_print_gains(const struct plan_result *result, const struct trial_tally *tally, FILE *out);

/* The targets that some trial missed, as they were given, with "; " between them. */
void plan_print_misses(const struct plan_result *result, const struct trial_tally *tally,
                       FILE *out);

/* Of runs from the first seed on, the subject of a sentence on those that failed: "the first
 * replication misses", "2 of the first 3 replications miss". With `whose`, as in " of this fleet",
 * before the verb. */
enum { PLAN_FAILED_SIZE = 120 };
const char *plan_failed_text(const struct trial_tally *tally, const char *whose,
                             char out[PLAN_FAILED_SIZE]);

/* USD an hour of a cost of the search; NaN where prices are unknown. */
double plan_usd_per_hour(const struct plan_result *result, int64_t cost);

/* Is the budget below the bound? Then no plan keeps it. */
bool plan_budget_is_hopeless(const struct plan_result *result);

/* The target that raises the bound above that of the floors, as it was given; NULL: none does. */
const char *plan_raising_target(const struct plan_result *result);

/* Is there but one fleet to look at? */
bool plan_is_one_fleet(const struct plan_result *result);

/* Was every cheaper fleet within the bounds tried, or is it less of everything than one that
 * failed? Then the plan is the cheapest that passes the runs of the search, if more nodes are never
 * worse; where the search has seen that they are, this is false. */
bool plan_is_cheapest(const struct plan_result *result);

/* By how many percent at most a plan could be cheaper: (cost - bound) / bound; NaN: not known. Of a
 * what-if fleet that misses targets it may be below 0. */
double plan_gap_percent(const struct plan_result *result);

/* "3 gpu/a100, 2 cpu/n2", "no nodes at all". */
void plan_print_counts(const struct plan_result *result, const int32_t *counts, FILE *out);

/* One screen of lines of at most 100 characters. */
void plan_print_text(const struct plan_result *result, FILE *out);
/* plan.json: docs/planning.md has its keys. */
void plan_print_json(const struct plan_result *result, FILE *out);

#endif
