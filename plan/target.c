/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/target.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "base/units.h"
#include "bench/wait_sample.h"

enum { WORDS_MAX = 3, WORD_SIZE = 64, PRIORITY_HIGHEST = 9 };

/* In the order of enum target_operator. */
static const char *const operators[] = {"<=", ">=", "<", ">", "==", "!="};

/* ---- reading ---- */

struct words {
    char items[WORDS_MAX][WORD_SIZE];
    int32_t count;
};

static int bad_target(const char *text, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    return err_set(
        err, ERR_USAGE,
        "%s: give \"floors\", \"no-preemption PRIORITY\", \"placed DURATION PERCENT\", or "
        "\"METRIC OP NUMBER\" with one of <= >= < > == !=",
        text_quote(text, quoted));
}

/* Words are separated by blanks, and operators from what they stand between. */
static size_t word_length(const char *at)
{
    size_t length = strspn(at, "<>=!");
    return length > 0 ? length : strcspn(at, " \t<>=!");
}

static int split(const char *text, struct words *words, struct err *err)
{
    *words = (struct words){.count = 0};
    for (const char *at = text + strspn(text, " \t"); *at != '\0'; at += strspn(at, " \t")) {
        size_t length = word_length(at);
        if (words->count == WORDS_MAX || length >= WORD_SIZE)
            return bad_target(text, err);
        memcpy(words->items[words->count++], at, length);
        at += length;
    }
    return 0;
}

/* Digits with at most one point, a sign perhaps: the same in every locale. */
static bool parse_number(const char *text, double *number)
{
    const char *digits = text + (*text == '-');
    size_t length = strspn(digits, "0123456789.");
    if (length == 0 || digits[length] != '\0' || strcmp(digits, ".") == 0 ||
        strchr(digits, '.') != strrchr(digits, '.'))
        return false;
    double whole = 0;
    double unit = 1;
    bool is_fraction = false;
    for (const char *at = digits; *at != '\0'; at++) {
        if (*at == '.') {
            is_fraction = true;
            continue;
        }
        whole = whole * 10 + (*at - '0');
        unit = is_fraction ? unit * 10 : unit;
    }
    *number = (*text == '-' ? -whole : whole) / unit;
    return true;
}

static bool parse_operator(const char *text, enum target_operator *operator)
{
    for (size_t i = 0; i < ARRAY_LEN(operators); i++)
        if (strcmp(text, operators[i]) == 0) {
            *operator=(enum target_operator) i;
            return true;
        }
    return false;
}

static int add_target(struct target_set *set, const struct target *target, struct err *err)
{
    if (set->count == TARGETS_MAX)
        return err_set(err, ERR_USAGE, "more than %d targets", TARGETS_MAX);
    set->items[set->count] = *target;
    set->items[set->count++].text = set->text_count;
    return 0;
}

static int add_metric_target(struct target_set *set, const char *name, struct target target,
                             struct err *err)
{
    struct metric_choice choice;
    if (metric_parse(name, &choice, err) != 0)
        return -1;
    target.metric = metric_set_add(&set->metrics, &choice, err);
    return target.metric < 0 ? -1 : add_target(set, &target, err);
}

static int add_no_preemption(struct target_set *set, const char *text, const char *priority,
                             struct err *err)
{
    int64_t lowest;
    char quoted[TEXT_QUOTE_SIZE];
    struct err unused;
    if (parse_int64(priority, &lowest, &unused) != 0 || lowest < 0 || lowest > PRIORITY_HIGHEST)
        return err_set(err, ERR_USAGE, "%s: give a priority from 0 to 9", text_quote(text, quoted));
    for (int p = (int)lowest; p <= PRIORITY_HIGHEST; p++) {
        char name[METRIC_NAME_SIZE];
        snprintf(name, sizeof name, "preemptions_p%d", p);
        if (add_metric_target(set, name, (struct target){.operator= TARGET_AT_MOST}, err) != 0)
            return -1;
    }
    return 0;
}

static int add_placed(struct target_set *set, const char *text, const struct words *words,
                      struct err *err)
{
    struct target target = {.metric = -1, .operator= TARGET_AT_LEAST };
    char quoted[TEXT_QUOTE_SIZE];
    struct err cause;
    if (parse_duration_us(words->items[1], &target.within_us, &cause) != 0 ||
        !parse_number(words->items[2], &target.number) || target.number < 0 || target.number > 100)
        return err_set(err, ERR_USAGE,
                       "%s: give a duration and a percentage, as in \"placed 5m 99\"",
                       text_quote(text, quoted));
    return add_target(set, &target, err);
}

static int parse(struct target_set *set, const char *text, struct err *err)
{
    struct words words;
    if (split(text, &words, err) != 0)
        return -1;
    if (words.count == 1 && strcmp(words.items[0], "floors") == 0)
        return add_metric_target(set, "below_floor_h", (struct target){.operator= TARGET_AT_MOST},
                                 err);
    if (words.count == 2 && strcmp(words.items[0], "no-preemption") == 0)
        return add_no_preemption(set, text, words.items[1], err);
    if (words.count == 3 && strcmp(words.items[0], "placed") == 0)
        return add_placed(set, text, &words, err);
    struct target target = {0};
    if (words.count != 3 || !parse_operator(words.items[1], &target.operator) ||
        !parse_number(words.items[2], &target.number))
        return bad_target(text, err);
    return add_metric_target(set, words.items[0], target, err);
}

int target_set_parse(struct target_set *set, const char *text, struct err *err)
{
    if (parse(set, text, err) != 0)
        return -1;
    set->text_count++;
    return 0;
}

/* ---- checking ---- */

static bool is_kept(const struct target *target, double value)
{
    if (isnan(value))
        return true;
    switch (target->operator) {
    case TARGET_AT_MOST:
        return value <= target->number;
    case TARGET_AT_LEAST:
        return value >= target->number;
    case TARGET_BELOW:
        return value < target->number;
    case TARGET_ABOVE:
        return value > target->number;
    case TARGET_EQUAL:
        return value >= target->number && value <= target->number;
    case TARGET_NOT_EQUAL:
        break;
    }
    return value < target->number || value > target->number;
}

/* The percentage of demands placed within the time; NaN: there was no demand. */
static int read_placed(const struct target *target, const struct target_view *view, double *percent,
                       struct err *err)
{
    struct wait_sample waits;
    double share = (double)NAN;
    if (wait_sample_read(&waits, view->sim, view->from, -1, err) != 0)
        return -1;
    if (waits.count > 0)
        wait_sample_shares(&waits, &target->within_us, 1, &share);
    wait_sample_release(&waits);
    *percent = 100 * share;
    return 0;
}

int target_set_check(const struct target_set *set, const struct target_view *view,
                     struct target_outcome *outcome, struct err *err)
{
    outcome->missed = 0;
    for (int32_t i = 0; i < set->count; i++) {
        const struct target *target = &set->items[i];
        double *value = &outcome->values[i];
        if (target->metric >= 0)
            *value = view->values[target->metric];
        else if (read_placed(target, view, value, err) != 0)
            return -1;
        if (!is_kept(target, *value))
            outcome->missed |= UINT32_C(1) << i;
    }
    return 0;
}

/* ---- more or less ---- */

static bool begins_with(const char *text, const char *begin)
{
    return strncmp(text, begin, strlen(begin)) == 0;
}

/* Is better where there are fewer nodes, or may be. */
static bool is_of_nodes(const char *metric)
{
    static const char *const begins[] = {"nodes",    "node_",      "usd",
                                         "stranded", "compaction", "utilization"};
    for (size_t i = 0; i < ARRAY_LEN(begins); i++)
        if (begins_with(metric, begins[i]))
            return true;
    return false;
}

/* "== 0" of what is better when it is lower is "<= 0". */
static bool wants_more(const struct target *target, const struct metric *metric)
{
    bool is_equal = target->operator== TARGET_EQUAL;
    bool is_upper = target->operator== TARGET_AT_MOST || target->operator==
                    TARGET_BELOW ||(is_equal && target->number <= 0);
    bool is_lower = target->operator== TARGET_AT_LEAST || target->operator==
                    TARGET_ABOVE ||(is_equal && target->number >= 100);
    if (is_of_nodes(metric->name))
        return is_upper && begins_with(metric->name, "utilization");
    return (metric->direction == METRIC_HIGHER_IS_BETTER && is_lower) ||
           (metric->direction == METRIC_LOWER_IS_BETTER && is_upper);
}

uint32_t target_set_wanting_more(const struct target_set *set)
{
    uint32_t wanting = 0;
    for (int32_t i = 0; i < set->count; i++) {
        const struct target *target = &set->items[i];
        if (target->metric < 0 || wants_more(target, set->metrics.items[target->metric].metric))
            wanting |= UINT32_C(1) << i;
    }
    return wanting;
}

bool target_set_wants_more(const struct target_set *set)
{
    uint32_t wanting = target_set_wanting_more(set);
    for (int32_t i = 0; i < set->count; i++)
        if ((wanting >> i & 1) == 0)
            return false;
    return true;
}

/* ---- printing ---- */

const char *target_unit(const struct target_set *set, int32_t target)
{
    int32_t metric = set->items[target].metric;
    return metric < 0 ? "%" : set->metrics.items[metric].metric->unit;
}

const char *target_print(const struct target_set *set, int32_t target, char out[TARGET_TEXT_SIZE])
{
    const struct target *item = &set->items[target];
    if (item->metric < 0) {
        char duration[UNITS_TEXT_SIZE];
        snprintf(out, TARGET_TEXT_SIZE, "placed %s %.10g",
                 print_duration(item->within_us, duration), item->number);
        return out;
    }
    char name[METRIC_NAME_SIZE];
    snprintf(out, TARGET_TEXT_SIZE, "%s %s %.10g",
             metric_name(&set->metrics.items[item->metric], name), operators[item->operator],
             item->number);
    return out;
}
