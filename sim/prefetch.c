/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fetch.h"
#include "scheduler/fetch.h"
#include "sim/engine.h"

/* What events to come are about, fetched from memory ahead of them.
 *
 * In a fleet of ten thousand nodes all that is known of a job, of its runner and of its node leaves
 * the cache between two of its events, and each event would wait for a dozen lines, one after the
 * other. But it is known what comes: arrivals are sorted, and when the queue takes a bucket to its
 * front its events are near (event_queue.h). Nothing is changed by it.
 *
 * A processor has some two dozen lines on their way to it at a time, and stands still when it is
 * asked for more. So lines are asked for a few at a time, between the events: at each arrival those
 * of one that is some way behind it, at each event those of the fourth behind it.
 *
 * The lines of a runner have mostly been away for longest. What comes from far is asked for early
 * and is near for a short time only, while a search reads a row of each node; so it is asked for
 * again, shortly before it is needed.
 */

enum { ARRIVALS_AHEAD = 16, ARRIVALS_A_LINE = CACHE_LINE_BYTES / sizeof(struct sim_arrival) };
enum { ARRIVALS_SOON = 4 };
/* Events that are to be near, so that their rows have come when it is asked for what lies around
 * them. */
enum { NEAR_WANTED = 12, EVENTS_AHEAD = 4 };
enum { BOUND_AHEAD = 16 };

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

/* And of a later one, which runner it is. The last few are not worth asking for. */
void prefetch_arrivals(const struct sim *sim)
{
    int32_t ahead = sim->next_arrival + ARRIVALS_AHEAD;
    if (ahead + ARRIVALS_A_LINE >= sim->arrival_count)
        return;
    fetch_runner(sim, sim->arrivals[ahead].runner);
    fetch_runner(sim, sim->arrivals[sim->next_arrival + ARRIVALS_SOON].runner);
    fetch_line(&sim->arrivals[ahead + ARRIVALS_A_LINE]);
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

static void fetch_replicas_of(const struct sim *sim, const struct event_near *events, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (!is_about_replica(events[i].kind))
            continue;
        sched_fetch_replica(&sim->sched, events[i].subject);
        fetch_replica(sim, events[i].subject);
    }
}

static void fetch_around_event(const struct sim *sim, const struct event_near *event)
{
    if (is_about_replica(event->kind))
        fetch_around(sim, event->subject);
}

/* Of those that have come near, if they were not seen to come, and of those that come next. */
static void fetch_rows(struct sim *sim)
{
    struct event_near near[EVENT_QUEUE_FRONT], coming[EVENT_QUEUE_FRONT];
    int32_t near_count = event_queue_take_near(&sim->events, near);
    int32_t coming_count = event_queue_coming(&sim->events, coming);
    if (!sim->has_fetched_coming)
        fetch_replicas_of(sim, near, near_count);
    fetch_replicas_of(sim, coming, coming_count);
    sim->has_fetched_coming = coming_count > 0;
}

/* From the n-th to be popped up to those that are ahead. */
static void fetch_around_from(const struct sim *sim, int64_t n)
{
    for (struct event_near event; n <= EVENTS_AHEAD; n++)
        if (event_queue_see_near(&sim->events, n, &event))
            fetch_around_event(sim, &event);
}

/* In two steps, since what is around a replica is known from its rows: when events are near, their
 * rows have been asked for already, and those of the next bucket are. */
void prefetch_near(struct sim *sim)
{
    fetch_rows(sim);
    fetch_around_from(sim, 1);
}

/* What is left of the near events but for the last of those ahead has been asked for before. Not
 * inlined: it would stand in the way of those whose events are few. */
__attribute__((noinline)) void prefetch_next(struct sim *sim)
{
    int64_t left = sim->events.front_count;
    struct event_near next;
    if (event_queue_see_near(&sim->events, 1, &next) && is_about_replica(next.kind))
        fetch_runner(sim, sim->sched.replicas[next.subject].runner);
    if (left < NEAR_WANTED && event_queue_look_ahead(&sim->events))
        fetch_rows(sim);
    fetch_around_from(sim, left < EVENTS_AHEAD ? left + 1 : EVENTS_AHEAD);
}

void prefetch_decision(const struct sim *sim, int32_t number)
{
    fetch_row(&sim->nodes[sim->decisions.items[number].node], SIM_NODE_HOT_BYTES);
}

void prefetch_bound(const struct sim *sim, int32_t at)
{
    if (sim->sched.replica_count - at <= BOUND_AHEAD)
        return;
    const struct replica *replica = &sim->sched.replicas[at + BOUND_AHEAD];
    if (replica->node == NO_INDEX)
        return;
    fetch_row(&sim->sched.fleet.nodes[replica->node], sizeof *sim->sched.fleet.nodes);
    fetch_row(&sim->nodes[replica->node], SIM_NODE_HOT_BYTES);
    fetch_row(&sim->sched.runners[replica->runner], sizeof *sim->sched.runners);
    fetch_row(&sim->metrics.runners[replica->runner], sizeof *sim->metrics.runners);
}
