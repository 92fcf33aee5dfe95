/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/compressed.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/json.h"

/* A gzip file is one or more members, each with a header of its own and a checksum at its end (RFC
 * 1952); zlib unpacks one member at a time. */

struct unpacking {
    const char *path;
    size_t size_max;
    z_stream stream;
    char *bytes; /* owned */
    size_t size, capacity;
};

static int fail_damaged(const struct unpacking *unpacking, struct err *err)
{
    return err_set(err, ERR_INPUT, "%s: the gzip-compressed data are damaged or cut off",
                   unpacking->path);
}

static int grow(struct unpacking *unpacking, struct err *err)
{
    size_t capacity = unpacking->capacity == 0 ? 65536 : unpacking->capacity * 2;
    char *bytes = realloc(unpacking->bytes, capacity);
    if (bytes == NULL)
        return err_no_memory(err);
    unpacking->bytes = bytes;
    unpacking->capacity = capacity;
    return 0;
}

/* As much as fits into the buffer, which keeps room for a NUL. */
static int unpack_some(struct unpacking *unpacking, int *state, struct err *err)
{
    z_stream *stream = &unpacking->stream;
    if (unpacking->capacity - unpacking->size < 2 && grow(unpacking, err) != 0)
        return -1;
    size_t room = unpacking->capacity - unpacking->size - 1;
    stream->next_out = (unsigned char *)unpacking->bytes + unpacking->size;
    stream->avail_out = room > UINT_MAX ? UINT_MAX : (unsigned int)room;
    unsigned int before = stream->avail_out;
    *state = inflate(stream, Z_NO_FLUSH);
    unpacking->size += before - stream->avail_out;
    if (*state == Z_MEM_ERROR)
        return err_no_memory(err);
    bool goes_on = *state == Z_OK || *state == Z_STREAM_END;
    bool is_stuck = *state == Z_OK && before == stream->avail_out && stream->avail_in == 0;
    if (!goes_on || is_stuck)
        return fail_damaged(unpacking, err);
    if (unpacking->size > unpacking->size_max)
        return err_set(err, ERR_LIMIT, "%s: unpacked it is larger than %zu bytes", unpacking->path,
                       unpacking->size_max);
    return 0;
}

static int unpack_members(struct unpacking *unpacking, struct err *err)
{
    int state = Z_OK;
    do {
        if (state == Z_STREAM_END && inflateReset(&unpacking->stream) != Z_OK)
            return fail_damaged(unpacking, err);
        if (unpack_some(unpacking, &state, err) != 0)
            return -1;
    } while (state != Z_STREAM_END || unpacking->stream.avail_in > 0);
    unpacking->bytes[unpacking->size] = '\0';
    return 0;
}

static int unpack(const char *path, size_t size_max, char **bytes, size_t *size, struct err *err)
{
    enum { GZIP_ONLY = 16 + MAX_WBITS };
    struct unpacking unpacking = {.path = path, .size_max = size_max};
    if (*size > UINT_MAX)
        return err_set(err, ERR_LIMIT, "%s: is larger than 4 GiB", path);
    unpacking.stream.next_in = (unsigned char *)*bytes;
    unpacking.stream.avail_in = (unsigned int)*size;
    if (inflateInit2(&unpacking.stream, GZIP_ONLY) != Z_OK)
        return err_no_memory(err);
    int result = unpack_members(&unpacking, err);
    inflateEnd(&unpacking.stream);
    if (result != 0) {
        free(unpacking.bytes);
        return -1;
    }
    free(*bytes);
    *bytes = unpacking.bytes;
    *size = unpacking.size;
    return 0;
}

int compressed_read_file(const char *path, size_t size_max, char **bytes, size_t *size,
                         struct err *err)
{
    char *read = NULL;
    size_t read_size = 0;
    if (json_read_file(path, size_max, &read, &read_size, err) != 0)
        return -1;
    bool is_gzip = read_size >= 2 && memcmp(read, "\x1f\x8b", 2) == 0;
    if (is_gzip && unpack(path, size_max, &read, &read_size, err) != 0) {
        free(read);
        return -1;
    }
    *bytes = read;
    *size = read_size;
    return 0;
}
