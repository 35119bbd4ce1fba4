#!/usr/bin/env python3
"""Several at once: two runs on one shard, four over a library, through two mounts of one folder, with slices, a run and an undo, a run and a
recovery. Whoever comes second waits, is told, or does the rest; nothing may be lost, and the folder must come out as of one run.

    two.py [--rounds 60] [--seed N]

Without root the scene with two mounts is left out.
"""
import os
import sys
import time

import judge
from lab import MODES, Lab, arguments_of, options, references

SHARDS = 4


class Campaign:
    def __init__(self, chosen):
        self.lab, self.rounds = Lab(chosen), chosen.rounds
        self.pristine = self.lab.shard(images=16, largest=120_000)
        self.judges = references(self.lab, self.pristine)
        self.at = self.lab.path("library")
        self.twin = None
        if os.geteuid() == 0:
            os.mkdir(self.at)
            self.twin = self.lab.mount("--bind", self.at, self.lab.path("twin"))

    def run(self, at, mode, *more):
        return self.lab.start("run", at, "--yes", "--no-forecast", "--backend", "cpu", *arguments_of(mode), *more)

    def fresh(self, count):
        os.makedirs(self.at, exist_ok=True)
        for entry in os.listdir(self.at):
            self.lab.sh("rm", "-rf", os.path.join(self.at, entry))
        shards = [os.path.join(self.at, f"shard_{number}") for number in range(count)]
        for shard in shards:
            self.lab.fresh(self.pristine, shard)
        return shards

    def pause(self, most=0.1):
        time.sleep(self.lab.random.uniform(0, most))

    def ends(self, about, children):
        for child in children:
            code, said = self.lab.end(child)
            self.lab.counts["programs"] += 1
            self.lab.counts["of them told that another works there"] += "another run" in said.lower()
            if code not in (0, 1, 3):
                self.lab.wrong(about, f"ended with {code}: {said[-300:]}")

    def come_out(self, about, shards, mode):
        """One more run, for what both left to the other; then each shard is that of one run."""
        by, wanted = self.judges[mode]
        for shard in shards:
            self.check(f"{about}, {os.path.basename(shard)} right after", by.during(judge.look(shard)), shard)
        code, said = self.lab.end(self.run(self.at, mode))
        if code != wanted:
            self.lab.wrong(about, f"the next run ended with {code}: {said[-300:]}")
        for shard in shards:
            self.check(f"{about}, {os.path.basename(shard)} after the next run", by.complete(judge.look(shard)), shard)

    def check(self, about, findings, at):
        if findings:
            self.lab.wrong(about, findings, at)

    def round(self, number):
        mode = MODES[number % len(MODES)]
        scenes = ["one shard", "library", "slices", "undo", "recover"] + (["mounts"] if self.twin else [])
        scene = scenes[(number // 2) % len(scenes)]
        about = f"round {number} ({scene}, {' '.join(map(str, mode))})"
        self.lab.counts[f"rounds: {scene}"] += 1
        shards = self.fresh(1 if scene in ("one shard", "undo", "recover") else SHARDS)
        children = []
        if scene == "library":
            for _ in range(4):
                children.append(self.run(self.at, mode))
                self.pause(0.03)
        elif scene == "slices":
            children = [self.run(self.at, mode, "--slice", f"{part}/3") for part in (1, 2, 3)]
        elif scene in ("one shard", "mounts"):
            for at in (self.at, self.twin if scene == "mounts" else self.at):
                children.append(self.run(at, mode))
                self.pause()
        else:
            if scene == "undo":
                mode = ("keep", *mode[1:])
                self.ends(about, [self.run(self.at, mode)])
                children.append(self.lab.start("undo", self.at, "--yes"))
                self.pause(0.03)
                children.append(self.run(self.at, mode))
            else:
                killed = self.run(self.at, mode)
                while killed.poll() is None and not os.path.exists(os.path.join(shards[0], ".shardpress/journal")):
                    time.sleep(0.0005)
                self.lab.kill(killed)
                children += [self.lab.start("recover", self.at), self.run(self.at, mode), self.lab.start("recover", self.at)]
        self.ends(about, children)
        self.come_out(about, shards, mode)


def main():
    campaign = Campaign(options(__doc__, 60))
    for number in range(campaign.rounds):
        campaign.round(number)
    return campaign.lab.finish("programs", "of them told that another works there")


if __name__ == "__main__":
    sys.exit(main())
