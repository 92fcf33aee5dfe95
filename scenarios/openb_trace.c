/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/openb_trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "scenarios/import_source.h"
#include "scheduler/shape.h"

/* ---- nodes ---- */

static int add_node(struct openb_trace *trace, const struct openb_node_row *row, struct err *err)
{
    if (array_reserve(&trace->nodes, &trace->node_capacity, trace->node_count + INT64_C(1),
                      sizeof *trace->nodes, err) != 0)
        return -1;
    if (openb_types_find(&trace->types, row) < 0 && openb_types_add(&trace->types, row, err) != 0)
        return -1;
    const char *name = arena_strdup(&trace->arena, row->name);
    if (name == NULL)
        return err_no_memory(err);
    trace->nodes[trace->node_count++] =
        (struct openb_node){.name = name, .type = openb_types_find(&trace->types, row)};
    trace->share_milli += row->gpu_count * SHARE_WHOLE;
    return 0;
}

static int read_nodes(struct openb_trace *trace, struct import_source *nodes, struct err *err)
{
    struct openb_node_columns columns;
    struct openb_node_row row;
    int result;
    if (openb_nodes_find(nodes, &columns, err) != 0)
        return -1;
    while ((result = csv_reader_next(&nodes->reader, err)) == 1)
        if (openb_node_read(nodes, &columns, &row, err) != 0 || add_node(trace, &row, err) != 0)
            return -1;
    if (result == 0 && trace->node_count == 0)
        return err_set(err, ERR_INPUT, "%s: no node in it: one row for each is expected",
                       nodes->file);
    return result;
}

/* ---- pods ---- */

static int add_pod(struct openb_trace *trace, const struct openb_pod_row *row, struct err *err)
{
    if (array_reserve(&trace->pods, &trace->pod_capacity, trace->pod_count + INT64_C(1),
                      sizeof *trace->pods, err) != 0)
        return -1;
    struct openb_pod_row *pod = &trace->pods[trace->pod_count];
    *pod = *row;
    pod->qos = "";
    pod->name = arena_strdup(&trace->arena, row->name);
    pod->gpu_spec = arena_strdup(&trace->arena, row->gpu_spec);
    if (pod->name == NULL || pod->gpu_spec == NULL)
        return err_no_memory(err);
    trace->pod_count++;
    return 0;
}

static int read_pods(struct openb_trace *trace, struct import_source *pods, struct err *err)
{
    struct openb_pod_columns columns;
    struct openb_pod_row row;
    int result;
    if (openb_pods_find(pods, false, &columns, err) != 0)
        return -1;
    while ((result = csv_reader_next(&pods->reader, err)) == 1)
        if (openb_pod_read(pods, &columns, &row, err) != 0 || add_pod(trace, &row, err) != 0)
            return -1;
    if (result == 0 && trace->pod_count == 0)
        return err_set(err, ERR_INPUT, "%s: no pod in it: one row for each is expected",
                       pods->file);
    return result;
}

/* ---- order of names ---- */

static int by_node_name(const void *left, const void *right)
{
    const struct openb_node *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static int by_pod_name(const void *left, const void *right)
{
    const struct openb_pod_row *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static int fail_repeated(const char *path, const char *name, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    return err_set(err, ERR_INPUT, "%s: the name %s is there more than once: names are distinct",
                   path, text_quote(name, quoted));
}

static int sort(struct openb_trace *trace, const char *nodes_path, const char *pods_path,
                struct err *err)
{
    qsort(trace->nodes, (size_t)trace->node_count, sizeof *trace->nodes, by_node_name);
    qsort(trace->pods, (size_t)trace->pod_count, sizeof *trace->pods, by_pod_name);
    for (int32_t i = 1; i < trace->node_count; i++)
        if (strcmp(trace->nodes[i - 1].name, trace->nodes[i].name) == 0)
            return fail_repeated(nodes_path, trace->nodes[i].name, err);
    for (int32_t i = 1; i < trace->pod_count; i++)
        if (strcmp(trace->pods[i - 1].name, trace->pods[i].name) == 0)
            return fail_repeated(pods_path, trace->pods[i].name, err);
    return 0;
}

/* ---- all of it ---- */

int openb_trace_load(struct openb_trace *trace, const char *nodes_path, const char *pods_path,
                     struct err *err)
{
    struct import_source nodes = {0}, pods = {0};
    *trace = (struct openb_trace){0};
    int result = -1;
    if (import_source_open(&nodes, nodes_path, err) == 0 &&
        import_source_open(&pods, pods_path, err) == 0 && read_nodes(trace, &nodes, err) == 0 &&
        read_pods(trace, &pods, err) == 0)
        result = sort(trace, nodes_path, pods_path, err);
    import_source_release(&nodes);
    import_source_release(&pods);
    if (result != 0)
        openb_trace_release(trace);
    return result;
}

void openb_trace_release(struct openb_trace *trace)
{
    openb_types_release(&trace->types);
    free(trace->nodes);
    free(trace->pods);
    arena_release(&trace->arena);
    *trace = (struct openb_trace){0};
}
