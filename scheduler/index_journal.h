/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_INDEX_JOURNAL_H
#define STOWAGE_SCHEDULER_INDEX_JOURNAL_H

#include <stdint.h>

#include "base/err.h"
#include "scheduler/index_rows.h"

/* Inside scheduler/ only. The last changes of nodes, oldest first: which node, and its row after
 * the change. A ring; entries are numbered from 0 for ever, and the last `capacity` of them are
 * there. When a node changes again its earlier entry is blanked, so that a reader meets each node
 * once, as it is now. But one further back than `fresh` is left as it is: it has left the cache,
 * and hardly anybody reads that far back. Who does may meet a node as it was, and tells by the
 * number of its last entry. */

struct journal {
    struct row_block *blocks; /* entry n is row n & (capacity - 1) */
    int32_t *nodes;           /* of the entry in that row; -1: blanked, or never written */
    int64_t end;              /* number of the next entry */
    int32_t capacity;         /* a power of two */
    int32_t fresh;            /* above 0 */
};

/* An empty journal that goes on counting; entries so far are forgotten. On -1 nothing changed. */
int journal_resize(struct journal *journal, int32_t capacity, int32_t fresh, struct err *err);

/* Appends the node's new row; `previous` is the number of its last entry, modulo 2^32 (any number
 * if it has none). Gives the number of the new one, modulo 2^32. */
uint32_t journal_append(struct journal *journal, int32_t node, const struct row *row,
                        uint32_t previous);

/* Places of the entries from `first` on: at most `most` of them, not torn by the end of the ring.
 */
struct row_range journal_range(const struct journal *journal, int64_t first, int32_t most);

void journal_release(struct journal *journal);

#endif
