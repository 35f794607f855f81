#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Runs every program below a build folder whose name matches, one after another; fails if one fails.
#   run_each.sh FOLDER NAME_REGEX FILTER_REGEX [arguments for each]
set -uo pipefail
folder=$1 name=$2 filter=$3
shift 3
mapfile -t programs < <(find "$folder" -type f -executable -printf '%f\t%p\n' |
  awk -F'\t' -v name="$name" -v filter="$filter" '$1 ~ name && $1 ~ filter { print $2 }' | sort)
[ ${#programs[@]} -gt 0 ] || { echo "no program below $folder matches" >&2; exit 1; }
status=0
for program in "${programs[@]}"; do
  echo "== ${program#"$folder"/}"
  "$program" "$@" || { status=1; echo "FAILED: $program" >&2; }
done
exit $status
