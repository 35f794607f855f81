#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compiles every header of src/ alone, without precompiled headers: each includes what it needs.

  headers.py BUILD_FOLDER [REGEX]    exit 1 and the compiler's words for each that does not compile
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEEP = re.compile(r"-(I|isystem|D|std=|W|f)")


def flags_by_room(build):
    """Compiler and include flags of one source of each folder below src/."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if ROOT / "src" not in path.parents:
            continue
        words = shlex.split(entry["command"])
        while "=" in words[0] or not re.search(r"clang\+\+", words[0]):
            words.pop(0)
        flags, words = [words[0]], iter(words[1:])
        for word in words:
            if word in ("-isystem", "-I", "-D"):
                flags += [word, next(words)]
            elif word in ("-Xclang", "-include", "-o"):
                next(words)
            elif KEEP.match(word) and not word.startswith("-fpch"):
                flags.append(word)
        found.setdefault(path.relative_to(ROOT / "src").parts[0], flags)
    return found


def compile_alone(header, flags):
    done = subprocess.run(flags + ["-fsyntax-only", "-Wno-pragma-once-outside-header", "-x", "c++",
                                   str(header)], capture_output=True, text=True)
    return header, done.returncode, done.stderr


def main(argv):
    if len(argv) < 2:
        sys.exit(__doc__)
    build, wanted = pathlib.Path(argv[1]), re.compile(argv[2] if len(argv) > 2 else "")
    rooms = flags_by_room(build)
    work = []
    for header in sorted((ROOT / "src").rglob("*.hpp")):
        relative = header.relative_to(ROOT / "src")
        if relative.parts[0] in rooms and wanted.search(relative.as_posix()):
            work.append((header, rooms[relative.parts[0]]))
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, status, text in pool.map(lambda job: compile_alone(*job), work):
            if status:
                bad += 1
                print("%s does not compile alone:\n%s" % (header.relative_to(ROOT), text[:1500]))
    print("headers: %d compiled, %d failed" % (len(work), bad))
    return 1 if bad or not work else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
