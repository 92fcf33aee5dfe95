/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/plan_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "bench/kept_file.h"

static const char file_name[] = "search.json";

/* Keys of the file, and how messages call them. */
static const struct {
    const char *key, *name;
} parts[PLAN_PART_COUNT] = {
    [PLAN_PART_VERSION] = {"version", "the version of stowage"},
    [PLAN_PART_SCENARIO] = {"scenario_digest", "the scenario"},
    [PLAN_PART_SEED] = {"seed", "the seed"},
    [PLAN_PART_TARGETS] = {"targets", "the targets"},
    [PLAN_PART_SURVIVE] = {"survive", "what is to be survived"},
};

/* ---- making ---- */

/* NULL: no memory. */
static char *join(const char *const *texts, int32_t count)
{
    char *joined = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&joined, &size);
    if (out == NULL)
        return NULL;
    for (int32_t i = 0; i < count; i++)
        fprintf(out, "%s%s", i > 0 ? "; " : "", texts[i]);
    if (fclose(out) == 0)
        return joined;
    free(joined);
    return NULL;
}

int plan_record_make(struct plan_record *record, const struct plan_record_of *of, struct err *err)
{
    char seed[32];
    struct sha256 sha;
    snprintf(seed, sizeof seed, "%" PRIu64, of->seed);
    *record = (struct plan_record){.parts = {
                                       [PLAN_PART_VERSION] = strdup(of->version),
                                       [PLAN_PART_SCENARIO] = strdup(of->scenario_digest),
                                       [PLAN_PART_SEED] = strdup(seed),
                                       [PLAN_PART_TARGETS] = join(of->targets, of->target_count),
                                       [PLAN_PART_SURVIVE] = join(of->survives, of->survive_count),
                                   }};
    sha256_init(&sha);
    for (int i = 0; i < PLAN_PART_COUNT; i++) {
        if (record->parts[i] == NULL) {
            plan_record_release(record);
            return err_no_memory(err);
        }
        sha256_add(&sha, record->parts[i], strlen(record->parts[i]) + 1);
    }
    sha256_hex(&sha, record->base_digest);
    return 0;
}

void plan_record_release(struct plan_record *record)
{
    for (int i = 0; i < PLAN_PART_COUNT; i++)
        free(record->parts[i]);
    *record = (struct plan_record){.parts = {NULL}};
}

/* ---- the file ---- */

static void print_record(const void *context, FILE *out)
{
    const struct plan_record *record = context;
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object(&w, NULL);
    json_string(&w, "tool", "stowage");
    json_string(&w, "kind", "plan search");
    for (int i = 0; i < PLAN_PART_COUNT; i++)
        json_string(&w, parts[i].key, record->parts[i]);
    json_close_object(&w);
}

/* The part in which an earlier record differs; PLAN_PART_COUNT: in none. */
static int find_difference(const struct plan_record *record, const cJSON *earlier)
{
    for (int i = 0; i < PLAN_PART_COUNT; i++) {
        const char *text = cJSON_GetStringValue(json_get(earlier, parts[i].key));
        if (text == NULL || strcmp(text, record->parts[i]) != 0)
            return i;
    }
    return PLAN_PART_COUNT;
}

int plan_record_check(const struct plan_record *record, const char *folder, struct err *err)
{
    cJSON *earlier;
    int found = kept_file_read(folder, file_name, &earlier, err);
    if (found < 0)
        return -1;
    int difference = found == KEPT_READ ? find_difference(record, earlier) : PLAN_PART_COUNT;
    cJSON_Delete(earlier);
    if (difference == PLAN_PART_COUNT)
        return 0;
    return err_set(err, ERR_INPUT,
                   "%s: holds the runs of another plan: %s changed: give --redo to do them again, "
                   "or another folder",
                   folder, parts[difference].name);
}

int plan_record_write(const struct plan_record *record, const char *folder, struct err *err)
{
    return kept_file_write(folder, file_name, print_record, record, err);
}
