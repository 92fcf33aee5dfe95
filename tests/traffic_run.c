/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/traffic_run.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/load_text.h"

void traffic_run_text(struct traffic_run *run, const char *text)
{
    struct err err = {0};
    struct sim_options options = {.check = true};
    load_good(&run->scenario, text);
    cr_assert_eq(sim_init(&run->sim, &run->scenario, &options, &err), 0, "%s", err.text);
    cr_assert_eq(sim_run(&run->sim, &err), 0, "%s", err.text);
}

void traffic_run_release(struct traffic_run *run)
{
    sim_release(&run->sim);
    scenario_release(&run->scenario);
}

enum { TEXT_SIZE = 8192 };

void traffic_run_deployment(struct traffic_run *run, const char *top, const char *deployment,
                            const char *simulation)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text,
             "{'stowage':1,%s,'nodepools':[{'id':'p','instance_types':[{'id':'m','compute_info':"
             "{'cpu_limit':'8','cpu_memory':'32Gi'}}],'max_instances':4,'simulation':{'nodes':4}}],"
             "'deployments':[{'id':'d','nodepools':[{'id':'p'}],%s'simulation':{'compute_info':"
             "{'cpu_limit':'1','cpu_memory':'1Gi'},%s}}]}",
             top, deployment, simulation);
    traffic_run_text(run, text);
}
