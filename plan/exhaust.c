/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/exhaust.h"

#include <stdlib.h>
#include <string.h>

#include "plan/cover_fit.h"
#include "plan/patterns.h"

/* A state is a demand, a number with one digit for each row; least[state] is the least cost of
 * nodes that hold it. One more node with content c leads from the demand s to max(s - c, 0): part
 * of a content fits where the content does, so only contents to which nothing can be added count.
 *
 * Nodes of types without a limit come first, any number of them (stage 0, states in rising order);
 * then each further stage may add one node of one limited type. Each stage keeps the content that
 * it chose at each state, from which the nodes are read back.
 *
 * Example: 2 of row a and 1 of row b, one type at $1 that holds {a} or {a, b}: only {a, b} counts.
 * least(1, 1) = 1, least(2, 1) = 1 + least(1, 0) = 2. */

#define STEPS_MAX INT64_C(40000000) /* states x contents x stages */
enum { STATES_MAX = 1 << 18, STAGES_MAX = 64, TRIES_MAX = 2000000 };
#define NEVER (INT64_MAX / 2)

struct stage {
    int32_t first, last; /* contents [first, last) may be taken */
    int32_t *choice;     /* [state] a content, or -1 */
};

struct tiny {
    const struct cover *cover;
    struct patterns contents; /* by type, those of unlimited types first */
    int64_t *radix;           /* [row] */
    int64_t *counts, *room;   /* [row], [resource] of the content that is being made */
    int64_t tries;
    bool is_given_up;
    int32_t state_count;
    int64_t *least, *next; /* [state] */
    struct stage stages[STAGES_MAX];
    int32_t stage_count;
};

/* ---- contents ---- */

static struct content content_of(const struct tiny *tiny)
{
    return (struct content){tiny->counts, NULL, tiny->cover->row_count};
}

static bool takes_one_more(struct tiny *tiny, int32_t type, int32_t row)
{
    const struct cover *cover = tiny->cover;
    const int64_t *weight = cover_weight(cover, row);
    if (!cover_may_use(cover, row, type) || tiny->counts[row] >= cover->rows[row].count_max)
        return false;
    for (int32_t r = 0; r < cover->resource_count; r++) {
        if (weight[r] > tiny->room[r])
            return false;
    }
    tiny->counts[row]++;
    const struct content content = content_of(tiny);
    enum devices_answer devices = cover_pack_devices(cover, type, &content);
    bool takes = devices != DEVICES_TOO_FEW && cover_pairs_allow(cover, row, tiny->counts);
    tiny->is_given_up = tiny->is_given_up || devices == DEVICES_UNKNOWN;
    tiny->counts[row]--;
    return takes;
}

static void put(struct tiny *tiny, int32_t row, int64_t count)
{
    const int64_t *weight = cover_weight(tiny->cover, row);
    tiny->counts[row] += count;
    for (int32_t r = 0; r < tiny->cover->resource_count; r++)
        tiny->room[r] -= count * weight[r];
}

static bool is_full(struct tiny *tiny, int32_t type)
{
    for (int32_t i = 0; i < tiny->cover->row_count; i++) {
        if (takes_one_more(tiny, type, i))
            return false;
    }
    return true;
}

/* Lists the contents that continue the present one with rows from `row` on. */
static int list_contents(struct tiny *tiny, int32_t type, int32_t row, struct err *err)
{
    int32_t rows = tiny->cover->row_count;
    if (++tiny->tries > TRIES_MAX || tiny->is_given_up) {
        tiny->is_given_up = true;
        return 0;
    }
    if (row == rows) {
        const struct content content = content_of(tiny);
        return is_full(tiny, type) ? patterns_add(&tiny->contents, type, &content, err) : 0;
    }
    int64_t taken = 0;
    int result = list_contents(tiny, type, row + 1, err);
    while (result == 0 && takes_one_more(tiny, type, row)) {
        put(tiny, row, 1);
        taken++;
        result = list_contents(tiny, type, row + 1, err);
    }
    put(tiny, row, -taken);
    return result;
}

static int list_contents_of(struct tiny *tiny, int32_t type, struct stage *stage, struct err *err)
{
    const struct cover *cover = tiny->cover;
    stage->first = tiny->contents.count;
    memcpy(tiny->room, cover_capacity(cover, type),
           (size_t)cover->resource_count * sizeof(int64_t));
    int result = list_contents(tiny, type, 0, err);
    stage->last = tiny->contents.count;
    return result;
}

/* ---- stages ---- */

static int64_t total_demand(const struct cover *cover)
{
    int64_t total = 0;
    for (int32_t i = 0; i < cover->row_count; i++)
        total += cover->rows[i].demand;
    return total;
}

static bool has_limit(const struct cover *cover, int32_t type)
{
    return cover->types[type].node_max < total_demand(cover);
}

/* The stages with their contents; given up where they are too many. */
static int make_stages(struct tiny *tiny, struct err *err)
{
    const struct cover *cover = tiny->cover;
    tiny->stage_count = 1;
    for (int32_t t = 0; t < cover->type_count; t++) {
        struct stage stage;
        if (!has_limit(cover, t) && list_contents_of(tiny, t, &stage, err))
            return -1;
    }
    tiny->stages[0] = (struct stage){.last = tiny->contents.count};
    for (int32_t t = 0; t < cover->type_count && !tiny->is_given_up; t++) {
        int64_t node_max = cover->types[t].node_max;
        struct stage stage = {0};
        if (!has_limit(cover, t) || node_max == 0)
            continue;
        if (list_contents_of(tiny, t, &stage, err))
            return -1;
        tiny->is_given_up = tiny->is_given_up || node_max > STAGES_MAX - tiny->stage_count;
        for (int64_t n = 0; n < node_max && !tiny->is_given_up; n++)
            tiny->stages[tiny->stage_count++] = stage;
    }
    return 0;
}

static bool is_small_enough(const struct tiny *tiny)
{
    int64_t steps = 0;
    for (int32_t s = 0; s < tiny->stage_count; s++)
        steps += (int64_t)tiny->state_count * (tiny->stages[s].last - tiny->stages[s].first + 1);
    return !tiny->is_given_up && steps <= STEPS_MAX;
}

/* ---- costs ---- */

/* What is left of the state when one node with this content is taken. */
static int32_t state_without(const struct tiny *tiny, int32_t state, int32_t content)
{
    const struct pattern *pattern = &tiny->contents.items[content];
    const struct pattern_entry *entries = pattern_entries(&tiny->contents, content);
    int64_t left = state;
    for (int32_t e = 0; e < pattern->entry_count; e++) {
        int32_t row = entries[e].row;
        int64_t digit = state / tiny->radix[row] % (tiny->cover->rows[row].demand + 1);
        left -= tiny->radix[row] * (entries[e].count < digit ? entries[e].count : digit);
    }
    return (int32_t)left;
}

/* next[state] from `from`, which is least for a stage that adds one node at most, next itself for
 * one that adds any number. */
static void choose(struct tiny *tiny, const struct stage *stage, const int64_t *from, int32_t state)
{
    int64_t best = tiny->least[state];
    stage->choice[state] = -1;
    for (int32_t c = stage->first; c < stage->last; c++) {
        int32_t left = state_without(tiny, state, c);
        int64_t price = tiny->cover->types[tiny->contents.items[c].type].price_nano;
        if (left != state && from[left] + price < best) {
            best = from[left] + price;
            stage->choice[state] = c;
        }
    }
    tiny->next[state] = best;
}

static int run_stages(struct tiny *tiny, struct err *err)
{
    size_t states = (size_t)tiny->state_count;
    for (int32_t s = 0; s < tiny->state_count; s++)
        tiny->least[s] = s == 0 ? 0 : NEVER;
    for (int32_t k = 0; k < tiny->stage_count; k++) {
        struct stage *stage = &tiny->stages[k];
        stage->choice = calloc(states, sizeof *stage->choice);
        if (!stage->choice)
            return err_no_memory(err);
        for (int32_t s = 0; s < tiny->state_count; s++)
            choose(tiny, stage, k == 0 ? tiny->next : tiny->least, s);
        memcpy(tiny->least, tiny->next, states * sizeof *tiny->least);
    }
    return 0;
}

/* ---- reading back ---- */

static int add_node(struct tiny *tiny, int32_t *state, int32_t content, struct node_set *set,
                    struct err *err)
{
    const struct cover *cover = tiny->cover;
    int32_t left = state_without(tiny, *state, content);
    for (int32_t i = 0; i < cover->row_count; i++) {
        int64_t base = cover->rows[i].demand + 1;
        tiny->counts[i] = *state / tiny->radix[i] % base - left / tiny->radix[i] % base;
    }
    *state = left;
    const struct content counted = content_of(tiny);
    return node_set_add(set, tiny->contents.items[content].type, &counted, 1, err);
}

static int read_back(struct tiny *tiny, struct node_set *set, struct err *err)
{
    int32_t state = tiny->state_count - 1;
    for (int32_t k = tiny->stage_count - 1; k >= 0 && state > 0;) {
        int32_t content = tiny->stages[k].choice[state];
        if (content >= 0 && add_node(tiny, &state, content, set, err))
            return -1;
        if (k > 0)
            k--;
    }
    return 0;
}

/* ---- the whole ---- */

/* The number of states; 0: too many, or costs could overflow. */
static int32_t count_states(struct tiny *tiny)
{
    const struct cover *cover = tiny->cover;
    int64_t states = 1, dearest = cover->types[cover->type_count - 1].price_nano;
    for (int32_t i = 0; i < cover->row_count; i++) {
        tiny->radix[i] = states;
        if (cover->rows[i].demand >= STATES_MAX / states)
            return 0;
        states *= cover->rows[i].demand + 1;
    }
    return total_demand(cover) < NEVER / (dearest + 1) ? (int32_t)states : 0;
}

static int solve(struct tiny *tiny, struct node_set *set, struct exhaust_answer *answer,
                 struct err *err)
{
    tiny->state_count = count_states(tiny);
    if (tiny->state_count == 0)
        return 0;
    tiny->least = calloc((size_t)tiny->state_count, sizeof *tiny->least);
    tiny->next = calloc((size_t)tiny->state_count, sizeof *tiny->next);
    if (!tiny->least || !tiny->next)
        return err_no_memory(err);
    if (make_stages(tiny, err))
        return -1;
    if (!is_small_enough(tiny))
        return 0;
    if (run_stages(tiny, err))
        return -1;
    answer->is_solved = true;
    answer->is_feasible = tiny->least[tiny->state_count - 1] < NEVER;
    return answer->is_feasible ? read_back(tiny, set, err) : 0;
}

int exhaust(const struct cover *cover, struct node_set *set, struct exhaust_answer *answer,
            struct err *err)
{
    struct tiny tiny = {.cover = cover};
    *answer = (struct exhaust_answer){0};
    tiny.radix = calloc((size_t)cover->row_count + 1, sizeof *tiny.radix);
    tiny.counts = calloc((size_t)cover->row_count + 1, sizeof *tiny.counts);
    tiny.room = calloc((size_t)cover->resource_count + 1, sizeof *tiny.room);
    int result = tiny.radix && tiny.counts && tiny.room ? solve(&tiny, set, answer, err)
                                                        : err_no_memory(err);
    free(tiny.radix);
    free(tiny.counts);
    free(tiny.room);
    free(tiny.least);
    free(tiny.next);
    for (int32_t k = 0; k < tiny.stage_count; k++)
        free(tiny.stages[k].choice);
    patterns_release(&tiny.contents);
    return result;
}
