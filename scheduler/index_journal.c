/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_journal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"

int journal_resize(struct journal *journal, int32_t capacity, int32_t fresh, struct err *err)
{
    struct row_block *blocks = NULL;
    int32_t *nodes = NULL;
    int32_t block_capacity = 0, node_capacity = 0;
    assert(capacity > 0 && (capacity & (capacity - 1)) == 0);
    if (array_reserve_on_lines(&blocks, &block_capacity, (capacity + ROW_LANES - 1) / ROW_LANES,
                               sizeof *blocks, err))
        return -1;
    if (array_reserve(&nodes, &node_capacity, capacity, sizeof *nodes, err)) {
        free(blocks);
        return -1;
    }
    for (int32_t i = 0; i < capacity; i++) {
        nodes[i] = -1;
        row_blank(blocks, i);
    }
    free(journal->blocks);
    free(journal->nodes);
    *journal = (struct journal){.blocks = blocks,
                                .nodes = nodes,
                                .end = journal->end,
                                .capacity = capacity,
                                .fresh = fresh};
    return 0;
}

/* Blanks the entry with this number if it is the node's and still there: without a branch. */
static void blank(struct journal *journal, int32_t node, uint32_t number)
{
    int32_t place = (int32_t)(number & ((uint32_t)journal->capacity - 1));
    bool is_there = journal->nodes[place] == node;
    journal->nodes[place] = is_there ? -1 : journal->nodes[place];
    row_blank_if(journal->blocks, place, is_there);
}

uint32_t journal_append(struct journal *journal, int32_t node, const struct row *row,
                        uint32_t previous)
{
    uint32_t number = (uint32_t)journal->end;
    int32_t place = (int32_t)(number & ((uint32_t)journal->capacity - 1));
    if (number - previous <= (uint32_t)journal->fresh)
        blank(journal, node, previous);
    journal->nodes[place] = node;
    row_store(journal->blocks, place, row);
    journal->end++;
    return number;
}

struct row_range journal_range(const struct journal *journal, int64_t first, int32_t most)
{
    int32_t place = (int32_t)(first & (journal->capacity - 1));
    int32_t size = journal->capacity - place < most ? journal->capacity - place : most;
    int64_t left = journal->end - first;
    return (struct row_range){place, place + (left < size ? (int32_t)left : size)};
}

void journal_release(struct journal *journal)
{
    free(journal->blocks);
    free(journal->nodes);
    *journal = (struct journal){0};
}
