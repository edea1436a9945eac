# What the build and start scripts of the servers have in common; they source it.
# Everything that is installed or built lies in target/servers/, never beside the sources.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
server=$(basename "$here")
built=$root/target/servers/$server
mkdir -p "$built"

# once COMMAND ...: runs the command unless it has succeeded before for these same sources.
once() {
  local sources
  sources=$(cd "$here" && find . -type f ! -name crosscheck.json ! -name start -print0 | sort -z | xargs -0 sha256sum)
  [ "$(cat "$built/.sources" 2>/dev/null)" = "$sources" ] && return
  rm -f "$built/.sources"
  "$@"
  printf '%s' "$sources" > "$built/.sources"
}

# Node.js: a copy of the sources with the packages of the lock file beside it.
npm_build() {
  cp "$here"/package.json "$here"/package-lock.json "$here"/*.js "$built/"
  (cd "$built" && npm ci --no-audit --no-fund --silent)
}

# Python: a virtual environment with the packages of the lock file, each checked by its hash.
python_build() {
  rm -rf "$built/venv"
  python3 -m venv "$built/venv"
  "$built/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    -r "$here/requirements.txt"
}

# Go: one binary; go.sum holds the modules to their hashes.
go_build() { (cd "$here" && go build -mod=readonly -o "$built/server" .); }

# Rust: the servers share one target folder, and so what they depend on. Debug information
# would take longer to write than the server to compile.
cargo_build() {
  CARGO_PROFILE_DEV_DEBUG=0 cargo build --quiet --locked --manifest-path "$here/Cargo.toml" \
    --target-dir "$root/target/servers/cargo"
  cp "$root/target/servers/cargo/debug/example-$server" "$built/server"
}

# Maven: a runnable archive of the versions that pom.xml pins.
maven_build() {
  rm -rf "$built/project"
  mkdir "$built/project"
  cp -R "$here/pom.xml" "$here/src" "$built/project/"
  mvn --batch-mode --quiet --no-transfer-progress --file "$built/project/pom.xml" package
  cp "$built/project/target/server-0.jar" "$built/server.jar"
}

# Starts items.py, a service without CORS for a gateway, and sets `items` to its port. What runs in the
# background ends with the script.
start_items() {
  rm -f "$built/port"
  trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
  trap 'exit 0' TERM INT
  python3 "$root/examples/servers/items.py" "$built/port" &
  for _ in $(seq 100); do [ -s "$built/port" ] && break; sleep 0.1; done
  items=$(cat "$built/port")
}
