/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

/* One pass of the scheduler, and the engine's side of each of its decisions in order. The
 * scheduler's state is already that after the whole pass. */

static int apply(struct sim *sim, const struct decision *decision, struct err *err)
{
    switch (decision->kind) {
    case DECISION_BIND:
        return replica_bound(sim, decision, err);
    case DECISION_EVICT:
        return replica_evicted(sim, decision, err);
    case DECISION_NOMINATE:
        break;
    }
    return replica_nominated(sim, decision, err);
}

int pass_step(struct sim *sim, struct err *err)
{
    int64_t eviction_version = sim->sched.eviction_version;
    sim->decisions.count = 0;
    if (sched_pass(&sim->sched, sim->now_us, &sim->decisions, err))
        return -1;
    /* While the flag is up, the demands of evicted replicas plan no further pass: this one has
     * tried them already. */
    for (int32_t i = 0; i < sim->decisions.count; i++) {
        if (i + 1 < sim->decisions.count)
            prefetch_decision(sim, i + 1);
        if (apply(sim, &sim->decisions.items[i], err))
            return -1;
    }
    sim->pass_is_planned = false;
    sim->scaling.is_due |= sim->sched.queue.demand_count > 0;
    /* An extra replica that was bound raised what may be evicted of its runner, after demands that
     * stand before it were told that nobody may be. They are asked again: what waits at the end of
     * an instant can evict nobody. */
    if (sim->sched.eviction_version != eviction_version)
        sim_plan_pass(sim);
    return 0;
}
