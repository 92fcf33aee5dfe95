/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_TESTS_LEDGER_H
#define STOWAGE_TESTS_LEDGER_H

#include "sim/sim.h"

/* The slow, obvious twin of the metrics: follows a run by its records alone, refuses what is out of
 * order in the life of a replica, and adds everything up at the end. For small runs. */

enum { LEDGER_RUNNERS = 64, LEDGER_ORDINALS = 1024, LEDGER_NODES = 128 };

enum ledger_state {
    LEDGER_NONE = 0,
    LEDGER_WAITING,
    LEDGER_NOMINATED,
    LEDGER_STARTING,
    LEDGER_RUNNING,
    LEDGER_TERMINATING,
    LEDGER_GONE,
};

struct ledger_replica {
    enum ledger_state state;
    enum gone_cause cause;
    int64_t asked_us, bound_us, running_us, leaving_us;
    int32_t node;
};

struct ledger {
    struct ledger_replica replicas[LEDGER_RUNNERS][LEDGER_ORDINALS];
    int32_t wish[LEDGER_RUNNERS]; /* as it follows from the records */
    int64_t live_us[LEDGER_RUNNERS], running_us[LEDGER_RUNNERS], work_lost_us[LEDGER_RUNNERS];
    int64_t bound_us_by_runner[LEDGER_RUNNERS], bound_us_by_node[LEDGER_NODES];
    int64_t cpu_milli_us_by_node[LEDGER_NODES];
    int64_t waited_us[10]; /* by priority, of waits that ended */
    int64_t bound_by_node[LEDGER_NODES], evicted_by_node[LEDGER_NODES];
    int64_t counts[RECORD_KIND_COUNT], gone_counts[GONE_CAUSE_COUNT];
    int64_t failed_at_us[LEDGER_NODES];
    char complaint[256]; /* the first thing that was wrong; "" while all is well */
};

/* Takes in the records of one step. */
void ledger_read(struct ledger *ledger, const struct sim *sim);

/* After sim_finish: closes what is open at sim->now_us and compares with the sim's metrics; what
 * differs is in ledger->complaint. */
void ledger_close(struct ledger *ledger, const struct sim *sim);

#endif
