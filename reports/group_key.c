/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/group_key.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/text.h"

static const char metadata_prefix[] = "metadata.";

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

int group_key_parse(const char *text, size_t length, const char *option, struct group_key *key,
                    struct err *err)
{
    static const char *const words[] = {"priority", "nodepool", "label", "worker"};
    static const enum group_kind kinds[] = {GROUP_PRIORITY, GROUP_NODEPOOL, GROUP_LABEL,
                                            GROUP_WORKER};
    size_t prefix = sizeof metadata_prefix - 1;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (is_word(text, length, words[i])) {
            *key = (struct group_key){.kind = kinds[i]};
            return 0;
        }
    }
    if (length > prefix && memcmp(text, metadata_prefix, prefix) == 0) {
        *key = (struct group_key){GROUP_METADATA, text + prefix, length - prefix};
        return 0;
    }
    char word[TEXT_QUOTE_SIZE];
    char quoted[TEXT_QUOTE_SIZE];
    snprintf(word, sizeof word, "%.*s", length < sizeof word ? (int)length : (int)sizeof word,
             text);
    return err_set(err, ERR_USAGE,
                   "%s: unknown key %s: give priority, nodepool, label, worker or metadata.KEY",
                   option, text_quote(word, quoted));
}

/* ---- values ---- */

/* `first`: where this runner's values start; a value that is there already is not added again. */
static int add_value(struct value_list *values, int32_t first, const char *text, struct err *err)
{
    for (int32_t i = first; i < values->count; i++)
        if (strcmp(values->items[i], text) == 0)
            return 0;
    if (array_reserve(&values->items, &values->capacity, values->count + INT64_C(1),
                      sizeof *values->items, err) != 0)
        return -1;
    const char *copy = arena_strdup(&values->arena, text);
    if (copy == NULL)
        return err_no_memory(err);
    values->items[values->count++] = copy;
    return 0;
}

/* The text was written by a JSON printer, so only memory can be wanting. */
static cJSON *parse_kept_json(const char *text, struct err *err)
{
    cJSON *tree = cJSON_Parse(text);
    if (tree == NULL)
        err_no_memory(err);
    return tree;
}

static int add_labels(const struct runner_extra *extra, struct value_list *values, struct err *err)
{
    int32_t first = values->count;
    if (extra == NULL || extra->labels == NULL)
        return add_value(values, first, "", err);
    cJSON *labels = parse_kept_json(extra->labels, err);
    if (labels == NULL)
        return -1;
    int result = 0;
    const cJSON *label = NULL;
    cJSON_ArrayForEach(label, labels)
    {
        if (result == 0 && cJSON_IsString(label))
            result = add_value(values, first, label->valuestring, err);
    }
    if (result == 0 && values->count == first)
        result = add_value(values, first, "", err);
    cJSON_Delete(labels);
    return result;
}

static const cJSON *find_member(const cJSON *object, const struct group_key *key)
{
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, object)
    {
        if (member->string != NULL &&
            is_word(key->metadata_key, key->metadata_key_length, member->string))
            return member;
    }
    return NULL;
}

static int add_member(const cJSON *member, struct value_list *values, struct err *err)
{
    if (member == NULL || cJSON_IsString(member))
        return add_value(values, values->count, member == NULL ? "" : member->valuestring, err);
    char *printed = cJSON_PrintUnformatted(member);
    if (printed == NULL)
        return err_no_memory(err);
    int result = add_value(values, values->count, printed, err);
    cJSON_free(printed);
    return result;
}

static int add_metadata(const struct runner_extra *extra, const struct group_key *key,
                        struct value_list *values, struct err *err)
{
    if (extra == NULL || extra->metadata == NULL)
        return add_value(values, values->count, "", err);
    cJSON *metadata = parse_kept_json(extra->metadata, err);
    if (metadata == NULL)
        return -1;
    int result = add_member(find_member(metadata, key), values, err);
    cJSON_Delete(metadata);
    return result;
}

int group_values(const struct sim *sim, const struct group_key *key, int32_t runner,
                 struct value_list *values, struct err *err)
{
    const struct runner_def *def = sim->runners[runner].def;
    char priority[12];
    switch (key->kind) {
    case GROUP_PRIORITY:
        snprintf(priority, sizeof priority, "%d", def->priority);
        return add_value(values, values->count, priority, err);
    case GROUP_NODEPOOL:
        return add_value(values, values->count, sim->scenario->pools[def->pool].id, err);
    case GROUP_WORKER:
        return add_value(values, values->count, def->worker, err);
    case GROUP_LABEL:
        return add_labels(def->extra, values, err);
    default:
        assert(key->kind == GROUP_METADATA);
        return add_metadata(def->extra, key, values, err);
    }
}

void value_list_release(struct value_list *values)
{
    arena_release(&values->arena);
    free(values->items);
    *values = (struct value_list){0};
}
