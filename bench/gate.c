/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/gate.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* Recursive descent, one function for each level of binding. */

enum { DEPTH_MAX = 24, FAILED = -1 };

struct parsing {
    struct gate *gate;
    struct metric_set *metrics;
    const char *at;
    int depth;
    struct err *err;
};

static const char *const of_names[] = {
    [GATE_OF_BASE] = "base", [GATE_OF_LOW] = "low", [GATE_OF_HIGH] = "high",
    [GATE_OF_MIN] = "min",   [GATE_OF_MAX] = "max",
};

/* ---- errors ---- */

static int32_t refuse(const struct parsing *parsing, const char *expected)
{
    char quoted[TEXT_QUOTE_SIZE], there[TEXT_QUOTE_SIZE];
    const char *text = parsing->gate->text;
    if (*parsing->at == '\0')
        return err_set(parsing->err, ERR_USAGE, "%s: it ends where %s is expected",
                       text_quote(text, quoted), expected);
    return err_set(parsing->err, ERR_USAGE, "%s: at character %d, %s: expected is %s",
                   text_quote(text, quoted), (int)(parsing->at - text) + 1,
                   text_quote(parsing->at, there), expected);
}

static bool is_condition(enum gate_kind kind)
{
    return kind >= GATE_LESS;
}

/* ---- pieces ---- */

static void skip_blanks(struct parsing *parsing)
{
    while (*parsing->at == ' ' || *parsing->at == '\t')
        parsing->at++;
}

static bool take(struct parsing *parsing, const char *token)
{
    skip_blanks(parsing);
    size_t length = strlen(token);
    if (strncmp(parsing->at, token, length) != 0)
        return false;
    parsing->at += length;
    return true;
}

static int32_t add_node(struct parsing *parsing, const struct gate_node *node)
{
    struct gate *gate = parsing->gate;
    char quoted[TEXT_QUOTE_SIZE];
    if (gate->node_count == GATE_NODES_MAX)
        return err_set(parsing->err, ERR_USAGE, "%s: has more than %d parts",
                       text_quote(gate->text, quoted), GATE_NODES_MAX);
    gate->nodes[gate->node_count] = *node;
    return gate->node_count++;
}

/* A node over two others, which must both be conditions, or both values. */
static int32_t join(struct parsing *parsing, enum gate_kind kind, int32_t left, int32_t right)
{
    if (left < 0 || right < 0)
        return FAILED;
    bool wants_conditions = kind == GATE_AND || kind == GATE_OR;
    const struct gate_node *nodes = parsing->gate->nodes;
    if (is_condition(nodes[left].kind) != wants_conditions ||
        is_condition(nodes[right].kind) != wants_conditions)
        return refuse(parsing, wants_conditions
                                   ? "a comparison on both sides of && and ||"
                                   : "a number or a metric on both sides, not a comparison");
    const struct gate_node node = {.kind = kind, .left = left, .right = right};
    return add_node(parsing, &node);
}

static int32_t parse_any(struct parsing *parsing);

/* "base." before a metric: its meaning, and the text goes on behind it. */
static enum gate_of take_prefix(struct parsing *parsing)
{
    for (size_t i = GATE_OF_BASE; i < ARRAY_LEN(of_names); i++) {
        size_t length = strlen(of_names[i]);
        if (strncmp(parsing->at, of_names[i], length) == 0 && parsing->at[length] == '.') {
            parsing->at += length + 1;
            return (enum gate_of)i;
        }
    }
    return GATE_OF_VALUE;
}

static int32_t parse_metric(struct parsing *parsing)
{
    char name[METRIC_NAME_SIZE];
    struct metric_choice choice;
    struct gate_node node = {.kind = GATE_METRIC, .of = take_prefix(parsing)};
    size_t length = 0;
    while (isalnum((unsigned char)parsing->at[length]) || parsing->at[length] == '_')
        length++;
    if (length == 0)
        return refuse(parsing, "a metric");
    snprintf(name, sizeof name, "%.*s", (int)length, parsing->at);
    if (metric_parse(name, &choice, parsing->err) != 0)
        return FAILED;
    parsing->at += length;
    node.metric = metric_set_add(parsing->metrics, &choice, parsing->err);
    return node.metric < 0 ? FAILED : add_node(parsing, &node);
}

static int32_t parse_number(struct parsing *parsing)
{
    struct gate_node node = {.kind = GATE_NUMBER};
    char *end;
    node.number = strtod(parsing->at, &end);
    parsing->at = end;
    if (isalpha((unsigned char)*end))
        return refuse(parsing, "an operator (numbers are in the metric's unit)");
    return add_node(parsing, &node);
}

static int32_t parse_value(struct parsing *parsing)
{
    if (take(parsing, "(")) {
        int32_t inner = parse_any(parsing);
        if (inner >= 0 && !take(parsing, ")"))
            return refuse(parsing, "\")\"");
        return inner;
    }
    if (take(parsing, "-")) {
        int32_t inner = parse_value(parsing);
        struct gate_node node = {.kind = GATE_NEGATE, .left = inner};
        if (inner >= 0 && is_condition(parsing->gate->nodes[inner].kind))
            return refuse(parsing, "a number or a metric behind -");
        return inner < 0 ? FAILED : add_node(parsing, &node);
    }
    if (isdigit((unsigned char)*parsing->at) || *parsing->at == '.')
        return parse_number(parsing);
    if (isalpha((unsigned char)*parsing->at))
        return parse_metric(parsing);
    return refuse(parsing, "a number, a metric or \"(\"");
}

/* ---- levels ---- */

struct sign {
    const char *token;
    enum gate_kind kind;
};

static int32_t parse_product(struct parsing *parsing)
{
    int32_t left = parse_value(parsing);
    for (;;) {
        if (left < 0)
            return FAILED;
        if (take(parsing, "*"))
            left = join(parsing, GATE_MULTIPLY, left, parse_value(parsing));
        else if (take(parsing, "/"))
            left = join(parsing, GATE_DIVIDE, left, parse_value(parsing));
        else
            return left;
    }
}

static int32_t parse_sum(struct parsing *parsing)
{
    int32_t left = parse_product(parsing);
    for (;;) {
        if (left < 0)
            return FAILED;
        if (take(parsing, "+"))
            left = join(parsing, GATE_ADD, left, parse_product(parsing));
        else if (take(parsing, "-"))
            left = join(parsing, GATE_SUBTRACT, left, parse_product(parsing));
        else
            return left;
    }
}

static int32_t parse_comparison(struct parsing *parsing)
{
    static const struct sign signs[] = {
        {"<=", GATE_LESS_OR_EQUAL}, {">=", GATE_GREATER_OR_EQUAL},
        {"==", GATE_EQUAL},         {"!=", GATE_NOT_EQUAL},
        {"<", GATE_LESS},           {">", GATE_GREATER},
    };
    int32_t left = parse_sum(parsing);
    for (size_t i = 0; i < ARRAY_LEN(signs) && left >= 0; i++)
        if (take(parsing, signs[i].token))
            return join(parsing, signs[i].kind, left, parse_sum(parsing));
    return left;
}

static int32_t parse_all(struct parsing *parsing)
{
    int32_t left = parse_comparison(parsing);
    while (left >= 0 && take(parsing, "&&"))
        left = join(parsing, GATE_AND, left, parse_comparison(parsing));
    return left;
}

static int32_t parse_any(struct parsing *parsing)
{
    char quoted[TEXT_QUOTE_SIZE];
    if (parsing->depth == DEPTH_MAX)
        return err_set(parsing->err, ERR_USAGE, "%s: has more than %d parentheses in each other",
                       text_quote(parsing->gate->text, quoted), DEPTH_MAX);
    parsing->depth++;
    int32_t left = parse_all(parsing);
    while (left >= 0 && take(parsing, "||"))
        left = join(parsing, GATE_OR, left, parse_all(parsing));
    parsing->depth--;
    return left;
}

int gate_parse(struct gate *gate, const char *text, struct metric_set *metrics, struct err *err)
{
    *gate = (struct gate){.text = text};
    struct parsing parsing = {.gate = gate, .metrics = metrics, .at = text, .err = err};
    gate->root = parse_any(&parsing);
    if (gate->root < 0)
        return -1;
    skip_blanks(&parsing);
    if (*parsing.at != '\0')
        return refuse(&parsing, "an operator, or the end");
    if (!is_condition(gate->nodes[gate->root].kind))
        return refuse(&parsing, "a comparison, as in preemptions_p9 > 0");
    return 0;
}

/* ---- reading ---- */

struct reading {
    const struct gate *gate;
    const struct gate_values *values;
    bool lacks_value;
};

static double value_at(struct reading *reading, int32_t at)
{
    const struct gate_node *node = &reading->gate->nodes[at];
    switch (node->kind) {
    case GATE_NUMBER:
        return node->number;
    case GATE_METRIC:
        return reading->values->read(reading->values->context, node->metric, node->of);
    case GATE_NEGATE:
        return -value_at(reading, node->left);
    case GATE_ADD:
        return value_at(reading, node->left) + value_at(reading, node->right);
    case GATE_SUBTRACT:
        return value_at(reading, node->left) - value_at(reading, node->right);
    case GATE_MULTIPLY:
        return value_at(reading, node->left) * value_at(reading, node->right);
    default:
        return value_at(reading, node->left) / value_at(reading, node->right);
    }
}

static bool compare_values(struct reading *reading, const struct gate_node *node)
{
    double left = value_at(reading, node->left), right = value_at(reading, node->right);
    if (isnan(left) || isnan(right)) {
        reading->lacks_value = true;
        return false;
    }
    switch (node->kind) {
    case GATE_LESS:
        return left < right;
    case GATE_LESS_OR_EQUAL:
        return left <= right;
    case GATE_GREATER:
        return left > right;
    case GATE_GREATER_OR_EQUAL:
        return left >= right;
    case GATE_EQUAL:
        return left == right;
    default:
        return left != right;
    }
}

static bool holds_at(struct reading *reading, int32_t at)
{
    const struct gate_node *node = &reading->gate->nodes[at];
    if (node->kind != GATE_AND && node->kind != GATE_OR)
        return compare_values(reading, node);
    bool left = holds_at(reading, node->left);
    bool right = holds_at(reading, node->right);
    return node->kind == GATE_AND ? left && right : left || right;
}

bool gate_holds(const struct gate *gate, const struct gate_values *values, bool *lacks_value)
{
    struct reading reading = {gate, values, false};
    bool holds = holds_at(&reading, gate->root);
    *lacks_value = reading.lacks_value;
    return holds;
}

const char *gate_name(const struct gate_node *node, const struct metric_set *metrics,
                      char out[GATE_NAME_SIZE])
{
    char name[METRIC_NAME_SIZE];
    metric_name(&metrics->items[node->metric], name);
    if (node->of == GATE_OF_VALUE)
        snprintf(out, GATE_NAME_SIZE, "%s", name);
    else
        snprintf(out, GATE_NAME_SIZE, "%s.%s", of_names[node->of], name);
    return out;
}
