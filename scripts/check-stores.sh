#!/usr/bin/env bash
# Starts each store under examples/stores/, sets rules on it, runs the suites that need rules, and
# looks whether the rules are afterwards what they were before. What a store is known to do
# otherwise stands in its target file, with the reason; anything else is a failure.
#   check-stores.sh [STORE ...]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
crosscheck=${CROSSCHECK:-$root/target/release/crosscheck}
[ -x "$crosscheck" ] || cargo build --release --locked
stores=("$@")
[ ${#stores[@]} -gt 0 ] || mapfile -t stores < <(cd examples/stores && find . -mindepth 1 -maxdepth 1 -type d -printf '%P\n' | sort)

need=()
command -v curl >/dev/null || need+=(curl ca-certificates)
command -v go >/dev/null || need+=(golang-go)
if [ ${#need[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq --no-install-recommends "${need[@]}"
fi

work=$(mktemp -d)
store_pid=
stop() { [ -z "$store_pid" ] || { kill "$store_pid" 2>/dev/null || true; wait "$store_pid" 2>/dev/null || true; }; store_pid=; }
trap 'stop; rm -rf "$work"' EXIT
# A key for the store that is started here, and for no other.
export CROSSCHECK_ACCESS_KEY_ID=crosscheck-example CROSSCHECK_ACCESS_KEY_SECRET=crosscheck-secret
export CROSSCHECK_LEASE_DIR=$work/leases
mkdir -p target/stores

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
fail() { echo "$store: $*"; failed=1; }

failed=0
for store in "${stores[@]}"; do
  port=$(free_port)
  log=target/stores/$store.log
  "examples/stores/$store/start" "$port" >"$log" 2>&1 &
  store_pid=$!
  # It is built from its sources where it is not there yet.
  for _ in $(seq 3000); do
    if grep -qx ready "$log"; then break; fi
    if ! kill -0 "$store_pid" 2>/dev/null; then echo "$store did not start:"; cat "$log"; exit 1; fi
    sleep 0.1
  done
  echo "-- $store"
  # A target file holds for the endpoint that it names.
  sed "s#\"http://127.0.0.1:7070/#\"http://127.0.0.1:$port/#" "examples/stores/$store/crosscheck.json" >"$work/crosscheck.json"
  target=(--config "$work/crosscheck.json")
  rules() { local command=$1; shift; "$crosscheck" rules "$command" "$@" "${target[@]}"; }

  rules put examples/stores/rules.xml
  rules get >"$work/before.xml"
  grep -q '<ID>website</ID>' "$work/before.xml" || fail "the rule's ID is lost"
  code=0
  "$crosscheck" run "${target[@]}" --report-dir "reports/$store" rules || code=$?
  [ "$code" = 0 ] || fail "exit code $code, expected 0"
  rules get >"$work/after.xml"
  cmp "$work/before.xml" "$work/after.xml" || fail "the rules are not what they were"
  rules delete 2>&1 | tee "$work/delete.txt"
  [ -z "$(rules get)" ] || fail "the rules are still there"
  backup=$(sed -n 's/^the rules so far are saved in //p' "$work/delete.txt")
  rules restore "$backup"
  rules get >"$work/restored.xml"
  cmp "$work/before.xml" "$work/restored.xml" || fail "the rules are not restored"
  stop
done
exit "$failed"
