/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/utf8.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/array.h"

/* The definition of UTF-8 read forwards: code point to bytes. */
static size_t encode(uint32_t c, unsigned char out[4])
{
    if (c < 0x80) {
        out[0] = (unsigned char)c;
        return 1;
    }
    size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (unsigned char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    out[0] = (unsigned char)(lead[length] | c);
    return length;
}

Test(utf8, every_code_point_is_read_back_and_surrogates_are_not)
{
    for (uint32_t c = 0; c < 0x120000; c++) {
        unsigned char bytes[4];
        uint32_t found = UINT32_MAX;
        size_t length = encode(c, bytes);
        bool is_valid = c < 0xd800 || (c > 0xdfff && c <= 0x10ffff);
        cr_assert_eq(utf8_decode((const char *)bytes, length, &found), is_valid ? length : 0,
                     "U+%X", c);
        cr_assert_eq(found, is_valid ? c : UINT32_MAX, "U+%X", c);
        cr_assert_eq(utf8_decode((const char *)bytes, length - 1, &found), 0, "U+%X", c);
    }
}

/* Oracle: what decodes must be the encoding of what it decodes to. */
Test(utf8, only_the_one_encoding_of_a_code_point_is_taken)
{
    static const unsigned char thirds[] = {0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff};
    int valid = 0;
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            for (size_t i = 0; i < ARRAY_LEN(thirds); i++) {
                unsigned char bytes[4] = {(unsigned char)first, (unsigned char)second, thirds[i],
                                          0x80};
                unsigned char again[4];
                uint32_t c = 0;
                size_t length = utf8_decode((const char *)bytes, sizeof bytes, &c);
                valid += length > 0;
                cr_assert(length == 0 ||
                          (encode(c, again) == length && memcmp(again, bytes, length) == 0));
            }
        }
    }
    cr_expect_eq(valid,
                 (128 * 256 + 30 * 64) * 6 + (16 * 64 - 64) * 2 + (4 * 64 + 64 - 16 - 48) * 2);
}

static const struct {
    uint32_t code_point;
    bool is_harmless;
} characters[] = {
    {0x00, false},   {0x1f, false},   {0x20, true},    {0x7e, true},     {0x7f, false},
    {0x80, false},   {0x9f, false},   {0xa0, true},    {0xe9, true},     {0x200d, true},
    {0x200e, false}, {0x200f, false}, {0x2027, true},  {0x2028, false},  {0x202e, false},
    {0x202f, true},  {0x2065, true},  {0x2066, false}, {0x2069, false},  {0x206a, true},
    {0xfefe, true},  {0xfeff, false}, {0x1f600, true}, {0x10ffff, true},
};

Test(utf8, what_upsets_a_line_is_not_harmless)
{
    for (size_t i = 0; i < ARRAY_LEN(characters); i++)
        cr_expect_eq(utf8_is_harmless(characters[i].code_point), characters[i].is_harmless, "U+%X",
                     characters[i].code_point);
}
