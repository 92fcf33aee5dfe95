/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/instance_pairs.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/json.h"
#include "base/text.h"
#include "scenarios/fields.h"

/* `item` allows at most `max` of `other` beside it. */
struct pair_note {
    int32_t item, other;
    int64_t max;
    bool is_mirror; /* the same pair, noted for `other` */
};

struct pair_loader {
    struct instance *instance;
    struct reader *reader;
    const struct lookup *names;
    struct pair_note *pairs;
    int32_t pair_count, pair_capacity;
};

/* A null is the same as nothing. */
static const struct object_kind item_kind = {.name = "an item", .is_api = true};

static void note_pair(struct pair_loader *loader, struct pair_note note)
{
    struct err err;
    if (array_reserve(&loader->pairs, &loader->pair_capacity, loader->pair_count + INT64_C(2),
                      sizeof *loader->pairs, &err)) {
        reader_no_memory(loader->reader);
        return;
    }
    loader->pairs[loader->pair_count++] = note;
    loader->pairs[loader->pair_count++] = (struct pair_note){note.other, note.item, note.max, true};
}

/* "other", or ["other", n]. */
static void load_pair(struct pair_loader *loader, const struct value *element, int32_t item)
{
    const cJSON *name = element->item, *most = NULL;
    char buffer[NUMBER_TEXT_SIZE], quoted[TEXT_QUOTE_SIZE];
    int64_t number, max = 0;
    if (cJSON_IsArray(element->item) && cJSON_GetArraySize(element->item) == 2) {
        name = element->item->child;
        most = name->next;
    }
    const char *text = cJSON_IsString(name) ? name->valuestring : NULL;
    if (!text && json_exact_int(name, &number)) {
        snprintf(buffer, sizeof buffer, "%" PRId64, number);
        text = buffer;
    }
    if (!text || (most && (!json_exact_int(most, &max) || max < 0))) {
        value_error(element, "is no limit: give the id of an item, or [id, how many of it may be "
                             "on the node]");
        return;
    }
    int32_t other = lookup_find_text(loader->names, text);
    if (other < 0)
        value_error(element, "%s is no item: give the id of one", text_quote(text, quoted));
    else if (other == item)
        value_error(element, "%s is the item itself: give max_per_node for that",
                    text_quote(text, quoted));
    else if (other != PAIRS_LEFT_OUT)
        note_pair(loader, (struct pair_note){item, other, max, false});
}

static int compare_pairs(const void *a, const void *b)
{
    const struct pair_note *x = a, *y = b;
    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    return x->other < y->other ? -1 : x->other > y->other;
}

/* Sorted, notes of one pair become one entry with the smallest limit of each direction. */
static void keep_pairs(struct pair_loader *loader)
{
    struct instance *instance = loader->instance;
    struct item_pair *kept =
        arena_array(&instance->arena, (size_t)loader->pair_count + 1, sizeof *kept);
    if (!kept) {
        reader_no_memory(loader->reader);
        return;
    }
    if (loader->pair_count > 0)
        qsort(loader->pairs, (size_t)loader->pair_count, sizeof *loader->pairs, compare_pairs);
    int32_t kept_count = 0;
    for (int32_t p = 0; p < loader->pair_count; p++) {
        const struct pair_note *note = &loader->pairs[p];
        struct instance_item *item = &instance->items[note->item];
        if (p == 0 || compare_pairs(note - 1, note) != 0) {
            if (item->pair_count++ == 0)
                item->pairs = &kept[kept_count];
            kept[kept_count++] = (struct item_pair){
                .other = note->other, .other_max = INSTANCE_NO_LIMIT, .own_max = INSTANCE_NO_LIMIT};
        }
        struct item_pair *pair = &kept[kept_count - 1];
        int64_t *max = note->is_mirror ? &pair->own_max : &pair->other_max;
        *max = note->max < *max ? note->max : *max;
    }
}

void instance_pairs_load(struct instance *instance, const struct lookup *names,
                         const struct value *array)
{
    struct pair_loader loader = {.instance = instance, .reader = array->reader, .names = names};
    struct value element, list, entry;
    for (struct cursor cursor = cursor_at(array); cursor_next(&cursor, &element);) {
        const cJSON *id = json_get(element.item, "id");
        if (!id || !value_is_object(&element) || !json_get(element.item, "anti_affinity"))
            continue;
        char buffer[NUMBER_TEXT_SIZE];
        int64_t number;
        const char *text = cJSON_IsString(id) ? id->valuestring : "";
        if (json_exact_int(id, &number)) {
            snprintf(buffer, sizeof buffer, "%" PRId64, number);
            text = buffer;
        }
        int32_t item = lookup_find_text(names, text);
        element.kind = &item_kind;
        if (item < 0 || item == PAIRS_LEFT_OUT || !array_get(&element, "anti_affinity", &list))
            continue;
        for (struct cursor inner = cursor_at(&list); cursor_next(&inner, &entry);)
            load_pair(&loader, &entry, item);
    }
    keep_pairs(&loader);
    free(loader.pairs);
}
