/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <assert.h>

/* What runners cost: each bound replica is charged for its part of the node that it holds.
 *
 * The price of a node is split over its CPU, memory and devices in the ratio of what these cost
 * when bought apart: the default prices of OpenCost (configs/default.json), in millionths of a USD
 * per hour of a core, a GiB and a device. Only the ratio matters, since the parts add up to the
 * node's own price. A replica's part is what it holds, so parts never add up to more than the node,
 * and what nobody holds is the idle rest. Example: a node of 8 cores, 32 GiB and one device weighs
 * 8 x 31611
 * + 32 x 4237 + 950000 = 1338472; a replica with 4 cores, 16 GiB and half of the device holds 50 %.
 */
static const int64_t core_weight = 31611;
static const int64_t gib_weight = 4237;
static const int64_t device_weight = 950000;

static const int64_t gib_bytes = INT64_C(1) << 30;
static const int64_t share_whole = INT64_C(1000000000);

struct amount {
    int64_t cpu_milli, mem_bytes, device_milli;
};

/* In millionths of the weights' unit. */
static int128 weight_of(const struct amount *amount)
{
    return (int128)amount->cpu_milli * core_weight * 1000 +
           (int128)amount->mem_bytes * gib_weight * 1000000 / gib_bytes +
           (int128)amount->device_milli * device_weight * 1000;
}

int64_t expense_share(const struct shape *shape, const struct node_type *type)
{
    struct amount whole = {0, 0, (int64_t)type->device_count * SHARE_WHOLE};
    struct amount held = {0, 0, 0};
    if (!type->is_unbounded) {
        whole.cpu_milli = type->cpu_milli;
        whole.mem_bytes = type->mem_bytes;
        held.cpu_milli = shape->cpu_milli;
        held.mem_bytes = shape->mem_bytes;
    }
    if (shape->device_count > 0)
        held.device_milli = (int64_t)shape->device_count * shape_share_on(shape, type);
    int128 weight = weight_of(&whole);
    return weight == 0 ? 0 : (int64_t)(weight_of(&held) * share_whole / weight);
}

int128 expense_of(const struct sim *sim, int32_t replica, int64_t us)
{
    const struct replica *it = &sim->sched.replicas[replica];
    const struct fleet *fleet = &sim->sched.fleet;
    const struct node_type *type = fleet_type_of(fleet, it->node);
    const struct shape *shape = &fleet->shapes->items[sim->sched.runners[it->runner].shape];
    if (!type->has_price)
        return 0;
    int64_t share = expense_share(shape, type);
    int128 node_cost = (int128)us * type->price_micro;
    return node_cost / share_whole * share + node_cost % share_whole * share / share_whole;
}

/* Where the price is known. Not inlined, for the sake of nodes that cost nothing. */
static __attribute__((noinline)) void charge_price(struct sim *sim, int32_t replica, int64_t us)
{
    const struct replica *scheduled = &sim->sched.replicas[replica];
    int32_t group = sim->sched.fleet.nodes[scheduled->node].group;
    struct scope *scope = &sim->metrics.scopes[1 + sim->metrics.pool_scope_count + group];
    uint8_t expense = sim->replicas[replica].expense;
    int128 cost = expense_of(sim, replica, us);
    sim->metrics.costs[scheduled->runner].parts[expense] += cost;
    scope->charged[expense] += cost;
}

void expense_charge(struct sim *sim, int32_t replica, int64_t us)
{
    const struct replica *scheduled = &sim->sched.replicas[replica];
    if (sim->metrics.costs && fleet_type_of(&sim->sched.fleet, scheduled->node)->has_price)
        charge_price(sim, replica, us);
    else
        sim->metrics.runners[scheduled->runner].unpriced_us += us;
}

void expense_lost(struct sim *sim, int32_t replica, int64_t work_us, enum blame blame)
{
    int128 cost = expense_of(sim, replica, work_us);
    if (cost > 0)
        sim->metrics.costs[sim->sched.replicas[replica].runner].lost += cost;
    sim->metrics.cost_lost[blame] += cost;
    sim->metrics.taken[blame].replica_count++;
    sim->metrics.taken[blame].work_lost_us += work_us;
}
