/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/openb_order.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/compressed.h"
#include "base/rng.h"
#include "base/text.h"

/* ---- the files ---- */

enum { ORDER_FILE_BYTES_MAX = 1 << 30, PATH_SIZE = 4096 };

/* A line is empty, a comment, or begins with a workload and a seed; so a damaged file is not taken
 * for one without orders. */
static int check_lines(const char *path, const char *bytes, size_t size, struct err *err)
{
    if (strlen(bytes) != size)
        return err_set(err, ERR_INPUT, "%s: is no text", path);
    int32_t number = 1;
    for (const char *at = bytes; *at != '\0'; number++) {
        const char *seed = at + strcspn(at, " \r\n");
        seed += *seed == ' ' ? 1 : 0;
        if (strchr("#\r\n", *at) == NULL && (*seed < '0' || *seed > '9'))
            return err_set(err, ERR_INPUT,
                           "%s:%" PRId32 ": a workload and a seed are expected, or # and a comment",
                           path, number);
        at += strcspn(at, "\n");
        at += *at == '\n' ? 1 : 0;
    }
    return 0;
}

/* `<folder>/fgd/<name>`, else the same with ".gz"; *bytes NULL when there is neither. */
static int load_file(const char *folder, const char *name, char **path, char **bytes,
                     struct err *err)
{
    static const char *const endings[] = {"", ".gz"};
    char text[PATH_SIZE];
    size_t size;
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        int length = snprintf(text, sizeof text, "%s/fgd/%s%s", folder, name, endings[i]);
        if (length < 0 || (size_t)length >= sizeof text)
            return err_set(err, ERR_LIMIT, "%s: the path is too long", folder);
        if (access(text, F_OK) != 0)
            continue;
        *path = strdup(text);
        if (*path == NULL)
            return err_no_memory(err);
        if (compressed_read_file(text, ORDER_FILE_BYTES_MAX, bytes, &size, err) != 0)
            return -1;
        return check_lines(text, *bytes, size, err);
    }
    return 0;
}

int openb_order_files_load(struct openb_order_files *files, const char *folder, struct err *err)
{
    *files = (struct openb_order_files){0};
    if (load_file(folder, "arrivals.txt", &files->arrivals_path, &files->arrivals, err) != 0 ||
        load_file(folder, "node_ranks.txt", &files->ranks_path, &files->ranks, err) != 0) {
        openb_order_files_release(files);
        return -1;
    }
    return 0;
}

void openb_order_files_release(struct openb_order_files *files)
{
    free(files->arrivals);
    free(files->ranks);
    free(files->arrivals_path);
    free(files->ranks_path);
    *files = (struct openb_order_files){0};
}

/* ---- numbers in a line ---- */

/* A line of a file, read number by number. */
struct line {
    const char *file, *at;
    const struct openb_experiment *experiment;
    int32_t place; /* of the last number read behind the colon, from 1 */
};

/* What follows "workload seed " in the line of this experiment; false when there is no such line.
 */
static bool find_line(const char *bytes, const char *file,
                      const struct openb_experiment *experiment, struct line *line)
{
    size_t length = strlen(experiment->workload);
    for (const char *at = bytes; at != NULL && *at != '\0';) {
        if (strncmp(at, experiment->workload, length) == 0 && at[length] == ' ') {
            char *end;
            unsigned long long seed = strtoull(at + length + 1, &end, 10);
            if (end != at + length + 1 && seed == experiment->seed) {
                *line = (struct line){file, end, experiment, 0};
                return true;
            }
        }
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    return false;
}

static int fail_line(const struct line *line, const char *fact, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE], place[40] = "";
    if (line->place > 0)
        snprintf(place, sizeof place, "number %" PRId32 ": ", line->place);
    return err_set(err, ERR_INPUT, "%s: workload %s, seed %" PRIu64 ": %s%s", line->file,
                   text_quote(line->experiment->workload, quoted), line->experiment->seed, place,
                   fact);
}

/* The next whole number up to `max`, blanks before it skipped. */
static int next_number(struct line *line, int64_t max, int64_t *number, struct err *err)
{
    char fact[80];
    int64_t value = 0;
    while (*line->at == ' ')
        line->at++;
    const char *first = line->at;
    for (; *line->at >= '0' && *line->at <= '9' && value <= max; line->at++)
        value = 10 * value + (*line->at - '0');
    if (line->at == first && strchr("\r\n", *line->at) != NULL)
        return fail_line(line, "the line ends before it", err);
    if (line->at == first || value > max || strchr(" :\r\n", *line->at) == NULL) {
        snprintf(fact, sizeof fact, "is no whole number from 0 to %" PRId64, max);
        return fail_line(line, fact, err);
    }
    *number = value;
    return 0;
}

static int skip_colon(struct line *line, struct err *err)
{
    while (*line->at == ' ')
        line->at++;
    if (*line->at != ':')
        return fail_line(line, "a colon is expected behind the head of the line", err);
    line->at++;
    return 0;
}

static int check_end(const struct line *line, struct err *err)
{
    const char *rest = line->at + strspn(line->at, " \r");
    return *rest == '\0' || *rest == '\n' ? 0 : fail_line(line, "more follows", err);
}

/* ---- orders from the files ---- */

/* The pods NNNN of names openb-pod-NNNN by number: pod_of[number], -1 where there is none. */
static int number_pods(const struct openb_trace *trace, int32_t **pod_of, int32_t *count,
                       struct err *err)
{
    enum { NUMBERS_MAX = 100000000 };
    static const char prefix[] = "openb-pod-";
    int32_t capacity = 0;
    for (int32_t i = 0; i < trace->pod_count; i++) {
        const char *name = trace->pods[i].name;
        char *end;
        if (strncmp(name, prefix, sizeof prefix - 1) != 0)
            continue;
        long number = strtol(name + sizeof prefix - 1, &end, 10);
        if (*end != '\0' || end == name + sizeof prefix - 1 || number < 0 || number >= NUMBERS_MAX)
            continue;
        if (array_reserve(pod_of, &capacity, number + INT64_C(1), sizeof **pod_of, err) != 0)
            return -1;
        for (; *count <= number; (*count)++)
            (*pod_of)[*count] = -1;
        (*pod_of)[number] = i;
    }
    return 0;
}

static int read_pods(struct openb_order *order, struct line *line, const int32_t *pod_of,
                     int32_t number_count, struct err *err)
{
    for (int32_t i = 0; i < order->count; i++) {
        int64_t number;
        line->place = i + 1;
        if (next_number(line, INT32_MAX, &number, err) != 0)
            return -1;
        if (number >= number_count || pod_of[number] < 0)
            return fail_line(line, "names a pod that the workload does not have", err);
        order->pods[i] = pod_of[number];
    }
    return check_end(line, err);
}

/* Only clones are there more than once. */
static int check_originals(const struct openb_order *order, const struct openb_trace *trace,
                           struct line *line, struct err *err)
{
    bool *has_come = calloc((size_t)trace->pod_count + 1, sizeof *has_come);
    int result = has_come != NULL ? 0 : err_no_memory(err);
    for (int32_t i = 0; result == 0 && i < order->original_count; i++) {
        line->place = i + 1;
        if (has_come[order->pods[i]])
            result = fail_line(line, "names a pod for the second time, before the clones", err);
        has_come[order->pods[i]] = true;
    }
    free(has_come);
    return result;
}

static int read_arrivals(struct openb_order *order, const struct openb_trace *trace,
                         struct line *line, struct err *err)
{
    int64_t count, original_count;
    int32_t *pod_of = NULL;
    int32_t capacity = 0, number_count = 0;
    if (next_number(line, INT32_MAX, &count, err) != 0 ||
        next_number(line, count, &original_count, err) != 0 || skip_colon(line, err) != 0 ||
        array_reserve(&order->pods, &capacity, count, sizeof *order->pods, err) != 0)
        return -1;
    order->count = (int32_t)count;
    order->original_count = (int32_t)original_count;
    int result = number_pods(trace, &pod_of, &number_count, err);
    if (result == 0)
        result = read_pods(order, line, pod_of, number_count, err);
    free(pod_of);
    return result == 0 ? check_originals(order, trace, line, err) : result;
}

static int read_ranks(struct openb_order *order, const struct openb_trace *trace, struct line *line,
                      struct err *err)
{
    if (skip_colon(line, err) != 0)
        return -1;
    for (int32_t i = 0; i < trace->node_count; i++)
        order->nodes[i] = -1;
    for (int32_t i = 0; i < trace->node_count; i++) {
        int64_t rank;
        line->place = i + 1;
        if (next_number(line, trace->node_count - 1, &rank, err) != 0)
            return -1;
        if (order->nodes[rank] >= 0)
            return fail_line(line, "two nodes have the same rank", err);
        order->nodes[rank] = i;
    }
    return check_end(line, err);
}

/* ---- orders that are drawn ---- */

static void shuffle(int32_t *items, int32_t count, struct rng *rng)
{
    for (int32_t i = count - 1; i > 0; i--) {
        int32_t other = (int32_t)rng_below(rng, (uint64_t)i + 1);
        int32_t item = items[i];
        items[i] = items[other];
        items[other] = item;
    }
}

static int64_t asked_milli(const struct openb_trace *trace, int32_t pod)
{
    return trace->pods[pod].gpu_count * trace->pods[pod].gpu_milli;
}

static int64_t target_milli(const struct openb_trace *trace, double load)
{
    return (int64_t)(load * (double)trace->share_milli);
}

/* Clones until the first draw that would go beyond the target, where a pod counts with the share
 * that it takes of one GPU, as in the study. */
static int add_clones(struct openb_order *order, const struct openb_trace *trace,
                      int64_t room_milli, struct rng *rng, struct err *err)
{
    int32_t capacity = order->count;
    for (;;) {
        int32_t pod = (int32_t)rng_below(rng, (uint64_t)trace->pod_count);
        if (trace->pods[pod].gpu_milli > room_milli)
            return 0;
        if (array_reserve(&order->pods, &capacity, order->count + INT64_C(1), sizeof *order->pods,
                          err) != 0)
            return -1;
        order->pods[order->count++] = pod;
        room_milli -= asked_milli(trace, pod);
    }
}

static void remove_pods(struct openb_order *order, const struct openb_trace *trace,
                        int64_t surplus_milli, struct rng *rng)
{
    while (surplus_milli > 0) {
        int32_t place = (int32_t)rng_below(rng, (uint64_t)order->count);
        surplus_milli -= asked_milli(trace, order->pods[place]);
        order->count--;
        memmove(&order->pods[place], &order->pods[place + 1],
                (size_t)(order->count - place) * sizeof *order->pods);
    }
    order->original_count = order->count;
}

static int draw_arrivals(struct openb_order *order, const struct openb_trace *trace,
                         const struct openb_experiment *experiment, struct err *err)
{
    struct rng shuffling = rng_stream(experiment->seed, "openb-shuffle", 0);
    struct rng tuning = rng_stream(experiment->seed, "openb-tuning", 0);
    int64_t total_milli = 0, target = target_milli(trace, experiment->load);
    int32_t capacity = 0;
    if (array_reserve(&order->pods, &capacity, trace->pod_count, sizeof *order->pods, err) != 0)
        return -1;
    order->count = order->original_count = trace->pod_count;
    for (int32_t i = 0; i < trace->pod_count; i++) {
        order->pods[i] = i;
        total_milli += asked_milli(trace, i);
    }
    shuffle(order->pods, order->count, &shuffling);
    if (total_milli > target)
        remove_pods(order, trace, total_milli - target, &tuning);
    else if (total_milli > 0)
        return add_clones(order, trace, target - total_milli, &tuning, err);
    return 0;
}

static void draw_ranks(struct openb_order *order, const struct openb_trace *trace, uint64_t seed)
{
    struct rng rng = rng_stream(seed, "openb-ranks", 0);
    for (int32_t i = 0; i < trace->node_count; i++)
        order->nodes[i] = i;
    shuffle(order->nodes, trace->node_count, &rng);
}

/* ---- all of it ---- */

static int make_arrivals(struct openb_order *order, const struct openb_order_files *files,
                         const struct openb_trace *trace, const struct openb_experiment *experiment,
                         struct err *err)
{
    struct line line;
    if (files->arrivals != NULL &&
        find_line(files->arrivals, files->arrivals_path, experiment, &line))
        return read_arrivals(order, trace, &line, err);
    order->is_drawn = true;
    return draw_arrivals(order, trace, experiment, err);
}

static int make_ranks(struct openb_order *order, const struct openb_order_files *files,
                      const struct openb_trace *trace, const struct openb_experiment *experiment,
                      struct err *err)
{
    struct line line;
    int32_t capacity = 0;
    if (array_reserve(&order->nodes, &capacity, trace->node_count, sizeof *order->nodes, err) != 0)
        return -1;
    if (files->ranks != NULL && find_line(files->ranks, files->ranks_path, experiment, &line))
        return read_ranks(order, trace, &line, err);
    order->is_drawn = true;
    draw_ranks(order, trace, experiment->seed);
    return 0;
}

int openb_order_make(struct openb_order *order, const struct openb_order_files *files,
                     const struct openb_trace *trace, const struct openb_experiment *experiment,
                     struct err *err)
{
    *order = (struct openb_order){0};
    if (make_arrivals(order, files, trace, experiment, err) != 0 ||
        make_ranks(order, files, trace, experiment, err) != 0) {
        openb_order_release(order);
        return -1;
    }
    return 0;
}

void openb_order_release(struct openb_order *order)
{
    free(order->pods);
    free(order->nodes);
    *order = (struct openb_order){0};
}
