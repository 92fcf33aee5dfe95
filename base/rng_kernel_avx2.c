/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Four words at once. This file alone is compiled for AVX2; nothing of it is run where the
 * processor has none. */
#define RNG_LANES 4
#include "base/rng_kernel_lanes.h"

extern const struct rng_kernel rng_kernel_avx2;
const struct rng_kernel rng_kernel_avx2 = {
    .name = "AVX2",
    .mix_many = mix_many,
    .open_many = open_many,
};
