/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/interrupt_watch.h"

#include <signal.h>
#include <unistd.h>

#include "cli/message.h"

/* Sent to the thread, and to nobody else, when it is no longer needed. */
enum { SIGNAL_TO_END = SIGUSR1 };

static void *wait_for_signal(void *opaque)
{
    const struct interrupt_watch *watch = opaque;
    sigset_t awaited = watch->interrupt.signals;
    sigaddset(&awaited, SIGNAL_TO_END);
    int number = sigwaitinfo(&awaited, NULL);
    if (number == SIGNAL_TO_END || number < 0)
        return NULL;
    for (int32_t i = 0; i < watch->output_count; i++)
        if (watch->outputs[i]->partial != NULL)
            unlink(watch->outputs[i]->partial);
    struct err err = {.kind = ERR_NONE};
    err_set(&err, ERR_SYSTEM, "interrupted by %s while %s", interrupt_name(number), watch->what);
    _exit(message_fail(&err));
}

/* A thread begins with the signals blocked that are blocked where it is created. */
int interrupt_watch_start(struct interrupt_watch *watch, struct err *err)
{
    sigset_t before, also;
    if (interrupt_block(&watch->interrupt, err) != 0)
        return -1;
    sigemptyset(&also);
    sigaddset(&also, SIGNAL_TO_END);
    pthread_sigmask(SIG_BLOCK, &also, &before);
    int failed = pthread_create(&watch->thread, NULL, wait_for_signal, watch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed != 0 ? err_errno(err, failed, "starting a thread") : 0;
}

void interrupt_watch_end(struct interrupt_watch *watch)
{
    pthread_kill(watch->thread, SIGNAL_TO_END);
    pthread_join(watch->thread, NULL);
}
