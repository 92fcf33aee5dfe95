/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Memory that runs out: each allocation of scenario_load fails once. */

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/scenario.h"
#include "tests/failing_alloc.h"
#include "tests/load_text.h"

/* cJSON is a shared library; through these its allocations fail too. */
static void *allocate(size_t size)
{
    return malloc(size);
}

static void release(void *memory)
{
    free(memory);
}

static const char scenario_text[] =
    "{'stowage':1,'horizon':'1h','start':'2026-01-05T00:00:00Z','include':['inc.json'],"
    "'runners_file':'r.csv','nodes_file':'n.jsonl','unknown_pool':1,"
    "'compute_clusters':[{'id':'c','cloud_provider':{'id':'aws'},'region':'us-east-1'}],"
    "'nodepools':[{'id':'p','compute_cluster':{'id':'c'},'instance_types':[{'id':'g5.2xlarge'},"
    "{'id':'x','compute_info':{'num_accelerators':1,'accelerator_type':['T']}}],'max_instances':4,"
    "'metadata':{'a':1},'special_handling':[{'reason':1}],'status':3,'status_description':'broken',"
    "'simulation':{'nodes':[{'instance_type':'x','names':['n1','n2'],'zone':'z'}]}}],"
    "'deployments':[{'id':'d','nodepools':[{'id':'p'}],'worker':{'model':{'id':'m','user_id':'u',"
    "'model_version':{'id':'1','inference_compute_info':{'cpu_limit':1}}}},'new_key':1,"
    "'autoscale_config':{'min_replicas':1,'max_replicas':2,'scale_up_delay_seconds':3},"
    "'simulation':{'traffic':{'trace':{'file':'t.csv','requests_column':'n'},'service_time':1}}}],"
    "'arrivals':[{'name':'g','interarrival':'10s','runner':{'nodepool':{'id':'p'},"
    "'compute_info':{}}}],"
    "'events':[{'at':1,'drain_node':{'node':'n1'}},{'at':1,'cordon_node':{'node':'p-2'}},"
    "{'at':2,'add_nodes':{'nodepool':'p','instance_type':'x','zone':'z'}}]}";

/* The same with the unknown key, which is an error; or without. */
static const char *write_files(bool is_right)
{
    char text[sizeof scenario_text];
    snprintf(text, sizeof text, "%s", scenario_text);
    char *unknown = strstr(text, "'unknown_pool':1,");
    cr_assert_not_null(unknown);
    if (is_right)
        memmove(unknown, unknown + 17, strlen(unknown + 17) + 1);
    write_text_file("inc.json",
                    "{'runners':[{'id':'r','nodepool':{'id':'p'},'labels':['a'],'metadata':{},"
                    "'compute_info':{'num_accelerators':1,'accelerator_type':['T']},"
                    "'runner_metrics':{'pods_total':1},'worker':{'workflow':{'id':'w'}},"
                    "'simulation':{'startup':{'image_pull':{'distribution':'exponential',"
                    "'mean':'1s'},'load':'2s'},'nodepools':['p']}}]}");
    write_text_file("n.jsonl", "{'nodepool':'p','instance_type':'x','count':2}\n");
    write_text_file("r.csv", "id,nodepool,accelerators,accelerator_type,labels,worker\n"
                             "a,p,1,T|U,l|m,v\nb,p,,,,\n");
    write_text_file("t.csv", "time,n\n0,1\n1,2\n5,3\n6,1\n7,1\n8,1\n9,1\n10,1\n11,1\n");
    return write_text_file("s.json", text);
}

static int load_failing_at(const char *path, int64_t n, bool *has_failed, struct err *err)
{
    struct scenario scenario;
    failing_alloc_arm(n);
    int result = scenario_load(&scenario, path, err);
    *has_failed = failing_alloc_disarm();
    scenario_release(&scenario);
    return result;
}

static void fail_each(bool is_right)
{
    cJSON_Hooks hooks = {.malloc_fn = allocate, .free_fn = release};
    const char *path = write_files(is_right);
    int64_t n = 1;
    cJSON_InitHooks(&hooks);
    for (;; n++) {
        struct err err = {0};
        bool has_failed;
        int result = load_failing_at(path, n, &has_failed, &err);
        if (!has_failed) {
            cr_assert_eq(result, is_right ? 0 : -1, "%s", err.text);
            break;
        }
        cr_assert_eq(result, -1, "allocation %d failed unseen", (int)n);
        cr_assert_eq(err.kind, ERR_SYSTEM, "allocation %d: %s", (int)n, err.text);
    }
    cr_expect_gt(n, 200);
}

Test(scenario_memory, every_allocation_of_a_right_scenario_may_fail)
{
    fail_each(true);
}

Test(scenario_memory, every_allocation_of_a_wrong_scenario_may_fail)
{
    fail_each(false);
}
