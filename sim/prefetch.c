/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/engine.h"

#include <stddef.h>

#include "scheduler/fetch.h"

/* What events to come are about, fetched from memory ahead of them.
 *
 * In a fleet of ten thousand nodes all that is known of a job, of its runner and of its node leaves
 * the cache between two of its events, and each event would wait for a dozen lines, one after the
 * other. But it is known what comes: arrivals are sorted, and when the queue spreads a bucket its
 * events are near (event_queue.h). Their lines are asked for all at once. Nothing is changed by it.
 */

enum { LINE_BYTES = 64, ARRIVALS_AHEAD = 6 };

static void fetch(const void *item, size_t size)
{
    const char *bytes = item;
    for (size_t at = 0; at < size; at += LINE_BYTES)
        __builtin_prefetch(bytes + at, 1);
}

static void fetch_runner(const struct sim *sim, int32_t runner)
{
    fetch(&sim->sched.runners[runner], sizeof *sim->sched.runners);
    fetch(&sim->runners[runner], sizeof *sim->runners);
    fetch(&sim->metrics.runners[runner], offsetof(struct runner_stats, cost));
}

void prefetch_arrival(const struct sim *sim)
{
    if (sim->arrival_count - sim->next_arrival > ARRIVALS_AHEAD)
        fetch_runner(sim, sim->arrivals[sim->next_arrival + ARRIVALS_AHEAD].runner);
}

static bool is_about_replica(const struct event_near *event)
{
    return event->kind == ACTION_FINISHED || event->kind == ACTION_GONE ||
           event->kind == ACTION_STARTED;
}

/* The replica is fetched by now. */
static void fetch_around(const struct sim *sim, int32_t replica)
{
    const struct replica *it = &sim->sched.replicas[replica];
    if (it->state == REPLICA_NONE || it->node < 0)
        return;
    fetch_runner(sim, it->runner);
    fetch(&sim->nodes[it->node], offsetof(struct sim_node, def));
    sched_fetch_node(&sim->sched, replica);
}

void prefetch_near(struct sim *sim)
{
    const struct event_near *near = sim->events.near;
    int32_t count = sim->events.near_count;
    sim->events.near_count = 0;
    for (int32_t i = 0; i < count; i++) {
        if (!is_about_replica(&near[i]))
            continue;
        sched_fetch_replica(&sim->sched, near[i].subject);
        fetch(&sim->replicas[near[i].subject], sizeof *sim->replicas);
    }
    for (int32_t i = 0; i < count; i++)
        if (is_about_replica(&near[i]))
            fetch_around(sim, near[i].subject);
    for (int32_t i = 0; i < count; i++)
        if (is_about_replica(&near[i]))
            sched_fetch_notes(&sim->sched, near[i].subject);
}
