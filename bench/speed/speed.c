/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/speed/speed.h"

#include <assert.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/json_writer.h"
#include "base/rng.h"
#include "bench/speed/heap_queue.h"

/* ---- the command line ---- */

static int read_runs(const char *text, int32_t *runs, struct err *err)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (*end != '\0' || value < 1 || value > SPEED_RUNS_MAX)
        return err_set(err, ERR_USAGE, "--runs %s: give a number from 1 to %d", text,
                       SPEED_RUNS_MAX);
    *runs = (int32_t)value;
    return 0;
}

int speed_options_read(struct speed_options *options, int argc, char **argv, struct err *err)
{
    *options = (struct speed_options){0};
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--tiny") == 0)
            options->is_tiny = true;
        else if (strcmp(argv[i], "--data") == 0 && has_value)
            options->data = argv[++i];
        else if (strcmp(argv[i], "--runs") != 0 || !has_value)
            return err_set(err, ERR_USAGE, "usage: %s [--tiny] [--runs N] [--data DIR]", argv[0]);
        else if (read_runs(argv[++i], &options->runs, err))
            return -1;
    }
    return 0;
}

int32_t speed_runs(const struct speed_options *options, int32_t usual)
{
    if (options->runs > 0)
        return options->runs;
    return options->is_tiny ? 1 : usual;
}

/* ---- measuring ---- */

double speed_clock_ns(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

void speed_reset_peak(void)
{
    malloc_trim(0);
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (!file)
        return;
    fputs("5", file);
    fclose(file);
}

int64_t speed_peak_memory_bytes(void)
{
    char line[256];
    int64_t kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtoll(line + 6, NULL, 10);
    if (file)
        fclose(file);
    struct rusage usage;
    if (kib == 0 && getrusage(RUSAGE_SELF, &usage) == 0)
        kib = usage.ru_maxrss;
    return kib * 1024;
}

/* ---- the yardstick ---- */

enum { YARDSTICK_PENDING = 1000, YARDSTICK_OPERATIONS = 200000 };

static int hold(struct heap_queue *heap, struct rng *rng, int64_t operations, struct err *err)
{
    for (int64_t i = 0; i < operations; i++) {
        struct event event;
        heap_queue_pop(heap, &event);
        event.time_us += (int64_t)(rng_next(rng) >> 40);
        if (heap_queue_push(heap, EVENT_CLASS_DEMAND, &event, err))
            return -1;
    }
    return 0;
}

int speed_yardstick(double *ns, struct err *err)
{
    struct heap_queue heap = {0};
    struct rng rng = rng_stream(1, "yardstick", 0);
    struct event event = {0};
    int result = 0;
    for (int i = 0; i < YARDSTICK_PENDING && result == 0; i++)
        result = heap_queue_push(&heap, EVENT_CLASS_DEMAND, &event, err);
    if (result == 0)
        result = hold(&heap, &rng, YARDSTICK_OPERATIONS / 4, err);
    double started_ns = speed_clock_ns();
    if (result == 0)
        result = hold(&heap, &rng, YARDSTICK_OPERATIONS, err);
    *ns = (speed_clock_ns() - started_ns) / YARDSTICK_OPERATIONS;
    heap_queue_release(&heap);
    return result;
}

/* ---- printing ---- */

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median_of(const double *values, int32_t count)
{
    double sorted[SPEED_RUNS_MAX];
    assert(count > 0 && count <= SPEED_RUNS_MAX);
    memcpy(sorted, values, (size_t)count * sizeof *values);
    qsort(sorted, (size_t)count, sizeof *sorted, compare_doubles);
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

static double median_ratio(const struct speed_runs *runs)
{
    double ratios[SPEED_RUNS_MAX];
    for (int32_t i = 0; i < runs->count; i++)
        ratios[i] = runs->reference_ns[i] / runs->ns[i];
    return median_of(ratios, runs->count);
}

void speed_print(const struct speed_case *of, const struct speed_runs *runs)
{
    struct json_writer w;
    json_writer_init(&w, stdout, true);
    json_object(&w, NULL);
    json_string(&w, "bench", of->bench);
    json_string(&w, "case", of->name);
    for (int i = 0; i < SPEED_PARAMETERS_MAX && of->parameters[i].name; i++)
        json_int(&w, of->parameters[i].name, of->parameters[i].value);
    json_string(&w, "per", of->per);
    json_int(&w, "runs", runs->count);
    json_decimal(&w, "median_ns", median_of(runs->ns, runs->count), 1);
    json_string(&w, "reference", of->reference);
    json_decimal(&w, "reference_ns", median_of(runs->reference_ns, runs->count), 1);
    json_decimal(&w, "ratio", median_ratio(runs), 6);
    json_int(&w, "peak_memory_bytes", runs->peak_memory_bytes);
    json_close_object(&w);
    fflush(stdout);
}

int speed_exit(int result, const struct err *err)
{
    if (result == 0)
        return 0;
    fprintf(stderr, "error: %s\n", err->text);
    return err_exit_code(err->kind);
}
