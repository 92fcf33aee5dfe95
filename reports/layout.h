/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_LAYOUT_H
#define STOWAGE_REPORTS_LAYOUT_H

#include "reports/phrase.h"

/* Text in columns of characters (each taken as one column wide). */

/* Cuts text after `columns` characters, at least 3, the last three then being dots. */
void layout_cut(char *text, int columns);

/* Adds text, escaped and cut, filled up with spaces to `width`. */
void layout_add_name(struct sentence *line, const char *text, int width);

#endif
