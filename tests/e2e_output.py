#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run writes and where: whole or not at all, with a message that says why."""
import json
import os
import pty
import re
import resource
import shutil
import subprocess
import unittest

from e2e import (BAD_INPUT, DONE, DRAW_FILE, HANGS_AFTER_S, PROGRAM, QUICKSTART, SOURCE, SYSTEM,
                 ProgramTest, default_signals, long_scenario, small_scenario)


# A gnuplot that draws all but one.
DRAWS = ('for file; do case $file in *.gp) [ "$file" != "$UNWANTED" ] || { echo no ink >&2; exit 7; }\n'
         f"{DRAW_FILE};; esac; done\n")


def without_gnuplot_path(folder):
    """A PATH on which no gnuplot is."""
    (folder / "empty-path").mkdir(exist_ok=True)
    return str(folder / "empty-path")


class Streams(ProgramTest):
    def test_formats(self):
        text = self.stowage("run", QUICKSTART)
        self.check_ended(text, DONE)
        self.assertLessEqual(len(text.stdout.splitlines()), 40)
        self.assertNotIn("\x1b", text.stdout + text.stderr)
        summary = json.loads(self.stowage("run", QUICKSTART, "--format", "json").stdout)
        self.assertEqual(summary["floor_breaches_by_preemption"], 0)
        self.assertIs(summary["complete"], True)
        markdown = self.stowage("run", QUICKSTART, "--format", "md").stdout
        self.assertTrue(markdown.startswith("# "))

    def test_the_trace_is_one_json_object_a_line(self):
        result = self.stowage("run", QUICKSTART, "--trace", "trace.jsonl")
        self.check_ended(result, DONE)
        lines = (self.folder / "trace.jsonl").read_text(encoding="utf-8").splitlines()
        records = [json.loads(line) for line in lines]
        times = [record["t_us"] for record in records]
        self.assertEqual(times, sorted(times))
        self.assertIn("evicted", {record["what"] for record in records})
        to_stdout = self.stowage("run", QUICKSTART, "--trace", "-")
        self.check_ended(to_stdout, DONE)
        self.assertEqual(to_stdout.stdout.splitlines(), lines)

    def test_a_reader_that_goes_away_is_no_crash(self):
        for arguments in ([QUICKSTART], [QUICKSTART, "--format", "json"],
                          [QUICKSTART, "--trace", "-"]):
            with self.subTest(arguments=arguments):
                reader, writer = os.pipe()
                os.close(reader)
                process = self.start("run", *arguments, stdout=writer, stderr=subprocess.PIPE)
                os.close(writer)
                errors = process.communicate(timeout=HANGS_AFTER_S)[1]
                self.assertEqual((process.returncode, errors), (SYSTEM, ""))

    def test_a_full_standard_output_is_told(self):
        for arguments in (["run", QUICKSTART], ["run", QUICKSTART, "--trace", "-"], ["version"],
                          ["policies"], ["help"], ["run", "--help"], ["validate", QUICKSTART]):
            with self.subTest(arguments=arguments), open("/dev/full", "w", encoding="utf-8") as full:
                process = self.start(*arguments, stdout=full, stderr=subprocess.PIPE)
                errors = process.communicate(timeout=HANGS_AFTER_S)[1]
                self.assertEqual(process.returncode, SYSTEM, errors)
                self.assertIn("No space left on device", errors)

    def test_closed_standard_streams_are_told_and_never_reused(self):
        self.write("s.json", small_scenario())
        self.run_shell("run s.json -o out --no-plots >&-", SYSTEM, "Bad file descriptor")
        json.loads((self.folder / "out/summary.json").read_text(encoding="utf-8"))
        self.run_shell("run - <&-", SYSTEM, "Bad file descriptor")
        self.run_shell("run s.json --trace t.jsonl 2>&-", DONE)

    def run_shell(self, command, code, *texts):
        result = subprocess.run(f"'{PROGRAM}' {command}", shell=True, text=True, cwd=self.folder,
                                capture_output=True, check=False, timeout=HANGS_AFTER_S)
        self.check_ended(result, code, *texts)

    def run_on_terminal(self, *arguments, environment):
        """What the program writes to a terminal that is its stdin, stdout and stderr."""
        parent, terminal = pty.openpty()
        process = self.start(*arguments, stdin=terminal, stdout=terminal, stderr=terminal,
                             env=environment)
        os.close(terminal)
        self.addCleanup(os.close, parent)
        return parent, process

    def read_to_end(self, parent):
        output = b""
        while True:
            try:
                piece = os.read(parent, 65536)
            except OSError:  # Linux: EIO when the last writer has closed
                return output.decode()
            if not piece:
                return output.decode()
            output += piece

    def test_colours_only_on_a_terminal_that_wants_them(self):
        cases = [({"TERM": "xterm", "NO_COLOR": None}, True), ({"TERM": "xterm", "NO_COLOR": ""}, True),
                 ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb", "NO_COLOR": None}, False)]
        for changes, is_coloured in cases:
            with self.subTest(changes):
                parent, process = self.run_on_terminal("run", "none.json",
                                                       environment=self.environment(**changes))
                output = self.read_to_end(parent)
                process.wait(HANGS_AFTER_S)
                self.assertEqual("\x1b[1;31merror:\x1b[0m" in output, is_coloured, output)

    def test_a_long_run_shows_its_progress_on_a_terminal(self):
        self.write("long.json", long_scenario())
        parent, process = self.run_on_terminal("run", "long.json", "--check",
                                               environment=self.environment(TERM="xterm"))
        output = ""
        while not re.search(r"\w of 30d \(\d+ %\), \d+ events, \d+ events/s, .* left", output):
            piece = os.read(parent, 65536).decode()
            self.assertTrue(piece, output)
            output += piece
        process.kill()


class Folder(ProgramTest):
    def run_into(self, folder, *arguments, **options):
        return self.stowage("run", QUICKSTART, "-o", folder, "--no-plots", *arguments, **options)

    def test_a_folder_that_exists_may_be_empty_or_a_report(self):
        (self.folder / "out").mkdir()
        self.check_ended(self.run_into("out"), DONE)
        first = self.names_in_folder()
        for name in ("summary.json", "placements.csv", "preemptions.csv", "utilization.csv",
                     "runners.csv", "nodes.csv", "pending.csv", "report.md", "report.html", "plots"):
            self.assertIn(f"out/{name}", first)
        self.check_ended(self.run_into("out"), DONE)
        self.assertEqual(self.names_in_folder(), first)

    def test_a_folder_with_files_of_others_is_left_alone(self):
        (self.folder / "out").mkdir()
        self.write("out/thesis.txt", "mine")
        result = self.run_into("out")
        self.check_ended(result, BAD_INPUT, "error: out", "give an empty or new folder")
        self.assertEqual(result.stdout, "")
        self.assertEqual(self.names_in_folder(), ["out", "out/thesis.txt"])

    def test_a_file_in_the_place_of_the_folder_is_left_alone(self):
        self.write("out", "mine")
        result = self.run_into("out")
        self.assertIn(result.returncode, (BAD_INPUT, SYSTEM))
        self.check_ended(result, result.returncode, "out")
        self.assertEqual((self.folder / "out").read_text(encoding="utf-8"), "mine")

    def test_a_folder_without_a_parent_is_an_error(self):
        result = self.run_into("a/b")
        self.assertIn(result.returncode, (BAD_INPUT, SYSTEM))
        self.check_ended(result, result.returncode, "a/b", "the folder that should hold it does not exist")
        self.assertEqual(self.names_in_folder(), [])

    def test_a_read_only_folder_is_an_error(self):
        self.write("s.json", small_scenario())
        (self.folder / "out").mkdir()
        (self.folder / "out").chmod(0o555)
        for arguments in (["-o", "out"], ["-o", "out/inner"], ["--trace", "out/trace.jsonl"]):
            with self.subTest(arguments):
                result = self.stowage_as_nobody("run", "s.json", *arguments)
                self.check_ended(result, SYSTEM, "error: out", "Permission denied")
                self.assertEqual(self.names_in_folder(), ["out", "s.json"])

    def test_a_disk_that_fills_up_leaves_no_half_report(self):
        """A limit on the size of files fails as a full disk does: in the middle of a write."""
        def small_files():
            default_signals()
            resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
            import signal
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        for arguments in (["-o", "out", "--no-plots"], ["--trace", "trace.jsonl"]):
            with self.subTest(arguments):
                process = subprocess.run([PROGRAM, "run", QUICKSTART, *arguments], text=True,
                                         capture_output=True, cwd=self.folder, check=False,
                                         preexec_fn=small_files, timeout=HANGS_AFTER_S)
                self.check_ended(process, SYSTEM, "error: ", "File too large")
                self.assertEqual(self.names_in_folder(), [])

    def test_a_full_file_system_leaves_no_half_report(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        result = self.run_into("disk/out")
        self.check_ended(result, SYSTEM, "error: ", "No space left on device")
        self.assertEqual(self.names_in_folder(), ["disk"])

    def test_import_leaves_no_half_scenario(self):
        self.write("nodes.csv", "sn,cpu_milli,memory_mib,gpu,model\nn0,64000,262144,2,P100\n")
        self.write("pods.csv", "name,cpu_milli,memory_mib,num_gpu,gpu_milli\npod,x,1,1,1000\n")
        result = self.stowage("import", "openb", "--static", "--nodes", "nodes.csv", "--pods",
                              "pods.csv", "-o", "s.json")
        self.check_ended(result, BAD_INPUT, "pods.csv:2:5")
        self.assertEqual(self.names_in_folder(), ["nodes.csv", "pods.csv"])

    def test_an_import_runs(self):
        self.write("nodes.csv", "sn,cpu_milli,memory_mib,gpu,model\nn0,64000,262144,2,P100\n")
        self.write("pods.csv", "name,cpu_milli,memory_mib,num_gpu,gpu_milli\npod,1000,1,1,500\n")
        arguments = ["import", "openb", "--static", "--nodes", "nodes.csv", "--pods", "pods.csv"]
        result = self.stowage(*arguments, "-o", "s.json")
        self.check_ended(result, DONE, "1 nodes with 2 devices", "500 milli-devices")
        scenario = (self.folder / "s.json").read_text(encoding="utf-8")
        self.assertEqual(self.stowage(*arguments).stdout, scenario)
        pods = (self.folder / "pods.csv").read_text(encoding="utf-8")
        self.assertEqual(self.stowage(*arguments[:-1], "-", stdin=pods).stdout, scenario)
        self.check_ended(self.stowage("run", "s.json"), DONE)


class Gnuplot(ProgramTest):
    def fake_gnuplot(self, script):
        (self.folder / "bin").mkdir(exist_ok=True)
        self.write("bin/gnuplot", script).chmod(0o755)
        return self.environment(PATH=f"{self.folder / 'bin'}:{os.environ['PATH']}")

    def test_without_gnuplot_the_run_succeeds_and_says_what_is_missing(self):
        environment = self.environment(PATH=without_gnuplot_path(self.folder))
        result = self.stowage("run", QUICKSTART, "-o", "out", environment=environment)
        self.check_ended(result, DONE, "gnuplot-nox", "no pictures")
        self.assertTrue((self.folder / "out/summary.json").exists())
        self.assertEqual(list(self.folder.glob("out/plots/*.png")), [])
        self.assertNotEqual(list(self.folder.glob("out/plots/*.gp")), [])
        quiet = self.stowage("run", QUICKSTART, "-q", "-o", "out", environment=environment)
        self.assertEqual((quiet.returncode, quiet.stdout, quiet.stderr), (DONE, "", ""))

    def test_reports_refer_to_no_picture_that_was_not_drawn(self):
        self.write("s.json", small_scenario())
        bare = self.environment(PATH=without_gnuplot_path(self.folder))
        full = self.fake_gnuplot(f"#!/bin/sh\n{DRAWS}")
        pages = {"run": ["report.md", "report.html"], "compare": ["report.md", "report.html"],
                 "plan": ["report.md", "report.html"], "sweep": ["report.md"]}
        more = {"run": [], "plan": [], "compare": ["--policies", "best-fit,fgd"],
                "sweep": ["-n", "2", "--vary", "nodepools[p].simulation.nodes=1..3"]}
        for command, names in pages.items():
            for folder, environment, has_pictures in (("bare", bare, False), ("full", full, True)):
                out = f"{command}-{folder}"
                result = self.stowage(command, "s.json", "-o", out, *more[command],
                                      environment=environment)
                self.check_ended(result, DONE)
                for name in names:
                    with self.subTest(command, page=name, has_pictures=has_pictures):
                        page = (self.folder / out / name).read_text(encoding="utf-8")
                        self.assertEqual(".svg" in page, has_pictures)
                        self.assertEqual("Pictures" in page, has_pictures and command != "plan")

    def test_a_gnuplot_that_fails_leaves_the_rest_of_the_report(self):
        cases = [("#!/bin/sh\necho 'line 3: out of ink' >&2\nexit 7\n", "out of ink"),
                 ("#!/bin/sh\nkill -SEGV $$\n", "signal"), ("not a program\n", "gnuplot"),
                 ("#!/bin/sh\nexit 0\n", "drew no whole picture: the rest"),
                 (f"#!/bin/sh\n{DRAWS}echo no end > pending.png\n", "pending.gp: drew no whole picture"),
                 (f"#!/bin/sh\n{DRAWS}ln -sf /dev/full pending.svg\n",
                  "pending.gp: drew no whole picture: No space left on device")]
        for number, (script, text) in enumerate(cases):
            with self.subTest(script):
                environment = self.fake_gnuplot(script)
                result = self.stowage("run", QUICKSTART, "-o", f"out{number}",
                                      environment=environment)
                self.check_ended(result, SYSTEM, "gnuplot failed", text)
                names = self.names_in_folder()
                self.assertIn(f"out{number}/summary.json", names)
                self.assertIn(f"out{number}/report.md", names)
                self.assertEqual([name for name in names if "partial" in name], [])

    def test_pictures_up_to_the_first_that_fails_are_kept(self):
        environment = self.fake_gnuplot(f"#!/bin/sh\n{DRAWS}")
        self.check_ended(self.stowage("run", QUICKSTART, "-o", "all", environment=environment), DONE)
        order = re.findall(r"plots/(\w+)\.svg", (self.folder / "all/report.md").read_text(encoding="utf-8"))
        self.assertGreaterEqual(len(order), 6)
        environment["UNWANTED"] = f"{order[3]}.gp"
        result = self.stowage("run", QUICKSTART, "-o", "some", environment=environment)
        self.check_ended(result, SYSTEM, f"gnuplot failed: plots/{order[3]}.gp: exit code 7: no ink")
        for suffix in ("svg", "png"):
            self.assertEqual(sorted(path.stem for path in self.folder.glob(f"some/plots/*.{suffix}")),
                             sorted(order[:3]))

    def script_of(self, plot, **changes):
        self.write("s.json", small_scenario(**changes))
        self.check_ended(self.stowage("run", "s.json", "-o", "out", "--no-plots", "-q"), DONE)
        return (self.folder / f"out/plots/{plot}.gp").read_text(encoding="utf-8")

    def test_a_selection_of_nobody_is_told(self):
        self.write("s.json", small_scenario())
        for value, is_told in (("p", False), ("nowhere", True)):
            result = self.stowage("run", "s.json", "-o", "out", "--no-plots", "--select",
                                  f"nodepool={value}")
            self.check_ended(result, DONE)
            told = f"warning: --select nodepool={value}: no runner has this value: the tables of runners"
            self.assertEqual(told in result.stderr, is_told, result.stderr)

    def test_a_selection_needs_tables(self):
        """The summary in Markdown has a table of runners; those as text and as JSON have none."""
        self.write("s.json", small_scenario())
        for form, status in (("md", DONE), ("text", BAD_INPUT), ("json", BAD_INPUT)):
            result = self.stowage("run", "s.json", "--format", form, "--select", "nodepool=p")
            self.assertEqual(result.returncode, status, result.stderr)

    def test_few_things_are_counted_by_whole_tics(self):
        pool = small_scenario()["nodepools"][0]
        for nodes, is_whole in ((2, True), (5, True), (6, False)):
            pools = [dict(pool, max_instances=nodes, simulation={"nodes": nodes})]
            script = self.script_of("nodes", nodepools=pools)
            self.assertEqual("set ytics 1\n" in script, is_whole, script)

    def test_the_packing_map_of_one_node_has_boxes_as_an_image_would_be_empty(self):
        pool = dict(small_scenario()["nodepools"][0], simulation={"nodes": 1})
        self.assertIn("with boxxyerror", self.script_of("packing", nodepools=[pool], runners=[]))
        self.assertIn("with image pixels", self.script_of("packing"))

    @unittest.skipUnless(shutil.which("gnuplot"), "there is no gnuplot")
    def test_the_packing_map_of_very_many_nodes_is_drawn_of_some_and_says_so(self):
        pool = small_scenario()["nodepools"][0]
        for nodes, of_each in ((10000, 1), (40000, 4)):
            pools = [dict(pool, max_instances=nodes, simulation={"nodes": nodes})]
            self.write("s.json", small_scenario(nodepools=pools))
            self.check_ended(self.stowage("run", "s.json", "-o", "out", "-q"), DONE)
            script = (self.folder / "out/plots/packing.gp").read_text(encoding="utf-8")
            self.assertIn(f" every :{of_each} using", script)
            self.assertEqual("one of 4 is drawn" in script, of_each == 4)

    def test_names_of_pools_lean_in_the_packing_map_where_they_do_not_fit(self):
        pool = small_scenario()["nodepools"][0]
        for name, leans in (("p", False), ("a-pool-with-a-long-name", True)):
            pools = [dict(pool, id=f"{name}{i}", max_instances=9, simulation={"nodes": 9})
                     for i in range(6)]
            script = self.script_of("packing", nodepools=pools, runners=[])
            self.assertEqual("rotate by 60" in script, leans, script)
            self.assertIn(f"'{name}5' 49.0", script)

    def test_the_packing_map_says_what_grey_is_where_there_is_any(self):
        types = small_scenario()["instance_types"]
        gpu = dict(types[0], id="gpu", compute_info=dict(
            types[0]["compute_info"], num_accelerators=1, accelerator_memory="8Gi",
            accelerator_type=["NVIDIA-A10G"]))
        pools = [{"id": name, "instance_types": [{"id": name}], "max_instances": 1,
                  "simulation": {"nodes": 1}} for name in ("four", "gpu")]
        for kinds, is_told in ((["four"], False), (["four", "gpu"], True)):
            script = self.script_of("packing", instance_types=[*types, gpu], runners=[],
                                    nodepools=[pool for pool in pools if pool["id"] in kinds])
            self.assertEqual("(grey: has none)" in script, is_told)

    @unittest.skipUnless(shutil.which("gnuplot"), "there is no gnuplot")
    def test_each_script_draws_a_picture_in_both_formats_and_again_by_hand(self):
        result = self.stowage("run", QUICKSTART, "-o", "out")
        self.check_ended(result, DONE)
        plots = self.folder / "out/plots"
        scripts = sorted(path.stem for path in plots.glob("*.gp"))
        self.assertGreaterEqual(len(scripts), 6)
        for suffix, magic in ((".png", b"\x89PNG"), (".svg", b"<?xml")):
            drawn = sorted(path.stem for path in plots.glob("*" + suffix))
            self.assertEqual(drawn, scripts)
            for path in plots.glob("*" + suffix):
                self.assertTrue(path.read_bytes().startswith(magic), path)
                path.unlink()
        subprocess.run(["gnuplot", f"{scripts[0]}.gp"], cwd=plots, check=True, timeout=HANGS_AFTER_S)
        self.assertTrue((plots / f"{scripts[0]}.png").exists())


if __name__ == "__main__":
    unittest.main()
