/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/fetch.h"

#include "base/fetch.h"
#include "scheduler/index.h"

static bool is_seated(const struct replica *replica)
{
    return replica->state >= REPLICA_NOMINATED && replica->node >= 0;
}

void sched_fetch_replica(const struct sched *sched, int32_t replica)
{
    fetch_row(&sched->replicas[replica], sizeof *sched->replicas);
}

bool sched_fetch_node(const struct sched *sched, int32_t replica)
{
    const struct replica *it = &sched->replicas[replica];
    if (!is_seated(it))
        return false;
    fetch_row(&sched->fleet.nodes[it->node], sizeof *sched->fleet.nodes);
    if (sched->index != NULL)
        index_fetch(sched->index, it->node);
    if (it->next_on_node >= 0)
        fetch_row(&sched->replicas[it->next_on_node], sizeof *it);
    if (it->previous_on_node >= 0)
        fetch_row(&sched->replicas[it->previous_on_node], sizeof *it);
    return true;
}
