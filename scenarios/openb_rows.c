/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/openb_rows.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "base/units.h"
#include "scheduler/shape.h"

static const char node_hint[] =
    "a list of openb nodes has the columns sn, cpu_milli, memory_mib, gpu and model";
static const char pod_hint[] =
    "a list of openb pods has the columns name, cpu_milli, memory_mib, num_gpu and gpu_milli";
static const char time_hint[] =
    "without creation_time and deletion_time only --static can import it: all pods at once, in "
    "the order of the file";

/* Latency-sensitive first, then the classes of Kubernetes in its order of eviction. */
static const struct {
    const char *qos;
    int priority;
} qos_priorities[] = {{"LS", 9}, {"Guaranteed", 6}, {"Burstable", 3}, {"BE", 0}};

int openb_nodes_find(const struct import_source *nodes, struct openb_node_columns *columns,
                     struct err *err)
{
    if (import_source_column(nodes, "sn", node_hint, &columns->name, err) != 0 ||
        import_source_column(nodes, "cpu_milli", node_hint, &columns->cpu, err) != 0 ||
        import_source_column(nodes, "memory_mib", node_hint, &columns->mem, err) != 0 ||
        import_source_column(nodes, "gpu", node_hint, &columns->gpu, err) != 0)
        return -1;
    return import_source_column(nodes, "model", node_hint, &columns->model, err);
}

int openb_pods_find(const struct import_source *pods, bool has_times,
                    struct openb_pod_columns *columns, struct err *err)
{
    if (import_source_column(pods, "name", pod_hint, &columns->name, err) != 0 ||
        import_source_column(pods, "cpu_milli", pod_hint, &columns->cpu, err) != 0 ||
        import_source_column(pods, "memory_mib", pod_hint, &columns->mem, err) != 0 ||
        import_source_column(pods, "num_gpu", pod_hint, &columns->gpu, err) != 0 ||
        import_source_column(pods, "gpu_milli", pod_hint, &columns->gpu_milli, err) != 0)
        return -1;
    columns->gpu_spec = csv_reader_find(&pods->reader, "gpu_spec");
    columns->qos = csv_reader_find(&pods->reader, "qos");
    columns->creation = columns->deletion = -1;
    if (!has_times)
        return 0;
    if (import_source_column(pods, "creation_time", time_hint, &columns->creation, err) != 0)
        return -1;
    return import_source_column(pods, "deletion_time", time_hint, &columns->deletion, err);
}

int openb_node_read(const struct import_source *nodes, const struct openb_node_columns *columns,
                    struct openb_node_row *row, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    if (import_source_text(nodes, columns->name, false, &row->name, err) != 0 ||
        import_source_int(nodes, columns->cpu, CPU_MILLI_MAX, &row->cpu_milli, err) != 0 ||
        import_source_int(nodes, columns->mem, MEM_BYTES_MAX / OPENB_MIB, &row->mem_mib, err) !=
            0 ||
        import_source_int(nodes, columns->gpu, SHAPE_DEVICES_MAX, &row->gpu_count, err) != 0 ||
        import_source_text(nodes, columns->model, true, &row->model, err) != 0)
        return -1;
    bool has_model = row->model[0] != '\0';
    if (has_model && row->gpu_count == 0)
        return import_source_fail(nodes, columns->model, err, "%s, but gpu is 0: leave it empty",
                                  text_quote(row->model, quoted));
    if (!has_model && row->gpu_count > 0)
        return import_source_fail(nodes, columns->model, err,
                                  "empty, but gpu is %" PRId64 ": name the model", row->gpu_count);
    return 0;
}

static int check_gpu(const struct import_source *pods, const struct openb_pod_columns *columns,
                     const struct openb_pod_row *row, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    if (row->gpu_count == 0 && row->gpu_milli != 0)
        return import_source_fail(pods, columns->gpu_milli, err,
                                  "%" PRId64 ", but num_gpu is 0: give 0", row->gpu_milli);
    if (row->gpu_count == 0 && row->gpu_spec[0] != '\0')
        return import_source_fail(pods, columns->gpu_spec, err,
                                  "%s, but num_gpu is 0: leave it empty",
                                  text_quote(row->gpu_spec, quoted));
    if (row->gpu_count > 0 && row->gpu_milli == 0)
        return import_source_fail(pods, columns->gpu_milli, err,
                                  "0, but num_gpu is %" PRId64 ": a share from 1 to 1000",
                                  row->gpu_count);
    if (row->gpu_count > 1 && row->gpu_milli != SHARE_WHOLE)
        return import_source_fail(pods, columns->gpu_milli, err,
                                  "%" PRId64 ", but num_gpu is %" PRId64
                                  ": several devices are taken whole, 1000 each",
                                  row->gpu_milli, row->gpu_count);
    return 0;
}

static int read_qos(const struct import_source *pods, int32_t column, struct openb_pod_row *row,
                    struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    row->qos = "";
    row->priority = 0;
    if (column < 0)
        return 0;
    if (import_source_text(pods, column, true, &row->qos, err) != 0)
        return -1;
    if (row->qos[0] == '\0')
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(qos_priorities); i++)
        if (strcmp(row->qos, qos_priorities[i].qos) == 0) {
            row->priority = qos_priorities[i].priority;
            return 0;
        }
    return import_source_fail(pods, column, err,
                              "%s: one of LS, Guaranteed, Burstable, BE, or nothing",
                              text_quote(row->qos, quoted));
}

static int read_times(const struct import_source *pods, const struct openb_pod_columns *columns,
                      struct openb_pod_row *row, struct err *err)
{
    row->creation_s = row->deletion_s = 0;
    row->is_deleted = false;
    if (columns->creation < 0)
        return 0;
    if (import_source_int(pods, columns->creation, TIME_US_MAX / US_PER_S, &row->creation_s, err) !=
        0)
        return -1;
    row->is_deleted = pods->reader.fields[columns->deletion][0] != '\0';
    if (!row->is_deleted)
        return 0;
    if (import_source_int(pods, columns->deletion, TIME_US_MAX / US_PER_S, &row->deletion_s, err) !=
        0)
        return -1;
    if (row->deletion_s < row->creation_s)
        return import_source_fail(pods, columns->deletion, err,
                                  "%" PRId64 " is before creation_time %" PRId64
                                  ": a pod is deleted after its creation, or never (empty)",
                                  row->deletion_s, row->creation_s);
    return 0;
}

int openb_pod_read(const struct import_source *pods, const struct openb_pod_columns *columns,
                   struct openb_pod_row *row, struct err *err)
{
    row->gpu_spec = "";
    if (import_source_text(pods, columns->name, false, &row->name, err) != 0 ||
        import_source_int(pods, columns->cpu, CPU_MILLI_MAX, &row->cpu_milli, err) != 0 ||
        import_source_int(pods, columns->mem, MEM_BYTES_MAX / OPENB_MIB, &row->mem_mib, err) != 0 ||
        import_source_int(pods, columns->gpu, SHAPE_DEVICES_MAX, &row->gpu_count, err) != 0 ||
        import_source_int(pods, columns->gpu_milli, SHARE_WHOLE, &row->gpu_milli, err) != 0)
        return -1;
    if (columns->gpu_spec >= 0 &&
        import_source_text(pods, columns->gpu_spec, true, &row->gpu_spec, err) != 0)
        return -1;
    if (check_gpu(pods, columns, row, err) != 0 || read_qos(pods, columns->qos, row, err) != 0)
        return -1;
    return read_times(pods, columns, row, err);
}
