/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "bench/metric.h"

/* Choosing metrics by name. */

enum { NAMES_MAX = 128 };

/* The priority at the end of "NAME_p9" and the length of NAME; else METRIC_ALL_PRIORITIES. */
static int32_t split_priority(const char *name, size_t *length)
{
    *length = strlen(name);
    if (*length < 4)
        return METRIC_ALL_PRIORITIES;
    const char *end = name + *length - 3;
    if (strncmp(end, "_p", 2) != 0 || end[2] < '0' || end[2] > '9')
        return METRIC_ALL_PRIORITIES;
    *length -= 3;
    return end[2] - '0';
}

static int refuse_name(const char *name, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    const char *names[NAMES_MAX];
    size_t count;
    const struct metric *metrics = metric_list(&count);
    assert(count <= NAMES_MAX);
    for (size_t i = 0; i < count; i++)
        names[i] = metrics[i].name;
    const char *nearest = text_nearest(name, names, count);
    if (nearest != NULL)
        return err_set(err, ERR_USAGE,
                       "%s: no such metric: did you mean \"%s\"? docs/compare.md lists them",
                       text_quote(name, quoted), nearest);
    return err_set(err, ERR_USAGE, "%s: no such metric: docs/compare.md lists them, as in %s",
                   text_quote(name, quoted), "wait_s_p95,preemptions_p9");
}

int metric_parse(const char *name, struct metric_choice *choice, struct err *err)
{
    size_t length, count;
    const struct metric *metrics = metric_list(&count);
    int32_t priority = split_priority(name, &length);
    for (size_t i = 0; i < count; i++) {
        if (strlen(metrics[i].name) != length || strncmp(metrics[i].name, name, length) != 0)
            continue;
        if (priority != METRIC_ALL_PRIORITIES && !metrics[i].has_priorities)
            return err_set(err, ERR_USAGE, "%s: %s is not counted by priority", name,
                           metrics[i].name);
        *choice = (struct metric_choice){&metrics[i], priority};
        return 0;
    }
    return refuse_name(name, err);
}

const char *metric_name(const struct metric_choice *choice, char out[METRIC_NAME_SIZE])
{
    if (choice->priority == METRIC_ALL_PRIORITIES)
        snprintf(out, METRIC_NAME_SIZE, "%s", choice->metric->name);
    else
        snprintf(out, METRIC_NAME_SIZE, "%s_p%" PRId32, choice->metric->name, choice->priority);
    return out;
}

int32_t metric_set_add(struct metric_set *set, const struct metric_choice *choice, struct err *err)
{
    for (int32_t i = 0; i < set->count; i++)
        if (set->items[i].metric == choice->metric && set->items[i].priority == choice->priority)
            return i;
    if (set->count == METRICS_MAX)
        return err_set(err, ERR_USAGE, "more than %d metrics", METRICS_MAX);
    set->items[set->count] = *choice;
    return set->count++;
}

static const char preemption_list[] =
    "preemptions,preemptions_per_replica_h,victim_runners,cascades,cascade_depth_max,"
    "repeated_preemptions,preemptions_of_work_max,work_lost_h,device_work_lost_h,recovery_s_mean,"
    "unrecovered";

static int add_name(struct metric_set *set, const char *name, struct err *err)
{
    struct metric_choice choice;
    if (metric_parse(name, &choice, err) != 0)
        return -1;
    return metric_set_add(set, &choice, err) < 0 ? -1 : 0;
}

int metric_set_parse(struct metric_set *set, const char *list, struct err *err)
{
    for (;;) {
        char name[METRIC_NAME_SIZE];
        size_t length = strcspn(list, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < 1000 ? length : 1000), list);
        int added = strcmp(name, "preemption") == 0 ? metric_set_parse(set, preemption_list, err)
                                                    : add_name(set, name, err);
        if (added != 0)
            return -1;
        if (list[length] == '\0')
            return 0;
        list += length + 1;
    }
}

static bool has_targets(const struct scenario *scenario)
{
    for (int32_t i = 0; i < scenario->runner_count; i++) {
        const struct traffic_def *traffic = scenario->runners[i].traffic;
        if (traffic != NULL && traffic->slo.kind != SLO_NONE)
            return true;
    }
    return false;
}

static bool can_give_up(const struct scenario *scenario)
{
    for (int32_t i = 0; i < scenario->runner_count; i++)
        if (scenario->runners[i].max_wait_us != TIME_NEVER)
            return true;
    for (int32_t i = 0; i < scenario->arrival_count; i++)
        if (scenario->arrivals[i].template.max_wait_us != TIME_NEVER)
            return true;
    return false;
}

static void add_named(struct metric_set *set, const char *name)
{
    struct err err;
    struct metric_choice choice;
    int parsed = metric_parse(name, &choice, &err);
    assert(parsed == 0);
    int32_t place = metric_set_add(set, &choice, &err);
    assert(place >= 0);
}

void metric_set_default(struct metric_set *set, const struct scenario *scenario)
{
    add_named(set, "utilization_pct_cpu");
    if (scenario_has_devices(scenario))
        add_named(set, "utilization_pct_device_share");
    add_named(set, "wait_s_mean");
    add_named(set, "wait_s_p95");
    add_named(set, "served_pct");
    if (can_give_up(scenario))
        add_named(set, "gave_up");
    if (scenario->scheduler.preemption_enabled) {
        add_named(set, "preemptions");
        add_named(set, "work_lost_h");
    }
    if (has_targets(scenario))
        add_named(set, "slo_pct");
    if (scenario_has_prices(scenario))
        add_named(set, "usd_per_hour");
}
