/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <stdlib.h>

#include "base/array.h"

/* Replicas that one event is about, in an order of their own: never that of the scheduler's lists,
 * which is its private affair. */

static int compare_picks(const void *a, const void *b)
{
    const struct replica_pick *left = a;
    const struct replica_pick *right = b;
    for (size_t i = 0; i < ARRAY_LEN(left->keys); i++)
        if (left->keys[i] != right->keys[i])
            return left->keys[i] < right->keys[i] ? -1 : 1;
    return (left->replica > right->replica) - (left->replica < right->replica);
}

static int append(struct sim *sim, const struct replica_pick *pick, struct err *err)
{
    if (array_reserve(&sim->picks, &sim->pick_capacity, sim->pick_count + INT64_C(1),
                      sizeof *sim->picks, err))
        return -1;
    sim->picks[sim->pick_count++] = *pick;
    return 0;
}

static void sort(struct sim *sim)
{
    if (sim->pick_count > 1)
        qsort(sim->picks, (size_t)sim->pick_count, sizeof *sim->picks, compare_picks);
}

int picks_of_node(struct sim *sim, int32_t node, struct err *err)
{
    const struct sched *sched = &sim->sched;
    sim->pick_count = 0;
    for (int32_t i = sched->fleet.nodes[node].first_replica; i != NO_INDEX;
         i = sched->replicas[i].next_on_node) {
        struct replica_pick pick = {
            .keys = {sched->replicas[i].runner, sched->replicas[i].ordinal},
            .replica = i,
        };
        if (append(sim, &pick, err))
            return -1;
    }
    sort(sim);
    return 0;
}

/* The state's turn in a scale-down and the instant by which it is new. */
static struct replica_pick scale_down_pick(const struct sim *sim, int32_t number)
{
    const struct replica *replica = &sim->sched.replicas[number];
    int64_t turn = 0;
    int64_t since_us = replica->asked_at;
    if (replica->state == REPLICA_NOMINATED) {
        turn = 1;
    } else if (replica->state == REPLICA_STARTING) {
        turn = 2;
        since_us = sim->replicas[number].bound_us;
    } else if (replica->state == REPLICA_RUNNING) {
        turn = 3;
        since_us = replica->running_since;
    }
    return (struct replica_pick){
        .keys = {turn, -since_us, -(int64_t)replica->ordinal},
        .replica = number,
    };
}

int picks_of_runner(struct sim *sim, int32_t runner, struct err *err)
{
    sim->pick_count = 0;
    for (int32_t i = sim->runners[runner].first_replica; i != NO_INDEX;
         i = sim->replicas[i].next_of_runner) {
        if (sim->sched.replicas[i].state == REPLICA_TERMINATING)
            continue;
        struct replica_pick pick = scale_down_pick(sim, i);
        if (append(sim, &pick, err))
            return -1;
    }
    sort(sim);
    return 0;
}
