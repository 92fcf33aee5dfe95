/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_RNG_KERNEL_LANES_H
#define STOWAGE_BASE_RNG_KERNEL_LANES_H

#include <string.h>

#include "base/rng.h"
#include "base/rng_kernel.h"

/* Threefry-2x64-20 (see rng.c) on RNG_LANES counters at once, in the vectors of the compiler: the
 * files that include this define RNG_LANES and are compiled for a processor whose vectors hold as
 * many words. */

typedef uint64_t lanes __attribute__((vector_size(RNG_LANES * sizeof(uint64_t))));
typedef int32_t number_lanes __attribute__((vector_size(RNG_LANES * sizeof(int32_t))));

static inline lanes rotate(lanes words, int bits)
{
    return words << bits | words >> (64 - bits);
}

struct pair {
    lanes first, second;
};

static inline lanes in_each_lane(uint64_t word)
{
    return (lanes){0} + word;
}

static inline void mix(struct pair *block, int bits)
{
    block->first += block->second;
    block->second = rotate(block->second, bits) ^ block->first;
}

static inline void inject(struct pair *block, lanes to_first, lanes to_second)
{
    block->first += to_first;
    block->second += to_second;
}

/* The rotations of rounds 1 to 4, 9 to 12 and 17 to 20, and of those between. */
static inline void mix_odd_rounds(struct pair *block)
{
    mix(block, 16);
    mix(block, 42);
    mix(block, 12);
    mix(block, 31);
}

static inline void mix_even_rounds(struct pair *block)
{
    mix(block, 16);
    mix(block, 32);
    mix(block, 24);
    mix(block, 21);
}

static inline struct pair encrypt_lanes(lanes counters, struct pair key)
{
    lanes a = key.first, b = key.second;
    lanes c = UINT64_C(0x1bd11bdaa9fc1a22) ^ a ^ b; /* the parity of the key */
    struct pair block = {counters + a, b};
    mix_odd_rounds(&block);
    inject(&block, b, c + 1);
    mix_even_rounds(&block);
    inject(&block, c, a + 2);
    mix_odd_rounds(&block);
    inject(&block, a, b + 3);
    mix_even_rounds(&block);
    inject(&block, b, c + 4);
    mix_odd_rounds(&block);
    inject(&block, c, a + 5);
    return block;
}

static inline struct pair key_in_lanes(struct rng_key key)
{
    return (struct pair){in_each_lane(key.a), in_each_lane(key.b)};
}

/* ---- hashes ---- */

static inline void mix_at(struct rng_key key, const int32_t *numbers, uint64_t *words)
{
    number_lanes narrow;
    memcpy(&narrow, numbers, sizeof narrow);
    lanes counters = __builtin_convertvector(narrow, lanes);
    lanes mixed = encrypt_lanes(counters, key_in_lanes(key)).first;
    memcpy(words, &mixed, sizeof mixed);
}

static void mix_many(struct rng_key key, const int32_t *numbers, int32_t count, uint64_t *words)
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

/* ---- streams ---- */

static void open_at(struct rng_key key, const uint64_t *indices, int32_t count, struct rng *streams)
{
    lanes counters;
    memcpy(&counters, indices, sizeof counters);
    struct pair keys = encrypt_lanes(counters, key_in_lanes(key));
    struct pair blocks = encrypt_lanes(in_each_lane(0), keys);
    for (int32_t i = 0; i < count; i++)
        streams[i] = (struct rng){
            .key = {keys.first[i], keys.second[i]},
            .counter = 1,
            .block = {blocks.first[i], blocks.second[i]},
            .left = 2,
        };
}

static void open_many(struct rng_key key, const uint64_t *indices, int32_t count,
                      struct rng *streams)
{
    int32_t whole = count - count % RNG_LANES, rest = count - whole;
    uint64_t last_indices[RNG_LANES] = {0};
    for (int32_t i = 0; i < whole; i += RNG_LANES)
        open_at(key, &indices[i], RNG_LANES, &streams[i]);
    if (rest == 0)
        return;
    memcpy(last_indices, &indices[whole], (size_t)rest * sizeof *indices);
    open_at(key, last_indices, rest, &streams[whole]);
}

#endif
