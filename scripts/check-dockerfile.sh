#!/usr/bin/env bash
# Checks the Dockerfile without building an image: the linter, that its files exist and are in the build context, that
# they are all that Cargo needs, and that it compiles with the command of scripts/release.sh. Needs no container engine.
#
# With --static FILE, also builds the image with buildah and runs it: FILE, a static program, stands for what Cargo would
# compile, and BusyBox for the image of the compiler. Needs root, and nothing from a registry of images.
#
# usage: scripts/check-dockerfile.sh [--static FILE]
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/tools.sh
program=
case $# in
  0) ;;
  2) [ "$1" = --static ] || { echo "usage: scripts/check-dockerfile.sh [--static FILE]" >&2; exit 2; }; program=$2 ;;
  *) echo "usage: scripts/check-dockerfile.sh [--static FILE]" >&2; exit 2 ;;
esac
need cargo cargo
python_tools
fail() { echo "check-dockerfile: $*" >&2; exit 1; }

echo "the linter"
"$tools/hadolint" --failure-threshold style Dockerfile

# What COPY takes from the context: not from another stage, without flags, without the destination.
sources() {
  sed -n 's/^COPY //p' Dockerfile | grep -v -- '--from=' | awk '{ for (i = 1; i < NF; i++) if ($i !~ /^--/) print $i }'
}
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT

echo "files of COPY exist, and are the build context"
mapfile -t copied < <(sources)
[ "${#copied[@]}" -gt 5 ] || fail "found only ${#copied[@]} sources of COPY"
for source in "${copied[@]}"; do
  [ -e "$source" ] || fail "COPY $source: no such file"
  git ls-files --error-unmatch "$source" >/dev/null 2>&1 || fail "COPY $source: not in the repository"
  cp -rL --parents "$source" "$context"
done
diff <(printf '%s\n' "${copied[@]}" | sort -u) <(sed -n 's/^!//p' .dockerignore | sort -u) \
  || fail ".dockerignore lets other files through than COPY names (< COPY, > .dockerignore)"
[ "$(grep -vE '^(#|$)' .dockerignore | head -n 1)" = '*' ] || fail ".dockerignore must leave out everything first"
# What .dockerignore leaves out of these again.
grep -vE '^(#|$|!|\*$)' .dockerignore | while read -r ignored; do
  [ -e "$ignored" ] || fail ".dockerignore: no such file: $ignored"
  rm -rf "${context:?}/$ignored"
done

echo "Cargo has all files that the manifests name"
cargo metadata --locked --no-deps --format-version 1 --manifest-path "$context/Cargo.toml" >"$context/metadata.json"
python3 - "$context" <<'PY'
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1]).resolve()
packages = json.loads((folder / "metadata.json").read_text())["packages"]
assert {"crosscheck", "crosscheck-core"} <= {package["name"] for package in packages}, packages
for package in packages:
    for target in package["targets"]:
        path = pathlib.Path(target["src_path"])
        assert path.is_file() and folder in path.resolve().parents, f"{package['name']}: {target['name']}: no {path}"
PY

echo "it compiles as scripts/release.sh does, with a supported compiler"
# The command, with spaces made one.
command_of() { grep -o 'cargo build .*' "$1" | sed 's/ *\\$//; s/  */ /g'; }
[ "$(command_of Dockerfile)" = "$(command_of scripts/release.sh)" ] \
  || fail "other commands: $(command_of Dockerfile) / $(command_of scripts/release.sh)"
compiler=$(sed -n 's/^FROM rust:\([0-9.]*\)-alpine AS build$/\1/p' Dockerfile)
least=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
[ -n "$compiler" ] || fail "no version in FROM rust:…-alpine"
[ "$(printf '%s\n' "$least" "$compiler" | sort -V | head -n 1)" = "$least" ] || fail "FROM rust:$compiler is older than $least"

echo "the last stage is static, has certificates, and does not run as root"
last=$(sed -n '/^FROM scratch$/,$p' Dockerfile)
[ -n "$last" ] || fail "the last stage is not FROM scratch"
grep -q '^USER [1-9][0-9]*:[1-9][0-9]*$' <<<"$last" || fail "USER must be a number other than 0"
grep -q '^ENTRYPOINT \["crosscheck"\]$' <<<"$last" || fail "ENTRYPOINT must be crosscheck, without a shell"
! grep -q '^RUN' <<<"$last" || fail "there is no shell for RUN in the last stage"
grep -q 'ca-certificates.crt /image/etc/ssl/certs/' Dockerfile || fail "no CA certificates"
[ "$(grep -c '^FROM ' Dockerfile)" = 2 ] || fail "expected two stages"

if [ -n "$program" ]; then
  echo "the image, with $program"
  need readelf binutils
  need buildah buildah
  need busybox busybox-static
  is_static "$program" || fail "$program is not static"
  base=$context/base
  mkdir -p "$base/bin" "$base/etc/ssl/certs" "$base/tmp"
  cp "$(command -v busybox)" "$base/bin/busybox"
  for applet in sh uname mkdir cp chmod; do ln -s busybox "$base/bin/$applet"; done
  printf '#!/bin/sh\n' | tee "$base/bin/apk" >"$base/bin/rustup"
  cat >"$base/bin/cargo" <<'SH'
#!/bin/sh
while [ $# -gt 1 ]; do shift; done # the last argument is the target
mkdir -p "target/$1/release" && cp /program "target/$1/release/crosscheck"
SH
  chmod +x "$base"/bin/*
  cp "$program" "$base/program"
  echo "certificates" >"$base/etc/ssl/certs/ca-certificates.crt"
  printf 'FROM scratch\nCOPY base /\nENV PATH=/bin\n' >"$context/base.dockerfile"
  export BUILDAH_ISOLATION=chroot
  image() { buildah --storage-driver vfs --root "$context/storage" --runroot "$context/run" "$@"; }
  built() { "$@" >"$context/log" 2>&1 || { cat "$context/log" >&2; fail "the image cannot be built"; }; }
  built image bud --tag "docker.io/library/rust:$compiler-alpine" --file "$context/base.dockerfile" "$context"
  built image bud --pull-never --tag crosscheck --file Dockerfile .
  container=$(image from crosscheck)
  # The container is removed with the folder.
  image run "$container" -- crosscheck --version
  image run "$container" -- crosscheck run promises/origins --target embedded >"$context/log" 2>&1 \
    || { cat "$context/log" >&2; fail "crosscheck does not run in the container"; }
  folder=$(image mount "$container")
  [ -s "$folder/data/reports/run.json" ] || fail "no report in /data"
  [ "$(stat -c %u "$folder/data/reports/run.json")" = 65532 ] || fail "the report is not of the user 65532"
  [ "$(stat -c '%a %u' "$folder/tmp")" = "1777 0" ] || fail "/tmp: $(stat -c '%a %u' "$folder/tmp")"
  cmp "$program" "$folder/usr/bin/crosscheck"
  grep -q certificates "$folder/etc/ssl/certs/ca-certificates.crt" || fail "no certificates in the image"
  cmp LICENSE-MIT "$folder/usr/share/licenses/crosscheck/LICENSE-MIT"
  [ "$(find "$folder" -type f -size +1k -not -path '*/reports/*' | wc -l)" -le 3 ] || fail "more files than expected: $(find "$folder" -type f)"
  image umount "$container" >/dev/null
fi
echo "Dockerfile: all held"
