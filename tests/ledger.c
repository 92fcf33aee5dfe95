/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void complain(struct ledger *ledger, const char *what, const struct record *record)
{
    if (ledger->complaint[0] == '\0')
        snprintf(ledger->complaint, sizeof ledger->complaint,
                 "%s: %s of runner %" PRId32 " replica %" PRId32 " node %" PRId32 " at %" PRId64,
                 what, record_kind_name(record->kind), record->runner, record->ordinal,
                 record->node, record->time_us);
}

static void differ(struct ledger *ledger, const char *what, int32_t number, int64_t mine,
                   int64_t theirs)
{
    if (mine != theirs && ledger->complaint[0] == '\0')
        snprintf(ledger->complaint, sizeof ledger->complaint,
                 "%s %" PRId32 ": by the records %" PRId64 ", by the metrics %" PRId64, what,
                 number, mine, theirs);
}

/* ---- one record ---- */

static void end_wait(struct ledger *ledger, const struct sim *sim, const struct record *record)
{
    const struct ledger_replica *it = &ledger->replicas[record->runner][record->ordinal];
    ledger->waited_us[sim->runners[record->runner].def->priority] += record->time_us - it->asked_us;
}

/* The replica is live no more. */
static void end_life(struct ledger *ledger, const struct record *record, bool is_lost)
{
    const struct ledger_replica *it = &ledger->replicas[record->runner][record->ordinal];
    ledger->live_us[record->runner] += record->time_us - it->bound_us;
    if (it->state != LEDGER_RUNNING)
        return;
    ledger->running_us[record->runner] += record->time_us - it->running_us;
    if (is_lost)
        ledger->work_lost_us[record->runner] += record->time_us - it->running_us;
}

static void end_binding(struct ledger *ledger, const struct sim *sim, const struct record *record)
{
    const struct ledger_replica *it = &ledger->replicas[record->runner][record->ordinal];
    const struct shape *shape =
        &sim->scenario->shapes.items[sim->runners[record->runner].def->shape];
    int64_t us = record->time_us - it->bound_us;
    ledger->bound_us_by_runner[record->runner] += us;
    ledger->bound_us_by_node[it->node] += us;
    if (!sim->scenario->types[sim->nodes[it->node].def.type].is_unbounded)
        ledger->cpu_milli_us_by_node[it->node] += us * shape->cpu_milli;
}

/* What must have gone by after being asked to go: the grace period, unless the node failed. */
static void check_grace(struct ledger *ledger, const struct sim *sim, const struct record *record)
{
    const struct ledger_replica *it = &ledger->replicas[record->runner][record->ordinal];
    int64_t took_us = record->time_us - it->leaving_us;
    if (it->cause != GONE_DRAINED && it->cause != GONE_RECLAIMED &&
        it->cause != GONE_CONSOLIDATED && it->cause != GONE_UPGRADED &&
        took_us != sim->runners[record->runner].def->grace_us &&
        ledger->failed_at_us[it->node] != record->time_us)
        complain(ledger, "not its grace period", record);
}

static void read_gone(struct ledger *ledger, const struct sim *sim, const struct record *record)
{
    struct ledger_replica *it = &ledger->replicas[record->runner][record->ordinal];
    bool is_finished = record->cause == GONE_FINISHED;
    ledger->gone_counts[record->cause]++;
    ledger->wish[record->runner] -= is_finished;
    if (it->node != record->node)
        complain(ledger, "gone from another node", record);
    if (it->state == LEDGER_TERMINATING) {
        check_grace(ledger, sim, record);
        if (it->cause != record->cause)
            complain(ledger, "gone for another cause", record);
    } else if ((is_finished && it->state == LEDGER_RUNNING) ||
               (record->cause == GONE_NODE_LOST &&
                (it->state == LEDGER_STARTING || it->state == LEDGER_RUNNING))) {
        end_life(ledger, record, !is_finished);
    } else {
        complain(ledger, "out of order", record);
    }
    end_binding(ledger, sim, record);
    it->state = LEDGER_GONE;
}

static void read_leaving(struct ledger *ledger, const struct record *record)
{
    struct ledger_replica *it = &ledger->replicas[record->runner][record->ordinal];
    bool is_evicted = record->kind == RECORD_EVICTED;
    if (it->state != LEDGER_STARTING && it->state != LEDGER_RUNNING)
        complain(ledger, "out of order", record);
    end_life(ledger, record,
             is_evicted || record->cause == GONE_DRAINED || record->cause == GONE_RECLAIMED ||
                 record->cause == GONE_CONSOLIDATED || record->cause == GONE_UPGRADED);
    it->state = LEDGER_TERMINATING;
    it->cause = record->cause;
    it->leaving_us = record->time_us;
}

static void read_waiting(struct ledger *ledger, const struct sim *sim, const struct record *record)
{
    struct ledger_replica *it = &ledger->replicas[record->runner][record->ordinal];
    bool waits = it->state == LEDGER_WAITING || it->state == LEDGER_NOMINATED;
    if (record->kind == RECORD_UNNOMINATED ? it->state != LEDGER_NOMINATED
        : record->kind == RECORD_NOMINATED ? it->state != LEDGER_WAITING
                                           : !waits)
        complain(ledger, "out of order", record);
    if (record->kind == RECORD_NOMINATED) {
        it->state = LEDGER_NOMINATED;
        return;
    }
    if (record->kind == RECORD_UNNOMINATED) {
        it->state = LEDGER_WAITING;
        return;
    }
    end_wait(ledger, sim, record);
    ledger->wish[record->runner] -= record->kind == RECORD_GAVE_UP;
    it->state = LEDGER_GONE;
    if (record->kind == RECORD_BOUND) {
        it->state = LEDGER_STARTING;
        it->bound_us = record->time_us;
        it->node = record->node;
    }
}

static void read_replica(struct ledger *ledger, const struct sim *sim, const struct record *record)
{
    struct ledger_replica *it = &ledger->replicas[record->runner][record->ordinal];
    switch (record->kind) {
    case RECORD_DEMAND:
        if (it->state != LEDGER_NONE)
            complain(ledger, "an ordinal used twice", record);
        it->state = LEDGER_WAITING;
        it->asked_us = record->time_us;
        return;
    case RECORD_RUNNING:
        if (it->state != LEDGER_STARTING || it->node != record->node)
            complain(ledger, "out of order", record);
        it->state = LEDGER_RUNNING;
        it->running_us = record->time_us;
        return;
    case RECORD_EVICTED:
    case RECORD_TERMINATING:
        read_leaving(ledger, record);
        return;
    case RECORD_GONE:
        read_gone(ledger, sim, record);
        return;
    default:
        read_waiting(ledger, sim, record);
    }
}

void ledger_read(struct ledger *ledger, const struct sim *sim)
{
    for (int32_t i = 0; i < sim->record_count; i++) {
        const struct record *record = &sim->records[i];
        if (record->runner >= LEDGER_RUNNERS || record->ordinal >= LEDGER_ORDINALS ||
            record->node >= LEDGER_NODES)
            abort();
        ledger->counts[record->kind]++;
        if (record->time_us != sim->now_us)
            complain(ledger, "not of this instant", record);
        if (record->kind == RECORD_NODE_FAILED)
            ledger->failed_at_us[record->node] = record->time_us;
        if (record->kind == RECORD_RUNNER_ARRIVED || record->kind == RECORD_SCALED)
            ledger->wish[record->runner] = record->count;
        if (record->kind == RECORD_RUNNER_DEPARTED)
            ledger->wish[record->runner] = 0;
        if (record->kind == RECORD_BOUND)
            ledger->bound_by_node[record->node]++;
        if (record->kind == RECORD_EVICTED)
            ledger->evicted_by_node[record->node]++;
        if (record->ordinal != NO_INDEX)
            read_replica(ledger, sim, record);
    }
}

/* ---- the end ---- */

static void close_replica(struct ledger *ledger, const struct sim *sim, int32_t runner,
                          int32_t ordinal)
{
    struct record now = {.time_us = sim->now_us, .runner = runner, .ordinal = ordinal};
    enum ledger_state state = ledger->replicas[runner][ordinal].state;
    if (state == LEDGER_WAITING || state == LEDGER_NOMINATED)
        end_wait(ledger, sim, &now);
    if (state == LEDGER_STARTING || state == LEDGER_RUNNING)
        end_life(ledger, &now, false);
    if (state == LEDGER_STARTING || state == LEDGER_RUNNING || state == LEDGER_TERMINATING)
        end_binding(ledger, sim, &now);
}

static void compare_runner(struct ledger *ledger, const struct sim *sim, int32_t runner)
{
    const struct runner_stats *stats = &sim->metrics.runners[runner];
    for (int32_t i = 0; i < LEDGER_ORDINALS; i++)
        close_replica(ledger, sim, runner, i);
    differ(ledger, "live replica-us of runner", runner, ledger->live_us[runner],
           (int64_t)stats->live.area);
    differ(ledger, "running replica-us of runner", runner, ledger->running_us[runner],
           (int64_t)stats->running.area);
    differ(ledger, "work lost of runner", runner, ledger->work_lost_us[runner],
           metrics_rare(&sim->metrics, runner)->work_lost_us);
    if (stats->is_there)
        differ(ledger, "wish of runner", runner, ledger->wish[runner], sim->runners[runner].wish);
}

static void compare_counts(struct ledger *ledger, const struct sim *sim)
{
    struct runner_stats sum = {0};
    struct runner_rare rare_sum = {0};
    int64_t censored = 0;
    int64_t bound = 0;
    for (int32_t i = 0; i < sim->runner_count; i++) {
        const struct runner_stats *stats = &sim->metrics.runners[i];
        const struct runner_rare *rare = metrics_rare(&sim->metrics, i);
        sum.finished_count += stats->finished_count;
        rare_sum.gave_up_count += rare->gave_up_count;
        rare_sum.drained_count += rare->drained_count;
        rare_sum.lost_count += rare->lost_count;
        rare_sum.evicted_count += rare->evicted_count;
        sum.bound_count += stats->bound_count;
    }
    for (int i = 0; i < 10; i++) {
        censored += sim->metrics.waits[i].censored_count;
        bound += sim->metrics.waits[i].at_once_count + sim->metrics.waits[i].later_count;
        differ(ledger, "waits of priority", i, ledger->waited_us[i],
               (int64_t)sim->metrics.waits[i].queue.area);
    }
    differ(ledger, "demands", 0, ledger->counts[RECORD_DEMAND], censored + bound);
    differ(ledger, "bound", 0, ledger->counts[RECORD_BOUND], sum.bound_count);
    differ(ledger, "evicted", 0, ledger->counts[RECORD_EVICTED], rare_sum.evicted_count);
    differ(ledger, "gave up", 0, ledger->counts[RECORD_GAVE_UP], rare_sum.gave_up_count);
    differ(ledger, "finished", 0, ledger->gone_counts[GONE_FINISHED], sum.finished_count);
    differ(ledger, "lost", 0, ledger->gone_counts[GONE_NODE_LOST], rare_sum.lost_count);
    differ(ledger, "failures", 0, ledger->counts[RECORD_NODE_FAILED], sim->metrics.node_failures);
}

void ledger_close(struct ledger *ledger, const struct sim *sim)
{
    int64_t by_runner = 0;
    int64_t by_node = 0;
    for (int32_t i = 0; i < sim->runner_count; i++) {
        compare_runner(ledger, sim, i);
        by_runner += ledger->bound_us_by_runner[i];
    }
    for (int32_t i = 0; i < sim->node_count; i++) {
        differ(ledger, "CPU-us of node", i, ledger->cpu_milli_us_by_node[i],
               (int64_t)sim_node_area(&sim->nodes[i], RESOURCE_CPU));
        by_node += ledger->bound_us_by_node[i];
        differ(ledger, "bound on node", i, ledger->bound_by_node[i], sim->nodes[i].bound_count);
        differ(ledger, "evicted from node", i, ledger->evicted_by_node[i],
               sim->nodes[i].evicted_count);
    }
    differ(ledger, "bound replica-us by runner and by node", 0, by_runner, by_node);
    compare_counts(ledger, sim);
}
