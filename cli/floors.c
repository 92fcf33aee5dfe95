/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/floors.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/message.h"

enum { LISTED_MAX = 10 };

static const char *amount(enum resource resource, int64_t value, char out[UNITS_TEXT_SIZE])
{
    if (resource == RESOURCE_CPU)
        return print_cpu(value, out);
    if (resource == RESOURCE_MEMORY)
        return print_mem(value, out);
    snprintf(out, UNITS_TEXT_SIZE, "%" PRId64, value);
    return out;
}

static void tell(const struct scenario *scenario, const struct floor_shortfall *item)
{
    char name[TEXT_QUOTE_SIZE];
    if (item->runner != NO_INDEX) {
        const struct runner_def *runner = &scenario->runners[item->runner];
        message_warn("runner %s: its floor of %" PRId32 " cannot be met: no instance type of its "
                     "nodepools can hold one replica",
                     text_quote(runner->id, name), runner->floor);
        return;
    }
    char asked[UNITS_TEXT_SIZE];
    char there[UNITS_TEXT_SIZE];
    message_warn("nodepool %s: the floors of its runners ask for %s of %s, and at its maximum size "
                 "it has %s",
                 text_quote(scenario->pools[item->pool].id, name),
                 amount(item->resource, item->asked, asked), resource_name(item->resource),
                 amount(item->resource, item->there, there));
}

int floors_tell(const struct scenario *scenario, struct floor_report *report)
{
    struct err err = {.kind = ERR_NONE};
    struct floor_report made = {0};
    if (floor_report_make(&made, scenario, &err) != 0) {
        if (report != NULL)
            *report = (struct floor_report){0};
        return message_fail(&err);
    }
    for (int32_t i = 0; i < made.count && i < LISTED_MAX; i++)
        tell(scenario, &made.items[i]);
    if (made.count > LISTED_MAX)
        message_warn("%" PRId32 " more floors cannot be met", made.count - LISTED_MAX);
    int code = made.count > 0 ? EXIT_ANSWER_IS_NO : EXIT_DONE;
    if (report != NULL)
        *report = made;
    else
        floor_report_release(&made);
    return code;
}
