#!/bin/sh
# Every check of the project in one go; the first that fails ends it. Installs what building needs.
#
#     sh tests/all.sh
#
# SHARDPRESS_CORPUS=FOLDER adds a folder of hostile pictures with a manifest; without it those tests say that they skip.
set -eu
cd "$(dirname "$0")/.."
sh setup.sh

step() {
    echo
    echo "== $*"
    "$@"
}

# A component of the toolchain may be absent; that is no failure of the project, but must not go unseen.
step_if() {
    tool=$1 component=$2
    shift 2
    if cargo "$tool" --version >/dev/null 2>&1; then
        step "$@"
    else
        echo
        echo "== SKIPPED: $*"
        echo "   $component is not installed. With rustup: rustup component add $component"
    fi
}

step_if fmt rustfmt cargo fmt --check
step_if clippy clippy cargo clippy --locked --all-targets -- -D warnings
step env RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps
# The pure Rust codecs: everything compiles, and the room that differs is tested.
step cargo check --locked --no-default-features --all-targets
step cargo test --locked --no-default-features --lib pixels
# The window on software graphics, where there are any: pictures of it are compared, and the built program is driven by keys.
if [ "$(uname -s)" = Linux ]; then
    step sh tests/window/setup.sh
    REQUIRE_GPU_ADAPTER=1
    export REQUIRE_GPU_ADAPTER
fi
step cargo test --locked
# Instructions of a fixed amount of work against those of the baseline.
if [ "$(uname -s)" = Linux ]; then
    step sh tests/callgrind/run.sh || [ $? -eq 77 ]
fi
step sh tests/window/run.sh || [ $? -eq 77 ]
