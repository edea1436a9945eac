#!/usr/bin/env bash
# Runs the conformance tests under cargo-nextest, one process for each test. Installs it where
# it is not there.
set -euo pipefail
cd "$(dirname "$0")/.."
version=0.9.151
if ! cargo nextest --version >/dev/null 2>&1; then
  # Unoptimised: it is built once, to start the tests.
  cargo install cargo-nextest --version "$version" --locked --debug
fi
cargo nextest run --locked --test conformance --no-fail-fast --status-level fail --final-status-level fail
