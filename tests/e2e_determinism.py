#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Equal scenario, seed and version give equal bytes: twice in a row, and whatever built the program.

STOWAGE_VARIANTS lists further builds of the program as NAME=PATH, separated by ':'.
"""
import filecmp
import json
import os
import pathlib
import subprocess
import unittest

from e2e import DONE, HANGS_AFTER_S, PROGRAM, SOURCE, ProgramTest, default_signals

SCENARIOS = ["quickstart", "clarifai-week", "floors", "warm-or-cold"]


def programs():
    """(name, path): this build twice, then the variants."""
    variants = [item.split("=", 1) for item in os.environ.get("STOWAGE_VARIANTS", "").split(":") if item]
    return [("this-build", PROGRAM), ("this-build-again", PROGRAM)] + \
        [(name, pathlib.Path(path)) for name, path in variants]


def files_under(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class Determinism(ProgramTest):
    def run_report(self, name, program, scenario):
        """All runs have the same command line, which is part of the report."""
        place = self.folder / name
        place.mkdir(exist_ok=True)
        if not (place / "scenarios").exists():
            (place / "scenarios").symlink_to(SOURCE / "scenarios")
        result = subprocess.run(
            [program, "run", f"scenarios/{scenario}.json", "-o", scenario, "--no-plots", "--trace",
             f"{scenario}.jsonl"], cwd=place, text=True, capture_output=True, check=False,
            timeout=HANGS_AFTER_S, preexec_fn=default_signals)
        self.check_ended(result, DONE)
        return place, result.stdout

    def test_every_build_writes_the_same_bytes(self):
        for scenario in SCENARIOS:
            first, output = None, None
            for name, program in programs():
                with self.subTest(scenario=scenario, build=name):
                    place, text = self.run_report(name, program, scenario)
                    if first is None:
                        first, output = place, text
                        continue
                    self.assertEqual(text, output)
                    names = files_under(first / scenario)
                    self.assertEqual(files_under(place / scenario), names)
                    names = [f"{scenario}/{name}" for name in names] + [f"{scenario}.jsonl"]
                    unequal = filecmp.cmpfiles(first, place, names, shallow=False)[1:]
                    self.assertEqual(unequal, ([], []))

    def test_the_seed_matters_where_there_is_chance(self):
        digests = set()
        for seed in (1, 2):
            result = self.stowage("run", SOURCE / "scenarios/clarifai-week.json", "--seed", seed,
                                  "--format", "json")
            self.check_ended(result, DONE)
            digests.add(json.loads(result.stdout)["decision_digest"])
        self.assertEqual(len(digests), 2)


if __name__ == "__main__":
    unittest.main()
