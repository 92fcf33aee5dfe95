/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digest.h"

#include <sha256.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

void decision_digest_init(struct decision_digest *digest)
{
    *digest = (struct decision_digest){.state = DIGEST_GOLDEN};
}

void decision_digest_hex(const struct decision_digest *digest, char out[17])
{
    /* The count goes in last, so that a state that got stuck at 0 still tells lengths apart. */
    struct decision_digest end = *digest;
    decision_digest_add(&end, digest->count);
    for (int i = 0; i < 16; i++)
        out[i] = hex_digits[(end.state >> (60 - 4 * i)) & 15];
    out[16] = '\0';
}

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct sha256), "struct sha256 is too small");
_Static_assert(_Alignof(SHA256_CTX) <= _Alignof(struct sha256), "struct sha256 is misaligned");

/* The opaque bytes are copied in and out, which keeps libmd's type out of our header without
 * reading the bytes through a pointer of another type. */
static SHA256_CTX context_of(const struct sha256 *sha)
{
    SHA256_CTX context;
    memcpy(&context, sha->opaque, sizeof context);
    return context;
}

void sha256_init(struct sha256 *sha)
{
    SHA256_CTX context;
    SHA256Init(&context);
    *sha = (struct sha256){0};
    memcpy(sha->opaque, &context, sizeof context);
}

void sha256_add(struct sha256 *sha, const void *bytes, size_t size)
{
    if (size == 0)
        return;
    SHA256_CTX context = context_of(sha);
    SHA256Update(&context, bytes, size);
    memcpy(sha->opaque, &context, sizeof context);
}

void sha256_hex(struct sha256 *sha, char out[DIGEST_HEX_SIZE])
{
    SHA256_CTX context = context_of(sha);
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256Final(digest, &context);
    for (size_t i = 0; i < sizeof digest; i++) {
        out[2 * i] = hex_digits[digest[i] >> 4];
        out[2 * i + 1] = hex_digits[digest[i] & 15];
    }
    out[2 * sizeof digest] = '\0';
}
