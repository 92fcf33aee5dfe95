/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_RNG_KERNEL_H
#define STOWAGE_BASE_RNG_KERNEL_H

#include <stdint.h>

/* Inside base/ only. The loops of rng_mix_many and rng_streams: in plain C, and again with the
 * vectors of AVX2 and AVX-512 where the processor has them. All give the same words. */

struct rng;

struct rng_key {
    uint64_t a, b;
};

struct rng_kernel {
    const char *name;
    void (*mix_many)(struct rng_key key, const int32_t *numbers, int32_t count, uint64_t *words);
    void (*open_many)(struct rng_key key, const uint64_t *indices, int32_t count,
                      struct rng *streams); /* of the seed a and the hash b of a name */
};

extern const struct rng_kernel rng_kernel_plain;

/* Those that this processor can run, the fastest first; the plain one is the last. Gives their
 * number. */
enum { RNG_KERNELS_MOST = 3 };
int32_t rng_kernel_list(const struct rng_kernel **kernels);

#endif
