/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/bench_lists.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/workload_names.h"

/* ---- policies ---- */

static int add_policy(struct bench_lists *lists, const char *label, const char *text,
                      struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    if (lists->policy_count == BENCH_LIST_MAX)
        return err_set(err, ERR_USAGE, "bench: more than %d policies", BENCH_LIST_MAX);
    for (int32_t i = 0; i < lists->policy_count; i++)
        if (strcmp(lists->policies[i].label, label) == 0)
            return err_set(err, ERR_USAGE, "bench: policy %s is given twice",
                           text_quote(label, quoted));
    struct policy_option *option = arena_alloc(&lists->arena, sizeof *option);
    if (option == NULL)
        return err_no_memory(err);
    if (policy_option_set(option, text, "bench: --policy", err) != 0) {
        policy_option_release(option);
        return -1;
    }
    lists->options[lists->policy_count] = option;
    lists->policies[lists->policy_count++] = (struct fgd_policy){
        .label = label, .policy = option->choice.policy, .values = option->choice.values};
    return 0;
}

int bench_lists_add_policy(struct bench_lists *lists, const char *text, struct err *err)
{
    if (strchr(text, '"') != NULL)
        return err_set(err, ERR_USAGE, "bench: --policy: no quotes are expected");
    return add_policy(lists, text, text, err);
}

/* One of the study's, or another one with its defaults. */
static int add_study_policy(struct bench_lists *lists, const char *name, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE], hint[WORDS_SIZE];
    size_t count;
    const struct fgd_study_policy *study = fgd_study_policies(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(study[i].name, name) == 0 || strcmp(study[i].label, name) == 0)
            return add_policy(lists, study[i].label, study[i].text, err);
    }
    if (policy_find(name) != NULL)
        return add_policy(lists, name, name, err);
    return err_set(err, ERR_USAGE, "bench: --policies: no policy %s: %s", text_quote(name, quoted),
                   policy_name_hint(name, hint));
}

/* Moves those from `first` on to the front. */
static void move_to_front(struct bench_lists *lists, int32_t first)
{
    for (int32_t at = first; at < lists->policy_count; at++) {
        struct fgd_policy policy = lists->policies[at];
        int32_t to = at - first;
        for (int32_t i = at; i > to; i--)
            lists->policies[i] = lists->policies[i - 1];
        lists->policies[to] = policy;
    }
}

/* The next item of a list with commas, in the arena; NULL at the end, or with *failed when memory
 * is out. */
static const char *next_item(struct arena *arena, const char **list, bool *failed)
{
    if (*list == NULL)
        return NULL;
    size_t length = strcspn(*list, ",");
    const char *item = arena_strndup(arena, *list, length);
    *failed = item == NULL;
    *list = (*list)[length] == ',' ? *list + length + 1 : NULL;
    return item;
}

int bench_lists_parse_policies(struct bench_lists *lists, const char *text, struct err *err)
{
    int32_t first = lists->policy_count;
    bool failed = false;
    const char *item;
    size_t count;
    const struct fgd_study_policy *study = fgd_study_policies(&count);
    for (size_t i = 0; text == NULL && i < count; i++)
        if (add_policy(lists, study[i].label, study[i].text, err) != 0)
            return -1;
    while ((item = next_item(&lists->arena, &text, &failed)) != NULL)
        if (add_study_policy(lists, item, err) != 0)
            return -1;
    move_to_front(lists, first);
    return failed ? err_no_memory(err) : 0;
}

/* ---- seeds ---- */

/* A seed twice would count as two independent runs. */
static int add_seed(struct bench_lists *lists, uint64_t seed, struct err *err)
{
    for (int32_t i = 0; i < lists->seed_count; i++)
        if (lists->seeds[i] == seed)
            return err_set(err, ERR_USAGE, "bench: --seeds: %" PRIu64 " is given twice", seed);
    if (lists->seed_count == BENCH_SEEDS_MAX)
        return err_set(err, ERR_USAGE, "bench: --seeds: more than %d", BENCH_SEEDS_MAX);
    lists->seeds[lists->seed_count++] = seed;
    return 0;
}

static int add_seeds(struct bench_lists *lists, const char *item, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    struct err ignored;
    int64_t first, last;
    const char *dash = strchr(item, '-');
    char *start =
        arena_strndup(&lists->arena, item, dash != NULL ? (size_t)(dash - item) : strlen(item));
    if (start == NULL)
        return err_no_memory(err);
    if (parse_int64(start, &first, &ignored) != 0 ||
        parse_int64(dash != NULL ? dash + 1 : start, &last, &ignored) != 0 || first < 0 ||
        last < first)
        return err_set(err, ERR_USAGE, "bench: --seeds: %s: give seeds as in 42,45-47",
                       text_quote(item, quoted));
    for (uint64_t seed = (uint64_t)first; seed <= (uint64_t)last; seed++)
        if (add_seed(lists, seed, err) != 0)
            return -1;
    return 0;
}

int bench_lists_parse_seeds(struct bench_lists *lists, const char *text, struct err *err)
{
    bool failed = false;
    const char *item;
    while ((item = next_item(&lists->arena, &text, &failed)) != NULL)
        if (add_seeds(lists, item, err) != 0)
            return -1;
    return failed ? err_no_memory(err) : 0;
}

/* ---- workloads ---- */

enum { WORKLOAD_NAME_MAX = 40 };

static int add_workload(struct bench_lists *lists, const char *name, struct err *err)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    char quoted[TEXT_QUOTE_SIZE];
    size_t length = strlen(name);
    if (length == 0 || length > WORKLOAD_NAME_MAX || name[strspn(name, allowed)] != '\0')
        return err_set(err, ERR_USAGE,
                       "bench: workload %s, of " FGD_WORKLOAD_PREFIX
                       "NAME.csv: a name has letters, digits, - _ and .",
                       text_quote(name, quoted));
    for (int32_t i = 0; i < lists->workload_count; i++)
        if (strcmp(lists->workloads[i], name) == 0)
            return err_set(err, ERR_USAGE, "bench: workload %s is given twice",
                           text_quote(name, quoted));
    if (lists->workload_count == BENCH_LIST_MAX)
        return err_set(err, ERR_USAGE, "bench: more than %d workloads", BENCH_LIST_MAX);
    lists->workloads[lists->workload_count++] = name;
    return 0;
}

static int find_all(struct bench_lists *lists, const char *folder, struct err *err)
{
    struct workload_names names;
    int result = workload_names_list(&names, folder, &lists->arena, err);
    for (int32_t i = 0; i < names.count && result == 0; i++)
        result = add_workload(lists, names.items[i], err);
    workload_names_release(&names);
    if (result == 0 && lists->workload_count == 0)
        return err_set(err, ERR_INPUT, "%s: holds no " FGD_WORKLOAD_PREFIX "NAME.csv", folder);
    return result;
}

int bench_lists_find_workloads(struct bench_lists *lists, const char *text, const char *folder,
                               struct err *err)
{
    bool failed = false;
    const char *item;
    if (text == NULL)
        return find_all(lists, folder, err);
    while ((item = next_item(&lists->arena, &text, &failed)) != NULL)
        if (add_workload(lists, item, err) != 0 ||
            workload_names_require(item, folder, "bench: --workloads", err) != 0)
            return -1;
    return failed ? err_no_memory(err) : 0;
}

/* ---- all of them ---- */

struct fgd_request bench_lists_request(const struct bench_lists *lists, const char *folder)
{
    return (struct fgd_request){.folder = folder,
                                .workloads = lists->workloads,
                                .policies = lists->policies,
                                .seeds = lists->seeds,
                                .workload_count = lists->workload_count,
                                .policy_count = lists->policy_count,
                                .seed_count = lists->seed_count};
}

void bench_lists_release(struct bench_lists *lists)
{
    for (int32_t i = 0; i < lists->policy_count; i++)
        policy_option_release(lists->options[i]);
    arena_release(&lists->arena);
    *lists = (struct bench_lists){0};
}
