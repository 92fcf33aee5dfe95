/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/kept_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/folder.h"
#include "base/json.h"
#include "base/output.h"

int kept_folder_make(const char *folder, const char *name, struct err *err)
{
    char *path = folder_join(folder, name);
    if (path == NULL)
        return err_no_memory(err);
    int result = 0;
    if (mkdir(path, 0777) != 0)
        result =
            errno == EEXIST ? output_remove_unfinished(path, err) : folder_errno(err, errno, path);
    free(path);
    return result;
}

static int parse(const struct json_text *text, cJSON **tree, struct err *err)
{
    struct err reason = {.kind = ERR_NONE};
    *tree = json_parse(*text, &reason);
    if (*tree != NULL)
        return KEPT_READ;
    if (reason.kind != ERR_SYSTEM)
        return KEPT_DAMAGED;
    *err = reason;
    return -1;
}

int kept_file_read(const char *folder, const char *name, cJSON **tree, struct err *err)
{
    static const size_t size_max = (size_t)1 << 30;
    struct err reason = {.kind = ERR_NONE};
    char *bytes, *path = folder_join(folder, name);
    size_t size;
    int result = KEPT_ABSENT;
    *tree = NULL;
    if (path == NULL)
        return err_no_memory(err);
    if (json_read_file(path, size_max, &bytes, &size, &reason) == 0) {
        const struct json_text text = {.file = path, .bytes = bytes, .size = size};
        result = parse(&text, tree, err);
        free(bytes);
    } else if (reason.kind == ERR_SYSTEM) {
        *err = reason;
        result = -1;
    }
    free(path);
    return result;
}

int kept_file_write(const char *folder, const char *name,
                    void (*print)(const void *context, FILE *out), const void *context,
                    struct err *err)
{
    struct output_file file;
    char *path = folder_join(folder, name);
    if (path == NULL)
        return err_no_memory(err);
    int result = output_file_open(&file, path, err);
    free(path);
    if (result != 0)
        return -1;
    print(context, file.stream);
    result = output_file_commit(&file, err);
    output_file_abandon(&file);
    return result;
}
