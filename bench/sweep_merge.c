/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/sweep_merge.h"

#include <stdlib.h>

#include "bench/sweep_report.h"

static int find_plan(struct sweep_plan *plan, const char *folder, struct err *err)
{
    int found = sweep_plan_find(plan, folder, err);
    if (found == 0)
        return err_set(err, ERR_INPUT, "%s: holds no sweep: give a folder of stowage sweep",
                       folder);
    return found > 0 ? 0 : -1;
}

/* The part has more of a cell than there is so far: takes it over. */
static int take_cell(struct sweep_merge *merge, int32_t cell, struct err *err)
{
    struct sweep_cell *whole = &merge->results.cells[cell], *part = &merge->part.cells[cell];
    bool has_more = part->done > whole->done ||
                    (part->failure != NULL && whole->failure == NULL && whole->done == 0);
    if (!has_more)
        return 0;
    const char *failure = NULL;
    if (part->failure != NULL) {
        failure = arena_strdup(&merge->results.arena, part->failure);
        if (failure == NULL)
            return err_no_memory(err);
    }
    sweep_cell_clear(&merge->results, cell);
    *whole = *part;
    whole->failure = failure;
    *part = (struct sweep_cell){.done = 0};
    return 0;
}

static int read_folder(struct sweep_merge *merge, const char *folder, struct err *err)
{
    for (int32_t cell = 0; cell < merge->plan.vary.cell_count; cell++) {
        if (sweep_cell_is_over(&merge->results, cell) && merge->results.cells[cell].done > 0)
            continue;
        int found = cell_store_read(&merge->part, cell, folder, true, err);
        if (found < 0 || take_cell(merge, cell, err) != 0)
            return -1;
        sweep_cell_clear(&merge->part, cell);
        merge->damaged_count += found == KEPT_DAMAGED ? 1 : 0;
        merge->other_count += found == KEPT_OTHER ? 1 : 0;
    }
    return 0;
}

static int add_folder(struct sweep_merge *merge, const char *first, const char *folder,
                      struct err *err)
{
    struct sweep_plan plan;
    const char *difference;
    if (find_plan(&plan, folder, err) != 0)
        return -1;
    bool is_same = sweep_plan_equal(&merge->plan, &plan, &difference);
    merge->shards[merge->folder_count++] = plan.shard;
    sweep_plan_release(&plan);
    if (!is_same)
        return err_set(err, ERR_INPUT,
                       "%s: is not of the same sweep as %s: %s differ: merge parts "
                       "of one sweep",
                       folder, first, difference);
    return read_folder(merge, folder, err);
}

int sweep_merge_init(struct sweep_merge *merge, const char *const *folders, int32_t count,
                     struct err *err)
{
    *merge = (struct sweep_merge){.folder_count = 0};
    merge->shards = calloc((size_t)count, sizeof *merge->shards);
    int result = merge->shards != NULL ? 0 : err_no_memory(err);
    if (result == 0)
        result = find_plan(&merge->plan, folders[0], err);
    merge->plan.shard = (struct sweep_shard){0, 1};
    if (result == 0)
        result = sweep_results_init(&merge->results, &merge->plan, err);
    if (result == 0)
        result = sweep_results_init(&merge->part, &merge->plan, err);
    for (int32_t i = 0; i < count && result == 0; i++)
        result = add_folder(merge, folders[0], folders[i], err);
    if (result != 0)
        sweep_merge_release(merge);
    return result;
}

void sweep_merge_release(struct sweep_merge *merge)
{
    if (merge->results.plan != NULL)
        sweep_results_release(&merge->results);
    if (merge->part.plan != NULL)
        sweep_results_release(&merge->part);
    sweep_plan_release(&merge->plan);
    free(merge->shards);
    *merge = (struct sweep_merge){.folder_count = 0};
}

int sweep_merge_write(const struct sweep_merge *merge, const char *folder, struct err *err)
{
    if (sweep_plan_write(&merge->plan, folder, err) != 0 || cell_store_prepare(folder, err) != 0)
        return -1;
    for (int32_t cell = 0; cell < merge->plan.vary.cell_count; cell++) {
        const struct sweep_cell *it = &merge->results.cells[cell];
        bool is_there = it->done > 0 || it->failure != NULL;
        if (is_there && cell_store_write(&merge->results, cell, folder, err) != 0)
            return -1;
    }
    return 0;
}

int32_t sweep_merge_lost_shard(const struct sweep_merge *merge, int32_t from, int32_t *count)
{
    *count = 0;
    for (int32_t i = 0; i < merge->folder_count; i++)
        *count = merge->shards[i].count > *count ? merge->shards[i].count : *count;
    for (int32_t shard = from; shard < *count; shard++) {
        bool is_there = false;
        for (int32_t i = 0; i < merge->folder_count; i++)
            is_there = is_there || merge->shards[i].count == 1 ||
                       (merge->shards[i].count == *count && merge->shards[i].index == shard);
        if (!is_there)
            return shard;
    }
    return -1;
}
