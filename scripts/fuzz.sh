#!/bin/sh
# Runs every fuzz target for a while, and fails where one crashes, hangs or eats memory.
#
#   FUZZ_SECONDS=60    how long each target runs
#   scripts/fuzz.sh [target …]
#
# Takes the nightly toolchain, or, where there is none, the stable one with its unstable flags;
# cargo-fuzz is installed where it is missing. New inputs go to
# fuzz/target/corpus; the committed corpus is only read. What crashed lies in fuzz/artifacts.
set -eu
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-60}
case $seconds in
    '' | *[!0-9]*) echo "FUZZ_SECONDS is no number of seconds: $seconds" >&2; exit 2 ;;
esac

if ! cargo fuzz --version >/dev/null 2>&1; then
    cargo install cargo-fuzz --locked
fi

if [ $# -eq 0 ]; then
    # shellcheck disable=SC2046 # a name for each word
    set -- $(cargo fuzz list)
fi

if cargo +nightly --version >/dev/null 2>&1; then
    export RUSTUP_TOOLCHAIN=nightly
else
    export RUSTC_BOOTSTRAP=1
fi

cargo fuzz build
for target in "$@"; do
    echo "== $target, $seconds s" >&2
    mkdir -p "fuzz/target/corpus/$target"
    cargo fuzz run "$target" "fuzz/target/corpus/$target" "fuzz/corpus/$target" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=16384 -print_final_stats=1
done
