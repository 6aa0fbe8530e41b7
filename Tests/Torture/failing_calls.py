"""Makes each file call of an upload fail in turn, by a library preloaded into weftpd, and looks what the upload has become."""

import ctypes
import errno
import ftplib
import hashlib
import mmap
import os
import pathlib
import shutil
import subprocess
import tempfile

from rig import RESERVED, Daemon, Skipped, Tally, content, until, upload

LOGGED, NAME = 8000, 16
KINDS = {"fails": 0, "short": 1, "late": 2, "stays": 3}
SYNCS = ("fdatasync", "fsync")


class Plan(ctypes.Structure):
    """The struct of failing_calls.c."""

    _fields_ = [
        ("armed", ctypes.c_int32), ("target", ctypes.c_int32), ("error", ctypes.c_int32), ("kind", ctypes.c_int32),
        ("seen", ctypes.c_int32), ("hit", ctypes.c_int32), ("clock_offset", ctypes.c_int64),
        ("names", ctypes.c_char * NAME * LOGGED)]


class Faults:
    """The preloaded library and what it is told."""

    def __init__(self):
        if shutil.which("cc") is None:
            raise Skipped("cc is not installed: no library can be preloaded")
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="weftpd-faults-"))
        library, shared = self.directory / "failing_calls.so", self.directory / "plan"
        source = pathlib.Path(__file__).with_name("failing_calls.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        with open(shared, "w+b") as file:
            file.truncate(ctypes.sizeof(Plan))
            self.memory = mmap.mmap(file.fileno(), ctypes.sizeof(Plan))
        self.plan = Plan.from_buffer(self.memory)
        self.environment = {"LD_PRELOAD": str(library), "WEFTPD_FAULTS": str(shared)}

    def arm(self, target, kind="fails", error=errno.EIO):
        plan = self.plan
        plan.target, plan.kind, plan.error, plan.seen, plan.hit = target, KINDS[kind], error, 0, 0
        plan.armed = 1

    def disarm(self):
        """Returns the name of the call that was hit; None if there were not so many."""
        self.plan.armed = 0
        return self.name(self.plan.hit) if self.plan.hit else None

    def name(self, number):
        return bytes(self.plan.names[number - 1].raw).split(b"\0")[0].decode() if number <= LOGGED else "?"

    @property
    def calls(self):
        return [self.name(number) for number in range(1, min(self.plan.seen, LOGGED) + 1)]

    def close(self):
        shutil.rmtree(self.directory)


class Case:
    """One way to upload: what is there before, what is sent, and what may be there afterwards."""

    def __init__(self, name, command, size, old=None, part=None, rest=None, before=(), direct=False):
        self.name, self.command, self.rest, self.before, self.direct = name, command, rest, before, direct
        self.target = name + ".bin"
        self.old = None if old is None else content(name, "old", old)
        data = content(name, "new", size)
        if command == "APPE":
            self.part, self.sent, self.new = None, data, (self.old or b"") + data
        else:
            # To go on with what is kept, or with the file itself.
            self.part = None if part is None else data[:part]
            self.new = data if rest is None or part is not None else self.old[:rest] + data[rest:]
            self.sent = data[rest or 0:]

    def prepare(self, root):
        for path in root.iterdir():
            path.unlink()
        if self.old is not None:
            (root / self.target).write_bytes(self.old)
            (root / self.target).chmod(MODE)
        if self.part is not None:
            (root / f"{RESERVED}{self.target}.part").write_bytes(self.part)

    def run(self, client):
        try:
            for command in self.before:
                client.voidcmd(command.format(size=len(self.sent), digest=self.digest))
        except ftplib.Error as refusal:
            return int(str(refusal)[:3]), str(refusal)
        return upload(client, f"{self.command} {self.target}", self.sent, self.rest)

    @property
    def digest(self):
        return hashlib.sha256(self.new).hexdigest()


LARGE = 20 << 20
# Of files that are there before: nobody may read more of the new one.
MODE = 0o600


def cases():
    return [
        Case("small", "STOR", 3000),
        Case("over", "STOR", 3000, old=5000),
        Case("large", "STOR", LARGE),
        Case("large-over", "STOR", LARGE, old=5000),
        Case("append", "APPE", 3000, old=5000),
        Case("append-large", "APPE", LARGE, old=5000),
        Case("append-new", "APPE", 3000),
        Case("resumed", "STOR", 30000, part=12000, rest=12000),
        Case("resumed-over", "STOR", 30000, old=5000, part=12000, rest=12000),
        Case("resumed-shorter", "STOR", 30000, part=12000, rest=7000),
        Case("rest-over", "STOR", 30000, old=20000, rest=10000),
        Case("allo", "STOR", 30000, old=5000, before=["ALLO {size}"]),
        Case("expect", "STOR", 30000, old=5000, before=["SITE EXPECT SHA-256 {digest}"]),
        Case("direct-small", "STOR", 3000, direct=True),
        Case("direct-over", "STOR", 3000, old=5000, direct=True),
        Case("direct-append", "APPE", 3000, old=5000, direct=True),
        Case("direct-rest", "STOR", 30000, old=20000, rest=10000, direct=True),
    ]


class Walk:
    """Walks through the calls of one kind of upload against one daemon."""

    def __init__(self, case, durability, daemon, faults, tally):
        self.case, self.durability, self.server, self.faults, self.tally = case, durability, daemon, faults, tally
        self.root = daemon.root
        self.client = daemon.client()
        self.base = None

    def label(self, kind, error, number, name):
        return f"{self.case.name}, {self.durability}: call {number} ({name}) {kind} {errno.errorcode.get(error, '')}"

    def dry(self):
        """The names of all calls of one upload; also warms up what a session opens once."""
        for _ in range(3):
            self.case.prepare(self.root)
            self.faults.arm(0)
            code, text = self.case.run(self.client)
            self.faults.disarm()
            if code != 226:
                raise SystemExit(f"{self.case.name} does not work without faults either: {text}")
        self.probe("warm")
        self.base = self.server.descriptors
        return self.faults.calls

    def numbers(self, calls, sparse):
        """Which calls to hit: all, or of many equal ones in a row only some."""
        if not sparse:
            return range(1, len(calls) + 4)
        chosen, start = [], 0
        while start < len(calls):
            end = start
            # splice(2) from a socket to a pipe and so on: a pattern of two calls is one row, too.
            while end + 1 < len(calls) and calls[end + 1] in (calls[start], calls[max(start - 1, 0)]):
                end += 1
            row = list(range(start + 1, end + 2))
            chosen += row if len(row) <= 8 else row[:2] + row[len(row) // 2:len(row) // 2 + 1] + row[-2:]
            start = end + 1
        return chosen

    def walk(self, kind, error, numbers):
        for number in numbers:
            self.case.prepare(self.root)
            self.faults.arm(number, kind, error)
            code, text = self.case.run(self.client)
            name = self.faults.disarm()
            if name is None:
                # Beyond the last call: it must simply have worked.
                if kind == "short":
                    break
                if code != 226:
                    self.tally.wrong.append(f"{self.case.name}: {text} without a fault")
                continue
            self.tally.add(tried=1, faults=1)
            self.judge(self.label(kind, error, number, name), name, kind, error, code, text)

    def judge(self, label, name, kind, error, code, text):
        case, tally, path = self.case, self.tally, self.root / self.case.target
        found = path.read_bytes() if path.exists() else None
        if not self.server.is_alive:
            tally.wrong.append(f"{label}: the daemon died")
            self.server.start()
            self.client = self.server.client()
            return
        if code == 226:
            tally.add(confirmed=1)
            if found != case.new:
                tally.lost.append(f"{label}: 226, but {self.describe(found)}")
            if case.old is not None and path.stat().st_mode & 0o777 != MODE:
                tally.wrong.append(f"{label}: 226, and others may read {path.stat().st_mode & 0o777:o} what they could not before")
            if name in SYNCS and kind != "short" and self.durability == "commit":
                tally.wrong.append(f"{label}: 226 though it could not be synced")
        else:
            tally.add(broken=1)
            if not 400 <= code < 600:
                tally.wrong.append(f"{label}: answered {code} {text}")
            # What nothing can undo any more: an append is written behind the old content, and the disk fails for good.
            is_stuck = case.command == "APPE" and kind == "stays" and found is not None and (
                found.startswith(case.old or b"") and case.new.startswith(found)) and error != errno.ENOSPC
            if found not in (case.old, case.new) and not is_stuck and not (case.direct and self.is_beginning(found)):
                tally.mixed.append(f"{label}: {code}, and {self.describe(found)}")
        part = self.root / f"{RESERVED}{case.target}.part"
        for entry in list(self.root.iterdir()):
            if entry.name == case.target:
                continue
            if not entry.name.startswith(RESERVED):
                tally.wrong.append(f"{label}: {entry.name} is left over")
            elif entry != part and name != "unlinkat" and kind not in ("late", "stays"):
                # A name that was given though the call was said to fail, or could not be taken away, is swept later.
                tally.wrong.append(f"{label}: {code}, and {entry.name} is left over")
        if part.exists() and not case.new.startswith(part.read_bytes()):
            tally.mixed.append(f"{label}: {code}, and what is kept is no beginning of the file")
        if code != 226 and not case.direct and case.command == "STOR" and found == case.old:
            self.resume(label, part)
        self.probe(label)
        if not until(lambda: self.server.descriptors <= self.base, 1):
            tally.wrong.append(f"{label}: {self.server.descriptors - self.base} descriptors are left open")
            self.base = self.server.descriptors

    def is_beginning(self, found):
        case = self.case
        return found is not None and any(
            whole is not None and found[:length] == case.new[:length] and found[length:] == whole[length:length + len(found)]
            for whole in (case.old, case.new) for length in {len(found), case.rest or 0, len(case.old or b"")})

    def describe(self, found):
        if found is None:
            return "there is no file"
        return "the old content is there" if found == self.case.old else f"{len(found)} bytes that no upload had are there"

    def resume(self, label, part):
        """Goes on as a client does that asks for the size first; to the right bytes."""
        case = self.case
        have = part.stat().st_size if part.exists() else 0
        code, text = upload(self.session(), f"STOR {case.target}", case.new[have:], have or None)
        if code != 226 or (self.root / case.target).read_bytes() != case.new:
            where = self.tally.mixed if code == 226 else self.tally.wrong
            where.append(f"{label}: resumed from {have} on: {code} {text}")
        elif have:
            self.tally.add(resumed=1)

    def session(self):
        try:
            self.client.voidcmd("NOOP")
        except Exception:
            # What the last upload had for an answer is judged already.
            self.client.close()
            self.client = self.server.client()
            self.tally.wrong.append(f"{self.case.name}: the session ended")
        return self.client

    def probe(self, label):
        """The server lives on and serves the next upload."""
        data = content("probe", self.tally.tried, 700)
        code, text = upload(self.session(), "STOR probe", data)
        path = self.root / "probe"
        if code != 226 or path.read_bytes() != data:
            self.tally.wrong.append(f"{label}: the next upload was answered {code} {text}")
        path.unlink(missing_ok=True)


EVERY = [
    ("fails", errno.EIO), ("fails", errno.ENOSPC), ("fails", errno.EDQUOT), ("short", 0), ("late", errno.EIO),
    ("stays", errno.EIO), ("stays", errno.ENOSPC)]


def kinds(quick, durability, is_large):
    """A bounded run leaves out what goes the same way in the server: the errno, and what relaxed has in common with commit."""
    if not quick:
        return EVERY
    if is_large or durability == "relaxed":
        return EVERY[:1]
    return [EVERY[0], EVERY[3], EVERY[4], EVERY[6]]


def torture(weftpd, quick, directory=None, only=None):
    """Walks through every call of every kind of upload; where quick, of many equal calls in a row through some."""
    tally, notes = Tally(), []
    faults = Faults()
    try:
        for durability in ("commit", "relaxed"):
            for mode in ("atomic", "direct"):
                root = pathlib.Path(tempfile.mkdtemp(prefix="weftpd-torture-", dir=directory))
                options = [f"uploads.durability={durability}", f"uploads.mode={mode}"]
                daemon = Daemon(weftpd, root, options, faults.environment)
                try:
                    daemon.start()
                    for case in cases():
                        if case.direct != (mode == "direct") or only not in (None, case.name):
                            continue
                        # Relaxed differs from commit at the end alone.
                        if quick and durability == "relaxed" and case.name not in ("small", "over", "append", "rest-over"):
                            continue
                        is_large = len(case.sent) > 1_000_000
                        walk = Walk(case, durability, daemon, faults, tally)
                        calls = walk.dry()
                        notes.append(f"{case.name}, {durability}: {len(calls)} calls: {' '.join(shortened(calls))}")
                        for kind, error in kinds(quick, durability, is_large):
                            # EIO at every call; the others of a large upload where the kind of call changes.
                            sparse = quick or is_large and (kind, error) != EVERY[0]
                            walk.walk(kind, error, walk.numbers(calls, sparse))
                        walk.client.close()
                finally:
                    daemon.stop()
                    shutil.rmtree(root)
    finally:
        faults.close()
    return tally, notes


def shortened(calls):
    """Calls in a row as one."""
    return [name for index, name in enumerate(calls) if index == 0 or calls[index - 1] != name]
