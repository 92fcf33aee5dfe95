/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/cover_fit.h"

enum devices_answer cover_pack_devices(const struct cover *cover, int32_t type,
                                       const struct content *content)
{
    enum { DEMANDS_MAX = 256 };
    struct device_demand demands[DEMANDS_MAX];
    int32_t demand_count = 0, r = cover->device_resource;
    if (r < 0)
        return DEVICES_FIT;
    for (int32_t i = 0; i < content->row_count; i++) {
        int32_t row = content_row(content, i);
        int64_t units = cover_weight(cover, row)[r], count = content->counts[row];
        if (count == 0 || units == 0)
            continue;
        if (demand_count == DEMANDS_MAX)
            return DEVICES_UNKNOWN;
        demands[demand_count++] = (struct device_demand){.units = units, .count = count};
    }
    int64_t devices = cover_capacity(cover, type)[r] / cover->device_units;
    int64_t ticks = 0;
    return devices_pack(demands, demand_count, devices, cover->device_units, &ticks);
}

bool cover_pairs_allow(const struct cover *cover, int32_t row, const int64_t *counts)
{
    if (!cover->pair_first || counts[row] == 0)
        return true;
    for (int32_t p = cover->pair_first[row]; p < cover->pair_first[row + 1]; p++) {
        const struct knapsack_pair *pair = &cover->pairs[p];
        int64_t other = counts[pair->item];
        if (other > pair->other_max || (other > 0 && counts[row] > pair->own_max))
            return false;
    }
    return true;
}

static bool content_fits(const struct cover *cover, int32_t type, const struct content *content,
                         const int64_t *amounts)
{
    const int64_t *capacity = cover_capacity(cover, type);
    for (int32_t r = 0; r < cover->resource_count; r++) {
        if (amounts[r] > capacity[r])
            return false;
    }
    for (int32_t i = 0; i < content->row_count; i++) {
        int32_t row = content_row(content, i);
        if (content->counts[row] > 0 && !cover_may_use(cover, row, type))
            return false;
    }
    return cover_pack_devices(cover, type, content) == DEVICES_FIT;
}

int32_t cover_cheapest_type(const struct cover *cover, const struct content *content,
                            const int64_t *node_left)
{
    int64_t amounts[INSTANCE_RESOURCES_MAX] = {0};
    for (int32_t i = 0; i < content->row_count; i++) {
        int32_t row = content_row(content, i);
        int64_t count = content->counts[row];
        for (int32_t r = 0; count > 0 && r < cover->resource_count; r++)
            amounts[r] += count * cover_weight(cover, row)[r];
    }
    for (int32_t t = 0; t < cover->type_count; t++) {
        if (node_left[t] > 0 && content_fits(cover, t, content, amounts))
            return t;
    }
    return -1;
}
