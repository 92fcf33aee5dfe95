/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/openb_json.h"

#include <inttypes.h>
#include <string.h>

#include "base/csv_reader.h"
#include "base/units.h"

void openb_open_line(struct json_writer *w)
{
    json_object(w, NULL);
    w->compact = true;
}

void openb_close_line(struct json_writer *w)
{
    json_close_object(w);
    w->compact = false;
}

/* The suffixed integers "12000m" and "16384Mi" of the trace's own units. */
static void write_quantity(struct json_writer *w, const char *key, int64_t value,
                           const char *suffix)
{
    char text[UNITS_TEXT_SIZE];
    snprintf(text, sizeof text, "%" PRId64 "%s", value, suffix);
    json_string(w, key, text);
}

void openb_write_types(struct json_writer *w, const struct openb_types *types)
{
    json_array(w, "instance_types");
    for (int32_t i = 0; i < types->count; i++) {
        const struct openb_type *type = &types->items[i];
        openb_open_line(w);
        json_string(w, "id", type->id);
        json_object(w, "compute_info");
        write_quantity(w, "cpu_limit", type->cpu_milli, "m");
        write_quantity(w, "cpu_memory", type->mem_mib, "Mi");
        if (type->gpu_count > 0) {
            json_int(w, "num_accelerators", type->gpu_count);
            json_array(w, "accelerator_type");
            json_string(w, NULL, type->model);
            json_close_array(w);
        }
        json_close_object(w);
        openb_close_line(w);
    }
    json_close_array(w);
}

/* "A|B" as an array; empty parts say nothing. */
static void write_models(struct json_writer *w, const char *gpu_spec)
{
    char model[CSV_FIELD_MAX + 1];
    json_array(w, "accelerator_type");
    while (*gpu_spec != '\0') {
        size_t length = strcspn(gpu_spec, "|");
        memcpy(model, gpu_spec, length);
        model[length] = '\0';
        if (length > 0)
            json_string(w, NULL, model);
        gpu_spec += length + (gpu_spec[length] == '|' ? 1 : 0);
    }
    json_close_array(w);
}

void openb_write_request(struct json_writer *w, const struct openb_pod_row *row)
{
    json_object(w, "compute_info");
    write_quantity(w, "cpu_limit", row->cpu_milli, "m");
    write_quantity(w, "cpu_memory", row->mem_mib, "Mi");
    if (row->gpu_count > 0)
        json_int(w, "num_accelerators", row->gpu_count);
    if (row->gpu_spec[0] != '\0')
        write_models(w, row->gpu_spec);
    json_close_object(w);
}
