#!/usr/bin/env python3
"""Network drives as their users have them: the kernel's SMB 3.1.1 and NFS 4.1 clients on a machine of their own (guest.py), Samba and
Ganesha on this one, and FAT and exFAT in the guest, too. The program is killed in the middle, the server is, two machines work at once;
the judge looks at the exported folder itself.

SHARDPRESS_STATIC (default: where this puts it) must be linked statically:
    RUSTFLAGS='-C target-feature=+crt-static' cargo build --release --no-default-features --target x86_64-unknown-linux-gnu
Needs root and what guest.py says; 77 where something is missing.
"""
import os
import shutil
import sys
import time

import guest
import judge
import lab

STATIC = os.path.join(lab.ROOT, "target", "x86_64-unknown-linux-gnu", "release", "shardpress")
RUN = "--yes --no-forecast --backend cpu"
CIFS = (
    "mount -t cifs //10.0.2.2/data /mnt/smb -o "
    f"'ip=10.0.2.2,unc=\\\\10.0.2.2\\data,user=guest,pass=,port={guest.SMB_PORT},vers=3.1.1,soft,echo_interval=2'"
)
NFS = f"mount -t nfs -o vers=4.1,port={guest.NFS_PORT},addr=10.0.2.2,clientaddr=10.0.2.15,soft,timeo=30,retrans=1 10.0.2.2:/data /mnt/nfs"
MOUNTS = {"smb": CIFS, "nfs": NFS}
# originals, sidecars
MODES = [("keep", True), ("delete", False), ("delete", True), ("keep", False)]


def more(parser):
    parser.add_argument("--on", default="smb,nfs,vfat,exfat", help="with commas (default: %(default)s)")
    parser.add_argument("--gone", type=int, default=4, help="how often a server goes away in the middle (default: %(default)s)")
    parser.add_argument("--both", type=int, default=4, help="how often two machines work at once (default: %(default)s)")
    parser.add_argument("--images", type=int, default=8, help="images of the shard (default: %(default)s)")


def arguments(mode):
    return f"{RUN} --originals {mode[0]}" + (" --update-sidecars" if mode[1] else "")


class Campaign:
    def __init__(self, at_lab, chosen):
        self.lab, self.chosen, self.random = at_lab, chosen, at_lab.random
        self.pristine = at_lab.shard(images=chosen.images, largest=60_000)
        # A server follows links itself: to its clients this is another file. FAT has no links.
        os.unlink(os.path.join(self.pristine, "link.png"))
        self.export = at_lab.path("export")
        self.shard, self.turn = "", 0
        self.servers = guest.Servers(at_lab, self.export)
        self.judges = {mode: at_lab.reference(self.pristine, *arguments(mode).split()[4:], keep=mode[0] == "keep") for mode in MODES}
        begun = time.monotonic()
        self.guest = guest.Guest(at_lab, at_lab.program)
        print(f"the guest is up after {time.monotonic() - begun:.0f} s", flush=True)
        self.must("mkdir -p /mnt/smb /mnt/nfs /mnt/fat")
        for mount in MOUNTS.values():
            self.must(mount)

    def must(self, command):
        code, said = self.guest.do(command)
        if code:
            raise RuntimeError(f"in the guest: {command} ended with {code}: {said[-300:]}")
        return said

    def fresh(self, on="fat"):
        """A new copy under a new name, since what a client remembers of a folder that was replaced behind its back is not what this is
        about. Its place in the guest."""
        if self.shard:
            shutil.rmtree(self.shard)
        self.turn += 1
        self.shard = os.path.join(self.export, f"shard-{self.turn}")
        self.lab.fresh(self.pristine, self.shard)
        return f"/mnt/{on}/shard-{self.turn}"

    def judged(self, about, findings):
        found = [finding for finding in findings if finding.kind != "attributes"]
        if found:
            self.lab.wrong(about, found)
        return bool(found)

    def look(self):
        return judge.look(self.shard)

    def steps(self, on):
        """What the probe chose there: the places that a run's journal names."""
        self.must(f"shardpress run {self.fresh(on)} {arguments(('keep', False))}; test $? -le 1")
        return self._steps(os.path.join(self.shard, ".shardpress", "originals"))

    @staticmethod
    def _steps(originals):
        with open(os.path.join(originals, os.listdir(originals)[0], "journal"), encoding="utf8") as file:
            text = file.read()
        staged, kept = '"temp"' in text, '"in":"originals","name":' in text
        return f"{'staged where the name stays' if staged else 'direct'}, originals kept in {'their folder' if kept else 'the shard'}"

    def whole(self, on):
        """A run, an undo, a run, a purge."""
        mode = ("keep", True)
        by, wanted = self.judges[mode]
        place = self.fresh(on)
        was = self.look()
        begun = time.monotonic()
        code, said = self.guest.do(f"shardpress run {place} {arguments(mode)}")
        took = time.monotonic() - begun
        if code != wanted:
            self.lab.wrong(on, f"the run ended with {code}: {said[-400:]}")
        self.judged(f"{on}, run", by.complete(self.look()))
        code, said = self.guest.do(f"shardpress undo --yes {place}")
        now = self.look()
        if code or {path: entry[:3] for path, entry in now.items()} != {path: entry[:3] for path, entry in was.items()}:
            self.lab.wrong(on, f"undo ended with {code}: {said[-400:]}")
        self.must(f"shardpress run {place} {arguments(mode)}; test $? -eq {wanted}")
        code, said = self.guest.do(f"shardpress purge --yes {place}")
        if code:
            self.lab.wrong(on, f"purge ended with {code}: {said[-400:]}")
        if any(judge.is_ours(path) for path in self.look()):
            self.lab.wrong(on, "something of ours is left after the purge")
        self.lab.counts["run, undo, run, purge"] += 1
        return took

    def settle(self, about, by, wanted, place, mode):
        """After something went wrong: judged as it is, recovered, run to the end, judged."""
        if self.judged(about, by.during(self.look())):
            return
        code, said = self.guest.do(f"shardpress recover {place}")
        if code:
            return self.lab.wrong(about, f"recover ended with {code}: {said[-400:]}")
        if self.judged(about + ", recovered", by.settled(self.look())):
            return
        code, said = self.guest.do(f"shardpress run {place} {arguments(mode)}")
        if code != wanted:
            return self.lab.wrong(about, f"the run to the end ended with {code}: {said[-400:]}")
        self.judged(about + ", run to the end", by.complete(self.look()))

    def kills(self, on, takes):
        for turn in range(self.chosen.rounds):
            mode = MODES[turn % len(MODES)]
            by, wanted = self.judges[mode]
            place = self.fresh(on)
            after = self.random.uniform(0.2, takes)
            code, _ = self.guest.do(f"shardpress run {place} {arguments(mode)} & p=$!; sleep {after:.2f}; kill -9 $p; wait $p")
            self.lab.counts["kills"] += 1
            self.lab.counts["of them alive"] += code == 137
            self.settle(f"{on} {mode}, killed after {after:.2f} s", by, wanted, place, mode)

    def gone(self, on, takes):
        """The server crashes in the middle of a run, and comes back."""
        for turn in range(self.chosen.gone):
            mode = MODES[turn % len(MODES)]
            by, wanted = self.judges[mode]
            place = self.fresh(on)
            after = self.random.uniform(0.5, takes)
            number = self.guest.begin(f"shardpress run {place} {arguments(mode)}")
            time.sleep(after)
            self.servers.end(on)
            time.sleep(self.random.choice((1, 6)))
            self.servers.start(on)
            code, said = self.guest.answer(number, 240)
            self.lab.counts["servers gone"] += 1
            about = f"{on} {mode}, its server gone after {after:.2f} s"
            if code > 100:
                self.lab.wrong(about, f"the run ended with {code}: {said[-300:]}")
            if code != wanted:
                self.lab.counts["runs that stopped for it"] += 1
            # Old locks are the old server's.
            self.guest.do(f"umount -l /mnt/{on}; sleep 1")
            self.must(MOUNTS[on])
            self.settle(about, by, wanted, place, mode)

    def both(self, on):
        """This machine on the folder itself, the guest through the server."""
        kept_apart = 0
        for turn in range(self.chosen.both):
            mode = MODES[turn % len(MODES)]
            by, wanted = self.judges[mode]
            place = self.fresh(on)
            number = self.guest.begin(f"shardpress run {place} {arguments(mode)}")
            late = time.monotonic() + 60
            while not os.path.exists(os.path.join(self.shard, ".shardpress", "journal")) and time.monotonic() < late:
                time.sleep(0.01)
            # What is under way there must not look interrupted here.
            _, said = self.lab.do("recover", self.shard)
            apart = "another run is working" in said
            self.lab.counts["of them seen at work and kept apart"] += apart
            kept_apart += apart
            ours, told = [], time.monotonic()
            for _ in range(6):
                code, said = self.lab.do("run", self.shard, *arguments(mode).split())
                ours.append(code)
                if code == wanted or time.monotonic() - told > 20:
                    break
                time.sleep(self.random.uniform(0, 0.6))
            theirs, said = self.guest.answer(number, 240)
            about = f"{on} {mode}, two machines ({theirs} there, {ours} here)"
            self.lab.counts["two machines at once"] += 1
            if any(code is None or code > 100 for code in [theirs, *ours]):
                self.lab.wrong(about, said[-300:])
            self.settle(about, by, wanted, place, mode)
        if self.chosen.both and not kept_apart:
            self.lab.wrong(on, "this machine never saw that another one was at work")

    def fat(self, on):
        """A drive in the guest: run and undo, and kills. What is on it comes back for judging through NFS."""
        image = os.path.join(self.export, "drive.img")
        with open(image, "wb") as file:
            file.truncate(48 << 20)
        self.lab.sh(*{"vfat": ["mkfs.vfat", "-F", "32"], "exfat": ["mkfs.exfat"]}[on], image)
        self.must(f"cp /mnt/nfs/drive.img /tmp/drive.img; mount -t {on} -o loop /tmp/drive.img /mnt/fat")
        os.unlink(image)
        takes, steps = 3.0, ""
        for turn in range(-1, self.chosen.rounds):
            mode = MODES[turn % len(MODES)] if turn >= 0 else ("keep", True)
            by, wanted = self.judges[mode]
            place = self.fresh()
            self.must(f"rm -rf /mnt/fat/*; cp -r /mnt/nfs/shard-{self.turn} {place}; sync")
            if turn < 0:
                begun = time.monotonic()
                self.must(f"shardpress run {place} {arguments(mode)}; test $? -eq {wanted}")
                takes = time.monotonic() - begun
                self.fetch(place)
                steps = self._steps(os.path.join(self.shard, ".shardpress", "originals"))
                self.judged(f"{on}, run", by.complete(self.look()))
                self.must(f"shardpress undo --yes {place}")
                self.fetch(place)
                now = {path: entry[:3] for path, entry in self.look().items() if entry.kind == "file"}
                if now != {path: entry[:3] for path, entry in by.pristine.items() if entry.kind == "file"}:
                    self.lab.wrong(on, "undo did not bring all back")
                self.lab.counts["run, undo"] += 1
                continue
            after = self.random.uniform(0.2, takes)
            code, _ = self.guest.do(f"shardpress run {place} {arguments(mode)} & p=$!; sleep {after:.2f}; kill -9 $p; wait $p")
            self.lab.counts["kills"] += 1
            self.lab.counts["of them alive"] += code == 137
            about = f"{on} {mode}, killed after {after:.2f} s"
            self.fetch(place)
            if self.judged(about, by.during(self.look())):
                continue
            self.must(f"shardpress recover {place}")
            self.fetch(place)
            self.judged(about + ", recovered", by.settled(self.look()))
            code, said = self.guest.do(f"shardpress run {place} {arguments(mode)}")
            self.fetch(place)
            if code != wanted:
                self.lab.wrong(about, f"the run to the end ended with {code}: {said[-400:]}")
            self.judged(about + ", run to the end", by.complete(self.look()))
        self.must("umount /mnt/fat; rm /tmp/drive.img")
        return steps, takes

    def fetch(self, place):
        """Brings what is on the guest's drive to where the judge looks."""
        self.must(f"rm -rf /mnt/nfs/shard-{self.turn} && cp -r {place} /mnt/nfs/shard-{self.turn}")


def main():
    os.environ["SHARDPRESS"] = os.environ.get("SHARDPRESS_STATIC") or STATIC
    chosen = lab.options(__doc__, 20, more)
    lab.needs_root()
    at_lab = lab.Lab(chosen)
    guest.needs("readelf", "mkfs.vfat", "mkfs.exfat")
    if not guest.is_static(at_lab.program):
        lab.skip(f"{at_lab.program} is not linked statically; how to build it stands at the top of this script")
    campaign = Campaign(at_lab, chosen)
    for on in chosen.on.split(","):
        bad, begun = at_lab.bad, time.monotonic()
        if on in MOUNTS:
            steps, takes = campaign.steps(on), campaign.whole(on)
            campaign.kills(on, takes)
            campaign.gone(on, takes)
            campaign.both(on)
        else:
            steps, takes = campaign.fat(on)
        print(f"{on}: {steps}; a run took {takes:.1f} s; {at_lab.bad - bad} wrong; {time.monotonic() - begun:.0f} s", flush=True)
    campaign.guest.begin("poweroff -f")
    shutil.rmtree(campaign.export, ignore_errors=True)
    return at_lab.finish("kills", "of them alive")


if __name__ == "__main__":
    sys.exit(main())
