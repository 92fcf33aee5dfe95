/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_SCENARIOS_LOAD_H
#define STOWAGE_SCENARIOS_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/digest.h"
#include "base/units.h"
#include "scenarios/catalogue.h"
#include "scenarios/fields.h"
#include "scenarios/scenario.h"
#include "scenarios/value.h"
#include "base/words.h"

/* Between the files of the loader: what is known while a scenario is read. Each load_x.c reads one
 * kind of object. Functions of the loader return nothing or what they found: what is wrong goes to
 * the problems, and reading goes on. */

/* Limits of one scenario, so that a mistyped number is a message and not the end of all memory. */
enum {
    SCENARIO_NODES_MAX = 10000000,
    RUNNER_REPLICAS_MAX = 10000000,
    SCENARIO_REPLICAS_MAX = 100000000, /* the sum at the start */
    ARRIVALS_MAX = 100000000,          /* expected of one generator */
    GRACE_DEFAULT_US = 30 * US_PER_S,
    THREADS_DEFAULT = 16,
    INCLUDES_MAX = 1000,
};

/* A file of the scenario that is held as a tree. */
struct source {
    const char *path; /* as shown in messages */
    cJSON *tree;
    uint64_t device, inode; /* which file it is */
    bool is_open;           /* its includes are being read */
};

/* What only the loader knows of a pool; pool_notes[i] belongs to pools[i]. */
struct pool_note {
    const char *given_id; /* as in the input: the pool's own id may say its cluster too */
    int32_t next_same_id; /* the next pool of this id in another cluster; NO_INDEX */
    int32_t node_count;   /* at the start */
    int64_t added_count;  /* by events */
    bool allows_any;      /* no node_capacity_type was given */
    double spot_price_factor;
    int64_t overhead_cpu_milli, overhead_mem_bytes; /* of each node, for what runs on all of them */
};

struct startup_terms { /* see struct runner_def */
    int32_t startup, image_pull;
    struct dist load; /* without the pulling */
};

struct loader {
    struct scenario *scenario;
    struct reader reader;
    struct sha256 sha;
    struct source *sources; /* the scenario itself, then what it includes */
    int32_t source_count, source_capacity;
    struct type_registry declared;  /* instance_types of the scenario */
    struct type_registry catalogue; /* the shipped ones, once they are needed */
    struct type_registry used;      /* those that pools have: become scenario->types */
    struct lookup clusters, deployments, runners, arrivals; /* by id or name */
    struct lookup pools_by_id;    /* the first pool of each id, as given */
    struct lookup pools_by_place; /* "cluster/id", "/id" without a cluster */
    struct lookup pools_by_name;  /* pool_def.id */
    struct lookup workers;        /* {worker, pool}: its runner */
    struct lookup dists;          /* by content */
    struct lookup nodes;          /* those that were given a name */
    struct lookup named_nodes;    /* the same by {pool, ordinal} */
    struct pool_note *pool_notes;
    int32_t pool_note_capacity;
    int32_t *pools_scratch; /* eligible pools of the runner at hand */
    int32_t pools_scratch_capacity;
    struct startup_terms default_startup;
    int64_t default_grace_us;
    int64_t wish_total;  /* sum of num_replicas */
    int64_t added_total; /* nodes that events add */
    bool has_clusters;   /* compute_clusters was given: references must be in it */
    bool has_nodes_file;
    bool has_seen_pools; /* right or wrong */
    struct err failure;  /* of the system, the first: the loading fails with it */
};

/* A failure outside of the input (memory, disk): kept as the result of the loading. */
void loader_fail(struct loader *loader, const struct err *err);

/* ---- load_source.c ---- */

/* Reads `path` and all that it includes into sources; none when there is no tree to go on with. */
void load_sources(struct loader *loader, const char *path);

/* A path given in a file, seen from where we are; "" when memory is out. */
const char *path_beside(struct loader *loader, const char *of_file, const char *path);

/* Opens a file named in the main file for streaming and adds its content to the digest. NULL: the
 * problem is reported at `value`. The caller closes it. */
FILE *open_stream(struct loader *loader, const struct value *value, const char *path);

/* The failure of a reader of files, whose text names the file. */
void report_file_error(struct loader *loader, const struct err *err);

/* What the main file may hold. */
extern const struct object_kind root_kind;

/* ---- load_edit.c ---- */

/* Makes the edits in the trees of the sources. */
void apply_edits(struct loader *loader, const struct edit_list *edits);

/* ---- load_root.c ---- */

/* A top-level array of all sources. */
typedef void visit_element(struct loader *loader, struct value *element);
struct section {
    const char *key;     /* "nodepools" */
    const char *wrapper; /* "nodepool": elements may be {"nodepool": {...}}; NULL */
    visit_element *visit;
    bool is_second; /* visited a second time: what is wrong with the array itself is known */
};

/* An element out of its wrapper: {"runner": {...}}. Returns the element itself, or *inner. */
struct value *unwrap_element(struct value *element, const char *wrapper, struct value *inner);

/* ---- load_dist.c ---- */

/* A random duration. */
bool read_dist(const struct value *value, struct dist *out);
bool get_dist(struct loader *loader, const struct value *object, const char *key, int32_t *index);
/* A random duration, or {"image_pull", "load"}. */
bool get_startup(struct loader *loader, const struct value *object, struct startup_terms *out);
/* The number of a distribution, added when it is new. */
int32_t keep_dist(struct loader *loader, const struct dist *dist);

/* ---- load_common.c: parts of several objects ---- */

/* special_handling: the reason of the first that is not done, as a static text; NULL: none. */
const char *get_undone_handling(const struct value *object);

/* JSON text of the object under "metadata", interned; NULL when absent. */
const char *get_metadata(const struct value *object);

/* NodeCapacityType. False when absent or empty. */
struct capacity_types {
    bool on_demand, spot;
};
bool get_capacity_types(const struct value *object, const char *key, struct capacity_types *out);

/* ---- load_compute.c: apiComputeInfo ---- */

struct compute_info {
    int64_t cpu_milli, mem_bytes;
    int64_t device_mem_bytes; /* 0: none given */
    int32_t device_count;
    struct text_list types, topologies;
    bool has_cpu, has_mem, has_devices;
};
/* What an instance has (the limits, perhaps negative), or what a replica asks for (the requests,
 * else the limits). False when it is absent. */
bool get_capacity(const struct value *object, const char *key, struct compute_info *out);
bool get_request(const struct value *object, const char *key, struct compute_info *out);

/* ---- load_cluster.c ---- */

void load_cluster(struct loader *loader, struct value *element);
/* The id of cloud_provider, interned; "" when absent. */
const char *get_provider(const struct value *object);
/* The cluster that compute_cluster of this object names (or describes), or NO_INDEX. */
int32_t get_cluster(struct loader *loader, const struct value *object);

/* ---- load_instance_type.c ---- */

void load_instance_type(struct loader *loader, struct value *element);
/* An element of a pool's instance_types; the number in `used`, or NO_INDEX. */
struct type_terms {
    int32_t cluster; /* of the pool, or NO_INDEX */
    int64_t overhead_cpu_milli, overhead_mem_bytes;
};
int32_t load_pool_type(struct loader *loader, struct value *element,
                       const struct type_terms *terms);
/* The type that spot nodes of this type have, at so many times its price; NO_INDEX: out of memory.
 */
int32_t spot_type_of(struct loader *loader, int32_t type, double price_factor);

/* ---- load_nodepool.c, load_nodes.c ---- */

extern const struct object_kind nodepool_kind;
void load_nodepool(struct loader *loader, struct value *element);
/* Pools that share their id with another get "cluster/id" as their name. */
void name_pools(struct loader *loader);

/* simulation.nodes of a pool that was just added, or what stands for it. */
struct pool_facts {                    /* for the default number of nodes */
    int64_t node_count, max_instances; /* -1: not given */
    bool is_pending, is_scaling;
};
void load_pool_nodes(struct loader *loader, const struct value *nodepool,
                     const struct pool_facts *facts);
/* simulation.scaling of a pool; NULL where it is absent. */
const struct scaling_def *get_scaling(struct loader *loader, const struct value *simulation);
/* One row or line of nodes_file. */
void load_node_entry(struct loader *loader, struct value *entry);
/* The number of the type of this id among those of the pool; NO_INDEX with an error. */
int32_t find_pool_type(struct loader *loader, const struct value *reference, int32_t pool);
/* The only type of the pool; NO_INDEX with an error at `missing`. */
int32_t only_pool_type(struct loader *loader, const struct value *missing, int32_t pool);
/* `type` of the pool (or NO_INDEX), as the capacity_type of the object has it: "spot" or
 * "on-demand"; NO_INDEX with an error where the pool or the type is not offered so. */
int32_t get_capacity_type(struct loader *loader, const struct value *object, int32_t pool,
                          int32_t type);
/* The words for it. */
extern const struct words capacity_words;
enum { CAPACITY_ON_DEMAND, CAPACITY_SPOT };

/* ---- load_reference.c: what other objects are named by ---- */

/* A name that should be one of those that are known. */
struct unknown_name {
    const char *name;
    const char *among; /* "a nodepool of the scenario": what it is not */
    struct words known;
};

/* `"gpuu" is not a nodepool of the scenario: did you mean "gpu"?`, with what may be given. */
void report_unknown_name(const struct value *place, const struct unknown_name *unknown);

/* A pool named by text ("id" or "cluster/id") or by an object {id, compute_cluster}. NO_INDEX with
 * an error. */
int32_t read_pool(struct loader *loader, const struct value *value);
/* The same from id and compute_cluster of an object that holds other things too. */
int32_t read_pool_parts(struct loader *loader, const struct value *object);
/* The pool that a pasted nodepool is, when it is known already; NO_INDEX. No problems. */
int32_t find_same_pool(struct loader *loader, const struct value *nodepool);
int32_t find_pool(const struct loader *loader, const char *cluster_id, const char *id);
/* By "id" (the first of that id) or "cluster/id". */
int32_t find_pool_by_text(const struct loader *loader, const char *text);
/* A runner by its id. NO_INDEX with an error. */
int32_t read_runner_id(struct loader *loader, const struct value *value);

/* ---- load_worker.c ---- */

struct worker {
    const char *identity; /* "" none */
    int32_t num_threads;  /* 0: not given */
    struct compute_info compute_info;
    bool has_compute_info;
};
void get_worker(struct loader *loader, const struct value *object, const char *key,
                struct worker *out);

/* ---- load_runner.c, load_replica.c, load_deployment.c, load_arrival.c, load_event.c ---- */

void load_runner(struct loader *loader, struct value *element);
void load_deployment(struct loader *loader, struct value *element);
void load_arrival(struct loader *loader, struct value *element);
/* The template of an arrival, as load_pasted_pools. */
void load_arrival_pools(struct loader *loader, struct value *element);
/* Counts the nodes that an event adds, before events are read that may name them. */
void count_added_nodes(struct loader *loader, struct value *element);
void load_event(struct loader *loader, struct value *element);
/* Takes an event into the scenario. */
void add_event(struct loader *loader, const struct event_def *event);
/* load_failure.c: an element of `failures`, and one row or line of failures_file. */
void load_failure(struct loader *loader, struct value *element);
void load_failure_entry(struct loader *loader, struct value *entry);
/* load_spot.c: an element of spot_capacity. */
void load_spot_capacity(struct loader *loader, struct value *element);
/* Pools that are pasted in full inside other objects. */
void load_pasted_pools(struct loader *loader, struct value *element);

/* The template of an arrival. */
bool read_template(struct loader *loader, struct value *value, const char *name,
                   struct runner_def *out);

/* What `simulation` says of a runner; also for deployments. */
struct replica_settings {
    int64_t arrival_us; /* -1: not given */
    int64_t departure_us, max_wait_us, grace_us;
    struct startup_terms startup;
    int32_t duration;
    int32_t share_milli; /* 0: not given */
    enum device_sharing sharing;
    enum packing packing;
    int32_t max_per_node;
    const char *arch;
    int32_t num_threads;  /* 0: not given */
    int32_t num_replicas; /* -1: not given; deployments only */
    struct compute_info compute_info;
    bool has_compute_info; /* deployments only */
    bool may_preempt, may_move;
    struct traffic_def *traffic; /* of the arena; NULL: none */
    const struct crash_def *crash;
};
/* Fills `out` with defaults and then what is given. Further pools are added to the eligible ones
 * that loader->pools_scratch[0..*pool_count) holds. */
void load_replica_settings(struct loader *loader, const struct value *owner, bool is_deployment,
                           struct replica_settings *out);
/* Settings into a runner whose num_threads is that of its worker, or 0. */
void set_runner_settings(const struct loader *loader, const struct value *object,
                         const struct replica_settings *settings, int64_t created_unix_us,
                         struct runner_def *runner);
void get_further_pools(struct loader *loader, const struct value *owner, int32_t *pool_count);

/* The shape of a request. `place` is the object that holds compute_info, for messages. */
struct shape_request {
    const struct value *place;
    const struct compute_info *compute_info;
    const struct replica_settings *settings;
    int32_t pool_count; /* in pools_scratch; sorted by this */
};
int32_t keep_shape(struct loader *loader, const struct shape_request *request);

/* Adds a runner under its id, which must be new, as its worker must be in its pool. */
void add_runner(struct loader *loader, const struct value *object, const struct runner_def *runner);
/* Keeps the id of a runner with errors, so that what refers to it is no error too. */
void reserve_runner_id(struct loader *loader, const struct value *object, const char *id);

/* ---- load_autoscale.c ---- */

enum autoscale_delay {
    AUTOSCALE_HISTORY,
    AUTOSCALE_UP,
    AUTOSCALE_DOWN,
    AUTOSCALE_TO_ZERO,
    AUTOSCALE_DELAYS
};
struct autoscale { /* of a deployment */
    int32_t min, soft_min, max;
    int64_t delays_s[AUTOSCALE_DELAYS];
    int64_t burst_permille; /* INT64_MAX: none */
    bool is_isolated;       /* disable_packing */
    bool is_total;          /* the bounds are those of all its runners together */
    bool holds_up, steps_down;
};
struct autoscale get_autoscale(const struct value *object);
/* min + soft_min, no more than max. */
int32_t autoscale_low(const struct autoscale *scale);
/* What one of its runners gets of the bounds. */
struct autoscale_part {
    int32_t index, count;
};
struct autoscale autoscale_of_part(const struct autoscale *scale, struct autoscale_part part);
/* Total bounds must leave a replica for each runner. */
void check_autoscale_total(const struct value *object, const struct autoscale *scale,
                           int32_t part_count);
/* A copy of the traffic, in the arena, that the runner's replicas follow so. */
const struct traffic_def *keep_autoscale(struct loader *loader, const struct autoscale *scale,
                                         const struct traffic_def *traffic, bool is_disabled);

/* ---- load_crash.c ---- */

/* `crashes` of this `simulation`, of replicas that start so; NULL: none. */
const struct crash_def *get_crashes(struct loader *loader, const struct value *simulation,
                                    const struct startup_terms *startup);

/* ---- load_traffic.c ---- */

/* `traffic` of this `simulation`, in the arena; NULL: none, or after an error. */
struct traffic_def *get_traffic(struct loader *loader, const struct value *simulation);
/* The top-level traffic_step. */
void load_traffic_step(struct loader *loader, const struct value *root);

/* ---- load_trace.c: a CSV of requests over time ---- */

/* The pieces of `trace` of this traffic, into def; false after an error. */
bool read_traffic_trace(struct loader *loader, struct value *trace, struct traffic_def *def);
/* A rate of requests per second as millionths; false after an error at `place`. */
bool rate_from_number(const struct value *place, double number, int64_t *rate_micro);

/* ---- load_scheduler.c, load_policy.c, load_popularity.c ---- */

void load_defaults(struct loader *loader, const struct value *root);
void load_scheduler(struct loader *loader, const struct value *root);
/* `policy` of the scheduler. */
void load_policy(struct loader *loader, const struct value *scheduler);

/* Where none was given: one for what is asked for. After all demand. */
void choose_policy(struct loader *loader);
/* `popularity` of the scheduler; after all pools. */
void load_popularity(struct loader *loader, const struct value *root);

/* ---- load_plan.c ---- */

void load_plan(struct loader *loader, const struct value *root);

/* ---- load_files.c ---- */

void load_nodes_file(struct loader *loader, const struct value *root);
void load_runners_file(struct loader *loader, const struct value *root);
void load_failures_file(struct loader *loader, const struct value *root);

/* ---- validate.c ---- */

/* What can only be seen when all is read: names that clash, sums, order of events. */
void validate(struct loader *loader, const struct value *root);

/* An error at `place` when no node has this name, now or after an event. */
void check_node_name(struct loader *loader, const struct value *place, const char *name);

#endif
