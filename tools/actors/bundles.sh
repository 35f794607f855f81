#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Builds the actors tool and lets it write every bundle of networks/actors.tsv.
#   bundles.sh FOLDER     (GO names the go command, else the one on PATH)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
folder=$(realpath -m "$1")
export CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -mod=readonly"
tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
"${GO:-go}" test ./...
"${GO:-go}" build -o "$tool/actors" .
"$tool/actors" -out "$folder" -table ../../networks/actors.tsv
