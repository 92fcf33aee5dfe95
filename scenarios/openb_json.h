/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_OPENB_JSON_H
#define STOWAGE_SCENARIOS_OPENB_JSON_H

#include "base/json_writer.h"
#include "scenarios/openb_rows.h"
#include "scenarios/openb_types.h"

/* The parts of a scenario that all imports of an openb trace write alike. */

/* An object on a line of its own inside an array. */
void openb_open_line(struct json_writer *w);
void openb_close_line(struct json_writer *w);

/* "instance_types" of the pool. */
void openb_write_types(struct json_writer *w, const struct openb_types *types);

/* "compute_info" of a pod: CPU, memory, number of GPUs and the models it accepts. */
void openb_write_request(struct json_writer *w, const struct openb_pod_row *row);

#endif
