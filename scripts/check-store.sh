#!/usr/bin/env bash
# The reference store as a process: killed at random moments, spoken to in each protocol, and held
# under a thousand connections, where its memory must stay flat.
set -euo pipefail
cd "$(dirname "$0")/.."
# A thousand connections need as many descriptors on either side.
ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
cargo test --locked --test it reference_store
SOAK_SECONDS=${SOAK_SECONDS:-20} cargo bench --locked --profile dev --bench soak
