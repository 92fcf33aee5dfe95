/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One preempting decision of the scheduler, as one line of JSON per case:
 *
 *   bench_preemption [--tiny | NODES [SHAPES]]
 *
 * A fleet filled with replicas of ten priorities until nothing fits. A demand of priority 1 to 9
 * arrives and a pass evicts for it; then its victims go, it is bound and done, and what replaces
 * the victims takes their place again. `decision_ns` is the pass that evicts, by the number of
 * demands that were nominated (victims' replacements evict in turn), `search_ns` the search for
 * victims alone by the index, `plain_search_ns` that by trying all nodes, in the same process and
 * on the same questions (the answers are compared), `ratio` the last by decision_ns. */

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "bench/speed/busy_fleet.h"
#include "scheduler/preemption.h"

enum { SEGMENTS = 9, SEGMENT_DECISIONS = 2000, PLAIN_NODES = 400000 };

struct saturated {
    struct busy_fleet fleet;
    struct decisions evictions, binds;
    int64_t preempting_count, victim_count;
    double pass_ns; /* of the passes that evicted */
};

/* A demand of a random shape and a priority above the lowest. */
static int ask(struct saturated *saturated, int32_t *replica, struct err *err)
{
    struct busy_fleet *fleet = &saturated->fleet;
    int32_t runner = busy_fleet_draw(fleet);
    while (fleet->sched.runners[runner].priority == 0)
        runner = busy_fleet_draw(fleet);
    return sched_demand(&fleet->sched, runner, ++fleet->now, replica, err);
}

static int run_bound(struct saturated *saturated, struct err *err)
{
    struct sched *sched = &saturated->fleet.sched;
    saturated->binds.count = 0;
    if (sched_pass(sched, saturated->fleet.now, &saturated->binds, err))
        return -1;
    for (int32_t i = 0; i < saturated->binds.count; i++) {
        int32_t replica = saturated->binds.items[i].replica;
        if (sched->replicas[replica].state == REPLICA_STARTING)
            sched_running(sched, replica, saturated->fleet.now);
    }
    return 0;
}

/* The victims go, the demand is bound and done, and what replaces the victims takes their place. */
static int undo(struct saturated *saturated, int32_t demand, struct err *err)
{
    struct sched *sched = &saturated->fleet.sched;
    const struct decisions *evictions = &saturated->evictions;
    for (int32_t i = 0; i < evictions->count; i++)
        if (evictions->items[i].kind == DECISION_EVICT &&
            sched_gone(sched, evictions->items[i].replica, err))
            return -1;
    sched->options.evictions_are_granted = true; /* what waits now shall not evict in turn */
    int result = run_bound(saturated, err);
    if (result == 0)
        result = sched_gone(sched, demand, err);
    if (result == 0)
        result = run_bound(saturated, err);
    sched->options.evictions_are_granted = false;
    return result;
}

static int decide(struct saturated *saturated, struct err *err)
{
    struct sched *sched = &saturated->fleet.sched;
    int32_t replica;
    saturated->evictions.count = 0;
    if (ask(saturated, &replica, err))
        return -1;
    double started_ns = clock_ns();
    if (sched_pass(sched, saturated->fleet.now, &saturated->evictions, err))
        return -1;
    double spent_ns = clock_ns() - started_ns;
    if (sched->replicas[replica].state == REPLICA_PENDING)
        return sched_withdraw(sched, replica, err);
    if (sched->replicas[replica].state == REPLICA_STARTING)
        return sched_gone(sched, replica, err);
    saturated->pass_ns += spent_ns;
    for (int32_t i = 0; i < saturated->evictions.count; i++) {
        saturated->preempting_count += saturated->evictions.items[i].kind == DECISION_NOMINATE;
        saturated->victim_count += saturated->evictions.items[i].kind == DECISION_EVICT;
    }
    return undo(saturated, replica, err);
}

static int segment(struct saturated *saturated, double *ns, struct err *err)
{
    int64_t before = saturated->preempting_count;
    saturated->pass_ns = 0.0;
    for (int32_t i = 0; i < SEGMENT_DECISIONS; i++)
        if (decide(saturated, err))
            return -1;
    *ns = saturated->pass_ns / (double)(saturated->preempting_count - before);
    return 0;
}

/* The same questions to the index and to the plain search, each between two decisions. */
static int compare(struct saturated *saturated, int32_t count, double *ns, struct err *err)
{
    struct sched *sched = &saturated->fleet.sched;
    struct victim_set indexed = {.node = -1}, plain = {.node = -1};
    int32_t asked = 0;
    int result = 0;
    ns[0] = ns[1] = 0.0;
    while (asked < count && result == 0) {
        struct preemption_question question = {.class = CLASS_EXTRA};
        uint64_t devices;
        if (decide(saturated, err) || ask(saturated, &question.replica, err))
            return -1;
        question.now = saturated->fleet.now;
        if (sched_find_node(sched, question.replica, &devices) >= 0) {
            result = sched_withdraw(sched, question.replica, err);
            continue;
        }
        asked++;
        double started_ns = clock_ns();
        result = preemption_find(sched, &question, &indexed, err);
        double found_ns = clock_ns();
        if (result == 0)
            result = preemption_scan(sched, &question, &plain, err);
        ns[0] += (found_ns - started_ns) / count;
        ns[1] += (clock_ns() - found_ns) / count;
        assert(result != 0 || (indexed.node == plain.node && indexed.count == plain.count));
        if (result == 0)
            result = sched_withdraw(sched, question.replica, err);
    }
    victim_set_release(&indexed);
    victim_set_release(&plain);
    return result;
}

static int saturate(struct saturated *saturated, const struct busy_options *options,
                    struct err *err)
{
    struct busy_fleet *fleet = &saturated->fleet;
    if (busy_fleet_init(fleet, options, err))
        return -1;
    for (int32_t i = 0; i < fleet->bound_count; i++)
        sched_running(&fleet->sched, fleet->bound[i], fleet->now + i % 1000);
    fleet->now += 1000;
    fleet->sched.options.evictions_are_granted = false;
    return 0;
}

static int run_case(int32_t node_count, int32_t shape_count, struct err *err)
{
    const struct busy_options options = {.seed = 1,
                                         .node_count = node_count,
                                         .shape_count = shape_count,
                                         .priority_count = 10,
                                         .has_preemption = true,
                                         .fill = 1.0,
                                         .policy = "best-fit"};
    struct saturated saturated = {.preempting_count = 0};
    double decisions[SEGMENTS], searches[SEGMENTS], scans[SEGMENTS], ns[2] = {0};
    int32_t plain_count = PLAIN_NODES / node_count / SEGMENTS + 2;
    int result = saturate(&saturated, &options, err);
    for (int32_t i = -1; i < SEGMENTS && result == 0; i++) {
        double warm_ns;
        result = segment(&saturated, i < 0 ? &warm_ns : &decisions[i], err);
        if (result == 0)
            result = compare(&saturated, plain_count < 1000 ? plain_count : 1000, ns, err);
        if (i >= 0) {
            searches[i] = ns[0];
            scans[i] = ns[1];
        }
    }
    if (result == 0) {
        double decision_ns = median_of(decisions, SEGMENTS);
        double plain_ns = median_of(scans, SEGMENTS);
        printf("{\"bench\": \"preemption\", \"nodes\": %" PRId32 ", \"shapes\": %" PRId32
               ", \"runs\": %d, \"decision_ns\": %.0f, \"search_ns\": %.0f, "
               "\"plain_search_ns\": %.0f, \"ratio\": %.2f, \"victims_per_decision\": %.2f, "
               "\"peak_memory_bytes\": %" PRId64 "}\n",
               node_count, shape_count, SEGMENTS, decision_ns, median_of(searches, SEGMENTS),
               plain_ns, plain_ns / decision_ns,
               (double)saturated.victim_count / (double)saturated.preempting_count,
               peak_memory_bytes());
        fflush(stdout);
    }
    decisions_release(&saturated.evictions);
    decisions_release(&saturated.binds);
    busy_fleet_release(&saturated.fleet);
    return result;
}

static int run_asked(int argc, char **argv, struct err *err)
{
    int32_t nodes, shapes = 100;
    if (argc == 2 && strcmp(argv[1], "--tiny") == 0)
        return run_case(100, 10, err);
    if (argc > 3 || !busy_count_read(argv[1], &nodes) ||
        (argc > 2 && !busy_count_read(argv[2], &shapes)))
        return err_set(err, ERR_USAGE, "usage: %s [--tiny | NODES [SHAPES]]", argv[0]);
    return run_case(nodes, shapes, err);
}

int main(int argc, char **argv)
{
    static const int32_t node_counts[] = {1000, 10000, 100000};
    struct err err = {.kind = ERR_NONE};
    int result = 0;
    memory_keep();
    if (argc > 1)
        result = run_asked(argc, argv, &err);
    for (size_t i = 0; argc <= 1 && result == 0 && i < ARRAY_LEN(node_counts); i++)
        result = run_case(node_counts[i], 100, &err);
    if (result == 0)
        return 0;
    fprintf(stderr, "error: %s\n", err.text);
    return err_exit_code(err.kind);
}
