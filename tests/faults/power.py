#!/usr/bin/env python3
"""Power cuts on real file systems: ext4, xfs, btrfs in images, every block write and flush recorded (platter.py), a disk built as it
would be after a cut at a moment of the run, mounted, recovered, judged.

For each cut: nothing is lost as the disk comes up; `recover` puts everything in order; what the run had reported as done by then is
done; and a run to the end gives the folder of an undisturbed run. Cuts in the run, in a recovery, in an undo, in a purge; and drives
that refuse writes or flushes with EIO for a while. Control: a program that writes and deletes without syncing, under the same cuts, has
to lose files on each file system, or these cuts prove nothing.

Needs root; 77 where something is missing. TMPDIR should be in memory (default: /dev/shm where that is there).
"""
import json
import os
import shutil
import sys
import time

if "TMPDIR" not in os.environ and os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 2 << 30:
    os.environ["TMPDIR"] = "/dev/shm"

import judge
import lab
import platter

# originals, write, sidecars: each of the two ways with each of the other two settings.
MODES = [("keep", "staged", True), ("delete", "direct", True), ("keep", "direct", False), ("delete", "staged", False)]
ALL_MODES = [(originals, write, sidecars) for originals in ("keep", "delete") for write in ("direct", "staged") for sidecars in (True, False)]
RUN = ["--yes", "--no-forecast", "--backend", "cpu"]
# All cuts of one kind stop after so many that are wrong: they would say the same.
ENOUGH = 10


def more(parser):
    parser.add_argument("--fs", default="ext4,xfs,btrfs", help="file systems, with commas (default: %(default)s)")
    parser.add_argument("--modes", choices=("four", "all"), default="four", help="all: eight modes instead of four")
    parser.add_argument("--inner", type=int, default=8, help="cuts inside recoveries, for each file system and mode (default: %(default)s)")
    parser.add_argument("--back", type=int, default=20, help="cuts in an undo and in a purge, for each file system (default: %(default)s)")
    parser.add_argument("--eio", type=int, default=8, help="drives that refuse, for each file system and mode (default: %(default)s)")
    parser.add_argument("--images", type=int, default=14, help="images of the shard (default: %(default)s)")


class Campaign:
    def __init__(self, at_lab, chosen):
        self.lab, self.chosen, self.random = at_lab, chosen, at_lab.random
        self.recorder = at_lab.path("recorder")
        platter.build_recorder(self.recorder)
        self.pristine = at_lab.shard(images=chosen.images)
        self.was = judge.look(self.pristine)
        self.judges, self.codes = {}, {}

    def judge_of(self, mode):
        """Made by an undisturbed run; how names are given makes no difference to what comes out."""
        key = mode[0], mode[2]
        if key not in self.judges:
            self.judges[key], self.codes[key] = self.lab.reference(self.pristine, *lab.arguments_of((mode[0], "auto", mode[2])), keep=mode[0] == "keep")
        return self.judges[key], self.codes[key]

    def fill(self, mnt):
        self.lab.fresh(self.pristine, os.path.join(mnt, "shard"))

    def watched(self, disk, *arguments):
        """Runs the program on the recorded disk: its code, what it said, and which images it called done at which size of the log.
        A log that was looked at after the word was read holds all that had happened before."""
        events = self.lab.path("events")
        if os.path.exists(events):
            os.unlink(events)
        child = self.lab.start(*arguments, "--events", events)
        told, read, late = [], 0, time.monotonic() + lab.PATIENCE_S

        def follow():
            nonlocal read
            if not os.path.exists(events):
                return
            with open(events, "rb") as file:
                file.seek(read)
                new = file.read()
            whole = new[: new.rfind(b"\n") + 1]
            read += len(whole)
            position = os.path.getsize(disk.log)
            for line in whole.splitlines():
                event = json.loads(line)
                if event["event"] == "image" and event["outcome"] == "shrunk":
                    told.append((position, os.fsencode(event["name"]["text"])))

        while child.poll() is None and time.monotonic() < late:
            follow()
            time.sleep(0.002)
        code, said = self.lab.end(child)
        follow()
        return code, said, told

    def recovered(self, about, by, shard, promised=(), then=True, mode=None):
        """Recovery of a mounted disk, judged; then a run to the end, judged."""
        found = by.during(judge.look(shard))
        if found:
            return self.lab.wrong(about + ", as it came up", found)
        code, said = self.lab.do("recover", shard)
        if code != 0:
            return self.lab.wrong(about, f"recover ended with {code}: {said[-300:]}")
        self.lab.counts["recoveries"] += 1
        if "No interrupted run" not in said:
            self.lab.counts["of them with something to do"] += 1
        now = judge.look(shard)
        found = by.settled(now)
        if found:
            return self.lab.wrong(about + ", recovered", found)
        for name in promised:
            if not judge.same(now.get(by.outputs[name]), by.reference[by.outputs[name]]):
                return self.lab.wrong(about, f"{judge.shown(name)} was reported as done and is not")
            self.lab.counts["reports that held"] += 1
        if then:
            code, said = self.lab.do("run", shard, *RUN, *lab.arguments_of(mode))
            if code != self.judge_of(mode)[1]:
                return self.lab.wrong(about, f"the run to the end ended with {code}: {said[-300:]}")
            found = by.complete(judge.look(shard))
            if found:
                return self.lab.wrong(about + ", run to the end", found)
            self.lab.counts["runs to the end"] += 1
        return None

    def cuts(self, disk, mode):
        """Power cuts in a run, and in the recoveries after them."""
        by, wanted = self.judge_of(mode)
        recording, (code, said, told) = disk.record(lambda mnt: self.watched(disk, "run", os.path.join(mnt, "shard"), *RUN, *lab.arguments_of(mode)))
        if code != wanted or not told:
            raise RuntimeError(f"the recorded run ended with {code}, {len(told)} images done: {said[-400:]}")
        self.lab.counts["entries recorded"] += recording.end - recording.begin
        told = [(recording.number_at(position), name) for position, name in told]
        about = f"{disk.system} {'/'.join(mode[:2])}{'/sidecars' if mode[2] else ''}"
        bad, open_cuts = self.lab.bad, []
        for turn, (number, model) in enumerate(disk.moments(recording, self.chosen.rounds, self.random)):
            done = [name for at, name in told if at <= number]
            cut = disk.cut(recording, number, model, self.random)
            disk.mount(cut)
            shard = os.path.join(disk.mnt, "shard")
            # The end of an undisturbed run leaves nothing to recover.
            if os.path.exists(os.path.join(shard, ".shardpress", "journal")):
                open_cuts.append((number, model))
            self.lab.counts["power cuts"] += 1
            self.recovered(f"{about}, cut {number} of {recording.end} ({model})", by, shard, done, turn % 3 == 0, mode)
            disk.unmount()
            if self.lab.bad - bad >= ENOUGH:
                break
        self.inner(disk, mode, recording, open_cuts)

    def inner(self, disk, mode, recording, open_cuts):
        """A second cut, in the recovery from the first."""
        by, _ = self.judge_of(mode)
        left = self.chosen.inner if open_cuts else 0
        # Its log is needed for each first cut, while the next recording overwrites the file.
        kept = recording.path + ".first"
        os.replace(recording.path, kept)
        recording.path = kept
        while left > 0:
            number, model = self.random.choice(open_cuts)
            first = disk.cut(recording, number, model, self.random, to="first")
            second, (code, said) = disk.record(lambda mnt: self.lab.do("recover", os.path.join(mnt, "shard")), base=first)
            about = f"{disk.system} {mode}, cut {number} ({model})"
            if code != 0:
                self.lab.wrong(about, f"recover ended with {code}: {said[-300:]}")
                return
            for at, again in disk.moments(second, min(4, left), self.random):
                cut = disk.cut(second, at, again, self.random, base=first)
                disk.mount(cut)
                self.lab.counts["cuts in recoveries"] += 1
                self.recovered(f"{about}, and in its recovery at {at} of {second.end} ({again})", by, os.path.join(disk.mnt, "shard"), (), True, mode)
                disk.unmount()
                left -= 1

    def refusals(self, disk, mode):
        """A drive that answers EIO to some writes or flushes, and then works again."""
        by, wanted = self.judge_of(mode)
        probe, _ = disk.record(lambda mnt: self.lab.do("run", os.path.join(mnt, "shard"), *RUN, *lab.arguments_of(mode)))
        writes = sum(entry[2] == platter.WRITE for entry in probe.entries[probe.begin : probe.end])
        flushes = sum(entry[2] == platter.FLUSH for entry in probe.entries[probe.begin : probe.end])
        for turn in range(self.chosen.eio):
            few = self.random.choice((1, 1, 3, 1 << 40))
            gates = (self.random.randrange(writes), few, 0, 0) if turn % 2 else (0, 0, self.random.randrange(flushes), few)
            recording, (code, said, told) = disk.record(
                lambda mnt: self.watched(disk, "run", os.path.join(mnt, "shard"), *RUN, *lab.arguments_of(mode)), gates=gates
            )
            about = f"{disk.system} {mode}, EIO {gates}, which ended with {code}"
            self.lab.counts["drives that refused"] += 1
            self.lab.counts["refused requests"] += sum(entry[2] == platter.REFUSED for entry in recording.entries)
            if code is None or code not in (0, 1, wanted) and code > 100:
                self.lab.wrong(about, f"the run ended with {code}: {said[-300:]}")
            disk.mount(disk.copy(disk.image, disk.at("cut")))
            self.recovered(about, by, os.path.join(disk.mnt, "shard"), [name for _, name in told], True, mode)
            disk.unmount()

    def back(self, system):
        """Power cuts in an undo and in a purge."""
        mode = ("keep", "staged", True)
        by, wanted = self.judge_of(mode)
        gone, _ = self.judge_of(("delete", "staged", True))
        disk = platter.Platter(self.lab, self.recorder, system, f"{system}-back")

        def fill(mnt):
            self.fill(mnt)
            code, said = self.lab.do("run", os.path.join(mnt, "shard"), *RUN, *lab.arguments_of(mode))
            if code != wanted:
                raise RuntimeError(f"the run before the undo ended with {code}: {said[-300:]}")

        disk.make(fill)
        for word in ("undo", "purge"):
            recording, (code, said) = disk.record(lambda mnt: self.lab.do(word, "--yes", os.path.join(mnt, "shard")))
            if code != 0:
                raise RuntimeError(f"{word} ended with {code}: {said[-300:]}")
            for number, model in disk.moments(recording, self.chosen.back, self.random):
                disk.mount(disk.cut(recording, number, model, self.random))
                self.lab.counts[f"cuts in {word}s"] += 1
                about = f"{system}, {word} cut at {number} of {recording.end} ({model})"
                self.after(about, word, by if word == "undo" else gone, by, os.path.join(disk.mnt, "shard"), number >= recording.end)
                disk.unmount()
        shutil.rmtree(disk.top)

    def after(self, about, word, during, by, shard, ended):
        found = during.during(judge.look(shard))
        if found:
            return self.lab.wrong(about + ", as it came up", found)
        code, said = self.lab.do("recover", shard)
        if code != 0:
            return self.lab.wrong(about, f"recover ended with {code}: {said[-300:]}")
        now = judge.look(shard)
        if word == "undo":
            # All of it or nothing; done, where it had said so.
            if now == self.was:
                return None
            return self.lab.wrong(about, "it had ended and is not done" if ended else by.complete(now))
        found = during.during(now)
        if found:
            return self.lab.wrong(about + ", recovered", found)
        code, said = self.lab.do(word, "--yes", shard)
        left = [path for path in judge.look(shard) if judge.is_ours(path)]
        if code != 0 or left or during.complete(judge.look(shard)):
            return self.lab.wrong(about, f"the second purge ended with {code} and left {b', '.join(left).decode()}: {said[-200:]}")
        return None

    def control(self, disk):
        """Writes and deletes without syncing: cuts have to show losses."""
        by, _ = self.judge_of(("delete", "direct", False))
        contents = self.lab.fresh(self.pristine, self.lab.path("control"))
        self.lab.do("run", contents, *RUN, "--originals", "delete")

        def naive(mnt):
            for image, output in by.outputs.items():
                image, name = os.path.join(os.fsencode(mnt), b"shard", image), output
                with open(os.path.join(os.fsencode(contents), name), "rb") as file:
                    new = file.read()
                temporary = os.path.join(os.fsencode(mnt), b"shard", name + b".new")
                with open(temporary, "wb") as file:
                    file.write(new)
                os.unlink(image)
                os.rename(temporary, os.path.join(os.fsencode(mnt), b"shard", name))
            # Until the file system has written by itself what it writes early: the names.
            time.sleep(3.5)

        recording, _ = disk.record(naive)
        shutil.rmtree(contents)
        lost = worst = 0
        for number, model in disk.moments(recording, max(12, self.chosen.rounds // 2), self.random):
            disk.mount(disk.cut(recording, number, model, self.random))
            found = [finding for finding in by.during(judge.look(os.path.join(disk.mnt, "shard"))) if finding.kind == "LOST image"]
            disk.unmount()
            lost += bool(found)
            worst = max(worst, len({finding.path for finding in found}))
        self.lab.counts["control cuts that lost"] += lost
        print(f"{disk.system}: without syncs {lost} cuts lost images, up to {worst} of {len(by.outputs)}", flush=True)
        if not lost:
            self.lab.wrong(disk.system, "the control lost nothing: these cuts prove nothing")


def main():
    chosen = lab.options(__doc__, 40, more)
    systems = chosen.fs.split(",")
    unknown = [name for name in systems if name not in platter.SYSTEMS]
    if unknown:
        sys.exit(f"unknown file system {unknown[0]}: one of {', '.join(platter.SYSTEMS)}")
    lab.needs_root()
    at_lab, hurry = lab.Lab(chosen), platter.Hurry()
    campaign = Campaign(at_lab, chosen)
    try:
        hurry.on()
        for system in systems:
            with open("/proc/filesystems") as file:
                if system not in file.read().split():
                    lab.skip(f"this kernel has no {system}")
            begun = time.monotonic()
            disk = platter.Platter(at_lab, campaign.recorder, system, system)
            disk.make(campaign.fill)
            campaign.control(disk)
            for mode in ALL_MODES if chosen.modes == "all" else MODES:
                campaign.cuts(disk, mode)
                campaign.refusals(disk, mode)
            campaign.back(system)
            shutil.rmtree(disk.top)
            print(f"{system}: {at_lab.counts['power cuts']} cuts so far, {at_lab.bad} wrong, {time.monotonic() - begun:.0f} s", flush=True)
    finally:
        hurry.off()
    return at_lab.finish("power cuts", "of them with something to do", "reports that held")


if __name__ == "__main__":
    sys.exit(main())
