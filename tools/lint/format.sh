#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Formats every C++, Rust and Go source; with --check only says which are not formatted.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
status=0
mapfile -d '' -t sources < <(git ls-files -z -co --exclude-standard -- '*.cpp' '*.hpp')
if [ "${1:-}" = --check ]; then
  printf '%s\0' "${sources[@]}" |
    xargs -0 -r -n 40 -P 2 clang-format-19 --dry-run -Werror --ferror-limit=1 || status=1
  (cd native && cargo fmt --all --check -- --color never -l) || status=1
  if command -v gofmt >/dev/null; then
    unformatted=$(gofmt -l tools/actors)
    [ -z "$unformatted" ] || { echo "not formatted: $unformatted"; status=1; }
  fi
else
  printf '%s\0' "${sources[@]}" | xargs -0 -r -n 40 -P 2 clang-format-19 -i || status=1
  (cd native && cargo fmt --all) || status=1
  command -v gofmt >/dev/null && gofmt -w tools/actors
fi
exit $status
