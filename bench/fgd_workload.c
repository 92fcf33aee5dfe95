/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/fgd_workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum { PATH_SIZE = 4096 };

/* ---- shapes ---- */

/* "A|B" as patterns; empty parts say nothing. The copy is cut in place. */
static int32_t split_models(char *copy, const char **models, int32_t models_max)
{
    int32_t count = 0;
    char *rest = copy;
    while (*rest != '\0' && count < models_max) {
        size_t length = strcspn(rest, "|");
        bool is_last = rest[length] == '\0';
        rest[length] = '\0';
        if (length > 0)
            models[count++] = rest;
        rest += length + (is_last ? 0 : 1);
    }
    return count;
}

static int intern_pod(struct fgd_workload *workload, const struct openb_pod_row *pod,
                      int32_t *shape, struct err *err)
{
    enum { MODELS_MAX = 64 };
    static const int32_t pools[] = {0};
    const char *models[MODELS_MAX];
    char *copy = strdup(pod->gpu_spec);
    if (copy == NULL)
        return err_no_memory(err);
    bool is_share = pod->gpu_count > 0 && pod->gpu_milli < SHARE_WHOLE;
    const struct shape asked = {.cpu_milli = pod->cpu_milli,
                                .mem_bytes = pod->mem_mib * OPENB_MIB,
                                .device_count = (int32_t)pod->gpu_count,
                                .share_milli = is_share ? (int32_t)pod->gpu_milli : SHARE_WHOLE,
                                .sharing = is_share ? SHARING_MILLI : SHARING_WHOLE,
                                .type_patterns = models,
                                .type_pattern_count = split_models(copy, models, MODELS_MAX),
                                .pools = pools,
                                .pool_count = 1};
    int result = shape_table_intern(&workload->shapes, &asked, shape, err);
    free(copy);
    return result;
}

static int count_shape(struct fgd_workload *workload, int32_t shape, struct err *err)
{
    if (shape == workload->popular_count) {
        if (array_reserve(&workload->popular, &workload->popular_capacity, shape + INT64_C(1),
                          sizeof *workload->popular, err) != 0)
            return -1;
        workload->popular[workload->popular_count++] = (struct popular_shape){.shape = shape};
    }
    workload->popular[shape].count++;
    return 0;
}

static int make_shapes(struct fgd_workload *workload, struct err *err)
{
    const struct openb_trace *trace = &workload->trace;
    int32_t capacity = 0;
    if (array_reserve(&workload->shape_of_pod, &capacity, trace->pod_count,
                      sizeof *workload->shape_of_pod, err) != 0)
        return -1;
    for (int32_t i = 0; i < trace->pod_count; i++)
        if (intern_pod(workload, &trace->pods[i], &workload->shape_of_pod[i], err) != 0 ||
            count_shape(workload, workload->shape_of_pod[i], err) != 0)
            return -1;
    return 0;
}

/* ---- all of it ---- */

static int load(struct fgd_workload *workload, const char *folder, struct err *err)
{
    char nodes[PATH_SIZE], pods[PATH_SIZE];
    int nodes_length = snprintf(nodes, sizeof nodes, "%s/openb_node_list_gpu_node.csv", folder);
    int pods_length =
        snprintf(pods, sizeof pods, "%s/openb_pod_list_%s.csv", folder, workload->name);
    if (nodes_length < 0 || nodes_length >= PATH_SIZE || pods_length < 0 ||
        pods_length >= PATH_SIZE)
        return err_set(err, ERR_LIMIT, "%s: the path is too long", folder);
    if (openb_trace_load(&workload->trace, nodes, pods, err) != 0 ||
        make_shapes(workload, err) != 0)
        return -1;
    for (int32_t i = 0; i < workload->trace.node_count; i++) {
        const struct openb_type *type = &workload->trace.types.items[workload->trace.nodes[i].type];
        workload->cpu_milli += type->cpu_milli;
        workload->mem_bytes += type->mem_mib * OPENB_MIB;
    }
    return 0;
}

int fgd_workload_load(struct fgd_workload *workload, const char *folder, const char *name,
                      struct err *err)
{
    *workload = (struct fgd_workload){.name = name};
    if (load(workload, folder, err) != 0) {
        fgd_workload_release(workload);
        return -1;
    }
    return 0;
}

void fgd_workload_release(struct fgd_workload *workload)
{
    openb_trace_release(&workload->trace);
    shape_table_release(&workload->shapes);
    free(workload->shape_of_pod);
    free(workload->popular);
    *workload = (struct fgd_workload){0};
}
