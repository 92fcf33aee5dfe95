/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/plots.h"

#include "base/array.h"
#include "reports/plot_kinds.h"

enum { NAME_SIZE = 64 };

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

int plots_write(const struct sim *sim, struct output_dir *dir, struct drawing *drawing,
                struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(plots); i++) {
        char name[NAME_SIZE];
        if (!plots[i]->applies(sim))
            continue;
        if (write_file(sim, dir, file_name(plots[i]->name, "dat", name), plots[i]->write_data,
                       err) != 0 ||
            write_file(sim, dir, file_name(plots[i]->name, "gp", name), plots[i]->write_script,
                       err) != 0 ||
            drawing_add(drawing, plots[i]->name, err) != 0)
            return -1;
    }
    return 0;
}
