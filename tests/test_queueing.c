/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/sim.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "base/array.h"
#include "base/units.h"
#include "tests/scenario_make.h"

/* The engine against queueing theory, with independent replications at fixed seeds: the exact value
 * lies within the t interval of 99.9 %. Time is in mean service times of SERVICE_S seconds. */

enum { SERVICE_S = 100, REPLICATIONS = 20 };
static const double service_us = (double)SERVICE_S * US_PER_S;

/* ---- formulas, from L. Kleinrock, "Queueing Systems", volume I (1975), chapters 3 and 5 ---- */

/* Probability that all of c servers are busy and an arrival is lost (M/M/c/c), offered load a, by
 * B(0) = 1, B(c) = a B(c-1) / (c + a B(c-1)). */
static double erlang_b(int c, double a)
{
    double b = 1;
    for (int i = 1; i <= c; i++)
        b = a * b / (i + a * b);
    return b;
}

/* Probability that an arrival waits (M/M/c). */
static double erlang_c(int c, double a)
{
    double b = erlang_b(c, a);
    double rho = a / c;
    return b / (1 - rho * (1 - b));
}

Test(queueing, the_formulas_give_their_textbook_values)
{
    cr_expect_float_eq(erlang_b(1, 0.5), 1.0 / 3, 1e-15);
    cr_expect_float_eq(erlang_b(2, 1), 0.2, 1e-15);
    cr_expect_float_eq(erlang_b(10, 5), 0.018384570, 1e-9);
    cr_expect_float_eq(erlang_c(1, 0.5), 0.5, 1e-15);
    cr_expect_float_eq(erlang_c(2, 1), 1.0 / 3, 1e-15);
}

/* ---- replications ---- */

enum quantity {
    MEAN_WAIT,     /* of demands that were bound, in service times */
    SHARE_WAITING, /* of them, those with a wait above 0 */
    SHARE_LOST,    /* of all, those that gave up */
    UTILIZATION,   /* of CPU */
    MEAN_QUEUE,    /* demands that wait, over time */
    QUANTITY_COUNT,
};

struct station {
    int servers;
    double load; /* mean arrivals per mean service time */
    struct dist service;
    bool is_lossy; /* gives up at once; else waits for ever */
    int arrivals;  /* about so many in each replication */
};

static struct dist exponential(double mean_us)
{
    return (struct dist){.kind = DIST_EXPONENTIAL, .a = mean_us, .max_us = TIME_US_MAX};
}

/* As many jobs at the start as there are in the mean, lest the run begins with an empty station:
 * for exponential service that is nearly its steady state. They are of priority 1 and so not among
 * those that are measured. */
static void begin_busy(struct scenario *scenario, const struct station *station,
                       const struct runner_def *job)
{
    double busy = station->is_lossy
                      ? station->load * (1 - erlang_b(station->servers, station->load))
                      : station->load;
    for (int i = 0; i < (int)lround(busy); i++) {
        struct runner_def *first = make_runner(scenario, job->shape);
        first->duration = job->duration;
        first->priority = 1;
    }
}

static struct scenario scenario_of(const struct station *station)
{
    struct scenario scenario = made_scenario();
    scenario.horizon_us = (int64_t)(station->arrivals / station->load * service_us);
    make_pool(&scenario, make_type(&scenario, 1000, 0));
    make_nodes(&scenario, 0, 0, station->servers, NULL);
    struct runner_def job = made_template(&scenario, make_shape(&scenario, 0, 1000, 0));
    job.duration = make_dist(&scenario, station->service);
    job.max_wait_us = station->is_lossy ? 0 : TIME_NEVER;
    make_arrivals(&scenario, &job, exponential(service_us / station->load));
    begin_busy(&scenario, station, &job);
    return scenario;
}

static void measure(const struct sim *sim, double values[QUANTITY_COUNT])
{
    const struct waits *waits = &sim->metrics.waits[0];
    const struct usage *cpu = &sim->metrics.scopes[0].usage[RESOURCE_CPU];
    double sum_us = 0;
    for (int32_t i = 0; i < waits->later_count; i++)
        sum_us += (double)waits->later_us[i];
    double lost = (double)waits->gave_up_count;
    double bound = (double)(waits->at_once_count + waits->later_count);
    values[MEAN_WAIT] = sum_us / bound / service_us;
    values[SHARE_WAITING] = waits->later_count / bound;
    values[SHARE_LOST] = lost / (lost + bound);
    values[UTILIZATION] = int128_ratio(cpu->used.area, cpu->capacity.area);
    values[MEAN_QUEUE] = int128_ratio(waits->queue.area, sim->end_us);
}

static void replicate(const struct station *station, double values[QUANTITY_COUNT][REPLICATIONS])
{
    for (int i = 0; i < REPLICATIONS; i++) {
        struct scenario scenario = scenario_of(station);
        struct sim_options options = {.has_seed = true, .seed = 1000 + (uint64_t)i};
        struct sim sim;
        struct err err;
        double measured[QUANTITY_COUNT];
        cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0);
        cr_assert_eq(sim_run(&sim, &err), 0, "%s", err.text);
        measure(&sim, measured);
        for (int j = 0; j < QUANTITY_COUNT; j++)
            values[j][i] = measured[j];
        sim_release(&sim);
        made_release(&scenario);
    }
}

static void expect_mean(const char *name, const double values[REPLICATIONS], double exact)
{
    double mean = 0;
    double variance = 0;
    for (int i = 0; i < REPLICATIONS; i++)
        mean += values[i] / REPLICATIONS;
    for (int i = 0; i < REPLICATIONS; i++)
        variance += (values[i] - mean) * (values[i] - mean) / (REPLICATIONS - 1);
    double half_width =
        gsl_cdf_tdist_Pinv(0.9995, REPLICATIONS - 1) * sqrt(variance / REPLICATIONS);
    cr_log_info("%s: %.5f +- %.5f, exact %.5f", name, mean, half_width, exact);
    cr_expect_leq(fabs(mean - exact), half_width, "%s: %.5f +- %.5f, exact %.5f", name, mean,
                  half_width, exact);
    /* An interval that says nothing would let anything pass. */
    cr_expect_lt(half_width, 0.25 * exact, "%s: interval too wide", name);
}

/* ---- the checks ---- */

static const struct {
    const char *name;
    int servers;
    double load;
} mmc_rows[] = {
    {"M/M/1 at 0.6", 1, 0.6},
    {"M/M/4 at 0.75", 4, 3},
    {"M/M/20 at 0.8", 20, 16},
};

Test(queueing, waits_in_m_m_c_are_those_of_erlang_c)
{
    for (size_t i = 0; i < ARRAY_LEN(mmc_rows); i++) {
        int c = mmc_rows[i].servers;
        double a = mmc_rows[i].load;
        double values[QUANTITY_COUNT][REPLICATIONS];
        struct station station = {c, a, exponential(service_us), false, 10000};
        replicate(&station, values);
        double wait = erlang_c(c, a) / (c - a);
        cr_log_info("%s", mmc_rows[i].name);
        expect_mean("mean wait", values[MEAN_WAIT], wait);
        expect_mean("share that waits", values[SHARE_WAITING], erlang_c(c, a));
        expect_mean("mean queue", values[MEAN_QUEUE], a * wait);
        expect_mean("utilization", values[UTILIZATION], a / c);
    }
}

static const struct {
    const char *name;
    int servers;
    double load;
} loss_rows[] = {
    {"M/M/1/1 at 1", 1, 1},
    {"M/M/5/5 at 4", 5, 4},
    {"M/M/30/30 at 33", 30, 33},
};

Test(queueing, losses_in_m_m_c_c_are_those_of_erlang_b)
{
    for (size_t i = 0; i < ARRAY_LEN(loss_rows); i++) {
        int c = loss_rows[i].servers;
        double a = loss_rows[i].load;
        double values[QUANTITY_COUNT][REPLICATIONS];
        struct station station = {c, a, exponential(service_us), true, 3000};
        replicate(&station, values);
        cr_log_info("%s", loss_rows[i].name);
        expect_mean("share lost", values[SHARE_LOST], erlang_b(c, a));
        expect_mean("utilization", values[UTILIZATION], a * (1 - erlang_b(c, a)) / c);
        cr_expect_eq(values[MEAN_WAIT][0], 0);
    }
}

/* Erlang's loss formula holds for service times of any distribution. */
Test(queueing, losses_do_not_depend_on_the_distribution_of_service)
{
    double values[QUANTITY_COUNT][REPLICATIONS];
    struct station station = {5, 4, dist_constant((int64_t)service_us), true, 3000};
    replicate(&station, values);
    expect_mean("share lost", values[SHARE_LOST], erlang_b(5, 4));
}

/* Pollaczek and Khinchine: W = rho (1 + cv^2) / (2 (1 - rho)) service times. */
Test(queueing, waits_in_m_g_1_are_those_of_pollaczek_and_khinchine)
{
    static const struct {
        const char *name;
        enum dist_kind kind;
        double a, b, square_of_cv;
    } rows[] = {
        {"M/D/1", DIST_CONSTANT, 1, 0, 0},
        {"M/G/1, gamma of shape 4", DIST_GAMMA, 1, 4, 0.25},
        {"M/G/1, uniform", DIST_UNIFORM, 0.5, 1.5, 1.0 / 12},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool is_uniform = rows[i].kind == DIST_UNIFORM;
        struct dist service = {
            .kind = rows[i].kind,
            .a = rows[i].a * service_us,
            .b = is_uniform ? rows[i].b * service_us : rows[i].b,
            .max_us = TIME_US_MAX,
        };
        double values[QUANTITY_COUNT][REPLICATIONS];
        struct station station = {1, 0.7, service, false, 6000};
        replicate(&station, values);
        cr_log_info("%s", rows[i].name);
        expect_mean("mean wait", values[MEAN_WAIT],
                    0.7 * (1 + rows[i].square_of_cv) / (2 * (1 - 0.7)));
    }
}

/* ---- two priorities on one server, the higher preempts at once ---- */

static struct scenario two_priorities(void)
{
    struct scenario scenario = made_scenario();
    scenario.horizon_us = (int64_t)(service_us * 15000);
    make_pool(&scenario, make_type(&scenario, 1000, 0));
    make_nodes(&scenario, 0, 0, 1, NULL);
    struct runner_def job = made_template(&scenario, make_shape(&scenario, 0, 1000, 0));
    job.duration = make_dist(&scenario, exponential(service_us));
    /* The low ones come so seldom that they never meet. */
    job.priority = 2;
    make_arrivals(&scenario, &job, dist_constant((int64_t)service_us * 40));
    job.priority = 7;
    make_arrivals(&scenario, &job, exponential(service_us / 0.2));
    return scenario;
}

/* Time from arrival to the end, of low jobs that end within the run, in service times. */
static double mean_low_sojourn(struct sim *sim)
{
    struct err err;
    double sum_us = 0;
    double count = 0;
    int result;
    do {
        result = sim_step(sim, &err);
        cr_assert_neq(result, -1);
        for (int32_t i = 0; i < sim->record_count; i++) {
            const struct record *record = &sim->records[i];
            if (record->kind != RECORD_GONE || record->cause != GONE_FINISHED ||
                sim->runners[record->runner].generator != 0)
                continue;
            sum_us += (double)(record->time_us - sim->runners[record->runner].arrival_us);
            count++;
        }
    } while (result == 1);
    return sum_us / count / service_us;
}

/* Preemptive-repeat identical service (Kleinrock, volume II, section 3; D. P. Gaver, "A waiting
 * line with interrupted service", 1962): a job of length x that is interrupted at rate l by busy
 * periods of mean 1 / (1 - l) and begins anew takes (e^(l x) - 1) / (l (1 - l)) in the mean; over
 * exponential x that is 1 / (1 - l)^2. Before that it waits for the high ones that it finds: the
 * rest of their busy period, l / (1 - l)^2. Were the length drawn anew each time, it would take
 * 1 / (1 - l) instead. */
Test(queueing, an_interrupted_job_does_the_same_work_again)
{
    double low[REPLICATIONS];
    double high[REPLICATIONS];
    for (int i = 0; i < REPLICATIONS; i++) {
        struct scenario scenario = two_priorities();
        struct sim_options options = {
            .has_seed = true, .seed = 50 + (uint64_t)i, .keep_records = true};
        struct sim sim;
        struct err err;
        cr_assert_eq(sim_init(&sim, &scenario, &options, &err), 0);
        low[i] = mean_low_sojourn(&sim);
        const struct waits *waits = &sim.metrics.waits[7];
        double sum_us = 0;
        for (int32_t j = 0; j < waits->later_count; j++)
            sum_us += (double)waits->later_us[j];
        high[i] = sum_us / (double)(waits->at_once_count + waits->later_count) / service_us;
        sim_release(&sim);
        made_release(&scenario);
    }
    expect_mean("sojourn of the low", low, 1 / (0.8 * 0.8) + 0.2 / (0.8 * 0.8));
    expect_mean("wait of the high, as if alone", high, 0.2 / 0.8);
}
