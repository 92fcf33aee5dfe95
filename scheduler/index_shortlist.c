/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_shortlist.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"

/* Why no heap: of what comes on a list most has changed again before it gets to the top, so the
 * work to keep it in order is lost, and each step of a heap is a branch that goes either way.
 * Here a node comes on the list by being appended, near or far, and is compared with others only
 * where it is among the best.
 *
 * Example, with room for four near ones. Near are 0.9, 0.8, 0.7 and far 0.5, 0.6; the line is 0.6.
 * 0.65 comes near, 0.4 far. 0.75 finds the near ones full: those no better than the third of them,
 * 0.7 and 0.65, go far, the line is 0.7 now, and 0.75 comes near. When all that are near are gone,
 * the best two of the far ones come near.
 *
 * To find the best of thousands takes as long as a hundred questions. So the best few hundred of
 * the far ones stand first, in no order, and only they are looked through: they are the next. How
 * many are next, and how many come near, is not exact, so that a selection can stop early. */

enum { NEAR_REFILL = NEAR_MOST / 2, FAR_MANY = 256, NEXT_CHOSEN = 256 };

int shortlist_reserve(struct shortlist *list, const struct index_kernel *kernel, int32_t limit,
                      struct err *err)
{
    if (list->near == NULL)
        list->near = calloc(1, sizeof *list->near);
    if (list->near == NULL)
        return err_no_memory(err);
    if (array_reserve(&list->far, &list->capacity, INT64_C(4) * limit + NEAR_MOST,
                      sizeof *list->far, err))
        return -1;
    list->kernel = kernel;
    list->limit = limit;
    return 0;
}

void shortlist_release(struct shortlist *list)
{
    free(list->near);
    free(list->far);
    *list = (struct shortlist){0};
}

/* The floor never falls while the list lives: what was below it is not there. The list may still
 * hold some that are, from before it rose. */
static void raise_floor(struct shortlist *list, const struct standing *to)
{
    if (list->is_complete || standing_precedes(to, &list->floor))
        list->floor = *to;
    list->is_complete = false;
}

/* ---- selecting ---- */

static void swap(struct standing *standings, int32_t a, int32_t b)
{
    struct standing kept = standings[a];
    standings[a] = standings[b];
    standings[b] = kept;
}

enum { PART = 512 };

/* Moves the one at `pivot` to where it stands among standings[low..high], better ones before it.
 * Lomuto's partition, part by part: the better ones are found without branches, then swapped. */
static int32_t partition(const struct index_kernel *kernel, struct standing *standings, int32_t low,
                         int32_t high, int32_t pivot)
{
    int32_t better[PART + ROW_LANES], place = low;
    swap(standings, pivot, high);
    for (int32_t first = low; first < high; first += PART) {
        int32_t count = high - first < PART ? high - first : PART;
        count = kernel->preceding(&standings[first], count, &standings[high], better);
        for (int32_t i = 0; i < count; i++)
            swap(standings, first + better[i], place + i);
        place += count;
    }
    swap(standings, place, high);
    return place;
}

enum { SAMPLE = 16, SAMPLE_FROM = 4 * SAMPLE };

/* Of a few of standings[low..high], evenly spaced, the place of one that is likely to stand a
 * little behind the one of `rank`, 0 being the best. It is the last of the best `most` of the few,
 * and no more of them are kept in order. */
static int32_t likely_pivot(const struct standing *standings, int32_t low, int32_t high,
                            int32_t rank)
{
    int32_t count = high - low + 1, step = count / SAMPLE;
    int32_t most = (int32_t)((int64_t)SAMPLE * rank / count) + 1;
    int32_t places[SAMPLE + 1], kept = 0;
    most = most < SAMPLE ? most : SAMPLE;
    for (int32_t place = low; place < low + SAMPLE * step; place += step) {
        int32_t at = kept;
        for (; at > 0 && standing_precedes(&standings[place], &standings[places[at - 1]]); at--)
            places[at] = places[at - 1];
        places[at] = place;
        kept += kept < most;
    }
    return places[most - 1];
}

/* How many are to be chosen: it takes fewer steps where it may be a few more or less. */
struct choice {
    int32_t least, most;
};

/* Hoare's selection: the best come first, the last of them behind the others; gives their number.
 * Where there are many, the pivot is chosen by a sample, as Floyd and Rivest do (Algorithm 489,
 * CACM 18, 1975), so that the first partition leaves little more than the best. */
static int32_t select_best(const struct index_kernel *kernel, struct standing *standings,
                           int32_t count, struct choice choice)
{
    int32_t low = 0, high = count - 1, wanted = (choice.least + choice.most) / 2;
    while (low < high) {
        int32_t pivot = high - low < SAMPLE_FROM
                            ? low + (high - low) / 2
                            : likely_pivot(standings, low, high, wanted - 1 - low);
        int32_t place = partition(kernel, standings, low, high, pivot);
        if (place < choice.least - 1)
            low = place + 1;
        else if (place > choice.most - 1)
            high = place - 1;
        else
            return place + 1;
    }
    return low + 1;
}

float float_of_rank(float *values, int32_t count, int32_t rank)
{
    int32_t low = 0, high = count - 1;
    while (low < high) {
        float pivot = values[low + (high - low) / 2];
        int32_t left = low, right = high;
        while (left <= right) {
            while (values[left] > pivot)
                left++;
            while (values[right] < pivot)
                right--;
            if (left <= right) {
                float moved = values[left];
                values[left++] = values[right];
                values[right--] = moved;
            }
        }
        if (rank - 1 <= right)
            high = right;
        else if (rank - 1 >= left)
            low = left;
        else
            break;
    }
    return values[rank - 1];
}

/* ---- near and far ---- */

struct standing shortlist_at(const struct shortlist *list, int32_t place)
{
    const struct near_list *near = list->near;
    return (struct standing){.score = near->scores[place],
                             .node = near->nodes[place],
                             .entry = near->tags[place] & INT32_MAX,
                             .is_bound = near->tags[place] > INT32_MAX};
}

/* At the first place that is not filled, which stays so if it is not near at all. */
static void put_near_if(struct near_list *near, const struct standing *standing, bool is_near)
{
    uint32_t place = (uint32_t)__builtin_ctz(~near->filled);
    near->scores[place] = standing->score;
    near->nodes[place] = standing->node;
    near->tags[place] = (uint32_t)standing->is_bound << 31 | standing->entry;
    near->filled |= (uint32_t)is_near << place;
}

void shortlist_remove(struct shortlist *list, int32_t place)
{
    list->near->filled &= ~(UINT32_C(1) << place);
}

/* Appends it where it is far at all: to the next, if others stand behind them, or to those. Whether
 * it is far may go either way, so that is no branch. But few are next, and what stands where they
 * end has mostly left the cache: only for those it is read. */
static void put_far_if(struct shortlist *list, const struct standing *standing, bool is_far)
{
    int32_t end = list->far_count, place = end;
    bool is_next = is_far;
    if (list->next_count < end) {
        is_next = is_far & standing_precedes(standing, &list->next_line);
        if (is_next) {
            place = list->next_count;
            list->far[end] = list->far[place];
        }
    }
    list->far[place] = *standing;
    list->next_count += is_next;
    list->far_count += is_far;
}

void shortlist_clear(struct shortlist *list)
{
    list->near->filled = 0;
    list->far_count = list->next_count = 0;
    list->has_line = false;
    list->is_complete = true;
}

/* Those that are no better than one of the near ones become far, mostly about half of them. */
static void spill(struct shortlist *list)
{
    struct standing all[NEAR_MOST];
    for (int32_t i = 0; i < NEAR_MOST; i++)
        all[i] = shortlist_at(list, i);
    int32_t kept = partition(list->kernel, all, 0, NEAR_MOST - 1, NEAR_MOST / 2);
    list->near->filled = 0;
    for (int32_t i = 0; i < kept; i++)
        put_near_if(list->near, &all[i], true);
    assert(list->far_count + NEAR_MOST - kept <= list->capacity);
    for (int32_t i = kept; i < NEAR_MOST; i++)
        put_far_if(list, &all[i], true);
    list->line = all[kept];
    list->has_line = true;
}

/* It is written both near and far, and stays where it belongs. */
void shortlist_push(struct shortlist *list, const struct standing *standing)
{
    struct near_list *near = list->near;
    if (near->filled == UINT32_MAX)
        spill(list);
    bool is_far = list->has_line & !standing_precedes(standing, &list->line);
    put_near_if(near, standing, !is_far);
    put_far_if(list, standing, is_far);
}

/* Moves those of far[first..end) that are not stale to far[to..], and returns the end of them. */
static int32_t keep_current(struct shortlist *list, int32_t first, int32_t end, int32_t to,
                            const uint32_t *last_entries)
{
    for (int32_t i = first; i < end; i++) {
        list->far[to] = list->far[i];
        to += list->far[i].entry == (last_entries[list->far[i].node] & INT32_MAX);
    }
    return to;
}

void shortlist_drop_stale(struct shortlist *list, const uint32_t *last_entries)
{
    int32_t next_end = list->next_count;
    list->next_count = keep_current(list, 0, next_end, 0, last_entries);
    list->far_count = keep_current(list, next_end, list->far_count, list->next_count, last_entries);
}

static void keep_best(struct shortlist *list, int32_t count)
{
    select_best(list->kernel, list->far, list->far_count, (struct choice){count, count});
    list->far_count = list->next_count = count;
    raise_floor(list, &list->far[count - 1]);
}

void shortlist_cut(struct shortlist *list)
{
    if (list->far_count > list->limit)
        keep_best(list, list->limit);
}

void shortlist_close(struct shortlist *list)
{
    if (list->far_count > 0)
        keep_best(list, list->far_count < list->limit ? list->far_count : list->limit);
}

void shortlist_collect(struct shortlist *list, const struct standing *standing)
{
    if (shortlist_is_below(list, standing))
        return;
    list->far[list->far_count++] = *standing;
    list->next_count = list->far_count;
    list->has_line = true;
    if (shortlist_is_full(list))
        shortlist_cut(list);
}

/* Chooses the next anew: of all far ones where too few are left, of themselves where they have
 * become too many. */
static void choose_next(struct shortlist *list)
{
    if (list->next_count <= NEAR_REFILL)
        list->next_count = list->far_count;
    if (list->next_count <= 2 * NEXT_CHOSEN)
        return;
    const struct choice about = {NEXT_CHOSEN * 3 / 4, NEXT_CHOSEN * 5 / 4};
    list->next_count = select_best(list->kernel, list->far, list->next_count, about);
    list->next_line = list->far[list->next_count - 1];
}

/* The last of standings[0..count) take the places of the first few. */
static void drop_first(struct standing *standings, int32_t few, int32_t count)
{
    for (int32_t i = 0; i < few; i++)
        standings[i] = standings[count - 1 - i];
}

/* The best of the far ones come near; those that are left are behind the last of these. */
static void bring_near(struct shortlist *list)
{
    choose_next(list);
    const struct choice about = {NEAR_REFILL / 2 + 1, NEAR_REFILL * 3 / 2};
    int32_t count = list->next_count;
    list->has_line = count > NEAR_REFILL;
    if (list->has_line) {
        count = select_best(list->kernel, list->far, count, about) - 1;
        list->line = list->far[count];
    }
    for (int32_t i = 0; i < count; i++)
        put_near_if(list->near, &list->far[i], true);
    drop_first(list->far, count, list->next_count);
    list->next_count -= count;
    drop_first(list->far + list->next_count, count, list->far_count - list->next_count);
    list->far_count -= count;
}

static void drop_stale_next(struct shortlist *list, const uint32_t *last_entries)
{
    int32_t kept = keep_current(list, 0, list->next_count, 0, last_entries);
    int32_t dropped = list->next_count - kept;
    drop_first(list->far + kept, dropped, list->far_count - kept);
    list->next_count = kept;
    list->far_count -= dropped;
}

/* To look up many far ones takes longer than to select the best of them. But where those are all
 * out of date, more of the next will be. */
static void refill(struct shortlist *list, const uint32_t *last_entries)
{
    while (list->far_count >= FAR_MANY) {
        bring_near(list);
        list->kernel->drop_stale(list->near, last_entries);
        if (list->near->filled != 0)
            return;
        drop_stale_next(list, last_entries);
    }
    shortlist_drop_stale(list, last_entries);
    bring_near(list);
}

int32_t shortlist_top(struct shortlist *list, const uint32_t *last_entries)
{
    if (list->near->filled == 0 && list->has_line)
        refill(list, last_entries);
    if (list->near->filled == 0)
        return -1;
    return list->kernel->best(list->near, list->near->filled);
}
