/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_shortlist.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"

int shortlist_reserve(struct shortlist *list, int32_t limit, struct err *err)
{
    if (array_reserve(&list->heap, &list->capacity, INT64_C(4) * limit, sizeof *list->heap, err))
        return -1;
    list->limit = limit;
    return 0;
}

void shortlist_release(struct shortlist *list)
{
    free(list->heap);
    *list = (struct shortlist){0};
}

void shortlist_clear(struct shortlist *list)
{
    list->count = 0;
    list->is_complete = true;
}

bool shortlist_is_full(const struct shortlist *list)
{
    return list->count >= 4 * list->limit;
}

/* ---- the heap ---- */

static void sink(struct standing *heap, int32_t count, int32_t place)
{
    struct standing moving = heap[place];
    for (;;) {
        int32_t child = 2 * place + 1;
        if (child >= count)
            break;
        if (child + 1 < count && standing_precedes(&heap[child + 1], &heap[child]))
            child++;
        if (!standing_precedes(&heap[child], &moving))
            break;
        heap[place] = heap[child];
        place = child;
    }
    heap[place] = moving;
}

void shortlist_heapify(struct shortlist *list)
{
    for (int32_t i = list->count / 2 - 1; i >= 0; i--)
        sink(list->heap, list->count, i);
}

void shortlist_push(struct shortlist *list, const struct standing *standing)
{
    int32_t place = list->count++;
    assert(place < list->capacity);
    while (place > 0 && standing_precedes(standing, &list->heap[(place - 1) / 2])) {
        list->heap[place] = list->heap[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    list->heap[place] = *standing;
}

struct standing shortlist_pop(struct shortlist *list)
{
    struct standing top = list->heap[0];
    list->heap[0] = list->heap[--list->count];
    if (list->count > 1)
        sink(list->heap, list->count, 0);
    return top;
}

void shortlist_change_top(struct shortlist *list, const struct standing *standing)
{
    list->heap[0] = *standing;
    sink(list->heap, list->count, 0);
}

/* ---- cutting ---- */

static void swap(struct standing *heap, int32_t a, int32_t b)
{
    struct standing kept = heap[a];
    heap[a] = heap[b];
    heap[b] = kept;
}

/* Moves the one at `pivot` to where it stands among heap[low..high], better ones before it. */
static int32_t partition(struct standing *heap, int32_t low, int32_t high, int32_t pivot)
{
    int32_t place = low;
    swap(heap, pivot, high);
    for (int32_t i = low; i < high; i++)
        if (standing_precedes(&heap[i], &heap[high]))
            swap(heap, i, place++);
    swap(heap, place, high);
    return place;
}

/* Hoare's selection: the `limit` best come first, the last of them at heap[limit - 1]. */
static void select_best(struct standing *heap, int32_t count, int32_t limit)
{
    int32_t low = 0, high = count - 1;
    while (low < high) {
        int32_t place = partition(heap, low, high, low + (high - low) / 2);
        if (place == limit - 1)
            return;
        if (place < limit - 1)
            low = place + 1;
        else
            high = place - 1;
    }
}

/* The floor never falls while the list lives: what was below it is not there. The heap may still
 * hold some that are, from before it rose. */
static void raise_floor(struct shortlist *list, const struct standing *to)
{
    if (list->is_complete || standing_precedes(to, &list->floor))
        list->floor = *to;
    list->is_complete = false;
}

static void keep_best(struct shortlist *list, int32_t count)
{
    select_best(list->heap, list->count, count);
    list->count = count;
    raise_floor(list, &list->heap[count - 1]);
}

int32_t shortlist_best_of(struct shortlist *list, struct standing *standings, int32_t count)
{
    int32_t most = list->limit / 4 > 0 ? list->limit / 4 : 1;
    if (count <= most)
        return count;
    select_best(standings, count, most);
    raise_floor(list, &standings[most - 1]);
    return most;
}

void shortlist_cut(struct shortlist *list)
{
    if (list->count > list->limit)
        keep_best(list, list->limit);
}

void shortlist_close(struct shortlist *list)
{
    if (list->count > 0)
        keep_best(list, list->count < list->limit ? list->count : list->limit);
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

void shortlist_collect(struct shortlist *list, const struct standing *standing)
{
    if (shortlist_is_below(list, standing))
        return;
    list->heap[list->count++] = *standing;
    if (shortlist_is_full(list))
        shortlist_cut(list);
}
