/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/dist.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "base/array.h"
#include "base/natural_log.h"
#include "base/units.h"

static const char *const kind_names[] = {
    [DIST_CONSTANT] = "constant",
    [DIST_UNIFORM] = "uniform",
    [DIST_EXPONENTIAL] = "exponential",
    [DIST_NORMAL] = "normal",
    [DIST_LOGNORMAL] = "lognormal",
    [DIST_WEIBULL] = "weibull",
    [DIST_GAMMA] = "gamma",
};
_Static_assert(ARRAY_LEN(kind_names) == DIST_KIND_COUNT, "every kind has a name");

struct dist dist_constant(int64_t us)
{
    return (struct dist){.kind = DIST_CONSTANT, .a = (double)us, .max_us = TIME_US_MAX};
}

/* The distributions of GSL take location and scale in their own ways: a median is exp(zeta), a mean
 * of a gamma is shape x scale. */
static double draw_by_gsl(const struct dist *dist, struct rng *rng)
{
    struct rng_gsl_face face;
    const gsl_rng *generator = rng_gsl(rng, &face);
    switch (dist->kind) {
    case DIST_UNIFORM:
        return gsl_ran_flat(generator, dist->a, dist->b);
    case DIST_NORMAL:
        return dist->a + gsl_ran_gaussian(generator, dist->b);
    case DIST_LOGNORMAL:
        return dist->a * exp(gsl_ran_gaussian(generator, dist->b));
    case DIST_WEIBULL:
        return gsl_ran_weibull(generator, dist->a, dist->b);
    case DIST_GAMMA:
        return gsl_ran_gamma(generator, dist->b, dist->a / dist->b);
    case DIST_CONSTANT:
    case DIST_EXPONENTIAL:
    case DIST_KIND_COUNT:
        break;
    }
    return dist->a;
}

/* Exponential times are drawn for jobs without number, so here as gsl_ran_exponential does it: with
 * probability u such a time is below -mean log(1 - u). 1 - u is exact. */
static double draw_us(const struct dist *dist, struct rng *rng)
{
    if (dist->kind == DIST_EXPONENTIAL)
        return -dist->a * natural_log(1 - rng_uniform(rng));
    return dist->kind == DIST_CONSTANT ? dist->a : draw_by_gsl(dist, rng);
}

/* As llround rounds it, where 0 <= us <= TIME_US_MAX: the part behind the point is exact. Between
 * two whole numbers it stays between them. */
static int64_t round_us(double us)
{
    int64_t whole = (int64_t)us;
    return whole + (us - (double)whole >= 0.5);
}

/* Clamped before it is rounded: a heavy tail may be beyond any integer. The negation also catches
 * what is not a number. */
static int64_t clamp_us(const struct dist *dist, double us)
{
    assert(dist->min_us >= 0);
    assert(dist->min_us <= dist->max_us);
    assert(dist->max_us <= TIME_US_MAX);
    if (!(us > (double)dist->min_us))
        return dist->min_us;
    if (us >= (double)dist->max_us)
        return dist->max_us;
    return round_us(us);
}

int64_t dist_sample_us(const struct dist *dist, struct rng *rng)
{
    return clamp_us(dist, draw_us(dist, rng));
}

/* Of MANY at most. */
enum { MANY = 8 };
static void sample_few_us(const struct dist *const *dists, struct rng *streams, int32_t count,
                          int64_t *us)
{
    double logs[MANY];
    for (int32_t i = 0; i < count; i++)
        logs[i] = dists[i]->kind == DIST_EXPONENTIAL ? 1 - rng_uniform(&streams[i]) : 1;
    natural_logs(logs, count);
    for (int32_t i = 0; i < count; i++)
        us[i] = dists[i]->kind == DIST_EXPONENTIAL ? clamp_us(dists[i], -dists[i]->a * logs[i])
                                                   : dist_sample_us(dists[i], &streams[i]);
}

void dist_sample_many_us(const struct dist *const *dists, struct rng *streams, int32_t count,
                         int64_t *us)
{
    for (int32_t i = 0; i < count; i += MANY)
        sample_few_us(&dists[i], &streams[i], count - i < MANY ? count - i : MANY, &us[i]);
}

double dist_mean_us(const struct dist *dist)
{
    switch (dist->kind) {
    case DIST_UNIFORM:
        return (dist->a + dist->b) / 2;
    case DIST_LOGNORMAL:
        return dist->a * exp(dist->b * dist->b / 2);
    case DIST_WEIBULL:
        return dist->a * tgamma(1 + 1 / dist->b);
    case DIST_CONSTANT:
    case DIST_EXPONENTIAL:
    case DIST_NORMAL:
    case DIST_GAMMA:
    case DIST_KIND_COUNT:
        break;
    }
    return dist->a;
}

static double unclamped_quantile_us(const struct dist *dist, double q)
{
    switch (dist->kind) {
    case DIST_UNIFORM:
        return gsl_cdf_flat_Pinv(q, dist->a, dist->b);
    case DIST_EXPONENTIAL:
        return gsl_cdf_exponential_Pinv(q, dist->a);
    case DIST_NORMAL:
        return dist->a + gsl_cdf_ugaussian_Pinv(q) * dist->b;
    case DIST_LOGNORMAL:
        return dist->a * exp(gsl_cdf_ugaussian_Pinv(q) * dist->b);
    case DIST_WEIBULL:
        return gsl_cdf_weibull_Pinv(q, dist->a, dist->b);
    case DIST_GAMMA:
        return gsl_cdf_gamma_Pinv(q, dist->b, dist->a / dist->b);
    case DIST_CONSTANT:
    case DIST_KIND_COUNT:
        break;
    }
    return dist->a;
}

double dist_quantile_us(const struct dist *dist, double q)
{
    double us = unclamped_quantile_us(dist, q);
    if (!(us > (double)dist->min_us))
        return (double)dist->min_us;
    return us >= (double)dist->max_us ? (double)dist->max_us : us;
}

/* Variance / mean^2 where nothing is clamped. */
static double unclamped_cv2(const struct dist *dist, double mean_us)
{
    switch (dist->kind) {
    case DIST_UNIFORM:
        return (dist->b - dist->a) * (dist->b - dist->a) / 12 / mean_us / mean_us;
    case DIST_EXPONENTIAL:
        return 1;
    case DIST_LOGNORMAL:
        return expm1(dist->b * dist->b);
    case DIST_WEIBULL: {
        double first = tgamma(1 + 1 / dist->b);
        return tgamma(1 + 2 / dist->b) / first / first - 1;
    }
    case DIST_GAMMA:
        return 1 / dist->b;
    case DIST_CONSTANT:
    case DIST_NORMAL:
    case DIST_KIND_COUNT:
        break;
    }
    return 0;
}

static struct dist_moments stratified_moments(const struct dist *dist)
{
    double sum = 0;
    double sum_of_squares = 0;
    for (int i = 0; i < DIST_STRATA; i++) {
        double us = dist_quantile_us(dist, (i + 0.5) / DIST_STRATA);
        sum += us;
        sum_of_squares += us * us;
    }
    double mean = sum / DIST_STRATA;
    double variance = sum_of_squares / DIST_STRATA - mean * mean;
    return (struct dist_moments){mean, mean > 0 && variance > 0 ? variance / mean / mean : 0};
}

struct dist_moments dist_moments(const struct dist *dist)
{
    bool is_clamped = dist->min_us > 0 || dist->max_us < TIME_US_MAX || dist->kind == DIST_NORMAL;
    double mean_us = dist_mean_us(dist);
    if (is_clamped || !isfinite(mean_us))
        return stratified_moments(dist);
    double cv2 = mean_us > 0 ? unclamped_cv2(dist, mean_us) : 0;
    if (mean_us > (double)TIME_US_MAX || !isfinite(cv2))
        return stratified_moments(dist);
    return (struct dist_moments){mean_us, cv2};
}

const char *dist_name(enum dist_kind kind)
{
    /* Compared as unsigned, so that a loop over the names may run until the NULL. */
    return (unsigned)kind < DIST_KIND_COUNT ? kind_names[kind] : NULL;
}
