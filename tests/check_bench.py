#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The speed benchmarks run (in a tiny configuration, untimed), their lines are well-formed, and the
comparison with a baseline finds what got worse."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["STOWAGE_PROGRAM"]).parent
SPEED = pathlib.Path(os.environ["STOWAGE_SOURCE"]) / "bench" / "speed"

sys.dont_write_bytecode = True
sys.path.insert(0, str(SPEED))
import bench  # noqa: E402 (the path has to be set first)


def run_bench(*arguments):
    command = [sys.executable, "-B", str(SPEED / "bench.py"), str(BUILD), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


class Lines(unittest.TestCase):
    def test_every_benchmark_prints_lines_of_json(self):
        for name in bench.BENCHMARKS:
            with self.subTest(name):
                done = subprocess.run([str(BUILD / f"bench_{name}"), "--tiny"], check=False,
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                lines = [json.loads(line) for line in done.stdout.splitlines()]
                self.assertTrue(lines or "left out" in done.stderr, done.stderr)
                for line in lines:
                    self.check_line(name, line)
                self.assertEqual(len({bench.name_of(line) for line in lines}), len(lines))

    def check_line(self, name, line):
        self.assertEqual(line["bench"], name)
        self.assertGreater(line["ratio"], 0)
        self.assertGreaterEqual(line["runs"], 1)
        self.assertTrue(any(key.endswith("_ns") for key in line), line)
        self.assertTrue(any(key.endswith("_bytes") and value > 0 for key, value in line.items()), line)

    def test_wrong_options_are_refused(self):
        cases = {"load": (["--fast"], ["--runs"], ["--runs", "0"], ["--runs", "1000"], ["--runs", "3x"]),
                 "decision": (["bestfit"], ["best-fit", "0"], ["best-fit", "10x"], ["best-fit", "10", "-1"],
                              ["best-fit", "10", "10", "10"], ["--runs", "3"]),
                 "preemption": (["0"], ["ten"], ["10", "0"], ["10", "10", "10"], ["--runs"])}
        for name, wrong in cases.items():
            for arguments in wrong:
                with self.subTest(name=name, arguments=arguments):
                    done = subprocess.run([str(BUILD / f"bench_{name}"), *arguments], check=False,
                                          capture_output=True, text=True)
                    self.assertEqual(done.returncode, 2)
                    self.assertTrue(done.stderr.startswith("error: "), done.stderr)


class Comparison(unittest.TestCase):
    def setUp(self):
        self.baseline = bench.read_baseline(bench.BASELINE)
        self.name = "event_queue hold pending=1000"
        self.line = {"bench": "event_queue", "case": "hold", "pending": 1000, "per": "pop and push",
                     "runs": 9, "median_ns": 1.0, "reference": "4-ary heap", "reference_ns": 2.0,
                     "ratio": self.baseline["ratios"][self.name], "peak_memory_bytes": 1}

    def compare(self, line):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            return run_bench("--compare", "--lines", file.name)

    def test_the_same_ratio_passes(self):
        done = self.compare(self.line)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("1 cases, 0 worse", done.stdout)
        self.assertIn("not measured: ", done.stdout)

    def test_a_ratio_that_is_a_little_worse_passes(self):
        done = self.compare(self.line | {"ratio": 0.85 * self.line["ratio"]})
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_ratio_worse_by_a_fifth_is_told(self):
        done = self.compare(self.line | {"ratio": 0.79 * self.line["ratio"]})
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(f"WORSE: {self.name}: ", done.stdout)

    def test_a_case_that_the_baseline_lacks_is_told(self):
        done = self.compare(self.line | {"pending": 12345})
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("new: event_queue hold pending=12345", done.stdout)

    def test_what_was_left_out_is_neither_missed_nor_forgotten(self):
        self.assertEqual(bench.keep_of({"load a": 1, "loads a": 2}, ["load"]), {"load a": 1})
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "baseline.json"
            here = self.baseline | {"processor": bench.processor_name()}
            copy.write_text(json.dumps(here), encoding="utf-8")
            bench.write_baseline([self.line | {"ratio": 3}], ["event_queue"], copy)
            written = bench.read_baseline(copy)
        others = [name for name in bench.BENCHMARKS if name != "event_queue"]
        self.assertEqual(written["ratios"], bench.keep_of(self.baseline["ratios"], others) | {self.name: 3})
        self.assertEqual(written["processor"], bench.processor_name())

    def test_another_processor_is_told_and_not_mixed_in(self):
        with tempfile.TemporaryDirectory() as folder:
            other = pathlib.Path(folder) / "other.json"
            other.write_text(json.dumps(self.baseline | {"processor": "an abacus"}), encoding="utf-8")
            lines = pathlib.Path(folder) / "lines"
            lines.write_text(json.dumps(self.line) + "\n", encoding="utf-8")
            before = other.read_bytes()
            given = ["--lines", str(lines), "--baseline", str(other)]
            done = run_bench("--compare", *given)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("note: the baseline is of an abacus, this is ", done.stdout)
            done = run_bench("--write-baseline", "--only", "event_queue", *given)
            self.assertEqual(done.returncode, 1)
            self.assertIn("is of an abacus, this is ", done.stderr)
            self.assertEqual(other.read_bytes(), before)

    def test_a_wrong_baseline_is_told_before_anything_is_measured(self):
        for deed, only in (("--compare", "load"), ("--write-baseline", "load")):
            done = run_bench(deed, "--only", only, "--baseline", "/nonexistent/folder/own.json")
            self.assertEqual(done.returncode, 1)
            self.assertTrue(done.stderr.startswith("error: baseline /nonexistent/folder/own.json: "), done.stderr)

    def test_a_baseline_of_ones_own(self):
        with tempfile.TemporaryDirectory() as folder:
            own = pathlib.Path(folder) / "own.json"
            lines = pathlib.Path(folder) / "lines"
            lines.write_text(json.dumps(self.line) + "\n", encoding="utf-8")
            given = ["--lines", str(lines), "--baseline", str(own)]
            done = run_bench("--compare", *given)
            self.assertEqual(done.returncode, 1)
            self.assertTrue(done.stderr.startswith(f"error: baseline {own}: "), done.stderr)
            self.assertEqual(run_bench("--write-baseline", *given).returncode, 0)
            done = run_bench("--compare", *given)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("1 cases, 0 worse", done.stdout)
            self.assertNotIn("note:", done.stdout)

    def test_wrong_options_are_told(self):
        for arguments, text in ((["--only", "load,nope"], "no benchmark 'nope': give some of decision"),
                                (["--only", ""], "no benchmark '': give some of decision"),
                                (["--compare", "--write-baseline"], "not allowed with")):
            done = run_bench(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn(text, done.stderr)

    def test_what_is_not_there_is_told(self):
        done = run_bench("--lines", "/nonexistent/lines")
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr.startswith("error: --lines /nonexistent/lines: "), done.stderr)
        command = [sys.executable, "-B", str(SPEED / "bench.py"), "/nonexistent", "--only", "load"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("error: there is no /nonexistent/bench_load: build it first", done.stderr)

    def test_times_do_not_name_a_case(self):
        other = self.line | {"runs": 3, "median_ns": 5.0, "peak_memory_bytes": 7}
        self.assertEqual(bench.name_of(other), self.name)


if __name__ == "__main__":
    unittest.main()
