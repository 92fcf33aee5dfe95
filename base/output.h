/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_OUTPUT_H
#define STOWAGE_BASE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

/* Outputs that appear under their final name only when they are whole. */

/* ---- one file ---- */

struct output_file {
    FILE *stream;     /* write here; for path "-" this is stdout */
    char *path;       /* final name */
    char *partial;    /* temporary name in the same folder; NULL for "-" */
};

/* Opens a temporary file beside `path`. On -1 the struct is zeroed. */
int output_file_open(struct output_file *file, const char *path, struct err *err);

/* Flushes, fsyncs, renames; any write error since the opening is reported here and nothing appears. */
int output_file_commit(struct output_file *file, struct err *err);

/* Removes the temporary file. Harmless after commit and on a zeroed struct. */
void output_file_abandon(struct output_file *file);

/* ---- one folder of files (a report) ---- */

/* Files are first written into the hidden folder `<dir>/.stowage-partial`, and moved into <dir> by
 * output_dir_commit, all data first and the file named `last` (summary.json) at the end: while it
 * is there, the report is whole. An earlier report in <dir> stays as it is until the commit. */
struct output_dir {
    char *path;
    char *partial;
};

/* <dir> is created (parents must exist). It may exist when it is empty, or holds an earlier report (a
 * summary.json whose "tool" is "stowage"); else ERR_INPUT: "DIR: exists and holds other files: give an
 * empty or new folder". On -1 the struct is zeroed and nothing has been created or removed. */
int output_dir_open(struct output_dir *dir, const char *path, struct err *err);

/* Opens `name` ("nodes.csv", "plots/x.gp"; subfolders are made) for writing inside the partial folder. */
FILE *output_dir_create(struct output_dir *dir, const char *name, struct err *err);

/* Flushes, fsyncs and closes such a file, reporting any write error by name ("No space left ..."). */
int output_dir_close(struct output_dir *dir, FILE *file, const char *name, struct err *err);

/* Moves all files to their final names, `last` at the end, and removes the partial folder. Files of an
 * earlier report that this one does not have are removed from the subfolder plots/ only. */
int output_dir_commit(struct output_dir *dir, const char *last, struct err *err);

/* Removes the partial folder with all in it, and <dir> itself if output_dir_open created it and it is
 * empty. Harmless after commit and on a zeroed struct. */
void output_dir_abandon(struct output_dir *dir);

#endif
