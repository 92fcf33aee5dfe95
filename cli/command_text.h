/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_COMMAND_TEXT_H
#define STOWAGE_CLI_COMMAND_TEXT_H

#include "base/err.h"

/* The command line as one text that a shell would read back, for the provenance of a report:
 * "stowage run 'my week.json' -o out". argv[0] is the subcommand. The caller frees *text. */
int command_text(int argc, char **argv, char **text, struct err *err);

#endif
