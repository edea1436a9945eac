#!/usr/bin/env bash
# Starts servers under examples/servers/, runs the suites against each, and prints what came of it
# as a matrix, server × group. What a server is known to do wrong stands in its target file, with
# evidence and reason; any other failure fails here, and so does an entry that excuses nothing any more.
#   check-servers.sh                 every server; writes docs/server-matrix.md
#   check-servers.sh --fast          those that install within minutes; for CI
#   check-servers.sh SERVER ...      these
# Records and matrix: reports/servers/. What each server wrote: target/servers/SERVER/*.log.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
fast=(nginx apache caddy express fastify hono koa starlette flask django rs-cors chi-cors
  elysia h3 hapi tinyhttp aiohttp falcon echo rack-cors plack envoy traefik)
crosscheck=${CROSSCHECK:-$root/target/release/crosscheck}

case ${1:-} in
  --fast) servers=("${fast[@]}") ;;
  "") mapfile -t servers < <(cd examples/servers && ls -d */ | tr -d /) ;;
  -*) echo "usage: $0 [--fast | SERVER ...]" >&2; exit 2 ;;
  *) servers=("$@") ;;
esac
for server in "${servers[@]}"; do
  [ -x "examples/servers/$server/start" ] || { echo "no server examples/servers/$server" >&2; exit 2; }
done

[ -x "$crosscheck" ] || cargo build --release --locked
scripts/install-servers.sh "${servers[@]}"

server_pid=
stop() {
  [ -n "$server_pid" ] || return 0
  kill "$server_pid" 2>/dev/null || true
  for _ in $(seq 100); do kill -0 "$server_pid" 2>/dev/null || break; sleep 0.1; done
  kill -9 "$server_pid" 2>/dev/null || true
  wait "$server_pid" 2>/dev/null || true
  server_pid=
}
trap stop EXIT
trap 'exit 130' INT TERM

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Whether the server on this port answers; its pid must live until then. Some listen before they know their routes: of
# those that never read well the run tells more than a wait.
answers() {
  for _ in $(seq 600); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
      for _ in $(seq 100); do
        if curl -fsS -o /dev/null --max-time 5 "http://127.0.0.1:$1/items" 2>/dev/null; then return 0; fi
        sleep 0.1
      done
      return 0
    fi
    kill -0 "$server_pid" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# Says what went wrong with a server, and shows the end of a log.
complain() { echo "✗ $server: $1"; tail -n 60 "$2" | sed 's/^/    /'; failed+=("$server"); }

failed=()
for server in "${servers[@]}"; do
  folder=examples/servers/$server logs=target/servers/$server report=reports/servers/$server
  mkdir -p "$logs"
  rm -rf "$report"
  began=$SECONDS
  if [ -x "$folder/build" ] && ! timeout 900 "$folder/build" >"$logs/build.log" 2>&1; then
    complain "could not be built" "$logs/build.log"
    continue
  fi
  built=$SECONDS
  port=$(free_port)
  "$folder/start" "$port" >"$logs/server.log" 2>&1 &
  server_pid=$!
  if ! answers "$port"; then
    complain "did not start" "$logs/server.log"
    stop
    continue
  fi
  code=0
  # A target file holds for the endpoint that it names.
  sed "s#\"http://127.0.0.1:8080/#\"http://127.0.0.1:$port/#" "$folder/crosscheck.json" >"$logs/crosscheck.json"
  # The suites ask for what the target file declares; the other paths of the services have a case file of their own.
  timeout 600 "$crosscheck" run --config "$logs/crosscheck.json" --suites suites,examples/service.json \
    --report-dir "$report" >"$logs/run.log" 2>&1 || code=$?
  if [ "$code" = 0 ]; then
    echo "✓ $server (built in $((built - began)) s, judged in $((SECONDS - built)) s)"
  else
    complain "exit code $code, expected 0" "$logs/run.log"
  fi
  stop
done

echo
scripts/server-matrix.py "${servers[@]}"
if [ ${#failed[@]} -gt 0 ]; then
  echo "${#failed[@]} of ${#servers[@]} servers are not as expected: ${failed[*]}"
  exit 1
fi
[ $# -gt 0 ] || cp reports/servers/matrix.md docs/server-matrix.md
echo "all ${#servers[@]} servers are as expected"
