/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/fgd_published.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/text.h"
#include "base/units.h"
#include "scenarios/import_source.h"

enum { PATH_SIZE = 4096 };

struct columns {
    int32_t workload, policy, seed;
    int32_t points[FGD_POINTS];
};

static int find_columns(const struct import_source *source, struct columns *columns,
                        struct err *err)
{
    static const char hint[] = "a file of published curves has the columns workload, sc_policy, "
                               "seed and 0 to 130";
    char name[16];
    if (import_source_column(source, "workload", hint, &columns->workload, err) != 0 ||
        import_source_column(source, "sc_policy", hint, &columns->policy, err) != 0 ||
        import_source_column(source, "seed", hint, &columns->seed, err) != 0)
        return -1;
    for (int i = 0; i < FGD_POINTS; i++) {
        snprintf(name, sizeof name, "%d", i);
        if (import_source_column(source, name, hint, &columns->points[i], err) != 0)
            return -1;
    }
    return 0;
}

static int read_point(const struct import_source *source, int32_t column, double *out,
                      struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    char *end;
    const char *text = source->reader.fields[column];
    *out = *text == '\0' ? NAN : strtod(text, &end);
    if (*text != '\0' && *end != '\0')
        return import_source_fail(source, column, err, "%s: a number, or nothing",
                                  text_quote(text, quoted));
    return 0;
}

static int read_row(const struct import_source *source, const struct columns *columns,
                    struct arena *arena, struct fgd_curve *curve, struct err *err)
{
    const char *workload, *policy;
    if (import_source_text(source, columns->workload, false, &workload, err) != 0 ||
        import_source_text(source, columns->policy, false, &policy, err) != 0 ||
        import_source_int(source, columns->seed, INT64_MAX, &curve->seed, err) != 0)
        return -1;
    for (int i = 0; i < FGD_POINTS; i++)
        if (read_point(source, columns->points[i], &curve->points[i], err) != 0)
            return -1;
    curve->workload = arena_strdup(arena, workload);
    curve->policy = arena_strdup(arena, policy);
    return curve->workload != NULL && curve->policy != NULL ? 0 : err_no_memory(err);
}

static int read_curves(struct import_source *source, struct arena *arena, struct fgd_curves *curves,
                       struct err *err)
{
    struct columns columns;
    int result;
    if (find_columns(source, &columns, err) != 0)
        return -1;
    while ((result = csv_reader_next(&source->reader, err)) == 1) {
        if (array_reserve(&curves->items, &curves->capacity, curves->count + INT64_C(1),
                          sizeof *curves->items, err) != 0 ||
            read_row(source, &columns, arena, &curves->items[curves->count], err) != 0)
            return -1;
        curves->count++;
    }
    return result;
}

static int load(const char *folder, const char *name, struct arena *arena,
                struct fgd_curves *curves, struct err *err)
{
    struct import_source source;
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/fgd/%s", folder, name);
    if (length < 0 || length >= PATH_SIZE)
        return err_set(err, ERR_LIMIT, "%s: the path is too long", folder);
    if (access(path, F_OK) != 0)
        return 0;
    if (import_source_open(&source, path, err) != 0)
        return -1;
    int result = read_curves(&source, arena, curves, err);
    import_source_release(&source);
    return result;
}

int fgd_published_load(struct fgd_published *published, const char *folder, struct err *err)
{
    *published = (struct fgd_published){0};
    if (load(folder, "curve_allocation.csv", &published->arena, &published->allocation, err) != 0 ||
        load(folder, "curve_frag_ratio.csv", &published->arena, &published->fragmentation, err) !=
            0) {
        fgd_published_release(published);
        return -1;
    }
    return 0;
}

void fgd_published_release(struct fgd_published *published)
{
    free(published->allocation.items);
    free(published->fragmentation.items);
    arena_release(&published->arena);
    *published = (struct fgd_published){0};
}

const double *fgd_curves_find(const struct fgd_curves *curves, const char *workload,
                              const char *policy, int64_t seed)
{
    for (int32_t i = 0; i < curves->count; i++) {
        const struct fgd_curve *curve = &curves->items[i];
        if (curve->seed == seed && strcmp(curve->policy, policy) == 0 &&
            strcmp(curve->workload, workload) == 0)
            return curve->points;
    }
    return NULL;
}
