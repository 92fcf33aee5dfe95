/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_FLOORS_H
#define STOWAGE_CLI_FLOORS_H

#include "sim/sim.h"

/* Before a run: makes the report of floors that cannot be met even by an empty fleet at its maximum
 * size, and tells each as a warning on stderr, or none. The result is an enum exit_code:
 * EXIT_ANSWER_IS_NO when there are such floors. `report` may be NULL; else it is the caller's to
 * release, and zeroed after EXIT_SYSTEM. */
int floors_tell(const struct scenario *scenario, struct floor_report *report, bool is_quiet);

#endif
