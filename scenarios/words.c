/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/words.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { LISTED_MAX = 20 };

const char *words_join(struct words words, char out[WORDS_SIZE])
{
    size_t length = 0;
    size_t listed = words.count > LISTED_MAX ? LISTED_MAX : words.count;
    out[0] = '\0';
    for (size_t i = 0; i < listed; i++) {
        const char *separator = i == 0 ? "" : i + 1 < words.count ? ", " : " or ";
        char word[TEXT_QUOTE_SIZE];
        text_escape(words.items[i], word, sizeof word);
        size_t needed = strlen(separator) + strlen(word);
        if (length + needed + sizeof ", ..." > WORDS_SIZE)
            listed = i;
        else
            length += (size_t)snprintf(out + length, WORDS_SIZE - length, "%s%s", separator, word);
    }
    if (listed < words.count)
        snprintf(out + length, WORDS_SIZE - length, ", ...");
    return out;
}

const char *words_nearest(const char *text, struct words words)
{
    return text_nearest(text, words.items, words.count);
}

const char *words_hint(const char *text, struct words words, char out[WORDS_SIZE])
{
    const char *nearest = words_nearest(text, words);
    char quoted[TEXT_QUOTE_SIZE];
    char list[WORDS_SIZE];
    if (nearest)
        snprintf(out, WORDS_SIZE, "did you mean %s?", text_quote(nearest, quoted));
    else
        snprintf(out, WORDS_SIZE, "give %.*s", WORDS_SIZE - 6, words_join(words, list));
    return out;
}
