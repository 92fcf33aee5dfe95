#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs every command of README.md and compares what the README shows with what comes.

In a ```console block a line "$ COMMAND" is run, from a folder that looks like the checkout after
`./dev build`; the lines behind it, if any, must be what it prints ("..." stands for any lines). The
verbs of ./dev are not run here (./dev test is what runs this) but must exist; a test of its own
runs ./dev demo in a fresh copy. Links to files must lead somewhere.

With --update the README is rewritten to show what comes.
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


def run(command, folder):
    """(exit code, what it prints)"""
    result = subprocess.run(["bash", "-c", command], cwd=folder, text=True, check=False,
                            capture_output=True, timeout=HANGS_AFTER_S, stdin=subprocess.DEVNULL)
    return result.returncode, result.stdout + result.stderr


def check_dev(verb):
    usage = subprocess.run([SOURCE / "dev"], capture_output=True, text=True, check=True).stdout
    return None if f"\n  {verb} " in usage else "./dev has no such verb"


def check_command(command, expected, folder):
    """None, or what is wrong; and what the command printed."""
    if command.startswith("./dev "):
        return check_dev(command.split()[1]), ""
    code, output = run(command, folder)
    if code != 0 and not expected:
        return f"exit code {code}: {output}", output
    if expected and not shows(expected, output):
        return f"prints\n{output}", output
    return None, output


def update(text, shown):
    """The README with the lines behind each command replaced by what it printed."""
    lines = text.split("\n")
    for number, expected, output in reversed(shown):
        if expected:
            lines[number:number + len(expected)] = [line.rstrip() for line in output.splitlines()]
    (SOURCE / "README.md").write_text("\n".join(lines), encoding="utf-8")


def main():
    text = (SOURCE / "README.md").read_text(encoding="utf-8")
    commands = commands_of(text)
    findings = [] if commands else ["no commands found"]
    shown = []
    with tempfile.TemporaryDirectory(prefix="stowage-readme-") as name:
        folder = pathlib.Path(name)
        checkout_like(folder)
        for number, command, expected in commands:
            problem, output = check_command(command, expected, folder)
            shown.append((number, expected, output))
            print(f"README.md:{number}: $ {command}: {problem or 'ok'}")
            findings += [command] if problem else []
    if "--update" in sys.argv:
        update(text, shown)
        return 0
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if "://" not in target and not (SOURCE / target).exists():
            print(f"README.md: a link to nothing: {target}")
            findings.append(target)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
