/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_COVER_FIT_H
#define STOWAGE_PLAN_COVER_FIT_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/cover.h"
#include "plan/devices.h"
#include "plan/patterns.h"

/* Does a content, so many of each row of a cover, fit a node? */

/* Of the devices alone; DEVICES_FIT where there are none, or none are asked for. */
enum devices_answer cover_pack_devices(const struct cover *cover, int32_t type,
                                       const struct content *content);

/* Do the pairs of one row allow counts[row] of it beside the others? */
bool cover_pairs_allow(const struct cover *cover, int32_t row, const int64_t *counts);

/* The cheapest type with a node left that holds the content; -1: none. Looks at amounts,
 * types and devices; what pairs and count_max forbid is not asked. Devices whose packing was given
 * up count as not fitting. */
int32_t cover_cheapest_type(const struct cover *cover, const struct content *content,
                            const int64_t *node_left);

#endif
