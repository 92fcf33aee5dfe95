#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs every command of README.md and compares what the README shows with what comes.

In a ```console block a line "$ COMMAND" is run, from a folder that looks like the checkout after
`./dev build`; the lines behind it, if any, must be what it prints ("..." stands for any lines). The
verbs of ./dev are not run here (./dev test is what runs this) but must exist; a test of its own
runs ./dev demo in a fresh copy. Links to files must lead somewhere.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from e2e import HANGS_AFTER_S, PROGRAM, SOURCE


def commands_of(text):
    """(line number, command, expected lines)"""
    found, inside = [], False
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("```"):
            inside = not inside and line == "```console"
        elif inside and line.startswith("$ "):
            found.append((number, line[2:], []))
        elif inside and found:
            found[-1][2].append(line)
    return found


def shows(expected, output):
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line.rstrip()) + r"[ ]*\n"
                      for line in expected)
    return re.fullmatch(pattern, output) is not None


def checkout_like(folder):
    for entry in SOURCE.iterdir():
        if not entry.name.startswith(("build", "report", ".git")) or entry.name == "reports":
            (folder / entry.name).symlink_to(entry)
    (folder / "build").mkdir()
    (folder / "build/stowage").symlink_to(PROGRAM)


def check_command(command, expected, folder):
    verb = re.fullmatch(r"\./dev (\S+)", command)
    if verb:
        usage = subprocess.run([SOURCE / "dev"], capture_output=True, text=True, check=True).stdout
        return None if f"\n  {verb.group(1)} " in usage else "./dev has no such verb"
    result = subprocess.run(["bash", "-c", command], cwd=folder, text=True, check=False,
                            capture_output=True, timeout=HANGS_AFTER_S, stdin=subprocess.DEVNULL)
    output = result.stdout + result.stderr
    if result.returncode != 0 and not expected:
        return f"exit code {result.returncode}: {output}"
    if expected and not shows(expected, output):
        return f"prints\n{output}"
    return None


def main():
    text = (SOURCE / "README.md").read_text(encoding="utf-8")
    commands = commands_of(text)
    findings = [] if commands else ["no commands found"]
    with tempfile.TemporaryDirectory(prefix="stowage-readme-") as name:
        folder = pathlib.Path(name)
        checkout_like(folder)
        for number, command, expected in commands:
            problem = check_command(command, expected, folder)
            print(f"README.md:{number}: $ {command}: {problem or 'ok'}")
            findings += [command] if problem else []
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if "://" not in target and not (SOURCE / target).exists():
            print(f"README.md: a link to nothing: {target}")
            findings.append(target)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
