/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/policy_library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static const char symbol[] = "stowage_policy";

/* NULL, or what is missing of a parameter. */
static const char *parameter_lack(const struct policy_parameter *parameter)
{
    bool has_names = parameter->kind == PARAMETER_CHOICE || parameter->kind == PARAMETER_SET;
    if (parameter->name == NULL || parameter->meaning == NULL)
        return "a parameter without name or meaning";
    if (has_names && (parameter->names == NULL || parameter->name_count < 1 ||
                      parameter->name_count > POLICY_CHOICES_MAX))
        return "a parameter without names to choose from, or with too many";
    return NULL;
}

/* NULL, or what lacks of functions that belong together. */
static const char *function_lack(const struct policy *policy)
{
    bool has_start = policy->start != NULL, has_stop = policy->stop != NULL;
    bool has_refresh = policy->refresh != NULL;
    bool has_node_part = policy->node_part != NULL, has_shape_part = policy->shape_part != NULL;
    if (has_start != has_stop || has_start != has_refresh)
        return "only some of start, refresh and stop";
    if (has_node_part != has_shape_part)
        return "only one of node_part and shape_part";
    if (policy->is_sum_of_parts != NULL && !has_node_part)
        return "is_sum_of_parts, but neither node_part nor shape_part";
    return NULL;
}

/* NULL, or what is wrong with a policy of the right version. */
static const char *policy_lack(const struct policy *policy)
{
    if (policy->name == NULL || policy->name[0] == '\0' || policy->summary == NULL)
        return "a policy without name or summary";
    if (policy->parameter_count < 0 || policy->parameter_count > POLICY_PARAMETERS_MAX ||
        (policy->parameter_count > 0 && policy->parameters == NULL))
        return "too many parameters, or none where some are counted";
    for (int32_t i = 0; i < policy->parameter_count; i++) {
        const char *lack = parameter_lack(&policy->parameters[i]);
        if (lack != NULL)
            return lack;
    }
    return function_lack(policy);
}

static int check(const char *path, const struct policy *policy, struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    if (policy == NULL)
        return err_set(err, ERR_INPUT,
                       "%s: exports no %s: a policy is a `const struct policy %s` in it",
                       text_quote(path, quoted), symbol, symbol);
    if (policy->api_version != POLICY_API_VERSION)
        return err_set(err, ERR_INPUT,
                       "%s: was built for version %d of scheduler/policy.h, this program has "
                       "version %d: build it again",
                       text_quote(path, quoted), (int)policy->api_version, POLICY_API_VERSION);
    const char *lack = policy_lack(policy);
    if (lack != NULL)
        return err_set(err, ERR_INPUT, "%s: %s has %s", text_quote(path, quoted), symbol, lack);
    return 0;
}

int policy_library_open(const char *path, const struct policy **policy, void **library,
                        struct err *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    if (access(path, F_OK) != 0)
        return err_set(err, ERR_INPUT, "%s: there is no such file", text_quote(path, quoted));
    void *opened = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (opened == NULL) {
        const char *why = dlerror();
        return err_set(err, ERR_INPUT, "%s: is no shared object that can be opened: %s",
                       text_quote(path, quoted), why != NULL ? why : "no reason is known");
    }
    const struct policy *found = dlsym(opened, symbol);
    if (check(path, found, err) != 0) {
        dlclose(opened);
        return -1;
    }
    *policy = found;
    *library = opened;
    return 0;
}

void policy_library_close(void *library)
{
    if (library != NULL)
        dlclose(library);
}
