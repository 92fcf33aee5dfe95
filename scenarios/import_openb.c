/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json_writer.h"
#include "base/units.h"
#include "scenarios/import.h"
#include "scenarios/import_openb_fgd.h"
#include "scenarios/import_source.h"
#include "scenarios/openb_json.h"
#include "scenarios/openb_rows.h"
#include "scenarios/openb_types.h"
#include "scheduler/shape.h"

/* The GPU cluster trace of 2023 of Alibaba ("openb"; github.com/alibaba/clusterdata,
 * cluster-trace-gpu-v2023): a list of nodes and a list of pods.
 *
 *   nodes: sn, cpu_milli, memory_mib, gpu, model
 *   pods:  name, cpu_milli, memory_mib, num_gpu, gpu_milli [, gpu_spec] [, qos]
 *          [, creation_time, deletion_time]   (seconds)
 *
 * The nodes become one pool "openb", whose instance types are the distinct (CPU, memory, GPUs,
 * model), in the order of the file, so that a node's index is its row. A pod becomes a runner of
 * one replica: a share of one device where gpu_milli < 1000, else whole devices; gpu_spec "A|B" is
 * the list of accepted models. It arrives at its creation, counted from the earliest of the file,
 * and departs at its deletion; grace periods are 0, since the trace's deletion is when the room is
 * free. The quality of service gives the priority, which orders what waits; preemption is off, for
 * the trace records none.
 *
 * Static: the pods are a list without times, all there at 0, none leaving, tried in the order of
 * the file: no priorities then, since these would reorder it.
 *
 * Both files are read twice: first for types, times and totals (and every error), then to write. */

enum { STATIC_HORIZON_S = 1 };

struct openb {
    const struct import_request *request;
    struct import_source nodes, pods;
    struct openb_node_columns node_columns;
    struct openb_pod_columns pod_columns;
    struct openb_types types;
    int64_t first_s, last_s; /* the earliest creation, the latest creation or deletion */
    struct import_totals totals;
};

/* ---- the first reading: types, times, totals ---- */

static int survey_nodes(struct openb *openb, struct err *err)
{
    struct openb_node_row row;
    int result;
    while ((result = csv_reader_next(&openb->nodes.reader, err)) == 1) {
        if (openb_node_read(&openb->nodes, &openb->node_columns, &row, err) != 0)
            return -1;
        if (openb_types_find(&openb->types, &row) < 0 &&
            openb_types_add(&openb->types, &row, err) != 0)
            return -1;
        openb->totals.node_count++;
        openb->totals.device_count += row.gpu_count;
    }
    if (result == 0 && openb->totals.node_count == 0)
        return err_set(err, ERR_INPUT, "%s: no node in it: one row for each is expected",
                       openb->nodes.file);
    return result;
}

static int add_to_totals(struct import_totals *totals, const struct openb_pod_row *row,
                         struct err *err)
{
    totals->pod_count++;
    if (!checked_add(totals->cpu_milli_requested, row->cpu_milli, &totals->cpu_milli_requested) ||
        !checked_add(totals->mem_bytes_requested, row->mem_mib * OPENB_MIB,
                     &totals->mem_bytes_requested) ||
        !checked_add(totals->share_milli_requested, row->gpu_count * row->gpu_milli,
                     &totals->share_milli_requested))
        return err_set(err, ERR_LIMIT, "the requests of all pods add up to more than 2^63 - 1");
    return 0;
}

static int survey_pods(struct openb *openb, struct err *err)
{
    struct openb_pod_row row;
    int result;
    openb->first_s = INT64_MAX;
    while ((result = csv_reader_next(&openb->pods.reader, err)) == 1) {
        if (openb_pod_read(&openb->pods, &openb->pod_columns, &row, err) != 0 ||
            add_to_totals(&openb->totals, &row, err) != 0)
            return -1;
        int64_t end_s = row.is_deleted ? row.deletion_s : row.creation_s;
        openb->first_s = row.creation_s < openb->first_s ? row.creation_s : openb->first_s;
        openb->last_s = end_s > openb->last_s ? end_s : openb->last_s;
    }
    if (result == 0 && openb->totals.pod_count == 0)
        return err_set(err, ERR_INPUT, "%s: no pod in it: one row for each is expected",
                       openb->pods.file);
    return result;
}

/* ---- the second reading: writing ---- */

static void close_run(struct json_writer *w)
{
    json_close_array(w);
    openb_close_line(w);
}

/* One entry for each run of equal nodes, with their names in the order of the file. */
static int write_nodes(struct json_writer *w, struct openb *openb, struct err *err)
{
    struct openb_node_row row;
    int32_t type = -1;
    int result;
    json_array(w, "nodes");
    while ((result = csv_reader_next(&openb->nodes.reader, err)) == 1) {
        if (openb_node_read(&openb->nodes, &openb->node_columns, &row, err) != 0)
            return -1;
        int32_t row_type = openb_types_find(&openb->types, &row);
        if (row_type < 0)
            return err_set(err, ERR_INPUT, "%s: changed while it was read", openb->nodes.file);
        if (row_type != type) {
            if (type >= 0)
                close_run(w);
            openb_open_line(w);
            json_string(w, "instance_type", openb->types.items[row_type].id);
            json_array(w, "names");
            type = row_type;
        }
        json_string(w, NULL, row.name);
    }
    if (type >= 0)
        close_run(w);
    json_close_array(w);
    return result;
}

static int write_pool(struct json_writer *w, struct openb *openb, struct err *err)
{
    json_array(w, "nodepools");
    json_object(w, NULL);
    json_string(w, "id", "openb");
    openb_write_types(w, &openb->types);
    json_int(w, "max_instances", openb->totals.node_count);
    json_object(w, "simulation");
    if (write_nodes(w, openb, err) != 0)
        return -1;
    json_close_object(w);
    json_close_object(w);
    json_close_array(w);
    return 0;
}

static void write_runner(struct json_writer *w, const struct openb *openb,
                         const struct openb_pod_row *row)
{
    bool is_share = row->gpu_count > 0 && row->gpu_milli < SHARE_WHOLE;
    bool is_static = openb->request->is_static;
    openb_open_line(w);
    json_string(w, "id", row->name);
    json_object(w, "nodepool");
    json_string(w, "id", "openb");
    json_close_object(w);
    openb_write_request(w, row);
    json_int(w, "num_replicas", 1);
    if (!is_static && row->priority > 0)
        json_int(w, "priority", row->priority);
    if (row->qos[0] != '\0') {
        json_object(w, "metadata");
        json_string(w, "qos", row->qos);
        json_close_object(w);
    }
    if (is_share || !is_static) {
        json_object(w, "simulation");
        if (!is_static)
            json_int(w, "arrival", row->creation_s - openb->first_s);
        if (row->is_deleted)
            json_int(w, "departure", row->deletion_s - openb->first_s);
        if (is_share)
            json_int(w, "share_milli", row->gpu_milli);
        json_close_object(w);
    }
    openb_close_line(w);
}

static int write_runners(struct json_writer *w, struct openb *openb, struct err *err)
{
    struct openb_pod_row row;
    int result;
    json_array(w, "runners");
    while ((result = csv_reader_next(&openb->pods.reader, err)) == 1) {
        if (openb_pod_read(&openb->pods, &openb->pod_columns, &row, err) != 0)
            return -1;
        write_runner(w, openb, &row);
    }
    json_close_array(w);
    return result;
}

static void write_description(struct json_writer *w, const struct openb *openb)
{
    char text[512];
    const struct import_totals *totals = &openb->totals;
    int length =
        snprintf(text, sizeof text,
                 "openb trace: %" PRId64 " pods on %" PRId64 " nodes with %" PRId64 " devices. ",
                 totals->pod_count, totals->node_count, totals->device_count);
    assert(length > 0);
    if (openb->request->is_static)
        snprintf(text + length, sizeof text - (size_t)length,
                 "All pods are there at 0, in the order of the file, and none leaves.");
    else
        snprintf(text + length, sizeof text - (size_t)length,
                 "Time 0 is the earliest creation, %" PRId64
                 " s in the trace. Priorities are from the quality of service and only order what "
                 "waits: preemption is off.",
                 openb->first_s);
    json_string(w, "description", text);
}

static void write_settings(struct json_writer *w, const struct openb *openb)
{
    int64_t last_s = openb->last_s - openb->first_s;
    bool has_length = !openb->request->is_static && last_s > 0;
    json_int(w, "stowage", 1);
    json_string(w, "name", "openb");
    write_description(w, openb);
    json_int(w, "horizon", has_length ? last_s : STATIC_HORIZON_S);
    json_object(w, "scheduler");
    json_object(w, "preemption");
    json_bool(w, "enabled", false);
    json_close_object(w);
    json_close_object(w);
    json_object(w, "defaults");
    json_int(w, "startup", 0);
    json_int(w, "grace_period", 0);
    json_close_object(w);
}

static int write_scenario(struct openb *openb, FILE *out, struct err *err)
{
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object(&w, NULL);
    write_settings(&w, openb);
    if (write_pool(&w, openb, err) != 0 || write_runners(&w, openb, err) != 0)
        return -1;
    json_close_object(&w);
    return 0;
}

/* ---- all of it ---- */

static int import_opened(struct openb *openb, FILE *out, struct err *err)
{
    if (openb_nodes_find(&openb->nodes, &openb->node_columns, err) != 0 ||
        openb_pods_find(&openb->pods, !openb->request->is_static, &openb->pod_columns, err) != 0 ||
        survey_nodes(openb, err) != 0 || survey_pods(openb, err) != 0 ||
        import_source_rewind(&openb->nodes, err) != 0 ||
        import_source_rewind(&openb->pods, err) != 0)
        return -1;
    return write_scenario(openb, out, err);
}

static void release(struct openb *openb)
{
    openb_types_release(&openb->types);
    import_source_release(&openb->nodes);
    import_source_release(&openb->pods);
}

static int run(const struct import_request *request, FILE *out, struct import_totals *totals,
               struct err *err)
{
    struct openb openb = {.request = request};
    if (request->fgd_workload != NULL)
        return openb_import_experiment(request, out, totals, err);
    if (strcmp(request->nodes_path, "-") == 0 && strcmp(request->pods_path, "-") == 0)
        return err_set(err, ERR_USAGE, "standard input can be the nodes or the pods, not both");
    int result = -1;
    if (import_source_open(&openb.nodes, request->nodes_path, err) == 0 &&
        import_source_open(&openb.pods, request->pods_path, err) == 0)
        result = import_opened(&openb, out, err);
    if (result == 0)
        *totals = openb.totals;
    release(&openb);
    return result;
}

const struct import_format import_openb = {
    .name = "openb",
    .summary = "Alibaba's GPU cluster trace of 2023: a CSV of nodes and a CSV of pods",
    .run = run,
};
