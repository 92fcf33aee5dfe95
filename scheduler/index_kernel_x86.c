/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_kernel.h"

/* On x86-64 processors. */

extern const struct index_kernel index_kernel_avx2;

const struct index_kernel *index_kernel_best(void)
{
    return __builtin_cpu_supports("avx2") ? &index_kernel_avx2 : &index_kernel_plain;
}
