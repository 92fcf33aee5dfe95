#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""No leak and no wrong access under valgrind, on the way through and on the way out."""
import subprocess
import unittest

from e2e import BAD_INPUT, DONE, HANGS_AFTER_S, PROGRAM, QUICKSTART, SOURCE, ProgramTest

VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full",
            "--show-leak-kinds=all", "--errors-for-leak-kinds=definite,indirect,possible"]


class Valgrind(ProgramTest):
    def check_clean(self, code, *arguments):
        result = subprocess.run([*VALGRIND, PROGRAM, *map(str, arguments)], cwd=self.folder,
                                text=True, capture_output=True, timeout=HANGS_AFTER_S, check=False)
        self.check_ended(result, code)
        self.assertNotIn("==", result.stderr)

    def test_quickstart(self):
        self.check_clean(DONE, "run", QUICKSTART, "-o", "out", "--check", "--trace", "t.jsonl")

    def test_what_is_refused(self):
        self.check_clean(BAD_INPUT, "validate", SOURCE / "scenarios/bad-example.json")
        self.check_clean(BAD_INPUT, "run", QUICKSTART, "--policy", "none")


if __name__ == "__main__":
    unittest.main()
