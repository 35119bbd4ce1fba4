#!/usr/bin/env python3
"""Runs on a file system that breaks: errors of every kind at single calls, by chance and for good, short writes, delays, and calls that did
happen but told an error. Whatever the run says, nothing may be lost; on the healed drive recovery must leave nothing behind, and the next
run must come to the folder of an undisturbed one.

    fuse.py [--rounds 240] [--seed N]

Needs root, /dev/fuse and python3-pyfuse3.
"""
import json
import os
import subprocess
import sys
import time

import judge
from lab import HERE, MODES, Lab, arguments_of, needs_root, options, references, skip

# What each call is made to fail with; those of drives, servers and full or read-only places.
CALLS = {
    "lookup": ("EIO", "EACCES", "ESTALE", "ENOENT"),
    "getattr": ("EIO", "EACCES", "ESTALE", "ENOENT"),
    # Not EPERM: so answers a file system that has no modes or times, and then a file goes without.
    "setattr": ("EIO", "EROFS"),
    "readdir": ("EIO", "EACCES", "ESTALE"),
    "open": ("EIO", "EACCES", "ESTALE", "ENOENT", "EMFILE", "EINTR"),
    # Not EEXIST: a file that a drive says is somebody else's is left alone, and a run that wants its name says so.
    "create": ("EIO", "ENOSPC", "EDQUOT", "EROFS", "EACCES"),
    "read": ("EIO", "ESTALE", "EINTR"),
    "write": ("EIO", "ENOSPC", "EDQUOT", "EINTR"),
    "flush": ("EIO", "ENOSPC", "EDQUOT"),
    "fsync": ("EIO", "ENOSPC", "EDQUOT"),
    "fsyncdir": ("EIO", "EINVAL"),
    "rename": ("EIO", "EACCES", "EBUSY", "ENOSPC", "EROFS", "EXDEV", "ESTALE"),
    "link": ("EIO", "EMLINK", "EPERM", "ENOSPC"),
    "unlink": ("EIO", "EACCES", "EBUSY", "EROFS", "ESTALE"),
    "mkdir": ("EIO", "ENOSPC", "EROFS", "EACCES"),
    "rmdir": ("EIO", "EBUSY", "ENOTEMPTY"),
    "statfs": ("EIO",),
}
# For these it means something that they did happen: the folder is other than the error says.
DOES = ("create", "write", "setattr", "rename", "link", "unlink", "mkdir", "rmdir", "fsync", "fsyncdir")
MOUNTS = ([], [{"no": "replace"}], [{"no": "replace"}, {"no": "link"}])


class Campaign:
    def __init__(self, chosen):
        needs_root()
        if not os.path.exists("/dev/fuse"):
            skip("there is no /dev/fuse")
        try:
            import pyfuse3  # noqa: F401
        except ImportError:
            skip("python3-pyfuse3 is not installed (sh tests/faults/setup.sh)")
        self.lab, self.rounds = Lab(chosen), chosen.rounds
        self.pristine = self.lab.shard(images=16, largest=120_000)
        self.judges = references(self.lab, self.pristine)
        self.real, self.front = self.lab.path("real"), self.lab.path("front")
        os.mkdir(self.real)
        os.mkdir(self.front)
        self.serve()
        self.calls = self.measure()

    def serve(self):
        log = open(self.lab.path("faultfs.log"), "wb")
        child = subprocess.Popen([sys.executable, os.path.join(HERE, "faultfs.py"), self.real, self.front], stdout=log, stderr=log, start_new_session=True)
        self.lab.children.append(child)
        self.server = child
        self.lab.mounts.append(self.front)
        for _ in range(200):
            if os.path.ismount(self.front):
                return
            time.sleep(0.05)
        with open(self.lab.path("faultfs.log")) as told:
            skip(f"FUSE cannot be mounted here: {told.read().strip()[-200:]}")

    def rules(self, *rules):
        wanted = json.dumps({"seed": self.lab.random.randrange(1 << 30), "rules": rules}).encode()
        try:
            os.setxattr(self.front, "user.faultfs", wanted)
        except OSError as error:
            with open(self.lab.path("faultfs.log")) as told:
                raise RuntimeError(f"the file system itself broke: {error}: {told.read()[-1500:]}") from None

    def counted(self):
        return json.loads(os.getxattr(self.front, "user.faultfs"))

    def run(self, command, mode):
        more = ["--yes", "--no-forecast", "--backend", "cpu", *arguments_of(mode)] if command == "run" else []
        return self.lab.do(command, os.path.join(self.front, "shard"), *more)

    def fresh(self):
        self.lab.fresh(self.pristine, os.path.join(self.real, "shard"))

    def look(self):
        if self.server.poll() is not None:
            with open(self.lab.path("faultfs.log")) as told:
                raise RuntimeError("the file system died: " + told.read()[-800:])
        return judge.look(os.path.join(self.real, "shard"))

    def measure(self):
        """How often each call comes in an undisturbed run on each sort of mount, which must come out as on any other."""
        calls = {}
        for number, mode in enumerate(MODES):
            for sort, mount in enumerate(MOUNTS):
                if (number + sort) % 3:
                    continue
                self.fresh()
                self.rules(*mount)
                code, said = self.run("run", mode)
                by, wanted = self.judges[mode]
                about = f"healthy mount {sort}, {' '.join(map(str, mode))}"
                if code != wanted:
                    self.lab.wrong(about, f"run ended with {code}: {said[-300:]}")
                self.check(about, by.complete(self.look()))
                for op, count in self.counted()["calls"].items():
                    calls[op] = max(calls.get(op, 0), count)
        return calls

    def draw(self):
        """One fault, or several."""
        chance = self.lab.random
        ops = [op for op in CALLS if self.calls.get(op)]
        kind = chance.choices(("once", "dead", "chance", "short", "delay"), (10, 3, 4, 2, 1))[0]
        if kind == "short":
            return kind, [{"op": "write", "chance": 0.3, "short": True}]
        if kind == "delay":
            return kind, [{"op": "*", "chance": 0.02, "delay": 0.02}, {"op": "*", "chance": 0.005, "errno": "EIO"}]
        if kind == "chance":
            return kind, [{"op": op, "chance": 0.04, "errno": chance.choice(CALLS[op]), "done": op in DOES and chance.random() < 0.4} for op in chance.sample(ops, 3)]
        op = chance.choice(ops)
        # Those that are called a thousand times would hardly ever be struck where it matters: in the last part is the writing.
        at = 1 + int(self.calls[op] * chance.choice((chance.random(), chance.random() ** 0.3)))
        rule = {"op": op, "at": at, "errno": chance.choice(CALLS[op])}
        if op in DOES and kind == "once" and chance.random() < 0.5:
            return "done but told", [{**rule, "done": True}]
        # Everybody tries again after a signal; a drive that says so for ever is none.
        return kind, [{**rule, "every": kind == "dead" and rule["errno"] != "EINTR"}]

    def round(self, number):
        lab, mode = self.lab, MODES[number % len(MODES)]
        by, wanted = self.judges[mode]
        mount = lab.random.choice(MOUNTS)
        kind, rules = self.draw()
        about = f"round {number} ({' '.join(map(str, mode))}, mount {MOUNTS.index(mount)}, {json.dumps(rules)})"
        self.fresh()
        self.rules(*mount, *rules)
        code, said = self.run("run", mode)
        # A sidecar that could not be read is left as it is, and that is said; its image is worked on. It stays so.
        left = said
        struck = self.counted()["struck"]
        lab.counts["rounds"] += 1
        lab.counts["faults"] += struck
        if struck:
            lab.counts[f"rounds struck ({kind})"] += 1
        if code is None or code not in (0, 1, 3, 4, 5):
            lab.wrong(about, f"the run ended with {code}: {said[-300:]}")
        self.check(about + ", after the fault", by.during(self.look()))
        if lab.random.random() < 0.3:
            # The drive breaks again while it is recovered.
            self.rules(*mount, *self.draw()[1])
            self.run("recover", mode)
            lab.counts["recoveries struck"] += bool(self.counted()["struck"])
            self.check(about + ", after the fault in recovery", by.during(self.look()))
        self.rules(*mount)
        code, said = self.run("recover", mode)
        if code == 5:
            lab.counts["left to a person"] += 1
            self.check(about + ", left to a person", by.during(self.look()))
            print(f"left to a person, {about}: {said[-400:]}", flush=True)
            return
        if code:
            lab.wrong(about, f"recover on the healed drive ended with {code}: {said[-300:]}")
        self.check(about + ", recovered", self.unsaid(by.settled(self.look()), left))
        code, said = self.run("run", mode)
        if code != wanted:
            lab.wrong(about, f"the next run ended with {code}: {said[-300:]}")
        self.check(about + ", after the next run", self.unsaid(by.complete(self.look()), left))

    def unsaid(self, findings, said):
        """Without the sidecars that the run named as left as they were: byte for byte they are, only they tell of the original."""
        told = {f.path for f in findings if f.kind == "untrue sidecar" and f.path in said}
        self.lab.counts["sidecars left as they were, and said"] += len(told)
        return [f for f in findings if not (f.path in told and f.kind in ("untrue sidecar", "differs"))]

    def check(self, about, findings):
        if findings:
            self.lab.wrong(about, findings, os.path.join(self.real, "shard"))


def main():
    campaign = Campaign(options(__doc__, 240))
    for number in range(campaign.rounds):
        campaign.round(number)
    return campaign.lab.finish("faults", "rounds struck (once)", "rounds struck (dead)", "rounds struck (done but told)")


if __name__ == "__main__":
    sys.exit(main())
