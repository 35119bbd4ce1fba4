#!/bin/sh
# Downloads what builds an AppImage, each held to a checksum, and prints the folder: appimagetool, and the runtime that goes into every image.
#
#     APPIMAGETOOL=$(sh packaging/linux/appimage-tools.sh)/appimagetool
#
# For the release workflow; nothing else here downloads programs.
set -eu
case $(uname -m) in
x86_64)
    tool=ed4ce84f0d9caff66f50bcca6ff6f35aae54ce8135408b3fa33abfc3cb384eb0
    runtime=2fca8b443c92510f1483a883f60061ad09b46b978b2631c807cd873a47ec260d
    ;;
*)
    echo "appimage: no tools are known for $(uname -m)" >&2
    exit 1
    ;;
esac
cd "$(dirname "$0")/../.."
mkdir -p target/appimage-tools
cd target/appimage-tools

# fetch NAME CHECKSUM ADDRESS
fetch() {
    if ! echo "$2  $1" | sha256sum --check --status 2>/dev/null; then
        curl --fail --silent --show-error --location --retry 3 --output "$1.new" "$3"
        echo "$2  $1.new" | sha256sum --check --status || {
            echo "appimage: $3 is not what it was when it was chosen; nothing of it was run" >&2
            exit 1
        }
        mv "$1.new" "$1"
    fi
    chmod 755 "$1"
}
fetch appimagetool "$tool" "https://github.com/AppImage/appimagetool/releases/download/1.9.1/appimagetool-$(uname -m).AppImage"
fetch runtime "$runtime" "https://github.com/AppImage/type2-runtime/releases/download/20251108/runtime-$(uname -m)"
pwd
