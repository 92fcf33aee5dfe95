/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/config_file.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

enum { PATH_SIZE = 1024, FILE_MAX = 1 << 22, DEPTH_MAX = 12 };

struct reading {
    struct arena *arena;
    const char *file;
    const char **items; /* [CONFIG_EDITS_MAX] */
    int32_t count;
};

static int add_edit(struct reading *reading, const char *path, const cJSON *value, struct err *err)
{
    struct edit_path parsed;
    const char *ignored;
    if (reading->count == CONFIG_EDITS_MAX)
        return err_set(err, ERR_INPUT, "%s: holds more than %d values", reading->file,
                       CONFIG_EDITS_MAX);
    char *text = cJSON_PrintUnformatted(value);
    if (text == NULL)
        return err_no_memory(err);
    size_t size = strlen(path) + strlen(text) + 2;
    char *edit = arena_alloc(reading->arena, size);
    if (edit != NULL)
        snprintf(edit, size, "%s=%s", path, text);
    cJSON_free(text);
    if (edit == NULL)
        return err_no_memory(err);
    if (edit_parse(edit, &parsed, &ignored, err) != 0) {
        err_prefix(err, "%s", reading->file);
        err->kind = ERR_INPUT;
        return -1;
    }
    reading->items[reading->count++] = edit;
    return 0;
}

/* The path of a key within `path`; keys that are no plain word stand in brackets. */
static int join(const char *path, const char *key, char out[PATH_SIZE], struct err *err)
{
    bool is_word = *key != '\0' && key[strcspn(key, ".[]=\"\\*+")] == '\0';
    int length;
    if (*path == '\0')
        length = snprintf(out, PATH_SIZE, "%s", key);
    else
        length = snprintf(out, PATH_SIZE, is_word ? "%s.%s" : "%s[\"%s\"]", path, key);
    if (length < 0 || length >= PATH_SIZE)
        return err_set(err, ERR_INPUT, "%.40s...: the path is longer than %d characters", path,
                       PATH_SIZE);
    return 0;
}

static int add_object(struct reading *reading, const char *path, const cJSON *object, int depth,
                      struct err *err)
{
    const cJSON *item;
    const char *repeated = json_repeated_key(object);
    if (repeated != NULL)
        return err_set(err, ERR_INPUT, "%s: %s: is there twice", reading->file, repeated);
    if (depth == DEPTH_MAX)
        return err_set(err, ERR_INPUT, "%s: has more than %d objects in each other", reading->file,
                       DEPTH_MAX);
    cJSON_ArrayForEach(item, object)
    {
        char inner[PATH_SIZE];
        if (join(path, item->string, inner, err) != 0)
            return -1;
        bool is_deeper = cJSON_IsObject(item) && item->child != NULL;
        int result = is_deeper ? add_object(reading, inner, item, depth + 1, err)
                               : add_edit(reading, inner, item, err);
        if (result != 0)
            return -1;
    }
    return 0;
}

static int read_tree(struct reading *reading, const cJSON *tree, struct err *err)
{
    if (!cJSON_IsObject(tree))
        return err_set(err, ERR_INPUT,
                       "%s: is no object: give what is to change, as in "
                       "{\"scheduler\": {\"policy\": \"fgd\"}}",
                       reading->file);
    return add_object(reading, "", tree, 0, err);
}

int config_file_read(const char *path, struct arena *arena, struct edit_list *edits,
                     struct err *err)
{
    char *bytes;
    size_t size;
    struct reading reading = {.arena = arena, .file = path};
    reading.items = arena_array(arena, CONFIG_EDITS_MAX, sizeof *reading.items);
    if (reading.items == NULL)
        return err_no_memory(err);
    if (json_read_file(path, FILE_MAX, &bytes, &size, err) != 0)
        return -1;
    cJSON *tree = json_parse((struct json_text){.file = path, .bytes = bytes, .size = size}, err);
    int result = tree != NULL ? read_tree(&reading, tree, err) : -1;
    cJSON_Delete(tree);
    free(bytes);
    *edits = (struct edit_list){.items = reading.items, .count = reading.count};
    return result;
}
