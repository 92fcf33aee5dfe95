/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The objects of the Clarifai API: every property has its effect, or is carried, or is ignored
 * knowingly; and their forms on the wire. */

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "scenarios/scenario.h"
#include "tests/load_text.h"

#define INFO "'compute_info':{'cpu_limit':'1','cpu_memory':'1Gi'}"
#define TYPE "{'id':'m','compute_info':{'cpu_limit':'8','cpu_memory':'32Gi'}}"
#define POOL "{'id':'p','instance_types':[" TYPE "],'max_instances':4,'simulation':{'nodes':2}}"
#define TOP "{'stowage':1,'horizon':'1h',"
#define HEAD TOP "'nodepools':[" POOL "],"
#define GIB (INT64_C(1) << 30)

static void load_runner_with(struct scenario *scenario, const char *properties)
{
    char text[4000];
    snprintf(text, sizeof text, "%s%s}]}", HEAD "'runners':[{'id':'r','nodepool':{'id':'p'},",
             properties);
    load_good(scenario, text);
}

/* ---- apiRunner ---- */

Test(scenario_objects, every_property_of_a_runner_has_its_effect)
{
    struct scenario s;
    load_good(&s,
              TOP "'start':'2026-01-05T00:00:00Z','nodepools':[" POOL
                  "],'runners':[{'id':'r','description':'words',"
                  "'created_at':'2026-01-05T00:00:02.5Z','modified_at':'2026-01-06T00:00:00Z',"
                  "'metadata':{'team':'x','n':[1,2.5]},'labels':['a','b \\\\ c'],"
                  "'worker':{'model':{'id':'m1','app_id':'a','user_id':'u','model_version':"
                  "{'id':'v','num_threads':8}}},'nodepool':{'id':'p'}," INFO
                  ",'num_replicas':'5','min_replicas':2,'priority':9,'special_handling':"
                  "[{'id':'1','reason':'INTERNAL_ONLY','done':true},{'reason':1}],"
                  "'runner_metrics':{'pods_total':4,'pods_running':3,"
                  "'total_pods_running_time_s':'9007199254740993','pods_preempted_total':1}}]}");
    const struct runner_def *r = runner_of(&s, "r");
    cr_assert_not_null(r->extra);
    cr_expect_str_eq(r->extra->description, "words");
    cr_expect_str_eq(r->extra->created_at, "2026-01-05T00:00:02.5Z");
    cr_expect_str_eq(r->extra->modified_at, "2026-01-06T00:00:00Z");
    cr_expect_str_eq(r->extra->metadata, "{\"team\":\"x\",\"n\":[1,2.5]}");
    cr_expect_str_eq(r->extra->labels, "[\"a\",\"b \\\\ c\"]");
    cr_expect_eq(r->arrival_us, 2500000);
    cr_expect_str_eq(r->worker, "model:u/a/m1@v");
    cr_expect_eq(r->num_threads, 8);
    cr_expect_eq(r->num_replicas, 5);
    cr_expect_eq(r->min_replicas, 2);
    cr_expect_eq(r->floor, 2);
    cr_expect_eq(r->priority, 9);
    cr_expect_str_eq(r->blocked_by, "CONTACT_SALES");
    cr_assert_not_null(r->extra->observed);
    cr_expect_eq(r->extra->observed->pods_total, 4);
    cr_expect_eq(r->extra->observed->pods_running, 3);
    cr_expect_eq(r->extra->observed->total_pods_running_time_s, INT64_C(9007199254740993));
    cr_expect_eq(r->extra->observed->pods_preempted_total, 1);
    cr_expect_eq(shape_of(&s, "r")->cpu_milli, 1000);
    cr_expect_eq(shape_of(&s, "r")->mem_bytes, GIB);
    scenario_release(&s);
}

Test(scenario_objects, created_at_before_the_start_is_an_arrival_at_0)
{
    static const struct {
        const char *start, *runner;
        int64_t arrival_us;
    } cases[] = {
        {"'start':'2026-01-05T00:00:00Z',", "'created_at':'2025-01-05T00:00:00Z'", 0},
        {"'start':'2026-01-05T00:00:00Z',", "'created_at':'2026-01-05T00:00:01Z'", 1000000},
        {"", "'created_at':'2026-01-05T00:00:01Z'", 0},
        {"'start':'2026-01-05T00:00:00Z',",
         "'created_at':'2026-01-05T00:00:01Z','simulation':{'arrival':'5s'}", 5000000},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario s;
        char text[2000];
        snprintf(text, sizeof text, "%s%s%s%s}]}", TOP, cases[i].start,
                 "'nodepools':[" POOL "],'runners':[{'id':'r','nodepool':{'id':'p'}," INFO ",",
                 cases[i].runner);
        load_good(&s, text);
        cr_expect_eq(runner_of(&s, "r")->arrival_us, cases[i].arrival_us, "%s%s", cases[i].start,
                     cases[i].runner);
        scenario_release(&s);
    }
}

Test(scenario_objects, a_floor_above_the_wish_is_warned_of_and_cut)
{
    struct scenario s;
    load_runner_with(&s, INFO ",'num_replicas':1,'min_replicas':3");
    char *problems = problems_text(&s);
    cr_expect_eq(runner_of(&s, "r")->floor, 1);
    cr_expect_eq(runner_of(&s, "r")->min_replicas, 3);
    cr_expect_str_eq(problems, "warning: s.json: runners[0].min_replicas: 3 is above num_replicas: "
                               "the floor in force is 1\n");
    free(problems);
    scenario_release(&s);
}

Test(scenario_objects, a_wrong_wish_is_not_held_against_the_floor)
{
    expect_problems(
        HEAD "'runners':[{'id':'r','nodepool':{'id':'p'}," INFO
             ",'num_replicas':-1,'min_replicas':3}]}",
        "error: s.json: runners[0].num_replicas: -1 is out of range: give 0 to 10000000\n");
}

Test(scenario_objects, requests_come_before_limits)
{
    static const struct {
        const char *info;
        int64_t cpu_milli, mem_bytes;
    } cases[] = {
        {"'cpu_limit':'2','cpu_memory':'4Gi'", 2000, 4 * GIB},
        {"'cpu_limit':'2','cpu_requests':'500m','cpu_memory':'4Gi','cpu_memory_requests':'1Gi'",
         500, GIB},
        {"'cpu_requests':1.5,'cpu_memory_requests':1024", 1500, 1024},
        {"'cpu_limit':0.1,'cpu_memory':'0.5Gi'", 100, GIB / 2},
        {"'cpu_limit':'','cpu_memory':''", 0, 0},
        {"'cpu_limit':null", 0, 0},
        {"", 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario s;
        char text[1000];
        snprintf(text, sizeof text, "'compute_info':{%s}", cases[i].info);
        load_runner_with(&s, text);
        cr_expect_eq(shape_of(&s, "r")->cpu_milli, cases[i].cpu_milli, "%s", cases[i].info);
        cr_expect_eq(shape_of(&s, "r")->mem_bytes, cases[i].mem_bytes, "%s", cases[i].info);
        scenario_release(&s);
    }
}

Test(scenario_objects, accelerators_are_read)
{
    struct scenario s;
    load_runner_with(
        &s, "'compute_info':{'num_accelerators':'4','accelerator_memory':'16Gi',"
            "'accelerator_type':['GOOGLE-TPU-*','X'],'accelerator_topology':['2x2','2x2x1']}");
    const struct shape *shape = shape_of(&s, "r");
    cr_expect_eq(shape->device_count, 4);
    cr_expect_eq(shape->device_mem_bytes, 16 * GIB);
    cr_assert_eq(shape->type_pattern_count, 2);
    cr_expect_str_eq(shape->type_patterns[0], "GOOGLE-TPU-*");
    cr_expect_str_eq(shape->type_patterns[1], "X");
    cr_assert_eq(shape->topology_count, 2);
    cr_expect_str_eq(shape->topologies[1], "2x2x1");
    char *problems = problems_text(&s);
    cr_expect_str_eq(
        problems, "warning: s.json: the accelerator_type \"GOOGLE-TPU-*\" matches no instance "
                  "type in use\n"
                  "warning: s.json: the accelerator_type \"X\" matches no instance type in use\n");
    free(problems);
    scenario_release(&s);
}

Test(scenario_objects, workers_have_an_identity)
{
    static const struct {
        const char *worker, *identity;
    } cases[] = {
        {"{'model':{'id':'m'}}", "model:m"},
        {"{'model':{'id':'m','model_version':{'id':'1'}}}", "model:m@1"},
        {"{'model':{'id':'m','user_id':'u'}}", "model:u//m"},
        {"{'model':{'id':'m','user_id':'u','app_id':'a','model_version':{}}}", "model:u/a/m"},
        {"{'workflow':{'id':'w','user_id':'u','app_id':'a','version':{'id':'2'}}}",
         "workflow:u/a/w@2"},
        {"{'user':{'id':'me'}}", "user:me"},
        {"{'model':null,'workflow':{'id':'w'}}", "workflow:w"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario s;
        char text[1000];
        snprintf(text, sizeof text, INFO ",'worker':%s", cases[i].worker);
        load_runner_with(&s, text);
        cr_expect_str_eq(runner_of(&s, "r")->worker, cases[i].identity);
        scenario_release(&s);
    }
}

Test(scenario_objects, a_runner_without_a_request_takes_that_of_its_model)
{
    struct scenario s;
    load_runner_with(&s, "'worker':{'model':{'id':'m','model_version':{'inference_compute_info':"
                         "{'cpu_limit':'3','num_accelerators':0}}}}");
    cr_expect_eq(shape_of(&s, "r")->cpu_milli, 3000);
    scenario_release(&s);
}

Test(scenario_objects, two_runners_of_one_worker_may_be_in_two_pools)
{
    expect_problems(TOP "'nodepools':[" POOL ",{'id':'q','instance_types':[" TYPE
                        "],'max_instances':1,'simulation':{'nodes':1}}],'runners':["
                        "{'id':'a','nodepool':{'id':'p'}," INFO ",'worker':{'model':{'id':'m'}}},"
                        "{'id':'b','nodepool':{'id':'q'}," INFO ",'worker':{'model':{'id':'m'}}}]}",
                    "");
}

/* ---- forms on the wire ---- */

Test(scenario_objects, unknown_keys_of_the_api_are_warned_of_once_each)
{
    expect_problems(
        HEAD "'runners':[{'id':'a','nodepool':{'id':'p'}," INFO ",'new_key':1,'num_replica':2},"
             "{'id':'b','nodepool':{'id':'p'}," INFO ",'new_key':1}]}",
        "warning: s.json: runners[0].new_key: is not a known key of apiRunner and is ignored\n"
        "warning: s.json: runners[0].num_replica: is not a known key of apiRunner and is ignored: "
        "did you mean \"num_replicas\"? give id, description, created_at, modified_at, metadata, "
        "labels, worker, nodepool, compute_info, num_replicas, min_replicas, priority, "
        "special_handling, runner_metrics or simulation\n");
}

Test(scenario_objects, answers_of_the_api_may_be_pasted)
{
    struct scenario s;
    load_good(&s,
              TOP "'instance_types':{'status':{'code':10000},'instance_types':[{'id':'n',"
                  "'compute_info':{'cpu_limit':'4'}}]},"
                  "'compute_clusters':{'compute_clusters':[{'compute_cluster':{'id':'c'}}]},"
                  "'nodepools':{'nodepools':[{'nodepool':{'id':'p','compute_cluster':{'id':'c'},"
                  "'instance_types':[{'instance_type':{'id':'n'}}],'max_instances':1,"
                  "'simulation':{'nodes':1}}}]},"
                  "'runners':{'runners':[{'runner':{'id':'r','nodepool':{'id':'p'}," INFO "}}]}}");
    cr_expect_eq(s.pool_count, 1);
    cr_expect_eq(s.cluster_count, 1);
    cr_expect_eq(s.runner_count, 1);
    cr_expect_eq(type_of(&s, "p")->cpu_milli, 4000);
    cr_expect_eq(s.problems.count, 0);
    scenario_release(&s);
}

Test(scenario_objects, null_is_the_same_as_absent)
{
    struct scenario s;
    load_runner_with(&s, INFO ",'description':null,'labels':null,'worker':null,'num_replicas':null,"
                              "'special_handling':null,'runner_metrics':null,'simulation':null,"
                              "'metadata':null,'created_at':null,'priority':null");
    cr_expect_null(runner_of(&s, "r")->extra);
    cr_expect_eq(runner_of(&s, "r")->num_replicas, 0);
    cr_expect_eq(s.problems.count, 0);
    scenario_release(&s);
}

/* ---- apiInstanceType ---- */

Test(scenario_objects, every_property_of_an_instance_type_has_its_effect)
{
    struct scenario s;
    load_good(
        &s, TOP
        "'nodepools':[{'id':'p','max_instances':1,'simulation':{'nodes':1},'instance_types':[{"
        "'id':'x','description':'words','price':'42.5','cloud_provider':{'id':'gcp','name':'g'},"
        "'region':'r1','allowed_capacity_types':{'capacity_types':['SPOT_TYPE']},"
        "'feature_flag_group':'Large','architecture':'linux/arm64','special_handling':[],"
        "'compute_info':{'cpu_limit':'8','cpu_memory':'32Gi','num_accelerators':4,"
        "'accelerator_memory':'16Gi','accelerator_type':['T'],'accelerator_topology':['2x2']},"
        "'available_compute_info':{'cpu_limit':'7525m'}}]}]}");
    const struct node_type *type = type_of(&s, "p");
    const struct type_extra *extra = &s.type_extras[0];
    cr_expect_str_eq(type->id, "x");
    cr_expect_eq(type->cpu_milli, 7525, "what is available comes first");
    cr_expect_eq(type->mem_bytes, 32 * GIB, "what it leaves open does not");
    cr_expect_eq(type->device_count, 4);
    cr_expect(type->has_device_mem);
    cr_expect_eq(type->device_mem_bytes, 16 * GIB);
    cr_expect_str_eq(type->device_types[0], "T");
    cr_expect_str_eq(type->topologies[0], "2x2");
    cr_expect_str_eq(type->arch, "linux/arm64");
    cr_expect(type->has_price);
    cr_expect_eq(type->price_micro, 42500000);
    cr_expect_not(type->is_unbounded);
    cr_expect_str_eq(extra->description, "words");
    cr_expect_str_eq(extra->provider, "gcp");
    cr_expect_str_eq(extra->region, "r1");
    cr_expect(extra->allows_spot);
    cr_expect_not(extra->allows_on_demand);
    cr_expect_not(extra->is_from_catalogue);
    scenario_release(&s);
}

Test(scenario_objects, prices_are_known_only_where_they_are_given)
{
    static const struct {
        const char *price;
        bool is_known;
        int64_t micro;
    } cases[] = {
        {"", false, 0},
        {",'price':''", false, 0},
        {",'price':null", false, 0},
        {",'price':'0.000000'", true, 0},
        {",'price':'65.000000'", true, 65000000},
        {",'price':0.25", true, 250000},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario s;
        char text[1000];
        snprintf(text, sizeof text, "%s%s}]}]}",
                 TOP "'nodepools':[{'id':'p','max_instances':1,'simulation':{'nodes':1},"
                     "'instance_types':[{'id':'x','compute_info':{'cpu_limit':1}",
                 cases[i].price);
        load_good(&s, text);
        cr_expect_eq(s.types[0].has_price, cases[i].is_known, "%s", cases[i].price);
        cr_expect_eq(s.types[0].price_micro, cases[i].micro, "%s", cases[i].price);
        scenario_release(&s);
    }
}

Test(scenario_objects, a_negative_capacity_is_none)
{
    struct scenario s;
    load_good(&s, TOP "'nodepools':[{'id':'p','max_instances':1,'simulation':{'nodes':1},"
                      "'instance_types':[{'id':'local'}]}]}");
    cr_expect_eq(s.types[0].cpu_milli, 0);
    cr_expect_eq(s.types[0].mem_bytes, 0);
    cr_expect_not(s.types[0].is_unbounded);
    cr_expect(s.types[0].has_price);
    scenario_release(&s);
}

Test(scenario_objects, nodes_of_a_local_dev_cluster_are_unbounded)
{
    struct scenario s;
    load_good(&s, TOP "'compute_clusters':[{'id':'c','cluster_type':'local-dev'}],'nodepools':["
                      "{'id':'p','max_instances':1,'simulation':{'nodes':1},'compute_cluster':"
                      "{'id':'c'},'instance_types':[{'id':'local'}]},"
                      "{'id':'q','max_instances':1,'simulation':{'nodes':1},"
                      "'instance_types':[{'id':'local'}]}]}");
    cr_expect(type_of(&s, "p")->is_unbounded);
    cr_expect_not(type_of(&s, "q")->is_unbounded);
    scenario_release(&s);
}

/* ---- which type is meant ---- */

Test(scenario_objects, types_are_looked_up_in_the_scenario_first)
{
    struct scenario s;
    load_good(&s, TOP "'instance_types':[{'id':'g5.xlarge','compute_info':{'cpu_limit':'1'}}],"
                      "'nodepools':[{'id':'p','max_instances':1,'simulation':{'nodes':1},"
                      "'instance_types':[{'id':'g5.xlarge'}]},{'id':'q','max_instances':1,"
                      "'simulation':{'nodes':1},'instance_types':[{'id':'g5.2xlarge'}]},"
                      "{'id':'r','max_instances':1,'simulation':{'nodes':1},'instance_types':"
                      "[{'id':'g5.2xlarge','price':'1'}]}]}");
    cr_expect_eq(type_of(&s, "p")->cpu_milli, 1000);
    cr_expect_eq(type_of(&s, "q")->cpu_milli, 7525);
    cr_expect_eq(type_of(&s, "q")->price_micro, 42000000);
    cr_expect_eq(type_of(&s, "q")->mem_bytes, INT64_C(29033) << 20);
    cr_expect_str_eq(type_of(&s, "q")->device_types[0], "NVIDIA-A10G");
    cr_expect_eq(type_of(&s, "r")->cpu_milli, 7525, "what is given beside the id is changed");
    cr_expect_eq(type_of(&s, "r")->price_micro, 1000000);
    cr_expect_eq(s.type_count, 3);
    cr_expect_not(s.type_extras[0].is_from_catalogue);
    cr_expect(s.type_extras[1].is_from_catalogue);
    scenario_release(&s);
}

Test(scenario_objects, the_catalogue_has_no_placeholder_prices)
{
    struct scenario s;
    load_good(&s, TOP "'nodepools':[{'id':'p','max_instances':1,'simulation':{'nodes':1},"
                      "'instance_types':[{'id':'g6e.xlarge'}]}]}");
    cr_expect_not(s.types[0].has_price);
    scenario_release(&s);
}

Test(scenario_objects, the_whole_catalogue_is_right)
{
    expect_problems(TOP "'include':['" STOWAGE_SOURCE_DIR
                        "/scenarios/catalogue/instance_types.json'],"
                        "'nodepools':[" POOL "]}",
                    "");
}

Test(scenario_objects, the_cluster_of_a_pool_says_which_type_is_meant)
{
#define TWO_TYPES                                                                                  \
    TOP "'instance_types':[{'id':'x','cloud_provider':{'id':'aws'},'region':'east',"               \
        "'compute_info':{'cpu_limit':1}},{'id':'x','cloud_provider':{'id':'aws'},'region':'west'," \
        "'compute_info':{'cpu_limit':2}},{'id':'x','cloud_provider':{'id':'gcp'},"                 \
        "'compute_info':{'cpu_limit':3}}],'nodepools':[{'id':'p','max_instances':1,"               \
        "'simulation':{'nodes':1},"
    static const struct {
        const char *pool;
        int64_t cpu_milli;
    } cases[] = {
        {"'compute_cluster':{'id':'c','cloud_provider':{'id':'aws'},'region':'west'},"
         "'instance_types':[{'id':'x'}]",
         2000},
        {"'compute_cluster':{'id':'c','cloud_provider':{'id':'gcp'},'region':'west'},"
         "'instance_types':[{'id':'x'}]",
         3000},
        {"'instance_types':[{'id':'x','cloud_provider':{'id':'aws'},'region':'east'}]", 1000},
        {"'compute_cluster':{'id':'c','cloud_provider':{'id':'aws'},'region':'west'},"
         "'instance_types':[{'id':'x','region':'east'}]",
         1000},
        {"'instance_types':[{'id':'x','cloud_provider':{'id':'gcp'}}]", 3000},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario s;
        char text[2000];
        snprintf(text, sizeof text, "%s%s}]}", TWO_TYPES, cases[i].pool);
        load_good(&s, text);
        cr_expect_eq(type_of(&s, "p")->cpu_milli, cases[i].cpu_milli, "%s", cases[i].pool);
        cr_expect_eq(s.problems.count, 0, "%s", cases[i].pool);
        scenario_release(&s);
    }
}

Test(scenario_objects, a_type_known_elsewhere_is_taken_with_a_warning)
{
    expect_problems(TOP "'nodepools':[{'id':'p','max_instances':1,'simulation':{'nodes':1},"
                        "'compute_cluster':{'id':'c','cloud_provider':{'id':'aws'},'region':'eu'},"
                        "'instance_types':[{'id':'g5.xlarge'}]}]}",
                    "warning: s.json: nodepools[0].instance_types[0].id: \"g5.xlarge\" is known in "
                    "aws us-east-1, and taken to be the same in aws eu\n");
}

/* ---- apiNodepool ---- */

Test(scenario_objects, every_property_of_a_nodepool_has_its_effect)
{
    struct scenario s;
    load_good(&s,
              TOP "'compute_clusters':[{'id':'c','description':'d','cloud_provider':{'id':'aws'},"
                  "'region':'us-east-1','user_id':'u','cluster_type':'dedicated',"
                  "'managed_by':'clarifai','visibility':{'gettable':10},'key':{'id':'k'}}],"
                  "'nodepools':[{'id':'p','description':'words','created_at':"
                  "'2026-01-05T00:00:00Z','compute_cluster':{'id':'c','user_id':'u'},"
                  "'node_capacity_type':{'capacity_types':[1,'SPOT_TYPE']},"
                  "'instance_types':[{'id':'g5.xlarge'},{'id':'g5.2xlarge'}],"
                  "'min_instances':2,'max_instances':6,'enforced_min_instances':1,"
                  "'enforced_max_instances':5,'warm_instances':1,"
                  "'visibility':{'gettable':'PRIVATE'},'metadata':{'a':1},"
                  "'special_handling':[{'reason':'CONTACT_SALES','done':true}],"
                  "'node_count':3,'status':'NODEPOOL_STATUS_READY','status_description':'ok',"
                  "'simulation':{'nodes':[{'instance_type':'g5.xlarge','count':2}]}}]}");
    const struct pool_def *pool = &s.pools[0];
    const struct cluster_def *cluster = &s.clusters[0];
    cr_expect_eq(pool->cluster, 0);
    cr_expect_eq(pool->type_count, 2);
    cr_expect_eq(pool->min_instances, 1, "what the plan enforces");
    cr_expect_eq(pool->max_instances, 5);
    cr_expect_eq(pool->warm_instances, 1);
    cr_expect(pool->allows_on_demand);
    cr_expect(pool->allows_spot);
    cr_expect_null(pool->disabled_reason);
    cr_expect_eq(s.node_count, 2, "simulation.nodes comes before node_count");
    cr_expect_str_eq(cluster->id, "c");
    cr_expect_str_eq(cluster->provider, "aws");
    cr_expect_str_eq(cluster->region, "us-east-1");
    cr_expect_str_eq(cluster->type, "dedicated");
    char *problems = problems_text(&s);
    cr_expect_str_eq(problems, "warning: s.json: nodepools[0].warm_instances: has no effect: "
                               "without simulation.scaling the number of nodes changes by events "
                               "only\n");
    free(problems);
    scenario_release(&s);
}

Test(scenario_objects, what_has_no_effect_must_be_of_the_right_type)
{
    expect_problems(TOP "'compute_clusters':[{'id':'c','user_id':1,'managed_by':2}],"
                        "'nodepools':[{'id':'p','description':3,'metadata':4,'created_at':5,"
                        "'instance_types':[{'id':'g5.xlarge'}],'max_instances':1,'simulation':"
                        "{'nodes':1}}],"
                        "'deployments':[{'id':'d','user_id':6,'nodepools':"
                        "[{'id':'p'}],'simulation':{'num_replicas':0,'compute_info':{}}}]}",
                    "error: s.json: compute_clusters[0].user_id: is a number: give text\n"
                    "error: s.json: compute_clusters[0].managed_by: is a number: give text\n"
                    "error: s.json: nodepools[0].description: is a number: give text\n"
                    "error: s.json: nodepools[0].metadata: is a number: give an object\n"
                    "error: s.json: nodepools[0].created_at: is a number: give text\n"
                    "error: s.json: deployments[0].user_id: is a number: give text\n");
}

Test(scenario_objects, bounds_and_nodes_of_a_pool_follow_its_properties)
{
    static const struct {
        const char *pool;
        int32_t min, max, nodes;
        const char *reason;  /* NULL: takes demand */
        const char *problem; /* a part of the only warning; NULL: none */
    } cases[] = {
        {"'max_instances':5,'simulation':{'nodes':2}", 0, 5, 2, NULL, NULL},
        {"'max_instances':5,'node_count':3", 0, 5, 3, NULL, NULL},
        {"'max_instances':5", 0, 5, 5, NULL, "starts with its max_instances of 5 nodes"},
        {"'max_instances':5,'enforced_max_instances':4", 0, 4, 4, NULL, "max_instances of 4"},
        {"'max_instances':5,'enforced_max_instances':9,'node_count':1", 0, 5, 1, NULL, NULL},
        {"'max_instances':0,'simulation':{'nodes':2}", 0, 0, 2, "max_instances is 0", NULL},
        {"'min_instances':2,'max_instances':0,'node_count':0", 0, 0, 0, "max_instances is 0", NULL},
        {"'simulation':{'nodes':2}", 0, 2, 2, NULL, "max_instances: is missing"},
        {"'enforced_max_instances':3,'simulation':{'nodes':2}", 0, 3, 2, NULL, NULL},
        {"'min_instances':3,'max_instances':5,'simulation':{'nodes':2}", 3, 5, 2, NULL,
         "2 nodes are fewer than min_instances, 3"},
        {"'max_instances':1,'simulation':{'nodes':2}", 0, 1, 2, NULL,
         "2 nodes are more than max_instances, 1"},
        {"'min_instances':4,'max_instances':5,'enforced_max_instances':2,'node_count':2", 2, 2, 2,
         NULL, NULL},
        {"'max_instances':5,'node_count':2,'status':2", 0, 5, 2, NULL, NULL},
        {"'max_instances':5,'node_count':2,'status':0", 0, 5, 2, NULL, NULL},
        {"'max_instances':5,'status':1", 0, 5, 0, NULL, "is pending: it starts without nodes"},
        {"'max_instances':5,'status':1,'simulation':{'nodes':2}", 0, 5, 2, NULL, NULL},
        {"'max_instances':5,'node_count':2,'status':'NODEPOOL_STATUS_ERROR',"
         "'status_description':'no quota'",
         0, 5, 2, "status ERROR: no quota", NULL},
        {"'max_instances':5,'node_count':2,'status':4", 0, 5, 2, "status DELETED", NULL},
        {"'max_instances':5,'node_count':2,'special_handling':[{'reason':'CONTACT_SALES'}]", 0, 5,
         2, "special handling CONTACT_SALES is not done", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario s;
        char text[2000];
        snprintf(text, sizeof text, "%s%s}]}",
                 TOP "'nodepools':[{'id':'p','instance_types':[" TYPE "],", cases[i].pool);
        load_good(&s, text);
        char *problems = problems_text(&s);
        const struct pool_def *pool = &s.pools[0];
        cr_expect_eq(pool->min_instances, cases[i].min, "%s", cases[i].pool);
        cr_expect_eq(pool->max_instances, cases[i].max, "%s", cases[i].pool);
        cr_expect_eq(s.node_count, cases[i].nodes, "%s", cases[i].pool);
        cr_expect_str_eq(pool->disabled_reason ? pool->disabled_reason : "",
                         cases[i].reason ? cases[i].reason : "", "%s", cases[i].pool);
        cr_expect_eq(s.problems.count, cases[i].problem ? 1 : 0, "%s: %s", cases[i].pool, problems);
        if (cases[i].problem)
            cr_expect_not_null(strstr(problems, cases[i].problem), "%s: %s", cases[i].pool,
                               problems);
        free(problems);
        scenario_release(&s);
    }
}

Test(scenario_objects, types_that_a_pool_cannot_have_are_left_out)
{
    struct scenario s;
    load_good(&s,
              TOP "'nodepools':[{'id':'p','max_instances':1,'simulation':{'nodes':1},"
                  "'node_capacity_type':{'capacity_types':['ON_DEMAND_TYPE']},'instance_types':["
                  "{'id':'a3-highgpu-1g'},{'id':'a3-highgpu-8g'}]},"
                  "{'id':'q','max_instances':1,'simulation':{'nodes':1},'instance_types':["
                  "{'id':'a3-highgpu-1g'}]}]}");
    char *problems = problems_text(&s);
    cr_expect_eq(s.pools[0].type_count, 1);
    cr_expect_str_eq(type_of(&s, "p")->id, "a3-highgpu-8g");
    cr_expect_eq(s.pools[1].type_count, 1, "without node_capacity_type all types are usable");
    cr_expect_str_eq(problems,
                     "warning: s.json: nodepools[0].instance_types[0].id: \"a3-highgpu-1g\" is not "
                     "used here: it is not offered as ON_DEMAND_TYPE, which is what "
                     "node_capacity_type asks for\n");
    free(problems);
    scenario_release(&s);
}

Test(scenario_objects, pools_of_one_id_are_told_apart_by_their_clusters)
{
    struct scenario s;
    char name[NODE_NAME_SIZE];
#define IN(CLUSTER)                                                                                \
    "{'id':'p','compute_cluster':{'id':'" CLUSTER "'},'instance_types':[" TYPE                     \
    "],'max_instances':1,'simulation':{'nodes':1}}"
    load_good(&s, TOP "'nodepools':[" IN("a") "," IN(
                      "b") "],'runners':["
                           "{'id':'x','nodepool':{'id':'p','compute_cluster':{'id':'b'}}," INFO "},"
                           "{'id':'y','nodepool':{'id':'p','compute_cluster':{'id':'a'}}," INFO
                           ",'simulation':{'nodepools':['b/p']}}],"
                           "'events':[{'at':1,'cordon_node':{'node':'b/p-0'}}]}");
    cr_expect_str_eq(s.pools[0].id, "a/p");
    cr_expect_str_eq(s.pools[1].id, "b/p");
    cr_expect_eq(runner_of(&s, "x")->pool, 1);
    cr_expect_eq(runner_of(&s, "y")->pool, 0);
    cr_expect_eq(shape_of(&s, "y")->pool_count, 2);
    cr_expect_str_eq(scenario_node_name(&s, &s.nodes[1], name), "b/p-0");
    scenario_release(&s);
}

/* ---- apiDeployment ---- */

#define SERVED                                                                                     \
    "'worker':{'model':{'id':'m','model_version':{'id':'1','num_threads':4,"                       \
    "'inference_compute_info':{'cpu_limit':'3','cpu_memory':'14Gi'}}}}"
#define TWO_POOLS                                                                                  \
    TOP "'nodepools':[" POOL ",{'id':'q','instance_types':[" TYPE                                  \
        "],'max_instances':1,'simulation':{'nodes':1}}],"

Test(scenario_objects, a_deployment_becomes_a_runner_for_each_nodepool)
{
    struct scenario s;
    load_good(&s, TWO_POOLS
              "'runners':[{'id':'z','nodepool':{'id':'p'}," INFO "}],'deployments':[{'id':'d',"
              "'user_id':'u','description':'words','metadata':{'a':1}," SERVED
              ",'autoscale_config':{'min_replicas':2,'soft_min_replicas':1,'max_replicas':4},"
              "'scheduling_choice':'UTILIZATION','deployment_nodepools':[{'id':'p','priority':7},"
              "{'id':'q'}],'deployment_metrics':{},'visibility':{}}]}");
    cr_assert_eq(s.deployment_count, 1);
    const struct deployment_def *d = &s.deployments[0];
    cr_expect_str_eq(d->id, "d");
    cr_expect_eq(d->scheduling_choice, 6);
    cr_expect_eq(d->runner_count, 2);
    cr_expect_not(d->is_disabled);
    cr_expect_eq(d->first_runner, runner_at(&s, "d-p"));
    cr_expect_eq(d->first_runner + 1, runner_at(&s, "d-q"));
    const struct runner_def *p = runner_of(&s, "d-p");
    const struct runner_def *q = runner_of(&s, "d-q");
    cr_expect_eq(p->priority, 7);
    cr_expect_eq(q->priority, 0);
    cr_expect_eq(p->num_replicas, 3);
    cr_expect_eq(p->floor, 2);
    cr_expect_eq(p->num_threads, 4);
    cr_expect_eq(p->deployment, 0);
    cr_expect_str_eq(p->worker, "model:m@1");
    cr_expect_str_eq(p->extra->description, "words");
    cr_expect_eq(shape_of(&s, "d-p")->cpu_milli, 3000);
    cr_expect_eq(shape_of(&s, "d-p")->mem_bytes, 14 * GIB);
    cr_expect_eq(shape_of(&s, "d-p")->pools[0], 0);
    cr_expect_eq(shape_of(&s, "d-q")->pools[0], 1);
    cr_expect_eq(runner_of(&s, "z")->deployment, NO_INDEX);
    scenario_release(&s);
}

Test(scenario_objects, replicas_of_a_deployment_follow_its_properties)
{
    static const struct {
        const char *deployment;
        int32_t num_replicas, floor;
        enum packing packing;
        int64_t cpu_milli;
    } cases[] = {
        {"'autoscale_config':{'min_replicas':1,'max_replicas':5}", 1, 1, PACKING_SHARED, 3000},
        {"'autoscale_config':{'min_replicas':2,'soft_min_replicas':4,'max_replicas':5}", 5, 2,
         PACKING_SHARED, 3000},
        {"'autoscale_config':{'max_replicas':5}", 0, 0, PACKING_SHARED, 3000},
        {"'status':'ENABLED'", 0, 0, PACKING_SHARED, 3000},
        {"'simulation':{'num_replicas':4}", 4, 0, PACKING_SHARED, 3000},
        {"'autoscale_config':{'min_replicas':2,'max_replicas':3},'simulation':{'num_replicas':1}",
         1, 1, PACKING_SHARED, 3000},
        {"'autoscale_config':{'min_replicas':2,'max_replicas':3},'status':1", 0, 0, PACKING_SHARED,
         3000},
        {"'status':'DISABLED','simulation':{'num_replicas':4}", 0, 0, PACKING_SHARED, 3000},
        {"'autoscale_config':{'disable_packing':true}", 0, 0, PACKING_ISOLATED, 3000},
        {"'autoscale_config':{'enable_packing':false}", 0, 0, PACKING_ISOLATED, 3000},
        {"'autoscale_config':{'disable_packing':true},'simulation':{'packing':'shared'}", 0, 0,
         PACKING_SHARED, 3000},
        {"'simulation':{'compute_info':{'cpu_limit':'1'},'num_replicas':1}", 1, 0, PACKING_SHARED,
         1000},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario s;
        char text[2000];
        snprintf(text, sizeof text, "%s%s}]}",
                 HEAD "'deployments':[{'id':'d','nodepools':[{'id':'p'}]," SERVED ",",
                 cases[i].deployment);
        load_good(&s, text);
        const struct runner_def *r = runner_of(&s, "d-p");
        cr_expect_eq(r->num_replicas, cases[i].num_replicas, "%s", cases[i].deployment);
        cr_expect_eq(r->floor, cases[i].floor, "%s", cases[i].deployment);
        cr_expect_eq(shape_of(&s, "d-p")->packing, cases[i].packing, "%s", cases[i].deployment);
        cr_expect_eq(shape_of(&s, "d-p")->cpu_milli, cases[i].cpu_milli, "%s", cases[i].deployment);
        scenario_release(&s);
    }
}

Test(scenario_objects, what_has_no_effect_is_said_once_for_each_key)
{
    expect_problems(
        HEAD "'deployments':[{'id':'a','nodepools':[{'id':'p'}],'worker':{'model':{'id':'a'}},"
             "'scheduling_choice':3,'deploy_latest_version':true,'graceful_deploy':true,"
             "'email_reminder_after':'3600s','autoscale_config':{'min_replicas':1,'max_replicas':2,"
             "'traffic_history_seconds':300,'scale_up_delay_seconds':300,"
             "'scale_down_delay_seconds':300,'scale_to_zero_delay_seconds':1800},"
             "'simulation':{'compute_info':{}}},"
             "{'id':'b','nodepools':[{'id':'p'}],'worker':{'model':{'id':'b'}},"
             "'scheduling_choice':4,'autoscale_config':{'min_replicas':1,'max_replicas':2,"
             "'scale_up_delay_seconds':300},'simulation':{'compute_info':{}}}]}",
        "warning: s.json: deployments[0].autoscale_config.traffic_history_seconds: has no effect: "
        "the number of replicas changes by events only\n"
        "warning: s.json: deployments[0].autoscale_config.scale_up_delay_seconds: has no effect: "
        "the number of replicas changes by events only\n"
        "warning: s.json: deployments[0].autoscale_config.scale_down_delay_seconds: has no effect: "
        "the number of replicas changes by events only\n"
        "warning: s.json: deployments[0].autoscale_config.scale_to_zero_delay_seconds: has no "
        "effect: the number of replicas changes by events only\n"
        "warning: s.json: deployments[0].scheduling_choice: has no effect: each nodepool has its "
        "own replicas, and the policy chooses the nodes\n"
        "warning: s.json: deployments[0].deploy_latest_version: has no effect: versions change "
        "by deploy events only\n"
        "warning: s.json: deployments[0].email_reminder_after: has no effect: no mail is sent\n");
}

Test(scenario_objects, a_deployment_that_waits_for_handling_is_blocked)
{
    struct scenario s;
    load_good(&s, HEAD "'deployments':[{'id':'d','nodepools':[{'id':'p'}]," SERVED
                       ",'special_handling':[{'id':'x'}]}]}");
    cr_expect_str_eq(runner_of(&s, "d-p")->blocked_by, "REASON_NOT_SET");
    scenario_release(&s);
}

Test(scenario_objects, pools_that_are_pasted_in_full_define_themselves_once)
{
    struct scenario s;
#define PASTED(MAX)                                                                                \
    "{'id':'x','compute_cluster':{'id':'c','cloud_provider':{'id':'aws'},'region':'us-east-1'},"   \
    "'instance_types':[{'id':'g5.2xlarge'}],'max_instances':" MAX ",'node_count':1}"
    load_good(
        &s,
        TOP "'deployments':[{'id':'d','nodepools':[" PASTED(
            "1") "]," SERVED "},"
                 "{'id':'e','deployment_nodepools':[{'id':'x','compute_cluster':{'id':'c'},"
                 "'priority':3,'nodepool':" PASTED(
                     "2") "}],'worker':{'workflow':{'id':'w'}},"
                          "'simulation':{'compute_info':{}}}],"
                          "'runners':[{'id':'r'," INFO ",'nodepool':" PASTED(
                              "3") "},"
                                   "{'id':'s'," INFO
                                   ",'nodepool':{'id':'y','instance_types':[{'id':'g5.xlarge'}],"
                                   "'max_instances':1,'simulation':{'nodes':1}}}]}");
    cr_expect_eq(s.pool_count, 2);
    cr_expect_eq(s.node_count, 2);
    cr_expect_eq(s.pools[0].max_instances, 1, "the first one counts");
    cr_expect_eq(runner_of(&s, "e-x")->priority, 3);
    cr_expect_eq(runner_of(&s, "r")->pool, 0);
    cr_expect_eq(runner_of(&s, "s")->pool, 1);
    scenario_release(&s);
}

/* ---- warnings ---- */

Test(scenario_objects, what_is_odd_but_usable_is_warned_of)
{
    static const struct {
        const char *text, *warning; /* behind "warning: s.json: " */
    } cases[] = {
        {TOP "'compute_clusters':[{'id':'c','cluster_type':'huge'}],'nodepools':[" POOL "]}",
         "compute_clusters[0].cluster_type: \"huge\" is not a known type of cluster: shared, "
         "dedicated or local-dev are\n"},
        {TOP "'nodepools':[" POOL "],'instance_types':[{'id':'x','compute_info':{},"
             "'special_handling':[{'reason':'INTERNAL_ONLY'}]}]}",
         "instance_types[0].special_handling: INTERNAL_ONLY is not done: the type is taken as "
         "usable all the same\n"},
        {HEAD "'runners':[{'id':'r','nodepool':{'id':'p'},'compute_info':"
              "{'accelerator_memory':'8Gi'}}]}",
         "runners[0].compute_info.accelerator_memory: is given without accelerators: it has no "
         "effect\n"},
        {HEAD "'deployments':[{'id':'d','nodepools':[{'id':'p'}]," SERVED
              ",'autoscale_config':{'max_replicas':2},'simulation':{'num_replicas':3}}]}",
         "deployments[0].simulation.num_replicas: 3 is above max_replicas, 2\n"},
        {HEAD "'deployments':[{'id':'d','nodepools':[{'id':'p'}]," SERVED "}]}",
         "deployments[0].simulation.num_replicas: is not given, and min_replicas is 0: no replica "
         "is started\n"},
        {HEAD "'deployments':[{'id':'d','nodepools':[{'id':'p'}]," SERVED
              ",'autoscale_config':{'min_replicas':1,'max_replicas':1,'enable_packing':true}}]}",
         "deployments[0].autoscale_config.enable_packing: is an old key: taken as the opposite of "
         "disable_packing\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char expected[500];
        snprintf(expected, sizeof expected, "warning: s.json: %s", cases[i].warning);
        expect_problems(cases[i].text, expected);
    }
}

Test(scenario_objects, a_desired_worker_stands_in_for_a_worker)
{
    struct scenario s;
    load_good(&s, HEAD "'deployments':[{'id':'d','nodepools':['p'],'desired_worker':{'model':"
                       "{'id':'m'}},'simulation':{'compute_info':{}}},{'id':'e',"
                       "'deployment_nodepools':[{'nodepool':{'id':'p'},'priority':1}],"
                       "'worker':{'model':{'id':'n'}},'desired_worker':{'model':{'id':'o'}},"
                       "'simulation':{'compute_info':{}}}]}");
    cr_expect_str_eq(runner_of(&s, "d-p")->worker, "model:m");
    cr_expect_str_eq(runner_of(&s, "e-p")->worker, "model:n");
    scenario_release(&s);
}
