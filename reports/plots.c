/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/plots.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/folder.h"
#include "base/process.h"
#include "reports/plot_kinds.h"

enum { NAME_SIZE = 64, DETAIL_SIZE = 176, GNUPLOT_SECONDS_MAX = 120 };

static const struct plot *const plots[] = {
    &plot_utilization, &plot_pending, &plot_preemptions, &plot_runners,  &plot_nodes,
    &plot_node_states, &plot_packing, &plot_traffic,     &plot_replicas, &plot_waits,
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

static const char *const picture_extensions[] = {"svg", "png"};

/* A picture that gnuplot left unfinished is worse than none. */
static int remove_pictures(const char *plot, const struct output_dir *dir, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(picture_extensions); i++) {
        char name[NAME_SIZE];
        char *path = folder_join(dir->partial, file_name(plot, picture_extensions[i], name));
        if (path == NULL)
            return err_no_memory(err);
        (void)unlink(path); /* it need not be there */
        free(path);
    }
    return 0;
}

/* Are both pictures there and not empty? A gnuplot that cannot draw may still exit with 0. */
static int find_pictures(const char *plot, const struct output_dir *dir, bool *are_drawn,
                         struct err *err)
{
    *are_drawn = true;
    for (size_t i = 0; i < ARRAY_LEN(picture_extensions); i++) {
        char name[NAME_SIZE];
        struct stat status;
        char *path = folder_join(dir->partial, file_name(plot, picture_extensions[i], name));
        if (path == NULL)
            return err_no_memory(err);
        if (stat(path, &status) != 0 || status.st_size == 0)
            *are_drawn = false;
        free(path);
    }
    return 0;
}

/* Runs gnuplot on the script in the folder of plots; `detail` says how it failed. */
static int run_gnuplot(const char *script, const struct output_dir *dir,
                       enum process_outcome *result, char detail[DETAIL_SIZE], struct err *err)
{
    char *folder = folder_join(dir->partial, "plots");
    if (folder == NULL)
        return err_no_memory(err);
    const char *const argv[] = {"gnuplot", script, NULL};
    const struct process_request request = {
        .argv = argv, .directory = folder, .seconds_max = GNUPLOT_SECONDS_MAX};
    int status = process_run(&request, result, detail, DETAIL_SIZE, err);
    free(folder);
    return status;
}

int plots_draw(const char *plot, const struct output_dir *dir, struct report_outcome *outcome,
               struct err *err)
{
    char script[NAME_SIZE];
    char detail[DETAIL_SIZE];
    enum process_outcome result = PROCESS_DONE;
    bool are_drawn = false;
    snprintf(script, sizeof script, "%s.gp", plot);
    if (run_gnuplot(script, dir, &result, detail, err) != 0)
        return -1;
    if (result == PROCESS_DONE && find_pictures(plot, dir, &are_drawn, err) != 0)
        return -1;
    if (are_drawn)
        return 0;
    outcome->plots = result == PROCESS_NOT_FOUND ? PLOTS_NO_GNUPLOT : PLOTS_FAILED;
    if (outcome->plots == PLOTS_FAILED)
        snprintf(outcome->plot_detail, sizeof outcome->plot_detail, "plots/%s: %s", script,
                 result == PROCESS_DONE ? "drew nothing" : detail);
    return remove_pictures(plot, dir, err);
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
