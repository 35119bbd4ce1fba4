#!/bin/sh
# Counts the instructions that twelve drawn images take, one worker on one thread, and compares with a count that is kept here.
# Unlike a time, a count is the same however busy the machine is: a change that costs 3 % is seen.
#
#     sh tests/callgrind/run.sh              compares; 1 where more than 3 % were added
#     sh tests/callgrind/run.sh --update     keeps the count as the new baseline
#     sh tests/callgrind/run.sh --self-test  also shows that a baseline 4 % below the count fails, and that two counts agree
#
# The baseline holds for one compiler, one Cargo.lock, one profile, one valgrind and one set of processor features (the codecs choose
# their code by them). Where any of these differs the count is printed and nothing fails. Without valgrind, which is installed by apt
# where that is allowed, it ends with 77: skipped. Linux only. BASELINE=FILE names another baseline.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.."
here=tests/callgrind
baseline=${BASELINE:-$here/baseline.txt}
# The dev profile as Cargo.toml has it, whatever a configuration of cargo's outside the project says of it.
level=1
features=native-codecs,benching

update=no self_test=no
case "${1:-}" in
    --update) update=yes ;;
    --self-test) self_test=yes ;;
    "") ;;
    *)
        sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p;}' "$0" >&2
        exit 2
        ;;
esac

skip() {
    echo "== SKIPPED: the count of instructions: $*" >&2
    exit 77
}

[ "$(uname -s)" = Linux ] || skip "this is no Linux"
if ! command -v valgrind >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing valgrind"
        apt-get install -y --no-install-recommends valgrind >/dev/null 2>&1 ||
            { apt-get update >/dev/null 2>&1 && apt-get install -y --no-install-recommends valgrind >/dev/null 2>&1; } || :
    fi
    command -v valgrind >/dev/null 2>&1 || skip "there is no valgrind; install the package of that name"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cargo build --locked --config "profile.dev.package.shardpress.opt-level=$level" --no-default-features --features "$features" \
    --bench instructions --message-format json-render-diagnostics >"$work/built.json"
program=$(sed -n 's/.*"target":{[^}]*"name":"instructions".*"executable":"\([^"]*\)".*/\1/p' "$work/built.json" | tail -n 1)
[ -x "$program" ] || {
    echo "cargo did not say where the program is" >&2
    exit 1
}
"$program" draw "$work/library"

# Prints the number of instructions between the first and the last of `shrink_all`.
count() {
    # No environment: its length moves the stack, and with it what loops over memory do at their ends.
    env -i HOME="$work" valgrind --tool=callgrind --callgrind-out-file="$work/callgrind.out" \
        --toggle-collect='shardpress::engine::benching::shrink_all' \
        "$program" count "$work/library/shard_00000" >"$work/said" 2>&1 || {
        cat "$work/said" >&2
        exit 1
    }
    found=$(sed -n 's/^\(summary\|totals\): \([0-9]*\).*/\2/p' "$work/callgrind.out" | tail -n 1)
    [ "${found:-0}" -gt 1000000 ] || {
        cat "$work/said" >&2
        echo "nothing was counted" >&2
        exit 1
    }
    echo "$found"
}

# What a count depends on beside the code: one line each.
conditions() {
    echo "rustc=$(rustc -V)"
    echo "lock=$(sha256sum Cargo.lock | cut -d' ' -f1)"
    echo "profile=dev, $features, $(sed -n '/^\[profile.dev/,/^\[profile.release/p' Cargo.toml | sha256sum | cut -c1-16)"
    echo "cc=$(cc --version 2>/dev/null | head -n 1)"
    echo "libc=$(getconf GNU_LIBC_VERSION 2>/dev/null || echo other)"
    echo "valgrind=$(valgrind --version)"
    flags=
    for flag in ssse3 sse4_1 sse4_2 popcnt avx avx2 bmi1 bmi2 fma movbe pclmulqdq erms fsrm asimd; do
        if grep -E '^(flags|Features)' /proc/cpuinfo | head -n 1 | grep -qw "$flag"; then
            flags="$flags $flag"
        fi
    done
    echo "cpu=$(uname -m)$flags"
}

# $1 the count, $2 the baseline file: 0 within the margin or not comparable, 1 above it.
compare() {
    kept=$(sed -n 's/^instructions=//p' "$2" 2>/dev/null || :)
    if [ -z "$kept" ]; then
        echo "There is no baseline: $1 instructions. sh $here/run.sh --update keeps them."
        return 0
    fi
    sed '/^instructions=/d;/^#/d' "$2" >"$work/kept"
    if ! cmp -s "$work/kept" "$work/now"; then
        echo "$1 instructions; the baseline of $kept is of other conditions, so nothing is concluded:"
        diff "$work/kept" "$work/now" || :
        return 0
    fi
    awk -v now="$1" -v kept="$kept" 'BEGIN {
        change = 100 * (now / kept - 1)
        printf "%d instructions, baseline %d: %+.2f %%\n", now, kept, change
        if (change > 3) {
            print "That is more than 3 % above the baseline. Find what costs them (callgrind_annotate), or, where they buy something,"
            print "keep the new count: sh tests/callgrind/run.sh --update"
            exit 1
        }
        if (change < -3) print "Well below the baseline: keep it, or the next loss goes unseen: sh tests/callgrind/run.sh --update"
    }'
}

now=$(count)
conditions >"$work/now"
if [ "$update" = yes ]; then
    {
        echo "# Instructions of twelve drawn images; written by tests/callgrind/run.sh --update."
        echo "instructions=$now"
        cat "$work/now"
    } >"$baseline"
    echo "$now instructions are the new baseline in $baseline"
    exit 0
fi
if [ "$self_test" = yes ]; then
    again=$(count)
    awk -v one="$now" -v other="$again" 'BEGIN {
        apart = 100 * (one > other ? one / other - 1 : other / one - 1)
        printf "two counts: %d and %d, %.4f %% apart\n", one, other, apart
        exit apart >= 0.1
    }' || {
        echo "two counts of the same program differ by 0.1 % or more" >&2
        exit 1
    }
    {
        echo "instructions=$(awk -v now="$now" 'BEGIN { printf "%d", now / 1.04 }')"
        cat "$work/now"
    } >"$work/lower"
    if compare "$now" "$work/lower"; then
        echo "a count 4 % above its baseline passed" >&2
        exit 1
    fi
    {
        echo "instructions=1"
        sed 's/^rustc=.*/rustc=another/' "$work/now"
    } >"$work/other"
    compare "$now" "$work/other" >/dev/null || {
        echo "a baseline of another compiler failed" >&2
        exit 1
    }
    echo "The guard fails where it should."
fi
compare "$now" "$baseline"
