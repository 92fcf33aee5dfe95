/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/compare_gates.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "bench/compare_words.h"

struct looking {
    const struct compare_estimate *ours, *base; /* [metrics->count] */
};

static double read_value(const void *context, int32_t metric, enum gate_of of)
{
    const struct looking *looking = context;
    const struct compare_estimate *ours = &looking->ours[metric];
    switch (of) {
    case GATE_OF_BASE:
        return looking->base[metric].center;
    case GATE_OF_LOW:
        return ours->interval.low;
    case GATE_OF_HIGH:
        return ours->interval.high;
    case GATE_OF_MIN:
        return ours->min;
    case GATE_OF_MAX:
        return ours->max;
    case GATE_OF_VALUE:
        break;
    }
    return ours->center;
}

/* "preemptions_p9 = 1.500, base.usd = 12.00" */
static void print_values(const struct compare *compare, const struct gate *gate,
                         const struct looking *looking, char out[GATE_FINDING_SIZE])
{
    size_t length = strlen(out);
    bool is_first = true;
    for (int32_t i = 0; i < gate->node_count && length < GATE_FINDING_SIZE - 1; i++) {
        char name[GATE_NAME_SIZE], value[FIGURE_TEXT_SIZE];
        const struct gate_node *node = &gate->nodes[i];
        if (node->kind != GATE_METRIC)
            continue;
        figure_text(read_value(looking, node->metric, node->of), value);
        snprintf(out + length, GATE_FINDING_SIZE - length, "%s%s = %s", is_first ? "" : ", ",
                 gate_name(node, compare->request.metrics, name), value);
        length = strlen(out);
        is_first = false;
    }
}

static int make_estimates(const struct compare *compare, int32_t variant,
                          struct compare_estimate *estimates, struct err *err)
{
    for (int32_t i = 0; i < compare->request.metrics->count; i++)
        if (compare_estimate(compare, variant, i, &estimates[i], err) != 0)
            return -1;
    return 0;
}

static bool judge(const struct compare *compare, const struct gate *gate, int32_t variant,
                  const struct looking *looking, struct gate_finding *finding)
{
    char quoted[TEXT_QUOTE_SIZE];
    bool lacks_value;
    const struct gate_values values = {read_value, looking};
    finding->is_broken = gate_holds(gate, &values, &lacks_value);
    if (!finding->is_broken && !lacks_value)
        return false;
    snprintf(finding->text, sizeof finding->text,
             "--fail-if %s: %s %s: ", text_quote(gate->text, quoted),
             finding->is_broken ? "holds for" : "lacks a value in",
             compare->request.variants[variant].label);
    print_values(compare, gate, looking, finding->text);
    return true;
}

int compare_gate_look(const struct compare *compare, const struct gate *gate, int32_t variant,
                      struct gate_finding *finding, struct err *err)
{
    size_t count = (size_t)compare->request.metrics->count;
    struct compare_estimate *estimates = calloc(2 * count + 1, sizeof *estimates);
    if (estimates == NULL)
        return err_no_memory(err);
    int result = make_estimates(compare, variant, estimates, err);
    if (result == 0)
        result = make_estimates(compare, 0, estimates + count, err);
    const struct looking looking = {estimates, estimates + count};
    if (result == 0)
        result = judge(compare, gate, variant, &looking, finding) ? 1 : 0;
    free(estimates);
    return result;
}

int32_t compare_gate_first(const struct compare *compare)
{
    return compare->request.variant_count > 1 ? 1 : 0;
}
