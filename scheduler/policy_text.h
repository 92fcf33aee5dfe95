/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_POLICY_TEXT_H
#define STOWAGE_SCHEDULER_POLICY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/problems.h"
#include "base/words.h"
#include "scheduler/policy.h"

/* A policy with its parameters as one text, as on the command line and in reports:
 *
 *   best-fit
 *   fgd:grain_milli=80,ties=best-fit
 *   best-fit:resources=cpu+devices,steps=100
 *   weighted:policies=best-fit*2+fgd(grain_milli=80)
 *
 * Names of a set and parts are joined by '+', a part may have parameters in parentheses and its
 * weight behind '*' (1 where there is none). */

/* What is said of a name that policy_find does not know: the nearest one and all of them, as of
 * words_hint. Returns out. */
const char *policy_name_hint(const char *name, char out[WORDS_SIZE]);

/* The values of a policy as they come out of parsing. */
struct policy_choice {
    const struct policy *policy;
    struct policy_value values[POLICY_PARAMETERS_MAX];
};

/* Does it begin with a path (a '/' before any ':'), and so name a shared object? */
bool policy_text_is_file(const char *text);

/* The name up to the first ':' and the rest, which is what policy_text_parameters takes. Of a path
 * only a ':' behind the last '/' counts. "" where there is no rest. */
struct policy_name {
    size_t length;
    const char *rest;
};
struct policy_name policy_text_split(const char *text);

/* Sets choice->values from the defaults and from "grain_milli=80,ties=best-fit". choice->policy is
 * given. What parts need is allocated in the arena. All that is wrong is added to the problems at
 * `file` ("--policy"); -1 then, and when memory is out (problems->out_of_memory). */
int policy_text_parameters(const char *text, struct arena *arena, const char *file,
                           struct policy_choice *choice, struct problems *problems);

/* The same for "fgd:grain_milli=80" with a policy that ships. */
int policy_text_parse(const char *text, struct arena *arena, const char *file,
                      struct policy_choice *choice, struct problems *problems);

/* Prints such a text, with the parameters that differ from their defaults; as snprintf does. Of
 * `values` NULL means the defaults. */
size_t policy_text_print(const struct policy *policy, const struct policy_value *values, char *out,
                         size_t out_size);

/* One value as in such a text ("cpu+devices"), defaults included; as snprintf does. */
size_t policy_text_value(const struct policy_parameter *parameter, const struct policy_value *value,
                         char *out, size_t out_size);

/* "a whole number from 0 to 4000", "one of first-fit, best-fit": what a parameter may be; as
 * snprintf does. */
size_t policy_text_allowed(const struct policy_parameter *parameter, char *out, size_t out_size);

#endif
