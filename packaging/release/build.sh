#!/bin/sh
# Builds the program as it is released: the versions of Cargo.lock, nothing of the machine in it.
#
#     sh packaging/release/build.sh [ARGUMENT…]        more arguments go to cargo build
#
# Two builds of one commit with one compiler are to be the same to the byte, so the folders of this machine are written as fixed names in
# Rust's and in C's part, and dates come from the commit.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
cargo_home=${CARGO_HOME:-$HOME/.cargo}
sysroot=$(rustc --print sysroot)
target=${CARGO_TARGET_DIR:-$root/target}
case $target in /*) ;; *) target=$root/$target ;; esac

# rustc on Windows writes paths as Windows does, whatever shell calls it.
if command -v cygpath >/dev/null; then
    root=$(cygpath -w "$root") cargo_home=$(cygpath -w "$cargo_home") target=$(cygpath -w "$target")
fi

SOURCE_DATE_EPOCH=$(sh packaging/release/epoch.sh)
# The later prefix wins where both fit, and the target folder may lie inside the root.
RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$sysroot=/rust --remap-path-prefix=$root=/shardpress --remap-path-prefix=$target=/target"
export SOURCE_DATE_EPOCH RUSTFLAGS
# MSVC's compiler has no such option; its paths end in the .pdb, which is not shipped.
case $(uname -s) in
Linux | Darwin)
    CFLAGS="${CFLAGS:-} -ffile-prefix-map=$cargo_home=/cargo -ffile-prefix-map=$root=/shardpress -ffile-prefix-map=$target=/target"
    CXXFLAGS="${CXXFLAGS:-} ${CFLAGS}"
    export CFLAGS CXXFLAGS
    ;;
esac
# LLVM numbers the functions that it shares between crates by the hash of code which rustc (1.95) does not order the same in each build; the
# programs come out the same, but for these names in their table of symbols and the linker's hash of it all. So neither is kept.
[ "$(uname -s)" != Linux ] || RUSTFLAGS="$RUSTFLAGS -C link-arg=-Wl,--build-id=none"
cargo build --release --locked "$@"
[ "$(uname -s)" = Linux ] || exit 0
for program in shardpress shardpress-gui; do
    [ ! -x "$target/release/$program" ] || objcopy --wildcard --strip-symbol='*.llvm.*' "$target/release/$program"
done
