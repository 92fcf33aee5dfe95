/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Scenarios of several files: folders, includes, standard input, and streams of runners and nodes.
 */

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
#define POOL "{'id':'p','instance_types':[" TYPE "],'max_instances':4,'simulation':{'nodes':2}}"
#define TOP "{'stowage':1,'horizon':'1h',"
#define HEAD TOP "'nodepools':[" POOL "]"

/* ---- folders, includes, standard input ---- */

Test(scenario_files, a_folder_stands_for_its_scenario_and_names_it)
{
    struct scenario s;
    struct err err;
    char folder[300];
    snprintf(folder, sizeof folder, "%s", write_text_file("scenario.json", HEAD "}"));
    *strrchr(folder, '/') = '\0';
    cr_assert_eq(scenario_load(&s, folder, &err), 0, "%s", err.text);
    cr_expect_str_eq(s.name, strrchr(folder, '/') + 1);
    cr_expect_eq(s.pool_count, 1);
    scenario_release(&s);
}

Test(scenario_files, a_folder_without_a_scenario_is_an_error)
{
    struct scenario s;
    struct err err = {0};
    char folder[300];
    snprintf(folder, sizeof folder, "%s", write_text_file("x.json", HEAD "}"));
    *strrchr(folder, '/') = '\0';
    cr_assert_eq(scenario_load(&s, folder, &err), -1);
    cr_expect_eq(err.kind, ERR_INPUT);
    cr_assert_eq(s.problems.count, 1);
    cr_expect_not_null(strstr(s.problems.items[0].text,
                              ": is a folder without a scenario.json: give a scenario file, or a "
                              "folder that holds one"));
    scenario_release(&s);
}

Test(scenario_files, a_file_that_is_not_there_is_an_error_of_the_input)
{
    struct scenario s;
    struct err err = {0};
    cr_assert_eq(scenario_load(&s, "/no/such/file.json", &err), -1);
    cr_expect_eq(err.kind, ERR_INPUT);
    cr_expect_str_eq(err.text, "1 error, 0 warnings");
    cr_expect_str_eq(s.problems.items[0].text, "/no/such/file.json: No such file or directory");
    scenario_release(&s);
    cr_assert_eq(scenario_load(&s, "", &err), -1);
    cr_expect_eq(s.problems.error_count, 1);
    scenario_release(&s);
}

Test(scenario_files, a_file_that_cannot_be_read_is_an_error_of_the_system)
{
    struct scenario s;
    struct err err = {0};
    /* Root may read everything, but not itself through this. */
    cr_assert_eq(scenario_load(&s, "/proc/self/mem", &err), -1);
    cr_expect_eq(err.kind, ERR_SYSTEM);
    cr_expect_not_null(strstr(err.text, "/proc/self/mem: "), "%s", err.text);
    scenario_release(&s);
}

Test(scenario_files, standard_input_is_read)
{
    struct scenario s;
    struct err err = {0};
    cr_assert_not_null(freopen(write_text_file("in.json", HEAD "}"), "r", stdin));
    cr_assert_eq(scenario_load(&s, "-", &err), 0, "%s", err.text);
    cr_expect_str_eq(s.name, "standard input");
    cr_expect_str_eq(s.file, "-");
    scenario_release(&s);
}

Test(scenario_files, included_files_add_to_the_arrays_in_order)
{
    struct scenario s;
#define RUN(ID) "{'id':'" ID "','nodepool':{'id':'p'},'compute_info':{'cpu_limit':1}}"
    write_text_file("deep.json", "{'stowage':1,'runners':[" RUN("d") "]}");
    write_text_file("one.json", "{'include':['deep.json'],'runners':[" RUN("b") "," RUN("c") "]}");
    write_text_file("two.json", "{'status':{'code':10000},'nodepools':[" POOL "]}");
    load_good(&s, TOP "'include':['one.json','two.json'],'runners':[" RUN("a") "]}");
    static const char *const ids[] = {"a", "b", "c", "d"};
    cr_assert_eq(s.runner_count, 4);
    for (int32_t i = 0; i < 4; i++)
        cr_expect_str_eq(s.runners[i].id, ids[i]);
    cr_expect_eq(s.pool_count, 1);
    scenario_release(&s);
}

/* As GetDeployment and the like answer. */
Test(scenario_files, an_included_answer_may_hold_one_object)
{
    struct scenario s;
    write_text_file("pool.json", "{'status':{'code':10000},'nodepool':" POOL "}");
    write_text_file("runner.json", "{'runner':" RUN("a") ",'status':{'code':10000}}");
    write_text_file(
        "deployment.json",
        "{'deployment':{'id':'d','nodepools':[{'id':'p'}],'simulation':{'num_replicas':2,"
        "'compute_info':{'cpu_limit':1}}}}");
    load_good(&s, TOP "'include':['pool.json','runner.json','deployment.json']}");
    cr_expect_eq(s.pool_count, 1);
    cr_assert_eq(s.runner_count, 2);
    cr_expect_str_eq(runner_of(&s, "d-p")->id, "d-p");
    cr_expect_str_eq(runner_of(&s, "a")->id, "a");
    scenario_release(&s);
    write_text_file("runner.json", "{'runner':['a']}");
    expect_problems(TOP "'include':['pool.json','runner.json']}",
                    "error: runner.json: runner: is an array: give an object\n");
}

/* ---- runners_file ---- */

static const char csv_runners[] =
    "id,nodepool,cpu,memory,accelerators,accelerator_memory,accelerator_type,share_milli,"
    "num_replicas,min_replicas,priority,arrival,departure,duration,startup,max_wait,labels,worker\n"
    "a,p,500m,1Gi,1,8Gi,NVIDIA-*|X,250,4,2,9,10.5,30m,1h,90s,5m,qos:LS|team,w1\n"
    "b,p,2,4Gi,,,,,,,,,,,,,,\n"
    "\"c, quoted\",p,,,,,,,,,,,,,,,,\n";

static const char json_runners[] =
    "{'id':'a','nodepool':{'id':'p'},'compute_info':{'cpu_requests':'500m','cpu_memory_requests':"
    "'1Gi','num_accelerators':1,'accelerator_memory':'8Gi','accelerator_type':['NVIDIA-*','X']},"
    "'num_replicas':4,'min_replicas':2,'priority':9,'labels':['qos:LS','team'],"
    "'worker':{'model':{'id':'w1'}},'simulation':{'share_milli':250,'arrival':10.5,'departure':"
    "'30m','replica_duration':'1h','startup':'90s','max_wait':'5m'}}\n"
    "\n"
    "{'runner':{'id':'b','nodepool':{'id':'p'},'num_replicas':1,"
    "'compute_info':{'cpu_limit':2,'cpu_memory':'4Gi'}}}\r\n"
    "{'id':'c, quoted','nodepool':{'id':'p'},'num_replicas':1,'compute_info':{}}";

static void check_runners(const struct scenario *s, const char *worker)
{
    cr_assert_eq(s->runner_count, 3);
    const struct runner_def *a = runner_of(s, "a");
    const struct shape *shape = shape_of(s, "a");
    cr_expect_eq(shape->cpu_milli, 500);
    cr_expect_eq(shape->mem_bytes, INT64_C(1) << 30);
    cr_expect_eq(shape->device_count, 1);
    cr_expect_eq(shape->device_mem_bytes, INT64_C(8) << 30);
    cr_expect_eq(shape->type_pattern_count, 2);
    cr_expect_str_eq(shape->type_patterns[0], "NVIDIA-*");
    cr_expect_eq(shape->sharing, SHARING_MILLI);
    cr_expect_eq(shape->share_milli, 250);
    cr_expect_eq(a->num_replicas, 4);
    cr_expect_eq(a->floor, 2);
    cr_expect_eq(a->priority, 9);
    cr_expect_eq(a->arrival_us, 10500000);
    cr_expect_eq(a->departure_us, INT64_C(1800) * US_PER_S);
    cr_expect_eq(s->dists[a->duration].a, 3.6e9);
    cr_expect_eq(s->dists[a->startup].a, 9e7);
    cr_expect_eq(a->max_wait_us, INT64_C(300) * US_PER_S);
    cr_expect_str_eq(a->extra->labels, "[\"qos:LS\",\"team\"]");
    cr_expect_str_eq(a->worker, worker);
    cr_expect_eq(shape_of(s, "b")->cpu_milli, 2000);
    cr_expect_eq(runner_of(s, "b")->num_replicas, 1);
    cr_expect_eq(runner_of(s, "b")->min_replicas, 0);
    cr_expect_eq(runner_of(s, "b")->departure_us, TIME_NEVER);
    cr_expect_null(runner_of(s, "b")->extra);
    cr_expect_eq(shape_of(s, "c, quoted")->cpu_milli, 0);
}

Test(scenario_files, runners_come_from_csv)
{
    struct scenario s;
    write_text_file("r.csv", csv_runners);
    load_good(&s, HEAD ",'runners_file':'r.csv'}");
    check_runners(&s, "w1");
    scenario_release(&s);
}

Test(scenario_files, runners_come_from_json_lines)
{
    struct scenario s;
    write_text_file("r.jsonl", json_runners);
    load_good(&s, HEAD ",'runners_file':'r.jsonl'}");
    check_runners(&s, "model:w1");
    scenario_release(&s);
}

Test(scenario_files, limits_of_csv_are_limits)
{
    struct scenario s;
    write_text_file("r.csv", "id,nodepool,cpu_limit,memory_limit,cpu\na,p,4,8Gi,1\nb,p,4,8Gi,\n");
    load_good(&s, HEAD ",'runners_file':'r.csv'}");
    cr_expect_eq(shape_of(&s, "a")->cpu_milli, 1000);
    cr_expect_eq(shape_of(&s, "a")->mem_bytes, INT64_C(8) << 30);
    cr_expect_eq(shape_of(&s, "b")->cpu_milli, 4000);
    scenario_release(&s);
}

Test(scenario_files, streamed_runners_follow_those_of_the_scenario)
{
    struct scenario s;
    write_text_file("r.csv", "nodepool,id\np,z\n");
    load_good(&s, HEAD ",'runners_file':'r.csv','runners':[" RUN(
                      "y") "],'deployments':[{'id':'x',"
                           "'nodepools':[{'id':'p'}],'worker':{'model':{'id':'x'}},"
                           "'simulation':{'compute_info':{},'num_replicas':1}}],"
                           "'events':[{'at':1,'depart':{'runner':'z'}}]}");
    static const char *const ids[] = {"x-p", "y", "z"};
    for (int32_t i = 0; i < 3; i++)
        cr_expect_str_eq(s.runners[i].id, ids[i]);
    cr_expect_eq(s.events[0].runner, 2);
    scenario_release(&s);
}

/* ---- nodes_file ---- */

#define BARE "{'id':'p','instance_types':[" TYPE ",{'id':'g5.xlarge'}],'max_instances':9}"
#define LONE "{'id':'q','instance_types':[" TYPE "],'max_instances':9,'simulation':{'nodes':1}}"

static void check_nodes(const char *file)
{
    struct scenario s;
    char text[1000];
    char name[NODE_NAME_SIZE];
    static const char *const names[] = {"q-0", "p-0", "p-1", "mine", "q-1"};
    static const char *const types[] = {"m", "g5.xlarge", "g5.xlarge", "m", "m"};
    snprintf(text, sizeof text, TOP "'nodepools':[" BARE "," LONE "],'nodes_file':'%s'}", file);
    load_good(&s, text);
    cr_expect_eq(s.problems.count, 0);
    cr_assert_eq(s.node_count, 5);
    for (int32_t i = 0; i < 5; i++) {
        cr_expect_str_eq(scenario_node_name(&s, &s.nodes[i], name), names[i]);
        cr_expect_str_eq(s.types[s.nodes[i].type].id, types[i]);
    }
    cr_expect_str_eq(s.nodes[3].zone, "z");
    cr_expect_null(s.nodes[4].zone);
    scenario_release(&s);
}

Test(scenario_files, nodes_come_from_csv)
{
    write_text_file("n.csv", "nodepool,instance_type,name,zone,count\np,g5.xlarge,,,2\n"
                             "p,m,mine,z,\nq,,,,\n");
    check_nodes("n.csv");
}

Test(scenario_files, nodes_come_from_json_lines)
{
    write_text_file("n.jsonl",
                    "{'nodepool':'p','instance_type':'g5.xlarge','count':2}\n"
                    "{'nodepool':{'id':'p'},'instance_type':'m','name':'mine','zone':'z'}\n"
                    "{'nodepool':'q'}\n");
    check_nodes("n.jsonl");
}

Test(scenario_files, all_files_are_in_the_digest)
{
    struct scenario first, second;
    write_text_file("r.csv", "id,nodepool\na,p\n");
    load_good(&first, HEAD ",'runners_file':'r.csv'}");
    write_text_file("r.csv", "id,nodepool\nb,p\n");
    load_good(&second, HEAD ",'runners_file':'r.csv'}");
    cr_expect_str_neq(first.digest, second.digest);
    scenario_release(&first);
    scenario_release(&second);
}

/* ---- very many errors ---- */

Test(scenario_files, errors_beyond_a_thousand_are_counted)
{
    enum { LINES = 1200 };
    struct scenario s;
    struct err err = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cr_assert_not_null(out);
    for (int i = 0; i < LINES; i++)
        fprintf(out, "{'id':'r%d','nodepool':'q','compute_info':{},'simulation':{'z':1}}\n", i);
    fclose(out);
    write_text_file("r.jsonl", text);
    cr_assert_eq(load_text(&s, HEAD ",'runners_file':'r.jsonl'}", &err), -1);
    cr_expect_str_eq(err.text, "2400 errors, 0 warnings");
    cr_expect_eq(s.problems.count, PROBLEMS_MAX);
    cr_expect_eq(s.problems.unlisted, 2 * LINES - PROBLEMS_MAX);
    scenario_release(&s);
    free(text);
}
