/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_DEVICES_H
#define STOWAGE_PLAN_DEVICES_H

#include <stdint.h>

/* Do these shares and whole devices fit the devices of one node? A share lies on one device. */

enum { DEVICES_MAX = 64 }; /* of one node */

enum devices_answer {
    DEVICES_FIT,
    DEVICES_TOO_FEW,
    DEVICES_UNKNOWN, /* the search was given up; no order of trying has succeeded */
};

struct device_demand {
    int64_t units; /* below those of a device: a share; else a multiple: whole devices */
    int64_t count;
};

/* device_count devices of device_units each. Tries first-fit decreasing, then all ways, up to a
 * fixed number of steps. The demands may come in any order. *ticks grows by the passes through its
 * innermost loops. */
enum devices_answer devices_pack(const struct device_demand *demands, int32_t demand_count,
                                 int64_t device_count, int64_t device_units, int64_t *ticks);

#endif
