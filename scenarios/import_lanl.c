/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "base/units.h"
#include "scenarios/import.h"
#include "scenarios/import_source.h"

/* The failures of 22 systems of Los Alamos National Laboratory, 1996 to 2005 (LA-UR-05-7318): one
 * CSV with a row for each failure of a node.
 *
 *   System, nodes, procsinnode, nodenumz, mem, Prob Started, Prob Fixed
 *
 * One system becomes a scenario and a failures_file. Its fleet is as large as the column `nodes`
 * says, or as the nodes that have failed, where these are more. A node with a row has the name
 * "n<nodenumz>", the processors and the memory of its first row; the others take the lowest free
 * numbers and are as the first row of all. Time 0 is the first start of a failure, the horizon the
 * last end. Instants are local times that the trace writes by hand, at a resolution of a minute;
 * the clocks' changes between summer and winter are not known and left aside.
 *
 * What a failure hits is made up: as many replicas as there are nodes, each as large as the
 * smallest node.
 *
 * The file is read twice: first for fleet and times (and every error), then to write. */

enum { NODE_NUMBER_MAX = 999999, SYSTEM_MAX = 999, HORIZON_MIN_S = 60 };

static const int64_t US_PER_MINUTE = 60 * US_PER_S;

struct lanl_columns {
    int32_t system, nodes, procs, mem, number, started, fixed;
};

struct lanl_node {
    int64_t cpu, mem_gib;
    bool has_row;
};

struct lanl_row {
    int64_t node_count, number, start_us, end_us;
    struct lanl_node node;
};

struct lanl {
    const struct import_request *request;
    struct import_source source;
    struct lanl_columns columns;
    struct lanl_node *nodes; /* by number; [node_count] */
    int32_t node_count, node_capacity;
    int32_t row_node_count; /* nodes with a row */
    int64_t declared_count; /* the largest in the column `nodes` */
    struct lanl_node usual; /* of the first row */
    int64_t first_us, last_us, failure_count;
    bool is_known[SYSTEM_MAX + 1]; /* systems of the file */
};

/* ---- rows ---- */

static int find_columns(struct lanl *lanl, struct err *err)
{
    static const char hint[] = "is this the failure data LA-UR-05-7318 of LANL?";
    struct lanl_columns *columns = &lanl->columns;
    const struct {
        const char *name;
        int32_t *column;
    } wanted[] = {
        {"System", &columns->system},     {"nodes", &columns->nodes},
        {"procsinnode", &columns->procs}, {"mem", &columns->mem},
        {"nodenumz", &columns->number},   {"Prob Started", &columns->started},
        {"Prob Fixed", &columns->fixed},
    };
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        if (import_source_column(&lanl->source, wanted[i].name, hint, wanted[i].column, err))
            return -1;
    return 0;
}

/* A number of one to four digits, and what has to stand behind it; NULL: it is not there. */
static const char *take_number(const char *text, char end, int *number)
{
    int digits = 0;
    *number = 0;
    for (; *text >= '0' && *text <= '9' && digits < 4; text++, digits++)
        *number = *number * 10 + (*text - '0');
    if (digits == 0 || *text != end)
        return NULL;
    return end == '\0' ? text : text + 1;
}

/* "6/21/2005 10:54" */
static int read_date(const struct lanl *lanl, int32_t column, int64_t *out, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    char instant[64];
    struct err ignored;
    int month, day, year, hour, minute;
    const char *text = lanl->source.reader.fields[column];
    const char *rest = take_number(text, '/', &month);
    rest = rest ? take_number(rest, '/', &day) : NULL;
    rest = rest ? take_number(rest, ' ', &year) : NULL;
    rest = rest ? take_number(rest, ':', &hour) : NULL;
    rest = rest ? take_number(rest, '\0', &minute) : NULL;
    if (rest) {
        snprintf(instant, sizeof instant, "%04d-%02d-%02dT%02d:%02d:00Z", year, month, day, hour,
                 minute);
        if (parse_instant_us(instant, out, &ignored) == 0)
            return 0;
    }
    return import_source_fail(&lanl->source, column, err, "%s: a date as 6/21/2005 10:54",
                              text_quote(text, quoted));
}

/* 1: a row of the system; 0: the end. */
static int next_row(struct lanl *lanl, struct lanl_row *row, struct err *err)
{
    const struct lanl_columns *columns = &lanl->columns;
    struct import_source *source = &lanl->source;
    int64_t system = -1;
    int result;
    while (system != lanl->request->system) {
        result = csv_reader_next(&source->reader, err);
        if (result != 1)
            return result;
        if (import_source_int(source, columns->system, SYSTEM_MAX, &system, err))
            return -1;
        lanl->is_known[system] = true;
    }
    if (import_source_int(source, columns->nodes, NODE_NUMBER_MAX + 1, &row->node_count, err) ||
        import_source_int(source, columns->number, NODE_NUMBER_MAX, &row->number, err) ||
        import_source_int(source, columns->procs, 100 * 1000, &row->node.cpu, err) ||
        import_source_int(source, columns->mem, 100 * 1000, &row->node.mem_gib, err) ||
        read_date(lanl, columns->started, &row->start_us, err) ||
        read_date(lanl, columns->fixed, &row->end_us, err))
        return -1;
    if (row->end_us < row->start_us)
        return import_source_fail(source, columns->fixed, err, "before Prob Started");
    row->node.has_row = true;
    return 1;
}

/* ---- the first reading: the fleet and the times ---- */

static int fail_unknown(const struct lanl *lanl, struct err *err)
{
    char known[256] = "";
    for (int i = 0; i <= SYSTEM_MAX; i++) {
        size_t length = strlen(known);
        if (lanl->is_known[i])
            snprintf(known + length, sizeof known - length, "%s%d", length > 0 ? ", " : "", i);
    }
    return err_set(err, ERR_INPUT, "%s: no failure of system %" PRId64 " in it: it has %s",
                   lanl->source.file, lanl->request->system, known[0] != '\0' ? known : "none");
}

static int note_row(struct lanl *lanl, const struct lanl_row *row, struct err *err)
{
    if (array_reserve(&lanl->nodes, &lanl->node_capacity, row->number + 1, sizeof *lanl->nodes,
                      err))
        return -1;
    if (lanl->failure_count++ == 0) {
        lanl->usual = row->node;
        lanl->first_us = row->start_us;
        lanl->last_us = row->end_us;
    }
    struct lanl_node *node = &lanl->nodes[row->number];
    if (!node->has_row) {
        *node = row->node;
        lanl->row_node_count++;
    }
    if (row->number >= lanl->node_count)
        lanl->node_count = (int32_t)row->number + 1;
    if (row->node_count > lanl->declared_count)
        lanl->declared_count = row->node_count;
    lanl->first_us = row->start_us < lanl->first_us ? row->start_us : lanl->first_us;
    lanl->last_us = row->end_us > lanl->last_us ? row->end_us : lanl->last_us;
    return 0;
}

/* Nodes without a row, up to the size of the system. */
static int add_others(struct lanl *lanl, struct err *err)
{
    int64_t missing = lanl->declared_count - lanl->row_node_count;
    for (int32_t i = 0; missing > 0; i++) {
        if (array_reserve(&lanl->nodes, &lanl->node_capacity, i + INT64_C(1), sizeof *lanl->nodes,
                          err))
            return -1;
        lanl->node_count = i >= lanl->node_count ? i + 1 : lanl->node_count;
        if (lanl->nodes[i].has_row || lanl->nodes[i].cpu > 0)
            continue;
        lanl->nodes[i] = lanl->usual;
        missing--;
    }
    return 0;
}

static int survey(struct lanl *lanl, struct err *err)
{
    struct lanl_row row;
    int result;
    while ((result = next_row(lanl, &row, err)) == 1) {
        if (row.node.cpu == 0 || row.node.mem_gib == 0)
            return import_source_fail(&lanl->source, lanl->columns.procs, err,
                                      "a node without processors or memory");
        if (note_row(lanl, &row, err))
            return -1;
    }
    if (result == 0 && lanl->failure_count == 0)
        return fail_unknown(lanl, err);
    return result == 0 ? add_others(lanl, err) : -1;
}

/* ---- the second reading: writing ---- */

static void open_line(struct json_writer *w)
{
    json_object(w, NULL);
    w->compact = true;
}

static void close_line(struct json_writer *w)
{
    json_close_object(w);
    w->compact = false;
}

static void write_info(struct json_writer *w, const struct lanl_node *node)
{
    char memory[UNITS_TEXT_SIZE];
    snprintf(memory, sizeof memory, "%" PRId64 "Gi", node->mem_gib);
    json_object(w, "compute_info");
    json_int(w, "cpu_limit", node->cpu);
    json_string(w, "cpu_memory", memory);
    json_close_object(w);
}

static bool is_there(const struct lanl *lanl, int32_t number)
{
    return lanl->nodes[number].cpu > 0;
}

static bool are_alike(const struct lanl_node *a, const struct lanl_node *b)
{
    return a->cpu == b->cpu && a->mem_gib == b->mem_gib;
}

/* Is it the first of its kind? O(kinds met before it), since nodes of a kind stand together. */
static bool is_first_of_kind(const struct lanl *lanl, int32_t number)
{
    for (int32_t i = 0; i < number; i++)
        if (is_there(lanl, i) && are_alike(&lanl->nodes[i], &lanl->nodes[number]))
            return false;
    return true;
}

static void type_id(const struct lanl_node *node, char out[UNITS_TEXT_SIZE])
{
    snprintf(out, UNITS_TEXT_SIZE, "%" PRId64 "cpu-%" PRId64 "Gi", node->cpu, node->mem_gib);
}

static void write_types(struct json_writer *w, const struct lanl *lanl)
{
    char id[UNITS_TEXT_SIZE];
    json_array(w, "instance_types");
    for (int32_t i = 0; i < lanl->node_count; i++) {
        if (!is_there(lanl, i) || !is_first_of_kind(lanl, i))
            continue;
        type_id(&lanl->nodes[i], id);
        open_line(w);
        json_string(w, "id", id);
        write_info(w, &lanl->nodes[i]);
        close_line(w);
    }
    json_close_array(w);
}

/* One entry for each row of nodes that are alike. */
static void write_nodes(struct json_writer *w, const struct lanl *lanl)
{
    char text[UNITS_TEXT_SIZE];
    const struct lanl_node *last = NULL;
    json_array(w, "nodes");
    for (int32_t i = 0; i < lanl->node_count; i++) {
        if (!is_there(lanl, i))
            continue;
        if (!last || !are_alike(last, &lanl->nodes[i])) {
            if (last) {
                json_close_array(w);
                close_line(w);
            }
            last = &lanl->nodes[i];
            type_id(last, text);
            open_line(w);
            json_string(w, "instance_type", text);
            json_array(w, "names");
        }
        snprintf(text, sizeof text, "n%" PRId32, i);
        json_string(w, NULL, text);
    }
    json_close_array(w);
    close_line(w);
    json_close_array(w);
}

static int64_t fleet_size(const struct lanl *lanl)
{
    return lanl->declared_count > lanl->row_node_count ? lanl->declared_count
                                                       : lanl->row_node_count;
}

static void write_pool(struct json_writer *w, const struct lanl *lanl, const char *name)
{
    json_array(w, "nodepools");
    json_object(w, NULL);
    json_string(w, "id", name);
    write_types(w, lanl);
    json_int(w, "max_instances", fleet_size(lanl));
    json_object(w, "simulation");
    write_nodes(w, lanl);
    json_close_object(w);
    json_close_object(w);
    json_close_array(w);
}

static void write_runner(struct json_writer *w, const struct lanl *lanl, const char *name)
{
    struct lanl_node least = lanl->usual;
    for (int32_t i = 0; i < lanl->node_count; i++) {
        if (!is_there(lanl, i))
            continue;
        least.cpu = lanl->nodes[i].cpu < least.cpu ? lanl->nodes[i].cpu : least.cpu;
        least.mem_gib =
            lanl->nodes[i].mem_gib < least.mem_gib ? lanl->nodes[i].mem_gib : least.mem_gib;
    }
    json_array(w, "runners");
    json_object(w, NULL);
    json_string(w, "id", "work");
    json_object(w, "nodepool");
    json_string(w, "id", name);
    json_close_object(w);
    write_info(w, &least);
    json_int(w, "num_replicas", fleet_size(lanl));
    json_close_object(w);
    json_close_array(w);
}

static void write_scenario(const struct lanl *lanl, FILE *out)
{
    struct json_writer w;
    char name[UNITS_TEXT_SIZE], text[512], start[UNITS_TEXT_SIZE];
    int64_t horizon_s = (lanl->last_us - lanl->first_us) / US_PER_S;
    snprintf(name, sizeof name, "lanl-%" PRId64, lanl->request->system);
    snprintf(text, sizeof text,
             "System %" PRId64 " of LANL: %" PRId64 " failures of %" PRId32 " of its %" PRId64
             " nodes, in local time. What runs on it is made up.",
             lanl->request->system, lanl->failure_count, lanl->row_node_count, fleet_size(lanl));
    json_writer_init(&w, out, false);
    json_object(&w, NULL);
    json_int(&w, "stowage", 1);
    json_string(&w, "name", name);
    json_string(&w, "description", text);
    json_string(&w, "start", print_instant(lanl->first_us, start));
    json_int(&w, "horizon", horizon_s > HORIZON_MIN_S ? horizon_s : HORIZON_MIN_S);
    json_string(&w, "failures_file", lanl->request->rows_name);
    write_pool(&w, lanl, name);
    write_runner(&w, lanl, name);
    json_close_object(&w);
}

static int write_failures(struct lanl *lanl, FILE *out, struct err *err)
{
    struct lanl_row row;
    int result;
    fputs("node,down_at,down_for\n", out);
    while ((result = next_row(lanl, &row, err)) == 1)
        fprintf(out, "n%" PRId64 ",%" PRId64 "m,%" PRId64 "m\n", row.number,
                (row.start_us - lanl->first_us) / US_PER_MINUTE,
                (row.end_us - row.start_us) / US_PER_MINUTE);
    return result;
}

static int import_opened(struct lanl *lanl, FILE *out, struct err *err)
{
    if (find_columns(lanl, err) || survey(lanl, err) || import_source_rewind(&lanl->source, err) ||
        write_failures(lanl, lanl->request->rows_out, err))
        return -1;
    write_scenario(lanl, out);
    return 0;
}

static int run(const struct import_request *request, FILE *out, struct import_totals *totals,
               struct err *err)
{
    struct lanl lanl = {.request = request};
    assert(request->rows_out != NULL);
    if (import_source_open(&lanl.source, request->failures_path, err))
        return -1;
    int result = import_opened(&lanl, out, err);
    if (result == 0)
        *totals = (struct import_totals){
            .node_count = fleet_size(&lanl),
            .failure_count = lanl.failure_count,
        };
    free(lanl.nodes);
    import_source_release(&lanl.source);
    return result;
}

const struct import_format import_lanl = {
    .name = "lanl",
    .summary = "LANL's failures of 1996 to 2005: a CSV, of which one system is taken",
    .rows_suffix = "-failures.csv",
    .run = run,
};
