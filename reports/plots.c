/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/plots.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/process.h"
#include "reports/plot_kinds.h"

enum { NAME_SIZE = 64, GNUPLOT_SECONDS_MAX = 120 };

static const struct plot *const plots[] = {
    &plot_utilization, &plot_pending, &plot_preemptions, &plot_runners,
    &plot_nodes,       &plot_packing, &plot_traffic,
};

const struct plot *const *plot_list(size_t *count)
{
    *count = ARRAY_LEN(plots);
    return plots;
}

typedef int write_function(const struct sim *sim, FILE *out, struct err *err);

static int write_file(const struct sim *sim, struct output_dir *dir, const char *name,
                      write_function *write, struct err *err)
{
    FILE *out = output_dir_create(dir, name, err);
    if (out == NULL)
        return -1;
    int written = write(sim, out, err);
    struct err close_err = {0};
    if (output_dir_close(dir, out, name, &close_err) != 0 && written == 0) {
        *err = close_err;
        return -1;
    }
    return written;
}

static const char *file_name(const char *plot, const char *extension, char out[NAME_SIZE])
{
    snprintf(out, NAME_SIZE, "plots/%s.%s", plot, extension);
    return out;
}

/* A picture that gnuplot left unfinished is worse than none. */
static int remove_pictures(const char *plot, const char *folder, struct err *err)
{
    static const char *const extensions[] = {"svg", "png"};
    for (size_t i = 0; i < ARRAY_LEN(extensions); i++) {
        char name[NAME_SIZE];
        size_t size = strlen(folder) + NAME_SIZE + 2;
        char *path = malloc(size);
        if (path == NULL)
            return err_no_memory(err);
        snprintf(path, size, "%s/%s", folder, file_name(plot, extensions[i], name));
        (void)unlink(path); /* it need not be there */
        free(path);
    }
    return 0;
}

int plots_draw(const char *plot, const struct output_dir *dir, struct report_outcome *outcome,
               struct err *err)
{
    char script[NAME_SIZE], detail[sizeof outcome->plot_detail - NAME_SIZE - 16];
    size_t size = strlen(dir->partial) + sizeof "/plots";
    char *folder = malloc(size);
    if (folder == NULL)
        return err_no_memory(err);
    snprintf(folder, size, "%s/plots", dir->partial);
    snprintf(script, sizeof script, "%s.gp", plot);
    const char *const argv[] = {"gnuplot", script, NULL};
    struct process_request request = {
        .argv = argv, .directory = folder, .seconds_max = GNUPLOT_SECONDS_MAX};
    enum process_outcome result = PROCESS_DONE;
    int status = process_run(&request, &result, detail, sizeof detail, err);
    free(folder);
    if (status != 0)
        return -1;
    if (result == PROCESS_DONE)
        return 0;
    outcome->plots = result == PROCESS_NOT_FOUND ? PLOTS_NO_GNUPLOT : PLOTS_FAILED;
    if (result == PROCESS_FAILED)
        snprintf(outcome->plot_detail, sizeof outcome->plot_detail, "plots/%s: %s", script, detail);
    return remove_pictures(plot, dir->partial, err);
}

int plots_write(const struct sim *sim, struct output_dir *dir, bool draw,
                struct report_outcome *outcome, struct err *err)
{
    outcome->plots = draw ? PLOTS_DRAWN : PLOTS_NOT_ASKED;
    outcome->plot_detail[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(plots); i++) {
        char name[NAME_SIZE];
        if (!plots[i]->applies(sim))
            continue;
        if (write_file(sim, dir, file_name(plots[i]->name, "dat", name), plots[i]->write_data,
                       err) != 0 ||
            write_file(sim, dir, file_name(plots[i]->name, "gp", name), plots[i]->write_script,
                       err) != 0)
            return -1;
        bool can_draw = outcome->plots == PLOTS_DRAWN;
        if (can_draw && plots_draw(plots[i]->name, dir, outcome, err) != 0)
            return -1;
    }
    return 0;
}
