/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_kernel.h"

/* On processors for which there is no loop of their own. */

const struct index_kernel *index_kernel_best(void)
{
    return &index_kernel_plain;
}
