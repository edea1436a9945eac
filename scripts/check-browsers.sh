#!/usr/bin/env bash
# Measures a fixed part of the committed situations in Chromium and Firefox once more and holds
# the profiles to what comes out. Debian; installs what is missing. Run by hand: browsers change
# with the distribution, so this is no part of what decides whether a change lands.
set -euo pipefail
cd "$(dirname "$0")/.."

sudo=(); [ "$(id -u)" = 0 ] || sudo=(sudo)
missing=()
[ -x /usr/bin/chromium ] || missing+=(chromium)
command -v firefox-esr >/dev/null || missing+=(firefox-esr)
command -v openssl >/dev/null || missing+=(openssl)
if [ ${#missing[@]} -gt 0 ]; then
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
fi

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
measure() { timeout 120 node --experimental-websocket --no-warnings scripts/browsers/measure.mjs "$@"; }

# Every twelfth of the first situations and every fifteenth of their neighbours, without those
# that only wait.
measure tests/data/browser-truth.json "$out/truth.json" --every 12 --only '^(?!pc-age|hc-swr)' &
first=$!
measure tests/data/browser-neighbours.json "$out/neighbours.json" --every 15 &
second=$!
measure tests/data/browser-heads.json "$out/heads.json" --every 6 &
third=$!
wait "$first"
wait "$second"
wait "$third"

status=0
for file in truth neighbours heads; do
  node scripts/browsers/compare.mjs "tests/data/browser-$file.json" "$out/$file.json" || status=1
  BROWSER_TRUTH="$out/$file.json" cargo test --locked --quiet --test it browser_truth || status=1
done
exit "$status"
