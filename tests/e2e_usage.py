#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: verbs, options, help, and what is said to who mistypes."""
import json
import re
import unittest

from e2e import BAD_INPUT, DONE, QUICKSTART, SOURCE, ProgramTest, small_scenario

VERBS = ["run", "validate", "policies", "import", "compare", "sweep", "merge", "plan", "bench", "version", "help"]


class Usage(ProgramTest):
    def test_wrong_command_lines_exit_2_and_say_what_is_allowed(self):
        cases = [
            ([], "Commands:"),
            (["runn"], 'unknown command "runn": did you mean "run"? give run, validate, policies, '
             'import, compare, sweep, merge, plan, bench, version or help'),
            (["xyzzy"], 'unknown command "xyzzy": give run, validate, '),
            (["run"], "give a scenario"),
            (["run", "a.json", "b.json"], "takes one scenario"),
            (["run", "--polcy=x", "a.json"],
             'unknown option "--polcy=x": did you mean "--policy"? give --output, '),
            (["run", "-x", "a.json"], 'unknown option "-x": give --output, '),
            (["run", "a.json", "--seed"], "option --seed needs an argument: N"),
            (["run", "a.json", "-o"], "option --output needs an argument: DIR"),
            (["run", "a.json", "-o", ""], "option --output needs an argument: DIR"),
            (["run", "--check=yes", "a.json"], "option --check takes no argument"),
            (["run", "--seed", "1.5", "a.json"], "--seed"),
            (["run", "--seed", "-1", "a.json"],
             'run: --seed: "-1": give a whole number, 0 to 9223372036854775807'),
            (["run", "--seed", "99999999999999999999", "a.json"],
             "give a whole number, 0 to 9223372036854775807"),
            (["run", "--seed", "9223372036854775808", "a.json"], "0 to 9223372036854775807"),
            (["run", "--set", "seed", "a.json"], 'run: --set: "seed": there is no value'),
            (["validate", "--set", "a[=1", "a.json"], "a bracket is not closed"),
            (["run", "a.json", "-o", "-"], "--output: -: the report is a folder"),
            (["run", "--format", "yaml", "a.json"], "give one of text, json, md"),
            (["run", "--policy", "bestfit", "a.json"], 'did you mean "best-fit"? give '),
            (["run", "--policy", "xyzzy", "a.json"], 'no policy "xyzzy": give '),
            (["run", "--group-by", "colour", "a.json"], "--group-by"),
            (["run", "--select", "priority", "a.json"], "KEY=VALUE"),
            (["run", "--select", "priority=1", "a.json"], "--select is about the tables of the report: give its folder"),
            (["run", "--group-by", "label", "a.json"], "--group-by is about a table of the report: give its folder"),
            (["validate"], "give one scenario or more"),
            (["policies", "fgdd"], 'no policy "fgdd": did you mean "fgd"? give '),
            (["policies", "fgd", "random"], "takes one name at most"),
            (["run", "--policy", "fgd:grain=40", "a.json"], 'no parameter "grain": give grain_milli, '),
            (["run", "--policy", "fgd:tie=x", "a.json"], 'no parameter "tie": did you mean "ties"? give grain_milli, '),
            (["run", "--policy", "fgd:grain_milli=4001,ties=first", "a.json"],
             'grain_milli: "4001": give a whole number from 0 to 4000'),
            (["run", "--policy", "fgd:grain_milli=x,ties=first", "a.json"], "2 errors"),
            (["run", "--policy", "best-fit:resources=cpu+gpu", "a.json"],
             'resources: "gpu": did you mean "cpu"? give one or more, joined by \'+\', of cpu, '),
            (["run", "--policy", "weighted", "a.json"], "policies is missing"),
            (["run", "--policy", "weighted:policies=best-fit*0", "a.json"], '"0"'),
            (["run", "--policy", "weighted:policies=fgd(grain_milli=-1)", "a.json"],
             'grain_milli: "-1"'),
            (["run", "--policy", "./none.so", "a.json"], "there is no such file"),
            (["run", "a.json", "-o", "x", "-t", "x"], "--output and --trace are both x: give each its own"),
            (["run", "a.json", "-t", "a.json"], "--trace: a.json is the scenario: give another file"),
            (["import", "openb", "--nodes", "n", "--pods", "p", "-o", "p"],
             "--output: p is what is read: give another file"),
            (["version", "x"], "takes no argument"),
            (["help", "xyzzy"], 'unknown command "xyzzy": give run, '),
            (["import"], "give one of openb"),
            (["import", "xyzzy"], 'unknown format "xyzzy": give one of openb'),
            (["import", "openb", "--nodes", "n.csv"], "give both --nodes FILE and --pods FILE"),
            (["import", "lanl", "--failures", "f.csv"], "give both --failures FILE and --system N"),
            (["import", "lanl", "--failures", "f.csv", "--system", "2"], "give --output FILE"),
            (["import", "lanl", "--failures", "f.csv", "--system", "2", "--static"], "takes --failures"),
            (["import", "openb", "--system", "2"], "has no --failures and no --system"),
            (["import", "openb", "--nodes", "-", "--pods", "-"], "only one of"),
            (["import", "openb", "--fgd-workload", "default"], "needs --data DIR"),
            (["import", "openb", "--data", "."], "goes with --fgd-workload"),
            (["import", "openb", "--fgd-workload", "x", "--data", ".", "--static"], "leave out"),
            (["import", "openb", "--fgd-seed", "-1"], 'import: --fgd-seed: "-1": give a whole number'),
            (["compare"], "give a scenario"),
            (["compare", "a.json"], "nothing to compare: give two policies or more"),
            (["compare", "a.json", "b.json"], "takes one scenario"),
            (["compare", "a.json", "--policies", "fgd,bestfit"], 'did you mean "best-fit"? give '),
            (["compare", "a.json", "--policies", "fgd,fgd"], 'the policy "fgd" is given twice'),
            (["compare", "a.json", "--policies", "fgd:ties=x"], "give a policy with parameters by"),
            (["compare", "a.json", "-m", "wait_s_p94"], 'did you mean "wait_s_p90"? docs/'),
            (["compare", "a.json", "-n", "1"], '--replications: "1": give a whole number, 2 to 100000'),
            (["compare", "a.json", "--policies", "fgd,random", "-n", "9", "--cap", "8"],
             "--cap 8 is below --replications 9"),
            (["compare", "a.json", "--precision", "0"], "--precision: 0: give more than 0"),
            (["compare", "a.json", "--confidence", "100"], "give a number from 0 to below 100"),
            (["compare", "a.json", "--shake", "1e"], '--shake: "1e": give a number'),
            (["compare", "a.json", "--fail-if", "pending >"], "--fail-if: \"pending >\": it ends where"),
            (["compare", "a.json", "--horizon", "long"], "give terminating or steady"),
            (["bench"], "say what: give fgd"),
            (["bench", "speed"], 'no benchmark "speed": give fgd'),
            (["bench", "fgd"], "give --data DIR"),
            (["bench", "fgd", "-d", ".", "--seeds", "4-2"], '"4-2": give seeds as in 42,45-47'),
            (["bench", "fgd", "-d", ".", "--seeds", "4-6,5"], "--seeds: 5 is given twice"),
            (["bench", "fgd", "-d", ".", "--seeds", "1-9223372036854775807"], "more than 1000"),
            (["bench", "fgd", "-d", ".", "-p", "fgd", "-p", "fgd"], 'policy "fgd" is given twice'),
            (["bench", "fgd", "-d", ".", "--jobs", "0"], "give a whole number, 1 to 1024"),
            (["bench", "fgd", "-d", ".", "--policies", "fdg"], 'no policy "fdg": give best-fit, '),
            (["bench", "fgd", "-d", ".", "--policies", "bestfit"], 'did you mean "best-fit"? give '),
            (["bench", "fgd", "-d", ".", "--policies", "mine"], 'no policy "mine": give best-fit, '),
            (["bench", "fgd", "-d", ".", "--policy", "fgd:x=1"], 'no parameter "x"'),
        ]
        for arguments, text in cases:
            with self.subTest(arguments=arguments):
                result = self.stowage(*arguments)
                self.check_ended(result, BAD_INPUT, text, "stowage")
                self.assertEqual(result.stdout, "")

    def test_what_is_read_is_not_written_over_under_another_name(self):
        self.write("s.json", small_scenario())
        (self.folder / "link").symlink_to("s.json")
        before = (self.folder / "s.json").read_bytes()
        result = self.stowage("run", "s.json", "--trace", "link")
        self.check_ended(result, BAD_INPUT, "--trace: link is the scenario: give another file")
        self.assertEqual((self.folder / "s.json").read_bytes(), before)

    def test_a_folder_in_place_of_a_file_is_bad_input(self):
        (self.folder / "folder").mkdir()
        self.write("s.json", small_scenario())
        for arguments in (["import", "openb", "--nodes", "folder", "--pods", "folder"],
                          ["sweep", "s.json", "-o", "out", "--list", "folder"],
                          ["plan", "--instance", "folder"], ["run", "s.json", "--trace", "folder"]):
            result = self.stowage(*arguments)
            self.check_ended(result, BAD_INPUT, "folder: Is a directory")

    def test_an_unknown_baseline_is_told_with_what_there_is(self):
        self.write("s.json", small_scenario())
        result = self.stowage("compare", "s.json", "--policies", "fgd,random", "--baseline", "fdg")
        self.check_ended(result, BAD_INPUT, '"fdg" is none of the variants: give fgd or random')

    def test_paths_are_told_without_what_a_terminal_would_obey(self):
        for path, told in (("", '""'), ("a\x1b[31m\xe9.json", "a\\x1b[31m\xe9.json"),
                           ("a\udce9.json", "a\\xe9.json")):
            with self.subTest(path):
                result = self.stowage("run", path)
                self.check_ended(result, BAD_INPUT)
                self.assertEqual(result.stderr, f"error: {told}: No such file or directory\n")

    def test_numbers_are_read_alike_by_all_commands(self):
        for option, text, allowed, verbs in (
                ("--seed", "-1", "0 to 9223372036854775807", ("run", "compare", "sweep", "plan")),
                ("--jobs", "0", "1 to 1024", ("bench", "compare", "sweep", "plan")),
                ("--jobs", "two", "1 to 1024", ("bench", "compare", "sweep", "plan"))):
            for verb in verbs:
                with self.subTest(verb=verb, option=option, text=text):
                    result = self.stowage(verb, option, text)
                    self.check_ended(result, BAD_INPUT)
                    self.assertEqual(
                        result.stderr.split("\n")[0],
                        f'error: {verb}: {option}: "{text}": give a whole number, {allowed}')

    def test_every_verb_has_help_with_an_example(self):
        for verb in VERBS:
            for arguments in ([verb, "--help"], [verb, "-h"], ["help", verb]):
                with self.subTest(arguments=arguments):
                    result = self.stowage(*arguments)
                    self.check_ended(result, DONE)
                    self.assertTrue(result.stdout.startswith(f"Usage: stowage {verb} "))
                    self.assertIn(f"\nExample:\n  stowage {verb}", result.stdout)
                    self.assertLessEqual(max(map(len, result.stdout.split("\n"))), 88)

    def test_the_overview_lists_every_verb(self):
        result = self.stowage("help")
        self.assertEqual(re.findall(r"^  ([a-z]+)  ", result.stdout, re.M), VERBS)
        self.assertEqual(self.stowage("--help").stdout, result.stdout)

    def test_version_is_that_of_the_project(self):
        project = (SOURCE / "CMakeLists.txt").read_text(encoding="utf-8")
        version = re.search(r"project\(stowage VERSION (\S+)", project).group(1)
        result = self.stowage("version")
        self.check_ended(result, DONE)
        self.assertTrue(result.stdout.startswith(f"stowage {version}\n"))
        self.assertEqual(self.stowage("--version").stdout, result.stdout)

    def test_policies_lists_each_policy_that_run_takes(self):
        lines = self.stowage("policies").stdout.splitlines()
        names = [line.split()[0] for line in lines]
        for name in ("first-fit", "best-fit", "worst-fit", "random"):
            self.assertIn(name, names)
        self.write("s.json", small_scenario())
        for name in names:
            with self.subTest(policy=name):
                shown = self.stowage("policies", name)
                self.check_ended(shown, DONE)
                self.assertTrue(shown.stdout.startswith(f"{name}: "))
                policy = name + (":policies=best-fit*2+fgd" if name == "weighted" else "")
                result = self.stowage("run", "s.json", "--policy", policy, "--format", "json")
                self.check_ended(result, DONE)
                self.assertIn(f'"{name}"', result.stdout)

    def test_validate_tells_about_each_file_and_exits_with_the_worst(self):
        self.write("good.json", small_scenario())
        self.write("bad.json", small_scenario(horizon="soon"))
        result = self.stowage("validate", "good.json", "bad.json", "missing.json")
        self.assertIn("good.json: valid: nodepools 1, nodes 2, runners 1", result.stdout)
        self.check_ended(result, result.returncode, "bad.json: horizon", "missing.json")
        self.assertIn(result.returncode, (2, 3))
        self.check_ended(self.stowage("validate", "good.json"), DONE)
        self.check_ended(self.stowage("validate", "good.json", "bad.json"), BAD_INPUT)

    def test_validate_floors_says_no_where_floors_cannot_be_met(self):
        runner = small_scenario()["runners"][0]
        self.write("s.json", small_scenario(runners=[dict(runner, num_replicas=9, min_replicas=9)]))
        result = self.stowage("validate", "s.json")
        self.check_ended(result, DONE, "warning: nodepool \"p\"", "floor")
        self.check_ended(self.stowage("validate", "--floors", "s.json"), 1, "warning:")
        self.check_ended(self.stowage("run", "s.json"), DONE, "warning: nodepool \"p\"")
        for verb in ("run", "validate"):
            self.assertEqual(self.stowage(verb, "-q", "s.json").stderr, "")
        self.check_ended(self.stowage("validate", "--floors", "-q", "s.json"), 1, "warning:")

    def test_a_floor_in_a_closed_nodepool_is_told_why(self):
        scenario = small_scenario()
        scenario["nodepools"][0]["max_instances"] = 0
        scenario["runners"][0]["min_replicas"] = 1
        self.write("s.json", scenario)
        result = self.stowage("validate", "--floors", "s.json")
        self.check_ended(result, 1, 'its nodepool "p" takes no demand: max_instances is 0')
        self.assertNotIn("no instance type", result.stderr)
        shown = self.stowage("run", "s.json").stdout
        self.assertIn("longest >= 60 min; 3 without a\n              place\n", shown)
        self.assertNotIn("...", shown)
        result = self.stowage("run", "s.json", "--format", "md")
        self.assertIn('in pool "p", which takes no demand: max\\_instances is 0', result.stdout)

    def test_waits_of_demand_that_gave_up_at_once_are_unknown(self):
        runner = small_scenario()["runners"][0]
        self.write("s.json", small_scenario(runners=[dict(runner, num_replicas=99, simulation={"max_wait": 0})]))
        shown = " ".join(self.stowage("run", "s.json").stdout.split())
        self.assertRegex(shown, r"99 waits: p50 unknown, p95 unknown, p99 unknown, longest unknown; "
                                r"(\d+) without a place \(\1 gave up\)")

    def test_a_folder_and_standard_input_are_scenarios_too(self):
        (self.folder / "folder").mkdir()
        self.write("folder/scenario.json", small_scenario())
        digests = set()
        for arguments, stdin in ((["folder"], ""), (["folder/scenario.json"], ""),
                                 (["-"], json.dumps(small_scenario()))):
            result = self.stowage("run", *arguments, "--format", "json", stdin=stdin)
            self.check_ended(result, DONE)
            digests.add(re.search(r'"decision_digest": "(\w+)"', result.stdout).group(1))
        self.assertEqual(len(digests), 1)

    def test_options_may_stand_behind_the_scenario_and_be_joined(self):
        self.write("s.json", small_scenario())
        split = self.stowage("run", "s.json", "--format", "json", "--seed", "5")
        joined = self.stowage("run", "--seed=5", "-fjson", "s.json")
        self.check_ended(split, DONE)
        self.assertEqual(json.loads(split.stdout)["decision_digest"],
                         json.loads(joined.stdout)["decision_digest"])

    def test_the_command_is_kept_as_a_shell_would_read_it(self):
        self.write("my scenario.json", small_scenario())
        result = self.stowage("run", "my scenario.json", "--format", "json")
        self.assertIn("\"stowage run 'my scenario.json' --format json\"", result.stdout)

    def test_quiet_prints_nothing(self):
        result = self.stowage("run", QUICKSTART, "--quiet")
        self.check_ended(result, DONE)
        self.assertEqual((result.stdout, result.stderr), ("", ""))


if __name__ == "__main__":
    unittest.main()
