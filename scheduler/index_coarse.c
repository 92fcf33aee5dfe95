/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_coarse.h"

#include <stddef.h>

/* Example: the largest node has 96000m and 512 GiB. By a shift of 1 its CPU fits into sixteen bits,
 * by one of 24 its memory. 3001m free and a demand of 3000m are 1500 both: it passes; one of 3002m
 * is 1501 and does not. A node with 460 milli free on its best device has the number 460, one with
 * two unused ones 1002: a demand of 500 milli passes there, one of three whole devices does not. */

enum { DEVICES_SHIFT = 1, SHARE_BITS = 1023, WHOLE_BITS = 127 };

static int32_t shift_for(int64_t largest)
{
    int32_t shift = 0;
    while (largest >> shift > UINT16_MAX)
        shift++;
    return shift;
}

struct coarse_scale coarse_scale_of(const struct fleet *fleet, const struct policy_instance *policy)
{
    double low = 0.0, high = 1.0;
    if (policy->policy->score_range != NULL)
        policy->policy->score_range(policy->values, &low, &high);
    return (struct coarse_scale){.cpu_shift = shift_for(fleet->cpu_milli_max),
                                 .mem_shift = shift_for(fleet->mem_bytes_max),
                                 .key_low = low,
                                 .key_steps = high > low ? (UINT16_MAX - 1) / (high - low) : 0.0};
}

uint16_t coarse_key(const struct coarse_scale *scale, double key)
{
    double steps = (key - scale->key_low) * scale->key_steps;
    steps = steps > 0.0 ? steps : 0.0;
    steps = steps < UINT16_MAX - 1 ? steps : UINT16_MAX - 1;
    return (uint16_t)(1 + (int32_t)steps);
}

static uint16_t shorten(int64_t amount, int32_t shift)
{
    int64_t coarse = amount >> shift;
    return (uint16_t)(coarse > UINT16_MAX ? UINT16_MAX : coarse);
}

static inline int32_t device_number(const int16_t *shares, int32_t count)
{
    int16_t largest = 0, whole = 0;
    for (int32_t i = 0; i < count; i++) {
        largest = shares[i] > largest ? shares[i] : largest;
        whole = (int16_t)(whole + (shares[i] == SHARE_WHOLE));
    }
    return largest + whole;
}

/* Apart, so that it costs nodes with few devices nothing. */
static __attribute__((noinline)) int32_t number_of_many(const struct fleet *fleet, int32_t node)
{
    return device_number(fleet_shares(fleet, node), fleet_type_of(fleet, node)->device_count);
}

/* Where a node has few devices, nothing is free on those that it does not have. */
static inline uint16_t device_word(const struct fleet *fleet, int32_t node)
{
    const struct node *at = &fleet->nodes[node];
    int32_t number = at->has_many_devices ? number_of_many(fleet, node)
                                          : device_number(at->device_free_milli, NODE_DEVICES);
    int32_t word = (number + 1) << DEVICES_SHIFT | (at->occupant_count == 0);
    bool is_open = (at->state == NODE_READY) & (at->isolated_count == 0);
    return (uint16_t)(is_open ? word : 0);
}

struct coarse_row coarse_row_of_node(const struct fleet *fleet, const struct coarse_scale *scale,
                                     int32_t node, double key)
{
    const struct node *at = &fleet->nodes[node];
    bool is_unbounded = fleet_type_of(fleet, node)->is_unbounded;
    return (struct coarse_row){
        .cpu = is_unbounded ? UINT16_MAX : shorten(at->cpu_free_milli, scale->cpu_shift),
        .mem = is_unbounded ? UINT16_MAX : shorten(at->mem_free_bytes, scale->mem_shift),
        .devices = device_word(fleet, node),
        .groups = (uint16_t)(1 << at->group % COARSE_GROUPS),
        .key = coarse_key(scale, key)};
}

void coarse_store(struct coarse_block *blocks, int32_t position, const struct coarse_row *row)
{
    struct coarse_block *block = &blocks[(uint32_t)position / COARSE_LANES];
    uint32_t lane = (uint32_t)position % COARSE_LANES;
    block->cpu[lane] = row->cpu;
    block->mem[lane] = row->mem;
    block->devices[lane] = row->devices;
    block->groups[lane] = row->groups;
    block->key[lane] = row->key;
}

void coarse_store_node(struct coarse_block *blocks, const struct coarse_scale *scale,
                       const struct fleet *fleet, int32_t node, double key)
{
    const struct coarse_row row = coarse_row_of_node(fleet, scale, node, key);
    coarse_store(blocks, node, &row);
}

void coarse_blank(struct coarse_block *block)
{
    for (int32_t lane = 0; lane < COARSE_LANES; lane++)
        block->devices[lane] = 0;
}

struct coarse_query coarse_query_of(const struct coarse_scale *scale, const struct row_query *query)
{
    uint32_t share = query->devices & SHARE_BITS;
    uint32_t whole = query->devices >> ROW_WHOLE_SHIFT & WHOLE_BITS;
    uint32_t is_empty = query->devices >> ROW_EMPTY_SHIFT & 1;
    return (struct coarse_query){.cpu = shorten(query->cpu_milli, scale->cpu_shift),
                                 .mem = shorten((int64_t)query->mem_kib << 10, scale->mem_shift),
                                 .devices = (uint16_t)((share + whole + 1) << DEVICES_SHIFT),
                                 .groups = (uint16_t)(query->groups | query->groups >> 16),
                                 .is_empty = (uint16_t)is_empty,
                                 .asks_group = query->groups != ROW_GROUPS_ALL || is_empty != 0};
}

bool coarse_passes(const struct coarse_block *blocks, int32_t position,
                   const struct coarse_query *query)
{
    const struct coarse_block *block = &blocks[position / COARSE_LANES];
    int32_t lane = position % COARSE_LANES;
    return block->cpu[lane] >= query->cpu && block->mem[lane] >= query->mem &&
           block->devices[lane] >= query->devices && (block->groups[lane] & query->groups) != 0 &&
           (block->devices[lane] & query->is_empty) == query->is_empty;
}
