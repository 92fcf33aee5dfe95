/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/folder.h"
#include "base/output.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/interrupt_watch.h"
#include "cli/message.h"
#include "cli/option_values.h"
#include "cli/options.h"
#include "cli/workload_names.h"
#include "scenarios/import.h"

enum {
    OPTION_NODES,
    OPTION_PODS,
    OPTION_STATIC,
    OPTION_FGD_WORKLOAD,
    OPTION_FGD_SEED,
    OPTION_DATA,
    OPTION_FAILURES,
    OPTION_SYSTEM,
    OPTION_OUTPUT,
    OPTION_QUIET,
};

static const struct command_option options[] = {
    [OPTION_NODES] = {0, "nodes", "FILE", "the trace's nodes, CSV; - for standard input"},
    [OPTION_PODS] = {0, "pods", "FILE", "the trace's pods, CSV; likewise"},
    [OPTION_STATIC] = {0, "static", NULL, "all pods at time 0 in file order, none leaves"},
    [OPTION_FGD_WORKLOAD] = {0, "fgd-workload", "NAME", "an experiment of the study, see below"},
    [OPTION_FGD_SEED] = {0, "fgd-seed", "N", "its seed (default: 42)"},
    [OPTION_DATA] = {'d', "data", "DIR", "the folder with its lists of nodes and pods"},
    [OPTION_FAILURES] = {0, "failures", "FILE", "the trace's failures, CSV; likewise"},
    [OPTION_SYSTEM] = {0, "system", "N", "the one of its systems to take"},
    [OPTION_OUTPUT] = {'o', "output", "FILE", "the scenario to write (default: -, stdout)"},
    [OPTION_QUIET] = {'q', "quiet", NULL, "print errors only"},
};

struct import_command {
    const struct import_format *format;
    struct import_request request;
    const char *output;
    bool is_quiet;
};

static int set_option(struct import_command *import, int option, const char *value, struct err *err)
{
    switch (option) {
    case OPTION_NODES:
        import->request.nodes_path = value;
        break;
    case OPTION_PODS:
        import->request.pods_path = value;
        break;
    case OPTION_STATIC:
        import->request.is_static = true;
        break;
    case OPTION_FGD_WORKLOAD:
        import->request.fgd_workload = value;
        break;
    case OPTION_FGD_SEED:
        return option_seed(value, "import: --fgd-seed", &import->request.fgd_seed, err);
    case OPTION_DATA:
        import->request.data_path = value;
        break;
    case OPTION_FAILURES:
        import->request.failures_path = value;
        break;
    case OPTION_SYSTEM:
        return option_whole(value, "import: --system", (struct whole_range){0, INT64_MAX},
                            &import->request.system, err);
    case OPTION_OUTPUT:
        import->output = value;
        break;
    case OPTION_QUIET:
        import->is_quiet = true;
        break;
    }
    return 0;
}

static int fail_format(const char *name, struct err *err)
{
    char names[256] = "";
    char quoted[TEXT_QUOTE_SIZE];
    size_t count;
    const struct import_format *const *formats = import_list(&count);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(names);
        snprintf(names + length, sizeof names - length, "%s%s", i > 0 ? ", " : "",
                 formats[i]->name);
    }
    if (name == NULL)
        return err_set(err, ERR_USAGE, "import: no format given: give one of %s", names);
    return err_set(err, ERR_USAGE, "import: unknown format %s: give one of %s",
                   text_quote(name, quoted), names);
}

/* An experiment has its files by their names in a folder. */
static int check_experiment(const struct import_request *request, struct err *err)
{
    if (request->data_path == NULL)
        return err_set(err, ERR_USAGE, "import openb: --fgd-workload needs --data DIR");
    if (request->nodes_path != NULL || request->pods_path != NULL || request->is_static)
        return err_set(err, ERR_USAGE,
                       "import openb: --fgd-workload takes its lists from --data DIR: leave out "
                       "--nodes, --pods and --static");
    return 0;
}

/* A scenario and a file beside it, which it names. */
static int check_two_files(const struct import_command *import, struct err *err)
{
    const struct import_request *request = &import->request;
    const char *name = import->format->name;
    if (request->failures_path == NULL || request->system < 0)
        return err_set(err, ERR_USAGE, "import %s: give both --failures FILE and --system N", name);
    if (request->nodes_path != NULL || request->pods_path != NULL || request->is_static ||
        request->fgd_workload != NULL || request->data_path != NULL)
        return err_set(err, ERR_USAGE,
                       "import %s: takes --failures, --system, --output and --quiet only", name);
    if (strcmp(import->output, "-") == 0)
        return err_set(err, ERR_USAGE,
                       "import %s: give --output FILE: a second file is written beside it", name);
    return 0;
}

/* Of what an experiment reads of its folder. */
static bool is_of_experiment(const char *path, const struct import_request *request)
{
    enum { PATH_SIZE = 4096 };
    static const char *const names[] = {"openb_node_list_gpu_node.csv", "fgd/arrivals.txt",
                                        "fgd/arrivals.txt.gz", "fgd/node_ranks.txt",
                                        "fgd/node_ranks.txt.gz"};
    char read[PATH_SIZE];
    snprintf(read, sizeof read, "%s/openb_pod_list_%s.csv", request->data_path,
             request->fgd_workload);
    bool is_same = folder_is_same(path, read);
    for (size_t i = 0; i < ARRAY_LEN(names) && !is_same; i++) {
        snprintf(read, sizeof read, "%s/%s", request->data_path, names[i]);
        is_same = folder_is_same(path, read);
    }
    return is_same;
}

/* What is read is not written over. */
static int check_output(const struct import_command *import, struct err *err)
{
    const struct import_request *request = &import->request;
    const char *const inputs[] = {request->nodes_path, request->pods_path, request->failures_path};
    bool is_input =
        request->fgd_workload != NULL && is_of_experiment(import->output, &import->request);
    for (size_t i = 0; i < ARRAY_LEN(inputs); i++)
        is_input = is_input || (inputs[i] != NULL && folder_is_same(import->output, inputs[i]));
    if (strcmp(import->output, "-") == 0 || !is_input)
        return 0;
    return err_set(err, ERR_USAGE, "import %s: --output: %s is what is read: give another file",
                   import->format->name, import->output);
}

static int check_arguments(struct import_command *import, int argc, char **argv, struct err *err)
{
    const char *name = optind < argc ? argv[optind] : NULL;
    import->format = name != NULL ? import_find(name) : NULL;
    if (import->format == NULL)
        return fail_format(name, err);
    if (argc - optind > 1)
        return err_set(err, ERR_USAGE, "import: takes one format");
    if (import->format->rows_suffix != NULL)
        return check_two_files(import, err);
    if (import->request.failures_path != NULL || import->request.system >= 0)
        return err_set(err, ERR_USAGE, "import %s: has no --failures and no --system",
                       import->format->name);
    if (import->request.fgd_workload != NULL)
        return check_experiment(&import->request, err);
    if (import->request.data_path != NULL)
        return err_set(err, ERR_USAGE, "import %s: --data goes with --fgd-workload NAME",
                       import->format->name);
    if (import->request.nodes_path == NULL || import->request.pods_path == NULL)
        return err_set(err, ERR_USAGE, "import %s: give both --nodes FILE and --pods FILE",
                       import->format->name);
    if (strcmp(import->request.nodes_path, "-") == 0 && strcmp(import->request.pods_path, "-") == 0)
        return err_set(err, ERR_USAGE, "import %s: only one of --nodes and --pods may be -",
                       import->format->name);
    return 0;
}

static void tell_totals(const struct import_totals *totals)
{
    char cpu[UNITS_TEXT_SIZE];
    char memory[UNITS_TEXT_SIZE];
    message_note("read %" PRId64 " nodes with %" PRId64 " devices, and %" PRId64
                 " pods that request %s CPU, %s memory and %" PRId64 " milli-devices",
                 totals->node_count, totals->device_count, totals->pod_count,
                 print_cpu(totals->cpu_milli_requested, cpu),
                 print_mem(totals->mem_bytes_requested, memory), totals->share_milli_requested);
}

static void tell(const struct import_command *import, const struct import_totals *totals)
{
    if (import->format->rows_suffix == NULL)
        tell_totals(totals);
    else
        message_note("read %" PRId64 " failure%s of a system of %" PRId64 " node%s",
                     totals->failure_count, plural_end(totals->failure_count), totals->node_count,
                     plural_end(totals->node_count));
}

/* The name of the second file, "<output without .json><suffix>"; owned by the caller. */
static char *rows_path_of(const struct import_command *import, struct err *err)
{
    static const char ending[] = ".json";
    const char *suffix = import->format->rows_suffix;
    size_t length = strlen(import->output);
    size_t size = length + strlen(suffix) + 1;
    char *path = malloc(size);
    if (path == NULL) {
        err_errno(err, ENOMEM, "import");
        return NULL;
    }
    if (length > strlen(ending) && strcmp(import->output + length - strlen(ending), ending) == 0)
        length -= strlen(ending);
    snprintf(path, size, "%.*s%s", (int)length, import->output, suffix);
    return path;
}

/* `rows` comes first to its name: a scenario that is there has what it names. */
static int write_files(struct import_command *import, struct output_file *output,
                       struct output_file *rows, struct err *err)
{
    struct import_totals totals = {0};
    const struct output_file *const unfinished[] = {output, rows};
    struct interrupt_watch watch = {
        .what = "reading the trace", .outputs = unfinished, .output_count = ARRAY_LEN(unfinished)};
    if (interrupt_watch_start(&watch, err) != 0)
        return -1;
    import->request.rows_out = rows->stream;
    int result = import->format->run(&import->request, output->stream, &totals, err);
    interrupt_watch_end(&watch);
    if (result == 0 && rows->stream != NULL)
        result = output_file_commit(rows, err);
    if (result == 0)
        result = output_file_commit(output, err);
    if (result == 0 && !import->is_quiet)
        tell(import, &totals);
    return result;
}

static int open_rows(struct import_command *import, const char *path, struct output_file *rows,
                     struct err *err)
{
    const char *slash = strrchr(path, '/');
    import->request.rows_name = slash != NULL ? slash + 1 : path;
    return output_file_open(rows, path, err);
}

static int write_scenario(struct import_command *import, struct err *err)
{
    struct output_file output, rows = {0};
    char *rows_path = NULL;
    bool has_rows = import->format->rows_suffix != NULL;
    int result = -1;
    if (has_rows && (rows_path = rows_path_of(import, err)) == NULL)
        return -1;
    if (output_file_open(&output, import->output, err) == 0 &&
        (!has_rows || open_rows(import, rows_path, &rows, err) == 0))
        result = write_files(import, &output, &rows, err);
    output_file_abandon(&rows);
    output_file_abandon(&output);
    free(rows_path);
    return result;
}

static int run_import(const struct command *command, int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    struct import_command import = {.output = "-", .request = {.fgd_seed = 42, .system = -1}};
    const char *value;
    int found = OPTIONS_END, result = 0;
    while (result == 0 && (found = options_next(command, argc, argv, &value, &err)) >= 0)
        result = set_option(&import, found, value, &err);
    if (found == OPTIONS_FAIL || found == OPTIONS_HELP)
        return options_stop(command, found, &err);
    if (result != 0 || check_arguments(&import, argc, argv, &err) != 0 ||
        check_output(&import, &err) != 0)
        return options_fail(command, &err);
    const struct import_request *request = &import.request;
    if (request->fgd_workload != NULL &&
        workload_names_require(request->fgd_workload, request->data_path,
                               "import openb: --fgd-workload", &err) != 0)
        return message_fail(&err);
    if (write_scenario(&import, &err) != 0)
        return message_fail(&err);
    return EXIT_DONE;
}

const struct command cmd_import = {
    .name = "import",
    .summary = "turn a recorded trace into a scenario",
    .arguments = "FORMAT",
    .details = "Reads a public trace and writes a scenario that `stowage run` takes. FORMAT is\n"
               "openb: the GPU trace of Alibaba, 2023 (CSV files of nodes and pods); or\n"
               "lanl: the failures of Los Alamos, 1996 to 2005 (a CSV, LA-UR-05-7318), of which\n"
               "one system becomes a scenario and, beside it, its failures_file.\n",
    .notes =
        "--fgd-workload NAME: an experiment of \"Beware of Fragmentation\" (USENIX ATC 2023). The\n"
        "pods of DIR/openb_pod_list_NAME.csv arrive one by one and stay, one that fits nowhere\n"
        "is given up, nodes stand in the order in which ties are broken. Orders come from\n"
        "DIR/fgd/, or are drawn: see `stowage help bench`, which runs many of them.\n"
        "Ctrl-C (or SIGTERM) ends it with exit status 3, and leaves no file.\n",
    .example = "  stowage import openb --nodes nodes.csv --pods pods.csv --static -o openb.json\n"
               "  stowage import openb --fgd-workload default --data openb -o default.json\n"
               "  stowage import lanl --failures lanl.csv --system 20 -o lanl-20.json\n",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .run = run_import,
};
