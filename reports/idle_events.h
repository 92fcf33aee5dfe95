/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_IDLE_EVENTS_H
#define STOWAGE_REPORTS_IDLE_EVENTS_H

#include "base/json_writer.h"
#include "reports/phrase.h"
#include "sim/sim.h"

/* Events of the scenario that changed nothing: no node was in a state in which they mean something,
 * the runner had left, the number was in force already. Often a mistake in the scenario, so reports
 * say it. */

/* The i-th idle one: "drain_node at 3h (pool gpu)". */
void idle_event_print(const struct sim *sim, int32_t number, struct sentence *out);

/* "idle_events": the first 20, then "idle_event_count". */
void idle_events_json(const struct sim *sim, struct json_writer *w);

#endif
