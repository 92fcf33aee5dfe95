/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/sequence.h"

#include <stdlib.h>
#include <string.h>

#include "plan/cover_fit.h"
#include "plan/filling.h"

struct sequencing {
    const struct sequence_request *request;
    const struct cover *cover;
    struct filling filling;
    double *worth;      /* [row] of the present pass */
    double *paid;       /* [row] what its copies took of the prices of their nodes, in the pass */
    int64_t *left;      /* [row] */
    int64_t *node_left; /* [type] */
    double *rate;       /* [type] worth for price of a node, when last filled */
    int64_t *filled_at; /* [type] the node at which that was; -1: never */
    int32_t *rows;      /* [open_count] those with some left */
    int32_t open_count;
    int64_t node; /* number of the next kind of node */
    enum filling_order order;
};

/* What is cheaper: a pass that leaves less of the demand, then one that costs less. */
struct outcome {
    struct node_set set;
    int64_t left;
    int128 cost;
};

/* ---- one node ---- */

static double fill(struct sequencing *seq, int32_t type)
{
    struct filling_request request = {.type = type,
                                      .worth = seq->worth,
                                      .left = seq->left,
                                      .rows = seq->rows,
                                      .row_count = seq->open_count,
                                      .order = seq->order};
    double worth = filling_fill(&seq->filling, &request);
    seq->rate[type] = worth / ((double)seq->cover->types[type].price_nano + 1);
    seq->filled_at[type] = seq->node;
    return worth;
}

static int32_t highest_rate(const struct sequencing *seq)
{
    int32_t best = -1;
    for (int32_t t = 0; t < seq->cover->type_count; t++) {
        if (seq->node_left[t] > 0 && (best < 0 || seq->rate[t] > seq->rate[best]))
            best = t;
    }
    return best;
}

/* The type with most worth for its price, its content in seq->filling; -1: none holds anything.
 * Rates hardly rise while items get fewer: those of before serve as bounds, and only the highest is
 * found anew. */
static int32_t choose_type(struct sequencing *seq)
{
    for (;;) {
        int32_t type = highest_rate(seq);
        if (type < 0 || seq->rate[type] <= 0)
            return -1;
        bool is_fresh = seq->filled_at[type] == seq->node;
        double worth = fill(seq, type);
        if (is_fresh || seq->rate[type] >= seq->rate[highest_rate(seq)])
            return worth > 0 ? type : -1;
    }
}

static int64_t copies_of(const struct sequencing *seq, int32_t type)
{
    int64_t copies = seq->node_left[type];
    for (int32_t i = 0; i < seq->filling.used_count; i++) {
        int32_t row = seq->filling.used[i];
        int64_t most = seq->left[row] / seq->filling.counts[row];
        copies = most < copies ? most : copies;
    }
    return copies;
}

static void drop_empty_rows(struct sequencing *seq)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < seq->open_count; i++) {
        if (seq->left[seq->rows[i]] > 0)
            seq->rows[kept++] = seq->rows[i];
    }
    seq->open_count = kept;
}

static int add_nodes(struct sequencing *seq, int32_t type, struct outcome *outcome, struct err *err)
{
    const struct filling *filling = &seq->filling;
    const struct content content = filling_content(filling);
    int32_t cheapest = cover_cheapest_type(seq->cover, &content, seq->node_left);
    type = cheapest >= 0 ? cheapest : type;
    int64_t copies = copies_of(seq, type);
    double worth = 0, price = (double)seq->cover->types[type].price_nano;
    if (node_set_add(&outcome->set, type, &content, copies, err))
        return -1;
    for (int32_t i = 0; i < filling->used_count; i++)
        worth += (double)filling->counts[filling->used[i]] * seq->worth[filling->used[i]];
    for (int32_t i = 0; i < filling->used_count; i++) {
        int32_t row = filling->used[i];
        int64_t taken = copies * filling->counts[row];
        seq->left[row] -= taken;
        outcome->left -= taken;
        seq->paid[row] += (double)taken * seq->worth[row] * price / worth;
    }
    if (seq->node_left[type] != INSTANCE_NO_LIMIT)
        seq->node_left[type] -= copies;
    outcome->cost += (int128)seq->cover->types[type].price_nano * copies;
    drop_empty_rows(seq);
    seq->node++;
    return 0;
}

/* ---- passes ---- */

static int64_t demand_of(const struct sequencing *seq, int32_t row)
{
    return seq->request->demand ? seq->request->demand[row] : seq->cover->rows[row].demand;
}

static void begin_pass(struct sequencing *seq, struct outcome *outcome)
{
    const struct cover *cover = seq->cover;
    memset(seq->paid, 0, (size_t)cover->row_count * sizeof *seq->paid);
    seq->open_count = 0;
    *outcome = (struct outcome){.set = {.row_count = cover->row_count}};
    for (int32_t i = 0; i < cover->row_count; i++) {
        seq->left[i] = demand_of(seq, i);
        outcome->left += seq->left[i];
        if (seq->left[i] > 0)
            seq->rows[seq->open_count++] = i;
    }
    seq->node++;
    for (int32_t t = 0; t < cover->type_count; t++) {
        const int64_t *node_left = seq->request->node_left;
        seq->node_left[t] = node_left ? node_left[t] : cover->types[t].node_max;
        fill(seq, t);
    }
}

static int run_pass(struct sequencing *seq, struct outcome *outcome, struct err *err)
{
    begin_pass(seq, outcome);
    for (int32_t type; seq->open_count > 0 && (type = choose_type(seq)) >= 0;) {
        if (add_nodes(seq, type, outcome, err))
            return -1;
    }
    return 0;
}

/* Half way from the old worth to what was paid for one. */
static void correct_worth(struct sequencing *seq)
{
    for (int32_t i = 0; i < seq->cover->row_count; i++) {
        int64_t placed = demand_of(seq, i) - seq->left[i];
        if (placed > 0)
            seq->worth[i] = (seq->worth[i] + seq->paid[i] / (double)placed) / 2;
        if (seq->left[i] > 0)
            seq->worth[i] *= 2;
    }
}

static bool is_better(const struct outcome *a, const struct outcome *b)
{
    return a->left != b->left ? a->left < b->left : a->cost < b->cost;
}

static int run_passes(struct sequencing *seq, struct outcome *best, struct err *err)
{
    for (int32_t pass = 0; pass == 0 || (pass < seq->request->passes_max &&
                                         seq->filling.ticks < seq->request->ticks_max);
         pass++) {
        struct outcome outcome;
        seq->order = (enum filling_order)(pass % FILLING_ORDERS);
        int result = run_pass(seq, &outcome, err);
        if (result != 0 || (pass > 0 && !is_better(&outcome, best))) {
            node_set_release(&outcome.set);
        } else {
            node_set_release(&best->set);
            *best = outcome;
        }
        if (result != 0)
            return -1;
        if (seq->order == FILLING_LARGE_FIRST)
            correct_worth(seq);
    }
    return 0;
}

static int sequencing_init(struct sequencing *seq, struct err *err)
{
    size_t rows = (size_t)seq->cover->row_count + 1, types = (size_t)seq->cover->type_count + 1;
    seq->worth = calloc(rows, sizeof *seq->worth);
    seq->paid = calloc(rows, sizeof *seq->paid);
    seq->left = calloc(rows, sizeof *seq->left);
    seq->rows = calloc(rows, sizeof *seq->rows);
    seq->node_left = calloc(types, sizeof *seq->node_left);
    seq->rate = calloc(types, sizeof *seq->rate);
    seq->filled_at = calloc(types, sizeof *seq->filled_at);
    if (!seq->worth || !seq->paid || !seq->left || !seq->rows || !seq->node_left || !seq->rate ||
        !seq->filled_at)
        return err_no_memory(err);
    for (int32_t i = 0; i < seq->cover->row_count; i++)
        seq->worth[i] = (double)seq->request->worth[i] + 1;
    return filling_init(&seq->filling, seq->cover, err);
}

static void sequencing_release(struct sequencing *seq)
{
    free(seq->worth);
    free(seq->paid);
    free(seq->left);
    free(seq->rows);
    free(seq->node_left);
    free(seq->rate);
    free(seq->filled_at);
    filling_release(&seq->filling);
}

int sequence(const struct sequence_request *request, struct node_set *set, bool *is_done,
             int64_t *ticks, struct err *err)
{
    struct sequencing seq = {.request = request, .cover = request->cover};
    struct outcome best = {.left = 0};
    int result = sequencing_init(&seq, err);
    if (result == 0)
        result = run_passes(&seq, &best, err);
    *is_done = result == 0 && best.left == 0;
    if (result == 0)
        result = node_set_append(set, &best.set, err);
    *ticks += seq.filling.ticks;
    node_set_release(&best.set);
    sequencing_release(&seq);
    return result;
}
