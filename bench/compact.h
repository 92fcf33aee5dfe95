/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_COMPACT_H
#define STOWAGE_BENCH_COMPACT_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/err.h"
#include "scenarios/scenario.h"
#include "scheduler/policy.h"

/* Cell compaction (A. Verma et al., "Large-scale cluster management at Google with Borg", EuroSys
 * 2015, section 5.1; method: A. Verma, M. Korupolu, J. Wilkes, "Evaluating job packing in
 * warehouse-scale computing", CLUSTER 2014): how small a fleet a policy needs for a fixed workload.
 * Nodes are removed in a random order, and everything is packed anew each time, until it no longer
 * fits. The smallest fleet is found by bisection, as what fits a fleet is taken to fit a larger
 * one.
 *
 * The workload is every replica that the scenario's runners wish for, all at once and for good,
 * whatever their times; not what `arrivals` generate. The fleet is the nodes at the start. It fits
 * when at most 0.2 % of the replicas stay without a place (Borg's allowance for picky ones), beside
 * those that do not fit the fleet cloned COMPACT_CLONES times either. A fleet that is too small is
 * cloned, so the answer may be above 100 %. */

enum { COMPACT_CLONES = 8, COMPACT_ORDERS_MIN = 11 };

struct compaction { /* all borrowed */
    const struct scenario *scenario;
    const struct policy *policy;              /* NULL: the scenario's */
    const struct policy_value *policy_values; /* of `policy` */
    uint64_t seed;                            /* of the order of removal */
    const atomic_bool *is_cancelled;          /* or NULL */
};

/* The nodes needed, in % of the nodes at the start. NaN: there is no node, no demand, or the cloned
 * fleet is too small, too. O(log(nodes)) packings. */
int compact_fleet(const struct compaction *compaction, double *percent, struct err *err);

#endif
