/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_FOLDER_H
#define STOWAGE_BASE_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Paths and folders of the file system. */

/* "folder/name" in malloc'ed memory, or NULL when memory is out. */
char *folder_join(const char *folder, const char *name);

/* "PATH: No such file or directory": ERR_INPUT for what the user may have mistyped (ENOENT,
 * ENOTDIR, EISDIR), else ERR_SYSTEM. Always returns -1. */
int folder_errno(struct err *err, int errno_value, const char *path);

/* Do both paths lead to the same file? Where one of them leads to none, only equal texts do. */
bool folder_is_same(const char *path, const char *other);

/* Makes the names in a folder durable (fsync). File systems that cannot do it are passed over. */
int folder_sync(const char *path, struct err *err);

/* Removes a file, or a folder with all in it; links are not followed. 0 also when there is none. */
int folder_remove(const char *path, struct err *err);

/* Names of files, relative to the folder they were listed from. Zero-initialised is empty. */
struct folder_names {
    char **items;
    int32_t count, capacity;
};

/* All files below a folder that are not folders themselves, in the order of strcmp. *names is empty
 * before; on -1 it is empty again. */
int folder_list(const char *path, struct folder_names *names, struct err *err);

void folder_names_release(struct folder_names *names);

#endif
