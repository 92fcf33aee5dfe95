/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "scenarios/edit.h"
#include "scenarios/scenario.h"
#include "tests/load_text.h"

static const char *const fleet =
    "{'stowage': 1, 'name': 'fleet', 'horizon': '1h', 'seed': 7,"
    " 'instance_types': [{'id': 'four', 'compute_info': {'cpu_limit': '4', 'cpu_memory': '16Gi'}},"
    "  {'id': 'eight', 'compute_info': {'cpu_limit': '8', 'cpu_memory': '32Gi'}}],"
    " 'nodepools': [{'id': 'cpu', 'instance_types': [{'id': 'four'}], 'max_instances': 2,"
    "                'simulation': {'nodes': 2}},"
    "               {'nodepool': {'id': 'big', 'instance_types': [{'id': 'eight'}],"
    "                'max_instances': 4, 'simulation': {'nodes': 1}}}],"
    " 'runners': [{'id': 'a', 'nodepool': {'id': 'cpu'}, 'num_replicas': 3,"
    "              'compute_info': {'cpu_limit': '2', 'cpu_memory': '4Gi'}},"
    "             {'id': '7', 'nodepool': {'id': 'big'}, 'num_replicas': 1,"
    "              'compute_info': {'cpu_limit': '2', 'cpu_memory': '4Gi'}}]}";

static int load_edited(struct scenario *scenario, const char *edits[], int32_t count)
{
    struct err err = {.kind = ERR_NONE};
    const struct edit_list list = {.items = edits, .count = count};
    return scenario_load_edited(scenario, write_text_file("s.json", fleet), &list, &err);
}

static void load_well(struct scenario *scenario, const char *edits[], int32_t count)
{
    int result = load_edited(scenario, edits, count);
    char *problems = problems_text(scenario);
    cr_assert_eq(result, 0, "%s", problems);
    cr_expect_str_eq(problems, "");
    free(problems);
}

Test(edits, change_what_is_there_and_add_what_is_not)
{
    const char *edits[] = {
        "scheduler.policy=worst-fit",
        "horizon=24h",
        "nodepools[big].max_instances=10",
        "nodepools[0].simulation.nodes=1",
        "runners[*].priority=5",
        "runners[\"7\"].num_replicas=4",
        "scheduler.preemption.enabled=true",
        "name=\"10\"",
        "runners[a].min_replicas=\"2\"",
        ("runners[+]={\"id\": \"b\", \"nodepool\": {\"id\": \"cpu\"}, \"num_replicas\": 1, "
         "\"compute_info\": {\"cpu_limit\": \"1\", \"cpu_memory\": \"1Gi\"}}"),
        "events[+]={\"at\": \"10m\", \"scale\": {\"runner\": \"a\", \"num_replicas\": 1}}",
        "seed=null",
    };
    struct scenario scenario;
    load_well(&scenario, edits, ARRAY_LEN(edits));
    cr_expect_str_eq(scenario.scheduler.policy->name, "worst-fit");
    cr_expect_eq(scenario.horizon_us, INT64_C(86400) * 1000000);
    cr_expect_str_eq(scenario.name, "10");
    cr_expect_eq(scenario.pools[1].max_instances, 10);
    cr_expect_eq(scenario.pools[0].max_instances, 2);
    cr_expect_eq(scenario.node_count, 2);
    cr_expect(scenario.scheduler.preemption_enabled);
    cr_assert_eq(scenario.runner_count, 3);
    cr_expect_eq(scenario.runners[0].priority, 5);
    cr_expect_eq(scenario.runners[1].priority, 5);
    cr_expect_eq(scenario.runners[1].num_replicas, 4);
    cr_expect_eq(scenario.runners[0].floor, 2);
    cr_expect_str_eq(scenario.runners[2].id, "b");
    cr_expect_eq(scenario.event_count, 1);
    cr_expect_eq(scenario.seed, 1, "null takes the key out, and the default holds");
    scenario_release(&scenario);
}

Test(edits, later_ones_see_what_earlier_ones_did)
{
    const char *edits[] = {"runners[a].num_replicas=9", "runners[a]=null", "runners[0].priority=3",
                           "runners[7].num_replicas=2"};
    struct scenario scenario;
    cr_expect_eq(load_edited(&scenario, edits, 4), -1, "7 without quotes is a position");
    scenario_release(&scenario);
    load_well(&scenario, edits, 3);
    cr_assert_eq(scenario.runner_count, 1);
    cr_expect_str_eq(scenario.runners[0].id, "7");
    cr_expect_eq(scenario.runners[0].priority, 3);
    scenario_release(&scenario);
}

Test(edits, reach_into_included_files_as_into_one_list)
{
    write_text_file("more.json",
                    "{'runners': [{'id': 'c', 'nodepool': {'id': 'p'}, 'num_replicas': "
                    "1, 'compute_info': {'cpu_limit': '1', 'cpu_memory': '1Gi'}}]}");
    const char *path = write_text_file(
        "s.json", "{'stowage': 1, 'horizon': '1h', 'include': ['more.json'],"
                  " 'instance_types': [{'id': 't', 'compute_info': {'cpu_limit': '4', "
                  "'cpu_memory': '16Gi'}}],"
                  " 'nodepools': [{'id': 'p', 'instance_types': [{'id': 't'}], 'max_instances': 1,"
                  " 'simulation': {'nodes': 1}}],"
                  " 'runners': [{'id': 'a', 'nodepool': {'id': 'p'}, 'num_replicas': 1,"
                  " 'compute_info': {'cpu_limit': '1', 'cpu_memory': '1Gi'}}]}");
    const char *edits[] = {"runners[c].priority=4", "runners[1].num_replicas=2",
                           "runners[0].priority=2"};
    struct scenario scenario;
    struct err err = {.kind = ERR_NONE};
    const struct edit_list list = {.items = edits, .count = 3};
    cr_assert_eq(scenario_load_edited(&scenario, path, &list, &err), 0, "%s", err.text);
    cr_expect_eq(runner_of(&scenario, "c")->priority, 4);
    cr_expect_eq(runner_of(&scenario, "c")->num_replicas, 2);
    cr_expect_eq(runner_of(&scenario, "a")->priority, 2);
    scenario_release(&scenario);
}

Test(edits, give_another_digest_and_none_gives_that_of_the_files)
{
    const char *edits[] = {"seed=7"};
    struct scenario plain, same, edited;
    load_good(&plain, fleet);
    load_well(&same, edits, 0);
    load_well(&edited, edits, 1);
    cr_expect_str_eq(plain.digest, same.digest);
    cr_expect_str_neq(plain.digest, edited.digest);
    cr_expect_str_eq(plain.digest, edited.files_digest);
    scenario_release(&plain);
    scenario_release(&same);
    scenario_release(&edited);
}

Test(edits, wrong_ones_are_told_with_their_path_and_what_is_there)
{
    static const struct {
        const char *edit, *problem;
    } cases[] = {
        {"nodepools[gpu].max_instances=1",
         "error: s.json: nodepools[gpu]: is not there: did you mean \"cpu\"? give cpu or big "
         "(in the edit \"nodepools[gpu].max_instances=1\")\n"},
        {"nodepools[bg].max_instances=1",
         "error: s.json: nodepools[bg]: is not there: give cpu or big (in the edit "
         "\"nodepools[bg].max_instances=1\")\n"},
        {"nodepools[2].max_instances=1",
         "error: s.json: nodepools[2]: is not there: give 0 to 1 (in the edit "
         "\"nodepools[2].max_instances=1\")\n"},
        {"nodepool[big].max_instances=1",
         "error: s.json: nodepool: is not a key of a scenario: did you mean \"nodepools\"? (in the "
         "edit \"nodepool[big].max_instances=1\")\n"},
        {"nodepools.max_instances=1",
         "error: s.json: nodepools: is an array: say which with [ID], [0] or [*] (in the edit "
         "\"nodepools.max_instances=1\")\n"},
        {"horizon[0]=1", "error: s.json: horizon: is no array: give a key of it, not [0] (in the "
                         "edit \"horizon[0]=1\")\n"},
        {"horizon.a=1", "error: s.json: horizon: is no object and has no key \"a\" (in the edit "
                        "\"horizon.a=1\")\n"},
        {"nodepools[big].max_instnces=1",
         "error: s.json: nodepools[1].nodepool.max_instnces: is not a key of apiNodepool: "
         "did you mean \"max_instances\"? (by the edit "
         "\"nodepools[big].max_instnces=1\")\n"},
        {"scheduler.polcy=fgd",
         "error: s.json: scheduler.polcy: is not a key of scheduler: did you "
         "mean \"policy\"? give policy, order, preemption, preempt_or_scale, popularity, "
         "performance_order or network_order (by the edit \"scheduler.polcy=fgd\")\n"},
        {"include=x.json",
         "error: s.json: include: is read before edits are made: change it in the "
         "file (in the edit \"include=x.json\")\n"},
        {"seed={\"a\":}", "error: s.json: seed: is given what is no JSON: value:1:6: a value is "
                          "expected, found } (in the edit \"seed={\\\"a\\\":}\")\n"},
        {"seed", "error: s.json: the edit \"seed\": there is no value: give PATH=VALUE, as in "
                 "nodepools[gpu].max_instances=10\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario scenario;
        const char *edits[] = {cases[i].edit};
        cr_expect_eq(load_edited(&scenario, edits, 1), -1, "%s", cases[i].edit);
        char *problems = problems_text(&scenario);
        cr_expect_str_eq(problems, cases[i].problem, "%s gives\n%s", cases[i].edit, problems);
        free(problems);
        scenario_release(&scenario);
    }
}

Test(edits, a_wrong_value_is_told_at_its_place_with_the_edit)
{
    struct scenario scenario;
    const char *edits[] = {"runners[a].num_replicas=-1", "scheduler={\"policy\": \"bst-fit\"}"};
    cr_expect_eq(load_edited(&scenario, edits, 2), -1);
    char *problems = problems_text(&scenario);
    cr_expect_not_null(strstr(problems, "(by the edit \"runners[a].num_replicas=-1\")"), "%s",
                       problems);
    cr_expect_not_null(strstr(problems, "s.json: scheduler.policy: "), "%s", problems);
    cr_expect_not_null(strstr(problems, "(by the edit \"scheduler={"), "%s", problems);
    free(problems);
    scenario_release(&scenario);
}

Test(edits, paths_are_read_whole_or_refused)
{
    static const struct {
        const char *text;
        int32_t step_count;
        const char *value;
    } cases[] = {
        {"a=1", 1, "1"},        {"a.b[c=d]=e=f", 3, "e=f"},
        {"a[\"]\"].b=", 3, ""}, {"a[+]={}", 2, "{}"},
        {"a", 0, NULL},         {"=1", 0, NULL},
        {"a[b=1", 0, NULL},     {"a..b=1", 0, NULL},
        {"a[]=1", 0, NULL},     {"a.b]=1", 0, NULL},
        {"[0]=1", 0, NULL},     {"a[0]b=1", 0, NULL},
        {"a[\"x]=1", 0, NULL},  {"a.=1", 0, NULL},
        {".a=1", 0, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct edit_path path;
        struct err err = {.kind = ERR_NONE};
        const char *value = NULL;
        int result = edit_parse(cases[i].text, &path, &value, &err);
        cr_expect_eq(result, cases[i].value != NULL ? 0 : -1, "%s", cases[i].text);
        if (result != 0)
            continue;
        cr_expect_eq(path.step_count, cases[i].step_count, "%s", cases[i].text);
        cr_expect_str_eq(value, cases[i].value);
        cr_expect_eq(cases[i].text + edit_path_length(cases[i].text) + 1, value);
    }
}
