/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* Any bytes are either refused with a message of the input, or become a tree that is sound: printed
 * and parsed again it is the same. */

static void check_refused(const struct err *err)
{
    assert(err->kind == ERR_INPUT || err->kind == ERR_LIMIT);
    assert(strncmp(err->text, "t:", 2) == 0);
}

static void look_into(const cJSON *item)
{
    int64_t value;
    json_exact_int(item, &value);
    json_repeated_key(item);
    for (const cJSON *child = item->child; child != NULL; child = child->next)
        look_into(child);
}

static void check_tree(const cJSON *tree)
{
    struct err err = {0};
    char *printed = cJSON_PrintUnformatted(tree);
    assert(printed != NULL);
    struct json_text text = {.file = "printed", .bytes = printed, .size = strlen(printed)};
    cJSON *again = json_parse(text, &err);
    assert(again != NULL);
    assert(cJSON_GetArraySize(again) == cJSON_GetArraySize(tree));
    cJSON_Delete(again);
    free(printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct json_text text = {.file = "t", .bytes = (const char *)data, .size = size};
    cJSON *tree = json_parse(text, &err);
    if (tree == NULL) {
        check_refused(&err);
        return 0;
    }
    look_into(tree);
    check_tree(tree);
    cJSON_Delete(tree);
    return 0;
}
