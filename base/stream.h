/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BASE_STREAM_H
#define STOWAGE_BASE_STREAM_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

/* Ending a stream that was written to, so that no failed write goes unseen. Errors are ERR_SYSTEM
 * "NAME: No space left on device". */

/* Flushes, and with is_synced makes it durable (fsync). Reports failed writes of earlier too. */
int stream_flush(FILE *stream, const char *name, bool is_synced, struct err *err);

/* As stream_flush, and closes the stream, on -1 too. */
int stream_close(FILE *stream, const char *name, bool is_synced, struct err *err);

#endif
