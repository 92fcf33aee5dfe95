/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"
#include "base/rng_kernel.h"

static void mix_many(struct rng_key key, const int32_t *numbers, int32_t count, uint64_t *words)
{
    for (int32_t i = 0; i < count; i++)
        words[i] = rng_mix(key.a, key.b, (uint64_t)numbers[i]);
}

static void open_many(struct rng_key key, const uint64_t *indices, int32_t count,
                      struct rng *streams)
{
    for (int32_t i = 0; i < count; i++) {
        streams[i] = rng_stream_of_hash(key.a, key.b, indices[i]);
        rng_draw_block(&streams[i]);
    }
}

const struct rng_kernel rng_kernel_plain = {
    .name = "plain",
    .mix_many = mix_many,
    .open_many = open_many,
};
