/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/floors.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/message.h"

enum { LISTED_MAX = 10 };

enum { AMOUNT_SIZE = UNITS_TEXT_SIZE + 20 };

static const char *print_amount(enum resource resource, int64_t value, char out[AMOUNT_SIZE])
{
    char number[UNITS_TEXT_SIZE];
    switch (resource) {
    case RESOURCE_CPU:
        snprintf(out, AMOUNT_SIZE, "%s cores", print_cpu(value, number));
        break;
    case RESOURCE_MEMORY:
        snprintf(out, AMOUNT_SIZE, "%s memory", print_mem(value, number));
        break;
    case RESOURCE_DEVICES:
        snprintf(out, AMOUNT_SIZE, "%" PRId64 " device%s", value, plural_end(value));
        break;
    case RESOURCE_SHARE:
    case RESOURCE_COUNT:
        snprintf(out, AMOUNT_SIZE, "%" PRId64 " milli-devices", value);
        break;
    }
    return out;
}

static void tell(const struct scenario *scenario, const struct floor_shortfall *item)
{
    char name[TEXT_QUOTE_SIZE];
    char pool[TEXT_QUOTE_SIZE];
    char reason[4 * TEXT_QUOTE_SIZE];
    if (item->runner != NO_INDEX && item->pool != NO_INDEX) {
        const struct runner_def *runner = &scenario->runners[item->runner];
        const struct pool_def *closed = &scenario->pools[item->pool];
        text_escape(closed->disabled_reason, reason, sizeof reason);
        message_warn("runner %s: its floor of %" PRId32 " cannot be met: its nodepool %s takes no "
                     "demand: %s",
                     text_quote(runner->id, name), runner->floor, text_quote(closed->id, pool),
                     reason);
        return;
    }
    if (item->runner != NO_INDEX) {
        const struct runner_def *runner = &scenario->runners[item->runner];
        message_warn("runner %s: its floor of %" PRId32 " cannot be met: no instance type of its "
                     "nodepools can hold one replica",
                     text_quote(runner->id, name), runner->floor);
        return;
    }
    char asked[AMOUNT_SIZE];
    char there[AMOUNT_SIZE];
    message_warn(
        "nodepool %s: the floors of its runners ask for %s, and at its maximum size it has "
        "%s",
        text_quote(scenario->pools[item->pool].id, name),
        print_amount(item->resource, item->asked, asked),
        print_amount(item->resource, item->there, there));
}

int floors_tell(const struct scenario *scenario, struct floor_report *report, bool is_quiet)
{
    struct err err = {.kind = ERR_NONE};
    struct floor_report made = {0};
    if (floor_report_make(&made, scenario, &err) != 0) {
        if (report != NULL)
            *report = (struct floor_report){0};
        return message_fail(&err);
    }
    for (int32_t i = 0; i < made.count && i < LISTED_MAX && !is_quiet; i++)
        tell(scenario, &made.items[i]);
    if (made.count > LISTED_MAX && !is_quiet)
        message_warn("%" PRId32 " more floor%s cannot be met", made.count - LISTED_MAX,
                     plural_end(made.count - LISTED_MAX));
    int code = made.count > 0 ? EXIT_ANSWER_IS_NO : EXIT_DONE;
    if (report != NULL)
        *report = made;
    else
        floor_report_release(&made);
    return code;
}
