/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "reports/fields.h"
#include "reports/group_key.h"
#include "reports/tables.h"
#include "reports/view.h"

static const struct column columns[] = {
    {"group", "text",
     "Value of the property given by --group-by; none for runners without it. A runner with "
     "several "
     "labels counts in the group of each."},
    {"runners", "count", "Runners of the group, over the run."},
    {"floor", "count", "Sum of their floors at the end."},
    {"wish", "count", "Sum of their num_replicas at the end."},
    {"running", "count", "Their replicas that run at the end."},
    {"starting", "count", "Their replicas that are bound and start."},
    {"waiting", "count", "Their replicas that wait: in the queue, nominated or blocked."},
    {"running_replica_s", "replica-s", "Sum over their replicas of the time each was running."},
    {"wish_replica_s", "replica-s", "Their num_replicas integrated over time."},
    {"served_pct", "%", "running_replica_s / wish_replica_s."},
    {"at_floor_pct", "%",
     "Share of the runners' time with a floor above 0 with at least that many running."},
    {"at_wish_pct", "%",
     "Share of the runners' time with num_replicas above 0 with at least that many running."},
    {"bound", "count", "Replicas bound over the run."},
    {"wait_s_mean", "s", "Mean wait of the bound ones."},
    {"wait_s_max", "s", "Longest wait of a bound one."},
    {"evicted", "count", "Replicas lost to preemption."},
    {"evictions_caused", "count", "Replicas of others evicted for their demand."},
    {"lost", "count", "Replicas lost with failed nodes."},
    {"gave_up", "count", "Replicas that waited longer than max_wait."},
    {"work_lost_s", "replica-s", "Running time that was lost, for whatever cause: see losses.csv."},
};

struct member { /* one runner in one group */
    const char *value;
    int32_t runner;
};

struct group_sum {
    int64_t runners, floor, wish, running, starting, waiting;
    int64_t bound, wait_max_us, evicted, evicting, lost, gave_up;
    int128 running_us, wish_us, wait_us, work_lost_us;
    struct {
        int128 asked_us, met_us;
    } floors, wishes;
};

static int compare_members(const void *left, const void *right)
{
    const struct member *a = left;
    const struct member *b = right;
    int order = strcmp(a->value, b->value);
    return order != 0 ? order : (a->runner > b->runner) - (a->runner < b->runner);
}

static void add_state(struct group_sum *sum, const struct sim *sim, int32_t runner)
{
    const struct runner *counts = &sim->sched.runners[runner];
    int64_t running = sim->metrics.runners[runner].running.value;
    sum->runners++;
    sum->running += running;
    sum->starting += counts->live - running;
    sum->waiting += counts->pending + counts->nominated + counts->blocked;
    if (!sim->runners[runner].has_arrived)
        return;
    sum->floor += sim->runners[runner].floor;
    sum->wish += sim->runners[runner].wish;
}

static void add_stats(struct group_sum *sum, const struct metrics *metrics, int32_t runner,
                      int64_t end_us)
{
    const struct runner_stats *stats = &metrics->runners[runner];
    const struct runner_rare *rare = metrics_rare(metrics, runner);
    int64_t wait_max_us = metrics_wait_us_max(metrics, runner);
    sum->bound += stats->bound_count;
    sum->evicted += rare->evicted_count;
    sum->evicting += rare->evicting_count;
    sum->lost += rare->lost_count;
    sum->gave_up += rare->gave_up_count;
    if (wait_max_us > sum->wait_max_us)
        sum->wait_max_us = wait_max_us;
    sum->running_us += runner_area(stats, &stats->running, end_us);
    sum->wish_us += runner_area(stats, &stats->wish, end_us);
    sum->floors.asked_us += rare->floor_by_running.asked_us;
    sum->floors.met_us += rare->floor_by_running.met_us;
    sum->wishes.asked_us += stats->wish_by_running.asked_us;
    sum->wishes.met_us += stats->wish_by_running.met_us;
    sum->wait_us += stats->wait_us_sum;
    sum->work_lost_us += rare->work_lost_us;
}

static void write_row(const char *value, const struct group_sum *sum, struct table *table)
{
    table_text(table, value);
    table_int(table, sum->runners);
    table_int(table, sum->floor);
    table_int(table, sum->wish);
    table_int(table, sum->running);
    table_int(table, sum->starting);
    table_int(table, sum->waiting);
    field_seconds_of(table, sum->running_us);
    field_seconds_of(table, sum->wish_us);
    field_ratio_percent(table, sum->running_us, sum->wish_us);
    field_ratio_percent(table, sum->floors.met_us, sum->floors.asked_us);
    field_ratio_percent(table, sum->wishes.met_us, sum->wishes.asked_us);
    table_int(table, sum->bound);
    if (sum->bound == 0) {
        table_empty(table);
        table_empty(table);
    } else {
        table_decimal(table, int128_ratio(sum->wait_us, sum->bound) / 1e6, 6);
        table_seconds(table, sum->wait_max_us);
    }
    table_int(table, sum->evicted);
    table_int(table, sum->evicting);
    table_int(table, sum->lost);
    table_int(table, sum->gave_up);
    field_seconds_of(table, sum->work_lost_us);
    table_end_row(table);
}

static void write_sorted(const struct report_view *view, const struct member *members,
                         int32_t count, struct table *table)
{
    struct group_sum sum = {0};
    for (int32_t i = 0; i < count; i++) {
        add_state(&sum, view->sim, members[i].runner);
        add_stats(&sum, &view->sim->metrics, members[i].runner, view->end_us);
        if (i + 1 == count || strcmp(members[i].value, members[i + 1].value) != 0) {
            write_row(members[i].value, &sum, table);
            sum = (struct group_sum){0};
        }
    }
}

/* Values of all selected runners; owners[i] is the runner of values->items[i]. */
static int gather(const struct report_view *view, const struct group_key *key,
                  struct value_list *values, int32_t **owners, struct err *err)
{
    int32_t capacity = 0;
    for (int32_t i = 0; i < view->sim->runner_count; i++) {
        int32_t first = values->count;
        if (!report_view_selects(view, i))
            continue;
        if (group_values(view->sim, key, i, values, err) != 0 ||
            array_reserve(owners, &capacity, values->count, sizeof **owners, err) != 0)
            return -1;
        for (int32_t v = first; v < values->count; v++)
            (*owners)[v] = i;
    }
    return 0;
}

static int write_groups(const struct report_view *view, struct table *table, struct err *err)
{
    const char *text = view->options->group_by;
    struct group_key key;
    struct value_list values = {0};
    struct member *members = NULL;
    int32_t *owners = NULL;
    assert(text != NULL);
    if (group_key_parse(text, strlen(text), "--group-by", &key, err) != 0)
        return -1;
    int result = gather(view, &key, &values, &owners, err);
    if (result == 0) {
        members = calloc((size_t)values.count + 1, sizeof *members);
        result = members == NULL ? err_no_memory(err) : 0;
    }
    if (result == 0) {
        for (int32_t i = 0; i < values.count; i++)
            members[i] = (struct member){values.items[i], owners[i]};
        qsort(members, (size_t)values.count, sizeof *members, compare_members);
        write_sorted(view, members, values.count, table);
    }
    free(members);
    free(owners);
    value_list_release(&values);
    return result;
}

const struct report_table groups_table = {
    .file = "groups.csv",
    .title = "One row for each group of runners, only with --group-by.",
    .columns = columns,
    .column_count = ARRAY_LEN(columns),
    .needs_group_by = true,
    .write = write_groups,
};
