/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_POLICY_OPTION_H
#define STOWAGE_CLI_POLICY_OPTION_H

#include "base/arena.h"
#include "base/err.h"
#include "scheduler/policy_text.h"

/* A policy from the command line: one that ships, or one in a shared object (a text with a '/'),
 * with its parameters behind a ':'. Zero-initialised is valid and empty. */
struct policy_option {
    struct policy_choice choice;
    struct arena arena; /* what parameters need */
    void *library;      /* of a shared object, open as long as the policy is in use; NULL */
};

/* `place` is said before what is wrong ("run: --policy"). Of several errors all are printed, and
 * err has their number. An earlier policy of the option is released. */
int policy_option_set(struct policy_option *option, const char *text, const char *place,
                      struct err *err);

void policy_option_release(struct policy_option *option);

#endif
