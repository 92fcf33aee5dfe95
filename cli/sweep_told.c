/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/sweep_told.h"

#include <inttypes.h>
#include <string.h>

#include "base/units.h"
#include "bench/sweep_tables.h"
#include "cli/command.h"
#include "cli/message.h"

enum { ROWS_MAX = 40, TOLD_MAX = 10 };

static int print_table(const struct sweep_results *results)
{
    struct err err = {.kind = ERR_NONE};
    int32_t cells = results->plan->vary.cell_count;
    if (sweep_print_text(results, ROWS_MAX, false, stdout, &err) != 0)
        return message_fail(&err);
    if (cells > ROWS_MAX)
        printf("... and %" PRId32 " more cell%s\n", cells - ROWS_MAX, plural_end(cells - ROWS_MAX));
    return message_flush_stdout();
}

/* The first cells that are not whole, by name. */
static void tell_cells(const struct sweep_results *results, struct sweep_shard shard)
{
    char text[VARY_TEXT_SIZE];
    int32_t told = 0;
    for (int32_t cell = shard.index; cell < results->plan->vary.cell_count; cell += shard.count) {
        const char *state = sweep_cell_state(results, cell);
        const char *problem = sweep_cell_problem(results, cell);
        if (strcmp(state, "whole") == 0 || told++ >= TOLD_MAX)
            continue;
        message_warn("cell %" PRId32 " (%s) is %s: %s", cell,
                     vary_text(&results->plan->vary, cell, text), state,
                     problem[0] != '\0' ? problem : "it was not run");
    }
    if (told > TOLD_MAX)
        message_warn("and %" PRId32 " more cell%s", told - TOLD_MAX, plural_end(told - TOLD_MAX));
}

/* What a reader of the table should know of it. */
static void tell_idle(const struct sweep_results *results)
{
    const struct vary *vary = &results->plan->vary;
    for (int32_t i = 0; i < vary->path_count; i++)
        if (!sweep_path_matters(results, i))
            message_note("%s changed no value of any metric", vary->paths[i]);
    if (!sweep_is_random(results))
        message_note("all replications of a cell are equal: nothing in this scenario is random");
}

int sweep_tell(const struct sweep_results *results, const char *folder, bool is_quiet)
{
    struct sweep_shard shard = results->plan->shard;
    const struct sweep_count count = sweep_count(results, shard);
    int code = EXIT_DONE;
    if (!is_quiet && shard.count == 1)
        code = print_table(results);
    tell_cells(results, shard);
    if (!is_quiet && shard.count == 1)
        tell_idle(results);
    if (!is_quiet && shard.count > 1)
        message_note("part %" PRId32 "/%" PRId32 " is in %s: stowage merge joins the parts",
                     shard.index + 1, shard.count, folder);
    else if (!is_quiet)
        message_note("the results are in %s: begin with %s/report.md", folder, folder);
    if (count.lacking > 0) {
        struct err err = {.kind = ERR_NONE};
        err_set(&err, ERR_SYSTEM, "%" PRId32 " cell%s runs: the same command does these again",
                count.lacking, count.lacking == 1 ? " lacks" : "s lack");
        return message_fail(&err);
    }
    if (count.wrong == 0)
        return code;
    message_warn("%" PRId32 " of %" PRId32 " cell%s could not be run", count.wrong,
                 count.wrong + count.whole, plural_end(count.wrong + count.whole));
    int wrong_code = count.whole == 0 && shard.count == 1 ? EXIT_BAD_INPUT : EXIT_ANSWER_IS_NO;
    return code < wrong_code ? wrong_code : code;
}
