#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The house rules that a machine can check.

usage: check_style.py SOURCE_DIR [BUILD_DIR]

From the text: the SPDX line, the direction of includes, sizes, macros, goto, the sources of policies. From the objects of
BUILD_DIR: no writable globals, and who calls what of the C library. Prints every finding as
file:line: text and exits 1 when there is one.
"""
import pathlib
import re
import subprocess
import sys

ROOMS = ["base", "scheduler", "scenarios", "sim", "reports", "bench", "plan", "cli"]

# What a room may include. `tests` may include everything.
MAY_INCLUDE = {
    "base": {"base"},
    "scheduler": {"base", "scheduler"},
    "scenarios": {"base", "scheduler", "scenarios"},
    "sim": {"base", "scheduler", "scenarios", "sim"},
    "reports": {"base", "scheduler", "scenarios", "sim", "reports"},
    "bench": {"base", "scheduler", "scenarios", "sim", "reports", "bench"},
    "plan": {"base", "scheduler", "scenarios", "sim", "reports", "bench", "plan"},
    "cli": set(ROOMS),
    "tests": set(ROOMS) | {"tests"},
}

COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
TEST_FUNCTION_LINES_MAX = 150  # a test is often a table of cases
FILE_LINES_MAX = 600
PARAMETERS_MAX = 5
FUNCTION_LINES_MEDIAN_MAX = 20

# Of the C library: what only cli/ may call, and what makes a decision depend on more than the input.
PRINTS_OR_ENDS = {
    "printf", "vprintf", "puts", "putchar", "perror", "psignal", "exit", "_exit", "_Exit", "quick_exit",
    "abort", "stdout", "stderr", "stdin", "err", "errx", "warn", "warnx", "gsl_abort",
    "__printf_chk", "__vprintf_chk",
}
IMPURE = {
    "time", "clock", "clock_gettime", "gettimeofday", "timespec_get", "localtime", "localtime_r",
    "gmtime", "strftime", "mktime", "ctime", "getenv", "secure_getenv", "setlocale", "localeconv",
    "strcoll", "rand", "srand", "random", "srandom", "drand48", "rand_r", "getrandom", "getentropy",
    "arc4random", "gsl_rng_env_setup", "getpid", "gethostname", "sysconf", "pthread_create",
}
FILES = {"fopen", "fopen64", "open", "open64", "read", "write", "fread", "fwrite", "fprintf", "fputs",
         "fputc", "rename", "unlink", "mkdir", "opendir", "stat", "stat64"}

# The places that need an exception, and why.
ALLOWED_CALLS = {
    ("base/output.c", "stdout"): "the path - means standard output",
    ("bench/crew_local.c", "_exit"): "a forked worker ends without flushing its parent's files",
    ("scenarios/import_source.c", "stdin"): "the path - means standard input",
}


class Findings:
    def __init__(self, root):
        self.root = root
        self.items = []

    def add(self, path, line, text):
        self.items.append(f"{path.relative_to(self.root)}:{line}: {text}")


def without_comments_and_texts(source):
    """The source with comments and literals blanked, line structure kept."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

    def blank(match):
        text = match.group(0)
        if text[0] == '"':
            return '""'
        if text[0] == "'":
            return "0"
        return re.sub(r"[^\n]", " ", text)

    return pattern.sub(blank, source)


def functions_of(code):
    """(first line, last line, signature) of each definition: a signature, then '{' in column 1."""
    lines = code.split("\n")
    for number, line in enumerate(lines):
        if line != "{":
            continue
        first = number
        while first > 0 and lines[first - 1].strip() and lines[first - 1].rstrip()[-1] not in ";}":
            if lines[first - 1].startswith("#"):
                break
            first -= 1
        last = next(i for i in range(number, len(lines)) if lines[i] == "}")
        yield first + 1, last + 1, " ".join(lines[first:number])


def parameter_count(signature):
    inside = signature[signature.index("(") + 1:signature.rindex(")")].strip()
    if inside in ("", "void"):
        return 0
    depth, count = 0, 1
    for character in inside:
        depth += {"(": 1, ")": -1}.get(character, 0)
        count += character == "," and depth == 0
    return count


def check_includes(path, room, source, findings):
    includes = re.findall(r'^#include "([^"]+)"', source, re.M)
    for number, line in enumerate(source.split("\n"), 1):
        match = re.match(r'#include "([^"]+)"', line)
        if not match:
            continue
        target = match.group(1).split("/")[0]
        if target not in MAY_INCLUDE[room]:
            findings.add(path, number, f"{room}/ may not include {match.group(1)}")
    header = path.with_suffix(".h")
    own = str(header.relative_to(findings.root))
    if path.suffix == ".c" and header.exists() and includes and includes[0] != own:
        findings.add(path, 1, f"includes its own header {own} first")


def check_preprocessor(path, code, findings):
    guard = "STOWAGE_" + re.sub(r"[/.]", "_", str(path.relative_to(findings.root))).upper()
    conditionals = re.findall(r"^\s*#\s*if\w*\s+(.*)$", code, re.M)
    expected = [guard] if path.suffix == ".h" else []
    if conditionals != expected:
        findings.add(path, 1, f"conditional compilation: {conditionals}, expected {expected}")
    for number, line in enumerate(code.split("\n"), 1):
        match = re.match(r"#define (\w+)\(", line)
        if match and match.group(1) != "ARRAY_LEN":
            findings.add(path, number, f"function-like macro {match.group(1)}")


def check_sizes(path, source, code, findings):
    lengths = []
    for number, line in enumerate(source.split("\n"), 1):
        if len(line) > COLUMNS_MAX:
            findings.add(path, number, f"{len(line)} columns, at most {COLUMNS_MAX}")
        if line.rstrip() != line or "\t" in line:
            findings.add(path, number, "trailing blank or tab")
    code_lines = sum(1 for line in code.split("\n") if line.strip())
    is_test = findings.root / "tests" in path.parents
    function_lines_max = TEST_FUNCTION_LINES_MAX if is_test else FUNCTION_LINES_MAX
    if code_lines > FILE_LINES_MAX and not is_test:
        findings.add(path, 1, f"{code_lines} lines of code, at most {FILE_LINES_MAX}")
    for first, last, signature in functions_of(code):
        length = last - first + 1
        lengths.append(length)
        if length > function_lines_max:
            findings.add(path, first, f"function of {length} lines, at most {function_lines_max}")
        if parameter_count(signature) > PARAMETERS_MAX:
            findings.add(path, first, f"more than {PARAMETERS_MAX} parameters")
    return lengths


def check_statements(path, source, code, findings):
    for number, line in enumerate(code.split("\n"), 1):
        match = re.search(r"\bgoto (\w+)", line)
        if match and match.group(1) != "out":
            findings.add(path, number, f"goto {match.group(1)}: only forward to out")
        if re.search(r"\btypedef\s+(struct|union)\b", line):
            findings.add(path, number, "typedef of a struct")
        is_test = findings.root / "tests" in path.parents
        if not is_test and re.search(r"\b(strcpy|strcat|sprintf|gets|atoi|atol|atof|strtok|alloca)\s*\(",
                                     line):
            findings.add(path, number, "an unsafe function of the C library")
    for number, line in enumerate(source.split("\n"), 1):
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
            findings.add(path, number, "an open end: finish it or file an issue")


def check_sources(root, findings):
    lengths = []
    for room in ROOMS + ["tests"]:
        for path in sorted((root / room).rglob("*.[ch]")):
            source = path.read_text(encoding="utf-8")
            code = without_comments_and_texts(source)
            if not source.startswith("/* SPDX-License-Identifier: GPL-3.0-or-later */\n"):
                findings.add(path, 1, "no SPDX line")
            check_includes(path, room, source, findings)
            check_statements(path, source, code, findings)
            found = check_sizes(path, source, code, findings)
            if room != "tests":
                check_preprocessor(path, code, findings)
                lengths += found
    median = sorted(lengths)[len(lengths) // 2] if lengths else 0
    print(f"{len(lengths)} functions, median {median} lines, longest {max(lengths, default=0)}")
    if median > FUNCTION_LINES_MEDIAN_MAX:
        findings.items.append(f"median function length {median}")


def check_policies(root, findings):
    """A file that makes a policy says where its formula comes from."""
    for path in sorted((root / "scheduler/policies").glob("*.c")):
        source = path.read_text(encoding="utf-8")
        if re.search(r"^const struct policy policy_\w+ = {", source, re.MULTILINE) and "Source: " not in source:
            findings.add(path, 1, "no source of the policy")


def check_scripts(root, findings):
    scripts = list(root.glob("**/CMakeLists.txt")) + list(root.glob("tests/*.py")) + \
        [root / "dev", root / ".ci/run"]
    for path in scripts:
        if "build" in path.relative_to(root).parts[0]:
            continue
        head = path.read_text(encoding="utf-8").split("\n")[:2]
        if not any("SPDX-License-Identifier: GPL-3.0-or-later" in line for line in head):
            findings.add(path, 1, "no SPDX line")


def objects_of(root, build):
    """(source file, object file) of everything that goes into the program."""
    for room in ROOMS:
        for path in sorted((build / room).rglob("*.c.o")):
            inner = str(path).split(".dir/", 1)[1][:-len(".o")]
            folder = pathlib.Path(str(path).split("/CMakeFiles/")[0]).relative_to(build)
            source = root / folder / inner
            if source.exists():
                yield source, path


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def check_globals(sources, findings):
    source = None
    for line in output_of("objdump", "-t", *sources).split("\n"):
        head = re.match(r"(\S+\.o):\s+file format", line)
        if head:
            source = sources[head.group(1)]
        match = re.match(r"[0-9a-f]+ (.{7}) (\S+)\s+([0-9a-f]+) (?:\.hidden )?(\S+)$", line)
        if not match or "d" in match.group(1) or int(match.group(3), 16) == 0:
            continue
        section, name = match.group(2), match.group(4)
        writable = re.match(r"\.(data|bss|tdata|tbss|sdata)\b|\*COM\*", section)
        if writable and not section.startswith(".data.rel.ro"):
            findings.add(source, 1, f"writable global or static: {name} ({section})")


def check_calls(sources, findings):
    for line in output_of("nm", "-A", "-u", *sources).splitlines():
        match = re.match(r"(\S+\.o):\s+U (\S+)$", line)
        if not match:
            continue
        source, symbol = sources[match.group(1)], match.group(2).split("@")[0]
        name = str(source.relative_to(findings.root))
        room = name.split("/")[0]
        forbidden = set()
        if room not in ("cli", "bench"):
            forbidden |= PRINTS_OR_ENDS
        if room in ("scheduler", "sim"):
            forbidden |= IMPURE | FILES
        if symbol in forbidden and (name, symbol) not in ALLOWED_CALLS:
            findings.add(source, 1, f"{room}/ may not use {symbol}")


def check_objects(root, build, findings):
    sources = {str(path): source for source, path in objects_of(root, build)}
    print(f"{len(sources)} objects")
    if not sources:
        findings.items.append("no objects found: build first")
        return
    check_globals(sources, findings)
    check_calls(sources, findings)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    findings = Findings(root)
    check_sources(root, findings)
    check_policies(root, findings)
    check_scripts(root, findings)
    if len(sys.argv) > 2:
        check_objects(root, pathlib.Path(sys.argv[2]).resolve(), findings)
    print("\n".join(findings.items))
    return 1 if findings.items else 0


if __name__ == "__main__":
    sys.exit(main())
