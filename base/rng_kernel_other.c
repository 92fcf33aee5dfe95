/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng_kernel.h"

/* On processors for which there is no loop of their own. */

int32_t rng_kernel_list(const struct rng_kernel **kernels)
{
    kernels[0] = &rng_kernel_plain;
    return 1;
}
