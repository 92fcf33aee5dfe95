/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Passes over demand that waits and does not fit, in a full fleet: a million replicas of 100
 * shapes, and as reference one replica of each of the same shapes. Two cases: nothing has changed
 * since the last pass, and one full node was closed and opened, so that every shape has to be
 * thought of again. Both should cost by shapes and not by replicas: a ratio near 1. */

#include <stdio.h>

#include "base/memory.h"
#include "bench/speed/busy_fleet.h"
#include "bench/speed/speed.h"

enum { NODES = 10000, SHAPES = 100, PASSES = 200, WAITING = 1000000 };

/* A fleet in which nothing of this fits, and so many replicas that wait. */
static int make_full(struct busy_fleet *fleet, int32_t nodes, int32_t waiting, struct err *err)
{
    const struct busy_options options = {
        .seed = 1, .node_count = nodes, .shape_count = SHAPES, .fill = 1.0, .policy = "best-fit"};
    int32_t replica;
    if (busy_fleet_init(fleet, &options, err))
        return -1;
    for (int32_t shape = 0; shape < SHAPES; shape++)
        do
            if (sched_demand(&fleet->sched, shape, ++fleet->now, &replica, err) ||
                sched_pass(&fleet->sched, fleet->now, &fleet->decisions, err))
                return -1;
        while (fleet->sched.replicas[replica].state == REPLICA_STARTING);
    for (int32_t i = SHAPES; i < waiting; i++)
        if (sched_demand(&fleet->sched, i % SHAPES, ++fleet->now, &replica, err))
            return -1;
    return 0;
}

static int run_passes(struct busy_fleet *fleet, bool has_changes, double *ns, struct err *err)
{
    double started_ns = speed_clock_ns();
    for (int32_t i = 0; i < PASSES; i++) {
        int32_t node = i % fleet->sched.fleet.node_count;
        fleet->decisions.count = 0;
        if (has_changes) {
            sched_set_node_state(&fleet->sched, node, NODE_DRAINED);
            sched_set_node_state(&fleet->sched, node, NODE_READY);
        }
        if (sched_pass(&fleet->sched, ++fleet->now, &fleet->decisions, err))
            return -1;
    }
    *ns = (speed_clock_ns() - started_ns) / PASSES;
    return 0;
}

static int measure(const struct speed_options *options, struct err *err)
{
    static const char *const names[] = {"nothing has changed", "a full node was opened"};
    int32_t nodes = options->is_tiny ? 100 : NODES;
    int32_t waiting = options->is_tiny ? 10 * SHAPES : WAITING;
    struct busy_fleet many, few;
    struct speed_runs runs[2] = {{.count = 0}};
    double warm_ns;
    int result = make_full(&few, nodes, SHAPES, err);
    if (make_full(&many, nodes, waiting, err) || run_passes(&many, true, &warm_ns, err) ||
        run_passes(&few, true, &warm_ns, err))
        result = -1;
    for (int32_t i = 0; i < speed_runs(options, 9) && result == 0; i++)
        for (int k = 0; k < 2 && result == 0; k++) {
            if (run_passes(&many, k == 1, &runs[k].ns[i], err) ||
                run_passes(&few, k == 1, &runs[k].reference_ns[i], err))
                result = -1;
            runs[k].count = i + 1;
            runs[k].peak_memory_bytes = speed_peak_memory_bytes();
        }
    for (int k = 0; k < 2 && result == 0; k++) {
        const struct speed_case of = {.bench = "pass",
                                      .name = names[k],
                                      .per = "pass",
                                      .reference = "the same with one replica of each shape",
                                      .parameters = {{"waiting", waiting}, {"shapes", SHAPES}}};
        speed_print(&of, &runs[k]);
    }
    busy_fleet_release(&many);
    busy_fleet_release(&few);
    return result;
}

int main(int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    struct speed_options options;
    memory_keep();
    if (speed_options_read(&options, argc, argv, &err))
        return speed_exit(-1, &err);
    return speed_exit(measure(&options, &err), &err);
}
