/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "tests/failing_alloc.h"

/* A literal and its length, so that NUL bytes can stand in it. */
#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

struct bytes {
    const char *bytes;
    size_t size;
};

static struct json_text named(struct bytes bytes)
{
    return (struct json_text){.file = "t", .bytes = bytes.bytes, .size = bytes.size};
}

static struct json_text text_of(const char *text)
{
    return (struct json_text){.file = "t", .bytes = text, .size = strlen(text)};
}

static const struct {
    const char *name;
    struct bytes text;
} good_texts[] = {
    {"empty array", TEXT("[]")},
    {"empty object", TEXT("{}")},
    {"blanks everywhere", TEXT(" \t\r\n[ \n1 ,\t2\r] \n")},
    {"blanks in an object", TEXT("{ \"a\" : 1 , \"b\" : { } }")},
    {"nested", TEXT("[[[]],{\"a\":[{}]}]")},
    {"bare true", TEXT("true")},
    {"bare false", TEXT("false")},
    {"bare null", TEXT("null")},
    {"bare number", TEXT("42")},
    {"bare string", TEXT("\"a\"")},
    {"empty string", TEXT("\"\"")},
    {"empty key", TEXT("{\"\":0}")},
    {"repeated key is left to the caller", TEXT("{\"a\":1,\"a\":2}")},
    {"zero", TEXT("0")},
    {"minus zero", TEXT("-0")},
    {"fraction", TEXT("0.5")},
    {"minus fraction", TEXT("-12.50")},
    {"exponent", TEXT("1e5")},
    {"upper exponent with plus", TEXT("1E+05")},
    {"negative exponent", TEXT("1.5e-07")},
    {"zero with exponent", TEXT("0e1")},
    {"below the smallest double", TEXT("1e-400")},
    {"the largest double", TEXT("1.7976931348623157e308")},
    {"beyond 2^53", TEXT("[9007199254740993]")},
    {"63 characters", TEXT("0.0000000000000000000000000000000000000000000000000000000000001")},
    {"all short escapes", TEXT("\"\\\" \\\\ \\/ \\b \\f \\n \\r \\t\"")},
    {"unicode escapes", TEXT("\"\\u00e9\\u00E9\\uFFFF\\u0001\"")},
    {"surrogate pair", TEXT("\"\\ud83d\\ude00\"")},
    {"last surrogate pair", TEXT("\"\\udbff\\udfff\"")},
    {"escaped backslash before u", TEXT("\"\\\\u0000\"")},
    {"raw two bytes", TEXT("\"\xc3\xa9\"")},
    {"raw three bytes", TEXT("\"\xe2\x82\xac\"")},
    {"raw four bytes", TEXT("\"\xf4\x8f\xbf\xbf\"")},
    {"raw noncharacter", TEXT("\"\xef\xbf\xbf\"")},
    {"delete character", TEXT("\"\x7f\"")},
    {"line separators", TEXT("\"\xe2\x80\xa8\xe2\x80\xa9\"")},
    {"comment signs in a string", TEXT("[\"// # /* */\"]")},
    {"byte order mark", TEXT("\xef\xbb\xbf{\"a\":1}")},
    {"byte order mark before one digit", TEXT("\xef\xbb\xbf"
                                              "1")},
};

Test(json, sound_texts_are_parsed)
{
    for (size_t i = 0; i < ARRAY_LEN(good_texts); i++) {
        struct err err = {0};
        cJSON *tree = json_parse(named(good_texts[i].text), &err);
        cr_expect_not_null(tree, "%s: %s", good_texts[i].name, err.text);
        cr_expect_eq(err.kind, ERR_NONE, "%s", good_texts[i].name);
        cJSON_Delete(tree);
    }
}

/* The first line of the error, without the file name. */
static const struct {
    const char *name;
    struct bytes text;
    enum err_kind kind;
    const char *error;
} bad_texts[] = {
    {"array closed by nothing", TEXT("[1"), ERR_INPUT,
     "1:3: the text ends in the middle of an array (begun at 1:1)"},
    {"array, comma then end", TEXT("[1,"), ERR_INPUT,
     "1:4: the text ends in the middle of an array (begun at 1:1)"},
    {"array, trailing comma", TEXT("[1,]"), ERR_INPUT, "1:3: a comma before ]: remove it"},
    {"array, two commas", TEXT("[1,,2]"), ERR_INPUT, "1:4: a value is expected, found ,"},
    {"array, leading comma", TEXT("[,1]"), ERR_INPUT, "1:2: a value is expected, found ,"},
    {"array, only a comma", TEXT("[,]"), ERR_INPUT, "1:2: a value is expected, found ,"},
    {"array, no comma", TEXT("[1 2]"), ERR_INPUT, "1:4: a comma or ] is expected, found 2"},
    {"array, colon", TEXT("[1:2]"), ERR_INPUT, "1:3: a comma or ] is expected, found :"},
    {"array closed by brace", TEXT("[1}"), ERR_INPUT, "1:3: a comma or ] is expected, found }"},
    {"array, closed twice", TEXT("[1]]"), ERR_INPUT,
     "1:4: the text must end after its one JSON value, found ]"},
    {"array, opened only", TEXT("["), ERR_INPUT,
     "1:2: the text ends in the middle of an array (begun at 1:1)"},
    {"array, a star", TEXT("[*]"), ERR_INPUT, "1:2: a value is expected, found *"},
    {"array, a newline and nothing", TEXT("[1,\n1\n,1\n"), ERR_INPUT,
     "3:3: the text ends in the middle of an array (begun at 1:1)"},
    {"number, leading zero", TEXT("[012]"), ERR_INPUT, "1:2: a number must not begin with a zero"},
    {"number, minus leading zero", TEXT("-01"), ERR_INPUT,
     "1:1: a number must not begin with a zero"},
    {"number, plus", TEXT("[+1]"), ERR_INPUT, "1:2: a number must not begin with a plus sign"},
    {"number, point first", TEXT("[.5]"), ERR_INPUT,
     "1:2: a number must have a digit before the decimal point"},
    {"number, point last", TEXT("[1.]"), ERR_INPUT,
     "1:4: a digit is expected after the decimal point"},
    {"number, point last before exponent", TEXT("[1.e3]"), ERR_INPUT,
     "1:4: a digit is expected after the decimal point"},
    {"number, no exponent digits", TEXT("[1e]"), ERR_INPUT,
     "1:4: a digit is expected in the exponent of the number"},
    {"number, exponent sign only", TEXT("[1e+]"), ERR_INPUT,
     "1:5: a digit is expected in the exponent of the number"},
    {"number, two exponents", TEXT("[1e5e5]"), ERR_INPUT,
     "1:5: the end of the number is expected, found e5"},
    {"number, two points", TEXT("[1.2.3]"), ERR_INPUT,
     "1:5: the end of the number is expected, found ."},
    {"number, minus alone", TEXT("[-]"), ERR_INPUT,
     "1:3: a digit is expected after the minus sign"},
    {"number, two minuses", TEXT("[--1]"), ERR_INPUT,
     "1:3: a digit is expected after the minus sign"},
    {"number, minus space", TEXT("[- 1]"), ERR_INPUT,
     "1:3: a digit is expected after the minus sign"},
    {"number, hex", TEXT("[0x1F]"), ERR_INPUT, "1:3: the end of the number is expected, found x1F"},
    {"number, letters behind", TEXT("[12abc]"), ERR_INPUT,
     "1:4: the end of the number is expected, found abc"},
    {"number, minus infinity", TEXT("[-Infinity]"), ERR_INPUT,
     "1:3: a digit is expected after the minus sign"},
    {"number, thousands", TEXT("[1 000]"), ERR_INPUT, "1:4: a comma or ] is expected, found 000"},
    {"number, fullwidth digit", TEXT("[\xef\xbc\x91]"), ERR_INPUT,
     "1:2: a value is expected, found the character U+FF11"},
    {"number, expression", TEXT("[1+2]"), ERR_INPUT,
     "1:3: the end of the number is expected, found +"},
    {"number, underscore", TEXT("[1_000]"), ERR_INPUT,
     "1:3: the end of the number is expected, found _000"},
    {"number, beyond a double", TEXT("[1e400]"), ERR_LIMIT,
     "1:2: the number 1e400 is too large: at most about 1.8e308"},
    {"number, minus beyond", TEXT("[-1.8e308]"), ERR_LIMIT,
     "1:2: the number -1.8e308 is too large: at most about 1.8e308"},
    {"number, one character too long",
     TEXT("1234567890123456789012345678901234567890123456789012345678901234"), ERR_LIMIT,
     "1:1: a number of 64 characters: at most 63 are allowed"},
    {"number, too long",
     TEXT("[0.0000000000000000000000000000000000000000000000000000000000000001]"), ERR_LIMIT,
     "1:2: a number of 66 characters: at most 63 are allowed"},
    {"number, cut at minus", TEXT("[-"), ERR_INPUT,
     "1:3: the text ends in the middle of a number (begun at 1:2)"},
    {"number, cut at the point", TEXT("{\"a\": 1."), ERR_INPUT,
     "1:9: the text ends in the middle of a number (begun at 1:7)"},
    {"number cut at the exponent", TEXT("1e"), ERR_INPUT,
     "1:3: the text ends in the middle of a number (begun at 1:1)"},
    {"number cut at exponent sign", TEXT("1e-"), ERR_INPUT,
     "1:4: the text ends in the middle of a number (begun at 1:1)"},
    {"word, NaN", TEXT("[NaN]"), ERR_INPUT, "1:2: NaN is not a JSON number: leave the value out"},
    {"word, Infinity", TEXT("[Infinity]"), ERR_INPUT, "1:2: Infinity is not a JSON number"},
    {"word, True", TEXT("[True]"), ERR_INPUT, "1:2: True is not JSON: write true"},
    {"word, None", TEXT("{\"a\": None}"), ERR_INPUT, "1:7: None is not JSON: write null"},
    {"word, undefined", TEXT("[undefined]"), ERR_INPUT,
     "1:2: undefined is not JSON: write null or leave the key out"},
    {"word, cut", TEXT("[tru"), ERR_INPUT, "1:5: the text ends in the middle of the word true"},
    {"word, cut n", TEXT("nul"), ERR_INPUT, "1:4: the text ends in the middle of the word null"},
    {"word, longer", TEXT("[trues]"), ERR_INPUT,
     "1:2: a value is expected, found trues: texts take double quotes"},
    {"word, other", TEXT("[abc]"), ERR_INPUT,
     "1:2: a value is expected, found abc: texts take double quotes"},
    {"word, upper", TEXT("[FALSE]"), ERR_INPUT, "1:2: FALSE is not JSON: write false"},
    {"word, very long", TEXT("[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]"), ERR_INPUT,
     "1:2: a value is expected, found aaaaaaaaaaaaaaaaaaaaaaaa...: texts take double quotes"},
    {"object, no colon", TEXT("{\"a\" 1}"), ERR_INPUT,
     "1:6: a colon after the key is expected, found 1"},
    {"object, comma for colon", TEXT("{\"a\", 1}"), ERR_INPUT,
     "1:5: a colon after the key is expected, found ,"},
    {"object, no value", TEXT("{\"a\":}"), ERR_INPUT, "1:6: a value is expected, found }"},
    {"object, trailing comma", TEXT("{\"a\": 1,}"), ERR_INPUT, "1:8: a comma before }: remove it"},
    {"object, two commas", TEXT("{\"a\": 1,, \"b\": 2}"), ERR_INPUT,
     "1:9: a key in double quotes is expected, found ,"},
    {"object, no comma", TEXT("{\"a\": 1 \"b\": 2}"), ERR_INPUT,
     "1:9: a comma or } is expected, found \""},
    {"object, bare key", TEXT("{a: 1}"), ERR_INPUT,
     "1:2: a key in double quotes is expected, found a"},
    {"object, single quotes", TEXT("{'a': 1}"), ERR_INPUT,
     "1:2: a key takes double quotes, not single ones"},
    {"object, number key", TEXT("{1: 1}"), ERR_INPUT,
     "1:2: a key in double quotes is expected, found 1"},
    {"object, closed by bracket", TEXT("{\"a\": 1]"), ERR_INPUT,
     "1:8: a comma or } is expected, found ]"},
    {"object, two colons", TEXT("{\"a\":: 1}"), ERR_INPUT, "1:6: a value is expected, found :"},
    {"object, cut behind brace", TEXT("{"), ERR_INPUT,
     "1:2: the text ends in the middle of an object (begun at 1:1)"},
    {"object, cut in the key", TEXT("{\"ab"), ERR_INPUT,
     "1:5: the text ends in the middle of a string (begun at 1:2)"},
    {"object, cut behind the key", TEXT("{\"a\""), ERR_INPUT,
     "1:5: the text ends in the middle of an object (begun at 1:1)"},
    {"object, cut behind the colon", TEXT("{\"a\":\n\n"), ERR_INPUT,
     "1:6: the text ends in the middle of an object (begun at 1:1)"},
    {"object, cut behind the value", TEXT("{\"a\": [1, 2]"), ERR_INPUT,
     "1:13: the text ends in the middle of an object (begun at 1:1)"},
    {"object, cut behind the comma", TEXT("{\"a\": 1,"), ERR_INPUT,
     "1:9: the text ends in the middle of an object (begun at 1:1)"},
    {"object, only a comma", TEXT("{,}"), ERR_INPUT,
     "1:2: a key in double quotes is expected, found ,"},
    {"object, array as key", TEXT("{[1]: 2}"), ERR_INPUT,
     "1:2: a key in double quotes is expected, found ["},
    {"string, not closed", TEXT("\"abc"), ERR_INPUT,
     "1:5: the text ends in the middle of a string (begun at 1:1)"},
    {"string, line end", TEXT("[\"abc\n\"]"), ERR_INPUT,
     "1:6: the line ends inside a string: the closing quote is missing (begun at 1:2)"},
    {"string, carriage return", TEXT("[\"abc\r\n\"]"), ERR_INPUT,
     "1:6: the line ends inside a string: the closing quote is missing (begun at 1:2)"},
    {"string, tab", TEXT("[\"a\tb\"]"), ERR_INPUT, "1:4: a tab in a string: write it as \\t"},
    {"string, control", TEXT("[\"a\x01\"]"), ERR_INPUT,
     "1:4: a control character in a string: write it as \\u0001"},
    {"string, NUL byte", TEXT("[\"a\0b\"]"), ERR_INPUT,
     "1:4: the character U+0000 is not allowed in a string"},
    {"string, NUL escape", TEXT("[\"a\\u0000\"]"), ERR_INPUT,
     "1:4: the character U+0000 is not allowed in a string"},
    {"string, unknown escape", TEXT("[\"\\x41\"]"), ERR_INPUT,
     "1:3: an unknown escape in a string: allowed are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and "
     "\\uXXXX"},
    {"string, escaped quote single", TEXT("[\"\\'\"]"), ERR_INPUT,
     "1:3: an unknown escape in a string: allowed are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and "
     "\\uXXXX"},
    {"string, escape of a control character", TEXT("[\"\\\t\"]"), ERR_INPUT,
     "1:3: an unknown escape in a string: allowed are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and "
     "\\uXXXX"},
    {"string, escape of NUL", TEXT("[\"\\\0\"]"), ERR_INPUT,
     "1:3: an unknown escape in a string: allowed are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and "
     "\\uXXXX"},
    {"string, three hex digits", TEXT("[\"\\u00e\"]"), ERR_INPUT,
     "1:3: \\u takes four hexadecimal digits, as in \\u00e9"},
    {"string, bad hex digit", TEXT("[\"\\u00eg\"]"), ERR_INPUT,
     "1:3: \\u takes four hexadecimal digits, as in \\u00e9"},
    {"string, upper U", TEXT("[\"\\U0041\"]"), ERR_INPUT,
     "1:3: an unknown escape in a string: allowed are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and "
     "\\uXXXX"},
    {"string, high alone", TEXT("[\"\\ud800\"]"), ERR_INPUT,
     "1:3: \\ud800 is the first half of a surrogate pair without the second"},
    {"string, high then text", TEXT("[\"\\ud800abc\"]"), ERR_INPUT,
     "1:3: \\ud800 is the first half of a surrogate pair without the second"},
    {"string, high then other escape", TEXT("[\"\\ud800\\n\"]"), ERR_INPUT,
     "1:3: \\ud800 is the first half of a surrogate pair without the second"},
    {"string, high then high", TEXT("[\"\\ud800\\ud800\"]"), ERR_INPUT,
     "1:3: \\ud800 is the first half of a surrogate pair without the second"},
    {"string, low alone", TEXT("[\"\\udc00\"]"), ERR_INPUT,
     "1:3: \\udc00 is the second half of a surrogate pair without the first"},
    {"string, low before high", TEXT("[\"\\udc00\\ud800\"]"), ERR_INPUT,
     "1:3: \\udc00 is the second half of a surrogate pair without the first"},
    {"string, high then bad", TEXT("[\"\\ud800\\u12\"]"), ERR_INPUT,
     "1:9: \\u takes four hexadecimal digits, as in \\u00e9"},
    {"string, high then cut", TEXT("[\"\\ud800\\udc"), ERR_INPUT,
     "1:13: the text ends in the middle of a string (begun at 1:2)"},
    {"string, cut in an escape", TEXT("\"a\\"), ERR_INPUT,
     "1:4: the text ends in the middle of a string (begun at 1:1)"},
    {"string, cut in \\u", TEXT("\"a\\u00"), ERR_INPUT,
     "1:7: the text ends in the middle of a string (begun at 1:1)"},
    {"string, single quotes", TEXT("['a']"), ERR_INPUT,
     "1:2: a text takes double quotes, not single ones"},
    {"string, typographic quotes",
     TEXT("[\xe2\x80\x9c"
          "a\xe2\x80\x9d]"),
     ERR_INPUT, "1:2: a value is expected, found a typographic quote (U+201C)"},
    {"UTF-8, stray continuation", TEXT("[\"\x80\"]"), ERR_INPUT,
     "1:3: the byte 0x80 in a string is not UTF-8"},
    {"UTF-8, overlong slash", TEXT("[\"\xc0\xaf\"]"), ERR_INPUT,
     "1:3: the byte 0xc0 in a string is not UTF-8"},
    {"UTF-8, overlong three", TEXT("[\"\xe0\x80\xaf\"]"), ERR_INPUT,
     "1:3: the byte 0xe0 in a string is not UTF-8"},
    {"UTF-8, surrogate", TEXT("[\"\xed\xa0\x80\"]"), ERR_INPUT,
     "1:3: the byte 0xed in a string is not UTF-8"},
    {"UTF-8, above", TEXT("[\"\xf4\x90\x80\x80\"]"), ERR_INPUT,
     "1:3: the byte 0xf4 in a string is not UTF-8"},
    {"UTF-8, Latin-1", TEXT("[\"caf\xe9\"]"), ERR_INPUT,
     "1:6: the byte 0xe9 in a string is not UTF-8"},
    {"UTF-8, cut before the quote", TEXT("[\"\xe2\x82\"]"), ERR_INPUT,
     "1:3: the byte 0xe2 in a string is not UTF-8"},
    {"UTF-8, cut at end", TEXT("[\"\xe2\x82"), ERR_INPUT,
     "1:5: the text ends in the middle of a string (begun at 1:2)"},
    {"UTF-8, fe", TEXT("[\"\xfe\"]"), ERR_INPUT, "1:3: the byte 0xfe in a string is not UTF-8"},
    {"UTF-8, in the structure", TEXT("[\xc3\xa9]"), ERR_INPUT,
     "1:2: a value is expected, found the character U+00E9"},
    {"byte in the structure", TEXT("[1\xff]"), ERR_INPUT,
     "1:3: a comma or ] is expected, found the byte 0xff, which is not UTF-8"},
    {"structure, empty", TEXT(""), ERR_INPUT, "1:1: the text is empty: one JSON value is expected"},
    {"structure, space only", TEXT(" \n\t "), ERR_INPUT,
     "1:1: the text is empty: one JSON value is expected"},
    {"structure, two values", TEXT("1 2"), ERR_INPUT,
     "1:3: the text must end after its one JSON value, found 2"},
    {"structure, text behind", TEXT("{} x"), ERR_INPUT,
     "1:4: the text must end after its one JSON value, found x"},
    {"structure, brace behind", TEXT("{}}"), ERR_INPUT,
     "1:3: the text must end after its one JSON value, found }"},
    {"structure, comment line", TEXT("// c\n{}"), ERR_INPUT,
     "1:1: comments are not allowed in JSON"},
    {"structure, comment block", TEXT("{/* c */}"), ERR_INPUT,
     "1:2: comments are not allowed in JSON"},
    {"structure, comment behind", TEXT("{} # c"), ERR_INPUT,
     "1:4: comments are not allowed in JSON"},
    {"structure, NUL behind", TEXT("1\0"), ERR_INPUT,
     "1:2: the text must end after its one JSON value, found the character U+0000"},
    {"structure, form feed", TEXT("[\f1]"), ERR_INPUT,
     "1:2: a value is expected, found the character U+000C"},
    {"structure, no-break space",
     TEXT("[\xc2\xa0"
          "1]"),
     ERR_INPUT, "1:2: a value is expected, found the character U+00A0"},
    {"structure, BOM inside", TEXT("[\xef\xbb\xbf]"), ERR_INPUT,
     "1:2: a value is expected, found the character U+FEFF"},
    {"structure, two BOMs", TEXT("\xef\xbb\xbf\xef\xbb\xbf{}"), ERR_INPUT,
     "1:1: a value is expected, found the character U+FEFF"},
    {"structure, UTF-16 LE", TEXT("\xff\xfe[\0]\0"), ERR_INPUT,
     "1:1: the text is UTF-16: save it as UTF-8"},
    {"structure, UTF-16 BE", TEXT("\xfe\xff\0[\0]"), ERR_INPUT,
     "1:1: the text is UTF-16: save it as UTF-8"},
    {"structure, UTF-16 no mark", TEXT("[\0]\0"), ERR_INPUT,
     "1:2: a value is expected, found the character U+0000"},
    {"structure gzip", TEXT("\x1f\x8b\x08\0"), ERR_INPUT,
     "1:1: the file is compressed by gzip: unpack it first"},
    {"structure, BOM only", TEXT("\xef\xbb\xbf"), ERR_INPUT,
     "1:1: the text is empty: one JSON value is expected"},
    {"structure, BOM cut", TEXT("\xef\xbb"), ERR_INPUT,
     "1:1: a value is expected, found the byte 0xef, which is not UTF-8"},
    {"structure, closer only", TEXT("]"), ERR_INPUT, "1:1: a value is expected, found ]"},
    {"structure colon", TEXT("a:1"), ERR_INPUT,
     "1:1: a value is expected, found a: texts take double quotes"},
    {"column in chars", TEXT("{\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\": x}"), ERR_INPUT,
     "1:9: a value is expected, found x: texts take double quotes"},
    {"crlf", TEXT("{\r\n  \"a\": 1,\r\n  \"b\" 2\r\n}"), ERR_INPUT,
     "3:7: a colon after the key is expected, found 2"},
};

Test(json, wrong_texts_are_refused_with_place_and_reason)
{
    for (size_t i = 0; i < ARRAY_LEN(bad_texts); i++) {
        struct err err = {0};
        cJSON *tree = json_parse(named(bad_texts[i].text), &err);
        cr_expect_null(tree, "%s", bad_texts[i].name);
        cr_expect_eq(err.kind, bad_texts[i].kind, "%s", bad_texts[i].name);
        err.text[strcspn(err.text, "\n")] = '\0';
        cr_expect(strncmp(err.text, "t:", 2) == 0, "%s", bad_texts[i].name);
        cr_expect_str_eq(err.text + 2, bad_texts[i].error, "%s", bad_texts[i].name);
        cJSON_Delete(tree);
    }
}

static const char rich_text[] =
    "{\"k\\u00e9\": [1, -2.5e+10, true, false, null, \"\\ud83d\\ude00\"],\n"
    " \"caf\xc3\xa9\": {\"a\": \"x\\n\", \"b\": [[], {}]}}";

Test(json, every_cut_text_is_said_to_end_in_the_middle)
{
    for (size_t size = 1; size < sizeof rich_text - 1; size++) {
        struct err err = {0};
        struct json_text text = {.file = "t", .bytes = rich_text, .size = size};
        cr_assert_eq(json_check_syntax(text, &err), -1, "%zu", size);
        cr_expect_not_null(strstr(err.text, "ends in the middle of"), "%zu: %s", size, err.text);
    }
}

/* What our checker lets pass must be what cJSON can read; a copy of exact size lets a sanitizer see
 * any step beyond the end. */
Test(json, one_changed_byte_never_upsets_the_parser)
{
    const size_t size = sizeof rich_text - 1;
    for (size_t at = 0; at < size; at++) {
        for (int byte = 0; byte < 256; byte++) {
            struct err err = {0};
            char *copy = malloc(size);
            cr_assert_not_null(copy);
            memcpy(copy, rich_text, size);
            copy[at] = (char)byte;
            struct json_text text = {.file = "t", .bytes = copy, .size = size};
            cJSON *tree = json_parse(text, &err);
            cr_assert_eq(tree == NULL, err.kind != ERR_NONE);
            cr_assert_neq(err.kind, ERR_SYSTEM, "%zu %d: %s", at, byte, err.text);
            cJSON_Delete(tree);
            free(copy);
        }
    }
}

Test(json, values_arrive_unchanged)
{
    struct err err = {0};
    cJSON *tree = json_parse(text_of(rich_text), &err);
    cr_assert_not_null(tree);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(tree, "k\xc3\xa9");
    cr_expect_eq(cJSON_GetArraySize(list), 6);
    cr_expect(cJSON_GetNumberValue(cJSON_GetArrayItem(list, 1)) == -2.5e10);
    cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetArrayItem(list, 5)), "\xf0\x9f\x98\x80");
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(tree, "caf\xc3\xa9");
    cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "a")), "x\n");
    cJSON_Delete(tree);
}

static char *nested(size_t depth, const char *open, const char *inner, const char *close)
{
    size_t size = depth * (strlen(open) + strlen(close)) + strlen(inner) + 1;
    char *text = calloc(1, size);
    cr_assert_not_null(text);
    for (size_t i = 0; i < depth; i++)
        memcpy(text + i * strlen(open), open, strlen(open));
    strcat(text, inner);
    size_t used = strlen(text);
    for (size_t i = 0; i < depth; i++)
        memcpy(text + used + i * strlen(close), close, strlen(close));
    return text;
}

Test(json, nesting_is_allowed_to_the_limit_only)
{
    for (size_t kind = 0; kind < 2; kind++) {
        for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
            struct err err = {0};
            char *text =
                kind == 0 ? nested(depth, "[", "", "]") : nested(depth, "{\"a\":", "1", "}");
            int result = json_check_syntax(text_of(text), &err);
            cr_expect_eq(result, depth == JSON_DEPTH_MAX ? 0 : -1);
            cr_expect_eq(err.kind, depth == JSON_DEPTH_MAX ? ERR_NONE : ERR_LIMIT);
            free(text);
        }
    }
}

/* A hundred thousand open brackets must not use up the stack. */
Test(json, endless_nesting_is_refused_early)
{
    struct err err = {0};
    char *text = nested(100000, "[", "", "");
    cr_expect_eq(json_check_syntax(text_of(text), &err), -1);
    cr_expect(strncmp(err.text, "t:1:65: arrays and objects nested deeper than 64\n", 49) == 0,
              "%s", err.text);
    free(text);
}

static const struct {
    const char *name;
    const char *text;
    const char *error;
} excerpts[] = {
    {"the second line", "{\n  \"a\" 1\n}\n",
     "t:2:7: a colon after the key is expected, found 1\n  \"a\" 1\n      ^"},
    {"tabs are blanks", "\t[\t1 2]", "t:1:6: a comma or ] is expected, found 2\n [ 1 2]\n     ^"},
    {"wide characters count once", "[\"\xe2\x82\xac\xc3\xa9\" x]",
     "t:1:7: a comma or ] is expected, found x\n[\"\xe2\x82\xac\xc3\xa9\" x]\n      ^"},
    {"escape characters are shown as text", "[\"\x1b[31m\"]",
     "t:1:3: a control character in a string: write it as \\u001b\n[\"\\x1b[31m\"]\n  ^"},
    {"reordering marks are shown as text", "[\"\xe2\x80\xae\", x]",
     "t:1:7: a value is expected, found x: texts take double quotes\n[\"\\u202e\", x]\n"
     "           ^"},
};

Test(json, errors_show_the_line_and_point_at_the_place)
{
    for (size_t i = 0; i < ARRAY_LEN(excerpts); i++) {
        struct err err = {0};
        cr_expect_eq(json_check_syntax(text_of(excerpts[i].text), &err), -1);
        cr_expect_str_eq(err.text, excerpts[i].error, "%s", excerpts[i].name);
    }
}

/* The place is the letter x, wherever it stands in a long line. */
Test(json, a_long_line_is_cut_around_the_place)
{
    enum { LENGTH = 300 };
    for (size_t at = 3; at < LENGTH - 3; at++) {
        struct err err = {0};
        char line[LENGTH + 1] = "[";
        memset(line + 1, ' ', LENGTH - 1);
        line[1] = '1';
        line[at] = 'x';
        line[LENGTH - 1] = ']';
        cr_assert_eq(json_check_syntax(text_of(line), &err), -1);
        char *shown = strchr(err.text, '\n') + 1;
        char *below = strchr(shown, '\n') + 1;
        cr_assert_eq(shown[strcspn(below, "^")], 'x', "%zu: %s", at, err.text);
        cr_assert_leq(below - shown, 105, "%zu", at);
        cr_assert_eq(strncmp(shown, "...", 3) == 0, at > 60, "%zu", at);
        cr_assert_eq(strncmp(below - 4, "...", 3) == 0, at < LENGTH - 37, "%zu", at);
    }
}

/* ---- trees ---- */

/* {"k0": 0, "k1": 1, ... } with the key k<again> once more at the end, if again >= 0. */
static cJSON *object_of(int count, int again)
{
    char key[32];
    cJSON *object = cJSON_CreateObject();
    for (int i = 0; i < count; i++) {
        snprintf(key, sizeof key, "k%d", i);
        cJSON_AddNumberToObject(object, key, i);
    }
    snprintf(key, sizeof key, "k%d", again);
    if (again >= 0)
        cJSON_AddNumberToObject(object, key, 0);
    return object;
}

Test(json, a_repeated_key_is_found_in_objects_of_any_size)
{
    static const int counts[] = {1, 2, 15, 16, 17, 1000};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        char last[32];
        snprintf(last, sizeof last, "k%d", counts[i] - 1);
        cJSON *clean = object_of(counts[i], -1);
        cJSON *repeated = object_of(counts[i], counts[i] - 1);
        cr_expect_null(json_repeated_key(clean), "%d", counts[i]);
        cr_expect_str_eq(json_repeated_key(repeated), last, "%d", counts[i]);
        cJSON_Delete(clean);
        cJSON_Delete(repeated);
    }
}

Test(json, a_long_integer_keeps_its_text)
{
    struct err err = {0};
    const char *text =
        "\xef\xbb\xbf{\"1\\\"2\":[12345678901234567,-9999999999999999999,\"1234567890123456\","
        "123456789012345,0.1234567890123456,1e15,{\"b\":0}],\"c\":99999999999999999999}";
    cJSON *tree = json_parse(text_of(text), &err);
    cr_assert_not_null(tree, "%s", err.text);
    const cJSON *list = json_get(tree, "1\"2");
    cr_expect_str_eq(cJSON_GetArrayItem(list, 0)->valuestring, "12345678901234567");
    cr_expect_str_eq(cJSON_GetArrayItem(list, 1)->valuestring, "-9999999999999999999");
    cr_expect_str_eq(cJSON_GetArrayItem(list, 2)->valuestring, "1234567890123456");
    for (int i = 3; i <= 6; i++)
        cr_expect_null(cJSON_GetArrayItem(list, i)->valuestring, "%d", i);
    cr_expect_str_eq(json_get(tree, "c")->valuestring, "99999999999999999999");
    cJSON_Delete(tree);
}

Test(json, the_repeated_key_is_the_one_that_returns_first)
{
    static const int counts[] = {3, 100};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        cJSON *object = object_of(counts[i], 2);
        cJSON_AddNumberToObject(object, "k1", 0);
        cr_expect_str_eq(json_repeated_key(object), "k2");
        cJSON_Delete(object);
    }
}

Test(json, keys_differ_by_case_and_children_do_not_count)
{
    struct err err = {0};
    cJSON *tree = json_parse(text_of("{\"a\":{\"b\":1},\"A\":2,\"b\":[{\"a\":1}]}"), &err);
    cr_expect_null(json_repeated_key(tree));
    cJSON_Delete(tree);
    tree = json_parse(text_of("[1, 1]"), &err);
    cr_expect_null(json_repeated_key(tree));
    cJSON_Delete(tree);
}

Test(json, a_repeated_key_is_found_without_memory_too)
{
    cJSON *object = object_of(100, 50);
    failing_alloc_arm(1);
    const char *key = json_repeated_key(object);
    cr_assert(failing_alloc_disarm());
    cr_expect_str_eq(key, "k50");
    cJSON_Delete(object);
}

static const struct {
    const char *text;
    bool is_exact;
    int64_t value;
} integers[] = {
    {"0", true, 0},
    {"-0", true, 0},
    {"12", true, 12},
    {"-7", true, -7},
    {"1.0", true, 1},
    {"1e3", true, 1000},
    {"9007199254740991", true, INT64_C(9007199254740991)},
    {"-9007199254740991", true, INT64_C(-9007199254740991)},
    {"9007199254740992", false, 0},
    {"9007199254740993", false, 0},
    {"-9007199254740992", false, 0},
    {"1e300", false, 0},
    {"-1e300", false, 0},
    {"0.5", false, 0},
    {"-1.25", false, 0},
    {"\"1\"", false, 0},
    {"true", false, 0},
    {"null", false, 0},
};

Test(json, only_whole_numbers_below_two_to_the_53_are_exact)
{
    for (size_t i = 0; i < ARRAY_LEN(integers); i++) {
        struct err err = {0};
        int64_t value = 4711;
        cJSON *item = json_parse(text_of(integers[i].text), &err);
        cr_expect_eq(json_exact_int(item, &value), integers[i].is_exact, "%s", integers[i].text);
        cr_expect_eq(value, integers[i].is_exact ? integers[i].value : 4711, "%s",
                     integers[i].text);
        cJSON_Delete(item);
    }
    int64_t value = 4711;
    cr_expect_not(json_exact_int(NULL, &value));
}

/* ---- files ---- */

static void make_file(char path[64], const char *bytes, size_t size)
{
    snprintf(path, 64, "/tmp/stowage-test-json-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

Test(json, a_file_is_read_whole_with_a_nul_behind_it)
{
    static const size_t sizes[] = {0, 1, 5, 65535, 65536, 300000};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct err err = {0};
        char path[64];
        char *bytes = NULL;
        size_t size = 0;
        char *content = malloc(sizes[i] + 1);
        cr_assert_not_null(content);
        memset(content, 'x', sizes[i] + 1);
        make_file(path, content, sizes[i]);
        cr_expect_eq(json_read_file(path, sizes[i], &bytes, &size, &err), 0, "%s", err.text);
        cr_expect_eq(size, sizes[i]);
        cr_expect_eq(memcmp(bytes, content, size), 0);
        cr_expect_eq(bytes[size], '\0');
        free(bytes);
        free(content);
        unlink(path);
    }
}

Test(json, files_without_a_known_size_are_read_whole)
{
    struct err err = {0};
    char *bytes = NULL;
    size_t size = 0;
    cr_assert_eq(json_read_file("/proc/self/maps", SIZE_MAX, &bytes, &size, &err), 0, "%s",
                 err.text);
    cr_expect_gt(size, 100);
    free(bytes);
}

Test(json, a_file_beyond_the_limit_is_refused)
{
    struct err err = {0};
    char path[64];
    char expected[128];
    char *bytes = NULL;
    size_t size = 17;
    make_file(path, "0123456789", 10);
    cr_expect_eq(json_read_file(path, 9, &bytes, &size, &err), -1);
    snprintf(expected, sizeof expected, "%s: larger than 9 bytes, the most that is read", path);
    cr_expect_str_eq(err.text, expected);
    cr_expect_eq(err.kind, ERR_LIMIT);
    cr_expect_null(bytes);
    cr_expect_eq(size, 17);
    unlink(path);
}

Test(json, an_endless_file_is_refused_at_the_limit)
{
    struct err err = {0};
    char *bytes = NULL;
    size_t size = 0;
    cr_expect_eq(json_read_file("/dev/zero", 1000000, &bytes, &size, &err), -1);
    cr_expect_eq(err.kind, ERR_LIMIT);
    cr_expect_null(bytes);
}

static const struct {
    const char *path;
    enum err_kind kind;
    const char *error;
} unreadable[] = {
    {"/nonexistent/a.json", ERR_INPUT, "/nonexistent/a.json: No such file or directory"},
    {"/dev/null/a.json", ERR_INPUT, "/dev/null/a.json: Not a directory"},
    {"/tmp", ERR_INPUT, "/tmp: Is a directory"},
    {"/proc/self/mem", ERR_SYSTEM, "/proc/self/mem: Input/output error"},
};

Test(json, unreadable_files_are_named)
{
    for (size_t i = 0; i < ARRAY_LEN(unreadable); i++) {
        struct err err = {0};
        char *bytes = NULL;
        size_t size = 0;
        cr_expect_eq(json_read_file(unreadable[i].path, 1000, &bytes, &size, &err), -1);
        cr_expect_eq(err.kind, unreadable[i].kind, "%s", unreadable[i].path);
        cr_expect_str_eq(err.text, unreadable[i].error);
        cr_expect_null(bytes);
    }
}

Test(json, a_dash_reads_standard_input)
{
    struct err err = {0};
    int ends[2];
    char *bytes = NULL;
    size_t size = 0;
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(write(ends[1], "[1]", 3), 3);
    close(ends[1]);
    cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    cr_assert_eq(json_read_file("-", 100, &bytes, &size, &err), 0, "%s", err.text);
    cr_expect_str_eq(bytes, "[1]");
    free(bytes);
    close(ends[0]);
}

/* ---- memory ---- */

/* cJSON is a shared library, whose allocations are armed by way of its hooks. */
static void *hooked_malloc(size_t size)
{
    return malloc(size);
}

Test(json, running_out_of_memory_while_parsing_is_a_clean_error)
{
    cJSON_Hooks hooks = {.malloc_fn = hooked_malloc, .free_fn = free};
    cJSON_InitHooks(&hooks);
    for (int64_t n = 1;; n++) {
        struct err err = {0};
        failing_alloc_arm(n);
        cJSON *tree = json_parse(text_of(rich_text), &err);
        if (!failing_alloc_disarm()) {
            cr_assert_not_null(tree);
            cr_assert_gt(n, 20, "cJSON allocates for every value");
            cJSON_Delete(tree);
            break;
        }
        cr_assert_null(tree);
        cr_assert_eq(err.kind, ERR_SYSTEM);
        cr_assert_str_eq(err.text, "t: out of memory");
    }
    cJSON_InitHooks(NULL);
}

Test(json, running_out_of_memory_while_reading_is_a_clean_error)
{
    for (int64_t n = 1;; n++) {
        struct err err = {0};
        char *bytes = NULL;
        size_t size = 0;
        failing_alloc_arm(n);
        int result = json_read_file("/dev/zero", 400000, &bytes, &size, &err);
        bool has_failed = failing_alloc_disarm();
        cr_assert_eq(result, -1);
        cr_assert_null(bytes);
        cr_assert_eq(err.kind, has_failed ? ERR_SYSTEM : ERR_LIMIT);
        if (!has_failed) {
            cr_assert_gt(n, 3, "the buffer grows");
            break;
        }
    }
}
