#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Builds the peer of the interoperation tests:  build.sh FOLDER
# Exit 77, "skipped", where there is no Go or its modules cannot be had; with CI=true that is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/gopeer"
folder=$(realpath -m "$1")

skip() {
  echo "skipped: $1"
  [ "${CI:-}" = true ] && exit 1
  exit 77
}

go=${GO:-go}
# Where `make setup` puts it when the machine has none that is new enough.
own=${VENUS_CACHE:-$HOME/.cache/venus}/go-venv/bin/go
[ ! -x "$own" ] || go=$own
command -v "$go" >/dev/null || skip "no Go (make setup provides it)"
export CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -mod=readonly"
"$go" list -deps . >/dev/null 2>&1 || skip "its modules are not on this machine and cannot be fetched"
mkdir -p "$folder"
# A cold build takes three CPU minutes: it must not take both cores from tests that run beside it.
nice -n 5 "$go" build -o "$folder/gopeer" .
