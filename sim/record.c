/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/record.h"

#include <assert.h>
#include <stddef.h>

#include "base/array.h"

static const char *const kind_names[] = {
    [RECORD_RUNNER_ARRIVED] = "runner-arrived",
    [RECORD_RUNNER_DEPARTED] = "runner-departed",
    [RECORD_SCALED] = "scaled",
    [RECORD_DEMAND] = "demand",
    [RECORD_WITHDRAWN] = "withdrawn",
    [RECORD_GAVE_UP] = "gave-up",
    [RECORD_BOUND] = "bound",
    [RECORD_NOMINATED] = "nominated",
    [RECORD_UNNOMINATED] = "unnominated",
    [RECORD_EVICTED] = "evicted",
    [RECORD_RUNNING] = "running",
    [RECORD_TERMINATING] = "terminating",
    [RECORD_GONE] = "gone",
    [RECORD_UNBLOCKED] = "unblocked",
    [RECORD_NODE_ADDED] = "node-added",
    [RECORD_NODE_READY] = "node-ready",
    [RECORD_NODE_CORDONED] = "node-cordoned",
    [RECORD_NODE_DRAINING] = "node-draining",
    [RECORD_NODE_FAILED] = "node-failed",
    [RECORD_NODE_REMOVED] = "node-removed",
    [RECORD_POOL_SET] = "pool-set",
    [RECORD_NODE_LAUNCHED] = "node-launched",
    [RECORD_LAUNCH_FAILED] = "launch-failed",
    [RECORD_OUT_OF_STOCK] = "out-of-stock",
    [RECORD_CRASHED] = "crashed",
};
_Static_assert(ARRAY_LEN(kind_names) == RECORD_KIND_COUNT, "every kind has a name");

static const char *const cause_names[] = {
    [GONE_NONE] = "none",
    [GONE_FINISHED] = "finished",
    [GONE_SCALE_DOWN] = "scale-down",
    [GONE_DEPARTED] = "departed",
    [GONE_PREEMPTED] = "preempted",
    [GONE_DRAINED] = "drained",
    [GONE_NODE_LOST] = "node-lost",
    [GONE_RECLAIMED] = "reclaimed",
    [GONE_CONSOLIDATED] = "consolidated",
    [GONE_DEPLOYED] = "deployed",
    [GONE_UPGRADED] = "upgraded",
};
_Static_assert(ARRAY_LEN(cause_names) == GONE_CAUSE_COUNT, "every cause has a name");

const char *record_kind_name(enum record_kind kind)
{
    assert((size_t)kind < ARRAY_LEN(kind_names));
    assert(kind_names[kind]);
    return kind_names[kind];
}

const char *gone_cause_name(enum gone_cause cause)
{
    assert((size_t)cause < ARRAY_LEN(cause_names));
    return cause_names[cause];
}
