/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/binding.h"

#include <stdio.h>

#include "bench/replicate.h"

enum { PRIORITIES = 10, ASK_EVERY = 1024 /* steps */ };
enum stop { STOP_AT_END = 0, STOP_AT_WAIT = 1, STOP_INTERRUPTED = 2 };

/* One run of a variant of the question's scenario. */
struct look {
    const struct plan_question *question;
    const struct scenario *variant;
    uint64_t seed;
    bool core_only;
};

static int64_t count_core(const struct sim *sim)
{
    int64_t count = 0;
    for (int p = 0; p < PRIORITIES; p++)
        count += sim->sched.queue.levels[CLASS_CORE * PRIORITIES + p].count;
    return count;
}

/* Steps to the end of the first instant at which a demand is left waiting. */
static int step_to_wait(struct sim *sim, const struct look *look, struct err *err)
{
    for (int64_t step = 0;; step++) {
        if (step % ASK_EVERY == 0 && plan_is_over(look->question))
            return STOP_INTERRUPTED;
        int more = sim_step(sim, err);
        if (more != 1)
            return more;
        bool is_over = sim_next_us(sim) > sim->now_us;
        bool waits = look->core_only ? count_core(sim) > 0 : sim->sched.queue.demand_count > 0;
        if (is_over && waits)
            return STOP_AT_WAIT;
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

static int look_for_wait(const struct look *look, struct binding *binding, struct err *err)
{
    struct sim sim;
    const struct sim_options options = {.has_seed = true, .seed = look->seed};
    if (sim_init(&sim, look->variant, &options, err) != 0)
        return -1;
    int result = step_to_wait(&sim, look, err);
    if (result == STOP_AT_WAIT)
        result = describe(&sim, binding, err);
    else if (result == STOP_AT_END && look->core_only)
        binding->breaches =
            sim.metrics.floor_breaches_by_drain + sim.metrics.floor_breaches_by_loss +
            sim.metrics.floor_breaches_by_reclaim + sim.metrics.floor_breaches_by_upgrade;
    sim_release(&sim);
    return result < 0 ? -1 : 0;
}

static int simulate(const struct plan_question *question, const struct plan_point *point,
                    uint64_t seed, struct binding *binding, struct err *err)
{
    struct plan_variant variant;
    if (plan_variant_make(&variant, question->scenario, question->axes, point, err) != 0)
        return -1;
    struct look look = {question, &variant.scenario, seed, .core_only = true};
    int result = look_for_wait(&look, binding, err);
    look.core_only = false;
    if (result == 0 && !binding->is_found)
        result = look_for_wait(&look, binding, err);
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
