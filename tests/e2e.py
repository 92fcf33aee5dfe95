# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests share: running the program as a user does, in a folder of its own.

CTest gives the program in STOWAGE_PROGRAM and the checkout in STOWAGE_SOURCE; by hand it is that of
./dev build.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

SOURCE = pathlib.Path(os.environ.get("STOWAGE_SOURCE", pathlib.Path(__file__).parent.parent)).resolve()
PROGRAM = pathlib.Path(os.environ.get("STOWAGE_PROGRAM", SOURCE / "build/stowage")).resolve()
QUICKSTART = SOURCE / "scenarios/quickstart.json"

# Nothing ever takes that long; a test that waits so long has hung.
HANGS_AFTER_S = 300

DONE, ANSWER_IS_NO, BAD_INPUT, SYSTEM = 0, 1, 2, 3

# What a gnuplot for tests does, in a shell, to "draw" $file: both pictures end as whole ones do.
DRAW_FILE = ("echo '</svg>' > ${file%.gp}.svg; printf 'IEND\\256B`\\202' > ${file%.gp}.png")


def default_signals():
    """In the child: a test suite that runs in the background may hand down an ignored SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def small_scenario(**changes):
    """A valid scenario as a dict: one pool of two nodes, one runner of three replicas."""
    scenario = {
        "stowage": 1,
        "name": "small",
        "horizon": "1h",
        "instance_types": [
            {"id": "four", "compute_info": {"cpu_limit": "4", "cpu_memory": "16Gi"}}],
        "nodepools": [{"id": "p", "instance_types": [{"id": "four"}], "max_instances": 2,
                       "simulation": {"nodes": 2}}],
        "runners": [{"id": "r", "nodepool": {"id": "p"}, "num_replicas": 3,
                     "compute_info": {"cpu_limit": "2", "cpu_memory": "4Gi"}}],
    }
    scenario.update(changes)
    return scenario


def long_scenario():
    """A run of many events, which with --check lasts for minutes."""
    return small_scenario(
        name="long",
        horizon="30d",
        runners=[],
        arrivals=[{
            "name": "job", "count": 20000,
            "interarrival": {"distribution": "exponential", "mean": "60s"},
            "runner": {"nodepool": {"id": "p"}, "num_replicas": 1,
                       "compute_info": {"cpu_limit": "100m", "cpu_memory": "64Mi"},
                       "simulation": {"replica_duration": {"distribution": "exponential",
                                                           "mean": "50m"}}}}])


def blocks_interrupts(process):
    """Does the process have SIGINT blocked? Then it, or a thread of its own, asks for it."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    blocked = int(re.search(r"SigBlk:\s*([0-9a-f]+)", status)[1], 16)
    return bool(blocked >> (signal.SIGINT - 1) & 1)


class ProgramTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="stowage-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def environment(self, **changes):
        environment = dict(os.environ, **changes)
        return {name: value for name, value in environment.items() if value is not None}

    def stowage(self, *arguments, stdin="", environment=None, before=default_signals):
        """Runs the program in the test's folder; the result has returncode, stdout and stderr.
        `before` is called in the child."""
        return subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, text=True,
                              capture_output=True, cwd=self.folder, timeout=HANGS_AFTER_S,
                              env=environment or self.environment(), preexec_fn=before, check=False)

    def stowage_as_nobody(self, *arguments):
        """As stowage(), by a user to whom permissions matter, also where root runs the tests."""
        if os.geteuid() != 0:
            return self.stowage(*arguments)
        self.folder.chmod(0o755)

        def become_nobody():
            default_signals()
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)

        try:
            return self.stowage(*arguments, before=become_nobody)
        except PermissionError:
            return self.skipTest("root's files are not for others here")

    def start(self, *arguments, **options):
        """Starts the program and does not wait for it; it is ended with the test."""
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], text=True, cwd=self.folder,
                                   preexec_fn=default_signals, **options)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def write(self, name, content):
        """A file in the test's folder, from text, bytes or what json.dumps takes."""
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content),
                            encoding="utf-8")
        return path

    def wait_until(self, holds, what):
        """Polls until holds() is true. The only failure is a hang."""
        end = time.monotonic() + HANGS_AFTER_S
        while not holds():
            self.assertLess(time.monotonic(), end, f"waited in vain until {what}")
            time.sleep(0.01)

    def names_in_folder(self):
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))

    def check_ended(self, result, code, *texts):
        """The exit code, and texts that stderr must hold."""
        self.assertEqual(result.returncode, code, result.stderr)
        for text in texts:
            self.assertIn(text, result.stderr)
        self.assertNotIn("Sanitizer", result.stderr)
        self.assertNotIn("runtime error", result.stderr)
