#!/bin/sh
# Makes an AppImage: one file that runs on any Linux whose glibc is not older than that of the machine it was built on.
#
#     sh packaging/linux/appimage.sh [--dir] [PROGRAM] [FOLDER]     target/release/shardpress, target/packages
#
# --dir makes and checks the folder that goes into it and stops there. appimagetool is taken from the PATH, or from APPIMAGETOOL, with a file
# `runtime` beside it; the release workflow has both from appimage-tools.sh. Nothing but the program goes in: what it opens at run time (X11, Wayland, Vulkan, OpenGL, fonts) belongs to the
# drivers of the machine, and a copy of another version breaks them.
set -eu
only_dir=
[ "${1:-}" != --dir ] || { only_dir=yes && shift; }
program=$(realpath "${1:-${CARGO_TARGET_DIR:-$(dirname "$0")/../../target}/release/shardpress}")
cd "$(dirname "$0")/../.."
into=${2:-target/packages}
id=io.github.shardpress.Shardpress
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
dir=$into/Shardpress.AppDir

rm -rf "$dir"
mkdir -p "$dir"
sh packaging/linux/stage.sh "$program" "$dir" /usr
# An AppImage opens its window when clicked, and is the command when it gets arguments.
cat >"$dir/AppRun" <<'RUN'
#!/bin/sh
exec "${APPDIR:-$(dirname "$(readlink -f "$0")")}/usr/bin/shardpress" "$@"
RUN
chmod 755 "$dir/AppRun"
cp "packaging/linux/$id.desktop" "$dir/$id.desktop"
cp assets/icons/256.png "$dir/$id.png"
ln -s "$id.png" "$dir/.DirIcon"

# What the format asks for: https://docs.appimage.org/reference/appdir.html
for needed in AppRun "$id.desktop" "$id.png" .DirIcon usr/bin/shardpress "usr/share/metainfo/$id.metainfo.xml"; do
    [ -e "$dir/$needed" ] || {
        echo "appimage: $dir/$needed is missing" >&2
        exit 1
    }
done
[ "$("$dir/AppRun" --version)" = "shardpress $version" ] || {
    echo "appimage: $dir/AppRun does not start the program of version $version" >&2
    exit 1
}
if [ "$only_dir" ]; then
    echo "appimage: $dir is as it should be"
    exit 0
fi
tool=${APPIMAGETOOL:-appimagetool}
command -v "$tool" >/dev/null || {
    echo "appimage: appimagetool is missing; it is at https://github.com/AppImage/appimagetool. $dir is ready for it" >&2
    exit 1
}
SOURCE_DATE_EPOCH=$(sh packaging/release/epoch.sh)
export SOURCE_DATE_EPOCH
tool=$(command -v "$tool")
# Without this it would download a runtime of its own choice.
set --
[ ! -f "$(dirname "$tool")/runtime" ] || set -- --runtime-file "$(dirname "$tool")/runtime"
# Integrators look for the name before the version; --appimage-extract-and-run needs no FUSE on the building machine.
ARCH=$(uname -m) "$tool" --appimage-extract-and-run "$@" "$dir" "$into/Shardpress-$version-$(uname -m).AppImage"
rm -rf "$dir"
