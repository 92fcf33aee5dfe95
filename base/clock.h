/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_CLOCK_H
#define STOWAGE_BASE_CLOCK_H

#include <stdint.h>

/* Time that passes while the program works, in microseconds since some moment; never set back.
 * (What is simulated has a time of its own, and no result depends on this one.) */
int64_t monotonic_us(void);

#endif
