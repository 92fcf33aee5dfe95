/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_word(const char *word, FILE *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-./=:,@%+";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (const char *c = word; *c != '\0'; c++) {
        if (*c == '\'')
            fputs("'\\''", out);
        else
            fputc(*c, out);
    }
    fputc('\'', out);
}

int command_text(int argc, char **argv, char **text, struct err *err)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    if (out == NULL)
        return err_no_memory(err);
    fputs("stowage", out);
    for (int i = 0; i < argc; i++) {
        fputc(' ', out);
        print_word(argv[i], out);
    }
    if (fclose(out) != 0) {
        free(bytes);
        return err_no_memory(err);
    }
    *text = bytes;
    return 0;
}
