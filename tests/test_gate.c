/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "bench/gate.h"

/* pending is 3 (of the base 2), usd 10 between 8 and 12, wait_s_p95 has no value. */
static double read_value(const void *context, int32_t metric, enum gate_of of)
{
    const struct metric_set *set = context;
    const char *name = set->items[metric].metric->name;
    if (strcmp(name, "wait_s_p95") == 0)
        return NAN;
    if (strcmp(name, "pending") == 0)
        return of == GATE_OF_BASE ? 2 : 3 + set->items[metric].priority + 1;
    return of == GATE_OF_LOW ? 8 : of == GATE_OF_HIGH ? 12 : 10;
}

static const struct {
    const char *text;
    bool holds, lacks_value;
} good[] = {
    {"pending > 0", true, false},
    {"pending>3", false, false},
    {"pending_p4 == 8", true, false},
    {"pending >= 1.5 * base.pending", true, false},
    {"pending > 1.5*base.pending", false, false},
    {"2 + 3 * 4 == 14 && 2 * 3 + 4 == 10", true, false},
    {"10 - 4 - 3 == 3 && 16 / 4 / 2 == 2", true, false},
    {"-pending < -2.5", true, false},
    {"(2 + 3) * 4 != 20 || low.usd == 8", true, false},
    {"usd < 1 || usd > 9 && pending < 2", false, false},
    {"(usd < 1 || usd > 9) && pending < 4", true, false},
    {"high.usd - low.usd <= 4", true, false},
    {"wait_s_p95 > 0", false, true},
    {"wait_s_p95 > 0 || pending == 3", true, true},
};

Test(gate, conditions_are_read_as_written)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct metric_set set = {.count = 0};
        struct gate gate;
        struct err err = {.kind = ERR_NONE};
        bool lacks_value;
        cr_assert_eq(gate_parse(&gate, good[i].text, &set, &err), 0, "%s: %s", good[i].text,
                     err.text);
        const struct gate_values values = {read_value, &set};
        cr_expect_eq(gate_holds(&gate, &values, &lacks_value), good[i].holds, "%s", good[i].text);
        cr_expect_eq(lacks_value, good[i].lacks_value, "%s", good[i].text);
    }
}

static const struct {
    const char *text, *message;
} wrong[] = {
    {"", "\"\": it ends where a number, a metric or \"(\" is expected"},
    {"pending >", "\"pending >\": it ends where a number, a metric or \"(\" is expected"},
    {"pending >> 0",
     "\"pending >> 0\": at character 10, \"> 0\": expected is a number, a metric or "
     "\"(\""},
    {"pending", "\"pending\": it ends where a comparison, as in preemptions_p9 > 0 is expected"},
    {"pendin > 0",
     "\"pendin\": no such metric: did you mean \"pending\"? docs/compare.md lists them"},
    {"base.usd_p3 > 0", "usd_p3: usd is not counted by priority"},
    {"base. > 0", "\"base. > 0\": at character 6, \" > 0\": expected is a metric"},
    {"(usd > 1", "\"(usd > 1\": it ends where \")\" is expected"},
    {"usd > 1 usd", "\"usd > 1 usd\": at character 9, \"usd\": expected is an operator, or the "
                    "end"},
    {"usd > 30s",
     "\"usd > 30s\": at character 9, \"s\": expected is an operator (numbers are in the "
     "metric's unit)"},
    {"usd && 1 > 0", "\"usd && 1 > 0\": it ends where a comparison on both sides of && and || is "
                     "expected"},
    {"1 < usd < 3",
     "\"1 < usd < 3\": at character 9, \"< 3\": expected is an operator, or the end"},
    {"(1 < usd) + 1 > 0",
     "\"(1 < usd) + 1 > 0\": at character 15, \"> 0\": expected is a number or "
     "a metric on both sides, not a comparison"},
};

Test(gate, a_wrong_condition_is_told_with_its_place)
{
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct metric_set set = {.count = 0};
        struct gate gate;
        struct err err = {.kind = ERR_NONE};
        cr_assert_eq(gate_parse(&gate, wrong[i].text, &set, &err), -1, "%s", wrong[i].text);
        cr_expect_eq(err.kind, ERR_USAGE);
        cr_expect_str_eq(err.text, wrong[i].message, "%s", err.text);
    }
}

Test(gate, long_and_deep_conditions_are_refused)
{
    char text[600] = "";
    struct metric_set set = {.count = 0};
    struct gate gate;
    struct err err = {.kind = ERR_NONE};
    memset(text, '(', 100);
    cr_assert_eq(gate_parse(&gate, text, &set, &err), -1);
    cr_assert_not_null(strstr(err.text, "has more than 24 parentheses"));
    strcpy(text, "1");
    for (int i = 0; i < 80; i++)
        strcat(text, "+1");
    cr_assert_eq(gate_parse(&gate, text, &set, &err), -1);
    cr_assert_not_null(strstr(err.text, "has more than 64 parts"));
}
