#!/usr/bin/env python3
"""System calls that fail, by strace, on the file system itself: the n-th fsync, rename, link, unlink, open, write … of a thread tells an error
without being made (`strace -e inject`), or the program is killed there.

    inject.py [--rounds 120] [--seed N]

Needs strace 5.0 or newer and the right to trace.
"""
import os
import shutil
import subprocess
import sys

import judge
from lab import MODES, Lab, arguments_of, options, references, skip

# Call -> errors, and the largest n that a small shard gets to in one thread.
CALLS = {
    "fsync": (("EIO", "ENOSPC", "EDQUOT"), 30),
    "fdatasync": (("EIO", "ENOSPC"), 8),
    "renameat2,rename,renameat": (("EIO", "ENOSPC", "EACCES", "EROFS", "EXDEV"), 30),
    "linkat,link": (("EIO", "EMLINK", "EPERM", "ENOSPC"), 12),
    "unlinkat,unlink": (("EIO", "EACCES", "EBUSY", "EROFS"), 30),
    "write,pwrite64": (("EIO", "ENOSPC", "EDQUOT"), 40),
    "mkdirat,mkdir": (("EIO", "ENOSPC", "EROFS"), 5),
    "utimensat": (("EIO", "EPERM", "EROFS"), 15),
    "fchmod": (("EIO", "EPERM"), 15),
    "getdents64": (("EIO", "EACCES"), 6),
    "openat": (("EIO", "EMFILE", "EACCES"), 60),
    "statx,newfstatat": (("EIO", "EACCES"), 80),
}


class Campaign:
    def __init__(self, chosen):
        self.lab, self.rounds = Lab(chosen), chosen.rounds
        if shutil.which("strace") is None:
            skip("strace is not installed (sh tests/faults/setup.sh)")
        tried = subprocess.run(["strace", "-qq", "-e", "trace=none", "true"], stderr=subprocess.PIPE, text=True)
        if tried.returncode:
            skip(f"strace may not trace here: {tried.stderr.strip()[-200:]}")
        self.pristine, self.at = self.lab.shard(images=16, largest=120_000), self.lab.path("shard")
        self.judges = references(self.lab, self.pristine)

    def injected(self, command, mode):
        """The program under strace: how it ended, and whether the fault struck in the folder."""
        chance, log = self.lab.random, self.lab.path("strace.log")
        calls = chance.choice(list(CALLS))
        errors, most = CALLS[calls]
        kill = chance.random() < 0.3
        when = f"{1 + int(most * chance.random() ** 2)}{'+' if not kill and chance.random() < 0.2 else ''}"
        what = "signal=SIGKILL" if kill else f"error={chance.choice(errors)}"
        # Only calls about this folder: those of the loader and of the history are not what is tried here.
        under = ["strace", "-f", "-qq", "-o", log, "-e", f"trace={calls}", "-e", f"inject={calls}:{what}:when={when}"]
        under += ["-P", self.at, "-P", os.path.join(self.at, ".shardpress")]
        for name in os.listdir(self.at):
            under += ["-P", os.path.join(self.at, name)]
        if calls in ("fsync", "fdatasync", "write,pwrite64", "utimensat", "fchmod", "getdents64") or chance.random() < 0.3:
            # Names that do not exist yet cannot be named here: count all of the program's.
            under = under[: under.index("-P")]
        code, said = self.lab.end(self.begin(command, mode, under))
        with open(log, errors="replace") as told:
            struck = "INJECTED" in (text := told.read()) or "killed by SIGKILL" in text
        return f"{calls.split(',')[0]} {what} at {when}", code, said, struck

    def begin(self, command, mode, under=()):
        more = ["--yes", "--no-forecast", "--backend", "cpu", *arguments_of(mode)] if command == "run" else []
        return self.lab.start(command, self.at, *more, under=under)

    def check(self, about, findings):
        if findings:
            self.lab.wrong(about, findings, self.at)

    def round(self, number):
        lab, mode = self.lab, MODES[number % len(MODES)]
        by, wanted = self.judges[mode]
        lab.fresh(self.pristine, self.at)
        fault, code, said, struck = self.injected("run", mode)
        about = f"round {number} ({' '.join(map(str, mode))}, {fault})"
        lab.counts["rounds"] += 1
        lab.counts["rounds struck"] += struck
        # 101: the loader or the runtime could not begin; -9 and 137: killed.
        if code not in (0, 1, 2, 3, 4, 5, -9, 137, 127):
            lab.wrong(about, f"the run ended with {code}: {said[-300:]}")
        self.check(about + ", right after", by.during(judge.look(self.at)))
        if lab.random.random() < 0.3:
            fault, code, said, struck = self.injected("recover", mode)
            lab.counts["recoveries struck"] += struck
            self.check(f"{about}, then recover with {fault}", by.during(judge.look(self.at)))
        code, said = lab.end(self.begin("recover", mode))
        if code == 5:
            lab.counts["left to a person"] += 1
            print(f"left to a person, {about}: {said[-400:]}", flush=True)
            return
        if code:
            lab.wrong(about, f"recover ended with {code}: {said[-300:]}")
        self.check(about + ", recovered", by.settled(judge.look(self.at)))
        code, said = lab.end(self.begin("run", mode))
        if code != wanted:
            lab.wrong(about, f"the next run ended with {code}: {said[-300:]}")
        self.check(about + ", after the next run", by.complete(judge.look(self.at)))


def main():
    campaign = Campaign(options(__doc__, 120))
    for number in range(campaign.rounds):
        campaign.round(number)
    return campaign.lab.finish("rounds struck")


if __name__ == "__main__":
    sys.exit(main())
