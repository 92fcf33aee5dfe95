/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/fgd_bench.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"

static const struct fgd_study_policy study_policies[] = {
    {"01-Random", "random", "random:devices=random"},
    {"02-DotProd", "dot-product", "dot-product"},
    {"03-GpuClustering", "gpu-clustering", "gpu-clustering"},
    {"04-GpuPacking", "gpu-packing", "gpu-packing"},
    {"05-BestFit", "best-fit", "best-fit:resources=cpu+devices,steps=100"},
    {"06-FGD", "fgd", "fgd"},
};

const struct fgd_study_policy *fgd_study_policies(size_t *count)
{
    *count = ARRAY_LEN(study_policies);
    return study_policies;
}

/* ---- inputs ---- */

static int make_orders(struct fgd_bench *bench, struct err *err)
{
    const struct fgd_request *request = &bench->request;
    struct openb_order_files files;
    if (openb_order_files_load(&files, request->folder, err) != 0)
        return -1;
    int result = 0;
    int32_t count = request->workload_count * request->seed_count;
    for (int32_t i = 0; i < count && result == 0; i++) {
        int32_t workload = i / request->seed_count;
        const struct openb_experiment experiment = {.workload = request->workloads[workload],
                                                    .seed = request->seeds[i % request->seed_count],
                                                    .load = FGD_LOAD};
        result = openb_order_make(&bench->orders[i], &files, &bench->workloads[workload].trace,
                                  &experiment, err);
    }
    openb_order_files_release(&files);
    return result;
}

static int load(struct fgd_bench *bench, struct err *err)
{
    const struct fgd_request *request = &bench->request;
    int32_t capacity[3] = {0, 0, 0};
    int64_t orders = (int64_t)request->workload_count * request->seed_count;
    if (array_reserve(&bench->workloads, &capacity[0], request->workload_count,
                      sizeof *bench->workloads, err) != 0 ||
        array_reserve(&bench->orders, &capacity[1], orders, sizeof *bench->orders, err) != 0 ||
        array_reserve(&bench->results, &capacity[2], orders * request->policy_count,
                      sizeof *bench->results, err) != 0)
        return -1;
    bench->result_count = (int32_t)(orders * request->policy_count);
    for (int32_t i = 0; i < request->workload_count; i++)
        if (fgd_workload_load(&bench->workloads[i], request->folder, request->workloads[i], err) !=
            0)
            return -1;
    if (make_orders(bench, err) != 0)
        return -1;
    return fgd_published_load(&bench->published, request->folder, err);
}

int fgd_bench_load(struct fgd_bench *bench, const struct fgd_request *request, struct err *err)
{
    *bench = (struct fgd_bench){.request = *request};
    if (load(bench, err) != 0) {
        fgd_bench_release(bench);
        return -1;
    }
    return 0;
}

void fgd_bench_release(struct fgd_bench *bench)
{
    const struct fgd_request *request = &bench->request;
    assert(!bench->is_running);
    for (int32_t i = 0; bench->workloads != NULL && i < request->workload_count; i++)
        fgd_workload_release(&bench->workloads[i]);
    for (int32_t i = 0; bench->orders != NULL && i < request->workload_count * request->seed_count;
         i++)
        openb_order_release(&bench->orders[i]);
    free(bench->workloads);
    free(bench->orders);
    free(bench->results);
    fgd_published_release(&bench->published);
    *bench = (struct fgd_bench){0};
}

/* ---- running ---- */

static struct fgd_place place_of(const struct fgd_request *request, int32_t index)
{
    return (struct fgd_place){.workload = index / (request->policy_count * request->seed_count),
                              .policy = index / request->seed_count % request->policy_count,
                              .seed = index % request->seed_count};
}

static int run_one(void *context, int32_t index, struct err *err)
{
    struct fgd_bench *bench = context;
    const struct fgd_request *request = &bench->request;
    struct fgd_place place = place_of(request, index);
    const struct fgd_policy *policy = &request->policies[place.policy];
    const struct fgd_run run = {
        .workload = &bench->workloads[place.workload],
        .order = &bench->orders[place.workload * request->seed_count + place.seed],
        .policy = policy->policy,
        .values = policy->values,
        .seed = request->seeds[place.seed]};
    return fgd_run(&run, &bench->results[index], err);
}

int fgd_bench_start(struct fgd_bench *bench, int32_t thread_count, struct err *err)
{
    const struct parallel_work work = {
        .run = run_one, .context = bench, .count = bench->result_count};
    if (parallel_start(&bench->parallel, &work, thread_count, err) != 0)
        return -1;
    bench->is_running = true;
    return 0;
}

int32_t fgd_bench_wait(struct fgd_bench *bench, int32_t milliseconds)
{
    return parallel_wait(&bench->parallel, milliseconds);
}

bool fgd_bench_is_over(struct fgd_bench *bench)
{
    return parallel_is_over(&bench->parallel);
}

void fgd_bench_cancel(struct fgd_bench *bench)
{
    parallel_cancel(&bench->parallel);
}

int fgd_bench_end(struct fgd_bench *bench, struct err *err)
{
    bench->is_running = false;
    return parallel_end(&bench->parallel, err);
}

/* ---- the results ---- */

const struct fgd_result *fgd_bench_result(const struct fgd_bench *bench, struct fgd_place place)
{
    const struct fgd_request *request = &bench->request;
    return &bench->results[(place.workload * request->policy_count + place.policy) *
                               request->seed_count +
                           place.seed];
}

const double *fgd_bench_published(const struct fgd_bench *bench, const struct fgd_curves *curves,
                                  struct fgd_place place)
{
    enum { NAME_SIZE = 128 };
    char name[NAME_SIZE];
    const struct fgd_request *request = &bench->request;
    snprintf(name, sizeof name, FGD_WORKLOAD_PREFIX "%s", request->workloads[place.workload]);
    if (request->seeds[place.seed] > INT64_MAX)
        return NULL;
    return fgd_curves_find(curves, name, request->policies[place.policy].label,
                           (int64_t)request->seeds[place.seed]);
}
