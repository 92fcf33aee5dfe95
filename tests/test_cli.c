/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/array.h"
#include "cli/command_text.h"
#include "cli/progress.h"

Test(cli, progress_says_virtual_time_share_speed_and_what_is_left)
{
    const int64_t second_us = 1000000;
    const int64_t day_us = 86400 * second_us;
    static const struct {
        const char *name;
        int64_t now_s, end_s, event_count, elapsed_s;
        const char *text;
    } rows[] = {
        {"half way", 43200, 86400, 5000, 2,
         "12h00m of 1d (50 %), 5000 events, 2500 events/s, 2s left"},
        {"a tenth", 8640, 86400, 10, 10, "2h24m of 1d (10 %), 10 events, 1 events/s, 1m30s left"},
        {"nothing yet", 0, 86400, 7, 1, "0s of 1d (0 %), 7 events, 7 events/s"},
        {"the end", 86400, 86400, 8, 4, "1d00h of 1d (100 %), 8 events, 2 events/s, 0s left"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[PROGRESS_TEXT_SIZE];
        const struct progress_state state = {.now_us = rows[i].now_s * second_us,
                                             .end_us = rows[i].end_s * second_us,
                                             .event_count = rows[i].event_count};
        progress_print(&state, rows[i].elapsed_s * second_us, text);
        cr_expect_str_eq(text, rows[i].text, "%s: %s", rows[i].name, text);
    }
    char text[PROGRESS_TEXT_SIZE];
    const struct progress_state late = {
        .now_us = 3 * day_us + 61 * second_us, .end_us = 30 * day_us, .event_count = 1};
    progress_print(&late, second_us, text);
    cr_expect(strncmp(text, "3d00h of 30d (10 %)", 19) == 0, "cut to hours: %s", text);
}

Test(cli, the_command_is_text_that_a_shell_reads_back)
{
    static const struct {
        const char *name;
        const char *words[4];
        const char *text;
    } rows[] = {
        {"plain words", {"run", "a/b.json", "--seed=5"}, "stowage run a/b.json --seed=5"},
        {"a blank", {"run", "my week.json"}, "stowage run 'my week.json'"},
        {"a quote", {"run", "it's"}, "stowage run 'it'\\''s'"},
        {"nothing", {"run", ""}, "stowage run ''"},
        {"what a shell expands", {"run", "$HOME", "*", "~"}, "stowage run '$HOME' '*' '~'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *words[4] = {NULL};
        int count = 0;
        while (count < 4 && rows[i].words[count] != NULL) {
            words[count] = strdup(rows[i].words[count]);
            count++;
        }
        char *text = NULL;
        struct err err = {.kind = ERR_NONE};
        cr_assert_eq(command_text(count, words, &text, &err), 0);
        cr_expect_str_eq(text, rows[i].text, "%s: %s", rows[i].name, text);
        free(text);
        for (int k = 0; k < count; k++)
            free(words[k]);
    }
}
