#!/bin/sh
# Shardpress beside its peers: installs them, makes real shards, lets all do the same job in turn, and writes the tables and
# the picture of docs/benchmarks.md.
#
#   sh benches/peers.sh [-b BINARY] [-s SHARDS] [-r ROUNDS] [-p PROGRAMS] [-w WORK]
#
#   -b BINARY    the program; otherwise a release build is made
#   -s SHARDS    a folder with mixed/, png/ and jpeg/, each holding a shard; made from Debian packages otherwise
#   -r ROUNDS    how often every program runs (5)
#   -p PROGRAMS  some of shardpress,forecast,scaled,pillow,vips,sharp,opencv,magick,caesium
#   -w WORK      where all of it lies (target/peers); copies to work on lie on /dev/shm where there is one
#
# Needs Debian, root for apt, and the public registries of Python, Node.js and Rust. Under an hour on two cores; run nothing else.
set -eu
cd "$(dirname "$0")/.."

usage() {
    sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p;}' "$0" >&2
    exit 2
}

binary=
shards=
rounds=5
programs=shardpress,forecast,scaled,pillow,vips,sharp,opencv,magick,caesium
work=target/peers
while getopts b:s:r:p:w: option; do
    case $option in
        b) binary=$OPTARG ;;
        s) shards=$OPTARG ;;
        r) rounds=$OPTARG ;;
        p) programs=$OPTARG ;;
        w) work=$OPTARG ;;
        *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# -eq 0 ] || usage

mkdir -p "$work"
work=$(cd "$work" && pwd)

wants() {
    case ,$programs, in *,"$1",*) true ;; *) false ;; esac
}

missing=
command -v python3 >/dev/null && python3 -c 'import venv, ensurepip' 2>/dev/null || missing="$missing python3-venv"
if wants sharp && ! command -v npm >/dev/null; then missing="$missing nodejs npm"; fi
if wants magick && ! command -v convert >/dev/null; then missing="$missing imagemagick"; fi
if [ -n "$missing" ]; then
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing
fi
[ -x "$work/python/bin/python" ] || python3 -m venv "$work/python"
"$work/python/bin/pip" install -q --disable-pip-version-check pillow numpy matplotlib pyvips pyvips-binary opencv-python-headless
if wants sharp; then
    # Beside the script that imports it, which may lie in a tree that is only read.
    mkdir -p "$work/peers"
    cp benches/peers/sharp.mjs "$work/peers/"
    (cd "$work/peers" && { [ -d node_modules/sharp ] || npm install --silent --no-fund --no-audit sharp; })
fi
if wants caesium && ! PATH="$work/cargo/bin:$PATH" command -v caesiumclt >/dev/null; then
    cargo install --quiet --locked --root "$work/cargo" caesiumclt
fi
if [ -z "$binary" ]; then
    cargo build --locked --release
    binary=target/release/shardpress
fi
if [ -z "$shards" ]; then
    shards=$work/shards
    [ -d "$shards/mixed/shard_00000" ] || "$work/python/bin/python" benches/peers/shards.py "$shards"
fi
fast=$work/run
[ ! -w /dev/shm ] || fast=/dev/shm/shardpress-peers
trap 'rm -rf "$fast"' EXIT

PATH="$work/cargo/bin:$PATH" BENCH_PEERS="$work/peers" "$work/python/bin/python" benches/peers/measure.py \
    --binary "$binary" --programs "$programs" --rounds "$rounds" --work "$fast" --out "$work/peers.md" --plots docs "$shards"

# The tables take the place of the last ones.
"$work/python/bin/python" - "$work/peers.md" docs/benchmarks.md <<'EOF'
import pathlib, sys
tables, document = (pathlib.Path(path) for path in sys.argv[1:])
begin, end = "<!-- peers: begin -->\n", "<!-- peers: end -->"
if document.exists() and begin in document.read_text():
    before, rest = document.read_text().split(begin, 1)
    document.write_text(before + begin + "\n" + tables.read_text() + "\n" + end + rest.split(end, 1)[1])
else:
    print(tables.read_text())
EOF
