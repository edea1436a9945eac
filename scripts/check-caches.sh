#!/usr/bin/env bash
# Starts each cache under examples/caches/ in front of the reference store, in each of its ways
# with Vary, and holds what happens to what is written down:
#   - which orders of requests break (examples/caches/expected.json), and that the model of the
#     cache does the same in every order, request for request;
#   - that the suites find it (`crosscheck run cache`), and find nothing where every answer says
#     `Vary: Origin`;
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
pids=()
stop() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done
  pids=()
}
trap stop EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
up() { # PORT PATH: until it answers
  python3 - "$@" <<'PY'
import sys, time, urllib.request
for _ in range(150):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/{sys.argv[2]}", timeout=2).read()
        sys.exit(0)
    except OSError:
        time.sleep(0.1)
sys.exit(f"nothing answers at port {sys.argv[1]}")
PY
}
for way in never always matched star; do
  store=$(free_port)
  "$crosscheck" serve --vary "$way" --listen "127.0.0.1:$store" >/dev/null 2>&1 &
  pids+=($!)
  up "$store" default/index.html
  for cache in "${caches[@]}"; do
    # On a busy machine Varnish may not see its own child come up in time.
    for try in 1 2 3; do
      port=$(free_port)
      "examples/caches/$cache/start" "$port" "$store" >"target/$cache-$way.log" 2>&1 &
      pids+=($!)
      if up "$port" "default/index.html"; then break; fi
      [ "$try" != 3 ] || { cat "target/$cache-$way.log"; exit 1; }
    done
    case $cache/$way in
      # Where answers vary and do not say so, somebody is refused what is theirs.
      */never | */matched) expected=1 ;;
      # A 304 that Squid makes itself has no CORS fields: a browser that validates what another
      # page stored goes on with the other page's.
      squid/always) expected=1 ;;
      # Only objects say `Vary: *`, and Varnish keeps a 404 for two minutes.
      varnish/star) expected=1 ;;
      *) expected=0 ;;
    esac
    code=0
    "$crosscheck" run cache --config examples/caches/crosscheck.json \
      --target "http://127.0.0.1:$port/default/data.json" \
      --report-dir "reports/$cache-$way" >"target/$cache-$way.out" || code=$?
    if [ "$code" = "$expected" ]; then
      echo "$cache, $way: exit code $code, as expected"
    else
      echo "$cache, $way: exit code $code, expected $expected"
      tail -40 "target/$cache-$way.out"
      failed=1
    fi
  done
  stop
done

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
