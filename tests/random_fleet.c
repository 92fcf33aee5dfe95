/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/random_fleet.h"

#include <stdlib.h>

#include "base/array.h"

static const int64_t GIB = INT64_C(1) << 30;

static int32_t below(struct random_fleet *fleet, int32_t bound)
{
    return (int32_t)rng_below(&fleet->rng, (uint64_t)bound);
}

static bool one_in(struct random_fleet *fleet, int32_t n)
{
    return below(fleet, n) == 0;
}

static void must(int result)
{
    if (result != 0)
        abort();
}

/* ---- a policy ---- */

/* Of the devices that fit and are not chosen, the one with the largest hash. */
static int32_t any_device(const struct policy_context *context, const struct node_type *type,
                          const struct room *room, uint64_t chosen)
{
    uint64_t best_hash = 0;
    int32_t best = -1;
    for (int32_t i = 0; i < room->device_count; i++) {
        uint64_t hash = rng_mix(context->seed, context->demand, (uint64_t)i);
        if ((chosen >> i & 1) == 0 &&
            room->share_milli[i] >= shape_share_on(context->shape, type) &&
            room->device_mem_bytes[i] >= shape_device_mem_on(context->shape, type) &&
            (best < 0 || hash > best_hash)) {
            best = i;
            best_hash = hash;
        }
    }
    return best;
}

static uint64_t scatter(const struct policy_context *context, int32_t node, const struct room *room)
{
    const struct node_type *type = fleet_type_of(context->fleet, node);
    uint64_t chosen = 0;
    for (int32_t i = 0; i < context->shape->device_count; i++)
        chosen |= UINT64_C(1) << any_device(context, type, room, chosen);
    return chosen;
}

const struct policy policy_scatter = {.api_version = POLICY_API_VERSION,
                                      .name = "scatter",
                                      .summary = "first fit, on any devices",
                                      .choose_devices = scatter};

/* ---- the fleet ---- */

static const char *const a10[] = {"NVIDIA-A10G"};
static const char *const t4[] = {"NVIDIA-T4"};
static const char *const any_nvidia[] = {"NVIDIA-*"};
static const char *const a10_or_t4[] = {"NVIDIA-A10*", "NVIDIA-T4"};
static const char *const topology[] = {"2x2"};

/* Three types of four have one of five prices: some cost the same, some nothing that is known. */
static void set_price(const struct random_fleet *fleet, struct node_type *type)
{
    uint64_t word = rng_mix(fleet->options.seed, 0, (uint64_t)fleet->sched.fleet.type_count);
    type->has_price = word % 4 != 0;
    type->price_micro = type->has_price ? (int64_t)(1000 * (1 + word / 4 % 5)) : 0;
}

static void add_type(struct random_fleet *fleet)
{
    struct err err;
    int32_t number;
    struct node_type type = {.id = "type",
                             .cpu_milli = 1000 * (1 + below(fleet, 5)),
                             .mem_bytes = GIB * (2 + below(fleet, 9)),
                             .is_unbounded = one_in(fleet, 15),
                             .arch = one_in(fleet, 6) ? "linux/arm64" : "linux/amd64"};
    if (fleet->options.is_about_devices || !one_in(fleet, 4)) {
        type.device_count = (one_in(fleet, 6) ? NODE_DEVICES : 0) + 1 + below(fleet, 4);
        type.has_device_mem = !one_in(fleet, 8);
        type.device_mem_bytes = type.has_device_mem ? GIB * (8 + 8 * below(fleet, 2)) : 0;
        type.device_types = one_in(fleet, 3) ? t4 : a10;
        type.device_type_count = 1;
        type.topologies = topology;
        type.topology_count = one_in(fleet, 2) ? 1 : 0;
    }
    set_price(fleet, &type);
    must(fleet_add_type(&fleet->sched.fleet, &type, &number, &err));
}

static void add_groups(struct random_fleet *fleet)
{
    struct err err;
    int32_t number;
    const struct pool pool = {.id = "pool", .is_schedulable = true};
    int32_t pool_count = 1 + below(fleet, 2), type_count = 1 + below(fleet, 3);
    for (int32_t i = 0; i < pool_count; i++)
        must(fleet_add_pool(&fleet->sched.fleet, &pool, &number, &err));
    for (int32_t i = 0; i < type_count; i++)
        add_type(fleet);
    for (int32_t i = 0; i < pool_count; i++)
        for (int32_t k = 0; k < type_count; k++)
            if (k == 0 || one_in(fleet, 2))
                must(fleet_group(&fleet->sched.fleet, (struct node_group){i, k}, &number, &err));
}

static void ask_devices(struct random_fleet *fleet, struct shape *shape)
{
    static const int32_t shares[] = {100, 250, 300, 500, 600, 1000};
    shape->device_count = one_in(fleet, 3) ? 2 : 1;
    shape->sharing = (enum device_sharing)below(fleet, 3);
    shape->share_milli = SHARE_WHOLE;
    if (shape->sharing == SHARING_MILLI)
        shape->share_milli = shares[below(fleet, (int32_t)ARRAY_LEN(shares))];
    if (shape->sharing == SHARING_MEMORY || one_in(fleet, 4))
        shape->device_mem_bytes = GIB * (1 + below(fleet, 6)) - below(fleet, 2) * 12345;
    if (one_in(fleet, 6)) {
        shape->type_patterns = one_in(fleet, 2) ? a10_or_t4 : any_nvidia;
        shape->type_pattern_count = shape->type_patterns == any_nvidia ? 1 : 2;
    } else if (one_in(fleet, 15)) {
        shape->type_patterns = t4;
        shape->type_pattern_count = 1;
    }
    if (one_in(fleet, 20)) {
        shape->topologies = topology;
        shape->topology_count = 1;
    }
}

static struct shape random_shape(struct random_fleet *fleet)
{
    static const int32_t pools[] = {0, 1};
    bool only_devices = fleet->options.is_about_devices && one_in(fleet, 2);
    struct shape shape = {.cpu_milli = only_devices ? 0 : 250 * below(fleet, 7),
                          .mem_bytes = only_devices ? 0 : GIB * below(fleet, 4) + one_in(fleet, 5),
                          .share_milli = SHARE_WHOLE,
                          .pools = pools,
                          .pool_count = fleet->sched.fleet.pool_count};
    if (!one_in(fleet, fleet->options.is_about_devices ? 8 : 2))
        ask_devices(fleet, &shape);
    if (shape.pool_count == 2 && one_in(fleet, 3)) {
        shape.pools = &pools[below(fleet, 2)];
        shape.pool_count = 1;
    }
    if (one_in(fleet, 10))
        shape.packing = PACKING_ISOLATED;
    if (one_in(fleet, 6))
        shape.max_per_node = 1 + below(fleet, 3);
    if (one_in(fleet, 10))
        shape.arch = "linux/amd64";
    return shape;
}

/* Mostly one that some node can hold: demand that never fits piles up and teaches little. */
static int32_t add_shape(struct random_fleet *fleet)
{
    const struct fleet *nodes = &fleet->sched.fleet;
    struct err err;
    int32_t number;
    struct shape shape;
    bool suits = false;
    for (int attempt = 0; attempt < 6 && !suits; attempt++) {
        shape = random_shape(fleet);
        for (int32_t i = 0; i < nodes->node_count; i++)
            suits = suits || fleet_group_misfits(nodes, &shape, nodes->nodes[i].group) == 0;
    }
    must(shape_table_intern(&fleet->shapes, &shape, &number, &err));
    return number;
}

static void add_runner(struct random_fleet *fleet, int32_t shape)
{
    static const int32_t priorities[] = {0, 0, 1, 2, 5, 9};
    struct err err;
    int32_t number;
    const struct runner_terms terms = {.shape = shape,
                                       .priority =
                                           priorities[below(fleet, (int32_t)ARRAY_LEN(priorities))],
                                       .floor = one_in(fleet, 3) ? below(fleet, 4) : 0,
                                       .is_blocked = one_in(fleet, 20),
                                       .may_preempt = !one_in(fleet, 10)};
    must(sched_add_runner(&fleet->sched, &terms, &number, &err));
    must(array_reserve(&fleet->terms, &fleet->terms_capacity, (int64_t)number + 1,
                       sizeof *fleet->terms, &err));
    fleet->terms[number] = terms;
}

static void add_nodes(struct random_fleet *fleet)
{
    struct err err;
    int32_t number;
    int32_t count = 1 + below(fleet, fleet->options.node_max);
    for (int32_t i = 0; i < count; i++)
        must(fleet_add_node(&fleet->sched.fleet, below(fleet, fleet->sched.fleet.group_count),
                            NODE_READY, &number, &err));
}

static struct sched_options random_options(struct random_fleet *fleet)
{
    static const char *const names[] = {"best-fit", "first-fit", "worst-fit", "random"};
    const struct policy *any = policy_find(names[below(fleet, (int32_t)ARRAY_LEN(names))]);
    return (struct sched_options){
        .policy = fleet->options.policy != NULL ? fleet->options.policy : any,
        .policy_values = fleet->options.policy_values,
        .search = fleet->options.search,
        .tuning = fleet->options.tuning,
        .order = one_in(fleet, 2) ? ORDER_FLOOR_FIRST : ORDER_PRIORITY_FIRST,
        .preemption_enabled = !one_in(fleet, 5),
        .min_runtime_ticks = one_in(fleet, 3) ? 1 + below(fleet, 20) : 0,
        .seed = fleet->options.seed};
}

static int32_t or_default(int32_t value, int32_t otherwise)
{
    return value > 0 ? value : otherwise;
}

/* The n-th shape is asked for n + 1 times. */
static struct popularity known_popularity(struct random_fleet *fleet)
{
    const struct shape_table *known = fleet->options.known;
    struct err err;
    int32_t capacity = 0;
    for (int32_t i = 0; known != NULL && i < known->count; i++) {
        int32_t number;
        must(shape_table_intern(&fleet->shapes, &known->items[i], &number, &err));
        must(array_reserve(&fleet->popular, &capacity, (int64_t)i + 1, sizeof *fleet->popular,
                           &err));
        fleet->popular[i] = (struct popular_shape){.shape = number, .count = i + 1};
    }
    return (struct popularity){fleet->popular, known != NULL ? known->count : 0};
}

void random_fleet_init(struct random_fleet *fleet, const struct random_fleet_options *options)
{
    struct err err;
    *fleet = (struct random_fleet){.options = *options};
    fleet->options.node_max = or_default(options->node_max, 5);
    fleet->options.runner_max = or_default(options->runner_max, 6);
    fleet->options.replica_max = or_default(options->replica_max, 16);
    fleet->rng = rng_stream(options->seed, "random-fleet", 0);
    struct sched_options sched_options = random_options(fleet);
    sched_options.popularity = known_popularity(fleet);
    must(sched_init(&fleet->sched, &sched_options, &fleet->shapes, &err));
    add_groups(fleet);
    add_nodes(fleet);
    int32_t runner_count = 1 + below(fleet, fleet->options.runner_max);
    for (int32_t i = 0; i < runner_count; i++) {
        bool is_new = i == 0 || !one_in(fleet, 3);
        add_runner(fleet, is_new ? add_shape(fleet) : below(fleet, fleet->shapes.count));
    }
}

void random_fleet_release(struct random_fleet *fleet)
{
    sched_release(&fleet->sched);
    shape_table_release(&fleet->shapes);
    free(fleet->terms);
    free(fleet->popular);
    free(fleet->queued);
    *fleet = (struct random_fleet){0};
}

/* ---- what happens ---- */

/* A random replica in one of these states; -1: there is none. */
static int32_t any_replica(struct random_fleet *fleet, uint32_t states)
{
    int32_t chosen = -1, seen = 0;
    for (int32_t i = 0; i < fleet->sched.replica_count; i++)
        if ((states >> fleet->sched.replicas[i].state & 1) != 0 && one_in(fleet, ++seen))
            chosen = i;
    return chosen;
}

static int32_t present_count(const struct random_fleet *fleet)
{
    int32_t count = 0;
    for (int32_t i = 0; i < fleet->sched.replica_count; i++)
        count += fleet->sched.replicas[i].state != REPLICA_NONE;
    return count;
}

static struct fleet_op on_replica(const struct random_fleet *fleet, enum fleet_op_kind kind,
                                  int32_t replica)
{
    return (struct fleet_op){.kind = kind,
                             .replica = replica,
                             .runner = fleet->sched.replicas[replica].runner,
                             .ordinal = fleet->sched.replicas[replica].ordinal};
}

static void enqueue(struct random_fleet *fleet, struct fleet_op op)
{
    struct err err;
    must(array_reserve(&fleet->queued, &fleet->queued_capacity, (int64_t)fleet->queued_count + 1,
                       sizeof *fleet->queued, &err));
    fleet->queued[fleet->queued_count++] = op;
}

/* A node goes down or away: first all that is on it. */
static void enqueue_loss(struct random_fleet *fleet, int32_t node, enum node_state state)
{
    const struct sched *sched = &fleet->sched;
    fleet->queued_count = 0;
    fleet->queued_next = 0;
    for (int32_t i = 0; i < sched->replica_count; i++) {
        const struct replica *replica = &sched->replicas[i];
        if (replica->state != REPLICA_NONE && replica->node == node)
            enqueue(fleet,
                    on_replica(fleet, replica->state == REPLICA_NOMINATED ? OP_UNNOMINATE : OP_GONE,
                               i));
    }
    enqueue(fleet, (struct fleet_op){.kind = OP_NODE_STATE, .node = node, .value = (int32_t)state});
}

static struct fleet_op node_op(struct random_fleet *fleet)
{
    int32_t node = below(fleet, fleet->sched.fleet.node_count);
    enum node_state state = fleet->sched.fleet.nodes[node].state;
    struct fleet_op op = {.kind = OP_NODE_STATE, .node = node, .value = NODE_READY};
    if (state == NODE_REMOVED)
        return (struct fleet_op){.kind = OP_ADD_NODE,
                                 .value = below(fleet, fleet->sched.fleet.group_count)};
    if (state != NODE_READY)
        return op;
    if (one_in(fleet, 2)) {
        op.value = NODE_DRAINED;
        return op;
    }
    enqueue_loss(fleet, node, one_in(fleet, 6) ? NODE_REMOVED : NODE_DOWN);
    return fleet->queued[fleet->queued_next++];
}

static struct fleet_op fleet_change(struct random_fleet *fleet)
{
    if (!one_in(fleet, 6))
        return node_op(fleet);
    return (struct fleet_op){
        .kind = OP_POOL_OPEN, .pool = below(fleet, fleet->sched.fleet.pool_count), .value = 0};
}

/* What is closed, out or blocked comes back soon, or nothing would happen for most of the time. */
static bool recover(struct random_fleet *fleet, struct fleet_op *op)
{
    const struct fleet *nodes = &fleet->sched.fleet;
    *op = (struct fleet_op){.kind = OP_POOL_OPEN, .value = 1};
    for (; op->pool < nodes->pool_count; op->pool++)
        if (!nodes->pools[op->pool].is_schedulable)
            return true;
    *op = (struct fleet_op){.kind = OP_NODE_STATE, .value = NODE_READY};
    for (; op->node < nodes->node_count; op->node++)
        if (nodes->nodes[op->node].state == NODE_DRAINED ||
            nodes->nodes[op->node].state == NODE_DOWN)
            return true;
    *op = (struct fleet_op){.kind = OP_SET_BLOCKED, .value = 0};
    for (; op->runner < fleet->sched.runner_count; op->runner++)
        if (fleet->sched.runners[op->runner].is_blocked)
            return true;
    return false;
}

static struct fleet_op runner_change(struct random_fleet *fleet)
{
    struct fleet_op op = {.kind = OP_SET_FLOOR,
                          .runner = below(fleet, fleet->sched.runner_count),
                          .value = one_in(fleet, 3) ? below(fleet, 4) : 0};
    if (one_in(fleet, 12)) {
        op.kind = OP_SET_BLOCKED;
        op.value = 1;
    }
    return op;
}

/* What happens to replicas, with which weight, and in which states. */
static const struct {
    enum fleet_op_kind kind;
    int32_t weight;
    uint32_t states;
} replica_ops[] = {
    {OP_RUNNING, 14, UINT32_C(1) << REPLICA_STARTING},
    {OP_TERMINATE, 3, UINT32_C(1) << REPLICA_STARTING | UINT32_C(1) << REPLICA_RUNNING},
    {OP_GONE, 12, UINT32_C(1) << REPLICA_TERMINATING},
    {OP_GONE, 1, UINT32_C(1) << REPLICA_STARTING | UINT32_C(1) << REPLICA_RUNNING},
    {OP_WITHDRAW, 6, UINT32_C(1) << REPLICA_PENDING | UINT32_C(1) << REPLICA_BLOCKED},
    {OP_WITHDRAW, 2, UINT32_C(1) << REPLICA_NOMINATED},
    {OP_UNNOMINATE, 2, UINT32_C(1) << REPLICA_NOMINATED},
};

static bool replica_change(struct random_fleet *fleet, struct fleet_op *op)
{
    int32_t total = 0;
    for (size_t i = 0; i < ARRAY_LEN(replica_ops); i++)
        total += replica_ops[i].weight;
    int32_t draw = below(fleet, total);
    size_t row = 0;
    while (draw >= replica_ops[row].weight)
        draw -= replica_ops[row++].weight;
    int32_t replica = any_replica(fleet, replica_ops[row].states);
    if (replica < 0)
        return false;
    *op = on_replica(fleet, replica_ops[row].kind, replica);
    return true;
}

void random_fleet_next(struct random_fleet *fleet, struct fleet_op *op)
{
    if (fleet->queued_next < fleet->queued_count) {
        *op = fleet->queued[fleet->queued_next++];
        return;
    }
    fleet->now += below(fleet, 4);
    if (one_in(fleet, 10) && recover(fleet, op))
        return;
    int32_t draw = below(fleet, 100);
    if (draw < 30 && present_count(fleet) < fleet->options.replica_max)
        *op =
            (struct fleet_op){.kind = OP_DEMAND, .runner = below(fleet, fleet->sched.runner_count)};
    else if (draw < 72 && replica_change(fleet, op))
        return;
    else if (draw < 76)
        *op = runner_change(fleet);
    else if (draw < 79)
        *op = fleet_change(fleet);
    else
        *op = (struct fleet_op){.kind = OP_PASS};
}

int random_fleet_apply(struct random_fleet *fleet, const struct fleet_op *op,
                       struct decisions *decisions, struct err *err)
{
    struct sched *sched = &fleet->sched;
    int32_t number;
    switch (op->kind) {
    case OP_DEMAND:
        return sched_demand(sched, op->runner, fleet->now, &number, err);
    case OP_WITHDRAW:
        return sched_withdraw(sched, op->replica, err);
    case OP_RUNNING:
        sched_running(sched, op->replica, fleet->now);
        return 0;
    case OP_TERMINATE:
        return sched_terminate(sched, op->replica, err);
    case OP_GONE:
        return sched_gone(sched, op->replica, err);
    case OP_UNNOMINATE:
        return sched_unnominate(sched, op->replica, err);
    case OP_SET_FLOOR:
        return sched_set_floor(sched, op->runner, op->value, err);
    case OP_SET_BLOCKED:
        return sched_set_blocked(sched, op->runner, op->value != 0, err);
    case OP_NODE_STATE:
        sched_set_node_state(sched, op->node, (enum node_state)op->value);
        return 0;
    case OP_ADD_NODE:
        return fleet_add_node(&sched->fleet, op->value, NODE_READY, &number, err);
    case OP_POOL_OPEN:
        sched_set_pool_schedulable(sched, op->pool, op->value != 0);
        return 0;
    case OP_PASS:
        return sched_pass(sched, fleet->now, decisions, err);
    }
    abort();
}
