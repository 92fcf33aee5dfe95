/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digest.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

struct sha_case {
    const char *name;
    const char *message;
    const char *expected;
};

/* FIPS 180-4's example messages, and the empty one. */
static const struct sha_case sha_cases[] = {
    {"empty", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"one block", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"four words a letter",
     "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
     "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

Test(digest, sha256_matches_the_published_vectors)
{
    for (size_t i = 0; i < ARRAY_LEN(sha_cases); i++) {
        struct sha256 sha;
        char hex[DIGEST_HEX_SIZE];
        sha256_init(&sha);
        sha256_add(&sha, sha_cases[i].message, strlen(sha_cases[i].message));
        sha256_hex(&sha, hex);
        cr_assert_str_eq(hex, sha_cases[i].expected, "%s", sha_cases[i].name);
    }
}

Test(digest, sha256_of_a_million_letters_in_uneven_pieces)
{
    struct sha256 sha;
    char hex[DIGEST_HEX_SIZE];
    char letters[997];
    memset(letters, 'a', sizeof letters);
    sha256_init(&sha);
    size_t left = 1000000;
    for (size_t i = 0; left > 0; i++) {
        size_t size = i % sizeof letters < left ? i % sizeof letters : left;
        sha256_add(&sha, letters, size);
        left -= size;
    }
    sha256_hex(&sha, hex);
    cr_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

Test(digest, sha256_of_nothing_added_needs_no_address)
{
    struct sha256 sha;
    char hex[DIGEST_HEX_SIZE];
    sha256_init(&sha);
    sha256_add(&sha, NULL, 0);
    sha256_hex(&sha, hex);
    cr_assert_str_eq(hex, sha_cases[0].expected);
}

Test(digest, sha256_can_be_read_on_the_way)
{
    struct sha256 sha;
    char early[DIGEST_HEX_SIZE];
    char late[DIGEST_HEX_SIZE];
    sha256_init(&sha);
    sha256_add(&sha, "ab", 2);
    sha256_hex(&sha, early);
    sha256_add(&sha, "c", 1);
    sha256_hex(&sha, late);
    cr_assert_str_neq(early, late);
    cr_assert_str_eq(late, sha_cases[1].expected);
}

static void digest_of(const uint64_t *words, size_t count, char out[17])
{
    struct decision_digest digest;
    decision_digest_init(&digest);
    for (size_t i = 0; i < count; i++)
        decision_digest_add(&digest, words[i]);
    cr_assert_eq(digest.count, count);
    decision_digest_hex(&digest, out);
}

Test(digest, decisions_have_a_fixed_digest)
{
    /* A change of these values breaks the comparison with digests of earlier versions. */
    static const uint64_t words[] = {0, 1, UINT64_MAX, 0};
    char hex[17];
    digest_of(words, 0, hex);
    cr_assert_str_eq(hex, "df442d22110c749b");
    digest_of(words, ARRAY_LEN(words), hex);
    cr_assert_str_eq(hex, "cf380ff71a9de85a");
}

Test(digest, words_added_together_are_words_added_one_by_one)
{
    static const uint64_t words[] = {5, 0, UINT64_MAX, 1, 7};
    for (size_t count = 0; count <= ARRAY_LEN(words); count++) {
        struct decision_digest together;
        char one_by_one[17];
        char hex[17];
        decision_digest_init(&together);
        decision_digest_add_all(&together, words, count);
        digest_of(words, count, one_by_one);
        decision_digest_hex(&together, hex);
        cr_assert_str_eq(hex, one_by_one, "%zu words", count);
    }
}

Test(digest, decisions_in_another_order_or_number_differ)
{
    static const uint64_t in_order[] = {1, 2, 3};
    static const uint64_t swapped[] = {1, 3, 2};
    static const uint64_t zeros[8] = {0};
    char a[17];
    char b[17];
    digest_of(in_order, 3, a);
    digest_of(swapped, 3, b);
    cr_assert_str_neq(a, b);
    digest_of(in_order, 2, b);
    cr_assert_str_neq(a, b);
    for (size_t count = 0; count < 8; count++) {
        digest_of(zeros, count, a);
        digest_of(zeros, count + 1, b);
        cr_assert_str_neq(a, b);
    }
}

Test(digest, every_bit_of_every_word_counts)
{
    uint64_t words[4] = {11, 22, 33, 44};
    char plain[17];
    digest_of(words, 4, plain);
    for (size_t word = 0; word < 4; word++) {
        for (int bit = 0; bit < 64; bit++) {
            char flipped[17];
            words[word] ^= UINT64_C(1) << bit;
            digest_of(words, 4, flipped);
            words[word] ^= UINT64_C(1) << bit;
            cr_assert_str_neq(plain, flipped);
        }
    }
}

static int compare_uint64(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

Test(digest, short_sequences_of_small_words_do_not_collide)
{
    enum { WORDS = 40, COUNT = WORDS * WORDS * WORDS };
    uint64_t *states = malloc(COUNT * sizeof *states);
    cr_assert_not_null(states);
    for (uint64_t i = 0; i < COUNT; i++) {
        struct decision_digest digest;
        decision_digest_init(&digest);
        decision_digest_add(&digest, i % WORDS);
        decision_digest_add(&digest, i / WORDS % WORDS);
        decision_digest_add(&digest, i / WORDS / WORDS);
        states[i] = digest.state;
    }
    qsort(states, COUNT, sizeof *states, compare_uint64);
    for (size_t i = 1; i < COUNT; i++)
        cr_assert_neq(states[i - 1], states[i]);
    free(states);
}

Test(digest, hex_does_not_change_the_digest)
{
    struct decision_digest digest;
    char first[17];
    char second[17];
    decision_digest_init(&digest);
    decision_digest_add(&digest, 5);
    decision_digest_hex(&digest, first);
    decision_digest_hex(&digest, second);
    cr_assert_str_eq(first, second);
    cr_assert_eq(strspn(first, "0123456789abcdef"), 16);
    cr_assert_eq(digest.count, 1);
}
