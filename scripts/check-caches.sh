#!/usr/bin/env bash
# Starts each cache under examples/caches/ in front of the reference store, in each of its ways
# with Vary, and holds what happens to what is written down:
#   - which orders of requests break (examples/caches/expected.json), and that the model of the
#     cache does the same in every order, request for request;
#   - what becomes of HEAD, errors, credentials, conditions, ranges and what is stale
#     (examples/caches/situations.json);
#   - which cases of the suites break through it, in which smallest order (examples/caches/suites.json);
#   - that what Vary costs is the same in the simulator and in the real cache, hit for hit.
#   check-caches.sh [CACHE ...]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
crosscheck=${CROSSCHECK:-$root/target/release/crosscheck}
[ -x "$crosscheck" ] || cargo build --release --locked
caches=("$@")
[ ${#caches[@]} -gt 0 ] || mapfile -t caches < <(cd examples/caches && ls -d -- */ | tr -d /)
folders=("${caches[@]/#/examples/caches/}")
failed=0

echo "-- orders"
orders() { "$crosscheck" caches "${folders[@]}" --expect examples/caches/expected.json; }
# On a busy machine a cache may store an answer later than it is asked for again. What is really
# another behaviour shows again.
orders || { echo "something was not as expected; once more"; orders; } || failed=1

echo "-- situations"
situations() { "$crosscheck" caches --situations "${folders[@]}" --expect examples/caches/situations.json; }
situations || { echo "something was not as expected; once more"; situations; } || failed=1

echo "-- suites"
suites() { CROSSCHECK=$crosscheck scripts/cache-suites.py "${caches[@]}" --expect examples/caches/suites.json; }
suites || { echo "something was not as expected; once more"; suites; } || failed=1

echo "-- what Vary costs"
for cache in "${caches[@]}"; do
  "$crosscheck" vary examples/caches/scenario.json --model "$cache" --through "examples/caches/$cache" \
    --answers never,always,any --json |
    python3 -c '
import json, sys
costs = json.load(sys.stdin)["costs"]
half = len(costs) // 2
for model, real in zip(costs[:half], costs[half:]):
    if model != real:
        sys.exit(f"the model and the real cache differ:\n{model}\n{real}")
    name, answers, hits, forwarded = (real[key] for key in ("cache", "answers", "hits", "forwarded"))
    print(f"{name}, {answers}: {hits} hits, {forwarded} requests reached the store, simulated and real")
' || failed=1
done
exit "$failed"
