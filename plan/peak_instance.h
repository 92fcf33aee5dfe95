/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_PEAK_INSTANCE_H
#define STOWAGE_PLAN_PEAK_INSTANCE_H

#include <stdint.h>

#include "base/err.h"
#include "plan/axis.h"
#include "plan/instance.h"
#include "scenarios/scenario.h"

/* Replicas of runners as a packing problem over the axes of a plan: type i of the instance is axis
 * i, and may be taken as often as the axis allows. Prices are those of the axes times
 * peak_boost(axes), so costs are in the unit of plan_axes_price times that. A relaxation of what
 * the scheduler has to keep (see peak.h): whatever packs the replicas in the simulation packs the
 * instance. */

/* The first resources of the instance, in thousandths of a core, bytes, thousandths of a device. */
enum peak_resource { PEAK_CPU, PEAK_MEMORY, PEAK_DEVICES, PEAK_RESOURCE_COUNT };

/* Where nodes are counted, their price is 1 in the unit of the axes: as a billionth of the
 * currency, which bounds are rounded to, it would be lost in the rounding. */
static inline int64_t peak_boost(const struct plan_axes *axes)
{
    return axes->is_priced ? 1 : 1000000;
}

struct peak_demand { /* borrowed */
    const struct scenario *scenario;
    const struct plan_axes *axes; /* of kind AXIS_NODES */
    const int32_t *counts;        /* [scenario->runner_count] replicas of each runner */
    const int32_t *generated;     /* [scenario->arrival_count] replicas of the runners that each
                                     entry of `arrivals` generates; NULL: none */
};

/* An item for each shape that is asked for; of shapes with max_per_node for each runner, and for
 * each entry of `arrivals`, where the limit is dropped, since it is one of each generated runner.
 * item_of[runner_count + arrival_count] says which item stands for a runner, or for an entry of
 * `arrivals`; -1: nothing is asked for; in the instance's arena. An instance without items is
 * possible. On -1 the instance is zeroed. */
int peak_instance_make(struct instance *instance, const struct peak_demand *demand,
                       const int32_t **item_of, struct err *err);

#endif
