/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/variants.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/words.h"
#include "cli/config_file.h"
#include "scheduler/policy_text.h"

enum { LABEL_SIZE = 512 };

/* ---- policies ---- */

static int check_new(const struct variants *variants, const char *text, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    for (int32_t i = 0; i < variants->policy_count; i++)
        if (strcmp(variants->policy_labels[i], text) == 0)
            return err_set(err, ERR_USAGE, "compare: the policy %s is given twice",
                           text_quote(text, quoted));
    if (variants->policy_count == COMPARE_VARIANTS_MAX)
        return err_set(err, ERR_USAGE, "compare: more than %d policies", COMPARE_VARIANTS_MAX);
    return 0;
}

static int add_policy(struct variants *variants, const char *text, const char *place,
                      struct err *err)
{
    if (check_new(variants, text, err) != 0)
        return -1;
    struct policy_option *option = arena_alloc(&variants->arena, sizeof *option);
    const char *label = arena_strdup(&variants->arena, text);
    if (option == NULL || label == NULL)
        return err_no_memory(err);
    if (policy_option_set(option, text, place, err) != 0) {
        policy_option_release(option);
        return -1;
    }
    variants->policies[variants->policy_count] = option;
    variants->policy_labels[variants->policy_count++] = label;
    return 0;
}

int variants_add_policy(struct variants *variants, const char *text, struct err *err)
{
    return add_policy(variants, text, "compare: --policy", err);
}

/* Does the policy work without being told anything? */
static bool has_defaults(const struct policy *policy)
{
    for (int32_t i = 0; i < policy->parameter_count; i++)
        if (policy->parameters[i].kind == PARAMETER_POLICIES)
            return false;
    return true;
}

static int add_all(struct variants *variants, struct err *err)
{
    size_t count;
    const struct policy *const *policies = policy_list(&count);
    for (size_t i = 0; i < count; i++)
        if (has_defaults(policies[i]) && variants_add_policy(variants, policies[i]->name, err) != 0)
            return -1;
    return 0;
}

int variants_add_policies(struct variants *variants, const char *list, struct err *err)
{
    if (strcmp(list, "all") == 0)
        return add_all(variants, err);
    for (;;) {
        size_t length = strcspn(list, ",");
        char *name = arena_strndup(&variants->arena, list, length);
        if (name == NULL)
            return err_no_memory(err);
        if (strchr(name, ':') != NULL || strchr(name, '=') != NULL)
            return err_set(err, ERR_USAGE,
                           "compare: --policies takes names: give a policy with parameters by "
                           "--policy");
        if (add_policy(variants, name, "compare: --policies", err) != 0)
            return -1;
        if (list[length] == '\0')
            return 0;
        list += length + 1;
    }
}

/* ---- scenarios ---- */

/* A copy that can stand in tables and on terminals. */
static const char *printable(struct arena *arena, const char *text)
{
    size_t size = text_escape(text, NULL, 0) + 1;
    char *copy = arena_alloc(arena, size);
    if (copy != NULL)
        text_escape(text, copy, size);
    return copy;
}

/* The last part of the path, without ".json". */
static const char *label_of_path(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL && slash[1] != '\0' ? slash + 1 : path;
    size_t length = strlen(name);
    if (length > 5 && strcmp(name + length - 5, ".json") == 0)
        length -= 5;
    const char *part = arena_strndup(arena, name, length);
    return part != NULL ? printable(arena, part) : NULL;
}

/* The edits that are for all, and behind them those of the configuration. */
static int make_edits(struct variants *variants, const struct scenario_source *source,
                      struct edit_list *edits, struct err *err)
{
    struct edit_list own = {.count = 0};
    if (source->config != NULL &&
        config_file_read(source->config, &variants->arena, &own, err) != 0)
        return -1;
    size_t count = (size_t)(source->edits.count + own.count);
    const char **items = arena_array(&variants->arena, count + 1, sizeof *items);
    if (items == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < source->edits.count; i++)
        items[i] = source->edits.items[i];
    for (int32_t i = 0; i < own.count; i++)
        items[source->edits.count + i] = own.items[i];
    *edits = (struct edit_list){.items = items, .count = (int32_t)count};
    return 0;
}

int variants_add_scenario(struct variants *variants, const struct scenario_source *source,
                          struct err *err)
{
    const char *name = source->config != NULL ? source->config : source->path;
    if (variants->scenario_count == VARIANT_SCENARIOS_MAX)
        return err_set(err, ERR_USAGE, "compare: more than %d scenarios", VARIANT_SCENARIOS_MAX);
    struct variant_scenario *made = arena_alloc(&variants->arena, sizeof *made);
    if (made == NULL)
        return err_no_memory(err);
    made->path = source->path;
    made->config = source->config;
    made->label = label_of_path(&variants->arena, name);
    const char *path = printable(&variants->arena, name);
    if (made->label == NULL || path == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < variants->scenario_count; i++)
        if (strcmp(variants->scenarios[i]->label, made->label) == 0)
            made->label = path; /* two of one name: the whole path tells them apart */
    if (make_edits(variants, source, &made->edits, err) != 0)
        return -1;
    variants->scenarios[variants->scenario_count++] = made;
    return 0;
}

/* ---- all of them ---- */

static const char *policy_label(struct variants *variants, const struct variant_scenario *of,
                                int32_t policy)
{
    char text[LABEL_SIZE];
    if (policy >= 0)
        return variants->policy_labels[policy];
    policy_text_print(of->scenario.scheduler.policy, of->scenario.scheduler.policy_values, text,
                      sizeof text);
    return arena_strdup(&variants->arena, text);
}

/* What tells a variant from the others: its policy, its scenario, or both. */
static const char *variant_label(struct variants *variants, const struct variant_scenario *of,
                                 int32_t policy)
{
    char text[LABEL_SIZE];
    const char *name = policy_label(variants, of, policy);
    if (variants->scenario_count == 1 || name == NULL)
        return name;
    if (variants->policy_count <= 1)
        return of->label;
    snprintf(text, sizeof text, "%s %s", of->label, name);
    return arena_strdup(&variants->arena, text);
}

static int add_variant(struct variants *variants, const struct variant_scenario *of, int32_t policy,
                       struct err *err)
{
    if (variants->count == COMPARE_VARIANTS_MAX)
        return err_set(err, ERR_USAGE, "compare: more than %d variants", COMPARE_VARIANTS_MAX);
    const struct policy_choice *choice = policy >= 0 ? &variants->policies[policy]->choice : NULL;
    const char *label = variant_label(variants, of, policy);
    if (label == NULL)
        return err_no_memory(err);
    variants->items[variants->count++] =
        (struct compare_variant){.label = label,
                                 .scenario = &of->scenario,
                                 .policy = choice != NULL ? choice->policy : NULL,
                                 .policy_values = choice != NULL ? choice->values : NULL};
    return 0;
}

static int move_baseline(struct variants *variants, const char *baseline, struct err *err)
{
    const char *labels[COMPARE_VARIANTS_MAX];
    char quoted[TEXT_QUOTE_SIZE], hint[WORDS_SIZE];
    for (int32_t i = 0; i < variants->count; i++) {
        labels[i] = variants->items[i].label;
        if (strcmp(labels[i], baseline) != 0)
            continue;
        struct compare_variant first = variants->items[i];
        memmove(variants->items + 1, variants->items, (size_t)i * sizeof first);
        variants->items[0] = first;
        return 0;
    }
    return err_set(err, ERR_USAGE, "compare: --baseline: %s is none of the variants: %s",
                   text_quote(baseline, quoted),
                   words_hint(baseline, (struct words){labels, (size_t)variants->count}, hint));
}

int variants_make(struct variants *variants, const char *baseline, struct err *err)
{
    for (int32_t i = 0; i < variants->scenario_count; i++) {
        int32_t first = variants->policy_count == 0 ? -1 : 0;
        for (int32_t policy = first; policy < variants->policy_count; policy++)
            if (add_variant(variants, variants->scenarios[i], policy, err) != 0)
                return -1;
    }
    return baseline != NULL ? move_baseline(variants, baseline, err) : 0;
}

void variants_release(struct variants *variants)
{
    for (int32_t i = 0; i < variants->policy_count; i++)
        policy_option_release(variants->policies[i]);
    for (int32_t i = 0; i < variants->scenario_count; i++)
        scenario_release(&variants->scenarios[i]->scenario);
    arena_release(&variants->arena);
    *variants = (struct variants){.count = 0};
}
