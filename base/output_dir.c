/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/output.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/json.h"
#include "base/stream.h"

static const char partial_name[] = ".stowage-partial";
static const char mark_name[] = "summary.json"; /* tells a report from any other folder */
/* The same, of a sweep and of the search for a plan that have not ended yet. */
static const char *const begun_names[] = {"sweep.json", "search.json"};
static const char plots_name[] = "plots";

/* ---- whose folder is it? ---- */

/* For a file that could not be read or parsed: it is no summary, unless the system failed. */
static int not_a_summary(const struct err *reason, struct err *err)
{
    if (reason->kind != ERR_SYSTEM)
        return 0;
    *err = *reason;
    return -1;
}

/* Is it a JSON object whose "tool" is "stowage"? 1, 0, or -1 when the system fails. */
static int is_summary(const char *path, struct err *err)
{
    static const size_t size_max = (size_t)64 << 20;
    struct stat info;
    char *bytes = NULL;
    size_t size = 0;
    if (lstat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return 0;
    struct err reason = {0};
    if (json_read_file(path, size_max, &bytes, &size, &reason) != 0)
        return not_a_summary(&reason, err);
    struct json_text text = {.file = path, .bytes = bytes, .size = size};
    cJSON *tree = json_parse(text, &reason);
    free(bytes);
    if (tree == NULL)
        return not_a_summary(&reason, err);
    const char *tool = cJSON_GetStringValue(json_get(tree, "tool"));
    int answer = tool != NULL && strcmp(tool, "stowage") == 0;
    cJSON_Delete(tree);
    return answer;
}

/* As is_summary, of a file of this name in a folder. */
static int holds_summary(const char *folder, const char *name, struct err *err)
{
    char *path = folder_join(folder, name);
    if (path == NULL)
        return err_no_memory(err);
    int answer = is_summary(path, err);
    free(path);
    return answer;
}

/* Does the folder hold nothing but what a killed run left? 1, 0, or -1. */
static int is_empty(const char *path, struct err *err)
{
    DIR *stream = opendir(path);
    if (stream == NULL)
        return folder_errno(err, errno, path);
    int answer = 1;
    struct dirent *entry;
    while ((errno = 0, entry = readdir(stream)) != NULL) {
        bool is_expected = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                           strcmp(entry->d_name, partial_name) == 0 ||
                           output_is_unfinished(entry->d_name);
        if (!is_expected)
            answer = 0;
    }
    if (errno != 0)
        answer = folder_errno(err, errno, path);
    closedir(stream);
    return answer;
}

/* A run killed while it moved its files leaves no summary in the folder, but its own in the partial
 * one, for that is moved last. */
static int check_ours(const struct output_dir *dir, struct err *err)
{
    int answer = is_empty(dir->path, err);
    if (answer == 0)
        answer = holds_summary(dir->path, mark_name, err);
    if (answer == 0)
        answer = holds_summary(dir->partial, mark_name, err);
    for (size_t i = 0; i < sizeof begun_names / sizeof begun_names[0] && answer == 0; i++)
        answer = holds_summary(dir->path, begun_names[i], err);
    if (answer == 0)
        return err_set(err, ERR_INPUT,
                       "%s: exists and holds other files: give an empty or new folder", dir->path);
    return answer < 0 ? -1 : 0;
}

/* ---- opening ---- */

/* The path without the slashes at its end. */
static char *copy_path(const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    return strndup(path, length);
}

static int make_or_find(struct output_dir *dir, struct err *err)
{
    struct stat info;
    dir->is_created = mkdir(dir->path, 0777) == 0;
    if (dir->is_created)
        return 0;
    if (errno == ENOENT)
        return err_set(err, ERR_INPUT, "%s: the folder that should hold it does not exist",
                       dir->path);
    if (errno != EEXIST)
        return folder_errno(err, errno, dir->path);
    if (stat(dir->path, &info) != 0)
        return folder_errno(err, errno, dir->path);
    if (!S_ISDIR(info.st_mode))
        return err_set(err, ERR_INPUT, "%s: is not a folder", dir->path);
    return 0;
}

/* The lock ends with the process, however that ends. File systems without locks are passed over. */
static int lock_folder(struct output_dir *dir, struct err *err)
{
    dir->lock = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir->lock < 0)
        return folder_errno(err, errno, dir->path);
    if (flock(dir->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return err_set(err, ERR_INPUT, "%s: another run is writing its report there", dir->path);
    return 0;
}

static int prepare(struct output_dir *dir, struct err *err)
{
    if (make_or_find(dir, err) != 0 || lock_folder(dir, err) != 0)
        return -1;
    if (!dir->is_created && check_ours(dir, err) != 0)
        return -1;
    if (folder_remove(dir->partial, err) != 0 || output_remove_unfinished(dir->path, err) != 0)
        return -1;
    if (mkdir(dir->partial, 0777) != 0)
        return folder_errno(err, errno, dir->path);
    return 0;
}

static void release(struct output_dir *dir)
{
    if (dir->lock >= 0 && dir->path != NULL)
        close(dir->lock);
    free(dir->path);
    free(dir->partial);
    *dir = (struct output_dir){0};
}

int output_dir_open(struct output_dir *dir, const char *path, struct err *err)
{
    *dir = (struct output_dir){.path = copy_path(path), .lock = -1};
    if (dir->path != NULL)
        dir->partial = folder_join(dir->path, partial_name);
    int result = 0;
    if (dir->partial == NULL)
        result = err_no_memory(err);
    else
        result = prepare(dir, err);
    if (result == 0)
        return 0;
    if (dir->is_created)
        rmdir(dir->path);
    release(dir);
    return -1;
}

/* ---- the files ---- */

/* Names come from our own code: below the folder, without "." and "..". */
static bool is_plain_name(const char *name)
{
    const char *part = name;
    for (;;) {
        size_t length = strcspn(part, "/");
        if (length == 0 || part[0] == '.')
            return false;
        if (part[length] == '\0')
            return true;
        part += length + 1;
    }
}

/* Makes the folders that a path names below its first `from` bytes. The path is changed for a
 * moment only. */
static int make_parents(char *path, size_t from, struct err *err)
{
    for (char *slash = strchr(path + from, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool failed = mkdir(path, 0777) != 0 && errno != EEXIST;
        if (failed)
            folder_errno(err, errno, path);
        *slash = '/';
        if (failed)
            return -1;
    }
    return 0;
}

/* Reports by the final name of the file. */
static int fail_name(const struct output_dir *dir, const char *name, int errno_value,
                     struct err *err)
{
    return err_set(err, ERR_SYSTEM, "%s/%s: %s", dir->path, name, strerror(errno_value));
}

FILE *output_dir_create(struct output_dir *dir, const char *name, struct err *err)
{
    assert(is_plain_name(name));
    char *path = folder_join(dir->partial, name);
    if (path == NULL) {
        err_no_memory(err);
        return NULL;
    }
    FILE *file = NULL;
    if (make_parents(path, strlen(dir->partial) + 1, err) == 0) {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        file = fd < 0 ? NULL : fdopen(fd, "w");
        if (file == NULL)
            fail_name(dir, name, errno, err);
        if (file == NULL && fd >= 0)
            close(fd);
    }
    free(path);
    return file;
}

int output_dir_close(struct output_dir *dir, FILE *file, const char *name, struct err *err)
{
    char *path = folder_join(dir->path, name);
    int result = stream_close(file, path == NULL ? name : path, true, err);
    free(path);
    return result;
}

/* ---- committing ---- */

static bool has_name(const struct folder_names *names, const char *name)
{
    for (int32_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0)
            return true;
    }
    return false;
}

/* Makes what can fail fail before anything has changed: folders are made, and no file's name may be
 * taken by a folder. */
static int prepare_targets(const struct output_dir *dir, const struct folder_names *names,
                           struct err *err)
{
    for (int32_t i = 0; i < names->count; i++) {
        struct stat info;
        char *path = folder_join(dir->path, names->items[i]);
        if (path == NULL)
            return err_no_memory(err);
        int result = make_parents(path, strlen(dir->path) + 1, err);
        if (result == 0 && lstat(path, &info) == 0 && S_ISDIR(info.st_mode))
            result = folder_errno(err, EISDIR, path);
        free(path);
        if (result != 0)
            return -1;
    }
    return 0;
}

static int remove_earlier_mark(const struct output_dir *dir, const char *last, struct err *err)
{
    if (unlinkat(dir->lock, last, 0) != 0 && errno != ENOENT)
        return fail_name(dir, last, errno, err);
    return folder_sync(dir->path, err);
}

static int move_file(const struct output_dir *dir, const char *name, struct err *err)
{
    char *path = folder_join(dir->partial, name);
    if (path == NULL)
        return err_no_memory(err);
    int result = 0;
    if (renameat(AT_FDCWD, path, dir->lock, name) != 0)
        result = fail_name(dir, name, errno, err);
    free(path);
    return result;
}

static int move_all_but(const struct output_dir *dir, const struct folder_names *names,
                        const char *last, struct err *err)
{
    for (int32_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], last) != 0 && move_file(dir, names->items[i], err) != 0)
            return -1;
    }
    return 0;
}

/* Removes the files of the folder plots/ that are not among the names; the folder too, when it is
 * empty then. */
static int remove_stale_plots(const struct output_dir *dir, const struct folder_names *names,
                              struct err *err)
{
    struct folder_names present = {0};
    char *plots = folder_join(dir->path, plots_name);
    if (plots == NULL)
        return err_no_memory(err);
    int result = access(plots, F_OK) == 0 ? folder_list(plots, &present, err) : 0;
    for (int32_t i = 0; result == 0 && i < present.count; i++) {
        char *name = folder_join(plots_name, present.items[i]);
        if (name == NULL)
            result = err_no_memory(err);
        else if (!has_name(names, name) && unlinkat(dir->lock, name, 0) != 0)
            result = fail_name(dir, name, errno, err);
        free(name);
    }
    if (result == 0 && rmdir(plots) != 0 && errno != ENOENT)
        result = folder_sync(plots, err);
    folder_names_release(&present);
    free(plots);
    return result;
}

static int commit_names(struct output_dir *dir, const struct folder_names *names, const char *last,
                        struct err *err)
{
    assert(has_name(names, last));
    if (prepare_targets(dir, names, err) != 0)
        return -1;
    dir->is_committing = true;
    if (remove_earlier_mark(dir, last, err) != 0 || move_all_but(dir, names, last, err) != 0 ||
        remove_stale_plots(dir, names, err) != 0 || folder_sync(dir->path, err) != 0)
        return -1;
    if (move_file(dir, last, err) != 0)
        return -1;
    return folder_sync(dir->path, err);
}

int output_dir_commit(struct output_dir *dir, const char *last, struct err *err)
{
    struct folder_names names = {0};
    if (folder_list(dir->partial, &names, err) != 0)
        return -1;
    int result = commit_names(dir, &names, last, err);
    folder_names_release(&names);
    if (result == 0)
        result = folder_remove(dir->partial, err);
    if (result == 0)
        release(dir);
    return result;
}

void output_dir_abandon(struct output_dir *dir)
{
    struct err ignored; /* there is nobody to tell, and the next run removes it again */
    if (dir->path == NULL)
        return;
    if (!dir->is_committing)
        folder_remove(dir->partial, &ignored);
    if (dir->is_created)
        rmdir(dir->path);
    release(dir);
}

int output_dir_probe(const char *path, struct err *err)
{
    struct output_dir dir;
    if (path == NULL)
        return 0;
    if (output_dir_open(&dir, path, err) != 0)
        return -1;
    output_dir_abandon(&dir);
    return 0;
}
