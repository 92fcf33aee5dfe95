/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/decimal.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *decimal_print(double value, int digits, char out[DECIMAL_TEXT_SIZE])
{
    assert(digits >= 0 && digits <= DECIMAL_DIGITS_MAX);
    if (!isfinite(value))
        return NULL;
    int length = snprintf(out, DECIMAL_TEXT_SIZE, "%.*f", digits, value);
    assert(length > 0 && length < DECIMAL_TEXT_SIZE);
    bool is_minus_zero = out[0] == '-' && strspn(out + 1, "0.") == strlen(out + 1);
    return is_minus_zero ? out + 1 : out;
}

const char *decimal_print_shortest(double value, char out[DECIMAL_TEXT_SIZE])
{
    if (!isfinite(value))
        return NULL;
    if (!(value < 0) && !(value > 0))
        value = 0; /* of either sign */
    for (int digits = 1; digits <= DECIMAL_DIGITS_MAX; digits++) {
        snprintf(out, DECIMAL_TEXT_SIZE, "%.*g", digits, value);
        double read = strtod(out, NULL);
        if (read <= value && read >= value)
            break;
    }
    return out;
}
