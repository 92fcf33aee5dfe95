/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_POLICIES_FUTURES_H
#define STOWAGE_SCHEDULER_POLICIES_FUTURES_H

#include <stdint.h>

#include "base/err.h"
#include "scheduler/fragmentation.h"

/* What may come to a node: drawn series of requests, each of them one of a list of offers, and what
 * a room comes to hold when they come one after the other. Part of the policy `stowage`. */

/* A class of requests for devices, on nodes that are open to it. */
struct offer {
    int32_t cpu_milli;
    int32_t share_milli, device_count; /* of one replica; the share on each device */
    int32_t all_milli;                 /* share_milli * device_count */
    int32_t value_milli;               /* what that counts where a future places it */
    int32_t weight;                    /* how often it is drawn */
    double all_per_cpu;                /* all_milli / cpu_milli */
};

enum { FUTURE_LENGTH = 64, FUTURES_MOST = 1024 };

struct future_request {
    int32_t cpu_milli, share_milli, device_count, value_milli; /* as in its offer */
    int32_t asked_before_milli; /* all_milli of the requests before it */
};

struct futures {
    int32_t count;
    struct offer *offers;            /* [offer_count] */
    struct future_request *requests; /* [future][FUTURE_LENGTH] */
    /* Of each future a bit for each request that asks for no more than a level of CPU, or of
     * devices. Level 0: no request. */
    uint64_t *within_cpu;     /* [cpu level][future] */
    uint64_t *within_devices; /* [device level][future] */
    int32_t *cpu_levels;      /* [cpu_level_count] the least CPU of a level, rising; 0 of level 0 */
    int32_t *cpu_steps;       /* [cpu_step_count] the level at the end of each step of CPU */
    /* The devices have first a level for each share that is asked for, rising, then one for each
     * number of whole ones. */
    int32_t *share_levels; /* [SHARE_WHOLE] the level of one device with so much free */
    int32_t offer_count, cpu_level_count, cpu_step_count, share_level_count, whole_level_count;
};

/* Draws `count` futures, at most FUTURES_MOST, from count equal parts of the demand at each place.
 * There is an offer. On -1 (out of memory) the struct is zeroed. */
int futures_draw(struct futures *futures, const struct offer *offers, int32_t offer_count,
                 int32_t count, struct err *err);
void futures_release(struct futures *futures);

/* The value of what is placed, summed over the futures: each request comes, is placed if it fits (a
 * share on the fullest device that has it) and is lost else, until asked_max_milli were asked for
 * or FUTURE_LENGTH requests have come. By way of the levels only requests that fit are looked at:
 * O(futures + placed ones * devices). */
int64_t futures_fill(const struct futures *futures, const struct fragment_room *room,
                     int64_t asked_max_milli);

#endif
