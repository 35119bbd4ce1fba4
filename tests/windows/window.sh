#!/bin/sh
# Opens shardpress-gui.exe and shardpress.exe under wine on a virtual screen, waits until the first frames are there, and takes a picture of each.
#
#     sh tests/windows/window.sh [FOLDER-OF-THE-PROGRAMS [FOLDER-FOR-THE-PICTURES]]
#
# Without a folder the programs are built first (tests/windows/build.sh); pictures go to target/windows/shots. Drawn by software, through Vulkan;
# WGPU_BACKEND=gl asks for OpenGL. Wine has no DirectX 12 that would do, which is also a test: the window tries the next way by itself.
# Exit 77: this machine cannot tell.
set -eu
cd "$(dirname "$0")/../.."
programs=${1:-$(sh tests/windows/build.sh)} || exit $?
programs=$(realpath "$programs")
shots=${2:-target/windows/shots}
mkdir -p "$shots"
shots=$(realpath "$shots")
sh tests/window/setup.sh
# shellcheck source=tests/windows/wine_env.sh
. tests/windows/wine_env.sh
me=window
patience=${SHARDPRESS_PATIENCE:-180} # seconds, for each condition

work=$(mktemp -d)
finish() {
    status=$?
    trap - EXIT INT TERM
    [ "$status" -eq 0 ] || [ -z "${manager:-}" ] || import -window root "$shots/failed.png" 2>/dev/null || true
    for process in ${app:-} ${manager:-} ${server:-}; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM
fail() {
    echo "window: FAILED: $*" >&2
    [ ! -s "$work/log" ] || tail -n 20 "$work/log" >&2
    exit 1
}
# shellcheck source=tests/window/screen.sh
. tests/window/screen.sh

open_screen

library=$work/library
win "$programs/shardpress.exe" sample "$(winpath "$library")" >"$work/log" 2>&1 || fail "no sample library"
config=$(find "$WINEPREFIX/drive_c/users" -mindepth 1 -maxdepth 1 -type d ! -name Public | head -n 1)/AppData/Roaming/shardpress/config
rm -rf "$config"
# A start leaves a file until its first frames were shown (src/gui/start.rs).
drawn() { [ -d "$config" ] && [ ! -e "$config/window.starting" ]; }
# Whether a picture shows more than one colour: an empty window is grey.
colours() { [ "$(convert "$1" -unique-colors -format %w info: 2>/dev/null)" -gt "$2" ]; }

look() { # NAME PROGRAM ARGUMENT…
    name=$1
    shift
    rm -f "$config/window.starting"
    rm -rf "$config"
    "$wine" "$@" >"$work/log" 2>&1 &
    app=$!
    wait_for "$name: a window" xdotool search --onlyvisible --name Shardpress
    window=$(xdotool search --onlyvisible --name Shardpress | tail -n 1)
    wait_for "$name: its first frames" drawn
    end=$(($(date +%s) + patience))
    until import -window "$window" "$shots/$name.png" && colours "$shots/$name.png" 60; do
        [ "$(date +%s)" -lt "$end" ] || fail "$name: nothing is drawn"
        sleep 1
    done
    # What is read in the background is there a moment later.
    sleep "${SHARDPRESS_SETTLE:-8}"
    import -window "$window" "$shots/$name.png"
    echo "window: $name: titled \"$(xdotool getwindowname "$window")\", $shots/$name.png"
    xdotool windowclose "$window" 2>/dev/null || true
    kill "$app" 2>/dev/null || true
    wait "$app" 2>/dev/null || true
    app=
}

look gui "$programs/shardpress-gui.exe" "$(winpath "$library")"
WGPU_BACKEND=${WGPU_BACKEND:-vulkan}
export WGPU_BACKEND
look window "$programs/shardpress.exe" window "$(winpath "$library")"

# What goes wrong at the start is said in a box: there is no console to say it in.
"$wine" "$programs/shardpress-gui.exe" --no-such-option >"$work/log" 2>&1 &
app=$!
wait_for "a box for what is no option" xdotool search --onlyvisible --name Shardpress
sleep 1
import -window root "$shots/box.png"
window=$(xdotool search --onlyvisible --name Shardpress | tail -n 1)
xdotool windowactivate "$window" 2>/dev/null || true
xdotool key Return
end=$(($(date +%s) + patience))
while kill -0 "$app" 2>/dev/null && [ "$(date +%s)" -lt "$end" ]; do sleep 0.3; done
code=0
wait "$app" || code=$?
app=
[ "$code" -eq 2 ] || fail "after the box: exit code $code, not 2"
echo "window: the box is answered, exit code 2"
echo "window: all fine"
