/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/replicate.h"

#include <assert.h>

#include "bench/compact.h"

enum { STEPS_PER_LOOK = 1024 };

static int check_cancelled(const struct replication *replication, struct err *err)
{
    if (replication->is_cancelled != NULL && atomic_load(replication->is_cancelled))
        return err_set(err, ERR_SYSTEM, "interrupted");
    return 0;
}

/* Steps while the next event is not behind `until_us`; 0: there is none left. */
static int step_until(struct sim *sim, int64_t until_us, const struct replication *replication,
                      struct err *err)
{
    for (;;) {
        if (check_cancelled(replication, err) != 0)
            return -1;
        for (int i = 0; i < STEPS_PER_LOOK; i++) {
            if (sim_next_us(sim) > until_us)
                return 1;
            int more = sim_step(sim, err);
            if (more != 1)
                return more;
        }
    }
}

static int step_to_end(struct sim *sim, const struct replication *replication, struct err *err)
{
    int more = 1;
    while (more == 1) {
        if (check_cancelled(replication, err) != 0)
            return -1;
        for (int i = 0; i < STEPS_PER_LOOK && more == 1; i++)
            more = sim_step(sim, err);
    }
    return more;
}

static int run(struct sim *sim, const struct replication *replication, struct metric_sums *from,
               struct err *err)
{
    if (replication->warm_up_us > 0) {
        if (step_until(sim, replication->warm_up_us, replication, err) < 0)
            return -1;
        metric_sums_read(sim, replication->warm_up_us, true, from);
    }
    return sim->is_finished ? 0 : step_to_end(sim, replication, err);
}

static int read_values(const struct replication *replication, const struct sim *sim,
                       const struct metric_sums *from, double *values, struct err *err)
{
    struct metric_view view;
    unsigned needs = metric_set_needs(replication->metrics) | replication->view_needs;
    if (metric_view_init(&view, sim, from, needs, err) != 0)
        return -1;
    metric_view_values(&view, replication->metrics, values);
    int result = 0;
    if (replication->look_at_view != NULL)
        result = replication->look_at_view(replication->context, &view, err);
    metric_view_release(&view);
    return result;
}

static int run_and_read(const struct replication *replication, double *values, struct err *err)
{
    struct sim sim;
    struct metric_sums from = {.at_us = 0};
    const struct sim_options options = {
        .policy = replication->policy,
        .policy_values = replication->policy_values,
        .has_seed = true,
        .seed = replication->seed,
        .keep_changes = replication->keeps_changes,
    };
    if (sim_init(&sim, replication->scenario, &options, err) != 0)
        return -1;
    int result = run(&sim, replication, &from, err);
    if (result == 0)
        result = read_values(replication, &sim, &from, values, err);
    if (result == 0 && replication->look != NULL)
        result = replication->look(replication->context, &sim, &from, err);
    sim_release(&sim);
    return result;
}

static bool is_compaction(const struct metric_choice *choice)
{
    return (choice->metric->needs & NEED_COMPACTION) != 0;
}

static int compact(const struct replication *replication, double *values, struct err *err)
{
    const struct compaction compaction = {.scenario = replication->scenario,
                                          .policy = replication->policy,
                                          .policy_values = replication->policy_values,
                                          .seed = replication->seed,
                                          .is_cancelled = replication->is_cancelled};
    for (int32_t i = 0; i < replication->metrics->count; i++)
        if (is_compaction(&replication->metrics->items[i]) &&
            compact_fleet(&compaction, &values[i], err) != 0)
            return -1;
    return 0;
}

bool replication_needs_run(const struct metric_set *metrics)
{
    for (int32_t i = 0; i < metrics->count; i++)
        if (!is_compaction(&metrics->items[i]))
            return true;
    return metrics->count == 0;
}

int replicate(const struct replication *replication, double *values, struct err *err)
{
    assert(replication->warm_up_us >= 0);
    assert(replication->warm_up_us < replication->scenario->horizon_us);
    if (replication_needs_run(replication->metrics) && run_and_read(replication, values, err) != 0)
        return -1;
    return compact(replication, values, err);
}

uint64_t replication_seed(uint64_t base, int32_t index)
{
    assert(index >= 0);
    return (base + (uint64_t)index) & INT64_MAX;
}
