/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/stay_bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/int128.h"
#include "base/order.h"

enum { HALVINGS = 13, CAPS = 4, ROUNDS = 4, STAYS_MANY = 10000 };
/* Up to so many misses are shared out among the parts. */
enum { MISSES_SHARED = 64 };

/* A stretch between two instants at which stays of the part begin or end. */
struct stretch {
    int64_t from_us, length_us;
    double load;
    int32_t number;
};

/* How much of some times lies before each stretch. */
struct times {
    int64_t *before; /* [stretch_count + 1] */
    int64_t whole_us;
};

/* The kinds that may share nodes, and the times over which their mean is taken. */
struct part {
    struct stretch *stretches;    /* in order of time */
    struct stretch *order, *rest; /* by the load of all stays, the highest first; of those that are
                                     not capped */
    int32_t stretch_count;
    int32_t *stays; /* [stay_count] its own */
    int32_t stay_count;
    struct times trial, chosen;
    int128 worth; /* of its stays over the times chosen, times 2^shift */
};

struct finder {
    const struct stay_bound_of *of;
    struct part *parts; /* [part_count] */
    /* Room that the parts share. */
    struct stretch *stretches, *order, *rest;
    int64_t *before, *instants;
    int32_t *members;
    int32_t *first, *last; /* [span] its stretches: first to last - 1 */
    double *guess;         /* [stay] about the worth of one replica of it over the trial's times */
    double *kept;          /* [stay] the same over the times chosen */
    int64_t *worth, *best; /* [stay] exactly, rounded up; of the best choice of times */
    int128 bound;          /* the best one, times 2^shift */
    int64_t (*losses)[2];  /* worth and count, for sorting */
};

static int64_t price_of(const struct finder *finder, int32_t stay)
{
    return finder->of->prices->prices[finder->of->stays->items[stay].kind];
}

static int32_t part_of(const struct finder *finder, int32_t stay)
{
    return finder->of->prices->part[finder->of->stays->items[stay].kind];
}

/* ---- parts and their stretches ---- */

static int32_t find_instant(const int64_t *instants, int32_t count, int64_t us)
{
    int32_t low = 0, high = count;
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (instants[middle] <= us)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* All instants at which a stay of the part begins or ends, each once. */
static int32_t list_instants(struct finder *finder, const struct part *part)
{
    const struct stays *stays = finder->of->stays;
    int32_t count = 0, kept = 0;
    for (int32_t i = 0; i < part->stay_count; i++) {
        const struct stay *stay = &stays->items[part->stays[i]];
        for (int32_t k = stay->first_span; k < stay->first_span + stay->span_count; k++) {
            finder->instants[count++] = stays->spans[k].from_us;
            finder->instants[count++] = stays->spans[k].until_us;
        }
    }
    if (count > 0)
        qsort(finder->instants, (size_t)count, sizeof *finder->instants, order_int64s);
    for (int32_t i = 0; i < count; i++)
        if (i == 0 || finder->instants[i] != finder->instants[i - 1])
            finder->instants[kept++] = finder->instants[i];
    return kept;
}

static void make_stretches(struct finder *finder, struct part *part)
{
    const struct stays *stays = finder->of->stays;
    int32_t count = list_instants(finder, part);
    part->stretch_count = count > 0 ? count - 1 : 0;
    for (int32_t i = 0; i < part->stretch_count; i++)
        part->stretches[i] =
            (struct stretch){.from_us = finder->instants[i],
                             .length_us = finder->instants[i + 1] - finder->instants[i],
                             .number = i};
    for (int32_t i = 0; i < part->stay_count; i++) {
        const struct stay *stay = &stays->items[part->stays[i]];
        for (int32_t k = stay->first_span; k < stay->first_span + stay->span_count; k++) {
            finder->first[k] = find_instant(finder->instants, count, stays->spans[k].from_us);
            finder->last[k] = find_instant(finder->instants, count, stays->spans[k].until_us);
        }
    }
}

/* ---- which times ---- */

static int by_load(const void *a, const void *b)
{
    const struct stretch *left = a, *right = b;
    if (left->load < right->load || left->load > right->load)
        return left->load > right->load ? -1 : 1;
    return (left->number > right->number) - (left->number < right->number);
}

/* Sorts the stretches by the load of the stays of the part whose worth is at most `cap` so far.
 * True: some are above it. */
static bool sort_by_load(struct finder *finder, struct part *part, double cap,
                         struct stretch *order)
{
    const struct stays *stays = finder->of->stays;
    double load = 0;
    bool has_capped = false;
    for (int32_t i = 0; i < part->stretch_count; i++)
        part->stretches[i].load = 0;
    for (int32_t i = 0; i < part->stay_count; i++) {
        const struct stay *stay = &stays->items[part->stays[i]];
        double worth = (double)price_of(finder, part->stays[i]) * stay->count;
        if (!stay->is_sure && finder->kept[part->stays[i]] > cap) {
            has_capped = true;
            continue;
        }
        for (int32_t span = stay->first_span; span < stay->first_span + stay->span_count; span++) {
            part->stretches[finder->first[span]].load += worth;
            if (finder->last[span] < part->stretch_count)
                part->stretches[finder->last[span]].load -= worth;
        }
    }
    for (int32_t i = 0; i < part->stretch_count; i++)
        load = part->stretches[i].load += load;
    memcpy(order, part->stretches, sizeof *order * (size_t)part->stretch_count);
    if (part->stretch_count > 0)
        qsort(order, (size_t)part->stretch_count, sizeof *order, by_load);
    return has_capped;
}

/* Shares the room out: a part has at most as many stretches as instants. */
static void make_parts(struct finder *finder)
{
    const struct stays *stays = finder->of->stays;
    int32_t member_count = 0, instant_count = 0;
    int64_t *before = finder->before;
    for (int32_t number = 0; number < finder->of->prices->part_count; number++) {
        struct part *part = &finder->parts[number];
        *part = (struct part){.stretches = &finder->stretches[instant_count],
                              .order = &finder->order[instant_count],
                              .rest = &finder->rest[instant_count],
                              .stays = &finder->members[member_count]};
        for (int32_t i = 0; i < stays->count; i++) {
            if (part_of(finder, i) != number)
                continue;
            part->stays[part->stay_count++] = i;
            instant_count += 2 * stays->items[i].span_count;
        }
        member_count += part->stay_count;
        make_stretches(finder, part);
        sort_by_load(finder, part, HUGE_VAL, part->order);
        part->trial.before = before;
        part->chosen.before = before + part->stretch_count + 1;
        before += 2 * (part->stretch_count + 1);
    }
}

/* Takes the stretches of highest load, of at least so much time together. */
static void take_highest(struct part *part, const struct stretch *order, int64_t least_us)
{
    int64_t *before = part->trial.before, taken_us = 0;
    memset(before, 0, sizeof *before * ((size_t)part->stretch_count + 1));
    for (int32_t i = 0; i < part->stretch_count && taken_us < least_us; i++) {
        before[order[i].number + 1] = order[i].length_us;
        taken_us += order[i].length_us;
    }
    for (int32_t i = 0; i < part->stretch_count; i++)
        before[i + 1] += before[i];
    part->trial.whole_us = taken_us;
}

static int64_t time_in(const struct finder *finder, const struct times *times, int32_t stay)
{
    const struct stay *it = &finder->of->stays->items[stay];
    int64_t us = 0;
    for (int32_t span = it->first_span; span < it->first_span + it->span_count; span++)
        us += times->before[finder->last[span]] - times->before[finder->first[span]];
    return us;
}

/* About what the stays of the part are worth over the trial's times, where each that may be missing
 * counts for `cap` at most. */
static double guess_worth(struct finder *finder, const struct part *part, double cap)
{
    double sum = 0;
    for (int32_t i = 0; i < part->stay_count; i++) {
        int32_t number = part->stays[i];
        const struct stay *stay = &finder->of->stays->items[number];
        double share = (double)time_in(finder, &part->trial, number) / (double)part->trial.whole_us;
        double worth = (double)price_of(finder, number) * share;
        finder->guess[number] = worth;
        sum += (!stay->is_sure && worth > cap ? cap : worth) * stay->count;
    }
    return sum;
}

static void keep_trial(struct finder *finder, struct part *part)
{
    part->chosen.whole_us = part->trial.whole_us;
    memcpy(part->chosen.before, part->trial.before,
           sizeof *part->trial.before * ((size_t)part->stretch_count + 1));
    for (int32_t i = 0; i < part->stay_count; i++)
        finder->kept[part->stays[i]] = finder->guess[part->stays[i]];
}

/* The best times of a part for this cap, of those with the highest load. */
static void try_order(struct finder *finder, struct part *part, const struct stretch *order,
                      double cap, double *best)
{
    const struct stretch *end = &part->stretches[part->stretch_count - 1];
    int64_t length_us = end->from_us + end->length_us - part->stretches[0].from_us;
    for (int i = 0; i < HALVINGS && length_us >> i > 0; i++) {
        take_highest(part, order, length_us >> i);
        double sum = guess_worth(finder, part, cap);
        if (sum <= *best)
            continue;
        *best = sum;
        keep_trial(finder, part);
    }
}

/* First by the load of all, then without the capped ones. */
static void choose_times(struct finder *finder, struct part *part, double cap)
{
    double best = -1;
    if (part->stretch_count == 0)
        return;
    try_order(finder, part, part->order, cap, &best);
    if (sort_by_load(finder, part, cap, part->rest))
        try_order(finder, part, part->rest, cap, &best);
}

/* All of the time that is asked for. */
static void take_whole(struct finder *finder, struct part *part)
{
    part->chosen.whole_us = finder->of->whole_us;
    part->chosen.before[0] = 0;
    for (int32_t i = 0; i < part->stretch_count; i++)
        part->chosen.before[i + 1] = part->chosen.before[i] + part->stretches[i].length_us;
}

/* ---- the bound ---- */

static int by_worth(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return (left[0] < right[0]) - (left[0] > right[0]);
}

/* The stays that may be missing, of a part (-1: of all), the dearest first. */
static int32_t list_losses(struct finder *finder, const int64_t *worth, int32_t part)
{
    const struct stays *stays = finder->of->stays;
    int32_t count = 0;
    for (int32_t i = 0; i < stays->count; i++) {
        if (stays->items[i].is_sure || worth[i] == 0 || (part >= 0 && part_of(finder, i) != part))
            continue;
        finder->losses[count][0] = worth[i];
        finder->losses[count++][1] = stays->items[i].count;
    }
    if (count > 0)
        qsort(finder->losses, (size_t)count, sizeof *finder->losses, by_worth);
    return count;
}

/* What is lost with the dearest of those that may be missing; *last: the worth of the last one. */
static int128 find_loss(struct finder *finder, const int64_t *worth, int64_t *last)
{
    int64_t left = finder->of->stays->missing_max;
    int32_t count = list_losses(finder, worth, -1);
    int128 loss = 0;
    *last = left > 0 ? 0 : INT64_MAX;
    for (int32_t i = 0; i < count && left > 0; i++) {
        int64_t taken = finder->losses[i][1] < left ? finder->losses[i][1] : left;
        loss += (int128)finder->losses[i][0] * taken;
        left -= taken;
        *last = left > 0 ? 0 : finder->losses[i][0];
    }
    return loss;
}

/* Sets the worth of each stay over the times chosen, rounded up, and of each part, rounded down. */
static int128 sum_up(struct finder *finder)
{
    int128 sum = 0;
    for (int32_t number = 0; number < finder->of->prices->part_count; number++) {
        struct part *part = &finder->parts[number];
        int128 whole_us = part->chosen.whole_us, of_part = 0;
        for (int32_t i = 0; i < part->stay_count && part->stretch_count > 0; i++) {
            int32_t stay = part->stays[i];
            int128 worth = (int128)price_of(finder, stay) * time_in(finder, &part->chosen, stay);
            of_part += worth * finder->of->stays->items[stay].count;
            finder->worth[stay] = (int64_t)((worth + whole_us - 1) / whole_us);
        }
        part->worth = whole_us > 0 ? of_part / whole_us : 0;
        sum += part->worth;
    }
    return sum;
}

/* What the nodes of a part cost where it is to hold stays of this worth. The excess of all nodes is
 * no less than that of its own. */
static int128 cost_of_part(const struct finder *finder, int32_t part, int128 worth)
{
    const struct stay_prices *prices = finder->of->prices;
    int128 unit = (int128)prices->units[part] << prices->shift;
    worth -= prices->excess;
    return worth > 0 ? (worth + unit - 1) / unit * unit : 0;
}

/* The least that all parts cost, each rounded up, over all ways to share out what may be missing:
 * least[m] of the parts so far with m missing ones. */
static int128 share_misses(struct finder *finder)
{
    int32_t missing = (int32_t)finder->of->stays->missing_max;
    int128 least[MISSES_SHARED + 1] = {0}, next[MISSES_SHARED + 1], own[MISSES_SHARED + 1];
    for (int32_t number = 0; number < finder->of->prices->part_count; number++) {
        int32_t count = list_losses(finder, finder->worth, number), at = 0;
        int64_t used = 0;
        int128 worth = finder->parts[number].worth;
        for (int32_t m = 0; m <= missing; m++) {
            own[m] = cost_of_part(finder, number, worth);
            if (at == count)
                continue;
            worth -= finder->losses[at][0];
            if (++used == finder->losses[at][1]) {
                at++;
                used = 0;
            }
        }
        for (int32_t m = 0; m <= missing; m++) {
            next[m] = least[m] + own[0];
            for (int32_t k = 1; k <= m; k++)
                next[m] = least[m - k] + own[k] < next[m] ? least[m - k] + own[k] : next[m];
        }
        memcpy(least, next, sizeof least);
    }
    return least[missing];
}

/* The bound of the times chosen. Returns what the last one is worth that may be missing. */
static int64_t try_chosen(struct finder *finder)
{
    int64_t last;
    int128 sum = sum_up(finder);
    int128 bound = sum - find_loss(finder, finder->worth, &last) - finder->of->prices->excess;
    if (finder->of->whole_us == 0 && finder->of->stays->missing_max <= MISSES_SHARED) {
        int128 shared = share_misses(finder);
        bound = shared > bound ? shared : bound;
    }
    if (bound > finder->bound) {
        finder->bound = bound;
        memcpy(finder->best, finder->worth,
               sizeof *finder->best * (size_t)finder->of->stays->count);
    }
    return last;
}

/* The cap that fits is what the last one is worth that may be missing: found by turns, from several
 * caps on. */
static void try_caps(struct finder *finder)
{
    int32_t part_count = finder->of->prices->part_count;
    int64_t highest = 1;
    for (int32_t i = 0; i < finder->of->stays->count; i++)
        highest = price_of(finder, i) > highest ? price_of(finder, i) : highest;
    int caps = finder->of->stays->count > STAYS_MANY ? 1 : CAPS;
    for (int i = 0; i < caps; i++) {
        int64_t cap = highest >> 2 * i, last = cap;
        for (int round = 0; round < ROUNDS; round++) {
            for (int32_t number = 0; number < part_count; number++)
                choose_times(finder, &finder->parts[number], (double)cap);
            last = try_chosen(finder);
            if (last >= cap)
                break;
            cap = last;
        }
        if (finder->of->stays->missing_max == 0)
            return;
    }
}

static void find(struct finder *finder)
{
    make_parts(finder);
    if (finder->of->whole_us == 0) {
        try_caps(finder);
        return;
    }
    for (int32_t number = 0; number < finder->of->prices->part_count; number++)
        take_whole(finder, &finder->parts[number]);
    try_chosen(finder);
}

/* How many of each kind are there on the average, without what is missing. */
static void set_mean(struct finder *finder, double *mean)
{
    const struct stays *stays = finder->of->stays;
    int64_t last;
    find_loss(finder, finder->best, &last);
    for (int32_t i = 0; i < stays->count; i++) {
        int64_t price = price_of(finder, i);
        bool is_missing = !stays->items[i].is_sure && finder->best[i] > last;
        if (price > 0 && !is_missing)
            mean[stays->items[i].kind] +=
                (double)finder->best[i] / (double)price * stays->items[i].count;
    }
}

static int reserve(struct finder *finder, struct err *err)
{
    size_t stays = (size_t)finder->of->stays->count + 1;
    size_t spans = (size_t)finder->of->stays->span_count + 1;
    size_t parts = (size_t)finder->of->prices->part_count + 1;
    finder->parts = calloc(parts, sizeof *finder->parts);
    finder->stretches = calloc(2 * spans, sizeof *finder->stretches);
    finder->order = calloc(2 * spans, sizeof *finder->order);
    finder->rest = calloc(2 * spans, sizeof *finder->rest);
    finder->before = calloc(2 * (2 * spans + parts), sizeof *finder->before);
    finder->instants = calloc(2 * spans, sizeof *finder->instants);
    finder->members = calloc(stays, sizeof *finder->members);
    finder->first = calloc(spans, sizeof *finder->first);
    finder->last = calloc(spans, sizeof *finder->last);
    finder->guess = calloc(2 * stays, sizeof *finder->guess);
    finder->worth = calloc(2 * stays, sizeof *finder->worth);
    finder->losses = calloc(stays, sizeof *finder->losses);
    if (!finder->parts || !finder->stretches || !finder->order || !finder->rest ||
        !finder->before || !finder->instants || !finder->members || !finder->first ||
        !finder->last || !finder->guess || !finder->worth || !finder->losses)
        return err_no_memory(err);
    finder->kept = finder->guess + stays;
    finder->best = finder->worth + stays;
    return 0;
}

static void release(struct finder *finder)
{
    free(finder->parts);
    free(finder->stretches);
    free(finder->order);
    free(finder->rest);
    free(finder->before);
    free(finder->instants);
    free(finder->members);
    free(finder->first);
    free(finder->last);
    free(finder->guess);
    free(finder->worth);
    free(finder->losses);
}

static int64_t round_bound(const struct finder *finder)
{
    int32_t shift = finder->of->prices->shift;
    int128 up = finder->of->whole_us > 0 ? 0 : ((int128)1 << shift) - 1;
    return (int64_t)((finder->bound + up) >> shift);
}

int stay_bound_find(const struct stay_bound_of *of, int64_t *bound, double *mean, struct err *err)
{
    struct finder finder = {.of = of};
    int result = reserve(&finder, err);
    if (result == 0) {
        find(&finder);
        *bound = round_bound(&finder);
        if (mean != NULL)
            set_mean(&finder, mean);
    }
    release(&finder);
    return result == 0 ? 0 : -1;
}
