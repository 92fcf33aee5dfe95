/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/trace_text.h"

#include <inttypes.h>

#include "base/units.h"

static void print_replica(const struct sim *sim, int32_t runner, int32_t ordinal, FILE *out)
{
    char name[RUNNER_NAME_SIZE];
    fprintf(out, "%s", sim_runner_name(sim, runner, name));
    if (ordinal != NO_INDEX)
        fprintf(out, "/%" PRId32, ordinal);
}

static void print_subject(const struct sim *sim, const struct record *record, FILE *out)
{
    char name[NODE_NAME_SIZE];
    if (record->kind == RECORD_POOL_SET) {
        fprintf(out, "%s", sim->scenario->pools[record->node].id);
        return;
    }
    if (record->runner != NO_INDEX)
        print_replica(sim, record->runner, record->ordinal, out);
    if (record->node != NO_INDEX)
        fprintf(out, "%s%s", record->runner != NO_INDEX ? " on " : "",
                sim_node_name(sim, record->node, name));
}

/* "90s", "13.666707s" */
static void print_time(int64_t time_us, FILE *out)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%" PRId64, time_us / US_PER_S);
    if (time_us % US_PER_S != 0)
        length += snprintf(text + length, sizeof text - (size_t)length, ".%06" PRId64,
                           time_us % US_PER_S);
    fprintf(out, "%ss%*s", text, 12 - length, "");
}

static void print_record(const struct sim *sim, const struct record *record, FILE *out)
{
    print_time(record->time_us, out);
    fprintf(out, "%-16s ", record_kind_name(record->kind));
    print_subject(sim, record, out);
    if (record->other_runner != NO_INDEX) {
        fprintf(out, " for ");
        print_replica(sim, record->other_runner, record->other_ordinal, out);
    }
    bool has_class = record->kind == RECORD_BOUND || record->kind == RECORD_NOMINATED ||
                     record->kind == RECORD_EVICTED;
    if (has_class)
        fprintf(out, ", %s", record->class == CLASS_CORE ? "core" : "extra");
    if (record->kind == RECORD_TERMINATING || record->kind == RECORD_GONE)
        fprintf(out, ", %s", gone_cause_name(record->cause));
    if (record->kind == RECORD_EVICTED)
        fprintf(out, ", depth %" PRId32, record->depth);
    if (record->kind == RECORD_RUNNER_ARRIVED || record->kind == RECORD_SCALED)
        fprintf(out, ", wish %" PRId32 ", floor %" PRId32, record->count, record->floor);
    if (record->kind == RECORD_POOL_SET)
        fprintf(out, ", %s", record->count ? "open" : "closed");
    fputc('\n', out);
}

void trace_text_print(const struct sim *sim, FILE *out)
{
    for (int32_t i = 0; i < sim->record_count; i++)
        print_record(sim, &sim->records[i], out);
}
