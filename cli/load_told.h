/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_LOAD_TOLD_H
#define STOWAGE_CLI_LOAD_TOLD_H

#include <stdbool.h>

#include "scenarios/scenario.h"

/* scenario_load_edited for a user who watches: the problems of the scenario are told (when quiet no
 * warnings), and Ctrl-C or SIGTERM end the program (see interrupt_watch.h). */
int load_told(struct scenario *scenario, const char *path, const struct edit_list *edits,
              bool is_quiet, struct err *err);

#endif
