#!/bin/sh
# The long fault campaigns, one after the other, on the built program. Every one prints a line of counts; the last lines repeat them.
#
#     sh tests/faults/all.sh [PART]
#
# SHARDPRESS=PATH takes a program that is there already. PART such as 0.1 takes that part of each campaign (all of it: most of a day on two
# cores). Exit 0: nothing was lost; 1: something was, in any campaign. What this machine lacks is skipped, and said.
set -eu
cd "$(dirname "$0")/../.."
part=${1:-1}
sh tests/faults/setup.sh || [ $? -eq 77 ]
if [ -z "${SHARDPRESS:-}" ]; then
    cargo build --locked --release
    SHARDPRESS=$PWD/target/release/shardpress
fi
export SHARDPRESS
# Debian's, for which the packages are.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
counts=$(mktemp)
trap 'rm -f "$counts"' EXIT
trap 'exit 130' INT TERM HUP
worst=0

campaign() {
    script=$1 rounds=$2 option=${3:---rounds}
    rounds=$(awk -v n="$rounds" -v part="$part" 'BEGIN { n = int(n * part); print n < 12 ? 12 : n }')
    echo
    echo "== $script $option $rounds"
    code=0
    { "$python" "tests/faults/$script" "$option" "$rounds" || echo "ended $?"; } | tee "$counts.now"
    tail -n 2 "$counts.now" | grep -v '^ended ' | tail -n 1 >>"$counts"
    code=$(sed -n 's/^ended //p' "$counts.now")
    rm -f "$counts.now"
    case ${code:-0} in
    0 | 77) ;;
    *) worst=1 ;;
    esac
}

# Like a campaign, for those that are scripts of their own.
script() {
    echo
    echo "== $*"
    { "$@" || echo "ended $?"; } | tee "$counts.now"
    grep -E '^[a-z_]+: ' "$counts.now" | tail -n 2 >>"$counts" || :
    code=$(sed -n 's/^ended //p' "$counts.now")
    rm -f "$counts.now"
    case ${code:-0} in
    0 | 77) ;;
    *) worst=1 ;;
    esac
}

"$python" tests/faults/judge.py --self-test
campaign kill.py 1000
campaign signals.py 120
campaign inject.py 240
campaign fuse.py 240
campaign space.py 20 --levels
campaign meddle.py 150
campaign two.py 60
campaign power.py 40
# It runs in a machine without libraries.
static=target/x86_64-unknown-linux-gnu/release/shardpress
if [ -z "${SHARDPRESS_STATIC:-}" ] && [ "$(uname -m)" = x86_64 ]; then
    RUSTFLAGS='-C target-feature=+crt-static' cargo build --locked --release --no-default-features --target x86_64-unknown-linux-gnu
    SHARDPRESS_STATIC=$PWD/$static
fi
export SHARDPRESS_STATIC
campaign network.py 20
campaign million.py 1000000 --files
script sh tests/faults/no_network.sh
script sh tests/faults/model.sh
script sh tests/faults/hostile.sh "$(awk -v part="$part" 'BEGIN { print int(3600 * part) }')"
script sh tests/faults/fuzz.sh "$(awk -v part="$part" 'BEGIN { print int(1200 * part) }')"

echo
echo "== all of it"
cat "$counts"
exit "$worst"
