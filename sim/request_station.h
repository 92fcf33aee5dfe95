/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SIM_REQUEST_STATION_H
#define STOWAGE_SIM_REQUEST_STATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/int128.h"
#include "sim/request_source.h"
#include "sim/request_times.h"

/* The replicas of one runner as a station that serves single requests: each server (a running
 * replica) has so many slots, and all of them take from one queue, in order of coming. A request
 * that comes upon free slots gets the one that has been free longest, since each slot polls for
 * work; one that comes upon none waits, or is dropped where the queue is full.
 *
 * A server that closes takes no more requests and finishes those it has. One that is taken away
 * interrupts what it still serves: those requests go back into the queue, in order of coming, and
 * their service begins anew, or they are dropped.
 *
 * Nothing here knows the engine: the station is brought forward to an instant before something
 * changes at it, by a merge of the next arrival and a heap of the ends of service. At one instant
 * what ends comes before what begins: services that end at it are over, but requests that come at
 * it meet the station as it is after the change. */

struct request_in_service {
    struct request request;
    int64_t start_us;
    int32_t server;
    int32_t next_free; /* of unused entries; NO_INDEX: none */
};

struct service_end { /* in a 4-ary heap, ordered by (end_us, number) */
    int64_t end_us;
    int64_t number;
    int32_t entry; /* index into `entries` */
};

struct request_server {
    int32_t id; /* of the caller; NO_INDEX: the entry is unused */
    int32_t busy_count;
    bool is_open;
};

struct request_counts {
    int64_t offered, served, dropped;
    int64_t cold;        /* came while no server was open */
    int64_t interrupted; /* services that ended with their server */
    int64_t kept_slo;    /* of the served */
    int128 waiting_area; /* requests x us; of those in the queue */
    int128 busy_area;    /* of those in service */
};

struct station_options {
    int32_t slots;       /* of a server, at least 1 */
    int64_t queue_limit; /* requests that may wait */
    struct slo_def slo;
    bool drops_interrupted;
};

struct request_station {
    struct station_options options;
    struct request_source source;
    int64_t now_us;
    struct request *queue; /* a ring; its capacity is a power of two */
    int32_t queue_first, queue_count, queue_capacity;
    struct service_end *ends; /* the heap */
    int32_t end_count, end_capacity;
    struct request_in_service *entries;
    int32_t entry_count, entry_capacity, first_free_entry;
    struct request_server *servers;
    int32_t server_count, server_capacity; /* unused ones included */
    int32_t open_count;
    int32_t *free_slots; /* a ring of servers, longest free first; capacity a power of two */
    int32_t free_first, free_count, free_capacity;
    int64_t first_cold_us; /* when the first request came since no server has been open; -1: none */
    struct request_counts counts;
    struct request_times waits, responses; /* of the served: wait = up to the start of the service
                                              that was not interrupted */
};

/* The station is empty and without servers at terms->from_us. On -1 it may be released. */
int request_station_init(struct request_station *station, const struct station_options *options,
                         const struct traffic_def *def, const struct request_terms *terms,
                         struct err *err);
void request_station_release(struct request_station *station);

/* All that happens up to now_us. O(log requests in service) for each request. */
int request_station_advance(struct request_station *station, int64_t now_us, struct err *err);

/* Changes at station->now_us. A server is called by its id; closing or taking away one that the
 * station does not have is no error. Taking away costs O(requests in service). */
int request_station_open(struct request_station *station, int32_t id, struct err *err);
void request_station_close(struct request_station *station, int32_t id);
int request_station_take(struct request_station *station, int32_t id, struct err *err);

/* So many may wait from now on; of more, the latest are dropped. */
void request_station_limit(struct request_station *station, int64_t queue_limit);

/* No more requests come, and those that wait are dropped; so is from now on what is interrupted. */
void request_station_end(struct request_station *station);

/* Recounts everything; O(requests waiting and in service). */
bool request_station_is_consistent(const struct request_station *station);

#endif
