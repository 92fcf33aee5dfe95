/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One decision of the scheduler, placing and freeing included, as one line of JSON per case:
 *
 *   bench_decision [--tiny | POLICY [NODES [SHAPES]]]
 *
 * A fleet at 85 % of its device share; per decision one demand arrives, a pass places it, and
 * random bound replicas go so that the fleet stays at its mark. Reported: nanoseconds of all that
 * (median over segments), of the search alone by a plain scan in the same process and on the same
 * questions, and their ratio; every answer that is timed is compared with the plain scan's. Before
 * that a decision is taken for each node, 40,000 at least: a young fleet makes more lists anew.
 * `no_search_ns` is the floor: the same steps where a demand is told its node. `fill_ns` is a
 * decision while the fleet was filled, `scores_per_decision` how many nodes were scored.
 * `node_bytes`, `replica_bytes` and `shape_bytes` are what the scheduler's tables take for each
 * node (with its devices, and its part of the index), bound replica and shape; room that a table
 * has beyond what it holds is left out. Times are of this machine and this moment; the ratios are
 * what compares. */

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "bench/speed/busy_fleet.h"
#include "scheduler/index.h"
#include "scheduler/transitions.h"

enum { SEGMENTS = 9, SEGMENT_DECISIONS = 20000, SCAN_NODES = 4000000 };

struct measured {
    double decision_ns, plain_ns, no_search_ns;
    double fill_ns; /* a decision while the fleet was filled; in parts, see busy_fleet.h */
    double scores_per_decision;
};

/* A segment of decisions. */
static int decide(struct busy_fleet *fleet, int32_t count, double *ns, struct err *err)
{
    double started_ns = clock_ns();
    for (int32_t i = 0; i < count; i++)
        if (busy_fleet_decision(fleet, err))
            return -1;
    *ns = (clock_ns() - started_ns) / count;
    return 0;
}

/* Takes a random replica from its node and puts it back there. */
static int replay(struct busy_fleet *fleet, int32_t count, double *ns, struct err *err)
{
    struct sched *sched = &fleet->sched;
    double started_ns = clock_ns();
    for (int32_t i = 0; i < count; i++) {
        int32_t place = busy_fleet_pick(fleet), replica;
        const struct replica leaving = sched->replicas[fleet->bound[place]];
        const struct seat seat = {leaving.node, leaving.devices};
        if (sched_gone(sched, fleet->bound[place], err) ||
            sched_demand(sched, leaving.runner, ++fleet->now, &replica, err) ||
            replica_bind(sched, replica, &seat, err))
            return -1;
        fleet->bound[place] = replica;
    }
    *ns = (clock_ns() - started_ns) / count;
    return 0;
}

/* The same questions to the index and to a plain scan. */
static int scan(struct busy_fleet *fleet, int32_t count, double *ns, struct err *err)
{
    double spent_ns = 0.0;
    for (int32_t i = 0; i < count; i++) {
        int32_t replica, indexed, plain;
        uint64_t devices;
        if (busy_fleet_decision(fleet, err) ||
            sched_demand(&fleet->sched, busy_fleet_draw(fleet), fleet->now, &replica, err))
            return -1;
        indexed = sched_find_node(&fleet->sched, replica, &devices);
        double started_ns = clock_ns();
        plain = sched_scan_nodes(&fleet->sched, replica, &devices);
        spent_ns += clock_ns() - started_ns;
        assert(indexed == plain);
        if (sched_withdraw(&fleet->sched, replica, err))
            return -1;
    }
    *ns = spent_ns / count;
    return 0;
}

static int measure(struct busy_fleet *fleet, struct measured *measured, struct err *err)
{
    double decisions[SEGMENTS], replays[SEGMENTS], scans[SEGMENTS];
    int32_t scan_count = SCAN_NODES / fleet->options.node_count / SEGMENTS + 2;
    double warm_ns;
    int32_t warm_count = fleet->options.node_count;
    if (decide(fleet, warm_count > SEGMENT_DECISIONS ? warm_count : SEGMENT_DECISIONS, &warm_ns,
               err))
        return -1;
    int64_t scored = fleet->sched.index->score_count;
    if (decide(fleet, SEGMENT_DECISIONS, &warm_ns, err))
        return -1;
    scored = fleet->sched.index->score_count - scored;
    measured->scores_per_decision = (double)scored / SEGMENT_DECISIONS;
    for (int32_t i = 0; i < SEGMENTS; i++)
        if (decide(fleet, SEGMENT_DECISIONS, &decisions[i], err) ||
            replay(fleet, SEGMENT_DECISIONS, &replays[i], err) ||
            decide(fleet, SEGMENT_DECISIONS, &warm_ns, err) ||
            scan(fleet, scan_count < 2000 ? scan_count : 2000, &scans[i], err))
            return -1;
    measured->decision_ns = median_of(decisions, SEGMENTS);
    measured->no_search_ns = median_of(replays, SEGMENTS);
    measured->plain_ns = median_of(scans, SEGMENTS);
    return 0;
}

/* ---- memory ---- */

struct memory {
    double node_bytes, replica_bytes, shape_bytes;
};

static struct memory memory_of(const struct busy_fleet *fleet)
{
    const struct sched *sched = &fleet->sched;
    const struct fleet *nodes = &sched->fleet;
    const struct node_index *index = sched->index;
    int32_t row_count = index->has_rows ? index->node_count : 0;
    double rows =
        (double)row_count + (double)row_count / CHUNK_ROWS + (double)index->journal.capacity;
    double node_bytes =
        (double)nodes->node_count * (double)(sizeof *nodes->nodes + sizeof *nodes->changed);
    double list_bytes = 0.0;
    node_bytes += (double)nodes->many_free_capacity * (double)sizeof *nodes->many_free_milli;
    node_bytes += (double)nodes->device_held_capacity * (double)sizeof *nodes->device_held_milli;
    node_bytes += (double)nodes->device_mem_capacity * (double)sizeof *nodes->device_mem;
    node_bytes += (double)nodes->held_capacity * (double)sizeof *nodes->held;
    node_bytes += rows / ROW_LANES * (double)sizeof *index->blocks;
    node_bytes += (double)index->coarse.chunk_count * COARSE_CHUNK_BLOCKS *
                  (double)sizeof *index->coarse.blocks;
    node_bytes += (double)row_count * (double)sizeof *index->last_entries;
    node_bytes += (double)index->journal.capacity * (double)sizeof *index->journal.nodes;
    for (int32_t i = 0; i < index->shape_count; i++) {
        const struct shortlist *list = &index->shapes[i].list;
        list_bytes += (double)list->capacity * (double)sizeof *list->far;
        list_bytes += list->near == NULL ? 0.0 : (double)sizeof *list->near;
    }
    return (struct memory){.node_bytes = node_bytes / (double)nodes->node_count,
                           .replica_bytes = (double)sizeof *sched->replicas,
                           .shape_bytes = (double)sizeof *index->shapes +
                                          list_bytes / (double)index->shape_count};
}

static int run_case(const char *policy, int32_t node_count, int32_t shape_count, struct err *err)
{
    const struct busy_options options = {.seed = 1,
                                         .node_count = node_count,
                                         .shape_count = shape_count,
                                         .fill = 0.85,
                                         .policy = policy};
    struct busy_fleet fleet;
    struct measured measured;
    double started_ns = clock_ns();
    int result = busy_fleet_init(&fleet, &options, err);
    measured.fill_ns = (clock_ns() - started_ns) / (fleet.bound_count > 0 ? fleet.bound_count : 1);
    if (result == 0)
        result = measure(&fleet, &measured, err);
    const struct memory memory =
        result == 0 ? memory_of(&fleet) : (struct memory){.node_bytes = 0.0};
    if (result == 0)
        printf("{\"bench\": \"decision\", \"policy\": \"%s\", \"nodes\": %" PRId32
               ", \"shapes\": %" PRId32 ", \"runs\": %d, \"decision_ns\": %.0f, "
               "\"decisions_per_s\": %.0f, \"no_search_ns\": %.0f, \"plain_scan_ns\": %.0f, "
               "\"ratio\": %.2f, \"fill_ns\": %.0f, \"scores_per_decision\": %.2f, "
               "\"peak_memory_bytes\": %" PRId64
               ", \"node_bytes\": %.0f, \"replica_bytes\": %.0f, \"shape_bytes\": %.0f}\n",
               policy, node_count, shape_count, SEGMENTS, measured.decision_ns,
               1e9 / measured.decision_ns, measured.no_search_ns, measured.plain_ns,
               measured.plain_ns / measured.decision_ns, measured.fill_ns,
               measured.scores_per_decision, peak_memory_bytes(), memory.node_bytes,
               memory.replica_bytes, memory.shape_bytes);
    fflush(stdout);
    busy_fleet_release(&fleet);
    return result;
}

static int run_asked(int argc, char **argv, struct err *err)
{
    int32_t nodes = 1000, shapes = 100;
    if (argc == 2 && strcmp(argv[1], "--tiny") == 0)
        return run_case("best-fit", 100, 10, err);
    if (argc > 4 || policy_find(argv[1]) == NULL ||
        (argc > 2 && !busy_count_read(argv[2], &nodes)) ||
        (argc > 3 && !busy_count_read(argv[3], &shapes)))
        return err_set(err, ERR_USAGE, "usage: %s [--tiny | POLICY [NODES [SHAPES]]]", argv[0]);
    return run_case(argv[1], nodes, shapes, err);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *policy;
        int32_t nodes, shapes;
    } cases[] = {
        {"best-fit", 1000, 100},     {"best-fit", 10000, 100},   {"best-fit", 100000, 100},
        {"best-fit", 10000, 10},     {"best-fit", 10000, 30},    {"best-fit", 10000, 300},
        {"best-fit", 10000, 1000},   {"first-fit", 10000, 100},  {"worst-fit", 10000, 100},
        {"fgd", 1213, 100},          {"fgd", 10000, 100},        {"gpu-clustering", 10000, 100},
        {"dot-product", 10000, 100}, {"best-fit", 1000000, 100},
    };
    struct err err = {.kind = ERR_NONE};
    int result = 0;
    memory_keep();
    if (argc > 1)
        result = run_asked(argc, argv, &err);
    for (size_t i = 0; argc <= 1 && result == 0 && i < ARRAY_LEN(cases); i++)
        result = run_case(cases[i].policy, cases[i].nodes, cases[i].shapes, &err);
    if (result == 0)
        return 0;
    fprintf(stderr, "error: %s\n", err.text);
    return err_exit_code(err.kind);
}
