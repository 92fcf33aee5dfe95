/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_METRICS_H
#define STOWAGE_SIM_METRICS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"
#include "base/memory.h"
#include "scheduler/fleet.h"
#include "sim/change_log.h"
#include "sim/record.h"

/* What a run measures, exactly: every integral is a sum of integer value x integer microseconds
 * over the steps of a step function, so that means do not depend on sampling. Each step function
 * remembers when it last changed, so a change costs what it touches, never the fleet; only the end
 * of a time bin (TIMELINE_BINS times a run) touches every scope.
 *
 * Order of calls: metrics_advance once time has moved on to now_us, then the changes at now_us, and
 * at the end metrics_finish. now_us never falls. */

/* ---- one step function ---- */

/* The area up to now_us is area + value * (now_us - since_us), as if the value had always been what
 * it is now: each change has taken from `area` what it adds to that for the time before it. So a
 * change is one multiplication. Example: a value that rises from 2 to 5 at 10 us has then an area
 * of -30, and up to 12 us -30 + 5 * 12 = 2 * 10 + 5 * 2. */
struct integral {
    int64_t value; /* now */
    int64_t since_us;
    int128 area;
};
/* The value changes at now_us, no earlier than all changes before. O(1). */
static inline void integral_add(struct integral *integral, int64_t by, int64_t now_us)
{
    integral->area -= (int128)by * (now_us - integral->since_us);
    integral->value += by;
}
/* Area up to now_us, no earlier than the last change. */
int128 integral_area(const struct integral *integral, int64_t now_us);
/* From now_us on `area` is the area up to then. */
void integral_settle(struct integral *integral, int64_t now_us);

/* ---- utilization of a resource in a scope ---- */

enum resource {
    RESOURCE_CPU = 0,
    RESOURCE_MEMORY,
    RESOURCE_DEVICES,
    RESOURCE_SHARE,
    RESOURCE_COUNT
};
/* CPU in milli, memory in bytes, devices that are used at all in whole numbers, share in milli. */
const char *resource_name(enum resource resource); /* "cpu", "memory", "devices", "device-share" */

enum { UTILIZATION_STEPS = 1000, TIMELINE_BINS = 480 };

/* Most changes are small beside the capacity. As long as what is used stays within used_least and
 * used_most, the rounded utilization is the same and the highest stays the highest: then nothing
 * but the integral changes. */
struct usage {
    struct integral used;
    int64_t changed_us;            /* use or capacity */
    int64_t used_least, used_most; /* most -1: to be found out */
    struct integral capacity;      /* of nodes that are ready or drained, not down */
    int64_t permille_since_us;     /* since then the utilization rounded is permille */
    int32_t permille;
    int32_t max_permille;           /* highest utilization that lasted longer than 0;
                                    above 1000 only where nodes are unbounded */
    int64_t max_used, max_capacity; /* the exact amounts of the highest utilization; 0: none yet */
    int64_t time_at_us[UTILIZATION_STEPS + 1]; /* time by used/capacity rounded to 0.1 %; a quantile
                                               of it is the quantile of the exact function, rounded
                                               the same way. Time with capacity 0 is in none.
                                               Complete up to permille_since_us. */
    int128 bin_used[TIMELINE_BINS];            /* areas per time bin (see metrics.bin_us) */
    int128 bin_capacity[TIMELINE_BINS];
};

/* What a bound replica is charged for. */
enum expense { EXPENSE_STARTING = 0, EXPENSE_RUNNING, EXPENSE_TERMINATING, EXPENSE_COUNT };

/* A scope is the whole fleet, one pool, or one group (type in a pool). What a pool of one group
 * has, and a fleet of one pool, is what that one has: it is not kept twice. */
struct scope {
    int32_t pool, group; /* NO_INDEX: all */
    int32_t same_as;     /* the scope that is kept instead of this one, which is up to date after
                            metrics_finish only; NO_INDEX: it is kept itself */
    int32_t within;      /* of a scope that is kept: the next wider one that is; NO_INDEX: none */
    struct usage usage[RESOURCE_COUNT];
    struct integral nodes;              /* nodes that are ready or drained */
    struct integral nodes_up_or_down;   /* all that exist (paid for), down ones too */
    int128 charged[EXPENSE_COUNT];      /* only of groups: to runners, in 1e-17 USD */
    int128 bin_nodes[TIMELINE_BINS];    /* areas of nodes, per time bin */
    int128 bin_existing[TIMELINE_BINS]; /* areas of nodes_up_or_down, for cost over time */
};

/* The utilization at quantile q (0..1) of the time that the resource was there, in permille: the
 * lowest that held, or was not exceeded, for q of that time. -1: there was never any capacity. */
int32_t usage_quantile_permille(const struct usage *usage, double q);

/* ---- what nodes are paid for ---- */

/* Every node that is paid for is in one of these at any time. Of a pool's ready nodes without
 * replicas, as many as its warm_instances are warm, at their mean price. */
enum node_phase {
    PHASE_COMING = 0, /* asked for, being provisioned */
    PHASE_BOOTING,
    PHASE_USED, /* ready, with replicas */
    PHASE_WARM,
    PHASE_EMPTY,
    PHASE_DRAINING, /* cordoned or draining */
    PHASE_FAILED,
    NODE_PHASE_COUNT,
};
const char *node_phase_name(enum node_phase phase); /* "coming", ... */

struct phase_stats {
    struct integral nodes, unpriced_nodes;
    struct integral price; /* sum of known prices: its area is the cost in 1e-17 USD */
    int128 bin_nodes[TIMELINE_BINS];
};

/* ---- waits ---- */

/* One priority. Most demands of a fleet with room are bound at once: they are only counted. */
struct waits {
    int64_t at_once_count; /* demands that were bound when they were asked for */
    int64_t *later_us;     /* waits of those that were bound later, in order of binding */
    int32_t later_count, later_capacity;
    int64_t *censored_us; /* waits so far of those that were not: still waiting at the end, gave up,
                             withdrawn */
    int32_t censored_count, censored_capacity;
    int64_t gave_up_count, withdrawn_count, waiting_count; /* of the censored */
    struct integral queue; /* pending + nominated + blocked demands: its area = sum of all waits */
    int128 bin_queue[TIMELINE_BINS];
};

/* ---- evictions ---- */

struct eviction {
    int64_t time_us;
    int64_t work_lost_us;    /* time it had been running; 0 while starting */
    int64_t recovered_at_us; /* when the victim's runner was whole again: as many replicas running
                                as just before the eviction, or as many as it then wishes where that
                                is less (at once where the victim was starting); TIME_NEVER: not by
                                the end, or its runner left before (censored) */
    int32_t victim_runner, victim_ordinal;
    int32_t victim_work; /* number of the piece of work within the runner: what replaces the victim
                            does the same one */
    int32_t demand_runner, demand_ordinal;
    int32_t node;
    int32_t chain_depth;    /* 1: the demand was an ordinary one */
    int32_t running_before; /* of the victim's runner */
    int8_t victim_priority, demand_priority;
    int8_t demand_class; /* enum demand_class */
    bool was_starting;
};

/* ---- runners ---- */

/* Why a runner's live replicas are fewer than its floor: the first that took one from it while, or
 * so that, they were fewer. */
enum blame {
    BLAME_NONE = 0,   /* nobody: they never were that many, or the floor rose */
    BLAME_PREEMPTION, /* always 0 */
    BLAME_DRAIN,
    BLAME_FAILURE,
    BLAME_RECLAIM,
    BLAME_CONSOLIDATION, /* always 0 */
    BLAME_UPGRADE,
    BLAME_COUNT
};

/* Time with a floor (a wish) above 0, and how much of it with at least as many replicas. */
struct met_time {
    int64_t asked_us, met_us;
    int64_t asked_since_us; /* of asked_us, from the instant on at which it was first met */
};

struct crash_stats {
    int32_t count, at_start_count; /* the second: of the first */
    int64_t down_us;               /* replica-time from crash to running, or to gone */
    int64_t work_lost_us;
};

/* How many replicas, and the integral of it. */
struct replica_count {
    int128_close area; /* replica-us, up to since_us of the runner */
    int32_t value;     /* from then on */
};

/* Of a runner, what every job needs: two lines of the cache. A job that arrives finds none of it
 * there. */
struct runner_stats {
    _Alignas(CACHE_LINE_BYTES) struct replica_count running;
    struct replica_count live, wish;
    int32_t rare;       /* its row in metrics.rare; 0: it has none */
    int64_t since_us;   /* all that is time is complete up to then */
    int64_t existed_us; /* from arrival to departure or the end (complete at the end) */
    struct met_time wish_by_running;
    int64_t wait_us_sum; /* over bound demands */
    int64_t unpriced_us; /* replica-time on nodes of unknown price */
    int32_t bound_count;
    uint32_t finished_count : 31;
    uint32_t is_there : 1; /* arrived and not departed */
};
static_assert(sizeof(struct runner_stats) == 2 * CACHE_LINE_BYTES, "a runner's counts have grown");

/* What most runners never have: a floor, losses, a second wait. */
struct runner_rare {
    struct met_time floor_by_running, floor_by_live;
    int64_t below_floor_us[BLAME_COUNT]; /* time with live < floor, by who caused it */
    int64_t wait_us_max;                 /* of bound demands; 0: fewer than two had to wait */
    int64_t work_lost_us;                /* by evictions, drains, lost nodes and crashes */
    struct crash_stats crashes;
    int32_t evicted_count, evicting_count; /* evicting: victims it made */
    int32_t drained_count, lost_count, gave_up_count;
    int32_t moved_count;    /* by consolidations */
    int32_t floor;          /* in force */
    int32_t open_evictions; /* head of a list through metrics.eviction_next; NO_INDEX */
    uint8_t blame;          /* enum blame, while live < floor */
};

/* What its parts of nodes whose price is known cost, in 1e-17 USD. */
struct runner_cost {
    int128 parts[EXPENSE_COUNT];
    int128 lost; /* of that, of the work lost */
};

/* Area of one of the runner's counts up to now_us, stats->since_us <= now_us. */
int128 runner_area(const struct runner_stats *stats, const struct replica_count *count,
                   int64_t now_us);

struct bin_counts { /* per time bin */
    int32_t evictions, bound, lost;
};

/* What a cause has taken: live replicas, and the time for which they had been running. */
struct taken_stats {
    int64_t replica_count, work_lost_us;
};

struct metrics {
    int64_t bin_us;       /* width of a time bin: horizon / TIMELINE_BINS rounded up */
    struct scope *scopes; /* [0] the fleet, [1 + p] pool p, [1 + pool_scope_count + g] group g */
    int32_t scope_count, pool_scope_count; /* pool_scope_count: of the pools alone */
    int32_t bins_closed; /* bins hold areas since 0 up to their ends until metrics_finish, which
                            turns them into areas per bin */
    int64_t bin_end_us;  /* of the next bin to close; INT64_MAX: all are closed */
    struct phase_stats phases[NODE_PHASE_COUNT];
    struct waits waits[10];
    struct eviction *evictions;
    int32_t *eviction_next;
    int32_t eviction_count, eviction_capacity, eviction_next_capacity;
    struct runner_stats *runners;
    struct runner_cost *costs; /* [runner_count]; NULL: no node has a known price */
    struct runner_rare *rare;  /* [0] is nobody's: it says what holds without a row */
    int32_t runner_count, runner_capacity, cost_capacity;
    int32_t rare_count, rare_capacity;
    int128 running_us, wish_us; /* replica-time of all runners; 0 before the end */
    struct change_log changes;  /* of the counts of all runners, where keeps_changes */
    bool keeps_changes;
    struct bin_counts bins[TIMELINE_BINS];
    int64_t evictions_between[10][10];    /* [demand priority][victim priority] */
    int64_t floor_breaches_by_preemption; /* always 0 */
    /* Live replicas taken by a drain or lost with a node that left their runner with fewer live
     * replicas than its floor. */
    int64_t floor_breaches_by_drain, floor_breaches_by_loss, floor_breaches_by_reclaim;
    int64_t floor_breaches_by_consolidation; /* always 0 */
    int64_t floor_breaches_by_upgrade;
    int64_t node_failures, node_reclaims;
    int128 cost_lost[BLAME_COUNT]; /* of the work lost, in 1e-17 USD */
    int128 cost_lost_by_crashes;   /* the same */
    struct taken_stats taken[BLAME_COUNT];
};

/* ---- what is apart from a runner's stats ---- */

/* To read; valid until a row is made. */
static inline const struct runner_rare *metrics_rare(const struct metrics *metrics, int32_t runner)
{
    return &metrics->rare[metrics->runners[runner].rare];
}
/* All zero where no price is known. */
const struct runner_cost *metrics_cost(const struct metrics *metrics, int32_t runner);

/* The longest wait of the runner's bound demands. */
int64_t metrics_wait_us_max(const struct metrics *metrics, int32_t runner);

/* To write: the runner's row, which is made if it has none; valid until the next one is made. */
int metrics_rare_row(struct metrics *metrics, int32_t runner, struct runner_rare **row,
                     struct err *err);

/* ---- measuring (called by the engine) ---- */

struct metrics_size {
    int64_t horizon_us;
    const struct node_group *groups; /* of the fleet; [group_count] */
    int32_t group_count, pool_count, runner_count;
    bool has_prices;    /* of some node the price is known */
    bool keeps_changes; /* in metrics.changes */
};
/* On -1 the struct is zeroed. */
int metrics_init(struct metrics *metrics, const struct metrics_size *size, struct err *err);
void metrics_release(struct metrics *metrics);

/* Closes the time bins that end by now_us: at least one does. */
void metrics_close_bins(struct metrics *metrics, int64_t now_us);
/* Closes those that do, if any. */
static inline void metrics_advance(struct metrics *metrics, int64_t now_us)
{
    if (now_us >= metrics->bin_end_us)
        metrics_close_bins(metrics, now_us);
}

/* Changes in the use of one group, its pool and the fleet. */
struct usage_delta {
    int32_t group;
    int64_t used[RESOURCE_COUNT];
};
void metrics_add_usage(struct metrics *metrics, const struct usage_delta *delta, int64_t now_us);

/* Changes in their nodes and what these have. */
struct capacity_delta {
    int32_t group;
    int32_t nodes, nodes_up_or_down;
    int64_t capacity[RESOURCE_COUNT];
};
void metrics_add_capacity(struct metrics *metrics, const struct capacity_delta *delta,
                          int64_t now_us);

/* The scope of this number as it is now: itself, or the one that is kept instead. */
const struct scope *metrics_scope(const struct metrics *metrics, int32_t number);

/* Nodes enter a phase or, negative, leave it. While the run goes on all ready nodes are in
 * PHASE_USED, those without replicas in PHASE_EMPTY too, and of these the warm ones in PHASE_WARM
 * too, so that a node that turns empty changes one phase. metrics_finish leaves each in its own. */
struct phase_delta {
    enum node_phase phase;
    int64_t nodes, unpriced_nodes, price;
};
void metrics_add_phase(struct metrics *metrics, const struct phase_delta *delta, int64_t now_us);

/* A demand of this priority begins to wait; and how such a wait ends. All but WAIT_BOUND are
 * censored. In the header, since most waits end at the instant at which they began. */
enum wait_end { WAIT_BOUND, WAIT_GAVE_UP, WAIT_WITHDRAWN, WAIT_OPEN };
static inline void metrics_wait_begins(struct metrics *metrics, int32_t priority, int64_t now_us)
{
    integral_add(&metrics->waits[priority].queue, 1, now_us);
}
struct wait_ended {
    int64_t wait_us;
    int32_t priority;
    enum wait_end end;
};
/* For metrics_wait_ends alone: keeps one that was censored or did not end at once. */
int metrics_keep_wait(struct waits *waits, const struct wait_ended *wait, struct err *err);
static inline int metrics_wait_ends(struct metrics *metrics, const struct wait_ended *wait,
                                    int64_t now_us, struct err *err)
{
    struct waits *waits = &metrics->waits[wait->priority];
    integral_add(&waits->queue, -1, now_us);
    assert(waits->queue.value >= 0);
    if (wait->end != WAIT_BOUND || wait->wait_us != 0)
        return metrics_keep_wait(waits, wait, err);
    waits->at_once_count++;
    return 0;
}

/* For metrics_runner_waited alone: of several waits above 0 the longest is kept. */
int metrics_keep_longest(struct metrics *metrics, int32_t runner, int64_t wait_us, struct err *err);
/* A demand of the runner was bound after this wait; besides metrics_wait_ends. */
static inline int metrics_runner_waited(struct metrics *metrics, int32_t runner, int64_t wait_us,
                                        struct err *err)
{
    struct runner_stats *stats = &metrics->runners[runner];
    if (wait_us > 0 && stats->wait_us_sum > 0 &&
        metrics_keep_longest(metrics, runner, wait_us, err))
        return -1;
    stats->wait_us_sum += wait_us;
    stats->bound_count++;
    return 0;
}

/* A runner arrives (its counts rise after that, so there is no time to count before it) or leaves
 * (they fall to 0 after that); changes of its counts. */
static inline void metrics_runner_arrives(struct metrics *metrics, int32_t runner, int64_t now_us)
{
    struct runner_stats *stats = &metrics->runners[runner];
    assert(stats->wish.value == 0);
    assert(stats->live.value == 0);
    stats->since_us = now_us;
    stats->is_there = true;
}
void metrics_runner_leaves(struct metrics *metrics, int32_t runner, int64_t now_us);
struct runner_delta {
    int32_t runner;
    int32_t wish, live, running, floor;
};
/* For metrics_change_runner alone: counts the time since the last change under the counts that
 * held; and what else follows from a change, where the runner has a floor or has had losses, or
 * where changes are kept. */
void metrics_settle_runner(struct metrics *metrics, struct runner_stats *stats, int64_t now_us);
int metrics_note_change(struct metrics *metrics, int32_t runner, int32_t floor, int64_t now_us,
                        struct err *err);

/* Changes its counts by so much from now on. In the header, since of a change most is known where
 * it is made: little is left of it but sums. -1 (ERR_SYSTEM) for want of memory. */
static inline int metrics_change_runner(struct metrics *metrics, const struct runner_delta *delta,
                                        int64_t now_us, struct err *err)
{
    struct runner_stats *stats = &metrics->runners[delta->runner];
    if (stats->since_us != now_us)
        metrics_settle_runner(metrics, stats, now_us);
    stats->wish.value += delta->wish;
    stats->live.value += delta->live;
    stats->running.value += delta->running;
    assert(stats->running.value >= 0);
    assert(stats->running.value <= stats->live.value);
    if (stats->rare == 0 && delta->floor == 0 && !metrics->keeps_changes)
        return 0;
    return metrics_note_change(metrics, delta->runner, delta->floor, now_us, err);
}

/* A live replica was taken from the runner: if it is below its floor now, this is why. */
void metrics_blame(struct metrics *metrics, int32_t runner, enum blame blame);

/* Keeps an eviction and waits for its runner to be whole again; to be called before the counts of
 * the victim's runner fall. */
int metrics_add_eviction(struct metrics *metrics, const struct eviction *eviction, struct err *err);

/* The time bin of now, as told to metrics_advance; what happens at the horizon is in the last one.
 */
static inline struct bin_counts *metrics_bin(struct metrics *metrics)
{
    int32_t bin = metrics->bins_closed;
    return &metrics->bins[bin < TIMELINE_BINS ? bin : TIMELINE_BINS - 1];
}

/* Closes all integrals and bins at now_us; the second is the part of the first that is about
 * scopes and queues. */
void metrics_finish(struct metrics *metrics, int64_t now_us);
void metrics_finish_scopes(struct metrics *metrics, int64_t now_us);

#endif
