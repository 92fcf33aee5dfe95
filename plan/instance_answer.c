/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/instance_answer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "plan/draft.h"
#include "plan/exhaust.h"
#include "plan/improve.h"
#include "plan/master.h"
#include "plan/node_set.h"
#include "plan/place.h"
#include "plan/repack.h"
#include "plan/shortage.h"

/* With more rows than this, items that only limits tell apart are merged for the bound. */
enum { ROWS_MAX = 1000 };
static void find_misfits(struct instance_answer *answer)
{
    char reason[INSTANCE_REASON_SIZE];
    for (int32_t i = 0; i < answer->instance->item_count; i++) {
        if (!instance_never_fits(answer->instance, i, reason))
            continue;
        if (answer->misfit_count++ == 0)
            snprintf(answer->reason, sizeof answer->reason, "%s", reason);
    }
}

/* Quick tries, for instances of any size. */
static int repack_nodes(struct instance_answer *answer, struct draft *draft, struct err *err)
{
    bool dives = answer->cover.row_count <= DRAFT_DIVE_ROWS_MAX;
    struct repack_request request = {.cover = &answer->cover,
                                     .worth = answer->bound.prices,
                                     .shift = answer->bound.shift,
                                     .bound_nano = answer->bound.best_nano,
                                     .ticks_max = answer->ticks_max / (dives ? 8 : 2)};
    return repack(&request, &draft->set, &draft->is_done, &answer->ticks, err);
}

/* A round costs a search for each type, and these cost by rows. Larger instances get more time, but
 * not as much more as they are larger. */
static int improve_nodes(struct instance_answer *answer, struct master *master,
                         struct node_set *set, struct err *err)
{
    const int64_t work_per_row = 60000, work_of_search = 1000;
    const struct cover *cover = &answer->cover;
    int64_t work_of_round = (int64_t)cover->row_count * cover->type_count + work_of_search;
    int64_t ticks_left = answer->ticks_max - answer->ticks - master->ticks;
    int64_t half = answer->ticks_max / 2;
    struct improve_request request = {.worth = answer->bound.prices,
                                      .bound_nano = answer->bound.best_nano,
                                      .rounds_max = work_per_row * cover->row_count / work_of_round,
                                      .ticks_max = ticks_left < half ? ticks_left : half};
    return improve(master, &request, set, err);
}

/* The draft, improved by quick tries, then by linear programs where they are small enough. */
static int draft_and_improve(struct instance_answer *answer, struct master *master,
                             struct draft *draft, struct err *err)
{
    const struct cover *cover = &answer->cover;
    struct draft_request request = {.master = master,
                                    .worth = answer->bound.prices,
                                    .bound_nano = answer->bound.best_nano,
                                    .ticks_max = answer->ticks_max / 4};
    if (draft_make(draft, &request, &answer->ticks, err))
        return -1;
    if (cover->is_relaxed)
        return 0;
    if (repack_nodes(answer, draft, err))
        return -1;
    bool can_dive = draft->is_done && cover->row_count <= DRAFT_DIVE_ROWS_MAX;
    return can_dive ? improve_nodes(answer, master, &draft->set, err) : 0;
}

static bool costs_the_bound(const struct instance_answer *answer, const struct node_set *set)
{
    return node_set_cost(set, &answer->cover) <= answer->bound.best_nano;
}

/* No fleet is cheaper than the cheapest of all. */
static void raise_bound(struct cost_bound *bound, int64_t least_nano)
{
    assert(bound->best_nano <= least_nano);
    bound->tried_nano = least_nano;
    bound->best_nano = least_nano;
}

/* What the dive has not proved to be best is searched exhaustively where it is tiny. */
static int find_nodes(struct instance_answer *answer, struct master *master, struct node_set *set,
                      struct exhaust_answer *tiny, struct err *err)
{
    const struct cover *cover = &answer->cover;
    struct draft draft = {.is_done = false};
    *tiny = (struct exhaust_answer){0};
    int result = draft_and_improve(answer, master, &draft, err);
    *set = draft.set;
    if (result != 0)
        return -1;
    if (cover->is_relaxed || (draft.is_done && costs_the_bound(answer, set)))
        return 0;
    struct node_set best = {.row_count = cover->row_count};
    result = exhaust(cover, &best, tiny, err);
    if (result == 0 && tiny->is_solved) {
        node_set_release(set);
        *set = best;
        if (tiny->is_feasible)
            raise_bound(&answer->bound, (int64_t)node_set_cost(&best, cover));
        return 0;
    }
    node_set_release(&best);
    return result;
}

static int explain_no_plan(struct instance_answer *answer, bool is_proved, struct err *err)
{
    const char *why = "all contents of nodes were tried";
    if (!is_proved) {
        why = "proved by weights of items: all nodes together cannot hold as much";
        int64_t allowed = answer->ticks_max / 4, ticks_left = allowed;
        if (shortage_prove(&answer->cover, &is_proved, &ticks_left, err))
            return -1;
        answer->ticks += allowed - ticks_left;
    }
    answer->is_proved_infeasible = is_proved;
    if (is_proved)
        snprintf(answer->reason, sizeof answer->reason,
                 "no nodes within the numbers of nodes (max_nodes) hold all items (%s)", why);
    else
        snprintf(answer->reason, sizeof answer->reason,
                 "no plan was found within the numbers of nodes (max_nodes); it is not proved that "
                 "there is none");
    return 0;
}

static int place_set(const struct instance_answer *answer, const struct node_set *set,
                     struct fleet_plan *plan, bool *is_done, struct err *err)
{
    struct place_request request = {
        .cover = &answer->cover, .nodes = set, .worth = answer->bound.prices};
    *is_done = false;
    if (fleet_plan_init(plan, answer->instance, err) || place_items(plan, &request, is_done, err))
        return -1;
    if (!*is_done)
        fleet_plan_release(plan);
    return 0;
}

/* Without a linear program the items one by one may do better than the set. */
static int place_without_set(struct instance_answer *answer, struct err *err)
{
    const struct node_set none = {.row_count = answer->cover.row_count};
    struct fleet_plan other;
    bool is_done;
    if (place_set(answer, &none, &other, &is_done, err)) {
        fleet_plan_release(&other);
        return -1;
    }
    bool is_better = is_done && (!answer->is_feasible ||
                                 fleet_plan_cost(&other) < fleet_plan_cost(&answer->plan));
    if (is_better) {
        fleet_plan_release(&answer->plan);
        answer->plan = other;
        answer->is_feasible = true;
    } else {
        fleet_plan_release(&other);
    }
    return 0;
}

static int place_nodes(struct instance_answer *answer, const struct node_set *set, struct err *err)
{
    bool has_other = answer->cover.row_count > DRAFT_DIVE_ROWS_MAX && set->nodes.count > 0;
    if (place_set(answer, set, &answer->plan, &answer->is_feasible, err) ||
        (has_other && place_without_set(answer, err)))
        return -1;
    if (!answer->is_feasible)
        return 0;
    if (fleet_plan_check(&answer->plan, err))
        return -1;
    answer->cost_nano = (int64_t)fleet_plan_cost(&answer->plan);
    assert(answer->cost_nano >= answer->bound.best_nano);
    return 0;
}

static int find_plan(struct instance_answer *answer, struct master *master, struct err *err)
{
    struct node_set set = {.row_count = answer->cover.row_count};
    struct exhaust_answer tiny;
    int result = find_nodes(answer, master, &set, &tiny, err);
    bool is_proved = tiny.is_solved && !tiny.is_feasible;
    if (result == 0 && !is_proved)
        result = place_nodes(answer, &set, err);
    if (result == 0 && !answer->is_feasible)
        result = explain_no_plan(answer, is_proved, err);
    node_set_release(&set);
    return result;
}

static int find_all(struct instance_answer *answer, struct err *err)
{
    struct master master;
    if (cover_init(&answer->cover, answer->instance, ROWS_MAX, err) ||
        master_init(&master, &answer->cover, err))
        return -1;
    int result = cost_bound_find(&answer->bound, &master, answer->ticks_max / 2, err);
    answer->has_bound = result == 0;
    if (result == 0)
        result = find_plan(answer, &master, err);
    answer->ticks += master.ticks;
    master_release(&master);
    return result;
}

int instance_answer_find(struct instance_answer *answer, const struct instance *instance,
                         struct err *err)
{
    return instance_answer_find_within(answer, instance, INSTANCE_TICKS_MAX, err);
}

int instance_answer_find_within(struct instance_answer *answer, const struct instance *instance,
                                int64_t ticks_max, struct err *err)
{
    *answer = (struct instance_answer){.instance = instance, .ticks_max = ticks_max};
    find_misfits(answer);
    answer->is_proved_infeasible = answer->misfit_count > 0;
    if (answer->misfit_count > 0)
        return 0;
    if (find_all(answer, err)) {
        instance_answer_release(answer);
        return -1;
    }
    return 0;
}

void instance_answer_release(struct instance_answer *answer)
{
    cover_release(&answer->cover);
    cost_bound_release(&answer->bound);
    fleet_plan_release(&answer->plan);
    *answer = (struct instance_answer){0};
}
