/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/certificate.h"

#include <assert.h>

#include "plan/divisor.h"

/* The factor by which prices are scaled, in units of 2^-FACTOR_BITS. */
enum { FACTOR_BITS = 40 };

int32_t certificate_shift(const struct cover *cover)
{
    enum { PRICE_BITS_MAX = 48, SUM_BITS_MAX = 60 };
    int128 items = 1;
    int64_t price = 1;
    for (int32_t i = 0; i < cover->row_count; i++)
        items += cover->rows[i].count_max;
    for (int32_t t = 0; t < cover->type_count; t++)
        price = cover->types[t].price_nano > price ? cover->types[t].price_nano : price;
    int32_t shift = 0;
    while (shift < 20 && price < (INT64_C(1) << PRICE_BITS_MAX) >> (shift + 1) &&
           items * price < ((int128)1 << SUM_BITS_MAX) >> (shift + 1))
        shift++;
    return shift;
}

/* floor(x * factor / 2^FACTOR_BITS); at most FACTOR_BITS + 62 bits on the way. */
static int64_t scaled(int64_t x, int64_t factor)
{
    return (int64_t)(((int128)x * factor) >> FACTOR_BITS);
}

static int64_t scaled_up(int64_t x, int64_t factor)
{
    return (int64_t)(((int128)x * factor + (((int128)1 << FACTOR_BITS) - 1)) >> FACTOR_BITS);
}

/* The largest factor at which a node of this type is worth no more than it costs. */
static int64_t factor_of(const struct cover *cover, int32_t type, int32_t shift,
                         const int64_t *worth)
{
    const int64_t factor_max = INT64_C(1) << (FACTOR_BITS + 1);
    if (worth[type] <= 0)
        return factor_max;
    int128 factor = (((int128)cover->types[type].price_nano << shift) << FACTOR_BITS) / worth[type];
    return factor < factor_max ? (int64_t)factor : factor_max;
}

/* The bound x 2^shift of the prices times the factor. */
static int128 bound_at(const struct cover *cover, int32_t shift, const int64_t *prices,
                       const int64_t *worth, int64_t factor)
{
    int128 sum = 0;
    for (int32_t i = 0; i < cover->row_count; i++)
        sum += (int128)cover->rows[i].demand * scaled(prices[i], factor);
    for (int32_t t = 0; t < cover->type_count; t++) {
        const struct cover_type *type = &cover->types[t];
        int64_t excess = scaled_up(worth[t], factor) - (type->price_nano << shift);
        if (excess > 0 && type->node_max != INSTANCE_NO_LIMIT)
            sum -= (int128)excess * type->node_max;
    }
    return sum;
}

int64_t certificate_bound(const struct cover *cover, int32_t shift, int64_t *prices,
                          const int64_t *worth)
{
    int64_t factor_max = INT64_C(1) << (FACTOR_BITS + 1);
    for (int32_t t = 0; t < cover->type_count; t++) {
        int64_t factor = factor_of(cover, t, shift, worth);
        if (cover->types[t].node_max == INSTANCE_NO_LIMIT && factor < factor_max)
            factor_max = factor;
    }
    /* The bound is concave in the factor, with its bends where a limited type begins to be worth
     * more than it costs. */
    int64_t best_factor = factor_max;
    int128 best = bound_at(cover, shift, prices, worth, factor_max);
    for (int32_t t = 0; t < cover->type_count; t++) {
        int64_t factor = factor_of(cover, t, shift, worth);
        if (cover->types[t].node_max == INSTANCE_NO_LIMIT || factor >= factor_max)
            continue;
        int128 bound = bound_at(cover, shift, prices, worth, factor);
        if (bound > best) {
            best = bound;
            best_factor = factor;
        }
    }
    for (int32_t i = 0; i < cover->row_count; i++)
        prices[i] = scaled(prices[i], best_factor);
    return best > 0 ? (int64_t)(best >> shift) : 0;
}

int64_t certificate_round_up(const struct cover *cover, int64_t bound_nano)
{
    int64_t unit = 0;
    for (int32_t t = 0; t < cover->type_count; t++)
        unit = common_divisor(unit, cover->types[t].price_nano);
    if (unit == 0)
        return bound_nano;
    int64_t rest = bound_nano % unit;
    return rest == 0 ? bound_nano : bound_nano - rest + unit;
}
