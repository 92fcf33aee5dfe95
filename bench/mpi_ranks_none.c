/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/mpi_ranks.h"

const struct mpi_ranks *mpi_ranks_find(void)
{
    return NULL;
}
