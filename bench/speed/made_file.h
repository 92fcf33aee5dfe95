/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_SPEED_MADE_FILE_H
#define STOWAGE_BENCH_SPEED_MADE_FILE_H

#include <stdio.h>

#include "base/err.h"

/* A file in a temporary folder of its own, made for one benchmark. Zero-initialised is empty. */
struct made_folder {
    char path[64];
};
int made_folder_init(struct made_folder *folder, struct err *err);
void made_folder_release(struct made_folder *folder); /* removes all of it */

/* Writes folder/name by write(out, context); its path in `path`. */
enum { MADE_PATH_SIZE = 128 };
struct made_file {
    const char *name;
    void (*write)(FILE *out, const void *context);
    const void *context;
};
int made_file_write(const struct made_folder *folder, const struct made_file *file,
                    char path[MADE_PATH_SIZE], struct err *err);

#endif
