/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "reports/occupants.h"
#include "reports/view.h"
#include "tests/csv_rows.h"
#include "tests/scenario_make.h"

/* What must hold between the tables of any run: they are read back as a user reads them and
 * compared with one another and with the engine's state. */

enum { SCENARIOS = 120, TABLES_MAX = 32 };

struct result {
    struct scenario scenario;
    struct sim sim;
    struct report_options options;
    struct report_view view;
    struct csv_rows tables[TABLES_MAX];
    uint64_t number;
};

static struct csv_rows read_table(const struct result *result, const struct report_table *report)
{
    struct err err = {0};
    struct table table;
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    table_init(&table, file, report->columns, report->column_count);
    cr_assert_eq(report->write(&result->view, &table, &err), 0, "%s", err.text);
    struct csv_rows rows = csv_rows_read(file, report->file);
    fclose(file);
    return rows;
}

/* One random scenario, ended early for every fourth. */
static void make_result(struct result *result, uint64_t number)
{
    struct err err = {0};
    struct sim_options options = {0};
    struct rng rng = rng_stream(77, "report-law", number);
    size_t count;
    const struct report_table *const *tables = report_tables(&count);
    cr_assert_leq(count, TABLES_MAX);
    *result = (struct result){.number = number};
    result->scenario = random_scenario(&rng, 1);
    for (int32_t i = 0; i < result->scenario.type_count; i++) {
        result->scenario.types[i].has_price = i != 1;
        result->scenario.types[i].price_micro = INT64_C(41999999) * (i + 1);
    }
    result->options =
        (struct report_options){.version = "0", .command = "", .group_by = "priority"};
    cr_assert_eq(sim_init(&result->sim, &result->scenario, &options, &err), 0, "%s", err.text);
    if (number % 4 == 0)
        for (int i = 0; i < 40 && sim_step(&result->sim, &err) > 0; i++)
            continue;
    else
        cr_assert_eq(sim_run(&result->sim, &err), 0, "%s", err.text);
    cr_assert_eq(sim_finish(&result->sim, &err), 0, "%s", err.text);
    cr_assert_eq(report_view_init(&result->view, &result->sim, &result->options, &err), 0);
    for (size_t i = 0; i < count; i++)
        result->tables[i] = read_table(result, tables[i]);
}

static void release_result(struct result *result)
{
    for (size_t i = 0; i < TABLES_MAX; i++)
        csv_rows_release(&result->tables[i]);
    report_view_release(&result->view);
    sim_release(&result->sim);
    made_release(&result->scenario);
}

static const struct csv_rows *table_of(const struct result *result, const char *file)
{
    size_t count;
    const struct report_table *const *tables = report_tables(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(tables[i]->file, file) == 0)
            return &result->tables[i];
    cr_assert_fail("no table %s", file);
    return NULL;
}

static void expect_equal(const struct result *result, int128 a, int128 b, const char *what)
{
    char text_a[INT128_TEXT_SIZE];
    char text_b[INT128_TEXT_SIZE];
    cr_expect(a == b, "scenario %" PRIu64 ": %s: %s and %s", result->number, what,
              int128_print(a, text_a), int128_print(b, text_b));
}

/* ---- placement ---- */

static const char *const takes_columns[] = {"cpu_milli", "memory_bytes", "device_share_milli"};
static const char *const used_columns[] = {"cpu_used_milli", "memory_used_bytes",
                                           "device_share_used_milli"};

static void check_placements(const struct result *result)
{
    const struct csv_rows *placements = table_of(result, "placements.csv");
    const struct csv_rows *nodes = table_of(result, "nodes.csv");
    cr_expect_eq(nodes->row_count, result->sim.node_count);
    for (int32_t n = 0; n < nodes->row_count; n++) {
        int128 sums[ARRAY_LEN(takes_columns)] = {0};
        int64_t bound = 0;
        for (int32_t p = 0; p < placements->row_count; p++) {
            if (!csv_rows_is(placements, p, "node", csv_rows_text(nodes, n, "node")) ||
                csv_rows_is(placements, p, "state", "nominated"))
                continue;
            bound++;
            for (size_t i = 0; i < ARRAY_LEN(takes_columns); i++)
                sums[i] += csv_rows_micro(placements, p, takes_columns[i]);
        }
        for (size_t i = 0; i < ARRAY_LEN(takes_columns); i++)
            expect_equal(result, sums[i], csv_rows_micro(nodes, n, used_columns[i]),
                         used_columns[i]);
        cr_expect_eq(bound, csv_rows_int(nodes, n, "replicas"));
    }
}

static void check_packing(const struct result *result)
{
    static const char *const names[] = {"cpu", "memory", "device-share"};
    const struct csv_rows *packing = table_of(result, "packing.csv");
    const struct csv_rows *nodes = table_of(result, "nodes.csv");
    for (int32_t i = 0; i < packing->row_count; i++) {
        int128 free_amount = csv_rows_micro(packing, i, "free");
        expect_equal(result, csv_rows_micro(packing, i, "capacity"),
                     csv_rows_micro(packing, i, "used") + csv_rows_micro(packing, i, "held") +
                         free_amount,
                     "capacity = used + held + free");
        cr_expect(csv_rows_micro(packing, i, "free_closed") +
                      csv_rows_micro(packing, i, "stranded") <=
                  free_amount);
        cr_expect_leq(csv_rows_int(packing, i, "nodes_bound"),
                      csv_rows_int(packing, i, "nodes_used"));
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        for (int32_t row = 0; row < packing->row_count; row++)
            if (csv_rows_is(packing, row, "scope", "fleet") &&
                csv_rows_is(packing, row, "resource", names[i]))
                expect_equal(result, csv_rows_micro(packing, row, "used"),
                             csv_rows_sum(nodes, used_columns[i], NULL, NULL), names[i]);
}

/* Parts of pools and of types add up to the fleet's. */
static void check_scopes_add_up(const struct result *result, const char *file, const char *column,
                                int128 tolerance)
{
    static const char *const kinds[] = {"nodepool", "instance-type"};
    static const char *const resources[] = {"cpu", "memory", "devices", "device-share", "nodes"};
    const struct csv_rows *rows = table_of(result, file);
    for (size_t r = 0; r < ARRAY_LEN(resources); r++) {
        int128 sums[3] = {0};
        for (int32_t i = 0; i < rows->row_count; i++) {
            if (!csv_rows_is(rows, i, "resource", resources[r]))
                continue;
            int kind = 0;
            for (int k = 0; k < 2; k++)
                if (csv_rows_is(rows, i, "scope", kinds[k]))
                    kind = k + 1;
            sums[kind] += csv_rows_micro(rows, i, column);
        }
        for (int k = 1; k < 3; k++) {
            int128 difference = sums[0] - sums[k];
            cr_expect(difference <= tolerance && difference >= -tolerance,
                      "scenario %" PRIu64 ": %s of %s", result->number, column, resources[r]);
        }
    }
}

/* ---- time ---- */

/* The fleet's mean use is the sum of what the nodes measured each for itself. */
static void check_utilization(const struct result *result)
{
    static const char *const names[RESOURCE_COUNT] = {"cpu", "memory", "devices", "device-share"};
    const struct csv_rows *rows = table_of(result, "utilization.csv");
    const struct sim *sim = &result->sim;
    if (sim->now_us == 0)
        return;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        int128 area = 0;
        for (int32_t n = 0; n < sim->node_count; n++)
            area += sim_node_area(&sim->nodes[n], (enum resource)r);
        double mean = int128_ratio(area, sim->now_us);
        for (int32_t i = 0; i < rows->row_count; i++)
            if (csv_rows_is(rows, i, "scope", "fleet") &&
                csv_rows_is(rows, i, "resource", names[r]))
                cr_expect_float_eq((double)csv_rows_micro(rows, i, "used_mean") / 1e6, mean,
                                   0.0006 + mean * 1e-12, "scenario %" PRIu64 ": %s",
                                   result->number, names[r]);
    }
}

/* The rows of the bill add up to the fleet in each way of cutting it, but for the rounding of each.
 */
static void check_bill(const struct result *result)
{
    static const char *const lines[] = {"nodepool", "nodes", "capacity", "use"};
    const struct csv_rows *bill = table_of(result, "cost.csv");
    const struct csv_rows *utilization = table_of(result, "utilization.csv");
    int128 slack = bill->row_count;
    int128 fleet = csv_rows_sum(bill, "cost_usd", "line", "fleet");
    int128 paid = csv_rows_sum(utilization, "cost_usd", "scope", "fleet");
    int128 held = csv_rows_sum(bill, "cost_usd", "line", "runner") +
                  csv_rows_sum(bill, "cost_usd", "line", "idle");
    int128 lost = csv_rows_sum(bill, "cost_usd", "line", "lost");
    int128 lost_by_runner = csv_rows_sum(bill, "lost_usd", "line", "runner");
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        int128 sum = csv_rows_sum(bill, "cost_usd", "line", lines[i]);
        cr_expect(sum - fleet <= slack && fleet - sum <= slack, "%" PRIu64 ": %s", result->number,
                  lines[i]);
    }
    cr_expect(paid - fleet <= slack && fleet - paid <= slack, "%" PRIu64, result->number);
    cr_expect(held - fleet <= slack && fleet - held <= slack, "%" PRIu64, result->number);
    cr_expect(lost - lost_by_runner <= slack && lost_by_runner - lost <= slack, "%" PRIu64,
              result->number);
}

static void check_cost(const struct result *result)
{
    const struct csv_rows *utilization = table_of(result, "utilization.csv");
    const struct csv_rows *timeline = table_of(result, "timeline.csv");
    const struct csv_rows *nodes = table_of(result, "nodes.csv");
    int128 fleet = csv_rows_sum(utilization, "cost_usd", "scope", "fleet");
    int128 slack = (int128)TIMELINE_BINS * result->sim.metrics.scope_count + result->sim.node_count;
    int128 by_time = csv_rows_sum(timeline, "cost_usd", "scope", "fleet");
    int128 by_node = csv_rows_sum(nodes, "cost_usd", NULL, NULL);
    cr_expect(by_time - fleet <= slack && fleet - by_time <= slack, "%" PRIu64, result->number);
    cr_expect(by_node - fleet <= slack && fleet - by_node <= slack, "%" PRIu64, result->number);
    check_scopes_add_up(result, "utilization.csv", "cost_usd", 0);
    check_scopes_add_up(result, "utilization.csv", "node_hours", 20);
    check_scopes_add_up(result, "packing.csv", "free", 0);
    check_scopes_add_up(result, "packing.csv", "stranded", 0);
    check_scopes_add_up(result, "packing.csv", "used", 0);
}

/* ---- demand ---- */

static void check_waits(const struct result *result)
{
    const struct csv_rows *waits = table_of(result, "waits.csv");
    const struct csv_rows *pending = table_of(result, "pending.csv");
    const struct csv_rows *runners = table_of(result, "runners.csv");
    static const char *const columns[] = {"demands",       "bound",   "immediate", "censored",
                                          "still_waiting", "gave_up", "withdrawn"};
    for (size_t i = 0; i < ARRAY_LEN(columns); i++)
        expect_equal(result, csv_rows_sum(waits, columns[i], NULL, NULL),
                     2 * csv_rows_sum(waits, columns[i], "priority", "all"), columns[i]);
    expect_equal(result, csv_rows_sum(waits, "still_waiting", "priority", "all"),
                 csv_rows_sum(pending, "count", NULL, NULL), "who waits at the end");
    expect_equal(result, csv_rows_sum(waits, "bound", "priority", "all"),
                 csv_rows_sum(runners, "bound", NULL, NULL), "bound");
    expect_equal(result, csv_rows_sum(waits, "gave_up", "priority", "all"),
                 csv_rows_sum(runners, "gave_up", NULL, NULL), "gave up");
    for (int p = 0; p < WAIT_STATS_COUNT; p++)
        expect_equal(result, result->view.waits[p].sum_us, result->view.waits[p].queue_area_us,
                     "sum of waits = area of the queue");
}

static void check_runners(const struct result *result)
{
    static const char *const parts[] = {"running",      "starting",      "nominated",
                                        "pending_core", "pending_extra", "blocked"};
    const struct csv_rows *runners = table_of(result, "runners.csv");
    const struct csv_rows *groups = table_of(result, "groups.csv");
    static const char *const sums[] = {"wish",    "running",          "bound", "gave_up",
                                       "evicted", "evictions_caused", "lost",  "running_replica_s"};
    for (int32_t i = 0; i < runners->row_count; i++) {
        int128 sum = 0;
        for (size_t k = 0; k < ARRAY_LEN(parts); k++)
            sum += csv_rows_micro(runners, i, parts[k]);
        expect_equal(result, sum, csv_rows_micro(runners, i, "wish"), "live + waiting = wish");
    }
    for (size_t k = 0; k < ARRAY_LEN(sums); k++)
        expect_equal(result, csv_rows_sum(runners, sums[k], NULL, NULL),
                     csv_rows_sum(groups, sums[k], NULL, NULL), sums[k]);
    const struct run_counts *counts = &result->view.totals.counts;
    const struct {
        const char *column;
        int64_t count;
    } totals[] = {{"bound", counts->bound},     {"finished", counts->finished},
                  {"evicted", counts->evicted}, {"drained", counts->drained},
                  {"lost", counts->lost},       {"gave_up", counts->gave_up}};
    for (size_t k = 0; k < ARRAY_LEN(totals); k++)
        expect_equal(result, csv_rows_sum(runners, totals[k].column, NULL, NULL),
                     (int128)totals[k].count * 1000000, totals[k].column);
    const struct csv_rows *timeline = table_of(result, "timeline.csv");
    if (result->sim.now_us > 0)
        expect_equal(result, csv_rows_sum(runners, "bound", NULL, NULL),
                     csv_rows_sum(timeline, "bound", NULL, NULL), "bound over time");
    cr_expect_eq(csv_rows_sum(groups, "runners", NULL, NULL), (int128)runners->row_count * 1000000);
}

/* ---- preemption ---- */

static void check_preemptions(const struct result *result)
{
    const struct csv_rows *evictions = table_of(result, "preemptions.csv");
    const struct csv_rows *totals = table_of(result, "preemption_totals.csv");
    const struct csv_rows *runners = table_of(result, "runners.csv");
    const struct csv_rows *timeline = table_of(result, "timeline.csv");
    int128 count = (int128)evictions->row_count * 1000000;
    int128 between = 0;
    for (int d = 0; d < 10; d++)
        for (int v = 0; v < 10; v++)
            between += result->sim.metrics.evictions_between[d][v];
    expect_equal(result, count, between * 1000000, "the engine's matrix");
    expect_equal(result, count, csv_rows_sum(totals, "evictions", NULL, NULL), "the matrix");
    expect_equal(result, count, csv_rows_sum(runners, "evicted", NULL, NULL), "victims");
    expect_equal(result, count, csv_rows_sum(runners, "evictions_caused", NULL, NULL), "causes");
    if (result->sim.now_us > 0)
        expect_equal(result, count, csv_rows_sum(timeline, "evictions", NULL, NULL), "timeline");
    expect_equal(result, csv_rows_sum(evictions, "work_lost_s", NULL, NULL),
                 csv_rows_sum(totals, "work_lost_s", NULL, NULL), "work lost");
    int64_t open = 0;
    for (int32_t i = 0; i < evictions->row_count; i++)
        open += csv_rows_is(evictions, i, "is_recovered", "no");
    expect_equal(result, (int128)open * 1000000, csv_rows_sum(totals, "unrecovered", NULL, NULL),
                 "unrecovered");
}

/* ---- stranding, the slow and obvious way ---- */

static bool shape_wants(const struct shape *shape, int r)
{
    return r == RESOURCE_CPU      ? shape->cpu_milli > 0
           : r == RESOURCE_MEMORY ? shape->mem_bytes > 0
                                  : shape->device_count > 0;
}

static bool waits(const struct sim *sim, int32_t shape)
{
    for (int32_t i = 0; i < sim->sched.replica_count; i++)
        if (sim->sched.replicas[i].state == REPLICA_PENDING &&
            sim->sched.runners[sim->sched.replicas[i].runner].shape == shape)
            return true;
    return false;
}

static bool is_stranded(const struct sim *sim, int32_t node, int r)
{
    const struct fleet *fleet = &sim->sched.fleet;
    const struct shape_table *shapes = &sim->scenario->shapes;
    struct room room;
    bool is_asked = false;
    bool some_waits = false;
    bool waiting_fits = false;
    bool any_fits = false;
    fleet_room(fleet, node, &room);
    for (int32_t s = 0; s < shapes->count; s++) {
        is_asked |= shape_wants(&shapes->items[s], r);
        if (!shape_wants(&shapes->items[s], r) ||
            fleet_group_misfits(fleet, &shapes->items[s], fleet->nodes[node].group) != 0)
            continue;
        bool fits = room_misfits(&room, fleet_type_of(fleet, node), &shapes->items[s]) == 0;
        any_fits |= fits;
        some_waits |= waits(sim, s);
        waiting_fits |= fits && waits(sim, s);
    }
    return is_asked && (some_waits ? !waiting_fits : !any_fits);
}

static int64_t check_stranding(const struct result *result)
{
    const struct sim *sim = &result->sim;
    const struct fleet *fleet = &sim->sched.fleet;
    int64_t found = 0;
    for (int32_t n = 0; n < sim->node_count; n++) {
        struct node_room room;
        node_room_read(fleet, n, &room);
        bool is_open = fleet->nodes[n].state == NODE_READY &&
                       fleet->pools[fleet_pool_of(fleet, n)].is_schedulable;
        for (int r = 0; r < RESOURCE_COUNT; r++) {
            bool expected = is_open && room.free[r] > 0 && is_stranded(sim, n, r);
            bool said = result->view.packing.node_stranded[n] >> r & 1;
            cr_expect_eq(said, expected, "scenario %" PRIu64 ": node %d resource %d",
                         result->number, n, r);
            found += expected;
        }
    }
    return found;
}

Test(report_laws, tables_agree_with_one_another_and_with_the_engine)
{
    int64_t stranded = 0;
    int64_t evictions = 0;
    int64_t waiting = 0;
    for (uint64_t i = 0; i < SCENARIOS; i++) {
        struct result result;
        make_result(&result, i);
        check_placements(&result);
        check_packing(&result);
        check_utilization(&result);
        check_cost(&result);
        check_bill(&result);
        check_waits(&result);
        check_runners(&result);
        check_preemptions(&result);
        stranded += check_stranding(&result);
        evictions += result.sim.metrics.eviction_count;
        waiting += result.view.waiting.count;
        release_result(&result);
    }
    /* A generator that makes nothing of the kind proves nothing. */
    cr_expect_gt(stranded, SCENARIOS / 4);
    cr_expect_gt(evictions, SCENARIOS / 4);
    cr_expect_gt(waiting, SCENARIOS / 4);
}

/* ---- bound on nodes ---- */

Test(report_laws, one_node_less_than_the_bound_holds_too_little)
{
    for (uint64_t i = 0; i < SCENARIOS; i++) {
        struct result result;
        make_result(&result, i);
        const struct scope_packing *fleet = &result.view.packing.scopes[0];
        for (int r = 0; r < RESOURCE_COUNT; r++) {
            int64_t bound = fleet->resources[r].nodes_bound;
            if (bound <= 0)
                continue;
            /* The bound - 1 largest nodes, by picking the largest again and again. */
            bool *is_taken = calloc((size_t)result.sim.node_count + 1, sizeof *is_taken);
            int128 sum = 0;
            for (int64_t k = 0; k < bound - 1; k++) {
                int32_t best = -1;
                for (int32_t n = 0; n < result.sim.node_count; n++) {
                    const struct fleet *nodes = &result.sim.sched.fleet;
                    if (is_taken[n] || !node_is_there(&nodes->nodes[n]))
                        continue;
                    if (best < 0 ||
                        capacity_of_type(fleet_type_of(nodes, n), (enum resource)r) >
                            capacity_of_type(fleet_type_of(nodes, best), (enum resource)r))
                        best = n;
                }
                cr_assert_geq(best, 0);
                is_taken[best] = true;
                sum += capacity_of_type(fleet_type_of(&result.sim.sched.fleet, best),
                                        (enum resource)r);
            }
            free(is_taken);
            cr_expect(sum < fleet->resources[r].used, "scenario %" PRIu64, i);
        }
        release_result(&result);
    }
}
