#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks scenarios/scenario.schema.json against what else says what a scenario is.

 1. It is a valid schema of draft 2020-12, and every shipped scenario, every whole scenario in the
    manual, the catalogue and the expected results of the imports validate.
 2. Every tests/bad/*.json is rejected, but those named with a reason in tests/data/beyond_schema.txt;
    those must pass, or their reason is no longer true.
 3. The keys of each object are the same three times: in the schema, in the tables of
    docs/scenario.md, and in the key lists of the loader; and tests/data/every_key.json has them all.
 4. The program accepts every_key.json and the shipped scenarios. Of every_key.json with one value
    replaced by a wrong or odd one, it accepts none that the schema rejects.

Usage: check_schema.py SOURCE_FOLDER [PROGRAM [STEP]]: with the program, every STEP-th of the changed
scenarios is tried (1: all, a minute). Exit code 77: python3-jsonschema is not installed.
"""

import copy
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("skipped: python3-jsonschema is not installed for " + sys.executable)
    sys.exit(77)

ROOT = pathlib.Path(sys.argv[1]).resolve()
SCHEMA_PATH = ROOT / "scenarios" / "scenario.schema.json"
MANUAL_PATH = ROOT / "docs" / "scenario.md"
POLICIES_PATH = ROOT / "docs" / "policies.md"
DATA = ROOT / "tests" / "data"
EVERY_KEY = DATA / "every_key.json"
failures = []


def fail(text):
    failures.append(text)


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


# ---- 1. what is valid ----


def complain(validator, name, scenario):
    """Adds the deepest complaint about what should be valid."""
    for error in validator.iter_errors(scenario):
        best = max([error, *(error.context or [])], key=lambda e: len(e.absolute_path))
        place = "/".join(str(part) for part in best.absolute_path)
        fail(f"{name}: {place}: {best.message[:200]}")


def shipped_scenarios():
    others = [SCHEMA_PATH.name, "bad-example.json"]
    shipped = [p for p in sorted((ROOT / "scenarios").glob("*.json")) if p.name not in others]
    if len(shipped) < 3:
        fail("scenarios: fewer than three shipped scenarios were found")
    return shipped


def whole_scenarios_in_manual():
    text = MANUAL_PATH.read_text(encoding="utf-8")
    for number, block in enumerate(re.findall(r"```json\n(.*?)```", text, re.S), 1):
        try:
            value = json.loads(block)
        except json.JSONDecodeError as error:
            fail(f"docs/scenario.md: JSON example {number}: {error}")
            continue
        if isinstance(value, dict) and "stowage" in value:
            yield f"docs/scenario.md: JSON example {number}", value


def check_valid(validator):
    for path in [*shipped_scenarios(), *sorted((DATA / "openb").glob("*.json")), EVERY_KEY]:
        complain(validator, str(path.relative_to(ROOT)), load(path))
    for name, scenario in whole_scenarios_in_manual():
        complain(validator, name, scenario)
    catalogue = load(ROOT / "scenarios" / "catalogue" / "instance_types.json")
    around = {"stowage": 1, "horizon": "1s", "nodepools": [], "instance_types": catalogue}
    complain(validator, "catalogue", around)


# ---- 2. what is not ----


def beyond_schema():
    """name -> reason of the bad cases that no schema can tell."""
    listed = {}
    path = DATA / "beyond_schema.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, reason = line.partition(":")
            if not reason.strip():
                fail(f"{path.name}: {name}: no reason is given")
            listed[name] = reason.strip()
    return listed


def is_rejected(validator, path):
    try:
        scenario = load(path)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return False  # no JSON: not the schema's to reject
    return not validator.is_valid(scenario)


def check_invalid(validator):
    listed = beyond_schema()
    cases = {path.stem: path for path in sorted((ROOT / "tests" / "bad").glob("*.json"))}
    for name in listed:
        if name not in cases:
            fail(f"beyond_schema.txt: {name}: there is no tests/bad/{name}.json")
    for name, path in cases.items():
        rejected = is_rejected(validator, path)
        if rejected and name in listed:
            fail(f"tests/bad/{name}.json: is in beyond_schema.txt, but the schema rejects it")
        if not rejected and name not in listed:
            fail(f"tests/bad/{name}.json: the schema accepts it, and it is not in beyond_schema.txt")
    if not is_rejected(validator, ROOT / "scenarios" / "bad-example.json"):
        fail("scenarios/bad-example.json: the schema accepts it")
    return len(cases), len(listed)


# ---- 3. the same keys three times ----
#
# An object is known by its title: that of the schema, and the name that the loader calls it in
# messages. Three are all called "simulation" there.

SIMULATIONS = {
    ("load_nodes.c", "keys"): "simulation of a nodepool",
    ("load_replica.c", "runner_keys"): "simulation of a runner",
    ("load_replica.c", "deployment_keys"): "simulation of a deployment",
}
# Of these the loader knows all keys of the API, so that it does not warn of them; the schema and the
# manual have those that mean something.
PARTLY_KNOWN = ["apiModel", "apiModelVersion", "apiWorkflow", "apiWorkflowVersion"]
# Objects that stand under a key of their own in the tables of the manual: `scheduler.order`.
NESTED = {
    "node_overhead": "node_overhead",
    "preemption": "preemption",
    "startup": "startup",
    "cloud_provider": "apiCloudProvider",
    "allowed_capacity_types": "apiNodeCapacityType",
    "node_capacity_type": "apiNodeCapacityType",
}
# What every object of a policy may hold beside the policy's own parameters.
POLICY_KEYS = {"name", "weight"}
DISTRIBUTIONS = {
    "constant": "a constant",
    "uniform": "a uniform distribution",
    "exponential": "an exponential distribution",
    "normal": "a normal distribution",
    "lognormal": "a lognormal distribution",
    "weibull": "a Weibull distribution",
    "gamma": "a gamma distribution",
}


def keys_in_schema(node, found):
    """Adds title -> keys of all objects; equal titles add up."""
    if isinstance(node, list):
        for item in node:
            keys_in_schema(item, found)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("title"), str) and isinstance(node.get("properties"), dict):
        found.setdefault(node["title"], set()).update(node["properties"])
    for item in node.values():
        keys_in_schema(item, found)


def add_manual_row(title, cells, found):
    """A row of a table of the manual: | `key`, `key` | ... |."""
    names = re.findall(r"`([^`]*)`", cells[0])
    if title == "distributions":
        parameters = re.findall(r"`([a-z]+)`", cells[1])
        found[DISTRIBUTIONS[names[0]]] = {"distribution", "min", "max", *parameters}
    elif title == "events":
        found.setdefault("an event", {"at"}).update(names)
        like = found["cordon_node"] if "likewise" in cells[1] else set()
        found[names[0]] = like | set(re.findall(r"`([a-z_]+)`", cells[1]))
    else:
        for name in names:
            outer, dot, inner = name.partition(".")
            found.setdefault(title, set()).add(outer)
            if dot:
                found.setdefault(NESTED[outer], set()).add(inner)


def manual_keys():
    """Objects of the manual: each table behind a line `<!-- keys: TITLE -->`; `TITLE = OTHER +` has
    the keys of the other object too."""
    found = {}
    others = {}
    title = None
    is_body = False
    manuals = [MANUAL_PATH.read_text(encoding="utf-8"), POLICIES_PATH.read_text(encoding="utf-8")]
    for line in "\n\n".join(manuals).splitlines():
        mark = re.fullmatch(r"<!-- keys: (.*?)(?: = (.*) \+)? -->", line)
        if mark:
            title = mark.group(1)
            others[title] = mark.group(2)
            is_body = False
        elif line.startswith("|---"):
            is_body = True
        elif title and is_body and line.startswith("| `"):
            add_manual_row(title, re.split(r"(?<!\\)\|", line)[1:], found)
        elif not line.startswith("|"):
            title = None
    for title, other in others.items():
        if other:
            found[title] = found.get(title, set()) | found[other]
    for title in policy_keys():
        found[title] = found.get(title, set()) | POLICY_KEYS
    return found


def policy_keys():
    """The keys of each policy's object, from its table of parameters; those of the policies without
    parameters are one object."""
    folder = ROOT / "scheduler" / "policies"
    sources = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.c"))]
    tables = {}
    for number, source in enumerate(sources):
        pattern = r"struct policy_parameter (\w+)\[\d*\] = \{(.*?)\n\};"
        for name, body in re.findall(pattern, source, re.S):
            keys = set(re.findall(r'\.name = "(\w+)"', body))
            tables[(number, name)] = tables[name] = keys
    found = {}
    for number, source in enumerate(sources):
        for body in re.findall(r"const struct policy policy_\w+ = \{(.*?)\n\};", source, re.S):
            title = re.search(r'\.name = "([^"]+)"', body).group(1)
            table = re.search(r"\.parameters = (\w+)", body)
            if table:
                name = table.group(1)
                found[title] = POLICY_KEYS | tables.get((number, name), tables[name])
    found["a policy without parameters"] = POLICY_KEYS
    return found


def texts_in(source, array):
    """The texts in braces, with the macros of the file in place of their names."""
    for name, value in re.findall(r"#define (\w+) ((?:.*\\\n)*.*)", source):
        array = array.replace(name, value)
    return set(re.findall(r'"([^"]*)"', array))


def loader_keys():
    """Objects of the loader: each `struct object_kind` with the array of keys before it."""
    found = {}
    kinds = r'\.name = "([^"]*)",[^;{}]*?\.keys = (\w+)|\{"([^"]*)", false,\s*(\w+_keys)'
    for path in sorted((ROOT / "scenarios").glob("load_*.c")):
        source = path.read_text(encoding="utf-8")
        for match in re.finditer(kinds, source):
            name, array = match.group(1) or match.group(3), match.group(2) or match.group(4)
            pattern = r"const char \*const " + array + r"\[\] = \{(.*?)\};"
            lists = [m for m in re.finditer(pattern, source, re.S) if m.start() < match.start()]
            title = SIMULATIONS.get((path.name, array), name) if name == "simulation" else name
            if lists:
                found.setdefault(title, set()).update(texts_in(source, lists[-1].group(1)))
    found.update(policy_keys())
    events = (ROOT / "scenarios" / "load_event.c").read_text(encoding="utf-8")
    found["an event"] = {"at", *re.findall(r'= \{\{"(\w+)", false', events)}
    return found


def check_columns():
    """The columns of runners_file: manual and loader."""
    source = (ROOT / "scenarios" / "load_files.c").read_text(encoding="utf-8")
    array = re.search(r"runner_columns\[\] = \{(.*?)\n\};", source, re.S).group(1)
    loader = {"columns of runners_file": set(re.findall(r'\{"(\w+)",', array))}
    manual = {title: keys for title, keys in manual_keys().items() if title in loader}
    compare("docs/scenario.md", manual, "the loader", loader)


def compare(what, keys, other_what, other_keys):
    for title in sorted(set(keys) | set(other_keys)):
        ours, theirs = keys.get(title), other_keys.get(title)
        if ours is None or theirs is None:
            missing = what if ours is None else other_what
            fail(f"{title}: no such object in {missing}")
            continue
        for key in sorted(ours - theirs):
            fail(f"{title}.{key}: is in {what}, not in {other_what}")
        for key in sorted(theirs - ours):
            fail(f"{title}.{key}: is in {other_what}, not in {what}")


def keys_used(value):
    """All keys in a JSON value, at any depth."""
    if isinstance(value, dict):
        return set(value).union(*map(keys_used, value.values()))
    if isinstance(value, list):
        return set().union(*map(keys_used, value))
    return set()


def check_keys(schema):
    in_schema = {}
    keys_in_schema(schema, in_schema)
    in_manual = manual_keys()
    in_manual.pop("columns of runners_file", None)
    compare("the schema", in_schema, "docs/scenario.md", in_manual)
    in_loader = loader_keys()
    in_loader.pop("an answer of the API", None)  # the name of the list, and what stands beside it
    for title in PARTLY_KNOWN:
        in_loader[title] = in_loader.get(title, set()) & in_schema.get(title, set())
    compare("the schema", in_schema, "the loader", in_loader)
    check_columns()
    used = keys_used(load(EVERY_KEY)) | keys_used(load(DATA / "every_key_part.json")) \
        | keys_used(load(DATA / "every_key_spot.json"))
    for rows in ["every_key_nodes.csv", "every_key_failures.csv"]:
        used.update((DATA / rows).read_text().splitlines()[0].split(","))
    for key in sorted(set().union(*in_schema.values()) - used):
        fail(f"{EVERY_KEY.name}: {key}: is a key of the schema, and is not used")
    return in_schema


# ---- 4. the schema and the program ----

# In place of a value; the last two take it away, or add a key that there is not.
TAKE_AWAY, ADD_KEY = object(), object()
REPLACEMENTS = [
    None, True, -1, 0, 1.5, 11, 10**10, "x", "", "5", "-3", "90s", "2026-01-05T01:00:00Z", [], {},
    [1], {"zzz": 1}, TAKE_AWAY, ADD_KEY,
]


def places(value, place=()):
    """The places of all values inside an object or array."""
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield place + (key,)
            yield from places(value[key], place + (key,))


def changed(whole, place, replacement):
    """A copy with one value replaced; None where that changes nothing."""
    copied = copy.deepcopy(whole)
    inner = copied
    for key in place[:-1]:
        inner = inner[key]
    old = inner[place[-1]]
    if replacement is TAKE_AWAY:
        del inner[place[-1]]
    elif replacement is ADD_KEY:
        if not isinstance(old, dict):
            return None
        old["zzz"] = 1
    elif type(old) is type(replacement) and old == replacement:
        return None
    else:
        inner[place[-1]] = replacement
    return copied


def accepted_by(program, folder, names):
    """Which of these scenarios the program finds valid."""
    result = subprocess.run([program, "validate", *names], cwd=folder, capture_output=True,
                            text=True, timeout=600, check=False)
    if result.returncode not in (0, 2):
        fail(f"validate: exit code {result.returncode}: {result.stderr[-300:]}")
    return {name for name in names if re.search(f"^{re.escape(name)}: valid", result.stdout, re.M)}


def check_changed(validator, program, step):
    """Returns how many changed scenarios were tried."""
    whole = load(EVERY_KEY)
    changes = [(place, other) for place in places(whole) for other in REPLACEMENTS]
    tried = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in DATA.glob("every_key_*"):
            shutil.copy(path, folder)
        for first in range(0, len(changes), 200 * step):
            rejected = {}
            for number, (place, other) in enumerate(changes[first:first + 200 * step:step]):
                scenario = changed(whole, place, other)
                tried += scenario is not None
                if scenario is not None and not validator.is_valid(scenario):
                    name = f"{number}.json"
                    (pathlib.Path(folder) / name).write_text(json.dumps(scenario))
                    rejected[name] = "/".join(map(str, place)), other
            for name in accepted_by(program, folder, list(rejected)) if rejected else ():
                place, other = rejected[name]
                fail(f"{place}: {other!r}: the program accepts it, the schema does not")
    return tried


def check_program(validator, program, step):
    names = [str(path) for path in [EVERY_KEY, *shipped_scenarios()]]
    for name in sorted(set(names) - accepted_by(program, ROOT, names)):
        fail(f"{name}: the program does not accept it")
    tried = check_changed(validator, program, step)
    print(f"{tried} changed scenarios tried")
    if tried < 100:
        fail(f"only {tried} changed scenarios were tried")


def main():
    schema = load(SCHEMA_PATH)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    check_valid(validator)
    cases, listed = check_invalid(validator)
    titles = check_keys(schema)
    if len(sys.argv) > 2:
        step = int(sys.argv[3]) if len(sys.argv) > 3 else 1
        check_program(validator, str(pathlib.Path(sys.argv[2]).resolve()), step)
    for text in failures:
        print(text)
    keys = sum(len(found) for found in titles.values())
    print(f"{cases} bad cases, {listed} of them beyond a schema; {len(titles)} objects, {keys} keys; "
          f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
