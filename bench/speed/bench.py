#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the speed benchmarks and prints a table.

usage: bench.py BUILD_DIR [--compare | --write-baseline] [--baseline FILE] [--only NAME,...] [--data DIR] [--runs N] [--tiny] [--plot FILE.svg]

Each benchmark is a program BUILD_DIR/bench_NAME that prints lines of JSON (bench/speed/speed.h). They are
kept in BUILD_DIR/bench.jsonl.

--compare holds the ratios against those of a baseline: one that is worse by 20 % or more is told, and the
exit status is 1. --write-baseline replaces the baseline by what was measured now; what --only leaves out
stays as it is. The baseline is baseline.json beside this program, or --baseline FILE. Processors differ in
their ratios too: where the baseline is of another one than this, that is told, and one of your own says more.
--lines FILE takes lines that were measured before instead of running anything. --plot draws what a decision costs
from 1,000 to 1,000,000 nodes (gnuplot, by decision_growth.gp); beneath the table the growth is told as
exponents: 0.1 means that ten times as many nodes cost 10^0.1 = 1.26 times as much.

A case is named by whatever in its line is not measured. `ratio` says how many times as fast as its
reference it is, so larger is better; times are of this machine and this moment and are not compared.
"""
import argparse
import json
import math
import pathlib
import platform
import subprocess
import sys

BENCHMARKS = ["decision", "preemption", "pass", "event_queue", "engine", "load", "openb", "traffic", "compare",
              "sweep", "plan"]
WITHOUT_OPTIONS = {"decision", "preemption"}  # but --tiny
BASELINE = pathlib.Path(__file__).resolve().parent / "baseline.json"
WORSE = 0.8  # of the ratio in the baseline


def is_measured(key):
    return key in ("runs", "per", "reference", "ratio") or \
        key.endswith(("_ns", "_per_s", "_bytes", "_per_decision"))


def name_of(line):
    names = [str(value) if key in ("bench", "case", "policy") else f"{key}={value}"
             for key, value in line.items() if not is_measured(key)]
    return " ".join(names)


def run_all(options):
    lines = []
    for name in options.only:
        command = [str(pathlib.Path(options.build) / f"bench_{name}")]
        command += ["--tiny"] if options.tiny else []
        if name not in WITHOUT_OPTIONS:
            command += ["--runs", options.runs] if options.runs else []
            command += ["--data", options.data] if options.data else []
        print(f"running bench_{name}", file=sys.stderr)
        if not pathlib.Path(command[0]).is_file():
            sys.exit(f"error: there is no {command[0]}: build it first")
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"error: bench_{name} ended with {done.returncode}")
        lines += [json.loads(line) for line in done.stdout.splitlines()]
    return lines


def print_table(lines):
    width = max((len(name_of(line)) for line in lines), default=0)
    print(f"{'case':{width}}  {'median ns':>12}  {'reference ns':>12}  {'ratio':>9}  {'peak MiB':>8}  per, and reference")
    for line in lines:
        memory = next((value for key, value in line.items() if key.endswith("_bytes")), 0)
        times = [value for key, value in line.items() if key.endswith("_ns") and key != "fill_ns"]
        print(f"{name_of(line):{width}}  {times[0]:12.1f}  {times[-1]:12.1f}  {line['ratio']:9.4g}  "
              f"{memory / 2**20:8.1f}  {line.get('per', '')}, {line.get('reference', '')}")


def growth_cases(lines, key, **fixed):
    """(value of the key, line) of the best-fit decisions that are alike but for the key."""
    return sorted((line[key], line) for line in lines
                  if line.get("bench") == "decision" and line.get("policy") == "best-fit"
                  and all(line[name] == value for name, value in fixed.items()))


def exponent(cases, first, last):
    at = {value: line["decision_ns"] for value, line in cases}
    if first not in at or last not in at:
        return None
    return math.log(at[last] / at[first]) / math.log(last / first)


def print_growth(lines):
    by_nodes = growth_cases(lines, "nodes", shapes=100)
    by_shapes = growth_cases(lines, "shapes", nodes=10000)
    for what, cases, first, last in (("nodes", by_nodes, 10000, 1000000), ("shapes", by_shapes, 10, 1000)):
        found = exponent(cases, first, last)
        if found is not None:
            print(f"a best-fit decision grows with {what}, {first:,} to {last:,}, by the exponent {found:.2f}")


def draw_growth(lines, picture):
    """Draws the picture, and leaves its data beside it."""
    picture = pathlib.Path(picture).resolve()
    data = picture.with_suffix(".csv")
    rows = [f"{nodes},{line['plain_scan_ns']},{line['decision_ns']},{line['no_search_ns']}"
            for nodes, line in growth_cases(lines, "nodes", shapes=100)]
    data.write_text("nodes,plain_scan_ns,decision_ns,no_search_ns\n" + "\n".join(rows) + "\n", encoding="utf-8")
    script = pathlib.Path(__file__).resolve().parent / "decision_growth.gp"
    subprocess.run(["gnuplot", "-e", f"data='{data}'; picture='{picture}'", str(script)], check=True)


def processor_name():
    """What Linux says of the first one: "AMD EPYC, family 26, model 2"."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    fields = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    name = fields.get("model name") or platform.machine() or "unknown"
    return ", ".join([name] + [f"{what} {fields[key]}" for what, key in (("family", "cpu family"), ("model", "model"))
                               if key in fields])


def keep_of(ratios, names):
    """The cases of these benchmarks."""
    return {case: ratio for case, ratio in ratios.items() if case.split()[0] in names}


def read_baseline(path):
    """{"processor": name, "ratios": {case: ratio}}"""
    try:
        baseline = json.loads(path.read_text(encoding="utf-8"))
        return {"processor": baseline["processor"], "ratios": dict(baseline["ratios"])}
    except (OSError, ValueError, KeyError, TypeError) as why:
        sys.exit(f"error: baseline {path}: {type(why).__name__}: {why}")


def read_others(path, names):
    """The ratios of the benchmarks that are left out, which a new baseline takes over."""
    others = [name for name in BENCHMARKS if name not in names]
    if not others or not path.exists():
        return {}
    baseline = read_baseline(path)
    if baseline["processor"] != processor_name():
        sys.exit(f"error: baseline {path} is of {baseline['processor']}, this is {processor_name()}: "
                 "leave out --only, or give another --baseline FILE")
    return keep_of(baseline["ratios"], others)


def write_baseline(lines, names, path):
    """Of these benchmarks it has what was measured now, and nothing else; of others what it had."""
    ratios = read_others(path, names) | {name_of(line): line["ratio"] for line in lines}
    ordered = {case: ratio for name in BENCHMARKS for case, ratio in keep_of(ratios, [name]).items()}
    text = json.dumps({"processor": processor_name(), "ratios": ordered}, indent=2) + "\n"
    try:
        part = path.with_name(path.name + ".part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as why:
        sys.exit(f"error: baseline {path}: {why}")


def check_baseline(options):
    """What is wrong with the baseline is told before minutes are spent on measuring."""
    if options.compare:
        read_baseline(options.baseline)
    if options.write_baseline:
        read_others(options.baseline, options.only)
        if not options.baseline.parent.is_dir():
            sys.exit(f"error: baseline {options.baseline}: there is no folder {options.baseline.parent}")


def compare(lines, baseline, names):
    """Prints what differs of these benchmarks; the number of cases that are worse."""
    worse = 0
    if baseline["processor"] != processor_name():
        print(f"note: the baseline is of {baseline['processor']}, this is {processor_name()}: ratios of two processors "
              "differ by a third or more; make a baseline of this one (--write-baseline --baseline FILE) to see changes")
    baseline = keep_of(baseline["ratios"], names)
    for line in lines:
        name = name_of(line)
        if name not in baseline:
            print(f"new: {name}: not in the baseline")
            continue
        change = line["ratio"] / baseline[name]
        if change <= WORSE:
            worse += 1
            print(f"WORSE: {name}: ratio {line['ratio']:.4g}, in the baseline {baseline[name]:.4g}: "
                  f"{100 * (1 - change):.0f} % less")
        elif change >= 1 / WORSE:
            print(f"better: {name}: ratio {line['ratio']:.4g}, in the baseline {baseline[name]:.4g}")
    measured = {name_of(line) for line in lines}
    for name in baseline:
        if name not in measured:
            print(f"not measured: {name}")
    print(f"{len(measured)} cases, {worse} worse by 20 % or more")
    return worse


def read_options():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].removeprefix("usage: "))
    parser.add_argument("build")
    deeds = parser.add_mutually_exclusive_group()
    deeds.add_argument("--compare", action="store_true")
    deeds.add_argument("--write-baseline", action="store_true")
    parser.add_argument("--baseline", type=pathlib.Path, default=BASELINE)
    parser.add_argument("--lines")
    parser.add_argument("--plot")
    for name in ("only", "data", "runs"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args()
    options.only = BENCHMARKS if options.only is None else options.only.split(",")
    for name in options.only:
        if name not in BENCHMARKS:
            parser.error(f"--only: no benchmark {name!r}: give some of {', '.join(BENCHMARKS)}")
    return options


def read_lines(path):
    try:
        return [json.loads(line) for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as why:
        sys.exit(f"error: --lines {path}: {why}")


def main():
    options = read_options()
    check_baseline(options)
    if options.lines:
        lines = read_lines(options.lines)
    else:
        lines = run_all(options)
        (pathlib.Path(options.build) / "bench.jsonl").write_text(
            "".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    print_table(lines)
    print_growth(lines)
    if options.plot:
        draw_growth(lines, options.plot)
    if options.write_baseline:
        write_baseline(lines, options.only, options.baseline)
    if options.compare:
        return 1 if compare(lines, read_baseline(options.baseline), options.only) else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
