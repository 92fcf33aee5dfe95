#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`stowage compare`: verdicts of known truth, the folder, threads, traces, steady state, errors."""
import csv
import json
import math
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import unittest
from fractions import Fraction

from e2e import (ANSWER_IS_NO, BAD_INPUT, DONE, HANGS_AFTER_S, SOURCE, SYSTEM, ProgramTest,
                 long_scenario, small_scenario)

WEEK = SOURCE / "scenarios/clarifai-week.json"
# Published data are not part of this project; where there are none, the test of them is skipped.
DATA = pathlib.Path(os.environ.get("STOWAGE_DATA") or SOURCE / "../shared/data")
LUBLIN = DATA / "swf/lublin_256.swf"
TABLES = ["bands.csv", "compare.csv", "verdicts.csv", "waits.csv"]


def exponential(mean):
    return {"distribution": "exponential", "mean": mean}


def arrivals(name, cpu, mean, life, **more):
    return {"name": name, "interarrival": exponential(mean),
            "runner": {"nodepool": {"id": "p"}, "num_replicas": 1, **more,
                       "compute_info": {"cpu_limit": cpu, "cpu_memory": "64Mi"},
                       "simulation": {"replica_duration": exponential(life)}}}


def queue_scenario(horizon="2d", load_s="30m", seed=3):
    """Jobs of a whole core on eight cores: M/M/8."""
    return small_scenario(name="queue", horizon=horizon, seed=seed, runners=[],
                          arrivals=[arrivals("job", "1", "5m", load_s)])


def spread_scenario():
    """Small jobs that worst-fit puts on both nodes, and large ones that need a whole node."""
    return small_scenario(name="spread", horizon="2d", runners=[],
                          arrivals=[arrivals("small", "1", "40m", "30m"),
                                    arrivals("large", "4", "6h", "1h")])


def trace_scenario(count=40):
    """Runners at recorded instants with recorded lives; nothing is random."""
    runners = [{"id": f"r{i}", "nodepool": {"id": "p"}, "num_replicas": 1,
                "created_at": f"2026-01-01T{i // 6:02d}:{i % 6}3:00Z",
                "compute_info": {"cpu_limit": str(1 + i % 3), "cpu_memory": "64Mi"},
                "simulation": {"replica_duration": f"{20 + 7 * (i % 5)}m"}} for i in range(count)]
    return small_scenario(name="trace", start="2026-01-01T00:00:00Z", horizon="12h", runners=runners)


class Compare(ProgramTest):
    def compare(self, *arguments, code=DONE):
        result = self.stowage("compare", *arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        return result.stdout

    def results(self, folder="out"):
        return json.loads((self.folder / folder / "compare.json").read_text(encoding="utf-8"))

    def rows(self, name, folder="out"):
        with open(self.folder / folder / name, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @staticmethod
    def of_metric(results, name):
        metric = next(it for it in results["metrics"] if it["metric"] == name)
        return {it["variant"]: it for it in metric["variants"]}

    # ---- verdicts ----

    def test_two_names_of_one_policy_are_not_distinguishable(self):
        output = self.compare(WEEK, "--policies", "fgd", "-p", "fgd:grain_milli=40", "--cap", "10",
                              "-o", "out", "--no-plots")
        results = self.results()
        self.assertRegex(output, r"^In short, against fgd\n"
                                 r"  fgd:grain_milli=40 is not distinguishable in \d of \d metrics\n\n")
        for metric in results["metrics"]:
            other = metric["variants"][1]
            self.assertIn(other["verdict"], ("not distinguishable", "no value"), metric["metric"])
            if other["verdict"] != "no value":
                self.assertEqual(other["effect"], 0)
                self.assertEqual(other["p_value"], 1)

    def test_a_policy_that_is_worse_by_construction_is_found(self):
        self.write("s.json", spread_scenario())
        output = self.compare("s.json", "--policies", "best-fit,worst-fit", "-m", "wait_s_mean", "-n",
                              "20", "--cap", "40", "-o", "out", "--no-plots")
        worst = self.of_metric(self.results(), "wait_s_mean")["worst-fit"]
        self.assertEqual(worst["verdict"], "worse")
        self.assertGreater(worst["effect_low"], 0)
        self.assertIn("worse (+", output)
        self.assertRegex(output, r"^In short, against best-fit\n"
                                 r"  worst-fit is worse in wait_s_mean \(\+[0-9.]+ %\)\n\n")
        self.compare("s.json", "--policies", "best-fit,worst-fit", "-m", "wait_s_mean", "-n", "20",
                     "--cap", "40", "-o", "turned", "--no-plots", "--baseline", "worst-fit")
        best = self.of_metric(self.results("turned"), "wait_s_mean")["best-fit"]
        self.assertEqual(best["verdict"], "better")
        self.assertAlmostEqual(best["effect"], -worst["effect"])

    def test_the_best_is_selected(self):
        self.write("s.json", spread_scenario())
        output = self.compare("s.json", "--policies", "worst-fit,best-fit,random", "--select-best",
                              "wait_s_mean:300", "-m", "wait_s_mean", "--cap", "2000", "-o", "out",
                              "--no-plots")
        results = self.results()
        self.assertEqual(results["method"]["ended"], "selected")
        self.assertEqual(results["method"]["selected"], "best-fit")
        self.assertIn("best-fit has the best wait_s_mean", output)

    # ---- numbers ----

    def test_estimates_are_those_of_the_values(self):
        self.write("s.json", spread_scenario())
        self.compare("s.json", "--policies", "best-fit,worst-fit", "-m",
                     "wait_s_mean,wait_s_p95,pending", "--cap", "12", "-o", "out", "--no-plots")
        values = {}
        for row in self.rows("compare.csv"):
            values.setdefault((row["variant"], row["metric"]), []).append(float(row["value"]))
        for row in self.rows("verdicts.csv"):
            mine = values[row["variant"], row["metric"]]
            self.assertEqual(len(mine), int(row["replications"]))
            self.assertAlmostEqual(statistics.mean(mine), float(row["mean"]), places=6)
            self.assertAlmostEqual(statistics.stdev(mine), float(row["sd"]), places=6)
            self.assertAlmostEqual(statistics.median(mine), float(row["median"]), places=6)
            if row["verdict"] == "baseline":
                continue
            pairs = [a - b for a, b in zip(mine, values["best-fit", row["metric"]])]
            middle = statistics.median if row["statistic"] == "median" else statistics.mean
            self.assertAlmostEqual(middle(pairs), float(row["effect"]), places=6)

    def test_a_replication_is_the_run_of_its_seed(self):
        self.write("s.json", spread_scenario())
        self.compare("s.json", "--policies", "best-fit,worst-fit", "-m", "wait_s_mean", "-n", "3",
                     "--cap", "3", "--seed", "11", "-o", "out", "--no-plots")
        for row in self.rows("compare.csv"):
            run = self.stowage("run", "s.json", "--policy", row["variant"], "--seed", row["seed"],
                               "--format", "json")
            waits = json.loads(run.stdout)["waits"]["all"]
            self.assertAlmostEqual(waits["wait_s_mean"], float(row["value"]), places=2)

    def test_precision_or_the_cap_ends_it_and_it_says_which(self):
        self.write("s.json", queue_scenario())
        output = self.compare("s.json", "--policies", "best-fit,first-fit", "-m",
                              "utilization_pct_cpu", "--precision", "3", "-o", "out", "--no-plots")
        self.assertIn("Ended as every chosen metric is within 3 %", output)
        results = self.results()
        self.assertEqual(results["method"]["ended"], "precise")
        for it in results["metrics"][0]["variants"]:
            self.assertLessEqual((it["high"] - it["low"]) / 2, 0.03 * it["value"])
        output = self.compare("s.json", "--policies", "best-fit,first-fit", "-m", "wait_s_mean",
                              "--precision", "0.1", "--cap", "12")
        self.assertIn("Ended at the cap of 12 replications", output)

    # ---- the folder ----

    def test_any_number_of_threads_gives_equal_bytes(self):
        self.write("s.json", spread_scenario())
        for jobs in ("1", "5"):
            self.compare("s.json", "--policies", "best-fit,worst-fit,random", "-j", jobs, "-o",
                         f"out{jobs}", "--no-plots")
        for name in TABLES + ["plots/intervals.dat", "plots/welch.dat"]:
            one, five = (self.folder / f"out{jobs}" / name for jobs in ("1", "5"))
            self.assertEqual(one.exists(), five.exists())
            if one.exists():
                self.assertEqual(one.read_bytes(), five.read_bytes(), name)
        one, five = self.results("out1"), self.results("out5")
        del one["command"], five["command"]
        self.assertEqual(one, five)

    def test_a_folder_has_all_or_is_refused(self):
        self.write("s.json", spread_scenario())
        self.compare("s.json", "--policies", "best-fit,worst-fit", "-n", "3", "--cap", "3", "-o", "out")
        names = {str(path.relative_to(self.folder / "out"))
                 for path in (self.folder / "out").rglob("*")}
        self.assertLessEqual(set(TABLES) | {"compare.json", "report.md", "report.html",
                                            "summary.json", "plots/differences.svg"}, names)
        report = (self.folder / "out/report.md").read_text(encoding="utf-8")
        self.assertIn("plots/differences.svg", report)
        (self.folder / "full").mkdir()
        self.write("full/mine.txt", "x")
        result = self.stowage("compare", "s.json", "--policies", "best-fit,fgd", "-o", "full")
        self.check_ended(result, BAD_INPUT, "exists and holds other files")

    @unittest.skipUnless(shutil.which("gnuplot"), "there is no gnuplot")
    def test_pictures_are_drawn_where_only_the_baseline_has_values(self):
        self.write("s.json", small_scenario())
        self.write("none.json", {"runners": []})
        result = self.stowage("compare", "s.json", "-c", "none.json", "-n", "2", "--cap", "2",
                              "-m", "wait_s_mean,utilization_pct_cpu", "-o", "out")
        self.check_ended(result, DONE)
        for name, empty in (("intervals", 0), ("differences", 1)):
            script = (self.folder / f"out/plots/{name}.gp").read_text(encoding="utf-8")
            self.assertEqual(script.count("'no value'"), empty)
            self.assertEqual(script.count("set xtics step("), 2 - empty)
            self.assertTrue((self.folder / f"out/plots/{name}.png").exists())

    def test_the_report_begins_with_the_answer(self):
        self.write("s.json", spread_scenario())
        names = ["nodes_used", "utilization_pct_cpu", "wait_s_mean"]
        self.compare("s.json", "--policies", "best-fit,worst-fit,first-fit", "--cap", "10", "-m",
                     ",".join(names), "-o", "out", "--no-plots")
        report = (self.folder / "out/report.md").read_text(encoding="utf-8").replace("\\", "")
        short = report[report.index("## In short"):report.index("## How it was compared")]
        rows = [[cell.strip() for cell in line.split("|")[1:-1]]
                for line in short.splitlines() if line.startswith("| `")]
        self.assertEqual([row[0] for row in rows], ["`worst-fit`", "`first-fit`"])
        told = {(name, row[0].strip("`")): verdict for row in rows
                for verdict, cell in zip(("better", "worse", "not distinguishable"), row[1:])
                for name in names if name in cell}
        self.assertEqual(told, {(row["metric"], row["variant"]): row["verdict"]
                                for row in self.rows("verdicts.csv")
                                if row["verdict"] in ("better", "worse", "not distinguishable")})
        self.assertIn("worse", told.values())

    def test_long_names_stay_apart(self):
        self.write("s.json", spread_scenario())
        name = "a-name-that-is-longer-than-the-column-in-which-it-has-to-stand"
        self.write(f"{name}.json", {})
        output = self.compare("s.json", "--policies", "best-fit,worst-fit", "--config", f"{name}.json",
                              "-n", "3", "--cap", "3", "-m", "nodes_used")
        short, _, table = output.partition("\nnodes_used [")
        for text in (short, table):
            labels = [line[:44] for line in text.splitlines() if line.startswith("  a-name")]
            self.assertEqual(len(set(labels)), 2, output)

    def test_no_line_ends_between_a_number_and_its_unit(self):
        self.write("s.json", queue_scenario("1d"))
        options = []
        for length in range(12, 26):  # with some of these the "%" does not fit on the line
            self.write("x" * length + ".json", {"arrivals[0].runner.simulation.replica_duration.mean": "36m"})
            options += ["--config", "x" * length + ".json"]
        output = self.compare("s.json", *options, "-m", "wait_s_mean,queue_mean,wait_s_p95",
                              "-n", "20", "--cap", "20")
        self.assertRegex(output, r"is worse in wait_s_mean \(\+")
        self.assertNotRegex(output, r"(?m)^ *%")

    def test_names_of_files_are_told_in_one_line(self):
        self.write("s.json", spread_scenario())
        self.write("new\nline\x1b[31m.json", {})
        output = self.compare("s.json", "--config", "new\nline\x1b[31m.json", "-n", "2", "--cap", "2",
                              "-m", "nodes_used", "-o", "out", "--no-plots")
        self.assertIn("\n  new\\x0aline\\x1b[31m is ", output)
        self.assertEqual({row["variant"] for row in self.rows("compare.csv")},
                         {"s", "new\\x0aline\\x1b[31m"})

    # ---- traces ----

    def test_a_trace_is_shaken_and_shown_beside_itself(self):
        self.write("s.json", trace_scenario())
        output = self.compare("s.json", "--policies", "best-fit,worst-fit", "--cap", "10", "-m",
                              "wait_s_mean", "-o", "out", "--no-plots")
        self.assertIn("The trace is shaken", output)
        rows = self.rows("compare.csv")
        recorded = {row["variant"]: float(row["value"]) for row in rows if row["shaken"] == "no"}
        shaken = [float(row["value"]) for row in rows
                  if row["shaken"] == "yes" and row["variant"] == "best-fit"]
        self.assertEqual(len(recorded), 2)
        self.assertGreater(len(set(shaken)), 5)
        run = self.stowage("run", "s.json", "--policy", "best-fit", "--format", "json")
        self.assertAlmostEqual(json.loads(run.stdout)["waits"]["all"]["wait_s_mean"],
                               recorded["best-fit"], places=2)
        output = self.compare("s.json", "--policies", "best-fit,worst-fit", "--shake", "0")
        self.assertIn("Nothing random is in these runs", output)

    # ---- steady state ----

    def test_a_steady_state_leaves_out_a_warm_up(self):
        self.write("s.json", queue_scenario(horizon="20d"))
        output = self.compare("s.json", "--policies", "best-fit,first-fit", "--horizon", "steady",
                              "-m", "utilization_pct_cpu", "-o", "out", "--no-plots")
        self.assertIn("is left out, by MSER-5", output)
        # Six of eight cores are busy in the long run.
        it = self.of_metric(self.results(), "utilization_pct_cpu")["best-fit"]
        self.assertLess(abs(it["value"] - 75), 3)
        self.assertIn("set arrow", (self.folder / "out/plots/welch.gp").read_text(encoding="utf-8"))

    def test_a_run_that_never_settles_is_told(self):
        self.write("s.json", queue_scenario(horizon="1d", load_s="3h"))
        output = self.compare("s.json", "--policies", "best-fit,first-fit", "--horizon", "steady",
                              "-o", "out", "--no-plots", code=ANSWER_IS_NO)
        self.assertIn("No warm-up can be told", output)
        # There is no end of a warm-up to draw.
        welch = (self.folder / "out/plots/welch.gp").read_text(encoding="utf-8")
        self.assertNotIn("set arrow", welch)

    # MSER-5 by its definition, once more: in fractions, over every number of batches that may be left
    # out (all but the last five), on the series that Welch's plot shows.

    @staticmethod
    def mser5(series):
        """How many values to leave out; None: the series is too short to tell."""
        batches = [sum(series[5 * i:5 * i + 5]) / 5 for i in range(len(series) // 5)]
        best, leave_out = None, None
        for d in range(len(batches) - 5):
            kept = batches[d:]
            mean = sum(kept) / len(kept)
            statistic = sum((batch - mean) ** 2 for batch in kept) / len(kept) ** 2
            if best is None or statistic < best:
                best, leave_out = statistic, d
        return None if 2 * leave_out > len(batches) else 5 * leave_out

    def check_warm_up(self, horizon_s):
        """The latest of all series is left out, or the run is refused where one is."""
        text = (self.folder / "out/plots/welch.dat").read_text(encoding="utf-8")
        found = []
        for block in text.split("\n\n\n"):
            lines = [line for line in block.splitlines() if line and not line.startswith("#")]
            if lines:
                found.append(self.mser5([Fraction(line.split("\t")[1]) for line in lines]))
        self.assertEqual(len(found), 4, "utilization and queue of two variants")
        method = self.results()["method"]
        self.assertEqual(method["ended"] == "unsettled", None in found)
        if None not in found:
            self.assertAlmostEqual(method["warm_up_s"], max(found) * horizon_s / 480, 3)
        return found

    def test_the_warm_up_is_that_of_mser_5_by_definition(self):
        self.write("s.json", queue_scenario(horizon="20d"))
        self.compare("s.json", "--policies", "best-fit,first-fit", "--horizon", "steady", "-m",
                     "utilization_pct_cpu", "-o", "out", "--no-plots")
        self.assertGreater(max(self.check_warm_up(20 * 86400)), 0)

    @unittest.skipUnless(LUBLIN.exists(), "there is no published workload beside the sources")
    def test_the_warm_up_of_a_published_workload_is_that_of_mser_5_by_definition(self):
        """Jobs of the workload model of Lublin and Feitelson, as published in the standard workload
        format, on a machine of 256 processors that is empty at first: two lengths of it that settle,
        and one that does not."""
        jobs = [line.split() for line in LUBLIN.read_text(encoding="ascii").splitlines()
                if not line.startswith(";")]
        for days, settles in ((5, True), (28, False), (60, True)):
            runners = [{"id": f"job-{job[0]}", "nodepool": {"id": "p"}, "num_replicas": 1,
                        "compute_info": {"cpu_limit": job[4], "cpu_memory": "1Mi"},
                        "simulation": {"arrival": f"{job[1]}s", "replica_duration": f"{job[3]}s"}}
                       for job in jobs if int(job[1]) < days * 86400]
            scenario = small_scenario(name="lublin", horizon=f"{days}d", runners=runners)
            scenario["instance_types"][0]["compute_info"]["cpu_limit"] = "256"
            scenario["nodepools"][0].update(max_instances=1, simulation={"nodes": 1})
            self.write("s.json", scenario)
            result = self.stowage("compare", "s.json", "--policies", "best-fit,first-fit", "--horizon",
                                  "steady", "-m", "utilization_pct_cpu", "-n", "2", "--cap", "2",
                                  "--shake", "0", "-o", "out", "--no-plots")
            self.assertIn(result.returncode, (DONE, ANSWER_IS_NO), result.stderr)
            self.assertEqual(None not in self.check_warm_up(days * 86400), settles)
            shutil.rmtree(self.folder / "out")

    # ---- configurations ----

    def test_a_configuration_is_laid_over_the_scenario(self):
        self.write("s.json", spread_scenario())
        self.write("worst.json", {"scheduler": {"policy": "worst-fit"}, "nodepools[p].max_instances": 2})
        self.write("same.json", {"scheduler": {"policy": "best-fit"}})
        self.compare("s.json", "--config", "worst.json", "--config", "same.json", "-m",
                     "wait_s_mean", "-n", "20", "--cap", "20", "-o", "out", "--no-plots")
        results = self.results()
        self.assertEqual([it["label"] for it in results["variants"]], ["s", "worst", "same"])
        it = self.of_metric(results, "wait_s_mean")
        self.assertEqual(it["worst"]["verdict"], "worse")
        self.assertEqual(it["same"]["effect"], 0)

    def test_a_wrong_configuration_is_told(self):
        self.write("s.json", spread_scenario())
        cases = [("[1]", "is no object"), ('{"a": 1, "a": 2}', "is there twice"),
                 ('{"scheduler": {"polcy": "fgd"}}', "polcy"), ('{"nodepools[": 1}', "wrong.json"),
                 ('{"scheduler": {"polcy": "fgd"}}', "as wrong.json changes it"),
                 ('{"a":', "wrong.json:1:")]
        for text, message in cases:
            self.write("wrong.json", text)
            result = self.stowage("compare", "s.json", "--config", "wrong.json")
            self.check_ended(result, BAD_INPUT, message)

    # ---- compaction and preemption ----

    def test_compaction_is_asked_without_a_run(self):
        """Eight replicas of two cores on eight nodes of four: half of them are needed."""
        scenario = small_scenario()
        scenario["nodepools"][0].update(max_instances=8, simulation={"nodes": 8})
        scenario["runners"][0]["num_replicas"] = 8
        self.write("s.json", scenario)
        output = self.compare("s.json", "--policies", "best-fit,worst-fit", "-m", "compaction", "-o",
                              "out", "--no-plots")
        results = self.of_metric(self.results(), "compaction")
        self.assertEqual(results["best-fit"]["value"], 50)
        self.assertEqual(results["best-fit"]["count"], 11)
        self.assertEqual(results["worst-fit"]["effect"], 0)
        self.assertIn("over the orders", output)
        self.assertFalse((self.folder / "out/plots/bands.gp").exists())

    def test_preemption_names_all_of_it(self):
        self.compare(WEEK, "--policies", "best-fit,worst-fit", "-m", "preemption", "-n", "2", "--cap",
                     "2", "-o", "out", "--no-plots")
        names = [it["metric"] for it in self.results()["metrics"]]
        self.assertLessEqual({"cascades", "repeated_preemptions", "recovery_s_mean"}, set(names))

    # ---- who is hurt ----

    def test_who_is_hurt_by_a_raised_priority_is_listed(self):
        """Two cores: `low` has both until `high`, which wants one, may take it."""
        def scenario(priority):
            return small_scenario(
                nodepools=[{"id": "p", "instance_types": [{"id": "four"}], "max_instances": 1,
                            "simulation": {"nodes": 1}}],
                runners=[{"id": "low", "nodepool": {"id": "p"}, "num_replicas": 2, "priority": 3,
                          "compute_info": {"cpu_limit": "2", "cpu_memory": "1Gi"}},
                         {"id": "high", "nodepool": {"id": "p"}, "num_replicas": 1,
                          "priority": priority, "simulation": {"arrival": "30m"},
                          "compute_info": {"cpu_limit": "2", "cpu_memory": "1Gi"}}])
        self.write("old.json", scenario(1))
        self.write("new.json", scenario(9))
        output = self.compare("new.json", "--against", "old.json", "-n", "3", "--cap", "3", "-o", "out",
                              "--no-plots")
        self.assertIn("Who is hurt: 1 runner, 1 of priority 3", output)
        rows = {(row["runner"], row["measure"]): row for row in self.rows("hurt.csv")}
        self.assertEqual(rows["low", "evictions"]["verdict"], "hurt")
        self.assertEqual(float(rows["low", "evictions"]["effect"]), 1)
        self.assertAlmostEqual(float(rows["low", "missing_replica_h"]["effect"]), 0.5, places=3)
        self.assertEqual(rows["high", "missing_replica_h"]["verdict"], "helped")
        self.assertNotIn(("high", "evictions"), rows)

    # ---- gates ----

    def test_a_condition_that_holds_is_the_exit_status(self):
        self.write("old.json", spread_scenario())
        self.write("new.json", dict(spread_scenario(), scheduler={"policy": "worst-fit"}))
        few = ["-n", "5", "--cap", "5", "-m", "pending"]
        for condition, code in (("wait_s_mean > base.wait_s_mean", ANSWER_IS_NO),
                                ("wait_s_mean < base.wait_s_mean", DONE),
                                ("preemptions > 0", DONE)):
            result = self.stowage("compare", "new.json", "--against", "old.json", *few, "--fail-if",
                                  condition)
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertEqual("holds for new: wait_s_mean = " in result.stderr, code == ANSWER_IS_NO)
        # One variant alone is compared with nothing but the condition.
        self.compare("new.json", *few, "--fail-if", "utilization_pct_cpu > 1", code=ANSWER_IS_NO)
        result = self.stowage("compare", "new.json", *few, "--fail-if", "usd > 0")
        self.check_ended(result, DONE, "lacks a value in worst-fit: usd = -")

    # ---- errors ----

    def test_an_interrupt_leaves_nothing(self):
        self.write("long.json", long_scenario())
        process = self.start("compare", "long.json", "--policies", "best-fit,worst-fit", "-n",
                             "5000", "--cap", "5000", "-j", "2", "-o", "out", stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        self.wait_until(lambda: process.poll() is not None or self.has_workers(process), "it runs")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=HANGS_AFTER_S)
        self.assertEqual(process.returncode, SYSTEM, errors)
        self.assertIn("interrupted by SIGINT: there are no results", errors)
        self.assertFalse((self.folder / "out").exists())

    @staticmethod
    def has_workers(process):
        """While it reads, one thread is there that waits for signals."""
        with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
            threads = next(line for line in status if line.startswith("Threads:"))
        return int(threads.split()[1]) > 2

    def test_an_interval_of_a_known_queue_holds_its_truth(self):
        """M/M/8 at load 6: the mean wait is C(8, 6) / (8 mu - lambda), by Erlang's formula."""
        self.write("s.json", queue_scenario(horizon="60d"))
        self.compare("s.json", "--policies", "best-fit,first-fit", "--horizon", "steady", "-m",
                     "wait_s_mean", "-n", "20", "--cap", "20", "-o", "out", "--no-plots")
        load, servers, service_s = 6.0, 8, 1800.0
        blocked = load ** servers / math.factorial(servers) * servers / (servers - load)
        waits = blocked / (sum(load ** k / math.factorial(k) for k in range(servers)) + blocked)
        truth = waits * service_s / (servers - load)
        it = self.of_metric(self.results(), "wait_s_mean")["best-fit"]
        self.assertLess(it["low"], truth)
        self.assertGreater(it["high"], truth)


if __name__ == "__main__":
    unittest.main()
