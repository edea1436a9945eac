#!/usr/bin/env bash
# Starts each server under examples/servers/ and runs the suites against it. What a server is
# known to do wrong stands in its target file, with the reason; anything else is a failure.
#   check-servers.sh [SERVER ...]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
crosscheck=${CROSSCHECK:-$root/target/release/crosscheck}
[ -x "$crosscheck" ] || cargo build --release --locked
servers=("$@")
[ ${#servers[@]} -gt 0 ] || mapfile -t servers < <(ls examples/servers)

server_pid=
stop() { [ -z "$server_pid" ] || { kill "$server_pid" 2>/dev/null || true; wait "$server_pid" 2>/dev/null || true; }; server_pid=; }
trap stop EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

failed=0
for server in "${servers[@]}"; do
  port=$(free_port)
  "examples/servers/$server/start" "$port" >"target/$server.log" 2>&1 &
  server_pid=$!
  for _ in $(seq 600); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
    if ! kill -0 "$server_pid" 2>/dev/null; then echo "$server did not start:"; cat "target/$server.log"; exit 1; fi
    sleep 0.1
  done
  echo "-- $server"
  code=0
  "$crosscheck" run --config "examples/servers/$server/crosscheck.json" \
    --target "http://127.0.0.1:$port/items" --report-dir "reports/$server" || code=$?
  [ "$code" = 0 ] || { echo "$server: exit code $code, expected 0"; failed=1; }
  stop
done
exit "$failed"
