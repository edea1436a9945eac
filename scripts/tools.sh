# shellcheck shell=bash
# Installs what the packaging scripts and their checks need. Read with `source`, from the root of the repository.

export DEBIAN_FRONTEND=noninteractive

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

updated=
# need COMMAND PACKAGE: the command is there, from this Debian package if from nowhere else.
need() {
  if command -v "$1" >/dev/null; then return; fi
  [ -n "$updated" ] || as_root apt-get update -qq
  updated=1
  as_root apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}

# python_tools: sets `tools` to a folder with the programs of packaging/tools.txt.
python_tools() {
  local folder=target/tools/python
  tools=$PWD/$folder/bin
  cmp -s packaging/tools.txt "$folder/tools.txt" && return
  need python3 python3
  python3 -c 'import venv, ensurepip' 2>/dev/null || { updated=; as_root apt-get update -qq; as_root apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; }
  rm -rf "$folder"
  python3 -m venv "$folder"
  "$tools/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r packaging/tools.txt
  cp packaging/tools.txt "$folder/tools.txt"
}

# go_tool MODULE@VERSION: sets `tool` to the path of the program that this package builds.
go_tool() {
  local folder=target/tools/go/${1##*@}
  tool=$PWD/$folder/$(basename "${1%@*}")
  [ -x "$tool" ] && return
  need go golang-go
  GOBIN=$PWD/$folder go install "$1"
}

# The version of the workspace, as Cargo.toml has it.
workspace_version() { sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml; }

# is_static PROGRAM: it needs no dynamic loader and no library.
is_static() { ! readelf -lW "$1" | grep -q INTERP; }

# target_of PROGRAM: the Rust target that a program for Linux was built for.
target_of() {
  local machine
  machine=$(readelf -hW "$1" | sed -n 's/^ *Machine: *//p')
  case $machine in
    *X86-64*) machine=x86_64 ;;
    AArch64) machine=aarch64 ;;
    *) echo "$1: unsupported machine: $machine" >&2; return 1 ;;
  esac
  if is_static "$1"; then echo "$machine-unknown-linux-musl"; else echo "$machine-unknown-linux-gnu"; fi
}
