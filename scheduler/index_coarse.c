/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_coarse.h"

#include <stddef.h>

/* Example: the largest node has 96000m and 512 GiB. By a shift of 1 its CPU fits into sixteen bits,
 * by one of 14 its memory (of 2^29 KiB). 3001m free and a demand of 3000m are 1500 both: it passes;
 * one of 3002m is 1501 and does not. A node with 460 milli free on its best device lacks 127 - 57 =
 * 70 to 127. A demand of 500 milli is 62, and 70 + 62 has the guard of the field set. */

enum { SHARE_SHIFT = 3, SHARE_MOST = 127, WHOLE_SHIFT = 8, WHOLE_MOST = 15, EMPTY_SHIFT = 13 };
enum { TAKES_NONE = 1 << 15 };

static int32_t clamp(int64_t value)
{
    return value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

static int32_t shift_for(int32_t largest)
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
    return (struct coarse_scale){.cpu_shift = shift_for(clamp(fleet->cpu_milli_max)),
                                 .mem_shift = shift_for(clamp(fleet->mem_bytes_max >> 10)),
                                 .key_low = (float)low,
                                 .key_steps =
                                     high > low ? (float)((UINT16_MAX - 1) / (high - low)) : 0.0F};
}

uint16_t coarse_key(const struct coarse_scale *scale, float key)
{
    float steps = (key - scale->key_low) * scale->key_steps;
    steps = steps > 0.0F ? steps : 0.0F;
    steps = steps < (float)(UINT16_MAX - 1) ? steps : (float)(UINT16_MAX - 1);
    return (uint16_t)(1 + (int32_t)steps);
}

static uint16_t shorten(int32_t amount, int32_t shift)
{
    int32_t coarse = amount >> shift;
    return (uint16_t)(coarse > UINT16_MAX ? UINT16_MAX : coarse);
}

/* The three numbers of a device word of index_rows.h, rounded down, each in its field. */
static uint32_t fields_of(uint32_t devices)
{
    uint32_t share = (devices & 1023) >> SHARE_SHIFT;
    uint32_t whole = devices >> ROW_WHOLE_SHIFT & 127, empty = devices >> ROW_EMPTY_SHIFT & 1;
    whole = whole < WHOLE_MOST ? whole : WHOLE_MOST;
    return share | whole << WHOLE_SHIFT | empty << EMPTY_SHIFT;
}

void coarse_store(struct coarse_block *blocks, const struct coarse_scale *scale, int32_t position,
                  const struct row *row)
{
    static const uint32_t most = SHARE_MOST | WHOLE_MOST << WHOLE_SHIFT | 1 << EMPTY_SHIFT;
    struct coarse_block *block = &blocks[(uint32_t)position / COARSE_LANES];
    uint32_t lane = (uint32_t)position % COARSE_LANES, takes_none = row->cpu_milli < 0;
    block->cpu[lane] = shorten(row->cpu_milli, scale->cpu_shift);
    block->mem[lane] = shorten(row->mem_kib, scale->mem_shift);
    block->devices[lane] = (uint16_t)((most - fields_of(row->devices)) | takes_none << 15);
    block->groups[lane] = (uint16_t)(row->groups | row->groups >> 16);
    block->key[lane] = coarse_key(scale, row->key);
}

void coarse_blank(struct coarse_block *block)
{
    for (int32_t lane = 0; lane < COARSE_LANES; lane++)
        block->devices[lane] = TAKES_NONE;
}

struct coarse_query coarse_query_of(const struct coarse_scale *scale, const struct row_query *query)
{
    return (struct coarse_query){.cpu = shorten(query->cpu_milli, scale->cpu_shift),
                                 .mem = shorten(query->mem_kib, scale->mem_shift),
                                 .devices = (uint16_t)fields_of(query->devices),
                                 .groups = (uint16_t)(query->groups | query->groups >> 16),
                                 .asks_group = query->groups != ROW_GROUPS_ALL};
}

bool coarse_passes(const struct coarse_block *blocks, int32_t position,
                   const struct coarse_query *query)
{
    const struct coarse_block *block = &blocks[position / COARSE_LANES];
    int32_t lane = position % COARSE_LANES;
    return block->cpu[lane] >= query->cpu && block->mem[lane] >= query->mem &&
           ((block->devices[lane] + query->devices) & COARSE_GUARDS) == 0 &&
           (block->groups[lane] & query->groups) != 0;
}
