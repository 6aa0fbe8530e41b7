"""Cuts the power: logs all writes of a disk during uploads, and mounts what the disk would have had at many moments.

A moment is a place in the log. At each the disk has either all writes before it, or all up to the last flush and of those after it some,
as a disk with a cache would. After the journal's replay every upload that had been answered 226 by then must be there, whole, or one
that came after it; an upload without an answer may be there whole or not at all.
"""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import logging_disk
from rig import RESERVED, Daemon, Skipped, Tally, content, run, until, upload


class LoggedMount:
    """A file system on a loop device whose writes are logged."""

    def __init__(self, kind, megabytes, make=(), rate=0):
        if os.geteuid() != 0:
            raise Skipped("mounting needs root")
        if not os.path.exists("/dev/fuse"):
            raise Skipped("there is no /dev/fuse")
        if shutil.which(f"mkfs.{kind}") is None:
            raise Skipped(f"mkfs.{kind} is not installed")
        self.kind, self.loop, self.process = kind, None, None
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="weftpd-power-", dir=memory()))
        self.log, fuse, self.path = self.base / "log", self.base / "fuse", self.base / "mounted"
        self.fuse = fuse
        fuse.mkdir()
        self.path.mkdir()
        try:
            program = pathlib.Path(__file__).with_name("logging_disk.py")
            self.process = subprocess.Popen([sys.executable, program, fuse, str(megabytes), self.log, str(rate)], stderr=subprocess.PIPE)
            disk = fuse / logging_disk.FILE
            if not until(lambda: os.path.ismount(fuse) or self.process.poll() is not None) or self.process.poll() is not None:
                raise Skipped(f"FUSE: {self.process.stderr.read().decode().strip().splitlines()[-1]}")
            self.loop = run(["losetup", "-f", "--show", disk]).strip()
            run([f"mkfs.{kind}", "-q", *make, self.loop])
            run(["mount", self.loop, self.path])
            os.sync()
        except BaseException:
            self.close()
            raise

    @property
    def position(self):
        return self.log.stat().st_size

    def detach(self):
        """Ends the disk; the log stays."""
        until(lambda: subprocess.run(["umount", self.path], stderr=subprocess.DEVNULL).returncode == 0
              or not os.path.ismount(self.path), 10)
        if self.loop:
            subprocess.run(["losetup", "-d", self.loop], stderr=subprocess.DEVNULL)
            self.loop = None
        until(lambda: subprocess.run(["umount", self.fuse], stderr=subprocess.DEVNULL).returncode == 0
              or not os.path.ismount(self.fuse), 10)
        if self.process:
            # Its connection to the kernel ends with the mount.
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process.stderr.close()
            self.process = None

    def close(self):
        self.detach()
        shutil.rmtree(self.base, ignore_errors=True)


def memory():
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Name:
    """What one name may have at any moment."""

    def __init__(self, name):
        self.name = name
        # Of each upload: its bytes, where the log was when it began, where when it was confirmed (None: never).
        self.uploads = []

    def allowed(self, cut):
        """Which contents it may have, by the uploads' numbers; None: none."""
        last = max((index for index, (_, _, end) in enumerate(self.uploads) if end is not None and end <= cut), default=None)
        begun = [index for index, (_, start, _) in enumerate(self.uploads) if start <= cut]
        return [None] * (last is None) + [index for index in begun if last is None or index >= last]


class Uploader(threading.Thread):
    """Stores to names of its own, one after the other."""

    def __init__(self, number, disk, daemon, sizes, count, seed, tally):
        super().__init__(daemon=True)
        self.number, self.disk, self.server, self.sizes, self.count, self.tally = number, disk, daemon, sizes, count, tally
        self.random = random.Random(seed * 100 + number)
        self.names = [Name(f"power-{number}-{index}") for index in range(4)]

    def run(self):
        client = self.server.client()
        for number in range(self.count):
            name = self.random.choice(self.names)
            data = content(name.name, number, self.random.choice(self.sizes))
            start = self.disk.position
            name.uploads.append((data, start, None))
            code, text = upload(client, f"STOR {name.name}", data)
            self.tally.add(tried=1)
            if code == 226:
                name.uploads[-1] = (data, start, self.disk.position)
                self.tally.add(confirmed=1)
            else:
                self.tally.wrong.append(f"{name.name}: {code} {text}")
        client.close()


class Cutter:
    """Makes the disks of many moments, and mounts them."""

    def __init__(self, disk, names, tally, chance):
        self.disk, self.names, self.tally, self.chance = disk, names, tally, chance
        self.image, self.copy, self.place = disk.base / "image", disk.base / "copy", disk.base / "mounted"
        with open(self.image, "wb") as file:
            file.truncate((disk.base / "log.image").stat().st_size)
        self.checked = self.partials = 0
        self.unsound = []

    def cut(self, first, count):
        """Mounts what there was at so many moments after the log's position `first`."""
        places = [(kind, end) for kind, _, _, end in logging_disk.records(self.disk.log) if end > first]
        chosen = {end for _, end in self.chance.sample(places, min(count, len(places)))}
        pending = []
        with open(self.image, "r+b", buffering=0) as image:
            for kind, offset, data, end in logging_disk.records(self.disk.log):
                if kind == logging_disk.FLUSH:
                    for place, written in pending:
                        os.pwrite(image.fileno(), written, place)
                    pending = []
                else:
                    pending.append((offset, data))
                if end in chosen:
                    self.moment(end, pending, "all")
                    if pending:
                        # Of what the disk's cache had, some; the last of them perhaps not to its end.
                        some = [write for write in pending if self.chance.random() < 0.5]
                        if some and self.chance.random() < 0.5:
                            place, written = some[-1]
                            some[-1] = (place, written[:512 * self.chance.randrange(1 + len(written) // 512)])
                        self.moment(end, some, f"{len(some)} of {len(pending)}")

    def moment(self, cut, pending, which):
        run(["cp", "--sparse=always", self.image, self.copy])
        with open(self.copy, "r+b", buffering=0) as copy:
            for place, written in pending:
                os.pwrite(copy.fileno(), written, place)
        label = f"{self.disk.kind}, cut at {cut} with {which} of the cached writes"
        # A copy of a mounted file system: what made the UUID unique is there twice for XFS alone if the first is still mounted.
        result = subprocess.run(["mount", "-o", "loop", self.copy, self.place], capture_output=True, text=True)
        if result.returncode != 0:
            self.tally.wrong.append(f"{label}: it does not mount: {result.stderr.strip()}")
            return
        try:
            self.check(label, cut)
            self.checked += 1
            self.tally.add(faults=1)
        finally:
            until(lambda: subprocess.run(["umount", self.place], stderr=subprocess.DEVNULL).returncode == 0, 10)

    def check(self, label, cut):
        for name in self.names:
            allowed = name.allowed(cut)
            path = self.place / name.name
            if not path.exists():
                if None not in allowed:
                    self.tally.lost.append(f"{label}: {name.name} was confirmed and is not there")
            else:
                found = path.read_bytes()
                if not any(index is not None and name.uploads[index][0] == found for index in allowed):
                    older = any(data == found for data, _, _ in name.uploads)
                    where = self.tally.lost if older else self.tally.mixed
                    where.append(f"{label}: {name.name} has {len(found)} bytes {'of an older upload' if older else 'that no upload had'}")
            part = self.place / f"{RESERVED}{name.name}.part"
            if part.exists():
                kept = part.read_bytes()
                self.partials += 1
                good = max(common(data, kept) for data, start, _ in name.uploads if start <= cut)
                if good < len(kept):
                    # A file system may have the length of a file before its bytes.
                    self.unsound.append(f"{label}: of {len(kept)} bytes kept of {name.name} {good} are right")


def common(one, other):
    """How many bytes two have in common at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def cut_power(weftpd, kind, megabytes, make, uploads, cuts, chance, tally, notes):
    disk = LoggedMount(kind, megabytes, make)
    try:
        daemon = Daemon(weftpd, disk.path, ["uploads.durability=commit"]).start()
        first = disk.position
        try:
            small, large = [0, 1, 700, 5000, 70_000, 300_000], [3_000_000, 9_000_000, 12_000_000]
            uploaders = [
                Uploader(number, disk, daemon, large if number == 0 else small, uploads // (20 if number == 0 else 5),
                         chance.randrange(1 << 30), tally) for number in range(5)]
            for uploader in uploaders:
                uploader.start()
            for uploader in uploaders:
                uploader.join()
        finally:
            daemon.stop()
        end = disk.position
        disk.detach()
        cutter = Cutter(disk, [name for uploader in uploaders for name in uploader.names], tally, chance)
        cutter.cut(first, cuts)
        notes.append(
            f"{kind}: {(end - first) >> 20} MiB written, {cutter.checked} moments mounted, {cutter.partials} partials seen in them,"
            f" {len(cutter.unsound)} of these end in bytes that had not been written")
        notes.extend(cutter.unsound)
    finally:
        disk.close()


def dying_disk(weftpd, tally, notes):
    """From one moment on the disk itself fails all writes: nothing is confirmed any more, and what was there stays."""
    disk = LoggedMount("ext4", 48, ("-E", "nodiscard"))
    fails = pathlib.Path(str(disk.log) + logging_disk.FAIL)
    try:
        daemon = Daemon(weftpd, disk.path).start()
        try:
            client = daemon.client()
            old = content("old", 0, 70_000)
            if upload(client, "STOR old", old)[0] != 226:
                raise SystemExit("a disk without faults fails")
            fails.touch()
            for name, size in (("old", 3000), ("new", 3000), ("large", 12_000_000)):
                code, text = upload(client, f"STOR {name}", content(name, 1, size))
                tally.add(tried=1, faults=1, broken=1)
                if not 400 <= code < 600:
                    tally.wrong.append(f"dying disk: STOR {name}: {code} {text}")
            client.close()
        finally:
            daemon.stop()
        disk.detach()
        shutil.copy(str(disk.log) + ".image", disk.base / "copy")
        run(["mount", "-o", "loop", disk.base / "copy", disk.path])
        if (disk.path / "old").read_bytes() != old:
            tally.lost.append("dying disk: the old file is not there as it was")
        run(["umount", disk.path])
    finally:
        fails.unlink(missing_ok=True)
        disk.close()


def torture(weftpd, quick, directory=None, seed=None):
    seed = int(time.time()) if seed is None else seed
    chance, tally, notes = random.Random(seed), Tally(), [f"seed {seed}"]
    extents = ("-E", "nodiscard")
    uploads, cuts = (60, 40) if quick else (200, 400)
    cut_power(weftpd, "ext4", 96, extents, uploads, cuts, chance, tally, notes)
    dying_disk(weftpd, tally, notes)
    if not quick:
        for kind, megabytes, make in (("xfs", 300, ("-K",)), ("btrfs", 256, ("-K",))):
            try:
                cut_power(weftpd, kind, megabytes, make, 100, 100, chance, tally, notes)
            except Skipped as reason:
                notes.append(f"skipped: {reason}")
    return tally, notes
