/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_POLICY_WORDS_H
#define STOWAGE_REPORTS_POLICY_WORDS_H

#include "base/json_writer.h"
#include "reports/phrase.h"
#include "scheduler/policy.h"

/* The policy of a run with the values of its parameters. */

/* "best-fit", "best-fit (steps 100)", "weighted (policies best-fit 0.75 + fgd 0.25)": only what is
 * not as by default. */
void policy_print(const struct policy_instance *instance, struct sentence *out);

/* "policy_parameters": every parameter under its name; sets are arrays of names, policies arrays of
 * objects. */
void policy_json(const struct policy_instance *instance, struct json_writer *w);

#endif
