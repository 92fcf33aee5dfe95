/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/drawing.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/folder.h"
#include "base/parallel.h"
#include "base/process.h"

enum { FILE_NAME_SIZE = 64, DETAIL_SIZE = 176, GNUPLOT_SECONDS_MAX = 120 };

/* How a gnuplot has ended. */
struct ending {
    enum process_outcome result;
    char detail[DETAIL_SIZE]; /* where it failed */
};

struct drawing_picture {
    char name[DRAWING_NAME_MAX + 1];
    bool is_drawn;
    struct ending ending; /* of its gnuplot, where one was begun */
};

int drawing_add(struct drawing *drawing, const char *name, struct err *err)
{
    size_t length = strlen(name);
    assert(length <= DRAWING_NAME_MAX);
    if (array_reserve(&drawing->pictures, &drawing->capacity, drawing->count + INT64_C(1),
                      sizeof *drawing->pictures, err) != 0)
        return -1;
    struct drawing_picture *picture = &drawing->pictures[drawing->count++];
    *picture = (struct drawing_picture){.is_drawn = false};
    memcpy(picture->name, name, length);
    return 0;
}

/* ---- the files ---- */

struct format {
    const char *extension;
    const char *mark; /* what a file ends with that is whole, but for blank lines */
};

static const struct format formats[] = {{"svg", "</svg>"}, {"png", "IEND\xae\x42\x60\x82"}};

static char *join_path(const struct output_dir *dir, const char *name, const char *extension)
{
    char file[FILE_NAME_SIZE];
    snprintf(file, sizeof file, "plots/%s.%s", name, extension);
    return folder_join(dir->partial, file);
}

/* A picture that gnuplot left unfinished is worse than none. */
static int remove_picture(const char *name, const struct output_dir *dir, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        char *path = join_path(dir, name, formats[i].extension);
        if (path == NULL)
            return err_no_memory(err);
        (void)unlink(path); /* it need not be there */
        free(path);
    }
    return 0;
}

/* Does the file end as one of this format does? A gnuplot that cannot draw, or runs out of room on
 * the disk, may still exit with 0. */
static bool is_whole(const char *path, const struct format *format)
{
    enum { END_SIZE = 16 };
    char end[END_SIZE];
    const size_t length = strlen(format->mark);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    if (fseek(file, -END_SIZE, SEEK_END) != 0)
        rewind(file); /* it is shorter */
    size_t size = fread(end, 1, END_SIZE, file);
    (void)fclose(file); /* nothing was written */
    while (size > 0 && end[size - 1] == '\n')
        size--;
    return size >= length && memcmp(end + size - length, format->mark, length) == 0;
}

/* Why no more can be written to a picture, which is given up: 0 or an errno. */
static int write_more(const char *path)
{
    enum { MORE_SIZE = 65536 }; /* about a picture */
    FILE *file = fopen(path, "ab");
    int why = file == NULL ? errno : 0;
    for (int i = 0; file != NULL && why == 0 && i < MORE_SIZE; i++)
        why = fputc(0, file) == EOF ? errno : 0;
    if (file != NULL && fclose(file) != 0 && why == 0)
        why = errno;
    return why;
}

/* Are both files there and whole? If not, the ending says what is known of the reason. */
static int find_picture(struct drawing_picture *picture, const struct output_dir *dir,
                        struct err *err)
{
    picture->is_drawn = true;
    for (size_t i = 0; i < ARRAY_LEN(formats) && picture->is_drawn; i++) {
        char *path = join_path(dir, picture->name, formats[i].extension);
        if (path == NULL)
            return err_no_memory(err);
        picture->is_drawn = is_whole(path, &formats[i]);
        int why = picture->is_drawn ? 0 : write_more(path);
        free(path);
        if (!picture->is_drawn)
            snprintf(picture->ending.detail, DETAIL_SIZE, "drew no whole picture%s%s",
                     why != 0 ? ": " : "", why != 0 ? strerror(why) : "");
    }
    return 0;
}

/* ---- drawing ---- */

/* Half of the time of a gnuplot is its start, so each draws several pictures: always the same ones
 * together, however many gnuplots there are, since its SVG keeps a trace of the picture before. If
 * it does not draw them all, they are drawn again one by one, which tells what is wrong with which.
 */
enum { TOGETHER = 4 };

struct artist {
    struct drawing *drawing;
    const struct output_dir *dir;
    struct parallel parallel;
};

static int run_gnuplot(const struct drawing_picture *pictures, int32_t count,
                       const struct output_dir *dir, struct ending *ending, struct err *err)
{
    char scripts[TOGETHER][FILE_NAME_SIZE];
    const char *argv[3 * TOGETHER + 2] = {"gnuplot"}; /* NULL after what is filled in */
    int32_t used = 1;
    char *folder = folder_join(dir->partial, "plots");
    if (folder == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < count; i++) {
        snprintf(scripts[i], FILE_NAME_SIZE, "%s.gp", pictures[i].name);
        if (i > 0) {
            argv[used++] = "-e";
            argv[used++] = "reset session";
        }
        argv[used++] = scripts[i];
    }
    const struct process_request request = {
        .argv = argv, .directory = folder, .seconds_max = GNUPLOT_SECONDS_MAX};
    int status = process_run(&request, &ending->result, ending->detail, DETAIL_SIZE, err);
    free(folder);
    return status;
}

static int draw(struct drawing_picture *pictures, int32_t count, const struct output_dir *dir,
                struct err *err)
{
    struct ending ending;
    if (run_gnuplot(pictures, count, dir, &ending, err) != 0)
        return -1;
    for (int32_t i = 0; i < count; i++) {
        struct drawing_picture *picture = &pictures[i];
        picture->ending = ending;
        if (ending.result == PROCESS_DONE && find_picture(picture, dir, err) != 0)
            return -1;
    }
    return 0;
}

static bool are_drawn(const struct drawing_picture *pictures, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        if (!pictures[i].is_drawn)
            return false;
    return true;
}

/* Up to the first that fails. */
static int draw_one_by_one(struct artist *artist, struct drawing_picture *pictures, int32_t count,
                           struct err *err)
{
    for (int32_t i = 0; i < count; i++) {
        pictures[i].is_drawn = false;
        if (remove_picture(pictures[i].name, artist->dir, err) != 0)
            return -1;
    }
    for (int32_t i = 0; i < count; i++) {
        if (draw(&pictures[i], 1, artist->dir, err) != 0)
            return -1;
        if (!pictures[i].is_drawn) {
            parallel_cancel(&artist->parallel);
            return 0;
        }
    }
    return 0;
}

static int draw_group(void *context, int32_t index, struct err *err)
{
    struct artist *artist = context;
    struct drawing_picture *pictures = &artist->drawing->pictures[index * TOGETHER];
    int32_t left = artist->drawing->count - index * TOGETHER;
    int32_t count = left < TOGETHER ? left : TOGETHER;
    if (draw(pictures, count, artist->dir, err) != 0)
        return -1;
    return are_drawn(pictures, count) ? 0 : draw_one_by_one(artist, pictures, count, err);
}

static int draw_all(struct drawing *drawing, const struct output_dir *dir, struct err *err)
{
    struct artist artist = {.drawing = drawing, .dir = dir};
    const struct parallel_work work = {
        .run = draw_group, .context = &artist, .count = (drawing->count + TOGETHER - 1) / TOGETHER};
    int32_t thread_count = drawing->at_once < work.count ? drawing->at_once : work.count;
    if (thread_count == 0)
        return 0;
    if (parallel_start(&artist.parallel, &work, thread_count, err) != 0)
        return -1;
    return parallel_end(&artist.parallel, err);
}

static void note_failure(const struct drawing_picture *picture, struct report_outcome *outcome)
{
    if (picture->ending.result == PROCESS_NOT_FOUND) {
        outcome->plots = PLOTS_NO_GNUPLOT;
        return;
    }
    outcome->plots = PLOTS_FAILED;
    snprintf(outcome->plot_detail, sizeof outcome->plot_detail, "plots/%s.gp: %s", picture->name,
             picture->ending.detail);
}

/* All before the first that failed were begun before it, and have ended well. */
static int judge(const struct drawing *drawing, const struct output_dir *dir,
                 struct report_outcome *outcome, struct err *err)
{
    int32_t first = 0;
    while (first < drawing->count && drawing->pictures[first].is_drawn)
        first++;
    if (first == drawing->count)
        return 0;
    note_failure(&drawing->pictures[first], outcome);
    for (int32_t i = first; i < drawing->count; i++)
        if (remove_picture(drawing->pictures[i].name, dir, err) != 0)
            return -1;
    return 0;
}

int drawing_end(struct drawing *drawing, int written, const struct output_dir *dir,
                struct report_outcome *outcome, struct err *err)
{
    int result = written;
    *outcome =
        (struct report_outcome){.plots = drawing->at_once > 0 ? PLOTS_DRAWN : PLOTS_NOT_ASKED};
    if (result == 0 && drawing->at_once > 0) {
        result = draw_all(drawing, dir, err);
        if (result == 0)
            result = judge(drawing, dir, outcome, err);
    }
    free(drawing->pictures);
    *drawing = (struct drawing){0};
    return result;
}
