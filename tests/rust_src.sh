#!/bin/sh
# Prints the folder of the standard library's source, of exactly the version of rustc here, for checks and builds for targets whose
# standard library is not installed:
#
#     source=$(sh tests/rust_src.sh) || exit $?
#
# The `rust-src` of the toolchain where it is there, else Debian's package of the same version, unpacked below target/ from the mirror
# that this machine already uses. Nothing is installed on the system. Exit 77: it is not to be had here (said on standard error).
set -eu
cd "$(dirname "$0")/.."
cache=$PWD/target/typecheck
version=$(rustc --version | cut -d' ' -f2)

cannot() {
    echo "rust-src: $1" >&2
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
    echo "rust-src: looking for version $version in Debian's trixie-backports" >&2
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

source=$(rustc --print sysroot)/lib/rustlib/src/rust/library
if [ ! -d "$source" ]; then
    mkdir -p "$cache"
    source=$cache/std-$version
    [ -d "$source" ] || unpack_debian_source
fi
echo "$source"
