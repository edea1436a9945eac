#!/usr/bin/env bash
# Packages a program with scripts/release.sh, then installs and runs each package as a user does: the archive, the Python
# wheel and the npm package. Also checks licences, checksums, manual pages, completions, and that the same program gives
# the same files. Compiles nothing if the program is there. Uses temporary folders and target/tools.
#
# usage: scripts/check-shipping.sh [--binary FILE]
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/tools.sh

usage() { echo "usage: scripts/check-shipping.sh [--binary FILE]" >&2; exit 2; }
binary=${CROSSCHECK:-target/release/crosscheck}
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] && [ "$1" = --binary ] || usage
  binary=$2
  shift 2
done
[ -x "$binary" ] || cargo build --release --locked
unset CROSSCHECK CROSSCHECK_TARGET
need readelf binutils
need man man-db
need mandoc mandoc
need zsh zsh
need fish fish
need npm npm
python_tools
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "check-shipping: $*" >&2; exit 1; }
before=$(git status --porcelain)
version=$(workspace_version)
target=$(target_of "$binary")

echo "the packages, and the same again"
export SOURCE_DATE_EPOCH=1700000000
scripts/release.sh --binary "$binary" --out "$work/dist" >"$work/first"
scripts/release.sh --binary "$binary" --out "$work/again" >"$work/second"
(cd "$work/dist" && sha256sum --quiet --strict --check SHA256SUMS) || fail "checksums"
[ "$(wc -l <"$work/dist/SHA256SUMS")" = 3 ] || fail "expected three packages: $(cat "$work/dist/SHA256SUMS")"
[ "$(find "$work/dist" -type f | wc -l)" = 4 ] || fail "more files than packages: $(ls "$work/dist")"
cmp "$work/dist/SHA256SUMS" "$work/again/SHA256SUMS" || fail "a second run gives other files"
rm -r "$work/again"

# runs PROGRAM: it is this version, and works.
runs() {
  local found
  found=$("$1" --version)
  [ "$found" = "crosscheck $version" ] || fail "$1 is $found"
  "$1" explain embedded --origin https://app.example >"$work/explained" || fail "$1 explain ended with $?"
  (cd "$work" && "$1" check >/dev/null) || fail "$1 check ended with $?"
}
licensed() {
  local licence
  for licence in LICENSE-MIT LICENSE-APACHE; do cmp "$licence" "$1/$licence" || fail "$1: $licence"; done
}

echo "the archive"
name=crosscheck-$version-$target
archive=$work/dist/$name.tar.gz
tar --list --verbose --numeric-owner --utc --full-time --file "$archive" >"$work/listed"
! grep -v ' 0/0 .* 2023-11-14 22:13:20 ' "$work/listed" || fail "owner or time of these files"
mkdir "$work/archive"
tar -xzf "$archive" -C "$work/archive"
root=$work/archive/$name
cmp "$binary" "$root/crosscheck" || fail "the archive has another program"
runs "$root/crosscheck"
licensed "$root"
cmp README.md "$root/README.md"
cmp CHANGELOG.md "$root/CHANGELOG.md"

echo "manual pages"
commands() { "$binary" "$@" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' | grep -vx help || true; }
{
  echo crosscheck.1
  for command in $(commands); do
    echo "crosscheck-$command.1"
    for child in $(commands "$command"); do echo "crosscheck-$command-$child.1"; done
  done
} | sort >"$work/expected"
[ "$(wc -l <"$work/expected")" -gt 15 ] || fail "too few commands: $(cat "$work/expected")"
diff "$work/expected" <(ls "$root/man/man1") || fail "pages (< commands, > archive)"
for page in "$root"/man/man1/*.1; do
  mandoc -T lint -W error "$page" || fail "mandoc: $page"
  # Formatting says what groff warns of.
  MANWIDTH=100 man --warnings -l "$page" >"$work/page" 2>"$work/warnings" || fail "man: $page"
  [ ! -s "$work/warnings" ] || fail "man: $page: $(cat "$work/warnings")"
  grep -q "^EXAMPLES" "$work/page" || fail "$page: no examples"
done
MANPATH=$root/man man crosscheck-rules-get >/dev/null || fail "man does not find the pages"

echo "completions"
completions=$root/completions
# shellcheck disable=SC2016 # for the shells to expand
bash --norc -euo pipefail -c '
  source "$1"
  complete -p crosscheck >/dev/null
  COMP_WORDS=(crosscheck expl) COMP_CWORD=1 COMPREPLY=()
  _crosscheck crosscheck expl crosscheck
  [ "${COMPREPLY[*]}" = explain ]' bash "$completions/crosscheck.bash" || fail "bash"
# shellcheck disable=SC2016
zsh -f -c '
  fpath=($1 $fpath)
  autoload -U compinit && compinit -D -u
  [[ ${_comps[crosscheck]} = _crosscheck ]] && autoload +X _crosscheck' zsh "$completions" || fail "zsh"
# shellcheck disable=SC2016
HOME=$work fish --no-config -c 'source $argv[1]; complete -C "crosscheck expl"' "$completions/crosscheck.fish" \
  | grep -q '^explain' || fail "fish"

echo "the wheel"
wheel=("$work"/dist/*.whl)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-index "${wheel[0]}"
runs "$work/venv/bin/crosscheck"
cmp "$binary" "$work/venv/bin/crosscheck" || fail "the wheel has another program"
info=$("$work/venv/bin/python" -c 'import sys; print(*sys.path, sep="\n")' | grep site-packages | head -n 1)
licensed "$info/crosscheck-$version.dist-info/licenses"
"$work/venv/bin/python" - "$version" <<'PY'
import sys
from importlib.metadata import metadata
found = metadata("crosscheck")
assert found["Version"] == sys.argv[1], found["Version"]
assert found["License-Expression"] == "MIT OR Apache-2.0", found["License-Expression"]
assert "# Crosscheck" in found.get_payload() or "# Crosscheck" in found["Description"], "no readme"
PY
# The tag promises no older system than the program runs on: auditwheel reads the program itself.
if ! is_static "$binary"; then
  tag=$(basename "${wheel[0]}" .whl)
  tag=${tag##*-}
  "$tools/auditwheel" show "${wheel[0]}" >"$work/audited" 2>&1 || { cat "$work/audited" >&2; fail "auditwheel"; }
  tr '\n' ' ' <"$work/audited" | grep -q "\"$tag\"" || { cat "$work/audited" >&2; fail "the tag of the wheel is $tag"; }
fi
"$work/venv/bin/pip" uninstall --quiet --yes crosscheck
[ ! -e "$work/venv/bin/crosscheck" ] || fail "pip leaves the program behind"

echo "the sources that pip compiles"
"$tools/maturin" sdist --out "$work/sources" >"$work/sdist.log" 2>&1 || { cat "$work/sdist.log" >&2; fail "maturin sdist"; }
tar -xzf "$work/sources/crosscheck-$version.tar.gz" -C "$work/sources"
licensed "$work/sources/crosscheck-$version"
for file in Cargo.lock build.rs src/main.rs suites crates/core/LICENSE-MIT; do
  [ -e "$work/sources/crosscheck-$version/$file" ] || fail "the sources have no $file"
done

echo "the npm package"
packed=("$work"/dist/crosscheck-*-linux-*.tgz)
mkdir "$work/npm"
echo '{ "private": true }' >"$work/npm/package.json"
(cd "$work/npm" && npm install --offline --no-audit --no-fund --silent "${packed[0]}") || fail "npm install"
runs "$work/npm/node_modules/.bin/crosscheck"
[ "$(cd "$work/npm" && npx --offline --no -- crosscheck --version)" = "crosscheck $version" ] || fail "npx"
licensed "$work/npm/node_modules/crosscheck"
cmp "$binary" "$work/npm/node_modules/crosscheck/bin/crosscheck" || fail "the npm package has another program"

echo "nothing is left in the repository"
[ "$(git status --porcelain)" = "$before" ] || fail "$(git status --porcelain)"
echo "shipping: all held in $SECONDS s"
