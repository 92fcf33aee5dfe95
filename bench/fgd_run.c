/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/fgd_run.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "scheduler/pass.h"
#include "scheduler/sched.h"

/* ---- the curves ---- */

/* One more than is shown: what is beside the last point counts where that has no values. */
enum { CURVE_POINTS = FGD_POINTS + 1 };

/* The values of one curve, in percent to two decimals as the study's log prints them. The arrived
 * load never falls, so those of a point stand together. */
struct curve {
    double *values; /* [count] owned */
    int32_t count, capacity;
    int32_t begin[CURVE_POINTS + 1]; /* of point k: values[begin[k] .. begin[k + 1]) */
    int32_t point;                   /* begin is known up to here */
};

/* The nearest whole number to part / whole, exact halves to even. */
static int64_t divide_to_nearest(int64_t part, int64_t whole)
{
    int64_t down = part / whole, twice_rest = 2 * (part % whole);
    return down + (twice_rest > whole || (twice_rest == whole && down % 2 != 0) ? 1 : 0);
}

/* 100 * part / whole in hundredths. */
static int64_t percent_hundredths(int64_t part, int64_t whole)
{
    return divide_to_nearest(part * 10000, whole);
}

/* No more values come for points before this one. */
static void curve_advance(struct curve *curve, int32_t point)
{
    while (curve->point < point)
        curve->begin[++curve->point] = curve->count;
}

/* `point` is at least that of the value before. */
static int curve_add(struct curve *curve, int64_t point, int64_t hundredths, struct err *err)
{
    if (point >= CURVE_POINTS)
        return 0;
    if (array_reserve(&curve->values, &curve->capacity, curve->count + INT64_C(1),
                      sizeof *curve->values, err) != 0)
        return -1;
    curve_advance(curve, (int32_t)point);
    curve->values[curve->count++] = (double)hundredths / 100.0;
    return 0;
}

/* The sum in the order in which numpy adds, which the study used: its means are rounded to two
 * decimals, and where they lie in the middle the rounding errors of the sum decide. */
static double sum_pairwise(const double *values, int32_t count)
{
    double lanes[8] = {0.0}, sum = 0.0;
    int32_t whole = count - count % 8;
    if (count > 128) {
        int32_t half = count / 2 - count / 2 % 8;
        return sum_pairwise(values, half) + sum_pairwise(values + half, count - half);
    }
    for (int32_t i = 0; i < whole; i++)
        lanes[i % 8] += values[i];
    if (whole > 0)
        sum = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
              ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
    for (int32_t i = whole; i < count; i++)
        sum += values[i];
    return sum;
}

/* Mean at a point below FGD_POINTS, in percent. */
static double curve_mean(const struct curve *curve, int point)
{
    int first = point, last = point;
    if (curve->begin[point] == curve->begin[point + 1]) {
        first = point > 0 ? point - 1 : point;
        last = point + 1;
    }
    int32_t begin = curve->begin[first], count = curve->begin[last + 1] - begin;
    return count > 0 ? sum_pairwise(&curve->values[begin], count) / (double)count : NAN;
}

/* ---- the experiment ---- */

struct experiment {
    const struct fgd_run *run;
    struct fgd_result *result;
    struct sched sched;
    struct decisions decisions;
    struct fragmentation fragmentation;
    int64_t *fragments; /* [node] times fragmentation.count_sum */
    int32_t fragments_capacity;
    int64_t fragment_sum; /* over all nodes */
    struct curve allocated, fragmented;
};

/* The last one of the folder's node list that is a node of the fleet at this index. */
static int32_t trace_node(const struct experiment *experiment, int32_t node)
{
    return experiment->run->order->nodes[node];
}

static int build_types(struct experiment *experiment, struct err *err)
{
    const struct openb_types *types = &experiment->run->workload->trace.types;
    const struct pool pool = {.id = "openb", .is_schedulable = true};
    struct fleet *fleet = &experiment->sched.fleet;
    int32_t number;
    if (fleet_add_pool(fleet, &pool, &number, err) != 0)
        return -1;
    for (int32_t i = 0; i < types->count; i++) {
        const struct openb_type *from = &types->items[i];
        const struct node_type type = {.id = from->id,
                                       .cpu_milli = from->cpu_milli,
                                       .mem_bytes = from->mem_mib * OPENB_MIB,
                                       .device_count = (int32_t)from->gpu_count,
                                       .device_types = (const char *const *)&from->model,
                                       .device_type_count = from->gpu_count > 0 ? 1 : 0};
        if (fleet_add_type(fleet, &type, &number, err) != 0 ||
            fleet_group(fleet, (struct node_group){.pool = 0, .type = i}, &number, err) != 0)
            return -1;
    }
    return 0;
}

/* Nodes in the order in which they are preferred, a runner for each shape. */
static int build_fleet(struct experiment *experiment, struct err *err)
{
    const struct fgd_workload *workload = experiment->run->workload;
    int32_t number;
    if (build_types(experiment, err) != 0)
        return -1;
    for (int32_t i = 0; i < workload->trace.node_count; i++) {
        int32_t type = workload->trace.nodes[trace_node(experiment, i)].type;
        if (fleet_add_node(&experiment->sched.fleet, type, NODE_READY, &number, err) != 0)
            return -1;
    }
    for (int32_t i = 0; i < workload->shapes.count; i++) {
        const struct runner_terms terms = {.shape = i};
        if (sched_add_runner(&experiment->sched, &terms, &number, err) != 0)
            return -1;
    }
    return sched_refresh(&experiment->sched, err);
}

/* The free room of a node as fragments are counted in it. */
static struct fragment_room room_of(const struct fleet *fleet, int32_t node,
                                    int32_t share_milli[SHAPE_DEVICES_MAX])
{
    struct room room;
    fleet_room(fleet, node, &room);
    for (int32_t i = 0; i < room.device_count; i++)
        share_milli[i] = room.share_milli[i];
    return (struct fragment_room){.group = fleet->nodes[node].group,
                                  .device_count = room.device_count,
                                  .cpu_milli = (int32_t)room.cpu_milli,
                                  .share_milli = share_milli};
}

static void measure_node(struct experiment *experiment, int32_t node)
{
    int32_t share_milli[SHAPE_DEVICES_MAX];
    const struct fragment_room room = room_of(&experiment->sched.fleet, node, share_milli);
    int64_t fragment = fragment_exact(&experiment->fragmentation, &room);
    experiment->fragment_sum += fragment - experiment->fragments[node];
    experiment->fragments[node] = fragment;
}

static int begin(struct experiment *experiment, struct err *err)
{
    const struct fgd_run *run = experiment->run;
    const struct popularity popularity = {run->workload->popular, run->workload->popular_count};
    const struct sched_options options = {.policy = run->policy,
                                          .policy_values = run->values,
                                          .popularity = popularity,
                                          .seed = run->seed};
    if (sched_init(&experiment->sched, &options, &run->workload->shapes, err) != 0 ||
        build_fleet(experiment, err) != 0 ||
        fragmentation_init(&experiment->fragmentation, &run->workload->shapes, &popularity, 0.95,
                           err) != 0 ||
        fragmentation_refresh(&experiment->fragmentation, &experiment->sched.fleet, err) != 0 ||
        array_reserve(&experiment->fragments, &experiment->fragments_capacity,
                      run->workload->trace.node_count, sizeof *experiment->fragments, err) != 0)
        return -1;
    for (int32_t i = 0; i < run->workload->trace.node_count; i++)
        measure_node(experiment, i);
    return 0;
}

/* ---- one arrival ---- */

static enum fgd_class class_of(const struct openb_pod_row *pod)
{
    if (pod->gpu_count == 0)
        return FGD_CPU_ONLY;
    if (pod->gpu_milli < SHARE_WHOLE)
        return FGD_SHARE;
    switch (pod->gpu_count) {
    case 1:
        return FGD_1_GPU;
    case 2:
        return FGD_2_GPUS;
    case 4:
        return FGD_4_GPUS;
    default:
        return FGD_8_GPUS;
    }
}

static void count_placed(struct experiment *experiment, const struct openb_pod_row *pod,
                         const struct decision *decision, int32_t arrival)
{
    struct fgd_result *result = experiment->result;
    result->used_milli += pod->gpu_count * pod->gpu_milli;
    result->cpu_used_milli += pod->cpu_milli;
    result->mem_used_bytes += pod->mem_mib * OPENB_MIB;
    measure_node(experiment, decision->node);
    if (experiment->run->placements != NULL)
        experiment->run->placements[arrival] =
            (struct fgd_placement){trace_node(experiment, decision->node), decision->devices};
}

static void count_failed(struct experiment *experiment, const struct openb_pod_row *pod,
                         int32_t arrival)
{
    struct fgd_result *result = experiment->result;
    result->failed_milli += pod->gpu_count * pod->gpu_milli;
    result->failed_count++;
    result->failed_by_class[class_of(pod)]++;
    if (experiment->run->placements != NULL)
        experiment->run->placements[arrival] = (struct fgd_placement){-1, 0};
}

static int note_curves(struct experiment *experiment, struct err *err)
{
    const struct fgd_result *result = experiment->result;
    int64_t all_milli = experiment->run->workload->trace.share_milli;
    int64_t free_fragments = (all_milli - result->used_milli) * experiment->fragmentation.count_sum;
    double load = (double)result->arrived_milli / (double)(all_milli / SHARE_WHOLE) / 10.0;
    int64_t point = (int64_t)rint(load);
    int64_t allocated = percent_hundredths(result->used_milli, all_milli);
    if (curve_add(&experiment->allocated, point, allocated, err) != 0)
        return -1;
    if (free_fragments == 0)
        return 0;
    return curve_add(&experiment->fragmented, point,
                     percent_hundredths(experiment->fragment_sum, free_fragments), err);
}

static int arrive(struct experiment *experiment, int32_t arrival, struct err *err)
{
    const struct fgd_workload *workload = experiment->run->workload;
    int32_t number = experiment->run->order->pods[arrival], replica;
    const struct openb_pod_row *pod = &workload->trace.pods[number];
    struct sched *sched = &experiment->sched;
    experiment->decisions.count = 0;
    if (sched_demand(sched, workload->shape_of_pod[number], arrival, &replica, err) != 0 ||
        sched_pass(sched, arrival, &experiment->decisions, err) != 0)
        return -1;
    experiment->result->arrived_milli += pod->gpu_count * pod->gpu_milli;
    if (experiment->decisions.count == 1)
        count_placed(experiment, pod, &experiment->decisions.items[0], arrival);
    else
        count_failed(experiment, pod, arrival);
    if (note_curves(experiment, err) != 0)
        return -1;
    return experiment->decisions.count == 1 ? 0 : sched_withdraw(sched, replica, err);
}

/* ---- the end ---- */

static void note_end(struct experiment *experiment)
{
    struct fgd_result *result = experiment->result;
    const struct fleet *fleet = &experiment->sched.fleet;
    int32_t share_milli[SHAPE_DEVICES_MAX];
    for (int32_t node = 0; node < fleet->node_count; node++) {
        for (int32_t i = 0; i < fleet_type_of(fleet, node)->device_count; i++)
            result->gpus_touched += fleet_shares(fleet, node)[i] < SHARE_WHOLE ? 1 : 0;
        struct fragment_parts parts;
        const struct fragment_room room = room_of(fleet, node, share_milli);
        fragment_by_kind(&experiment->fragmentation, &room, &parts);
        for (int i = 0; i < FRAGMENT_KIND_COUNT; i++)
            result->fragment_milli[i] += parts.milli[i];
    }
    curve_advance(&experiment->allocated, CURVE_POINTS);
    curve_advance(&experiment->fragmented, CURVE_POINTS);
    for (int i = 0; i < FGD_POINTS; i++) {
        result->allocated_percent[i] = rint(curve_mean(&experiment->allocated, i) * 100.0) / 100.0;
        result->fragment_percent[i] = curve_mean(&experiment->fragmented, i);
    }
}

int fgd_run(const struct fgd_run *run, struct fgd_result *result, struct err *err)
{
    struct experiment experiment = {.run = run, .result = result};
    *result = (struct fgd_result){.arrival_count = run->order->count};
    int outcome = begin(&experiment, err);
    for (int32_t i = 0; i < run->order->count && outcome == 0; i++)
        outcome = arrive(&experiment, i, err);
    if (outcome == 0)
        note_end(&experiment);
    sched_release(&experiment.sched);
    decisions_release(&experiment.decisions);
    fragmentation_release(&experiment.fragmentation);
    free(experiment.fragments);
    free(experiment.allocated.values);
    free(experiment.fragmented.values);
    return outcome;
}
