/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/speed/made_scenario.h"

int made_scenario_load(struct scenario *scenario, const struct made_file *file, struct err *err)
{
    struct made_folder folder;
    char path[MADE_PATH_SIZE];
    *scenario = (struct scenario){.name = NULL};
    if (made_folder_init(&folder, err))
        return -1;
    int result = made_file_write(&folder, file, path, err);
    if (result == 0)
        result = scenario_load(scenario, path, err);
    made_folder_release(&folder);
    return result;
}
