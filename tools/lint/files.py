#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Checks that hold for every file of the repository: licence line, #pragma once, own header first,
length, nothing that belongs to one machine.

  files.py [REPOSITORY]    exit 1 and one line per violation
"""
import pathlib
import re
import subprocess
import sys

LICENCE = "SPDX-License-Identifier: MIT OR Apache-2.0"
CODE = {".cpp", ".hpp", ".rs", ".py", ".sh", ".go"}
NEED_LICENCE = CODE | {".cmake"}
MAX_LINES = 600
TEXT_LIMIT = 2 << 20
# Written by tools, so what they hold is not ours to choose.
GENERATED = re.compile(r"(^|/)(Cargo\.lock|go\.sum)$")

# Split so that this file does not match itself.
MACHINE = re.compile("|".join([
    r"(?<![\w.])/wo" r"rk/\w", r"(?<![\w.])/ro" r"ot/", r"/tm" r"p/v/", r"(?<![\w.])/ho" r"me/\w+/",
    r"crates\." r"io", r"registry\." r"npmjs", r"proxy\." r"golang", r"py" r"pi\.org",
    r"deb\." r"debian", r"pythonho" r"sted",
]))


def listed(root):
    """Files that git knows or would take; every file where there is no git."""
    try:
        out = subprocess.run(["git", "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"],
                             check=True, capture_output=True).stdout
        names = [name for name in out.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = [path.relative_to(root).as_posix() for path in root.rglob("*")
                 if not {".git", "build", "target"} & set(path.relative_to(root).parts)]
    return [name for name in sorted(set(names)) if (root / name).is_file()]


def check_code(root, name, lines):
    path = pathlib.PurePosixPath(name)
    if path.suffix in NEED_LICENCE or path.name == "CMakeLists.txt":
        if not any(LICENCE in line for line in lines[:3]):
            yield 1, "no licence line (%s)" % LICENCE
    if path.suffix in CODE and len(lines) > MAX_LINES:
        yield MAX_LINES, "%d lines, at most %d: split it" % (len(lines), MAX_LINES)
    if path.suffix == ".hpp":
        if not any(line.strip() == "#pragma once" for line in lines[:20]):
            yield 1, "no #pragma once"
        for number, line in enumerate(lines, 1):
            if re.match(r"using\s+namespace\s", line):
                yield number, "using namespace in a header"
    if path.suffix == ".cpp" and name.startswith("src/"):
        own = re.sub(r"(_test)?\.cpp$", ".hpp", name)[len("src/"):]
        if (root / "src" / own).is_file():
            includes = [(number, match.group(1)) for number, line in enumerate(lines, 1)
                        if (match := re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line))]
            if includes and includes[0][1] != own:
                yield includes[0][0], 'its own header "%s" comes first' % own


def check(root):
    root = pathlib.Path(root).resolve()
    count, errors = 0, []
    for name in listed(root):
        if GENERATED.search(name) or (root / name).stat().st_size > TEXT_LIMIT:
            continue
        data = (root / name).read_bytes()
        if b"\0" in data[:8192]:
            continue
        count += 1
        lines = data.decode(errors="replace").splitlines()
        found = list(check_code(root, name, lines))
        for number, line in enumerate(lines, 1):
            if MACHINE.search(line):
                found.append((number, "names a machine's path or a registry's host"))
        errors += ["%s:%d: %s" % (name, number, text) for number, text in found]
    return count, errors


def main(argv):
    root = argv[1] if len(argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    count, errors = check(root)
    for error in errors:
        print(error)
    print("files: %d read, %d violations" % (count, len(errors)))
    return 1 if errors or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
