/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/filling.h"

#include <stdlib.h>
#include <string.h>

#include "plan/cover_fit.h"

int filling_init(struct filling *filling, const struct cover *cover, struct err *err)
{
    size_t rows = (size_t)cover->row_count + 1;
    *filling = (struct filling){.cover = cover};
    filling->counts = calloc(rows, sizeof *filling->counts);
    filling->used = calloc(rows, sizeof *filling->used);
    filling->open = calloc(rows, sizeof *filling->open);
    if (filling->counts && filling->used && filling->open)
        return 0;
    filling_release(filling);
    return err_no_memory(err);
}

void filling_release(struct filling *filling)
{
    free(filling->counts);
    free(filling->used);
    free(filling->open);
    *filling = (struct filling){0};
}

/* ---- devices ---- */

static void open_devices(struct filling *filling, int32_t type)
{
    const struct cover *cover = filling->cover;
    filling->device_count = 0;
    if (cover->device_resource < 0)
        return;
    int64_t count = cover_capacity(cover, type)[cover->device_resource] / cover->device_units;
    filling->device_count = (int32_t)(count < DEVICES_MAX ? count : DEVICES_MAX);
    for (int32_t d = 0; d < filling->device_count; d++)
        filling->device_room[d] = cover->device_units;
}

/* The device with least room that takes a share; -1: none. */
static int32_t tightest_device(const struct filling *filling, int64_t share)
{
    int32_t best = -1;
    for (int32_t d = 0; d < filling->device_count; d++) {
        int64_t room = filling->device_room[d];
        if (room >= share && (best < 0 || room < filling->device_room[best]))
            best = d;
    }
    return best;
}

/* Takes the devices of one item; false, and nothing taken, where they are not free. */
static bool take_devices(struct filling *filling, int64_t units)
{
    int64_t whole = filling->cover->device_units, missing = units / whole;
    if (units < whole) {
        int32_t d = tightest_device(filling, units);
        if (d >= 0)
            filling->device_room[d] -= units;
        return d >= 0;
    }
    for (int32_t d = 0; d < filling->device_count; d++)
        missing -= filling->device_room[d] == whole;
    if (missing > 0)
        return false;
    missing = units / whole;
    for (int32_t d = 0; d < filling->device_count && missing > 0; d++) {
        if (filling->device_room[d] == whole) {
            filling->device_room[d] = 0;
            missing--;
        }
    }
    return true;
}

/* ---- one node ---- */

static bool has_room(const struct filling *filling, const int64_t *weight)
{
    for (int32_t r = 0; r < filling->cover->resource_count; r++) {
        if (weight[r] > filling->room[r])
            return false;
    }
    return true;
}

static double gradient_of(enum filling_order order, double worth, double shares)
{
    if (order == FILLING_BY_WORTH)
        return worth;
    return (order == FILLING_LARGE_FIRST ? worth * worth : worth) / shares;
}

/* The open row of the highest gradient, by its place in `open`; -1: none fits. Rows that do not fit
 * are closed on the way. */
static int32_t best_row(struct filling *filling, const struct filling_request *request)
{
    const struct cover *cover = filling->cover;
    double per_unit[INSTANCE_RESOURCES_MAX], best_gradient = -1;
    int32_t kept = 0, best = -1;
    for (int32_t r = 0; r < cover->resource_count; r++)
        per_unit[r] = filling->room[r] > 0 ? 1 / (double)filling->room[r] : 0;
    filling->ticks += filling->open_count;
    for (int32_t i = 0; i < filling->open_count; i++) {
        int32_t row = filling->open[i];
        const int64_t *weight = cover_weight(cover, row);
        if (!has_room(filling, weight))
            continue;
        double shares = 1e-9;
        for (int32_t r = 0; r < cover->resource_count; r++)
            shares += (double)weight[r] * per_unit[r];
        double gradient = gradient_of(request->order, request->worth[row], shares);
        if (gradient > best_gradient) {
            best = kept;
            best_gradient = gradient;
        }
        filling->open[kept++] = row;
    }
    filling->open_count = kept;
    return best;
}

/* One more of the row, if count_max, pairs and devices allow it. */
static bool join(struct filling *filling, int32_t row, int64_t left)
{
    const struct cover *cover = filling->cover;
    const int64_t *weight = cover_weight(cover, row);
    int32_t d = cover->device_resource;
    if (filling->counts[row] >= left || filling->counts[row] >= cover->rows[row].count_max)
        return false;
    filling->counts[row]++;
    if (!cover_pairs_allow(cover, row, filling->counts) ||
        (d >= 0 && weight[d] > 0 && !take_devices(filling, weight[d]))) {
        filling->counts[row]--;
        return false;
    }
    for (int32_t r = 0; r < cover->resource_count; r++)
        filling->room[r] -= weight[r];
    if (filling->counts[row] == 1)
        filling->used[filling->used_count++] = row;
    return true;
}

static void open_node(struct filling *filling, const struct filling_request *request)
{
    const struct cover *cover = filling->cover;
    for (int32_t i = 0; i < filling->used_count; i++)
        filling->counts[filling->used[i]] = 0;
    filling->used_count = 0;
    filling->open_count = 0;
    for (int32_t i = 0; i < request->row_count; i++) {
        if (cover_may_use(cover, request->rows[i], request->type))
            filling->open[filling->open_count++] = request->rows[i];
    }
    memcpy(filling->room, cover_capacity(cover, request->type),
           (size_t)cover->resource_count * sizeof *filling->room);
    open_devices(filling, request->type);
    filling->ticks += request->row_count;
}

/* How many of the row join at once: a few of those that fit, so that a node that holds many
 * thousands is filled in a few hundred steps. */
static int64_t batch_of(const struct filling *filling, int32_t row, int64_t left)
{
    enum { STEPS_PER_NODE = 16 };
    const int64_t *weight = cover_weight(filling->cover, row);
    int64_t fitting = left - filling->counts[row];
    for (int32_t r = 0; r < filling->cover->resource_count; r++) {
        if (weight[r] > 0 && fitting > filling->room[r] / weight[r])
            fitting = filling->room[r] / weight[r];
    }
    return fitting > STEPS_PER_NODE ? fitting / STEPS_PER_NODE : 1;
}

double filling_fill(struct filling *filling, const struct filling_request *request)
{
    double worth = 0;
    open_node(filling, request);
    for (int32_t at; (at = best_row(filling, request)) >= 0;) {
        int32_t row = filling->open[at];
        int64_t batch = batch_of(filling, row, request->left[row]), joined = 0;
        while (joined < batch && join(filling, row, request->left[row]))
            joined++;
        worth += (double)joined * request->worth[row];
        filling->ticks += batch;
        if (joined < batch)
            filling->open[at] = filling->open[--filling->open_count];
    }
    return worth;
}
