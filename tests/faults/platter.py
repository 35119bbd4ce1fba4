"""Disks whose power can be cut: a file system in an image, mounted through a recorder that keeps every block write and every flush in
the order in which they arrived, and images built again as a cut at any of these moments would have left them.

Two kinds of cut. `prefix`: everything up to that moment reached the platter. `drop`: a drive with a volatile cache that reorders; what
was written since the last flush reached the platter or did not, block by block, by lot. Needs root, loop devices, FUSE and libfuse3's
headers.
"""
import mmap
import os
import shutil
import struct
import subprocess
import time

import lab

BLOCK = 4096
ENTRY = struct.Struct("<QII")
WRITE, FLUSH, REFUSED = 1, 2, 3
# Size, how it is made, how it is mounted. A second between the commits of a file system's own journal instead of 5 or 30, so that
# what nobody synced gets there by itself while we watch; xfs has a switch for all of the machine (`Hurry`).
SYSTEMS = {
    "ext4": (64, ["mkfs.ext4", "-q", "-F", "-m", "0", "-b", "4096"], "commit=1"),
    "xfs": (320, ["mkfs.xfs", "-q", "-f"], "nouuid"),
    "btrfs": (160, ["mkfs.btrfs", "-q", "-f"], "commit=1"),
}
XFS_SWITCH = "/proc/sys/fs/xfs/xfssyncd_centisecs"


class Hurry:
    """xfs writes its log back every second instead of every 30 while this is held; put back afterwards."""

    def __init__(self):
        self.before = None

    def on(self):
        if self.before is None and os.path.exists(XFS_SWITCH):
            with open(XFS_SWITCH) as file:
                self.before = file.read()
            with open(XFS_SWITCH, "w") as file:
                file.write("100")

    def off(self):
        if self.before is not None:
            with open(XFS_SWITCH, "w") as file:
                file.write(self.before)
            self.before = None


def build_recorder(at):
    """Compiles it; skips where that cannot be."""
    if not os.path.exists("/dev/fuse"):
        lab.skip("there is no /dev/fuse")
    flags = subprocess.run(["pkg-config", "fuse3", "--cflags", "--libs"], capture_output=True, text=True) if shutil.which("pkg-config") else None
    compiler = shutil.which("cc")
    if not compiler or flags is None or flags.returncode:
        lab.skip("a C compiler, pkg-config and libfuse3-dev are needed (tests/faults/setup.sh installs them)")
    done = subprocess.run(
        [compiler, "-O2", os.path.join(lab.HERE, "recorder.c"), "-o", at, *flags.stdout.split()], capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-800:])


class Recording:
    """What the recorder saw. `begin` and `end`: entries at the start and at the end of what was done; `log` counts from 0."""

    def __init__(self, path):
        self.path, self.entries, self.begin, self.end = path, [], 0, 0
        at, size = 0, os.path.getsize(path)
        with open(path, "rb") as file:
            while at < size:
                file.seek(at)
                offset, length, kind = ENTRY.unpack(file.read(ENTRY.size))
                data = at + ENTRY.size
                self.entries.append((offset, length, kind, at, data))
                at = data + (length if kind == WRITE else 0)
        self.flushes = [number for number, entry in enumerate(self.entries) if entry[2] == FLUSH]

    def number_at(self, position):
        """How many entries lie before a position of the log file."""
        low, high = 0, len(self.entries)
        while low < high:
            middle = (low + high) // 2
            if self.entries[middle][3] < position:
                low = middle + 1
            else:
                high = middle
        return low


class Platter:
    """The disk of one file system: a pristine image, and everything built from it."""

    def __init__(self, at_lab, recorder, system, name="disk"):
        self.lab, self.recorder, self.system = at_lab, recorder, system
        self.top = at_lab.path(name)
        os.makedirs(self.top)
        self.base, self.image, self.log, self.control = (self.at(part) for part in ("base", "image", "log", "control"))
        self.mnt, self.export = self.at("mnt"), self.at("export")
        os.mkdir(self.export)
        self.megabytes, self.mkfs, self.options = SYSTEMS[system]

    def at(self, name):
        return os.path.join(self.top, name)

    def make(self, fill):
        """A fresh file system; `fill` gets its mount point."""
        if not shutil.which(self.mkfs[0]):
            lab.skip(f"{self.mkfs[0]} is not installed")
        with open(self.base, "wb") as file:
            file.truncate(self.megabytes << 20)
        self.lab.sh(*self.mkfs, self.base)
        self.mount(self.base)
        try:
            fill(self.mnt)
        finally:
            self.lab.sh("sync", "-f", self.mnt)
            self.unmount()
        # A log that was zeroed by mkfs need not be copied for every cut.
        subprocess.run(["fallocate", "--dig-holes", self.base], capture_output=True)

    def mount(self, image):
        self.lab.mount("-t", self.system, "-o", f"loop,{self.options}", image, self.mnt)

    def short_requests(self):
        """No request larger than half of what the recorder takes at once (see there)."""
        device = self.lab.sh("findmnt", "-n", "-o", "SOURCE", self.mnt).strip()
        with open(f"/sys/block/{os.path.basename(device)}/queue/max_sectors_kb", "w") as file:
            file.write("512")

    def unmount(self):
        """Again for a moment: whoever looks at all mounts of the machine may hold it."""
        for pause in (0.1, 0.3, 1, 3):
            try:
                return self.lab.unmount(self.mnt)
            except RuntimeError:
                time.sleep(pause)
        return self.lab.unmount(self.mnt)

    def copy(self, of, to):
        self.lab.sh("cp", "--sparse=always", of, to)
        return to

    def record(self, do, base=None, gates=(0, 0, 0, 0)):
        """Does `do(mnt)` on a copy of the base, recorded. `gates`: see recorder.c; they are open again before the file system is
        unmounted. The Recording, and what `do` returned."""
        self.copy(base or self.base, self.image)
        with open(self.control, "wb") as file:
            file.write(bytes(32))
        with open(os.devnull, "wb") as null:
            child = subprocess.Popen(
                [self.recorder, self.image, self.log, self.control, self.export, "-s", "-f"], stdout=null, stderr=null, start_new_session=True
            )
        self.lab.children.append(child)
        for _ in range(200):
            if os.path.exists(os.path.join(self.export, "disk")):
                break
            time.sleep(0.02)
        else:
            raise RuntimeError("the recorder did not start")
        self.lab.mounts.append(self.export)
        result = None
        with open(self.control, "r+b") as file, mmap.mmap(file.fileno(), 32) as control:
            self.mount(os.path.join(self.export, "disk"))
            try:
                self.short_requests()
                begin = os.path.getsize(self.log)
                control[:] = struct.pack("<4q", *gates)
                result = do(self.mnt)
                end = os.path.getsize(self.log)
            finally:
                control[:] = bytes(32)
                self.unmount()
        for _ in range(100):
            if subprocess.run(["umount", self.export], capture_output=True).returncode == 0:
                break
            time.sleep(0.05)
        else:
            raise RuntimeError("the recorder's mount is still in use")
        self.lab.mounts.remove(self.export)
        child.wait(timeout=30)
        recording = Recording(self.log)
        recording.begin, recording.end = recording.number_at(begin), recording.number_at(end)
        return recording, result

    def cut(self, recording, number, model, random, base=None, to="cut"):
        """The disk after a cut behind the first `number` entries."""
        image = self.copy(base or self.base, self.at(to))
        last = max((flush for flush in recording.flushes if flush < number), default=-1)
        with open(recording.path, "rb") as log, open(image, "r+b") as disk:
            for at, (offset, length, kind, _, data) in enumerate(recording.entries[:number]):
                if kind != WRITE:
                    continue
                log.seek(data)
                content = log.read(length)
                if model == "prefix" or at < last:
                    disk.seek(offset)
                    disk.write(content)
                    continue
                for block in range(0, length, BLOCK):
                    if random.random() < 0.5:
                        disk.seek(offset + block)
                        disk.write(content[block : block + BLOCK])
        return image

    def moments(self, recording, count, random):
        """Where to cut: the very end of what was done, twice; else one half anywhere in it, and one half right before or after a flush
        (there what is promised changes); a few later."""
        inside = [flush for flush in recording.flushes if recording.begin <= flush < recording.end]
        chosen = [(recording.end, "prefix"), (recording.end, "drop")]
        while len(chosen) < count:
            lot, model = random.random(), random.choice(("prefix", "drop"))
            if lot < 0.08 and len(recording.entries) > recording.end:
                number = random.randint(recording.end, len(recording.entries))
            elif lot < 0.5 and inside:
                number = random.choice(inside) + random.choice((0, 1))
            else:
                number = random.randint(recording.begin + 1, max(recording.end, recording.begin + 1))
            chosen.append((number, model))
        return chosen[:count]
