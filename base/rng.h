/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_RNG_H
#define STOWAGE_BASE_RNG_H

#include <gsl/gsl_rng.h>
#include <stdint.h>
#include <string.h>

/* Named, counter-based random streams. A stream is a pure function of (seed, name, index): draw k
 * of a stream never depends on what other streams did, so a new consumer takes a new name and
 * shifts no other, and the same entity sees the same draws under every policy (common random
 * numbers). Generator: Threefry-2x64-20 of Random123 (Salmon, Moraes, Dror, Shaw, SC'11). */

struct rng {
    uint64_t key[2];   /* from seed, name and index */
    uint64_t counter;  /* blocks drawn so far */
    uint64_t block[2]; /* the last block */
    int32_t left;      /* unused words of the block, 0..2 */
};

/* The stream of this name and entity. Names are short ASCII words: "arrivals", "startup". */
static inline struct rng rng_stream(uint64_t seed, const char *name, uint64_t index);

/* streams[i] = the stream of indices[i] for i < count, as rng_stream makes it. The first block of
 * each is drawn already, which is most of the work of a stream that gives one word or two: several
 * at a time, eight with AVX-512, four with AVX2. */
static inline void rng_streams(uint64_t seed, const char *name, const uint64_t *indices,
                               int32_t count, struct rng *streams);

/* The index of a stream that belongs to two things: a runner and its piece of work. */
static inline uint64_t rng_pair(int32_t first, int32_t second)
{
    return (uint64_t)(uint32_t)first << 32 | (uint32_t)second;
}

/* The next 64 uniform bits. */
uint64_t rng_next(struct rng *rng);

/* Inside base/ only: draws the next block. */
void rng_draw_block(struct rng *rng);

/* The next word as a number in [0, 1): every multiple of 2^-53 is equally likely. */
double rng_uniform(struct rng *rng);

/* Uniform integer in [0, bound), exactly (by rejection); bound > 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* A stateless hash of three words, for tie-free uniform choices. */
uint64_t rng_mix(uint64_t a, uint64_t b, uint64_t c);

/* words[i] = rng_mix(a, b, numbers[i]) for i < count, several at a time likewise. No number is
 * negative. */
void rng_mix_many(uint64_t a, uint64_t b, const int32_t *numbers, int32_t count, uint64_t *words);

/* The stream as a GSL generator, so that gsl_ran_* can draw from it. The face borrows rng, which
 * must outlive it; face is filled in, nothing is allocated. gsl_rng_free must not be called on it;
 * gsl_rng_set restarts rng as another stream. */
struct rng_gsl_face {
    gsl_rng base;
};
const gsl_rng *rng_gsl(struct rng *rng, struct rng_gsl_face *face);

/* FNV-1a with 64 bits; the names are few and short, and the generator does the mixing. Here, so
 * that a compiler works it out for a name that is written down where the stream is made. */
static inline uint64_t rng_name_hash(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0, length = strlen(name); i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* For rng_stream, rng_streams and the loops of the latter alone. */
struct rng rng_stream_of_hash(uint64_t seed, uint64_t name_hash, uint64_t index);
void rng_streams_of_hash(uint64_t seed, uint64_t name_hash, const uint64_t *indices, int32_t count,
                         struct rng *streams);

static inline struct rng rng_stream(uint64_t seed, const char *name, uint64_t index)
{
    return rng_stream_of_hash(seed, rng_name_hash(name), index);
}

static inline void rng_streams(uint64_t seed, const char *name, const uint64_t *indices,
                               int32_t count, struct rng *streams)
{
    rng_streams_of_hash(seed, rng_name_hash(name), indices, count, streams);
}

#endif
