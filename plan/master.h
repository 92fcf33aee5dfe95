/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_PLAN_MASTER_H
#define STOWAGE_PLAN_MASTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/cover.h"
#include "plan/node_set.h"
#include "plan/patterns.h"
#include "plan/pricing.h"

/* The pattern linear program (Gilmore and Gomory, Operations Research 9, 1961): the cheapest mix of
 * patterns, in fractions, that holds all items,
 *     min sum c_p x_p  with  sum a_ip x_p >= demand_i,  sum over type t of x_p <= node_max_t,
 * by column generation: its dual prices of the items go to the knapsack of each type, and a node
 * whose content is worth more than it costs is a new column. GLPK solves the linear programs. Where
 * node_max binds, a slack per row at a high cost keeps the program feasible.
 *
 * Deterministic: effort is counted in ticks (struct knapsack_answer) of the searches and the linear
 * programs, never in time. */

struct glp_prob; /* of GLPK */

/* What an item without a place costs where all nodes are free: 1. */
#define MASTER_FREE_SLACK_NANO INT64_C(1000000000)

struct master {
    const struct cover *cover; /* borrowed */
    struct patterns patterns;  /* [p] is column column_of_pattern(p) */
    struct pricing pricing;
    struct glp_prob *lp;
    int32_t shift;               /* of the prices, see plan/certificate.h */
    int64_t slack_nano;          /* cost of an item without a place; above all prices of items */
    int64_t *prices;             /* [row] of the last solution */
    int64_t *worth;              /* [type] upper bound of a node's content at these prices */
    int64_t *counts;             /* [row] scratch */
    int64_t *smooth;             /* [row] the prices of the present round */
    int64_t *trial;              /* [row] scratch */
    double *x;                   /* [patterns.capacity] of the last solution */
    int32_t x_capacity, x_count; /* columns that were there when it was found */
    double value;                /* of the last solution, in the currency */
    double missing;              /* demand that only the slacks cover: 0 unless node_max binds */
    int64_t bound_nano;          /* the best bound certified so far; of the full demand */
    int64_t *bound_prices;       /* [row] the prices that prove it */
    int64_t ticks;               /* the work so far, see struct knapsack_answer */
    int32_t rounds;
    bool trusts_devices; /* see struct knapsack_limits: true while a bound is sought */
    bool is_optimal;     /* no column can improve the last solution */
};

struct master_effort {
    int64_t ticks_max;        /* of everything together */
    int64_t search_steps_max; /* nodes of the tree of one search */
    int32_t rounds_max;
    bool seeks_bound; /* certify a bound in each round; only for the full demand */
};

/* -1, as everywhere below: memory. Of the init there is nothing to release then. */
int master_init(struct master *master, const struct cover *cover, struct err *err);
void master_release(struct master *master);

/* Sets the demand that is to be covered ([row_count]) and how many nodes there are of each type
 * ([type_count]); NULL: those of the cover. */
void master_set_demand(struct master *master, const int64_t *demand, const int64_t *node_max);

/* Solves, adding columns until none improves or the effort is spent. */
int master_solve(struct master *master, const struct master_effort *effort, struct err *err);

/* The nodes of a set as columns; its rows and types are those of the master's cover. */
int master_add_set(struct master *master, const struct node_set *set, struct err *err);

/* The columns of another master, whose cover has the same rows and types. must_fit: only those
 * whose devices fit here too. */
int master_add_columns(struct master *master, const struct master *other, bool must_fit,
                       struct err *err);

#endif
