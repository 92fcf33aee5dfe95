#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual page against the program: every verb and option of --help is in docs/stowage.1, and
every option in the page exists."""
import re
import shutil
import subprocess
import sys

from e2e import PROGRAM, SOURCE

# Options of other programs that the page speaks of.
FOREIGN = set()


def help_of(*arguments):
    return subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True).stdout


def sections_of(page):
    """The text of each .SS subsection of COMMANDS, by the verb it begins with."""
    parts = re.split(r"^\.SS (.*)$", page, flags=re.M)
    return {parts[i].split()[0].strip('"'): parts[i + 1] for i in range(1, len(parts), 2)}


def main():
    page = (SOURCE / "docs/stowage.1").read_text(encoding="utf-8").replace("\\-", "-")
    sections = sections_of(page)
    overview = help_of("help")
    findings = []
    known = set(re.findall(r"--[a-z][a-z-]*", overview))
    verbs = re.findall(r"^  ([a-z]+)  ", overview, re.M)
    for verb in verbs:
        if verb not in sections:
            findings.append(f"no subsection on {verb}")
            continue
        options = re.findall(r"^  (?:-(\w), |    )(--[a-z-]+)(?: (\S+))?  ", help_of("help", verb), re.M)
        known |= {name for _, name, _ in options}
        for letter, name, argument in options:
            if name == "--help":
                continue
            for text in (name, f"-{letter}" if letter else name, argument):
                if text not in sections[verb]:
                    findings.append(f"{verb}: {text} is not described")
    for name in sorted(set(re.findall(r"--[a-z][a-z-]*", page)) - known - FOREIGN):
        findings.append(f"the page names {name}, which no verb takes")
    if shutil.which("groff"):
        result = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", SOURCE / "docs/stowage.1"],
                                capture_output=True, text=True, check=False)
        findings += result.stderr.splitlines()
    print("\n".join(findings))
    return 1 if findings or not verbs else 0


if __name__ == "__main__":
    sys.exit(main())
