/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_SEARCH_REST_H
#define STOWAGE_PLAN_SEARCH_REST_H

#include "plan/search.h"

/* The last phase of a search whose costs are sums: is there a cheaper point anywhere in the box?
 * Where more is never worse, a point that fails rules out all points that have no more of any axis,
 * and a point that passes needs no cheaper twin above it. So the box is cut up (branch and bound):
 * a part is done with where its lowest point costs as much as the best one, or where its highest
 * point that could still be cheaper fails; else it is halved. (Monotone optimisation as in Tuy,
 * SIAM Journal on Optimization 11, 2000, in whole numbers.)
 *
 * What passes and is cheaper becomes the best point. Where the work is done before
 * request.points_max, search.is_exhausted is set: as far as more is never worse, no point is
 * cheaper than the best one.
 *
 * 1: it was interrupted; -1: memory, or a test failed. */
int search_rest(struct search *search, struct err *err);

#endif
