/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/parallel.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

/* The next piece, or -1: there is none, or no more is to be begun. */
static int32_t take_piece(struct parallel *parallel)
{
    int32_t piece = -1;
    pthread_mutex_lock(&parallel->mutex);
    bool goes_on = !parallel->is_cancelled && parallel->failed == INT32_MAX;
    if (goes_on && parallel->next < parallel->work.count)
        piece = parallel->next++;
    pthread_mutex_unlock(&parallel->mutex);
    return piece;
}

static void end_piece(struct parallel *parallel, int32_t piece, const struct err *failure)
{
    pthread_mutex_lock(&parallel->mutex);
    parallel->done++;
    if (failure != NULL && piece < parallel->failed) {
        parallel->failed = piece;
        parallel->failure = *failure;
    }
    pthread_cond_signal(&parallel->changed);
    pthread_mutex_unlock(&parallel->mutex);
}

static void *work(void *opaque)
{
    struct parallel *parallel = opaque;
    for (;;) {
        struct err err = {.kind = ERR_NONE};
        int32_t piece = take_piece(parallel);
        if (piece < 0)
            return NULL;
        int result = parallel->work.run(parallel->work.context, piece, &err);
        end_piece(parallel, piece, result != 0 ? &err : NULL);
    }
}

/* Waiting by the monotonic clock. */
static int init_signals(struct parallel *parallel)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return -1;
    int result = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (result == 0)
        result = pthread_cond_init(&parallel->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (result != 0)
        return -1;
    if (pthread_mutex_init(&parallel->mutex, NULL) == 0)
        return 0;
    pthread_cond_destroy(&parallel->changed);
    return -1;
}

int parallel_start(struct parallel *parallel, const struct parallel_work *of, int32_t thread_count,
                   struct err *err)
{
    assert(thread_count > 0);
    *parallel = (struct parallel){.work = *of, .failed = INT32_MAX};
    parallel->threads = calloc((size_t)thread_count, sizeof *parallel->threads);
    if (parallel->threads == NULL)
        return err_no_memory(err);
    if (init_signals(parallel) != 0) {
        free(parallel->threads);
        *parallel = (struct parallel){0};
        return err_no_memory(err);
    }
    for (; parallel->thread_count < thread_count; parallel->thread_count++)
        if (pthread_create(&parallel->threads[parallel->thread_count], NULL, work, parallel) != 0)
            break;
    if (parallel->thread_count > 0)
        return 0;
    parallel_end(parallel, err);
    return err_set(err, ERR_SYSTEM, "no thread can be started");
}

static bool is_over(const struct parallel *parallel)
{
    bool goes_on = !parallel->is_cancelled && parallel->failed == INT32_MAX &&
                   parallel->next < parallel->work.count;
    return !goes_on && parallel->done == parallel->next;
}

int32_t parallel_wait(struct parallel *parallel, int32_t milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&parallel->mutex);
    while (!is_over(parallel) &&
           pthread_cond_timedwait(&parallel->changed, &parallel->mutex, &until) == 0)
        continue;
    int32_t done = parallel->done;
    pthread_mutex_unlock(&parallel->mutex);
    return done;
}

bool parallel_is_over(struct parallel *parallel)
{
    pthread_mutex_lock(&parallel->mutex);
    bool over = is_over(parallel);
    pthread_mutex_unlock(&parallel->mutex);
    return over;
}

void parallel_cancel(struct parallel *parallel)
{
    pthread_mutex_lock(&parallel->mutex);
    parallel->is_cancelled = true;
    pthread_mutex_unlock(&parallel->mutex);
}

int parallel_end(struct parallel *parallel, struct err *err)
{
    for (int32_t i = 0; i < parallel->thread_count; i++)
        pthread_join(parallel->threads[i], NULL);
    bool has_failed = parallel->failed != INT32_MAX;
    if (has_failed)
        *err = parallel->failure;
    pthread_mutex_destroy(&parallel->mutex);
    pthread_cond_destroy(&parallel->changed);
    free(parallel->threads);
    *parallel = (struct parallel){0};
    return has_failed ? -1 : 0;
}
