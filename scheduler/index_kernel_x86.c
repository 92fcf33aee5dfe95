/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_kernel.h"

/* On x86-64 processors. */

extern const struct index_kernel index_kernel_avx2, index_kernel_avx512;

int32_t index_kernel_list(const struct index_kernel **kernels)
{
    int32_t count = 0;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
        kernels[count++] = &index_kernel_avx512;
    if (__builtin_cpu_supports("avx2"))
        kernels[count++] = &index_kernel_avx2;
    kernels[count++] = &index_kernel_plain;
    return count;
}
