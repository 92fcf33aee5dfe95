/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_DIGEST_H
#define STOWAGE_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Two digests. Of input files: SHA-256 (libmd), so that a user can check it with sha256sum. Of the
 * decision log: 64 bits, one multiply and xor-shift a word, cheap enough to be always on; it
 * detects accidents, not attackers. */

enum { DIGEST_HEX_SIZE = 65 };

struct decision_digest {
    uint64_t state;
    uint64_t count; /* words taken in */
};

void decision_digest_init(struct decision_digest *digest);
static inline void decision_digest_add(struct decision_digest *digest, uint64_t word);
/* The same as adding each of the words. */
static inline void decision_digest_add_all(struct decision_digest *digest, const uint64_t *words,
                                           size_t count);
/* 16 lower-case hex digits and NUL. */
void decision_digest_hex(const struct decision_digest *digest, char out[17]);

/* SHA-256 of several byte ranges one after the other. */
struct sha256 {
    _Alignas(16) unsigned char opaque[256];
};
void sha256_init(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *bytes, size_t size);
void sha256_hex(struct sha256 *sha, char out[DIGEST_HEX_SIZE]);

/* ---- in the header, since a digest takes in seven words for each step of every replica ---- */

/* 2^64 divided by the golden ratio, made odd: each input bit reaches the upper half of the product,
 * and the shift brings that half back down for the next multiply. */
#define DIGEST_GOLDEN UINT64_C(0x9e3779b97f4a7c15)

static inline uint64_t digest_mixed(uint64_t state, uint64_t word)
{
    uint64_t product = (state ^ word) * DIGEST_GOLDEN;
    return product ^ (product >> 32);
}

static inline void decision_digest_add(struct decision_digest *digest, uint64_t word)
{
    digest->state = digest_mixed(digest->state, word);
    digest->count++;
}

static inline void decision_digest_add_all(struct decision_digest *digest, const uint64_t *words,
                                           size_t count)
{
    uint64_t state = digest->state;
    for (size_t i = 0; i < count; i++)
        state = digest_mixed(state, words[i]);
    digest->state = state;
    digest->count += count;
}

#endif
