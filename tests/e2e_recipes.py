#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of examples/sweep, done as Slurm and Kubernetes would do them: each task's command with its
environment, and then merge. What they give is what one sweep gives.

The manifest was validated against the published schema of Kubernetes by hand (npm: kubernetes-models); here
its command and its numbers are checked."""
import os
import subprocess
import sys
import unittest

from e2e import BAD_INPUT, DONE, HANGS_AFTER_S, PROGRAM, SOURCE
from e2e_sweep import GRID, Sweep, random_scenario

try:
    import yaml
except ImportError:
    yaml = None

RECIPES = SOURCE / "examples/sweep"


class Recipes(Sweep):
    """Only what is about recipes: the tests of Sweep itself run elsewhere."""

    def recipe(self, *command, **environment):
        environment["PATH"] = f"{PROGRAM.parent}:{os.environ['PATH']}"
        return subprocess.run(list(map(str, command)), text=True, capture_output=True, check=False,
                              cwd=self.folder, timeout=HANGS_AFTER_S, env=self.environment(**environment))

    def test_the_batch_file_of_slurm(self):
        self.assertEqual(self.recipe(RECIPES / "slurm.sbatch").returncode, BAD_INPUT)
        for task in range(1, 4):
            result = self.recipe("bash", RECIPES / "slurm.sbatch", "out", "s.json", "--no-plots", "-n", "6",
                                 *GRID, SLURM_ARRAY_TASK_ID=str(task), SLURM_ARRAY_TASK_MIN="1",
                                 SLURM_ARRAY_TASK_COUNT="3", SLURM_CPUS_PER_TASK="2")
            self.good(result, DONE)
        self.good(self.stowage("merge", "--no-plots", "-o", "merged",
                               *(f"out/part-{task}" for task in range(1, 4))))
        self.good(self.sweep("one"))
        self.assert_same("one", "merged")

    @unittest.skipUnless(yaml, "there is no python3-yaml")
    def test_the_indexed_job_of_kubernetes(self):
        job = yaml.safe_load((RECIPES / "kubernetes.yaml").read_text(encoding="utf-8"))
        spec = job["spec"]
        self.assertEqual((job["apiVersion"], job["kind"], spec["completionMode"]),
                         ("batch/v1", "Job", "Indexed"))
        self.assertEqual(spec["template"]["spec"]["restartPolicy"], "Never")
        container = spec["template"]["spec"]["containers"][0]
        mounts = {mount["name"] for mount in container["volumeMounts"]}
        self.assertEqual(mounts, {volume["name"] for volume in spec["template"]["spec"]["volumes"]})
        self.assertIn(f"--shard=k8s/{spec['completions']}", container["args"])
        (self.folder / "out").mkdir()
        scenario = random_scenario()
        scenario["nodepools"][0]["id"] = "gpu"
        scenario["arrivals"][0]["runner"]["nodepool"]["id"] = "gpu"
        self.write("fleet.json", scenario)

        def arguments(index):
            return [argument.replace("/data/", "").replace("$(JOB_COMPLETION_INDEX)", str(index))
                    for argument in container["args"]] + ["--no-plots", "--replications=2"]

        self.assertEqual(container["command"], ["stowage"])
        for index in range(spec["completions"]):
            self.good(self.recipe(PROGRAM, *arguments(index), JOB_COMPLETION_INDEX=str(index)))
        self.good(self.stowage("merge", "--no-plots", "-o", "merged",
                               *(f"out/part-{index}" for index in range(spec["completions"]))))
        one = [argument for argument in arguments(0) if not argument.startswith("--shard")
               and not argument.startswith("--output")]
        self.good(self.stowage(*one, "-o", "one"))
        self.assert_same("one", "merged")


if __name__ == "__main__":
    names = [name for name in vars(Recipes) if name.startswith("test_")]
    suite = unittest.TestSuite(Recipes(name) for name in names)
    sys.exit(not unittest.TextTestRunner().run(suite).wasSuccessful())
