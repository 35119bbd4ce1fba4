# Sourced by scripts that open the window: a virtual screen with a window manager, and waiting for what is to come on it.
# shellcheck shell=sh disable=SC2034,SC2154 # shared with whoever sourced this
#
#     . tests/window/screen.sh
#     open_screen        sets DISPLAY, and server and manager, the two processes, which whoever sourced this ends
#     wait_for WHAT COMMAND…        runs a condition until it holds, and says so
#
# Set before: work (a folder), me (the script's name in what it prints), patience (seconds, for each condition), and a function `fail`, which
# says why and ends the script. While `app` names a process, its end is a failure, too.
wait_for() {
    what=$1
    shift
    end=$(($(date +%s) + patience))
    until "$@" >/dev/null 2>&1; do
        if [ -n "${app:-}" ] && ! kill -0 "$app" 2>/dev/null; then fail "the program ended while waiting for: $what"; fi
        [ "$(date +%s)" -lt "$end" ] || fail "waited $patience s for: $what"
        sleep 0.2
    done
    echo "$me: $what"
}

open_screen() {
    Xvfb -displayfd 3 -screen 0 1280x830x24 -nolisten tcp 3>"$work/display" 2>"$work/xvfb.log" &
    server=$!
    wait_for "a virtual screen" test -s "$work/display"
    DISPLAY=:$(cat "$work/display")
    export DISPLAY
    openbox >"$work/openbox.log" 2>&1 &
    manager=$!
    wait_for "a window manager" xdotool get_desktop
}
