/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/policy_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"

/* ---- printing ---- */

/* A text that grows in a buffer; what does not fit is counted. */
struct print {
    char *out;
    size_t size, length;
};

static void add(struct print *print, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct print *print, const char *format, ...)
{
    bool has_room = print->length < print->size;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(has_room ? print->out + print->length : NULL,
                           has_room ? print->size - print->length : 0, format, arguments);
    va_end(arguments);
    print->length += length > 0 ? (size_t)length : 0;
}

/* The shortest of 15 to 17 digits that reads back as the same number. */
static void add_number(struct print *print, double number)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) >= number && strtod(text, NULL) <= number)
            break;
    }
    add(print, "%s", text);
}

static void add_set(struct print *print, const struct policy_parameter *parameter, int64_t set)
{
    const char *before = "";
    for (int32_t i = 0; i < parameter->name_count; i++)
        if ((set >> i & 1) != 0) {
            add(print, "%s%s", before, parameter->names[i]);
            before = "+";
        }
}

static void add_parameters(struct print *print, const struct policy *policy,
                           const struct policy_value *values, const char *before);

static void add_value(struct print *print, const struct policy_parameter *parameter,
                      const struct policy_value *value)
{
    switch (parameter->kind) {
    case PARAMETER_INTEGER:
        add(print, "%" PRId64, value->integer);
        return;
    case PARAMETER_NUMBER:
        add_number(print, value->number);
        return;
    case PARAMETER_CHOICE:
        add(print, "%s", parameter->names[value->integer]);
        return;
    case PARAMETER_SET:
        add_set(print, parameter, value->integer);
        return;
    case PARAMETER_POLICIES:
        break;
    }
    for (int32_t i = 0; i < value->part_count; i++) {
        const struct policy_part *part = &value->parts[i];
        add(print, "%s%s", i > 0 ? "+" : "", part->policy->name);
        add_parameters(print, part->policy, part->values, "(");
        if (part->weight < 1.0 || part->weight > 1.0) {
            add(print, "*");
            add_number(print, part->weight);
        }
    }
}

static bool is_initial(const struct policy_parameter *parameter, const struct policy_value *value)
{
    const struct policy_value *initial = &parameter->initial;
    if (parameter->kind == PARAMETER_POLICIES)
        return false;
    if (parameter->kind == PARAMETER_NUMBER)
        return value->number >= initial->number && value->number <= initial->number;
    return value->integer == initial->integer;
}

/* `before` opens the list of parameters, ":" or "(". */
static void add_parameters(struct print *print, const struct policy *policy,
                           const struct policy_value *values, const char *before)
{
    bool is_open = false;
    for (int32_t i = 0; values != NULL && i < policy->parameter_count; i++) {
        const struct policy_parameter *parameter = &policy->parameters[i];
        if (is_initial(parameter, &values[i]))
            continue;
        add(print, "%s%s=", is_open ? "," : before, parameter->name);
        add_value(print, parameter, &values[i]);
        is_open = true;
    }
    if (is_open && *before == '(')
        add(print, ")");
}

size_t policy_text_print(const struct policy *policy, const struct policy_value *values, char *out,
                         size_t out_size)
{
    struct print print = {.out = out, .size = out_size};
    add(&print, "%s", policy->name);
    add_parameters(&print, policy, values, ":");
    return print.length;
}

size_t policy_text_value(const struct policy_parameter *parameter, const struct policy_value *value,
                         char *out, size_t out_size)
{
    struct print print = {.out = out, .size = out_size};
    add(&print, "%s", "");
    add_value(&print, parameter, value);
    return print.length;
}

static void add_names(struct print *print, const struct policy_parameter *parameter)
{
    for (int32_t i = 0; i < parameter->name_count; i++)
        add(print, "%s%s", i > 0 ? ", " : "", parameter->names[i]);
}

size_t policy_text_allowed(const struct policy_parameter *parameter, char *out, size_t out_size)
{
    struct print print = {.out = out, .size = out_size};
    switch (parameter->kind) {
    case PARAMETER_INTEGER:
        add(&print, "a whole number from %.0f to %.0f", parameter->low, parameter->high);
        break;
    case PARAMETER_NUMBER:
        add(&print, "a number from %g to %g", parameter->low, parameter->high);
        break;
    case PARAMETER_CHOICE:
        add(&print, "one of ");
        add_names(&print, parameter);
        break;
    case PARAMETER_SET:
        add(&print, "one or more, joined by '+', of ");
        add_names(&print, parameter);
        break;
    case PARAMETER_POLICIES:
        add(&print, "policies with weights, such as best-fit*2+fgd");
        break;
    }
    return print.length;
}

/* ---- parsing ---- */

struct parsing {
    struct arena *arena;
    const char *file;
    struct problems *problems;
};

/* A part of a text. */
struct span {
    const char *start;
    size_t length;
};

/* The part up to one of `ends` that stands outside of parentheses; *text goes behind it. */
static struct span next_span(const char **text, const char *end_of_text, char ends)
{
    struct span span = {*text, 0};
    int depth = 0;
    const char *at = *text;
    for (; at < end_of_text && (depth > 0 || *at != ends); at++) {
        depth += *at == '(' ? 1 : 0;
        depth -= *at == ')' && depth > 0 ? 1 : 0;
    }
    span.length = (size_t)(at - span.start);
    *text = at < end_of_text ? at + 1 : at;
    return span;
}

/* A copy in the arena; NULL when memory is out, which the problems then know. */
static char *keep(struct parsing *parsing, struct span span)
{
    char *copy = arena_strndup(parsing->arena, span.start, span.length);
    if (copy == NULL)
        parsing->problems->out_of_memory = true;
    return copy;
}

/* Says what is allowed instead of this text. */
static void refuse(struct parsing *parsing, const struct policy_parameter *parameter,
                   const char *text)
{
    char quoted[TEXT_QUOTE_SIZE], allowed[256];
    const char *const *names = parameter->names;
    const char *nearest =
        names != NULL ? text_nearest(text, names, (size_t)parameter->name_count) : NULL;
    struct problem_place place = {parsing->file, parameter->name};
    policy_text_allowed(parameter, allowed, sizeof allowed);
    problems_add(parsing->problems, SEVERITY_ERROR, place, "%s: %s%s%sgive %s",
                 text_quote(text, quoted), nearest != NULL ? "did you mean \"" : "",
                 nearest != NULL ? nearest : "", nearest != NULL ? "\"? " : "", allowed);
}

static bool parse_decimal(const char *text, double *out)
{
    char *end;
    if (*text == '\0' || text[strspn(text, "0123456789.eE+-")] != '\0')
        return false;
    *out = strtod(text, &end);
    return *end == '\0';
}

static bool parse_number(const struct policy_parameter *parameter, const char *text,
                         struct policy_value *value)
{
    struct err ignored;
    double number;
    if (parameter->kind == PARAMETER_INTEGER) {
        if (parse_int64(text, &value->integer, &ignored) != 0)
            return false;
        number = (double)value->integer;
    } else {
        if (!parse_decimal(text, &value->number))
            return false;
        number = value->number;
    }
    return number >= parameter->low && number <= parameter->high;
}

static int32_t find_name(const struct policy_parameter *parameter, const char *text)
{
    for (int32_t i = 0; i < parameter->name_count; i++)
        if (strcmp(parameter->names[i], text) == 0)
            return i;
    return -1;
}

static void parse_set(struct parsing *parsing, const struct policy_parameter *parameter,
                      const char *text, struct policy_value *value)
{
    const char *end = text + strlen(text);
    value->integer = 0;
    do {
        char *name = keep(parsing, next_span(&text, end, '+'));
        int32_t place = name != NULL ? find_name(parameter, name) : -1;
        if (place >= 0)
            value->integer |= INT64_C(1) << place;
        else if (name != NULL)
            refuse(parsing, parameter, name);
    } while (text < end);
}

static void parse_parameters(struct parsing *parsing, struct span text,
                             struct policy_choice *choice);

const char *policy_name_hint(const char *name, char out[WORDS_SIZE])
{
    enum { NAMES_MAX = 64 };
    const char *names[NAMES_MAX];
    size_t count;
    const struct policy *const *policies = policy_list(&count);
    count = count < NAMES_MAX ? count : NAMES_MAX;
    for (size_t i = 0; i < count; i++)
        names[i] = policies[i]->name;
    return words_hint(name, (struct words){names, count}, out);
}

static const struct policy *find_policy(struct parsing *parsing, const char *path, const char *name)
{
    char quoted[TEXT_QUOTE_SIZE], hint[WORDS_SIZE];
    const struct policy *found = policy_find(name);
    if (found == NULL)
        problems_add(parsing->problems, SEVERITY_ERROR, (struct problem_place){parsing->file, path},
                     "no policy %s: %s", text_quote(name, quoted), policy_name_hint(name, hint));
    return found;
}

/* "fgd(grain_milli=80)*2". */
static void parse_part(struct parsing *parsing, const struct policy_parameter *parameter,
                       struct span text, struct policy_part *part)
{
    const struct policy_parameter weight = {
        .name = parameter->name, .kind = PARAMETER_NUMBER, .low = 1e-9, .high = 1e9};
    const char *at = text.start, *end = text.start + text.length;
    struct span head = next_span(&at, end, '*');
    struct policy_value factor = {.number = 1.0};
    if (at < end || (at > text.start && at[-1] == '*')) {
        char *number = keep(parsing, (struct span){at, (size_t)(end - at)});
        if (number != NULL && !parse_number(&weight, number, &factor))
            refuse(parsing, &weight, number);
    }
    const char *open = memchr(head.start, '(', head.length);
    size_t name_length = open != NULL ? (size_t)(open - head.start) : head.length;
    char *name = keep(parsing, (struct span){head.start, name_length});
    const struct policy *policy = name != NULL ? find_policy(parsing, parameter->name, name) : NULL;
    struct policy_choice *choice = arena_alloc(parsing->arena, sizeof *choice);
    if (choice == NULL)
        parsing->problems->out_of_memory = true;
    if (policy == NULL || choice == NULL)
        return;
    choice->policy = policy;
    struct span rest = {head.start + head.length, 0};
    if (open != NULL && head.start[head.length - 1] == ')')
        rest = (struct span){open + 1, head.length - name_length - 2};
    else if (open != NULL)
        refuse(parsing, parameter, "(");
    parse_parameters(parsing, rest, choice);
    *part = (struct policy_part){policy, choice->values, factor.number};
}

static void parse_parts(struct parsing *parsing, const struct policy_parameter *parameter,
                        const char *text, struct policy_value *value)
{
    enum { PARTS_MAX = 16 };
    const char *end = text + strlen(text);
    struct policy_part *parts = arena_array(parsing->arena, PARTS_MAX, sizeof *parts);
    if (parts == NULL) {
        parsing->problems->out_of_memory = true;
        return;
    }
    int32_t count = 0;
    while (text < end && count < PARTS_MAX)
        parse_part(parsing, parameter, next_span(&text, end, '+'), &parts[count++]);
    if (count == 0 || text < end)
        refuse(parsing, parameter, text);
    value->parts = parts;
    value->part_count = count;
}

static void parse_value(struct parsing *parsing, const struct policy_parameter *parameter,
                        const char *text, struct policy_value *value)
{
    switch (parameter->kind) {
    case PARAMETER_INTEGER:
    case PARAMETER_NUMBER:
        if (!parse_number(parameter, text, value))
            refuse(parsing, parameter, text);
        break;
    case PARAMETER_CHOICE:
        value->integer = find_name(parameter, text);
        if (value->integer < 0)
            refuse(parsing, parameter, text);
        break;
    case PARAMETER_SET:
        parse_set(parsing, parameter, text, value);
        break;
    case PARAMETER_POLICIES:
        parse_parts(parsing, parameter, text, value);
        break;
    }
}

static int32_t find_parameter(struct parsing *parsing, const struct policy *policy,
                              const char *name)
{
    const char *names[POLICY_PARAMETERS_MAX];
    char quoted[TEXT_QUOTE_SIZE], hint[WORDS_SIZE];
    for (int32_t i = 0; i < policy->parameter_count; i++) {
        names[i] = policy->parameters[i].name;
        if (strcmp(names[i], name) == 0)
            return i;
    }
    const struct words known = {names, (size_t)policy->parameter_count};
    problems_add(parsing->problems, SEVERITY_ERROR,
                 (struct problem_place){parsing->file, policy->name}, "no parameter %s: %s",
                 text_quote(name, quoted),
                 known.count > 0 ? words_hint(name, known, hint) : "it has none");
    return -1;
}

/* One "name=value". */
static void parse_setting(struct parsing *parsing, struct span text, struct policy_choice *choice,
                          uint64_t *seen)
{
    const char *at = text.start, *end = text.start + text.length;
    char *name = keep(parsing, next_span(&at, end, '='));
    char *value = keep(parsing, (struct span){at, (size_t)(end - at)});
    if (name == NULL || value == NULL)
        return;
    int32_t number = find_parameter(parsing, choice->policy, name);
    if (number < 0)
        return;
    const struct policy_parameter *parameter = &choice->policy->parameters[number];
    if ((*seen >> number & 1) != 0) {
        struct problem_place place = {parsing->file, name};
        problems_add(parsing->problems, SEVERITY_ERROR, place, "is given twice: give it once");
    }
    *seen |= UINT64_C(1) << number;
    parse_value(parsing, parameter, value, &choice->values[number]);
}

static void parse_parameters(struct parsing *parsing, struct span text,
                             struct policy_choice *choice)
{
    const struct policy *policy = choice->policy;
    const char *at = text.start, *end = text.start + text.length;
    uint64_t seen = 0;
    policy_defaults(policy, choice->values);
    while (at < end)
        parse_setting(parsing, next_span(&at, end, ','), choice, &seen);
    for (int32_t i = 0; i < policy->parameter_count; i++) {
        if (policy->parameters[i].kind != PARAMETER_POLICIES || (seen >> i & 1) != 0)
            continue;
        struct problem_place place = {parsing->file, policy->name};
        problems_add(parsing->problems, SEVERITY_ERROR, place,
                     "%s is missing: give policies with weights, such as %s=best-fit*2+fgd",
                     policy->parameters[i].name, policy->parameters[i].name);
    }
}

bool policy_text_is_file(const char *text)
{
    return text[strcspn(text, ":/")] == '/';
}

struct policy_name policy_text_split(const char *text)
{
    const char *slash = policy_text_is_file(text) ? strrchr(text, '/') : NULL;
    const char *colon = strchr(slash != NULL ? slash : text, ':');
    if (colon == NULL)
        return (struct policy_name){strlen(text), ""};
    return (struct policy_name){(size_t)(colon - text), colon + 1};
}

int policy_text_parameters(const char *text, struct arena *arena, const char *file,
                           struct policy_choice *choice, struct problems *problems)
{
    struct parsing parsing = {arena, file, problems};
    int32_t errors = problems->error_count;
    parse_parameters(&parsing, (struct span){text, strlen(text)}, choice);
    return problems->error_count > errors || problems->out_of_memory ? -1 : 0;
}

int policy_text_parse(const char *text, struct arena *arena, const char *file,
                      struct policy_choice *choice, struct problems *problems)
{
    struct parsing parsing = {arena, file, problems};
    struct policy_name split = policy_text_split(text);
    char *name = keep(&parsing, (struct span){text, split.length});
    if (name == NULL)
        return -1;
    choice->policy = find_policy(&parsing, "", name);
    if (choice->policy == NULL)
        return -1;
    return policy_text_parameters(split.rest, arena, file, choice, problems);
}
