#!/bin/sh
# Type-checks the engine and the command for another operating system, without a linker for it:
#
#     sh tests/typecheck.sh x86_64-pc-windows-msvc
#
# Exit 0: it type-checks.  1: it does not.  77: this machine cannot tell (said loudly, with what would help).
#
# `cargo check` needs the standard library of the target. Where rustup has installed it, that one is taken. Otherwise
# it is built from source: the `rust-src` of the toolchain if it is there, else Debian's package of the same version,
# unpacked below target/ from the mirror this machine already uses. Nothing is installed on the system.
# The window is checked, too; the pure Rust codecs are taken (--no-default-features), since C code for another system needs a C compiler for it.
set -eu

target=${1:?"usage: sh tests/typecheck.sh TARGET"}
cd "$(dirname "$0")/.."
cache=$PWD/target/typecheck
version=$(rustc --version | cut -d' ' -f2)

cannot() {
    echo "SKIPPED: the type check for $target. $1" >&2
    echo "         What would help: rustup target add $target" >&2
    exit 77
}

# The mirror comes from the machine's own apt configuration: the first plain Debian archive (not the security one).
debian_mirror() {
    # shellcheck disable=SC2016 # apt expands these, not the shell
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
        awk '$1 ~ /\/debian\/?$/ && $2 !~ /security/ { print $1; exit }'
}

# Unpacks the library folder of Debian's rust-src of exactly our compiler's version to $cache/std-$version.
unpack_debian_source() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || cannot "The standard library's source is neither in the toolchain nor to be had here."
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || cannot "apt on this machine knows no Debian archive to take the standard library's source from."
    keys=
    for ring in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp; do
        if [ -e "$ring" ]; then keys="[signed-by=$ring] "; break; fi
    done
    apt=$cache/apt
    rm -rf "$apt"
    mkdir -p "$apt/lists/partial" "$apt/state" "$apt/cache/archives/partial"
    : >"$apt/status"
    echo "deb ${keys}$mirror trixie-backports main" >"$apt/sources.list"
    # Read after the machine's own configuration, so that a proxy stays in force. Hooks that tidy the system are dropped.
    cat >"$apt/conf" <<CONF
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
Dir::State "$apt/state";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Acquire::Languages "none";
APT::Sandbox::User "root";
CONF
    echo "typecheck: looking for rust-src $version in Debian's trixie-backports"
    APT_CONFIG=$apt/conf apt-get -qq update >"$apt/log" 2>&1 || { cat "$apt/log" >&2; cannot "Debian's package lists could not be had."; }
    package=$(APT_CONFIG=$apt/conf apt-cache madison rust-src 2>/dev/null | awk -v v="$version" '$3 ~ "^" v "[+~-]" { print $3; exit }')
    [ -n "$package" ] || cannot "Debian has no rust-src $version, the version of rustc here."
    (cd "$apt" && APT_CONFIG=$apt/conf apt-get -qq download "rust-src=$package" >"$apt/log" 2>&1) ||
        { cat "$apt/log" >&2; cannot "rust-src $package could not be downloaded."; }
    # Unpacked aside and renamed when whole, so that an interrupted run is not taken for a finished one.
    mkdir -p "$apt/unpacked"
    dpkg-deb --fsys-tarfile "$apt"/rust-src_*.deb | tar -xf - -C "$apt/unpacked" --wildcards './usr/src/rustc-*/library'
    mv "$apt"/unpacked/usr/src/rustc-*/library "$cache/std-$version"
    rm -rf "$apt"
}

mkdir -p "$cache"
set -- check --locked --no-default-features --features gpu,gui --lib --bins --target "$target"
# Codegen settings matter to the standard library alone (cargo compiles it, it only checks the rest): the cheapest.
export CARGO_TARGET_DIR="$cache/build" CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_OPT_LEVEL=0 CARGO_PROFILE_DEV_DEBUG=0

build_std=
if [ -d "$(rustc --print target-libdir --target "$target")" ]; then
    echo "typecheck: $target, with the standard library of the toolchain"
else
    source=$(rustc --print sysroot)/lib/rustlib/src/rust/library
    if [ ! -d "$source" ]; then
        source=$cache/std-$version
        [ -d "$source" ] || unpack_debian_source
    fi
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
