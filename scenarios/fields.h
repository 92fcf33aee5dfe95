/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_FIELDS_H
#define STOWAGE_SCENARIOS_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "scenarios/value.h"
#include "base/words.h"

/* Typed reading. read_x takes a value that is there, get_x an object and a key. All are true only
 * when a value is there and right; else *out is unchanged, and what is wrong has been added to the
 * problems (an absent key is no problem). Texts are borrowed from the input, see reader_keep. */

struct int_range {
    int64_t low, high;
};

enum { ID_BYTES_MAX = 256 };

/* Text of 1 to 256 bytes of UTF-8 without control characters. */
bool read_id(const struct value *value, const char **out);

bool read_text(const struct value *value, const char **out);

/* Integers may be given as text; JSON numbers count only up to 2^53. */
bool read_int(const struct value *value, struct int_range range, int64_t *out);

bool read_duration(const struct value *value, int64_t *us);

/* RFC 3339 (needs the scenario's start), or an offset: microseconds from the start. */
bool read_instant(const struct value *value, int64_t *us);

/* An enum of the API: a name, or its number, or the number as text. */
bool read_enum(const struct value *value, struct words names, int64_t *out);

/* One of our own words; its position. */
bool read_choice(const struct value *value, struct words names, int64_t *out);

bool get_id(const struct value *object, const char *key, const char **out);
bool get_text(const struct value *object, const char *key, const char **out);
bool get_int(const struct value *object, const char *key, struct int_range range, int64_t *out);
bool get_int32(const struct value *object, const char *key, struct int_range range, int32_t *out);
bool get_bool(const struct value *object, const char *key, bool *out);
bool get_number(const struct value *object, const char *key, double *out);
/* Kubernetes quantities, or numbers: cores and bytes. "" is as absent. */
bool get_cpu(const struct value *object, const char *key, bool may_be_negative, int64_t *cpu_milli);
bool get_mem(const struct value *object, const char *key, bool may_be_negative, int64_t *mem_bytes);
bool get_duration(const struct value *object, const char *key, int64_t *us);
bool get_instant(const struct value *object, const char *key, int64_t *us);
bool get_enum(const struct value *object, const char *key, struct words names, int64_t *out);
bool get_choice(const struct value *object, const char *key, struct words names, int64_t *out);

/* As get_id, with an error when it is absent. */
bool require_id(const struct value *object, const char *key, const char **out);

/* RFC 3339 text that is only carried: checked, and kept as it is ("" when absent). */
const char *get_timestamp(const struct value *object, const char *key, int64_t *unix_us);

/* Text that is only carried, interned; "" when absent. */
const char *get_carried_text(const struct value *object, const char *key);

/* The list of texts under a key, interned; false when it is absent or empty. */
struct text_list {
    const char *const *items;
    int32_t count;
};
bool get_text_list(const struct value *object, const char *key, struct text_list *out);

/* A number as the shortest decimal text that reads back as the same number: 0.1, not
 * 0.10000000000000001; without an exponent between 1e-30 and 1e30. Returns out. */
enum { NUMBER_TEXT_SIZE = 64 };
const char *number_text(double number, char out[NUMBER_TEXT_SIZE]);

/* The same of what stands there, which is a number; a long integer as it was written. */
const char *value_number_text(const struct value *value, char out[NUMBER_TEXT_SIZE]);

#endif
