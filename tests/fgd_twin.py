# SPDX-License-Identifier: GPL-3.0-or-later
"""The slow, obvious twin of `stowage bench fgd`: the study "Beware of Fragmentation" (USENIX ATC 2023)
as its paper and its authors' program describe it, in doubles throughout and without any index. It
shares nothing with the program but the files it reads."""
import csv
import gzip
import math

POINTS = 131
CLASSES = ["f_cpuonly", "f_share", "f_1gpu", "f_2gpu", "f_4gpu", "f_8gpu"]
KINDS = ["q1", "q2", "q3", "q4", "xl", "xr", "na"]


def is_allowed(spec, model):
    names = [name for name in spec.split("|") if name]
    return not names or model in names


class Pod:
    def __init__(self, row):
        self.name = row["name"]
        self.cpu = int(row["cpu_milli"])
        self.mem = int(row["memory_mib"])
        self.count = int(row["num_gpu"])
        self.milli = int(row["gpu_milli"]) if self.count else 0
        self.spec = row.get("gpu_spec") or ""

    def total(self):
        return self.count * self.milli

    def is_share(self):
        return self.count == 1 and self.milli < 1000

    def key(self):
        return (self.cpu, self.milli, self.count, self.spec)

    def tag(self):
        return "share" if self.is_share() else self.count

    def failure(self):
        if self.count == 0:
            return "f_cpuonly"
        return "f_share" if self.is_share() else f"f_{self.count}gpu"


class Node:
    def __init__(self, row):
        self.name = row["sn"]
        self.cpu = self.cpu_all = int(row["cpu_milli"])
        self.mem = self.mem_all = int(row["memory_mib"])
        self.left = [1000] * int(row["gpu"])
        self.model = row["model"]
        self.tags = set()

    def fits(self, pod):
        if self.cpu < pod.cpu or self.mem < pod.mem:
            return False
        if pod.count == 0:
            return True
        enough = sum(left >= pod.milli for left in self.left)
        return is_allowed(pod.spec, self.model) and enough >= pod.count

    def fullest(self, pod):
        """Where a pod goes in the node by default."""
        if not pod.is_share():
            return [i for i, left in enumerate(self.left) if left == 1000][:pod.count]
        return [min((left, i) for i, left in enumerate(self.left) if left >= pod.milli)[1]]


class Typical:
    """The typical pods and the fragment of a node."""

    def __init__(self, pods):
        counts = {}
        for pod in pods:
            counts[pod.key()] = counts.get(pod.key(), 0) + 1
        ranked = sorted(((count, *key) for key, count in counts.items()), reverse=True)
        cumulated = 0
        chosen = []
        for entry in ranked:
            chosen.append(entry)
            cumulated += entry[0]
            if cumulated / len(pods) >= 0.95:
                break
        covered = cumulated / len(pods)
        self.pods = [(count / len(pods) / covered, *key) for count, *key in chosen]

    def kinds(self, cpu, left, model):
        amounts = dict.fromkeys(KINDS, 0.0)
        free = sum(left)
        for part, pod_cpu, milli, count, spec in self.pods:
            has_cpu = cpu >= pod_cpu
            if milli == 0:
                amounts["xl" if has_cpu else "xr"] += part * free
            elif not is_allowed(spec, model):
                amounts["na"] += part * free
            else:
                has_gpu = sum(share >= milli for share in left) >= count
                if has_cpu and has_gpu:
                    small = sum(share for share in left if share < milli)
                    amounts["q2"] += part * small
                    amounts["q3"] += part * (free - small)
                else:
                    amounts["q4" if has_gpu else "q2" if has_cpu else "q1"] += part * free
        return amounts

    def fragment(self, cpu, left, model):
        amounts = self.kinds(cpu, left, model)
        return sum(amounts[kind] for kind in ("q1", "q2", "q4", "xl", "xr", "na"))


# ---- the policies: the score, and where in the node ----


def dot_product(node, pod, study):
    aligned = (node.cpu / study.cpu_max) * (pod.cpu / study.cpu_max)
    aligned += (sum(node.left) / study.gpu_max) * (pod.total() / study.gpu_max)
    return int(100 * (1 - aligned / 2)), node.fullest(pod)


def clustering(node, pod, study):
    if pod.count == 0:
        return 0, []
    base = 25 * (study.gpu_max - sum(node.left)) // study.gpu_max
    if pod.tag() in node.tags:
        return (75 if len(node.tags) == 1 else 50) + base, node.fullest(pod)
    return (0 if node.tags else 25) + base, node.fullest(pod)


def packing(node, pod, _):
    if pod.count == 0:
        return 0, []
    free = node.left.count(1000)
    if free == len(node.left):
        return max(33 - free, free), node.fullest(pod)
    taken = sorted(left for left in node.left if left >= pod.milli)[:pod.count]
    if 1000 in taken:
        return max(50 - taken.count(1000), 33), node.fullest(pod)
    return max(100 - sum(left * 100 // 1000 // 10 for left in taken), 50), node.fullest(pod)


def best_fit(node, pod, study):
    left = 0.5 * (node.cpu - pod.cpu) / study.cpu_max
    left += 0.5 * (sum(node.left) - pod.total()) / study.gpu_max
    return int(100 * (1 - left)), node.fullest(pod)


def fgd(node, pod, study):
    before = study.typical.fragment(node.cpu, node.left, node.model)
    places = [node.fullest(pod)]
    if pod.is_share():
        places = [[i] for i, left in enumerate(node.left) if left >= pod.milli]
    best = None
    for place in places:
        left = [share - (pod.milli if i in place else 0) for i, share in enumerate(node.left)]
        after = study.typical.fragment(node.cpu - pod.cpu, left, node.model)
        score = int(100 / (1 + math.exp(-(before - after) / 1000)))
        if best is None or score > best[0]:
            best = score, place
    return best


POLICIES = {
    "02-DotProd": dot_product,
    "03-GpuClustering": clustering,
    "04-GpuPacking": packing,
    "05-BestFit": best_fit,
    "06-FGD": fgd,
}


# ---- an experiment ----


def pairwise(values):
    """A sum in numpy's order."""
    count = len(values)
    if count > 128:
        half = count // 2 - count // 2 % 8
        return pairwise(values[:half]) + pairwise(values[half:])
    lanes = [sum(values[i:count - count % 8:8], 0.0) for i in range(8)]
    total = 0.0
    if count >= 8:
        total = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
        total += (lanes[4] + lanes[5]) + (lanes[6] + lanes[7])
    for value in values[count - count % 8:]:
        total += value
    return total


def means(points):
    out = []
    for k in range(POINTS):
        values = points.get(k) or [v for n in (k - 1, k + 1) for v in points.get(n, [])]
        out.append(pairwise(values) / len(values) if values else None)
    return out


class Study:
    def __init__(self, folder, workload):
        with open(folder / "openb_node_list_gpu_node.csv", newline="") as lines:
            self.nodes = sorted((Node(row) for row in csv.DictReader(lines)), key=lambda n: n.name)
        with open(folder / f"openb_pod_list_{workload}.csv", newline="") as lines:
            self.pods = {row["name"]: Pod(row) for row in csv.DictReader(lines)}
        self.typical = Typical(list(self.pods.values()))
        self.cpu_max = max(node.cpu for node in self.nodes)
        self.gpu_max = max(sum(node.left) for node in self.nodes)
        self.gpus = sum(len(node.left) for node in self.nodes)
        self.placed = {}

    def place(self, policy, pod):
        best = None
        for node in self.nodes:
            if node.fits(pod):
                score, place = POLICIES[policy](node, pod, self)
                if best is None or score > best[0]:
                    best = score, node, place
        if best is None:
            return False
        _, node, place = best
        node.cpu -= pod.cpu
        node.mem -= pod.mem
        for i in place:
            node.left[i] -= pod.milli
        if pod.count:
            node.tags.add(pod.tag())
        return True

    def ratio(self):
        free = sum(sum(node.left) for node in self.nodes)
        lost = sum(self.typical.fragment(n.cpu, n.left, n.model) for n in self.nodes)
        return 100 * lost / free if free else None

    def run(self, policy, ranks, arrivals):
        """The nodes by rank, then the pods by name. Returns the final state and both curves."""
        order = dict(zip((node.name for node in self.nodes), ranks))
        self.nodes.sort(key=lambda node: order[node.name])
        state = dict.fromkeys(CLASSES, 0)
        used = arrived = failed_milli = failed = 0
        allocated, fragmented = {}, {}
        for name in arrivals:
            pod = self.pods[name]
            arrived += pod.total()
            if self.place(policy, pod):
                used += pod.total()
            else:
                failed += 1
                failed_milli += pod.total()
                state[pod.failure()] += 1
            point = round(arrived / self.gpus / 10)
            allocated.setdefault(point, []).append(round(used / self.gpus / 10, 2))
            if self.ratio() is not None:
                fragmented.setdefault(point, []).append(round(self.ratio(), 2))
        state.update(pods=len(arrivals), failed=failed, failed_gpu_milli=failed_milli,
                     used_gpu_milli=used, arrived_milli=arrived)
        state.update(self.final())
        rounded = [None if v is None else round(v * 100) / 100 for v in means(allocated)]
        return state, rounded, means(fragmented)

    def final(self):
        state = dict.fromkeys(KINDS, 0.0)
        for node in self.nodes:
            for kind, amount in self.typical.kinds(node.cpu, node.left, node.model).items():
                state[kind] += amount / 1000
        cpu = sum(n.cpu_all - n.cpu for n in self.nodes) / sum(n.cpu_all for n in self.nodes)
        mem = sum(n.mem_all - n.mem for n in self.nodes) / sum(n.mem_all for n in self.nodes)
        free = sum(sum(n.left) for n in self.nodes)
        state.update(cpu_pct=100 * cpu, mem_pct=100 * mem,
                     alloc_pct=100 * (1 - free / self.gpus / 1000),
                     gpus_touched=sum(left < 1000 for n in self.nodes for left in n.left))
        return state


def read_orders(path):
    """(workload, seed) -> the numbers behind the colon."""
    orders = {}
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt") as lines:
        for line in lines:
            if not line.startswith("#"):
                head, numbers = line.split(":")
                workload, seed = head.split()[:2]
                orders[workload, int(seed)] = [int(number) for number in numbers.split()]
    return orders
