/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_PHRASE_H
#define STOWAGE_REPORTS_PHRASE_H

#include <stddef.h>
#include <stdint.h>

#include "base/int128.h"
#include "sim/metrics.h"

/* Numbers and sentences as people read them, for the terminal and report.md; rounded, unlike the
 * tables. */

enum { PHRASE_SIZE = 64, SENTENCE_SIZE = 1536 };

/* Three or so digits in a fitting unit: "0 s", "250 ms", "12.5 s", "3.2 h", "41 d". */
const char *phrase_time(int128 us, char out[PHRASE_SIZE]);
/* Exact, as a sum of days, hours, minutes and seconds: "5d 8h 30m". */
const char *phrase_instant(int64_t us, char out[PHRASE_SIZE]);
/* "78.1 %"; "-" for NaN; never 0.0 % or 100.0 % for what is only near: "< 0.1 %", "> 99.9 %". */
const char *phrase_percent(double share, char out[PHRASE_SIZE]);
/* "1 replica", "2 replicas". */
const char *phrase_count(int64_t count, const char *noun, char out[PHRASE_SIZE]);
/* "1234.57 USD" */
const char *phrase_usd(int128 micro_usd, char out[PHRASE_SIZE]);
/* "12.5 cores", "1.5 TiB", "3 devices"; share in devices. */
const char *phrase_amount(enum resource resource, int128 amount, char out[PHRASE_SIZE]);
/* A number with up to that many digits behind the point, without trailing zeros. */
const char *phrase_number(double value, int digits, char out[PHRASE_SIZE]);

/* A sentence that is put together; what does not fit is cut. Zero-initialised is an empty one. */
struct sentence {
    char text[SENTENCE_SIZE];
    size_t length;
};
void sentence_add(struct sentence *sentence, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
