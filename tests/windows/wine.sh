#!/bin/sh
# The command's whole journey on Windows, as far as wine shows it: sample, plan, run, kills, recover, undo, purge; and the rules of Windows'
# files: reserved names, dots and spaces at the end, upper and lower case, files that others hold, the read-only attribute, long paths.
# What lies on the disk is judged from Linux, byte for byte.
#
#     sh tests/windows/wine.sh [FOLDER-OF-THE-PROGRAMS [PART…]]
#
# Without a folder the programs are built first (tests/windows/build.sh). Parts: journey names fold held read_only long stop.
# Exit 77: this machine cannot tell.
#
# What wine does not show: NTFS itself (what is kept through a power cut, names that only differ in case on one drive, FAT's file numbers),
# real virus scanners, OneDrive, and SMB as Windows speaks it.
set -eu
cd "$(dirname "$0")/../.."
programs=${1:-$(sh tests/windows/build.sh)} || exit $?
programs=$(realpath "$programs")
# shellcheck source=tests/windows/wine_env.sh
. tests/windows/wine_env.sh

work=$(mktemp -d)
finish() {
    [ -z "${child:-}" ] || kill -9 "$child" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
count=0

shardpress() { win "$programs/shardpress.exe" "$@"; }
ok() {
    count=$((count + 1))
    echo "wine: $*"
}
fail() {
    echo "wine: FAILED: $*" >&2
    [ ! -s "$work/out" ] || sed 's/^/    /' "$work/out" >&2
    exit 1
}
# expect CODE WHAT ARGUMENT…: runs the program; its words are in $work/out.
expect() {
    wanted=$1 what=$2
    shift 2
    code=0
    shardpress "$@" >"$work/out" 2>&1 </dev/null || code=$?
    [ "$code" -eq "$wanted" ] || fail "$what: exit code $code, not $wanted"
    # A literal path is nothing that a person knows.
    # shellcheck disable=SC1003
    if grep -qF '\\?\' "$work/out"; then fail "$what: a path is shown as \\\\?\\"; fi
}
said() { grep -qF -- "$1" "$work/out" || fail "nothing is said of: $1"; }
tree() { python3 tests/windows/tree.py "$@"; }
same() { # WHAT BEFORE FOLDER
    tree list "$3" >"$work/now"
    diff "$2" "$work/now" >"$work/out" || fail "$1: the folder is not what it was"
}
none_lost() { # WHAT CONTENTS FOLDER
    tree contents "$3" >"$work/now"
    comm -23 "$2" "$work/now" >"$work/out"
    [ ! -s "$work/out" ] || fail "$1: contents are nowhere any more"
    tree jpegs "$3" >"$work/out" || fail "$1: half a JPEG"
}
# Each run of a shard is undone for itself, the last one first.
undo_all() {
    for _ in 1 2 3 4 5 6 7 8; do
        [ -n "$(find "$1" -name '.shardpress*')" ] || return 0
        expect 0 undo undo --yes "$(winpath "$1")"
    done
    [ -z "$(find "$1" -name '.shardpress*')" ] || fail "something of ours is left when all is undone"
}
# A picture with work to do, twice as large as what is made of it, under any name.
picture() { cp "$work/picture.png" "$1"; }

# The journey.
journey() {
    library=$work/library
    expect 0 version --version
    said shardpress
    cp -a "$work/pictures" "$library"
    tree list "$library" >"$work/before"
    tree contents "$library" >"$work/contents"
    expect 0 plan plan "$(winpath "$library")"
    same "plan touches nothing" "$work/before" "$library"
    [ ! -e "$library/.shardpress" ] || fail "plan left something"
    ok "sample and plan"

    expect 0 run run --yes "$(winpath "$library")"
    none_lost run "$work/contents" "$library"
    tree list "$library" >"$work/after"
    if cmp -s "$work/before" "$work/after"; then fail "a run did nothing"; fi
    ok "run: $(find "$library" -name '*.orig' | wc -l) originals kept"
    expect 0 "run again" run --yes "$(winpath "$library")"
    same "a second run finds nothing to do" "$work/after" "$library"
    expect 0 status status "$(winpath "$library")"
    expect 0 undo undo --yes "$(winpath "$library")"
    same undo "$work/before" "$library"
    [ -z "$(find "$library" -name '.shardpress*')" ] || fail "undo left something of ours"
    ok "undo: byte for byte, times included, nothing left over"

    # Killed again and again, at other moments; each run goes on where the last one was killed.
    kills=0
    for moment in 0 0.1 0.3 0.8 1.5 0; do
        "$wine" "$programs/shardpress.exe" run --yes --quiet --workers 1 "$(winpath "$library")" >"$work/out" 2>&1 </dev/null &
        child=$!
        while kill -0 "$child" 2>/dev/null && [ -z "$(find "$library" -path '*/.shardpress/journal')" ]; do sleep 0.02; done
        sleep "$moment"
        if kill -9 "$child" 2>/dev/null; then kills=$((kills + 1)); fi
        wait "$child" 2>/dev/null || true
        child=
        none_lost "a run that was killed" "$work/contents" "$library"
    done
    [ "$kills" -gt 0 ] || fail "no run could be killed in time"
    [ -n "$(find "$library" -path '*/.shardpress/journal')" ] || fail "the last kill came too late to leave a journal"
    code=0
    shardpress status "$(winpath "$library")" >"$work/out" 2>&1 || code=$?
    said "recover"
    expect 0 recover recover "$(winpath "$library")"
    none_lost recover "$work/contents" "$library"
    [ -z "$(find "$library" -path '*/.shardpress/journal')" ] || fail "recovery left a journal"
    expect 0 "run after kills" run --yes "$(winpath "$library")"
    none_lost "the run after them" "$work/contents" "$library"
    [ "$(tree list "$library" | awk '{ print $5 }' | sort)" = "$(awk '{ print $5 }' "$work/after" | sort)" ] || fail "not what one run makes"
    undo_all "$library"
    same "undo of what several runs did" "$work/before" "$library"
    ok "$kills kills: nothing lost, recovered, the same as one run makes, undone"

    expect 0 "run to purge" run --yes "$(winpath "$library")"
    expect 0 purge purge --yes "$(winpath "$library")"
    [ -z "$(find "$library" -name '*.orig')" ] || fail "purge left originals"
    tree list "$library" >"$work/now"
    cmp -s "$work/after" "$work/now" || fail "purge touched what it must not"
    ok "purge"
}

# Names.
names() {
    names=$work/names
    mkdir "$names"
    for name in aux.png CON.png nul.jpg.png com1.png 'dot..png' 'lead .png' ' first.png' '.png.png' 'a;b&c%d.png' 'it'"'"'s.png' 'überfluß 夕焼け.png'; do
        picture "$names/$name"
    done
    # These are pictures by their content alone, and other files to Windows unless it is told to take names to the letter.
    picture "$names/tail.png"
    picture "$names/tail.png."
    picture "$names/tail.png "
    printf 'text' >"$names/aux"
    tree list "$names" >"$work/before"
    tree contents "$names" >"$work/contents"
    expect 0 "reserved names" run --yes "$(winpath "$names")"
    none_lost "reserved names" "$work/contents" "$names"
    for name in aux.jpg CON.jpg nul.jpg.jpg com1.jpg 'dot..jpg' 'lead .jpg' ' first.jpg' 'tail.jpg' 'überfluß 夕焼け.jpg'; do
        [ -s "$names/$name" ] || fail "$name was not made"
    done
    [ "$(cat "$names/aux")" = text ] || fail "a file named like a device was touched"
    for name in 'tail.png.' 'tail.png '; do
        [ -e "$names/$name" ] || [ -n "$(find "$names/.shardpress" -name "$name.orig")" ] || fail "'$name' is neither there nor kept"
    done
    expect 0 "undo of reserved names" undo --yes "$(winpath "$names")"
    same "reserved names" "$work/before" "$names"
    ok "reserved names, dots and spaces at the end"

    # A name that is no Unicode cannot be told to Windows at all: it is left, and so is the rest of the folder's peace.
    raw=$work/raw
    mkdir "$raw"
    picture "$raw/good.png"
    picture "$raw/$(printf 'bad\377.png')"
    tree contents "$raw" >"$work/contents"
    code=0
    shardpress run --yes "$(winpath "$raw")" >"$work/out" 2>&1 </dev/null || code=$?
    none_lost "a name that is no Unicode" "$work/contents" "$raw"
    [ -s "$raw/good.jpg" ] || fail "one odd name kept the others from being worked on"
    ok "a name that is no Unicode: exit code $code, nothing lost"
}

# Upper and lower case.
fold() {
    both=$work/case
    mkdir "$both"
    picture "$both/one.png"
    cp "$work/picture.jpg" "$both/ONE.JPG"
    tree list "$both" >"$work/before"
    expect 3 "two files that want one name" run --yes "$(winpath "$both")"
    said one.png
    same "a collision by case" "$work/before" "$both"
    expect 0 "numbered" run --yes --target 4096 --collisions number "$(winpath "$both")"
    [ -s "$both/one-2.jpg" ] || fail "not numbered"
    cmp -s "$work/picture.jpg" "$both/ONE.JPG" || fail "the other file was touched"
    expect 0 "undo of numbers" undo --yes "$(winpath "$both")"
    same "numbered names" "$work/before" "$both"
    ok "upper and lower case are one name"
}

# Files that others hold.
held() {
    x86_64-w64-mingw32-gcc -O1 -municode -o "$work/hold.exe" tests/windows/hold.c
    held=$work/held
    mkdir "$held"
    for name in a b c; do picture "$held/$name.png"; done
    tree list "$held" >"$work/before"
    tree contents "$held" >"$work/contents"
    hold() { # FILE MAY
        rm -f "$work/let-go" "$work/holding"
        "$wine" "$work/hold.exe" "$(winpath "$1")" "$2" "$(winpath "$work/let-go")" >"$work/holding" 2>&1 &
        child=$!
        until [ -s "$work/holding" ]; do sleep 0.05; done
        grep -q held "$work/holding" || fail "$1 could not be held: $(cat "$work/holding")"
    }
    let_go() {
        : >"$work/let-go"
        wait "$child"
        child=
    }
    for may in r rw -; do
        hold "$held/b.png" "$may"
        expect 1 "a file that is held ($may)" run --yes "$(winpath "$held")"
        said b.png
        said "something else is using it"
        none_lost "a file that is held ($may)" "$work/contents" "$held"
        cmp -s "$held/b.png" "$work/picture.png" || fail "the held file is not where it was"
        for other in a c; do [ -s "$held/$other.jpg" ] || fail "the others were not worked on"; done
        [ ! -e "$held/b.jpg" ] || fail "a replacement stands beside an original that could not go"
        let_go
        expect 0 "afterwards" run --yes "$(winpath "$held")"
        [ -s "$held/b.jpg" ] || fail "not done when it was free"
        [ ! -e "$held/b.png" ] || fail "the original stayed when it was free"
        undo_all "$held"
        same "a file that was held ($may)" "$work/before" "$held"
    done
    ok "files that others hold: named, left, done later"
    # A scanner that lets others rename and remove is in nobody's way.
    hold "$held/b.png" rwd
    expect 0 "a polite holder" run --yes "$(winpath "$held")"
    let_go
    [ -s "$held/b.jpg" ] || fail "a polite holder was in the way"
    expect 0 "undo" undo --yes "$(winpath "$held")"
    same "a polite holder" "$work/before" "$held"
    # A replacement that is looked at while its run is undone.
    expect 0 "run" run --yes "$(winpath "$held")"
    hold "$held/b.jpg" r
    code=0
    shardpress undo --yes "$(winpath "$held")" >"$work/out" 2>&1 </dev/null || code=$?
    said b.jpg
    none_lost "undo while a replacement is held" "$work/contents" "$held"
    let_go
    expect 0 "undo afterwards" undo --yes "$(winpath "$held")"
    same "undo after a replacement was held" "$work/before" "$held"
    ok "undo while a file is held: exit code $code, named, done later"

    # One shard, two runs.
    hold_lock=$work/locked
    mkdir "$hold_lock"
    for number in $(seq 120); do picture "$hold_lock/$number.png"; done
    "$wine" "$programs/shardpress.exe" run --yes --quiet --workers 1 "$(winpath "$hold_lock")" >"$work/first" 2>&1 </dev/null &
    child=$!
    while kill -0 "$child" 2>/dev/null && [ ! -s "$hold_lock/.shardpress/lock" ]; do sleep 0.01; done
    code=0
    shardpress run --yes "$(winpath "$hold_lock")" >"$work/out" 2>&1 </dev/null || code=$?
    wait "$child" || fail "the run that came first failed"
    child=
    case $code in
    3)
        said "Another run works on this shard"
        said "process "
        ok "two runs on one shard: the second is told by whom it is held"
        ;;
    0) ok "two runs on one shard: the first was over before the second began" ;;
    *) fail "two runs on one shard: exit code $code" ;;
    esac
}

# The read-only attribute.
read_only() {
    folder=$work/read-only
    mkdir "$folder"
    picture "$folder/a.png"
    cp "$work/picture.jpg" "$folder/same.jpg"
    chmod a-w "$folder"/*
    tree list "$folder" >"$work/before"
    tree contents "$folder" >"$work/contents"
    expect 0 "read-only files" run --yes --target 96 "$(winpath "$folder")"
    none_lost "read-only files" "$work/contents" "$folder"
    case $(stat -c %A "$folder/a.jpg") in *w*) fail "the attribute was not carried over" ;; esac
    expect 0 "undo of read-only files" undo --yes "$(winpath "$folder")"
    same "read-only files" "$work/before" "$folder"
    expect 0 "read-only files, deleted" run --yes --target 96 --originals delete "$(winpath "$folder")"
    [ -s "$folder/a.jpg" ] || fail "not made"
    [ ! -e "$folder/a.png" ] || fail "a read-only original was not deleted"
    ok "the read-only attribute is carried over and is in nobody's way"
}

# Long paths.
long() {
    part=$(printf '%0100d' 0 | tr 0 n)
    long=$work/$part/$part/$part/shard
    mkdir -p "$long"
    picture "$long/$(printf '%0180d' 0 | tr 0 p).png"
    tree list "$long" >"$work/before"
    expect 0 "a long path" run --yes "$(winpath "$long")"
    [ -n "$(find "$long" -maxdepth 1 -name '*.jpg')" ] || fail "nothing was done behind a long path"
    expect 0 "undo behind a long path" undo --yes "$(winpath "$long")"
    same "a long path" "$work/before" "$long"
    expect 0 "a library above long paths" run --yes --recursive "$(winpath "$work/$part")"
    ok "paths of $(printf %s "$(winpath "$long")" | wc -c) characters and more"
}

# Ctrl-C: once, and a second time before the first is through.
stop() {
    many=$work/many
    mkdir "$many"
    for number in $(seq 40); do picture "$many/$number.png"; done
    tree contents "$many" >"$work/contents"
    tree list "$many" >"$work/before"
    for times in once twice; do
        "$wine" "$programs/shardpress.exe" run --yes --workers 1 "$(winpath "$many")" >"$work/out" 2>&1 </dev/null &
        child=$!
        while kill -0 "$child" 2>/dev/null && [ "$(find "$many" -name '*.orig' | wc -l)" -lt 1 ]; do sleep 0.02; done
        kill -INT "$child" 2>/dev/null || fail "it was over before Ctrl-C"
        [ "$times" = once ] || kill -INT "$child" 2>/dev/null || true
        code=0
        wait "$child" || code=$?
        child=
        [ "$code" -eq 130 ] || fail "Ctrl-C $times: exit code $code, not 130"
        none_lost "Ctrl-C $times" "$work/contents" "$many"
        [ -z "$(find "$many" -path '*/.shardpress/journal')" ] || fail "Ctrl-C $times left an open journal"
        undo_all "$many"
        same "Ctrl-C $times" "$work/before" "$many"
        ok "Ctrl-C $times: exit code 130, nothing lost, undone"
    done
}

# Drawn once, for all parts: a picture with work to do, and one that is a JPEG already.
expect 0 sample sample "$(winpath "$work/pictures")"
said images
find "$work/pictures" -name '*.png' -size +40k | sort | head -n 1 | xargs -I{} cp {} "$work/picture.png"
find "$work/pictures" -name '*.jpg' -size +40k | sort | head -n 1 | xargs -I{} cp {} "$work/picture.jpg"
for kind in png jpg; do [ -s "$work/picture.$kind" ] || fail "the sample has no large $kind"; done

[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- journey names fold held read_only long stop
for part in "$@"; do "$part"; done
echo "wine: all $count checks are fine"
