/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/shortage.h"

#include <stdlib.h>
#include <string.h>

#include "plan/certificate.h"
#include "plan/devices.h"
#include "plan/master.h"

static bool has_unlimited_type(const struct cover *cover, int32_t row)
{
    for (int32_t t = 0; t < cover->type_count; t++) {
        if (cover->types[t].node_max == INSTANCE_NO_LIMIT && cover_may_use(cover, row, t))
            return true;
    }
    return false;
}

/* Leaves the rows that only limited types hold. Returns how many. */
static int32_t keep_limited_rows(struct cover *scarce)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < scarce->row_count; i++) {
        if (has_unlimited_type(scarce, i))
            scarce->rows[i].demand = scarce->rows[i].count_max = 0;
        else
            kept++;
    }
    return kept;
}

static void set_prices(struct cover *scarce, int64_t price_nano)
{
    for (int32_t t = 0; t < scarce->type_count; t++)
        scarce->types[t].price_nano = price_nano;
}

/* ---- devices ---- */

/* How much of a device a share counts as, for a bound of the smallest that counts: all of it where
 * nothing that counts fits beside it, none below. Whatever fits one device counts as one at most (a
 * dual feasible function; Fekete and Schepers, Mathematical Programming 91, 2001). */
static int64_t counted_units(const struct cover *cover, int32_t row, int64_t smallest)
{
    int64_t units = cover_weight(cover, row)[cover->device_resource];
    if (units >= cover->device_units)
        return units;
    if (units > cover->device_units - smallest)
        return cover->device_units;
    return units >= smallest ? units : 0;
}

/* Are the devices too few for what the items count as? */
static int prove_by_devices(struct master *master, int64_t smallest, bool *is_proved,
                            struct err *err)
{
    const struct cover *cover = master->cover;
    int64_t unit = (MASTER_FREE_SLACK_NANO << master->shift) / (cover->device_units * DEVICES_MAX);
    for (int32_t i = 0; i < cover->row_count; i++)
        master->smooth[i] = unit * counted_units(cover, i, smallest);
    for (int32_t t = 0; t < cover->type_count; t++) {
        struct pricing_query query = {.type = t, .prices = master->smooth};
        query.limits = (struct knapsack_limits){
            .stop_at = INT64_MAX, .ticks_max = INT64_MAX, .trusts_devices = true};
        struct knapsack_answer answer;
        if (pricing_solve(&master->pricing, &query, master->counts, &answer, err))
            return -1;
        master->worth[t] = answer.upper_bound;
        master->ticks += answer.ticks;
    }
    memset(master->counts, 0, (size_t)cover->row_count * sizeof *master->counts);
    *is_proved = certificate_bound(cover, master->shift, master->smooth, master->worth) > 0;
    return 0;
}

/* With each share up to a half as the smallest that counts. */
static int try_devices(struct master *master, bool *is_proved, struct err *err)
{
    const struct cover *cover = master->cover;
    for (int32_t i = 0; cover->device_resource >= 0 && i < cover->row_count && !*is_proved; i++) {
        int64_t units = cover_weight(cover, i)[cover->device_resource];
        bool is_smallest = units > 0 && 2 * units <= cover->device_units;
        if (is_smallest && prove_by_devices(master, units, is_proved, err))
            return -1;
    }
    return 0;
}

/* ---- any weights ---- */

static int prove(struct cover *scarce, bool *is_proved, int64_t *ticks_left, struct err *err)
{
    const struct master_effort effort = {.ticks_max = *ticks_left,
                                         .search_steps_max = 64000,
                                         .rounds_max = 300,
                                         .seeks_bound = true};
    struct master master;
    set_prices(scarce, MASTER_FREE_SLACK_NANO);
    int32_t shift = certificate_shift(scarce);
    set_prices(scarce, 0);
    if (master_init(&master, scarce, err))
        return -1;
    master.shift = shift; /* of prices up to those of the slacks */
    master.pricing.bounds_devices = true;
    int result = try_devices(&master, is_proved, err);
    if (result == 0 && !*is_proved) {
        result = master_solve(&master, &effort, err);
        *is_proved = result == 0 && master.bound_nano > 0;
    }
    *ticks_left -= master.ticks;
    master_release(&master);
    return result;
}

int shortage_prove(const struct cover *cover, bool *is_proved, int64_t *ticks_left, struct err *err)
{
    struct cover scarce = *cover;
    size_t row_bytes = (size_t)cover->row_count * sizeof *scarce.rows;
    size_t type_bytes = (size_t)cover->type_count * sizeof *scarce.types;
    *is_proved = false;
    scarce.rows = malloc(row_bytes);
    scarce.types = malloc(type_bytes);
    int result = scarce.rows && scarce.types ? 0 : err_no_memory(err);
    if (result == 0) {
        memcpy(scarce.rows, cover->rows, row_bytes);
        memcpy(scarce.types, cover->types, type_bytes);
        if (keep_limited_rows(&scarce) > 0)
            result = prove(&scarce, is_proved, ticks_left, err);
    }
    free(scarce.rows);
    free(scarce.types);
    return result;
}
