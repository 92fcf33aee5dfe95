/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/stream.h"

static const char standard_output[] = "-";
static const char partial_prefix[] = ".stowage-partial-";

/* The folder of a path, with its slash; "" for a bare name. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/* fsync of the folder that holds the path. */
static int sync_folder_of(const char *path, struct err *err)
{
    size_t length = folder_length(path);
    char *folder = length == 0 ? strdup(".") : strndup(path, length);
    if (folder == NULL)
        return err_no_memory(err);
    int result = folder_sync(folder, err);
    free(folder);
    return result;
}

/* A new file beside file->path. Names carry the process, so that two runs never write into one. */
static int create_beside(struct output_file *file, mode_t mode, struct err *err)
{
    enum { ATTEMPTS_MAX = 1000, SUFFIX_SIZE = 64 };
    size_t folder = folder_length(file->path);
    file->partial = malloc(folder + SUFFIX_SIZE);
    if (file->partial == NULL)
        return err_no_memory(err);
    memcpy(file->partial, file->path, folder);
    int fd = -1;
    for (int attempt = 0; fd < 0 && attempt < ATTEMPTS_MAX; attempt++) {
        snprintf(file->partial + folder, SUFFIX_SIZE, "%s%jd-%d", partial_prefix,
                 (intmax_t)getpid(), attempt);
        fd = open(file->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0) {
        folder_errno(err, errno, file->path);
        free(file->partial);
        file->partial = NULL;
        return -1;
    }
    file->stream = fdopen(fd, "w");
    if (file->stream != NULL)
        return 0;
    close(fd);
    return err_no_memory(err);
}

/* A device or a pipe has no final name to appear under. */
static int open_directly(struct output_file *file, struct err *err)
{
    int fd = open(file->path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return folder_errno(err, errno, file->path);
    file->stream = fdopen(fd, "w");
    if (file->stream != NULL)
        return 0;
    close(fd);
    return err_no_memory(err);
}

/* Of a symbolic link file->path becomes what it points to. */
static int follow_links(struct output_file *file, struct err *err)
{
    struct stat info;
    if (lstat(file->path, &info) == 0 && !S_ISLNK(info.st_mode))
        return 0;
    char *real = realpath(file->path, NULL);
    if (real == NULL)
        return folder_errno(err, errno, file->path);
    free(file->path);
    file->path = real;
    return 0;
}

static int open_target(struct output_file *file, struct err *err)
{
    struct stat info;
    if (strcmp(file->path, standard_output) == 0) {
        file->stream = stdout;
        return 0;
    }
    if (stat(file->path, &info) != 0)
        return create_beside(file, 0666, err);
    if (S_ISDIR(info.st_mode))
        return folder_errno(err, EISDIR, file->path);
    if (!S_ISREG(info.st_mode))
        return open_directly(file, err);
    if (follow_links(file, err) != 0 || create_beside(file, 0600, err) != 0)
        return -1;
    if (fchmod(fileno(file->stream), info.st_mode & 0777) != 0)
        return err_errno(err, errno, file->path);
    return 0;
}

int output_file_open(struct output_file *file, const char *path, struct err *err)
{
    *file = (struct output_file){.path = strdup(path)};
    if (file->path == NULL)
        return err_no_memory(err);
    if (open_target(file, err) != 0) {
        output_file_abandon(file);
        return -1;
    }
    return 0;
}

/* Flushes, and closes what is ours to close. */
static int finish_stream(struct output_file *file, struct err *err)
{
    FILE *stream = file->stream;
    file->stream = NULL;
    if (stream == stdout)
        return stream_flush(stream, "standard output", false, err);
    return stream_close(stream, file->path, file->partial != NULL, err);
}

static int give_final_name(struct output_file *file, struct err *err)
{
    if (file->partial == NULL)
        return 0;
    if (rename(file->partial, file->path) != 0)
        return folder_errno(err, errno, file->path);
    free(file->partial);
    file->partial = NULL;
    return sync_folder_of(file->path, err);
}

int output_file_commit(struct output_file *file, struct err *err)
{
    int result = finish_stream(file, err);
    if (result == 0)
        result = give_final_name(file, err);
    output_file_abandon(file);
    return result;
}

void output_file_abandon(struct output_file *file)
{
    if (file->stream != NULL && file->stream != stdout)
        fclose(file->stream);
    if (file->partial != NULL)
        unlink(file->partial);
    free(file->partial);
    free(file->path);
    *file = (struct output_file){0};
}

/* ".stowage-partial-PID-ATTEMPT", as create_beside makes it. */
bool output_is_unfinished(const char *name)
{
    static const char digits[] = "0123456789";
    size_t prefix = strlen(partial_prefix);
    if (strncmp(name, partial_prefix, prefix) != 0)
        return false;
    const char *pid = name + prefix;
    const char *dash = pid + strspn(pid, digits);
    if (dash == pid || *dash != '-')
        return false;
    const char *attempt = dash + 1;
    return *attempt != '\0' && attempt[strspn(attempt, digits)] == '\0';
}

int output_remove_unfinished(const char *folder, struct err *err)
{
    DIR *stream = opendir(folder);
    if (stream == NULL)
        return folder_errno(err, errno, folder);
    int result = 0;
    struct dirent *entry;
    while (result == 0 && (errno = 0, entry = readdir(stream)) != NULL) {
        if (output_is_unfinished(entry->d_name) && unlinkat(dirfd(stream), entry->d_name, 0) != 0)
            result = folder_errno(err, errno, folder);
    }
    if (result == 0 && errno != 0)
        result = folder_errno(err, errno, folder);
    closedir(stream);
    return result;
}
