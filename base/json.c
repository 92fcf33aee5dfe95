/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/excerpt.h"
#include "base/folder.h"

/* ---- syntax and tree ---- */

static const char utf8_mark[] = "\xef\xbb\xbf";

/* The text behind a byte order mark of UTF-8, which RFC 8259 lets a reader ignore. */
static struct json_text without_mark(struct json_text text)
{
    size_t length = sizeof utf8_mark - 1;
    if (text.size >= length && memcmp(text.bytes, utf8_mark, length) == 0) {
        text.bytes += length;
        text.size -= length;
    }
    return text;
}

/* Files that are no text at all, named as what they are instead of by their first wrong byte. */
static int check_encoding(struct json_text text, struct err *err)
{
    static const struct {
        const char *magic;
        const char *what;
    } encodings[] = {
        {"\xff\xfe", "the text is UTF-16: save it as UTF-8"},
        {"\xfe\xff", "the text is UTF-16: save it as UTF-8"},
        {"\x1f\x8b", "the file is compressed by gzip: unpack it first"},
        {"\x28\xb5", "the file is compressed by zstd: unpack it first"},
    };
    for (size_t i = 0; i < ARRAY_LEN(encodings); i++) {
        if (text.size >= 2 && memcmp(text.bytes, encodings[i].magic, 2) == 0)
            return err_set(err, ERR_INPUT, "%s:%" PRId64 ":1: %s", text.file, text.lines_before + 1,
                           encodings[i].what);
    }
    return 0;
}

static int report_fault(struct json_text text, const struct json_fault *fault, struct err *err)
{
    char excerpt[EXCERPT_SIZE];
    char opening[80] = "";
    struct text_place place = text_place_of(text.bytes, text.size, fault->at);
    if (fault->has_opening) {
        struct text_place opened = text_place_of(text.bytes, text.size, fault->opened_at);
        snprintf(opening, sizeof opening, " (begun at %" PRId64 ":%" PRId64 ")",
                 text.lines_before + opened.line, opened.column);
    }
    excerpt_print(text.bytes, text.size, fault->at, excerpt);
    bool has_line = excerpt[0] != '\n';
    return err_set(err, fault->kind, "%s:%" PRId64 ":%" PRId64 ": %s%s%s%s", text.file,
                   text.lines_before + place.line, place.column, fault->what, opening,
                   has_line ? "\n" : "", has_line ? excerpt : "");
}

int json_check_syntax(struct json_text text, struct err *err)
{
    struct json_fault fault;
    struct json_text body = without_mark(text);
    if (check_encoding(body, err) != 0)
        return -1;
    if (json_syntax_check(body.bytes, body.size, &fault) != 0)
        return report_fault(body, &fault, err);
    return 0;
}

/* ---- long integers ---- */

/* All integers of fewer digits are doubles without loss. */
enum { LONG_DIGITS = 16 };

static bool has_long_integer(struct json_text text)
{
    int32_t digits = 0;
    for (size_t i = 0; i < text.size && digits < LONG_DIGITS; i++)
        digits = isdigit((unsigned char)text.bytes[i]) ? digits + 1 : 0;
    return digits == LONG_DIGITS;
}

/* The first number in a text of sound syntax, which has one. */
static const char *find_number(const char *at)
{
    bool is_in_string = false;
    while (is_in_string || (*at != '-' && !isdigit((unsigned char)*at))) {
        if (*at == '"')
            is_in_string = !is_in_string;
        at += is_in_string && *at == '\\' ? 2 : 1;
    }
    return at;
}

/* The numbers of the tree are those of the text from *at on, in the same order. */
static int keep_long_integers(cJSON *item, const char **at)
{
    int result = 0;
    if (cJSON_IsNumber(item)) {
        const char *number = find_number(*at);
        size_t sign = *number == '-', length = strspn(number, "-+.0123456789eE");
        *at = number + length;
        if (length < LONG_DIGITS || strspn(number + sign, "0123456789") + sign != length)
            return 0;
        item->valuestring = cJSON_malloc(length + 1); /* which cJSON_Delete frees */
        if (item->valuestring == NULL)
            return -1;
        memcpy(item->valuestring, number, length);
        item->valuestring[length] = '\0';
    }
    for (cJSON *child = item->child; child != NULL && result == 0; child = child->next)
        result = keep_long_integers(child, at);
    return result;
}

cJSON *json_parse(struct json_text text, struct err *err)
{
    if (json_check_syntax(text, err) != 0)
        return NULL;
    struct json_text body = without_mark(text);
    const char *at = body.bytes;
    cJSON *tree = cJSON_ParseWithLengthOpts(body.bytes, body.size, NULL, false);
    if (tree != NULL && (!has_long_integer(body) || keep_long_integers(tree, &at) == 0))
        return tree;
    /* The syntax is sound, so only memory can have failed. */
    cJSON_Delete(tree);
    err_no_memory(err);
    err_prefix(err, "%s", text.file);
    return NULL;
}

/* ---- looking into a tree ---- */

struct key {
    const char *name;
    int64_t position;
};

static int compare_keys(const void *left, const void *right)
{
    const struct key *a = left;
    const struct key *b = right;
    int order = strcmp(a->name, b->name);
    if (order != 0)
        return order;
    return (a->position > b->position) - (a->position < b->position);
}

/* In sorted order equal names are neighbours, the later occurrence second. */
static const char *first_repeated(const struct key *keys, size_t count)
{
    const struct key *found = NULL;
    for (size_t i = 1; i < count; i++) {
        bool is_repeated = strcmp(keys[i - 1].name, keys[i].name) == 0;
        if (is_repeated && (found == NULL || keys[i].position < found->position))
            found = &keys[i];
    }
    return found == NULL ? NULL : found->name;
}

static const char *repeated_by_sorting(const cJSON *object, struct key *keys)
{
    size_t count = 0;
    const cJSON *child;
    cJSON_ArrayForEach(child, object)
    {
        keys[count] = (struct key){.name = child->string, .position = (int64_t)count};
        count++;
    }
    qsort(keys, count, sizeof keys[0], compare_keys);
    return first_repeated(keys, count);
}

static const char *repeated_by_pairs(const cJSON *object)
{
    for (const cJSON *later = object->child; later != NULL; later = later->next) {
        for (const cJSON *earlier = object->child; earlier != later; earlier = earlier->next) {
            if (strcmp(earlier->string, later->string) == 0)
                return later->string;
        }
    }
    return NULL;
}

/* Small objects, which are nearly all, are compared in pairs; so are large ones when there is no
 * memory to sort them, so that the answer never depends on it. */
const char *json_repeated_key(const cJSON *object)
{
    enum { PAIRS_MAX = 16 };
    size_t count = 0;
    const cJSON *child;
    if (!cJSON_IsObject(object))
        return NULL;
    cJSON_ArrayForEach(child, object) count++;
    struct key *keys = count > PAIRS_MAX ? calloc(count, sizeof *keys) : NULL;
    if (keys == NULL)
        return repeated_by_pairs(object);
    const char *name = repeated_by_sorting(object, keys);
    free(keys);
    return name;
}

const cJSON *json_get(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

bool json_exact_int(const cJSON *item, int64_t *out)
{
    const double limit = 9007199254740992.0; /* 2^53, to which 2^53 + 1 is rounded as well */
    if (!cJSON_IsNumber(item))
        return false;
    double value = item->valuedouble;
    if (!(value > -limit && value < limit))
        return false;
    int64_t whole = (int64_t)value;
    if ((double)whole != value)
        return false;
    *out = whole;
    return true;
}

/* ---- files ---- */

/* Room for one byte more than the file is known to hold, so that its end is seen without growing.
 */
static size_t first_capacity(int fd, size_t size_max)
{
    struct stat info;
    size_t capacity = 65536;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0)
        capacity = (size_t)info.st_size + 1;
    return capacity > size_max ? size_max + 1 : capacity;
}

/* read(2) that is not disturbed by signals. */
static ssize_t read_some(int fd, char *to, size_t size)
{
    ssize_t got;
    do {
        got = read(fd, to, size);
    } while (got < 0 && errno == EINTR);
    return got;
}

struct source {
    int fd;
    const char *path; /* for messages */
    size_t size_max;
};

/* Reads to the end into *buffer, which is the caller's to free on failure too. At most size_max + 1
 * bytes: one more tells that the file is too large. On -1 errno is set. */
static int read_all(const struct source *from, char **buffer, size_t *size)
{
    size_t capacity = first_capacity(from->fd, from->size_max);
    *buffer = malloc(capacity + 1);
    while (*buffer != NULL) {
        ssize_t got = read_some(from->fd, *buffer + *size, capacity - *size);
        if (got < 0)
            return -1;
        *size += (size_t)got;
        if (got == 0 || *size > from->size_max)
            return 0;
        if (*size < capacity)
            continue;
        capacity = capacity > from->size_max / 2 ? from->size_max + 1 : capacity * 2;
        char *grown = realloc(*buffer, capacity + 1);
        if (grown == NULL)
            break;
        *buffer = grown;
    }
    errno = ENOMEM;
    return -1;
}

static int read_source(const struct source *from, char **bytes, size_t *size, struct err *err)
{
    char *buffer = NULL;
    size_t length = 0;
    int result = 0;
    if (read_all(from, &buffer, &length) != 0)
        result = folder_errno(err, errno, from->path);
    else if (length > from->size_max)
        result = err_set(err, ERR_LIMIT, "%s: larger than %zu bytes, the most that is read",
                         from->path, from->size_max);
    if (result != 0) {
        free(buffer);
        return -1;
    }
    buffer[length] = '\0';
    *bytes = buffer;
    *size = length;
    return 0;
}

int json_read_file(const char *path, size_t size_max, char **bytes, size_t *size, struct err *err)
{
    struct source from = {.fd = STDIN_FILENO, .path = path, .size_max = size_max};
    if (from.size_max > SIZE_MAX / 4) /* so that sums of it cannot overflow */
        from.size_max = SIZE_MAX / 4;
    if (strcmp(path, "-") == 0)
        return read_source(&from, bytes, size, err);
    from.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (from.fd < 0)
        return folder_errno(err, errno, path);
    int result = read_source(&from, bytes, size, err);
    close(from.fd);
    return result;
}
