#!/usr/bin/env python3
"""Signals: Ctrl-C, SIGTERM, a closed terminal (SIGHUP, and with a real one that goes away), twice in a row, stopped and continued in the middle,
and `nohup`, under which a closed terminal must not end anything. The program has to end in order: no journal is left, every image is one or
the other, and the next run does the rest.

    signals.py [--rounds 120] [--seed N]
"""
import os
import pty
import signal
import sys
import time

import judge
from lab import MODES, Lab, arguments_of, options, references

# Scene -> exit codes with which a run that was caught ends.
SCENES = {"INT": {130}, "TERM": {143}, "HUP": {130, 129}, "INT twice": {130}, "TERM and INT": {143}, "terminal gone": {130, 129}, "TSTP": set(), "nohup": set()}


class Campaign:
    def __init__(self, chosen):
        self.lab, self.rounds = Lab(chosen), chosen.rounds
        self.pristine, self.at = self.lab.shard(), self.lab.path("shard")
        self.judges = references(self.lab, self.pristine)

    def begin(self, scene, mode):
        """The program, and the terminal's other end where it has one."""
        arguments = ["run", self.at, "--yes", "--no-forecast", "--backend", "cpu", *arguments_of(mode)]
        if scene == "nohup":
            return self.lab.start(*arguments, under=("nohup",)), None
        if scene != "terminal gone":
            return self.lab.start(*arguments), None
        ours, theirs = pty.openpty()

        def take_terminal():
            import fcntl
            import termios

            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        child = self.lab.start(*arguments, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=False, preexec_fn=take_terminal)
        os.close(theirs)
        return child, ours

    def round(self, number):
        lab, mode = self.lab, MODES[number % len(MODES)]
        scene = list(SCENES)[(number // 3) % len(SCENES)]
        by, wanted = self.judges[mode]
        about = f"round {number} (SIG{scene}, {' '.join(map(str, mode))})"
        lab.fresh(self.pristine, self.at)
        child, terminal = self.begin(scene, mode)
        while child.poll() is None and not os.path.exists(os.path.join(self.at, ".shardpress" + "/journal" * (number % 2))):
            time.sleep(0.0003)
        time.sleep(lab.random.uniform(0, 0.02))
        caught = child.poll() is None
        if caught:
            self.strike(scene, child, terminal)
        if terminal is not None and not caught:
            os.close(terminal)
        code, said = lab.end(child)
        lab.counts["rounds"] += 1
        lab.counts[f"caught by {scene}"] += caught
        # A signal that comes when all is done changes nothing.
        if code not in SCENES[scene] | {wanted} or code is None:
            lab.wrong(about, f"the run ended with {code}: {said[-300:]}")
        lab.counts["ended early, in order"] += code in SCENES[scene]
        lab.wrong(about + ", right after", by.settled(judge.look(self.at)), self.at) if by.settled(judge.look(self.at)) else None
        if scene in ("TSTP", "nohup"):
            findings = by.complete(judge.look(self.at))
            if findings:
                lab.wrong(about + ", it should have gone on to the end", findings, self.at)
        code, said = lab.do("run", self.at, "--yes", "--no-forecast", "--backend", "cpu", *arguments_of(mode))
        if code != wanted:
            lab.wrong(about, f"the next run ended with {code}: {said[-300:]}")
        findings = by.complete(judge.look(self.at))
        if findings:
            lab.wrong(about + ", after the next run", findings, self.at)

    def strike(self, scene, child, terminal):
        send = lambda name: os.killpg(child.pid, getattr(signal, "SIG" + name))
        try:
            if scene == "terminal gone":
                os.close(terminal)
            elif scene == "nohup":
                send("HUP")
            elif scene == "TSTP":
                for _ in range(3):
                    send("TSTP")
                    time.sleep(self.lab.random.uniform(0, 0.05))
                    send("CONT")
                    time.sleep(self.lab.random.uniform(0, 0.005))
            else:
                for name in {"INT twice": ("INT", "INT"), "TERM and INT": ("TERM", "INT")}.get(scene, (scene,)):
                    send(name)
                    time.sleep(self.lab.random.uniform(0, 0.004))
        except ProcessLookupError:
            pass


def main():
    campaign = Campaign(options(__doc__, 120))
    for number in range(campaign.rounds):
        campaign.round(number)
    return campaign.lab.finish("ended early, in order", *(f"caught by {scene}" for scene in SCENES))


if __name__ == "__main__":
    sys.exit(main())
