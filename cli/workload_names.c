/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/workload_names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/folder.h"
#include "base/text.h"
#include "base/words.h"
#include "bench/fgd_bench.h"

static const char ending[] = ".csv";

/* ---- the order ---- */

/* Without the number at its end. */
static int stem_length(const char *name)
{
    size_t length = strlen(name);
    while (length > 0 && isdigit((unsigned char)name[length - 1]))
        length--;
    return (int)length;
}

/* By stem, then by number: gpushare40 before gpushare100. */
static int by_family(const void *left, const void *right)
{
    const char *a = *(const char *const *)left, *b = *(const char *const *)right;
    int a_stem = stem_length(a), b_stem = stem_length(b);
    int order = strncmp(a, b, (size_t)(a_stem < b_stem ? a_stem : b_stem));
    if (order != 0 || a_stem != b_stem)
        return order != 0 ? order : a_stem - b_stem;
    size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length != b_length)
        return a_length < b_length ? -1 : 1;
    return strcmp(a, b);
}

/* ---- the folder ---- */

/* "default" of openb_pod_list_default.csv; NULL for another file. */
static const char *workload_of_file(struct arena *arena, const char *file, bool *failed)
{
    size_t prefix = strlen(FGD_WORKLOAD_PREFIX), length = strlen(file);
    if (strncmp(file, FGD_WORKLOAD_PREFIX, prefix) != 0 || length <= prefix + strlen(ending) ||
        strcmp(file + length - strlen(ending), ending) != 0)
        return NULL;
    const char *name = arena_strndup(arena, file + prefix, length - prefix - strlen(ending));
    *failed = name == NULL;
    return name;
}

static int add_file(struct workload_names *names, const char *file, struct arena *arena,
                    struct err *err)
{
    bool failed = false;
    const char *name = workload_of_file(arena, file, &failed);
    if (failed)
        return err_no_memory(err);
    if (name == NULL)
        return 0;
    if (array_reserve(&names->items, &names->capacity, names->count + INT64_C(1),
                      sizeof *names->items, err) != 0)
        return -1;
    names->items[names->count++] = name;
    return 0;
}

int workload_names_list(struct workload_names *names, const char *folder, struct arena *arena,
                        struct err *err)
{
    struct folder_names files = {.items = NULL};
    *names = (struct workload_names){.items = NULL};
    int result = folder_list(folder, &files, err);
    for (int32_t i = 0; i < files.count && result == 0; i++)
        result = add_file(names, files.items[i], arena, err);
    folder_names_release(&files);
    if (result != 0)
        workload_names_release(names);
    if (names->count > 0)
        qsort(names->items, (size_t)names->count, sizeof names->items[0], by_family);
    return result;
}

void workload_names_release(struct workload_names *names)
{
    free(names->items);
    *names = (struct workload_names){.items = NULL};
}

/* ---- one of them ---- */

static bool has(const struct workload_names *names, const char *name)
{
    for (int32_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

static int require(const struct workload_names *names, const char *name, const char *folder,
                   struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE], hint[WORDS_SIZE];
    const struct words words = {names->items, (size_t)names->count};
    if (has(names, name))
        return 0;
    if (names->count == 0)
        return err_set(err, ERR_INPUT, "%s: holds no " FGD_WORKLOAD_PREFIX "NAME.csv", folder);
    return err_set(err, ERR_USAGE, "%s has no workload %s: %s", folder, text_quote(name, quoted),
                   words_hint(name, words, hint));
}

int workload_names_require(const char *name, const char *folder, const char *option,
                           struct err *err)
{
    struct workload_names names;
    struct arena arena = {0};
    int result = workload_names_list(&names, folder, &arena, err);
    if (result == 0 && require(&names, name, folder, err) != 0) {
        err_prefix(err, "%s", option);
        result = -1;
    }
    workload_names_release(&names);
    arena_release(&arena);
    return result;
}
