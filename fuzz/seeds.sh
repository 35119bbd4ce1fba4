#!/bin/sh
# Fills fuzz/corpus (ignored by git) with what campaigns begin with: pictures that the program draws itself, a run's journals,
# sidecars and reports, the presets, and the kept findings of tests/data/fuzz.
#
#     sh fuzz/seeds.sh
#
# SHARDPRESS=PROGRAM names the program (default: target/release/shardpress). SHARDPRESS_CORPUS=FOLDER adds the files of a folder of
# hard pictures. Files above 100 kB are left out: small ones are tried far more often.
set -eu
cd "$(dirname "$0")/.."
program=${SHARDPRESS:-target/release/shardpress}
if ! [ -x "$program" ]; then
    echo "seeds: there is no program at $program; build it with cargo build --release, or name one in SHARDPRESS" >&2
    exit 77
fi
program=$(realpath "$program")
corpus=$PWD/fuzz/corpus
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config
export XDG_DATA_HOME XDG_CONFIG_HOME
for target in probe decode metadata sidecar journal settings report control; do
    mkdir -p "$corpus/$target"
    if [ -d "tests/data/fuzz/$target" ]; then
        find "tests/data/fuzz/$target" -type f -exec cp {} "$corpus/$target/" \;
    fi
done

# By content: two files of one name are two seeds. The prefix is what a door reads before the file.
add() { # TARGET FILE [PREFIX in octal escapes]
    sum=$(sha256sum "$2" | cut -c1-24)
    { printf "${3-}"; cat "$2"; } >"$corpus/$1/$sum"
}

"$program" sample "$work/library" >"$work/sample.log"
pictures() {
    find "$work/library" -type f ! -name '*.json' ! -name '*.txt' -size -100k
    if [ -n "${SHARDPRESS_CORPUS-}" ]; then
        find "$SHARDPRESS_CORPUS" -type f ! -name '*.csv' ! -name '*.md' -size -100k
    fi
}
pictures | while IFS= read -r picture; do
    add probe "$picture"
    add decode "$picture"
    add metadata "$picture"
    case $picture in *.png) add control "$picture" ;; esac
done

for sidecar in "$work"/library/shard_00000/*.json; do
    sed 's/"filename": "[^"]*"/"filename": "a.png"/' "$sidecar" >"$work/sidecar"
    add sidecar "$work/sidecar" '\021\001\011'
    tr -d '\n' <"$work/sidecar" >"$work/row"
    echo >>"$work/row"
    cat "$work/row" "$work/row" >"$work/rows"
    add sidecar "$work/rows" '\013\077\011'
done
printf 'a.png\na.json\na.txt\nA.jpg\nmetadata.jsonl\nfolder/\n' >"$work/names"
add sidecar "$work/names" '\011\001\001'

# A run that keeps its originals leaves its journal, one that edits sidecars another kind of intents.
"$program" run "$work/library/shard_00000" --target 64 --yes --report "$work/report.json" >"$work/run.log"
"$program" run "$work/library/shard_00001" --target 64 --yes --update-sidecars --limit 3 --report "$work/small.json" >"$work/run.log"
find "$work/library" -path '*.shardpress*' -name journal | while IFS= read -r journal; do
    head -c 60000 "$journal" >"$work/journal"
    add journal "$work/journal" '\000'
    cut -c10- "$work/journal" >"$work/lines"
    add journal "$work/lines" '\140'
done
for how in 252 253 257 267 277 377; do
    printf "\\$how"'\000\000\100\001\001\000\200\000' >"$work/damage"
    add journal "$work/damage"
done

for preset in src/engine/settings/presets/*.toml; do
    add settings "$preset"
done
printf '512MiB\n1.5MP\n768x512\n2/8\n114,114,114\n#0aFF10\n7d\n2026-11-01\n*.png\n90\nkeep\n' >"$work/words"
add settings "$work/words"
for report in "$work/report.json" "$work/small.json"; do
    tr -d '\n' <"$report" | sed 's/  */ /g' >"$work/line"
    add report "$work/line"
done
for target in probe decode metadata sidecar journal settings report control; do
    echo "seeds: $target $(find "$corpus/$target" -type f | wc -l)"
done
