#!/usr/bin/env python3
"""The program is killed (SIGKILL) at random moments: a run, the recovery of it, an undo, a purge. Nothing may be lost at the moment of the
kill, nothing may be left of it after recovery, and the next run must come to the very folder of an undisturbed one.

    kill.py [--rounds 1000] [--seed N]

Half of the kills come at any moment of the run, half while it writes: they wait for the first new name and then a part of the time that
writing takes.
"""
import os
import sys
import time

import judge
from lab import MODES, Lab, arguments_of, options, references


def names(shard):
    return set(os.listdir(shard)) - {".shardpress"}


def is_writing(shard, before):
    """Something was announced, or the folder has other names than before."""
    return os.path.exists(os.path.join(shard, ".shardpress/journal")) or names(shard) != before


class Campaign:
    def __init__(self, chosen):
        self.lab, self.rounds = Lab(chosen), chosen.rounds
        self.pristine = self.lab.shard()
        self.at = self.lab.path("shard")
        self.judges = references(self.lab, self.pristine)
        self.whole = judge.look(self.pristine)
        self.normal = self.measure()

    def measure(self):
        """How long each command takes undisturbed, and how much of a run goes by after its first write."""
        lab, took = self.lab, {}
        lab.fresh(self.pristine, self.at)
        begun, first, before = time.monotonic(), None, names(self.at)
        child = self.begin("run", MODES[4])
        while child.poll() is None:
            if first is None and is_writing(self.at, before):
                first = time.monotonic()
        took["run"] = time.monotonic() - begun
        took["write"] = time.monotonic() - (first or begun)
        for command in ("undo", "purge"):
            if command == "purge":
                lab.end(self.begin("run", MODES[4]))
            begun = time.monotonic()
            lab.end(self.begin(command, MODES[4]))
            took[command] = time.monotonic() - begun
        took["recover"] = took["undo"]
        return took

    def begin(self, command, mode):
        if command == "run":
            return self.lab.start("run", self.at, "--yes", "--no-forecast", "--backend", "cpu", *arguments_of(mode))
        return self.lab.start(command, self.at, *([] if command == "recover" else ["--yes"]))

    def begin_and_kill(self, command, mode):
        lab, child = self.lab, self.begin(command, mode)
        if command in ("run", "undo") and lab.random.random() < 0.5:
            before = names(self.at)
            while child.poll() is None and not is_writing(self.at, before):
                time.sleep(0.0002)
            time.sleep(lab.random.uniform(0, self.normal["write"] if command == "run" else self.normal[command] / 2))
        else:
            time.sleep(lab.random.uniform(0, self.normal[command]))
        if lab.kill(child):
            lab.counts["kills"] += 1

    def check(self, about, findings):
        if findings:
            self.lab.wrong(about, findings, self.at)

    def finish(self, about, command, mode, codes):
        code, said = self.lab.end(self.begin(command, mode))
        if code not in codes:
            self.lab.wrong(about, f"{command} afterwards ended with {code}: {said[-300:]}")
        return judge.look(self.at)

    def round(self, number):
        lab, mode = self.lab, MODES[number % len(MODES)]
        by, code = self.judges[mode]
        lab.fresh(self.pristine, self.at)
        scene = "run" if mode[0] == "delete" else lab.random.choices(("run", "undo", "purge"), (6, 2, 1))[0]
        about = f"round {number} ({scene}, {' '.join(map(str, mode))})"
        lab.counts["rounds"] += 1
        if scene != "run":
            self.finish(about, "run", mode, {code})
            self.after_a_run(about, scene, mode, by)
            return
        self.begin_and_kill("run", mode)
        now = judge.look(self.at)
        self.check(about + ", at the kill", by.during(now))
        lab.counts["runs killed amid the writing"] += b".shardpress/journal" in now
        while lab.random.random() < 0.35:
            self.begin_and_kill(lab.random.choice(("recover", "run")), mode)
            lab.counts["recoveries killed"] += 1
            self.check(about + ", at the kill of the recovery", by.during(judge.look(self.at)))
        if lab.random.random() < 0.5:
            self.check(about + ", after recover", by.settled(self.finish(about, "recover", mode, {0})))
        self.check(about + ", after the next run", by.complete(self.finish(about, "run", mode, {code})))

    def after_a_run(self, about, scene, mode, by):
        """An undo or a purge of the whole run is killed, often more than once."""
        kept = judge.Judge(by.pristine, by.reference, keep=False, attributes=by.attributes)
        during = by if scene == "undo" else kept
        while True:
            self.begin_and_kill(scene, mode)
            self.lab.counts[f"{scene}s killed"] += 1
            self.check(f"{about}, at the kill", during.during(judge.look(self.at)))
            if self.lab.random.random() < 0.6:
                break
        if scene == "purge":
            self.finish(about, "purge", mode, {0})
            self.check(about + ", after purge", kept.complete(self.finish(about, "recover", mode, {0})))
            return
        # Recovery ends an undo that was killed; one that had not begun, or had ended, it leaves alone.
        if self.lab.random.random() < 0.5:
            self.check(about + ", after recover", by.during(self.finish(about, "recover", mode, {0})))
        self.finish(about, "undo", mode, {0})
        now = self.finish(about, "recover", mode, {0})
        if now != self.whole:
            differ = sorted(judge.shown(p) for p in now.keys() | self.whole.keys() if now.get(p) != self.whole.get(p))
            self.lab.wrong(about, f"undo did not bring the folder back: {' '.join(differ[:5])}")


def main():
    campaign = Campaign(options(__doc__, 1000))
    for number in range(campaign.rounds):
        campaign.round(number)
    return campaign.lab.finish("kills", "runs killed amid the writing", "recoveries killed", "undos killed", "purges killed")


if __name__ == "__main__":
    sys.exit(main())
