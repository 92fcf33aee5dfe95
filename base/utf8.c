/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/utf8.h"

#include "base/array.h"

/* One form of sequence: its first bytes, and the range that its second byte may take. The narrowed
 * second bytes keep out overlong forms, surrogates and values above U+10FFFF. */
struct form {
    unsigned char first_min, first_max;
    unsigned char second_min, second_max;
    unsigned char length;
    unsigned char payload_mask;
};

static const struct form forms[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2, 0x1f}, {0xe0, 0xe0, 0xa0, 0xbf, 3, 0x0f},
    {0xe1, 0xec, 0x80, 0xbf, 3, 0x0f}, {0xed, 0xed, 0x80, 0x9f, 3, 0x0f},
    {0xee, 0xef, 0x80, 0xbf, 3, 0x0f}, {0xf0, 0xf0, 0x90, 0xbf, 4, 0x07},
    {0xf1, 0xf3, 0x80, 0xbf, 4, 0x07}, {0xf4, 0xf4, 0x80, 0x8f, 4, 0x07},
};

static const struct form *form_of(unsigned char first)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (first >= forms[i].first_min && first <= forms[i].first_max)
            return &forms[i];
    }
    return NULL;
}

size_t utf8_decode(const char *bytes, size_t size, uint32_t *code_point)
{
    const unsigned char *at = (const unsigned char *)bytes;
    if (size == 0)
        return 0;
    if (at[0] < 0x80) {
        *code_point = at[0];
        return 1;
    }
    const struct form *form = form_of(at[0]);
    if (form == NULL || size < form->length)
        return 0;
    if (at[1] < form->second_min || at[1] > form->second_max)
        return 0;
    uint32_t value = at[0] & form->payload_mask;
    for (size_t i = 1; i < form->length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        value = (value << 6) | (at[i] & 0x3fU);
    }
    *code_point = value;
    return form->length;
}

bool utf8_is_harmless(uint32_t code_point)
{
    if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0))
        return false;
    if (code_point == 0x200e || code_point == 0x200f || code_point == 0xfeff)
        return false;
    if (code_point >= 0x2028 && code_point <= 0x202e)
        return false;
    return !(code_point >= 0x2066 && code_point <= 0x2069);
}
