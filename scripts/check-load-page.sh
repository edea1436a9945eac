#!/usr/bin/env bash
# Opens pages of load runs that nobody made in Chromium: on a desk and on a phone, light and dark, with the
# keyboard alone, and printed. Debian; installs what is missing. Run by hand: browsers change with the
# distribution, so this is no part of what decides whether a change lands.
set -euo pipefail
cd "$(dirname "$0")/.."

sudo=(); [ "$(id -u)" = 0 ] || sudo=(sudo)
if ! [ -x /usr/bin/chromium ]; then
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
fi

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
LOOK="$out" cargo test --locked --quiet --test load report::look
timeout 120 node --experimental-websocket --no-warnings scripts/browsers/load-page.mjs "$out"/*.html
