/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_POLICY_H
#define STOWAGE_SCHEDULER_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "scheduler/demand.h"
#include "scheduler/fleet.h"

/* A policy scores the nodes on which a demand fits; the highest score wins, the lowest node index
 * on ties. It gets a const view and never writes the fleet. One file, one const struct of functions
 * and one line in policies/registry.c make a policy; one that is compiled into a shared object of
 * its own needs no line (examples/policy shows how).
 *
 * What a score may depend on: the policy's parameters and state, the shape, the free room, the
 * occupants and the group of that one node, and the largest capacities of the fleet. Not on other
 * nodes, nor on what was asked before; on the seed and the demand only where depends_on_demand says
 * so. Searches that remember scores rely on it. */

/* The number before the six digits counts the versions of this interface and is raised by hand. The
 * digits are the sizes of all that a policy reads, so that one compiled with other headers is
 * refused even where nobody has thought of that. */
enum {
    POLICY_API_READS =
        7 * sizeof(struct fleet) + 11 * sizeof(struct node) + 13 * sizeof(struct node_type) +
        17 * sizeof(struct node_group) + 19 * sizeof(struct room) + 23 * sizeof(struct shape) +
        29 * sizeof(struct shape_table) + 31 * sizeof(struct runner) + 37 * sizeof(struct replica),
    POLICY_API_VERSION = 6 * 1000000 + POLICY_API_READS
};

/* ---- parameters: data, so that files, command line and manual read the same table ---- */

enum { POLICY_PARAMETERS_MAX = 12, POLICY_CHOICES_MAX = 16 };

enum policy_parameter_kind {
    PARAMETER_INTEGER,
    PARAMETER_NUMBER,
    PARAMETER_CHOICE,   /* one of the names */
    PARAMETER_SET,      /* at least one of the names */
    PARAMETER_POLICIES, /* other policies with weights; at least one */
};

/* The value of one parameter; which member counts follows from the kind. */
struct policy_value {
    int64_t integer; /* INTEGER; CHOICE: place of the name; SET: bit mask of places */
    double number;
    const struct policy_part *parts; /* [part_count], borrowed */
    int32_t part_count;
};

struct policy_part {
    const struct policy *policy;
    const struct policy_value *values; /* as many as the policy has parameters; NULL: defaults */
    double weight;                     /* above 0 */
};

struct policy_parameter {
    const char *name; /* lower case, with the unit at its end where there is one */
    const char *meaning;
    enum policy_parameter_kind kind;
    struct policy_value initial; /* the default. POLICIES have none and must be given */
    double low, high;            /* INTEGER and NUMBER: what is allowed, ends included */
    const char *const *names;    /* CHOICE and SET: [name_count] */
    int32_t name_count;
};

/* ---- what a policy is told ---- */

/* How often which shape is asked for: what a scheduler knows from its past, or a scenario says. */
struct popular_shape {
    int32_t shape; /* number in the fleet's table of shapes */
    int64_t count; /* above 0 */
};
struct popularity {
    const struct popular_shape *items;
    int32_t count;
};

struct policy_context {
    const struct fleet *fleet;
    const struct replica *replicas; /* to walk the occupants of a node: node.first_replica and */
    const struct runner *runners;   /* replica.next_on_node; their shape: runners[].shape */
    const struct shape *shape;
    const struct policy_value *values; /* of the parameters, in their order */
    const void *state;                 /* what start made; NULL without start */
    uint64_t seed;                     /* of the run */
    uint64_t demand;                   /* identifies the demand: runner << 32 | ordinal */
};

/* What is known at the start of a run. */
struct policy_setting {
    const struct shape_table *shapes;
    const struct policy_value *values;
    struct popularity popularity; /* empty: nothing is known */
};

struct policy {
    int32_t api_version; /* POLICY_API_VERSION; stays the first member in all versions */
    const char *name;    /* as on the command line: "best-fit" */
    const char *summary; /* one line for `stowage policies` */
    const struct policy_parameter *parameters; /* [parameter_count] */
    int32_t parameter_count;
    bool depends_on_demand; /* two demands of one shape may be scored differently */
    /* Higher is better; never NaN. The demand fits on the node. NULL: all nodes score alike, so the
     * first that fits is taken without a look at the rest. */
    double (*score)(const struct policy_context *context, int32_t node);
    /* Optional: what `score` gives of each of count nodes, for less than one by one. Of use to
     * policies that depend on the demand: of others few nodes are scored in a decision. */
    void (*score_many)(const struct policy_context *context, const int32_t *nodes, int32_t count,
                       double *scores);
    /* Optional, both or neither: an upper bound of the score as a part of the node alone (the
     * context has no shape and no demand) and a part of the shape on any node of a group:
     *     score <= node_part + shape_part, but for roundings of at most 1e-9.
     * The closer it is, the fewer nodes are scored to find the best. */
    double (*node_part)(const struct policy_context *context, int32_t node);
    double (*shape_part)(const struct policy_context *context, int32_t group);
    /* Optional: with these values of the parameters, is the score the sum of its parts, again but
     * for such roundings? Then a node whose sum is clearly the largest is not scored at all. NULL:
     * no. */
    bool (*is_sum_of_parts)(const struct policy_value *values);
    /* Which devices of the node (bit mask); NULL: room_choose_devices. */
    uint64_t (*choose_devices)(const struct policy_context *context, int32_t node,
                               const struct room *room);
    /* Between which two values all scores lie; what `weighted` scales by. NULL: 0 and 1. */
    void (*score_range)(const struct policy_value *values, double *low, double *high);
    /* A policy with state: start makes it, stop frees it, refresh brings it up to the fleet's
     * present types and groups before decisions are taken (and is cheap where none came). All three
     * or none. Each returns 0, or -1 for want of memory. What the setting points to outlives the
     * state. */
    int (*start)(const struct policy_setting *setting, void **state, struct err *err);
    int (*refresh)(void *state, const struct fleet *fleet, struct err *err);
    void (*stop)(void *state);
};

/* The policies that ship, in the order in which they are listed. NULL when there is no such name.
 */
const struct policy *const *policy_list(size_t *count);
const struct policy *policy_find(const char *name);

/* ---- a policy at work ---- */

struct policy_instance {
    const struct policy *policy; /* borrowed */
    struct policy_value values[POLICY_PARAMETERS_MAX];
    void *state;
    bool depends_on_demand;
};

/* Fills in the defaults of all parameters: values[0 .. parameter_count). */
void policy_defaults(const struct policy *policy, struct policy_value *values);

/* `values` NULL: the defaults; else they are copied. The setting's own values are not read. On -1
 * (out of memory) the instance is zeroed. */
int policy_instance_start(struct policy_instance *instance, const struct policy *policy,
                          const struct policy_value *values, const struct policy_setting *setting,
                          struct err *err);
int policy_instance_refresh(struct policy_instance *instance, const struct fleet *fleet,
                            struct err *err);
void policy_instance_stop(struct policy_instance *instance);

#endif
