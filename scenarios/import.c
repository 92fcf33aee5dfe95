/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenarios/import.h"

#include <string.h>

#include "base/array.h"

extern const struct import_format import_lanl, import_openb;

static const struct import_format *const formats[] = {&import_openb, &import_lanl};

const struct import_format *const *import_list(size_t *count)
{
    *count = ARRAY_LEN(formats);
    return formats;
}

const struct import_format *import_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    return NULL;
}
