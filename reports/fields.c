/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/fields.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/units.h"
#include "reports/cost.h"

void field_int128(struct table *table, int128 value)
{
    char text[INT128_TEXT_SIZE];
    table_text(table, int128_print(value, text));
}

void field_percent(struct table *table, double share)
{
    table_decimal(table, share * 100.0, PERCENT_DIGITS);
}

void field_mean(struct table *table, int128 area, int64_t time_us)
{
    if (time_us == 0)
        table_empty(table);
    else
        table_decimal(table, int128_ratio(area, time_us), MEAN_DIGITS);
}

void field_ratio_percent(struct table *table, int128 part, int128 whole)
{
    if (whole == 0)
        table_empty(table);
    else
        field_percent(table, int128_ratio(part, whole));
}

void field_permille(struct table *table, int32_t permille)
{
    if (permille < 0)
        table_empty(table);
    else
        table_decimal(table, permille / 10.0, 1);
}

void field_instant(struct table *table, int64_t time_us)
{
    if (time_us == TIME_NEVER)
        table_empty(table);
    else
        table_seconds(table, time_us);
}

void field_hours(struct table *table, int128 time_us)
{
    table_decimal(table, int128_ratio(time_us, (int128)US_PER_S * 3600), 6);
}

void field_seconds_of(struct table *table, int128 time_us)
{
    assert(time_us >= 0);
    char whole[INT128_TEXT_SIZE];
    char text[INT128_TEXT_SIZE + 8];
    int128_print(time_us / US_PER_S, whole);
    snprintf(text, sizeof text, "%s.%06" PRId64, whole, (int64_t)(time_us % US_PER_S));
    table_text(table, text);
}

void field_yes_no(struct table *table, bool is_so)
{
    table_text(table, is_so ? "yes" : "no");
}

void field_usd(struct table *table, int128 micro_usd)
{
    char text[USD_TEXT_SIZE];
    table_text(table, print_usd(micro_usd, text));
}

void field_runner(struct table *table, const struct sim *sim, int32_t runner)
{
    char name[RUNNER_NAME_SIZE];
    table_text(table, sim_runner_name(sim, runner, name));
}

void field_node(struct table *table, const struct sim *sim, int32_t node)
{
    char name[NODE_NAME_SIZE];
    table_text(table, sim_node_name(sim, node, name));
}
