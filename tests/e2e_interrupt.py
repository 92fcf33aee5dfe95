#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C ends a run cleanly: its results so far are written, marked as partial."""
import json
import os
import signal
import subprocess
import unittest

from e2e import HANGS_AFTER_S, SOURCE, SYSTEM, ProgramTest, blocks_interrupts, long_scenario


class Interrupt(ProgramTest):
    def start_long_run(self, *arguments):
        """Returns when the event loop is under way, which the growing trace shows."""
        self.write("long.json", long_scenario())
        process = self.start("run", "long.json", "--check", "--trace", "trace.jsonl", *arguments,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.wait_until(lambda: self.trace_has_begun() or process.poll() is not None,
                        "the trace has begun")
        self.assertIsNone(process.poll(), "the run was over too soon")
        return process

    def trace_has_begun(self):
        def size(path):
            try:
                return path.stat().st_size
            except FileNotFoundError:
                return 0

        return any(size(path) > 0 for path in self.folder.glob("*")
                   if path.name != "long.json" and path.is_file())

    def test_the_results_so_far_are_written_and_marked(self):
        for number, name in ((signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM")):
            with self.subTest(name):
                process = self.start_long_run("-o", f"out-{name}", "--no-plots", "--format", "json")
                process.send_signal(number)
                output, errors = process.communicate(timeout=HANGS_AFTER_S)
                self.assertEqual(process.returncode, SYSTEM, errors)
                self.assertIn(f"interrupted by {name} at ", errors)
                self.assertIs(json.loads(output)["complete"], False)
                summary = (self.folder / f"out-{name}/summary.json").read_text(encoding="utf-8")
                self.assertIs(json.loads(summary)["complete"], False)
                for line in (self.folder / "trace.jsonl").read_text(encoding="utf-8").splitlines():
                    json.loads(line)
                self.assertEqual([name for name in self.names_in_folder() if "partial" in name], [])
                (self.folder / "trace.jsonl").unlink()

    def interrupt_reading(self, *arguments, number=signal.SIGINT):
        """What the program says that is interrupted while it waits for more of its input."""
        process = self.start(*arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        self.wait_until(lambda: process.poll() is not None or blocks_interrupts(process),
                        "signals are waited for")
        process.send_signal(number)
        process.wait(timeout=HANGS_AFTER_S)
        self.assertEqual(process.returncode, SYSTEM)
        self.assertEqual(process.stdout.read(), "")
        return process.stderr.read()

    def test_reading_is_ended_at_once_and_leaves_nothing(self):
        nodes = SOURCE / "tests/data/openb/nodes.csv"
        os.mkfifo(self.folder / "pipe")
        reading = "error: interrupted by SIGINT while reading the "
        for arguments, said in (
                (["run", "-", "-o", "out", "--trace", "trace.jsonl"], reading + "scenario\n"),
                (["validate", "-"], reading + "scenario\n"),
                (["compare", "pipe", "--policies", "fgd,best-fit", "-o", "out"], reading + "scenario\n"),
                (["sweep", "pipe", "--vary", "seed=1,2", "-o", "out"], reading + "scenario\n"),
                (["plan", "-", "-o", "out"], reading + "scenario\n"),
                (["plan", "--instance", "pipe", "-o", "out"],
                 "error: interrupted by SIGINT while looking for the plan\n"),
                (["import", "openb", "--nodes", nodes, "--pods", "-", "-o", "out.json"],
                 reading + "trace\n")):
            with self.subTest(arguments[0]):
                self.assertEqual(self.interrupt_reading(*arguments), said)
                self.assertEqual(self.names_in_folder(), ["pipe"])
        (self.folder / "part").mkdir()
        os.mkfifo(self.folder / "part/sweep.json")
        with self.subTest("merge"):
            self.assertEqual(self.interrupt_reading("merge", "part", "-o", "out"),
                             "error: interrupted by SIGINT while joining the parts\n")
            self.assertEqual(self.names_in_folder(), ["part", "part/sweep.json", "pipe"])
        said = self.interrupt_reading("validate", "-", number=signal.SIGTERM)
        self.assertEqual(said, "error: interrupted by SIGTERM while reading the scenario\n")


if __name__ == "__main__":
    unittest.main()
