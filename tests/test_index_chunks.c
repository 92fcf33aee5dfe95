/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler/index_chunks.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "bench/speed/busy_fleet.h"
#include "scheduler/index_find.h"

enum { CHUNKS = 20, NODES = CHUNKS * CHUNK_ROWS, JOURNAL = 64 };

/* Nodes that change, their journal, and the rows of their chunks. */
struct changing {
    struct row_block blocks[NODES / ROW_LANES];
    uint32_t last_entries[NODES];
    struct journal journal;
    struct chunk_rows rows;
    struct rng rng;
    int64_t epoch;
};

static struct row random_row(struct rng *rng)
{
    uint64_t devices = rng_below(rng, 1001) | rng_below(rng, 9) << ROW_WHOLE_SHIFT |
                       rng_below(rng, 2) << ROW_EMPTY_SHIFT;
    return (struct row){.cpu_milli = (int32_t)rng_below(rng, 100) - 1,
                        .mem_kib = (int32_t)rng_below(rng, 100),
                        .devices = ROW_GUARDS | (uint32_t)devices,
                        .groups = UINT32_C(1) << rng_below(rng, 32)};
}

static void init_changing(struct changing *nodes)
{
    struct err err;
    *nodes = (struct changing){.rng = rng_stream(1, "chunks", 0), .journal.end = 1, .epoch = 1};
    cr_assert_eq(journal_resize(&nodes->journal, JOURNAL, JOURNAL / 4, &err), 0);
    cr_assert_eq(chunk_rows_reserve(&nodes->rows, CHUNKS, &err), 0);
    for (int32_t node = 0; node < NODES; node++) {
        const struct row row = random_row(&nodes->rng);
        row_store(nodes->blocks, node, &row);
    }
}

static void set_row(struct changing *nodes, int32_t node, const struct row *row)
{
    row_store(nodes->blocks, node, row);
    nodes->last_entries[node] =
        journal_append(&nodes->journal, node, row, nodes->last_entries[node]);
}

static void change(struct changing *nodes, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        const struct row row = random_row(&nodes->rng);
        set_row(nodes, (int32_t)rng_below(&nodes->rng, NODES), &row);
    }
}

/* All nodes of a chunk to one row. */
static void change_alike(struct changing *nodes)
{
    int32_t first = (int32_t)rng_below(&nodes->rng, CHUNKS) * CHUNK_ROWS;
    const struct row row = random_row(&nodes->rng);
    for (int32_t node = first; node < first + CHUNK_ROWS; node++)
        set_row(nodes, node, &row);
}

static bool are_same(const struct row *a, const struct row *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* The twin of a chunk's row: number by number. */
static struct row sum_of(const struct row_block *blocks, int32_t chunk)
{
    struct row sum = {.cpu_milli = -1};
    uint32_t share = 0, whole = 0, is_empty = 0;
    const struct row first = row_at(blocks, chunk * CHUNK_ROWS);
    bool is_of_all = true;
    for (int32_t node = chunk * CHUNK_ROWS; node < (chunk + 1) * CHUNK_ROWS; node++) {
        const struct row row = row_at(blocks, node);
        uint32_t row_share = row.devices % 1024, row_whole = row.devices >> ROW_WHOLE_SHIFT & 127;
        sum.cpu_milli = row.cpu_milli > sum.cpu_milli ? row.cpu_milli : sum.cpu_milli;
        sum.mem_kib = row.mem_kib > sum.mem_kib ? row.mem_kib : sum.mem_kib;
        share = row_share > share ? row_share : share;
        whole = row_whole > whole ? row_whole : whole;
        is_empty |= row.devices >> ROW_EMPTY_SHIFT & 1;
        sum.groups |= row.groups;
        is_of_all &= are_same(&row, &first);
    }
    sum.key = is_of_all ? first.key : INFINITY;
    sum.devices = ROW_GUARDS | share | whole << ROW_WHOLE_SHIFT | is_empty << ROW_EMPTY_SHIFT;
    return sum;
}

static void expect_covered(const struct changing *nodes)
{
    for (int32_t node = 0; node < NODES; node++) {
        const struct row row = row_at(nodes->blocks, node);
        const struct row of_chunk = row_at(nodes->rows.blocks, node / CHUNK_ROWS);
        cr_assert(chunk_row_covers(&nodes->rows, node / CHUNK_ROWS, &row));
        if (chunk_row_is_of_all(&nodes->rows, node / CHUNK_ROWS))
            cr_assert(are_same(&of_chunk, &row));
    }
}

static int32_t count_of_all(const struct chunk_rows *rows, int32_t chunk_count)
{
    int32_t count = 0;
    for (int32_t chunk = 0; chunk < chunk_count; chunk++)
        count += chunk_row_is_of_all(rows, chunk);
    return count;
}

static void settle_some(struct changing *nodes)
{
    for (int32_t chunk = 0; chunk < CHUNKS; chunk += 1 + (int32_t)rng_below(&nodes->rng, 3)) {
        const struct row sum = sum_of(nodes->blocks, chunk);
        chunk_rows_settle(&nodes->rows, chunk, nodes->blocks);
        const struct row settled = row_at(nodes->rows.blocks, chunk);
        cr_assert_eq(memcmp(&settled, &sum, sizeof sum), 0);
    }
}

/* More changes than the journal holds, or a new epoch, make the rows promise anything. */
Test(index_chunks, rows_cover_their_nodes_and_are_exact_where_they_are_settled)
{
    struct changing *nodes = calloc(1, sizeof *nodes);
    cr_assert_not_null(nodes);
    init_changing(nodes);
    int32_t of_all = 0;
    for (int round = 0; round < 2000; round++) {
        change(nodes, (int32_t)rng_below(&nodes->rng, round % 10 == 0 ? 3 * JOURNAL : JOURNAL));
        for (int i = 0; i < round % 4; i++)
            change_alike(nodes);
        change(nodes, (int32_t)rng_below(&nodes->rng, 3));
        nodes->epoch += round % 50 == 0;
        chunk_rows_follow(&nodes->rows, CHUNKS, &nodes->journal, nodes->epoch);
        expect_covered(nodes);
        of_all += count_of_all(&nodes->rows, CHUNKS);
        settle_some(nodes);
    }
    cr_expect_gt(of_all, 0);
    journal_release(&nodes->journal);
    chunk_rows_release(&nodes->rows);
    free(nodes);
}

Test(index_chunks, rows_of_an_unfollowed_epoch_promise_anything)
{
    struct changing *nodes = calloc(1, sizeof *nodes);
    const struct row most = {.cpu_milli = INT32_MAX,
                             .mem_kib = INT32_MAX,
                             .devices =
                                 ROW_GUARDS | 1000 | 64 << ROW_WHOLE_SHIFT | 1 << ROW_EMPTY_SHIFT,
                             .groups = UINT32_MAX};
    cr_assert_not_null(nodes);
    init_changing(nodes);
    cr_expect_not(chunk_row_covers(&nodes->rows, 3, &most));
    chunk_rows_follow(&nodes->rows, CHUNKS, &nodes->journal, nodes->epoch);
    cr_expect(chunk_row_covers(&nodes->rows, 3, &most));
    chunk_rows_settle(&nodes->rows, 3, nodes->blocks);
    cr_expect_not(chunk_row_covers(&nodes->rows, 3, &most));
    cr_expect(chunk_row_covers(&nodes->rows, 4, &most));
    journal_release(&nodes->journal);
    chunk_rows_release(&nodes->rows);
    free(nodes);
}

/* ---- in a fleet ---- */

static bool holds_passing(const struct node_index *index, int32_t chunk,
                          const struct row_query *query)
{
    for (int32_t node = chunk * CHUNK_ROWS; node < (chunk + 1) * CHUNK_ROWS; node++)
        if (row_passes(index->blocks, node, query))
            return true;
    return false;
}

/* Chunks whose own row passes the query; where none of its nodes does, the row is exact. */
static int32_t count_promising(const struct node_index *index, const struct row_query *query)
{
    int32_t chunk_count = (index->node_count + CHUNK_ROWS - 1) / CHUNK_ROWS, count = 0;
    for (int32_t chunk = 0; chunk < chunk_count; chunk++) {
        if (!row_passes(index->chunks.blocks, chunk, query))
            continue;
        count++;
        if (holds_passing(index, chunk, query))
            continue;
        const struct row kept = row_at(index->chunks.blocks, chunk);
        const struct row sum = sum_of(index->blocks, chunk);
        cr_assert_eq(memcmp(&kept, &sum, sizeof sum), 0);
    }
    return count;
}

/* Drains all nodes but a few, so that these are what there is room on. */
static void drain_most(struct busy_fleet *fleet)
{
    for (int32_t node = 0; node < fleet->options.node_count; node++)
        if (node % 1000 != 0)
            sched_set_node_state(&fleet->sched, node, NODE_DRAINED);
}

/* A look through all nodes makes exact what promised in vain, and passes over what is full. */
Test(index_chunks, looks_through_all_nodes_settle_what_promised_in_vain)
{
    const struct busy_options options = {.seed = 11,
                                         .node_count = 20000,
                                         .shape_count = 100,
                                         .fill = 0.5,
                                         .policy = "best-fit",
                                         .tuning = {.list_limit = 4}};
    struct busy_fleet fleet;
    struct err err;
    int32_t looks = 0, promising = 0;
    cr_assert_eq(busy_fleet_init(&fleet, &options, &err), 0);
    drain_most(&fleet);
    struct node_index *index = fleet.sched.index;
    for (int i = 0; i < 2000; i++) {
        int32_t runner = busy_fleet_draw(&fleet), replica;
        uint64_t devices, plain_devices;
        cr_assert_eq(busy_fleet_departure(&fleet, &err), 0);
        cr_assert_eq(sched_demand(&fleet.sched, runner, ++fleet.now, &replica, &err), 0);
        int64_t followed = index->chunks.cursor;
        int32_t node = sched_find_node(&fleet.sched, replica, &devices);
        cr_assert_eq(node, sched_scan_nodes(&fleet.sched, replica, &plain_devices));
        if (index->chunks.cursor > followed) {
            looks++;
            promising +=
                count_promising(index, &index->shapes[fleet.sched.runners[runner].shape].query);
        }
        cr_assert_eq(sched_withdraw(&fleet.sched, replica, &err), 0);
    }
    cr_assert_eq(index_check(&fleet.sched, &err), 0, "%s", err.text);
    cr_expect_gt(looks, 50);
    cr_expect_lt(promising, 30 * looks);
    busy_fleet_release(&fleet);
}

/* ---- nodes that are all alike ---- */

enum { ALIKE_NODES = 100 * CHUNK_ROWS };

/* Asks for the node of a demand, as the index and as a plain scan find it. */
static void ask_both(struct busy_fleet *fleet)
{
    struct err err;
    int32_t replica;
    uint64_t devices, plain_devices;
    int32_t runner = busy_fleet_draw(fleet);
    cr_assert_eq(sched_demand(&fleet->sched, runner, fleet->now, &replica, &err), 0);
    int32_t node = sched_find_node(&fleet->sched, replica, &devices);
    cr_assert_eq(node, sched_scan_nodes(&fleet->sched, replica, &plain_devices));
    cr_assert_eq(sched_withdraw(&fleet->sched, replica, &err), 0);
}

/* A busy fleet, and behind it empty nodes of one type, of which chunks are known to be alike until
 * somebody comes to one of theirs. */
static void fill_alike(const char *policy)
{
    const struct busy_options options = {.seed = 12,
                                         .node_count = 4500,
                                         .shape_count = 100,
                                         .fill = 0.85,
                                         .policy = policy,
                                         .tuning = {.scan_below = 1, .list_limit = 16}};
    struct busy_fleet fleet;
    struct err err;
    int32_t node, of_all = 0;
    cr_assert_eq(busy_fleet_init(&fleet, &options, &err), 0);
    for (int32_t i = 0; i < ALIKE_NODES; i++)
        cr_assert_eq(fleet_add_node(&fleet.sched.fleet, 0, NODE_READY, &node, &err), 0);
    for (int i = 0; i < 1500; i++) {
        ask_both(&fleet);
        cr_assert_eq(busy_fleet_arrival(&fleet, busy_fleet_draw(&fleet), &err), 0);
        if (i % 3 == 0)
            cr_assert_eq(busy_fleet_departure(&fleet, &err), 0);
        of_all += count_of_all(&fleet.sched.index->chunks, (4500 + ALIKE_NODES) / CHUNK_ROWS);
    }
    cr_assert_eq(index_check(&fleet.sched, &err), 0, "%s", err.text);
    cr_expect_gt(of_all, 1500);
    busy_fleet_release(&fleet);
}

Test(index_chunks, chunks_of_nodes_that_are_alike_are_found_as_a_plain_scan_finds_them)
{
    fill_alike("best-fit");
    fill_alike("worst-fit");
}
