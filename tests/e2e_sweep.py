#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""stowage sweep and stowage merge: the same bytes on any number of workers and machines, and
nothing lost when something breaks."""
import csv
import json
import math
import os
import resource
import shlex
import shutil
import signal
import statistics
import subprocess
import time
import unittest

from e2e import (ANSWER_IS_NO, BAD_INPUT, DONE, HANGS_AFTER_S, PROGRAM, SOURCE, SYSTEM, ProgramTest,
                 default_signals, small_scenario)

GRID = ["--vary", "scheduler.policy=best-fit,worst-fit", "--vary", "nodepools[p].simulation.nodes=1..3"]
# Of six replications in Student's distribution: its 97.5 % quantile with 5 degrees of freedom.
STUDENT_5 = 2.570582


def random_scenario(**changes):
    """Jobs of random length at random times; a run takes milliseconds."""
    return small_scenario(**dict(
        name="random", horizon="3h", runners=[],
        nodepools=[{"id": "p", "instance_types": [{"id": "four"}], "max_instances": 9,
                    "simulation": {"nodes": 2}}],
        arrivals=[{
            "name": "job", "interarrival": {"distribution": "exponential", "mean": "60s"},
            "runner": {"nodepool": {"id": "p"}, "num_replicas": 1,
                       "compute_info": {"cpu_limit": "1", "cpu_memory": "1Gi"},
                       "simulation": {"replica_duration": {"distribution": "exponential",
                                                           "mean": "10m"}}}}]) | changes)


class Sweep(ProgramTest):
    def setUp(self):
        super().setUp()
        self.write("s.json", random_scenario())

    def sweep(self, folder, *arguments, grid=None, **options):
        return self.stowage("sweep", "s.json", "-o", folder, "--no-plots", "-n", "6",
                            *(GRID if grid is None else grid), *arguments, **options)

    def good(self, result, code=DONE):
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def files(self, folder):
        root = self.folder / folder
        return {str(path.relative_to(root)): path.read_bytes()
                for path in sorted(root.rglob("*")) if path.is_file()}

    def assert_same(self, a, b):
        first, second = self.files(a), self.files(b)
        self.assertEqual(sorted(first), sorted(second))
        for name, content in first.items():
            self.assertEqual(content, second[name], name)

    def rows(self, path):
        with open(self.folder / path, encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    def summary(self, folder):
        return json.loads((self.folder / folder / "summary.json").read_text(encoding="utf-8"))

    # ---- what comes out ----

    def test_the_bytes_depend_neither_on_workers_nor_on_shards(self):
        self.good(self.sweep("one", "-j", "1"))
        self.good(self.sweep("two", "-j", "2"))
        self.assert_same("one", "two")
        for count in (2, 4):
            parts = [f"part-{i}-{count}" for i in range(1, count + 1)]
            for i, part in enumerate(parts, 1):
                self.good(self.sweep(part, "--shard", f"{i}/{count}"))
            self.good(self.stowage("merge", "--no-plots", *parts, "-o", f"merged-{count}"))
            self.assert_same("one", f"merged-{count}")

    def test_the_environment_of_array_jobs_says_the_shard(self):
        self.good(self.sweep("whole"))
        for i in range(3):
            slurm = self.environment(SLURM_ARRAY_TASK_ID=str(5 + 2 * i), SLURM_ARRAY_TASK_MIN="5",
                                     SLURM_ARRAY_TASK_STEP="2", SLURM_ARRAY_TASK_COUNT="3")
            self.good(self.sweep(f"slurm-{i}", "--shard", "slurm", environment=slurm))
            k8s = self.environment(JOB_COMPLETION_INDEX=str(i))
            self.good(self.sweep(f"k8s-{i}", "--shard", "k8s/3", environment=k8s))
        for kind in ("slurm", "k8s"):
            self.good(self.stowage("merge", "--no-plots", "-o", kind,
                                   *(f"{kind}-{i}" for i in range(3))))
            self.assert_same("whole", kind)
        without = self.environment(SLURM_ARRAY_TASK_ID=None, JOB_COMPLETION_INDEX=None)
        for text in ("slurm", "k8s/3", "0/3", "4/3", "x", "3", "1/0", "k8s"):
            result = self.sweep("none", "--shard", text, environment=without)
            self.good(result, BAD_INPUT)
            self.assertIn("sweep: --shard", result.stderr)
        result = self.sweep("none", "--shard", "k8s/3",
                            environment=self.environment(JOB_COMPLETION_INDEX="3"))
        self.good(result, BAD_INPUT)
        self.assertIn("by JOB_COMPLETION_INDEX=3 this is part 4 of 3", result.stderr)

    def test_cells_are_runs_with_common_seeds_and_students_intervals(self):
        self.good(self.sweep("out", "--metric", "wait_s_mean,utilization_pct_cpu", "--seed", "40"))
        values = self.rows("out/values.csv")
        self.assertEqual(len(values), 6 * 6 * 2)
        self.assertEqual({row["seed"] for row in values}, {str(40 + k) for k in range(6)})
        for cell in self.rows("out/cells.csv"):
            mine = [float(row["value"]) for row in values
                    if (row["cell"], row["metric"]) == (cell["cell"], cell["metric"])]
            half = STUDENT_5 * statistics.stdev(mine) / math.sqrt(6)
            mean = statistics.fmean(mine)
            self.assertAlmostEqual(float(cell["mean"]), mean, places=5)
            self.assertAlmostEqual(float(cell["low"]), mean - half, delta=1e-4 * (1 + half))
            self.assertAlmostEqual(float(cell["high"]), mean + half, delta=1e-4 * (1 + half))
            self.assertAlmostEqual(float(cell["median"]), statistics.median(mine), places=5)
            self.assertEqual((cell["replications"], cell["state"]), ("6", "whole"))
        lines = [json.loads(line)
                 for line in (self.folder / "out/values.jsonl").read_text("utf-8").splitlines()]
        self.assertEqual([str(line["value"]) for line in lines if line["metric"] == "wait_s_mean"],
                         [repr(float(row["value"])) for row in values
                          if row["metric"] == "wait_s_mean"])
        # One of them by hand.
        row = next(row for row in values if row["cell"] == "4" and row["replication"] == "3"
                   and row["metric"] == "utilization_pct_cpu")
        run = self.good(self.stowage("run", "s.json", "--seed", "43", "--format", "json",
                                     "--set", "scheduler.policy=worst-fit",
                                     "--set", "nodepools[p].simulation.nodes=2"))
        cpu = json.loads(run.stdout)["utilization"]["fleet"]["cpu"]
        self.assertAlmostEqual(float(row["value"]), cpu["mean_pct"], places=3)

    def test_a_list_gives_its_cells_and_empty_fields_leave_the_scenario_as_it_is(self):
        self.write("cells.csv", "scheduler.policy,horizon\nfgd,1h\n,2h\nbest-fit,\n")
        self.good(self.sweep("out", "--list", "cells.csv", grid=[]))
        rows = self.rows("out/cells.csv")
        self.assertEqual([(row["scheduler.policy"], row["horizon"]) for row in rows
                          if row["metric"] == "wait_s_mean"], [("fgd", "1h"), ("", "2h"), ("best-fit", "")])

    def test_wrong_grids_are_told(self):
        for vary, message in [
                ("horizon", "there is no value"), ("horizon=", "an empty value"),
                ("horizon=1h,1h", '"1h" is given twice'), ("seed=3..1", "a first that is not above"),
                ("seed=1..3:0", "a step above 0"), ("horizon=1h..3m", "the same unit"),
                ("seed=1..x", "give FIRST..LAST"), ("seed=1..999999999", "more than 100000"),
                ("seed=1..1000:1", "the grid has more than 100000 cells")]:
            result = self.sweep("out", grid=["--vary", vary, "--vary", "horizon=1..101"])
            self.good(result, BAD_INPUT)
            self.assertIn(message, result.stderr)
        result = self.sweep("out", grid=["--vary", "seed=1,2", "--vary", "seed=3"])
        self.assertIn('the path "seed" is given twice', self.good(result, BAD_INPUT).stderr)
        result = self.sweep("out", "--metric", "wait_s_p96")
        self.assertIn("sweep: --metric: ", self.good(result, BAD_INPUT).stderr)
        self.assertFalse((self.folder / "out").exists())

    def test_ranges_and_lists_mean_what_they_say(self):
        for vary, values in [("seed=1..3,7,10..20:5", ["1", "2", "3", "7", "10", "15", "20"]),
                             ("seed=8..10:5", ["8"]), ("horizon=1h..2h,90m", ["1h", "2h", "90m"]),
                             ("traffic_step=1.5s..3s:0.5s", ["1.5s", "2.0s", "2.5s", "3.0s"]),
                             ('scheduler.policy="best-fit",fgd', ['"best-fit"', "fgd"])]:
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            self.good(self.sweep("out", "-n", "1", "--metric", "wait_s_mean", grid=["--vary", vary]))
            self.assertEqual([row[vary.split("=")[0]] for row in self.rows("out/cells.csv")], values)

    def test_what_is_without_effect_is_told(self):
        idle = "scheduler.policy changed no value of any metric"
        result = self.good(self.sweep("out", grid=GRID))
        self.assertIn(f"note: {idle}", result.stderr)
        self.assertNotIn("nodes changed no value", result.stderr)
        self.assertNotIn("nothing in this scenario is random", result.stderr)
        self.assertIn("varied: `scheduler.policy`, which changed no value of any metric",
                      (self.folder / "out/report.md").read_text(encoding="utf-8"))
        self.write("s.json", small_scenario())
        result = self.good(self.sweep("fixed", grid=["--vary", "horizon=1h,2h"]))
        self.assertIn("all replications of a cell are equal", result.stderr)

    # ---- what goes wrong ----

    def test_a_cell_with_wrong_input_is_named_and_the_rest_is_kept(self):
        grid = ["--vary", "nodepools[p].simulation.nodes=2,-1,30"]
        result = self.good(self.sweep("out", grid=grid), ANSWER_IS_NO)
        self.assertIn("cell 1 (nodepools[p].simulation.nodes=-1) is failed: s.json: "
                      "nodepools[0].simulation.nodes: -1", result.stderr)
        self.assertEqual([row["state"] for row in self.rows("out/cells.csv")
                          if row["metric"] == "wait_s_mean"], ["whole", "failed", "whole"])
        self.assertEqual(len(self.summary("out")["cells_failed"]), 1)
        self.assertIs(self.summary("out")["complete"], True)
        for i in (1, 2):
            self.sweep(f"part-{i}", "--shard", f"{i}/2", grid=grid)
        self.good(self.stowage("merge", "--no-plots", "part-1", "part-2", "-o", "merged"), ANSWER_IS_NO)
        self.assert_same("out", "merged")

    def test_in_the_example_of_the_help_each_path_matters(self):
        example = self.stowage("help", "sweep").stdout.split("Example:\n")[1].replace("\\\n", " ")
        words = [word.replace("scenarios/", f"{SOURCE}/scenarios/").replace("out/", "")
                 for word in shlex.split(example)]
        result = self.good(self.stowage(*words[1:], "-n", "2", "--no-plots"))
        self.assertNotIn("changed no value", result.stderr)

    def test_a_path_that_is_nowhere_is_wrong_input(self):
        result = self.good(self.sweep("out", grid=["--vary", "nodepools[x].max_instances=1,2"]),
                           BAD_INPUT)
        self.assertIn("nodepools[x]: is not there: give p", result.stderr)
        self.assertIn("2 of 2 cells could not be run", result.stderr)
        # Why the exit status is not 0 is told in any case.
        quiet = self.good(self.sweep("quiet", "-q", grid=["--vary", "nodepools[x].max_instances=1,2"]),
                          BAD_INPUT)
        self.assertEqual((quiet.stdout, quiet.stderr.count("nodepools[x]: is not there")), ("", 2))

    def wait_for_cells(self, folder, count):
        cells = self.folder / folder / "cells"
        self.wait_until(lambda: cells.exists() and len(list(cells.glob("*.json"))) >= count,
                        "some cells are kept")

    def long_sweep(self, folder):
        """A sweep whose last cells take so long that a signal after the first ones is in time."""
        return ["sweep", "s.json", "-o", folder, "--no-plots", "-n", "6", "-j", "2", "-v",
                "horizon=1d,2d,30d,31d,32d,33d,34d"]

    def test_an_interrupted_sweep_goes_on_to_the_same_bytes(self):
        for number, name in ((signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM"),
                             (signal.SIGKILL, None)):
            arguments = self.long_sweep(f"out-{number}")
            process = self.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.wait_for_cells(f"out-{number}", 2)
            process.send_signal(number)
            _, errors = process.communicate(timeout=HANGS_AFTER_S)
            self.assertFalse((self.folder / f"out-{number}/summary.json").exists())
            if name:
                self.assertEqual(process.returncode, SYSTEM)
                self.assertIn(f"interrupted by {name}: ", errors)
                self.assertIn("the same command goes on from there", errors)
            result = self.good(self.stowage(*arguments))
            self.assertRegex(result.stderr, r"\d+ of 42 runs are there already")
        whole = self.long_sweep("whole")
        self.good(self.stowage(*whole))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            self.assert_same("whole", f"out-{number}")

    def test_a_worker_that_dies_is_named_and_its_cell_done_again(self):
        arguments = self.long_sweep("out")
        process = self.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.wait_for_cells("out", 1)
        workers = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], check=True,
                                 capture_output=True, text=True).stdout.split()
        self.assertEqual(len(workers), 2)
        os.kill(int(workers[0]), signal.SIGKILL)
        _, errors = process.communicate(timeout=HANGS_AFTER_S)
        self.assertEqual(process.returncode, SYSTEM, errors)
        self.assertRegex(errors, r"cell \d+ \(horizon.* is incomplete: the worker at replication "
                                 r"\d+ was killed by signal 9")
        self.assertIn("1 cell lacks runs", errors)
        self.assertIs(self.summary("out")["complete"], False)
        self.assertEqual(len(self.summary("out")["cells_incomplete"]), 1)
        self.good(self.stowage(*arguments))
        whole = self.long_sweep("whole")
        self.good(self.stowage(*whole))
        self.assert_same("whole", "out")

    def test_workers_end_with_their_parent(self):
        process = self.start(*self.long_sweep("out"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.wait_for_cells("out", 1)
        workers = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], check=True,
                                 capture_output=True, text=True).stdout.split()
        process.kill()
        process.wait()
        self.wait_until(lambda: not any(self.is_running(pid) for pid in workers), "they have ended")

    @staticmethod
    def is_running(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as status:
                return status.read().rsplit(")", 1)[1].split()[0] != "Z"
        except FileNotFoundError:
            return False

    def test_a_full_disk_is_named_and_what_is_kept_stays(self):
        self.good(self.sweep("whole"))
        sizes = sorted(len(content) for name, content in self.files("whole").items()
                       if name.startswith("cells/"))

        def small_files():
            default_signals()
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (sizes[-1] - 1, sizes[-1] - 1))

        self.sweep("out", "-n", "1")
        result = self.good(self.sweep("out", before=small_files), SYSTEM)
        self.assertRegex(result.stderr, r"out/(cells/[0-9a-f]{16}\.json|sweep.json): File too large")
        self.assertIn("is not done again by the same command", result.stderr)
        self.assertFalse(any("partial" in name or "tmp" in name for name in self.files("out")))
        self.good(self.sweep("out"))
        self.assert_same("whole", "out")

    def test_another_scenario_is_refused_or_redone_but_never_mixed(self):
        self.good(self.sweep("out"))
        before = self.files("out")
        self.write("s.json", random_scenario(seed=7))
        result = self.good(self.sweep("out"), BAD_INPUT)
        self.assertIn("out: holds cells of another sweep: the files of the scenario changed: give --redo",
                      result.stderr)
        result = self.good(self.sweep("out", "--set", "horizon=2h"), BAD_INPUT)
        self.assertEqual(self.files("out"), before)
        self.good(self.sweep("out", "--redo"))
        self.good(self.sweep("fresh"))
        self.assert_same("fresh", "out")
        result = self.good(self.sweep("out", "--metric", "wait_s_p50"), BAD_INPUT)
        self.assertIn("the metrics changed", result.stderr)

    def test_a_trace_that_changes_is_seen_also_where_only_a_cell_reads_it(self):
        rows = "id,nodepool,num_replicas,cpu_limit,memory_limit\n{},p,1,1,1Gi\n"
        self.write("a.csv", rows.format("a"))
        self.write("b.csv", rows.format("b"))
        self.write("s.json", random_scenario(runners_file="a.csv"))
        grid = ["--vary", "runners_file=a.csv,b.csv"]
        self.good(self.sweep("out", grid=grid))
        self.write("b.csv", rows.format("c"))
        result = self.good(self.sweep("out", grid=grid), BAD_INPUT)
        self.assertIn("out: 1 of its cells was made from something else", result.stderr)
        self.good(self.sweep("out", "--redo", grid=grid))
        self.good(self.sweep("fresh", grid=grid))
        self.assert_same("fresh", "out")

    def test_a_larger_grid_and_more_replications_take_what_is_there(self):
        self.good(self.sweep("out", "-n", "2", grid=["--vary", "nodepools[p].simulation.nodes=1..2",
                                                     "--vary", "scheduler.policy=best-fit"]))
        grid = ["--vary", "nodepools[p].simulation.nodes=1..3", "--vary",
                "scheduler.policy=best-fit,fgd"]
        result = self.good(self.sweep("out", grid=grid))
        self.assertIn("4 of 36 runs are there already", result.stderr)
        self.good(self.sweep("fresh", grid=grid))
        self.assert_same("fresh", "out")

    def test_a_damaged_cell_is_done_again(self):
        self.good(self.sweep("whole"))
        self.good(self.sweep("out"))
        cells = sorted((self.folder / "out/cells").iterdir())
        cells[0].write_bytes(cells[0].read_bytes()[:100])
        cells[1].write_bytes(b"")
        cells[2].write_bytes(cells[3].read_bytes())
        result = self.good(self.sweep("out"))
        self.assertIn("3 files of cells are damaged", result.stderr)
        cells[1].write_bytes(b"")
        self.assertEqual(self.good(self.sweep("out", "-q")).stderr, "")
        self.assert_same("whole", "out")

    def test_a_lost_shard_is_named_and_the_sweep_does_what_is_missing(self):
        for i in (1, 3):
            self.good(self.sweep(f"part-{i}", "--shard", f"{i}/3"))
        result = self.good(self.stowage("merge", "--no-plots", "part-1", "part-3", "-o", "out"), SYSTEM)
        self.assertIn("part 2/3 is in none of the folders", result.stderr)
        self.assertIn("2 cells lack runs", result.stderr)
        self.assertIs(self.summary("out")["complete"], False)
        result = self.good(self.sweep("out"))
        self.assertIn("24 of 36 runs are there already", result.stderr)
        self.good(self.sweep("whole"))
        self.assert_same("whole", "out")

    def test_parts_of_different_sweeps_are_not_merged(self):
        self.good(self.sweep("part-1", "--shard", "1/2"))
        self.good(self.sweep("part-2", "--shard", "2/2", "-n", "5"))
        result = self.good(self.stowage("merge", "part-1", "part-2", "-o", "out"), BAD_INPUT)
        self.assertIn("part-2: is not of the same sweep as part-1: the number of replications differ",
                      result.stderr)
        (self.folder / "empty").mkdir()
        result = self.good(self.stowage("merge", "part-1", "empty", "-o", "out"), BAD_INPUT)
        self.assertIn("empty: holds no sweep", result.stderr)
        self.assertFalse((self.folder / "out").exists())

    def test_two_sweeps_do_not_write_to_one_folder(self):
        process = self.start(*self.long_sweep("out"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.wait_for_cells("out", 1)
        result = self.good(self.stowage(*self.long_sweep("out")), BAD_INPUT)
        self.assertIn("out: another run is writing", result.stderr)
        process.kill()

    @unittest.skipUnless(shutil.which("gnuplot"), "there is no gnuplot")
    def test_pictures_are_drawn_of_one_path_and_of_two(self):
        for folder, grid, expected in [
                ("line", ["--vary", "nodepools[p].simulation.nodes=1..3"], ["wait_s_mean"]),
                ("word", ["--vary", "scheduler.policy=best-fit,x,fgd"], ["wait_s_mean"]),
                ("both", GRID, ["wait_s_mean", "wait_s_mean_map"])]:
            result = self.stowage("sweep", "s.json", "-o", folder, "-n", "2", "--metric",
                                  "wait_s_mean", *grid)
            self.assertNotIn("gnuplot", result.stderr)
            names = sorted({path.name for path in (self.folder / folder / "plots").iterdir()})
            self.assertEqual(names, sorted(f"{name}.{end}" for name in expected
                                           for end in ("dat", "gp", "png", "svg")))
            report = (self.folder / folder / "report.md").read_text(encoding="utf-8")
            for name in expected:
                self.assertIn(f"(plots/{name}.svg)", report)

    def test_pictures_say_which_cells_have_no_value(self):
        waits = ["--vary", "arrivals[0].interarrival.mean=60s,9999h"]
        for nodes, note, words in [("-1..1", "grey: failed, or no value", ["failed", "no value"]),
                                   ("0..1", "grey: no value", ["no value"])]:
            grid = ["--vary", f"nodepools[p].simulation.nodes={nodes}"]
            self.sweep(nodes, "-m", "wait_s_mean", grid=[*grid, *waits])
            script, data = self.plot(nodes, "wait_s_mean_map")
            self.assertIn(f"set title 'mean of 6 replications; {note}'", script)
            self.assertIn("'wait_s_mean_map.dat' using ($1*$4):2:5 with labels", script)
            self.assertEqual(sorted({line.split("\t")[4] for line in data} - {"?"}), words)
            script, data = self.plot(nodes, "wait_s_mean")
            self.assertIn(note.replace("grey", "no point"), script)
            self.assertIn("\tNaN\tNaN\tNaN", "\n".join(data))
        self.good(self.sweep("full", "-m", "wait_s_mean"))
        self.assertNotIn("no value", "".join(self.plot("full", "wait_s_mean_map")[0]))

    def plot(self, folder, name):
        """The script, and the rows of its data."""
        path = self.folder / folder / "plots" / name
        data = path.with_suffix(".dat").read_text(encoding="utf-8").splitlines()[1:]
        return path.with_suffix(".gp").read_text(encoding="utf-8"), [row for row in data if row]


if __name__ == "__main__":
    unittest.main()
