#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded traces, imported and replayed by the program: what comes out equals what an independent
reading of the trace says.

The real ones are not part of this project. STOWAGE_DATA names their folder; the default is
../shared/data beside the sources. Where there is none, those tests are skipped.
"""
import csv
import datetime
import json
import os
import pathlib
import unittest

from e2e import BAD_INPUT, DONE, SOURCE, ProgramTest

DATA = pathlib.Path(os.environ.get("STOWAGE_DATA") or SOURCE / "../shared/data")
LANL = DATA / "failures/LA-UR-05-7318-failure-data-1996-2005.csv"
HEADER = "System,nodes,procsinnode,nodenumz,mem,Prob Started,Prob Fixed\n"
SMALL = HEADER + """7,1,8,0,4,1/1/2000 0:00,1/1/2000 0:05
2,4,16,1,32,2/28/2000 23:00,2/29/2000 1:00
2,4,16,1,32,2/29/2000 0:30,2/29/2000 2:00
2,4,8,3,32,3/1/2000 0:00,3/1/2000 0:01
2,4,16,1,64,3/2/2000 0:00,3/2/2000 0:00
2,4,16,1,32,3/3/2000 0:00,3/3/2000 12:00
"""


def rows(path):
    with open(path, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def seconds(text):
    date = datetime.datetime.strptime(text, "%m/%d/%Y %H:%M")
    return round((date - datetime.datetime(1990, 1, 1)).total_seconds())


def union(spans):
    """Seconds in at least one of the spans."""
    total, end = 0, None
    for first, last in sorted(spans):
        if end is None or first > end:
            total, end = total + last - first, last
        elif last > end:
            total, end = total + last - end, last
    return total


class Lanl(ProgramTest):
    def import_system(self, path, system):
        self.check_ended(self.stowage("import", "lanl", "--failures", path, "--system", system, "-o",
                                      "s.json", "-q"), DONE)

    def down_by_node(self, *arguments):
        self.check_ended(self.stowage("run", "s.json", "-o", "out", "--no-plots", "-q", *arguments),
                         DONE)
        nodes = rows(self.folder / "out/nodes.csv")
        whole = {row["node"]: row["down_s"].split(".") for row in nodes}
        self.assertTrue(all(int(part[1]) == 0 for part in whole.values()))
        return {node: int(part[0]) for node, part in whole.items()}

    def test_a_small_trace_becomes_the_expected_fleet(self):
        self.write("t.csv", SMALL)
        self.import_system("t.csv", 2)
        self.assertEqual((self.folder / "s-failures.csv").read_text(),
                         "node,down_at,down_for\nn1,0m,120m\nn1,90m,90m\nn3,1500m,1m\n"
                         "n1,2940m,0m\nn1,4380m,720m\n")
        # Two nodes without a row take the numbers 0 and 2, and are like the first row.
        self.assertEqual(self.down_by_node("--check"),
                         {"n0": 0, "n1": 3 * 3600 + 12 * 3600, "n2": 0, "n3": 60})
        types = [row["instance_type"] for row in rows(self.folder / "out/nodes.csv")]
        self.assertEqual(types, ["16cpu-32Gi", "16cpu-32Gi", "16cpu-32Gi", "8cpu-32Gi"])
        failed = rows(self.folder / "out/failures.csv")
        self.assertEqual([row["node"] for row in failed], ["n1", "n3", "n1", "n1"])

    def test_what_is_wrong_is_told_with_its_place(self):
        cases = [
            (SMALL, "5", ["t.csv: no failure of system 5 in it: it has 2, 7"]),
            (SMALL, "x", ['import: --system: "x": give a whole number, 0 to']),
            (SMALL.replace("nodenumz", "nodenum"), "2", ['no column "nodenumz"']),
            (SMALL.replace("2/29/2000 2:00", "2/30/2000 2:00"), "2",
             ['t.csv:4:', 'Prob Fixed: "2/30/2000 2:00": a date as 6/21/2005 10:54']),
            (SMALL.replace("3/1/2000 0:01", "2/1/2000 0:01"), "2", ["t.csv:5:", "before Prob Started"]),
            (SMALL.replace("2,4,8,3", "2,4,,3"), "2", ["t.csv:5:", "procsinnode"]),
            (SMALL.replace("2,4,8,3", "2,4,0,3"), "2", ["t.csv:5:", "without processors"]),
            (HEADER, "2", ["it has none"]),
        ]
        for text, system, facts in cases:
            self.write("t.csv", text)
            result = self.stowage("import", "lanl", "--failures", "t.csv", "--system", system, "-o",
                                  "s.json")
            self.check_ended(result, BAD_INPUT, *facts)
            self.assertEqual(self.names_in_folder(), ["t.csv"])

    @unittest.skipUnless(LANL.is_file(), f"{LANL} is not there: set STOWAGE_DATA")
    def test_each_node_is_down_exactly_as_long_as_the_records_say(self):
        records = [row for row in rows(LANL) if row["nodenumz"]]
        for system in sorted({row["System"] for row in records}, key=int):
            spans = {}
            for row in records:
                if row["System"] == system:
                    spans.setdefault("n" + row["nodenumz"], []).append(
                        (seconds(row["Prob Started"]), seconds(row["Prob Fixed"])))
            size = max(int(row["nodes"]) for row in records if row["System"] == system)
            self.import_system(LANL, system)
            down = self.down_by_node()
            self.assertEqual(len(down), max(size, len(spans)), system)
            self.assertEqual({node: time for node, time in down.items() if node in spans},
                             {node: union(times) for node, times in spans.items()}, system)
            self.assertFalse(any(time for node, time in down.items() if node not in spans), system)


class Spot(ProgramTest):
    FOLDER = DATA / "spot/availability/16-node/aws-08-27-2023"
    ZONES = ("us-east-2b", "us-west-2a", "us-west-2c")
    SPOT_ONLY = ("--set", 'nodepools[p].node_capacity_type.capacity_types=["SPOT_TYPE"]')

    def scenario(self, capacity, horizon, simulation):
        zones = [entry["zone"] for entry in capacity]
        self.write("s.json", {
            "stowage": 1, "horizon": horizon,
            "instance_types": [{"id": "m", "price": "10",
                                "compute_info": {"cpu_limit": "4", "cpu_memory": "16Gi"}}],
            "nodepools": [{
                "id": "p", "instance_types": [{"id": "m"}], "max_instances": 16 * len(zones),
                "node_capacity_type": {"capacity_types": ["SPOT_TYPE", "ON_DEMAND_TYPE"]},
                "simulation": {"spot_price_factor": 0.3, **simulation}}],
            "runners": [{"id": "r", "nodepool": {"id": "p"}, "num_replicas": 12, "min_replicas": 8,
                         "compute_info": {"cpu_limit": "4", "cpu_memory": "4Gi"}}],
            "spot_capacity": capacity})

    def run_it(self, out, *arguments):
        self.check_ended(self.stowage("run", "s.json", "-o", out, "--no-plots", "-q", "--check",
                                      *arguments), DONE)
        return rows(self.folder / out / "nodes.csv")

    @staticmethod
    def whole_seconds(text):
        whole, rest = text.split(".")
        assert int(rest) == 0
        return int(whole)

    def existed(self, nodes):
        """Node-seconds by zone."""
        total = {}
        for row in nodes:
            total[row["zone"]] = total.get(row["zone"], 0) + self.whole_seconds(row["existed_s"])
        return total

    def recorded(self):
        for zone in self.ZONES:
            path = self.FOLDER / f"{zone}_v100_1.json"
            trace = json.loads(path.read_text(encoding="utf-8"))
            yield zone, path, trace["metadata"]["gap_seconds"], trace["data"]

    def test_a_fixed_fleet_follows_the_steps(self):
        # Zone a, two nodes at the start, 2 at 0 s, 0 at 100 s, 5 at 400 s, 1 at 600 s, run to 1000 s.
        self.scenario([{"nodepool": "p", "zone": "a", "notice": 0, "steps": [
            {"at": at, "nodes": nodes} for at, nodes in ((0, 2), (100, 0), (400, 5), (600, 1))]}],
                      1000, {"nodes": [{"capacity_type": "spot", "count": 2, "zone": "a"},
                                       {"capacity_type": "on-demand", "zone": "a"},
                                       {"capacity_type": "spot", "zone": "b"}]})
        nodes = self.run_it("out")
        spans = [(row["node"], row["added_s"].split(".")[0], row["removed_s"].split(".")[0])
                 for row in nodes if row["zone"] == "a" and row["instance_type"] == "m (spot)"]
        self.assertEqual(spans, [("p-0", "0", "100"), ("p-1", "0", "100"), ("p-4", "400", ""),
                                 ("p-5", "400", "600")])
        self.assertEqual(self.existed(nodes)["a"], 100 + 100 + 600 + 200 + 1000)
        self.assertEqual(self.existed(nodes)["b"], 1000)

    def test_a_notice_lasts_as_long_as_replicas_need_it(self):
        # Grace 30 s by default: the node is there 30 s longer; with 100 s, only as long as the notice.
        for grace, end in (("30s", "130"), ("100s", "160")):
            self.scenario([{"nodepool": "p", "zone": "a", "notice": "60s",
                            "steps": [{"at": 100, "nodes": 0}]}], 1000,
                          {"nodes": [{"capacity_type": "spot", "zone": "a"}]})
            nodes = self.run_it("out", "--set", f"defaults.grace_period={grace}")
            self.assertEqual([row["removed_s"].split(".")[0] for row in nodes], [end])

    def test_no_spot_node_is_launched_beyond_the_number(self):
        # Three of zone a, one of zone b; the other eight fall back, or wait.
        self.scenario([{"nodepool": "p", "zone": zone, "steps": [{"at": 0, "nodes": number}]}
                       for zone, number in (("a", 3), ("b", 1))], 3600,
                      {"scaling": {"zones": ["a", "b"], "provision_delay": "1m"}})
        for arguments, expected in (((), (3, 1, 8)), (self.SPOT_ONLY, (3, 1, 0))):
            nodes = self.run_it("out", *arguments)
            spot = [row["zone"] for row in nodes if row["instance_type"] == "m (spot)"]
            self.assertEqual((spot.count("a"), spot.count("b"), len(nodes) - len(spot)), expected)

    @unittest.skipUnless(FOLDER.is_dir(), f"{FOLDER} is not there: set STOWAGE_DATA")
    def test_a_fixed_fleet_is_there_as_long_as_a_recorded_trace_says(self):
        capacity, expected, horizon = [], {}, None
        for zone, path, gap, data in self.recorded():
            horizon = min(horizon or len(data) * gap, len(data) * gap)
            capacity.append({"nodepool": "p", "zone": zone, "file": str(path), "notice": 0})
        for zone, _, gap, data in self.recorded():
            expected[zone] = sum(min(10, number) * gap for number in data[:horizon // gap])
        self.scenario(capacity, horizon, {"nodes": [
            {"capacity_type": "spot", "count": 10, "zone": zone} for zone in self.ZONES]})
        self.assertEqual(self.existed(self.run_it("out")), expected)

    @unittest.skipUnless(FOLDER.is_dir(), f"{FOLDER} is not there: set STOWAGE_DATA")
    def test_fallback_to_on_demand_buys_running_time_of_a_recorded_trace(self):
        notice = 120
        self.scenario([{"nodepool": "p", "zone": zone, "file": str(path)}
                       for zone, path, _, _ in self.recorded()], "10d",
                      {"scaling": {"zones": self.ZONES, "provision_delay": "3m", "retry_after": "5m",
                                   "consolidation": "underutilized"}})
        costs, served = [], []
        for out, arguments in (("with", ()), ("without", self.SPOT_ONLY)):
            nodes = self.run_it(out, *arguments)
            for zone, _, gap, data in self.recorded():
                spans = [(self.whole_seconds(row["added_s"]),
                          self.whole_seconds(row["removed_s"]) if row["removed_s"] else 10 * 86400)
                         for row in nodes
                         if row["zone"] == zone and row["instance_type"] == "m (spot)"]
                for tick, number in enumerate(data[:10 * 86400 // gap]):
                    lives = sum(first <= tick * gap and tick * gap + notice < last
                                for first, last in spans)
                    self.assertLessEqual(lives, number, f"{out} {zone} {tick}")
            self.assertEqual(any(row["instance_type"] == "m" for row in nodes), out == "with")
            costs.append(float(rows(self.folder / out / "cost.csv")[0]["cost_usd"]))
            served.append(float(rows(self.folder / out / "runners.csv")[0]["served_pct"]))
        self.assertGreater(costs[0], costs[1])
        self.assertGreater(served[0], served[1])
        self.assertGreater(served[0], 95)


if __name__ == "__main__":
    unittest.main()
