#!/usr/bin/env bash
# Builds an npm package that carries the program, into target/dist or the folder that --out names. Prints its path.
#
# Without --binary, compiles a static program first, as scripts/release.sh does. The package names the processor, and the
# C library if the program needs one, so that npm refuses it on other machines.
#
# usage: scripts/package-npm.sh [--binary FILE] [--out DIR]
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/tools.sh

usage() { echo "usage: scripts/package-npm.sh [--binary FILE] [--out DIR]" >&2; exit 2; }
binary=
out=target/dist
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --binary) binary=$2 ;;
    --out) out=$2 ;;
    *) usage ;;
  esac
  shift 2
done
need npm npm
need readelf binutils
if [ -z "$binary" ]; then
  target=$(uname -m)-unknown-linux-musl
  command -v rustup >/dev/null && rustup target add "$target" >/dev/null
  need musl-gcc musl-tools
  cargo build --release --locked --bin crosscheck --target "$target"
  binary=target/$target/release/crosscheck
fi
version=$(workspace_version)
case $(target_of "$binary") in
  x86_64-*) cpu=x64 ;;
  aarch64-*) cpu=arm64 ;;
esac
libc=
is_static "$binary" || libc=glibc

mkdir -p "$out"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/package/bin"
install -m 755 "$binary" "$stage/package/bin/crosscheck"
install -m 644 README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$stage/package/"
node - packaging/npm/package.json "$stage/package/package.json" "$version" "$cpu" "$libc" <<'JS'
const fs = require("fs");
const [from, to, version, cpu, libc] = process.argv.slice(2);
const manifest = JSON.parse(fs.readFileSync(from, "utf8"));
manifest.version = version;
manifest.cpu = [cpu];
if (libc) manifest.libc = [libc];
else delete manifest.libc;
fs.writeFileSync(to, JSON.stringify(manifest, null, 2) + "\n");
JS
packed=$(npm pack --silent --pack-destination "$stage" "$stage/package")
package=crosscheck-$version-linux-$cpu${libc:+-$libc}.tgz
install -m 644 "$stage/$packed" "$out/$package"
echo "$out/$package"
