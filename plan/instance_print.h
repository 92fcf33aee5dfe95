/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_INSTANCE_PRINT_H
#define STOWAGE_PLAN_INSTANCE_PRINT_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "plan/instance_answer.h"

/* The answer as a reader or another program wants it; docs/planning.md describes every field.
 * Equal nodes are told once, with their number. -1: memory; what went wrong in writing is found by
 * the caller, with ferror. */

/* Who made it: printed into the JSON where it is not NULL. */
struct print_origin {
    const char *version, *command;
};

int instance_print_text(const struct instance_answer *answer, FILE *out, struct err *err);
int instance_print_json(const struct instance_answer *answer, const struct print_origin *origin,
                        FILE *out, struct err *err);

/* The tables of the folder: one row per kind of node and item on it; one row per item. */
int instance_print_nodes(const struct instance_answer *answer, FILE *out, struct err *err);
void instance_print_prices(const struct instance_answer *answer, FILE *out);

#endif
