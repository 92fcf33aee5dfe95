/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/load_told.h"

#include "cli/interrupt_watch.h"
#include "cli/message.h"

int load_told(struct scenario *scenario, const char *path, const struct edit_list *edits,
              bool is_quiet, struct err *err)
{
    struct interrupt_watch watch = {.what = "reading the scenario"};
    *scenario = (struct scenario){.name = NULL};
    if (interrupt_watch_start(&watch, err) != 0)
        return -1;
    int result = scenario_load_edited(scenario, path, edits, err);
    interrupt_watch_end(&watch);
    message_problems(&scenario->problems, is_quiet);
    return result;
}
