/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_CONFIG_FILE_H
#define STOWAGE_CLI_CONFIG_FILE_H

#include "base/arena.h"
#include "base/err.h"
#include "scenarios/edit.h"

/* A configuration: a JSON object that is laid over a scenario, key by key:
 *
 *     {"scheduler": {"policy": "fgd", "preemption": {"enabled": false}},
 *      "nodepools[gpu].max_instances": 12}
 *
 * What is no object (or is an empty one) replaces what the scenario has there. Keys of the
 * outermost object may be paths as in scenarios/edit.h. */

enum { CONFIG_EDITS_MAX = 256 };

/* Reads the file as edits, in the arena. ERR_INPUT says what is wrong. */
int config_file_read(const char *path, struct arena *arena, struct edit_list *edits,
                     struct err *err);

#endif
