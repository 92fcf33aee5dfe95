/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/cost.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A price is in millionths of a millicent (1e-11 USD) per second; a price x us is in 1e-17 USD, of
 * which a micro-USD has 1e11. Time is split into whole 1e11 us and a rest, so that no product
 * leaves int128 whatever the fleet. Example: 42 millicents a second (42 000 000) for an hour (3.6e9
 * us) is 1.512 USD. */
static const int64_t units_per_micro_usd = INT64_C(100000000000);
static const int64_t micro_per_usd = INT64_C(1000000);

int128 cost_of_time(int128 node_us, int64_t price_micro)
{
    assert(node_us >= 0);
    assert(price_micro >= 0);
    int128 whole = node_us / units_per_micro_usd * price_micro;
    int128 rest = node_us % units_per_micro_usd * price_micro;
    return whole + (rest + units_per_micro_usd / 2) / units_per_micro_usd;
}

static struct scope_cost cost_of_group(const struct sim *sim, const struct scope *scope)
{
    const struct fleet *fleet = &sim->sched.fleet;
    const struct node_type *type = fleet_group_type(fleet, scope->group);
    struct scope_cost cost = {.node_us = integral_area(&scope->nodes_up_or_down, sim->now_us)};
    if (type->has_price)
        cost.micro_usd = cost_of_time(cost.node_us, type->price_micro);
    else
        cost.unknown_node_us = cost.node_us;
    return cost;
}

static void add_cost(struct scope_cost *sum, const struct scope_cost *part)
{
    sum->node_us += part->node_us;
    sum->unknown_node_us += part->unknown_node_us;
    sum->micro_usd += part->micro_usd;
}

int scope_costs_make(const struct sim *sim, struct scope_cost **costs, struct err *err)
{
    const struct metrics *metrics = &sim->metrics;
    struct scope_cost *made = calloc((size_t)metrics->scope_count + 1, sizeof *made);
    if (made == NULL)
        return err_no_memory(err);
    for (int32_t i = 1 + metrics->pool_scope_count; i < metrics->scope_count; i++) {
        const struct scope *scope = &metrics->scopes[i];
        made[i] = cost_of_group(sim, scope);
        add_cost(&made[1 + scope->pool], &made[i]);
        add_cost(&made[0], &made[i]);
    }
    *costs = made;
    return 0;
}

int64_t node_existed_us(const struct sim *sim, int32_t node)
{
    const struct sim_node *at = &sim->nodes[node];
    int64_t end_us = at->removed_us == TIME_NEVER ? sim->now_us : at->removed_us;
    return end_us - at->added_us;
}

bool type_price_is_missing(const struct sim *sim, const struct scope_cost *costs, int32_t type)
{
    const struct metrics *metrics = &sim->metrics;
    const struct fleet *fleet = &sim->sched.fleet;
    for (int32_t i = 1 + metrics->pool_scope_count; i < metrics->scope_count; i++)
        if (costs[i].unknown_node_us > 0 && fleet->groups[metrics->scopes[i].group].type == type)
            return true;
    return false;
}

const char *print_usd(int128 micro_usd, char out[USD_TEXT_SIZE])
{
    assert(micro_usd >= 0);
    char whole[INT128_TEXT_SIZE];
    int128_print(micro_usd / micro_per_usd, whole);
    snprintf(out, USD_TEXT_SIZE, "%s.%06" PRId64, whole, (int64_t)(micro_usd % micro_per_usd));
    return out;
}
