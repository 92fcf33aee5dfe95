/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_COMPARE_TEXT_H
#define STOWAGE_BENCH_COMPARE_TEXT_H

#include <stdio.h>

#include "base/err.h"
#include "bench/compare.h"

/* The tables of a comparison for a terminal: how it was made, and for each chosen metric a table of
 * the variants. -1 for want of memory only; write errors of `out` are the caller's to look for. */
int compare_print_text(const struct compare *compare, FILE *out, struct err *err);

#endif
