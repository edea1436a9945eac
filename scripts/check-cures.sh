#!/usr/bin/env bash
# Applies what is printed for a product (`cargo run --example setting`) to that product, with no other CORS
# configuration, and asks `crosscheck explain` whether the pages that are granted may read, and no others.
#   check-cures.sh                  every product
#   check-cures.sh --fast           those that start within seconds; for CI
#   check-cures.sh PRODUCT ...      these
# What each product wrote, and the text that it had: target/cures/PRODUCT*.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
# Texts are marked as applied for these products, and for the stores in tests/it/cures.rs.
products=(
  nginx apache caddy traefik envoy express fastify nestjs spring django flask fastapi rails rs-cors tower-http actix-web
)
fast=(nginx express flask rs-cors)
case ${1:-} in
  --fast) chosen=("${fast[@]}") ;;
  "") chosen=("${products[@]}") ;;
  -*) echo "usage: $0 [--fast | PRODUCT ...]" >&2; exit 2 ;;
  *) chosen=("$@") ;;
esac
for product in "${chosen[@]}"; do
  [ -x "examples/cures/$product/start" ] || { echo "no product examples/cures/$product" >&2; exit 2; }
done
# The servers whose packages a product has.
servers=()
for product in "${chosen[@]}"; do
  case $product in
    nestjs) servers+=(express) ;;
    spring) servers+=(spring-boot) ;;
    rails) servers+=(rack-cors) ;;
    *) servers+=("$product") ;;
  esac
done
scripts/install-servers.sh "${servers[@]}"
if [[ " ${chosen[*]} " = *" rails "* ]] && ! ruby -r action_controller/railtie -e '' 2>/dev/null; then
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ruby-railties
fi

crosscheck=${CROSSCHECK:-$root/target/release/crosscheck}
[ -x "$crosscheck" ] || cargo build --release --locked
# As `cargo test` builds it.
setting=${SETTING:-$root/target/debug/examples/setting}
[ -n "${SETTING:-}" ] || cargo build --locked --quiet --example setting

pid=
stop() {
  [ -n "$pid" ] || return 0
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  pid=
}
trap stop EXIT
trap 'exit 130' INT TERM
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Whether the product serves its items; some listen before they know their routes.
answers() {
  local status
  status=$( (
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET /items HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
    head -n 1 <&3
  ) 2>/dev/null) || return 1
  [[ $status = *" 200"* ]]
}

# Expects that a response to a request without Origin says that others differ: caches keep it for pages, too.
expect_vary() {
  local answer
  answer=$(
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET /items HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
    cat <&3
  )
  grep -qi '^vary:.*origin' <<<"${answer%%$'\r\n\r\n'*}" && return 0
  echo "✗ $product: no Vary: Origin without Origin"
  wrong=1
}

# start ARGUMENT ...: starts the product with the text for a grant; sets `port`.
start() {
  local text=target/cures/$product.txt log=target/cures/$product.log
  mkdir -p target/cures
  "$setting" "$product" "$@" >"$text" 2>"$log"
  port=$(free_port)
  "examples/cures/$product/start" "$port" "$root/$text" >>"$log" 2>&1 &
  pid=$!
  # Some are built from their sources.
  for _ in $(seq 6000); do
    if answers; then return 0; fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "✗ $product did not start"
  tail -n 40 "$log" | sed 's/^/    /'
  return 1
}

# expect CODE PATH ORIGIN ARGUMENT ...: what a page of this origin is told.
expect() {
  local expected=$1 path=$2 origin=$3 code=0
  shift 3
  "$crosscheck" explain "http://127.0.0.1:$port$path" --origin "$origin" "$@" >"target/cures/$product.explain" 2>&1 || code=$?
  [ "$code" = "$expected" ] && return 0
  echo "✗ $product: explain $path --origin $origin $*: exit code $code, expected $expected"
  sed 's/^/    /' "target/cures/$product.explain"
  wrong=1
}

app=https://app.example dev=http://localhost:5173 foreign=https://foreign.example
upload=(-X PUT -H "Content-Type: application/json" -H "X-A: 1")
failed=()
for product in "${chosen[@]}"; do
  wrong=0 began=$SECONDS
  # Two origins, with credentials.
  if start --origin "$app" --origin "$dev" --method GET --method PUT --header content-type --header x-a \
    --expose etag --expose x-request-id --credentials --max-age 600 --application-answers; then
    for origin in "$app" "$dev"; do
      expect 0 /items "$origin" --credentials
      expect 0 /items "$origin" --credentials "${upload[@]}"
    done
    expect 1 /items "$foreign"
    expect 1 /items "$foreign" "${upload[@]}"
    expect 1 /items "$app" -X DELETE
    expect 1 /items "$app" "${upload[@]}" -H "X-B: 1"
    # A preflight comes before authentication, and the error carries the fields too.
    case $product in
      nginx | apache | caddy | express | fastify)
        expect 0 /private "$app" --credentials "${upload[@]}"
        expect 0 /private "$app" --credentials
        ;;
    esac
    # An application behind a gateway does not answer besides.
    case $product in
      nginx | apache | caddy)
        expect 0 /behind "$app" --credentials
        expect 1 /behind "$foreign"
        ;;
    esac
    case $product in nginx | apache | caddy | traefik | envoy) expect_vary ;; esac
  else
    wrong=1
  fi
  stop
  # Every origin, without credentials, nothing exposed.
  if [ "$wrong" = 0 ] && start --origin '*' --method PUT --method GET --header content-type --header x-a; then
    expect 0 /items "$foreign"
    expect 0 /items "$foreign" "${upload[@]}"
    expect 1 /items "$foreign" --credentials
    expect 1 /items "$foreign" -X DELETE
  else
    wrong=1
  fi
  stop
  # One origin and one method, and nothing else.
  if [ "$wrong" = 0 ] && start --origin "$app" --method GET; then
    expect 0 /items "$app"
    expect 1 /items "$app" --credentials
    expect 1 /items "$app" -H "X-A: 1"
    expect 1 /items "$app" -X PUT
    expect 1 /items "$foreign"
  else
    wrong=1
  fi
  stop
  if [ "$wrong" = 0 ]; then echo "✓ $product ($((SECONDS - began)) s)"; else failed+=("$product"); fi
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "${#failed[@]} of ${#chosen[@]} texts do not work: ${failed[*]}"
  exit 1
fi
echo "all ${#chosen[@]} texts work"
