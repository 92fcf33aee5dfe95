/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The packing map: one column a node, one row a resource, the colour its mean fill over the time
 * that the node was in service. Nodes stand by pool; within a pool few nodes stand in order and are
 * named, many stand fullest first. */

#include "reports/plot_kinds.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/plot_frame.h"

/* An image has at most 32,767 columns (cairo): of more nodes than DRAWN_MAX only some are drawn. */
enum { NAMED_NODES_MAX = 40, DRAWN_AS_CELLS_MAX = 2000, DRAWN_MAX = 10000, ROW_COUNT = 3 };
static const enum resource rows[ROW_COUNT] = {RESOURCE_SHARE, RESOURCE_MEMORY, RESOURCE_CPU};

/* The lowest row that is shown: a fleet without accelerators has no row for them. */
static int first_row(const struct sim *sim)
{
    const struct usage *usage = &sim->metrics.scopes[0].usage[RESOURCE_DEVICES];
    return integral_area(&usage->capacity, sim->now_us) > 0 ? 0 : 1;
}

struct fill {
    double of[ROW_COUNT]; /* 0..1, NaN where the node has none of the resource */
    int32_t node, pool;
    bool is_sorted_by_fill;
};

static int64_t capacity_of(const struct node_type *type, enum resource resource)
{
    switch (resource) {
    case RESOURCE_CPU:
        return type->is_unbounded ? 0 : type->cpu_milli;
    case RESOURCE_MEMORY:
        return type->is_unbounded ? 0 : type->mem_bytes;
    case RESOURCE_DEVICES:
        return type->device_count;
    default:
        return (int64_t)type->device_count * SHARE_WHOLE;
    }
}

/* Time that a node could hold something: it existed and was not down. */
static int64_t service_us(const struct sim *sim, const struct sim_node *node)
{
    int64_t end_us = node->removed_us < sim->now_us ? node->removed_us : sim->now_us;
    return end_us - node->added_us - node->down_us;
}

static void measure(const struct sim *sim, int32_t node, struct fill *fill)
{
    const struct sim_node *state = &sim->nodes[node];
    const struct node_type *type = fleet_type_of(&sim->sched.fleet, node);
    int64_t time_us = service_us(sim, state);
    fill->node = node;
    fill->pool = state->def.pool;
    for (int row = 0; row < ROW_COUNT; row++) {
        int128 capacity = (int128)capacity_of(type, rows[row]) * time_us;
        int128 used = sim_node_area(state, rows[row]);
        fill->of[row] = capacity > 0 ? int128_ratio(used, capacity) : NAN;
    }
}

/* NaN counts as empty. */
static double amount(double fill)
{
    return isnan(fill) ? -1 : fill;
}

static int compare_fills(const void *left, const void *right)
{
    const struct fill *a = left, *b = right;
    if (a->pool != b->pool)
        return a->pool < b->pool ? -1 : 1;
    for (int row = 0; row < ROW_COUNT && a->is_sorted_by_fill; row++) {
        if (amount(a->of[row]) != amount(b->of[row]))
            return amount(a->of[row]) > amount(b->of[row]) ? -1 : 1;
    }
    return a->node < b->node ? -1 : a->node > b->node;
}

/* All nodes that were in service at all, in the order of the picture; NULL when memory is out. */
static struct fill *measure_all(const struct sim *sim, int32_t *count)
{
    struct fill *fills = calloc((size_t)sim->node_count + 1, sizeof *fills);
    *count = 0;
    if (fills == NULL)
        return NULL;
    for (int32_t node = 0; node < sim->node_count; node++) {
        if (service_us(sim, &sim->nodes[node]) > 0)
            measure(sim, node, &fills[(*count)++]);
    }
    for (int32_t i = 0; i < *count; i++)
        fills[i].is_sorted_by_fill = *count > NAMED_NODES_MAX;
    qsort(fills, (size_t)*count, sizeof *fills, compare_fills);
    return fills;
}

static bool applies(const struct sim *sim)
{
    for (int32_t node = 0; node < sim->node_count; node++) {
        if (service_us(sim, &sim->nodes[node]) > 0)
            return true;
    }
    return false;
}

static int write_data(const struct sim *sim, FILE *out, struct err *err)
{
    int32_t count;
    struct fill *fills = measure_all(sim, &count);
    if (fills == NULL)
        return err_no_memory(err);
    fputs("# column\trow\tmean_fill_%\tnode\tpool\tresource\n", out);
    for (int32_t i = 0; i < count; i++) {
        for (int row = first_row(sim); row < ROW_COUNT; row++) {
            char name[NODE_NAME_SIZE];
            fprintf(out, "%" PRId32 "\t%d\t", i, row);
            if (isnan(fills[i].of[row]))
                fputs("NaN", out); /* an image takes no missing points */
            else
                fprintf(out, "%.3f", 100 * fills[i].of[row]);
            fprintf(out, "\t%s\t%s\t%s\n", sim_node_name(sim, fills[i].node, name),
                    sim->scenario->pools[fills[i].pool].id, resource_name(rows[row]));
        }
        fputc('\n', out);
    }
    free(fills);
    return 0;
}

/* What stands under the columns: the names of the nodes, or those of the pools under their runs of
 * columns. Names that do not fit beside each other lean. */
struct labels {
    bool name_nodes, lean;
    size_t longest; /* characters of a name that is drawn */
};

enum { MAP_WIDTH_PX = 760, CHARACTER_PX = 8, CHARACTERS_MAX = 31 };

/* A name stands under the columns start .. end; false: there is no room for one. */
static bool is_labelled(const struct labels *labels, int32_t columns, int32_t count)
{
    return labels->name_nodes || columns * 12 >= count;
}

static bool ends_pool(const struct fill *fills, int32_t i, int32_t count)
{
    return i + 1 == count || fills[i + 1].pool != fills[i].pool;
}

static const char *label_of(const struct sim *sim, const struct labels *labels,
                            const struct fill *fill, char name[NODE_NAME_SIZE])
{
    return labels->name_nodes ? sim_node_name(sim, fill->node, name)
                              : sim->scenario->pools[fill->pool].id;
}

static struct labels choose_labels(const struct sim *sim, const struct fill *fills, int32_t count)
{
    struct labels labels = {.name_nodes = count <= NAMED_NODES_MAX, .lean = false};
    labels.lean = labels.name_nodes;
    for (int32_t i = 0, start = 0; i < count; i++) {
        char name[NODE_NAME_SIZE];
        if (!labels.name_nodes && !ends_pool(fills, i, count))
            continue;
        int32_t columns = i + 1 - start;
        if (ends_pool(fills, i, count))
            start = i + 1;
        if (!is_labelled(&labels, columns, count))
            continue;
        size_t length = strlen(label_of(sim, &labels, &fills[i], name));
        length = length < CHARACTERS_MAX ? length : CHARACTERS_MAX;
        labels.longest = length > labels.longest ? length : labels.longest;
        if ((int64_t)length * CHARACTER_PX * count > (int64_t)columns * MAP_WIDTH_PX)
            labels.lean = true;
    }
    return labels;
}

static void print_labels(const struct sim *sim, const struct labels *labels,
                         const struct fill *fills, int32_t count, FILE *out)
{
    char name[NODE_NAME_SIZE];
    fprintf(out, "set xtics %sscale 0 (", labels->lean ? "rotate by 60 right " : "");
    for (int32_t i = 0, start = 0, tics = 0; i < count; i++) {
        if (!labels->name_nodes && !ends_pool(fills, i, count))
            continue;
        if (is_labelled(labels, i + 1 - start, count)) {
            fputs(tics++ > 0 ? ", " : "", out);
            plot_print_tic(out, label_of(sim, labels, &fills[i], name));
            fprintf(out, " %.1f", labels->name_nodes ? i : (start + i) / 2.0);
        }
        if (ends_pool(fills, i, count))
            start = i + 1;
    }
    fputs(")\n", out);
}

static void print_gaps_between_pools(const struct fill *fills, int32_t count, FILE *out)
{
    for (int32_t i = 0; i + 1 < count; i++)
        if (ends_pool(fills, i, count))
            fprintf(
                out,
                "set arrow from %.1f,graph 0 to %.1f,graph 1 nohead front linecolor rgb 'white' "
                "linewidth 3\n",
                i + 0.5, i + 0.5);
}

/* Height under the map: for names at 60 degrees, or for one line of them, and for the words. */
static int labels_px(const struct labels *labels)
{
    int words_px = labels->name_nodes ? 0 : 30;
    return 30 + words_px + (labels->lean ? 7 * (int)labels->longest : 0);
}

static bool has_empty(const struct sim *sim, const struct fill *fills, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        for (int row = first_row(sim); row < ROW_COUNT; row++)
            if (isnan(fills[i].of[row]))
                return true;
    return false;
}

/* One of so many in a row is drawn: they stand in order of fill, so it is like the others. */
static int32_t nodes_of_column(int32_t count)
{
    return (count + DRAWN_MAX - 1) / DRAWN_MAX;
}

static void print_xlabel(const struct labels *labels, int32_t count, FILE *out)
{
    int32_t nodes = nodes_of_column(count);
    fprintf(out, "set xlabel '%s", labels->name_nodes ? "" : "nodes by pool, fullest first");
    if (nodes > 1)
        fprintf(out, "; one of %" PRId32 " is drawn", nodes);
    fputs("'\n", out);
}

/* An image of a single column is none: boxes. */
static void print_map(int32_t count, FILE *out)
{
    int32_t nodes = nodes_of_column(count);
    if (count == 1)
        fprintf(out,
                "plot '%s.dat' using 1:2:(0.5):(0.5):3 with boxxyerror linecolor palette fillstyle "
                "solid 1 noborder notitle\n",
                plot_packing.name);
    else
        fprintf(out, "plot '%s.dat' every :%" PRId32 " using 1:2:3 with image %s notitle\n",
                plot_packing.name, nodes, count <= DRAWN_AS_CELLS_MAX ? "pixels" : "");
}

static int write_script(const struct sim *sim, FILE *out, struct err *err)
{
    enum { MAP_PX = 300, TOP_PX = 20 };
    int32_t count;
    struct fill *fills = measure_all(sim, &count);
    if (fills == NULL)
        return err_no_memory(err);
    const struct labels labels = choose_labels(sim, fills, count);
    int below_px = labels_px(&labels);
    int height_px = TOP_PX + MAP_PX + below_px;
    plot_frame_open(out, plot_packing.name, height_px);
    fprintf(out, "set tmargin at screen %.4f\nset bmargin at screen %.4f\n",
            1 - (double)TOP_PX / height_px, (double)below_px / height_px);
    print_labels(sim, &labels, fills, count, out);
    print_gaps_between_pools(fills, count, out);
    print_xlabel(&labels, count, out);
    fprintf(out,
            "set ytics scale 0 ('accelerators' 0, 'memory' 1, 'CPU' 2)\n"
            "unset grid\nset border 0\n"
            "set object 1 rectangle from graph 0,0 to graph 1,1 behind fillcolor rgb '#eeeeee' "
            "fillstyle solid noborder\n"
            "set palette defined (0 '#440154', 1 '#3e4989', 2 '#26828e', 3 '#35b779', 4 '#b5de2b', "
            "5 '#fde725')\n"
            "set cbrange [0:100]\nset cblabel 'mean fill [%%]%s'\n"
            "set xrange [-0.5:%.1f]\nset yrange [%.1f:2.5]\n",
            has_empty(sim, fills, count) ? " (grey: has none)" : "", count - 0.5,
            first_row(sim) - 0.5);
    print_map(count, out);
    free(fills);
    plot_frame_close(out);
    return 0;
}

const struct plot plot_packing = {
    .name = "packing",
    .title = "Packing map: mean fill of each node, by resource (grey: the node has none)",
    .applies = applies,
    .write_data = write_data,
    .write_script = write_script,
};
