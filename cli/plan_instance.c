/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/plan_instance.h"

#include "base/array.h"
#include "base/output.h"
#include "cli/command.h"
#include "cli/interrupt_watch.h"
#include "cli/message.h"
#include "plan/instance_answer.h"
#include "plan/instance_load.h"
#include "plan/instance_print.h"

typedef int writer(const struct plan_instance_options *options,
                   const struct instance_answer *answer, FILE *out, struct err *err);

static int write_summary(const struct plan_instance_options *options,
                         const struct instance_answer *answer, FILE *out, struct err *err)
{
    const struct print_origin origin = {.version = STOWAGE_VERSION, .command = options->command};
    return instance_print_json(answer, &origin, out, err);
}

static int write_text(const struct plan_instance_options *options,
                      const struct instance_answer *answer, FILE *out, struct err *err)
{
    (void)options;
    return instance_print_text(answer, out, err);
}

static int write_nodes(const struct plan_instance_options *options,
                       const struct instance_answer *answer, FILE *out, struct err *err)
{
    (void)options;
    return instance_print_nodes(answer, out, err);
}

static int write_prices(const struct plan_instance_options *options,
                        const struct instance_answer *answer, FILE *out, struct err *err)
{
    (void)options;
    (void)err;
    instance_print_prices(answer, out);
    return 0;
}

static int write_files(const struct plan_instance_options *options,
                       const struct instance_answer *answer, struct output_dir *dir,
                       struct err *err)
{
    static const struct {
        const char *name;
        writer *write;
    } files[] = {
        {"plan.txt", write_text},
        {"nodes.csv", write_nodes},
        {"prices.csv", write_prices},
        {"summary.json", write_summary},
    };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        FILE *out = output_dir_create(dir, files[i].name, err);
        if (out == NULL)
            return -1;
        int written = files[i].write(options, answer, out, err);
        struct err closing = {.kind = ERR_NONE};
        if (output_dir_close(dir, out, files[i].name, written == 0 ? err : &closing) != 0)
            return -1;
        if (written != 0)
            return -1;
    }
    return output_dir_commit(dir, "summary.json", err);
}

static int write_folder(const struct plan_instance_options *options,
                        const struct instance_answer *answer)
{
    struct err err = {.kind = ERR_NONE};
    struct output_dir dir;
    if (output_dir_open(&dir, options->output_path, &err) != 0)
        return message_fail(&err);
    int written = write_files(options, answer, &dir, &err);
    output_dir_abandon(&dir);
    if (written != 0)
        return message_fail(&err);
    if (!options->is_quiet)
        message_note("the plan is in %s: begin with %s/plan.txt", options->output_path,
                     options->output_path);
    return EXIT_DONE;
}

static int tell(const struct plan_instance_options *options, const struct instance_answer *answer)
{
    struct err err = {.kind = ERR_NONE};
    int printed = 0;
    if (options->prints_json)
        printed = instance_print_json(answer, NULL, stdout, &err);
    else if (!options->is_quiet)
        printed = instance_print_text(answer, stdout, &err);
    int code = printed == 0 ? message_flush_stdout() : message_fail(&err);
    if (options->output_path != NULL) {
        int written = write_folder(options, answer);
        code = written > code ? written : code;
    }
    if (!answer->is_feasible && code == EXIT_DONE)
        code = EXIT_ANSWER_IS_NO;
    return code;
}

int plan_instance_run(const struct plan_instance_options *options)
{
    struct err err = {.kind = ERR_NONE};
    struct problems problems = {0};
    struct instance instance;
    struct instance_answer answer = {.is_feasible = false};
    struct interrupt_watch watch = {.what = "looking for the plan"};
    if (interrupt_watch_start(&watch, &err) != 0)
        return message_fail(&err);
    int loaded = instance_load(&instance, options->instance_path, &problems, &err);
    message_problems(&problems, options->is_quiet);
    int found = loaded == 0 ? instance_answer_find(&answer, &instance, &err) : -1;
    interrupt_watch_end(&watch);
    int code;
    if (loaded != 0)
        code = message_refused(&problems, options->instance_path, &err);
    else
        code = found == 0 ? tell(options, &answer) : message_fail(&err);
    instance_answer_release(&answer);
    instance_release(&instance);
    problems_release(&problems);
    return code;
}
