/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Eight words at once. This file alone is compiled for AVX-512; nothing of it is run where the
 * processor has none. */
#define RNG_LANES 8
#include "base/rng_kernel_lanes.h"

extern const struct rng_kernel rng_kernel_avx512;
const struct rng_kernel rng_kernel_avx512 = {
    .name = "AVX-512",
    .mix_many = mix_many,
    .open_many = open_many,
};
