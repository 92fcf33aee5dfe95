/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/target.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/array.h"
#include "bench/replicate.h"
#include "tests/scenario_make.h"

Test(target, texts_are_read_and_printed)
{
    static const struct {
        const char *text, *printed;
        int32_t count;
    } rows[] = {
        {"floors", "below_floor_h <= 0", 1},
        {"wait_s_p99<=120", "wait_s_p99 <= 120", 1},
        {"  slo_pct  >=  99.5 ", "slo_pct >= 99.5", 1},
        {"preemptions_p9 == 0", "preemptions_p9 == 0", 1},
        {"pending != 3", "pending != 3", 1},
        {"utilization_pct_cpu < 80", "utilization_pct_cpu < 80", 1},
        {"nodes > 0.25", "nodes > 0.25", 1},
        {"no-preemption 7", "preemptions_p7 <= 0", 3},
        {"placed 5m 99", "placed 5m 99", 1},
        {"placed 90s 99.9", "placed 90s 99.9", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct target_set set = {.count = 0};
        struct err err = {0};
        char text[TARGET_TEXT_SIZE];
        cr_assert_eq(target_set_parse(&set, rows[i].text, &err), 0, "%s", err.text);
        cr_expect_eq(set.count, rows[i].count);
        cr_expect_str_eq(target_print(&set, 0, text), rows[i].printed);
    }
}

Test(target, few_nodes_and_much_use_want_less)
{
    static const struct {
        const char *text;
        bool wants_more;
    } rows[] = {
        {"floors", true},
        {"placed 5m 99", true},
        {"no-preemption 5", true},
        {"wait_s_p99 < 30", true},
        {"wait_s_p95 == 0", true},
        {"wait_s_p95 == 3", false},
        {"wait_s_mean >= 3", false},
        {"slo_pct >= 99", true},
        {"immediate_pct == 100", true},
        {"pending != 3", false},
        {"utilization_pct_cpu <= 70", true},
        {"utilization_pct_cpu >= 70", false},
        {"stranded_pct_cpu <= 5", false},
        {"nodes <= 5", false},
        {"node_h < 5", false},
        {"usd_per_hour <= 9.5", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct target_set set = {.count = 0};
        struct err err = {0};
        cr_assert_eq(target_set_parse(&set, rows[i].text, &err), 0, "%s", err.text);
        cr_expect_eq(target_set_wants_more(&set), rows[i].wants_more, "%s", rows[i].text);
        cr_expect_eq(target_set_wanting_more(&set) != 0, rows[i].wants_more);
    }
}

Test(target, what_is_wrong_is_told)
{
    static const struct {
        const char *text, *told;
    } rows[] = {
        {"", "give \"floors\""},
        {"wait_s_p99", "give \"floors\""},
        {"wait_s_p99 =< 3", "give \"floors\""},
        {"wait_s_p99 <= x", "give \"floors\""},
        {"wait_s_p99 <= 1.2.3", "give \"floors\""},
        {"wait_s_p99 <= 1 2", "give \"floors\""},
        {"no-preemption 10", "from 0 to 9"},
        {"no-preemption x", "from 0 to 9"},
        {"placed 5m 101", "a duration and a percentage"},
        {"placed x 99", "a duration and a percentage"},
        {"wait_p99 <= 3", "wait"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct target_set set = {.count = 0};
        struct err err = {0};
        cr_assert_eq(target_set_parse(&set, rows[i].text, &err), -1, "%s", rows[i].text);
        cr_expect_eq(err.kind, ERR_USAGE);
        cr_expect(strstr(err.text, rows[i].told) != NULL, "%s", err.text);
    }
}

/* Four cores; three runners of two cores from the start, so that one waits for ever. */
static struct scenario made_crowded(void)
{
    struct scenario scenario = made_scenario();
    int32_t type = make_type(&scenario, 4000, 0);
    int32_t pool = make_pool(&scenario, type);
    make_nodes(&scenario, pool, type, 1, NULL);
    int32_t shape = make_shape(&scenario, pool, 2000, 0);
    for (int i = 0; i < 3; i++)
        make_runner(&scenario, shape);
    return scenario;
}

struct checked {
    const struct target_set *set;
    const double *values;
    struct target_outcome outcome;
};

static int check(void *context, const struct sim *sim, const struct metric_sums *from,
                 struct err *err)
{
    struct checked *checked = context;
    struct target_view view = {.values = checked->values, .sim = sim, .from = from};
    return target_set_check(checked->set, &view, &checked->outcome, err);
}

Test(target, runs_are_checked)
{
    static const struct {
        const char *text;
        uint32_t missed;
    } rows[] = {
        {"pending <= 0", 1},
        {"pending <= 1", 0},
        {"pending >= 1", 0},
        {"pending == 1", 0},
        {"pending != 1", 1},
        {"pending < 1", 1},
        {"pending > 0", 0},
        {"floors", 0},
        {"placed 5m 66", 0},
        {"placed 5m 67", 1},
        {"utilization_pct_cpu > 99", 0},
        {"slo_pct >= 99", 0},
        {"no-preemption 0", 0},
        {"immediate_pct >= 70", 1},
    };
    struct scenario scenario = made_crowded();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct target_set set = {.count = 0};
        struct err err = {0};
        double values[METRICS_MAX];
        cr_assert_eq(target_set_parse(&set, rows[i].text, &err), 0, "%s", err.text);
        struct checked checked = {.set = &set, .values = values};
        struct replication replication = {
            .scenario = &scenario, .metrics = &set.metrics, .look = check, .context = &checked};
        cr_assert_eq(replicate(&replication, values, &err), 0, "%s", err.text);
        cr_expect_eq(checked.outcome.missed, rows[i].missed, "%s", rows[i].text);
    }
    made_release(&scenario);
}
