/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_UNITS_H
#define STOWAGE_BASE_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Quantities in, integers out. All parsers reject what does not fit their limit with ERR_LIMIT and
 * what does not parse with ERR_INPUT; the err text says what is wrong and what is allowed, without
 * file and place (the caller prefixes these). On -1 *out is unchanged. Limits are such that sums
 * over 2^31 nodes, more than any fleet has, stay within int64_t for CPU and within int128 for bytes
 * x time. */

#define CPU_MILLI_MAX INT64_C(1000000000)                  /* a million cores on one node */
#define MEM_BYTES_MAX (INT64_C(1) << 50)                   /* 1 PiB on one node */
#define TIME_US_MAX (INT64_C(100) * 366 * 86400 * 1000000) /* a hundred years */
#define PRICE_MICRO_MAX INT64_C(1000000000000000)          /* ten thousand USD a second */

enum { US_PER_MS = 1000, US_PER_S = 1000000 };

/* Kubernetes quantities: an optional sign, decimal digits with at most one point ("12", "4.5",
 * "5.", ".5"), then at most one suffix: n u m k M G T P E (powers of 1000), Ki Mi Gi Ti Pi Ei
 * (powers of 1024), or a decimal exponent "e3", "E-3" ("1E" is an exa, "1E3" a thousand, "1e3m" is
 * an error). Exact for any length of text; what is finer than the unit of the result is rounded
 * away from zero, as Kubernetes does. Negative quantities parse (net capacity of the pseudo
 * instance "local") when may_be_negative; else they are ERR_INPUT. */

/* Cores ("500m", "1.5", "2") as milli-CPU. */
int parse_cpu_milli(const char *text, bool may_be_negative, int64_t *out, struct err *err);

/* Bytes ("16Gi", "127.816Gi", "1e9", "512M") as bytes. */
int parse_mem_bytes(const char *text, bool may_be_negative, int64_t *out, struct err *err);

/* "90s", "15m", "24h", "7d", "250ms", "10us", "1.5h", or sums in falling order "1h30m"; a bare
 * number is seconds. Non-negative. Exact: a fraction below a microsecond is an error. */
int parse_duration_us(const char *text, int64_t *out, struct err *err);

/* RFC 3339 instant ("2026-01-05T00:00:00Z", fractions to nanoseconds cut to microseconds, offsets
 * applied, leap second 60 taken as 59.999999): microseconds since 1970-01-01T00:00:00Z. The
 * Gregorian calendar is used for all years from 0000 to 9999. */
int parse_instant_us(const char *text, int64_t *out, struct err *err);

/* Decimal price text in millicents (1/100 000 USD) per second, such as "42.000000", to nothing
 * finer than 6 decimals: millionths of a millicent per second. Non-negative. */
int parse_price_micro(const char *text, int64_t *out, struct err *err);

/* Plain decimal integer, optional leading '-', nothing else around it. */
int parse_int64(const char *text, int64_t *out, struct err *err);

/* Printing. Each writes into out and returns it. */
enum { UNITS_TEXT_SIZE = 40 };

/* Parses back to the same value. Whole seconds, and less than one: the shortest sum of whole
 * numbers, such as "90s", "26h", "250ms"; of equally short ones the one that starts with the larger
 * unit: "9d2h", not "218h". Else as people read it: "2d6h5m13.651574s", "1h0.5s". */
const char *print_duration(int64_t us, char out[UNITS_TEXT_SIZE]);

/* RFC 3339 in UTC with six decimals of the seconds only where they are not 0. Years outside 0000 to
 * 9999, which no parsed instant has, get a sign: "+10000-01-01T00:00:00Z". */
const char *print_instant(int64_t unix_us, char out[UNITS_TEXT_SIZE]);

/* Cores: "2", "1.5", "7.525"; below one "500m". */
const char *print_cpu(int64_t cpu_milli, char out[UNITS_TEXT_SIZE]);

/* Bytes in the largest unit that divides them: "16Gi", "29033Mi", "1234567". */
const char *print_mem(int64_t mem_bytes, char out[UNITS_TEXT_SIZE]);

/* What the noun behind the count ends in: "" behind 1, else "s". For printf's "%d node%s". */
static inline const char *plural_end(int64_t count)
{
    return count == 1 ? "" : "s";
}

/* Checked arithmetic for input paths: false (and *out unchanged) on overflow. */
bool checked_add(int64_t a, int64_t b, int64_t *out);
bool checked_mul(int64_t a, int64_t b, int64_t *out);

#endif
