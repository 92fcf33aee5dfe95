/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { LISTED_MAX = 20, FEW_MAX = 16 };

static void join(struct words words, char *out, size_t size)
{
    size_t length = 0;
    size_t listed = words.count > LISTED_MAX ? LISTED_MAX : words.count;
    out[0] = '\0';
    for (size_t i = 0; i < listed; i++) {
        const char *separator = i == 0 ? "" : i + 1 < words.count ? ", " : " or ";
        char word[TEXT_QUOTE_SIZE];
        text_escape(words.items[i], word, sizeof word);
        size_t needed = strlen(separator) + strlen(word);
        if (length + needed + sizeof ", ..." > size)
            listed = i;
        else
            length += (size_t)snprintf(out + length, size - length, "%s%s", separator, word);
    }
    if (listed < words.count)
        snprintf(out + length, size - length, ", ...");
}

const char *words_join(struct words words, char out[WORDS_SIZE])
{
    join(words, out, WORDS_SIZE);
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
    bool lists = nearest == NULL || (words.count > 1 && words.count <= FEW_MAX);
    size_t length = 0;
    if (nearest != NULL)
        length += (size_t)snprintf(out, WORDS_SIZE, "did you mean %s?%s",
                                   text_quote(nearest, quoted), lists ? " " : "");
    if (lists) {
        length += (size_t)snprintf(out + length, WORDS_SIZE - length, "give ");
        join(words, out + length, WORDS_SIZE - length);
    }
    return out;
}
