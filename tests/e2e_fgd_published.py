#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`stowage bench fgd` against everything that is published of the study "Beware of Fragmentation"
(USENIX ATC 2023): all five deterministic policies, five workloads, ten seeds; and node by node and GPU
by GPU where the authors' program's own log is at hand.

The data are not part of this project. STOWAGE_OPENB_DATA names the folder: the lists of nodes and pods
of github.com/hkust-adsl/kubernetes-scheduler-simulator, and fgd/ with arrivals.txt.gz,
node_ranks.txt.gz, curve_allocation.csv, curve_frag_ratio.csv, final_states.csv and replay/. Exit code
77: there is none.
"""
import csv
import gzip
import math
import os
import pathlib
import statistics
import sys
import unittest

from e2e import DONE, ProgramTest

DATA = pathlib.Path(os.environ.get("STOWAGE_OPENB_DATA") or "/nonexistent")
RANDOM = "01-Random"
# The two-sided 99.9 % quantile of the standard normal distribution: five workloads times four means
# are compared, so that a right program fails once in fifty times that data change.
Z = 3.29


def rows(path):
    with open(path, newline="") as lines:
        return list(csv.DictReader(lines))


def by_run(table, policy):
    return {(row["workload"], row[policy], row["seed"]): row for row in table}


class Published(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.results = None

    def bench(self):
        self.check_ended(self.stowage("bench", "fgd", "--data", DATA, "-o", "out", "--no-plots", "-q"),
                         DONE)
        return self.folder / "out"

    def curves_equal(self, out, name, tolerance):
        ours = by_run(rows(out / name), "sc_policy")
        published = by_run(rows(DATA / "fgd" / name), "sc_policy")
        self.assertEqual(set(ours), set(published))
        compared = 0
        for run, row in published.items():
            if run[1] == RANDOM:
                continue
            for point in map(str, range(131)):
                distance = abs(float(ours[run][point]) - float(row[point]))
                self.assertLessEqual(distance, tolerance, f"{name} {run} {point}")
                compared += 1
        return compared

    def random_is_in_its_interval(self, out, name):
        """The means of both samples differ by chance only, at four points of each workload."""
        ours = by_run(rows(out / name), "sc_policy")
        published = by_run(rows(DATA / "fgd" / name), "sc_policy")
        for workload in sorted({run[0] for run in published}):
            for point in ("50", "80", "100", "130"):
                samples = [[float(table[run][point]) for run in published
                            if run[0] == workload and run[1] == RANDOM] for table in (ours, published)]
                spread = math.sqrt(sum(statistics.variance(s) / len(s) for s in samples))
                distance = abs(statistics.mean(samples[0]) - statistics.mean(samples[1]))
                self.assertLess(distance, Z * spread + 0.02, f"{name} {workload} {point}")

    def test_curves_and_final_states_are_the_published_ones(self):
        out = self.bench()
        self.assertEqual(self.curves_equal(out, "curve_allocation.csv", 0.0101), 250 * 131)
        self.assertEqual(self.curves_equal(out, "curve_frag_ratio.csv", 1e-4), 250 * 131)
        ours = by_run(rows(out / "final_states.csv"), "policy")
        published = by_run(rows(DATA / "fgd" / "final_states.csv"), "policy")
        for run, row in published.items():
            if run[1] != RANDOM:
                self.assertEqual(ours[run], row, run)
        self.random_is_in_its_interval(out, "curve_allocation.csv")
        self.random_is_in_its_interval(out, "curve_frag_ratio.csv")

    def test_every_pod_goes_where_the_authors_program_put_it(self):
        policies = {"DotProd": "dot-product", "GpuClustering": "gpu-clustering",
                    "GpuPacking": "gpu-packing", "FGD": "fgd",
                    "BestFit": "best-fit:resources=cpu+devices,steps=100"}
        self.check_ended(self.stowage("import", "openb", "--fgd-workload", "default", "--fgd-seed", 42,
                                      "--data", DATA, "-o", "s.json", "-q"), DONE)
        for name, policy in policies.items():
            self.check_ended(self.stowage("run", "s.json", "--policy", policy, "-o", name,
                                          "--no-plots", "-q"), DONE)
            ours = {row["runner"]: (row["node"], row["devices"].split(";"))
                    for row in rows(self.folder / name / "placements.csv")}
            path = DATA / "fgd/replay" / f"default_seed42_{name}.csv.gz"
            with gzip.open(path, "rt", newline="") as lines:
                for row in csv.DictReader(lines):
                    place = (row["node"], row["gpu_idx"].split("-"))
                    wanted = place if row["status"] == "placed" else None
                    self.assertEqual(ours.get(row["name"]), wanted, f"{name} {row['name']}")


if __name__ == "__main__":
    if not (DATA / "fgd").is_dir():
        print("skipped: STOWAGE_OPENB_DATA names no folder with the published data")
        sys.exit(77)
    unittest.main()
