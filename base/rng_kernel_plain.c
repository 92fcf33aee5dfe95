/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"
#include "base/rng_kernel.h"

static void mix_many(struct rng_mix_key key, const int32_t *numbers, int32_t count, uint64_t *words)
{
    for (int32_t i = 0; i < count; i++)
        words[i] = rng_mix(key.a, key.b, (uint64_t)numbers[i]);
}

const struct rng_kernel rng_kernel_plain = {.name = "plain", .mix_many = mix_many};
