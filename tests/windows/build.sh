#!/bin/sh
# Builds shardpress.exe and shardpress-gui.exe on Debian, to try them under wine. For tests only: releases are built on Windows, with MSVC.
#
#     sh tests/windows/build.sh [CARGO-OPTION…]
#
# Every line under cfg(windows) that is no test is compiled and linked by it; `sh tests/windows/unit.sh` does the same for the tests and runs
# them. The codecs are the native ones, as in releases, compiled by MinGW's C compiler.
# The programs lie in target/windows (or CARGO_TARGET_DIR) below x86_64-pc-windows-gnu/debug; the last line printed is that folder.
#
# Rust here has no standard library for Windows, so that is built from source (tests/rust_src.sh), and with it the two objects that MinGW's
# linker wants first and last. MinGW is installed by apt-get as root, where it is missing. Exit 77: this machine cannot tell.
set -eu
cd "$(dirname "$0")/../.."
target=x86_64-pc-windows-gnu
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target/windows}"

sh setup.sh
sh tests/windows/setup.sh x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64 x86_64-w64-mingw32-g++:g++-mingw-w64-x86-64
source=$(sh tests/rust_src.sh) || {
    echo "SKIPPED: the build for Windows. The source of the standard library is not to be had." >&2
    exit 77
}

tools=$CARGO_TARGET_DIR/mingw
mkdir -p "$tools"
export RUSTC_BOOTSTRAP=1 __CARGO_TESTS_ONLY_SRC_ROOT="$source"
for object in rsbegin rsend; do
    [ -e "$tools/$object.o" ] ||
        rustc --edition 2024 --cap-lints allow --target "$target" --emit=obj -o "$tools/$object.o" "$source/rtstartup/$object.rs"
done
# rustc names them without a folder, since they should lie in the target's own. The wrapper's name tells rustc whose options it takes.
linker=$tools/x86_64-w64-mingw32-gcc
cat >"$linker" <<WRAPPER
#!/bin/sh
# Written by tests/windows/build.sh.
count=\$#
while [ "\$count" -gt 0 ]; do
    case \$1 in
    rsbegin.o | rsend.o) set -- "\$@" "$tools/\$1" ;;
    *) set -- "\$@" "\$1" ;;
    esac
    shift
    count=\$((count - 1))
done
exec /usr/bin/x86_64-w64-mingw32-gcc "\$@"
WRAPPER
chmod +x "$linker"
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER="$linker"
# Debugging information of the standard library and of five hundred crates would be most of the work.
export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0

[ $# -gt 0 ] || set -- build --bins
cargo fetch --locked --target "$target" --target "$(rustc --print host-tuple)" -Zbuild-std=std,panic_unwind >&2 || {
    echo "SKIPPED: the build for Windows. Crates for it could not be downloaded." >&2
    exit 77
}
cargo "$@" --config tests/windows/quick.toml --locked --offline --target "$target" -Zbuild-std=std,panic_unwind >&2
echo "$CARGO_TARGET_DIR/$target/debug"
