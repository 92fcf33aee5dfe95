/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_COMPRESSED_H
#define STOWAGE_BASE_COMPRESSED_H

#include <stddef.h>

#include "base/err.h"

/* Reads a whole file into malloc'ed memory with a NUL after it; one that is gzip-compressed is
 * unpacked. At most `size_max` bytes (unpacked), else ERR_LIMIT; ERR_INPUT when there is no such
 * file, it is a folder, or its compressed data are damaged or cut off. The caller frees *bytes. */
int compressed_read_file(const char *path, size_t size_max, char **bytes, size_t *size,
                         struct err *err);

#endif
