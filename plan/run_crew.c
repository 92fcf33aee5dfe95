/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/run_crew.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 200 };

size_t run_order_size(int32_t axis_count)
{
    return sizeof(struct run_order) + sizeof(int32_t) * (size_t)axis_count;
}

int run_crew_init(struct run_crew *crew, struct crew *workers, int32_t axis_count, struct err *err)
{
    *crew = (struct run_crew){.crew = workers, .axis_count = axis_count};
    assert(workers->work.order_size == run_order_size(axis_count));
    crew->pieces = calloc((size_t)workers->worker_count, sizeof *crew->pieces);
    crew->order = calloc(run_order_size(axis_count), 1);
    if (crew->pieces != NULL && crew->order != NULL)
        return 0;
    run_crew_release(crew);
    return err_no_memory(err);
}

void run_crew_release(struct run_crew *crew)
{
    if (crew->crew != NULL)
        crew->crew->kind->stop(crew->crew);
    free(crew->pieces);
    free(crew->order);
    *crew = (struct run_crew){.crew = NULL};
}

/* ---- a batch ---- */

struct state {
    struct run_crew *crew;
    const struct run_batch *batch;
    int32_t next, open;  /* pieces given out, workers at work */
    int32_t failed;      /* the first piece that failed; INT32_MAX: none */
    struct err *failure; /* of that one */
};

/* After a failure nothing more is given out. */
static int give_next(struct state *state, int32_t worker, struct err *err)
{
    struct run_crew *crew = state->crew;
    const struct run_batch *batch = state->batch;
    crew->pieces[worker] = -1;
    if (state->next == batch->count || state->failed != INT32_MAX)
        return 0;
    const struct run_order *order = &batch->orders[state->next];
    memcpy(crew->order, order, sizeof *order);
    memcpy(crew->order + sizeof *order, batch->counts,
           sizeof *batch->counts * (size_t)crew->axis_count);
    const struct crew_piece piece = {state->next, crew->order};
    crew->pieces[worker] = state->next++;
    state->open++;
    return crew->crew->kind->give(crew->crew, worker, &piece, err);
}

static void take_answer(struct state *state, int32_t piece, const struct run_answer *answer)
{
    if (answer->is_done) {
        int32_t place = state->batch->orders[piece].place;
        state->batch->results[place] = answer->result;
        state->batch->is_done[place] = true;
    } else if (piece < state->failed) {
        state->failed = piece;
        err_set(state->failure, ERR_SYSTEM, "%s", answer->text);
    }
}

static int wait_for_news(struct state *state, struct err *err)
{
    struct run_crew *crew = state->crew;
    struct run_answer answer;
    struct crew_news news;
    if (crew->crew->kind->wait(crew->crew, WAIT_MS, &news, &answer, err) != 0)
        return -1;
    if (news.event == CREW_NOTHING)
        return 0;
    if (news.event == CREW_LOSS)
        return err_set(err, ERR_SYSTEM, "a worker was %s", news.detail);
    take_answer(state, crew->pieces[news.worker], &answer);
    state->open--;
    return give_next(state, news.worker, err);
}

int run_crew_run(struct run_crew *crew, const struct run_batch *batch, bool *is_cancelled,
                 struct err *err)
{
    struct err failure = {.kind = ERR_NONE};
    struct state state = {.crew = crew, .batch = batch, .failed = INT32_MAX, .failure = &failure};
    int result = 0;
    *is_cancelled = false;
    assert(!crew->is_at_work);
    crew->is_at_work = true;
    for (int32_t i = 0; i < crew->crew->worker_count && result == 0; i++)
        result = give_next(&state, i, err);
    while (result == 0 && state.open > 0) {
        result = wait_for_news(&state, err);
        if (result == 0 && batch->is_over != NULL && batch->is_over(batch->context)) {
            *is_cancelled = true;
            return err_set(err, ERR_SYSTEM, "interrupted");
        }
    }
    if (result != 0)
        return -1;
    crew->is_at_work = false;
    if (state.failed == INT32_MAX)
        return 0;
    *err = failure;
    return -1;
}
