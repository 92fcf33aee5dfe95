/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_CLI_VARIANTS_H
#define STOWAGE_CLI_VARIANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "bench/compare.h"
#include "cli/policy_option.h"
#include "scenarios/edit.h"
#include "scenarios/scenario.h"

/* What `stowage compare` compares, from the command line: each scenario under each policy. Errors
 * are ERR_USAGE and say what is allowed. Zero-initialised is valid and empty. */

enum { VARIANT_SCENARIOS_MAX = 16 };

struct variant_scenario {
    const char *path;       /* borrowed */
    const char *config;     /* borrowed; NULL: as it is */
    const char *label;      /* in the arena, or borrowed */
    struct edit_list edits; /* in the arena */
    struct scenario scenario;
};

struct variants {
    struct arena arena;
    struct variant_scenario *scenarios[VARIANT_SCENARIOS_MAX]; /* in the arena */
    struct policy_option *policies[COMPARE_VARIANTS_MAX];      /* in the arena */
    const char *policy_labels[COMPARE_VARIANTS_MAX];
    struct compare_variant items[COMPARE_VARIANTS_MAX];
    int32_t scenario_count, policy_count, count;
};

/* "best-fit,fgd": names without parameters; "all": all that ship and need none. */
int variants_add_policies(struct variants *variants, const char *list, struct err *err);
/* "fgd:grain_milli=80,ties=best-fit". */
int variants_add_policy(struct variants *variants, const char *text, struct err *err);

/* A scenario file with edits (both borrowed), and perhaps a configuration laid over it (NULL:
 * none), which then gives it its name. Who calls reads it by load_told. */
struct scenario_source {
    const char *path, *config;
    struct edit_list edits;
};
int variants_add_scenario(struct variants *variants, const struct scenario_source *source,
                          struct err *err);

/* Fills items: all policies (without any: the scenario's own) for the first scenario, then for the
 * second, and so on. The one labelled `baseline`, or else the first, stands first. */
int variants_make(struct variants *variants, const char *baseline, struct err *err);

void variants_release(struct variants *variants);

#endif
