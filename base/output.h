/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_OUTPUT_H
#define STOWAGE_BASE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

/* Outputs that appear under their final name only when they are whole. */

/* ---- one file ---- */

struct output_file {
    FILE *stream;  /* write here; for path "-" this is stdout */
    char *path;    /* final name; of a symbolic link the file it points to */
    char *partial; /* temporary name in the same folder; NULL for "-", devices and pipes */
};

/* Opens a temporary file beside `path`. An existing file keeps its permissions; devices and pipes
 * are written to directly. On -1 the struct is zeroed. */
int output_file_open(struct output_file *file, const char *path, struct err *err);

/* Flushes, fsyncs, renames; any write error since the opening is reported here and nothing appears.
 * The struct is zeroed either way. */
int output_file_commit(struct output_file *file, struct err *err);

/* Removes the temporary file. Harmless after commit and on a zeroed struct. */
void output_file_abandon(struct output_file *file);

/* Is this, without a folder, the name of such a temporary file? */
bool output_is_unfinished(const char *name);

/* Removes the temporary files that killed processes left in the folder itself. The caller knows
 * that nobody writes a file there now. */
int output_remove_unfinished(const char *folder, struct err *err);

/* ---- one folder of files (a report) ---- */

/* Files are first written into the hidden folder `<dir>/.stowage-partial`, and moved into <dir> by
 * output_dir_commit, all data first and the file named `last` (summary.json) at the end: while it
 * is there, the report is whole. An earlier report in <dir> stays as it is until the commit. */
struct output_dir {
    char *path;
    char *partial;
    int lock; /* descriptor of <dir>, locked (flock) as long as the struct lives */
    bool is_created;
    bool is_committing; /* the commit has begun to move files */
};

/* <dir> is created (parents must exist). It may exist when it is empty, or holds an earlier report
 * (a summary.json whose "tool" is "stowage"), whole or left by a run that was killed, or a sweep
 * or a search for a plan that has not ended (a sweep.json or search.json, likewise); else
 * ERR_INPUT: "DIR: exists and holds other files: give an empty or new folder". ERR_INPUT too while
 * another process has it open. What a killed run left in the partial folder, and files in <dir>
 * that it had not finished (output_remove_unfinished), are removed. On -1 the struct is zeroed, and
 * nothing else has been created or removed. */
int output_dir_open(struct output_dir *dir, const char *path, struct err *err);

/* Would output_dir_open take this path? Asked before a long run, so that a wrong path is told
 * before it and not after it. NULL, no folder, is fine. Nothing is left behind; -1 as of
 * output_dir_open. */
int output_dir_probe(const char *path, struct err *err);

/* Opens `name` ("nodes.csv", "plots/x.gp"; subfolders are made) for writing inside the partial
 * folder, or NULL. Each name once. */
FILE *output_dir_create(struct output_dir *dir, const char *name, struct err *err);

/* Flushes, fsyncs and closes such a file, reporting any write error by name ("No space left ...").
 * The file is closed on -1 too. */
int output_dir_close(struct output_dir *dir, FILE *file, const char *name, struct err *err);

/* Moves all files to their final names, `last` at the end, and removes the partial folder. An
 * earlier `last` is removed first, so that there is never one beside files of another report. Files
 * in the subfolder plots/ that this report does not have are removed; it belongs to the report. No
 * other file is. On success the struct is zeroed; on -1 the earlier report is untouched unless
 * files were being moved already, in which case there is no `last`, and a later output_dir_open
 * takes the folder for what it is. Either way output_dir_abandon may follow. */
int output_dir_commit(struct output_dir *dir, const char *last, struct err *err);

/* Removes the partial folder with all in it (but for a commit that failed midway, where it marks
 * the folder as ours), and <dir> itself if output_dir_open created it and it is empty. Zeroes the
 * struct. Harmless after commit and on a zeroed struct. */
void output_dir_abandon(struct output_dir *dir);

#endif
