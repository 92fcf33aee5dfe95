/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_TOTALS_H
#define STOWAGE_REPORTS_TOTALS_H

#include <stdint.h>

#include "base/int128.h"
#include "sim/sim.h"

/* Sums over the whole run. */

struct node_totals { /* of a set of nodes: capacities */
    int64_t node_count;
    int128 amounts[RESOURCE_COUNT];
};

struct request_totals { /* of a set of runners: what all their wished replicas ask for */
    int64_t runner_count, replica_count, floor_count;
    int64_t by_memory_count; /* replicas that share devices by memory: their share depends on the
                                device, so it is not in amounts[RESOURCE_SHARE] */
    int128 amounts[RESOURCE_COUNT];
};

struct replica_totals { /* at the end of the run, over the runners that are there */
    int64_t runner_count, wish, live, running, starting, terminating;
    int64_t nominated, pending_core, pending_extra, blocked;
    int64_t floor, below_floor_count, below_wish_count; /* of runners, by running replicas */
};

/* Time in which runners had a floor (a wish) above 0, and enough replicas for it. */
struct availability {
    int64_t runner_count; /* that had such a time */
    int64_t kept_count;   /* of these, how many once had enough, and from then on always */
    int128 asked_us, enough_us;
};

struct run_counts { /* over the whole run */
    int64_t arrived, not_arrived, departed, bound, finished, evicted, drained, moved, lost, gave_up;
    int128 running_us, wish_us; /* replica-us */
};

struct totals {
    struct node_totals nodes_at_start;
    struct node_totals nodes_at_end;           /* all that exist, in whatever state */
    struct request_totals requested;           /* the runners of the scenario as given */
    struct request_totals requested_generated; /* those of its arrivals */
    struct replica_totals replicas;
    struct availability floors;      /* running replicas at least the floor */
    struct availability floors_live; /* starting or running ones */
    struct availability wishes;
    struct run_counts counts;
};

/* O(runners + nodes). */
void totals_make(const struct sim *sim, struct totals *totals);

/* Time that the runner had at least its floor (its wish) running, of the time in which that was
 * above 0; NaN when it never was. */
double runner_floor_share(const struct sim *sim, int32_t runner);
double runner_wish_share(const struct sim *sim, int32_t runner);

/* enough / asked; NaN when nothing was asked. */
double availability_share(const struct availability *availability);

#endif
