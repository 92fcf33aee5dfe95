/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/stream.h"

#include <errno.h>
#include <unistd.h>

/* A write that failed long ago has marked the stream, but its errno is gone. The bytes are still in
 * the buffer then, and flushing them tells the reason again. */
int stream_flush(FILE *stream, const char *name, bool is_synced, struct err *err)
{
    if (fflush(stream) != 0)
        return err_errno(err, errno, name);
    if (ferror(stream))
        return err_set(err, ERR_SYSTEM, "%s: an earlier write failed", name);
    if (is_synced && fsync(fileno(stream)) != 0)
        return err_errno(err, errno, name);
    return 0;
}

int stream_close(FILE *stream, const char *name, bool is_synced, struct err *err)
{
    int result = stream_flush(stream, name, is_synced, err);
    if (fclose(stream) != 0 && result == 0)
        return err_errno(err, errno, name);
    return result;
}
