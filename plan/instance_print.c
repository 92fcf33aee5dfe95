/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/instance_print.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "base/json_writer.h"
#include "base/table.h"
#include "base/text.h"
#include "plan/node_kinds.h"

enum { MONEY_TEXT_SIZE = 32 };

/* Billionths as a decimal number, exactly, with four decimals or as many as it has. */
static const char *money_text(int64_t nano, char out[MONEY_TEXT_SIZE])
{
    enum { DECIMALS_LEAST = 4 };
    snprintf(out, MONEY_TEXT_SIZE, "%" PRId64 ".%09" PRId64, nano / 1000000000, nano % 1000000000);
    size_t least = strlen(out) - 9 + DECIMALS_LEAST;
    for (size_t length = strlen(out); length > least && out[length - 1] == '0'; length--)
        out[length - 1] = '\0';
    return out;
}

/* NaN where there is nothing to compare. */
static double gap_pct(const struct instance_answer *answer)
{
    int64_t bound = answer->bound.best_nano;
    if (!answer->is_feasible || bound <= 0)
        return NAN;
    return (double)(answer->cost_nano - bound) / (double)bound * 100;
}

/* What the bound says an item is worth: by how much the bound grows with one more of it, as long as
 * that changes nothing else. */
static double item_price(const struct instance_answer *answer, int32_t item)
{
    int64_t price = answer->bound.prices[answer->cover.row_of[item]];
    return ldexp((double)price * 1e-9, -answer->bound.shift);
}

/* One unit of a resource in the unit of the input. */
static double resource_price(const struct instance_answer *answer, int32_t resource)
{
    return answer->bound.resource_prices[resource] / answer->cover.unit[resource];
}

/* ---- JSON ---- */

static void write_money(struct json_writer *w, const char *key, int64_t nano)
{
    char text[MONEY_TEXT_SIZE];
    json_raw(w, key, money_text(nano, text));
}

static void write_bounds(const struct instance_answer *answer, struct json_writer *w)
{
    json_object(w, "bounds");
    json_object(w, "volume");
    for (int32_t r = 0; r < answer->instance->resource_count; r++)
        write_money(w, answer->instance->resources[r], answer->bound.volume_nano[r]);
    json_close_object(w);
    write_money(w, "mixed", answer->bound.mixed_nano);
    write_money(w, "pattern", answer->bound.pattern_nano);
    json_bool(w, "pattern_is_exact", answer->bound.is_exact);
    if (answer->bound.tried_nano > 0)
        write_money(w, "exhaustive", answer->bound.tried_nano);
    else
        json_null(w, "exhaustive");
    json_close_object(w);
}

static void write_mix(const struct instance_answer *answer, struct json_writer *w)
{
    json_object(w, "node_mix");
    for (int32_t t = 0; t < answer->instance->type_count; t++) {
        if (answer->plan.used[t] > 0)
            json_int(w, answer->instance->types[t].name, answer->plan.used[t]);
    }
    json_close_object(w);
}

static void write_nodes(const struct instance_answer *answer, const struct node_kinds *kinds,
                        struct json_writer *w)
{
    const struct instance *instance = answer->instance;
    json_array(w, "nodes");
    for (int32_t k = 0; k < kinds->kind_count; k++) {
        const struct node_kind *kind = &kinds->kinds[k];
        json_object(w, NULL);
        json_string(w, "type", instance->types[kind->type].name);
        json_int(w, "count", kind->count);
        json_object(w, "pattern");
        for (int32_t i = kind->first; i < kind->first + kind->item_count; i++)
            json_int(w, instance->items[kinds->items[i].item].id, kinds->items[i].count);
        json_close_object(w);
        json_close_object(w);
    }
    json_close_array(w);
}

static void write_prices(const struct instance_answer *answer, struct json_writer *w)
{
    const struct instance *instance = answer->instance;
    enum { PRICE_DIGITS = 9 };
    json_object(w, "prices");
    json_object(w, "resources");
    for (int32_t r = 0; r < instance->resource_count; r++)
        json_decimal(w, instance->resources[r], resource_price(answer, r), PRICE_DIGITS);
    json_close_object(w);
    json_object(w, "items");
    for (int32_t i = 0; i < instance->item_count; i++)
        json_decimal(w, instance->items[i].id, item_price(answer, i), PRICE_DIGITS);
    json_close_object(w);
    json_close_object(w);
}

static void write_infeasible(const struct instance_answer *answer, struct json_writer *w)
{
    json_bool(w, "infeasible_proved", answer->is_proved_infeasible);
    json_string(w, "reason", answer->reason);
    if (answer->has_bound)
        write_money(w, "lower_bound", answer->bound.best_nano);
    else
        json_null(w, "lower_bound");
    json_null(w, "cost");
    json_null(w, "gap_pct");
    json_array(w, "nodes");
    json_close_array(w);
}

static void write_feasible(const struct instance_answer *answer, const struct node_kinds *kinds,
                           struct json_writer *w)
{
    write_money(w, "lower_bound", answer->bound.best_nano);
    write_money(w, "cost", answer->cost_nano);
    json_decimal(w, "gap_pct", gap_pct(answer), 6);
    json_int(w, "node_count", answer->plan.node_count);
    write_bounds(answer, w);
    write_mix(answer, w);
    write_nodes(answer, kinds, w);
    write_prices(answer, w);
}

int instance_print_json(const struct instance_answer *answer, const struct print_origin *origin,
                        FILE *out, struct err *err)
{
    struct node_kinds kinds = {0};
    struct json_writer writer;
    if (answer->is_feasible && node_kinds_make(&kinds, &answer->plan, err))
        return -1;
    json_writer_init(&writer, out, false);
    json_object(&writer, NULL);
    if (origin != NULL) {
        json_string(&writer, "tool", "stowage");
        json_string(&writer, "version", origin->version);
        json_string(&writer, "command", origin->command);
    }
    json_string(&writer, "name", answer->instance->name);
    json_bool(&writer, "feasible", answer->is_feasible);
    json_string(&writer, "unit", answer->instance->has_prices ? "usd_hr" : "nodes");
    if (answer->is_feasible)
        write_feasible(answer, &kinds, &writer);
    else
        write_infeasible(answer, &writer);
    json_close_object(&writer);
    node_kinds_release(&kinds);
    return 0;
}

/* ---- text ---- */

static const char *unit_word(const struct instance_answer *answer)
{
    return answer->instance->has_prices ? "$/h" : "nodes";
}

static void print_line(const struct instance_answer *answer, FILE *out, const char *label,
                       int64_t nano)
{
    char text[MONEY_TEXT_SIZE];
    fprintf(out, "  %-28s %16s %s\n", label, money_text(nano, text), unit_word(answer));
}

static void print_bounds(const struct instance_answer *answer, FILE *out)
{
    const struct cost_bound *bound = &answer->bound;
    char label[TEXT_QUOTE_SIZE + 16];
    fputs("\nLower bounds\n", out);
    for (int32_t r = 0; r < answer->instance->resource_count; r++) {
        char name[TEXT_QUOTE_SIZE];
        text_escape(answer->instance->resources[r], name, sizeof name);
        snprintf(label, sizeof label, "volume of %s", name);
        print_line(answer, out, label, bound->volume_nano[r]);
    }
    print_line(answer, out, "volume of all together", bound->mixed_nano);
    print_line(answer, out, bound->is_exact ? "patterns" : "patterns (work limit)",
               bound->pattern_nano);
    if (bound->tried_nano > 0)
        print_line(answer, out, "all fleets tried", bound->tried_nano);
    print_line(answer, out, "best, as a fleet can cost", bound->best_nano);
    if (!bound->is_exact)
        fputs("  The search for better prices of items ended at its limit of work: the bounds\n"
              "  hold, and part of the gap may be theirs.\n",
              out);
}

static void print_mix(const struct instance_answer *answer, FILE *out)
{
    const struct instance *instance = answer->instance;
    fprintf(out, "\nNodes: %" PRId32 "\n", answer->plan.node_count);
    for (int32_t t = 0; t < instance->type_count; t++) {
        char name[TEXT_QUOTE_SIZE], text[MONEY_TEXT_SIZE];
        if (answer->plan.used[t] == 0)
            continue;
        text_escape(instance->types[t].name, name, sizeof name);
        fprintf(out, "  %6" PRId64 " x %-28s", answer->plan.used[t], name);
        if (instance->has_prices)
            fprintf(out, " %9s $/h each", money_text(instance->types[t].price_nano, text));
        fputc('\n', out);
    }
}

static void print_prices(const struct instance_answer *answer, FILE *out)
{
    const struct instance *instance = answer->instance;
    if (!instance->has_prices)
        return;
    fputs("\nOne more unit is worth\n", out);
    for (int32_t r = 0; r < instance->resource_count; r++) {
        char name[TEXT_QUOTE_SIZE];
        text_escape(instance->resources[r], name, sizeof name);
        fprintf(out, "  %-28s %16.6g $/h\n", name, resource_price(answer, r));
    }
}

static void print_contents(const struct instance_answer *answer, const struct node_kinds *kinds,
                           FILE *out)
{
    enum { KINDS_SHOWN = 40 };
    const struct instance *instance = answer->instance;
    char name[TEXT_QUOTE_SIZE];
    fputs("\nOn each\n", out);
    for (int32_t k = 0; k < kinds->kind_count && k < KINDS_SHOWN; k++) {
        const struct node_kind *kind = &kinds->kinds[k];
        text_escape(instance->types[kind->type].name, name, sizeof name);
        fprintf(out, "  %6" PRId32 " x %s:", kind->count, name);
        for (int32_t i = kind->first; i < kind->first + kind->item_count; i++) {
            text_escape(instance->items[kinds->items[i].item].id, name, sizeof name);
            fprintf(out, "%s %" PRId64 " %s", i > kind->first ? "," : "", kinds->items[i].count,
                    name);
        }
        fputc('\n', out);
    }
    if (kinds->kind_count > KINDS_SHOWN)
        fprintf(out, "  and %" PRId32 " more kind%s of nodes (--format json has all)\n",
                kinds->kind_count - KINDS_SHOWN, plural_end(kinds->kind_count - KINDS_SHOWN));
}

static void print_heading(const struct instance_answer *answer, FILE *out)
{
    char name[TEXT_QUOTE_SIZE];
    text_escape(answer->instance->name, name, sizeof name);
    fprintf(out, "Plan%s%s", name[0] != '\0' ? " for " : "", name);
}

int instance_print_text(const struct instance_answer *answer, FILE *out, struct err *err)
{
    struct node_kinds kinds = {0};
    if (!answer->is_feasible) {
        print_heading(answer, out);
        fprintf(out, ": %s: %s\n", answer->is_proved_infeasible ? "infeasible" : "no plan",
                answer->reason);
        if (answer->misfit_count > 1)
            fprintf(out, "So it is with %" PRId32 " items.\n", answer->misfit_count);
        return 0;
    }
    if (node_kinds_make(&kinds, &answer->plan, err))
        return -1;
    print_heading(answer, out);
    fputs("\n\n", out);
    print_line(answer, out, "cost", answer->cost_nano);
    print_line(answer, out, "no fleet can cost less than", answer->bound.best_nano);
    if (answer->bound.best_nano > 0)
        fprintf(out, "  %-28s %16.4f %%\n", "gap", gap_pct(answer));
    print_mix(answer, out);
    print_bounds(answer, out);
    print_prices(answer, out);
    print_contents(answer, &kinds, out);
    node_kinds_release(&kinds);
    return 0;
}

/* ---- tables ---- */

int instance_print_nodes(const struct instance_answer *answer, FILE *out, struct err *err)
{
    static const struct column columns[] = {
        {"kind", "count", "number of the kind of node, from 1"},
        {"type", "text", "its instance type"},
        {"node_count", "count", "nodes of this kind"},
        {"item", "text", "an item on it"},
        {"item_count", "count", "how many of the item are on each"},
    };
    struct node_kinds kinds = {0};
    struct table table;
    if (answer->is_feasible && node_kinds_make(&kinds, &answer->plan, err))
        return -1;
    table_init(&table, out, columns, (int32_t)ARRAY_LEN(columns));
    for (int32_t k = 0; k < kinds.kind_count; k++) {
        const struct node_kind *kind = &kinds.kinds[k];
        for (int32_t i = kind->first; i < kind->first + kind->item_count; i++) {
            table_int(&table, k + 1);
            table_text(&table, answer->instance->types[kind->type].name);
            table_int(&table, kind->count);
            table_text(&table, answer->instance->items[kinds.items[i].item].id);
            table_int(&table, kinds.items[i].count);
            table_end_row(&table);
        }
    }
    node_kinds_release(&kinds);
    return 0;
}

void instance_print_prices(const struct instance_answer *answer, FILE *out)
{
    static const struct column columns[] = {
        {"item", "text", "its id"},
        {"demand", "count", "how many need a place"},
        {"price_usd_hr", "USD", "what the bound says one is worth per hour"},
    };
    struct table table;
    table_init(&table, out, columns, (int32_t)ARRAY_LEN(columns));
    for (int32_t i = 0; answer->has_bound && i < answer->instance->item_count; i++) {
        table_text(&table, answer->instance->items[i].id);
        table_int(&table, answer->instance->items[i].demand);
        table_decimal(&table, item_price(answer, i), 9);
        table_end_row(&table);
    }
}
