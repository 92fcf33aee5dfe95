/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/draft.h"

#include <stdlib.h>

#include "plan/dive.h"
#include "plan/sequence.h"

/* Of the ticks, for a sequence beside a dive, and again for what the dive did not come to. */
enum { SHARE_OF_SEQUENCE = 16 };

/* What is still to be held, and the nodes that there are for it. */
struct rest {
    int64_t *demand;    /* [row] */
    int64_t *node_left; /* [type] */
};

static void rest_release(struct rest *rest)
{
    free(rest->demand);
    free(rest->node_left);
}

static int rest_init(struct rest *rest, const struct cover *cover, struct err *err)
{
    rest->demand = calloc((size_t)cover->row_count + 1, sizeof *rest->demand);
    rest->node_left = calloc((size_t)cover->type_count + 1, sizeof *rest->node_left);
    if (!rest->demand || !rest->node_left) {
        rest_release(rest);
        return err_no_memory(err);
    }
    for (int32_t i = 0; i < cover->row_count; i++)
        rest->demand[i] = cover->rows[i].demand;
    for (int32_t t = 0; t < cover->type_count; t++)
        rest->node_left[t] = cover->types[t].node_max;
    return 0;
}

static void subtract(struct rest *rest, const struct node_set *set)
{
    for (int32_t p = 0; p < set->nodes.count; p++) {
        const struct pattern *pattern = &set->nodes.items[p];
        const struct pattern_entry *entries = pattern_entries(&set->nodes, p);
        for (int32_t e = 0; e < pattern->entry_count; e++)
            rest->demand[entries[e].row] -= set->copies[p] * entries[e].count;
        if (rest->node_left[pattern->type] != INSTANCE_NO_LIMIT)
            rest->node_left[pattern->type] -= set->copies[p];
    }
}

static bool dives(const struct cover *cover)
{
    return cover->row_count <= DRAFT_DIVE_ROWS_MAX;
}

/* Adds a sequence for the rest; NULL: for everything. */
static int add_sequence(struct draft *draft, const struct draft_request *request,
                        const struct rest *rest, int64_t *ticks, struct err *err)
{
    enum { PASSES_MAX = 300 };
    const struct cover *cover = request->master->cover;
    int64_t share = dives(cover) ? SHARE_OF_SEQUENCE : 1;
    struct sequence_request sequence_request = {.cover = cover,
                                                .demand = rest ? rest->demand : NULL,
                                                .node_left = rest ? rest->node_left : NULL,
                                                .worth = request->worth,
                                                .passes_max = PASSES_MAX,
                                                .ticks_max = request->ticks_max / share};
    return sequence(&sequence_request, &draft->set, &draft->is_done, ticks, err);
}

/* What the dive does not come to is added in sequence. */
static int add_dive(struct draft *draft, const struct draft_request *request, int64_t *ticks,
                    struct err *err)
{
    struct rest rest;
    if (rest_init(&rest, request->master->cover, err))
        return -1;
    int64_t kept_back = request->ticks_max / SHARE_OF_SEQUENCE * 2;
    struct dive_request dive_request = {.demand = rest.demand,
                                        .node_left = rest.node_left,
                                        .search_steps_max = 20000,
                                        .rounds_max = 30,
                                        .ticks_max = request->ticks_max - kept_back};
    int result = dive(request->master, &dive_request, &draft->set, &draft->is_done, err);
    if (result == 0 && !draft->is_done && !request->master->cover->is_relaxed) {
        subtract(&rest, &draft->set);
        result = add_sequence(draft, request, &rest, ticks, err);
    }
    rest_release(&rest);
    return result;
}

/* A part of a dive is a better beginning than a part of a sequence. */
static bool is_better(const struct draft *dived, const struct draft *other,
                      const struct cover *cover)
{
    if (!dived->is_done || !other->is_done)
        return !other->is_done;
    return node_set_cost(&dived->set, cover) < node_set_cost(&other->set, cover);
}

int draft_make(struct draft *draft, const struct draft_request *request, int64_t *ticks,
               struct err *err)
{
    const struct cover *cover = request->master->cover;
    struct draft dived = {.set = {.row_count = cover->row_count}};
    *draft = dived;
    int result = cover->is_relaxed ? 0 : add_sequence(draft, request, NULL, ticks, err);
    bool is_best = draft->is_done && node_set_cost(&draft->set, cover) <= request->bound_nano;
    if (result == 0 && dives(cover) && !is_best) {
        result = add_dive(&dived, request, ticks, err);
        if (result == 0 && is_better(&dived, draft, cover)) {
            struct draft other = *draft;
            *draft = dived;
            dived = other;
        }
    }
    node_set_release(&dived.set);
    if (result != 0)
        node_set_release(&draft->set);
    return result;
}
