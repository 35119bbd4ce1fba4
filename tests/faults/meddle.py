#!/usr/bin/env python3
"""Somebody works in the folder while a run does: images and sidecars are written anew, grow, are replaced by others, touched, deleted, or
appear under a name that a replacement wants. Their newest bytes must be there afterwards, or a replacement of exactly those bytes; a picture
that was deleted may stay away; and nothing else may be touched.

    meddle.py [--rounds 150] [--seed N]

Every image has three versions, and a reference run over a folder of each tells what its replacement is. With `delete` there is a moment
between the last look at an original and its removal that no file system lets a program close: a change that falls into it is counted by
itself, and is a loss where the newest bytes are nowhere.
"""
import os
import shutil
import sys
import threading
import time

import judge
from lab import MODES, Lab, arguments_of, options, references

VERSIONS = 3


class Meddler(threading.Thread):
    """Changes files until told to stop, and remembers the newest version of each; `None`: deleted."""

    def __init__(self, campaign, seed_of):
        super().__init__()
        self.campaign, self.random, self.over = campaign, seed_of, threading.Event()
        self.newest, self.done, self.added = {}, [], {}

    def run(self):
        campaign, at = self.campaign, self.campaign.at
        while not self.over.is_set():
            image = self.random.choice(campaign.images)
            path, version = os.path.join(at, image), self.random.randrange(1, VERSIONS)
            new = os.path.join(campaign.versions[version], image)
            how = self.random.choices(("rewrite", "replace", "grow", "touch", "delete", "add"), (3, 5, 2, 2, 2, 1))[0]
            # A file is theirs to change only while it is there under its name: otherwise they make it anew.
            try:
                if how == "replace":
                    beside = os.path.join(at, f"theirs-{len(self.done)}")
                    shutil.copyfile(new, beside)
                    self.newest[image] = version
                    os.replace(beside, path)
                elif how == "rewrite" and self.newest.get(image, 0) == 0 and self.is_original(path, image):
                    with open(path, "r+b") as file, open(new, "rb") as source:
                        file.write(source.read())
                        file.truncate()
                    self.newest[image] = version
                elif how == "grow" and self.newest.get(image, 0) == 0 and self.is_original(path, image):
                    with open(path, "ab") as file:
                        file.write(b"grown")
                    self.newest[image] = "grown"
                elif how == "touch" and self.newest.get(image, 0) == 0:
                    os.utime(path)
                elif how == "delete":
                    os.remove(path)
                    self.newest[image] = None
                elif how == "add":
                    name = os.path.splitext(image)[0] + ".jpg"
                    with open(os.path.join(at, name), "xb") as file:
                        file.write(b"a stranger's file, " + image.encode())
                    self.added[name] = b"a stranger's file, " + image.encode()
                else:
                    continue
                self.done.append(how)
            except (FileNotFoundError, FileExistsError):
                pass
            time.sleep(self.random.uniform(0.0005, 0.006))

    def is_original(self, path, image):
        """In place they change what was there at the beginning, not our replacement of the same name."""
        try:
            return os.stat(path).st_size == self.campaign.sizes[image]
        except FileNotFoundError:
            return False


class Campaign:
    def __init__(self, chosen):
        self.lab, self.rounds = Lab(chosen), chosen.rounds
        self.pristine, self.at = self.lab.shard(images=20), self.lab.path("shard")
        # What the reference replaces, and in place of which others are put: the same picture in the same format with other bytes.
        self.judges = references(self.lab, self.pristine)
        by = self.judges[MODES[0]][0]
        self.images = sorted(os.fsdecode(path) for path in by.outputs)
        self.sizes = {image: os.path.getsize(os.path.join(self.pristine, image)) for image in self.images}
        self.versions, self.made = [self.pristine], [by]
        for number in range(1, VERSIONS):
            folder = self.lab.fresh(self.pristine, self.lab.path(f"version{number}"))
            same_ending = {}
            for image in self.images:
                same_ending.setdefault(os.path.splitext(image)[1], []).append(image)
            for images in same_ending.values():
                for place, image in enumerate(images):
                    other = images[(place + number) % len(images)]
                    shutil.copyfile(os.path.join(self.pristine, other), os.path.join(folder, image))
                    if len(images) <= number:
                        with open(os.path.join(folder, image), "ab") as file:
                            file.write(b"\0" * number)
            self.versions.append(folder)
            self.made.append(self.lab.reference(folder, keep=True)[0])

    def round(self, number):
        lab, mode = self.lab, MODES[number % len(MODES)]
        about = f"round {number} ({' '.join(map(str, mode))})"
        lab.fresh(self.pristine, self.at)
        meddler = Meddler(self, lab.random)
        child = lab.start("run", self.at, "--yes", "--no-forecast", "--backend", "cpu", *arguments_of(mode))
        if number % 3:
            # Most of a small run goes by before its first write.
            while child.poll() is None and not os.path.isdir(os.path.join(self.at, ".shardpress")):
                time.sleep(0.0005)
        meddler.start()
        code, said = lab.end(child)
        meddler.over.set()
        meddler.join()
        lab.counts["rounds"] += 1
        lab.counts["changes by others"] += len(meddler.done)
        if code not in (0, 1, 3, 4):
            lab.wrong(about, f"the run ended with {code}: {said[-300:]}")
        self.judge(about + ", right after", mode, meddler, judge.look(self.at))
        code, said = lab.do("recover", self.at)
        if code == 5:
            lab.counts["left to a person"] += 1
        elif code:
            lab.wrong(about, f"recover ended with {code}: {said[-300:]}")
        self.judge(about + ", recovered", mode, meddler, judge.look(self.at), settled=code == 0)

    def judge(self, about, mode, meddler, now, settled=False):
        lost = lambda kind, path, why: self.lab.wrong(about, [judge.Finding(kind, path, why)], self.at)
        ours = {(e.digest, e.size) for path, e in now.items() if judge.is_ours(path) and e.kind == "file"}
        for image in self.images:
            name, newest = os.fsencode(image), meddler.newest.get(image, 0)
            if newest is None:
                continue
            if newest == "grown":
                wanted = grown(os.path.join(self.pristine, image))
            else:
                wanted = judge.entry_of(os.fsencode(os.path.join(self.versions[newest], image)))
            here = now.get(name)
            theirs = judge.same(here, wanted)
            output = self.made[0].outputs[name]
            made = [by.reference[by.outputs[name]] for by in self.made if name in by.outputs]
            right = isinstance(newest, int) and name in self.made[newest].outputs and judge.same(
                now.get(self.made[newest].outputs[name]), self.made[newest].reference[self.made[newest].outputs[name]]
            )
            if newest == "grown":
                # Decoders do not look behind the end of a picture, so what is made of it is the same.
                right = judge.same(now.get(output), made[0])
            if not theirs and not right and (wanted.digest, wanted.size) not in ours:
                self.lab.counts["changed in the last moment"] += 1
                lost("LOST image", image, f"version {newest} is nowhere, nor its replacement")
        for name, text in meddler.added.items():
            found = now.get(os.fsencode(name))
            same_name = any(image == name for image in self.images)
            if not same_name and (found is None or found.size != len(text)) and os.path.splitext(name)[0] + ".jpg" not in meddler.newest:
                lost("LOST stranger", name, "a file that was put there meanwhile is gone or changed")
        by = self.judges[mode][0]
        for path, was in self.pristine_others():
            here = now.get(path)
            if here is None and (was.digest, was.size) not in ours:
                lost("LOST file", judge.shown(path), "is gone")
            elif here is not None and not judge.same(here, was) and not (by._is_edited(path) and (by._lines(path, here) is not None)):
                if not (mode[2] and by._is_edited(path)):
                    lost("LOST file", judge.shown(path), "has another content")
        for path in now if settled else ():
            if judge.is_ours(path) and now[path].kind == "file" and not judge.is_kept(path) and not judge.is_set_aside(path):
                lost("temporary", judge.shown(path), "is left of a run that has ended")

    def pristine_others(self):
        by = self.judges[MODES[0]][0]
        return [(p, e) for p, e in by.pristine.items() if e.kind == "file" and p not in by.outputs]


def grown(path):
    with open(path, "rb") as file:
        data = file.read() + b"grown"
    return judge.Entry("file", judge.digest(data), len(data), 0, 0, None)


def main():
    campaign = Campaign(options(__doc__, 150))
    for number in range(campaign.rounds):
        campaign.round(number)
    return campaign.lab.finish("changes by others")


if __name__ == "__main__":
    sys.exit(main())
