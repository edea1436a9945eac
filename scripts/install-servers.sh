#!/usr/bin/env bash
# Installs the servers under examples/servers/ that come from elsewhere: nginx from Debian's
# packages, and Node.js where there is none.
set -euo pipefail
need=()
command -v nginx >/dev/null || need+=(nginx-light)
command -v npm >/dev/null || need+=(nodejs npm)
if [ ${#need[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq --no-install-recommends "${need[@]}"
fi
