#!/bin/sh
# Lays the program and everything that belongs to it into a folder, as a system's packager, a tarball, an AppImage or a Flatpak wants it.
#
#     sh packaging/linux/stage.sh PROGRAM ROOT [PREFIX]
#
# PREFIX: /usr. Files go to ROOT/PREFIX/…; ROOT / with PREFIX /usr/local installs. The files are those of the Debian package, which
# lists them in Cargo.toml; tests/packages/validate.sh compares the two.
set -eu
program=$(realpath "${1:?"usage: sh packaging/linux/stage.sh PROGRAM ROOT [PREFIX]"}")
root=${2:?"where to?"}
prefix=${3:-/usr}
mkdir -p "$root"
root=$(realpath "$root")
cd "$(dirname "$0")/../.."
id=io.github.shardpress.Shardpress
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
sh packaging/linux/assets.sh "$program" "$made"

# put MODE FILE PLACE
put() { install -D -m "$1" "$2" "$root$prefix/$3"; }
put 755 "$program" bin/shardpress
for page in "$made"/man/*.1; do put 644 "$page" "share/man/man1/${page##*/}"; done
put 644 "$made/completions/shardpress.bash" share/bash-completion/completions/shardpress
# Debian reads vendor-completions, everybody else site-functions.
put 644 "$made/completions/_shardpress" "share/zsh/${SHARDPRESS_ZSH:-site-functions}/_shardpress"
put 644 "$made/completions/shardpress.fish" share/fish/vendor_completions.d/shardpress.fish
put 644 "packaging/linux/$id.desktop" "share/applications/$id.desktop"
put 644 "packaging/linux/$id.metainfo.xml" "share/metainfo/$id.metainfo.xml"
put 644 packaging/linux/servicemenu.desktop "share/kio/servicemenus/$id.desktop"
put 644 packaging/linux/shardpress.nemo_action share/nemo/actions/shardpress.nemo_action
put 644 assets/icon.svg "share/icons/hicolor/scalable/apps/$id.svg"
for icon in assets/icons/*.png; do
    size=$(basename "$icon" .png)
    put 644 "$icon" "share/icons/hicolor/${size}x$size/apps/$id.png"
done
put 644 packaging/linux/copyright share/doc/shardpress/copyright
put 644 CHANGELOG.md share/doc/shardpress/changelog
put 644 "$made/licences.txt" share/doc/shardpress/licences.txt
