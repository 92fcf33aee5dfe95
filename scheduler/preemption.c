/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/preemption.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/order.h"
#include "scheduler/node_search.h"
#include "scheduler/transitions.h"
#include "scheduler/trial.h"
#include "scheduler/victim_index.h"

/* The shape of the rule is kube-scheduler's default preemption (take all away, give back what can
 * be given back, then choose among nodes by a chain of criteria); the budget is what is new: there
 * a disruption budget is a wish, here a floor is a wall.
 *
 * Example. A node of 4000m is full: runner A (priority 3, budget 2) has a1 (1000m, running for 9 h)
 * and a2 (1000m, 2 h) on it, runner B (priority 1, budget 1) has b1 and b2 (1000m each, 8 h and
 * 1 h). A demand of priority 5 wants 2000m. All four may be victims by themselves, but B has two
 * taken and a budget of one, so one of B's goes back first: b1, the longer running one; 3000m are
 * still free, it fits. Then the rest, most important first: a1 goes back (2000m, fits), a2 does not
 * (1000m), b2 does not. The victims are a2 and b2: highest priority 3, sum (3+1) + (1+1) = 6, two
 * victims, 3 h of work lost.
 *
 * Which of a runner's replicas go back can matter with devices. A demand wants two whole devices of
 * three: device 0 has a1, device 1 has a2 and b1, device 2 has b2; A and B have a budget of one
 * each. To give back a1 looks fine (devices 1 and 2 would do) but leaves b1 and b2 both needed. The
 * search backs up: a1 stays taken, a2 goes back, then b1: devices 0 and 2, victims a1 and b2. */

/* The priority below which a demand may take replicas; 10: any. */
static int32_t eviction_right(const struct sched *sched, enum demand_class class, int32_t priority)
{
    return sched->options.order == ORDER_FLOOR_FIRST && class == CLASS_CORE ? 10 : priority;
}

static int32_t priority_of(const struct sched *sched, const struct preemption_question *question)
{
    return sched->runners[sched->replicas[question->replica].runner].priority;
}

static int32_t right_of(const struct sched *sched, const struct preemption_question *question)
{
    return eviction_right(sched, question->class, priority_of(sched, question));
}

static bool may_evict(const struct sched *sched, int32_t below, int64_t now, int32_t victim)
{
    const struct replica *replica = &sched->replicas[victim];
    const struct runner *owner = &sched->runners[replica->runner];
    int64_t min_runtime = sched->options.min_runtime_ticks;
    if (replica->state != REPLICA_STARTING && replica->state != REPLICA_RUNNING)
        return false;
    if (runner_budget(owner) == 0)
        return false;
    if (min_runtime > 0 &&
        (replica->state == REPLICA_STARTING || now - replica->running_since < min_runtime))
        return false;
    return owner->priority < below;
}

bool preemption_may_evict(const struct sched *sched, const struct preemption_question *question,
                          int32_t victim)
{
    return may_evict(sched, right_of(sched, question), question->now, victim);
}

bool preemption_has_prey(const struct sched *sched, enum demand_class class, int32_t priority)
{
    int32_t below = eviction_right(sched, class, priority);
    for (int32_t victim = 0; victim < below; victim++)
        if (sched->evictable[victim] > 0)
            return true;
    return false;
}

/* ---- the candidates of one node ---- */

/* Highest priority, longest running, lowest runner, lowest ordinal. */
static int by_importance(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->priority != b->priority)
        return order_int(b->priority, a->priority);
    if (a->running_since != b->running_since)
        return order_int(a->running_since, b->running_since);
    if (a->runner != b->runner)
        return order_int(a->runner, b->runner);
    return order_int(a->ordinal, b->ordinal);
}

static int by_runner_and_devices(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->runner != b->runner)
        return order_int(a->runner, b->runner);
    if (a->devices != b->devices)
        return a->devices < b->devices ? -1 : 1;
    return order_int(a->ordinal, b->ordinal);
}

static int add_candidate(struct trial *trial, int32_t replica, struct err *err)
{
    const struct replica *victim = &trial->sched->replicas[replica];
    if (array_reserve(&trial->candidates, &trial->capacity, (int64_t)trial->count + 1,
                      sizeof *trial->candidates, err))
        return -1;
    trial->candidates[trial->count++] =
        (struct candidate){.devices = victim->devices,
                           .running_since = victim->running_since,
                           .replica = replica,
                           .runner = victim->runner,
                           .ordinal = victim->ordinal,
                           .priority = trial->sched->runners[victim->runner].priority,
                           .is_taken = true};
    return 0;
}

/* A replica that only its age protects: the answer may change when it is old enough. */
static void note_ripening(const struct sched *sched, const struct preemption_question *question,
                          int32_t replica, struct victim_set *set)
{
    const struct replica *young = &sched->replicas[replica];
    if (sched->options.min_runtime_ticks == 0 || young->state != REPLICA_RUNNING)
        return;
    int64_t ripe_at = young->running_since + sched->options.min_runtime_ticks;
    if (ripe_at > question->now && ripe_at < set->ripe_at)
        set->ripe_at = ripe_at;
}

static int collect(struct trial *trial, const struct preemption_question *question,
                   struct victim_set *set, struct err *err)
{
    const struct sched *sched = trial->sched;
    int32_t at = sched->fleet.nodes[trial->node].first_replica;
    trial->count = 0;
    for (; at >= 0; at = sched->replicas[at].next_on_node) {
        if (!may_evict(sched, trial->below, question->now, at))
            note_ripening(sched, question, at, set);
        else if (add_candidate(trial, at, err))
            return -1;
    }
    return 0;
}

static bool still_fits(const struct trial *trial)
{
    return room_misfits(&trial->room, trial->type, trial->shape) == 0;
}

static struct claim claim_of(const struct trial *trial, const struct candidate *candidate)
{
    return replica_claim(trial->sched, candidate->replica);
}

/* The room of the node with all candidates away. */
static void take_all(struct trial *trial, int32_t asking_runner)
{
    fleet_room(&trial->sched->fleet, trial->node, &trial->room);
    if (shape_depends_on_runner(trial->shape))
        trial->room.same_runner_count =
            sched_same_runner_count(trial->sched, asking_runner, trial->node);
    for (int32_t i = 0; i < trial->count; i++) {
        const struct claim claim = claim_of(trial, &trial->candidates[i]);
        room_vacate(&trial->room, trial->type, &claim);
    }
}

/* Sorts the candidates by importance and finds whose budget they exceed. */
static int organise(struct trial *trial, struct err *err)
{
    int32_t party = -1, kind = -1;
    if (array_reserve(&trial->parties, &trial->party_capacity, trial->count, sizeof *trial->parties,
                      err))
        return -1;
    if (array_reserve(&trial->left_count, &trial->kind_capacity, trial->count,
                      sizeof *trial->left_count, err))
        return -1;
    qsort(trial->candidates, (size_t)trial->count, sizeof *trial->candidates,
          by_runner_and_devices);
    for (int32_t i = 0; i < trial->count; i++) {
        struct candidate *at = &trial->candidates[i];
        bool is_new_party = i == 0 || at->runner != at[-1].runner;
        bool matters = trial->shape->device_count > 0 && i > 0 && at->devices != at[-1].devices;
        if (is_new_party)
            trial->parties[++party] =
                (struct party){.excess = -runner_budget(&trial->sched->runners[at->runner])};
        if (is_new_party || matters)
            trial->left_count[++kind] = 0;
        trial->parties[party].excess++;
        at->party = party;
        at->kind = kind;
    }
    qsort(trial->candidates, (size_t)trial->count, sizeof *trial->candidates, by_importance);
    trial->excess_total = 0;
    for (int32_t i = 0; i <= party; i++) {
        if (trial->parties[i].excess < 0)
            trial->parties[i].excess = 0;
        trial->excess_total += trial->parties[i].excess;
    }
    for (int32_t i = trial->count - 1; i >= 0; i--)
        trial->candidates[i].later = trial->parties[trial->candidates[i].party].count++;
    return 0;
}

/* ---- giving back ---- */

static void take_again(struct trial *trial, struct candidate *candidate)
{
    const struct claim claim = claim_of(trial, candidate);
    room_vacate(&trial->room, trial->type, &claim);
    candidate->is_taken = true;
}

/* Gives one back if the demand still fits then. */
static bool give_back(struct trial *trial, struct candidate *candidate)
{
    const struct claim claim = claim_of(trial, candidate);
    room_occupy(&trial->room, trial->type, &claim);
    candidate->is_taken = false;
    if (still_fits(trial))
        return true;
    take_again(trial, candidate);
    return false;
}

/* Gives back candidates from `at` on until no runner has more taken than its budget: depth first,
 * giving back tried before leaving, so that the first solution is the one that the most important
 * replicas would choose. A candidate is not tried when one that is the same to the demand was left
 * taken before: to give back this one instead would be the trial that failed. */
static bool give_back_excess(struct trial *trial, int32_t at)
{
    if (trial->excess_total == 0)
        return true;
    while (at < trial->count && trial->parties[trial->candidates[at].party].excess == 0)
        at++;
    if (at == trial->count)
        return false;
    struct candidate *candidate = &trial->candidates[at];
    struct party *party = &trial->parties[candidate->party];
    if (trial->left_count[candidate->kind] == 0) {
        if (trial->tries_left-- <= 0)
            return false;
        if (give_back(trial, candidate)) {
            party->excess--;
            trial->excess_total--;
            if (give_back_excess(trial, at + 1))
                return true;
            party->excess++;
            trial->excess_total++;
            take_again(trial, candidate);
        }
    }
    if (candidate->later < party->excess)
        return false;
    trial->left_count[candidate->kind]++;
    bool found = give_back_excess(trial, at + 1);
    trial->left_count[candidate->kind]--;
    return found;
}

static void give_back_needless(struct trial *trial)
{
    for (int32_t i = 0; i < trial->count; i++)
        if (trial->candidates[i].is_taken)
            give_back(trial, &trial->candidates[i]);
}

/* ---- among nodes ---- */

/* The cost of the trial's victims, without their list. */
static void weigh(const struct trial *trial, int64_t now, struct victim_set *cost)
{
    cost->node = trial->node;
    cost->highest_priority = -1;
    cost->count = 0;
    cost->priority_sum = 0;
    cost->work_lost_ticks = 0;
    for (int32_t i = 0; i < trial->count; i++) {
        const struct candidate *victim = &trial->candidates[i];
        if (!victim->is_taken)
            continue;
        cost->count++;
        cost->priority_sum += victim->priority + 1;
        if (victim->priority > cost->highest_priority)
            cost->highest_priority = victim->priority;
        if (victim->running_since < now)
            cost->work_lost_ticks += now - victim->running_since;
    }
}

bool is_cheaper(const struct victim_set *a, const struct victim_set *b)
{
    if (b->node < 0)
        return true;
    if (a->highest_priority != b->highest_priority)
        return a->highest_priority < b->highest_priority;
    if (a->priority_sum != b->priority_sum)
        return a->priority_sum < b->priority_sum;
    if (a->count != b->count)
        return a->count < b->count;
    if (a->work_lost_ticks != b->work_lost_ticks)
        return a->work_lost_ticks < b->work_lost_ticks;
    return a->node < b->node;
}

int trial_keep(const struct trial *trial, const struct preemption_question *question,
               const struct victim_set *cost, struct victim_set *set, struct err *err)
{
    const struct policy_context context = sched_policy_context(trial->sched, question->replica);
    if (array_reserve(&set->victims, &set->capacity, cost->count, sizeof *set->victims, err))
        return -1;
    set->node = cost->node;
    set->highest_priority = cost->highest_priority;
    set->priority_sum = cost->priority_sum;
    set->work_lost_ticks = cost->work_lost_ticks;
    set->devices = sched_choose_devices(trial->sched, &context, trial->node, &trial->room);
    set->count = 0;
    for (int32_t i = 0; i < trial->count; i++)
        if (trial->candidates[i].is_taken)
            set->victims[set->count++] = trial->candidates[i].replica;
    return 0;
}

void trial_init(struct trial *trial, const struct sched *sched,
                const struct preemption_question *question)
{
    int32_t shape = sched->runners[sched->replicas[question->replica].runner].shape;
    *trial = (struct trial){.sched = sched,
                            .shape = &sched->fleet.shapes->items[shape],
                            .shape_number = shape,
                            .below = right_of(sched, question)};
}

void trial_release(struct trial *trial)
{
    free(trial->candidates);
    free(trial->parties);
    free(trial->left_count);
}

bool trial_is_open(const struct trial *trial, int32_t node)
{
    const struct fleet *fleet = &trial->sched->fleet;
    const struct node *at = &fleet->nodes[node];
    return at->state == NODE_READY && at->first_replica >= 0 &&
           fleet_suits(fleet, trial->shape_number, at->group);
}

int trial_judge(struct trial *trial, const struct preemption_question *question, int32_t node,
                struct victim_set *cost, struct err *err)
{
    const struct sched *sched = trial->sched;
    cost->node = -1;
    trial->node = node;
    trial->is_over_budget = false;
    if (collect(trial, question, cost, err))
        return -1;
    if (trial->count == 0)
        return 0;
    trial->type = fleet_type_of(&sched->fleet, node);
    trial->tries_left = PREEMPTION_TRIES_MAX;
    take_all(trial, sched->replicas[question->replica].runner);
    if (!still_fits(trial))
        return 0;
    if (organise(trial, err))
        return -1;
    trial->is_over_budget = trial->excess_total > 0;
    if (!give_back_excess(trial, 0))
        return 0;
    give_back_needless(trial);
    weigh(trial, question->now, cost);
    assert(cost->count > 0);
    return 0;
}

int preemption_scan(const struct sched *sched, const struct preemption_question *question,
                    struct victim_set *set, struct err *err)
{
    struct victim_set cost = {.ripe_at = INT64_MAX};
    struct trial trial;
    int result = 0;
    set->node = -1;
    set->count = 0;
    set->ripe_at = INT64_MAX;
    if (!preemption_has_prey(sched, question->class, priority_of(sched, question)))
        return 0;
    trial_init(&trial, sched, question);
    for (int32_t node = 0; node < sched->fleet.node_count && result == 0; node++) {
        if (!trial_is_open(&trial, node))
            continue;
        result = trial_judge(&trial, question, node, &cost, err);
        if (result == 0 && cost.node >= 0 && is_cheaper(&cost, set))
            result = trial_keep(&trial, question, &cost, set, err);
    }
    set->ripe_at = cost.ripe_at;
    trial_release(&trial);
    return result;
}

int preemption_find(struct sched *sched, const struct preemption_question *question,
                    struct victim_set *set, struct err *err)
{
    set->node = -1;
    set->count = 0;
    set->ripe_at = INT64_MAX;
    if (!preemption_has_prey(sched, question->class, priority_of(sched, question)))
        return 0;
    return victim_index_knows(sched, question) ? victim_index_find(sched, question, set, err)
                                               : preemption_scan(sched, question, set, err);
}

void victim_set_release(struct victim_set *set)
{
    free(set->victims);
    *set = (struct victim_set){0};
}
