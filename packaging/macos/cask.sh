#!/bin/sh
# Fills the Homebrew cask for a released disk image: `sh packaging/macos/cask.sh IMAGE APP >shardpress.rb`, where APP is the
# Shardpress.app in it, whose manual pages are listed one by one.
set -eu
image=${1:?"usage: sh packaging/macos/cask.sh IMAGE APP"}
app=${2:?"where is Shardpress.app?"}
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$here/../../Cargo.toml" | head -n 1)
sum=$({ sha256sum "$image" 2>/dev/null || shasum -a 256 "$image"; } | cut -d' ' -f1)
pages=$(cd "$app/Contents/Resources/man" && for page in *.1; do printf '  manpage "#{appdir}/Shardpress.app/Contents/Resources/man/%s"\n' "$page"; done)
awk -v version="$version" -v sum="$sum" -v pages="$pages" '
    $0 == "@MANPAGES@" { print pages; next }
    { sub(/@VERSION@/, version); sub(/@SHA256@/, sum); print }
' "$here/shardpress.rb"
