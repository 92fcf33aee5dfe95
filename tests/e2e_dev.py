#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script ./dev, without building anything."""
import os
import shutil
import subprocess
import unittest

from e2e import HANGS_AFTER_S, SOURCE, ProgramTest


class Dev(ProgramTest):
    def dev(self, *arguments, path=None):
        """Runs a copy, so that what it writes beside itself is the test's own."""
        copy = shutil.copy(SOURCE / "dev", self.folder)
        return subprocess.run([copy, *arguments], text=True, capture_output=True,
                              cwd=self.folder, stdin=subprocess.DEVNULL, timeout=HANGS_AFTER_S,
                              env=self.environment(PATH=path or os.environ["PATH"]), check=False)

    def fake(self, name, script):
        (self.folder / "bin").mkdir(exist_ok=True)
        self.write(f"bin/{name}", "#!/bin/sh\n" + script).chmod(0o755)
        return f"{self.folder / 'bin'}:{os.environ['PATH']}"

    def test_without_a_verb_it_lists_its_verbs(self):
        result = self.dev()
        self.assertEqual(result.returncode, 0)
        for verb in ("build", "demo", "test", "test-long", "sanitize", "format", "bench"):
            self.assertIn(f"\n  {verb} ", result.stdout)

    def test_an_unknown_verb_is_bad_usage(self):
        result = self.dev("biuld")
        self.assertEqual(result.returncode, 2)
        self.assertIn('no verb "biuld"', result.stderr)

    def test_without_root_it_prints_the_one_line_that_installs_what_is_missing(self):
        self.fake("dpkg-query", 'for last; do :; done\n'
                  'case $last in gnuplot-nox|valgrind) exit 1;; esac\necho -n installed\n')
        self.fake("sudo", "exit 1\n")
        self.fake("apt-get", "echo must not be called >&2\nexit 99\n")
        path = self.fake("id", "echo 1000\n")
        for verb, packages in (("build", "gnuplot-nox"), ("test", "gnuplot-nox valgrind")):
            with self.subTest(verb):
                result = self.dev(verb, path=path)
                self.assertEqual(result.returncode, 3)
                self.assertEqual(result.stderr.splitlines()[-1],
                                 "apt-get update && apt-get install -y --no-install-recommends "
                                 + packages)

    def test_as_root_it_installs_what_is_missing_and_nothing_else(self):
        self.fake("dpkg-query", 'for last; do :; done\n'
                  'case $last in gnuplot-nox) exit 1;; esac\necho -n installed\n')
        self.fake("apt-get", f'echo "$*" >>{self.folder}/calls\n')
        self.fake("cmake", "exit 0\n")
        path = self.fake("id", "echo 0\n")
        result = self.dev("build", path=path)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((self.folder / "calls").read_text(encoding="utf-8").splitlines(),
                         ["update", "install -y --no-install-recommends gnuplot-nox"])


if __name__ == "__main__":
    unittest.main()
