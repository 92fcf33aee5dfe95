/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/binding.h"

#include <stdio.h>

#include "bench/replicate.h"

enum { PRIORITIES = 10 };

static int64_t count_core(const struct sim *sim)
{
    int64_t count = 0;
    for (int p = 0; p < PRIORITIES; p++)
        count += sim->sched.queue.levels[CLASS_CORE * PRIORITIES + p].count;
    return count;
}

/* Steps to the end of the first instant at which a demand is left waiting; 0: there was none. */
static int step_to_wait(struct sim *sim, bool core_only, struct err *err)
{
    for (;;) {
        int more = sim_step(sim, err);
        if (more != 1)
            return more;
        bool is_over = sim_next_us(sim) > sim->now_us;
        bool waits = core_only ? count_core(sim) > 0 : sim->sched.queue.demand_count > 0;
        if (is_over && waits)
            return 1;
    }
}

/* The demand that waits longest among those for a floor, else among the others. */
static int describe(const struct sim *sim, struct binding *binding, struct err *err)
{
    struct waiting_list list;
    if (waiting_list_make(sim, &list, err) != 0)
        return -1;
    const struct waiting *chosen = NULL;
    for (int32_t i = 0; i < list.count; i++) {
        const struct waiting *row = &list.rows[i];
        if (row->kind != WAITING_CORE && row->kind != WAITING_EXTRA)
            continue;
        if (chosen == NULL || row->kind < chosen->kind ||
            (row->kind == chosen->kind && row->longest_us > chosen->longest_us))
            chosen = row;
    }
    if (chosen != NULL) {
        char name[RUNNER_NAME_SIZE];
        binding->is_found = true;
        binding->is_core = chosen->kind == WAITING_CORE;
        binding->at_us = sim->now_us;
        binding->waiting = list.replica_count[WAITING_CORE] + list.replica_count[WAITING_EXTRA];
        snprintf(binding->runner, sizeof binding->runner, "%s",
                 sim_runner_name(sim, chosen->runner, name));
        waiting_reason_print(sim, &list, chosen, binding->reason);
    }
    waiting_list_release(&list);
    return 0;
}

static int look_for_wait(const struct scenario *scenario, uint64_t seed, bool core_only,
                         struct binding *binding, struct err *err)
{
    struct sim sim;
    const struct sim_options options = {.has_seed = true, .seed = seed};
    if (sim_init(&sim, scenario, &options, err) != 0)
        return -1;
    int result = step_to_wait(&sim, core_only, err);
    if (result == 1)
        result = describe(&sim, binding, err);
    else if (result == 0 && core_only)
        binding->breaches =
            sim.metrics.floor_breaches_by_drain + sim.metrics.floor_breaches_by_loss +
            sim.metrics.floor_breaches_by_reclaim + sim.metrics.floor_breaches_by_upgrade;
    sim_release(&sim);
    return result;
}

static int simulate(const struct plan_question *question, const struct plan_point *point,
                    uint64_t seed, struct binding *binding, struct err *err)
{
    struct plan_variant variant;
    if (plan_variant_make(&variant, question->scenario, question->axes, point, err) != 0)
        return -1;
    int result = look_for_wait(&variant.scenario, seed, true, binding, err);
    if (result == 0 && !binding->is_found)
        result = look_for_wait(&variant.scenario, seed, false, binding, err);
    plan_variant_release(&variant);
    return result;
}

int binding_find(const struct plan_question *question, const struct binding_run *run,
                 struct binding *binding, struct err *err)
{
    struct losses losses;
    struct losses_of of = {question->scenario, question->axes, run->counts};
    *binding = (struct binding){.is_found = false};
    if (losses_make(&losses, &of, &question->survives, err) != 0)
        return -1;
    struct plan_point point = {.counts = run->counts, .loss = losses.items[run->loss]};
    int result =
        simulate(question, &point, replication_seed(question->seed, run->trial), binding, err);
    losses_release(&losses);
    return result;
}
