#!/bin/sh
# A campaign of hostile files made from good and bad ones: cut at 64 places, 1,000 times with changed bytes (20 where a file is
# larger than 200 kB, bombs once), with headers that lie. Each goes through all that a run does with one image. Whatever the bytes,
# the end must be a verified replacement or an error with a reason: no panic, no more memory than was promised, no more time than is
# allowed, no part of a picture taken for all of it.
#
#     sh tests/faults/hostile.sh [SECONDS]
#
# SECONDS: end after so long, with all files tried and fewer changes of each (default: when all is done, about an hour over the
# corpus). SHARDPRESS_CORPUS=FOLDER: the pictures (default: the sample library). FLIPS: changes of each file (default 1000). KEEP:
# a folder for findings (default: target/hostile). A control comes first: a planted panic and 64 MiB too many must be found. Memory
# is that of a process, so each of the two parts (JOBS) has one of its own; it is measured on Linux alone. Prints a line of counts
# for each part; ends with 1 if there is a finding.
set -eu
cd "$(dirname "$0")/../.."
command -v cargo >/dev/null || {
    echo "hostile: SKIPPED, cargo is not installed (sh setup.sh)"
    exit 77
}
export SHARDPRESS_CAMPAIGN_SECONDS="${1:-1000000000}" SHARDPRESS_CAMPAIGN_FLIPS="${FLIPS:-1000}"
export SHARDPRESS_CAMPAIGN_PARTS="${JOBS:-2}"
keep=${KEEP:-$PWD/target/hostile}
# Memory that is given back must be gone at once, or what is taken next would be found there and not be seen.
export MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072 MALLOC_ARENA_MAX=1

# Built once, before it is run twice.
program=$(cargo test --locked --lib --no-run ${FEATURES:-} 2>&1 | tee /dev/stderr | sed -n 's/^ *Executable .*(\(.*\))$/\1/p')
[ -n "$program" ] || {
    echo "hostile: the tests could not be built"
    exit 1
}
rm -rf "$keep"
jobs=
trap 'for job in $jobs; do kill "$job" 2>/dev/null || :; done' EXIT INT TERM HUP
part=0
while [ "$part" -lt "$SHARDPRESS_CAMPAIGN_PARTS" ]; do
    mkdir -p "$keep/$part"
    SHARDPRESS_CAMPAIGN_PART=$part SHARDPRESS_CAMPAIGN_KEEP=$keep/$part \
        nice -n 10 "$program" --ignored --exact engine::shrink::hostile_tests::campaign_hostile --nocapture \
        >"$keep/$part/log" 2>&1 &
    jobs="$jobs $!"
    part=$((part + 1))
done
failed=0 part=0
for job in $jobs; do
    wait "$job" || {
        failed=1
        # A crash leaves no count: then the file it was at is the finding.
        echo "hostile: part $part failed; it was at: $(cat "$keep/$part/now" 2>/dev/null); see $keep/$part"
    }
    grep '^DEFECT' "$keep/$part/log" || :
    grep '^hostile: ' "$keep/$part/log" | tail -n 1
    part=$((part + 1))
done
jobs=
exit "$failed"
