/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_TESTS_TRACE_TEXT_H
#define STOWAGE_TESTS_TRACE_TEXT_H

#include <stdio.h>

#include "sim/sim.h"

/* A run as text that is easy to read and to compare, one record a line:
 *     90s          evicted          low/0 on p-0 for high/0, core, depth 1 */

/* Writes the records of the last step (options.keep_records). */
void trace_text_print(const struct sim *sim, FILE *out);

#endif
