#!/usr/bin/env bash
# Opens pages of runs and of load runs in Chromium: on a desk and on a phone, light and dark, with the keyboard alone, and
# printed; has axe and html-validate look at them. Debian; installs what is missing. Run by hand: browsers change with the
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
npm install --silent --no-fund --no-audit --prefix "$out/tools" axe-core@4 html-validate@10
mkdir "$out/pages"
LOOK="$out/pages" cargo test --locked --quiet --test load report::look
LOOK="$out/pages" cargo test --locked --quiet --test it run_page::look
cat >"$out/pages/.htmlvalidate.json" <<'JSON'
{
  "root": true,
  "extends": ["html-validate:standard"],
  "rules": { "long-title": "off", "no-inline-style": "error", "require-sri": "off" }
}
JSON
(cd "$out/pages" && "$out/tools/node_modules/.bin/html-validate" -- *.html)
timeout 500 node --experimental-websocket --no-warnings scripts/browsers/pages.mjs \
  "$out/tools/node_modules/axe-core/axe.min.js" "$out"/pages/*.html
