/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/request_source.h"

#include <gsl/gsl_randist.h>
#include <math.h>

/* One request in the unit of the rate's integral: millionths of a request per second x us. */
static const double unit_per_request = 1e12;
static const double units_max = 9e18;

static double gap(struct request_source *source)
{
    struct rng_gsl_face face;
    if (source->def->is_regular)
        return 1;
    return gsl_ran_exponential(rng_gsl(&source->arrivals, &face), 1);
}

/* The next copy of a row, of those that are this runner's; false: there is none. */
static bool find_copy(struct request_source *source)
{
    const struct traffic_def *def = source->def;
    for (;;) {
        for (; source->copies == 0; source->row++) {
            if (source->row == def->row_count)
                return false;
            double before = floor(source->row * def->row_scale);
            source->copies = llround(floor((source->row + 1.0) * def->row_scale) - before);
        }
        source->copies--;
        bool is_own = source->ordinal++ % def->divisor == source->part;
        if (is_own && def->rows[source->row - 1].at_us >= source->from_us)
            return true;
    }
}

static void find_next_of_trace(struct request_source *source)
{
    source->next.came_us = INT64_MAX;
    if (!find_copy(source))
        return;
    const struct traffic_row *row = &source->def->rows[source->row - 1];
    source->next.came_us = row->at_us;
    source->next.service_us = row->service_us >= 0
                                  ? row->service_us
                                  : dist_sample_us(&source->def->service, &source->services);
}

/* Times are whole microseconds: what the integral is then beyond the arrival counts for the next.
 */
static void find_next(struct request_source *source)
{
    if (source->def->rows) {
        find_next_of_trace(source);
        return;
    }
    double units = gap(source) * unit_per_request * source->def->divisor;
    int64_t left = llround(fmin(units, units_max)) - source->surplus;
    if (!rate_cursor_reach(&source->cursor, &left, source->end_us)) {
        source->next.came_us = INT64_MAX;
        return;
    }
    source->surplus = -left;
    source->next.came_us = source->cursor.now_us;
    source->next.service_us = dist_sample_us(&source->def->service, &source->services);
}

void request_source_init(struct request_source *source, const struct traffic_def *def,
                         const struct request_terms *terms)
{
    uint64_t runner = (uint64_t)terms->rate.runner;
    *source = (struct request_source){
        .def = def,
        .arrivals = rng_stream(terms->rate.seed, "request-arrival", runner),
        .services = rng_stream(terms->rate.seed, "request-service", runner),
        .from_us = terms->from_us,
        .end_us = terms->end_us,
        .part = terms->part,
    };
    rate_cursor_init(&source->cursor, def, &terms->rate);
    rate_cursor_take(&source->cursor, terms->from_us);
    find_next(source);
}

void request_source_next(struct request_source *source)
{
    source->next.number++;
    find_next(source);
}

void request_source_close(struct request_source *source)
{
    source->next.came_us = INT64_MAX;
}
