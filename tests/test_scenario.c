/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What is read from a right scenario: our own keys, defaults, random durations, nodes, arrivals and
 * events. The objects of the API are in test_scenario_objects.c, what is wrong in tests/bad. */

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "scenarios/scenario.h"
#include "tests/load_text.h"

#define TYPE                                                                                       \
    "{'id':'m','compute_info':{'cpu_limit':'8','cpu_memory':'32Gi','num_accelerators':2,"          \
    "'accelerator_memory':'24Gi','accelerator_type':['NVIDIA-A10G']}}"
#define POOL(ID)                                                                                   \
    "{'id':'" ID "','instance_types':[" TYPE "],'max_instances':4,'simulation':{'nodes':2}}"
#define HEAD "{'stowage':1,'horizon':'1h','nodepools':[" POOL("p") "],"
#define ASKS "'nodepool':{'id':'p'},'compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'}"
#define RUNNER(REST) HEAD "'runners':[{'id':'r'," ASKS ",'num_replicas':3," REST "}]}"

static const struct dist *startup_of(const struct scenario *scenario, const char *runner)
{
    return &scenario->dists[runner_of(scenario, runner)->startup];
}

Test(scenario, the_smallest_one_has_all_defaults)
{
    struct scenario s;
    load_good(&s, "{'stowage':1,'horizon':'1h','nodepools':[" POOL("p") "]}");
    cr_expect_str_eq(s.name, "s");
    cr_expect_str_eq(s.description, "");
    cr_expect_not(s.has_start);
    cr_expect_eq(s.horizon_us, INT64_C(3600) * US_PER_S);
    cr_expect_eq(s.seed, 1);
    cr_expect_str_eq(s.scheduler.policy->name, "best-fit");
    cr_expect_eq(s.scheduler.order, ORDER_FLOOR_FIRST);
    cr_expect(s.scheduler.preemption_enabled);
    cr_expect_eq(s.scheduler.grace_us, 30 * US_PER_S);
    cr_expect_eq(s.scheduler.min_runtime_us, 0);
    cr_expect_eq(s.pool_count, 1);
    cr_expect_eq(s.node_count, 2);
    cr_expect_eq(s.runner_count, 0);
    cr_expect_eq(s.problems.count, 0);
    scenario_release(&s);
}

Test(scenario, every_scalar_is_read)
{
    struct scenario s;
    load_good(&s, HEAD
              "'name':'week 1','description':'two\\nlines','start':'2026-01-05T01:00:00+01:00',"
              "'seed':'9223372036854775807',"
              "'scheduler':{'policy':{'name':'first-fit'},'order':'priority-first','preemption':"
              "{'enabled':false,'grace_period':7.5,'min_runtime':'1h30m'}}}");
    cr_expect_str_eq(s.name, "week 1");
    cr_expect_str_eq(s.description, "two\nlines");
    cr_expect(s.has_start);
    cr_expect_eq(s.start_unix_us, INT64_C(1767571200) * US_PER_S);
    cr_expect_eq(s.seed, UINT64_C(9223372036854775807));
    cr_expect_str_eq(s.scheduler.policy->name, "first-fit");
    cr_expect_eq(s.scheduler.order, ORDER_PRIORITY_FIRST);
    cr_expect_not(s.scheduler.preemption_enabled);
    cr_expect_eq(s.scheduler.grace_us, 7500000);
    cr_expect_eq(s.scheduler.min_runtime_us, INT64_C(5400) * US_PER_S);
    scenario_release(&s);
}

Test(scenario, the_digest_is_that_of_sha256sum)
{
    struct scenario s;
    load_good(&s, "{'stowage':1,'horizon':'1h','nodepools':[" POOL("p") "]}");
    FILE *sum = popen("sha256sum < /tmp/stowage-test-$PPID/s.json", "r");
    char hex[DIGEST_HEX_SIZE] = "";
    cr_assert_not_null(sum);
    cr_assert_not_null(fgets(hex, sizeof hex, sum));
    pclose(sum);
    cr_expect_str_eq(s.digest, hex);
    scenario_release(&s);
}

/* ---- grace periods and startup ---- */

Test(scenario, the_nearest_grace_period_counts)
{
    static const struct {
        const char *name, *text;
        int64_t grace_s;
    } cases[] = {
        {"none", RUNNER("'priority':0"), 30},
        {"defaults", HEAD "'defaults':{'grace_period':'5s'},'runners':[{'id':'r'," ASKS "}]}", 5},
        {"preemption",
         HEAD "'defaults':{'grace_period':'5s'},'scheduler':{'preemption':{'grace_period':'6s'}},"
              "'runners':[{'id':'r'," ASKS "}]}",
         6},
        {"runner",
         HEAD "'scheduler':{'preemption':{'grace_period':'6s'}},"
              "'runners':[{'id':'r'," ASKS ",'simulation':{'grace_period':'7s'}}]}",
         7},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario s;
        load_good(&s, cases[i].text);
        cr_expect_eq(runner_of(&s, "r")->grace_us, cases[i].grace_s * US_PER_S, "%s",
                     cases[i].name);
        scenario_release(&s);
    }
}

Test(scenario, random_durations_have_their_parameters)
{
    static const struct {
        const char *text;
        struct dist dist;
    } cases[] = {
        {"'90s'", {DIST_CONSTANT, 90e6, 0, 0, TIME_US_MAX}},
        {"7.5", {DIST_CONSTANT, 7.5e6, 0, 0, TIME_US_MAX}},
        {"0.1", {DIST_CONSTANT, 1e5, 0, 0, TIME_US_MAX}},
        {"0.000001", {DIST_CONSTANT, 1, 0, 0, TIME_US_MAX}},
        {"{'distribution':'constant','value':'2s','min':'3s'}",
         {DIST_CONSTANT, 2e6, 0, 3000000, TIME_US_MAX}},
        {"{'distribution':'uniform','low':1,'high':'2s'}",
         {DIST_UNIFORM, 1e6, 2e6, 0, TIME_US_MAX}},
        {"{'distribution':'exponential','mean':'1m','max':'2m'}",
         {DIST_EXPONENTIAL, 6e7, 0, 0, 120000000}},
        {"{'distribution':'normal','mean':'1s','sd':'1ms'}",
         {DIST_NORMAL, 1e6, 1e3, 0, TIME_US_MAX}},
        {"{'distribution':'lognormal','median':'1s','sigma':0.5}",
         {DIST_LOGNORMAL, 1e6, 0.5, 0, TIME_US_MAX}},
        {"{'distribution':'weibull','scale':'1s','shape':2}",
         {DIST_WEIBULL, 1e6, 2, 0, TIME_US_MAX}},
        {"{'distribution':'gamma','mean':'1s','shape':0.25}",
         {DIST_GAMMA, 1e6, 0.25, 0, TIME_US_MAX}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario s;
        char text[2000];
        snprintf(
            text, sizeof text, "%s%s}}]}",
            HEAD "'runners':[{'id':'r'," ASKS ",'simulation':{'replica_duration':", cases[i].text);
        load_good(&s, text);
        int32_t number = runner_of(&s, "r")->duration;
        cr_assert_neq(number, NO_INDEX);
        const struct dist *dist = &s.dists[number];
        cr_expect_eq(dist->kind, cases[i].dist.kind, "%s", cases[i].text);
        cr_expect_eq(dist->a, cases[i].dist.a, "%s: %g", cases[i].text, dist->a);
        cr_expect_eq(dist->b, cases[i].dist.b, "%s: %g", cases[i].text, dist->b);
        cr_expect_eq(dist->min_us, cases[i].dist.min_us, "%s", cases[i].text);
        cr_expect_eq(dist->max_us, cases[i].dist.max_us, "%s", cases[i].text);
        scenario_release(&s);
    }
}

Test(scenario, a_startup_is_the_sum_of_pull_and_load)
{
    static const struct {
        const char *text;
        double startup_us, pull_us; /* pull -1: none */
        enum dist_kind kind;
    } cases[] = {
        {"'startup':'3s'", 3e6, -1, DIST_CONSTANT},
        {"'startup':{'image_pull':'1s','load':'2s'}", 3e6, -1, DIST_CONSTANT},
        {"'startup':{'load':'2s'}", 2e6, -1, DIST_CONSTANT},
        {"'startup':{'image_pull':'1s'}", 1e6, -1, DIST_CONSTANT},
        {"'startup':{'load':{'distribution':'exponential','mean':'2s'}}", 2e6, -1,
         DIST_EXPONENTIAL},
        {"'startup':{'image_pull':'1s','load':{'distribution':'exponential','mean':'2s'}}", 2e6,
         1e6, DIST_EXPONENTIAL},
        {"'startup':{'image_pull':{'distribution':'exponential','mean':'1s'},'load':'2s'}", 2e6,
         1e6, DIST_CONSTANT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario s;
        char text[2000];
        snprintf(text, sizeof text, "%s%s}}]}", HEAD "'runners':[{'id':'r'," ASKS ",'simulation':{",
                 cases[i].text);
        load_good(&s, text);
        int32_t pull = runner_of(&s, "r")->image_pull;
        cr_expect_eq(startup_of(&s, "r")->kind, cases[i].kind, "%s", cases[i].text);
        cr_expect_eq(startup_of(&s, "r")->a, cases[i].startup_us, "%s", cases[i].text);
        cr_expect_eq(pull == NO_INDEX ? -1 : s.dists[pull].a, cases[i].pull_us, "%s",
                     cases[i].text);
        scenario_release(&s);
    }
}

/* ---- runners: simulation ---- */

Test(scenario, settings_of_a_runner_are_read)
{
    struct scenario s;
    load_good(&s, HEAD "'start':'2026-01-05T00:00:00Z','runners':[{'id':'r','nodepool':{'id':'p'},"
                       "'compute_info':{'num_accelerators':1},'num_replicas':1,'simulation':{"
                       "'arrival':'2026-01-05T00:00:10.5Z','departure':'30m','max_wait':'1m',"
                       "'share_milli':250,'packing':'isolated','max_per_node':2,"
                       "'architecture':'linux/amd64','may_preempt':false,'num_threads':4}}]}");
    const struct runner_def *r = runner_of(&s, "r");
    const struct shape *shape = shape_of(&s, "r");
    cr_expect_eq(r->arrival_us, 10500000);
    cr_expect_eq(r->departure_us, INT64_C(1800) * US_PER_S);
    cr_expect_eq(r->max_wait_us, INT64_C(60) * US_PER_S);
    cr_expect_not(r->may_preempt);
    cr_expect_eq(r->num_threads, 4);
    cr_expect_eq(shape->sharing, SHARING_MILLI);
    cr_expect_eq(shape->share_milli, 250);
    cr_expect_eq(shape->packing, PACKING_ISOLATED);
    cr_expect_eq(shape->max_per_node, 2);
    cr_expect_str_eq(shape->arch, "linux/amd64");
    scenario_release(&s);
}

Test(scenario, a_runner_without_settings_has_defaults)
{
    struct scenario s;
    load_good(&s, RUNNER("'priority':3"));
    const struct runner_def *r = runner_of(&s, "r");
    const struct shape *shape = shape_of(&s, "r");
    cr_expect_eq(r->arrival_us, 0);
    cr_expect_eq(r->departure_us, TIME_NEVER);
    cr_expect_eq(r->max_wait_us, TIME_NEVER);
    cr_expect_eq(r->duration, NO_INDEX);
    cr_expect_eq(r->image_pull, NO_INDEX);
    cr_expect_eq(startup_of(&s, "r")->a, 0);
    cr_expect(r->may_preempt);
    cr_expect_eq(r->num_threads, 16);
    cr_expect_eq(r->deployment, NO_INDEX);
    cr_expect_null(r->extra);
    cr_expect_null(r->blocked_by);
    cr_expect_str_eq(r->worker, "");
    cr_expect_eq(shape->sharing, SHARING_WHOLE);
    cr_expect_eq(shape->share_milli, SHARE_WHOLE);
    cr_expect_eq(shape->packing, PACKING_SHARED);
    cr_expect_eq(shape->max_per_node, 0);
    cr_expect_null(shape->arch);
    scenario_release(&s);
}

Test(scenario, devices_are_shared_as_asked)
{
    static const struct {
        const char *text;
        enum device_sharing sharing;
        int32_t share_milli;
    } cases[] = {
        {"'max_per_node':1", SHARING_WHOLE, 1000},
        {"'share_milli':1000", SHARING_WHOLE, 1000},
        {"'share_milli':999", SHARING_MILLI, 999},
        {"'device_sharing':'milli','share_milli':1000", SHARING_MILLI, 1000},
        {"'device_sharing':'milli'", SHARING_MILLI, 1000},
        {"'device_sharing':'whole','share_milli':1000", SHARING_WHOLE, 1000},
        {"'device_sharing':'memory'", SHARING_MEMORY, 1000},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario s;
        char text[2000];
        snprintf(text, sizeof text, "%s%s}}]}",
                 HEAD "'runners':[{'id':'r','nodepool':{'id':'p'},'compute_info':{"
                      "'num_accelerators':1,'accelerator_memory':'1Gi'},'simulation':{",
                 cases[i].text);
        load_good(&s, text);
        cr_expect_eq(shape_of(&s, "r")->sharing, cases[i].sharing, "%s", cases[i].text);
        cr_expect_eq(shape_of(&s, "r")->share_milli, cases[i].share_milli, "%s", cases[i].text);
        scenario_release(&s);
    }
}

Test(scenario, the_policy_is_stowage_where_none_is_named_and_shares_are_asked_for)
{
    static const struct {
        const char *scheduler, *simulation, *policy;
    } cases[] = {
        {"", "'share_milli':999", "stowage"},
        {"'order':'priority-first'", "'share_milli':999", "stowage"},
        {"'policy':'worst-fit'", "'share_milli':999", "worst-fit"},
        {"", "'share_milli':1000", "best-fit"},
        {"", "'device_sharing':'memory'", "best-fit"},
        {"'popularity':[{'count':1,'compute_info':{'num_accelerators':1},"
         "'simulation':{'share_milli':500}}]",
         "'share_milli':1000", "stowage"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario s;
        char text[2000];
        snprintf(text, sizeof text, "%s'scheduler':{%s},%s%s}}]}", HEAD, cases[i].scheduler,
                 "'runners':[{'id':'r','nodepool':{'id':'p'},'compute_info':{"
                 "'num_accelerators':1,'accelerator_memory':'1Gi'},'simulation':{",
                 cases[i].simulation);
        load_good(&s, text);
        cr_expect_str_eq(s.scheduler.policy->name, cases[i].policy, "case %d", (int)i);
        scenario_release(&s);
    }
}

Test(scenario, further_pools_are_sorted_and_distinct)
{
    struct scenario s;
    load_good(&s, "{'stowage':1,'horizon':'1h','nodepools':[" POOL("a") "," POOL("b") "," POOL(
                      "c") "],'runners':[{'id':'r','nodepool':{'id':'b'},'compute_info':{},"
                           "'simulation':{'nodepools':['c',{'id':'a'},'b','c']}}]}");
    const struct shape *shape = shape_of(&s, "r");
    cr_assert_eq(shape->pool_count, 3);
    for (int32_t i = 0; i < 3; i++)
        cr_expect_eq(shape->pools[i], i);
    cr_expect_eq(runner_of(&s, "r")->pool, 1);
    scenario_release(&s);
}

Test(scenario, equal_requests_share_a_shape)
{
    struct scenario s;
    load_good(&s, HEAD "'runners':[{'id':'a'," ASKS "},{'id':'b'," ASKS "},"
                       "{'id':'c','nodepool':{'id':'p'},'compute_info':{'cpu_requests':1,"
                       "'cpu_memory':1073741824}},"
                       "{'id':'d','nodepool':{'id':'p'},'compute_info':{'cpu_limit':2}}]}");
    cr_expect_eq(s.shapes.count, 2);
    cr_expect_eq(runner_of(&s, "a")->shape, runner_of(&s, "b")->shape);
    cr_expect_eq(runner_of(&s, "a")->shape, runner_of(&s, "c")->shape);
    cr_expect_neq(runner_of(&s, "a")->shape, runner_of(&s, "d")->shape);
    cr_expect_eq(s.dist_count, 1);
    scenario_release(&s);
}

/* ---- nodes ---- */

Test(scenario, nodes_come_in_order_and_have_names)
{
    struct scenario s;
    static const char *const names[] = {"p-0", "p-1", "x", "y", "p-4", "q-0"};
    static const char *const zones[] = {NULL, NULL, "z1", "z1", NULL, NULL};
    char name[NODE_NAME_SIZE];
    load_good(&s,
              "{'stowage':1,'horizon':'1h','nodepools':[{'id':'p','max_instances':9,"
              "'instance_types':[" TYPE ",{'id':'n','compute_info':{'cpu_limit':1}}],'simulation':"
              "{'nodes':[{'instance_type':'n','count':2},{'instance_type':'m','zone':'z1','names':"
              "['x','y']},{'instance_type':'n'}]}},{'id':'q','instance_types':[" TYPE
              "],'max_instances':1,'simulation':{'nodes':'1'}}]}");
    cr_assert_eq(s.node_count, 6);
    for (int32_t i = 0; i < s.node_count; i++) {
        cr_expect_str_eq(scenario_node_name(&s, &s.nodes[i], name), names[i]);
        cr_expect_eq(s.nodes[i].pool, i < 5 ? 0 : 1);
        cr_expect_eq(s.nodes[i].ordinal, i < 5 ? i : 0);
        if (zones[i])
            cr_expect_str_eq(s.nodes[i].zone, zones[i]);
        else
            cr_expect_null(s.nodes[i].zone);
    }
    cr_expect_str_eq(s.types[s.nodes[0].type].id, "n");
    cr_expect_str_eq(s.types[s.nodes[2].type].id, "m");
    cr_expect_eq(s.type_count, 2, "the type that both pools have is one");
    scenario_release(&s);
}

/* ---- arrivals and events ---- */

Test(scenario, arrivals_are_read)
{
    struct scenario s;
    load_good(&s, HEAD "'arrivals':[{'name':'a','interarrival':'1s','runner':{" ASKS
                       ",'num_replicas':2,'priority':1}},"
                       "{'name':'b','interarrival':{'distribution':'exponential','mean':'1m'},"
                       "'from':'10m','until':'20m','count':'5','runner':{" ASKS "}}]}");
    cr_assert_eq(s.arrival_count, 2);
    const struct arrival_def *a = &s.arrivals[0];
    const struct arrival_def *b = &s.arrivals[1];
    cr_expect_str_eq(a->name, "a");
    cr_expect_eq(a->interarrival.a, 1e6);
    cr_expect_eq(a->from_us, 0);
    cr_expect_eq(a->until_us, s.horizon_us);
    cr_expect_eq(a->count_max, TIME_NEVER);
    cr_expect_eq(a->template.num_replicas, 2);
    cr_expect_eq(a->template.priority, 1);
    cr_expect_eq(b->interarrival.kind, DIST_EXPONENTIAL);
    cr_expect_eq(b->from_us, INT64_C(600) * US_PER_S);
    cr_expect_eq(b->until_us, INT64_C(1200) * US_PER_S);
    cr_expect_eq(b->count_max, 5);
    cr_expect_eq(s.runner_count, 0);
    cr_expect_eq(a->template.shape, b->template.shape);
    scenario_release(&s);
}

Test(scenario, every_kind_of_event_is_read)
{
    struct scenario s;
    load_good(&s, HEAD "'runners':[{'id':'q'," ASKS "},{'id':'r'," ASKS "}],'events':["
                       "{'at':11,'set_nodepool':{'nodepool':'p','schedulable':true}},"
                       "{'at':1,'scale':{'runner':'r','num_replicas':4}},"
                       "{'at':2,'depart':{'runner':'q'}},"
                       "{'at':3,'clear_special_handling':{'runner':'r'}},"
                       "{'at':4,'add_nodes':{'nodepool':'p','count':3,'zone':'z'}},"
                       "{'at':5,'cordon_node':{'node':'p-4'}},"
                       "{'at':6,'drain_node':{'nodepool':{'id':'p'},'count':2,'zone':'z'}},"
                       "{'at':7,'uncordon_node':{'node':'p-0'}},"
                       "{'at':8,'remove_node':{'node':'p-0','grace_period':'5s'}},"
                       "{'at':9,'fail_node':{'nodepool':'p','repair_after':'1m'}},"
                       "{'at':10,'repair_node':{'nodepool':'p'}},"
                       "{'at':12,'deploy':{'runner':'r','graceful':true}},"
                       "{'at':13,'set_status':{'runner':'q','status':'DISABLED'}},"
                       "{'at':14,'upgrade':{'nodepool':'p','parallelism':3,'floor_wait':0}}]}");
    cr_assert_eq(s.event_count, EVENT_KIND_COUNT);
    for (int32_t i = 0; i < s.event_count; i++) {
        cr_expect_eq((int32_t)s.events[i].kind, i, "sorted by time, which is in order of kinds");
        cr_expect_eq(s.events[i].at_us, INT64_C(1000000) * (i + 1));
    }
    const struct event_def *e = s.events;
    cr_expect_eq(e[EVENT_SCALE].runner, 1);
    cr_expect_eq(e[EVENT_SCALE].num_replicas, 4);
    cr_expect_eq(e[EVENT_SCALE].min_replicas, NO_INDEX);
    cr_expect_eq(e[EVENT_DEPART].runner, 0);
    cr_expect_eq(e[EVENT_ADD_NODES].count, 3);
    cr_expect_eq(e[EVENT_ADD_NODES].type, 0);
    cr_expect_str_eq(e[EVENT_ADD_NODES].zone, "z");
    cr_expect_str_eq(e[EVENT_CORDON_NODE].node_name, "p-4");
    cr_expect_eq(e[EVENT_DRAIN_NODE].pool, 0);
    cr_expect_eq(e[EVENT_DRAIN_NODE].count, 2);
    cr_expect_eq(e[EVENT_DRAIN_NODE].grace_us, TIME_NEVER);
    cr_expect_eq(e[EVENT_REMOVE_NODE].grace_us, 5 * US_PER_S);
    cr_expect_eq(s.dists[e[EVENT_FAIL_NODE].repair_after].a, 6e7);
    cr_expect_eq(e[EVENT_REPAIR_NODE].repair_after, NO_INDEX);
    cr_expect_eq(e[EVENT_REPAIR_NODE].count, 1);
    cr_expect(e[EVENT_SET_POOL].is_schedulable);
    cr_expect(e[EVENT_DEPLOY].is_graceful && e[EVENT_DEPLOY].runner == 1);
    cr_expect_eq(e[EVENT_UPGRADE].count, 3);
    cr_expect_eq(e[EVENT_UPGRADE].floor_wait_us, 0);
    cr_expect_eq(s.dists[e[EVENT_UPGRADE].repair_after].a, 3e8);
    cr_expect(!e[EVENT_SET_STATUS].is_enabled && e[EVENT_SET_STATUS].runner == 0);
    scenario_release(&s);
}

Test(scenario, events_at_one_instant_stay_in_order)
{
    struct scenario s;
    load_good(&s, HEAD "'runners':[{'id':'r'," ASKS "}],'events':["
                       "{'at':2,'scale':{'runner':'r','num_replicas':1}},"
                       "{'at':1,'scale':{'runner':'r','num_replicas':2}},"
                       "{'at':2,'scale':{'runner':'r','num_replicas':3}},"
                       "{'at':1,'scale':{'runner':'r','num_replicas':4}}]}");
    static const int32_t expected[] = {2, 4, 1, 3};
    for (int32_t i = 0; i < 4; i++)
        cr_expect_eq(s.events[i].num_replicas, expected[i]);
    scenario_release(&s);
}

Test(scenario, what_never_happens_is_warned_of)
{
    expect_problems(HEAD "'runners':[{'id':'r'," ASKS "}],'events':["
                         "{'at':'59m','depart':{'runner':'r'}},{'at':'1h','depart':{'runner':'r'}},"
                         "{'at':'2h','depart':{'runner':'r'}}]}",
                    "warning: s.json: events[1].at: 1h is not before the horizon: it never "
                    "happens\n"
                    "warning: s.json: events[2].at: 2h is not before the horizon: it never "
                    "happens\n");
}

Test(scenario, names_of_nodes_that_events_add_may_be_used_before_them)
{
    expect_problems(HEAD "'events':[{'at':2,'cordon_node':{'node':'p-2'}},"
                         "{'at':1,'add_nodes':{'nodepool':'p'}}]}",
                    "");
}

Test(scenario, nodes_that_events_add_are_counted_however_they_are_written)
{
    expect_problems(HEAD "'events':[{'at':1,'add_nodes':{'nodepool':{'id':'p'},'count':'2'}},"
                         "{'at':2,'cordon_node':{'node':'p-3'}}]}",
                    "");
}

Test(scenario, bounds_of_interarrival_times_count_as_what_arrives)
{
    static const struct {
        const char *interarrival;
        bool is_right;
    } cases[] = {
        {"{'distribution':'constant','value':0,'min':'1s'}", true},
        {"{'distribution':'exponential','mean':'1us','min':'1s'}", true},
        {"{'distribution':'exponential','mean':'1h','max':'1us'}", false},
        {"{'distribution':'exponential','mean':'1us'}", false},
        {"'1us'", false},
        {"'1us','until':'1ms'", true},
        {"'0s','count':3", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario s;
        struct err err;
        char text[2000];
        snprintf(text, sizeof text, "%s%s}]}",
                 HEAD "'arrivals':[{'name':'a','runner':{" ASKS "},'interarrival':",
                 cases[i].interarrival);
        int result = load_text(&s, text, &err);
        cr_expect_eq(result, cases[i].is_right ? 0 : -1, "%s", cases[i].interarrival);
        scenario_release(&s);
    }
}
