/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "scheduler/fragmentation.h"
#include "scheduler/policies/left_over.h"
#include "scheduler/policies/placing.h"
#include "scheduler/policies/policies.h"

/* Fragmentation gradient descent: the node and device on which placing the demand makes the least
 * fragment, or removes the most. With F the fragment of the node (fragmentation.h) before and after
 * and d = F(before) - F(after) in milli-devices,
 *
 *   curve logistic:  score = floor(steps / (1 + exp(-d / 1000))), steps = 4000 / grain_milli
 *   curve linear:    score = floor(d / grain_milli)
 *
 * so that near d = 0 one unit of either is `grain_milli` of fragment; grain 0 leaves d as it is. A
 * demand for a share tries each device on which it fits, and takes the first of those with the
 * highest score; whole devices are all alike.
 *
 * Source: "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient
 * Descent" (USENIX ATC 2023). Its program is the default here: 100 steps (grain 40), and the first
 * of equal nodes. The coarse grain matters: see docs/policies.md.
 *
 * Where d is exactly 0 the logistic score stands on the edge of a step (50 of 100), and the
 * authors' program falls to either side by the rounding errors of its sums. `arithmetic: doubles`
 * does those sums in the same order and so the same; everywhere else d is exact, in integers.
 *
 * Example: F falls from 450 to 390, d = 60: 100 / (1 + exp(-0.06)) = 51.4996, the score is 51. */

enum {
    VALUE_GRAIN,
    VALUE_CURVE,
    VALUE_TIES,
    VALUE_COVERAGE,
    VALUE_ARITHMETIC,
};
enum { CURVE_LOGISTIC, CURVE_LINEAR };
enum { TIES_FIRST_FIT, TIES_USED_FIRST, TIES_BEST_FIT };
enum { ARITHMETIC_DOUBLES, ARITHMETIC_INTEGERS };

static const char *const curves[] = {"logistic", "linear"};
static const char *const tie_rules[] = {"first-fit", "used-first", "best-fit"};
static const char *const arithmetics[] = {"doubles", "integers"};

static const struct policy_parameter parameters[] = {
    [VALUE_GRAIN] = {.name = "grain_milli",
                     .meaning = "milli-devices of fragment to one step of the score; 0: no steps",
                     .kind = PARAMETER_INTEGER,
                     .initial = {.integer = 40},
                     .low = 0,
                     .high = 4000},
    [VALUE_CURVE] = {.name = "curve",
                     .meaning = "how fragment becomes score",
                     .kind = PARAMETER_CHOICE,
                     .initial = {.integer = CURVE_LOGISTIC},
                     .names = curves,
                     .name_count = ARRAY_LEN(curves)},
    [VALUE_TIES] = {.name = "ties",
                    .meaning = "which of nodes in the same step",
                    .kind = PARAMETER_CHOICE,
                    .initial = {.integer = TIES_FIRST_FIT},
                    .names = tie_rules,
                    .name_count = ARRAY_LEN(tie_rules)},
    [VALUE_COVERAGE] = {.name = "coverage",
                        .meaning = "part of the demand that the typical classes make up",
                        .kind = PARAMETER_NUMBER,
                        .initial = {.number = 0.95},
                        .low = 0.0,
                        .high = 1.0},
    [VALUE_ARITHMETIC] = {.name = "arithmetic",
                          .meaning = "what an unchanged fragment counts as: the authors' "
                                     "rounding errors (doubles) or 0 (integers)",
                          .kind = PARAMETER_CHOICE,
                          .initial = {.integer = ARITHMETIC_DOUBLES},
                          .names = arithmetics,
                          .name_count = ARRAY_LEN(arithmetics)},
};

/* ---- state ---- */

struct fgd_state {
    struct fragmentation fragmentation;
    double steps;   /* of the logistic curve */
    int64_t *edges; /* [edge_count] score >= k + 1 from d * count_sum >= edges[k] */
    int32_t edge_count;
};

static void stop(void *opaque)
{
    struct fgd_state *state = opaque;
    fragmentation_release(&state->fragmentation);
    free(state->edges);
    free(state);
}

/* The logistic function reaches k / steps at 1000 * ln(k / (steps - k)). That is irrational but for
 * 0, at half of the steps, so a rounding error of the logarithm decides nothing. */
static int make_edges(struct fgd_state *state, int64_t grain_milli, struct err *err)
{
    int32_t capacity = 0;
    state->steps = 4000.0 / (double)grain_milli;
    int32_t count = (int32_t)ceil(state->steps) - 1;
    if (array_reserve(&state->edges, &capacity, count, sizeof *state->edges, err))
        return -1;
    for (int32_t i = 0; i < count; i++) {
        double k = (double)(i + 1);
        double edge_milli = 1000.0 * log(k / (state->steps - k));
        state->edges[i] = (int64_t)ceil(edge_milli * (double)state->fragmentation.count_sum);
    }
    state->edge_count = count;
    return 0;
}

static int start(const struct policy_setting *setting, void **opaque, struct err *err)
{
    struct fgd_state *state = calloc(1, sizeof *state);
    int64_t grain_milli = setting->values[VALUE_GRAIN].integer;
    bool is_logistic = setting->values[VALUE_CURVE].integer == CURVE_LOGISTIC;
    if (state == NULL)
        return err_no_memory(err);
    if (fragmentation_init(&state->fragmentation, setting->shapes, &setting->popularity,
                           setting->values[VALUE_COVERAGE].number, err) ||
        (is_logistic && grain_milli > 0 && make_edges(state, grain_milli, err))) {
        stop(state);
        return -1;
    }
    *opaque = state;
    return 0;
}

static int refresh(void *opaque, const struct fleet *fleet, struct err *err)
{
    struct fgd_state *state = opaque;
    return fragmentation_refresh(&state->fragmentation, fleet, err);
}

/* ---- from fragment to score ---- */

/* F before - F after in the authors' sums. They are the same term by term where nothing is free on
 * devices, or where no device is taken and every class that has enough CPU before has it after. */
static double rounding_error(const struct fgd_state *state, const struct placing *placing,
                             uint64_t devices)
{
    const struct fragmentation *fragmentation = &state->fragmentation;
    struct placing_end end;
    if (fragmentation->table.is_made &&
        (placing->view.all_milli == 0 ||
         (devices == 0 && placing->view.row == placing->view.row_after)))
        return 0.0;
    if (devices == 0) {
        struct fragment_room after = placing->before;
        after.cpu_milli = placing->cpu_after_milli;
        return fragment_difference(fragmentation, &placing->before, &after);
    }
    placing_end(placing, devices, &end);
    return fragment_difference(fragmentation, &placing->before, &end.room);
}

/* floor(steps / (1 + exp(-d / 1000))) for a d that is 0 but for rounding errors, where exp(x) is
 * 1 + x. */
static double score_of_rounding_error(const struct fgd_state *state, double d_milli)
{
    return floor(state->steps * (1.0 / (1.0 + (1.0 - d_milli / 1000.0))));
}

/* The number of edges that `fragment` reaches. Most gains are small, so the search goes out from
 * the middle, with steps that grow until it has gone too far. */
static int32_t count_edges(const struct fgd_state *state, int64_t fragment)
{
    int32_t low = 0, high = state->edge_count, at = high / 2;
    for (int32_t step = 1; low < high; step *= 2) {
        if (fragment >= state->edges[at]) {
            low = at + 1;
            at += step;
        } else {
            high = at;
            at -= step;
        }
        if (at < low || at >= high)
            at = low + (high - low) / 2;
    }
    return low;
}

static void begin(const struct policy_context *context, struct placing *placing)
{
    const struct fgd_state *state = context->state;
    const struct fragmentation *fragmentation = &state->fragmentation;
    if (fragmentation->table.is_made) {
        fragment_look(&fragmentation->table, &placing->before, placing->cpu_after_milli,
                      &placing->view);
        placing->worth_before = fragment_before(fragmentation, &placing->view);
    } else {
        placing->worth_before = fragment_exact(fragmentation, &placing->before);
    }
}

/* F before - F after, times count_sum. */
static int64_t find_gain(const struct fragmentation *fragmentation, const struct placing *placing,
                         uint64_t devices)
{
    struct placing_end end;
    if (fragmentation->table.is_made)
        return placing->worth_before -
               fragment_after(fragmentation, &placing->view, devices, placing->taken_milli);
    placing_end(placing, devices, &end);
    return placing->worth_before - fragment_exact(fragmentation, &end.room);
}

static double grade(const struct policy_context *context, const struct placing *placing,
                    uint64_t devices)
{
    const struct fgd_state *state = context->state;
    int64_t grain_milli = context->values[VALUE_GRAIN].integer;
    int64_t gain = find_gain(&state->fragmentation, placing, devices);
    int64_t count_sum = state->fragmentation.count_sum;
    if (count_sum == 0)
        return 0.0;
    if (grain_milli == 0)
        return (double)gain / (double)count_sum;
    if (context->values[VALUE_CURVE].integer == CURVE_LINEAR)
        return (double)placing_steps(gain, grain_milli * count_sum);
    if (gain == 0 && context->values[VALUE_ARITHMETIC].integer == ARITHMETIC_DOUBLES)
        return score_of_rounding_error(state, rounding_error(state, placing, devices));
    return (double)count_edges(state, gain);
}

/* ---- the choice ---- */

static const struct placing_rule rule = {.begin = begin, .grade = grade};

/* Below one step of the score. */
static double tie_part(const struct policy_context *context, int32_t node)
{
    switch (context->values[VALUE_TIES].integer) {
    case TIES_USED_FIRST:
        return context->fleet->nodes[node].occupant_count > 0 ? 0.5 : 0.0;
    case TIES_BEST_FIT:
        return 0.5 * (1.0 - left_over(context, node, COUNTS_CPU | COUNTS_DEVICES));
    default:
        return 0.0;
    }
}

static double score(const struct policy_context *context, int32_t node)
{
    double chosen = placing_choose(context, &rule, node, NULL).grade;
    if (context->values[VALUE_GRAIN].integer == 0)
        return chosen;
    return chosen + tie_part(context, node);
}

static uint64_t choose_devices(const struct policy_context *context, int32_t node,
                               const struct room *room)
{
    return placing_choose(context, &rule, node, room).devices;
}

/* What one device more or less in fragments is worth; of larger nodes a placement may change more,
 * which `weighted` then lets weigh more. */
static void score_range(const struct policy_value *values, double *low, double *high)
{
    double grain_milli = (double)values[VALUE_GRAIN].integer;
    bool is_logistic = values[VALUE_CURVE].integer == CURVE_LOGISTIC;
    *low = grain_milli > 0.0 && is_logistic ? 0.0 : -SHARE_WHOLE / fmax(grain_milli, 1.0);
    *high = grain_milli > 0.0 && is_logistic ? 4000.0 / grain_milli
                                             : SHARE_WHOLE / fmax(grain_milli, 1.0);
}

const struct policy policy_fgd = {
    .api_version = POLICY_API_VERSION,
    .name = "fgd",
    .summary = "the node on which the demand leaves the least fragments of devices",
    .parameters = parameters,
    .parameter_count = ARRAY_LEN(parameters),
    .score = score,
    .choose_devices = choose_devices,
    .score_range = score_range,
    .start = start,
    .refresh = refresh,
    .stop = stop,
};
