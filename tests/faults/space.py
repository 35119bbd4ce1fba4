#!/usr/bin/env python3
"""No room: a drive that is full to one of 20 levels, one without inodes, a quota; and places that cannot be written, from the beginning or
from the middle of a run on. Nothing may be lost; with room again recovery must leave nothing behind, and the next run must come to the
folder of an undisturbed one.

    space.py [--levels 20] [--seed N]

Needs root (loop devices, tmpfs, remounts); the read-only folder and the quota are tried as the user `nobody`.
"""
import os
import shutil
import subprocess
import sys
import time

import judge
from lab import MODES, Lab, arguments_of, needs_root, options, references

NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}


class Campaign:
    def __init__(self, chosen):
        needs_root()
        self.lab, self.levels = Lab(chosen), chosen.levels
        self.pristine = self.lab.shard()
        self.judges = references(self.lab, self.pristine)
        self.bytes = sum(entry.size for entry in judge.look(self.pristine).values())

    def run(self, at, mode, **more):
        return self.lab.do("run", at, "--yes", "--no-forecast", "--backend", "cpu", *arguments_of(mode), **more)

    def check(self, about, findings):
        if findings:
            self.lab.wrong(about, findings)

    def cramped(self, about, at, mode, code, said):
        """Right after a run without room or rights."""
        by, wanted = self.judges[mode]
        if code == 4:
            self.lab.counts["runs that found no room or no right"] += 1
        elif code == wanted:
            self.lab.counts["runs that had enough"] += 1
        elif code not in (1, 3):
            self.lab.wrong(about, f"the run ended with {code}: {said[-300:]}")
        self.lab.counts["runs"] += 1
        self.check(about + ", right after", by.during(judge.look(at)))

    def healed(self, about, at, mode, **more):
        """Recovery and the next run, now that there is room."""
        by, wanted = self.judges[mode]
        code, said = self.lab.do("recover", at, **more)
        if code:
            self.lab.wrong(about, f"recover ended with {code}: {said[-300:]}")
        self.check(about + ", recovered", by.settled(judge.look(at)))
        code, said = self.run(at, mode, **more)
        if code != wanted:
            self.lab.wrong(about, f"the next run ended with {code}: {said[-300:]}")
        self.check(about + ", after the next run", by.complete(judge.look(at)))

    def free_bytes(self, place):
        found = os.statvfs(place)
        return found.f_bavail * found.f_frsize

    def full_drive(self):
        """From no room at all to more than a run takes; every level with another mode, so that all are met."""
        place = self.lab.loop("full", 48)
        at, filler = os.path.join(place, "shard"), os.path.join(place, "filler")
        for level in range(self.levels):
            for turn in range(3):
                mode = MODES[(level * 5 + turn * 4) % len(MODES)]
                room = int(self.bytes * 1.3 * level / max(1, self.levels - 1)) & ~4095
                self.lab.fresh(self.pristine, at)
                with open(filler, "wb") as file:
                    os.posix_fallocate(file.fileno(), 0, max(4096, self.free_bytes(place) - room - (1 << 20)))
                    # The last part block by block: what the file system itself takes is not known before.
                    try:
                        while self.free_bytes(place) > room:
                            file.seek(0, os.SEEK_END)
                            file.write(bytes(min(4096 * 8, max(4096, self.free_bytes(place) - room))))
                            file.flush()
                    except OSError:
                        pass
                    try:
                        os.fsync(file.fileno())
                    except OSError:
                        pass
                about = f"full drive, {room >> 10} KiB of room, {' '.join(map(str, mode))}"
                self.cramped(about, at, mode, *self.run(at, mode))
                self.lab.counts["fill levels"] += turn == 0
                if turn == 2:
                    # Recovery with as little room as the run had.
                    self.lab.do("recover", at)
                    self.check(about + ", recovered without room", self.judges[mode][0].during(judge.look(at)))
                os.remove(filler)
                self.healed(about, at, mode)
        self.lab.unmount(place)

    def no_inodes(self):
        """Files of a run and of its keeping need inodes; a drive may have none left."""
        files = len(judge.look(self.pristine)) + 1
        loop = self.lab.loop("inodes", 32, "-N", str(files + 80))
        memory = self.lab.mount("-t", "tmpfs", "-o", f"size=64m,nr_inodes={files + 80}", "tmpfs", self.lab.path("memory"))
        for place in (loop, memory):
            for number, left in enumerate((0, 1, 2, 3, 5, 8, 13, 20, 30, 45)):
                mode = MODES[(number * 5) % len(MODES)]
                at, filler = os.path.join(place, "shard"), os.path.join(place, "filler")
                self.lab.fresh(self.pristine, at)
                os.mkdir(filler)
                while os.statvfs(place).f_ffree > left:
                    with open(os.path.join(filler, str(os.statvfs(place).f_ffree)), "wb"):
                        pass
                about = f"{os.path.basename(place)}, {left} inodes, {' '.join(map(str, mode))}"
                self.cramped(about, at, mode, *self.run(at, mode))
                self.lab.counts["inode levels"] += 1
                shutil.rmtree(filler)
                self.healed(about, at, mode)
            self.lab.unmount(place)

    def quota(self):
        """A user's quota of bytes and of inodes: EDQUOT instead of ENOSPC, and only for a part of the calls."""
        if shutil.which("setquota") is None:
            print("quota: setquota is not installed, not tried", flush=True)
            return
        try:
            place = self.lab.loop("quota", 48, "-O", "quota")
            self.lab.sh("setquota", "-u", "nobody", "0", "0", "0", "0", place)
        except RuntimeError as error:
            print(f"quota: not on this machine, not tried ({str(error)[-120:]})", flush=True)
            return
        at = os.path.join(place, "shard")
        for number, (room, inodes) in enumerate([(0, 0), (64, 0), (256, 0), (640, 0), (1024, 0), (0, 1), (0, 4), (0, 12), (0, 30)]):
            mode = MODES[(number * 5) % len(MODES)]
            self.lab.sh("setquota", "-u", "nobody", "0", "0", "0", "0", place)
            self.lab.fresh(self.pristine, at)
            self.lab.sh("chown", "-hR", "65534:65534", at)
            blocks = sum(os.lstat(os.path.join(d, f)).st_blocks // 2 for d, ds, fs in os.walk(at) for f in fs + ["."])
            used = len(judge.look(at)) + 1
            # 1 KiB blocks; nothing means no limit.
            self.lab.sh("setquota", "-u", "nobody", "0", str(blocks + room + 4) if not inodes else "0", "0", str(used + inodes) if inodes else "0", place)
            about = f"quota of {room} KiB, {inodes} inodes, {' '.join(map(str, mode))}"
            self.cramped(about, at, mode, *self.run(at, mode, **NOBODY))
            self.lab.counts["quotas"] += 1
            self.lab.sh("setquota", "-u", "nobody", "0", "0", "0", "0", place)
            self.healed(about, at, mode, **NOBODY)
        self.lab.unmount(place)

    def read_only(self):
        """A mount and a folder that cannot be written, from the beginning, and from the middle of a run on."""
        place = self.lab.loop("readonly", 48)
        at = os.path.join(place, "shard")
        for number, mode in enumerate(MODES):
            about = f"read-only mount, {' '.join(map(str, mode))}"
            self.lab.fresh(self.pristine, at)
            before = judge.look(at)
            self.lab.sh("mount", "-o", "remount,ro", place)
            code, said = self.run(at, mode)
            if judge.look(at) != before:
                self.lab.wrong(about, "something changed on it")
            self.cramped(about, at, mode, code, said)
            self.lab.sh("mount", "-o", "remount,rw", place)
            for _ in range(3):
                place = self.lost_drive(place, at, mode)
            self.folder(at, mode, number)
        self.lab.unmount(place)

    def lost_drive(self, place, at, mode):
        """The file system gives up in the middle of a run, as after an error of the drive: from then on it is read-only, and what was
        not synced is gone. It is checked and mounted again."""
        about = f"file system that gave up, {' '.join(map(str, mode))}"
        self.lab.fresh(self.pristine, at)
        self.lab.sh("sync", "-f", at)
        child = self.lab.start("run", at, "--yes", "--no-forecast", "--backend", "cpu", *arguments_of(mode))
        self.when_writing(at, child)
        time.sleep(self.lab.random.uniform(0, 0.02))
        subprocess.run(["mount", "-o", "remount,abort", place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        alive = child.poll() is None
        code, said = self.lab.end(child)
        self.lab.counts["file systems that gave up in the middle"] += alive
        self.lab.counts["runs"] += 1
        if code is None or code < 0:
            self.lab.wrong(about, f"the run ended with {code}: {said[-300:]}")
        self.lab.unmount(place)
        image = place + ".img"
        if subprocess.run(["e2fsck", "-fy", image], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode > 1:
            self.lab.counts["file systems with damage beyond the journal"] += 1
        place = self.lab.mount("-o", "loop", image, place)
        self.check(about + ", mounted again", self.judges[mode][0].during(judge.look(at)))
        self.healed(about, at, mode)
        return place

    def folder(self, at, mode, number):
        """As a user to whom the folder is closed: wholly, or from the middle on."""
        about = f"read-only folder, {' '.join(map(str, mode))}"
        for late in (False, True):
            self.lab.fresh(self.pristine, at)
            self.lab.sh("chown", "-hR", "65534:65534", at)
            before = judge.look(at)
            if not late:
                os.chmod(at, 0o555)
                code, said = self.run(at, mode, **NOBODY)
                if judge.look(at) != before:
                    self.lab.wrong(about, "something changed in it")
            else:
                child = self.lab.start("run", at, "--yes", "--no-forecast", "--backend", "cpu", *arguments_of(mode), **NOBODY)
                self.when_writing(at, child)
                time.sleep(self.lab.random.uniform(0, 0.01))
                os.chmod(at, 0o555)
                code, said = self.lab.end(child)
                self.lab.counts["folders closed in the middle"] += 1
            self.cramped(about, at, mode, code, said)
            os.chmod(at, 0o755)
            self.healed(about, at, mode, **NOBODY)

    def when_writing(self, at, child):
        """Waits until the journal is there or the run is over; whether it is there."""
        while child.poll() is None:
            if os.path.exists(os.path.join(at, ".shardpress/journal")):
                return True
            time.sleep(0.0002)
        return False


def main():
    chosen = options(__doc__, 1, lambda parser: parser.add_argument("--levels", type=int, default=20, help="how many fill levels (default: %(default)s)"))
    campaign = Campaign(chosen)
    campaign.lab.environment["HOME"] = campaign.lab.top
    for place in ("data", "config"):
        os.makedirs(campaign.lab.path(place), exist_ok=True)
        os.chmod(campaign.lab.path(place), 0o777)
    for step in (campaign.full_drive, campaign.no_inodes, campaign.quota, campaign.read_only):
        step()
    return campaign.lab.finish("runs that found no room or no right", "runs that had enough", "fill levels", "inode levels", "file systems that gave up in the middle")


if __name__ == "__main__":
    sys.exit(main())
