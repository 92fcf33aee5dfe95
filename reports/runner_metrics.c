/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/runner_metrics.h"

#include "base/json_writer.h"
#include "base/units.h"

static int64_t saturate(int128 value)
{
    return value > UINT32_MAX ? (int64_t)UINT32_MAX : (int64_t)value;
}

static void print_runner(const struct sim *sim, int32_t runner, FILE *out)
{
    char name[RUNNER_NAME_SIZE];
    struct json_writer w;
    const struct runner_stats *stats = &sim->metrics.runners[runner];
    int128 running_us = runner_area(stats, &stats->running, sim->now_us);
    json_writer_init(&w, out, true);
    json_object(&w, NULL);
    json_string(&w, "id", sim_runner_name(sim, runner, name));
    json_object(&w, "runner_metrics");
    json_int(&w, "pods_total", sim->sched.runners[runner].live);
    json_int(&w, "pods_running", stats->running.value);
    json_int(&w, "total_pods_running_time_s", saturate(running_us / US_PER_S));
    json_int(&w, "pods_preempted_total", metrics_rare(&sim->metrics, runner)->evicted_count);
    json_close_object(&w);
    json_close_object(&w);
}

void runner_metrics_print(const struct report_view *view, FILE *out)
{
    for (int32_t i = 0; i < view->sim->runner_count; i++)
        if (report_view_selects(view, i))
            print_runner(view->sim, i, out);
}
