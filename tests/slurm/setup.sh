#!/bin/sh
# What the test on a cluster needs on Debian 12 and its kin: Slurm's controller, node daemon and client, munge, GNU parallel, Pillow. Says
# nothing when all of it is there. No service is started or left to be started: the test brings its own daemons.
#
#     sh tests/slurm/setup.sh
set -eu
packages="slurmctld slurmd slurm-client munge parallel python3 python3-pil util-linux iproute2 procps"
missing=
for package in $packages; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null || {
    echo "setup: these packages are missing, and this is no Debian:$missing"
    exit 77
}
[ "$(id -u)" = 0 ] || {
    echo "setup: these packages are missing. As root: apt-get install$missing"
    exit 77
}
# Debian starts what it installs, unless this file forbids it.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
apt-get -q update || echo "setup: apt-get update was not clean, going on" >&2
# shellcheck disable=SC2086 # a list of words
DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $missing
# And not at the next start of the machine either; those that were here before stay as they were.
for service in slurmctld slurmd munge; do
    case " $missing " in
    *" $service "*) if command -v systemctl >/dev/null; then systemctl disable "$service" || true; fi ;;
    esac
done
