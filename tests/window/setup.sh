#!/bin/sh
# Installs what testing the window needs: a virtual screen, a window manager, tools to press keys and take pictures, and software
# graphics. Says nothing when all of it is there.
set -eu
[ "$(uname -s)" = Linux ] || exit 0

missing=
for tool in Xvfb openbox xdotool import; do
    command -v "$tool" >/dev/null || missing=yes
done
has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || find /usr/lib /lib -name "$1*" 2>/dev/null | grep -q .; }
for library in libvulkan.so.1 libxkbcommon-x11.so.0 libXcursor.so.1 libEGL.so.1; do
    has_library "$library" || missing=yes
done
[ -n "$(find /usr/share/vulkan/icd.d /etc/vulkan/icd.d -name 'lvp_icd*' 2>/dev/null)" ] || missing=yes
[ -n "$missing" ] || exit 0

as_root() {
    echo "setup: $*"
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "setup: this needs root and there is no sudo. As root, run: $*" >&2
        exit 1
    fi
}

if command -v apt-get >/dev/null; then
    as_root apt-get -q update || echo "setup: apt-get update was not clean, going on" >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
        xvfb openbox xdotool imagemagick mesa-vulkan-drivers libvulkan1 libegl1 libgl1-mesa-dri \
        libx11-6 libx11-xcb1 libxcb1 libxcursor1 libxi6 libxkbcommon0 libxkbcommon-x11-0 xkb-data libwayland-client0
elif command -v dnf >/dev/null; then
    as_root dnf install -y xorg-x11-server-Xvfb openbox xdotool ImageMagick mesa-vulkan-drivers vulkan-loader mesa-libEGL \
        libX11-xcb libXcursor libXi libxkbcommon-x11
else
    echo "setup: to test the window install Xvfb, openbox, xdotool, ImageMagick and Mesa's software Vulkan, then run this again." >&2
    exit 1
fi
