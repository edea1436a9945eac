#!/usr/bin/env bash
# Builds a Python wheel that carries the program, into target/dist or the folder that --out names. Prints its path.
#
# Without --binary, maturin compiles the program as `pip install .` does. With --binary, nothing is compiled: the wheel is
# written from that program and the metadata of pyproject.toml. CI tests the wheel made with --binary.
#
# usage: scripts/package-wheel.sh [--binary FILE] [--out DIR]
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/tools.sh

usage() { echo "usage: scripts/package-wheel.sh [--binary FILE] [--out DIR]" >&2; exit 2; }
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
python_tools
mkdir -p "$out"

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir "$stage/built"
if [ -z "$binary" ]; then
  "$tools/maturin" build --release --out "$stage/built" >&2
else
  need readelf binutils
  cpu=$(target_of "$binary")
  cpu=${cpu%%-*}
  if is_static "$binary"; then
    # It runs beside any C library.
    platform=manylinux2014_$cpu.manylinux_2_17_$cpu.musllinux_1_1_$cpu
  else
    # The newest version of the GNU C library that one of its symbols needs.
    glibc=$(readelf -VW "$binary" | grep -o 'GLIBC_[0-9]*\.[0-9]*' | sort -uV | tail -n 1)
    [ -n "$glibc" ] || { echo "package-wheel: $binary needs no symbol of glibc" >&2; exit 1; }
    glibc=${glibc#GLIBC_}
    platform=manylinux_${glibc/./_}_$cpu
  fi
  version=$(workspace_version)
  root=$stage/wheel
  info=$root/crosscheck-$version.dist-info
  mkdir -p "$root/crosscheck-$version.data/scripts" "$info/licenses"
  install -m 755 "$binary" "$root/crosscheck-$version.data/scripts/crosscheck"
  install -m 644 LICENSE-MIT LICENSE-APACHE "$info/licenses/"
  "$tools/python" - "$version" "$platform" "$info" <<'PY'
import pathlib, sys, tomllib
from packaging.version import Version
from pyproject_metadata import StandardMetadata

version, platform, info = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())
project["project"]["dynamic"].remove("version")
project["project"]["version"] = version
metadata = StandardMetadata.from_pyproject(project, ".")
(info / "METADATA").write_bytes(bytes(metadata.as_rfc822()))
lines = ["Wheel-Version: 1.0", "Generator: package-wheel.sh", "Root-Is-Purelib: false"]
lines += [f"Tag: py3-none-{tag}" for tag in platform.split(".")]
(info / "WHEEL").write_text("\n".join(lines) + "\n")
PY
  chmod -R u=rwX,go=rX "$root"
  "$tools/wheel" pack --dest-dir "$stage/built" "$root" >/dev/null
fi
wheel=$(basename "$stage"/built/*.whl)
install -m 644 "$stage/built/$wheel" "$out/$wheel"
echo "$out/$wheel"
