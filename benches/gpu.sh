#!/bin/sh
# What a graphics card is worth on this machine: one Markdown document on standard output, progress on standard error.
#
#   sh benches/gpu.sh [-a NAME] [-c "4 8 16"] [-r 3] [-s] BINARY SHARD...
#
#   -a NAME    part of the card's name; the most promising one otherwise
#   -c CORES   numbers of cores, by taskset where there is one; those that the machine has not are left out
#   -r ROUNDS  how often cpu, gpu and auto follow one another
#   -s         go on although the card is software (then the numbers say nothing about any card)
#
# Needs the built binary and folders of images, nothing else. Nothing is written to the shards: `plan --exact` reads, decodes,
# resizes, encodes and verifies every image in memory. Run nothing else beside it. Every shard is worked through 18 times for each
# number of cores; it should have 1,000 images and 500 megapixels (with less, `auto` opens no card).
set -eu
LC_ALL=C
export LC_ALL

usage() {
    sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p;}' "$0" >&2
    exit 2
}

adapter=
cores="4 8 16"
rounds=3
software=no
while getopts a:c:r:s option; do
    case $option in
        a) adapter=$OPTARG ;;
        c) cores=$OPTARG ;;
        r) rounds=$OPTARG ;;
        s) software=yes ;;
        *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || usage
binary=$1
shift
case $binary in
    */*) ;;
    *) binary=./$binary ;;
esac
[ -x "$binary" ] || {
    echo "$binary is no program" >&2
    exit 2
}
for shard in "$@"; do
    [ -d "$shard" ] || {
        echo "$shard is no folder" >&2
        exit 2
    }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# The person's own history and settings have no part in this.
XDG_DATA_HOME=$work/data
XDG_CONFIG_HOME=$work/config
XDG_STATE_HOME=$work/state
XDG_CACHE_HOME=$work/cache
export XDG_DATA_HOME XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME

tell() {
    echo "$*" >&2
}

have=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

echo "# Graphics card: $(date -u +%Y-%m-%d)"
echo
"$binary" --version
echo "$(uname -sr), $have cores: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)"
echo

tell "Measuring the card by itself"
parity=same
if [ -n "$adapter" ]; then
    "$binary" adapters --measure --adapter "$adapter" >"$work/card.md" || parity=different
else
    "$binary" adapters --measure >"$work/card.md" || parity=different
fi
cat "$work/card.md"
echo
[ -s "$work/card.md" ] || {
    echo "No card could be measured, so nothing else is."
    exit 1
}
if grep -q 'This is software' "$work/card.md"; then
    warning="**SOFTWARE ADAPTER: the processor poses as the card. No time below says anything about a real one.**"
    tell "$warning"
    [ "$software" = yes ] || {
        tell "Nothing more is measured; -s goes on nevertheless."
        exit 1
    }
else
    warning=
fi

# $1 cores ("" for all), $2 backend, $3 shard, the rest: more options. Adds a line to "$work/runs".
one() {
    pin=$1 backend=$2 shard=$3
    shift 3
    rm -f "$work/report.json"
    set -- plan --exact --backend "$backend" --json "$work/report.json" "$@"
    if [ -n "$adapter" ]; then
        set -- "$@" --adapter "$adapter"
    fi
    set -- "$binary" "$@" "$shard"
    if [ -n "$pin" ]; then
        set -- taskset -c "0-$((pin - 1))" "$@"
    fi
    # The children's times of this subshell are those of the one program. Plans with failures end with 1; the report says so.
    (
        "$@" >"$work/said" 2>&1 || :
        times
    ) >"$work/times"
    [ -s "$work/report.json" ] || {
        tell "$* gave no report:"
        cat "$work/said" >&2
        exit 1
    }
}

# The value of a key of the report at this depth of two blanks, in the section $3 where one is named.
value() {
    awk -v key="$1" -v depth="$2" -v section="${3:-}" '
        BEGIN { open = section == ""; blanks = sprintf("%" 2 * depth "s", "") }
        section != "" && $0 ~ "^  \"" section "\": \\{" { open = 1; next }
        section != "" && open && /^  \}/ { exit }
        open && index($0, blanks "\"" key "\": ") == 1 {
            text = substr($0, length(blanks) + length(key) + 5)
            sub(/,$/, "", text)
            gsub(/^"|"$/, "", text)
            print text
            exit
        }
    ' "$work/report.json"
}

# User and system time of the children, "1m2.5s 0m0.3s" in the second line of `times`, as seconds.
processor() {
    awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, "m"); sum += t[1] * 60 + t[2] } } END { printf "%.3f", sum }' "$work/times"
}

pins=
if command -v taskset >/dev/null 2>&1; then
    for count in $cores; do
        [ "$count" -gt "$have" ] || pins="$pins $count"
    done
fi
[ -n "$pins" ] || pins=all

echo "## Whole shards"
echo
[ -z "$warning" ] || printf '%s\n\n' "$warning"
echo "Every image of a shard read, decoded, resized, encoded and verified, nothing written; $rounds rounds of cpu, gpu and auto, one"
echo "after the other. Medians, and the least in brackets. Processor seconds are those of the whole program, drivers included."
echo
echo "| shard | in linear light | cores | backend | seconds | processor seconds | images | resized by the card | saved by the card |"
echo "|---|---|--:|---|--:|--:|--:|--:|--:|"
: >"$work/verdicts"
bytes=same
for shard in "$@"; do
    tell "Reading $shard once"
    one "" cpu "$shard"
    for linear in no yes; do
        for pin in $pins; do
            : >"$work/runs"
            reference=
            round=1
            while [ "$round" -le "$rounds" ]; do
                for backend in cpu gpu auto; do
                    tell "$shard, linear light: $linear, cores: $pin, round $round of $rounds: $backend"
                    set --
                    [ "$linear" = no ] || set -- --linear
                    bound=$pin
                    [ "$pin" != all ] || bound=
                    one "$bound" "$backend" "$shard" "$@"
                    echo "$backend $(value wall_seconds 1) $(processor) $(value shrunk 3 totals) $(value images 2 card)" >>"$work/runs"
                    after=$(value bytes_after 2 totals)
                    : "${reference:=$after}"
                    [ "$after" = "$reference" ] || bytes=different
                    if [ "$backend" != cpu ] && [ "$round" = "$rounds" ]; then
                        echo "- $(basename "$shard"), linear light: $linear, cores: $pin, $backend: $(value verdict 2 card)" >>"$work/verdicts"
                    fi
                done
                round=$((round + 1))
            done
            sort -k1,1 "$work/runs" | awk -v shard="$(basename "$shard")" -v linear="$linear" -v pin="$pin" '
                function median(list, n,    i, j, t) {
                    for (i = 2; i <= n; i++)
                        for (j = i; j > 1 && list[j - 1] > list[j]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
                    least = list[1]
                    return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
                }
                function flush(    i, w, c, wl, cl, list) {
                    if (!n) return
                    for (i = 1; i <= n; i++) list[i] = wall[i]
                    w[b] = median(list, n); wl[b] = least
                    for (i = 1; i <= n; i++) list[i] = cpu[i]
                    c[b] = median(list, n); cl[b] = least
                    rows[b] = sprintf("%.2f (%.2f) | %.2f (%.2f) | %s", w[b], wl[b], c[b], cl[b], images)
                    by[b] = card; seconds[b] = w[b]; n = 0
                }
                { if ($1 != b) { flush(); b = $1 } n++; wall[n] = $2 + 0; cpu[n] = $3 + 0; images = $4; card = $5 == "" ? 0 : $5 }
                END {
                    flush()
                    split("cpu gpu auto", order, " ")
                    for (i = 1; i <= 3; i++) {
                        b = order[i]
                        saved = b == "cpu" || !seconds["cpu"] ? "" : sprintf("%+.1f %%", 100 * (1 - seconds[b] / seconds["cpu"]))
                        printf "| %s | %s | %s | %s | %s | %s | %s |\n", shard, linear, pin, b, rows[b], by[b], saved
                    }
                }
            '
        done
    done
done
echo
if [ "$bytes" = same ]; then
    echo "The replacements have the same number of bytes in all runs of a shard."
else
    echo "**THE REPLACEMENTS DIFFER IN SIZE BETWEEN BACKENDS. That must not be: please report it.**"
fi
echo
echo "### What was decided"
echo
cat "$work/verdicts"
[ -z "$warning" ] || printf '\n%s\n' "$warning"
[ "$parity" = same ] && [ "$bytes" = same ]
