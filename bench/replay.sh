#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Replays the recorded Lotus chain (chain-700.car) and prints tipsets and messages a second, for its light
# part (to epoch 575) and its heavy one, state only and with full validation, and where the time went.
#   bench/replay.sh BUILD_FOLDER
set -euo pipefail
build=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
vectors=${VENUS_VECTORS:-$here/../shared/vectors}
bundle=${VENUS_CACHE:-$HOME/.cache/venus}/actors/v18-devnet.car
[ -e "$vectors/lotus-devnet/chain-700.car" ] || { echo "replay: skipped, there are no vectors in $vectors"; exit 0; }
[ -e "$bundle" ] || { echo "replay: $bundle is missing; run 'make setup'" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export FIL_PROOFS_PARAMETER_CACHE="$vectors/lotus-devnet/vk"
for mode in "" --full; do
  echo "-- ${mode:-state only}"
  # shellcheck disable=SC2086
  "$build/apps/venus_replay" $mode --split 575 --network "$here/tests/replay/lotus-devnet.toml" \
    --actors "$bundle" --db "$folder/db$mode" "$vectors/lotus-devnet/chain-700.car"
done
