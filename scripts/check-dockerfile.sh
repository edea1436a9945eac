#!/usr/bin/env bash
# Checks the Dockerfile without building an image: the linter, that its files exist and are in the build context, that
# they are all that Cargo needs, and that it compiles with the command of scripts/release.sh. Needs no container engine.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/tools.sh
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
image=$(sed -n 's/^FROM rust:\([0-9.]*\)-alpine AS build$/\1/p' Dockerfile)
least=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
[ -n "$image" ] || fail "no version in FROM rust:…-alpine"
[ "$(printf '%s\n' "$least" "$image" | sort -V | head -n 1)" = "$least" ] || fail "FROM rust:$image is older than $least"

echo "the last stage is static, has certificates, and does not run as root"
last=$(sed -n '/^FROM scratch$/,$p' Dockerfile)
[ -n "$last" ] || fail "the last stage is not FROM scratch"
grep -q '^USER [1-9][0-9]*:[1-9][0-9]*$' <<<"$last" || fail "USER must be a number other than 0"
grep -q '^ENTRYPOINT \["crosscheck"\]$' <<<"$last" || fail "ENTRYPOINT must be crosscheck, without a shell"
! grep -q '^RUN' <<<"$last" || fail "there is no shell for RUN in the last stage"
grep -q 'ca-certificates.crt /image/etc/ssl/certs/' Dockerfile || fail "no CA certificates"
[ "$(grep -c '^FROM ' Dockerfile)" = 2 ] || fail "expected two stages"
echo "Dockerfile: all held"
