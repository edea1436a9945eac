# What the start scripts of the cures have in common; they source it with PORT and SETTING, a file with the text that
# `cargo run --example setting` prints. CORS in each product is this text and nothing else. What is installed is what
# examples/servers/ installs.
set -euo pipefail
port=${1:?usage: start PORT SETTING} setting=${2:?usage: start PORT SETTING}
here=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
product=$(basename "$here")
work=$root/target/cures/$product
rm -rf "$work"
mkdir -p "$work"

# server NAME: builds a server of examples/servers/, and sets `server` to what it built.
server() {
  ! [ -x "$root/examples/servers/$1/build" ] || "$root/examples/servers/$1/build" >&2
  server=$root/target/servers/$1
}

# fill TEMPLATE OUTPUT: writes the template with the text in place of the line @SETTING@, in its indentation,
# and the port in place of @PORT@.
fill() {
  awk -v setting="$setting" '
    /^[ \t]*@SETTING@$/ {
      indent = $0; sub(/@SETTING@/, "", indent)
      while ((getline line < setting) > 0) print (line == "" ? "" : indent line)
      next
    }
    { print }' "$1" | sed "s#@PORT@#$port#g; s#@WORK@#$work#g" >"$2"
}

# What runs in the background ends with the script.
run() {
  "$@" &
  trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
  trap 'exit 0' TERM INT
  wait $!
}

# behind PROGRAM: starts a service for a gateway, and sets `behind` to its port.
behind() {
  trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
  trap 'exit 0' TERM INT
  python3 "$root/examples/$1" "$work/port" &
  for _ in $(seq 100); do [ -s "$work/port" ] && break; sleep 0.1; done
  behind=$(cat "$work/port")
}
