/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_FGD_PAIRED_H
#define STOWAGE_BENCH_FGD_PAIRED_H

#include <stdio.h>

#include "bench/fgd_bench.h"

/* Every other policy against fgd (the first of the request), paired: both place the same arrivals
 * on the same nodes in the same order, so their difference varies less from seed to seed than
 * either of them. */

/* paired.csv: for each other policy, a row for each workload and load, and for each load one of the
 * seeds' means over the workloads. Only the header line where there is no base. */
void fgd_print_paired(const struct fgd_bench *bench, FILE *out);

/* The same for reading; nothing where there is no base or no other policy. */
void fgd_print_paired_text(const struct fgd_bench *bench, FILE *out);

#endif
