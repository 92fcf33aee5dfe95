/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/units.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/int128.h"
#include "base/rng.h"

enum { SECOND = US_PER_S };

/* *out holds this before each call, to see that a failure leaves it alone. */
static const int64_t untouched = -987654321;

struct good_case {
    const char *text;
    int64_t expected;
};

struct bad_case {
    const char *text;
    enum err_kind kind;
};

typedef int parser(const char *text, int64_t *out, struct err *err);

static void check_good(parser *parse, const struct good_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value = untouched;
        struct err err = {0};
        cr_assert_eq(parse(cases[i].text, &value, &err), 0, "%s: %s", cases[i].text, err.text);
        cr_assert_eq(value, cases[i].expected, "%s: %" PRId64, cases[i].text, value);
        cr_assert_eq(err.kind, ERR_NONE, "%s", cases[i].text);
        cr_assert_eq(err.text[0], '\0', "%s", cases[i].text);
    }
}

static void check_bad(parser *parse, const struct bad_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value = untouched;
        struct err err = {0};
        cr_assert_eq(parse(cases[i].text, &value, &err), -1, "%s", cases[i].text);
        cr_assert_eq(value, untouched, "%s", cases[i].text);
        cr_assert_eq(err.kind, cases[i].kind, "%s: %s", cases[i].text, err.text);
        cr_assert_neq(err.text[0], '\0', "%s", cases[i].text);
    }
}

static void check_message(parser *parse, const char *text, const char *expected)
{
    int64_t value;
    struct err err = {0};
    cr_assert_eq(parse(text, &value, &err), -1);
    cr_assert_str_eq(err.text, expected);
}

static int parse_cpu(const char *text, int64_t *out, struct err *err)
{
    return parse_cpu_milli(text, false, out, err);
}

static int parse_signed_cpu(const char *text, int64_t *out, struct err *err)
{
    return parse_cpu_milli(text, true, out, err);
}

static int parse_mem(const char *text, int64_t *out, struct err *err)
{
    return parse_mem_bytes(text, false, out, err);
}

static int parse_signed_mem(const char *text, int64_t *out, struct err *err)
{
    return parse_mem_bytes(text, true, out, err);
}

/* ---- Kubernetes quantities ---- */

static const struct good_case good_cpus[] = {
    {"0", 0},
    {"1", 1000},
    {"2", 2000},
    {"007", 7000},
    {"1.5", 1500},
    {"5.", 5000},
    {".5", 500},
    {"+3", 3000},
    {"-0", 0},
    {"-0.000m", 0},
    {"500m", 500},
    {"7525m", 7525},
    {"0.1m", 1},
    {"100.0m", 100},
    {"100.5m", 101},
    {"1e3", 1000000},
    {"1E3", 1000000},
    {"1e+3", 1000000},
    {"1e-3", 1},
    {"1e-4", 1},
    {"0e-4", 0},
    {"1.5e-3", 2},
    {"1e0", 1000},
    {"12e00000000000000000000002", 1200000},
    {"1k", 1000000},
    {"1M", CPU_MILLI_MAX},
    {"1000000", CPU_MILLI_MAX},
    {"1000000000m", CPU_MILLI_MAX},
    {"0.001G", CPU_MILLI_MAX},
    {"1Ki", 1024000},
    {"0.5Ki", 512000},
    {"1u", 1},
    {"1000u", 1},
    {"1001u", 2},
    {"1500u", 2},
    {"1n", 1},
    {"1000000n", 1},
    {"1000001n", 2},
    {"0n", 0},
    {"0.0000000000000000000000000000000001", 1},
    {"1.0000000000000000000000000000000000", 1000},
    {"1.0000000000000000000000000000000001", 1001},
    {"0.0000000000000000000000000000000001e34", 1000},
    {"10000000000000000000000000000000000e-34", 1000},
    {"1e-999999999999999999999999999", 1},
    {"0e999999999999999999999999999", 0},
    {"0E", 0},
};

static const struct bad_case bad_cpus[] = {
    {"", ERR_INPUT},
    {" ", ERR_INPUT},
    {"1 ", ERR_INPUT},
    {" 1", ERR_INPUT},
    {"1 m", ERR_INPUT},
    {"1\n", ERR_INPUT},
    {"+", ERR_INPUT},
    {"-", ERR_INPUT},
    {".", ERR_INPUT},
    {"-.", ERR_INPUT},
    {".m", ERR_INPUT},
    {"m", ERR_INPUT},
    {"--1", ERR_INPUT},
    {"+-1", ERR_INPUT},
    {"1.5.5", ERR_INPUT},
    {"1..5", ERR_INPUT},
    {"1,5", ERR_INPUT},
    {"1_000", ERR_INPUT},
    {"0x10", ERR_INPUT},
    {"NaN", ERR_INPUT},
    {"nan", ERR_INPUT},
    {"inf", ERR_INPUT},
    {"Infinity", ERR_INPUT},
    {"1e", ERR_INPUT},
    {"1e+", ERR_INPUT},
    {"1e-", ERR_INPUT},
    {"1e1.5", ERR_INPUT},
    {"1e3m", ERR_INPUT},
    {"1me3", ERR_INPUT},
    {"1E3E3", ERR_INPUT},
    {"1e--3", ERR_INPUT},
    {"1mm", ERR_INPUT},
    {"1mi", ERR_INPUT},
    {"1K", ERR_INPUT},
    {"1ki", ERR_INPUT},
    {"1KI", ERR_INPUT},
    {"1g", ERR_INPUT},
    {"1GiB", ERR_INPUT},
    {"1Gb", ERR_INPUT},
    {"1ui", ERR_INPUT},
    {"1Zi", ERR_INPUT},
    {"2 cores", ERR_INPUT},
    {"\xd9\xa1", ERR_INPUT},
    {"1\xc2\xb5", ERR_INPUT},
    {"-1", ERR_INPUT},
    {"-105m", ERR_INPUT},
    {"-0.1m", ERR_INPUT},
    {"-1E", ERR_INPUT},
    {"1000000.001", ERR_LIMIT},
    {"1000000000.0001m", ERR_LIMIT},
    {"1000001", ERR_LIMIT},
    {"1Mi", ERR_LIMIT},
    {"1E", ERR_LIMIT},
    {"1Ei", ERR_LIMIT},
    {"9999999999999999Ei", ERR_LIMIT},
    {"9223372036854775807", ERR_LIMIT},
    {"9223372036854775808", ERR_LIMIT},
    {"18446744073709551616", ERR_LIMIT},
    {"18446744073709552616", ERR_LIMIT},
    {"340282366920938463463374607431768211457", ERR_LIMIT},
    {"1e7", ERR_LIMIT},
    {"1e19", ERR_LIMIT},
    {"1e300", ERR_LIMIT},
    {"1e18446744073709551616", ERR_LIMIT},
    {"1e999999999999999999999999999", ERR_LIMIT},
};

Test(units, cores_follow_the_grammar_of_kubernetes)
{
    check_good(parse_cpu, good_cpus, ARRAY_LEN(good_cpus));
    check_good(parse_signed_cpu, good_cpus, ARRAY_LEN(good_cpus));
    check_bad(parse_cpu, bad_cpus, ARRAY_LEN(bad_cpus));
}

static const struct good_case signed_cpus[] = {
    {"-105m", -105}, {"-1", -1000}, {"-1.5", -1500},
    {"-0.1m", -1},   {"-1n", -1},   {"-1M", -CPU_MILLI_MAX},
};

static const struct bad_case bad_signed_cpus[] = {
    {"-1000001", ERR_LIMIT}, {"-1E", ERR_LIMIT}, {"-1e99", ERR_LIMIT}, {"- 1", ERR_INPUT},
    {"1-", ERR_INPUT},       {"-", ERR_INPUT},   {"-m", ERR_INPUT},    {"--1", ERR_INPUT},
};

Test(units, negative_cores_parse_where_they_may_and_round_away_from_zero)
{
    check_good(parse_signed_cpu, signed_cpus, ARRAY_LEN(signed_cpus));
    check_bad(parse_signed_cpu, bad_signed_cpus, ARRAY_LEN(bad_signed_cpus));
}

static const struct good_case good_mems[] = {
    {"0", 0},
    {"1", 1},
    {"1234567", 1234567},
    {"16Gi", INT64_C(16) << 30},
    {"29033Mi", INT64_C(29033) << 20},
    {"127.816Gi", INT64_C(137241384977)},
    {"1.5Gi", INT64_C(1536) << 20},
    {"500Mi", INT64_C(500) << 20},
    {"1Ki", 1024},
    {"0.0009765625Ki", 1},
    {"0.0009765626Ki", 2},
    {"3Ti", INT64_C(3) << 40},
    {"1Pi", MEM_BYTES_MAX},
    {"1024Ti", MEM_BYTES_MAX},
    {"0.0009765625Ei", MEM_BYTES_MAX},
    {"1125899906842624", MEM_BYTES_MAX},
    {"1125899906842623.5", MEM_BYTES_MAX},
    {"1e9", 1000000000},
    {"512M", 512000000},
    {"1.1e1", 11},
    {"1.11e1", 12},
    {"1k", 1000},
    {"1T", INT64_C(1000000000000)},
    {"1P", INT64_C(1000000000000000)},
    {"0.001E", INT64_C(1000000000000000)},
    {"1E3", 1000},
    {"1m", 1},
    {"1000m", 1},
    {"1001m", 2},
    {"128974848000m", 128974848},
    {".5Gi", INT64_C(1) << 29},
    {"5.Gi", INT64_C(5) << 30},
    {"0Ei", 0},
};

static const struct bad_case bad_mems[] = {
    {"", ERR_INPUT},
    {"16 Gi", ERR_INPUT},
    {"16GiB", ERR_INPUT},
    {"16gb", ERR_INPUT},
    {"-455Mi", ERR_INPUT},
    {"0x10", ERR_INPUT},
    {"Gi", ERR_INPUT},
    {"1e3Gi", ERR_INPUT},
    {"1125899906842624.1", ERR_LIMIT},
    {"1125899906842625", ERR_LIMIT},
    {"1.0000000000000000000000001Pi", ERR_LIMIT},
    {"1E", ERR_LIMIT},
    {"1Ei", ERR_LIMIT},
    {"8Ei", ERR_LIMIT},
    {"16Ei", ERR_LIMIT},
    {"17179869184Gi", ERR_LIMIT},
    {"9999999999999999999Ei", ERR_LIMIT},
    {"99999999999999999999Ei", ERR_LIMIT},
};

static const struct good_case signed_mems[] = {
    {"-455Mi", -(INT64_C(455) << 20)},
    {"-0.1", -1},
    {"-1Pi", -MEM_BYTES_MAX},
};

Test(units, bytes_follow_the_grammar_of_kubernetes)
{
    check_good(parse_mem, good_mems, ARRAY_LEN(good_mems));
    check_good(parse_signed_mem, signed_mems, ARRAY_LEN(signed_mems));
    check_bad(parse_mem, bad_mems, ARRAY_LEN(bad_mems));
}

Test(units, quantities_of_any_length_are_exact)
{
    char text[400];
    int64_t value;
    struct err err = {0};
    /* 300 digits behind the point, the last one alone different from 0. */
    snprintf(text, sizeof text, "2.%0300dGi", 1);
    cr_assert_eq(parse_mem(text, &value, &err), 0);
    cr_assert_eq(value, (INT64_C(2) << 30) + 1);
    snprintf(text, sizeof text, "2.%0300dGi", 0);
    cr_assert_eq(parse_mem(text, &value, &err), 0);
    cr_assert_eq(value, INT64_C(2) << 30);
    snprintf(text, sizeof text, "%0300d", 42);
    cr_assert_eq(parse_mem(text, &value, &err), 0);
    cr_assert_eq(value, 42);
    snprintf(text, sizeof text, "7%0300de-300", 0);
    cr_assert_eq(parse_mem(text, &value, &err), 0);
    cr_assert_eq(value, 7);
    snprintf(text, sizeof text, "7%0300d", 0);
    cr_assert_eq(parse_mem(text, &value, &err), -1);
    cr_assert_eq(err.kind, ERR_LIMIT);
    memset(text, 'x', 300);
    text[300] = '\0';
    cr_assert_eq(parse_mem(text, &value, &err), -1);
    cr_assert_eq(err.kind, ERR_INPUT);
    cr_assert_not_null(strstr(err.text, "xxx...xxx"));
}

Test(units, binary_fractions_round_up_as_their_definition_says)
{
    struct rng rng = rng_stream(1, "fractions", 0);
    for (int round = 0; round < 20000; round++) {
        int64_t thousandths = (int64_t)rng_below(&rng, 2000000);
        int power = 10 * (int)(1 + rng_below(&rng, 3));
        static const char *const suffixes[] = {"Ki", "Mi", "Gi"};
        char text[64];
        snprintf(text, sizeof text, "%" PRId64 ".%03" PRId64 "%s", thousandths / 1000,
                 thousandths % 1000, suffixes[power / 10 - 1]);
        int64_t value = untouched;
        struct err err = {0};
        cr_assert_eq(parse_mem(text, &value, &err), 0, "%s", text);
        int64_t scaled = thousandths << power;
        cr_assert_eq(value, scaled / 1000 + (scaled % 1000 != 0 ? 1 : 0), "%s", text);
    }
}

Test(units, messages_say_what_is_wrong_and_what_is_allowed)
{
    check_message(parse_cpu, "2 cores",
                  "\"2 cores\": is not a number of cores: give one such as 2, 1.5 or 500m");
    check_message(parse_cpu, "-1", "\"-1\": is negative: give 0 or more");
    check_message(parse_cpu, "1E", "\"1E\": is too large: give at most 1000000 cores");
    check_message(parse_mem, "",
                  "\"\": is not a number of bytes: give one such as 16Gi, 512M or 1e9");
    check_message(parse_mem, "1E", "\"1E\": is too large: give at most 1Pi");
    check_message(parse_duration_us, "1w",
                  "\"1w\": is not a duration: give seconds as a number, or one such as 90s, 15m, "
                  "24h, 7d, 250ms or 1h30m");
    check_message(parse_duration_us, "0.5us",
                  "\"0.5us\": is finer than a microsecond: give whole microseconds");
    check_message(parse_duration_us, "36601d", "\"36601d\": is too large: give at most 36600d");
    check_message(parse_instant_us, "today",
                  "\"today\": is not an RFC 3339 instant: give one such as 2026-01-05T00:00:00Z");
    check_message(parse_instant_us, "2026-02-29T00:00:00Z",
                  "\"2026-02-29T00:00:00Z\": is a date that does not exist");
    check_message(parse_instant_us, "0000-01-01T00:00:00+00:01",
                  "\"0000-01-01T00:00:00+00:01\": is in the year -1 of UTC: give a year from 0000 "
                  "to 9999");
    check_message(parse_price_micro, "free",
                  "\"free\": is not a price: give millicents a second such as 42 or 0.5");
    check_message(parse_int64, "1.0", "\"1.0\": is not a whole number");
    check_message(parse_int64, "9223372036854775808",
                  "\"9223372036854775808\": is out of range: give a whole number from "
                  "-9223372036854775808 to 9223372036854775807");
}

/* ---- Printing quantities ---- */

struct print_case {
    int64_t value;
    const char *expected;
};

static const struct print_case printed_cpus[] = {
    {0, "0"},
    {1, "1m"},
    {500, "500m"},
    {999, "999m"},
    {1000, "1"},
    {1500, "1.5"},
    {1050, "1.05"},
    {7525, "7.525"},
    {96000, "96"},
    {100000, "100"},
    {-105, "-105m"},
    {-1500, "-1.5"},
    {-2000, "-2"},
    {CPU_MILLI_MAX, "1000000"},
    {INT64_MAX, "9223372036854775.807"},
    {INT64_MIN, "-9223372036854775.808"},
};

static const struct print_case printed_mems[] = {
    {0, "0"},
    {1, "1"},
    {1023, "1023"},
    {1024, "1Ki"},
    {1025, "1025"},
    {1234567, "1234567"},
    {INT64_C(16) << 30, "16Gi"},
    {INT64_C(29033) << 20, "29033Mi"},
    {INT64_C(1536) << 20, "1536Mi"},
    {512000000, "500000Ki"},
    {MEM_BYTES_MAX, "1Pi"},
    {-(INT64_C(455) << 20), "-455Mi"},
    {INT64_C(1) << 62, "4Ei"},
    {INT64_MIN, "-8Ei"},
    {INT64_MAX, "9223372036854775807"},
};

typedef const char *printer(int64_t value, char out[UNITS_TEXT_SIZE]);

static void check_printed(printer *print, const struct print_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char out[UNITS_TEXT_SIZE];
        cr_assert_eq(print(cases[i].value, out), out);
        cr_assert_str_eq(out, cases[i].expected, "%" PRId64 ": %s", cases[i].value, out);
    }
}

Test(units, quantities_are_printed_in_their_usual_form)
{
    check_printed(print_cpu, printed_cpus, ARRAY_LEN(printed_cpus));
    check_printed(print_mem, printed_mems, ARRAY_LEN(printed_mems));
}

/* parse(print(x)) == x for the small values, and for random ones of every size from least to limit.
 */
static void check_round_trip(printer *print, parser *parse, int64_t least, int64_t limit)
{
    struct rng rng = rng_stream(3, "round trip", (uint64_t)limit);
    for (int64_t i = 0; i < 60000; i++) {
        int64_t value = i;
        if (i >= 30000) {
            int64_t bound = limit >> rng_below(&rng, 50);
            value = (int64_t)rng_below(&rng, (uint64_t)bound + 1);
            value -= rng_below(&rng, 2) == 0 ? value % 1000 : 0;
        }
        if (i % 2 == 1 && -value >= least)
            value = -value;
        char out[UNITS_TEXT_SIZE];
        int64_t back = untouched;
        struct err err = {0};
        cr_assert_eq(parse(print(value, out), &back, &err), 0, "%s", out);
        cr_assert_eq(back, value, "%s", out);
    }
    char out[UNITS_TEXT_SIZE];
    int64_t back = untouched;
    struct err err = {0};
    cr_assert_eq(parse(print(limit, out), &back, &err), 0, "%s", out);
    cr_assert_eq(back, limit);
}

Test(units, what_is_printed_parses_back_to_the_same_value)
{
    check_round_trip(print_cpu, parse_signed_cpu, -CPU_MILLI_MAX, CPU_MILLI_MAX);
    check_round_trip(print_mem, parse_signed_mem, -MEM_BYTES_MAX, MEM_BYTES_MAX);
    check_round_trip(print_duration, parse_duration_us, 0, TIME_US_MAX);
    check_round_trip(print_instant, parse_instant_us, INT64_C(-62167219200) * SECOND,
                     INT64_C(253402300799999999));
}

/* ---- Durations ---- */

static const struct good_case good_durations[] = {
    {"0", 0},
    {"0s", 0},
    {"90", INT64_C(90) * SECOND},
    {"90s", INT64_C(90) * SECOND},
    {"1.5", 1500000},
    {".25", 250000},
    {"5.", INT64_C(5) * SECOND},
    {"15m", INT64_C(900) * SECOND},
    {"24h", INT64_C(86400) * SECOND},
    {"7d", INT64_C(7) * 86400 * SECOND},
    {"250ms", 250000},
    {"10us", 10},
    {"1.5h", INT64_C(5400) * SECOND},
    {"0.5s", 500000},
    {"0.001ms", 1},
    {"3600.000000000000000000s", INT64_C(3600) * SECOND},
    {"1h30m", INT64_C(5400) * SECOND},
    {"1d2h3m4s5ms6us", INT64_C(93784005006)},
    {"1h0.5s", INT64_C(3600500000)},
    {"1m90s", INT64_C(150) * SECOND},
    {"0d0s", 0},
    {"1s1us", 1000001},
    {"36600d", TIME_US_MAX},
    {"3162240000", TIME_US_MAX},
};

static const struct bad_case bad_durations[] = {
    {"", ERR_INPUT},
    {" ", ERR_INPUT},
    {"s", ERR_INPUT},
    {".s", ERR_INPUT},
    {".", ERR_INPUT},
    {"-1s", ERR_INPUT},
    {"+1s", ERR_INPUT},
    {"1 s", ERR_INPUT},
    {"1s ", ERR_INPUT},
    {"1w", ERR_INPUT},
    {"1M", ERR_INPUT},
    {"1S", ERR_INPUT},
    {"1ns", ERR_INPUT},
    {"1min", ERR_INPUT},
    {"1hs", ERR_INPUT},
    {"1h30", ERR_INPUT},
    {"30m1h", ERR_INPUT},
    {"1h1h", ERR_INPUT},
    {"1ms1s", ERR_INPUT},
    {"1h,30m", ERR_INPUT},
    {"1.2.3s", ERR_INPUT},
    {"1e3", ERR_INPUT},
    {"1e3s", ERR_INPUT},
    {"0x10", ERR_INPUT},
    {"NaN", ERR_INPUT},
    {"0.5us", ERR_INPUT},
    {"0.0000001", ERR_INPUT},
    {"1.00000000000000000001s", ERR_INPUT},
    {"36600d1us", ERR_LIMIT},
    {"36601d", ERR_LIMIT},
    {"3162240001", ERR_LIMIT},
    {"9223372036854775808us", ERR_LIMIT},
    {"18446744073709551616us", ERR_LIMIT},
    {"36600d36600d", ERR_INPUT},
    {"36600d878400h52704000m", ERR_LIMIT},
    {"99999999999999999999999999999999999999999d", ERR_LIMIT},
};

Test(units, durations_parse_exactly)
{
    check_good(parse_duration_us, good_durations, ARRAY_LEN(good_durations));
    check_bad(parse_duration_us, bad_durations, ARRAY_LEN(bad_durations));
}

static const struct print_case printed_durations[] = {
    {0, "0s"},
    {1, "1us"},
    {999, "999us"},
    {1000, "1ms"},
    {250000, "250ms"},
    {1000000, "1s"},
    {1500000, "1.5s"},
    {1000001, "1.000001s"},
    {INT64_C(61500000), "1m1.5s"},
    {INT64_C(3600) * SECOND + 500000, "1h0.5s"},
    {INT64_C(194713651574), "2d6h5m13.651574s"},
    {INT64_C(90) * SECOND, "90s"},
    {INT64_C(60) * SECOND, "1m"},
    {INT64_C(3600) * SECOND, "1h"},
    {INT64_C(5400) * SECOND, "90m"},
    {INT64_C(3601) * SECOND, "1h1s"},
    {INT64_C(86400) * SECOND, "1d"},
    {INT64_C(26) * 3600 * SECOND, "26h"},
    {INT64_C(218) * 3600 * SECOND, "9d2h"},
    {INT64_C(7) * 86400 * SECOND, "7d"},
    {TIME_US_MAX, "36600d"},
    {-INT64_C(90) * SECOND, "-90s"},
    {INT64_MAX, "106751991d4h54.775807s"},
    {INT64_MIN, "-106751991d4h54.775808s"},
};

Test(units, durations_are_printed_short_and_readable)
{
    check_printed(print_duration, printed_durations, ARRAY_LEN(printed_durations));
}

/* ---- Instants ---- */

static const struct good_case good_instants[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01T00:00:01Z", SECOND},
    {"1969-12-31T23:59:59Z", -SECOND},
    {"1969-12-31T23:59:59.999999Z", -1},
    {"2026-01-05T00:00:00Z", INT64_C(1767571200) * SECOND},
    {"2026-01-05t00:00:00z", INT64_C(1767571200) * SECOND},
    {"2026-01-05T00:00:00+00:00", INT64_C(1767571200) * SECOND},
    {"2026-01-05T00:00:00-00:00", INT64_C(1767571200) * SECOND},
    {"2026-01-05T05:30:00+05:30", INT64_C(1767571200) * SECOND},
    {"2026-01-04T16:00:00-08:00", INT64_C(1767571200) * SECOND},
    {"2026-01-05T23:59:00+23:59", INT64_C(1767571200) * SECOND},
    {"2001-09-09T01:46:40Z", INT64_C(1000000000) * SECOND},
    {"2038-01-19T03:14:08Z", INT64_C(2147483648) * SECOND},
    {"2000-02-29T12:00:00Z", INT64_C(951825600) * SECOND},
    {"2024-02-29T00:00:00Z", INT64_C(1709164800) * SECOND},
    {"2024-03-01T00:00:00Z", INT64_C(1709251200) * SECOND},
    {"2100-03-01T00:00:00Z", INT64_C(4107542400) * SECOND},
    {"0000-01-01T00:00:00Z", INT64_C(-62167219200) * SECOND},
    {"0001-01-01T00:00:00Z", INT64_C(-62135596800) * SECOND},
    {"0000-02-29T00:00:00Z", INT64_C(-62162121600) * SECOND},
    {"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999)},
    {"1970-01-01T00:00:00.1Z", 100000},
    {"1970-01-01T00:00:00.000001Z", 1},
    {"1970-01-01T00:00:00.0000019Z", 1},
    {"1970-01-01T00:00:00.123456789Z", 123456},
    {"1970-01-01T00:00:00.999999999Z", 999999},
    {"1969-12-31T23:59:59.0000009Z", -SECOND},
    {"2016-12-31T23:59:60Z", INT64_C(1483228799999999)},
    {"2016-12-31T23:59:60.5Z", INT64_C(1483228799999999)},
    {"1990-12-31T15:59:60-08:00", INT64_C(662687999999999)},
    {"2017-01-01T00:29:60+00:30", INT64_C(1483228799999999)},
};

static const struct bad_case bad_instants[] = {
    {"", ERR_INPUT},
    {"2026-01-05", ERR_INPUT},
    {"2026-01-05T00:00:00", ERR_INPUT},
    {"2026-01-05 00:00:00Z", ERR_INPUT},
    {"2026-01-05T00:00Z", ERR_INPUT},
    {"2026-01-05T24:00:00Z", ERR_INPUT},
    {"2026-01-05T00:60:00Z", ERR_INPUT},
    {"2026-01-05T00:00:61Z", ERR_INPUT},
    {"2026-01-05T00:00:60Z", ERR_INPUT},
    {"2026-01-05T23:59:60+01:00", ERR_INPUT},
    {"2026-01-05T00:00:00+24:00", ERR_INPUT},
    {"2026-01-05T00:00:00+00:60", ERR_INPUT},
    {"2026-01-05T00:00:00+0100", ERR_INPUT},
    {"2026-01-05T00:00:00+01", ERR_INPUT},
    {"2026-01-05T00:00:00.Z", ERR_INPUT},
    {"2026-01-05T00:00:00.1234567890Z", ERR_INPUT},
    {"2026-01-05T00:00:00,5Z", ERR_INPUT},
    {"2026-01-05T00:00:00Zx", ERR_INPUT},
    {"2026-01-05T00:00:00Z ", ERR_INPUT},
    {" 2026-01-05T00:00:00Z", ERR_INPUT},
    {"2026-1-5T00:00:00Z", ERR_INPUT},
    {"26-01-05T00:00:00Z", ERR_INPUT},
    {"-2026-01-05T00:00:00Z", ERR_INPUT},
    {"12026-01-05T00:00:00Z", ERR_INPUT},
    {"2026/01/05T00:00:00Z", ERR_INPUT},
    {"2026-00-05T00:00:00Z", ERR_INPUT},
    {"2026-13-05T00:00:00Z", ERR_INPUT},
    {"2026-01-00T00:00:00Z", ERR_INPUT},
    {"2026-01-32T00:00:00Z", ERR_INPUT},
    {"2026-04-31T00:00:00Z", ERR_INPUT},
    {"2026-02-29T00:00:00Z", ERR_INPUT},
    {"2100-02-29T00:00:00Z", ERR_INPUT},
    {"1900-02-29T00:00:00Z", ERR_INPUT},
    {"2024-02-30T00:00:00Z", ERR_INPUT},
    {"0000-01-01T00:00:00+00:01", ERR_LIMIT},
    {"9999-12-31T23:59:59-00:01", ERR_LIMIT},
};

Test(units, instants_follow_rfc_3339)
{
    check_good(parse_instant_us, good_instants, ARRAY_LEN(good_instants));
    check_bad(parse_instant_us, bad_instants, ARRAY_LEN(bad_instants));
}

static const struct print_case printed_instants[] = {
    {0, "1970-01-01T00:00:00Z"},
    {-1, "1969-12-31T23:59:59.999999Z"},
    {1, "1970-01-01T00:00:00.000001Z"},
    {500000, "1970-01-01T00:00:00.500000Z"},
    {INT64_C(951868799) * SECOND, "2000-02-29T23:59:59Z"},
    {INT64_C(-62167219200) * SECOND, "0000-01-01T00:00:00Z"},
    {INT64_C(-62167219200) * SECOND - 1, "-0001-12-31T23:59:59.999999Z"},
    {INT64_C(253402300800) * SECOND, "+10000-01-01T00:00:00Z"},
    {INT64_MAX, "+294247-01-10T04:00:54.775807Z"},
    {INT64_MIN, "-290308-12-21T19:59:05.224192Z"},
};

Test(units, instants_are_printed_in_utc)
{
    check_printed(print_instant, printed_instants, ARRAY_LEN(printed_instants));
}

static bool is_leap_year(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

Test(units, the_calendar_agrees_with_counting_every_day_of_all_years)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t day_us = INT64_C(-62167219200) * SECOND;
    for (int year = 0; year <= 9999; year++) {
        /* Every year's ends of months; every day of some years. */
        bool is_full = year % 97 == 0 || year % 400 == 0;
        for (int month = 1; month <= 12; month++) {
            int length = lengths[month - 1] + (month == 2 && is_leap_year(year) ? 1 : 0);
            for (int day = 1; day <= length; day++, day_us += INT64_C(86400) * SECOND) {
                if (!is_full && day != 1 && day != length)
                    continue;
                char text[UNITS_TEXT_SIZE];
                char out[UNITS_TEXT_SIZE];
                snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
                int64_t value = untouched;
                struct err err = {0};
                cr_assert_eq(parse_instant_us(text, &value, &err), 0, "%s", text);
                cr_assert_eq(value, day_us, "%s", text);
                cr_assert_str_eq(print_instant(value, out), text);
            }
        }
    }
    cr_assert_eq(day_us, INT64_C(253402300800) * SECOND);
}

/* ---- Other numbers ---- */

static const struct good_case good_prices[] = {
    {"0", 0},
    {"0.000000", 0},
    {"42.000000", 42000000},
    {"42", 42000000},
    {"0.5", 500000},
    {".5", 500000},
    {"5.", 5000000},
    {"0.000001", 1},
    {"1.2345670000", 1234567},
    {"1000000000", PRICE_MICRO_MAX},
};

static const struct bad_case bad_prices[] = {
    {"", ERR_INPUT},
    {".", ERR_INPUT},
    {"-1", ERR_INPUT},
    {"+1", ERR_INPUT},
    {"$1", ERR_INPUT},
    {"1 ", ERR_INPUT},
    {"1e3", ERR_INPUT},
    {"1m", ERR_INPUT},
    {"1,5", ERR_INPUT},
    {"1.5.5", ERR_INPUT},
    {"NaN", ERR_INPUT},
    {"0.0000001", ERR_INPUT},
    {"1000000000.000001", ERR_LIMIT},
    {"10000000000000000000000000", ERR_LIMIT},
};

Test(units, prices_are_decimals_of_millicents)
{
    check_good(parse_price_micro, good_prices, ARRAY_LEN(good_prices));
    check_bad(parse_price_micro, bad_prices, ARRAY_LEN(bad_prices));
}

static const struct good_case good_integers[] = {
    {"0", 0},
    {"-0", 0},
    {"7", 7},
    {"-7", -7},
    {"007", 7},
    {"9223372036854775807", INT64_MAX},
    {"-9223372036854775808", INT64_MIN},
    {"00000000000000000000000000000000000000000000000001", 1},
};

static const struct bad_case bad_integers[] = {
    {"", ERR_INPUT},
    {"-", ERR_INPUT},
    {"+1", ERR_INPUT},
    {"--1", ERR_INPUT},
    {" 1", ERR_INPUT},
    {"1 ", ERR_INPUT},
    {"1.0", ERR_INPUT},
    {"1e3", ERR_INPUT},
    {"0x1", ERR_INPUT},
    {"9223372036854775808", ERR_LIMIT},
    {"-9223372036854775809", ERR_LIMIT},
    {"18446744073709551617", ERR_LIMIT},
    {"99999999999999999999999999", ERR_LIMIT},
    {"-99999999999999999999999999", ERR_LIMIT},
};

Test(units, integers_are_plain_decimals)
{
    check_good(parse_int64, good_integers, ARRAY_LEN(good_integers));
    check_bad(parse_int64, bad_integers, ARRAY_LEN(bad_integers));
}

Test(units, checked_arithmetic_refuses_what_does_not_fit)
{
    static const int64_t edges[] = {INT64_MIN, INT64_MIN + 1, -3037000500, -2,       -1, 0, 1,
                                    2,         3037000499,    3037000500,  INT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
        for (size_t j = 0; j < ARRAY_LEN(edges); j++) {
            int128 sum = (int128)edges[i] + edges[j];
            int64_t out = untouched;
            bool fits = sum >= INT64_MIN && sum <= INT64_MAX;
            cr_assert_eq(checked_add(edges[i], edges[j], &out), fits);
            cr_assert_eq(out, fits ? (int64_t)sum : untouched);
            int128 product = (int128)edges[i] * edges[j];
            out = untouched;
            fits = product >= INT64_MIN && product <= INT64_MAX;
            cr_assert_eq(checked_mul(edges[i], edges[j], &out), fits);
            cr_assert_eq(out, fits ? (int64_t)product : untouched);
        }
    }
}
