/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_STRANDING_H
#define STOWAGE_REPORTS_STRANDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sim/sim.h"

/* Which shapes are tried on which nodes to tell whether something free there is stranded. */

/* What a shape may ask for; devices and device share go together. */
enum asked { ASKED_CPU = 0, ASKED_MEMORY, ASKED_DEVICES, ASKED_COUNT };

struct candidate_list {
    int32_t *shapes; /* numbers; what fitted last is moved to the front */
    int32_t count;
};

struct stranding {
    struct candidate_list *lists; /* [group_count * ASKED_COUNT] */
    int32_t *storage;             /* of all lists */
    bool is_asked[ASKED_COUNT];   /* by some shape of the scenario */
};

/* -1: memory, and there is nothing to release. O(groups * shapes). */
int stranding_init(struct stranding *stranding, const struct sim *sim, struct err *err);
void stranding_release(struct stranding *stranding);

/* Does a shape that asks for this fit on the node as it is? O(shapes) at worst. */
bool stranding_fits(struct stranding *stranding, const struct sim *sim, int32_t node,
                    enum asked asked);

#endif
