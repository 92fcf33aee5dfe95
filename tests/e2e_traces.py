#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded traces, imported and replayed by the program: what comes out equals what an independent
reading of the trace says.

The real ones are not part of this project. STOWAGE_DATA names their folder; the default is
../shared/data beside the sources. Where there is none, those tests are skipped.
"""
import csv
import datetime
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
            (SMALL, "x", ["--system", "not a whole number"]),
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


if __name__ == "__main__":
    unittest.main()
