#!/bin/sh
# Spreads a drawn library over a Slurm cluster with the recipe of docs/recipes/slurm, kills a node half-way, and looks whether anything was
# lost and whether the merged report says what is so. The cluster (Debian's Slurm, a controller and two nodes) lives in namespaces of
# its own on this machine and is gone afterwards. Needs root; takes some minutes; not part of tests/all.sh.
#
#     sh tests/slurm/run.sh [SCENE…]
#
# array      a task a shard, originals kept; a node is killed half-way, a task hears that its time is up: nothing may be lost
# slices     eight slices, originals deleted; a node hangs half-way and holds its locks, the new tasks wait for them, then it dies
# norequeue  the control: killed as in `array`, nothing is requeued. Then the check has to find what is missing
# parallel   the same slices with GNU parallel on one machine, one program killed half-way
#
# Without scenes all of them. SHARDPRESS=PROGRAM names the program; without it the program is built. KEEP=FOLDER keeps
# reports and logs in that folder; COPIES=1 makes the shards a third as large. Ends with 77 where this machine cannot tell.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
SHARDS=24
# Pictures of one drawn shard, so many times in each shard here: long enough to be killed in the middle.
COPIES=${COPIES:-3}
NODES=2

missing() {
    echo "slurm: SKIPPED, $1"
    exit 77
}

# Outside: makes ready, and tidies up whatever happens inside.
outside() {
    [ "$(uname -s)" = Linux ] || missing "this is not Linux"
    [ "$(id -u)" = 0 ] || missing "this needs root (nodes are namespaces)"
    sh "$here/setup.sh"
    if [ -z "${SHARDPRESS:-}" ]; then
        (cd "$root" && cargo build --release --locked)
        SHARDPRESS=${CARGO_TARGET_DIR:-$root/target}/release/shardpress
    fi
    SHARDPRESS=$(realpath "$SHARDPRESS")
    [ -x "$SHARDPRESS" ] || missing "there is no program at $SHARDPRESS"
    unshare --fork --pid --mount-proc --net --uts --ipc --mount --kill-child=KILL true 2>/dev/null || missing "namespaces are not allowed here"
    # Debian's Python has Debian's Pillow; another one that comes first may have none.
    PYTHON=
    for python in python3 /usr/bin/python3; do
        ! "$python" -c 'import PIL' 2>/dev/null || PYTHON=$python
    done
    [ -n "$PYTHON" ] || missing "no python3 with Pillow (apt-get install python3-pil)"
    base=$(mktemp -d /tmp/cluster.XXXXXX)
    # munged wants all to be able to pass on the way to its socket.
    chmod 711 "$base"
    inside=
    trap 'tidy_up' EXIT
    trap 'exit 130' INT TERM
    export SHARDPRESS PYTHON base
    SLURM_TEST_INSIDE=yes unshare --fork --pid --mount-proc --net --uts --ipc --mount --kill-child=KILL sh "$here/run.sh" "$@" &
    inside=$!
    wait "$inside"
}

tidy_up() {
    # With its parent the first process of the namespace goes, and with that all others.
    [ -z "$inside" ] || kill -KILL "$inside" 2>/dev/null || true
    if [ -n "${KEEP:-}" ]; then
        for kept in "$base"/*/reports "$base"/*/log; do
            to=$KEEP/${kept#"$base"/}
            [ ! -d "$kept" ] || { mkdir -p "$to" && cp -r "$kept/." "$to"; }
        done
    fi
    rm -rf "$base"
}

now() { date +%s; }

say() { echo "[$(($(now) - begun)) s] $*"; }

failed() {
    echo "slurm: FAILED, $scene: $*" >&2
    bad="$bad $scene"
}

# $base/pristine: shards of drawn pictures with their sidecars, all alike.
draw() {
    "$SHARDPRESS" sample "$base/sample" >/dev/null
    mkdir -p "$base/shard"
    copy=0
    while [ "$copy" -lt "$COPIES" ]; do
        for file in "$base/sample/shard_0000$((copy % 3))"/*; do
            cp "$file" "$base/shard/$copy-${file##*/}"
        done
        copy=$((copy + 1))
    done
    mkdir "$base/pristine"
    shard=0
    while [ "$shard" -lt "$SHARDS" ]; do
        cp -r "$base/shard" "$base/pristine/$(printf 'shard_%05d' "$shard")"
        shard=$((shard + 1))
    done
    rm -r "$base/sample" "$base/shard"
    say "drawn: $SHARDS shards of $(find "$base/pristine/shard_00000" -type f | wc -l) files, $(du -sm "$base/pristine" | cut -f1) MB together"
}

# A fresh library and an empty folder for reports.
fresh() {
    place=$base/$scene
    library=$place/library reports=$place/reports
    mkdir -p "$place"
    cp -r "$base/pristine" "$library"
}

check() { # FOLDER ORIGINALS
    "$PYTHON" "$here/check.py" "$base/pristine" "$1/library" "$1/reports" --originals "$2"
}

# The shards in which a program on this node is in the middle of its work: locked by it, some PNGs replaced, others not.
half_done() { # NODE
    all=$(find "$base/pristine/shard_00000" -name '*.png' | wc -l)
    for lock in "$library"/*/.shardpress/lock; do
        grep -q "^host $1\$" "$lock" 2>/dev/null || continue
        folder=${lock%/.shardpress/lock}
        left=$(find "$folder" -maxdepth 1 -name '*.png' | wc -l)
        [ "$left" -eq 0 ] || [ "$left" -eq "$all" ] || echo "${folder##*/}"
    done
}

ended() { # at least so many tasks
    [ "$(grep -ls '^task .* ended with' "$reports"/*.log 2>/dev/null | wc -l)" -ge "$1" ]
}

in_the_middle() { # NODE
    victims=$(half_done "$1")
    [ -n "$victims" ]
}

waiting() { grep -qs 'Another run works on this shard.*host n1.*Waiting' "$reports"/*.log; }

reported() { [ "$(find "$reports" -name '*.json' | wc -l)" -ge "$1" ]; }

# Held still, so that it is still in the middle when the node goes.
caught() {
    in_the_middle n1 || return 1
    node_freeze n1
    in_the_middle n1 || {
        node_thaw n1
        return 1
    }
}

# Until a third of the tasks ended and n1 is in the middle of a shard again. The victims are named in $victims.
half_way() { # TASKS
    wait_for 900 ended $(($1 / 3)) || failed "the tasks do not get on"
    wait_for 300 caught || failed "n1 was never found in the middle of a shard"
}

queue_empty() { [ -z "$(squeue -h 2>/dev/null)" ] && scontrol ping >/dev/null 2>&1; }

submit() { # ARGUMENTS of submit.sh after the two folders
    jobs=$(sh "$root/docs/recipes/slurm/submit.sh" "$library" "$reports" "$@")
    array=${jobs% *}
    say "submitted: array and merging job $jobs"
}

# What the tasks and the controller said of it.
finish() {
    wait_for 1800 queue_empty || failed "the queue does not get empty: $(squeue)"
    say "the queue is empty"
    echo "    lives of tasks: $(cat "$reports"/*.log | grep -c '^task .*, on ')," \
        "begun again: $(cat "$reports"/*.log | grep '^task .*, on ' | grep -vc ', life 0,' || true)"
    cat "$reports"/*.log | sed -n 's/^task .* ended with /ended with /p' | sort | uniq -c | sed 's/^/    /'
    sed 's/^/    merge: /' "$reports/merge.log"
}

# A check that cannot fail says nothing: faults are planted in copies, and each has to be found.
planted() { # WORDS COMMAND…
    words=$1
    shift
    rm -rf "$place/planted"
    mkdir "$place/planted"
    # Linked, not copied: a fault replaces a file and does not write into it.
    cp -rl "$library" "$place/planted/library"
    cp -r "$reports" "$place/planted/reports"
    (cd "$place/planted" && "$@")
    if check "$place/planted" keep >"$place/planted/check"; then
        failed "a fault was planted and the check found nothing: $words"
    elif ! grep -q "$words" "$place/planted/check"; then
        failed "a fault was planted and the check found another: $words"
    else
        faults=$((faults + 1))
    fi
    rm -rf "$place/planted"
}

first() { find library/shard_00003 -name "$1" | sort | head -n "${2:-1}" | tail -n 1; }

remove() { rm "$(first "$1")"; }

other_picture() {
    victim=$(first '0-*.jpg')
    rm "$victim"
    cp "$(first '0-*.jpg' 3)" "$victim"
}

stray() { echo >library/shard_00003/.shardpress/lock; }

in_report() { # SED-PROGRAM
    sed -i "$1" reports/merged.json
}

plant_faults() {
    faults=0
    planted 'this file is LOST' remove '*.json'
    planted 'LOST, neither it nor' remove '0-*.jpg'
    planted 'its original is gone' remove '*.orig'
    planted 'does not show what\|and should be about' other_picture
    planted 'left over' stray
    planted 'shards, but the sum is' in_report '0,/"shards": [0-9]*/s//"shards": 25/'
    planted 'is not in it' in_report 's/shard_00003"/shard_00002"/'
    planted 'bytes saved, but' in_report '0,/"bytes_saved": [0-9]*/s//"bytes_saved": 1/'
    say "faults planted and found: $faults"
}

kill_n1() {
    say "n1 is killed ($(node_processes n1 | wc -l) processes), in the middle of: $(echo "$victims" | tr '\n' ' ')"
    node_kill n1
    # Spares the time until the controller misses it.
    scontrol update node=n1 state=down reason=killed
}

scene_array() {
    fresh
    submit -- --originals keep
    half_way "$SHARDS"
    kill_n1
    # A task whose time is up: what its limit would send it.
    wait_for 300 in_the_middle n2 || failed "n2 was never found in the middle of a shard"
    task=$(grep -nx "$(echo "$victims" | head -n 1)" "$reports/shards.txt" | cut -d: -f1)
    say "task $task on n2 hears that its time is up"
    # It reaches the task at once, and yet this Slurm may say "try again later", and does so for some seconds.
    scancel --batch --signal=USR1 "${array}_$task" 2>/dev/null &
    finish
    grep -q "^task $task, life 1, ended with 0" "$reports/$task.log" || failed "task $task did not go on in a second life"
    ls "$reports/$task.$array".[01].json >/dev/null || failed "task $task has not left two reports"
    check "$place" keep || failed "something was lost or told wrong"
    plant_faults
}

scene_slices() {
    fresh
    submit 8 -- --originals delete
    half_way 8
    say "n1 hangs, in the middle of: $(echo "$victims" | tr '\n' ' ')"
    scontrol update node=n1 state=down reason=hangs
    if wait_for 300 waiting; then
        say "a new life waits: $(grep -hs 'Waiting up to' "$reports"/*.log | head -n 1)"
    else
        failed "no task waited for the locks of the node that hangs"
    fi
    node_kill n1
    say "n1 is dead"
    finish
    check "$place" delete || failed "something was lost or told wrong"
}

scene_norequeue() {
    fresh
    SBATCH_NO_REQUEUE=1
    export SBATCH_NO_REQUEUE
    submit -- --originals delete
    unset SBATCH_NO_REQUEUE
    half_way "$SHARDS"
    kill_n1
    finish
    if check "$place" delete >"$place/check"; then
        failed "a node was lost without requeueing, and the check found nothing"
    fi
    grep -v '^WRONG: merged report' "$place/check" | sed 's/^/    /' | head -n 12
    for shard in $victims; do
        grep -q "^WRONG: $shard: .* still wait" "$place/check" || failed "$shard was being worked on by n1, and the check does not miss it"
        grep -q "^WRONG: merged report: $shard is not in it" "$place/check" || failed "$shard is not missing in the merged report"
    done
    grep -q 'have left no report' "$reports/merge.log" || failed "the merging job does not say what is missing"
    # Lost means left to be done: nothing but work may be missing.
    ! grep -E 'LOST|decoded|does not show|no JPEG|nobody knows' "$place/check" || failed "more is missing than work"
}

scene_parallel() {
    fresh
    mkdir -p "$reports"
    say "8 slices, two at a time"
    # The line of the recipe.
    seq 8 | parallel --jobs 2 --retries 3 --joblog "$place/jobs.log" \
        "$SHARDPRESS" run "$library" --slice '{}/8' --yes --no-forecast --backend cpu --originals keep --wait 10m \
        --report "$reports/{}.\$(hostname).\$\$.json" &
    parallel=$!
    wait_for 600 reported 3 || failed "the slices do not get on"
    wait_for 300 in_the_middle ctl || failed "no program was found in the middle of a shard"
    victim=$(echo "$victims" | head -n 1)
    process=$(sed -n 's/^process //p' "$library/$victim/.shardpress/lock")
    say "process $process is killed in the middle of $victim"
    kill -KILL "$process"
    wait "$parallel" || failed "parallel ended with $?"
    "$SHARDPRESS" report merge "$reports"/[0-9]*.json -o "$reports/merged.json" | sed 's/^/    /'
    awk 'NR > 1 { print "    slice " $1 ": exit " $7 ", signal " $8 }' "$place/jobs.log" | sort
    check "$place" keep || failed "something was lost or told wrong"
}

if [ "${SLURM_TEST_INSIDE:-}" != yes ]; then
    outside "$@"
    exit
fi

# shellcheck source=tests/slurm/cluster.sh
. "$here/cluster.sh"
PATH=/usr/sbin:/sbin:$PATH
export XDG_DATA_HOME="$base/data" XDG_CONFIG_HOME="$base/config" LC_ALL=C
[ $# -gt 0 ] || set -- array slices norequeue parallel
begun=$(now) bad='' scene=draw
draw
for scene in "$@"; do
    echo "== $scene"
    case $scene in
    array | slices | norequeue)
        cluster_up "$base/$scene.d" "$NODES"
        "scene_$scene"
        cluster_down
        ;;
    parallel)
        hostname ctl
        scene_parallel
        ;;
    *)
        echo "slurm: there is no scene $scene" >&2
        exit 2
        ;;
    esac
done
[ -z "$bad" ] || {
    echo "slurm: FAILED:$bad"
    exit 1
}
echo "slurm: all is well ($(($(now) - begun)) s)"
