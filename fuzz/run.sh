#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Runs the fuzz targets one after another; fails if one finds something. What they learn stays in
# build/fuzz/corpus/, what breaks them in build/fuzz/findings/.
#   fuzz/run.sh SECONDS [NAME_REGEX]     SECONDS for each target; build them first: make fuzz
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
seconds=${1:?usage: fuzz/run.sh SECONDS [NAME_REGEX]} filter=${2:-.}
build=build/fuzz
mapfile -t programs < <(find "$build/fuzz" -maxdepth 1 -type f -executable -name '*_fuzz' 2>/dev/null |
  grep -E -- "$filter" | sort)
[ ${#programs[@]} -gt 0 ] || { echo "no fuzz target in $build/fuzz matches '$filter'" >&2; exit 1; }
mkdir -p "$build/findings"
failed=()
for program in "${programs[@]}"; do
  name=$(basename "$program" _fuzz)
  corpus=$build/corpus/$name
  mkdir -p "$corpus"
  folders=("$corpus")
  [ -d "fuzz/corpus/$name" ] && folders+=("fuzz/corpus/$name")
  log=$build/findings/$name.log
  echo "== $name"
  if "$program" "${folders[@]}" -max_total_time="$seconds" -rss_limit_mb=2048 -malloc_limit_mb=1024 \
    -timeout=25 -max_len=65536 -artifact_prefix="$build/findings/$name-" -print_final_stats=1 >"$log" 2>&1; then
    grep -E 'number_of_executed_units|average_exec_per_sec|peak_rss_mb' "$log" | sed 's/^stat::/   /'
  else
    failed+=("$name")
    tail -n 40 "$log" >&2
    echo "FAILED: $name; the whole log is $log" >&2
  fi
done
echo "${#programs[@]} targets, ${#failed[@]} with findings${failed[*]:+: ${failed[*]}}"
[ ${#failed[@]} -eq 0 ]
