#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""stowage plan --instance from outside: the answer, its files, and what is refused."""
import ast
import collections
import csv
import fractions
import json
import os
import pathlib
import unittest

from e2e import ANSWER_IS_NO, BAD_INPUT, DONE, SOURCE, ProgramTest

# The folder of the public traces; where there is none, the tests on them are skipped.
DATA = pathlib.Path(os.environ.get("STOWAGE_DATA") or SOURCE / "../shared/data")
EXAMPLE = SOURCE / "examples/plan/services.json"


def instance(**changes):
    """Five of 3 cores on nodes of 8 at a dollar: two to a node, so three nodes."""
    return dict({"name": "i", "resources": ["cpu"],
                 "items": [{"id": "web", "demand": 5, "req": [3]}],
                 "types": [{"type": "n8", "alloc": [8], "usd_hr": 1}]}, **changes)


def item(**changes):
    return instance(items=[dict({"id": "web", "demand": 5, "req": [3]}, **changes)])


def node_type(**changes):
    return instance(types=[dict({"type": "n8", "alloc": [8], "usd_hr": 1}, **changes)])


# What is wrong, and the whole of what is said about it.
REFUSED = [
    ("[]", "i.json: is an array: give an object"),
    (instance(resources=[]), "i.json: resources: has 0 names: give 1 to 32"),
    (instance(resources=["cpu", "cpu"], items=[{"id": "a", "demand": 1, "req": [1, 1]}],
              types=[{"type": "n", "alloc": [8, 8], "usd_hr": 1}]),
     'i.json: resources[1]: "cpu" occurs twice: give each name once'),
    (instance(items=[]), "i.json: items: has 0 elements: give 1 to 100000"),
    (instance(types={}), "i.json: types: is an object: give an array"),
    (item(req=[3, 4]), "i.json: items[0].req: has 2 amounts: give 1, one per resource"),
    (item(req=["3"]), "i.json: items[0].req[0]: is text: give a number"),
    (item(req=[-1]), "i.json: items[0].req[0]: -1 is out of range: give 0 to 1125899906842624"),
    (item(demand=2.5), "i.json: items[0].demand: 2.5 is not an integer: give one from 0 to 10000000"),
    (item(max_per_node=0),
     "i.json: items[0].max_per_node: 0: no node could hold it: give 1 or more, or null for no limit"),
    (item(types=["m*"]),
     'i.json: items[0].types[0]: "m*" is no type of the instance: give names of types, * for any text'),
    (item(anti_affinity=["x"]),
     'i.json: items[0].anti_affinity[0]: "x" is no item: give the id of one'),
    (item(anti_affinity=["web"]),
     'i.json: items[0].anti_affinity[0]: "web" is the item itself: give max_per_node for that'),
    (item(anti_affinity=[{}]),
     "i.json: items[0].anti_affinity[0]: is no limit: give the id of an item, or [id, how many of it "
     "may be on the node]"),
    (item(demand=0), "i.json: items: there is no demand: give items with a demand of 1 or more"),
    (node_type(usd_hr=-1), "i.json: types[0].usd_hr: -1 is out of range: give 0 to 1000000"),
    (instance(types=[{"type": "n8", "alloc": [8], "usd_hr": 1}, {"type": "n9", "alloc": [9], "usd_hr": "2"}]),
     "i.json: types[1].usd_hr: is text: give a number"),
    (item(demand=10**20), "i.json: items[0].demand: 100000000000000000000 is out of range: give 0 to 10000000"),
    (instance(device_resource="gpu"),
     'i.json: device_resource: "gpu" is none of the resources: give one of them'),
    (instance(items=[{"id": "a", "demand": 1, "req": [1]}] * 2),
     'i.json: items[1]: "a" occurs twice: give each name once'),
    (instance(items=[{"id": "a", "demand": 1, "req": [1.5]}], device_resource="cpu"),
     "i.json: items[0].req[0]: 1.5 is more than one device and a part of one: give a whole number, or "
     "a share below 1"),
    (instance(resources=["cpu", "gpu"], device_resource="gpu",
              items=[{"id": "none", "demand": 0, "req": [1, 1.5]}, {"id": "a", "demand": 1, "req": [1, 2.5]}],
              types=[{"type": "n", "alloc": [8, 4], "usd_hr": 1}]),
     "i.json: items[1].req[1]: 2.5 is more than one device and a part of one: give a whole number, or "
     "a share below 1"),
    (instance(device_resource="cpu", types=[{"type": "n", "alloc": [8], "usd_hr": 1},
                                            {"type": "m", "alloc": [8.5], "usd_hr": 1}]),
     "i.json: types[1].alloc[0]: 8.5 devices: give a whole number from 0 to 64"),
    (item(req=[1e-10]),
     "i.json: items[0].req[0]: 0.0000000001 would be read as 0: give 0, or at least 0.000000001; or a smaller unit"),
    (node_type(usd_hr=1e-12),
     "i.json: types[0].usd_hr: 0.000000000001 would be read as 0: give 0, or at least 0.000000001; or a "
     "smaller unit"),
]


def faults(problem, answer):
    """What is wrong with a plan, in exact fractions: a second opinion on the program's own check."""
    def exact(numbers):
        return [fractions.Fraction(str(n)) for n in numbers]
    items = {i["id"]: i for i in problem["items"]}
    req = {i["id"]: exact(i["req"]) for i in problem["items"]}
    types = {t["type"]: t for t in problem["types"]}
    placed, cost, found = collections.Counter(), fractions.Fraction(0), []
    for node in answer["nodes"]:
        pattern, offer = node["pattern"], exact(types[node["type"]]["alloc"])
        cost += node["count"] * fractions.Fraction(str(types[node["type"]]["usd_hr"]))
        for r, most in enumerate(offer):
            if sum(req[i][r] * n for i, n in pattern.items()) > most:
                found.append(f"too much on a {node['type']}")
        for i, n in pattern.items():
            placed[i] += n * node["count"]
            if (items[i].get("max_per_node") or n) < n:
                found.append(f"too many {i} on a node")
            found += [f"{i} with {other}" for other, most in items[i].get("anti_affinity", [])
                      if pattern.get(other, 0) > most]
    found += [f"{i}: placed {placed[i]}" for i in items if placed[i] != items[i]["demand"]]
    if cost != fractions.Fraction(str(answer["cost"])):
        found.append(f"costs {cost}")
    return found


def services(role):
    """The services of a month of recommendation serving: those alive at a million seconds."""
    alive, requests = collections.Counter(), {}
    with open(DATA / "dlrm2025/disaggregated_DLRM_trace.csv", encoding="utf-8", newline="") as trace:
        for row in csv.DictReader(trace):
            if row["role"] != role:
                continue
            name = row["app_name"]
            requests.setdefault(name, (row["cpu_request"], row["gpu_request"], row["memory_request"],
                                       int(row["max_instance_per_node"])))
            alive[name] += float(row["creation_time"] or 0) <= 1e6 < float(row["deletion_time"] or 1e18)
    return [{"id": name, "demand": max(alive[name], 1),
             "req": [1000 * float(cpu), 1024 * float(memory), float(gpu)], "max_per_node": most}
            for name, (cpu, gpu, memory, most) in requests.items()]


def gpu_types():
    with open(DATA / "aws-catalog/aws_instance_catalog_us-east-1.csv", encoding="utf-8",
              newline="") as catalogue:
        return [{"type": row["instance_type"], "usd_hr": float(row["ondemand_usd_hr_us_east_1"]),
                 "alloc": [float(row["alloc_cpu_milli"]), float(row["alloc_memory_mib"]),
                           float(row["gpu_count"])]}
                for row in csv.DictReader(catalogue)
                if row["gpu_count"] and row["ondemand_usd_hr_us_east_1"] and row["alloc_cpu_milli"]]


def gpu_pods(count):
    """The first pods of the GPU cluster's trace that ask for GPUs, equal ones together."""
    pods = collections.Counter()
    with open(DATA / "openb/openb_pod_list_default.csv", encoding="utf-8", newline="") as trace:
        for row in csv.DictReader(trace):
            gpus = int(row["num_gpu"])
            if gpus and pods.total() < count:
                share = gpus if gpus > 1 else int(row["gpu_milli"]) / 1000
                pods[(int(row["cpu_milli"]), int(row["memory_mib"]), share)] += 1
    return [{"id": f"{cpu}m {memory}Mi {share}", "demand": n, "req": [cpu, memory, share]}
            for (cpu, memory, share), n in sorted(pods.items())]


class PlanInstance(ProgramTest):
    def answer(self, content, code=DONE):
        self.write("i.json", content)
        result = self.stowage("plan", "--instance", "i.json", "--format", "json")
        self.check_ended(result, code)
        return json.loads(result.stdout)

    def test_the_answer_has_a_bound_a_cost_and_nodes(self):
        answer = self.answer(instance())
        self.assertTrue(answer["feasible"])
        self.assertEqual(answer["lower_bound"], 3)
        self.assertEqual(answer["cost"], 3)
        self.assertEqual(answer["gap_pct"], 0)
        self.assertEqual(answer["node_mix"], {"n8": 3})
        self.assertEqual(sum(n["count"] * n["pattern"]["web"] for n in answer["nodes"]), 5)
        # In fractions 2.5 nodes; by volume too, as a node of 8 can use only 6 of them.
        self.assertEqual(answer["bounds"]["volume"], {"cpu": 2.5})
        self.assertAlmostEqual(answer["bounds"]["pattern"], 2.5, places=6)
        self.assertAlmostEqual(answer["prices"]["items"]["web"], 0.5, places=6)

    def test_the_example_of_the_manual_is_an_instance(self):
        manual = (SOURCE / "docs/planning.md").read_text(encoding="utf-8")
        self.write("s.json", manual.split("## The instance\n\n```json\n")[1].split("```")[0])
        result = self.stowage("plan", "--instance", "s.json")
        self.check_ended(result, DONE)
        self.assertEqual(result.stderr, "")

    def test_without_prices_nodes_are_counted(self):
        answer = self.answer(instance(types=[{"type": "n8", "alloc": [8]}]))
        self.assertEqual((answer["unit"], answer["cost"]), ("nodes", 3))

    def test_types_without_a_price_are_not_used_where_others_have_one(self):
        self.write("i.json", instance(types=[{"type": "n8", "alloc": [8], "usd_hr": 1},
                                             {"type": "n99", "alloc": [99], "usd_hr": None}]))
        result = self.stowage("plan", "-i", "i.json", "-f", "json")
        self.check_ended(result, DONE, "warning: i.json: types: 1 of 2 types have no price")
        self.assertEqual(json.loads(result.stdout)["node_mix"], {"n8": 3})

    def test_limits_are_kept(self):
        for changes, nodes in (({"max_per_node": 1}, 5), ({"max_per_node": -1}, 3),
                               ({"max_per_node": None}, 3), ({"req": [2.5]}, 2),
                               ({"req": [2.7]}, 3), ({"demand": 1}, 1)):
            self.assertEqual(self.answer(item(**changes))["node_count"], nodes, changes)

    def test_items_that_are_kept_apart_share_no_node(self):
        items = [{"id": "a", "demand": 1, "req": [1], "anti_affinity": ["b", ["c", 1]]},
                 {"id": "b", "demand": 1, "req": [1]}, {"id": "c", "demand": 4, "req": [1]}]
        answer = self.answer(instance(items=items))
        self.assertEqual(answer["node_count"], 2)
        for node in answer["nodes"]:
            pattern = node["pattern"]
            self.assertFalse("a" in pattern and "b" in pattern)
            self.assertFalse("a" in pattern and pattern.get("c", 0) > 1)

    def test_shares_of_a_device_do_not_span_two(self):
        items = [{"id": "a", "demand": 4, "req": [0.6]}]
        types = [{"type": "two", "alloc": [2], "usd_hr": 1}]
        self.assertEqual(self.answer(instance(items=items, types=types))["node_count"], 2)
        shared = self.answer(instance(items=items, types=types, device_resource="cpu"))
        self.assertEqual(shared["node_count"], 2)
        items[0]["demand"] = 3
        self.assertEqual(self.answer(instance(items=items, types=types))["node_count"], 1)
        shared = self.answer(instance(items=items, types=types, device_resource="cpu"))
        self.assertEqual(shared["node_count"], 2)

    def test_an_item_that_fits_no_type_is_named(self):
        answer = self.answer(item(req=[9]), ANSWER_IS_NO)
        self.assertFalse(answer["feasible"])
        self.assertEqual(answer["reason"],
                         'item "web": needs 9 of "cpu"; the most that a type offers it is 8')
        result = self.stowage("plan", "-i", "i.json")
        self.check_ended(result, ANSWER_IS_NO)
        self.assertIn("infeasible: item", result.stdout)

    def test_too_few_nodes_are_infeasible(self):
        answer = self.answer(node_type(max_nodes=2), ANSWER_IS_NO)
        self.assertIn("max_nodes", answer["reason"])
        self.assertTrue(answer["infeasible_proved"])
        self.assertEqual(self.answer(node_type(max_nodes=3))["cost"], 3)

    def test_a_shortage_is_proved_where_it_is_too_large_to_try_everything(self):
        items = [{"id": f"i{k}", "demand": 40 + k, "req": [3 + k % 5]} for k in range(12)]
        types = [{"type": "n8", "alloc": [8], "usd_hr": 1, "max_nodes": 200},
                 {"type": "n9", "alloc": [9], "usd_hr": 1, "max_nodes": 60}]
        answer = self.answer(instance(items=items, types=types), ANSWER_IS_NO)
        self.assertTrue(answer["infeasible_proved"])
        self.assertIn("weights of items", answer["reason"])
        types[0]["max_nodes"] = 300
        self.assertEqual(faults(instance(items=items, types=types),
                                self.answer(instance(items=items, types=types))), [])

    def test_a_shortage_of_devices_is_proved_where_their_sum_would_do(self):
        """Shares above a half lie alone on a device, those of 0.48 beside one of them only."""
        items = [{"id": f"i{k}", "demand": 197 + k, "req": [1, 0.55 + 0.05 * k]}
                 for k in range(6)]
        types = [{"type": "n8", "alloc": [64, 8], "usd_hr": 1, "max_nodes": 149}]
        few = instance(resources=["cpu", "gpu"], device_resource="gpu", items=items, types=types)
        self.assertTrue(self.answer(few, ANSWER_IS_NO)["infeasible_proved"])
        types[0]["max_nodes"] = 150
        self.assertEqual(self.answer(few)["node_count"], 150)
        items[5] = {"id": "half", "demand": 412, "req": [1, 0.48]}
        self.assertTrue(self.answer(few, ANSWER_IS_NO)["infeasible_proved"])

    def test_numbers_that_are_rounded_are_told(self):
        told = "warning: i.json: types[0].usd_hr: 0.30000000000000004 is rounded to 9 decimals\n"
        types = [{"type": "n", "alloc": [8], "usd_hr": 0.1 + 0.2}]
        self.write("i.json", instance(types=types))
        result = self.stowage("plan", "-i", "i.json")
        self.check_ended(result, DONE)
        self.assertEqual(result.stderr, told)
        items = [{"id": "a", "demand": 1, "req": [1.0000000001]}, {"id": "b", "demand": 1, "req": [1e-9]}]
        self.write("i.json", instance(types=types, items=items))
        result = self.stowage("plan", "-i", "i.json")
        self.assertEqual(result.stderr, told + "warning: i.json: 1 more number is rounded to 9 decimals\n")

    def test_unknown_keys_are_warnings(self):
        self.write("i.json", item(colour="red"))
        result = self.stowage("plan", "-i", "i.json")
        self.check_ended(result, DONE, 'warning: i.json: items[0].colour: ')

    def test_what_is_wrong_is_refused_with_its_place(self):
        for content, message in REFUSED:
            self.write("i.json", content)
            result = self.stowage("plan", "--instance", "i.json")
            self.check_ended(result, BAD_INPUT)
            self.assertEqual(result.stderr.splitlines()[0], f"error: {message}")
            self.assertEqual(result.stdout, "")

    def test_the_command_line_is_checked(self):
        self.write("i.json", instance())
        for arguments, text in (
                (["--instance", "i.json", "s.json"], "takes a scenario or --instance FILE, not both"),
                (["--instance", "i.json", "--survive", "node"], "--instance is not simulated"),
                (["--instance", "none.json"], "none.json"),
                (["--instance", "i.json", "--format", "csv"], "csv")):
            self.check_ended(self.stowage("plan", *arguments), BAD_INPUT, text)

    def test_the_folder_holds_the_answer_and_its_tables(self):
        result = self.stowage("plan", "--instance", EXAMPLE, "-o", "out", "-q")
        self.check_ended(result, DONE)
        self.assertEqual(result.stdout, "")
        summary = json.loads((self.folder / "out/summary.json").read_text(encoding="utf-8"))
        self.assertEqual(summary["tool"], "stowage")
        with open((self.folder / "out/nodes.csv"), encoding="utf-8", newline="") as table:
            rows = list(csv.DictReader(table))
        placed = {}
        for row in rows:
            placed[row["item"]] = placed.get(row["item"], 0) + int(row["node_count"]) * int(row["item_count"])
        example = json.loads(EXAMPLE.read_text(encoding="utf-8"))
        self.assertEqual(placed, {i["id"]: i["demand"] for i in example["items"]})
        with open((self.folder / "out/prices.csv"), encoding="utf-8", newline="") as table:
            bound = sum(int(r["demand"]) * float(r["price_usd_hr"]) for r in csv.DictReader(table))
        # No item price of a limited type: the sum of prices is the bound of the linear program.
        self.assertAlmostEqual(bound, summary["bounds"]["pattern"], places=5)
        self.assertIn("no fleet can cost less than", (self.folder / "out/plan.txt").read_text(encoding="utf-8"))

    @unittest.skipUnless((DATA / "dlrm2025").is_dir(), "the public traces are not there")
    def test_services_with_limits_per_node_on_gpu_types(self):
        problem = {"resources": ["cpu_milli", "memory_mib", "gpu"], "items": services("HN"),
                   "types": gpu_types()}
        answer = self.answer(problem)
        for entry in problem["items"]:
            entry["max_per_node"] = max(entry["max_per_node"], 0) or None
        self.assertEqual(faults(problem, answer), [])
        self.assertTrue(answer["bounds"]["pattern_is_exact"])
        self.assertLess(answer["gap_pct"], 0.2)

    @unittest.skipUnless((DATA / "openb").is_dir(), "the public traces are not there")
    def test_many_classes_of_pods_that_share_gpus(self):
        problem = {"resources": ["cpu_milli", "memory_mib", "gpu"], "device_resource": "gpu",
                   "items": gpu_pods(80), "types": gpu_types()}
        answer = self.answer(problem)
        self.assertEqual(faults(problem, answer), [])
        self.assertLess(answer["gap_pct"], 2)

    @unittest.skipUnless((DATA / "tclab").is_dir(), "the public traces are not there")
    def test_applications_that_keep_apart_in_equal_bins(self):
        with open(DATA / "tclab/TClab_dataset_2D.csv", encoding="utf-8", newline="") as table:
            rows = list(csv.DictReader(table, delimiter="\t"))
        problem = {"resources": ["cores", "memory_gb"],
                   "types": [{"type": "bin", "alloc": [64, 128], "usd_hr": 1}],
                   "items": [{"id": row["app_id"], "demand": int(row["nb_instances"]),
                              "req": [float(row["core"]), float(row["memory"])],
                              "anti_affinity": [[str(other), most] for other, most
                                                in ast.literal_eval(row["inter_aff"])]}
                             for row in rows]}
        answer = self.answer(problem)
        self.assertEqual(faults(problem, answer), [])
        # The volume takes 5,087 bins; First-Fit takes about 5,711.
        self.assertEqual(answer["lower_bound"], 5087)
        self.assertLessEqual(answer["cost"], 5130)

    def test_equal_input_gives_equal_bytes(self):
        first = self.stowage("plan", "--instance", EXAMPLE, "-f", "json")
        self.assertEqual(first.stdout, self.stowage("plan", "--instance", EXAMPLE, "-f", "json").stdout)


if __name__ == "__main__":
    unittest.main()
