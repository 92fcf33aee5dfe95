/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/option_values.h"

#include <assert.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/text.h"
#include "base/units.h"

int option_whole(const char *text, const char *place, struct whole_range range, int64_t *out,
                 struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    struct err ignored;
    int64_t value;
    if (parse_int64(text, &value, &ignored) != 0 || value < range.low || value > range.high)
        return err_set(err, ERR_USAGE, "%s: %s: give a whole number, %" PRId64 " to %" PRId64,
                       place, text_quote(text, quoted), range.low, range.high);
    *out = value;
    return 0;
}

int option_count(const char *text, const char *place, struct whole_range range, int32_t *out,
                 struct err *err)
{
    int64_t value;
    assert(range.low >= INT32_MIN && range.high <= INT32_MAX);
    if (option_whole(text, place, range, &value, err) != 0)
        return -1;
    *out = (int32_t)value;
    return 0;
}

int option_seed(const char *text, const char *place, uint64_t *out, struct err *err)
{
    int64_t value;
    if (option_whole(text, place, (struct whole_range){0, INT64_MAX}, &value, err) != 0)
        return -1;
    *out = (uint64_t)value;
    return 0;
}

int option_jobs(const char *text, const char *place, int32_t *out, struct err *err)
{
    return option_count(text, place, (struct whole_range){1, 1024}, out, err);
}

int32_t option_jobs_default(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : (int32_t)(count < 256 ? count : 256);
}
