#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run with traffic tells its user: the shipped scenario, as its README reads it, and the same
requests one by one."""
import csv
import json
import re
import unittest

from e2e import DONE, SOURCE, ProgramTest

SCENARIO = SOURCE / "scenarios" / "diurnal-autoscale.json"
PICTURES = ("traffic", "replicas", "waits")


def paragraph(name):
    """The paragraph of scenarios/README.md that reads this scenario's report, as one line."""
    text = (SOURCE / "scenarios" / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"\*\*Reading {name}\.\*\*.*?\n\n", text, re.DOTALL)
    return " ".join(found.group(0).split())


class Diurnal(ProgramTest):
    def run_scenario(self, *more, scenario=SCENARIO):
        result = self.stowage("run", scenario, "-o", "out", "--no-plots", *more)
        self.check_ended(result, DONE)
        with open(self.folder / "out/traffic.csv", encoding="utf-8", newline="") as file:
            rows = {row["runner"]: row for row in csv.DictReader(file)}
        summary = json.loads((self.folder / "out/summary.json").read_text(encoding="utf-8"))
        return result.stdout, rows, summary["traffic"]

    def check_sums(self, rows, traffic):
        for key, column in (("requests", "requests"), ("served", "served"), ("dropped", "dropped"),
                            ("waiting", "waiting"), ("waited", "waited"),
                            ("cold_starts", "cold_starts"), ("cold_requests", "cold_requests"),
                            ("replica_hours", "replica_h"), ("idle_replica_hours", "idle_replica_h")):
            total = sum(float(row[column]) for row in rows.values())
            self.assertAlmostEqual(traffic[key], total, places=4, msg=key)
        self.assertEqual(traffic["requests"],
                         round(traffic["served"] + traffic["dropped"] + traffic["waiting"], 6))
        self.assertEqual(traffic["runners"], len(rows))
        self.assertEqual(traffic["targets_met"],
                         sum(row["slo_is_met"] == "yes" for row in rows.values()))

    def test_the_readme_reads_its_report(self):
        screen, rows, traffic = self.run_scenario()
        self.check_sums(rows, traffic)
        chat, tools = rows["chat-l4"], rows["tools-l4"]
        text = paragraph("diurnal-autoscale")
        saved = 168 - float(tools["replica_h"])
        for figure in (f"{traffic['targets_met']} of {traffic['targets']} targets is kept",
                       f"{float(chat['slo_attained_pct']):.1f} % of its requests within "
                       f"{float(chat['slo_s']):g} s ({float(chat['slo_target_pct']):g} % are",
                       f"{float(chat['replica_h']):.0f} replica-hours at a utilization of "
                       f"{float(chat['utilization_pct']):.0f} %",
                       f"{chat['scale_ups']} scale-ups against {chat['scale_downs']} scale-downs",
                       f"takes {float(tools['replica_h']):.0f} replica-hours",
                       f"{tools['cold_starts']} bursts meet no replica",
                       f"wait {float(tools['cold_s_mean']) / 60:.1f} minutes",
                       f"{float(tools['slo_attained_pct']):.1f} % within {float(tools['slo_s']):g} s",
                       f"saves {saved:.0f} replica-hours a week"):
            self.assertIn(figure, text)
        for picture in PICTURES:
            self.assertIn(f"`plots/{picture}.svg`", text)
            self.assertTrue((self.folder / f"out/plots/{picture}.gp").is_file())
        self.assertRegex(screen, r"Users +> 99\.9 % of 2451301 requests served; 1 of 2 targets kept")
        page = (self.folder / "out/report.md").read_text(encoding="utf-8")
        self.assertIn("## What users got", page)

    def test_the_data_of_each_picture_has_a_block_for_each_runner(self):
        _, rows, _ = self.run_scenario()
        for picture in ("replicas", "waits"):
            data = (self.folder / f"out/plots/{picture}.dat").read_text(encoding="utf-8")
            names = [block.split("\n", 1)[0].removeprefix("# ") for block in data.split("\n\n\n")]
            self.assertEqual(sorted(names), sorted(rows))
        # Waits below the foot of the logarithmic axis stand on it, which it says.
        self.assertRegex(data, r"(?m)^[\d.]+\t0\.001000$")
        script = (self.folder / "out/plots/waits.gp").read_text(encoding="utf-8")
        self.assertIn("set ytics add ('≤ 0.001' 0.001)", script)

    def test_single_requests_say_the_same_within_a_tenth(self):
        scenario = json.loads(SCENARIO.read_text(encoding="utf-8"))
        _, fluid, _ = self.run_scenario()
        for deployment in scenario["deployments"]:
            deployment["simulation"]["traffic"]["fidelity"] = "requests"
        self.write("s.json", scenario)
        _, single, traffic = self.run_scenario(scenario="s.json")
        self.check_sums(single, traffic)
        for column, allowed in (("requests", 0.01), ("slo_attained_pct", 0.02), ("replica_h", 0.02),
                                ("response_s_mean", 0.02)):
            before, now = float(fluid["chat-l4"][column]), float(single["chat-l4"][column])
            self.assertAlmostEqual(now, before, delta=allowed * before, msg=column)
        self.assertEqual(single["chat-l4"]["slo_is_met"], "yes")
        self.assertEqual(single["tools-l4"]["slo_is_met"], "no")


if __name__ == "__main__":
    unittest.main()
