#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`stowage bench fgd` and `stowage import openb --fgd-workload` on small made-up data, against a slow
twin of the study."""
import csv
import gzip
import json
import os
import pathlib
import random
import signal
import subprocess
import unittest

from e2e import BAD_INPUT, DONE, DRAW_FILE, HANGS_AFTER_S, SOURCE, SYSTEM, ProgramTest
from fgd_twin import POINTS, POLICIES, Study, read_orders

MODELS = ["P100", "T4", "G2"]
SEEDS = [7, 8]
ALL_POLICIES = ",".join(["01-Random", *POLICIES])
# Waits until another one has been begun, and fails where none comes.
GNUPLOT_OF_TWO = """#!/bin/sh
touch "$1.begun"
for i in $(seq $PATIENCE); do
    [ $(ls *.begun | wc -l) -ge 2 ] && break
    sleep 0.1
done
[ $i -lt $PATIENCE ] || { echo alone; exit 1; }
for file; do
    case $file in *.gp) DRAW_FILE;; esac
done
""".replace("DRAW_FILE", DRAW_FILE)


def nodes_csv(draw, count=14):
    lines = ["sn,cpu_milli,memory_mib,gpu,model"]
    for number in range(count):
        gpus = draw.choice([1, 2, 4, 8])
        lines.append(f"openb-node-{number:04d},{draw.choice([16, 32, 64, 96]) * 1000},"
                     f"{draw.choice([64, 128, 384]) * 1024},{gpus},{draw.choice(MODELS)}")
    return "\n".join(lines) + "\n"


def pod_row(draw, number):
    cpu = draw.choice([1000, 2000, 4000, 4000, 8000, 11400])
    mem = draw.choice([1024, 4096, 15258])
    gpu = draw.choice(["0,0", "1,1000", "1,1000", "2,1000", "8,1000", "1,500", "1,250", "1,330", "1,810"])
    spec = draw.choice(["", "", "", "T4", "G2|P100"]) if gpu != "0,0" else ""
    return f"openb-pod-{number:04d},{cpu},{mem},{gpu},{spec}"


def pods_csv(draw, count):
    rows = [pod_row(draw, number) for number in range(count)]
    draw.shuffle(rows)
    return "\n".join(["name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec", *rows]) + "\n"


class Study14Nodes(ProgramTest):
    """Workloads "few" (clones are drawn, orders are in files) and "many9" (pods are left out)."""

    def setUp(self):
        super().setUp()
        draw = random.Random(5)
        self.write("openb_node_list_gpu_node.csv", nodes_csv(draw))
        self.write("openb_pod_list_few.csv", pods_csv(draw, 26))
        self.write("openb_pod_list_many9.csv", pods_csv(draw, 190))
        (self.folder / "fgd").mkdir()
        ranks, arrivals = ["# ranks"], ["# arrivals"]
        for seed in SEEDS:
            order = list(range(14))
            draw.shuffle(order)
            ranks.append(f"few {seed} : {' '.join(map(str, order))}")
            pods = list(range(26))
            draw.shuffle(pods)
            pods += [draw.randrange(26) for _ in range(60)]
            arrivals.append(f"few {seed} {len(pods)} 26 : {' '.join(map(str, pods))}")
        self.write("fgd/node_ranks.txt", "\n".join(ranks) + "\n")
        (self.folder / "fgd/arrivals.txt.gz").write_bytes(
            gzip.compress(("\n".join(arrivals) + "\n").encode()))

    def bench(self, *arguments):
        result = self.stowage("bench", "fgd", "--data", ".", "--seeds", "7-8", "--no-plots",
                              *arguments)
        self.check_ended(result, DONE)
        return result

    def rows(self, name):
        with open(self.folder / name, newline="") as lines:
            return list(csv.DictReader(lines))

    def orders(self, workload, seed):
        """What the program runs, from the scenario it makes of it: ranks and names."""
        name = f"{workload}-{seed}.json"
        self.check_ended(self.stowage("import", "openb", "--fgd-workload", workload, "--fgd-seed",
                                      seed, "--data", ".", "-o", name, "-q"), DONE)
        scenario = json.loads((self.folder / name).read_text())
        entries = scenario["nodepools"][0]["simulation"]["nodes"]
        nodes = [node for entry in entries for node in entry["names"]]
        ranks = [nodes.index(node) for node in sorted(nodes)]
        return ranks, [runner["id"].split("-tuned-")[0] for runner in scenario["runners"]]

    def check_run(self, place, final, allocated, fragmented):
        workload, policy, seed = place
        state, allocation, fragments = Study(self.folder, workload).run(
            policy, *self.orders(workload, seed))
        for key, value in state.items():
            self.assertAlmostEqual(float(final[key]), value, delta=5.1e-4 if value % 1 else 0,
                                   msg=f"{place} {key}")
        for point in range(POINTS):
            for row, values, delta in ((allocated, allocation, 0), (fragmented, fragments, 1e-9)):
                text = row[str(point)]
                if values[point] is None:
                    self.assertEqual(text, "", f"{place} {point}")
                else:
                    self.assertAlmostEqual(float(text), values[point], delta=delta,
                                           msg=f"{place} {point}")

    def test_all_policies_do_what_the_twin_does(self):
        self.bench("--policies", ALL_POLICIES, "-o", "out")
        files = ("final_states.csv", "curve_allocation.csv", "curve_frag_ratio.csv")
        finals, allocations, fragments = (self.rows("out/" + name) for name in files)
        self.assertEqual(len(finals), 2 * 6 * 2)
        failed = 0
        for final, allocated, fragmented in zip(finals, allocations, fragments):
            workload = final["workload"].removeprefix("openb_pod_list_")
            place = workload, final["policy"], int(final["seed"])
            self.assertEqual((allocated["workload"], allocated["sc_policy"], allocated["seed"]),
                             (final["workload"], final["policy"], final["seed"]))
            if final["policy"] != "01-Random":
                self.check_run(place, final, allocated, fragmented)
            failed += int(final["failed"])
        self.assertGreater(failed, 100)

    def test_what_comes_beside_the_last_point_counts_where_that_has_none(self):
        """Of 100 GPUs 1, 3, 5 ... 129 and 131 are asked for, as the last pod may go beyond 130 %; only that one fits."""
        nodes = [f"openb-node-{number:04d},64000,262144,4,T4" for number in range(25)]
        self.write("openb_node_list_gpu_node.csv", "\n".join(["sn,cpu_milli,memory_mib,gpu,model", *nodes]) + "\n")
        pods = [f"openb-pod-{number:04d},{1000 if number == 65 else 99000},1024,{2 if number else 1},1000"
                for number in range(66)]
        self.write("openb_pod_list_odd.csv", "\n".join(["name,cpu_milli,memory_mib,num_gpu,gpu_milli", *pods]) + "\n")
        (self.folder / "fgd/arrivals.txt.gz").unlink()
        self.write("fgd/arrivals.txt", f"odd 7 66 66 : {' '.join(map(str, range(66)))}\n")
        self.check_ended(self.stowage("bench", "fgd", "--data", ".", "-w", "odd", "-s", "7", "--policies", "best-fit",
                                      "--no-plots", "-o", "out"), DONE)
        files = ("final_states.csv", "curve_allocation.csv", "curve_frag_ratio.csv")
        final, allocated, fragmented = (self.rows("out/" + name)[0] for name in files)
        self.assertEqual(final["arrived_milli"], "131000")
        self.assertEqual((allocated["129"], allocated["130"]), ("0.0", "1.0"))
        self.check_run(("odd", "05-BestFit", 7), final, allocated, fragmented)

    def test_the_orders_of_the_files_are_taken_and_others_drawn_by_the_rules(self):
        ranks = read_orders(self.folder / "fgd/node_ranks.txt")
        arrivals = read_orders(self.folder / "fgd/arrivals.txt.gz")
        for seed in SEEDS:
            got_ranks, got_names = self.orders("few", seed)
            self.assertEqual(got_ranks, ranks["few", seed])
            self.assertEqual([int(name[-4:]) for name in got_names], arrivals["few", seed])
        study = Study(self.folder, "many9")
        target = 1.3 * 1000 * study.gpus
        drawn = [self.orders("many9", seed) for seed in SEEDS]
        for ranks, names in drawn:
            self.assertEqual(sorted(ranks), list(range(14)))
            self.assertEqual(len(names), len(set(names)))
            asked = sum(study.pods[name].total() for name in names)
            self.assertLessEqual(asked, target)
            self.assertGreater(asked, target - 8000)
        self.assertNotEqual(drawn[0], drawn[1])
        shown = self.bench("--policies", "first-fit").stdout
        self.assertIn("orders drawn here, for want of the study's: many9 (2 of 2)\n", shown)

    def test_the_names_of_the_study_are_grouped_by_family(self):
        families = {"default": [""], "cpu": ["050", "100", "200", "250"], "gpushare": ["40", "60", "80", "100"],
                    "gpuspec": ["10", "20", "25", "33"], "multigpu": ["20", "30", "40", "50"]}
        for family, numbers in families.items():
            for number in numbers:
                self.write(f"openb_pod_list_{family}{number}.csv",
                           (self.folder / "openb_pod_list_few.csv").read_bytes())
        self.bench("--policies", "first-fit", "-o", "out")
        for family, numbers in families.items():
            script = (self.folder / f"out/plots/bars_{family}.gp").read_text()
            tics = ", ".join(f"'{family}{number}' {place}" for place, number in enumerate(numbers))
            self.assertIn(f"set xtics ({tics})", script)
        (self.folder / "fgd/arrivals.txt.gz").unlink()
        names = self.orders("few", 7)[1]
        study = Study(self.folder, "few")
        self.assertEqual(sorted(names[:26]), sorted(study.pods))
        asked = sum(study.pods[name].total() for name in names)
        self.assertGreater(asked, 1.3 * 1000 * study.gpus - 8000)

    def test_a_run_of_the_imported_scenario_ends_the_same(self):
        self.bench("--policies", "fgd,gpu-packing", "-w", "few", "-o", "out")
        self.orders("few", 7)
        for policy, label in (("fgd", "06-FGD"), ("gpu-packing", "04-GpuPacking")):
            self.check_ended(self.stowage("run", "few-7.json", "--policy", policy, "-o", "run",
                                          "--no-plots", "-q", "--check"), DONE)
            final = next(row for row in self.rows("out/final_states.csv")
                         if row["policy"] == label and row["seed"] == "7")
            placed = self.rows("run/placements.csv")
            self.assertEqual(len(placed), int(final["pods"]) - int(final["failed"]))
            share = sum(int(row["device_share_milli"]) for row in placed)
            self.assertEqual(share, int(final["used_gpu_milli"]))

    def test_the_results_do_not_depend_on_threads(self):
        one = self.bench("-j", "1", "-o", "one").stdout
        three = self.bench("-j", "3", "-o", "three").stdout
        self.assertEqual(one, three)
        for path in sorted((self.folder / "one").iterdir()):
            if path.is_file() and path.name != "summary.json":
                other = self.folder / "three" / path.name
                self.assertEqual(path.read_bytes(), other.read_bytes(), path.name)

    def test_as_many_pictures_are_drawn_at_once_as_there_are_jobs(self):
        (self.folder / "bin").mkdir()
        self.write("bin/gnuplot", GNUPLOT_OF_TWO).chmod(0o755)
        environment = self.environment(PATH=f"{self.folder / 'bin'}:{os.environ['PATH']}")
        for jobs, ending, environment["PATIENCE"] in (("2", DONE, "200"), ("1", SYSTEM, "3")):
            result = self.stowage("bench", "fgd", "--data", ".", "-s", "7", "-p", "best-fit", "-j",
                                  jobs, "-q", "-o", f"out{jobs}", environment=environment)
            self.check_ended(result, ending, *(["alone"] if ending == SYSTEM else []))

    def test_published_curves_are_compared(self):
        self.bench("--policies", "fgd", "-w", "few", "-o", "out")
        rows = (self.folder / "out/curve_allocation.csv").read_text().splitlines()
        cells = rows[1].split(",")
        cells[5 + 100] = str(round(float(cells[5 + 100]) - 1.5, 2))
        self.write("fgd/curve_allocation.csv", "\n".join([rows[0], ",".join(cells)]) + "\n")
        self.write("fgd/curve_frag_ratio.csv", (self.folder / "out/curve_frag_ratio.csv").read_bytes())
        self.bench("--policies", "fgd", "-o", "again")
        for workload, said in (("few", "circles published"), ("many9", "none published")):
            script = (self.folder / f"again/plots/allocation_{workload}.gp").read_text()
            self.assertIn(f"workload {workload}: lines ours, {said}", script)
        table = self.rows("again/table.csv")[0]
        self.assertEqual(table["published_runs"], "1")
        self.assertEqual(table["alloc_gap"], "1.5000")
        self.assertEqual(table["alloc100_difference"], "1.5000")
        self.assertEqual(table["alloc130_difference"], "0.0000")
        self.assertEqual(table["frag_gap"], "0.0000000")

    def test_policies_are_compared_with_fgd_seed_by_seed(self):
        shown = self.bench("-w", "few", "--policies", "best-fit,fgd,stowage", "-o", "out").stdout
        self.assertIn("allocation less that of 06-FGD, paired by seed", shown)
        self.assertIn(shown, (self.folder / "out/table.txt").read_text())
        curves = {(row["sc_policy"], row["seed"]): row for row in self.rows("out/curve_allocation.csv")}
        rows = self.rows("out/paired.csv")
        self.assertEqual([(row["policy"], row["workload"], row["arrived"]) for row in rows],
                         [(policy, workload, load) for policy in ("05-BestFit", "stowage")
                          for workload in ("few", "all") for load in ("100", "130")])
        for row in rows:
            pairs = [(curves[row["policy"], str(seed)][row["arrived"]],
                      curves["06-FGD", str(seed)][row["arrived"]]) for seed in SEEDS]
            differences = [float(ours) - float(base) for ours, base in pairs if ours and base]
            self.assertEqual(row["base"], "06-FGD")
            self.assertEqual(row["seeds"], str(len(differences)))
            if differences:
                self.assertAlmostEqual(float(row["difference_mean"]),
                                       sum(differences) / len(differences), delta=5.1e-5)
        self.assertGreater(max(int(row["seeds"]) for row in rows), 0)
        alone = self.bench("-w", "few", "--policies", "stowage", "-o", "alone").stdout
        self.assertNotIn("paired", alone)
        self.assertEqual(self.rows("alone/paired.csv"), [])

    def test_the_manual_has_every_column_of_the_tables(self):
        self.bench("-w", "few", "--policies", "best-fit,fgd", "-o", "out")
        manual = (SOURCE / "docs/policies.md").read_text(encoding="utf-8")
        for name in ("table.csv", "paired.csv"):
            columns = self.rows(f"out/{name}")[0].keys()
            table = manual.split(f"`{name}` has a row")[1].split("|---|---|---|\n")[1].split("\n\n")[0]
            lines = table.splitlines()
            self.assertEqual([line.split("`")[1] for line in lines], list(columns), name)

    def test_seeds_that_differ_alike_have_no_t(self):
        """Who spreads has no room for a whole GPU behind two shares, which is 50 % less with both seeds, of another
        whole each time. What can be nowhere fills up the load."""
        self.write("openb_node_list_gpu_node.csv", "sn,cpu_milli,memory_mib,gpu,model\n"
                   "openb-node-0000,64000,262144,1,T4\nopenb-node-0001,64000,262144,1,T4\n")
        asked = ["1000,1024,1,141", "1000,1024,1,142", "1000,1024,1,141", "1000,1024,1,143", "1000,1024,1,1000"]
        asked += ["99000,1024,1,10"] * 140
        pods = [f"openb-pod-{number:04d},{what}" for number, what in enumerate(asked)]
        self.write("openb_pod_list_two.csv", "\n".join(["name,cpu_milli,memory_mib,num_gpu,gpu_milli", *pods]) + "\n")
        fill = list(range(4, 145))
        lines = [f"two {seed} 143 143 : {' '.join(map(str, first + fill))}" for seed, first in ((7, [0, 1]), (8, [2, 3]))]
        (self.folder / "fgd/arrivals.txt.gz").unlink()
        self.write("fgd/arrivals.txt", "\n".join(lines) + "\n")
        self.write("fgd/node_ranks.txt", "two 7 : 0 1\ntwo 8 : 0 1\n")
        shown = self.bench("-w", "two", "--policies", "fgd,worst-fit", "-o", "out").stdout
        curve = self.rows("out/curve_allocation.csv")
        self.assertEqual([row["100"] for row in curve], ["64.15", "64.2", "14.15", "14.2"])
        for row in self.rows("out/paired.csv"):
            self.assertEqual((row["difference_mean"], row["difference_low"], row["t"]), ("-50.0000", "-50.0000", ""))
        self.assertRegex(shown, r"two +worst-fit +-50.00  -50.00 -50.00      - <0.0001")

    def test_neither_inputs_nor_published_results_are_written_over(self):
        for name in ("openb_node_list_gpu_node.csv", "openb_pod_list_few.csv", "fgd/arrivals.txt.gz",
                     "fgd/node_ranks.txt"):
            result = self.stowage("import", "openb", "--fgd-workload", "few", "--data", ".", "-o", name)
            self.check_ended(result, BAD_INPUT, f"--output: {name} is what is read: give another file")
        result = self.stowage("bench", "fgd", "--data", ".", "-s", "7", "-o", "fgd/")
        self.check_ended(result, BAD_INPUT, "--output: fgd/ is where published results are: give another folder")
        self.orders("few", 7)

    def test_further_policies_are_named_by_their_text(self):
        self.bench("-w", "few", "--policy", "fgd:grain_milli=80,ties=best-fit", "--policy", "cheapest",
                   "-o", "out")
        labels = [row["sc_policy"] for row in self.rows("out/curve_allocation.csv")]
        self.assertEqual(labels, ["fgd:grain_milli=80,ties=best-fit"] * 2 + ["cheapest"] * 2)

    def test_an_interrupt_leaves_no_results(self):
        """Also where the runs that are under way take longer than the next looks for a signal."""
        self.write("openb_node_list_gpu_node.csv", nodes_csv(random.Random(6), 400))
        process = self.start("bench", "fgd", "--data", ".", "-w", "many9", "-s", "1-50", "-j", "2", "-o", "out",
                             "-p", "stowage:futures=1024,horizon=100,grain_milli=0",
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        tasks = pathlib.Path(f"/proc/{process.pid}/task")
        self.wait_until(lambda: len(list(tasks.iterdir())) > 2, "the runs have begun")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=HANGS_AFTER_S)
        self.assertEqual(process.returncode, SYSTEM, errors)
        self.assertEqual(errors, "error: interrupted by SIGINT: there are no results\n")
        self.assertEqual(output, "")
        self.assertFalse((self.folder / "out").exists())

    def test_wrong_data_are_told(self):
        self.write("fgd/node_ranks.txt", "few 7 : 0 0 1\n")
        result = self.stowage("bench", "fgd", "--data", ".", "-w", "few", "-s", "7")
        self.check_ended(result, BAD_INPUT, 'node_ranks.txt: workload "few", seed 7')
        self.write("fgd/arrivals.txt.gz", gzip.compress(b"few 7 2 2 : 1 99\n"))
        result = self.stowage("bench", "fgd", "--data", ".", "-w", "few", "-s", "7")
        self.check_ended(result, BAD_INPUT, "names a pod that the workload does not have")
        cases = [("few 7 3 3 : 1 2 1\n", "number 3: names a pod for the second time, before the clones"),
                 ("few 7 3 2 : 1 2\n", "number 3: the line ends before it"),
                 ("few 7 3 2 : 1 x 3\n", "number 2: is no whole number from 0 to 2147483647"),
                 ("few 7 1 2 : 1\n", "is no whole number from 0 to 1"),
                 ("few 7 2 2 : 1 2 3\n", "number 2: more follows"),
                 ("# arrivals\nfew\n", "arrivals.txt.gz:2: a workload and a seed are expected"),
                 ("# arrivals\n\0", "arrivals.txt.gz: is no text")]
        for text, said in cases:
            self.write("fgd/arrivals.txt.gz", text)
            result = self.stowage("bench", "fgd", "--data", ".", "-w", "few", "-s", "7")
            self.check_ended(result, BAD_INPUT, said)
        self.write("fgd/arrivals.txt.gz", b"\x1f\x8bdamaged")
        result = self.stowage("bench", "fgd", "--data", ".", "-w", "few", "-s", "7")
        self.check_ended(result, BAD_INPUT, "damaged or cut off")
        for command, option in ((("bench", "fgd", "-w"), "bench: --workloads"),
                                (("import", "openb", "--fgd-workload"), "import openb: --fgd-workload")):
            result = self.stowage(*command, "many8", "--data", ".")
            self.check_ended(result, BAD_INPUT, f'{option}: . has no workload "many8": '
                             'did you mean "many9"? give few or many9')
            result = self.stowage(*command, "few", "--data", "fgd")
            self.check_ended(result, BAD_INPUT, "fgd: holds no openb_pod_list_NAME.csv")
            result = self.stowage(*command, "few", "--data", "nowhere")
            self.check_ended(result, BAD_INPUT, "nowhere: No such file or directory")
        self.write("openb_pod_list_few.csv", "name,cpu_milli\n")
        result = self.stowage("bench", "fgd", "--data", ".", "-w", "few", "-s", "7")
        self.check_ended(result, BAD_INPUT, 'no column "memory_mib"')


if __name__ == "__main__":
    unittest.main()
