/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STOWAGE_BENCH_COMPARE_WORDS_H
#define STOWAGE_BENCH_COMPARE_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "bench/compare.h"

/* Numbers and sentences that all forms of a comparison's report share. Each writes into out and
 * returns it. */

enum { FIGURE_TEXT_SIZE = 32, INTERVAL_TEXT_SIZE = 72, SENTENCE_SIZE = 512 };

/* Four significant digits, without an exponent where it has at most 15 characters; "-" for NaN. */
const char *figure_text(double value, char out[FIGURE_TEXT_SIZE]);
/* The same with its sign. */
const char *effect_text(double value, char out[FIGURE_TEXT_SIZE]);
/* "1.2 .. 3.4"; "-" where there is none. */
const char *interval_text(const struct interval *interval, char out[INTERVAL_TEXT_SIZE]);

/* "wait_s_p95 [s, lower is better, median]". */
const char *metric_heading(const struct compare *compare, int32_t metric, char out[SENTENCE_SIZE]);

/* " (-12.3 %)": the effect as a share of the baseline's value; "" where it is not distinguishable
 * from none, or that value is 0 or none. */
const char *share_words(const struct compare_difference *difference, double baseline,
                        char out[FIGURE_TEXT_SIZE]);
/* "better (-12.3 %), p 0.012": the verdict with the effect as a share of the baseline's value and
 * the adjusted p-value. */
const char *verdict_words(const struct compare_difference *difference, double baseline,
                          char out[INTERVAL_TEXT_SIZE]);

/* How the comparison was made, in sentences; number from 0, NULL when there are no more. */
const char *compare_sentence(const struct compare *compare, int32_t number,
                             char out[SENTENCE_SIZE]);

#endif
