/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/edit_option.h"

int edit_option_add(struct edit_option *option, const char *text, const char *command,
                    struct err *err)
{
    struct edit_path path;
    const char *value;
    if (option->count == EDIT_OPTION_MAX)
        return err_set(err, ERR_USAGE, "%s: --set: given more than %d times", command,
                       EDIT_OPTION_MAX);
    if (edit_parse(text, &path, &value, err) != 0)
        return err_prefix(err, "%s: --set", command);
    option->items[option->count++] = text;
    return 0;
}

struct edit_list edit_option_list(const struct edit_option *option)
{
    return (struct edit_list){.items = option->items, .count = option->count};
}
