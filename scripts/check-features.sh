#!/usr/bin/env bash
# Compiles the library in every combination of features that is promised, and holds the light one to what it may weigh.
set -euo pipefail
cd "$(dirname "$0")/.."

packages() { cargo tree --locked -p crosscheck -e normal --prefix none "$@" | sed 's/ (\*)$//' | sort -u; }

light=$(packages --no-default-features)
count=$(wc -l <<<"$light")
echo "light library: $count packages"
if [ "$count" -gt 150 ]; then
  echo "at most 150 are allowed" >&2
  exit 1
fi
if grep -E '^(crosscheck-store|crosscheck-load|redb|rcgen|goose|reqwest|h2|hdrhistogram|quick-junit) ' <<<"$light"; then
  echo "the light library must not need these" >&2
  exit 1
fi

for features in "" store load cli cli,store cli,load; do
  echo "features: ${features:-none}"
  cargo clippy --locked --quiet -p crosscheck --no-default-features --features "$features" -- -D warnings
done

cargo test --locked --quiet -p crosscheck --no-default-features --test cargo_test --test library
