#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies in shared objects: the shipped example, and those that are refused."""
import json
import os
import pathlib
import subprocess
import unittest

from e2e import BAD_INPUT, DONE, QUICKSTART, SOURCE, ProgramTest, small_scenario

EXAMPLE = os.environ["STOWAGE_EXAMPLE_POLICY"]
MODULES = pathlib.Path(os.environ["STOWAGE_POLICY_MODULES"])


def placements(report):
    return [line.split(",") for line in report.read_text(encoding="utf-8").splitlines()[1:]]


class SharedObjects(ProgramTest):
    def test_the_example_shows_its_parameters(self):
        result = self.stowage("policies", EXAMPLE)
        self.check_ended(result, DONE)
        self.assertTrue(result.stdout.startswith("fewest-replicas: "))
        self.assertIn("a whole number from 1 to 1000000; default 1000", result.stdout)

    def run_spread(self, policy):
        """Two nodes and four replicas of one runner: how many each node has in the end."""
        runner = dict(small_scenario()["runners"][0], num_replicas=4)
        runner["compute_info"] = {"cpu_limit": "100m", "cpu_memory": "64Mi"}
        self.write("s.json", small_scenario(runners=[runner]))
        result = self.stowage("run", "s.json", "--policy", policy, "-o", "out", "--no-plots")
        self.check_ended(result, DONE)
        summary = json.loads((self.folder / "out/summary.json").read_text(encoding="utf-8"))
        header, *rows = (self.folder / "out/placements.csv").read_text().splitlines()
        column = header.split(",").index("node")
        nodes = [row.split(",")[column] for row in rows]
        return summary, sorted(nodes.count(node) for node in set(nodes))

    def test_the_example_decides_and_is_named_in_the_results(self):
        summary, counts = self.run_spread(EXAMPLE)
        self.assertEqual(summary["policy"], "fewest-replicas")
        self.assertEqual(summary["policy_parameters"], {"enough": 1000})
        self.assertEqual(counts, [2, 2])

    def test_the_example_takes_its_parameter(self):
        summary, counts = self.run_spread(EXAMPLE + ":enough=1")
        self.assertEqual(summary["policy_parameters"], {"enough": 1})
        self.assertEqual(counts, [1, 3])

    def test_what_is_wrong_is_told(self):
        (self.folder / "text.so").write_text("no object")
        cases = [
            (MODULES / "old_version.so", "was built for version", "build it again"),
            (MODULES / "no_symbol.so", "exports no stowage_policy"),
            (MODULES / "half_a_state.so", "only some of start, refresh and stop"),
            (MODULES / "half_a_bound.so", "only one of node_part and shape_part"),
            (MODULES / "no_parts.so", "is_sum_of_parts, but neither node_part nor shape_part"),
            ("./text.so", "is no shared object that can be opened"),
            ("./none.so", "there is no such file"),
            (EXAMPLE + ":enough=0", 'enough: "0": give a whole number from 1 to 1000000'),
            (EXAMPLE + ":enouhg=1", 'did you mean "enough"?'),
            ("weighted:policies=./text.so*2+fgd", 'policies: no policy "./text.so"'),
        ]
        for path, *texts in cases:
            with self.subTest(path=path):
                result = self.stowage("run", str(QUICKSTART), "--policy", str(path))
                self.check_ended(result, BAD_INPUT, *texts)
        self.check_ended(self.stowage("policies", str(MODULES / "old_version.so")), BAD_INPUT,
                         "build it again")

    def build_example(self, source, headers):
        """By the lines of its CMakeLists.txt, called where `headers` is a relative path."""
        built = self.folder / "built"
        subprocess.run(["cmake", "-S", source, "-B", built, f"-DSTOWAGE_SOURCE={headers}"], check=True,
                       cwd=self.folder, stdout=subprocess.DEVNULL)
        subprocess.run(["cmake", "--build", built], check=True, stdout=subprocess.DEVNULL)
        self.check_ended(self.stowage("policies", "built/fewest_replicas.so"), DONE)

    def test_the_example_is_built_from_the_sources_by_a_relative_path(self):
        (self.folder / "sources").symlink_to(SOURCE)
        self.build_example(SOURCE / "examples/policy", "sources")

    def test_a_folder_without_the_headers_is_told(self):
        done = subprocess.run(["cmake", "-S", SOURCE / "examples/policy", "-B", self.folder / "built",
                               "-DSTOWAGE_SOURCE=."], check=False, cwd=self.folder, capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("has no scheduler/policy.h: give -DSTOWAGE_SOURCE=FOLDER", " ".join(done.stderr.split()))

    def test_the_example_is_built_from_what_is_installed(self):
        subprocess.run(["cmake", "--install", os.environ["STOWAGE_BUILD"], "--prefix", "there"], check=True,
                       cwd=self.folder, stdout=subprocess.DEVNULL)
        self.build_example(self.folder / "there/share/doc/stowage/examples/policy", "there/include/stowage")


if __name__ == "__main__":
    unittest.main()
