/* SPDX-License-Identifier: GPL-3.0-or-later */

/* How fast the engine is, as one line of JSON:
 *
 *   queue: a run of an M/M/100 queue (Poisson arrivals, exponential durations, 100 equal nodes at
 *          90 % load, 50,000 runners): events and seconds of the event loop, loading excluded.
 *   scan:  one decision of where a demand goes (sched_find_node, best-fit) on 100 and on 1,000
 *          half-full nodes; the ratio says how the cost grows with the fleet (a plain scan: 10)
 *          and, unlike the times, may be compared between machines.
 *
 * Times are of this machine and this moment: the best of five repetitions. */

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "scenarios/scenario.h"
#include "scheduler/sched.h"
#include "sim/sim.h"

enum { REPETITIONS = 5, QUESTIONS = 2000 };

static const char queue_scenario[] =
    "{\"stowage\": 1, \"name\": \"M/M/100\", \"horizon\": \"400d\", \"seed\": 1,\n"
    " \"instance_types\": [{\"id\": \"one\", \"compute_info\": {\"cpu_limit\": \"1\", "
    "\"cpu_memory\": \"1Gi\"}}],\n"
    " \"nodepools\": [{\"id\": \"servers\", \"instance_types\": [{\"id\": \"one\"}], "
    "\"max_instances\": 100, \"simulation\": {\"nodes\": 100}}],\n"
    " \"arrivals\": [{\"name\": \"job\", \"count\": 50000,\n"
    "   \"interarrival\": {\"distribution\": \"exponential\", \"mean\": \"10s\"},\n"
    "   \"runner\": {\"nodepool\": {\"id\": \"servers\"}, \"num_replicas\": 1,\n"
    "     \"compute_info\": {\"cpu_limit\": \"1\", \"cpu_memory\": \"1Gi\"},\n"
    "     \"simulation\": {\"replica_duration\": {\"distribution\": \"exponential\", "
    "\"mean\": \"900s\"}}}}]}\n";

static double clock_s(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- the queue ---- */

static int load_text(const char *text, struct scenario *scenario, struct err *err)
{
    char path[] = "/tmp/stowage-bench-XXXXXX";
    int descriptor = mkstemp(path);
    FILE *out = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    if (out == NULL)
        return err_set(err, ERR_SYSTEM, "%s: cannot be written", path);
    fputs(text, out);
    int result = fclose(out) == 0 ? scenario_load(scenario, path, err)
                                  : err_set(err, ERR_SYSTEM, "%s: cannot be written", path);
    unlink(path);
    return result;
}

struct queue_result {
    int64_t event_count;
    double seconds;
};

static int measure_queue(struct queue_result *best, struct err *err)
{
    struct scenario scenario = {0};
    int result = load_text(queue_scenario, &scenario, err);
    for (int i = 0; result == 0 && i < REPETITIONS; i++) {
        struct sim sim;
        const struct sim_options options = {0};
        result = sim_init(&sim, &scenario, &options, err);
        double started_s = clock_s();
        if (result == 0)
            result = sim_run(&sim, err);
        double seconds = clock_s() - started_s;
        if (result == 0 && (i == 0 || seconds < best->seconds))
            *best = (struct queue_result){.event_count = sim.event_count, .seconds = seconds};
        sim_release(&sim);
    }
    scenario_release(&scenario);
    return result;
}

/* ---- one decision ---- */

enum { NODE_CPU_MILLI = 8000, FILLER_CPU_MILLI = 500 };

static int add_nodes(struct sched *sched, int32_t node_count, struct err *err)
{
    static const struct node_type type = {
        .id = "eight", .cpu_milli = NODE_CPU_MILLI, .mem_bytes = INT64_C(1) << 35};
    static const struct pool pool = {.id = "pool", .is_schedulable = true};
    struct node_group group;
    int32_t number;
    if (fleet_add_type(&sched->fleet, &type, &group.type, err) != 0 ||
        fleet_add_pool(&sched->fleet, &pool, &group.pool, err) != 0 ||
        fleet_group(&sched->fleet, group, &number, err) != 0)
        return -1;
    for (int32_t i = 0; i < node_count; i++) {
        int32_t node;
        if (fleet_add_node(&sched->fleet, number, NODE_READY, &node, err) != 0)
            return -1;
    }
    return sched_refresh(sched, err);
}

/* One runner of so many replicas, placed by a pass. */
static int fill(struct sched *sched, int32_t shape, int32_t replica_count, struct err *err)
{
    const struct runner_terms terms = {.shape = shape};
    struct decisions decisions = {0};
    int32_t runner;
    int32_t replica;
    int result = sched_add_runner(sched, &terms, &runner, err);
    for (int32_t i = 0; result == 0 && i < replica_count; i++)
        result = sched_demand(sched, runner, 0, &replica, err);
    if (result == 0)
        result = sched_pass(sched, 0, &decisions, err);
    decisions_release(&decisions);
    return result;
}

/* Nanoseconds for one question, the best of some repetitions. */
static int measure_questions(struct sched *sched, int32_t shape, double *best_ns, struct err *err)
{
    const struct runner_terms terms = {.shape = shape};
    int32_t runner;
    int32_t replica;
    if (sched_add_runner(sched, &terms, &runner, err) != 0 ||
        sched_demand(sched, runner, 0, &replica, err) != 0)
        return -1;
    for (int i = 0; i < REPETITIONS; i++) {
        double started_s = clock_s();
        for (int k = 0; k < QUESTIONS; k++) {
            uint64_t devices;
            int32_t node = sched_find_node(sched, replica, &devices);
            assert(node >= 0);
        }
        double ns = 1e9 * (clock_s() - started_s) / QUESTIONS;
        if (i == 0 || ns < *best_ns)
            *best_ns = ns;
    }
    return 0;
}

static int measure_scan(int32_t node_count, double *best_ns, struct err *err)
{
    static const int32_t pools[] = {0};
    const struct shape filler = {.cpu_milli = FILLER_CPU_MILLI,
                                 .mem_bytes = INT64_C(1) << 30,
                                 .share_milli = SHARE_WHOLE,
                                 .pools = pools,
                                 .pool_count = 1};
    struct shape_table shapes = {0};
    struct sched sched = {0};
    int32_t shape;
    const struct sched_options options = {.policy = policy_find("best-fit")};
    int32_t half = NODE_CPU_MILLI / FILLER_CPU_MILLI / 2;
    int result = shape_table_intern(&shapes, &filler, &shape, err);
    if (result == 0)
        result = sched_init(&sched, &options, &shapes, err);
    if (result == 0)
        result = add_nodes(&sched, node_count, err);
    if (result == 0)
        result = fill(&sched, shape, node_count * half, err);
    if (result == 0)
        result = measure_questions(&sched, shape, best_ns, err);
    sched_release(&sched);
    shape_table_release(&shapes);
    return result;
}

int main(void)
{
    struct err err = {.kind = ERR_NONE};
    struct queue_result queue = {0};
    double small_ns = 0.0;
    double large_ns = 0.0;
    if (measure_queue(&queue, &err) != 0 || measure_scan(100, &small_ns, &err) != 0 ||
        measure_scan(1000, &large_ns, &err) != 0) {
        fprintf(stderr, "error: %s\n", err.text);
        return err_exit_code(err.kind);
    }
    printf("{\"queue_events\": %" PRId64 ", \"queue_s\": %.3f, \"events_per_s\": %.0f, "
           "\"scan_100_nodes_ns\": %.0f, \"scan_1000_nodes_ns\": %.0f, \"scan_ratio\": %.2f}\n",
           queue.event_count, queue.seconds, (double)queue.event_count / queue.seconds, small_ns,
           large_ns, large_ns / small_ns);
    return 0;
}
