#!/usr/bin/env bash
# Installs what the servers under examples/servers/ need from the distribution; everything else
# their own build scripts get by their lock files.
#   install-servers.sh [SERVER ...]
set -euo pipefail
cd "$(dirname "$0")/../examples/servers"
[ $# -gt 0 ] || set -- $(ls -d */ | tr -d /)
need=()
missing() { ! command -v "$1" >/dev/null; }
for server in "$@"; do
  case $server in
    nginx) ! missing nginx || need+=(nginx-light) ;;
    # Not the package `apache2`, which would start a service.
    apache) ! missing apache2 || need+=(apache2-bin media-types) ;;
    express | fastify | hono | koa | elysia | h3 | hapi | tinyhttp) ! missing npm || need+=(nodejs npm) ;;
    # The packages of Envoy and Traefik are Python's, too.
    starlette | fastapi | flask | django | aiohttp | blacksheep | falcon | litestar | quart | sanic | envoy | traefik)
      python3 -c 'import ensurepip' 2>/dev/null || need+=(python3-venv)
      ;;
    rack-cors)
      { ! missing unicorn && ruby -r rack/cors -r sinatra/base -e ''; } 2>/dev/null ||
        need+=(unicorn ruby-rack-cors ruby-sinatra)
      ;;
    plack)
      { ! missing starman && perl -M'Plack::Middleware::CrossOrigin' -e ''; } 2>/dev/null ||
        need+=(starman libplack-middleware-crossorigin-perl)
      ;;
    *-cors | gorilla | echo | fiber | iris) ! missing go || need+=(golang-go) ;;
    spring-boot | javalin | tomcat | vertx) ! missing mvn || need+=(maven openjdk-17-jdk-headless) ;;
  esac
done
if [ ${#need[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get -o DPkg::Lock::Timeout=300 update -qq
  $sudo apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends $(printf '%s\n' "${need[@]}" | sort -u)
fi
