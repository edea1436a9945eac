#!/usr/bin/env bash
# Load, as a user meets it: exact counts, exit codes, a log that HdrHistogram's own tool reads, faults
# that are found, and how many system calls a request takes. Asserts nothing that noise can move.
set -euo pipefail
cd "$(dirname "$0")/.."

root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
export DEBIAN_FRONTEND=noninteractive
updated=
need() {
  if command -v "$1" >/dev/null; then return; fi
  [ -n "$updated" ] || root apt-get update -qq
  updated=1
  root apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}
need strace strace
need python3 python3
need java default-jre-headless
need mvn maven

crosscheck=${CROSSCHECK:-target/release/crosscheck}
[ -x "$crosscheck" ] || cargo build --release --locked
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
unset CROSSCHECK_TARGET

fail() { echo "check-load: $*" >&2; exit 1; }
# exits CODE command...: the command ends with this code.
exits() {
  local expected=$1 code=0
  shift
  "$@" >"$work/out" 2>"$work/err" || code=$?
  [ "$code" = "$expected" ] || { cat "$work/out" "$work/err" >&2; fail "exit $code instead of $expected: $*"; }
}
# ends_judged CODE FOLDER command...: with this code, or with 4 where the record says that this machine was too
# busy to tell.
ends_judged() {
  local expected=$1 folder=$2 code=0
  shift 2
  "$@" --report-dir "$folder" >"$work/out" 2>"$work/err" || code=$?
  [ "$code" = "$expected" ] && return
  [ "$code" = 4 ] && [ "$(figure "$folder/load.json" 'not r["validity"]["valid"]')" = True ] && return
  cat "$work/out" "$work/err" >&2
  fail "exit $code instead of $expected: $*"
}
# figure FILE EXPRESSION: of the record `r`.
figure() { python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"; }
load() { "$crosscheck" load "$@"; }

echo "every plan runs on the reference store, and every answer is right"
for plan in $(load --plans | cut -d' ' -f1); do
  # Budgets of latency (5) and a harness with time left (4) belong to a quiet machine: what is looked at is
  # what was answered.
  code=0
  load "$plan" --target embedded --duration 2s --report-dir "$work/$plan" >"$work/out" 2>"$work/err" || code=$?
  case $code in
    0 | 4 | 5) ;;
    *) cat "$work/out" "$work/err" >&2; fail "$plan ended with $code" ;;
  esac
  [ "$(figure "$work/$plan/load.json" 'r["total"]["wrong"] + r["total"]["errors"]')" = 0 ] || fail "$plan: wrong answers"
  [ "$(figure "$work/$plan/load.json" 'r["pacing"]["sent"] == r["pacing"]["due"] > 0')" = True ] || fail "$plan: arrivals"
  [ -s "$work/$plan/load.html" ] || fail "$plan: no report"
done

echo "HdrHistogram's own tool reads the log, to the last request"
version=2.2.2
jar=$work/HdrHistogram-$version.jar
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
  -Dartifact=org.hdrhistogram:HdrHistogram:$version -DoutputDirectory="$work" >/dev/null
counted=$(java -cp "$jar" org.HdrHistogram.HistogramLogProcessor -i "$work/preflight-storm/load.hlog" \
  | sed -n 's/.*Total count *= *\([0-9]*\).*/\1/p')
answered=$(figure "$work/preflight-storm/load.json" 'r["total"]["answered"]')
[ "$counted" = "$answered" ] || fail "the log has $counted answers, the record $answered"

echo "a fault that needs concurrency is found under load"
exits 1 load cross-talk --target embedded --fault shared-origin-race --duration 2s --report-dir "$work/fault"
[ "$(figure "$work/fault/load.json" 'len(r["findings"][0]["samples"]) > 0')" = True ] || fail "no evidence"

echo "bad input and bad ends have their codes"
exits 2 load no-such-plan --target embedded
exits 2 load
grep -q -- '--target embedded' "$work/err" || fail "no word of --target embedded"
exits 2 load --target embedded --budget 'eror-rate<1%'
grep -q 'did you mean `error-rate`' "$work/err" || fail "no suggestion"
exits 2 load --target http://192.0.2.1/ --allowed-origin https://a.example
grep -q -- '--i-own-this-target' "$work/err" || fail "no word of --i-own-this-target"
nobody=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
exits 4 load --target "http://127.0.0.1:$nobody/" --allowed-origin https://a.example --allowed-method PUT \
  --allowed-header x-a --duration 1s --report-dir "$work/none"
ends_judged 5 "$work/missed" load --target embedded --rate 50 --duration 1s --budget 'rps>=10000000'
(ulimit -n 100; exits 2 load --target embedded --connections 1000) || fail "the limit on open files"
"$crosscheck" load --target embedded --duration 60s --report-dir "$work/cut" >/dev/null 2>&1 &
running=$!
sleep 3
kill -INT $running
code=0
wait $running || code=$?
[ "$code" = 130 ] || fail "exit $code after SIGINT"
[ "$(figure "$work/cut/load.json" 'r["interrupted"] and r["total"]["answered"] > 0')" = True ] || fail "no report after SIGINT"

echo "system calls for each request, 64 connections"
"$crosscheck" serve --listen 127.0.0.1:0 >"$work/url" 2>/dev/null &
server=$!
for _ in $(seq 50); do [ -s "$work/url" ] && break; sleep 0.1; done
url=$(head -1 "$work/url")
strace -f -c -o "$work/calls" "$crosscheck" load preflight-storm --target "${url%/}/default/data.json" \
  --allowed-origin https://app.example --allowed-method PUT --allowed-header x-custom \
  --users 64 --threads 1 --duration 5s --report-dir "$work/calls.d" >/dev/null 2>&1 || true
python3 - "$work/calls" "$work/calls.d/load.json" <<'PY'
import json, sys
calls = {}
for line in open(sys.argv[1]):
    words = line.split()
    if len(words) >= 5 and words[0].replace(".", "").isdigit() and words[3].isdigit():
        calls[words[-1]] = int(words[3])
count = lambda *names: sum(calls.get(name, 0) for name in names)
carried = count("sendto", "write", "writev", "recvfrom", "read", "readv")
waited = count("epoll_wait", "epoll_pwait", "epoll_ctl")
record = json.load(open(sys.argv[2]))
sent = record["total"]["sent"]
print(f"  {carried / sent:.2f} to send and receive, {waited / sent:.2f} to wait, for each of {sent} requests")
assert sent > 2000 and record["total"]["wrong"] == 0, record["total"]
# One to send and one to receive, besides what the start takes. How many answers one wait brings is the
# machine's business: few under strace on a busy one.
assert carried / sent <= 2.05, calls
assert waited / sent <= 0.5, calls
PY
echo "load: all held"
