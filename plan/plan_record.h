/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_PLAN_RECORD_H
#define STOWAGE_PLAN_PLAN_RECORD_H

#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

/* What the runs of a plan depend on. It stands as search.json in the folder of the plan, from the
 * start of the search on, so that runs that are kept there (plan/run_store.h) are never mixed with
 * those of another question. Bounds, probability, budget and the like are not among it: they change
 * which runs are asked for, and not what they give. */

enum plan_part {
    PLAN_PART_VERSION,
    PLAN_PART_SCENARIO, /* digest of its files and edits */
    PLAN_PART_SEED,
    PLAN_PART_TARGETS, /* as given, with "; " between them */
    PLAN_PART_SURVIVE,
    PLAN_PART_COUNT,
};

struct plan_record {
    char *parts[PLAN_PART_COUNT]; /* owned */
    char base_digest[DIGEST_HEX_SIZE];
};

struct plan_record_of { /* borrowed */
    const char *version, *scenario_digest;
    uint64_t seed;
    const char *const *targets, *const *survives;
    int32_t target_count, survive_count;
};
int plan_record_make(struct plan_record *record, const struct plan_record_of *of, struct err *err);
void plan_record_release(struct plan_record *record);

/* ERR_INPUT where FOLDER/search.json is of another question, with what is different. */
int plan_record_check(const struct plan_record *record, const char *folder, struct err *err);

/* Writes FOLDER/search.json. One of another question is replaced, and what was kept for it is not
 * used. */
int plan_record_write(const struct plan_record *record, const char *folder, struct err *err);

#endif
