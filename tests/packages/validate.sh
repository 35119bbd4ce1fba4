#!/bin/sh
# Judges what packages are made of with the tools that stores and distributions use. Fast: nothing is built.
#
#     sh tests/packages/validate.sh [PROGRAM]
#
# PROGRAM: the release program, else the debug one; without any its manual pages and completions cannot be judged, and the exit code is 77.
# Installs what it needs on Debian and its kin. tests/packages/deb.sh is the long part: the package in a clean system.
set -eu
cd "$(dirname "$0")/../.."
id=io.github.shardpress.Shardpress
fail() {
    echo "validate: FAILED: $1" >&2
    exit 1
}
step() { echo "validate: $*"; }
judge() {
    step "$*"
    "$@" || fail "$1"
}

missing=
for tool in desktop-file-validate appstreamcli man groff zsh fish; do command -v "$tool" >/dev/null || missing=yes; done
python3 -c 'import yaml, tomllib' 2>/dev/null || missing=yes
if [ "$missing" ]; then
    command -v apt-get >/dev/null || {
        echo "validate: SKIPPED, this needs desktop-file-utils, appstream, man-db, groff, zsh, fish and Python 3.11 with yaml" >&2
        exit 77
    }
    sh packaging/apt.sh desktop-file-utils appstream man-db groff-base zsh fish python3-yaml
fi
# A Python of somebody's own may lack yaml while the system's has it.
python=python3
"$python" -c 'import yaml, tomllib' 2>/dev/null || python=/usr/bin/python3

program=${1:-}
for built in "${CARGO_TARGET_DIR:-target}/release/shardpress" "${CARGO_TARGET_DIR:-target}/debug/shardpress"; do
    [ -n "$program" ] || [ ! -x "$built" ] || program=$built
done

judge desktop-file-validate "packaging/linux/$id.desktop"
judge appstreamcli validate --no-net --explain "packaging/linux/$id.metainfo.xml"
judge sh packaging/icons.sh --check

step "scripts"
for script in packaging/*.sh packaging/*/*.sh tests/packages/*.sh; do sh -n "$script" || fail "$script"; done
if command -v shellcheck >/dev/null; then
    # SC2015: `a && b || c` is meant as it is wherever it stands here.
    judge shellcheck -x -s sh -e SC2015 packaging/*.sh packaging/*/*.sh tests/packages/*.sh
fi

step "a changelog's section"
work=$(mktemp -d)
trap 'rm -rf "$work" target/packages/validate' EXIT
cat >"$work/log.md" <<'LOG'
# Changelog

## [0.1.10] - unreleased

- ten

## [0.1.1] - 2026-02-03

### Added

- one

- and more


## [0.1.0] - 2026-01-02

## [0.0x1] - 2026-01-01

- old

[0.1.0]: https://example.org
LOG
section() { sh packaging/release/section.sh "$1" "$2" "$work/log.md" 2>/dev/null; }
[ "$(section notes 0.1.1)" = "$(printf '### Added\n\n- one\n\n- and more')" ] || fail "the section of 0.1.1: $(section notes 0.1.1)"
[ "$(section notes 0.1.10)" = "- ten" ] && [ "$(section notes 0.0x1)" = "- old" ] || fail "the sections of 0.1.10 and 0.0x1"
[ "$(section date 0.1.1)" = 2026-02-03 ] && [ "$(section date 0.1.10)" = unreleased ] || fail "the dates of sections"
! section notes 0.1.0 && ! section notes 0.1 && ! section date 0.0.1 || fail "an empty or absent section is not refused"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
sh packaging/release/section.sh notes "$version" >/dev/null || fail "CHANGELOG.md has nothing on $version"
! sh packaging/release/check.sh "v$version.9" 2>/dev/null || fail "a tag of another version is not refused"

if command -v flatpak-builder >/dev/null; then
    # It reads the sources, which are made when a Flatpak is built.
    cp "packaging/flatpak/$id.yml" "$work/"
    echo '[{"type": "inline", "contents": "x", "dest-filename": "x"}]' >"$work/cargo-sources.json"
    said=$(cd "$work" && flatpak-builder --show-manifest "$id.yml" 2>&1 >/dev/null) || fail "the Flatpak's manifest: $said"
    [ -z "$said" ] || fail "the Flatpak's manifest: $said"
    step "flatpak-builder reads the manifest"
fi

if [ -z "$program" ]; then
    "$python" tests/packages/agree.py || fail "files disagree"
    echo "validate: SKIPPED: there is no program; cargo build makes one. Manual pages, completions and the list of files were NOT judged" >&2
    exit 77
fi
step "with $program"
sh packaging/linux/assets.sh "$program"
SHARDPRESS_ZSH=vendor-completions sh packaging/linux/stage.sh "$program" "$work/staged"
sh packaging/macos/bundle.sh "$program" target/packages/validate >/dev/null
judge "$python" tests/packages/agree.py "$work/staged"
sh packaging/linux/appimage.sh --dir "$program" "$work/appimage" || fail "the AppImage's folder"

pages=0
for page in "$work"/staged/usr/share/man/man1/*.1; do
    name=${page##*/}
    # Width of a terminal; -ww: every warning that groff knows.
    said=$(MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l "$page" 2>&1 >"$work/page")
    [ -z "$said" ] || fail "man, $name: $said"
    said=$(groff -man -Tutf8 -k -ww -z "$page" 2>&1)
    [ -z "$said" ] || fail "groff, $name: $said"
    for part in NAME SYNOPSIS DESCRIPTION; do grep -q "^$part" "$work/page" || fail "$name has no $part"; done
    # What apropos finds: a name, a dash, what it is for.
    said=$(lexgrog "$page" 2>&1) || fail "lexgrog, $name: $said"
    pages=$((pages + 1))
done
[ "$pages" -ge 10 ] || fail "only $pages manual pages"
step "$pages manual pages without a warning of man, groff or lexgrog"

share=$work/staged/usr/share
bash -n "$share/bash-completion/completions/shardpress" || fail "bash"
zsh -n "$share/zsh/vendor-completions/_shardpress" || fail "zsh"
fish --no-execute "$share/fish/vendor_completions.d/shardpress.fish" || fail "fish"
# shellcheck disable=SC2016 # expanded by the shell in there
said=$(bash --norc -c '. "$1"; COMP_WORDS=(shardpress rec); COMP_CWORD=1; _shardpress shardpress rec shardpress; echo "${COMPREPLY[*]}"' bash \
    "$share/bash-completion/completions/shardpress")
[ "$said" = recover ] || fail "bash completes 'rec' to '$said'"
said=$(HOME=$work fish --no-config -c "source $share/fish/vendor_completions.d/shardpress.fish; complete -C 'shardpress rec'" | cut -f1)
[ "$said" = recover ] || fail "fish completes 'rec' to '$said'"
step "completions are sound in bash, zsh and fish"

# Two tarballs of one program are one.
for turn in 1 2; do
    SOURCE_DATE_EPOCH=1700000000 sh packaging/linux/tarball.sh "$program" "$work/tar$turn" >/dev/null
    sleep 1
done
cmp "$work"/tar1/*.tar.gz "$work"/tar2/*.tar.gz || fail "two tarballs of one program differ"
step "a tarball made twice is the same"
step "done"
