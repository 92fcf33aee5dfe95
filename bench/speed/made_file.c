/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/speed/made_file.h"

#include <errno.h>
#include <stdlib.h>

#include "base/folder.h"

int made_folder_init(struct made_folder *folder, struct err *err)
{
    *folder = (struct made_folder){.path = "/tmp/stowage-bench-XXXXXX"};
    if (mkdtemp(folder->path))
        return 0;
    int result = err_errno(err, errno, folder->path);
    *folder = (struct made_folder){0};
    return result;
}

void made_folder_release(struct made_folder *folder)
{
    struct err err;
    if (folder->path[0] != '\0' && folder_remove(folder->path, &err))
        fprintf(stderr, "note: %s\n", err.text);
    *folder = (struct made_folder){0};
}

int made_file_write(const struct made_folder *folder, const struct made_file *file,
                    char path[MADE_PATH_SIZE], struct err *err)
{
    snprintf(path, MADE_PATH_SIZE, "%s/%s", folder->path, file->name);
    FILE *out = fopen(path, "w");
    if (!out)
        return err_errno(err, errno, path);
    file->write(out, file->context);
    int has_failed = ferror(out);
    if (fclose(out) != 0 || has_failed)
        return err_set(err, ERR_SYSTEM, "%s: cannot be written", path);
    return 0;
}
