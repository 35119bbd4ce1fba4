#!/bin/sh
# Opens the built program's window on a virtual screen and does with it what a person does: passes the first start, adds a folder by its
# path, reads the plan, looks at previews, shrinks, exports the report. Then checks the folder and the exported files.
#
#     sh tests/window/run.sh [PROGRAM]
#
# PROGRAM: without one, target/debug/shardpress is built as `cargo test` builds it. Screenshots go to target/window, or to SHARDPRESS_SHOTS.
# It waits for conditions (a window title, files), never for a time; SHARDPRESS_SHOT_PAUSE=SECONDS waits before each screenshot, where
# the pictures are what is wanted: a title may be there before its frame. Exit 77: this system has no virtual screen.
set -eu
cd "$(dirname "$0")/../.."
[ "$(uname -s)" = Linux ] || {
    echo "window: SKIPPED, there is no virtual screen on $(uname -s)"
    exit 77
}
sh tests/window/setup.sh

# What lies in target/debug may be of another build, without a window (tests/callgrind makes one); with nothing to do this is a second.
[ $# -gt 0 ] || cargo test --locked --quiet --no-run --test it
program=$(realpath "${1:-${CARGO_TARGET_DIR:-target}/debug/shardpress}")
[ -x "$program" ] || {
    echo "window: $program is not there" >&2
    exit 1
}
shots=${SHARDPRESS_SHOTS:-target/window}
mkdir -p "$shots"
work=$(mktemp -d)
me=window
patience=60 # seconds, for each condition

export XDG_DATA_HOME="$work/data" XDG_CONFIG_HOME="$work/config" XDG_CACHE_HOME="$work/cache" NO_AT_BRIDGE=1
# No portal, no session bus: the window has to do without.
unset DBUS_SESSION_BUS_ADDRESS WAYLAND_DISPLAY WAYLAND_SOCKET

finish() {
    status=$?
    trap - EXIT INT TERM
    if [ "$status" -ne 0 ]; then
        echo "window: FAILED" >&2
        [ -z "${manager:-}" ] || import -window root "$shots/failed.png" 2>/dev/null || true
        [ ! -s "$work/program.log" ] || sed 's/^/program: /' "$work/program.log" >&2
    fi
    for process in ${app:-} ${manager:-} ${server:-}; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() {
    echo "window: $* (title: $(title))" >&2
    exit 1
}
# shellcheck source=tests/window/screen.sh
. tests/window/screen.sh

title() { xdotool getwindowname "${window:-0}" 2>/dev/null || true; }
title_has() { title | grep -q -- "$1"; }
title_is_plain() { [ "$(title)" = Shardpress ]; }
shot() { sleep "${SHARDPRESS_SHOT_PAUSE:-0}"; import -window "$window" "$shots/$1.png"; }
# One key after the other: on a software renderer a frame takes a quarter of a second, and a key is a frame.
press() { for key in "$@"; do xdotool key "$key"; done; }
write() { xdotool type --delay 60 "$1"; }

open_screen

"$program" sample "$work/library" >/dev/null
shard=$work/library/shard_00000
"$program" plan "$shard" --json "$work/before.json" >/dev/null
begin=$(date +%s%N)
"$program" >"$work/program.log" 2>&1 &
app=$!
find_window() {
    window=$(xdotool search --onlyvisible --name Shardpress 2>/dev/null | head -n 1)
    [ -n "$window" ]
}
wait_for "the window" find_window
echo "window: there after $((($(date +%s%N) - begin) / 1000000)) ms, the tools of this script included"
# Keys go where the focus is: events sent to a window are not taken for a person's.
has_focus() { [ "$(xdotool getwindowfocus)" = "$window" ]; }
xdotool windowactivate "$window" || true
wait_for "the focus" has_focus
# 0. The first start: once, and Escape leads past it.
wait_for "the welcome" title_has '^Welcome'
shot 0-welcome
press Escape
wait_for "the start page" title_is_plain
shot 1-empty

# 1. Add: the path field has a key of its own.
press ctrl+l
wait_for "the path field" title_has '^Add folders'
write "$shard"
press Return
# 2. Plan.
wait_for "the plan" title_has '^Plan ready'
shot 2-plan
# 3. Preview, the next image, the difference.
press 2
wait_for "a preview" title_has '^Preview'
shot 3-preview
press Right
wait_for "the next preview" title_has '^Preview'
press d
shot 3-difference
[ -z "$(find "$shard" -newer "$work/before.json" -type f)" ] || {
    echo "window: plan and preview wrote into the shard" >&2
    exit 1
}
# 4. Run: the confirmation has the focus on its action.
press ctrl+Return
wait_for "the question" title_has '^Shrink .*?'
shot 4-question
press Return
wait_for "the end of the run" title_has '^Done'
shot 5-run
# 5. Export.
press 4
wait_for "the report" title_has '^Report'
shot 6-report
press ctrl+e
wait_for "the export dialog" title_has '^Export'
press ctrl+a
write "$work/report.html"
press Return
wait_for "the exported page" test -s "$work/report.html"
shot 7-exported
press Escape ctrl+q
app_before=$app app=
wait_closed() { ! kill -0 "$app_before" 2>/dev/null; }
wait_for "the window is closed" wait_closed
wait "$app_before" || {
    echo "window: the program ended with $?" >&2
    exit 1
}

# What became of the files.
"$program" plan "$shard" --json "$work/after.json" >/dev/null
"$program" status "$shard" >"$work/status"
shrunk() { tr -d ' \n' <"$1" | sed -n 's/.*"totals":{"shards":[0-9]*,"images":{"total":[0-9]*,"shrunk":\([0-9]*\),.*/\1/p'; }
had=$(shrunk "$work/before.json")
left=$(shrunk "$work/after.json")
kept=$(find "$shard/.shardpress" "$shard" -maxdepth 4 -name '*.orig' -type f | sort -u | wc -l)
pngs=$(find "$shard" -maxdepth 1 -name '*.png' | wc -l)
echo "window: $had images had work, $left have any left; $kept originals kept, $pngs PNGs left"
[ "$had" -gt 0 ] && [ "$left" -eq 0 ] && [ "$kept" -eq "$had" ]
grep -q '<svg' "$work/report.html"
grep -q 'shard_00000' "$work/report.html"
[ "$(find "$work/data" -path '*history*' -name '*.json' | wc -l)" -ge 1 ]
[ ! -s "$work/program.log" ] || ! grep -i panick "$work/program.log"
# And back, byte for byte, on the command line: both work on the same journal.
"$program" sample "$work/pristine" >/dev/null
"$program" undo "$shard" --yes >/dev/null
diff -r "$work/pristine/shard_00000" "$shard"
echo "window: undone, the shard is as it was; screenshots in $shots"
