/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_CATALOGUE_H
#define STOWAGE_SCENARIOS_CATALOGUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "scenarios/lookup.h"
#include "scenarios/scenario.h"

/* Instance types by id; one id may stand for several types, in different providers or regions. */

struct known_type {
    struct node_type type;
    struct type_extra extra;
    int32_t next_same_id; /* NO_INDEX: the last */
};

struct type_registry {
    struct known_type *items;
    int32_t count, capacity;
    struct lookup by_id; /* the first of each id */
};

/* The first type of this id, or NO_INDEX. */
int32_t type_registry_find(const struct type_registry *registry, const char *id);

/* Adds a type behind others of its id; its strings outlive the registry. -1: out of memory. */
int type_registry_add(struct type_registry *registry, const struct known_type *type,
                      int32_t *number, struct err *err);

void type_registry_release(struct type_registry *registry);

/* The catalogue that ships with the program: JSON text like an answer of ListInstanceTypes. */
extern const unsigned char catalogue_json[];
extern const size_t catalogue_json_size;

#endif
