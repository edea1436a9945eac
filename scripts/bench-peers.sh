#!/usr/bin/env bash
# The same preflight, sent by Crosscheck and by its peers, against a bare answerer, the reference
# store and nginx: CPU per request, throughput, system calls, memory, and how true the tails are.
# Installs the peers from the package registries; one that cannot be had is left out by name.
#
#   bench-peers.sh                 everything, a quarter of an hour on a quiet machine
#   bench-peers.sh --quick         wrk and Crosscheck alone, a minute; fails where a bar of CPU, system
#                                  calls or counts is missed (what noise cannot move)
#   bench-peers.sh --help          all options
#
# Server on core 0, client on core 1, rounds interleaved; docs/bench-load.md has the method.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
tools=$root/target/bench
mkdir -p "$tools/bin"
export PATH="$tools/bin:$PATH"
quick=0 install=1
for argument in "$@"; do
  case $argument in
    --quick) quick=1 ;;
    --no-install | --help | -h) install=0 ;;
  esac
done

have() { command -v "$1" >/dev/null 2>&1; }
missing() { echo "left out: $1 ($2)" >&2; }

debian() { # debian COMMAND PACKAGE
  have "$1" && return
  local sudo
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  if [ -z "${updated:-}" ]; then $sudo apt-get -o DPkg::Lock::Timeout=300 update -qq || true; updated=1; fi
  DEBIAN_FRONTEND=noninteractive $sudo apt-get -o DPkg::Lock::Timeout=300 install -y -qq \
    --no-install-recommends "$2" >"$tools/apt.log" 2>&1 || missing "$1" "see target/bench/apt.log"
}

go_module() { # go_module COMMAND MODULE@VERSION
  have "$1" && return
  have go || { missing "$1" "no Go toolchain"; return; }
  GOBIN=$tools/bin go install "$2" >"$tools/$1.log" 2>&1 || missing "$1" "see target/bench/$1.log"
}

if [ "$install" = 1 ]; then
  debian taskset util-linux
  debian strace strace
  debian wrk wrk
  if [ "$quick" = 0 ]; then
    debian nginx nginx-light
    debian h2load nghttp2-client
    debian httperf httperf
    debian hey hey
    go_module vegeta github.com/tsenart/vegeta/v12@v12.13.0
    go_module k6 go.k6.io/k6@v1.8.1
    have oha || cargo install oha --locked --version 1.16.0 --root "$tools" >"$tools/oha.log" 2>&1 ||
      missing oha "see target/bench/oha.log"
    if [ ! -x "$tools/venv/bin/locust" ]; then
      { python3 -m venv "$tools/venv" && "$tools/venv/bin/pip" install -q locust==2.47.0; } \
        >"$tools/locust.log" 2>&1 || missing locust "see target/bench/locust.log"
    fi
  fi
  cargo build --release --locked --quiet --bin crosscheck
  cargo build --release --locked --quiet --manifest-path benches/answerer/Cargo.toml --target-dir "$tools/answerer"
fi
exec python3 scripts/bench/peers.py "$@"
