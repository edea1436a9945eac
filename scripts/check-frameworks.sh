#!/usr/bin/env bash
# Runs the services of examples/frameworks against themselves: each tests its own CORS with `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="$PWD/target/frameworks"
for service in examples/frameworks/*/; do
  printf '== %s\n' "$service"
  (cd "$service" && cargo test --locked --quiet)
done
