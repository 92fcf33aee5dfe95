/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_DRAWING_H
#define STOWAGE_REPORTS_DRAWING_H

#include <stdint.h>

#include "base/err.h"
#include "base/output.h"
#include "reports/report.h"

/* The pictures of a folder that is being made. Who writes a script plots/NAME.gp adds its name; at
 * the end gnuplots draw them, several pictures each and several at the same time.
 *
 *     struct drawing drawing = {.at_once = 2};
 *     int written = write_scripts(&drawing, dir, err);
 *     return drawing_end(&drawing, written, dir, outcome, err); */

struct drawing {
    int32_t at_once; /* gnuplots that may run at the same time; 0: nothing is drawn */
    struct drawing_picture *pictures; /* [count] in the order of adding, owned */
    int32_t count, capacity;
};

enum { DRAWING_NAME_MAX = 48 };

/* `name` has at most DRAWING_NAME_MAX characters. -1 for want of memory only. */
int drawing_add(struct drawing *drawing, const char *name, struct err *err);

/* Draws what was added where `written` is 0, and frees the drawing in any case. Fills
 * outcome->plots and plot_detail. After a picture that failed no more are begun; it and those that
 * were added after it are not kept. Missing or failing gnuplot is no error; -1: written was not 0,
 * or the system refuses (no memory, no process). */
int drawing_end(struct drawing *drawing, int written, const struct output_dir *dir,
                struct report_outcome *outcome, struct err *err);

#endif
