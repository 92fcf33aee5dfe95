/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/shard_option.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"

enum { SHARDS_MAX = 100000 };

/* A number of the environment. */
static int from_environment(const char *name, int64_t *out, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    struct err why;
    const char *text = getenv(name);
    if (text == NULL)
        return err_set(err, ERR_USAGE, "%s is not set: is this a task of an array job?", name);
    if (parse_int64(text, out, &why) != 0)
        return err_set(err, ERR_USAGE, "%s is %s: is this a task of an array job?", name,
                       text_quote(text, quoted));
    return 0;
}

static int from_slurm(int64_t *index, int64_t *count, struct err *err)
{
    int64_t id, min, step = 1;
    if (from_environment("SLURM_ARRAY_TASK_ID", &id, err) != 0 ||
        from_environment("SLURM_ARRAY_TASK_MIN", &min, err) != 0)
        return -1;
    if (*count == 0 && from_environment("SLURM_ARRAY_TASK_COUNT", count, err) != 0)
        return -1;
    if (getenv("SLURM_ARRAY_TASK_STEP") != NULL &&
        from_environment("SLURM_ARRAY_TASK_STEP", &step, err) != 0)
        return -1;
    *index = step > 0 ? (id - min) / step : -1;
    return 0;
}

/* The number behind the slash; 0: there is none. */
static int64_t read_count(const char *text)
{
    const char *slash = strchr(text, '/');
    struct err ignored;
    int64_t count;
    return slash != NULL && parse_int64(slash + 1, &count, &ignored) == 0 ? count : 0;
}

int shard_option_parse(const char *text, struct sweep_shard *shard, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    const char *source = NULL; /* the variable that the part is from */
    size_t length = strcspn(text, "/");
    int64_t index = -1, count = read_count(text);
    if (length == 5 && strncmp(text, "slurm", 5) == 0) {
        source = "SLURM_ARRAY_TASK_ID";
        if (from_slurm(&index, &count, err) != 0)
            return -1;
    } else if (length == 3 && strncmp(text, "k8s", 3) == 0) {
        source = "JOB_COMPLETION_INDEX";
        if (from_environment(source, &index, err) != 0)
            return -1;
    } else if (length > 0 && length < 10 && strspn(text, "0123456789") == length) {
        index = strtoll(text, NULL, 10) - 1;
    }
    if (source != NULL && count >= 1 && count <= SHARDS_MAX && (index < 0 || index >= count))
        return err_set(err, ERR_USAGE,
                       "%s: by %s=%s this is part %" PRId64 " of %" PRId64
                       ": there are as many parts as the job has tasks",
                       text_quote(text, quoted), source, getenv(source), index + 1, count);
    if (count < 1 || count > SHARDS_MAX || index < 0 || index >= count)
        return err_set(err, ERR_USAGE,
                       "%s: give I/N with I from 1 to N, at most %d, slurm, or k8s/N",
                       text_quote(text, quoted), SHARDS_MAX);
    *shard = (struct sweep_shard){.index = (int32_t)index, .count = (int32_t)count};
    return 0;
}
