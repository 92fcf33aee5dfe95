/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_WORTH_H
#define STOWAGE_PLAN_WORTH_H

#include "base/err.h"
#include "plan/instance_answer.h"

/* What one node of each type is worth at the prices of items that prove the bound: the most
 * valuable content that it can hold. A type that is worth what it costs is one of which the
 * cheapest fleets are made; one that is worth less would have to cost less than that to lower the
 * bound; one that is worth more (there are too few of it) lowers the bound by the difference when
 * there is one more of it. */

/* worth[instance->type_count] in the unit of price_nano; NaN: another type that costs no more
 * replaces it everywhere, or the search for its content was cut short. */
int worth_find(const struct instance_answer *answer, double *worth, struct err *err);

#endif
