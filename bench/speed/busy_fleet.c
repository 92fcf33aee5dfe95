/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/speed/busy_fleet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/array.h"
#include "base/fetch.h"
#include "base/order.h"
#include "base/units.h"
#include "scheduler/fetch.h"
#include "scheduler/transitions.h"

static const int64_t GIB = INT64_C(1) << 30;

/* ---- nodes ---- */

static const struct {
    const char *device_type;
    int32_t weight, cpus, gib, device_count;
} node_kinds[] = {
    {"G2", 549, 96, 384, 8},     {"T4", 387, 104, 512, 2},    {"P100", 107, 16, 120, 2},
    {"G3", 39, 128, 768, 8},     {"V100M16", 28, 32, 128, 4}, {"P100", 22, 64, 256, 2},
    {"V100M32", 21, 96, 768, 8}, {"V100M16", 19, 8, 32, 1},   {"T4", 17, 96, 384, 4},
    {"V100M32", 9, 48, 368, 4},  {"V100M16", 7, 64, 256, 8},  {"P100", 3, 8, 60, 1},
    {"P100", 2, 8, 60, 2},       {"A10", 2, 128, 1024, 1},    {"none", 310, 96, 512, 0},
};

static int add_kinds(struct fleet *fleet, int32_t *groups, struct err *err)
{
    static const struct pool pool = {.id = "pool", .is_schedulable = true};
    struct node_group group;
    if (fleet_add_pool(fleet, &pool, &group.pool, err))
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(node_kinds); i++) {
        const struct node_type type = {.id = node_kinds[i].device_type,
                                       .cpu_milli = INT64_C(1000) * node_kinds[i].cpus,
                                       .mem_bytes = GIB * node_kinds[i].gib,
                                       .device_count = node_kinds[i].device_count,
                                       .device_types = &node_kinds[i].device_type,
                                       .device_type_count = node_kinds[i].device_count > 0};
        if (fleet_add_type(fleet, &type, &group.type, err) ||
            fleet_group(fleet, group, &groups[i], err))
            return -1;
    }
    return 0;
}

static int add_nodes(struct busy_fleet *fleet, const int32_t *groups, struct err *err)
{
    int32_t total = 0;
    for (size_t i = 0; i < ARRAY_LEN(node_kinds); i++)
        total += node_kinds[i].weight;
    for (int32_t i = 0; i < fleet->options.node_count; i++) {
        int32_t draw = (int32_t)rng_below(&fleet->rng, (uint64_t)total), node;
        size_t kind = 0;
        while (draw >= node_kinds[kind].weight)
            draw -= node_kinds[kind++].weight;
        if (fleet_add_node(&fleet->sched.fleet, groups[kind], NODE_READY, &node, err))
            return -1;
        fleet->share_milli += node_kinds[kind].device_count * INT64_C(1000);
    }
    return 0;
}

/* ---- requests ---- */

static int32_t pick(struct rng *rng, const int32_t *values, int32_t count)
{
    return values[rng_below(rng, (uint64_t)count)];
}

/* `part` in 0..1 says what devices it asks for. */
static struct shape draw_shape(struct rng *rng, double part)
{
    static const int32_t pools[] = {0};
    static const int32_t shares[] = {50, 100, 160, 200, 250, 300, 460, 500, 700, 850};
    static const int32_t cpus[] = {2000, 3152, 4000, 6000, 8000, 11900, 12000, 16000};
    static const int32_t counts[] = {2, 2, 2, 4, 8, 8};
    struct shape shape = {.cpu_milli = pick(rng, cpus, (int32_t)ARRAY_LEN(cpus)),
                          .share_milli = SHARE_WHOLE,
                          .pools = pools,
                          .pool_count = 1};
    if (part < 0.38) {
        shape.device_count = 1;
        shape.sharing = SHARING_MILLI;
        shape.share_milli = pick(rng, shares, (int32_t)ARRAY_LEN(shares));
    } else if (part < 0.80) {
        shape.device_count = 1;
    } else if (part < 0.87) {
        shape.device_count = pick(rng, counts, (int32_t)ARRAY_LEN(counts));
        shape.cpu_milli *= shape.device_count;
    }
    if (shape.cpu_milli > 90000)
        shape.cpu_milli = 88000;
    shape.mem_bytes = shape.cpu_milli * ((2 + (int64_t)rng_below(rng, 3000)) << 10);
    return shape;
}

/* So that a draw takes few steps, whatever it gives. */
static void prepare_draws(struct busy_fleet *fleet)
{
    int32_t shape = 0;
    for (int32_t i = 0; i < DRAW_PARTS; i++) {
        while (shape < fleet->options.shape_count - 1 && fleet->popularity[shape] * DRAW_PARTS <= i)
            shape++;
        fleet->first_drawn[i] = shape;
    }
}

static int add_shapes(struct busy_fleet *fleet, struct err *err)
{
    int32_t count = fleet->options.shape_count, capacity = 0, popular_capacity = 0;
    struct rng rng = rng_stream(fleet->options.seed, "shapes", 0);
    double sum = 0.0, part = 0.0;
    if (array_reserve(&fleet->popularity, &capacity, count, sizeof *fleet->popularity, err) ||
        array_reserve(&fleet->popular, &popular_capacity, count, sizeof *fleet->popular, err))
        return -1;
    while (fleet->shapes.count < count) {
        int32_t number;
        double devices = fmod(fleet->shapes.count * 0.6180339887498949, 1.0);
        const struct shape shape = draw_shape(&rng, devices);
        if (shape_table_intern(&fleet->shapes, &shape, &number, err))
            return -1;
    }
    for (int32_t i = 0; i < count; i++)
        sum += 1.0 / (i + 1);
    for (int32_t i = 0; i < count; i++) {
        part += 1.0 / (i + 1) / sum;
        fleet->popularity[i] = part;
        fleet->popular[i] = (struct popular_shape){.shape = i, .count = 1 + 100000 / (i + 1)};
    }
    prepare_draws(fleet);
    return 0;
}

static int32_t priority_count(const struct busy_fleet *fleet)
{
    return fleet->options.priority_count > 0 ? fleet->options.priority_count : 1;
}

static int add_runners(struct busy_fleet *fleet, struct err *err)
{
    for (int32_t shape = 0; shape < fleet->options.shape_count; shape++)
        for (int32_t priority = 0; priority < priority_count(fleet); priority++) {
            int32_t runner;
            const struct runner_terms terms = {
                .shape = shape, .priority = priority, .may_preempt = true};
            if (sched_add_runner(&fleet->sched, &terms, &runner, err))
                return -1;
        }
    return 0;
}

int32_t busy_fleet_draw(struct busy_fleet *fleet)
{
    double draw = rng_uniform(&fleet->rng);
    int32_t shape = fleet->first_drawn[(int32_t)(draw * DRAW_PARTS)];
    while (shape < fleet->options.shape_count - 1 && fleet->popularity[shape] <= draw)
        shape++;
    if (priority_count(fleet) == 1)
        return shape;
    return shape * priority_count(fleet) +
           (int32_t)rng_below(&fleet->rng, (uint64_t)priority_count(fleet));
}

/* ---- what happens ---- */

static int64_t share_of(const struct busy_fleet *fleet, int32_t replica)
{
    int32_t runner = fleet->sched.replicas[replica].runner;
    const struct shape *shape = &fleet->shapes.items[fleet->sched.runners[runner].shape];
    return (int64_t)shape->device_count * shape->share_milli;
}

static int note_bound(struct busy_fleet *fleet, int32_t replica, struct err *err)
{
    if (array_reserve(&fleet->bound, &fleet->bound_capacity, (int64_t)fleet->bound_count + 1,
                      sizeof *fleet->bound, err))
        return -1;
    fleet->bound[fleet->bound_count++] = replica;
    fleet->share_used_milli += share_of(fleet, replica);
    return 0;
}

int busy_fleet_arrival(struct busy_fleet *fleet, int32_t runner, struct err *err)
{
    int32_t replica;
    fleet->decisions.count = 0;
    if (sched_demand(&fleet->sched, runner, ++fleet->now, &replica, err) ||
        sched_pass(&fleet->sched, fleet->now, &fleet->decisions, err))
        return -1;
    if (fleet->sched.replicas[replica].state == REPLICA_STARTING)
        return note_bound(fleet, replica, err);
    fleet->failed_count++;
    return sched_withdraw(&fleet->sched, replica, err);
}

/* The pick that is so many behind the next one. */
static int32_t *pick_ahead(struct busy_fleet *fleet, int32_t by)
{
    return &fleet->picked_ahead[(fleet->pick_count + by) % PICKS_AHEAD];
}

/* One more is drawn, and its place in `bound` asked of the memory; of earlier ones the replica, and
 * what is around it. */
static void draw_pick(struct busy_fleet *fleet)
{
    enum { STEP = PICKS_AHEAD / 4 };
    int32_t *drawn = pick_ahead(fleet, 3 * STEP);
    *drawn = (int32_t)rng_below(&fleet->rng, (uint64_t)fleet->bound_count);
    fetch_line(&fleet->bound[*drawn]);
    sched_fetch_replica(&fleet->sched, fleet->bound[*pick_ahead(fleet, 2 * STEP)]);
    sched_fetch_node(&fleet->sched, fleet->bound[*pick_ahead(fleet, STEP)]);
}

int32_t busy_fleet_pick(struct busy_fleet *fleet)
{
    int32_t last = fleet->bound_count - 1;
    draw_pick(fleet);
    int32_t picked = *pick_ahead(fleet, 0);
    fleet->pick_count++;
    return picked < last ? picked : last;
}

int busy_fleet_departure(struct busy_fleet *fleet, struct err *err)
{
    int32_t place = busy_fleet_pick(fleet);
    int32_t replica = fleet->bound[place];
    fleet->bound[place] = fleet->bound[--fleet->bound_count];
    fleet->share_used_milli -= share_of(fleet, replica);
    return sched_gone(&fleet->sched, replica, err);
}

int busy_fleet_decision(struct busy_fleet *fleet, struct err *err)
{
    while ((double)fleet->share_used_milli >= fleet->options.fill * (double)fleet->share_milli)
        if (busy_fleet_departure(fleet, err))
            return -1;
    return busy_fleet_arrival(fleet, busy_fleet_draw(fleet), err);
}

/* ---- filling ---- */

static int fill(struct busy_fleet *fleet, struct err *err)
{
    const struct busy_options *options = &fleet->options;
    while ((double)fleet->share_used_milli < options->fill * (double)fleet->share_milli &&
           fleet->failed_count < 1000 + options->node_count)
        if (busy_fleet_arrival(fleet, busy_fleet_draw(fleet), err))
            return -1;
    return 0;
}

/* The nodes of the part, and on them what is bound there. */
static int append(struct busy_fleet *fleet, const struct busy_fleet *part, struct err *err)
{
    struct sched *sched = &fleet->sched;
    int32_t first = sched->fleet.node_count, node, replica;
    for (int32_t i = 0; i < part->sched.fleet.node_count; i++)
        if (fleet_add_node(&sched->fleet, part->sched.fleet.nodes[i].group, NODE_READY, &node, err))
            return -1;
    fleet->share_milli += part->share_milli;
    for (int32_t i = 0; i < part->bound_count; i++) {
        const struct replica *like = &part->sched.replicas[part->bound[i]];
        const struct seat seat = {first + like->node, like->devices};
        if (sched_demand(sched, like->runner, ++fleet->now, &replica, err) ||
            replica_bind(sched, replica, &seat, err) || note_bound(fleet, replica, err))
            return -1;
    }
    return 0;
}

enum { PART_NODES = 10000 };

static int fill_in_parts(struct busy_fleet *fleet, struct err *err)
{
    int32_t node_count = fleet->options.node_count;
    for (int32_t i = 0; fleet->sched.fleet.node_count < node_count; i++) {
        struct busy_options options = fleet->options;
        int32_t left = node_count - fleet->sched.fleet.node_count;
        struct busy_fleet part;
        options.part = i + 1;
        options.node_count = left < PART_NODES ? left : PART_NODES;
        int result = busy_fleet_init(&part, &options, err);
        if (result == 0)
            result = append(fleet, &part, err);
        busy_fleet_release(&part);
        if (result != 0)
            return -1;
    }
    return 0;
}

int busy_fleet_init(struct busy_fleet *fleet, const struct busy_options *options, struct err *err)
{
    int32_t groups[ARRAY_LEN(node_kinds)];
    *fleet = (struct busy_fleet){.options = *options};
    fleet->rng = rng_stream(options->seed, "busy-fleet", (uint64_t)options->part);
    if (add_shapes(fleet, err))
        return -1;
    const struct sched_options sched_options = {
        .policy = policy_find(options->policy),
        .popularity = {fleet->popular, options->shape_count},
        .seed = options->seed,
        .preemption_enabled = options->has_preemption,
        .evictions_are_granted = options->has_preemption,
        .search = options->search,
        .tuning = options->tuning};
    if (sched_init(&fleet->sched, &sched_options, &fleet->shapes, err) ||
        add_kinds(&fleet->sched.fleet, groups, err) || add_runners(fleet, err))
        return -1;
    if (options->node_count > PART_NODES)
        return fill_in_parts(fleet, err);
    return add_nodes(fleet, groups, err) ? -1 : fill(fleet, err);
}

void busy_fleet_release(struct busy_fleet *fleet)
{
    sched_release(&fleet->sched);
    shape_table_release(&fleet->shapes);
    decisions_release(&fleet->decisions);
    free(fleet->popular);
    free(fleet->popularity);
    free(fleet->bound);
    *fleet = (struct busy_fleet){.now = 0};
}

/* ---- measuring ---- */

bool busy_count_read(const char *text, int32_t *count)
{
    struct err err;
    int64_t number;
    if (parse_int64(text, &number, &err) != 0 || number < 1 || number > BUSY_COUNT_MAX)
        return false;
    *count = (int32_t)number;
    return true;
}

double clock_ns(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

double median_of(double *values, int32_t count)
{
    qsort(values, (size_t)count, sizeof *values, order_doubles);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2.0;
}

int64_t peak_memory_bytes(void)
{
    struct rusage usage = {.ru_maxrss = 0};
    getrusage(RUSAGE_SELF, &usage);
    return (int64_t)usage.ru_maxrss * 1024;
}
