/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_VARY_H
#define STOWAGE_BENCH_VARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "scenarios/edit.h"

/* What a sweep varies: paths of the scenario (scenarios/edit.h), and the values that they have in
 * each cell. Either a full grid, the last path changing fastest, or a list of cells. */

enum { VARY_PATHS_MAX = 16, VARY_CELLS_MAX = 100000 };

struct vary {
    struct arena arena;
    const char *paths[VARY_PATHS_MAX];
    int32_t path_count;
    int32_t cell_count;
    const char **values; /* [cell_count * path_count]; NULL: left as it is in that cell */
};

/* A full grid from texts "PATH=VALUES". VALUES is a list with commas between (not those inside of
 * quotes, brackets or braces), in which a part may be a range FIRST..LAST or FIRST..LAST:STEP of
 * decimal numbers, with one and the same unit behind each: 10..40:5, 0.5..2:0.5, 1h..4h. LAST is in
 * it where the steps meet it. ERR_USAGE; also for values or paths that are given twice. On -1 it is
 * empty. */
int vary_parse(struct vary *vary, const char *const *texts, int32_t count, struct err *err);

/* A list from a CSV file: a column for each path, a row for each cell; an empty field leaves the
 * path as it is. */
int vary_read_list(struct vary *vary, const char *file, struct err *err);

/* Of a cell; NULL: left as it is. */
const char *vary_value(const struct vary *vary, int32_t cell, int32_t path);

/* The different values of a path, in the order of the cells in which they come first, NULL among
 * them: values[0..n), with room for cell_count. Returns n. O(cells * n). */
int32_t vary_levels(const struct vary *vary, int32_t path, const char **values);

/* Is every combination of levels one cell? */
bool vary_is_grid(const struct vary *vary);

/* "a=1, b=2" for people; cut where it is too long. Returns out. */
enum { VARY_TEXT_SIZE = 512 };
const char *vary_text(const struct vary *vary, int32_t cell, char out[VARY_TEXT_SIZE]);

/* The edits that make a cell, "PATH=VALUE" each, in the arena. -1: out of memory. */
int vary_edits(const struct vary *vary, int32_t cell, struct arena *arena, struct edit_list *list,
               struct err *err);

/* A number, perhaps with a unit behind it ("24h"): the number, and where the unit begins. False for
 * all else. */
bool vary_number(const char *text, double *number, const char **unit);

void vary_release(struct vary *vary);

#endif
