/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/request_station.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "scenarios/scenario.h"

/* ---- rings ---- */

static int32_t ring_place(int32_t first, int32_t offset, int32_t capacity)
{
    return (int32_t)((uint32_t)(first + offset) & (uint32_t)(capacity - 1));
}

/* What makes room for one more in a ring: the capacity doubles, and what was wrapped around to its
 * start goes on behind the former end. */
struct ring_growth {
    void *items; /* address of the pointer */
    int32_t *capacity;
    int32_t first, count;
    size_t item_size;
};

static int ring_grow(const struct ring_growth *growth, struct err *err)
{
    int32_t old = *growth->capacity;
    int32_t wanted = old > 0 ? old : 8;
    int32_t capacity = old;
    if (array_grow(growth->items, &capacity, (int64_t)old + wanted, growth->item_size, err))
        return -1;
    assert(capacity >= old + wanted);
    *growth->capacity = old + wanted;
    char *items;
    memcpy(&items, growth->items, sizeof items);
    if (growth->first + growth->count > old) {
        size_t wrapped = (size_t)(growth->first + growth->count - old);
        memcpy(items + (size_t)old * growth->item_size, items, wrapped * growth->item_size);
    }
    return 0;
}

static int reserve_queue(struct request_station *it, struct err *err)
{
    if (it->queue_count < it->queue_capacity)
        return 0;
    struct ring_growth growth = {.items = &it->queue,
                                 .capacity = &it->queue_capacity,
                                 .first = it->queue_first,
                                 .count = it->queue_count,
                                 .item_size = sizeof *it->queue};
    return ring_grow(&growth, err);
}

static void push_queue(struct request_station *it, const struct request *request)
{
    assert(it->queue_count < it->queue_capacity);
    it->queue[ring_place(it->queue_first, it->queue_count++, it->queue_capacity)] = *request;
}

/* Before all that came later: near the head, since what is interrupted came early. */
static void put_back(struct request_station *it, const struct request *request)
{
    assert(it->queue_count < it->queue_capacity);
    it->queue_first = ring_place(it->queue_first, -1, it->queue_capacity);
    it->queue_count++;
    int32_t at = it->queue_first;
    for (int32_t i = 1; i < it->queue_count; i++) {
        int32_t next = ring_place(it->queue_first, i, it->queue_capacity);
        if (it->queue[next].number > request->number)
            break;
        it->queue[at] = it->queue[next];
        at = next;
    }
    it->queue[at] = *request;
}

static struct request pop_queue(struct request_station *it)
{
    struct request request = it->queue[it->queue_first];
    it->queue_first = ring_place(it->queue_first, 1, it->queue_capacity);
    it->queue_count--;
    return request;
}

static int reserve_free_slots(struct request_station *it, int64_t count, struct err *err)
{
    while (it->free_capacity < count) {
        struct ring_growth growth = {.items = &it->free_slots,
                                     .capacity = &it->free_capacity,
                                     .first = it->free_first,
                                     .count = it->free_count,
                                     .item_size = sizeof *it->free_slots};
        if (ring_grow(&growth, err))
            return -1;
    }
    return 0;
}

static void push_free_slot(struct request_station *it, int32_t server)
{
    assert(it->free_count < it->free_capacity);
    it->free_slots[ring_place(it->free_first, it->free_count++, it->free_capacity)] = server;
}

static int32_t pop_free_slot(struct request_station *it)
{
    int32_t server = it->free_slots[it->free_first];
    it->free_first = ring_place(it->free_first, 1, it->free_capacity);
    it->free_count--;
    return server;
}

/* The slots of a server that takes no more requests are not free any more. */
static void forget_free_slots(struct request_station *it, int32_t server)
{
    int32_t count = it->free_count;
    for (int32_t i = 0; i < count; i++) {
        int32_t slot = pop_free_slot(it);
        if (slot != server)
            push_free_slot(it, slot);
    }
}

/* ---- the heap of ends ---- */

enum { HEAP_WAYS = 4 };

static bool ends_before(const struct service_end *a, const struct service_end *b)
{
    return a->end_us != b->end_us ? a->end_us < b->end_us : a->number < b->number;
}

static void sift_up(struct service_end *ends, int32_t at, struct service_end end)
{
    while (at > 0) {
        int32_t parent = (at - 1) / HEAP_WAYS;
        if (!ends_before(&end, &ends[parent]))
            break;
        ends[at] = ends[parent];
        at = parent;
    }
    ends[at] = end;
}

static void sift_down(struct service_end *ends, int32_t count, int32_t at, struct service_end end)
{
    for (;;) {
        int32_t first = at * HEAP_WAYS + 1;
        int32_t last = first + HEAP_WAYS < count ? first + HEAP_WAYS : count;
        if (first >= count)
            break;
        int32_t least = first;
        for (int32_t i = first + 1; i < last; i++)
            if (ends_before(&ends[i], &ends[least]))
                least = i;
        if (!ends_before(&ends[least], &end))
            break;
        ends[at] = ends[least];
        at = least;
    }
    ends[at] = end;
}

/* ---- service ---- */

static int reserve_entry(struct request_station *it, struct err *err)
{
    if (it->first_free_entry != NO_INDEX)
        return 0;
    if (array_reserve(&it->entries, &it->entry_capacity, it->entry_count + INT64_C(1),
                      sizeof *it->entries, err) ||
        array_reserve(&it->ends, &it->end_capacity, it->entry_count + INT64_C(1), sizeof *it->ends,
                      err))
        return -1;
    it->entries[it->entry_count].next_free = NO_INDEX;
    it->first_free_entry = it->entry_count++;
    return 0;
}

/* Service on a slot of this server begins now, in this entry. */
static struct service_end fill_entry(struct request_station *it, int32_t entry, int32_t server,
                                     const struct request *request)
{
    struct request_in_service *to = &it->entries[entry];
    to->request = *request;
    to->start_us = it->now_us;
    to->server = server;
    return (struct service_end){it->now_us + request->service_us, request->number, entry};
}

/* Puts a request on a free slot. */
static int start_service(struct request_station *it, const struct request *request, struct err *err)
{
    if (reserve_entry(it, err))
        return -1;
    int32_t server = pop_free_slot(it);
    int32_t entry = it->first_free_entry;
    it->first_free_entry = it->entries[entry].next_free;
    it->servers[server].busy_count++;
    sift_up(it->ends, it->end_count++, fill_entry(it, entry, server, request));
    return 0;
}

static void free_entry(struct request_station *it, int32_t entry)
{
    it->entries[entry].next_free = it->first_free_entry;
    it->first_free_entry = entry;
}

static void count_served(struct request_station *it, const struct request_in_service *entry)
{
    int64_t wait_us = entry->start_us - entry->request.came_us;
    int64_t response_us = it->now_us - entry->request.came_us;
    const struct slo_def *slo = &it->options.slo;
    it->counts.served++;
    request_times_add(&it->waits, wait_us);
    request_times_add(&it->responses, response_us);
    it->counts.kept_slo += (slo->kind == SLO_WAIT ? wait_us : response_us) <= slo->limit_us;
}

/* The service that ends first has ended. Its slot takes the next request of the queue, in the same
 * entry and the same place of the heap. */
static void end_service(struct request_station *it)
{
    int32_t entry = it->ends[0].entry;
    int32_t server = it->entries[entry].server;
    struct service_end put;
    count_served(it, &it->entries[entry]);
    if (it->servers[server].is_open && it->queue_count > 0) {
        struct request request = pop_queue(it);
        put = fill_entry(it, entry, server, &request);
    } else {
        it->servers[server].busy_count--;
        if (it->servers[server].is_open)
            push_free_slot(it, server);
        free_entry(it, entry);
        if (--it->end_count == 0)
            return;
        put = it->ends[it->end_count];
    }
    sift_down(it->ends, it->end_count, 0, put);
}

static int serve_queue(struct request_station *it, struct err *err)
{
    while (it->queue_count > 0 && it->free_count > 0) {
        struct request request = it->queue[it->queue_first];
        if (start_service(it, &request, err))
            return -1;
        pop_queue(it);
    }
    return 0;
}

/* ---- arrivals ---- */

static int take_next(struct request_station *it, struct err *err)
{
    if (it->free_count > 0) {
        if (start_service(it, &it->source.next, err))
            return -1;
    } else if (it->queue_count < it->options.queue_limit) {
        if (reserve_queue(it, err))
            return -1;
        push_queue(it, &it->source.next);
    } else {
        it->counts.dropped++;
    }
    it->counts.offered++;
    if (it->open_count == 0) {
        it->counts.cold++;
        if (it->first_cold_us < 0)
            it->first_cold_us = it->now_us;
    }
    request_source_next(&it->source);
    return 0;
}

/* ---- time ---- */

static void pass_time(struct request_station *it, int64_t now_us)
{
    int64_t us = now_us - it->now_us;
    it->counts.waiting_area += (int128)it->queue_count * us;
    it->counts.busy_area += (int128)it->end_count * us;
    it->now_us = now_us;
}

int request_station_advance(struct request_station *station, int64_t now_us, struct err *err)
{
    assert(now_us >= station->now_us);
    for (;;) {
        int64_t end_us = station->end_count > 0 ? station->ends[0].end_us : INT64_MAX;
        int64_t come_us = station->source.next.came_us;
        if (end_us <= come_us) {
            if (end_us > now_us)
                break;
            pass_time(station, end_us);
            end_service(station);
        } else {
            if (come_us >= now_us)
                break;
            pass_time(station, come_us);
            if (take_next(station, err))
                return -1;
        }
    }
    pass_time(station, now_us);
    return 0;
}

/* ---- servers ---- */

static int32_t find_server(const struct request_station *it, int32_t id)
{
    for (int32_t i = 0; i < it->server_count; i++)
        if (it->servers[i].id == id)
            return i;
    return NO_INDEX;
}

static int32_t unused_server(struct request_station *it, struct err *err)
{
    int32_t server = find_server(it, NO_INDEX);
    if (server != NO_INDEX)
        return server;
    if (array_reserve(&it->servers, &it->server_capacity, it->server_count + INT64_C(1),
                      sizeof *it->servers, err))
        return NO_INDEX;
    it->servers[it->server_count].id = NO_INDEX;
    return it->server_count++;
}

int request_station_open(struct request_station *station, int32_t id, struct err *err)
{
    assert(find_server(station, id) == NO_INDEX);
    int64_t slots = (station->open_count + INT64_C(1)) * station->options.slots;
    int32_t server = unused_server(station, err);
    if (server == NO_INDEX || reserve_free_slots(station, slots, err))
        return -1;
    station->servers[server] = (struct request_server){.id = id, .is_open = true};
    station->open_count++;
    station->first_cold_us = -1;
    for (int32_t i = 0; i < station->options.slots; i++)
        push_free_slot(station, server);
    return serve_queue(station, err);
}

static void close_server(struct request_station *it, int32_t server)
{
    if (!it->servers[server].is_open)
        return;
    it->servers[server].is_open = false;
    it->open_count--;
    forget_free_slots(it, server);
}

void request_station_close(struct request_station *station, int32_t id)
{
    int32_t server = find_server(station, id);
    if (server != NO_INDEX)
        close_server(station, server);
}

/* Takes the services of the server out of the heap; their requests into interrupted[]. */
static void interrupt(struct request_station *it, int32_t server, struct request *interrupted)
{
    int32_t kept = 0;
    int32_t count = 0;
    for (int32_t i = 0; i < it->end_count; i++) {
        struct service_end end = it->ends[i];
        if (it->entries[end.entry].server != server) {
            sift_up(it->ends, kept++, end);
            continue;
        }
        interrupted[count++] = it->entries[end.entry].request;
        free_entry(it, end.entry);
    }
    it->end_count = kept;
    assert(count == it->servers[server].busy_count);
}

int request_station_take(struct request_station *station, int32_t id, struct err *err)
{
    int32_t server = find_server(station, id);
    if (server == NO_INDEX)
        return 0;
    int32_t count = station->servers[server].busy_count;
    struct request *interrupted = NULL;
    int32_t capacity = 0;
    if (array_reserve(&interrupted, &capacity, count, sizeof *interrupted, err))
        return -1;
    int result = 0;
    close_server(station, server);
    if (count > 0)
        interrupt(station, server, interrupted);
    station->counts.interrupted += count;
    for (int32_t i = 0; i < count && result == 0; i++) {
        if (station->options.drops_interrupted)
            station->counts.dropped++;
        else if ((result = reserve_queue(station, err)) == 0)
            put_back(station, &interrupted[i]);
    }
    free(interrupted);
    station->servers[server] = (struct request_server){.id = NO_INDEX};
    return result ? result : serve_queue(station, err);
}

/* ---- begin and end ---- */

int request_station_init(struct request_station *station, const struct station_options *options,
                         const struct traffic_def *def, const struct request_terms *terms,
                         struct err *err)
{
    assert(options->slots >= 1);
    *station = (struct request_station){
        .options = *options,
        .now_us = terms->from_us,
        .first_free_entry = NO_INDEX,
        .first_cold_us = -1,
    };
    request_source_init(&station->source, def, terms);
    return request_times_init(&station->waits, err) || request_times_init(&station->responses, err)
               ? -1
               : 0;
}

void request_station_release(struct request_station *station)
{
    free(station->queue);
    free(station->ends);
    free(station->entries);
    free(station->servers);
    free(station->free_slots);
    request_times_release(&station->waits);
    request_times_release(&station->responses);
    *station = (struct request_station){0};
}

void request_station_limit(struct request_station *station, int64_t queue_limit)
{
    station->options.queue_limit = queue_limit;
    station->first_cold_us = -1;
    if (station->queue_count <= queue_limit)
        return;
    station->counts.dropped += station->queue_count - queue_limit;
    station->queue_count = (int32_t)queue_limit;
}

void request_station_end(struct request_station *station)
{
    request_source_close(&station->source);
    station->options.drops_interrupted = true;
    station->counts.dropped += station->queue_count;
    station->queue_count = 0;
}

bool request_station_is_consistent(const struct request_station *station)
{
    const struct request_counts *counts = &station->counts;
    int64_t busy = 0;
    int64_t open_slots = 0;
    int64_t busy_open = 0;
    for (int32_t i = 0; i < station->server_count; i++) {
        const struct request_server *server = &station->servers[i];
        if (server->id == NO_INDEX)
            continue;
        busy += server->busy_count;
        busy_open += server->is_open ? server->busy_count : 0;
        open_slots += server->is_open ? station->options.slots : 0;
        if (server->busy_count > station->options.slots)
            return false;
    }
    bool is_heap = true;
    for (int32_t i = 1; i < station->end_count; i++)
        is_heap = is_heap && !ends_before(&station->ends[i], &station->ends[(i - 1) / HEAP_WAYS]);
    bool is_in_order = true;
    for (int32_t i = 1; i < station->queue_count; i++) {
        int32_t at = ring_place(station->queue_first, i, station->queue_capacity);
        int32_t before = ring_place(station->queue_first, i - 1, station->queue_capacity);
        is_in_order = is_in_order && station->queue[before].number < station->queue[at].number;
    }
    return is_heap && is_in_order && busy == station->end_count &&
           station->free_count == open_slots - busy_open &&
           (station->free_count == 0 || station->queue_count == 0) &&
           station->waits.count == counts->served && station->responses.count == counts->served &&
           counts->offered ==
               counts->served + counts->dropped + station->queue_count + station->end_count;
}
