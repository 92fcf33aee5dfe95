/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/sweep_run.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/units.h"

enum {
    WRITE_EVERY_US = 20 * US_PER_S, /* what a long cell has so far */
    NEWS_MAX = 256,                 /* before the caller gets a look again */
};

static bool is_ours(struct sweep_shard shard, int32_t cell)
{
    return cell % shard.count == shard.index;
}

/* ---- what is there already ---- */

/* Could the cell read other files than the scenario does? */
static bool names_files(const struct vary *vary)
{
    static const char *const ends[] = {"_file", "trace", "path"};
    for (int32_t i = 0; i < vary->path_count; i++) {
        size_t length = strlen(vary->paths[i]);
        for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++) {
            size_t end = strlen(ends[k]);
            if (length >= end && strcmp(vary->paths[i] + length - end, ends[k]) == 0)
                return true;
        }
    }
    return false;
}

/* Would the cell be made from the same again? */
static bool is_current(struct sweep_run *run, int32_t cell)
{
    const struct sweep_cell *it = &run->results.cells[cell];
    struct err ignored;
    if (strcmp(it->files_digest, run->plan->files_digest) == 0 && !names_files(&run->plan->vary))
        return true;
    return sweep_worker_load(&run->worker, cell, &ignored) == 0 &&
           strcmp(it->digest, run->worker.scenario.digest) == 0;
}

static int read_cell(struct sweep_run *run, int32_t cell, struct err *err)
{
    int found = cell_store_read(&run->results, cell, run->folder, false, err);
    if (found < 0)
        return -1;
    if (found == KEPT_READ && run->results.cells[cell].done > 0 && !is_current(run, cell)) {
        sweep_cell_clear(&run->results, cell);
        found = KEPT_OTHER;
    }
    run->total += run->plan->replications;
    run->done += run->results.cells[cell].done;
    run->kept_count += sweep_cell_is_over(&run->results, cell) ? 1 : 0;
    run->other_count += found == KEPT_OTHER ? 1 : 0;
    run->damaged_count += found == KEPT_DAMAGED ? 1 : 0;
    return 0;
}

static int read_kept(struct sweep_run *run, struct err *err)
{
    for (int32_t cell = 0; cell < run->plan->vary.cell_count; cell++)
        if (is_ours(run->plan->shard, cell) && read_cell(run, cell, err) != 0)
            return -1;
    return 0;
}

int sweep_run_init(struct sweep_run *run, const struct sweep_plan *plan, const char *folder,
                   struct err *err)
{
    size_t cells = (size_t)plan->vary.cell_count;
    *run = (struct sweep_run){.plan = plan, .folder = folder};
    sweep_worker_init(&run->worker, plan);
    run->begun = calloc(cells, sizeof *run->begun);
    run->written_us = calloc(cells, sizeof *run->written_us);
    int result = 0;
    if (run->begun == NULL || run->written_us == NULL)
        result = err_no_memory(err);
    if (result == 0)
        result = sweep_results_init(&run->results, plan, err);
    if (result == 0)
        result = cell_store_prepare(folder, err);
    if (result == 0)
        result = read_kept(run, err);
    if (result != 0)
        sweep_run_release(run);
    return result;
}

void sweep_run_release(struct sweep_run *run)
{
    if (run->crew != NULL)
        run->crew->kind->stop(run->crew);
    sweep_worker_release(&run->worker);
    if (run->results.plan != NULL)
        sweep_results_release(&run->results);
    free(run->pieces);
    free(run->begun);
    free(run->written_us);
    *run = (struct sweep_run){.plan = NULL};
}

/* ---- who does what ---- */

/* Replications of a cell that nobody has begun. */
static int32_t count_left(const struct sweep_run *run, int32_t cell)
{
    const struct sweep_cell *it = &run->results.cells[cell];
    bool is_closed = !is_ours(run->plan->shard, cell) || it->failure != NULL || it->loss != NULL;
    return is_closed ? 0 : run->plan->replications - run->begun[cell];
}

/* Those that are kept are passed over. */
static void skip_kept(struct sweep_run *run, int32_t cell)
{
    const struct sweep_cell *it = &run->results.cells[cell];
    while (run->begun[cell] < run->plan->replications && it->has != NULL &&
           it->has[run->begun[cell]])
        run->begun[cell]++;
}

/* The worker's own cell, else one that nobody has begun, else the one with most to do. -1: there is
 * nothing left. */
static int32_t choose_cell(struct sweep_run *run, int32_t own)
{
    int32_t cells = run->plan->vary.cell_count, best = -1, most = 0;
    if (own >= 0 && count_left(run, own) > 0)
        return own;
    while (run->first_cell < cells &&
           (run->begun[run->first_cell] > 0 || count_left(run, run->first_cell) == 0))
        run->first_cell++;
    if (run->first_cell < cells)
        return run->first_cell;
    for (int32_t cell = 0; cell < cells; cell++) {
        int32_t left = count_left(run, cell);
        if (left > most) {
            most = left;
            best = cell;
        }
    }
    return best;
}

static int give_next(struct sweep_run *run, int32_t worker, int32_t own, struct err *err)
{
    int32_t cell = choose_cell(run, own);
    run->pieces[worker] = -1;
    if (cell < 0)
        return 0;
    if (sweep_cell_prepare(&run->results, cell, err) != 0)
        return -1;
    if (run->written_us[cell] == 0)
        run->written_us[cell] = monotonic_us();
    const struct crew_piece piece = {cell * run->plan->replications + run->begun[cell]++, NULL};
    skip_kept(run, cell);
    run->pieces[worker] = piece.number;
    return run->crew->kind->give(run->crew, worker, &piece, err);
}

int sweep_run_start(struct sweep_run *run, struct crew *crew, struct err *err)
{
    run->crew = crew;
    run->pieces = calloc((size_t)crew->worker_count, sizeof *run->pieces);
    if (run->pieces == NULL)
        return err_no_memory(err);
    for (int32_t cell = 0; cell < run->plan->vary.cell_count; cell++)
        skip_kept(run, cell);
    for (int32_t i = 0; i < crew->worker_count; i++)
        if (give_next(run, i, -1, err) != 0)
            return -1;
    return 0;
}

/* ---- what comes back ---- */

static int write_cell(struct sweep_run *run, int32_t cell, struct err *err)
{
    run->written_us[cell] = monotonic_us();
    return cell_store_write(&run->results, cell, run->folder, err);
}

static int lose_cell(struct sweep_run *run, int32_t cell, const char *why, struct err *err)
{
    struct sweep_cell *it = &run->results.cells[cell];
    if (it->loss == NULL)
        it->loss = arena_strdup(&run->results.arena, why);
    return it->loss != NULL ? 0 : err_no_memory(err);
}

/* Is it of the same scenario as the other replications of the cell? */
static bool is_same_scenario(struct sweep_cell *cell, const struct piece_result *result)
{
    if (cell->digest[0] == '\0') {
        memcpy(cell->digest, result->digest, sizeof cell->digest);
        memcpy(cell->files_digest, result->files_digest, sizeof cell->files_digest);
        cell->seed = result->seed;
    }
    return strcmp(cell->digest, result->digest) == 0;
}

static int take_values(struct sweep_run *run, int32_t cell, const struct piece_result *result,
                       struct err *err)
{
    struct sweep_cell *it = &run->results.cells[cell];
    int32_t replication = result->piece % run->plan->replications;
    if (!is_same_scenario(it, result))
        return lose_cell(run, cell, "the files of the scenario have changed meanwhile", err);
    memcpy(sweep_values(&run->results, cell, replication), result->values,
           (size_t)run->plan->metrics.count * sizeof *result->values);
    it->has[replication] = true;
    it->done++;
    run->done++;
    if (it->done == run->plan->replications ||
        monotonic_us() - run->written_us[cell] >= WRITE_EVERY_US)
        return write_cell(run, cell, err);
    return 0;
}

static int take_result(struct sweep_run *run, const struct piece_result *result, struct err *err)
{
    int32_t cell = result->piece / run->plan->replications;
    struct sweep_cell *it = &run->results.cells[cell];
    if (it->failure != NULL)
        return 0;
    switch ((enum piece_outcome)result->outcome) {
    case PIECE_DONE:
        return take_values(run, cell, result, err);
    case PIECE_WRONG:
        it->failure = arena_strdup(&run->results.arena, result->text);
        if (it->failure == NULL)
            return err_no_memory(err);
        return write_cell(run, cell, err);
    case PIECE_LOST:
        return lose_cell(run, cell, result->text, err);
    }
    return 0;
}

static int take_news(struct sweep_run *run, const struct crew_news *news,
                     const struct piece_result *result, struct err *err)
{
    int32_t piece = run->pieces[news->worker];
    int32_t cell = piece / run->plan->replications;
    if (news->event == CREW_RESULT) {
        assert(result->piece == piece);
        if (take_result(run, result, err) != 0)
            return -1;
    } else if (piece >= 0) {
        char text[256];
        snprintf(text, sizeof text, "the worker at replication %" PRId32 " was %s",
                 piece % run->plan->replications, news->detail);
        if (lose_cell(run, cell, text, err) != 0)
            return -1;
    }
    return give_next(run, news->worker, piece >= 0 ? cell : -1, err);
}

int sweep_run_wait(struct sweep_run *run, int32_t milliseconds, struct err *err)
{
    struct piece_result result;
    struct crew_news news;
    for (int32_t i = 0; i < NEWS_MAX; i++, milliseconds = 0) {
        if (run->crew->kind->wait(run->crew, milliseconds, &news, &result, err) != 0)
            return -1;
        if (news.event == CREW_NOTHING)
            break;
        if (take_news(run, &news, &result, err) != 0)
            return -1;
    }
    return 0;
}

bool sweep_run_is_over(const struct sweep_run *run)
{
    for (int32_t i = 0; i < run->crew->worker_count; i++)
        if (run->pieces[i] >= 0)
            return false;
    return true;
}

int sweep_run_stop(struct sweep_run *run, struct err *err)
{
    run->crew->kind->stop(run->crew);
    run->crew = NULL;
    int result = 0;
    for (int32_t cell = 0; cell < run->plan->vary.cell_count && result == 0; cell++)
        if (is_ours(run->plan->shard, cell) && run->results.cells[cell].done > 0 &&
            !sweep_cell_is_over(&run->results, cell))
            result = write_cell(run, cell, err);
    return result;
}

struct sweep_count sweep_count(const struct sweep_results *results, struct sweep_shard shard)
{
    struct sweep_count count = {0, 0, 0};
    for (int32_t cell = 0; cell < results->plan->vary.cell_count; cell++) {
        if (!is_ours(shard, cell))
            continue;
        if (results->cells[cell].failure != NULL)
            count.wrong++;
        else if (sweep_cell_is_over(results, cell))
            count.whole++;
        else
            count.lacking++;
    }
    return count;
}
