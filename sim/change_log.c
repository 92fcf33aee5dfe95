/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/change_log.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"

/* A job of one replica makes two entries or three, a run of a million jobs as many millions. As a
 * table they would be most of the memory that the run touches for the first time, which costs more
 * than all else that is done about them. So each is written by what it differs from the one before:
 *
 *   the time since then, and the runner's number less that one's, doubled, or, where that is
 *   negative, -2 times it less 1: both seven bits a byte, the lowest first, the highest bit set in
 *   all bytes but the last;
 *   the counts: where all are 0 or 1 one byte of four bits; else a byte COUNTS_FOLLOW and then
 *   wish, live, running and floor as above.
 *
 * Example: runner 3 with wish 1, live 1, running 1, floor 0 at 300 us, behind an entry of runner 5
 * at 100 us: 200 = 0xc8 0x01; 3 - 5 = -2, which is 3; bits 0111 = 7. In all c8 01 03 07. */

enum {
    NUMBER_BYTES_MAX = 10,
    ENTRY_BYTES_MAX = 6 * NUMBER_BYTES_MAX + 1,
    COUNTS_FOLLOW = 16,
};

/* ---- writing ---- */

/* Each of these returns the place behind what it has written. */
static uint8_t *write_number(uint8_t *at, uint64_t number)
{
    for (; number > 127; number >>= 7)
        *at++ = (uint8_t)(number | 128);
    *at++ = (uint8_t)number;
    return at;
}

static uint8_t *write_counts(uint8_t *at, const struct runner_change *change)
{
    if ((uint32_t)(change->wish | change->live | change->running | change->floor) <= 1) {
        *at =
            (uint8_t)(change->wish | change->live << 1 | change->running << 2 | change->floor << 3);
        return at + 1;
    }
    *at = COUNTS_FOLLOW;
    at = write_number(at + 1, (uint64_t)change->wish);
    at = write_number(at, (uint64_t)change->live);
    at = write_number(at, (uint64_t)change->running);
    return write_number(at, (uint64_t)change->floor);
}

/* The last entry, which will not change any more. */
static int write_last(struct change_log *log, struct err *err)
{
    const struct runner_change *last = &log->last;
    if (array_reserve_plain(&log->bytes, &log->byte_capacity,
                            log->byte_count + INT64_C(1) * ENTRY_BYTES_MAX, 1, err))
        return -1;
    int64_t step = (int64_t)last->runner - log->runner;
    uint8_t *at = log->bytes + log->byte_count;
    at = write_number(at, (uint64_t)(last->time_us - log->time_us));
    at = write_number(at, step >= 0 ? (uint64_t)step * 2 : (uint64_t)-step * 2 - 1);
    at = write_counts(at, last);
    log->byte_count = (int32_t)(at - log->bytes);
    log->time_us = last->time_us;
    log->runner = last->runner;
    return 0;
}

int change_log_add(struct change_log *log, const struct runner_change *change, struct err *err)
{
    assert(change->time_us >= log->last.time_us);
    bool is_same = log->count > 0 && log->last.runner == change->runner &&
                   log->last.time_us == change->time_us;
    if (!is_same && log->count == CHANGE_LOG_MAX) {
        log->was_cut = true;
        return 0;
    }
    if (!is_same) {
        if (log->count > 0 && write_last(log, err))
            return -1;
        log->count++;
    }
    log->last = *change;
    return 0;
}

/* ---- reading ---- */

struct change_reader change_log_read(const struct change_log *log)
{
    return (struct change_reader){.log = log};
}

static uint64_t read_number(struct change_reader *reader)
{
    uint64_t number = 0;
    for (int shift = 0;; shift += 7) {
        uint8_t byte = reader->log->bytes[reader->byte++];
        number |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return number;
    }
}

static void read_counts(struct change_reader *reader, struct runner_change *change)
{
    int32_t bits = (int32_t)read_number(reader);
    if (bits != COUNTS_FOLLOW) {
        change->wish = bits & 1;
        change->live = bits >> 1 & 1;
        change->running = bits >> 2 & 1;
        change->floor = bits >> 3 & 1;
        return;
    }
    change->wish = (int32_t)read_number(reader);
    change->live = (int32_t)read_number(reader);
    change->running = (int32_t)read_number(reader);
    change->floor = (int32_t)read_number(reader);
}

bool change_log_next(struct change_reader *reader, struct runner_change *change)
{
    if (reader->count == reader->log->count)
        return false;
    if (++reader->count == reader->log->count) {
        *change = reader->log->last;
        return true;
    }
    reader->time_us += (int64_t)read_number(reader);
    uint64_t step = read_number(reader);
    reader->runner += step % 2 == 0 ? (int32_t)(step / 2) : -(int32_t)((step + 1) / 2);
    change->time_us = reader->time_us;
    change->runner = reader->runner;
    read_counts(reader, change);
    return true;
}

void change_log_release(struct change_log *log)
{
    free(log->bytes);
    *log = (struct change_log){0};
}
