/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_INDEX_KERNEL_H
#define STOWAGE_SCHEDULER_INDEX_KERNEL_H

#include <stdint.h>

#include "scheduler/index_rows.h"

/* Inside scheduler/ only. The two loops over rows, written twice: in plain C, and with the vectors
 * of AVX2 where the processor has them. Both give the same answers, bit for bit. */

struct index_kernel {
    const char *name;
    /* For each chunk of CHUNK_ROWS rows from row 0: the largest key of a row that passes;
     * -INFINITY where none does. */
    void (*chunk_keys)(const struct row_block *blocks, int32_t chunk_count,
                       const struct row_query *query, float *largest);
    /* Writes the positions of the rows in the range that pass and whose key is at least
     * `least_key`, ascending; there is room for as many as the range has rows. Gives their number.
     */
    int32_t (*filter)(const struct row_block *blocks, struct row_range range,
                      const struct row_query *query, float least_key, int32_t *positions);
};

extern const struct index_kernel index_kernel_plain;

/* The fastest that this processor can run. */
const struct index_kernel *index_kernel_best(void);

#endif
