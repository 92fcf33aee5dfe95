/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_REPORTS_PLOT_KINDS_H
#define STOWAGE_REPORTS_PLOT_KINDS_H

#include "reports/plots.h"

/* One plot_<name>.c each. */
extern const struct plot plot_utilization;
extern const struct plot plot_pending;
extern const struct plot plot_preemptions;
extern const struct plot plot_runners;
extern const struct plot plot_nodes;
extern const struct plot plot_node_states;
extern const struct plot plot_packing;
extern const struct plot plot_traffic;
extern const struct plot plot_replicas;
extern const struct plot plot_waits;

#endif
