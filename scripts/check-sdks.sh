#!/usr/bin/env bash
# Installs the vendors' SDKs from their lock files, starts the reference store in each dialect, has every
# client do every operation, and prints the table client × operation. Fails where one failed.
#   check-sdks.sh [CLIENT ...]      oss2-v1 oss2-v4 oss-v2-v1 … ; absent: all of them
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
crosscheck=${CROSSCHECK:-$root/target/release/crosscheck}
[ -x "$crosscheck" ] || cargo build --release --locked
sdks=examples/sdks
built=$root/target/sdks
results=$built/results
mkdir -p "$built"
rm -rf "$results"
mkdir -p "$results"

# client, dialect, how it is started
clients="
oss2-v1       oss  python client_oss2.py v1
oss2-v4       oss  python client_oss2.py v4
oss-v2-v1     oss  python client_oss_v2.py v1
oss-v2-v4     oss  python client_oss_v2.py v4
ali-oss-v1    oss  node client_ali_oss.js v1
ali-oss-v4    oss  node client_ali_oss.js v4
oss-java-v1   oss  java Client v1
oss-java-v4   oss  java Client v4
oss-go-v1     oss  go oss v1
oss-go-v4     oss  go oss v4
boto3-sigv4   s3   python client_boto3.py s3v4
boto3-sigv2   s3   python client_boto3.py s3
aws-js        s3   node client_aws.js
minio-go      s3   go minio
"

wanted() { [ $# -eq 1 ] || { local name=$1; shift; case " $* " in *" $name "*) ;; *) return 1 ;; esac; }; }
selected=()
while read -r name _; do
  [ -n "$name" ] || continue
  if [ $# -eq 0 ] || wanted "$name" "$@"; then selected+=("$name"); fi
done <<<"$clients"
[ ${#selected[@]} -gt 0 ] || { echo "no such client: $*" >&2; exit 2; }
uses() { for name in "${selected[@]}"; do grep -q "^$name .* $1 " <<<"$clients" && return 0; done; return 1; }

install_missing() {
  local need=()
  python3 -c 'import venv, ensurepip' 2>/dev/null || need+=(python3-venv)
  if uses node; then command -v npm >/dev/null || need+=(nodejs npm); fi
  if uses java; then command -v mvn >/dev/null || need+=(maven openjdk-17-jdk-headless); fi
  if uses go; then command -v go >/dev/null || need+=(golang-go); fi
  [ ${#need[@]} -gt 0 ] || return 0
  export DEBIAN_FRONTEND=noninteractive
  local sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq --no-install-recommends "${need[@]}"
}
install_missing
if uses python && ! cmp -s "$sdks/python/requirements.txt" "$built/python/requirements.txt"; then
  rm -rf "$built/python"
  python3 -m venv "$built/python"
  "$built/python/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$sdks/python/requirements.txt"
  cp "$sdks/python/requirements.txt" "$built/python/requirements.txt"
fi
if uses node && [ ! -d "$sdks/node/node_modules" ]; then
  (cd "$sdks/node" && npm ci --no-audit --no-fund --silent)
fi
if uses java; then
  (cd "$sdks/java" && mvn -q -B "-Dbuild.dir=$built/java" compile dependency:build-classpath "-Dmdep.outputFile=$built/java.classpath")
fi
if uses go; then (cd "$sdks/go" && go build -o "$built/go/" ./oss ./minio); fi

store_pid=
stop() { [ -z "$store_pid" ] || { kill "$store_pid" 2>/dev/null || true; wait "$store_pid" 2>/dev/null || true; }; store_pid=; }
trap stop EXIT
start() { # dialect region
  stop
  "$crosscheck" serve --dialect "$1" --listen 127.0.0.1:0 --region "$2" \
    --key LTAIexampleid:examplesecret >"$built/$1.url" 2>"$built/$1.log" &
  store_pid=$!
  for _ in $(seq 100); do
    [ -s "$built/$1.url" ] && break
    kill -0 "$store_pid" 2>/dev/null || { echo "the store did not start:"; cat "$built/$1.log"; exit 1; }
    sleep 0.1
  done
  ENDPOINT=$(head -n 1 "$built/$1.url")
  export ENDPOINT=${ENDPOINT%/} REGION=$2 KEY_ID=LTAIexampleid KEY_SECRET=examplesecret
}

run() { # how …
  case $1 in
    python) (cd "$sdks/python" && timeout 120 "$built/python/bin/python" "${@:2}") ;;
    node) (cd "$sdks/node" && timeout 120 node "${@:2}") ;;
    java) timeout 120 java -cp "$built/java/classes:$(cat "$built/java.classpath")" "${@:2}" ;;
    go) timeout 120 "$built/go/$2" "${@:3}" ;;
  esac
}

# Rules set and requests signed by an SDK; a page of another origin uploads; the SDK finds it all there.
direct_upload() { # sdk
  local suite=$results/direct-upload-$1.json reports=$results/direct-upload-$1
  export BUCKET=direct-upload
  # The page uploads with PUT and POST, which only the owner of an endpoint permits.
  printf '{ "url": "%s/%s/", "capabilities": { "methods": ["GET", "HEAD", "PUT", "POST"] } }\n' \
    "$ENDPOINT" "$BUCKET" >"$results/direct-upload-$1.target.json"
  run python direct_upload.py "$1" prepare "$suite" &&
    "$crosscheck" run --suites "$suite" --config "$results/direct-upload-$1.target.json" --report-dir "$reports" &&
    run python direct_upload.py "$1" verify "$suite" "$reports/run.json"
}

failed=0
for dialect in oss s3; do
  started=
  while read -r name speaks how; do
    case " ${selected[*]} " in *" $name "*) ;; *) continue ;; esac
    [ "$speaks" = "$dialect" ] || continue
    if [ -z "$started" ]; then
      start "$dialect" "$([ "$dialect" = oss ] && echo cn-hangzhou || echo us-east-1)"
      started=1
    fi
    # shellcheck disable=SC2086 # a word for each
    BUCKET="sdk-$name" run $how >"$results/$name.tsv" 2>"$results/$name.log" </dev/null || failed=1
    [ -s "$results/$name.tsv" ] || { echo "$name did nothing:"; tail -n 20 "$results/$name.log"; failed=1; }
  done <<<"$clients"
  sdk=$([ "$dialect" = oss ] && echo oss2 || echo boto3)
  if [ -n "$started" ] && uses python; then
    echo "-- a page uploads with what $sdk signed"
    direct_upload "$sdk" || failed=1
  fi
done
stop

python3 - "$results" "${selected[@]}" <<'P' || failed=1
import pathlib, sys

results, clients = pathlib.Path(sys.argv[1]), sys.argv[2:]
rows, failures = {}, []
for client in clients:
    for line in (results / f"{client}.tsv").read_text().splitlines():
        operation, how, seen = line.split("\t", 2)
        rows.setdefault(operation, {})[client] = how
        if how != "ok":
            failures.append(f"{client}: {operation}: {seen}")
width = max(map(len, rows))
print("operation".ljust(width), *clients, sep="  ")
for operation, found in rows.items():
    cells = ({"ok": "✓", "failed": "✗"}.get(found.get(c), "-").center(len(c)) for c in clients)
    print(operation.ljust(width), *cells, sep="  ")
total = sum(len(found) for found in rows.values())
print(f"\n{total - len(failures)} passed, {len(failures)} failed")
print(*failures, sep="\n")
sys.exit(bool(failures))
P
exit "$failed"
