/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_LOSSES_H
#define STOWAGE_PLAN_LOSSES_H

#include <stdint.h>

#include "base/err.h"
#include "plan/axis.h"
#include "plan/variant.h"

/* What a plan is to survive, as a list of single losses. */

enum survive_kind {
    SURVIVE_NODES = 0, /* any `count` nodes */
    SURVIVE_ZONE,      /* all nodes of `zone`; NULL: of any one zone */
    SURVIVE_SPOT,      /* all spot nodes */
};

struct survive {
    enum survive_kind kind;
    int32_t count;
    const char *zone; /* borrowed */
};

/* "node", "3", "zone", "zone:us-east-1a", "spot". The zone is borrowed from the text. ERR_USAGE. */
int survive_parse(struct survive *survive, const char *text, struct err *err);

/* ERR_USAGE where the scenario has nothing of the kind: no such zone, no spot type. */
int survive_check(const struct survive *survive, const struct scenario *scenario, struct err *err);

enum { LOSSES_MAX = 512 };
struct losses {
    struct plan_loss *items; /* [count]; the first is no loss at all; owned */
    int32_t *counts;         /* of all of them; owned */
    int32_t count, capacity, counts_capacity, counts_used;
};

/* Every way of losing what is given, of a plan with these counts. Nodes of one axis are alike, so
 * of any k nodes there are as many ways as of dividing k among the axes. ERR_LIMIT: more than
 * LOSSES_MAX. */
struct survive_list {
    const struct survive *items;
    int32_t count;
};
struct losses_of {
    const struct scenario *scenario;
    const struct plan_axes *axes;
    const int32_t *counts;
};
int losses_make(struct losses *losses, const struct losses_of *of,
                const struct survive_list *survives, struct err *err);
void losses_release(struct losses *losses);

#endif
