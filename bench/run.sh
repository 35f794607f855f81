#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Runs every *_bench program and every script of this folder whose name (without its ending) matches, one
# after another; fails if one fails or none matches.
#   bench/run.sh BUILD_FOLDER [NAME_REGEX]
set -uo pipefail
build=$1 filter=${2:-}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
status=0 ran=0
if find "$build" -type f -executable -name '*_bench' -printf '%f\n' | grep -Eq -- "$filter"; then
  ran=1
  "$here/../tools/run_each.sh" "$build" '_bench$' "$filter" || status=1
fi
for script in "$here"/*.sh "$here"/*.py; do
  name=$(basename "${script%.*}")
  [ -x "$script" ] && [ "$name" != run ] && [[ $name =~ $filter ]] || continue
  ran=1
  echo "== bench/$(basename "$script")"
  "$script" "$build" || { status=1; echo "FAILED: $script" >&2; }
done
[ $ran = 1 ] || { echo "no benchmark matches $filter" >&2; exit 1; }
exit $status
