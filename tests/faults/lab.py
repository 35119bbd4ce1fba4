"""What the fault campaigns share: a place to work in that is gone afterwards, a small shard with one of every kind, the program with
folders of its own, references made once, and the line of counts at the end.

The program under test is SHARDPRESS (default: target/release/shardpress), the place TMPDIR (default: /tmp). Exit codes of every script:
0 nothing was lost, 1 something was, 77 this machine lacks something that is named.
"""
import argparse
import atexit
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import judge

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# A run that takes longer than this hangs, and that is a failure.
PATIENCE_S = 120.0


def skip(why):
    """Ends with 77: this machine cannot do it, which is no failure and must not go unseen."""
    print(f"SKIPPED {os.path.basename(sys.argv[0])}: {why}", flush=True)
    sys.exit(77)


def needs_root():
    if os.geteuid() != 0:
        skip("it mounts file systems, which takes root")


def options(text, rounds, more=None):
    """Arguments that every script takes."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=rounds, help="how often (default: %(default)s)")
    parser.add_argument("--evidence", metavar="FOLDER", help="keep the folder of the first ten rounds that went wrong there")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of everything drawn by lot; printed, so that a round can be had again")
    if more:
        more(parser)
    return parser.parse_args()


class Lab:
    """A folder, mounts and processes that are taken away again whatever happens."""

    def __init__(self, chosen):
        self.program = os.path.abspath(os.environ.get("SHARDPRESS", os.path.join(ROOT, "target", "release", "shardpress")))
        if not os.access(self.program, os.X_OK):
            skip(f"{self.program} is no program; build it, or name one by SHARDPRESS")
        self.evidence, self.kept_rounds = chosen.evidence, 0
        self.seed, self.random = chosen.seed, random.Random(chosen.seed)
        self.top = tempfile.mkdtemp(prefix="shardpress-faults-")
        os.chmod(self.top, 0o755)
        self.mounts, self.children, self.counts, self.bad = [], [], collections.Counter(), 0
        self.finished = False
        self.begun, self.owner = time.monotonic(), os.getpid()
        self.environment = {**os.environ, "XDG_DATA_HOME": self.path("data"), "XDG_CONFIG_HOME": self.path("config"), "HOME": self.path("home")}
        self.environment.pop("SHARDPRESS_LOG", None)
        os.mkdir(self.path("home"))
        atexit.register(self.clear)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: sys.exit(128 + number))
        print(f"{os.path.basename(sys.argv[0])}: seed {self.seed}", flush=True)

    def path(self, *parts):
        return os.path.join(self.top, *parts)

    def clear(self):
        if os.getpid() != self.owner:
            return
        if not self.finished:
            self.tell("broken off: ")
        for child in self.children:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        for place in reversed(self.mounts):
            if subprocess.run(["umount", place], stderr=subprocess.DEVNULL).returncode:
                subprocess.run(["umount", "-l", place])
        shutil.rmtree(self.top, ignore_errors=True)

    def sh(self, *command, **more):
        """A tool that must succeed."""
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout.strip()[-400:]}")
        return done.stdout

    def mount(self, *command):
        """`mount` with these arguments, the last of which is the place; unmounted at the end."""
        os.makedirs(command[-1], exist_ok=True)
        self.sh("mount", *command)
        self.mounts.append(command[-1])
        return command[-1]

    def unmount(self, place):
        self.sh("umount", place)
        self.mounts.remove(place)

    def loop(self, name, megabytes, *mkfs):
        """A small ext4 on a file, mounted."""
        image = self.path(name + ".img")
        with open(image, "wb") as file:
            file.truncate(megabytes << 20)
        self.sh("mkfs.ext4", "-q", "-F", "-m", "0", *mkfs, image)
        return self.mount("-o", "loop", image, self.path(name))

    def start(self, *arguments, under=(), **more):
        """The program, in a process group of its own; what it says goes to a file."""
        told = tempfile.TemporaryFile(dir=self.top)
        child = subprocess.Popen(
            [*under, self.program, *arguments],
            **{"stdin": subprocess.DEVNULL, "stdout": told, "stderr": told, "env": self.environment, "start_new_session": True, **more},
        )
        child.told = told
        self.children = [known for known in self.children if known.poll() is None] + [child]
        return child

    def end(self, child):
        """Waits: exit code, and the end of what was said. A hang is killed and has no code."""
        try:
            code = child.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            code = None
        child.told.seek(0)
        said = child.told.read().decode("utf8", "replace")[-30_000:]
        child.told.close()
        return code, said

    def do(self, *arguments, **more):
        return self.end(self.start(*arguments, **more))

    def kill(self, child):
        """SIGKILL to all of it; whether it was still alive."""
        alive = child.poll() is None
        if alive:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        child.told.close()
        return alive

    def fresh(self, pristine, at):
        """A new copy, with times and permissions."""
        if os.path.lexists(at):
            shutil.rmtree(at)
        self.sh("cp", "-a", pristine, at)
        return at

    def shard(self, name="pristine", images=20, largest=300_000):
        """At most so many of the sample's images, none larger than so many bytes, with sidecars of each sort, and strangers."""
        library = self.path("sample")
        if not os.path.isdir(library):
            code, said = self.do("sample", library)
            if code:
                raise RuntimeError(said)
        place = self.path(name)
        os.mkdir(place)
        lines, count = [], 0
        for folder in sorted(os.listdir(library)):
            for picture in sorted(os.listdir(os.path.join(library, folder))):
                source = os.path.join(library, folder, picture)
                if not judge.is_image(os.fsencode(picture)) or count == images or os.path.getsize(source) > largest:
                    continue
                count += 1
                stem = os.path.splitext(picture)[0]
                for path in [source] + [os.path.join(library, folder, stem + ending) for ending in (".json", ".txt")]:
                    shutil.copy2(path, place)
                lines.append(json.dumps({"file_name": picture, "text": f"number {count}"}))
        texts = {"metadata.jsonl": "\n".join(lines) + "\n", "notes.md": "not an image\n", "broken.png": "\x89PNG, but no picture\n", ".hidden": "a stranger\n"}
        for stranger, text in texts.items():
            with open(os.path.join(place, stranger), "w", encoding="latin-1") as file:
                file.write(text)
        os.mkdir(os.path.join(place, "below"))
        shutil.copy2(os.path.join(place, "notes.md"), os.path.join(place, "below"))
        os.symlink("notes.md", os.path.join(place, "link.png"))
        for number, entry in enumerate(sorted(os.scandir(place), key=lambda entry: entry.name)):
            if entry.is_file(follow_symlinks=False):
                os.utime(entry.path, ns=(1_500_000_000_123_456_000 + number * 10**9,) * 2)
                os.chmod(entry.path, 0o640 if number % 5 == 0 else 0o644)
        return place

    def reference(self, pristine, *arguments, keep, attributes=True):
        """An undisturbed run on a copy, judged by decoding and tried out with planted faults: (judge, exit code)."""
        at = self.fresh(pristine, self.path("reference"))
        code, said = self.do("run", at, "--yes", "--no-forecast", "--backend", "cpu", *arguments)
        if code not in (0, 1):
            raise RuntimeError(f"the undisturbed run ended with {code}: {said}")
        whole = judge.look(at)
        by = judge.Judge(judge.look(pristine), whole, keep, attributes)
        planted, missed = judge.control(by, whole)
        wrong = [f"the judge does not find: {what}" for what in missed]
        try:
            wrong += judge.decoded(pristine, at, by)
        except ImportError:
            print("Pillow (python3-pil) is not installed: the reference is not decoded", flush=True)
        if wrong or not by.outputs:
            raise RuntimeError("the reference is no good: " + "; ".join(wrong[:5] or ["nothing was replaced"]))
        self.counts["control faults found"] += planted
        shutil.rmtree(at)
        return by, code

    def wrong(self, about, what, at=None):
        """A finding; `what`: text, or what a judge found; `at`: the folder as it is."""
        if self.evidence and at and self.kept_rounds < 10:
            self.kept_rounds += 1
            os.makedirs(self.evidence, exist_ok=True)
            self.sh("cp", "-a", at, os.path.join(self.evidence, f"{self.kept_rounds}"))
            about = f"[{self.kept_rounds}] {about}"
        lines = [what] if isinstance(what, str) else [f"{f.kind}: {f.path} {f.why}" for f in what]
        for line in lines[:4]:
            print(f"WRONG {about}: {line}", flush=True)
            self.counts[line.split(":")[0][:40] if not isinstance(what, str) else "other faults"] += 1
        self.bad += bool(lines)

    def finish(self, *shows):
        """The line of counts. `shows`: what must have been counted, or the campaign has tested nothing."""
        empty = [name for name in shows if not self.counts[name]]
        if empty:
            self.wrong("campaign", f"nothing was counted of: {', '.join(empty)}")
        self.finished = True
        self.tell("")
        return 1 if self.bad else 0

    def tell(self, first):
        numbers = ", ".join(f"{number} {name}" for name, number in self.counts.items())
        print(f"{os.path.basename(sys.argv[0])}: {first}{numbers}; {self.bad} wrong; {time.monotonic() - self.begun:.0f} s", flush=True)


# How a run may be asked to work; each campaign goes round these.
MODES = [
    (originals, write, sidecars)
    for originals in ("keep", "delete")
    for write in ("direct", "staged", "auto")
    for sidecars in (False, True)
]


def arguments_of(mode):
    originals, write, sidecars = mode
    return ["--originals", originals, "--write", write, *(["--update-sidecars"] if sidecars else [])]


def references(lab, pristine, attributes=True):
    """The judge of every mode: how a name is given makes no difference to what comes out."""
    made = {}
    for originals, _, sidecars in MODES:
        if (originals, sidecars) not in made:
            made[originals, sidecars] = lab.reference(
                pristine, *arguments_of((originals, "auto", sidecars)), keep=originals == "keep", attributes=attributes
            )
    return {mode: made[mode[0], mode[2]] for mode in MODES}
