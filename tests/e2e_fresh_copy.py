#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""./dev demo from a fresh copy of the checkout builds, runs and leaves reports with pictures; and
running it again is fine."""
import json
import shutil
import subprocess
import unittest

from e2e import HANGS_AFTER_S, SOURCE, ProgramTest


class FreshCopy(ProgramTest):
    def test_demo(self):
        copy = self.folder / "stowage"
        shutil.copytree(SOURCE, copy,
                        ignore=shutil.ignore_patterns("build", "build-*", "report", ".git"))
        for _ in range(2):
            result = subprocess.run(["./dev", "demo"], cwd=copy, text=True, capture_output=True,
                                    stdin=subprocess.DEVNULL, timeout=3 * HANGS_AFTER_S, check=False,
                                    env=self.environment(CI="true"))
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        for name in ("quickstart", "clarifai-week"):
            report = copy / "report" / name
            summary = json.loads((report / "summary.json").read_text(encoding="utf-8"))
            self.assertIs(summary["complete"], True)
            self.assertGreaterEqual(len(list(report.glob("plots/*.png"))), 6)


if __name__ == "__main__":
    unittest.main()
