/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/interrupt.h"

#include <errno.h>
#include <time.h>

#include "base/array.h"

static const int interrupting[] = {SIGINT, SIGTERM};

int interrupt_block(struct interrupt *interrupt, struct err *err)
{
    sigemptyset(&interrupt->signals);
    for (size_t i = 0; i < ARRAY_LEN(interrupting); i++) {
        struct sigaction action;
        if (sigaction(interrupting[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&interrupt->signals, interrupting[i]);
    }
    if (sigprocmask(SIG_BLOCK, &interrupt->signals, NULL) != 0)
        return err_errno(err, errno, "blocking signals");
    return 0;
}

int interrupt_poll(const struct interrupt *interrupt)
{
    const struct timespec at_once = {0};
    int signal_number = sigtimedwait(&interrupt->signals, NULL, &at_once);
    return signal_number > 0 ? signal_number : 0;
}

const char *interrupt_name(int signal_number)
{
    return signal_number == SIGINT ? "SIGINT" : "SIGTERM";
}
