/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/node_story.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/load_text.h"

static bool is_of_nodes(enum record_kind kind)
{
    return (kind >= RECORD_NODE_ADDED && kind <= RECORD_NODE_REMOVED) ||
           kind == RECORD_NODE_LAUNCHED || kind == RECORD_LAUNCH_FAILED ||
           kind == RECORD_OUT_OF_STOCK || kind == RECORD_EVICTED;
}

static void print_record(const struct sim *sim, const struct record *record, FILE *out)
{
    char name[NODE_NAME_SIZE];
    fprintf(out, "%" PRId64 " %s ", record->time_us / 1000000, record_kind_name(record->kind));
    if (record->kind == RECORD_OUT_OF_STOCK) {
        fprintf(out, "%s\n", sim->scenario->pools[record->node].id);
        return;
    }
    if (record->kind == RECORD_EVICTED) {
        fprintf(out, "%s for %s\n", sim->runners[record->runner].def->id,
                sim->runners[record->other_runner].def->id);
        return;
    }
    const struct node_def *def = &sim->nodes[record->node].def;
    fprintf(out, "%s", sim_node_name(sim, record->node, name));
    if (strcmp(sim->scenario->types[def->type].id, "four") == 0 &&
        sim->scenario->pools[def->pool].type_count > 1)
        fprintf(out, " four");
    if (sim->scenario->type_extras[def->type].offered_as)
        fprintf(out, " spot");
    if (def->zone)
        fprintf(out, " zone %s", def->zone);
    if (record->kind == RECORD_NODE_LAUNCHED)
        fprintf(out, " for %" PRId32, record->count);
    fprintf(out, "\n");
}

char *node_story(const struct scenario *scenario, struct sim *sim)
{
    struct err err = {0};
    struct sim_options options = {.check = true, .keep_records = true};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cr_assert_eq(sim_init(sim, scenario, &options, &err), 0, "%s", err.text);
    int result = 1;
    while (result > 0) {
        result = sim_step(sim, &err);
        for (int32_t i = 0; i < sim->record_count; i++)
            if (is_of_nodes(sim->records[i].kind))
                print_record(sim, &sim->records[i], out);
    }
    cr_assert_eq(result, 0, "%s", err.text);
    fclose(out);
    return text;
}

void node_rules_hold(const struct node_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct scenario scenario;
        struct sim sim;
        char text[4096];
        snprintf(text, sizeof text, "{'stowage':1," TYPES "%s", rules[i].scenario);
        load_good(&scenario, text);
        char *story = node_story(&scenario, &sim);
        cr_expect_str_eq(story, rules[i].expected, "%s:\n%s", rules[i].name, story);
        free(story);
        sim_release(&sim);
        scenario_release(&scenario);
    }
}
