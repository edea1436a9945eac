#!/usr/bin/env bash
# Packages every crate, and compiles a project that uses the packages alone: nothing outside of them is needed.
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf target/package
# The lock file of a package would have to name the other packages as the registry has them.
cargo package --workspace --allow-dirty --no-verify --exclude-lockfile --quiet

project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
mkdir "$project/src"
cat >"$project/src/main.rs" <<'RUST'
fn main() -> std::process::ExitCode {
    crosscheck::cargo_test(crosscheck::Conformance::from_env)
}
RUST
cp Cargo.lock "$project"
patches=
for package in target/package/*.crate; do
  # Packages have an old date, by which Cargo would take what it compiled before for new.
  tar -xzmf "$package" -C "$project"
  folder=$(basename "$package" .crate)
  for licence in LICENSE-MIT LICENSE-APACHE; do
    cmp "$licence" "$project/$folder/$licence" || { echo "$folder: a package needs the text of its licence" >&2; exit 1; }
  done
  patches+="${folder%-*} = { path = \"$folder\" }"$'\n'
done

for features in 'default-features = false' 'features = ["cli", "store", "load"]'; do
  echo "a project with the packages: $features"
  cat >"$project/Cargo.toml" <<TOML
[package]
name = "user"
version = "0.1.0"
edition = "2024"

[dependencies]
crosscheck = { version = "0.1.0", $features }

[patch.crates-io]
$patches
TOML
  cargo check --quiet --manifest-path "$project/Cargo.toml" --target-dir target/packages
done
