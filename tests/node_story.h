/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_TESTS_NODE_STORY_H
#define STOWAGE_TESTS_NODE_STORY_H

#include <stddef.h>

#include "sim/sim.h"

/* Rules about nodes as small scenarios, and what happens to nodes in them, line by line. */

/* "one" and "four": 4 cores, 16 GiB and a device for 10 millicents a second, and four times that
 * for 32, "large" for 15; "same" and "unpriced" as "one" without a device. A replica asks for a
 * core, a GiB and a device. */
#define TYPES                                                                                      \
    "'instance_types':["                                                                           \
    "{'id':'one','compute_info':{'cpu_limit':'4','cpu_memory':'16Gi','num_accelerators':1,"        \
    "'accelerator_memory':'24Gi','accelerator_type':['X']},'price':'10'},"                         \
    "{'id':'four','compute_info':{'cpu_limit':'16','cpu_memory':'64Gi','num_accelerators':4,"      \
    "'accelerator_memory':'24Gi','accelerator_type':['X']},'price':'32'},"                         \
    "{'id':'large','compute_info':{'cpu_limit':'16','cpu_memory':'64Gi','num_accelerators':4,"     \
    "'accelerator_memory':'24Gi','accelerator_type':['X']},'price':'15'},"                         \
    "{'id':'same','compute_info':{'cpu_limit':'4','cpu_memory':'16Gi'},'price':'10'},"             \
    "{'id':'unpriced','compute_info':{'cpu_limit':'4','cpu_memory':'16Gi'}}],"
#define ASK "'compute_info':{'cpu_limit':'1','cpu_memory':'1Gi','num_accelerators':1},"

/* Runs to the end with all checks; what happened to nodes, "seconds what node", and who was evicted
 * for whom: the caller frees
 * it, and releases the sim. */
char *node_story(const struct scenario *scenario, struct sim *sim);

/* scenario: what follows the version and the instance types. */
struct node_rule {
    const char *name, *scenario, *expected;
};
/* A failed expectation for each rule of which the story is another. */
void node_rules_hold(const struct node_rule *rules, size_t count);

#endif
