/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "scenarios/import.h"

/* Any bytes are failures of a system, or get an error of the input; nodes and failures that are
 * told are some. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    char path[64];
    FILE *file = tmpfile();
    FILE *out = tmpfile();
    FILE *rows = tmpfile();
    struct import_totals totals = {0};
    assert(file && out && rows && fwrite(data, 1, size, file) == size && fflush(file) == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    struct import_request request = {
        .failures_path = path, .system = 2, .rows_out = rows, .rows_name = "rows.csv"};
    if (import_find("lanl")->run(&request, out, &totals, &err) == 0)
        assert(totals.node_count > 0 && totals.failure_count > 0);
    else
        assert(err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
    fclose(file);
    fclose(out);
    fclose(rows);
    return 0;
}
