/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_SCOPE_NAMES_H
#define STOWAGE_REPORTS_SCOPE_NAMES_H

#include "base/table.h"
#include "sim/sim.h"

/* Scopes of sim->metrics in tables. */

const char *scope_kind(const struct scope *scope); /* "fleet", "nodepool", "instance-type" */
/* NULL of the whole fleet. */
const char *scope_pool_id(const struct sim *sim, const struct scope *scope);

/* The three columns scope, nodepool, instance_type. */
void scope_write(const struct sim *sim, const struct scope *scope, struct table *table);

/* Was there ever a node in the scope? */
bool scope_had_nodes(const struct sim *sim, const struct scope *scope);

/* "milli-CPU", "bytes", "devices", "milli-devices". */
const char *resource_unit_name(enum resource resource);

#endif
