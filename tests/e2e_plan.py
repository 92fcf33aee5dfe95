#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""stowage plan from outside: the answer, its evidence, its report, and what is refused."""
import csv
import json
import pathlib
import re
import signal
import subprocess
import time
import unittest

from e2e import (ANSWER_IS_NO, BAD_INPUT, DONE, QUICKSTART, SOURCE, SYSTEM, ProgramTest,
                 blocks_interrupts, small_scenario)


def priced(price, **changes):
    return [dict(small_scenario()["instance_types"][0], price=price, **changes)]


def random_scenario(**changes):
    """Jobs of one core that come about every minute and stay for about ten; nodes of four cores."""
    job = {"name": "job",
           "interarrival": {"distribution": "exponential", "mean": "60s"},
           "runner": {"nodepool": {"id": "p"}, "num_replicas": 1,
                      "compute_info": {"cpu_limit": "1", "cpu_memory": "64Mi"},
                      "simulation": {"replica_duration": {"distribution": "exponential",
                                                          "mean": "10m"}}}}
    return small_scenario(**dict({"name": "jobs", "horizon": "6h", "runners": [], "arrivals": [job]},
                                 **changes))


class Plan(ProgramTest):
    def plan(self, *arguments):
        return self.stowage("plan", *arguments, "--no-plots")

    def json_of(self, *arguments, code=DONE):
        result = self.plan(*arguments, "-f", "json")
        self.check_ended(result, code)
        return json.loads(result.stdout)

    def test_a_fixed_demand_takes_the_nodes_that_it_fills(self):
        # Three replicas of two cores on nodes of four: two nodes, and not one.
        runner = dict(small_scenario()["runners"][0], min_replicas=3)
        self.write("s.json", small_scenario(runners=[runner], instance_types=priced("10")))
        plan = self.json_of("s.json")
        self.assertTrue(plan["answer"])
        self.assertEqual(plan["plan"]["counts"], {"p/four": 2})
        # 10 millicents a second are 0.0001 USD.
        self.assertAlmostEqual(plan["plan"]["usd_per_hour"], 2 * 0.0001 * 3600)
        self.assertTrue(plan["search"]["is_cheapest"])
        self.assertEqual(plan["evidence"]["trials"], 1)
        less, = [n for n in plan["neighbours"] if n["step"] < 0]
        self.assertFalse(less["passes"])
        self.assertEqual(less["missed"], {"below_floor_h <= 0": 1})
        self.assertEqual(less["binds"]["runner"], "r")
        self.assertTrue(less["binds"]["is_below_floor"])
        self.assertIn("lacks 2000m of 2000m CPU", less["binds"]["reason"])

    def test_the_evidence_is_of_fresh_seeds(self):
        self.write("s.json", random_scenario())
        plan = self.json_of("s.json", "-t", "placed 2m 95", "-n", "p=0..40")
        self.assertEqual(plan["evidence"]["trials"], 59)
        self.assertEqual(plan["evidence"]["successes"], 59)
        self.assertGreaterEqual(plan["evidence"]["probability_at_least"], 0.95)
        self.assertTrue(plan["question"]["is_random"])
        self.assertIsNone(plan["plan"]["usd_per_hour"])
        # Each of the fresh seeds by hand.
        first = plan["search"]["seeds_a_plan"]
        nodes = plan["plan"]["counts"]["p/four"]
        for seed in range(1 + first, 1 + first + 5):
            run = self.json_of("s.json", "-t", "placed 2m 95", "-n", f"p={nodes}", "-s", seed,
                               "--probability", "0.05", "--confidence", "0.05")
            self.assertTrue(run["answer"], seed)

    def test_what_one_node_more_gains_is_reported(self):
        self.write("s.json", random_scenario())
        plan = self.json_of("s.json", "-n", "p=0..40", "-t", "placed 2m 95", "-o", "out")
        more, = [it for it in plan["neighbours"] if it["step"] > 0]
        mean = more["mean"]["placed 2m 95"]
        self.assertRegex((self.folder / "out/report.md").read_text(encoding="utf-8"),
                         rf"\| keeps all; placed 2m 95: {mean:.4g} % on the average \(the plan [0-9.]+\) \|")

    def test_what_is_said_twice_is_asked_once(self):
        self.write("s.json", small_scenario(plan={"targets": ["floors"], "survive": ["node"]}))
        question = self.json_of("s.json", "-t", "floors", "-t", "pending <= 9", "-t", "pending <= 9",
                                "--survive", "node", "--survive", "2")["question"]
        self.assertEqual(question["targets"], ["floors", "pending <= 9"])
        self.assertEqual(question["survive"], ["node", "2"])

    def test_the_answer_does_not_depend_on_threads(self):
        self.write("s.json", random_scenario())
        one, three = (self.plan("s.json", "-t", "placed 2m 95", "-n", "p=0..40", "-f", "json",
                                "--survive", "node", "-j", jobs) for jobs in (1, 3))
        self.assertEqual(re.sub(r'"command".*', "", one.stdout),
                         re.sub(r'"command".*', "", three.stdout))

    def test_the_scenario_may_say_it_and_the_command_line_wins(self):
        runner = dict(small_scenario()["runners"][0], min_replicas=3)
        plan = {"targets": ["floors"], "survive": ["node"], "nodes": ["p=0..9"], "probability": 0.9,
                "growth_percent": [100, 200], "growth_weight": [3, 1]}
        self.write("s.json", small_scenario(runners=[runner], plan=plan))
        answer = self.json_of("s.json")
        self.assertEqual(answer["plan"]["counts"], {"p/four": 3})
        self.assertEqual(answer["question"]["probability"], 0.9)
        self.assertEqual([row["counts"]["p/four"] for row in answer["growth"]], [3, 4])
        self.assertTrue(any(row["is_of_least_regret"] for row in answer["growth"]))
        self.assertEqual([row["probability_enough"] for row in answer["growth"]], [0.75, 1])
        self.assertEqual(sum(row["is_of_least_mean_regret"] for row in answer["growth"]), 1)
        narrower = self.stowage("plan", "s.json", "-n", "p=0..2", "-q")
        self.check_ended(narrower, ANSWER_IS_NO)

    def test_the_shipped_plans_are_as_their_page_says(self):
        page = (SOURCE / "scenarios/README.md").read_text(encoding="utf-8")
        for name in ("plan-week", "plan-survive-zone", "plan-growth"):
            answer = self.json_of(SOURCE / f"scenarios/{name}.json")
            self.assertTrue(answer["answer"], name)
            text = re.search(rf"\*\*{name}\.\*\*(.*?)(?=\n\n|$)", page, re.S)[1]
            costs = [answer["plan"]["usd_per_hour"]] if name == "plan-week" else []
            costs += [row["usd_per_hour"] for row in answer["growth"]]
            for cost in costs:
                self.assertIn(f"{cost:.2f}", text, name)

    def test_sensitivity_is_a_plan_for_each_case(self):
        # Three floors of two cores on nodes of four, at 0.36 USD an hour each.
        runner = dict(small_scenario()["runners"][0], num_replicas=3, min_replicas=3)
        self.write("s.json", small_scenario(runners=[runner], instance_types=priced("10")))
        arguments = ["s.json", "-n", "p=0..9"]
        self.assertIsNone(self.json_of(*arguments)["sensitivity"])
        answer = self.json_of(*arguments, "--sensitivity", "-o", "out")
        cases = {case["case"]: case for case in answer["sensitivity"]["cases"]}
        nodes = {name: case["counts"]["p/four"] for name, case in cases.items()}
        # One core less leaves room for one replica on a node, as does half a core.
        self.assertEqual(nodes, {"demand 110 %": 2, "demand 120 %": 2, "demand 150 %": 3,
                                 "500m CPU and 1Gi less on each node": 3,
                                 "1 CPU and 2Gi less on each node": 3, "one more floor of r": 2})
        for name, case in cases.items():
            self.assertEqual(case["plan_keeps_targets"], nodes[name] == 2, name)
            self.assertAlmostEqual(case["change_usd_per_hour"], 0.36 * (nodes[name] - 2))
        self.assertAlmostEqual(cases["one more floor of r"]["bound_adds_usd_per_hour"], 0.18)
        price, = answer["sensitivity"]["prices"]
        self.assertEqual([price["axis"], price["other_is_cheaper_below"]], ["p/four", None])
        # A plan for each case is what a plan of the edited scenario is.
        edited = self.json_of(*arguments, "--set", "runners[r].num_replicas=5", "--set",
                              "runners[r].min_replicas=5")
        self.assertEqual(edited["plan"]["counts"]["p/four"], nodes["demand 150 %"])
        report = (self.folder / "out/report.md").read_text(encoding="utf-8")
        self.assertIn("| demand 150 % | misses | +0.3600 | 3 p/four |", report)
        self.assertIn("demand 150 %: +0.3600 USD an hour (+50.0 %): 3 p/four",
                      (self.folder / "out/plan.txt").read_text(encoding="utf-8"))

    def test_the_bound_is_of_the_floors_at_their_peak(self):
        runner = dict(small_scenario()["runners"][0], min_replicas=3)
        late = dict(runner, id="late", num_replicas=1, min_replicas=1,
                    worker={"model": {"id": "m", "model_version": {"id": "v"}}},
                    simulation={"arrival": "10m", "departure": "20m"})
        self.write("s.json", small_scenario(runners=[runner, late], instance_types=priced("10"),
                                            events=[{"at": "30m", "scale": {
                                                "runner": "r", "num_replicas": 1,
                                                "min_replicas": 1}}]))
        plan = self.json_of("s.json", "-n", "p=0..9")
        bound = plan["lower_bound"]
        self.assertEqual(bound["replicas"], 4)
        self.assertEqual(bound["at_s"], 600)
        self.assertAlmostEqual(bound["usd_per_hour"], 2 * 0.36)
        self.assertAlmostEqual(bound["gap_pct"], 0)
        self.assertAlmostEqual(sum(row["replicas"] * row["usd_per_hour_each"]
                                   for row in bound["prices"]), 2 * 0.36, places=5)

    def test_a_pool_that_scales_has_a_bound_on_what_its_runs_pay(self):
        # Three floors of two cores for half an hour (two nodes), then one.
        runner = dict(small_scenario()["runners"][0], num_replicas=3, min_replicas=3)
        pool = dict(small_scenario()["nodepools"][0], max_instances=4,
                    simulation={"nodes": 2, "scaling": {"provision_delay": "1m", "idle_timeout": "1m"}})
        self.write("s.json", small_scenario(
            runners=[runner], nodepools=[pool], instance_types=priced("10"), horizon="1h",
            events=[{"at": "30m", "scale": {"runner": "r", "num_replicas": 1, "min_replicas": 1}}]))
        plan = self.json_of("s.json")
        self.assertTrue(plan["lower_bound"]["is_average"])
        self.assertAlmostEqual(plan["lower_bound"]["usd_per_hour"], 1.5 * 0.36, places=5)
        self.assertGreaterEqual(plan["lower_bound"]["gap_pct"], 0)
        self.assertLess(plan["lower_bound"]["gap_pct"], 5)
        self.assertIn("no run that keeps the floors costs less than 0.5400 USD an hour",
                      self.plan("s.json").stdout)

    def test_what_cannot_be_is_told_without_a_simulation(self):
        runner = dict(small_scenario()["runners"][0], num_replicas=9, min_replicas=9)
        self.write("s.json", small_scenario(runners=[runner]))
        plan = self.json_of("s.json", code=ANSWER_IS_NO)
        self.assertEqual(plan["search"]["runs"], 0)
        self.assertIn("the floors ask for 225 % of the cpu", plan["impossible"])
        self.check_ended(self.plan("s.json", "-o", "out", "-q"), ANSWER_IS_NO)
        self.assertIn("None is possible", (self.folder / "out/report.md").read_text())

    def test_targets_about_waits_raise_the_bound(self):
        # About ten jobs of one core at a time, on nodes of four cores at 0.36 USD an hour.
        self.write("s.json", random_scenario(horizon="12h", instance_types=priced("10")))
        arguments = ["s.json", "-t", "placed 1m 95", "-n", "p=0..20", "--probability", "0.8"]
        plan = self.json_of(*arguments)
        bound = plan["lower_bound"]
        self.assertEqual(bound["raised_by_target"], "placed 1m 95")
        self.assertEqual(bound["of_runs"], plan["evidence"]["trials"])
        self.assertIsNone(bound["floors_usd_per_hour"])
        self.assertGreaterEqual(bound["usd_per_hour"], 3 * 0.36)
        self.assertLessEqual(bound["usd_per_hour"], plan["plan"]["usd_per_hour"])
        for point in plan["search"]["points"]:
            if point["passes"]:
                self.assertGreaterEqual(point["usd_per_hour"], bound["usd_per_hour"])
        text = self.plan(*arguments).stdout
        self.assertRegex(text, r"no fleet that passes the \d+ runs of the search costs less than")
        self.assertIn("(by placed 1m 95): the plan is", text)
        self.assertIn("Cheapest    of all fleets allowed that pass the", text)
        self.assertIn("left before all cheaper fleets were ruled out: see --max-plans",
                      self.plan(*arguments, "--max-plans", "2").stdout)
        few = self.json_of(*arguments, "-n", "p=0..1", code=ANSWER_IS_NO)
        self.assertIn("runs of the search takes more than all nodes that are allowed: ",
                      few["impossible"])
        self.assertIsNone(few["lower_bound"])  # it would be one of fleets that are not allowed
        self.assertEqual(few["search"]["runs"], 0)
        self.assertIn("job fits no node that may be bought",
                      self.json_of(*arguments, "-n", "p=0", code=ANSWER_IS_NO)["impossible"])

    def test_what_is_to_be_survived_is_in_the_bound(self):
        # Four floors of two cores: two nodes of four cores at 0.36 USD an hour hold them.
        runner = dict(small_scenario()["runners"][0], num_replicas=4, min_replicas=4)
        nodes = [{"count": 1, "zone": zone} for zone in "abc"]
        pool = dict(small_scenario()["nodepools"][0], simulation={"nodes": nodes})
        self.write("s.json", small_scenario(runners=[runner], nodepools=[pool],
                                            instance_types=priced("10")))
        for survive, high, bound in (("node", 9, 3), ("2", 9, 4), ("zone", 9, 3), ("zone:a", 9, 2)):
            plan = self.json_of("s.json", "-n", f"p=0..{high}", "--survive", survive)
            self.assertAlmostEqual(plan["lower_bound"]["usd_per_hour"], 0.36 * bound)
            self.assertEqual(plan["lower_bound"]["raised_by"], survive if bound > 2 else None)
            # Half a node for each floor; half as much again where one of three zones may go.
            price, = plan["lower_bound"]["prices"]
            self.assertAlmostEqual(price["usd_per_hour_each"],
                                   0.18 * (1.5 if survive == "zone" else 1), places=5)
            less, = [it for it in plan["neighbours"] if it["step"] < 0]
            self.assertFalse(less["passes"])
            self.assertGreaterEqual(plan["plan"]["counts"]["p/four"], bound)
        none = self.json_of("s.json", "-n", "p=0..2", "--survive", "zone", code=ANSWER_IS_NO)
        self.assertEqual(none["search"]["runs"], 0)
        self.assertIn("with what is to be survived, take nodes for 1.0800 USD an hour at least, and "
                      "the highest fleet has 0.7200", none["impossible"])
        text = self.plan("s.json", "-n", "p=0..9", "--survive", "zone", "--budget", "1").stdout
        self.assertIn("4 floors at 0s (survive zone) costs less than 1.0800", text)
        self.assertIn("misses floors when something is lost", text)
        self.assertIn("NOT kept, and no plan can: see the bound", text)

    def test_a_pool_that_scales_is_left_with_what_it_has_on_demand(self):
        """Two replicas that take a node each, on a pool that scales."""
        runner = dict(small_scenario()["runners"][0], num_replicas=2,
                      compute_info={"cpu_limit": "4", "cpu_memory": "64Mi"})
        no_on_demand = [{"until": "30d", "capacity_type": "on-demand"}]
        for types, stock_outs, code in ((["SPOT_TYPE", "ON_DEMAND_TYPE"], [], DONE),
                                        (["SPOT_TYPE", "ON_DEMAND_TYPE"], no_on_demand, ANSWER_IS_NO),
                                        (["SPOT_TYPE"], [], ANSWER_IS_NO),
                                        (["ON_DEMAND_TYPE"], [], BAD_INPUT)):
            scaling = {"provision_delay": "10s", "boot": "10s", "stock_outs": stock_outs}
            pool = dict(small_scenario()["nodepools"][0], min_instances=0, max_instances=2,
                        node_capacity_type={"capacity_types": types}, simulation={"scaling": scaling})
            self.write("s.json", small_scenario(runners=[runner], nodepools=[pool]))
            with self.subTest(types=types, stock_outs=stock_outs):
                whole = self.json_of("s.json", "-t", "pending <= 0.5")
                self.assertEqual(whole["plan"]["counts"]["p/max"], 2)
                self.check_ended(self.plan("s.json", "-t", "pending <= 0.5", "--survive", "spot"), code)

    def test_a_change_of_the_fleet_is_looked_at_alone(self):
        runner = dict(small_scenario()["runners"][0], num_replicas=5, min_replicas=5)
        self.write("s.json", small_scenario(runners=[runner], plan={"nodes": ["p=0..9"]}))
        for changes, code in ((["nothing"], ANSWER_IS_NO),
                              (["add 1 node of four to pool p"], DONE),
                              (["add 2 nodes of four to pool p",
                                "remove 1 node of four from pool p"], DONE),
                              (["remove 1 node of four from pool p"], ANSWER_IS_NO)):
            options = [word for change in changes for word in ("--what-if", change)]
            plan = self.json_of("s.json", *options, code=code)
            if code == DONE:
                self.assertEqual(plan["plan"]["counts"], {"p/four": 3})
            else:
                text = self.plan("s.json", "-t", "pending <= 0", *options).stdout
                self.assertIn("the first replication of this fleet misses pending <= 0", text)
            self.assertEqual(len(plan["search"]["points"]), 1)
            gap = plan["lower_bound"]["gap_pct"]
            self.assertAlmostEqual(gap, 100 * plan["search"]["points"][0]["counts"]["p/four"] / 3 - 100,
                                   places=4)
            self.assertFalse(plan["search"]["is_cheapest"])
        result = self.plan("s.json", "--what-if", "remove 2 nodes of four from pool p", "-o", "out")
        self.check_ended(result, ANSWER_IS_NO)
        self.assertIn("this fleet is 100.00 % below it", result.stdout)
        self.assertIn("1 plan was simulated, in 1 run,", (self.folder / "out/report.md").read_text())
        # More than its pool may have, and more than fits any bound.
        tight = small_scenario(runners=[dict(runner, num_replicas=99, min_replicas=99)])
        self.write("tight.json", tight)
        plan = self.json_of("tight.json", "--what-if", "add 48 nodes of four to pool p", code=DONE)
        self.assertEqual(plan["plan"]["counts"], {"p/four": 50})
        plan = self.json_of("tight.json", "--what-if", "nothing", code=ANSWER_IS_NO)
        self.assertIn("the floors ask for", plan["impossible"])
        self.assertEqual(plan["search"]["runs"], 1)
        self.assertIn("Proved      no plan is possible: at 0s the floors ask for",
                      self.plan("tight.json", "--what-if", "nothing").stdout)

    def test_losses_take_more_nodes(self):
        runner = dict(small_scenario()["runners"][0], min_replicas=3)
        self.write("s.json", small_scenario(runners=[runner]))
        counts = [self.json_of("s.json", "-n", "p=0..9", *options)["plan"]["counts"]["p/four"]
                  for options in ([], ["--survive", "node"], ["--survive", "2"])]
        self.assertEqual(counts, [2, 3, 4])

    def test_no_plan_is_the_answer_no(self):
        self.write("s.json", small_scenario())
        result = self.plan("s.json", "-t", "pending <= 0", "-n", "p=0..1")
        self.check_ended(result, ANSWER_IS_NO)
        self.assertIn("the first replication of the highest fleet allowed misses pending <= 0 "
                      "(1 replica)", " ".join(result.stdout.split()))
        self.assertIn("1 demand is left waiting; r does not fit now", result.stdout)
        proved = self.plan("s.json", "-t", "wait_s_max < 60", "-n", "p=0..1").stdout
        self.assertIn("none is possible: the demand of the 1 run of the search takes more than all "
                      "nodes that are allowed: 1.0000 nodes", " ".join(proved.split()))
        self.assertNotIn("Bound", proved)
        long = self.plan(QUICKSTART, "-t", "wait_s_p99 < 60").stdout
        self.assertIn("misses wait_s_p99 < 60 (18030 s)", " ".join(long.split()))
        report = self.plan("s.json", "-t", "pending <= 0", "-n", "p=0..1", "-o", "out", "-q")
        self.check_ended(report, ANSWER_IS_NO)
        self.assertIn("There is no plan", (self.folder / "out/report.md").read_text())

    def test_a_band_of_use_is_found_from_below(self):
        # Three floors of two cores on nodes of four take two nodes, of which they use 75 %.
        runner = dict(small_scenario()["runners"][0], num_replicas=3, min_replicas=3)
        self.write("s.json", small_scenario(runners=[runner], instance_types=priced("10")))
        band = ["s.json", "-n", "p=0..9", "-t", "floors", "-t", "utilization_pct_cpu >= 70"]
        plan = self.json_of(*band)
        self.assertEqual(plan["plan"]["counts"], {"p/four": 2})
        self.assertFalse(plan["search"]["is_cheapest"])
        none = self.plan(*band, "-t", "utilization_pct_cpu <= 72")
        self.check_ended(none, ANSWER_IS_NO)
        self.assertIn("the least fleet that has enough nodes misses utilization_pct_cpu >= 70 (50 %)",
                      " ".join(none.stdout.split()))
        wide = self.json_of("s.json", "-n", "p=0..9", "-t", "floors", "-t",
                            "utilization_pct_cpu <= 60", "-t", "utilization_pct_cpu >= 40")
        self.assertEqual(wide["plan"]["counts"], {"p/four": 3})
        self.assertEqual(wide["lower_bound"]["raised_by_target"], "utilization_pct_cpu <= 60")
        self.assertAlmostEqual(wide["lower_bound"]["usd_per_hour"], 3 * 0.36)

    def test_a_plan_over_the_budget_is_the_answer_no(self):
        self.write("s.json", small_scenario(instance_types=priced("10")))
        for budget, code in (("0.36", DONE), ("0.35", ANSWER_IS_NO)):
            result = self.plan("s.json", "-t", "pending <= 1", "--budget", budget)
            self.check_ended(result, code)
            self.assertIn("kept" if code == DONE else "NOT kept", result.stdout)

    def test_the_report_is_whole(self):
        self.check_ended(self.stowage("plan", QUICKSTART, "-o", "out"), DONE)
        plan = json.loads((self.folder / "out/plan.json").read_text(encoding="utf-8"))
        with open(self.folder / "out/points.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        points = plan["search"]["points"]
        self.assertEqual(len(rows), sum(len(point["counts"]) for point in points))
        for row in rows:
            self.assertEqual(points[int(row["point"])]["counts"][row["axis"]], int(row["count"]))
        report = (self.folder / "out/report.md").read_text(encoding="utf-8")
        pictures = re.findall(r"\((plots/\w+\.svg)\)", report)
        self.assertIn("plots/search.svg", pictures)
        self.assertIn("plots/front.svg", pictures)
        for picture in pictures:
            self.assertGreater((self.folder / "out" / picture).stat().st_size, 1000)
        self.assertEqual(json.loads((self.folder / "out/summary.json").read_text())["kind"], "plan")

    def test_the_lines_fit_a_screen(self):
        result = self.plan(QUICKSTART)
        self.check_ended(result, DONE)
        self.assertIn("\nWithout     one less of a10g/g5.2xlarge", result.stdout)
        self.assertLessEqual(max(len(line) for line in result.stdout.splitlines()), 100)

    def test_the_manual_has_every_column(self):
        manual = (SOURCE / "docs/planning.md").read_text(encoding="utf-8")
        self.check_ended(self.plan(QUICKSTART, "-o", "out", "-q"), DONE)
        header = (self.folder / "out/points.csv").read_text(encoding="utf-8").splitlines()[0]
        for name in header.split(","):
            self.assertRegex(manual, rf"\n\| `{name}` \| ")
        keys = list(json.loads((self.folder / "out/plan.json").read_text(encoding="utf-8")))
        table = manual.split("## What is written")[1].split("|---|---|\n")[1].split("\n\n")[0]
        self.assertEqual([line.split("`")[1] for line in table.splitlines()],
                         keys[keys.index("scenario_digest") + 1:])

    def test_an_interrupt_tells_the_best_so_far(self):
        self.write("s.json", random_scenario(horizon="90d"))
        process = self.start("plan", "s.json", "-t", "placed 2m 99.9", "-n", "p=0..400", "-o", "out",
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.wait_until((self.folder / "out/search.json").exists, "the scenario is read")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, SYSTEM)
        self.assertIn("interrupted by SIGINT", err)
        self.assertIn("Scenario    jobs", out)

    def test_an_interrupt_ends_the_bound_at_once_and_leaves_nothing(self):
        self.write("s.json", random_scenario(horizon="900d"))
        process = self.start("plan", "s.json", "-t", "placed 2m 99.9", "-n", "p=0..400", "-o", "out",
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.wait_until(lambda: blocks_interrupts(process), "the scenario is being read")
        time.sleep(0.5)  # now it is read, and the bound takes seconds
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (SYSTEM, ""))
        self.assertRegex(err, "^error: interrupted by SIGINT while (looking for a bound|reading)")
        self.assertEqual(self.names_in_folder(), ["s.json"])

    def test_a_folder_of_another_plan_is_refused_before_any_work(self):
        self.check_ended(self.plan(QUICKSTART, "-o", "out", "--no-plots", "-q"), DONE)
        self.write("s.json", random_scenario(horizon="900d"))  # its bound takes many seconds
        before = time.monotonic()
        refused = self.stowage("plan", "s.json", "-t", "placed 2m 99.9", "-n", "p=0..400", "-o", "out")
        self.check_ended(refused, BAD_INPUT, "out: holds the runs of another plan: the scenario "
                                             "changed: give --redo")
        bound = self.start("plan", "s.json", "-t", "placed 2m 99.9", "-n", "p=0..400",
                           stderr=subprocess.PIPE)
        with self.assertRaises(subprocess.TimeoutExpired):
            bound.wait(timeout=time.monotonic() - before + 1)
        bound.kill()

    def bytes_of(self, folder):
        """All files of a report, without the line that has the command."""
        return {path.relative_to(self.folder / folder):
                re.sub(rb'"command".*', b"", path.read_bytes())
                for path in sorted((self.folder / folder).rglob("*")) if path.is_file()}

    def points(self, folder="out"):
        return sorted((self.folder / folder / "points").glob("*.json"))

    def test_an_interrupted_search_goes_on_to_the_same_bytes(self):
        self.write("s.json", random_scenario(horizon="1d"))
        arguments = ["s.json", "-t", "placed 2m 99", "-n", "p=0..40", "--no-plots",
                     "--survive", "node", "--probability", "0.9", "--sensitivity"]
        self.check_ended(self.stowage("plan", *arguments, "-q", "-o", "whole"), DONE)
        for number in (signal.SIGKILL, signal.SIGINT):
            kept = len(self.points())
            process = self.start("plan", *arguments, "-q", "-o", "out", stderr=subprocess.PIPE)
            self.wait_until(lambda kept=kept: len(self.points()) > kept + 2, "plans are kept")
            process.send_signal(number)
            _, err = process.communicate(timeout=60)
            self.assertNotEqual(process.returncode, DONE)
        self.assertIn("the same command goes on from out", err)
        self.assertLess(len(self.points()), len(self.points("whole")))
        result = self.stowage("plan", *arguments, "-o", "out")
        self.check_ended(result, DONE)
        self.assertRegex(result.stderr, r"out: \d+ runs were there already")
        self.assertEqual(self.bytes_of("out"), self.bytes_of("whole"))

    def test_an_interrupt_behind_the_answer_is_told(self):
        self.write("s.json", random_scenario(horizon="1d"))
        arguments = ["s.json", "-t", "placed 2m 99", "-n", "p=0..40", "--no-plots"]
        self.check_ended(self.stowage("plan", *arguments, "-q", "-o", "whole"), DONE)
        process = self.start("plan", *arguments, "--sensitivity", "-o", "out",
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.wait_until(lambda: len(self.points()) > len(self.points("whole")),
                        "the first case of the sensitivity")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, SYSTEM)
        self.assertIn("interrupted by SIGINT: the answer is known, but what is told beside it may "
                      "lack parts; the same command goes on from out", err)
        self.assertIn("; INTERRUPTED with the answer known", out)
        search = json.loads((self.folder / "out/plan.json").read_text(encoding="utf-8"))["search"]
        self.assertEqual((search["is_interrupted"], search["is_cut_short"]), (False, True))

    def test_runs_of_another_question_are_never_mixed_in(self):
        self.write("s.json", random_scenario())
        plan = ["plan", "s.json", "-n", "p=0..40", "-o", "out", "--no-plots", "-t"]
        self.check_ended(self.stowage(*plan, "placed 2m 90", "-q"), DONE)
        # Bounds and probability change which runs are asked for, and not what they give.
        other = self.stowage(*plan, "placed 2m 90", "-n", "p=0..30", "--probability", "0.9")
        self.check_ended(other, DONE)
        self.assertRegex(other.stderr, r"\d+ runs were there already")
        before = self.bytes_of("out")
        for changes, what in ((["placed 3m 90"], "the targets"),
                              (["placed 2m 90", "-s", "7"], "the seed"),
                              (["placed 2m 90", "--survive", "node"], "what is to be survived"),
                              (["placed 2m 90", "--set", "horizon=5h"], "the scenario")):
            refused = self.stowage(*plan, *changes)
            self.check_ended(refused, BAD_INPUT)
            self.assertIn(f"holds the runs of another plan: {what} changed: give --redo",
                          refused.stderr)
            self.assertEqual(self.bytes_of("out"), before)
        redone = self.stowage(*plan, "placed 2m 90", "--set", "horizon=5h", "--redo")
        self.check_ended(redone, DONE)
        self.assertNotIn("already", redone.stderr)
        fresh = self.stowage("plan", "s.json", "-n", "p=0..40", "-o", "fresh", "--no-plots", "-t",
                             "placed 2m 90", "--set", "horizon=5h")
        self.check_ended(fresh, DONE)
        for name, data in self.bytes_of("fresh").items():
            self.assertEqual(self.bytes_of("out")[name], data, name)

    def test_a_damaged_file_of_a_plan_is_made_again(self):
        self.write("s.json", random_scenario())
        plan = ["plan", "s.json", "-t", "placed 2m 90", "-n", "p=0..40", "-o", "out", "--no-plots"]
        self.check_ended(self.stowage(*plan), DONE)
        before = self.bytes_of("out")
        for path, text in zip(self.points(), ("", "{}", '{"tool":"stowage","kind":"plan point"}')):
            path.write_text(text, encoding="ascii")
        result = self.stowage(*plan)
        self.check_ended(result, DONE)
        self.assertIn("out: 3 files of plans are damaged", result.stderr)
        self.assertEqual(self.bytes_of("out"), before)

    def test_all_that_is_wrong_is_told_at_once(self):
        self.write("s.json", small_scenario(plan={"targets": ["floor"], "nodes": ["p/x=1"]}))
        result = self.stowage("plan", "s.json", "-t", "waits", "-t", "floors", "-t", "placed x 9",
                              "-n", "p=2..1", "-n", "q=1", "--survive", "rack", "--survive", "spot")
        self.check_ended(result, BAD_INPUT)
        begins = ["plan.targets: \"floor\": ", "plan: --target: \"waits\": ",
                  "plan: --target: \"placed x 9\": ", "plan.nodes: \"p/x=1\": ",
                  "plan: --nodes: \"p=2..1\": ", "plan: --nodes: \"q=1\": ", "plan: --survive: \"rack\": ",
                  "plan: --survive: spot: ", "plan: 8 errors, 0 warnings"]
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), len(begins), result.stderr)
        for line, begin in zip(lines, begins):
            self.assertTrue(line.startswith("error: " + begin), line)
        changes = self.stowage("plan", "s.json", "--what-if", "add", "--what-if", "remove 9 nodes "
                               "of four from pool p", "-t", "floors", "--set", "plan.targets=[]")
        self.assertEqual(changes.stderr.count("error: plan: --what-if: "), 2, changes.stderr)
        values = self.stowage("plan", "s.json", "--probability", "2", "--jobs", "0", "-f", "xml")
        self.check_ended(values, BAD_INPUT)
        self.assertEqual([line.split(":")[2] for line in values.stderr.splitlines()[:3]],
                         [" --probability", " --jobs", " --format"])
        self.assertIn("Usage: stowage plan", values.stderr)

    def test_what_is_wrong_is_told(self):
        self.write("s.json", small_scenario())
        cases = [
            ([], "plan: give a scenario"),
            (["s.json", "s.json"], "plan: takes one scenario"),
            (["s.json", "-t", "wait"], "give \"floors\""),
            (["s.json", "--survive", "rack"], "give node, a number of nodes"),
            (["s.json", "--survive", "zone"], "zone: no node of the scenario has a zone: give node, a"),
            (["s.json", "--survive", "zone:b"], "zone:b: no node of the scenario has a zone: give"),
            (["s.json", "--survive", "spot"], "no pool of the scenario has spot nodes"),
            (["s.json", "-n", "q=1"], '"q=1": no such nodes: there are p/four'),
            (["s.json", "-n", "p\x1b[2J"], '"p\\x1b[2J": give POOL=LOW..HIGH'),
            (["s.json", "-n", "p=3..2"], "give a number, or LOW..HIGH"),
            (["s.json", "--probability", "1"], "a number between 0 and 1"),
            (["s.json", "--jobs", "0"], '--jobs: "0": give a whole number, 1 to 1024'),
            (["s.json", "--budget", "much"], 'plan: --budget: "much": give a number such as 42'),
            ([SOURCE / "scenarios/plan-survive-zone.json", "--survive", "zone:d"],
             "zone:d: no node of the scenario is in it; zones are: a, b, c"),
            (["s.json", "--failures", "-1"], "give a whole number, 0 to 1000"),
            (["s.json", "--what-if", "add a node"], "give \"add N nodes of TYPE to pool POOL"),
            (["s.json", "--what-if", "add 1 node of x to pool p"], "there are p/four"),
            (["s.json", "--what-if", "remove 3 nodes of four from pool p"], "there are only 2"),
            (["s.json", "--what-if", "nothing", "-n", "p=1"], "it looks at a single fleet"),
            (["s.json", "-f", "xml"], "give text or json"),
        ]
        for arguments, told in cases:
            with self.subTest(arguments):
                result = self.stowage("plan", *arguments)
                self.check_ended(result, BAD_INPUT)
                self.assertIn(told, result.stderr)


if __name__ == "__main__":
    unittest.main()
