#!/bin/sh
# Type-checks the engine and the command for another operating system, without a linker for it:
#
#     sh tests/typecheck.sh x86_64-pc-windows-msvc
#
# Exit 0: it type-checks.  1: it does not.  77: this machine cannot tell (said loudly, with what would help).
#
# `cargo check` needs the standard library of the target. Where rustup has installed it, that one is taken. Otherwise
# it is built from source, which tests/rust_src.sh finds.
# The window is checked, too; the pure Rust codecs are taken (--no-default-features), since C code for another system needs a C compiler for it.
set -eu

target=${1:?"usage: sh tests/typecheck.sh TARGET"}
cd "$(dirname "$0")/.."
cache=$PWD/target/typecheck

cannot() {
    echo "SKIPPED: the type check for $target. $1" >&2
    echo "         What would help: rustup target add $target" >&2
    exit 77
}

mkdir -p "$cache"
set -- check --locked --no-default-features --features gpu,gui --lib --bins --target "$target"
# Codegen settings matter to the standard library alone (cargo compiles it, it only checks the rest): the cheapest.
export CARGO_TARGET_DIR="$cache/build" CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_OPT_LEVEL=0 CARGO_PROFILE_DEV_DEBUG=0

build_std=
if [ -d "$(rustc --print target-libdir --target "$target")" ]; then
    echo "typecheck: $target, with the standard library of the toolchain"
else
    source=$(sh tests/rust_src.sh) || cannot "The source of the standard library is not to be had."
    echo "typecheck: $target, with the standard library built from source"
    # Two doors that cargo keeps for its own use: unstable options on a stable toolchain, and where the source lies.
    export RUSTC_BOOTSTRAP=1 __CARGO_TESTS_ONLY_SRC_ROOT="$source"
    build_std=-Zbuild-std=std,panic_unwind
    set -- "$@" "$build_std"
fi
# Sources that cannot be downloaded are this machine's lack; what follows needs none.
# shellcheck disable=SC2086 # nothing, where it is empty
cargo fetch --locked --target "$target" --target "$(rustc --print host-tuple)" $build_std || cannot "Crates for it could not be downloaded."
nice cargo "$@" --offline || exit 1
echo "typecheck: $target is fine"
