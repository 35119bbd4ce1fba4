#!/bin/sh
# What the fault campaigns need on Debian 12. Everywhere else: the tools of the same names.
#
#     sh tests/faults/setup.sh
#
# python3-pil decodes the references, python3-pyfuse3 is the file system that breaks, strace makes single calls fail, e2fsprogs makes small
# drives, quota limits a user on one. For power.py: gcc, pkg-config and libfuse3-dev for its recorder, xfsprogs, btrfs-progs. For network.py: a
# machine of its own (qemu, busybox, cpio, kmod), the servers that it asks (samba, nfs-ganesha), FAT and exFAT, and readelf. What is missing is named by the script that needs it, which then ends with 77.
set -eu
packages="python3 python3-pil python3-pyfuse3 fuse3 strace e2fsprogs quota util-linux gcc libc6-dev pkg-config libfuse3-dev xfsprogs btrfs-progs"
packages="$packages qemu-system-x86 busybox-static cpio kmod samba nfs-ganesha nfs-ganesha-vfs dosfstools exfatprogs binutils"
missing=
for package in $packages; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "These packages are missing:$missing. As root: apt-get install$missing"
    exit 77
fi
apt-get update -q || true
# shellcheck disable=SC2086 # a list of words
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
