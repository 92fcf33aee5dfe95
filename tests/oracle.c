/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/oracle.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/rng.h"
#include "base/text.h"

static void reserve(void *items, int32_t *capacity, int32_t count, size_t size)
{
    struct err err;
    if (array_reserve(items, capacity, (int64_t)count + 1, size, &err))
        abort();
}

void oracle_init(struct oracle *oracle, const struct sched_options *options,
                 const struct fleet *fleet)
{
    *oracle = (struct oracle){.options = *options, .fleet = fleet};
}

void oracle_release(struct oracle *oracle)
{
    free(oracle->runners);
    free(oracle->replicas);
    free(oracle->decisions);
    *oracle = (struct oracle){0};
}

/* ---- what happened ---- */

void oracle_add_runner(struct oracle *oracle, const struct runner_terms *terms)
{
    reserve(&oracle->runners, &oracle->runner_capacity, oracle->runner_count,
            sizeof *oracle->runners);
    oracle->runners[oracle->runner_count++] = (struct oracle_runner){.terms = *terms};
}

static struct oracle_replica *named(struct oracle *oracle, struct oracle_name name)
{
    for (int32_t i = 0; i < oracle->replica_count; i++)
        if (oracle->replicas[i].runner == name.runner &&
            oracle->replicas[i].ordinal == name.ordinal)
            return &oracle->replicas[i];
    abort();
}

static int32_t new_replica(struct oracle *oracle, int32_t runner, int64_t now)
{
    reserve(&oracle->replicas, &oracle->replica_capacity, oracle->replica_count,
            sizeof *oracle->replicas);
    oracle->replicas[oracle->replica_count] = (struct oracle_replica){
        .runner = runner,
        .ordinal = oracle->runners[runner].next_ordinal++,
        .state = oracle->runners[runner].terms.is_blocked ? REPLICA_BLOCKED : REPLICA_PENDING,
        .asked_at = now,
        .running_since = -1,
        .node = -1,
        .pledged_to = -1};
    return oracle->replica_count++;
}

/* Off its node; what was pledged to it is pledged to nobody. */
static void unseat(struct oracle *oracle, struct oracle_replica *replica)
{
    int32_t number = (int32_t)(replica - oracle->replicas);
    for (int32_t i = 0; i < oracle->replica_count; i++)
        if (oracle->replicas[i].pledged_to == number)
            oracle->replicas[i].pledged_to = -1;
    replica->node = -1;
    replica->devices = 0;
    replica->pledged_to = -1;
}

void oracle_set_floor(struct oracle *oracle, int32_t runner, int32_t floor)
{
    oracle->runners[runner].terms.floor = floor;
}

void oracle_set_blocked(struct oracle *oracle, int32_t runner, bool is_blocked)
{
    oracle->runners[runner].terms.is_blocked = is_blocked;
    for (int32_t i = 0; i < oracle->replica_count; i++) {
        struct oracle_replica *replica = &oracle->replicas[i];
        if (replica->runner == runner &&
            (replica->state == REPLICA_PENDING || replica->state == REPLICA_BLOCKED))
            replica->state = is_blocked ? REPLICA_BLOCKED : REPLICA_PENDING;
    }
}

void oracle_demand(struct oracle *oracle, int32_t runner, int64_t now)
{
    new_replica(oracle, runner, now);
}

void oracle_withdraw(struct oracle *oracle, struct oracle_name name)
{
    struct oracle_replica *replica = named(oracle, name);
    unseat(oracle, replica);
    replica->state = REPLICA_NONE;
}

void oracle_running(struct oracle *oracle, struct oracle_name name, int64_t now)
{
    struct oracle_replica *replica = named(oracle, name);
    replica->state = REPLICA_RUNNING;
    replica->running_since = now;
}

void oracle_terminate(struct oracle *oracle, struct oracle_name name)
{
    named(oracle, name)->state = REPLICA_TERMINATING;
}

void oracle_gone(struct oracle *oracle, struct oracle_name name)
{
    oracle_withdraw(oracle, name);
}

void oracle_unnominate(struct oracle *oracle, struct oracle_name name)
{
    struct oracle_replica *replica = named(oracle, name);
    unseat(oracle, replica);
    replica->state =
        oracle->runners[replica->runner].terms.is_blocked ? REPLICA_BLOCKED : REPLICA_PENDING;
}

/* ---- counts and classes ---- */

static const struct shape *shape_of(const struct oracle *oracle, int32_t runner)
{
    return &oracle->fleet->shapes->items[oracle->runners[runner].terms.shape];
}

static bool is_live(const struct oracle_replica *replica)
{
    return replica->state == REPLICA_STARTING || replica->state == REPLICA_RUNNING;
}

static int32_t live_count(const struct oracle *oracle, int32_t runner)
{
    int32_t count = 0;
    for (int32_t i = 0; i < oracle->replica_count; i++)
        if (oracle->replicas[i].runner == runner && is_live(&oracle->replicas[i]))
            count++;
    return count;
}

static int32_t budget_of(const struct oracle *oracle, int32_t runner)
{
    int32_t budget = live_count(oracle, runner) - oracle->runners[runner].terms.floor;
    return budget > 0 ? budget : 0;
}

/* By asked_at, runner, ordinal. */
static int compare_age(const struct oracle_replica *a, const struct oracle_replica *b)
{
    if (a->asked_at != b->asked_at)
        return a->asked_at < b->asked_at ? -1 : 1;
    if (a->runner != b->runner)
        return a->runner < b->runner ? -1 : 1;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

/* Core: with those that live, are nominated, or wait before it, the floor is not reached yet. */
static enum demand_class class_of(const struct oracle *oracle, int32_t number)
{
    const struct oracle_replica *demand = &oracle->replicas[number];
    int32_t before = live_count(oracle, demand->runner);
    if (demand->state != REPLICA_PENDING && demand->state != REPLICA_BLOCKED)
        return demand->served_class;
    for (int32_t i = 0; i < oracle->replica_count; i++) {
        const struct oracle_replica *other = &oracle->replicas[i];
        if (other->runner != demand->runner)
            continue;
        if (other->state == REPLICA_NOMINATED)
            before++;
        else if (other->state == demand->state && compare_age(other, demand) < 0)
            before++;
    }
    return before < oracle->runners[demand->runner].terms.floor ? CLASS_CORE : CLASS_EXTRA;
}

/* Does demand a stand before demand b in the order of demand? */
static bool stands_before(const struct oracle *oracle, int32_t a, int32_t b)
{
    int32_t class_a = (int32_t)class_of(oracle, a), class_b = (int32_t)class_of(oracle, b);
    int32_t priority_a = oracle->runners[oracle->replicas[a].runner].terms.priority;
    int32_t priority_b = oracle->runners[oracle->replicas[b].runner].terms.priority;
    if (oracle->options.order == ORDER_FLOOR_FIRST && class_a != class_b)
        return class_a < class_b;
    if (priority_a != priority_b)
        return priority_a > priority_b;
    if (class_a != class_b)
        return class_a < class_b;
    return compare_age(&oracle->replicas[a], &oracle->replicas[b]) < 0;
}

/* ---- room ---- */

struct amount {
    int64_t cpu_milli, mem_bytes;
    int64_t share_milli[SHAPE_DEVICES_MAX], device_mem_bytes[SHAPE_DEVICES_MAX];
};

static int64_t share_asked(const struct shape *shape, const struct node_type *type)
{
    int64_t share_milli;
    switch (shape->sharing) {
    case SHARING_MILLI:
        return shape->share_milli;
    case SHARING_MEMORY:
        if (!type->has_device_mem || type->device_mem_bytes == 0 ||
            shape->device_mem_bytes > type->device_mem_bytes)
            return 1000;
        share_milli = 1000 * shape->device_mem_bytes / type->device_mem_bytes;
        return share_milli > 0 ? share_milli : 1;
    default:
        return 1000;
    }
}

static int64_t device_mem_asked(const struct shape *shape, const struct node_type *type)
{
    if (shape->sharing == SHARING_MEMORY)
        return shape->device_mem_bytes;
    return shape->sharing == SHARING_WHOLE ? type->device_mem_bytes : 0;
}

static void add(struct amount *sum, const struct oracle *oracle,
                const struct oracle_replica *replica, int64_t times)
{
    const struct shape *shape = shape_of(oracle, replica->runner);
    const struct fleet *fleet = oracle->fleet;
    const struct node_type *type =
        &fleet->types[fleet->groups[fleet->nodes[replica->node].group].type];
    if (!type->is_unbounded) {
        sum->cpu_milli += times * shape->cpu_milli;
        sum->mem_bytes += times * shape->mem_bytes;
    }
    for (int32_t i = 0; i < type->device_count; i++) {
        if ((replica->devices & UINT64_C(1) << i) != 0) {
            sum->share_milli[i] += times * share_asked(shape, type);
            sum->device_mem_bytes[i] += times * device_mem_asked(shape, type);
        }
    }
}

static int64_t positive(int64_t value)
{
    return value < 0 ? 0 : value;
}

/* max(0, request - what the victims that still terminate for it have), for each resource. */
static void add_held(struct amount *sum, const struct oracle *oracle, int32_t nominee)
{
    struct amount held = {0};
    add(&held, oracle, &oracle->replicas[nominee], 1);
    for (int32_t i = 0; i < oracle->replica_count; i++)
        if (oracle->replicas[i].pledged_to == nominee)
            add(&held, oracle, &oracle->replicas[i], -1);
    sum->cpu_milli += positive(held.cpu_milli);
    sum->mem_bytes += positive(held.mem_bytes);
    for (int32_t i = 0; i < SHAPE_DEVICES_MAX; i++) {
        sum->share_milli[i] += positive(held.share_milli[i]);
        sum->device_mem_bytes[i] += positive(held.device_mem_bytes[i]);
    }
}

/* What is left of a node when the replicas with bits in `away` are thought away. */
struct scene {
    int32_t node;
    const bool *away; /* [replica]; NULL: none */
};

static bool is_away(const struct scene *scene, int32_t replica)
{
    return scene->away != NULL && scene->away[replica];
}

static void left_on(const struct oracle *oracle, const struct scene *scene, struct amount *left)
{
    const struct fleet *fleet = oracle->fleet;
    const struct node_type *type =
        &fleet->types[fleet->groups[fleet->nodes[scene->node].group].type];
    struct amount gone = {0};
    for (int32_t i = 0; i < oracle->replica_count; i++) {
        const struct oracle_replica *replica = &oracle->replicas[i];
        if (replica->node != scene->node || is_away(scene, i))
            continue;
        if (replica->state == REPLICA_NOMINATED)
            add_held(&gone, oracle, i);
        else
            add(&gone, oracle, replica, 1);
    }
    *left = (struct amount){.cpu_milli = type->cpu_milli - gone.cpu_milli,
                            .mem_bytes = type->mem_bytes - gone.mem_bytes};
    for (int32_t i = 0; i < type->device_count; i++) {
        left->share_milli[i] = 1000 - gone.share_milli[i];
        left->device_mem_bytes[i] = type->device_mem_bytes - gone.device_mem_bytes[i];
    }
}

/* ---- the filter ---- */

static bool any_matches(const char *const *patterns, int32_t pattern_count,
                        const char *const *names, int32_t name_count, bool is_glob)
{
    for (int32_t i = 0; i < pattern_count; i++)
        for (int32_t k = 0; k < name_count; k++)
            if (is_glob ? text_matches_glob(patterns[i], names[k])
                        : strcmp(patterns[i], names[k]) == 0)
                return true;
    return pattern_count == 0;
}

bool oracle_suits(const struct oracle *oracle, int32_t runner, int32_t group)
{
    const struct shape *shape = shape_of(oracle, runner);
    const struct fleet *fleet = oracle->fleet;
    const struct node_type *type = &fleet->types[fleet->groups[group].type];
    bool names_pool = false;
    for (int32_t i = 0; i < shape->pool_count; i++)
        names_pool = names_pool || shape->pools[i] == fleet->groups[group].pool;
    if (!names_pool || !fleet->pools[fleet->groups[group].pool].is_schedulable)
        return false;
    if (shape->arch != NULL && (type->arch == NULL || strcmp(type->arch, shape->arch) != 0))
        return false;
    if (!type->is_unbounded &&
        (shape->cpu_milli > type->cpu_milli || shape->mem_bytes > type->mem_bytes))
        return false;
    if (shape->device_count == 0)
        return true;
    if (shape->device_count > type->device_count)
        return false;
    if (shape->device_mem_bytes > 0 &&
        (!type->has_device_mem || shape->device_mem_bytes > type->device_mem_bytes))
        return false;
    return any_matches(shape->type_patterns, shape->type_pattern_count, type->device_types,
                       type->device_type_count, true) &&
           any_matches(shape->topologies, shape->topology_count, type->topologies,
                       type->topology_count, false);
}

/* Isolation and max_per_node, against everybody who has a place on the node. */
static bool packing_allows(const struct oracle *oracle, int32_t runner, const struct scene *scene)
{
    const struct shape *shape = shape_of(oracle, runner);
    int32_t others = 0, isolated = 0, own = 0;
    for (int32_t i = 0; i < oracle->replica_count; i++) {
        const struct oracle_replica *replica = &oracle->replicas[i];
        if (replica->node != scene->node || is_away(scene, i))
            continue;
        others++;
        isolated += shape_of(oracle, replica->runner)->packing == PACKING_ISOLATED;
        own += replica->runner == runner;
    }
    if (isolated > 0 || (shape->packing == PACKING_ISOLATED && others > 0))
        return false;
    return shape->max_per_node == 0 || own < shape->max_per_node;
}

static bool fits(const struct oracle *oracle, int32_t runner, const struct scene *scene)
{
    const struct shape *shape = shape_of(oracle, runner);
    const struct node *node = &oracle->fleet->nodes[scene->node];
    const struct node_type *type = &oracle->fleet->types[oracle->fleet->groups[node->group].type];
    struct amount left;
    int32_t devices = 0;
    if (node->state != NODE_READY || !oracle_suits(oracle, runner, node->group) ||
        !packing_allows(oracle, runner, scene))
        return false;
    left_on(oracle, scene, &left);
    if (!type->is_unbounded &&
        (left.cpu_milli < shape->cpu_milli || left.mem_bytes < shape->mem_bytes))
        return false;
    for (int32_t i = 0; i < type->device_count; i++)
        if (left.share_milli[i] >= share_asked(shape, type) &&
            left.device_mem_bytes[i] >= device_mem_asked(shape, type))
            devices++;
    return shape->device_count == 0 || devices >= shape->device_count;
}

bool oracle_fits(const struct oracle *oracle, int32_t runner, int32_t node)
{
    const struct scene scene = {.node = node};
    return fits(oracle, runner, &scene);
}

/* Is this one of the policies whose scores are worked out below? They take devices by the default
 * rule. */
static bool has_formula(const struct policy *policy)
{
    static const char *const names[] = {"best-fit", "first-fit", "random", "worst-fit"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(policy->name, names[i]) == 0)
            return true;
    return false;
}

/* What a policy with a device rule of its own says. */
static uint64_t devices_by_policy(const struct oracle *oracle, const struct oracle_replica *demand,
                                  int32_t node, const struct amount *left)
{
    const struct policy_context context = {.fleet = oracle->fleet,
                                           .shape = shape_of(oracle, demand->runner),
                                           .seed = oracle->options.seed,
                                           .demand = (uint64_t)demand->runner << 32 |
                                                     (uint64_t)demand->ordinal};
    const struct fleet *fleet = oracle->fleet;
    struct room room = {
        .cpu_milli = left->cpu_milli,
        .mem_bytes = left->mem_bytes,
        .device_count = fleet->types[fleet->groups[fleet->nodes[node].group].type].device_count};
    for (int32_t i = 0; i < room.device_count; i++) {
        room.share_milli[i] = (int32_t)left->share_milli[i];
        room.device_mem_bytes[i] = left->device_mem_bytes[i];
    }
    return oracle->options.policy->choose_devices(&context, node, &room);
}

/* Repeatedly the device with the least share left that has enough, the lowest index first. */
static uint64_t devices_for(const struct oracle *oracle, const struct oracle_replica *demand,
                            const struct scene *scene)
{
    const struct shape *shape = shape_of(oracle, demand->runner);
    const struct fleet *fleet = oracle->fleet;
    const struct node_type *type =
        &fleet->types[fleet->groups[fleet->nodes[scene->node].group].type];
    struct amount left;
    uint64_t chosen = 0;
    left_on(oracle, scene, &left);
    if (shape->device_count > 0 && !has_formula(oracle->options.policy))
        return devices_by_policy(oracle, demand, scene->node, &left);
    for (int32_t taken = 0; taken < shape->device_count; taken++) {
        int32_t best = -1;
        for (int32_t i = type->device_count - 1; i >= 0; i--)
            if ((chosen & UINT64_C(1) << i) == 0 &&
                left.share_milli[i] >= share_asked(shape, type) &&
                left.device_mem_bytes[i] >= device_mem_asked(shape, type) &&
                (best < 0 || left.share_milli[i] <= left.share_milli[best]))
                best = i;
        assert(best >= 0);
        chosen |= UINT64_C(1) << best;
    }
    return chosen;
}

/* ---- the policies ---- */

static double left_part(const struct oracle *oracle, int32_t runner, int32_t node)
{
    const struct shape *shape = shape_of(oracle, runner);
    const struct fleet *fleet = oracle->fleet;
    const struct node_type *type = &fleet->types[fleet->groups[fleet->nodes[node].group].type];
    const struct scene scene = {.node = node};
    struct amount left;
    int64_t cpu_max = 0, mem_max = 0, share_max = 0, share_left = 0;
    double parts = 0, sum = 0;
    left_on(oracle, &scene, &left);
    for (int32_t i = 0; i < fleet->type_count; i++) {
        const struct node_type *other = &fleet->types[i];
        cpu_max = other->cpu_milli > cpu_max ? other->cpu_milli : cpu_max;
        mem_max = other->mem_bytes > mem_max ? other->mem_bytes : mem_max;
        share_max = 1000 * other->device_count > share_max ? 1000 * other->device_count : share_max;
    }
    for (int32_t i = 0; i < type->device_count; i++)
        share_left += left.share_milli[i];
    if (shape->device_count > 0)
        share_left -= shape->device_count * share_asked(shape, type);
    if (!type->is_unbounded) {
        left.cpu_milli -= shape->cpu_milli;
        left.mem_bytes -= shape->mem_bytes;
    }
    const int64_t lefts[] = {left.cpu_milli, left.mem_bytes, share_left};
    const int64_t maxima[] = {cpu_max, mem_max, share_max};
    for (int i = 0; i < 3; i++) {
        if (maxima[i] == 0)
            continue;
        sum += (double)lefts[i] / (double)maxima[i];
        parts += 1;
    }
    return parts == 0 ? 0 : sum / parts;
}

static double score_of(const struct oracle *oracle, const struct oracle_replica *demand,
                       int32_t node)
{
    const char *policy = oracle->options.policy->name;
    if (strcmp(policy, "best-fit") == 0)
        return -left_part(oracle, demand->runner, node);
    if (strcmp(policy, "worst-fit") == 0)
        return left_part(oracle, demand->runner, node);
    if (strcmp(policy, "random") == 0) {
        uint64_t name = (uint64_t)demand->runner << 32 | (uint64_t)demand->ordinal;
        return (double)(rng_mix(oracle->options.seed, name, (uint64_t)node) >> 11) /
               (double)(UINT64_C(1) << 53);
    }
    return 0;
}

/* From the last node to the first, so that of equals the first is what remains. */
static int32_t best_node(const struct oracle *oracle, int32_t demand)
{
    const struct oracle_replica *replica = &oracle->replicas[demand];
    int32_t best = -1;
    for (int32_t node = oracle->fleet->node_count - 1; node >= 0; node--)
        if (oracle_fits(oracle, replica->runner, node) &&
            (best < 0 || score_of(oracle, replica, node) >= score_of(oracle, replica, best)))
            best = node;
    return best;
}

/* ---- deciding ---- */

static struct oracle_name name_of(const struct oracle *oracle, int32_t number)
{
    return (struct oracle_name){oracle->replicas[number].runner, oracle->replicas[number].ordinal};
}

static struct oracle_decision *record(struct oracle *oracle, enum decision_kind kind,
                                      int32_t replica)
{
    reserve(&oracle->decisions, &oracle->decision_capacity, oracle->decision_count,
            sizeof *oracle->decisions);
    struct oracle_decision *decision = &oracle->decisions[oracle->decision_count++];
    *decision = (struct oracle_decision){.kind = kind,
                                         .class = oracle->replicas[replica].served_class,
                                         .replica = name_of(oracle, replica),
                                         .node = oracle->replicas[replica].node,
                                         .devices = oracle->replicas[replica].devices,
                                         .demand = {-1, -1},
                                         .replacement = {-1, -1}};
    return decision;
}

/* ---- preemption on one node ---- */

enum { CANDIDATES_MAX = 20 };

struct attempt {
    int32_t node, demand;
    int32_t candidates[CANDIDATES_MAX]; /* most important first */
    int32_t count;
    bool *away; /* [replica]; scratch */
};

static bool may_take(const struct oracle *oracle, int32_t demand, int32_t victim, int64_t now)
{
    const struct oracle_replica *replica = &oracle->replicas[victim];
    int32_t victim_priority = oracle->runners[replica->runner].terms.priority;
    int32_t priority = oracle->runners[oracle->replicas[demand].runner].terms.priority;
    int64_t min_runtime = oracle->options.min_runtime_ticks;
    bool is_core_first =
        oracle->options.order == ORDER_FLOOR_FIRST && class_of(oracle, demand) == CLASS_CORE;
    if (!is_live(replica) || budget_of(oracle, replica->runner) == 0)
        return false;
    if (min_runtime > 0 &&
        (replica->state != REPLICA_RUNNING || now < replica->running_since + min_runtime))
        return false;
    return victim_priority < priority || is_core_first;
}

/* Higher priority, then longer running (one that does not run yet last), runner, ordinal. */
static bool is_more_important(const struct oracle *oracle, int32_t a, int32_t b)
{
    const struct oracle_replica *x = &oracle->replicas[a], *y = &oracle->replicas[b];
    int32_t priority_x = oracle->runners[x->runner].terms.priority;
    int32_t priority_y = oracle->runners[y->runner].terms.priority;
    if (priority_x != priority_y)
        return priority_x > priority_y;
    if ((x->state == REPLICA_RUNNING) != (y->state == REPLICA_RUNNING))
        return x->state == REPLICA_RUNNING;
    if (x->state == REPLICA_RUNNING && x->running_since != y->running_since)
        return x->running_since < y->running_since;
    if (x->runner != y->runner)
        return x->runner < y->runner;
    return x->ordinal < y->ordinal;
}

static void list_candidates(const struct oracle *oracle, struct attempt *attempt, int64_t now)
{
    attempt->count = 0;
    for (int32_t i = 0; i < oracle->replica_count; i++) {
        if (oracle->replicas[i].node != attempt->node || !may_take(oracle, attempt->demand, i, now))
            continue;
        assert(attempt->count < CANDIDATES_MAX);
        int32_t place = attempt->count++;
        for (; place > 0 && is_more_important(oracle, i, attempt->candidates[place - 1]); place--)
            attempt->candidates[place] = attempt->candidates[place - 1];
        attempt->candidates[place] = i;
    }
}

/* A set of candidates is a word of bits, bit 0 the most important. */
static bool set_fits(const struct oracle *oracle, const struct attempt *attempt, uint32_t set)
{
    const struct scene scene = {.node = attempt->node, .away = attempt->away};
    memset(attempt->away, 0, (size_t)oracle->replica_count * sizeof *attempt->away);
    for (int32_t i = 0; i < attempt->count; i++)
        attempt->away[attempt->candidates[i]] = (set >> i & 1) != 0;
    return fits(oracle, oracle->replicas[attempt->demand].runner, &scene);
}

static int32_t taken_of(const struct oracle *oracle, const struct attempt *attempt, uint32_t set,
                        int32_t runner)
{
    int32_t count = 0;
    for (int32_t i = 0; i < attempt->count; i++)
        count += (set >> i & 1) != 0 && oracle->replicas[attempt->candidates[i]].runner == runner;
    return count;
}

static bool within_budgets(const struct oracle *oracle, const struct attempt *attempt, uint32_t set)
{
    for (int32_t runner = 0; runner < oracle->runner_count; runner++)
        if (taken_of(oracle, attempt, set, runner) > budget_of(oracle, runner))
            return false;
    return true;
}

/* Does the set leave each runner exactly what its budget forces to leave, and take all the rest? */
static bool gives_back_only_excess(const struct oracle *oracle, const struct attempt *attempt,
                                   uint32_t set)
{
    uint32_t all = (UINT32_C(1) << attempt->count) - 1;
    for (int32_t runner = 0; runner < oracle->runner_count; runner++) {
        int32_t have = taken_of(oracle, attempt, all, runner);
        int32_t budget = budget_of(oracle, runner);
        if (taken_of(oracle, attempt, set, runner) != (have < budget ? have : budget))
            return false;
    }
    return true;
}

/* Of two sets, the one that gives back the most important candidate in which they differ. */
static bool favours_important(uint32_t a, uint32_t b)
{
    uint32_t difference = a ^ b;
    return difference != 0 && (a & (difference & -difference)) == 0;
}

/* The first step by enumeration: of all sets that give back only the excess and fit, the one that
 * favours the most important. 0: there is none. */
static uint32_t within_budget_set(const struct oracle *oracle, const struct attempt *attempt)
{
    uint32_t best = 0;
    for (uint32_t set = 1; set < UINT32_C(1) << attempt->count; set++)
        if (gives_back_only_excess(oracle, attempt, set) &&
            (best == 0 || favours_important(set, best)) && set_fits(oracle, attempt, set))
            best = set;
    return best;
}

static bool legal_set_exists(const struct oracle *oracle, const struct attempt *attempt)
{
    for (uint32_t set = 1; set < UINT32_C(1) << attempt->count; set++)
        if (within_budgets(oracle, attempt, set) && set_fits(oracle, attempt, set))
            return true;
    return false;
}

static bool proper_subset_suffices(const struct oracle *oracle, const struct attempt *attempt,
                                   uint32_t set)
{
    for (uint32_t part = (set - 1) & set; part != 0; part = (part - 1) & set)
        if (set_fits(oracle, attempt, part))
            return true;
    return set_fits(oracle, attempt, 0);
}

/* The rule without backing up, to count how often that would miss. */
static bool greedy_finds(const struct oracle *oracle, const struct attempt *attempt)
{
    uint32_t set = (UINT32_C(1) << attempt->count) - 1;
    for (int32_t i = 0; i < attempt->count; i++) {
        int32_t runner = oracle->replicas[attempt->candidates[i]].runner;
        uint32_t without = set & ~(UINT32_C(1) << i);
        if (taken_of(oracle, attempt, set, runner) > budget_of(oracle, runner) &&
            set_fits(oracle, attempt, without))
            set = without;
    }
    return within_budgets(oracle, attempt, set);
}

/* The victim set of the node, or 0. */
static uint32_t victims_on(struct oracle *oracle, const struct attempt *attempt)
{
    uint32_t all = (UINT32_C(1) << attempt->count) - 1;
    if (attempt->count == 0 || !set_fits(oracle, attempt, all))
        return 0;
    bool is_over = !within_budgets(oracle, attempt, all);
    bool exists = !is_over || legal_set_exists(oracle, attempt);
    oracle->trial_count++;
    oracle->over_budget_count += is_over;
    oracle->legal_count += is_over && exists;
    oracle->greedy_missed_count += is_over && exists && !greedy_finds(oracle, attempt);
    uint32_t set = is_over ? within_budget_set(oracle, attempt) : all;
    if ((set != 0) != exists)
        abort();
    for (int32_t i = 0; i < attempt->count && set != 0; i++)
        if ((set >> i & 1) != 0 && set_fits(oracle, attempt, set & ~(UINT32_C(1) << i)))
            set &= ~(UINT32_C(1) << i);
    if (set != 0 && (!within_budgets(oracle, attempt, set) || !set_fits(oracle, attempt, set) ||
                     proper_subset_suffices(oracle, attempt, set)))
        abort();
    return set;
}

/* ---- preemption among nodes ---- */

struct price {
    int64_t terms[4]; /* highest priority, sum of priority + 1, victims, work lost */
};

static struct price price_of(const struct oracle *oracle, const struct attempt *attempt,
                             uint32_t set, int64_t now)
{
    struct price price = {{0}};
    for (int32_t i = 0; i < attempt->count; i++) {
        const struct oracle_replica *victim = &oracle->replicas[attempt->candidates[i]];
        int64_t priority = oracle->runners[victim->runner].terms.priority;
        if ((set >> i & 1) == 0)
            continue;
        price.terms[0] = priority > price.terms[0] ? priority : price.terms[0];
        price.terms[1] += priority + 1;
        price.terms[2]++;
        price.terms[3] += victim->state == REPLICA_RUNNING ? now - victim->running_since : 0;
    }
    return price;
}

static bool is_lower(const struct price *a, const struct price *b)
{
    for (int i = 0; i < 4; i++)
        if (a->terms[i] != b->terms[i])
            return a->terms[i] < b->terms[i];
    return false;
}

static void evict(struct oracle *oracle, const struct attempt *attempt, int32_t victim, int64_t now)
{
    int32_t demand = attempt->demand;
    enum demand_class class = class_of(oracle, demand);
    int32_t chain_depth = oracle->replicas[demand].chain_depth + 1;
    oracle->replicas[victim].state = REPLICA_TERMINATING;
    int32_t replacement = new_replica(oracle, oracle->replicas[victim].runner, now);
    oracle->replicas[replacement].chain_depth = chain_depth;
    struct oracle_decision *decision = record(oracle, DECISION_EVICT, victim);
    decision->class = class;
    decision->demand = name_of(oracle, demand);
    decision->replacement = name_of(oracle, replacement);
    decision->chain_depth = chain_depth;
}

static void evict_and_nominate(struct oracle *oracle, const struct attempt *attempt, uint32_t set,
                               int64_t now)
{
    for (int32_t i = 0; i < attempt->count; i++)
        if ((set >> i & 1) != 0)
            evict(oracle, attempt, attempt->candidates[i], now);
    struct oracle_replica *demand = &oracle->replicas[attempt->demand];
    bool *away = calloc((size_t)oracle->replica_count, sizeof *away);
    if (away == NULL)
        abort();
    for (int32_t i = 0; i < attempt->count; i++)
        away[attempt->candidates[i]] = (set >> i & 1) != 0;
    const struct scene scene = {.node = attempt->node, .away = away};
    uint64_t devices = devices_for(oracle, demand, &scene);
    free(away);
    demand->served_class = class_of(oracle, attempt->demand);
    demand->state = REPLICA_NOMINATED;
    demand->node = attempt->node;
    demand->devices = devices;
    for (int32_t i = 0; i < attempt->count; i++)
        if ((set >> i & 1) != 0)
            oracle->replicas[attempt->candidates[i]].pledged_to = attempt->demand;
    record(oracle, DECISION_NOMINATE, attempt->demand);
}

static void preempt(struct oracle *oracle, int32_t demand, int64_t now)
{
    struct attempt attempt = {.demand = demand}, best = {.node = -1};
    struct price best_price = {{0}};
    uint32_t best_set = 0;
    if (!oracle->options.preemption_enabled ||
        !oracle->runners[oracle->replicas[demand].runner].terms.may_preempt)
        return;
    attempt.away = calloc((size_t)oracle->replica_count, sizeof *attempt.away);
    if (attempt.away == NULL)
        abort();
    for (int32_t node = 0; node < oracle->fleet->node_count; node++) {
        attempt.node = node;
        list_candidates(oracle, &attempt, now);
        uint32_t set = victims_on(oracle, &attempt);
        struct price price = price_of(oracle, &attempt, set, now);
        if (set != 0 && (best_set == 0 || is_lower(&price, &best_price))) {
            best = attempt;
            best_set = set;
            best_price = price;
        }
    }
    if (best_set != 0)
        evict_and_nominate(oracle, &best, best_set, now);
    free(attempt.away);
}

/* ---- the pass ---- */

static bool has_victims(const struct oracle *oracle, int32_t nominee)
{
    for (int32_t i = 0; i < oracle->replica_count; i++)
        if (oracle->replicas[i].pledged_to == nominee)
            return true;
    return false;
}

/* The first in the order of demand of those in this state that this pass has not served; -1: none.
 */
static int32_t first_unserved(const struct oracle *oracle, enum replica_state state)
{
    int32_t first = -1;
    for (int32_t i = 0; i < oracle->replica_count; i++) {
        if (oracle->replicas[i].state != state || oracle->replicas[i].is_served ||
            (state == REPLICA_NOMINATED && has_victims(oracle, i)))
            continue;
        if (first < 0 || stands_before(oracle, i, first))
            first = i;
    }
    return first;
}

static void place(struct oracle *oracle, int32_t demand, int32_t node)
{
    const struct scene scene = {.node = node};
    struct oracle_replica *replica = &oracle->replicas[demand];
    uint64_t devices = devices_for(oracle, replica, &scene);
    replica->served_class = class_of(oracle, demand);
    replica->state = REPLICA_STARTING;
    replica->node = node;
    replica->devices = devices;
    record(oracle, DECISION_BIND, demand);
}

void oracle_pass(struct oracle *oracle, int64_t now)
{
    int32_t demand;
    oracle->decision_count = 0;
    for (int32_t i = 0; i < oracle->replica_count; i++)
        oracle->replicas[i].is_served = false;
    while ((demand = first_unserved(oracle, REPLICA_NOMINATED)) >= 0) {
        oracle->replicas[demand].is_served = true;
        oracle->replicas[demand].state = REPLICA_STARTING;
        record(oracle, DECISION_BIND, demand);
    }
    while ((demand = first_unserved(oracle, REPLICA_PENDING)) >= 0) {
        oracle->replicas[demand].is_served = true;
        int32_t node = best_node(oracle, demand);
        if (node >= 0)
            place(oracle, demand, node);
        else
            preempt(oracle, demand, now);
    }
}

/* ---- comparing ---- */

static int compare_replica(const struct oracle *oracle, const struct sched *sched, int32_t slot,
                           struct err *err)
{
    const struct replica *replica = &sched->replicas[slot];
    for (int32_t i = 0; i < oracle->replica_count; i++) {
        const struct oracle_replica *other = &oracle->replicas[i];
        if (other->runner != replica->runner || other->ordinal != replica->ordinal)
            continue;
        if ((int)other->state != replica->state || other->node != replica->node ||
            other->devices != replica->devices || other->asked_at != replica->asked_at ||
            other->chain_depth != replica->chain_depth ||
            class_of(oracle, i) != sched_class_of(sched, slot))
            return err_set(err, ERR_SYSTEM,
                           "replica %" PRId32 " of runner %" PRId32 ": state %d node %" PRId32
                           " class %d, oracle: state %d node %" PRId32 " class %d",
                           replica->ordinal, replica->runner, replica->state, replica->node,
                           (int)sched_class_of(sched, slot), (int)other->state, other->node,
                           (int)class_of(oracle, i));
        return 0;
    }
    return err_set(err, ERR_SYSTEM, "the oracle does not know replica %" PRId32, slot);
}

int oracle_compare(const struct oracle *oracle, const struct sched *sched, struct err *err)
{
    int32_t count = 0, other_count = 0;
    for (int32_t slot = 0; slot < sched->replica_count; slot++) {
        if (sched->replicas[slot].state == REPLICA_NONE)
            continue;
        if (compare_replica(oracle, sched, slot, err))
            return -1;
        count++;
    }
    for (int32_t i = 0; i < oracle->replica_count; i++)
        other_count += oracle->replicas[i].state != REPLICA_NONE;
    if (count != other_count)
        return err_set(err, ERR_SYSTEM, "%" PRId32 " replicas, oracle: %" PRId32, count,
                       other_count);
    return 0;
}

static bool has_name(const struct sched *sched, int32_t slot, struct oracle_name name)
{
    if (slot < 0)
        return name.runner < 0;
    return sched->replicas[slot].runner == name.runner &&
           sched->replicas[slot].ordinal == name.ordinal;
}

int oracle_compare_decisions(const struct oracle *oracle, const struct sched *sched,
                             const struct decisions *decisions, struct err *err)
{
    for (int32_t i = 0; i < decisions->count && i < oracle->decision_count; i++) {
        const struct decision *mine = &decisions->items[i];
        const struct oracle_decision *other = &oracle->decisions[i];
        if (mine->kind != other->kind || mine->class != other->class || mine->node != other->node ||
            mine->devices != other->devices || mine->chain_depth != other->chain_depth ||
            !has_name(sched, mine->replica, other->replica) ||
            !has_name(sched, mine->demand, other->demand) ||
            !has_name(sched, mine->replacement, other->replacement))
            return err_set(
                err, ERR_SYSTEM,
                "decision %" PRId32 ": kind %d class %d replica %" PRId32 " of runner %" PRId32
                " node %" PRId32 " devices %" PRIx64 ", oracle: kind %d class %d replica %" PRId32
                " of runner %" PRId32 " node %" PRId32 " devices %" PRIx64,
                i, (int)mine->kind, (int)mine->class, sched->replicas[mine->replica].ordinal,
                sched->replicas[mine->replica].runner, mine->node, mine->devices, (int)other->kind,
                (int)other->class, other->replica.ordinal, other->replica.runner, other->node,
                other->devices);
    }
    if (decisions->count != oracle->decision_count)
        return err_set(err, ERR_SYSTEM, "%" PRId32 " decisions, oracle: %" PRId32, decisions->count,
                       oracle->decision_count);
    return 0;
}
