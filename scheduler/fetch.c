/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/fetch.h"

#include "scheduler/index.h"

enum { LINE_BYTES = 64 };

/* All lines that it lies on. */
static void fetch(const void *item, size_t size)
{
    const char *bytes = item;
    for (size_t at = 0; at < size; at += LINE_BYTES)
        __builtin_prefetch(bytes + at, 1);
    __builtin_prefetch(bytes + size - 1, 1);
}

static bool is_seated(const struct replica *replica)
{
    return replica->state >= REPLICA_NOMINATED && replica->node >= 0;
}

void sched_fetch_replica(const struct sched *sched, int32_t replica)
{
    fetch(&sched->replicas[replica], sizeof *sched->replicas);
}

void sched_fetch_node(const struct sched *sched, int32_t replica)
{
    const struct replica *it = &sched->replicas[replica];
    if (!is_seated(it))
        return;
    fetch(&sched->fleet.nodes[it->node], sizeof *sched->fleet.nodes);
    if (sched->index != NULL && it->node < sched->index->node_count)
        __builtin_prefetch(&sched->index->last_entries[it->node], 1);
    if (it->next_on_node >= 0)
        fetch(&sched->replicas[it->next_on_node], sizeof *it);
    if (it->previous_on_node >= 0)
        fetch(&sched->replicas[it->previous_on_node], sizeof *it);
}

void sched_fetch_notes(const struct sched *sched, int32_t replica)
{
    const struct replica *it = &sched->replicas[replica];
    if (!is_seated(it))
        return;
    if (sched->index != NULL && it->node < sched->index->node_count)
        index_fetch(sched->index, it->node);
}
