#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""stowage sweep and plan on the ranks of an MPI job, all on this machine. Skipped where there is no mpirun or the
program is built without MPI."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import unittest

import e2e_plan
import e2e_sweep
from e2e import ANSWER_IS_NO, BAD_INPUT, DONE, HANGS_AFTER_S, PROGRAM, default_signals
from e2e_sweep import GRID, random_scenario

SKIPPED = 77


def priced_jobs(**changes):
    """Jobs of one core on at most 40 nodes of four."""
    scenario = e2e_plan.random_scenario(**changes)
    scenario["nodepools"][0]["max_instances"] = 40
    scenario["instance_types"] = e2e_plan.priced("10")
    return scenario


class Ranks(e2e_sweep.Sweep):
    """Only what is about ranks: the tests of Sweep itself run elsewhere."""

    def environment(self, **changes):
        return super().environment(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                                   **changes)

    def command(self, ranks, *arguments):
        return ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(ranks), str(PROGRAM),
                *map(str, arguments)]

    def on_ranks(self, ranks, *arguments):
        return subprocess.run(self.command(ranks, *arguments), text=True, capture_output=True,
                              cwd=self.folder, timeout=HANGS_AFTER_S, env=self.environment(),
                              preexec_fn=default_signals, check=False)

    def test_the_bytes_are_those_of_one_process(self):
        arguments = ["s.json", "--no-plots", "-n", "6", *GRID]
        self.good(self.stowage("sweep", *arguments, "-o", "one"))
        for ranks in (1, 2, 4):
            self.good(self.on_ranks(ranks, "sweep", *arguments, "-o", f"ranks-{ranks}"))
            self.assert_same("one", f"ranks-{ranks}")
        result = self.good(self.on_ranks(3, "sweep", *arguments, "-o", "ranks-2"))
        self.assertIn("36 of 36 runs are there already", result.stderr)

    def test_what_is_wrong_is_told_once(self):
        for arguments, code, message in [
                (["s.json"], BAD_INPUT, "sweep: give --output DIR"),
                (["s.json", "-o", "out", "-v", "seed=1", "-j", "2"], BAD_INPUT, "the ranks of MPI"),
                (["none.json", "-o", "out", "-v", "seed=1"], BAD_INPUT, "none.json: No such file"),
                (["s.json", "-o", "out", "--no-plots", "-v", "scheduler.policy=fgd,x"], ANSWER_IS_NO,
                 '"x" is not a policy')]:
            result = self.good(self.on_ranks(3, "sweep", *arguments), code)
            self.assertEqual(result.stderr.count(message), 1, result.stderr)

    def ranks_of(self, process):
        """The processes of the program below mpirun, by their rank."""
        pids = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], check=False,
                              capture_output=True, text=True).stdout.split()
        ranks = {self.rank_of(pid): int(pid) for pid in pids
                 if os.path.realpath(f"/proc/{pid}/exe") == str(PROGRAM)}
        ranks.pop(None, None)
        return ranks

    @staticmethod
    def rank_of(pid):
        """None while the process has no environment, just before it runs and after its end."""
        try:
            environment = pathlib.Path(f"/proc/{pid}/environ").read_text()
        except OSError:
            return None
        rank = re.search(r"\0OMPI_COMM_WORLD_RANK=(\d+)\0", environment)
        return rank and int(rank.group(1))

    def start_ranks(self, *arguments):
        """An mpirun of three ranks, and their processes."""
        process = subprocess.Popen(self.command(3, *arguments), text=True, cwd=self.folder,
                                   env=self.environment(), preexec_fn=default_signals,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end, process)
        self.wait_until(lambda: len(self.ranks_of(process)) == 3, "three ranks run")
        return process, self.ranks_of(process)

    def kill_halfway(self, process, ranks, victim, number, is_halfway):
        """A signal to one process of the job. Rank 0, which writes all results, stands still from
        the moment the work is halfway: however fast the others are, the job cannot be done before."""
        self.wait_until(is_halfway, "some work is kept")
        os.kill(ranks[0], signal.SIGSTOP)
        os.kill(victim, number)
        process.communicate(timeout=HANGS_AFTER_S)
        self.assertNotEqual(process.returncode, DONE)
        self.wait_until(lambda: not any(map(self.is_running, ranks.values())), "they end")
        self.assertFalse((self.folder / "out/summary.json").exists())
        self.assertFalse((self.folder / "out/plan.json").exists())

    def test_a_rank_that_is_killed_ends_the_job_and_what_is_kept_is_not_done_again(self):
        arguments = ["sweep", "s.json", "-o", "out", "--no-plots", "-n", "6", "-v",
                     "horizon=1d,2d,120d,121d,122d,123d,124d,125d,126d"]
        for number in (signal.SIGKILL, signal.SIGTERM):
            kept = len(self.cells())
            process, ranks = self.start_ranks(*arguments)
            self.kill_halfway(process, ranks, ranks[2] if number == signal.SIGKILL else process.pid, number,
                              lambda kept=kept: len(self.cells()) > kept)
        result = self.good(self.on_ranks(3, *arguments))
        self.assertRegex(result.stderr, r"\d+ of 54 runs are there already")
        arguments[3] = "whole"
        self.good(self.stowage(*arguments))
        self.assert_same("whole", "out")

    def bytes_of(self, folder):
        """All files of a plan, without the line that has the command."""
        return {path.relative_to(self.folder / folder):
                re.sub(rb'"command".*', b"", path.read_bytes())
                for path in sorted((self.folder / folder).rglob("*")) if path.is_file()}

    def test_a_plan_of_ranks_is_that_of_one_process(self):
        self.write("s.json", priced_jobs())
        arguments = ["s.json", "--no-plots", "-t", "placed 2m 95", "--survive", "node",
                     "--probability", "0.8", "--set", "horizon=4h", "--sensitivity"]
        self.good(self.stowage("plan", *arguments, "-q", "-o", "one"))
        for ranks in (2, 4):
            self.good(self.on_ranks(ranks, "plan", *arguments, "-q", "-o", f"ranks-{ranks}"))
            self.assertEqual(self.bytes_of("one"), self.bytes_of(f"ranks-{ranks}"), ranks)
        result = self.good(self.on_ranks(3, "plan", *arguments, "-o", "one"))
        self.assertRegex(result.stderr, r"\d+ runs were there already")

    def test_what_is_wrong_with_a_plan_is_told_once(self):
        self.write("s.json", priced_jobs())
        for arguments, code, message in [
                (["s.json", "-j", "2"], BAD_INPUT, "plan: --jobs: the ranks of MPI"),
                (["none.json"], BAD_INPUT, "none.json: No such file"),
                (["s.json", "-t", "placed 2m 95", "-n", "p=0..1"], ANSWER_IS_NO,
                 "none is possible: the demand of the 59 runs of the search takes more than all "
                 "nodes that are allowed: ")]:
            result = self.good(self.on_ranks(3, "plan", *arguments), code)
            text = " ".join((result.stdout + result.stderr).split())  # lines are folded
            self.assertEqual(text.count(message), 1, text)

    def test_a_plan_whose_job_is_killed_goes_on(self):
        self.write("s.json", priced_jobs(horizon="2d"))
        arguments = ["plan", "s.json", "--no-plots", "-q", "-t", "placed 2m 99", "-o", "out"]
        process, ranks = self.start_ranks(*arguments)
        self.kill_halfway(process, ranks, ranks[2], signal.SIGKILL,
                          lambda: len(list(self.folder.glob("out/points/*.json"))) > 1)
        self.good(self.on_ranks(3, *arguments))
        self.good(self.stowage(*arguments[:-1], "whole"))
        self.assertEqual(self.bytes_of("out"), self.bytes_of("whole"))

    def cells(self):
        folder = self.folder / "out/cells"
        return [path for path in folder.glob("*.json")] if folder.exists() else []


def is_possible():
    """Is there an mpirun that can start the program's ranks here?"""
    if not shutil.which("mpirun"):
        return False
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    result = subprocess.run(["mpirun", "--oversubscribe", "-n", "2", str(PROGRAM), "sweep", "--help"],
                            env=environment, capture_output=True, text=True, check=False,
                            timeout=HANGS_AFTER_S)
    return result.returncode == DONE and "without MPI" not in result.stderr


if __name__ == "__main__":
    if not is_possible():
        print("skipped: no mpirun, or a build without MPI")
        sys.exit(SKIPPED)
    names = [name for name in vars(Ranks) if name.startswith("test_")]
    suite = unittest.TestSuite(Ranks(name) for name in names)
    sys.exit(not unittest.TextTestRunner().run(suite).wasSuccessful())
