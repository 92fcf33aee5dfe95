#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Input that is wrong: each a clear message, exit code 2, and nothing left behind."""
import json
import unittest

from e2e import BAD_INPUT, SOURCE, SYSTEM, ProgramTest, small_scenario


def runner(**changes):
    return dict(small_scenario()["runners"][0], **changes)


GOOD = json.dumps(small_scenario())

# name, the bytes of the file, what the message must hold (beside the file's name)
CASES = [
    ("an empty file", b"", ["1:1"]),
    ("truncated", GOOD[:-20].encode(), [":1:", "^"]),
    ("truncated inside a word", b'{"stowage": 1, "name": tru', [":1:", "^"]),
    ("text behind the end", (GOOD + " x").encode(), [":1:", "^"]),
    ("a comment", b'{"stowage": 1, // why\n "name": "x"}', [":1:16"]),
    ("a trailing comma", b'{"stowage": 1,}', [":1:"]),
    ("not a number", GOOD.replace('"num_replicas": 3', '"num_replicas": NaN').encode(), ["^"]),
    ("infinity", GOOD.replace('"num_replicas": 3', '"num_replicas": Infinity').encode(), ["^"]),
    ("beyond a double", GOOD.replace('"num_replicas": 3', '"num_replicas": 1e400').encode(), ["^"]),
    ("a leading zero", GOOD.replace('"num_replicas": 3', '"num_replicas": 03').encode(), ["^"]),
    ("deep nesting", b"[" * 100000 + b"]" * 100000, ["nest"]),
    ("deep nesting of objects", b'{"a":' * 100000 + b"1" + b"}" * 100000, ["nest"]),
    ("not UTF-8", GOOD.replace('"small"', '"sm\\u0061ll"').encode().replace(b"sm", b"\xff\xfe"),
     ["UTF-8"]),
    ("an array", b"[1, 2]", ["object"]),
    ("a repeated key", GOOD.replace('"horizon": "1h"', '"horizon": "1h", "horizon": "2h"').encode(),
     ["horizon"]),
    ("a repeated key inside", GOOD.replace('"num_replicas": 3',
                                           '"num_replicas": 3, "num_replicas": 4').encode(),
     ["runners[0]", "num_replicas"]),
    ("no version", json.dumps({k: v for k, v in small_scenario().items() if k != "stowage"}).encode(),
     ["stowage"]),
    ("a version of the future", json.dumps(small_scenario(stowage=2)).encode(), ["stowage"]),
    ("an unknown key", json.dumps(small_scenario(horizn="1h")).encode(), ["horizn"]),
    ("a wrong type", json.dumps(small_scenario(runners={"id": "r"})).encode(), ["runners"]),
    ("a wrong type inside", json.dumps(small_scenario(runners=[runner(num_replicas="many")])).encode(),
     ["runners[0].num_replicas", "many"]),
    ("a number of replicas that overflows",
     json.dumps(small_scenario(runners=[runner(num_replicas="9223372036854775808")])).encode(),
     ["runners[0].num_replicas"]),
    ("a negative number of replicas",
     json.dumps(small_scenario(runners=[runner(num_replicas=-1)])).encode(),
     ["runners[0].num_replicas"]),
    ("a negative quantity",
     json.dumps(small_scenario(runners=[runner(compute_info={"cpu_limit": "-1"})])).encode(),
     ["runners[0].compute_info.cpu_limit"]),
    ("a quantity that overflows",
     json.dumps(small_scenario(runners=[runner(compute_info={"cpu_memory": "9999999Ei"})])).encode(),
     ["runners[0].compute_info.cpu_memory"]),
    ("a priority of 10", json.dumps(small_scenario(runners=[runner(priority=10)])).encode(),
     ["runners[0].priority"]),
    ("a reference to nothing",
     json.dumps(small_scenario(runners=[runner(nodepool={"id": "q"})])).encode(),
     ["runners[0].nodepool", "q"]),
    ("a control character in an id",
     json.dumps(small_scenario(runners=[runner(id="a\u001b[31mb")])).encode(), ["runners[0].id"]),
    ("an id of 300 characters",
     json.dumps(small_scenario(runners=[runner(id="x" * 300)])).encode(), ["runners[0].id"]),
    ("an id that occurs twice", json.dumps(small_scenario(runners=[runner(), runner()])).encode(),
     ["runners[1].id"]),
    ("a cycle of includes", json.dumps(small_scenario(include=["bad.json"])).encode(),
     ["include"]),
    ("an include of nothing", json.dumps(small_scenario(include=["none.json"])).encode(),
     ["none.json"]),
    ("a horizon of nothing", json.dumps(small_scenario(horizon="0s")).encode(), ["horizon"]),
]


class BadInput(ProgramTest):
    def check_clean_messages(self, result):
        self.assertEqual(result.stdout, "")
        self.assertNotRegex(result.stderr, r"[\x00-\x08\x0b-\x1f\x7f]")
        self.assertLess(len(result.stderr), 20000)

    def test_each_is_refused_with_its_place_and_leaves_nothing_behind(self):
        for name, content, texts in CASES:
            with self.subTest(name):
                self.write("bad.json", content)
                result = self.stowage("run", "bad.json", "-o", "out", "--trace", "trace.jsonl")
                self.check_ended(result, BAD_INPUT, "error: ", "bad.json", *texts)
                self.check_clean_messages(result)
                self.assertEqual(self.names_in_folder(), ["bad.json"])
                validated = self.stowage("validate", "bad.json")
                self.check_ended(validated, BAD_INPUT, *texts)

    def test_all_errors_come_in_one_go(self):
        self.write("bad.json", small_scenario(
            horizon="soon", runners=[runner(priority=11, nodepool={"id": "q"}), runner(id="")]))
        result = self.stowage("validate", "bad.json")
        self.check_ended(result, BAD_INPUT, "bad.json: horizon", "bad.json: runners[0].priority",
                         "bad.json: runners[0].nodepool", "bad.json: runners[1].id")

    def test_the_shipped_bad_example_shows_many_errors(self):
        result = self.stowage("validate", SOURCE / "scenarios/bad-example.json")
        self.check_ended(result, BAD_INPUT)
        self.assertGreater(result.stderr.count("error: "), 10)

    def test_bad_standard_input_is_told_too(self):
        result = self.stowage("run", "-", stdin=GOOD[:-5])
        self.check_ended(result, BAD_INPUT, "error: ", "^")

    def test_files_that_cannot_be_read_are_named(self):
        result = self.stowage("run", "none.json")
        self.assertIn(result.returncode, (2, 3))
        self.check_ended(result, result.returncode, "none.json", "No such file")
        (self.folder / "empty").mkdir()
        result = self.stowage("run", "empty")
        self.assertIn(result.returncode, (2, 3))
        self.check_ended(result, result.returncode, "empty: is a folder without a scenario.json")

    def test_a_file_without_permission_is_named(self):
        self.write("secret.json", GOOD).chmod(0)
        result = self.stowage_as_nobody("run", "secret.json")
        self.check_ended(result, SYSTEM, "secret.json", "Permission denied")


if __name__ == "__main__":
    unittest.main()
