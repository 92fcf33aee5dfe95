/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_TOP_H
#define STOWAGE_REPORTS_TOP_H

#include <stdint.h>

#include "base/int128.h"

/* The few largest of many: O(TOP_MAX) an offer. Ties go to the one offered first. */

enum { TOP_MAX = 12 };

struct top {
    int32_t items[TOP_MAX]; /* largest key first */
    int128 keys[TOP_MAX];
    int32_t count, limit; /* limit: at most TOP_MAX */
    int64_t offered;
};

struct top top_of(int32_t limit);
void top_offer(struct top *top, int32_t item, int128 key);
/* Offered but not kept. */
int64_t top_left_out(const struct top *top);

#endif
