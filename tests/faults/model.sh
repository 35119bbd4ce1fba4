#!/bin/sh
# Every fault and every crash of the commit protocol, on a disk in memory: the whole product of ways to work, calls, faults and
# what a crash can leave. `cargo test` tries some of it; this tries all of it and prints what it tried.
#
# Usage: tests/faults/model.sh [NAME…]      only the campaigns whose names contain NAME: crashes, faults, forgetful, undo, purge,
#                                           damaged
# Ends with an error if anything was lost. Needs no root and touches nothing outside `target/`.
set -eu
cd "$(dirname "$0")/../.."

[ $# -gt 0 ] || set -- campaign_
log=$(mktemp)
trap 'rm -f "$log"' EXIT INT TERM HUP
begin=$(date +%s)
failed=0
for name in "$@"; do
    # One after the other: each uses all processors by itself.
    cargo test --locked --lib --no-default-features --features native-codecs -- \
        --ignored --nocapture --test-threads 1 "$name" >>"$log" 2>&1 || failed=1
done
# Campaigns say: "<what>: <n> modes, <n> faults, <n> states, <n> wrong, <n> s".
lines=$(grep -E '^.*: [0-9]+ modes, [0-9]+ faults, [0-9]+ states, [0-9]+ wrong' "$log" || true)
printf '%s\n' "$lines"
if [ "$failed" -ne 0 ] || [ -z "$lines" ]; then
    tail -n 60 "$log" | cut -c1-600
    failed=1
fi
printf '%s\n' "$lines" | awk -v seconds=$(($(date +%s) - begin)) -F'[:,]' '
    { for (i = 1; i <= NF; i++) { split($i, w, " "); if (w[2] == "faults") f += w[1]; if (w[2] == "states") s += w[1]; if (w[2] == "wrong") x += w[1] } }
    END { printf "model: %d faults, %d different states after crashes, %d lost or wrong, %d s\n", f, s, x, seconds }'
exit "$failed"
