#!/bin/sh
# The program opens no socket that leads to a network: it is run under strace, and every socket it asks for is looked at.
#
#     sh tests/faults/no_network.sh
#
# SHARDPRESS=PROGRAM names the program (default: target/release/shardpress). Ends with 77 where there is no strace, or where it may
# not trace.
set -eu
cd "$(dirname "$0")/../.."
program=${SHARDPRESS:-target/release/shardpress}
missing() {
    echo "no_network: SKIPPED, $1"
    exit 77
}
[ -x "$program" ] || missing "there is no program at $program (cargo build --release)"
command -v strace >/dev/null || missing "strace is not installed (apt-get install strace)"
program=$(realpath "$program")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export XDG_DATA_HOME="$work/data" XDG_CONFIG_HOME="$work/config"
unset DISPLAY WAYLAND_DISPLAY

# Runs a command and appends its sockets to a list.
traced() { # LIST COMMAND…
    list=$1
    shift
    strace -f -qq -e trace=network -o "$work/trace" "$@" >"$work/out" 2>&1 || {
        cat "$work/out" >&2
        return 1
    }
    cat "$work/trace" >>"$list"
}
strace -o "$work/trace" true 2>/dev/null || missing "strace may not trace here"

# The control: a socket of the internet is seen.
traced "$work/control" perl -MSocket -e 'socket(S, PF_INET, SOCK_DGRAM, 0) or die'
grep -q AF_INET "$work/control" || {
    echo "no_network: the control failed: a socket was opened and not seen" >&2
    exit 1
}

: >"$work/sockets"
commands=0
try() {
    traced "$work/sockets" "$program" "$@"
    commands=$((commands + 1))
}
try sample "$work/library"
try plan "$work/library" --target 256 --report "$work/plan.html"
try run "$work/library" --target 256 --yes --update-sidecars --report "$work/run.json"
try status "$work/library"
try report show "$work/run.json"
try report history
try doctor
try undo "$work/library" --yes
internet=$(grep -cE 'AF_INET|AF_NETLINK|AF_PACKET|AF_VSOCK' "$work/sockets" || true)
echo "no_network: $commands commands, $(wc -l <"$work/sockets") calls about sockets, $internet of them lead to a network"
[ "$internet" -eq 0 ] || {
    grep -E 'AF_INET|AF_NETLINK|AF_PACKET|AF_VSOCK' "$work/sockets" | head -5
    exit 1
}
