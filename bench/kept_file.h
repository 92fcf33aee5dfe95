/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_KEPT_FILE_H
#define STOWAGE_BENCH_KEPT_FILE_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "base/err.h"

/* Results that outlive the process that computed them: a JSON file for each piece of work, which
 * appears only when it is whole and says what it was made from. Used by sweeps and plans. */

enum kept_found {
    KEPT_ABSENT,
    KEPT_READ,    /* it is what was looked for */
    KEPT_DAMAGED, /* the file is no record of it; it counts as absent */
    KEPT_OTHER,   /* made from something else; it counts as absent */
};

/* Makes FOLDER/NAME where it is not there; else removes what a killed process left in it of files
 * that were not whole. Nobody else writes there: FOLDER is locked (output_dir_open). */
int kept_folder_make(const char *folder, const char *name, struct err *err);

/* Reads FOLDER/NAME: KEPT_ABSENT; KEPT_DAMAGED: no JSON; KEPT_READ: *tree, to be freed with
 * cJSON_Delete, is for the caller to judge. -1: memory or disk failed. */
int kept_file_read(const char *folder, const char *name, cJSON **tree, struct err *err);

/* Writes FOLDER/NAME by `print`, whole or not at all. */
int kept_file_write(const char *folder, const char *name,
                    void (*print)(const void *context, FILE *out), const void *context,
                    struct err *err);

#endif
