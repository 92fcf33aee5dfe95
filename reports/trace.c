/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/trace.h"

#include "base/json_writer.h"
#include "base/units.h"

static void print_devices(struct json_writer *w, uint64_t devices)
{
    json_array(w, "devices");
    for (int i = 0; i < SHAPE_DEVICES_MAX; i++)
        if (devices >> i & 1U)
            json_int(w, NULL, i);
    json_close_array(w);
}

static void print_runner(struct json_writer *w, const struct sim *sim, const char *key,
                         int32_t runner)
{
    char name[RUNNER_NAME_SIZE];
    json_string(w, key, sim_runner_name(sim, runner, name));
}

/* Of a pool's record `node` is the number of the pool. */
static void print_place(struct json_writer *w, const struct sim *sim, const struct record *record)
{
    char name[NODE_NAME_SIZE];
    if (record->node == NO_INDEX)
        return;
    if (record->kind == RECORD_POOL_SET || record->kind == RECORD_OUT_OF_STOCK)
        json_string(w, "nodepool", sim->sched.fleet.pools[record->node].id);
    else
        json_string(w, "node", sim_node_name(sim, record->node, name));
}

static void print_decision(struct json_writer *w, const struct sim *sim,
                           const struct record *record)
{
    bool has_class = record->kind == RECORD_BOUND || record->kind == RECORD_NOMINATED ||
                     record->kind == RECORD_EVICTED;
    if (record->devices != 0)
        print_devices(w, record->devices);
    if (has_class)
        json_string(w, "class", record->class == CLASS_CORE ? "core" : "extra");
    if (record->kind != RECORD_EVICTED)
        return;
    print_runner(w, sim, "for_runner", record->other_runner);
    json_int(w, "for_replica", record->other_ordinal);
}

static void print_rest(struct json_writer *w, const struct record *record)
{
    if (record->cause != GONE_NONE)
        json_string(w, "cause", gone_cause_name(record->cause));
    if (record->kind == RECORD_EVICTED)
        json_int(w, "depth", record->depth);
    if (record->kind == RECORD_RUNNER_ARRIVED || record->kind == RECORD_SCALED) {
        json_int(w, "count", record->count);
        json_int(w, "floor", record->floor);
    }
    if (record->kind == RECORD_NODE_LAUNCHED)
        json_int(w, "count", record->count);
    if (record->kind == RECORD_POOL_SET)
        json_bool(w, "schedulable", record->count == 1);
}

static void print_record(const struct sim *sim, const struct record *record, FILE *out)
{
    char time[UNITS_TEXT_SIZE];
    struct json_writer w;
    json_writer_init(&w, out, true);
    json_object(&w, NULL);
    json_string(&w, "t", print_duration(record->time_us, time));
    json_int(&w, "t_us", record->time_us);
    json_string(&w, "what", record_kind_name(record->kind));
    if (record->runner != NO_INDEX)
        print_runner(&w, sim, "runner", record->runner);
    if (record->ordinal != NO_INDEX)
        json_int(&w, "replica", record->ordinal);
    print_place(&w, sim, record);
    print_decision(&w, sim, record);
    print_rest(&w, record);
    json_close_object(&w);
}

void trace_print(const struct sim *sim, FILE *out)
{
    for (int32_t i = 0; i < sim->record_count; i++)
        print_record(sim, &sim->records[i], out);
}
