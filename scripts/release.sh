#!/usr/bin/env bash
# Builds what a release consists of, into target/dist or the folder that --out names:
#
#   crosscheck-VERSION-TARGET.tar.gz   program, licences, README, changelog, shell completions, manual pages
#   crosscheck-VERSION-py3-….whl       Python wheel with the program (scripts/package-wheel.sh)
#   crosscheck-VERSION-OS-CPU.tgz      npm package with the program (scripts/package-npm.sh)
#   SHA256SUMS                         checksums of these files
#
# Without --binary, compiles a static program with musl. With --binary, packages that program. The same program gives the
# same files, byte for byte. Publishes nothing.
#
# usage: scripts/release.sh [--target TARGET] [--binary FILE] [--out DIR]
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/tools.sh

usage() { echo "usage: scripts/release.sh [--target TARGET] [--binary FILE] [--out DIR]" >&2; exit 2; }
target=
binary=
out=target/dist
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --target) target=$2 ;;
    --binary) binary=$2 ;;
    --out) out=$2 ;;
    *) usage ;;
  esac
  shift 2
done

need readelf binutils
if [ -z "$binary" ]; then
  target=${target:-$(uname -m)-unknown-linux-musl}
  command -v rustup >/dev/null && rustup target add "$target" >/dev/null
  # The cryptography has C sources.
  case $target in *-musl) need musl-gcc musl-tools ;; esac
  cargo build --release --locked --bin crosscheck --target "$target"
  binary=target/$target/release/crosscheck
fi
[ -x "$binary" ] || { echo "release: $binary is not an executable file" >&2; exit 2; }
found=$(target_of "$binary")
target=${target:-$found}
[ "$target" = "$found" ] || { echo "release: $binary was built for $found, not for $target" >&2; exit 2; }

version=$(workspace_version)
reported=$("$binary" --version)
[ "$reported" = "crosscheck $version" ] || { echo "release: $binary is $reported, not crosscheck $version" >&2; exit 2; }

# The time of every file in every package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 315532800)}
export SOURCE_DATE_EPOCH

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
name=crosscheck-$version-$target
mkdir -p "$stage/$name/completions" "$out"
install -m 755 "$binary" "$stage/$name/crosscheck"
install -m 644 LICENSE-MIT LICENSE-APACHE README.md CHANGELOG.md "$stage/$name/"
# Under the name that each shell looks for.
"$binary" completions bash >"$stage/$name/completions/crosscheck.bash"
"$binary" completions zsh >"$stage/$name/completions/_crosscheck"
"$binary" completions fish >"$stage/$name/completions/crosscheck.fish"
"$binary" man --dir "$stage/$name/man/man1" >/dev/null
chmod -R u=rwX,go=rX "$stage/$name"

tar --create --directory "$stage" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
  --format=ustar "$name" | gzip --no-name --best >"$out/$name.tar.gz"
wheel=$(scripts/package-wheel.sh --binary "$binary" --out "$out")
npm=$(scripts/package-npm.sh --binary "$binary" --out "$out")
(cd "$out" && sha256sum "$name.tar.gz" "$(basename "$wheel")" "$(basename "$npm")" >SHA256SUMS)
printf '%s\n' "$out/$name.tar.gz" "$wheel" "$npm" "$out/SHA256SUMS"
