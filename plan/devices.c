/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/devices.h"

#include <stdbool.h>
#include <string.h>

enum {
    SHARES_MAX = 256, /* on one node; with more the answer is that of first-fit decreasing */
    STEPS_MAX = 20000,
    PASSES_PER_TICK = 4, /* they are short */
};

struct pack {
    int64_t share[SHARES_MAX]; /* the largest first */
    int32_t share_count;
    int64_t free[DEVICES_MAX];
    int32_t device_count;
    int32_t steps;
    int64_t ticks;
};

/* All shares from `next` on, the present one on each device that has room; of devices with equal
 * room only the first is tried. */
static bool place_rest(struct pack *pack, int32_t next)
{
    if (next == pack->share_count)
        return true;
    int64_t share = pack->share[next];
    for (int32_t d = 0; d < pack->device_count && pack->steps < STEPS_MAX; d++) {
        bool is_seen = false;
        pack->ticks += d + 1;
        for (int32_t e = 0; e < d && !is_seen; e++)
            is_seen = pack->free[e] == pack->free[d];
        if (is_seen || pack->free[d] < share)
            continue;
        pack->steps++;
        pack->free[d] -= share;
        if (place_rest(pack, next + 1))
            return true;
        pack->free[d] += share;
    }
    return false;
}

static void insert_share(struct pack *pack, int64_t share)
{
    int32_t at = pack->share_count++;
    for (; at > 0 && pack->share[at - 1] < share; at--)
        pack->share[at] = pack->share[at - 1];
    pack->share[at] = share;
    pack->ticks += pack->share_count - at;
}

enum devices_answer devices_pack(const struct device_demand *demands, int32_t demand_count,
                                 int64_t device_count, int64_t device_units, int64_t *ticks)
{
    struct pack pack = {.share_count = 0};
    int64_t whole = 0, shared = 0;
    bool is_cut = false;
    for (int32_t i = 0; i < demand_count; i++) {
        const struct device_demand *demand = &demands[i];
        if (demand->units >= device_units) {
            whole += demand->units / device_units * demand->count;
            continue;
        }
        shared += demand->units * demand->count;
        for (int64_t k = 0; k < demand->count && demand->units > 0; k++) {
            is_cut = is_cut || pack.share_count == SHARES_MAX;
            if (!is_cut)
                insert_share(&pack, demand->units);
        }
    }
    int64_t left = device_count - whole;
    if (left < 0 || shared > left * device_units)
        return DEVICES_TOO_FEW;
    if (is_cut || left > DEVICES_MAX)
        return DEVICES_UNKNOWN;
    pack.device_count = (int32_t)left;
    for (int32_t d = 0; d < pack.device_count; d++)
        pack.free[d] = device_units;
    bool fits = place_rest(&pack, 0);
    *ticks += pack.ticks / PASSES_PER_TICK;
    if (fits)
        return DEVICES_FIT;
    return pack.steps < STEPS_MAX ? DEVICES_TOO_FEW : DEVICES_UNKNOWN;
}
