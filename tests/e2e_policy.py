#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies in shared objects: the shipped example, and those that are refused."""
import json
import os
import pathlib
import unittest

from e2e import BAD_INPUT, DONE, QUICKSTART, ProgramTest, small_scenario

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
            ("./text.so", "is no shared object that can be opened"),
            ("./none.so", "there is no such file"),
            (EXAMPLE + ":enough=0", 'enough: "0": give a whole number from 1 to 1000000'),
            (EXAMPLE + ":enouhg=1", "did you mean enough?"),
        ]
        for path, *texts in cases:
            with self.subTest(path=path):
                result = self.stowage("run", str(QUICKSTART), "--policy", str(path))
                self.check_ended(result, BAD_INPUT, *texts)
        self.check_ended(self.stowage("policies", str(MODULES / "old_version.so")), BAD_INPUT,
                         "build it again")


if __name__ == "__main__":
    unittest.main()
