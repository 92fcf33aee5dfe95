/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/import_openb_fgd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "scenarios/openb_json.h"
#include "scenarios/openb_order.h"
#include "scenarios/openb_trace.h"
#include "scheduler/shape.h"

/* One experiment of "Beware of Fragmentation" (USENIX ATC 2023) as a scenario that `stowage run`
 * plays with any policy:
 *
 *   - the pods arrive in the experiment's order, one a second, as runners of one replica; clones
 *     are called "<pod>-tuned-<k>";
 *   - nothing leaves; who fits nowhere gives up at once (max_wait 0);
 *   - the nodes stand in the order in which the experiment breaks ties, so that the lowest index
 *     has the lowest rank;
 *   - the popularity of requests is that of the whole list of pods, without clones, as the study
 *     has it; requests that differ in memory only are one.
 *
 * `stowage run x.json --policy fgd` then places every pod as the authors' program did. */

#define STUDY_LOAD 1.3

struct experiment_files {
    struct openb_trace trace;
    struct openb_order order;
};

static int load(struct experiment_files *files, const struct import_request *request,
                struct err *err)
{
    enum { PATH_SIZE = 4096 };
    char nodes[PATH_SIZE], pods[PATH_SIZE];
    struct openb_order_files orders;
    const struct openb_experiment experiment = {
        .workload = request->fgd_workload, .seed = request->fgd_seed, .load = STUDY_LOAD};
    int nodes_length =
        snprintf(nodes, sizeof nodes, "%s/openb_node_list_gpu_node.csv", request->data_path);
    int pods_length = snprintf(pods, sizeof pods, "%s/openb_pod_list_%s.csv", request->data_path,
                               request->fgd_workload);
    if (nodes_length < 0 || nodes_length >= PATH_SIZE || pods_length < 0 ||
        pods_length >= PATH_SIZE)
        return err_set(err, ERR_LIMIT, "%s: the path is too long", request->data_path);
    if (openb_trace_load(&files->trace, nodes, pods, err) != 0 ||
        openb_order_files_load(&orders, request->data_path, err) != 0)
        return -1;
    int result = openb_order_make(&files->order, &orders, &files->trace, &experiment, err);
    openb_order_files_release(&orders);
    return result;
}

/* ---- popularity ---- */

/* As in the study: GPUs and their share, CPU and models, but not memory. */
static int by_request(const void *left, const void *right)
{
    const struct openb_pod_row *a = *(const struct openb_pod_row *const *)left;
    const struct openb_pod_row *b = *(const struct openb_pod_row *const *)right;
    if (a->cpu_milli != b->cpu_milli)
        return a->cpu_milli < b->cpu_milli ? -1 : 1;
    if (a->gpu_count != b->gpu_count)
        return a->gpu_count < b->gpu_count ? -1 : 1;
    if (a->gpu_milli != b->gpu_milli)
        return a->gpu_milli < b->gpu_milli ? -1 : 1;
    return strcmp(a->gpu_spec, b->gpu_spec);
}

static void write_share(struct json_writer *w, const struct openb_pod_row *pod)
{
    if (pod->gpu_count > 0 && pod->gpu_milli < SHARE_WHOLE)
        json_int(w, "share_milli", pod->gpu_milli);
}

static void write_popular(struct json_writer *w, const struct openb_pod_row *pod, int64_t count)
{
    struct openb_pod_row without_memory = *pod;
    without_memory.mem_mib = 0;
    openb_open_line(w);
    json_int(w, "count", count);
    openb_write_request(w, &without_memory);
    json_object(w, "simulation");
    write_share(w, pod);
    json_close_object(w);
    openb_close_line(w);
}

static int write_popularity(struct json_writer *w, const struct openb_trace *trace, struct err *err)
{
    const struct openb_pod_row **sorted =
        malloc((size_t)trace->pod_count * sizeof(const struct openb_pod_row *));
    if (sorted == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < trace->pod_count; i++)
        sorted[i] = &trace->pods[i];
    qsort(sorted, (size_t)trace->pod_count, sizeof *sorted, by_request);
    json_array(w, "popularity");
    for (int32_t first = 0, i = 1; i <= trace->pod_count; i++) {
        if (i < trace->pod_count && by_request(&sorted[first], &sorted[i]) == 0)
            continue;
        write_popular(w, sorted[first], i - first);
        first = i;
    }
    json_close_array(w);
    free(sorted);
    return 0;
}

/* ---- the rest of the scenario ---- */

static void write_description(struct json_writer *w, const struct experiment_files *files,
                              const struct import_request *request)
{
    char text[512];
    snprintf(text, sizeof text,
             "Workload %s, seed %" PRIu64
             " of Beware of Fragmentation (USENIX ATC 2023): %d pods arrive one by one, the last "
             "%d are clones; the order is %s.",
             request->fgd_workload, request->fgd_seed, (int)files->order.count,
             (int)(files->order.count - files->order.original_count),
             files->order.is_drawn ? "drawn" : "that of the study");
    json_string(w, "description", text);
}

static int write_settings(struct json_writer *w, const struct experiment_files *files,
                          const struct import_request *request, struct err *err)
{
    char text[256], seed[24];
    json_int(w, "stowage", 1);
    snprintf(text, sizeof text, "openb %s %" PRIu64, request->fgd_workload, request->fgd_seed);
    json_string(w, "name", text);
    write_description(w, files, request);
    json_int(w, "horizon", files->order.count);
    snprintf(seed, sizeof seed, "%" PRIu64, request->fgd_seed);
    json_raw(w, "seed", seed);
    json_object(w, "scheduler");
    json_string(w, "policy", "fgd");
    json_object(w, "preemption");
    json_bool(w, "enabled", false);
    json_close_object(w);
    if (write_popularity(w, &files->trace, err) != 0)
        return -1;
    json_close_object(w);
    json_object(w, "defaults");
    json_int(w, "startup", 0);
    json_int(w, "grace_period", 0);
    json_close_object(w);
    return 0;
}

/* One entry for each run of nodes of one type, so that the nodes keep their order. */
static void write_nodes(struct json_writer *w, const struct experiment_files *files)
{
    const struct openb_trace *trace = &files->trace;
    json_array(w, "nodes");
    for (int32_t i = 0; i < trace->node_count; i++) {
        const struct openb_node *node = &trace->nodes[files->order.nodes[i]];
        bool begins = i == 0 || trace->nodes[files->order.nodes[i - 1]].type != node->type;
        bool ends = i + 1 == trace->node_count ||
                    trace->nodes[files->order.nodes[i + 1]].type != node->type;
        if (begins) {
            openb_open_line(w);
            json_string(w, "instance_type", trace->types.items[node->type].id);
            json_array(w, "names");
        }
        json_string(w, NULL, node->name);
        if (ends) {
            json_close_array(w);
            openb_close_line(w);
        }
    }
    json_close_array(w);
}

static void write_pool(struct json_writer *w, const struct experiment_files *files)
{
    json_array(w, "nodepools");
    json_object(w, NULL);
    json_string(w, "id", "openb");
    openb_write_types(w, &files->trace.types);
    json_int(w, "max_instances", files->trace.node_count);
    json_object(w, "simulation");
    write_nodes(w, files);
    json_close_object(w);
    json_close_object(w);
    json_close_array(w);
}

static int write_runner(struct json_writer *w, const struct experiment_files *files,
                        int32_t arrival, struct err *err)
{
    const struct openb_pod_row *pod = &files->trace.pods[files->order.pods[arrival]];
    size_t size = strlen(pod->name) + sizeof "-tuned-2147483647";
    char *id = malloc(size);
    if (id == NULL)
        return err_no_memory(err);
    if (arrival < files->order.original_count)
        snprintf(id, size, "%s", pod->name);
    else
        snprintf(id, size, "%s-tuned-%d", pod->name, (int)(arrival - files->order.original_count));
    openb_open_line(w);
    json_string(w, "id", id);
    json_object(w, "nodepool");
    json_string(w, "id", "openb");
    json_close_object(w);
    openb_write_request(w, pod);
    json_int(w, "num_replicas", 1);
    json_object(w, "simulation");
    json_int(w, "arrival", arrival);
    json_int(w, "max_wait", 0);
    write_share(w, pod);
    json_close_object(w);
    openb_close_line(w);
    free(id);
    return 0;
}

static int write_scenario(const struct experiment_files *files,
                          const struct import_request *request, FILE *out, struct err *err)
{
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object(&w, NULL);
    if (write_settings(&w, files, request, err) != 0)
        return -1;
    write_pool(&w, files);
    json_array(&w, "runners");
    for (int32_t i = 0; i < files->order.count; i++)
        if (write_runner(&w, files, i, err) != 0)
            return -1;
    json_close_array(&w);
    json_close_object(&w);
    return 0;
}

static void add_up(const struct experiment_files *files, struct import_totals *totals)
{
    struct import_totals sum = {.node_count = files->trace.node_count,
                                .device_count = files->trace.share_milli / SHARE_WHOLE,
                                .pod_count = files->order.count};
    for (int32_t i = 0; i < files->order.count; i++) {
        const struct openb_pod_row *pod = &files->trace.pods[files->order.pods[i]];
        sum.cpu_milli_requested += pod->cpu_milli;
        sum.mem_bytes_requested += pod->mem_mib * OPENB_MIB;
        sum.share_milli_requested += pod->gpu_count * pod->gpu_milli;
    }
    *totals = sum;
}

int openb_import_experiment(const struct import_request *request, FILE *out,
                            struct import_totals *totals, struct err *err)
{
    struct experiment_files files = {.trace = {.node_count = 0}};
    int result = load(&files, request, err);
    if (result == 0)
        result = write_scenario(&files, request, out, err);
    if (result == 0)
        add_up(&files, totals);
    openb_order_release(&files.order);
    openb_trace_release(&files.trace);
    return result;
}
