#!/bin/sh
# Writes the notes of a release: what the changelog says, what to download, what is signed. Signs SHA256SUMS where GPG_KEY is set.
#
#     sh packaging/release/notes.sh VERSION FOLDER
#
# FOLDER holds the files of the release with SHA256SUMS. SIGNED_MACOS and SIGNED_WINDOWS say `true` where keys were there.
set -eu
version=${1:?"usage: sh packaging/release/notes.sh VERSION FOLDER"}
folder=$(cd "${2:?"where are the files?"}" && pwd)
cd "$(dirname "$0")/../.."
sh packaging/release/section.sh notes "$version"

echo
echo "## Files"
echo
echo "| | |"
echo "|---|---|"
row() {
    for file in "$folder"/$1; do
        [ ! -e "$file" ] || echo "| \`${file##*/}\` | $2 |"
    done
}
row '*-user.msi' "Windows 10 or newer, installer for yourself; asks for no administrator"
row '*-machine.msi' "Windows 10 or newer, installer for everybody on the machine"
row '*.zip' "Windows, nothing to install"
row '*.dmg' "macOS 11 or newer, Apple's and Intel's processors"
row '*.deb' "Debian 12, Ubuntu 22.04 or newer; on a server \`apt install --no-install-recommends ./FILE\`"
row '*.AppImage' "any Linux with glibc 2.35 or newer, one file to run"
row '*-linux-*.tar.gz' "the same, to unpack"
row '*-manifests.tar.gz' "winget and scoop manifests"
row '*.rb' "Homebrew cask"
row '*.cdx.json' "bill of materials (CycloneDX): every crate with version and licence"

echo
echo "\`sha256sum --check --ignore-missing SHA256SUMS\` tells whether a download is whole;"
echo "\`gh attestation verify FILE --repo shardpress/shardpress\` tells from which commit it was built."
said() { if [ "${1:-}" = true ]; then echo "signed"; else echo "**not signed**"; fi; }
echo "For macOS: $(said "${SIGNED_MACOS:-}"). For Windows: $(said "${SIGNED_WINDOWS:-}")."
if [ -n "${GPG_KEY:-}" ]; then
    GNUPGHOME=$(mktemp -d)
    export GNUPGHOME
    trap 'rm -rf "$GNUPGHOME"' EXIT
    printf '%s' "$GPG_KEY" | gpg --batch --quiet --import
    gpg --batch --yes --armor --detach-sign --output "$folder/SHA256SUMS.asc" "$folder/SHA256SUMS"
    echo "SHA256SUMS: signed (\`SHA256SUMS.asc\`)."
else
    echo "SHA256SUMS: **not signed**."
fi
