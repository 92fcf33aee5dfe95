/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_POLICY_LIBRARY_H
#define STOWAGE_CLI_POLICY_LIBRARY_H

#include "base/err.h"
#include "scheduler/policy.h"

/* A policy in a shared object, which exports
 *
 *   const struct policy stowage_policy = { .api_version = POLICY_API_VERSION, ... };
 *
 * and may call what policy.h and fleet.h declare: the program has it. Only objects that one trusts
 * may be opened: their code runs. */

/* *policy is in the object; it is valid until the library is closed. ERR_INPUT when the file cannot
 * be opened, exports no such policy, was built for another version of policy.h, or is incomplete.
 */
int policy_library_open(const char *path, const struct policy **policy, void **library,
                        struct err *err);
/* NULL is ignored. */
void policy_library_close(void *library);

#endif
