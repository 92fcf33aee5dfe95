/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng_kernel.h"

/* On x86-64 processors. */

extern const struct rng_kernel rng_kernel_avx2, rng_kernel_avx512;

int32_t rng_kernel_list(const struct rng_kernel **kernels)
{
    int32_t count = 0;
    if (__builtin_cpu_supports("avx512f"))
        kernels[count++] = &rng_kernel_avx512;
    if (__builtin_cpu_supports("avx2"))
        kernels[count++] = &rng_kernel_avx2;
    kernels[count++] = &rng_kernel_plain;
    return count;
}
