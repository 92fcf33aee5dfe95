/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/view.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "reports/group_key.h"
#include "reports/occupants.h"

/* ---- selection ---- */

static const char *split_selection(const char *select, struct group_key *key, struct err *err)
{
    const char *equals = strchr(select, '=');
    if (equals == NULL) {
        char quoted[TEXT_QUOTE_SIZE];
        err_set(err, ERR_USAGE, "--select: %s: give KEY=VALUE", text_quote(select, quoted));
        return NULL;
    }
    if (group_key_parse(select, (size_t)(equals - select), "--select", key, err) != 0)
        return NULL;
    return equals + 1;
}

int report_options_check(const struct report_options *options, struct err *err)
{
    struct group_key key;
    if (options->group_by != NULL &&
        group_key_parse(options->group_by, strlen(options->group_by), "--group-by", &key, err) != 0)
        return -1;
    return options->select != NULL && split_selection(options->select, &key, err) == NULL ? -1 : 0;
}

static bool has_value(const struct value_list *values, const char *wanted)
{
    for (int32_t i = 0; i < values->count; i++)
        if (strcmp(values->items[i], wanted) == 0)
            return true;
    return false;
}

static int select_runners(struct report_view *view, struct err *err)
{
    const struct sim *sim = view->sim;
    struct group_key key;
    if (view->options->select == NULL)
        return 0;
    const char *wanted = split_selection(view->options->select, &key, err);
    if (wanted == NULL)
        return -1;
    view->is_selected = calloc((size_t)sim->runner_count + 1, sizeof *view->is_selected);
    int result = view->is_selected == NULL ? err_no_memory(err) : 0;
    for (int32_t i = 0; i < sim->runner_count && result == 0; i++) {
        struct value_list values = {0};
        result = group_values(sim, &key, i, &values, err);
        view->is_selected[i] = result == 0 && has_value(&values, wanted);
        value_list_release(&values);
    }
    return result;
}

bool report_view_selects(const struct report_view *view, int32_t runner)
{
    if (!view->sim->is_complete && !view->sim->runners[runner].has_arrived)
        return false;
    return view->is_selected == NULL || view->is_selected[runner];
}

/* ---- places ---- */

static int list_places(struct report_view *view, struct err *err)
{
    const struct sim *sim = view->sim;
    if (occupants_list(sim, &view->occupants, &view->occupant_count, err) != 0)
        return -1;
    view->bound_on_node = calloc((size_t)sim->node_count + 1, sizeof *view->bound_on_node);
    if (view->bound_on_node == NULL)
        return err_no_memory(err);
    for (int32_t i = 0; i < view->occupant_count; i++) {
        const struct replica *replica = &sim->sched.replicas[view->occupants[i]];
        if (replica_is_bound(replica))
            view->bound_on_node[replica->node]++;
    }
    return 0;
}

/* ---- all ---- */

static int fill_view(struct report_view *view, struct err *err)
{
    const struct sim *sim = view->sim;
    if (report_options_check(view->options, err) != 0 || select_runners(view, err) != 0 ||
        list_places(view, err) != 0)
        return -1;
    if (waiting_list_make(sim, &view->waiting, err) != 0 ||
        wait_stats_make(sim, view->waits, err) != 0 ||
        scope_costs_make(sim, &view->costs, err) != 0)
        return -1;
    if (packing_make(sim, view->bound_on_node, &view->packing, err) != 0 ||
        eviction_stats_make(sim, &view->evictions, err) != 0 ||
        node_starts_make(sim, &view->starts, err) != 0)
        return -1;
    totals_make(sim, &view->totals);
    bill_make(sim, &view->bill);
    traffic_stats_make(sim, &view->traffic);
    return 0;
}

int report_view_init(struct report_view *view, const struct sim *sim,
                     const struct report_options *options, struct err *err)
{
    assert(sim->is_finished);
    *view = (struct report_view){.sim = sim, .options = options, .end_us = sim->now_us};
    if (fill_view(view, err) == 0)
        return 0;
    report_view_release(view);
    return -1;
}

void report_view_release(struct report_view *view)
{
    free(view->is_selected);
    free(view->occupants);
    free(view->bound_on_node);
    free(view->costs);
    waiting_list_release(&view->waiting);
    packing_release(&view->packing);
    eviction_stats_release(&view->evictions);
    *view = (struct report_view){0};
}
