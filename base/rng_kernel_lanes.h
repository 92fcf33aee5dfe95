/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_RNG_KERNEL_LANES_H
#define STOWAGE_BASE_RNG_KERNEL_LANES_H

#include <string.h>

#include "base/rng_kernel.h"

/* Threefry-2x64-20 (see rng.c) on RNG_LANES counters at once, in the vectors of the compiler: the
 * files that include this define RNG_LANES and are compiled for a processor whose vectors hold as
 * many words. Of the block only the first word is wanted, so the last round leaves out the second.
 */

typedef uint64_t lanes __attribute__((vector_size(RNG_LANES * sizeof(uint64_t))));
typedef int32_t number_lanes __attribute__((vector_size(RNG_LANES * sizeof(int32_t))));

static inline lanes rotate(lanes words, int bits)
{
    return words << bits | words >> (64 - bits);
}

/* The block under encryption. */
struct block {
    lanes first, second;
};

static inline void mix(struct block *block, int bits)
{
    block->first += block->second;
    block->second = rotate(block->second, bits) ^ block->first;
}

static inline void inject(struct block *block, uint64_t to_first, uint64_t to_second)
{
    block->first += to_first;
    block->second += to_second;
}

/* The rotations of rounds 1 to 4, 9 to 12 and 17 to 20, and of those between. */
static inline void mix_odd_rounds(struct block *block)
{
    mix(block, 16);
    mix(block, 42);
    mix(block, 12);
    mix(block, 31);
}

static inline void mix_even_rounds(struct block *block)
{
    mix(block, 16);
    mix(block, 32);
    mix(block, 24);
    mix(block, 21);
}

static inline lanes mix_lanes(struct rng_mix_key key, lanes counters)
{
    const uint64_t c = UINT64_C(0x1bd11bdaa9fc1a22) ^ key.a ^ key.b; /* the parity of the key */
    struct block block = {counters + key.a, (lanes){0} + key.b};
    mix_odd_rounds(&block);
    inject(&block, key.b, c + 1);
    mix_even_rounds(&block);
    inject(&block, c, key.a + 2);
    mix_odd_rounds(&block);
    inject(&block, key.a, key.b + 3);
    mix_even_rounds(&block);
    inject(&block, key.b, c + 4);
    mix_odd_rounds(&block);
    return block.first + c;
}

static inline void mix_at(struct rng_mix_key key, const int32_t *numbers, uint64_t *words)
{
    number_lanes narrow;
    memcpy(&narrow, numbers, sizeof narrow);
    lanes mixed = mix_lanes(key, __builtin_convertvector(narrow, lanes));
    memcpy(words, &mixed, sizeof mixed);
}

static void mix_many(struct rng_mix_key key, const int32_t *numbers, int32_t count, uint64_t *words)
{
    int32_t whole = count - count % RNG_LANES, rest = count - whole;
    int32_t last_numbers[RNG_LANES] = {0};
    uint64_t last_words[RNG_LANES];
    for (int32_t i = 0; i < whole; i += RNG_LANES)
        mix_at(key, &numbers[i], &words[i]);
    if (rest == 0)
        return;
    memcpy(last_numbers, &numbers[whole], (size_t)rest * sizeof *numbers);
    mix_at(key, last_numbers, last_words);
    memcpy(&words[whole], last_words, (size_t)rest * sizeof *words);
}

#endif
