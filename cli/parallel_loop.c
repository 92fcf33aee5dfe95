/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/parallel_loop.h"

int parallel_loop(const struct parallel_loop *loop, const struct parallel_work *work,
                  struct err *err)
{
    enum { LOOK_EVERY_MS = 100 };
    struct parallel parallel;
    int signal_number = 0;
    if (parallel_start(&parallel, work, loop->thread_count, err) != 0)
        return -1;
    while (!parallel_is_over(&parallel)) {
        int32_t done = parallel_wait(&parallel, LOOK_EVERY_MS);
        progress_count(loop->progress, loop->done_before + done, loop->total, loop->things);
        int found = signal_number == 0 ? interrupt_poll(loop->interrupt) : 0;
        if (found == 0)
            continue;
        signal_number = found;
        parallel_cancel(&parallel);
        if (loop->is_cancelled != NULL)
            atomic_store(loop->is_cancelled, true);
    }
    int result = parallel_end(&parallel, err);
    if (signal_number != 0)
        return err_set(err, ERR_SYSTEM, "interrupted by %s: there are no results",
                       interrupt_name(signal_number));
    return result;
}
