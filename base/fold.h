/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_FOLD_H
#define STOWAGE_BASE_FOLD_H

#include <stddef.h>
#include <stdio.h>

struct fold {
    int width;  /* characters of a line at most */
    int indent; /* spaces before what goes on in the next line; less than width */
};

/* Prints text[0..size) with lines of more than `width` characters broken at spaces, which are left
 * out there and at the end of a line; not at the one before "%". A word that is too long for a line
 * stands out. A byte that is in no UTF-8 character counts as one. */
void fold_print(const char *text, size_t size, const struct fold *fold, FILE *out);

#endif
