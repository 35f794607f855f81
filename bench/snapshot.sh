#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes a snapshot whose blocks look like those of a state, and prints how fast it is imported, sorted, exported and
# copied by garbage collection, with the memory each took, beside the speed the disk writes at.
#   bench/snapshot.sh BUILD_FOLDER [GIB]
# Needs three times GIB of free space in the temporary folder (TMPDIR).
set -euo pipefail
build=$1
gib=${2:-4}
load=$build/bench/snapshot_load
[ -x "$load" ] || { echo "snapshot: $load is missing" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "-- the disk: writing 1 GiB and waiting until it is there"
dd if=/dev/zero of="$folder/disk" bs=1M count=1024 conv=fdatasync 2>&1 | tail -1
rm "$folder/disk"
"$load" make "$folder/snapshot.car" "$gib"
cat "$folder/snapshot.car" >/dev/null  # into the page cache, as far as it fits
"$load" import "$folder/snapshot.car" "$folder/db"
"$load" compact "$folder/db"
rm "$folder/snapshot.car"
"$load" export "$folder/db" "$folder/again.car" "$(nproc)"
rm "$folder/again.car"
"$load" export "$folder/db" "$folder/again.car.zst" "$(nproc)"
rm "$folder/again.car.zst"
"$load" gc "$folder/db"
