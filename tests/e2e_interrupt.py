#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C ends a run cleanly: its results so far are written, marked as partial."""
import json
import signal
import subprocess
import unittest

from e2e import HANGS_AFTER_S, SYSTEM, ProgramTest, long_scenario


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


if __name__ == "__main__":
    unittest.main()
