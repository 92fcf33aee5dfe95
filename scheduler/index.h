/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCHEDULER_INDEX_H
#define STOWAGE_SCHEDULER_INDEX_H

#include <stdint.h>

#include "base/err.h"
#include "scheduler/index_chunks.h"
#include "scheduler/index_coarse.h"
#include "scheduler/index_journal.h"
#include "scheduler/index_kernel.h"
#include "scheduler/index_shortlist.h"
#include "scheduler/policy.h"
#include "scheduler/sched.h"

/* Inside scheduler/ only. The placement index: finds the node that a plain scan would find, without
 * asking all nodes. It remembers, and each memory can be made anew from the fleet at any time:
 *
 *   coarse rows  of every node of a small fleet, for a very fast scan (index_coarse.h);
 *   rows         of every node, for a fast scan (index_rows.h, index_kernel.h);
 *   chunks       each as one row, for scans to pass over what is full (index_chunks.h);
 *   journal      of the last changes of nodes, shared by all shapes (index_journal.h), and of each
 *                node the number of its last, by which who is behind the journal finds changes too;
 *   shortlist    per shape: the best nodes as of some place in the journal (index_shortlist.h).
 *
 * Small fleets are scanned. In large ones a question first brings the shape's shortlist up to the
 * end of the journal and then reads its top. docs/performance.md has a worked example.
 *
 * Where there are coarse rows, rows and the journal are read by the search for victims alone
 * (victim_index.h): they are kept only where preemption is enabled. */

/* What is remembered for one shape. */
struct shape_memory {
    struct shortlist list;
    struct row_query query;
    struct coarse_query coarse_query;
    double shape_part;     /* the largest of any group that suits; 0 where scores have no parts */
    bool is_sum;           /* the score is the row's key and this, but for roundings */
    bool is_coarse_exact;  /* a coarse row lets nothing pass but for CPU and memory rounded down */
    int64_t cursor;        /* the list holds what the journal said before this entry */
    int64_t list_epoch;    /* of the index when the list was made; 0: never */
    int64_t query_version; /* epoch + opening_version of the fleet; 0: never */
    int64_t asked_count;   /* questions since the list was made */
    int64_t asked_at;      /* the end of the journal at the last question; 0: at none yet */
    int64_t barren_cursor; /* the shape fits on no node, as of this entry of the journal, */
    int64_t barren_query;  /* if that is query_version; 0: nothing is known */
    int32_t chunk_count;   /* in which a row passed, when all were looked through; 0: never */
    int32_t limit_wanted;  /* of the list, from the next question on */
    int32_t next_node;     /* of the list, behind the last answer: in large fleets, for a guess */
};

/* The score that all empty nodes of a group have, while one list is made. */
struct empty_score {
    double score;
    bool is_known;
};

/* The least important replicas that preemption may take on a node, kept where it is enabled. */
struct node_prey {
    int64_t latest_since;    /* of those with the lowest priority; INT64_MAX: one still starts */
    int32_t lowest_priority; /* 10: there are none */
};

struct victim_memory;

struct node_index {
    const struct index_kernel *kernel;
    struct row_block *blocks;
    struct chunk_rows chunks;
    struct coarse_rows coarse; /* none where the fleet is not scanned by keys */
    bool has_rows;             /* and entries and a journal */
    struct coarse_scale scale;
    uint32_t *last_entries;          /* of each node: the number in the journal, modulo 2^32 */
    struct node_prey *prey;          /* of the first prey_count nodes */
    float *chunk_keys, *sorted_keys; /* working memory of a scan */
    int32_t *chunk_ids, *chunk_places, *coarse_places;
    struct empty_score *empty_scores;
    struct shape_memory *shapes;
    struct victim_memory *victims; /* of the first victim_count shapes; see victim_index.h */
    struct journal journal;
    int64_t search_count; /* questions for which nodes were looked at, */
    int64_t score_count;  /* and nodes that were scored for them */
    int64_t epoch;        /* rises when what was remembered for shapes is void */
    int32_t node_count;   /* taken in so far */
    int32_t prey_count, prey_capacity;
    int32_t group_count, type_count;
    int32_t shape_count, victim_count, victim_capacity;
    int32_t block_capacity, entry_capacity, chunk_capacity, sorted_capacity, id_capacity,
        place_capacity, empty_capacity, shape_capacity, coarse_capacity, lane_key_capacity,
        coarse_place_capacity;
};

/* NULL with err for want of memory. */
struct node_index *index_new(const struct index_tuning *tuning, struct err *err);
void index_free(struct node_index *index);

/* Takes in what has changed in the fleet, and makes room for what a question about this shape will
 * need. O(changes). -1 for want of memory: nothing is lost, and the fleet can still be scanned
 * plainly. */
int index_prepare(struct sched *sched, int32_t shape, struct err *err);

/* The answer of the plain scan, after index_prepare for the shape of this demand. */
int32_t index_find(const struct sched *sched, int32_t replica);

/* Asks the memory for what is noted of the node, for the sake of its next change. */
void index_fetch(const struct node_index *index, int32_t node);

/* Is the entry of the journal with this number, modulo 2^32, the node's last? */
static inline bool index_is_last(const struct node_index *index, int32_t node, uint32_t number)
{
    return index->last_entries[node] == number;
}

/* Has the node an entry of the journal with the number `since`, or a later one? Of a node without a
 * change for 2^32 entries and more it may be said too. */
static inline bool index_has_changed(const struct node_index *index, int32_t node, int64_t since)
{
    uint32_t back = (uint32_t)index->journal.end - index->last_entries[node];
    return (int64_t)back <= index->journal.end - since;
}

/* Is it the quickest way to learn what has changed to read the journal from this entry on? It is
 * not where it does not reach back so far, or more has come since than there are nodes. */
static inline bool index_has_entries(const struct node_index *index, int64_t since)
{
    int64_t count = index->journal.end - since;
    return count <= index->journal.capacity && count <= index->node_count;
}

/* The row of the node as it is now, and its coarse row where the policy states parts. */
struct row index_row(const struct sched *sched, int32_t node);
struct coarse_row index_coarse_row(const struct sched *sched, int32_t node);

/* Recomputes rows and lists, as far as they are up to date, and compares. O(nodes * shapes); -1
 * with the first contradiction in err. */
int index_check(const struct sched *sched, struct err *err);

#endif
