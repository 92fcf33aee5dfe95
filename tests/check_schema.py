#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks scenarios/scenario.schema.json against what else says what a scenario is.

 1. It is a valid schema of draft 2020-12, and every shipped scenario, every whole scenario in the
    manual, the catalogue and the expected results of the imports validate.
 2. Every tests/bad/*.json is rejected, but those named with a reason in tests/data/beyond_schema.txt;
    those must pass, or their reason is no longer true.
 3. The keys of each object are the same three times: in the schema, in the tables of
    docs/scenario.md, and in the key lists of the loader.

Usage: check_schema.py SOURCE_FOLDER. Exit code 77: python3-jsonschema is not installed.
"""

import json
import pathlib
import re
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("skipped: python3-jsonschema is not installed for " + sys.executable)
    sys.exit(77)

ROOT = pathlib.Path(sys.argv[1]).resolve()
SCHEMA_PATH = ROOT / "scenarios" / "scenario.schema.json"
MANUAL_PATH = ROOT / "docs" / "scenario.md"
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
    names = [SCHEMA_PATH.name, "bad-example.json"]
    shipped = [p for p in sorted((ROOT / "scenarios").glob("*.json")) if p.name not in names]
    if len(shipped) < 3:
        fail("scenarios: fewer than three shipped scenarios were found")
    for path in [*shipped, *sorted((ROOT / "tests" / "data" / "openb").glob("*.json"))]:
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
    path = ROOT / "tests" / "data" / "beyond_schema.txt"
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


def keys_of(schema, node, found):
    """Objects of the schema by title, each with the set of its keys; same title: the union."""
    if isinstance(node, list):
        for item in node:
            keys_of(schema, item, found)
    if not isinstance(node, dict):
        return
    if "title" in node and "properties" in node:
        found.setdefault(node["title"].split(",")[0], set()).update(node["properties"])
    for key, item in node.items():
        keys_of(schema, item, found)


def schema_keys(schema):
    found = {}
    keys_of(schema, schema, found)
    return found


def manual_keys():
    """Objects of the manual: each table behind a line `<!-- keys: TITLE -->`."""
    found = {}
    title = None
    for line in MANUAL_PATH.read_text(encoding="utf-8").splitlines():
        mark = re.match(r"<!-- keys: (.*) -->", line)
        if mark:
            title = mark.group(1)
            found.setdefault(title, set())
        elif title and line.startswith("| `"):
            found[title].update(re.findall(r"`([^`]*)`", line.split("|")[1]))
        elif title and not line.startswith("|") and line.strip():
            title = None
    return found


def loader_keys():
    """Objects of the loader: `static const char *const X_keys[] = {...}` and the kind that has it."""
    found = {}
    for path in sorted((ROOT / "scenarios").glob("*.c")):
        text = path.read_text(encoding="utf-8")
        lists = dict(re.findall(r"const char \*const (\w+)\[\] = \{(.*?)\};", text, re.S))
        kinds = r"struct object_kind \w+ = \{\s*\"([^\"]*)\",\s*(?:true|false),\s*(\w+),"
        for name, array in re.findall(kinds, text):
            found.setdefault(name, set()).update(re.findall(r'"([^"]*)"', lists.get(array, "")))
    return found


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


def main():
    schema = load(SCHEMA_PATH)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    check_valid(validator)
    cases, listed = check_invalid(validator)
    titles = schema_keys(schema)
    compare("the schema", titles, "docs/scenario.md", manual_keys())
    compare("the schema", titles, "the loader", loader_keys())
    for text in failures:
        print(text)
    keys = sum(len(found) for found in titles.values())
    print(f"{cases} bad cases, {listed} of them beyond a schema; {len(titles)} objects, {keys} keys; "
          f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
