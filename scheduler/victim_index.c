/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/victim_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "scheduler/trial.h"

/* One memory per shape serves demands of all priorities. On a node whose runners all stay within
 * their budgets, the victims are given back from the most important down, each one that still lets
 * the demand fit. If it can fit at the cost of priorities up to h, all that are more important go
 * back, so the victims, and with them h, are the same whoever asks, as long as he may take h. The
 * node that is cheapest for one who may take everything is therefore the cheapest for all who may
 * take its h; and for the others there is none, since the smallest h comes first.
 *
 * Example. Nodes 0 and 1 have victims of highest priority 4 and 2. A demand of priority 5 takes
 * node 1; one of priority 3 takes node 1 too; one of priority 2 finds nothing. */

enum { LIMIT_LEAST = 64, LIMIT_MOST = 2048 };

/* One question. */
struct victim_search {
    struct sched *sched;
    const struct preemption_question *question;
    struct node_index *index;
    struct victim_memory *memory;
    struct trial trial;
    struct victim_set cost; /* of the node judged last */
};

bool victim_index_knows(const struct sched *sched, const struct preemption_question *question)
{
    int32_t shape = sched->runners[sched->replicas[question->replica].runner].shape;
    return sched->index != NULL && sched->options.min_runtime_ticks == 0 &&
           !shape_depends_on_runner(&sched->fleet.shapes->items[shape]);
}

void victim_index_release(struct node_index *index)
{
    for (int32_t i = 0; i < index->victim_count; i++) {
        free(index->victims[i].ranks);
        free(index->victims[i].odd);
    }
    free(index->victims);
}

/* Total: the node comes last. */
static bool rank_precedes(const struct victim_rank *a, const struct victim_rank *b)
{
    if (a->highest_priority != b->highest_priority)
        return a->highest_priority < b->highest_priority;
    if (a->priority_sum != b->priority_sum)
        return a->priority_sum < b->priority_sum;
    if (a->count != b->count)
        return a->count < b->count;
    if (a->since_sum != b->since_sum)
        return a->since_sum > b->since_sum;
    return a->node < b->node;
}

/* ---- the ranks ---- */

static void forget_stale(const struct victim_search *search)
{
    struct victim_memory *memory = search->memory;
    int32_t kept = 0;
    for (int32_t i = 0; i < memory->count; i++)
        if (index_is_last(search->index, memory->ranks[i].node, memory->ranks[i].entry))
            memory->ranks[kept++] = memory->ranks[i];
    memory->count = kept;
}

/* Half of the ranks, the dearer ones, are dropped. */
static void raise_floor(struct victim_memory *memory)
{
    int32_t dropped = memory->count - memory->limit;
    memory->floor = memory->ranks[dropped - 1];
    memory->is_complete = false;
    memory->count = memory->limit;
    memmove(memory->ranks, &memory->ranks[dropped], (size_t)memory->limit * sizeof *memory->ranks);
}

static bool is_below_floor(const struct victim_memory *memory, const struct victim_rank *rank)
{
    return !memory->is_complete && !rank_precedes(rank, &memory->floor);
}

static void insert(const struct victim_search *search, const struct victim_rank *rank)
{
    struct victim_memory *memory = search->memory;
    if (memory->count == 2 * memory->limit)
        forget_stale(search);
    if (memory->count == 2 * memory->limit)
        raise_floor(memory);
    if (is_below_floor(memory, rank))
        return;
    int32_t low = 0, high = memory->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (rank_precedes(rank, &memory->ranks[middle]))
            low = middle + 1;
        else
            high = middle;
    }
    memmove(&memory->ranks[low + 1], &memory->ranks[low],
            (size_t)(memory->count - low) * sizeof *memory->ranks);
    memory->ranks[low] = *rank;
    memory->count++;
}

/* ---- what needs no judging ---- */

static bool is_prey(const struct sched *sched, const struct replica *replica)
{
    return (replica->state == REPLICA_STARTING || replica->state == REPLICA_RUNNING) &&
           runner_budget(&sched->runners[replica->runner]) > 0;
}

struct node_prey node_prey(const struct sched *sched, int32_t node)
{
    struct node_prey prey = {.lowest_priority = 10, .latest_since = INT64_MIN};
    int32_t at = sched->fleet.nodes[node].first_replica;
    for (; at >= 0; at = sched->replicas[at].next_on_node) {
        const struct replica *replica = &sched->replicas[at];
        int32_t priority = sched->runners[replica->runner].priority;
        if (priority > prey.lowest_priority || !is_prey(sched, replica))
            continue;
        if (priority < prey.lowest_priority || replica->running_since > prey.latest_since)
            prey.latest_since = replica->running_since;
        prey.lowest_priority = priority;
    }
    return prey;
}

/* What a demand lacks on a node. */
struct lack {
    int64_t cpu_milli, mem_bytes;
    int32_t devices;
};

static struct lack find_lack(const struct victim_search *search, int32_t node)
{
    const struct fleet *fleet = &search->sched->fleet;
    const struct shape *shape = search->trial.shape;
    const struct node *at = &fleet->nodes[node];
    const struct node_type *type = fleet_type_of(fleet, node);
    struct lack lack = {shape->cpu_milli - at->cpu_free_milli,
                        shape->mem_bytes - at->mem_free_bytes, shape->device_count};
    if (type->is_unbounded)
        lack.cpu_milli = lack.mem_bytes = 0;
    if (shape->device_count == 0)
        return lack;
    int32_t share_milli = shape_share_on(shape, type);
    int64_t mem_bytes = shape_device_mem_taken(shape);
    const int16_t *shares = fleet_shares(fleet, node);
    for (int32_t i = 0; i < type->device_count; i++)
        if (shares[i] >= share_milli &&
            fleet_device_mem(fleet, at->first_device + i).free_bytes >= mem_bytes)
            lack.devices--;
    return lack;
}

static bool makes_up(const struct lack *has, const struct lack *lack)
{
    return has->cpu_milli >= lack->cpu_milli && has->mem_bytes >= lack->mem_bytes &&
           has->devices >= lack->devices;
}

/* Could the node stand above the floor, by all that is seen at a glance? That takes less important
 * victims than the floor's, all together at best, or as important ones: where the floor is a single
 * victim, one that alone has what lacks and has run for no longer. */
static bool may_precede_floor(const struct victim_search *search, int32_t node)
{
    const struct sched *sched = search->sched;
    const struct victim_rank *floor = &search->memory->floor;
    const struct lack lack = find_lack(search, node);
    struct lack sum = {0, 0, 0};
    int32_t at = sched->fleet.nodes[node].first_replica;
    for (; at >= 0; at = sched->replicas[at].next_on_node) {
        const struct replica *replica = &sched->replicas[at];
        const struct runner *owner = &sched->runners[replica->runner];
        if (owner->priority > floor->highest_priority || !is_prey(sched, replica))
            continue;
        const struct shape *shape = &sched->fleet.shapes->items[owner->shape];
        const struct lack has = {shape->cpu_milli, shape->mem_bytes,
                                 __builtin_popcountll(replica->devices)};
        if (owner->priority == floor->highest_priority && floor->count == 1) {
            if (replica->running_since >= floor->since_sum && makes_up(&has, &lack))
                return true;
            continue;
        }
        sum.cpu_milli += has.cpu_milli;
        sum.mem_bytes += has.mem_bytes;
        sum.devices += has.devices;
    }
    return makes_up(&sum, &lack);
}

static bool is_hopeless(const struct victim_search *search, int32_t node)
{
    const struct victim_memory *memory = search->memory;
    const struct node_prey *prey = &search->index->prey[node];
    if (prey->lowest_priority == 10)
        return true;
    if (memory->is_complete)
        return false;
    return prey->lowest_priority > memory->floor.highest_priority ||
           (prey->lowest_priority == memory->floor.highest_priority && memory->floor.count == 1 &&
            prey->latest_since < memory->floor.since_sum) ||
           !may_precede_floor(search, node);
}

/* ---- judging ---- */

/* Of what the trial found: the sum of running_since, and whether all victims run. */
static bool all_run(const struct trial *trial, int64_t *since_sum)
{
    *since_sum = 0;
    for (int32_t i = 0; i < trial->count; i++) {
        if (!trial->candidates[i].is_taken)
            continue;
        if (trial->candidates[i].running_since == INT64_MAX)
            return false;
        *since_sum += trial->candidates[i].running_since;
    }
    return true;
}

static void note_parties(const struct victim_search *search)
{
    const struct trial *trial = &search->trial;
    for (int32_t i = 0; i < trial->count; i++) {
        int32_t count = trial->parties[trial->candidates[i].party].count;
        if (count > search->sched->most_of_a_runner)
            search->sched->most_of_a_runner = count;
    }
}

static int add_odd(const struct victim_search *search, int32_t node, struct err *err)
{
    struct victim_memory *memory = search->memory;
    if (array_reserve(&memory->odd, &memory->odd_capacity, (int64_t)memory->odd_count + 1,
                      sizeof *memory->odd, err))
        return -1;
    memory->odd[memory->odd_count++] = (struct odd_node){node, search->index->last_entries[node]};
    return 0;
}

/* Remembers what the node costs one who may take everything. */
static int judge(struct victim_search *search, int32_t node, struct err *err)
{
    struct victim_set *cost = &search->cost;
    struct victim_rank rank = {.node = node, .entry = search->index->last_entries[node]};
    if (is_hopeless(search, node) || !trial_is_open(&search->trial, node))
        return 0;
    search->trial.below = 10;
    if (trial_judge(&search->trial, search->question, node, cost, err))
        return -1;
    if (cost->node >= 0 || search->trial.is_over_budget)
        note_parties(search);
    if (search->trial.is_over_budget)
        return add_odd(search, node, err);
    if (cost->node < 0)
        return 0;
    if (!all_run(&search->trial, &rank.since_sum))
        return add_odd(search, node, err);
    rank.highest_priority = cost->highest_priority;
    rank.priority_sum = cost->priority_sum;
    rank.count = cost->count;
    insert(search, &rank);
    return 0;
}

static int reserve_ranks(const struct victim_search *search, struct err *err)
{
    struct victim_memory *memory = search->memory;
    int32_t limit = search->sched->options.tuning.list_limit;
    if (memory->limit == 0)
        memory->limit = limit > 0 ? limit : LIMIT_LEAST;
    else if (limit == 0 && memory->asked_count < search->index->node_count / 16 &&
             memory->limit < LIMIT_MOST)
        memory->limit *= 2;
    return array_reserve(&memory->ranks, &memory->capacity, INT64_C(2) * memory->limit,
                         sizeof *memory->ranks, err);
}

static int judge_all(struct victim_search *search, struct err *err)
{
    struct victim_memory *memory = search->memory;
    if (reserve_ranks(search, err))
        return -1;
    memory->epoch = 0;
    memory->count = memory->odd_count = 0;
    memory->is_complete = true;
    memory->asked_count = 0;
    for (int32_t node = 0; node < search->index->node_count; node++)
        if (judge(search, node, err))
            return -1;
    memory->epoch = search->index->epoch;
    memory->cursor = search->index->journal.end;
    return 0;
}

static int catch_up_by_journal(struct victim_search *search, struct err *err)
{
    struct victim_memory *memory = search->memory;
    const struct journal *journal = &search->index->journal;
    for (; memory->cursor < journal->end; memory->cursor++) {
        int32_t node = journal->nodes[memory->cursor & (journal->capacity - 1)];
        if (node >= 0 && index_is_last(search->index, node, (uint32_t)memory->cursor) &&
            judge(search, node, err))
            return -1;
    }
    return 0;
}

/* Where it fails, the nodes before it are judged twice, which does no harm. */
static int catch_up_by_nodes(struct victim_search *search, struct err *err)
{
    struct victim_memory *memory = search->memory;
    for (int32_t node = 0; node < search->index->node_count; node++)
        if (index_has_changed(search->index, node, memory->cursor) && judge(search, node, err))
            return -1;
    memory->cursor = search->index->journal.end;
    return 0;
}

/* Entries are numbered modulo 2^32. */
static int catch_up(struct victim_search *search, struct err *err)
{
    const struct victim_memory *memory = search->memory;
    const struct node_index *index = search->index;
    if (memory->epoch != index->epoch || index->journal.end - memory->cursor > INT32_MAX)
        return judge_all(search, err);
    return index_has_entries(index, memory->cursor) ? catch_up_by_journal(search, err)
                                                    : catch_up_by_nodes(search, err);
}

/* ---- the answer ---- */

/* The cheapest of the ranks that is up to date; false: none is left. */
static bool has_cheapest(const struct victim_search *search)
{
    struct victim_memory *memory = search->memory;
    while (memory->count > 0 && !index_is_last(search->index, memory->ranks[memory->count - 1].node,
                                               memory->ranks[memory->count - 1].entry))
        memory->count--;
    return memory->count > 0;
}

static int bring_up_to_date(struct victim_search *search, struct err *err)
{
    struct victim_memory *memory = search->memory;
    if (catch_up(search, err))
        return -1;
    memory->asked_count++;
    if (!has_cheapest(search) && !memory->is_complete)
        return judge_all(search, err);
    return 0;
}

static int try_node(struct victim_search *search, int32_t node, int32_t below,
                    struct victim_set *set, struct err *err)
{
    search->trial.below = below;
    if (trial_judge(&search->trial, search->question, node, &search->cost, err))
        return -1;
    if (search->cost.node < 0 || !is_cheaper(&search->cost, set))
        return 0;
    return trial_keep(&search->trial, search->question, &search->cost, set, err);
}

static int choose(struct victim_search *search, int32_t below, struct victim_set *set,
                  struct err *err)
{
    struct victim_memory *memory = search->memory;
    int32_t kept = 0;
    int result = 0;
    if (has_cheapest(search) && memory->ranks[memory->count - 1].highest_priority < below)
        result = try_node(search, memory->ranks[memory->count - 1].node, below, set, err);
    for (int32_t i = 0; i < memory->odd_count && result == 0; i++) {
        const struct odd_node odd = memory->odd[i];
        if (!index_is_last(search->index, odd.node, odd.entry))
            continue;
        memory->odd[kept++] = odd;
        result = try_node(search, odd.node, below, set, err);
    }
    if (result == 0)
        memory->odd_count = kept;
    return result;
}

static int reserve_memories(struct node_index *index, struct err *err)
{
    if (array_reserve(&index->victims, &index->victim_capacity, index->shape_count,
                      sizeof *index->victims, err))
        return -1;
    index->victim_count = index->shape_count;
    return 0;
}

int victim_index_find(struct sched *sched, const struct preemption_question *question,
                      struct victim_set *set, struct err *err)
{
    int32_t shape = sched->runners[sched->replicas[question->replica].runner].shape;
    struct victim_search search = {.sched = sched, .question = question, .index = sched->index};
    if (index_prepare(sched, shape, err) || reserve_memories(sched->index, err))
        return -1;
    search.memory = &sched->index->victims[shape];
    trial_init(&search.trial, sched, question);
    int32_t below = search.trial.below;
    int result = bring_up_to_date(&search, err);
    if (result == 0)
        result = choose(&search, below, set, err);
    trial_release(&search.trial);
    return result;
}
