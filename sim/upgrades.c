/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <assert.h>

#include "base/array.h"

/* Rolling upgrades: the nodes that a pool has when the event comes, in order of index, at most
 * `count` of them out of service for it at once. A node in its turn is drained; once it is empty,
 * it is worked on for a time drawn from `repair_after`; then it is back, and the next has its turn.
 *
 * A turn waits while it would take a runner below its floor, or further below it: looked at again
 * when a node of the upgrade is back, and every UPGRADE_RETRY_US. After floor_wait_us the node is
 * drained all the same, and what breaks is counted as caused by the upgrade.
 *
 * Nodes that are down, coming or gone when their turn comes are passed over. One that fails or goes
 * while it is worked on keeps its place until the work is done. */

static const int64_t UPGRADE_RETRY_US = 30 * (int64_t)1000 * 1000;

static const struct event_def *def_of(const struct sim *sim, int32_t upgrade)
{
    return &sim->scenario->events[sim->upgrades[upgrade].event];
}

static int plan_turn(struct sim *sim, int32_t upgrade, int64_t time_us, struct err *err)
{
    struct event event = {.time_us = time_us, .kind = ACTION_UPGRADE, .subject = upgrade};
    return sim_push(sim, EVENT_CLASS_NODE_LOST, &event, err);
}

/* ---- floors ---- */

/* Would a runner have fewer live replicas than its floor, were this node drained? Leaves the node's
 * list in sim->picks. */
static int breaks_floor(struct sim *sim, int32_t node, bool *breaks, struct err *err)
{
    *breaks = false;
    if (picks_of_node(sim, node, err))
        return -1;
    for (int32_t i = 0; i < sim->pick_count; i++) {
        int32_t runner = sim->sched.replicas[sim->picks[i].replica].runner;
        const struct runner_stats *stats = &sim->metrics.runners[runner];
        int32_t here = 0;
        for (int32_t j = 0; j < sim->pick_count; j++) {
            const struct replica *other = &sim->sched.replicas[sim->picks[j].replica];
            here += other->runner == runner &&
                    (other->state == REPLICA_STARTING || other->state == REPLICA_RUNNING);
        }
        if (here > 0 && stats->live.value - here < metrics_rare(&sim->metrics, runner)->floor)
            *breaks = true;
    }
    return 0;
}

/* ---- a node ---- */

/* It is empty: the work begins. */
static int begin_work(struct sim *sim, int32_t node, struct err *err)
{
    struct sim_node *it = &sim->nodes[node];
    int32_t upgrade = it->upgrade;
    const struct dist *lasts = &sim->scenario->dists[def_of(sim, upgrade)->repair_after];
    struct rng rng = rng_stream(sim->seed, "upgrade", rng_pair(upgrade, node));
    struct event event = {
        .time_us = sim->now_us + dist_sample_us(lasts, &rng),
        .kind = ACTION_NODE_UPGRADED,
        .subject = node,
    };
    it->is_worked_on = true;
    return sim_push(sim, EVENT_CLASS_NODE_READY, &event, err);
}

int upgrade_node_empty(struct sim *sim, int32_t node, struct err *err)
{
    const struct sim_node *it = &sim->nodes[node];
    if (it->upgrade == NO_INDEX || it->is_worked_on || it->replica_count > 0)
        return 0;
    return begin_work(sim, node, err);
}

static int begin_node(struct sim *sim, int32_t upgrade, int32_t node, struct err *err)
{
    struct sim_node *it = &sim->nodes[node];
    const struct event_def *def = def_of(sim, upgrade);
    it->upgrade = upgrade;
    it->is_worked_on = false;
    it->stays_cordoned = it->is_cordoned;
    sim->upgrades[upgrade].active_count++;
    if (node_upgrade(sim, node, def->grace_us, err))
        return -1;
    return upgrade_node_empty(sim, node, err);
}

int upgrade_node_done(struct sim *sim, int32_t node, struct err *err)
{
    struct sim_node *it = &sim->nodes[node];
    struct sim_upgrade *upgrade = &sim->upgrades[it->upgrade];
    int32_t number = it->upgrade;
    assert(upgrade->active_count > 0);
    it->upgrade = NO_INDEX;
    upgrade->active_count--;
    upgrade->done_count++;
    if (!it->stays_cordoned && !it->is_leaving && it->removed_us == TIME_NEVER &&
        node_uncordon(sim, node, err))
        return -1;
    return plan_turn(sim, number, sim->now_us, err);
}

/* ---- turns ---- */

/* Ready, or cordoned without being on its way out, and in no other upgrade. */
static bool can_begin(const struct sim *sim, int32_t node)
{
    enum node_state state = sim->sched.fleet.nodes[node].state;
    return (state == NODE_READY || state == NODE_DRAINED) && !sim->nodes[node].is_leaving &&
           sim->nodes[node].upgrade == NO_INDEX;
}

/* Waits for floors from now on, or still; false in *waits: it has waited long enough. */
static int wait_for_floors(struct sim *sim, int32_t upgrade, bool *waits, struct err *err)
{
    struct sim_upgrade *it = &sim->upgrades[upgrade];
    if (it->waiting_since_us == TIME_NEVER)
        it->waiting_since_us = sim->now_us;
    int64_t left_us = it->waiting_since_us + def_of(sim, upgrade)->floor_wait_us - sim->now_us;
    *waits = left_us > 0;
    it->forced_count += !*waits;
    if (!*waits || it->retry_at_us > sim->now_us)
        return 0;
    it->retry_at_us = sim->now_us + (left_us < UPGRADE_RETRY_US ? left_us : UPGRADE_RETRY_US);
    return plan_turn(sim, upgrade, it->retry_at_us, err);
}

static void end_wait(struct sim *sim, struct sim_upgrade *it)
{
    if (it->waiting_since_us == TIME_NEVER)
        return;
    it->waited_us += sim->now_us - it->waiting_since_us;
    it->waiting_since_us = TIME_NEVER;
}

/* The next node has its turn; false in *goes_on: it has to wait, or there is none. */
static int take_turn(struct sim *sim, int32_t upgrade, bool *goes_on, struct err *err)
{
    struct sim_upgrade *it = &sim->upgrades[upgrade];
    int32_t node = it->next_node;
    bool waits = false;
    if (breaks_floor(sim, node, &waits, err) ||
        (waits && wait_for_floors(sim, upgrade, &waits, err)))
        return -1;
    *goes_on = !waits;
    if (waits)
        return 0;
    end_wait(sim, it);
    it->next_node = sim->nodes[node].next_in_pool;
    return begin_node(sim, upgrade, node, err);
}

/* Passes over those that are not meant. */
static void find_next(struct sim *sim, int32_t upgrade)
{
    const struct event_def *def = def_of(sim, upgrade);
    struct sim_upgrade *it = &sim->upgrades[upgrade];
    while (it->next_node != NO_INDEX) {
        const struct sim_node *node = &sim->nodes[it->next_node];
        bool is_meant = it->next_node < it->end_node && node_is_in_zone(node, def->zone);
        if (is_meant && can_begin(sim, it->next_node))
            return;
        it->passed_count += is_meant && node->removed_us == TIME_NEVER;
        it->next_node = node->next_in_pool;
    }
}

int upgrade_turn(struct sim *sim, int32_t upgrade, struct err *err)
{
    bool goes_on = true;
    while (goes_on) {
        struct sim_upgrade *it = &sim->upgrades[upgrade];
        find_next(sim, upgrade);
        if (it->next_node == NO_INDEX) {
            end_wait(sim, it);
            if (it->active_count == 0 && it->ended_us == TIME_NEVER)
                it->ended_us = sim->now_us;
            return 0;
        }
        if (it->active_count >= def_of(sim, upgrade)->count)
            return 0;
        if (take_turn(sim, upgrade, &goes_on, err))
            return -1;
    }
    return 0;
}

int upgrade_begin(struct sim *sim, int32_t event, struct err *err)
{
    if (array_reserve(&sim->upgrades, &sim->upgrade_capacity, sim->upgrade_count + INT64_C(1),
                      sizeof *sim->upgrades, err))
        return -1;
    int32_t number = sim->upgrade_count++;
    sim->upgrades[number] = (struct sim_upgrade){
        .event = event,
        .next_node = sim->pools[sim->scenario->events[event].pool].first_node,
        .end_node = sim->node_count,
        .waiting_since_us = TIME_NEVER,
        .ended_us = TIME_NEVER,
    };
    return upgrade_turn(sim, number, err);
}

void upgrades_finish(struct sim *sim)
{
    for (int32_t i = 0; i < sim->upgrade_count; i++)
        end_wait(sim, &sim->upgrades[i]);
}
