#!/bin/sh
# Campaigns of hostile bytes through every door (fuzz/): libFuzzer, with AddressSanitizer over Rust and C alike.
#
#     sh tests/faults/fuzz.sh [SECONDS] [TARGET...]
#
# SECONDS each target runs (default 1200); without TARGET all of them, JOBS at a time (default 2). First comes the control, a planted
# fault that must be found. SHARDPRESS and SHARDPRESS_CORPUS: see fuzz/seeds.sh. Needs a nightly toolchain, cargo-fuzz and clang.
# Prints the tries and findings of each target and of all; ends with 1 if there is a finding, with 77 where something it needs is
# missing. Findings stay in fuzz/artifacts, what was learnt in fuzz/corpus.
set -eu
cd "$(dirname "$0")/../.."

# Of one target: libFuzzer ends at a finding, so it is begun again until the time is over or there are ten.
if [ "${1-}" = --one ]; then
    target=$2 end=$(($(date +%s) + $3)) tries=0 round=0
    case $target in
        probe | decode | metadata | control) more="-max_len=65536 -dict=fuzz/dict/images.dict" ;;
        *) more="-max_len=32768 -dict=fuzz/dict/text.dict" ;;
    esac
    mkdir -p "fuzz/artifacts/$target" "fuzz/corpus/$target"
    while left=$((end - $(date +%s))) && [ "$left" -gt 0 ] && [ "$round" -lt 10 ]; do
        round=$((round + 1))
        log=$FUZZ_LOGS/$target.$round.log
        # Far more than a picture may take here: 32 MiB, and on a busy machine a second.
        nice -n 5 "$FUZZ_PROGRAMS/$target" "fuzz/corpus/$target" $more -rss_limit_mb=2048 -malloc_limit_mb=300 -timeout=60 \
            -max_total_time="$left" -artifact_prefix="fuzz/artifacts/$target/" -print_final_stats=1 >"$log" 2>&1 && break
        [ "$target" != control ] || break
    done
    for log in "$FUZZ_LOGS/$target".*.log; do
        count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        # Where it ended at a finding, its last line of progress tells.
        count=${count:-$(sed -n 's/^#\([0-9]*\).*/\1/p' "$log" | tail -n 1)}
        tries=$((tries + ${count:-0}))
    done
    findings=$(find "fuzz/artifacts/$target" -type f | wc -l)
    echo "fuzz: $target $tries tries, $findings findings, $(find "fuzz/corpus/$target" -type f | wc -l) inputs kept" |
        tee "$FUZZ_LOGS/$target.line"
    exit 0
fi

seconds=${1:-1200}
[ $# -eq 0 ] || shift
targets=${*:-decode journal metadata probe report settings sidecar}
host=$(rustc +nightly -vV 2>/dev/null | sed -n 's/^host: //p')
missing() {
    echo "fuzz: SKIPPED, $1"
    exit 77
}
[ -n "$host" ] || missing "there is no nightly toolchain (rustup toolchain install nightly)"
cargo +nightly fuzz --version >/dev/null 2>&1 || missing "cargo-fuzz is not installed (cargo install cargo-fuzz --locked)"
command -v clang++ >/dev/null || missing "clang is not installed (apt-get install clang)"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/fuzz/target}"
export FUZZ_PROGRAMS="$CARGO_TARGET_DIR/$host/release" FUZZ_LOGS="$CARGO_TARGET_DIR/logs"
rm -rf "$FUZZ_LOGS" fuzz/artifacts
mkdir -p "$FUZZ_LOGS"

# The codecs in C get the same sanitizer and counters, where clang has a runtime to link its build's probes with.
underlined=$(echo "$host" | tr - _)
flags="-fsanitize=address,fuzzer-no-link -g1"
how="the codecs in C not instrumented: there is no runtime for clang's sanitizers (libclang-rt-dev)"
export "CC_$underlined=clang" "CXX_$underlined=clang++"
# shellcheck disable=SC2086
if echo 'int main(void){return 0;}' | clang $flags -x c - -o "$FUZZ_LOGS/probe" 2>/dev/null; then
    export "CFLAGS_$underlined=$flags"
    how="the codecs in C instrumented"
fi
# cfg(fuzzing) would switch off checksums in dependencies: what is tried must be what ships.
cargo +nightly fuzz build --no-cfg-fuzzing
sh fuzz/seeds.sh

begun=$(date +%s)
sh "$0" --one control 600
grep -q 'AddressSanitizer: heap-buffer-overflow' "$FUZZ_LOGS/control.1.log" || {
    echo "fuzz: the control failed: a planted fault was not found, so nothing else here would be ($FUZZ_LOGS/control.1.log)" >&2
    exit 1
}
rm -rf fuzz/artifacts/control
echo "fuzz: the planted fault was found in $(($(date +%s) - begun)) s; $how"

begun=$(date +%s)
# shellcheck disable=SC2086
printf '%s\n' $targets | xargs -P "${JOBS:-2}" -I TARGET sh "$0" --one TARGET "$seconds"
tries=0 findings=0
for target in $targets; do
    read -r _ _ some _ found _ <"$FUZZ_LOGS/$target.line"
    tries=$((tries + some)) findings=$((findings + found))
done
echo "fuzz: $(echo "$targets" | wc -w) targets, $tries tries, $findings findings in $(($(date +%s) - begun)) s"
[ "$findings" -eq 0 ] || {
    find fuzz/artifacts -type f
    exit 1
}
