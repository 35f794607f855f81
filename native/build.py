#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Lets cargo build the Rust library in the shared target folder and copies what C++ needs of it.

  build.py CARGO TARGET_FOLDER OUT

The target folder is shared by every checkout of a machine, so that dependencies compile once; what
lies at its fixed places (library, links to the bridges' headers) belongs to whichever checkout built
last. Therefore, under a lock, this build's own files are copied to OUT: libvenus_native.a,
libvenus_native.d (every source, for ninja) and include/.
"""
import fcntl
import filecmp
import json
import os
import pathlib
import shutil
import subprocess
import sys

LIBRARY = "libvenus_native.a"


def cargo_build(cargo, target):
    """Runs cargo; returns the static library and the folders of the bridges' headers."""
    command = [cargo, "build", "--release", "--locked", "--package", "venus-staticlib",
               "--message-format=json-render-diagnostics"]
    if not sys.stderr.isatty():
        command.append("--quiet")
    folder = pathlib.Path(__file__).resolve().parent
    run = subprocess.run(command, cwd=folder, env={**os.environ, "CARGO_TARGET_DIR": str(target)},
                         stdout=subprocess.PIPE, text=True)
    if run.returncode:
        sys.exit(run.returncode)
    library, includes = None, []
    for line in run.stdout.splitlines():
        message = json.loads(line)
        if message["reason"] == "compiler-artifact" and message["target"]["name"] == "venus_native":
            library = next(pathlib.Path(f) for f in message["filenames"] if f.endswith(".a"))
        elif message["reason"] == "build-script-executed":
            include = pathlib.Path(message["out_dir"]) / "cxxbridge/include"
            if include.is_dir() and folder.as_posix() in message["package_id"]:
                includes.append(include)
    if library is None or not includes:
        sys.exit("native/build.py: cargo named no library or no bridge headers")
    return library, includes


def copy_if_different(source, destination):
    if destination.exists() and filecmp.cmp(source, destination, shallow=False):
        return
    destination.parent.mkdir(parents=True, exist_ok=True)
    temp = destination.with_name(destination.name + ".partial")
    shutil.copyfile(source, temp)
    os.replace(temp, destination)


def main(cargo, target, out):
    target, out = pathlib.Path(target), pathlib.Path(out)
    target.mkdir(parents=True, exist_ok=True)
    with open(target / ".venus-lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        library, includes = cargo_build(cargo, target)
        for include in includes:
            for header in include.rglob("*.h"):
                copy_if_different(header, out / "include" / header.relative_to(include))
        sources = library.with_suffix(".d").read_text().replace(
            str(library), str(out / LIBRARY))
        copy_if_different(library, out / LIBRARY)
    (out / LIBRARY).with_suffix(".d").write_text(sources)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
