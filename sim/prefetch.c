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

enum { ARRIVALS_AHEAD = 16 };

static void fetch_runner(const struct sim *sim, int32_t runner)
{
    fetch_row(&sim->sched.runners[runner], sizeof *sim->sched.runners);
    fetch_row(&sim->runners[runner], sizeof *sim->runners);
    fetch_row(&sim->metrics.runners[runner], sizeof *sim->metrics.runners);
}

static void fetch_replica(const struct sim *sim, int32_t replica)
{
    fetch_row(&sim->replicas[replica], sizeof *sim->replicas);
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

/* The replica is fetched by now. */
static void fetch_around(const struct sim *sim, int32_t replica)
{
    if (!sched_fetch_node(&sim->sched, replica))
        return;
    const struct replica *it = &sim->sched.replicas[replica];
    fetch_runner(sim, it->runner);
    fetch_row(&sim->nodes[it->node], SIM_NODE_HOT_BYTES);
    if (sim->replicas[replica].next_of_runner != NO_INDEX)
        fetch_replica(sim, sim->replicas[replica].next_of_runner);
    if (sim->replicas[replica].previous_of_runner != NO_INDEX)
        fetch_replica(sim, sim->replicas[replica].previous_of_runner);
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
        fetch_replica(sim, event.subject);
    }
    sim->events.near_count = 0;
    for (int32_t i = 0; i < count; i++)
        fetch_around(sim, near[i]);
}

void prefetch_decision(const struct sim *sim, int32_t number)
{
    fetch_row(&sim->nodes[sim->decisions.items[number].node], SIM_NODE_HOT_BYTES);
}
