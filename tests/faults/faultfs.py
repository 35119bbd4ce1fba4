#!/usr/bin/env python3
"""A FUSE file system that passes everything through to a folder and breaks what it is told to.

    faultfs.py FOLDER MOUNT          (python3-pyfuse3; unmount to end it)

What to break is set from outside, on the mount itself, so that no second channel is needed: the extended attribute `user.faultfs` of its
root takes JSON {"seed": N, "rules": [RULE…]} and gives {"calls": {op: count}, "struck": count}. A rule:

    op      lookup getattr setattr readdir open create read write flush fsync fsyncdir rename link unlink mkdir rmdir statfs, or *
    at      strike at this call of the op, counted from 1 since the rules were set; without it:
    chance  strike at each call with this probability
    every   true: once struck, every later call is struck as well (a drive that has died)
    errno   its name, such as EIO; without it no error is told
    done    true: it does happen, and the error is told all the same (what SMB servers do)
    short   true: a write takes half of the bytes, and says so
    delay   seconds to wait first
    no      "replace" or "link": for good, RENAME_NOREPLACE is refused with EINVAL, or links with EOPNOTSUPP
"""
import collections
import ctypes
import errno
import json
import os
import random
import stat
import sys

import pyfuse3
import trio
from pyfuse3 import FUSEError

LIBC = ctypes.CDLL(None, use_errno=True)
ASKED = b"user.faultfs"


class Rules:
    def __init__(self):
        self.set({})

    def set(self, wanted):
        self.random = random.Random(wanted.get("seed", 0))
        self.rules = [dict(rule) for rule in wanted.get("rules", [])]
        self.calls, self.struck = collections.Counter(), 0

    def forbids(self, what):
        return any(rule.get("no") == what for rule in self.rules)

    def strike(self, op):
        """The rule that strikes this call, if any."""
        self.calls[op] += 1
        for rule in self.rules:
            if "no" in rule or rule.get("op") not in (op, "*"):
                continue
            rule["seen"] = rule.get("seen", 0) + 1
            hit = rule["seen"] == rule["at"] if "at" in rule else self.random.random() < rule.get("chance", 0)
            if hit or rule.get("dead"):
                rule["dead"] = rule.get("every", False)
                self.struck += 1
                return rule
        return None


class FaultFS(pyfuse3.Operations):
    supports_dot_lookup = False
    enable_writeback_cache = False

    def __init__(self, folder):
        super().__init__()
        self.rules, self.folder = Rules(), os.fsencode(folder)
        self.paths = {pyfuse3.ROOT_INODE: {self.folder}}
        self.root = os.lstat(folder).st_ino

    # Names and numbers: the real inode numbers, so that links and renames look as they are.

    def path(self, inode):
        # Numbers are given again once a file is gone, and the folder may be changed behind this file system: look whether it is still so.
        for path in list(self.paths.get(inode, ())):
            try:
                if inode == pyfuse3.ROOT_INODE or os.lstat(path).st_ino == inode:
                    return path
            except OSError:
                pass
            self.paths[inode].discard(path)
        raise FUSEError(errno.ESTALE)

    def below(self, inode, name):
        return os.path.join(self.path(inode), name)

    def attributes(self, path=None, fd=None):
        try:
            found = os.fstat(fd) if fd is not None else os.lstat(path)
        except OSError as error:
            raise FUSEError(error.errno) from None
        entry = pyfuse3.EntryAttributes()
        for name in ("mode", "nlink", "uid", "gid", "rdev", "size", "atime_ns", "mtime_ns", "ctime_ns", "blksize", "blocks"):
            setattr(entry, "st_" + name, getattr(found, "st_" + name))
        entry.st_ino = pyfuse3.ROOT_INODE if found.st_ino == self.root else found.st_ino
        entry.generation, entry.entry_timeout, entry.attr_timeout = 0, 0, 0
        if path is not None and entry.st_ino != pyfuse3.ROOT_INODE:
            self.paths.setdefault(entry.st_ino, set()).add(path)
        return entry

    def moved(self, old, new=None):
        """`old` is gone, or is called `new`; what lay at `new` is gone."""
        for paths in self.paths.values():
            if new is not None:
                paths.discard(new)
            for path in [p for p in paths if p == old or p.startswith(old + b"/")]:
                paths.discard(path)
                if new is not None:
                    paths.add(new + path[len(old):])

    async def do(self, op, work):
        """Runs one call with whatever is to go wrong."""
        rule = self.rules.strike(op)
        if rule and "delay" in rule:
            await trio.sleep(rule["delay"])
        if rule and "errno" in rule and not rule.get("done"):
            raise FUSEError(getattr(errno, rule["errno"]))
        try:
            result = work(rule)
        except OSError as error:
            raise FUSEError(error.errno) from None
        if rule and "errno" in rule:
            raise FUSEError(getattr(errno, rule["errno"]))
        return result

    # Calls.

    async def lookup(self, parent, name, ctx=None):
        return await self.do("lookup", lambda _: self.attributes(self.below(parent, name)))

    async def forget(self, inodes):
        pass

    async def getattr(self, inode, ctx=None):
        # The root is where the rules are set, and the system asks for it first: without this a dead drive could not be healed.
        if inode == pyfuse3.ROOT_INODE:
            return self.attributes(self.folder)
        return await self.do("getattr", lambda _: self.attributes(self.path(inode)))

    async def setattr(self, inode, wanted, fields, fh, ctx):
        def work(_):
            at = fh if fh is not None else self.path(inode)
            if fields.update_size:
                os.truncate(at, wanted.st_size)
            if fields.update_mode:
                os.chmod(at, stat.S_IMODE(wanted.st_mode))
            if fields.update_uid or fields.update_gid:
                os.chown(at, wanted.st_uid if fields.update_uid else -1, wanted.st_gid if fields.update_gid else -1)
            if fields.update_atime or fields.update_mtime:
                now = os.stat(at)
                os.utime(at, ns=(wanted.st_atime_ns if fields.update_atime else now.st_atime_ns, wanted.st_mtime_ns if fields.update_mtime else now.st_mtime_ns))
            return self.attributes(fd=fh) if fh is not None else self.attributes(at)

        return await self.do("setattr", work)

    async def opendir(self, inode, ctx):
        return inode

    async def readdir(self, inode, start, token):
        names = await self.do("readdir", lambda _: sorted(os.listdir(self.path(inode))))
        for number, name in enumerate(names):
            if number < start:
                continue
            try:
                entry = self.attributes(self.below(inode, name))
            except FUSEError:
                continue
            if not pyfuse3.readdir_reply(token, name, entry, number + 1):
                break

    async def readlink(self, inode, ctx):
        return os.readlink(self.path(inode))

    async def open(self, inode, flags, ctx):
        fd = await self.do("open", lambda _: os.open(self.path(inode), flags & ~(os.O_CREAT | os.O_NOFOLLOW)))
        return pyfuse3.FileInfo(fh=fd, direct_io=False, keep_cache=False)

    async def create(self, parent, name, mode, flags, ctx):
        path = self.below(parent, name)

        def work(rule):
            fd = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, mode)
            if rule and "errno" in rule:
                os.close(fd)
                return None
            return pyfuse3.FileInfo(fh=fd), self.attributes(path)

        return await self.do("create", work)

    async def read(self, fh, offset, size):
        return await self.do("read", lambda _: os.pread(fh, size, offset))

    async def write(self, fh, offset, data):
        return await self.do("write", lambda rule: os.pwrite(fh, data[: max(1, len(data) // 2)] if rule and rule.get("short") else data, offset))

    async def flush(self, fh):
        await self.do("flush", lambda _: None)

    async def fsync(self, fh, data_only):
        await self.do("fsync", lambda _: None)

    async def fsyncdir(self, fh, data_only):
        await self.do("fsyncdir", lambda _: None)

    async def release(self, fh):
        os.close(fh)

    async def unlink(self, parent, name, ctx):
        path = self.below(parent, name)
        await self.do("unlink", lambda _: (os.unlink(path), self.moved(path)))

    async def rmdir(self, parent, name, ctx):
        path = self.below(parent, name)
        await self.do("rmdir", lambda _: (os.rmdir(path), self.moved(path)))

    async def mkdir(self, parent, name, mode, ctx):
        path = self.below(parent, name)

        def work(_):
            os.mkdir(path, mode)
            return self.attributes(path)

        return await self.do("mkdir", work)

    async def symlink(self, parent, name, target, ctx):
        path = self.below(parent, name)
        os.symlink(target, path)
        return self.attributes(path)

    async def link(self, inode, parent, name, ctx):
        if self.rules.forbids("link"):
            raise FUSEError(errno.EOPNOTSUPP)
        path = self.below(parent, name)

        def work(_):
            os.link(self.path(inode), path, follow_symlinks=False)
            return self.attributes(path)

        return await self.do("link", work)

    async def rename(self, old_parent, old_name, new_parent, new_name, flags, ctx):
        if flags and self.rules.forbids("replace"):
            raise FUSEError(errno.EINVAL)
        old, new = self.below(old_parent, old_name), self.below(new_parent, new_name)

        def work(_):
            if LIBC.renameat2(-100, old, -100, new, flags):  # -100: AT_FDCWD
                raise OSError(ctypes.get_errno(), "rename")
            self.moved(old, new)

        await self.do("rename", work)

    async def statfs(self, ctx):
        def work(_):
            found, told = os.statvfs(self.folder), pyfuse3.StatvfsData()
            for name in ("bsize", "frsize", "blocks", "bfree", "bavail", "files", "ffree", "favail"):
                setattr(told, "f_" + name, getattr(found, "f_" + name))
            return told

        return await self.do("statfs", work)

    async def setxattr(self, inode, name, value, ctx):
        if inode != pyfuse3.ROOT_INODE or name != ASKED:
            raise FUSEError(errno.EOPNOTSUPP)
        self.rules.set(json.loads(value))

    async def getxattr(self, inode, name, ctx):
        if inode != pyfuse3.ROOT_INODE or name != ASKED:
            raise FUSEError(errno.ENODATA)
        return json.dumps({"calls": self.rules.calls, "struck": self.rules.struck}).encode()

    async def listxattr(self, inode, ctx):
        return []


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    chosen = set(pyfuse3.default_options) | {"fsname=faultfs", "allow_other"}
    pyfuse3.init(FaultFS(os.path.realpath(sys.argv[1])), sys.argv[2], chosen)
    try:
        trio.run(pyfuse3.main)
    finally:
        pyfuse3.close(unmount=True)


if __name__ == "__main__":
    main()
