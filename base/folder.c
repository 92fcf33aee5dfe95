/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/folder.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"

char *folder_join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + 1 + strlen(name) + 1;
    char *path = malloc(size);
    if (path != NULL)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

int folder_errno(struct err *err, int errno_value, const char *path)
{
    err_errno(err, errno_value, path[0] != '\0' ? path : "\"\"");
    if (errno_value == ENOENT || errno_value == ENOTDIR || errno_value == EISDIR)
        err->kind = ERR_INPUT;
    return -1;
}

bool folder_is_same(const char *path, const char *other)
{
    struct stat first, second;
    if (stat(path, &first) != 0 || stat(other, &second) != 0)
        return strcmp(path, other) == 0;
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

int folder_sync(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return folder_errno(err, errno, path);
    int result = 0;
    if (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP)
        result = folder_errno(err, errno, path);
    close(fd);
    return result;
}

static bool is_dot_name(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* ---- removing ---- */

static int remove_at(int parent, const char *name);

/* Removes all that is in the folder `name` of the open folder `parent`. */
static int empty_at(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    DIR *stream = fdopendir(fd);
    if (stream == NULL) {
        close(fd);
        return -1;
    }
    int result = 0;
    struct dirent *entry;
    while (result == 0 && (errno = 0, entry = readdir(stream)) != NULL) {
        if (!is_dot_name(entry->d_name))
            result = remove_at(dirfd(stream), entry->d_name);
    }
    int errno_value = errno;
    closedir(stream);
    errno = errno_value;
    return errno_value == 0 ? result : -1;
}

/* 0, or -1 with errno set. */
static int remove_at(int parent, const char *name)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT) {
        errno = 0;
        return 0;
    }
    if (errno != EISDIR && errno != EPERM)
        return -1;
    if (empty_at(parent, name) != 0)
        return -1;
    return unlinkat(parent, name, AT_REMOVEDIR);
}

int folder_remove(const char *path, struct err *err)
{
    if (remove_at(AT_FDCWD, path) != 0)
        return err_errno(err, errno, path);
    return 0;
}

/* ---- listing ---- */

static int compare_names(const void *left, const void *right)
{
    const char *const *a = left;
    const char *const *b = right;
    return strcmp(*a, *b);
}

/* Takes over `name`, on failure too. */
static int add_name(struct folder_names *names, char *name, struct err *err)
{
    if (array_reserve(&names->items, &names->capacity, (int64_t)names->count + 1,
                      sizeof *names->items, err) != 0) {
        free(name);
        return -1;
    }
    names->items[names->count++] = name;
    return 0;
}

static int list_below(const char *root, const char *prefix, struct folder_names *names,
                      struct err *err);

/* One entry of the folder root/prefix; prefix is "" for the root itself. */
static int list_entry(const char *root, const char *relative, struct folder_names *names,
                      struct err *err)
{
    struct stat info;
    char *path = folder_join(root, relative);
    if (path == NULL)
        return err_no_memory(err);
    int result = 0;
    bool is_folder = false;
    if (lstat(path, &info) != 0)
        result = folder_errno(err, errno, path);
    else
        is_folder = S_ISDIR(info.st_mode);
    free(path);
    if (result != 0)
        return -1;
    if (is_folder)
        return list_below(root, relative, names, err);
    char *copy = strdup(relative);
    if (copy == NULL)
        return err_no_memory(err);
    return add_name(names, copy, err);
}

static int list_stream(const char *root, const char *prefix, DIR *stream,
                       struct folder_names *names, struct err *err)
{
    struct dirent *entry;
    while ((errno = 0, entry = readdir(stream)) != NULL) {
        if (is_dot_name(entry->d_name))
            continue;
        char *relative =
            *prefix == '\0' ? strdup(entry->d_name) : folder_join(prefix, entry->d_name);
        if (relative == NULL)
            return err_no_memory(err);
        int result = list_entry(root, relative, names, err);
        free(relative);
        if (result != 0)
            return -1;
    }
    return errno == 0 ? 0 : folder_errno(err, errno, root);
}

static int list_below(const char *root, const char *prefix, struct folder_names *names,
                      struct err *err)
{
    char *path = *prefix == '\0' ? strdup(root) : folder_join(root, prefix);
    if (path == NULL)
        return err_no_memory(err);
    DIR *stream = opendir(path);
    int result = stream == NULL ? folder_errno(err, errno, path)
                                : list_stream(root, prefix, stream, names, err);
    if (stream != NULL)
        closedir(stream);
    free(path);
    return result;
}

int folder_list(const char *path, struct folder_names *names, struct err *err)
{
    assert(names->count == 0);
    if (list_below(path, "", names, err) != 0) {
        folder_names_release(names);
        return -1;
    }
    if (names->count > 0)
        qsort(names->items, (size_t)names->count, sizeof names->items[0], compare_names);
    return 0;
}

void folder_names_release(struct folder_names *names)
{
    for (int32_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    *names = (struct folder_names){0};
}
