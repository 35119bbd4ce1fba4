#!/bin/sh
# The Debian package's life in a clean Debian, as root on Debian: a minimal system is set up in a folder, the package installed there
# without and with what it recommends, the command used, the window opened, the package removed, and what is left compared with before.
#
#     sh tests/packages/deb.sh [PACKAGE]
#
# PACKAGE: a .deb; without it one is built (from the release binary that is there, else that is built, too). The screenshot and the
# lists of files go to target/packages. Installs what it needs on this machine. DEBIAN=bookworm chooses the release.
# Exit 77: this is no Debian, or not root.
set -eu
cd "$(dirname "$0")/../.."
out=$PWD/target/packages
suite=${DEBIAN:-bookworm}
id=io.github.shardpress.Shardpress

cannot() {
    echo "deb: SKIPPED, $1" >&2
    exit 77
}
fail() {
    echo "deb: FAILED: $1" >&2
    [ ! -s "${work:-}/app.log" ] || tail -n 20 "$work/app.log" >&2
    exit 1
}
step() { echo "deb: $*"; }

command -v apt-get >/dev/null || cannot "this is no Debian"
[ "$(id -u)" -eq 0 ] || cannot "a clean system in a folder needs root"
missing=
for tool in debootstrap lintian man xdotool xprop zsh fish; do command -v "$tool" >/dev/null || missing=yes; done
[ -z "$missing" ] || sh packaging/apt.sh debootstrap lintian man-db xdotool x11-utils zsh fish
sh tests/window/setup.sh

mkdir -p "$out"
package=${1:-}
if [ -z "$package" ]; then
    if [ -x "${CARGO_TARGET_DIR:-target}/release/shardpress" ]; then
        step "packing the release binary that is there, of $(date -r "${CARGO_TARGET_DIR:-target}/release/shardpress" '+%F %R')"
        sh packaging/linux/deb.sh --no-build --fast "$out"
    else
        sh packaging/linux/deb.sh "$out"
    fi
    package=$(find "$out" -maxdepth 1 -name 'shardpress_*.deb' -newer packaging/linux/deb.sh | sort | tail -n 1)
    [ -n "$package" ] || package=$(find "$out" -maxdepth 1 -name 'shardpress_*.deb' | sort | tail -n 1)
fi
package=$(realpath "$package")
step "$(basename "$package"), $(($(stat -c %s "$package") / 1024)) KiB"

# --- A minimal system, kept for the next time. The mirror is that of this machine.
base=$out/$suite.tar
if [ ! -f "$base" ]; then
    # shellcheck disable=SC2016 # apt expands these, not the shell
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
        awk '$1 ~ /\/debian\/?$/ && $2 !~ /security/ { print $1; exit }')
    step "setting up $suite from ${mirror:-the default mirror}"
    # shellcheck disable=SC2086 # nothing, where it is empty
    debootstrap --variant=minbase "$suite" "$out/$suite.new" $mirror >"$out/debootstrap.log" 2>&1 ||
        { tail -n 5 "$out/debootstrap.log" >&2; cannot "a minimal system could not be set up"; }
    tar -C "$out/$suite.new" -cf "$base.new" . && mv "$base.new" "$base"
    rm -rf "$out/$suite.new"
fi

work=$(mktemp -d)
root=$work/root
finish() {
    status=$?
    trap - EXIT INT TERM
    for process in ${app:-} ${manager:-} ${server:-}; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    for place in tmp/.X11-unix proc; do
        ! mountpoint -q "$root/$place" || umount "$root/$place" || umount -l "$root/$place" || true
    done
    # Nothing of this machine may be below it any more when it goes.
    if mount | grep -q " $root/"; then
        echo "deb: $root is left, something is still mounted there" >&2
    else
        rm -rf "$work"
    fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

mkdir "$root"
tar -C "$root" -xf "$base"
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
# debootstrap has made the few devices that are needed; those of this machine stay out of what is deleted at the end.
[ -c "$root/dev/null" ] || cannot "devices cannot be made here"
# No service may start in there.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d"
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
# A person who is not root, with a folder of their own.
inside useradd --create-home --uid 1000 tester
as_tester() {
    chroot --userspec=1000:1000 "$root" env -i PATH=/usr/bin:/bin HOME=/srv/tester LC_ALL=C.UTF-8 "$@"
}
mkdir -p "$root/srv/tester"
chown 1000:1000 "$root/srv/tester"
inside apt-get -qq update

# Everything that is there: kind, rights, owner and link of each name, and the content of files; but for what apt and dpkg write about
# themselves.
list() {
    (
        cd "$root"
        set -- . -xdev "(" -path ./proc -o -path ./dev -o -path ./srv -o -path ./tmp -o -path ./var/cache/apt -o -path ./var/lib/apt \
            -o -path ./var/log/apt -o -path ./var/log/dpkg.log -o -path ./var/log/alternatives.log ")" -prune -o
        find "$@" -printf '%p %y %m %U:%G %l\n'
        find "$@" -type f -print0 | xargs -0 md5sum | sed 's/^\([^ ]*\)  \(.*\)/\2 content \1/'
    ) | grep -v -E '^\./var/lib/dpkg/(status|available|lock|lock-frontend|triggers/.*|status-old) |^\./var/cache/ldconfig/aux-cache |^\./etc/ld\.so\.cache ' |
        LC_ALL=C sort
}
compare_with_before() {
    list >"$out/after-$1.list"
    diff "$out/before.list" "$out/after-$1.list" >"$out/left-$1.diff" || true
}

# The package into a place where apt's own user may read it.
cp "$package" "$root/srv/shardpress.deb"
list >"$out/before.list"
# shellcheck disable=SC2016 # dpkg expands these
installed() { inside dpkg-query -W -f '${Package} ${Installed-Size}\n' | sort; }
installed >"$work/packages-before"

# --- 1. A server: the package alone.
step "installing without what it recommends"
inside apt-get -qq install -y --no-install-recommends /srv/shardpress.deb >"$out/install-alone.log" 2>&1 ||
    { cat "$out/install-alone.log" >&2; fail "it does not install"; }
installed >"$work/packages-alone"
came() { join -v 2 "$1" "$2" | awk '{ n++; kib += $2 } END { printf "%d packages, %.1f MB", n, kib / 1024 }'; }
step "without recommendations came $(came "$work/packages-before" "$work/packages-alone")"
[ "$(join -v 2 "$work/packages-before" "$work/packages-alone" | cut -d' ' -f1)" = shardpress ] ||
    { join -v 2 "$work/packages-before" "$work/packages-alone"; fail "the command alone brought other packages"; }
# What is installed is what dpkg says is, and nothing else came.
compare_with_before installed
inside dpkg -L shardpress | sort >"$work/owned"
sed -n 's/^> \.\(\/[^ ]*\) content .*/\1/p' "$out/left-installed.diff" | grep -v '^/var/lib/dpkg/info/shardpress\.' | sort | while read -r file; do
    grep -qxF "$file" "$work/owned" || fail "$file appeared and belongs to nobody"
done

step "the command, as somebody who is not root"
as_tester shardpress --version
as_tester shardpress sample /srv/tester/library >/dev/null
cp -a "$root/srv/tester/library" "$work/pristine"
as_tester shardpress plan /srv/tester/library >"$work/plan"
as_tester shardpress run /srv/tester/library --yes >"$work/run" 2>&1 || { cat "$work/run"; fail "run ended with $?"; }
! diff -rq "$work/pristine" "$root/srv/tester/library" >/dev/null || fail "the run changed nothing"
as_tester shardpress status /srv/tester/library >"$work/status"
as_tester shardpress undo /srv/tester/library --yes >"$work/undo" 2>&1 || { cat "$work/undo"; fail "undo ended with $?"; }
diff -r "$work/pristine" "$root/srv/tester/library" || fail "undo did not bring everything back"
step "sample, plan, run, status, undo: the library is as it was"
as_tester shardpress doctor >"$out/doctor.txt" || fail "doctor ended with $?"
status=0
as_tester shardpress window >"$work/window" 2>&1 || status=$?
[ "$status" -ne 0 ] && grep -q 'no display' "$work/window" || { cat "$work/window"; fail "without a display the window ended with $status"; }
step "without a display: $(head -c 120 "$work/window" | tr '\n' ' ')…"

step "manual pages and completions"
for page in "$root"/usr/share/man/man1/shardpress*.1.gz; do
    warnings=$(MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l "$page" 2>&1 >"$work/page")
    [ -z "$warnings" ] || fail "$(basename "$page"): $warnings"
    grep -q '^NAME' "$work/page" && grep -q '^SYNOPSIS' "$work/page" || fail "$(basename "$page") is not readable"
done
step "$(find "$root/usr/share/man/man1" -name 'shardpress*.1.gz' | wc -l) manual pages are readable, without warnings"
# Each shell completes `shardpress rec` to recover.
# shellcheck disable=SC2016 # expanded by the shell in there
bash_says=$(inside bash -c '. /usr/share/bash-completion/completions/shardpress; COMP_WORDS=(shardpress rec); COMP_CWORD=1
    _shardpress shardpress rec shardpress; echo "${COMPREPLY[*]}"')
[ "$bash_says" = recover ] || fail "bash completes 'rec' to '$bash_says'"
# shellcheck disable=SC2016
zsh_says=$(zsh -fc 'fpath=("$1" $fpath); autoload -Uz compinit; compinit -D -u; echo "$_comps[shardpress]"; autoload +X -Uz _shardpress && functions _shardpress' zsh \
    "$root/usr/share/zsh/vendor-completions")
printf '%s\n' "$zsh_says" | grep -qx _shardpress && printf '%s\n' "$zsh_says" | grep -q recover || fail "zsh does not load the completions"
fish_says=$(HOME=$work fish --no-config -c "source $root/usr/share/fish/vendor_completions.d/shardpress.fish; complete -C 'shardpress rec'" | cut -f1)
[ "$fish_says" = recover ] || fail "fish completes 'rec' to '$fish_says'"
step "bash and fish complete rec to recover, zsh loads its completions"

step "removing the package alone"
inside apt-get -qq purge -y shardpress >"$out/purge-alone.log" 2>&1
compare_with_before alone
[ ! -s "$out/left-alone.diff" ] || { cat "$out/left-alone.diff" >&2; fail "something is left of the package alone"; }
step "nothing is left of it"

# --- 2. A desktop: with what it recommends. The screen is this machine's, the libraries are those in the folder.
step "installing with what it recommends"
inside apt-get -qq install -y --install-recommends /srv/shardpress.deb >"$out/install.log" 2>&1 || { cat "$out/install.log" >&2; fail "it does not install"; }
installed >"$work/packages-all"
step "with recommendations came $(came "$work/packages-before" "$work/packages-all")"
inside apt-get -qq check

me=deb
patience=90 # seconds, for each condition
# shellcheck source=tests/window/screen.sh
. tests/window/screen.sh
: >"$work/app.log"
open_screen
mkdir -p "$root/tmp/.X11-unix"
mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
# As the entry in the menu starts it, with a folder: its Exec line, for one folder.
started=$(sed -n 's/^Exec=//p' "$root/usr/share/applications/$id.desktop" | sed 's| %F| /srv/tester/library/shard_00000|')
# shellcheck disable=SC2086 # words of the Exec line
as_tester DISPLAY="$DISPLAY" NO_AT_BRIDGE=1 $started >"$work/app.log" 2>&1 &
app=$!
find_window() {
    window=$(xdotool search --onlyvisible --name Shardpress 2>/dev/null | head -n 1)
    [ -n "$window" ]
}
wait_for "the window" find_window
shot() { import -window "$window" "$out/window.png"; }
# A window that is there may not be drawn yet. Drawn means: letters, frames and colours, not one grey.
drawn() { shot && [ "$(identify -format %k "$out/window.png")" -gt 200 ]; }
wait_for "the first frame" drawn
title_has() { xdotool getwindowname "$window" | grep -q -- "$1"; }
wait_for "the plan of the folder that it was started with" title_has '^Plan ready'
shot
class=$(xprop -id "$window" WM_CLASS | sed 's/.*= //')
step "the window is open, WM_CLASS $class, screenshot in target/packages/window.png"
expected=$(sed -n 's/^StartupWMClass=//p' "$root/usr/share/applications/$id.desktop")
# Its drivers come from the folder, not from this machine.
grep -q '/libX11\.so' "/proc/$(pgrep -P "$app" -x shardpress || echo "$app")/maps" || fail "the window runs without libX11"
xdotool windowactivate "$window" 2>/dev/null || true
sleep 1
xdotool key ctrl+q
closed() { ! kill -0 "$app" 2>/dev/null; }
going=$app app=
end=$(($(date +%s) + 60))
while kill -0 "$going" 2>/dev/null; do
    [ "$(date +%s)" -lt "$end" ] || { app=$going; fail "the window does not close"; }
    sleep 0.3
done
wait "$going" || fail "the window ended with $?"
! grep -i panick "$work/app.log" || fail "the window panicked"
step "closed; what it keeps for its user: $(cd "$root/srv/tester" && find . -path ./library -prune -o -type f -print | sort | tr '\n' ' ')"
umount "$root/tmp/.X11-unix"

# What software centres make of the installed files.
appstreamcli validate-tree --no-net "$root/usr" >"$out/appstream.txt" 2>&1 || { cat "$out/appstream.txt"; fail "AppStream finds faults"; }

# --- 3. Away with it: removed, then purged, and what came with it.
inside apt-get -qq remove -y shardpress >"$out/remove.log" 2>&1
! inside dpkg -s shardpress 2>/dev/null | grep -q config-files || fail "configuration stays after remove"
[ ! -e "$root/usr/bin/shardpress" ] || fail "the program is still there"
inside apt-get -qq purge -y shardpress >"$out/purge.log" 2>&1 || true
# By default apt keeps what any installed package merely suggests: ca-certificates came with Mesa and stays, since apt itself suggests it.
inside apt-get -qq -o APT::AutoRemove::RecommendsImportant=false -o APT::AutoRemove::SuggestsImportant=false autoremove --purge -y \
    >"$out/autoremove.log" 2>&1
installed >"$work/packages-after"
diff "$work/packages-before" "$work/packages-after" || fail "packages stay behind"
compare_with_before all
! grep -i shardpress "$out/left-all.diff" || fail "something is left"
if [ -s "$out/left-all.diff" ]; then
    step "left by packages that it recommends, not by it:"
    cat "$out/left-all.diff"
else
    step "nothing is left, neither of it nor of what it recommends"
fi

step "lintian"
lintian --fail-on error,warning "$package" >"$out/lintian.txt" 2>&1 || { cat "$out/lintian.txt"; fail "lintian finds faults"; }
cat "$out/lintian.txt"
# Judged at the end, so that a window of another name does not keep the rest from being seen.
case $class in
*"\"$expected\""*) step "docks know the window by the name in the desktop file" ;;
*) fail "docks know the window as $class, the desktop file expects $expected" ;;
esac

step "done"
