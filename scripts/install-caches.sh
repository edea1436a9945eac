#!/usr/bin/env bash
# Installs the caches under examples/caches/ from Debian's packages. None of them is left running.
set -euo pipefail
PATH=$PATH:/usr/sbin
need=()
command -v nginx >/dev/null || need+=(nginx-light)
command -v varnishd >/dev/null || need+=(varnish)
command -v squid >/dev/null || need+=(squid)
command -v apache2 >/dev/null || need+=(apache2)
command -v haproxy >/dev/null || need+=(haproxy)
if [ ${#need[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  # Debian starts a server as soon as it is installed, unless it is told not to.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod +x "$policy"
    trap '$sudo rm -f "$policy"' EXIT
  fi
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq --no-install-recommends "${need[@]}"
fi
