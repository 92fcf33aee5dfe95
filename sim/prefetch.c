/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fetch.h"
#include "scheduler/fetch.h"
#include "sim/engine.h"

/* What events to come are about, fetched from memory ahead of them.
 *
 * In a fleet of ten thousand nodes all that is known of a job, of its runner and of its node leaves
 * the cache between two of its events, and each event would wait for a dozen lines, one after the
 * other. But it is known what comes: arrivals are sorted, and when the queue takes a bucket to its
 * front its events are near (event_queue.h). Their lines are asked for all at once. Nothing is
 * changed by it.
 */

enum { ARRIVALS_AHEAD = 6 };

static void fetch_runner(const struct sim *sim, int32_t runner)
{
    fetch_lines(&sim->sched.runners[runner], sizeof *sim->sched.runners);
    fetch_lines(&sim->runners[runner], sizeof *sim->runners);
    fetch_lines(&sim->metrics.runners[runner], sizeof *sim->metrics.runners);
}

void prefetch_arrival(const struct sim *sim)
{
    if (sim->arrival_count - sim->next_arrival > ARRIVALS_AHEAD)
        fetch_runner(sim, sim->arrivals[sim->next_arrival + ARRIVALS_AHEAD].runner);
}

static bool is_about_replica(int32_t kind)
{
    return kind == ACTION_FINISHED || kind == ACTION_GONE || kind == ACTION_STARTED;
}

static bool is_bound(const struct sim *sim, int32_t replica)
{
    const struct replica *it = &sim->sched.replicas[replica];
    return it->state != REPLICA_NONE && it->node >= 0;
}

static void fetch_of_runner(const struct sim *sim, int32_t neighbour)
{
    if (neighbour != NO_INDEX)
        fetch_lines(&sim->replicas[neighbour], sizeof *sim->replicas);
}

/* The replica is fetched by now. */
static void fetch_around(const struct sim *sim, int32_t replica)
{
    const struct replica *it = &sim->sched.replicas[replica];
    if (!is_bound(sim, replica))
        return;
    fetch_runner(sim, it->runner);
    fetch_lines(&sim->nodes[it->node], SIM_NODE_HOT_BYTES);
    fetch_of_runner(sim, sim->replicas[replica].next_of_runner);
    fetch_of_runner(sim, sim->replicas[replica].previous_of_runner);
    sched_fetch_node(&sim->sched, replica);
}

/* The node is fetched by now. */
static void fetch_on_node(const struct sim *sim, int32_t replica)
{
    if (is_bound(sim, replica))
        sched_fetch_notes(&sim->sched, replica);
}

void prefetch_near(struct sim *sim)
{
    int32_t near[EVENT_QUEUE_FRONT];
    int32_t count = 0;
    for (int32_t i = sim->events.near_count - 1; i >= 0; i--) {
        const struct event_near event = event_queue_near(&sim->events, i);
        if (!is_about_replica(event.kind))
            continue;
        near[count++] = event.subject;
        sched_fetch_replica(&sim->sched, event.subject);
        fetch_lines(&sim->replicas[event.subject], sizeof *sim->replicas);
    }
    sim->events.near_count = 0;
    for (int32_t i = 0; i < count; i++)
        fetch_around(sim, near[i]);
    for (int32_t i = 0; i < count; i++)
        fetch_on_node(sim, near[i]);
}

void prefetch_decision(const struct sim *sim, int32_t number)
{
    if (number >= sim->decisions.count)
        return;
    fetch_lines(&sim->nodes[sim->decisions.items[number].node], SIM_NODE_HOT_BYTES);
}
