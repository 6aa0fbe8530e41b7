"""Changes the tree and the clock under a running upload: directories go, targets become directories or links, time jumps."""

import os
import pathlib
import shutil
import tempfile

from failing_calls import Faults
from rig import RESERVED, Daemon, Skipped, Tally, arrived, content, reset

# The larger ones have a partial's name when most of them has come.
SIZES = (3000, 12 << 20)
YEAR = 366 * 86400


class Running:
    """An upload of which a part has arrived; `finish` sends the rest."""

    def __init__(self, client, command, data, rest=None):
        self.client, self.data = client, data
        self.connection = client.transfercmd(command, rest)
        self.sent = len(data) * 3 // 4
        self.connection.sendall(data[:self.sent])
        arrived(client, self.sent)

    def finish(self):
        try:
            self.connection.sendall(self.data[self.sent:])
        except OSError:
            pass
        self.connection.close()
        try:
            answer = self.client.voidresp()
        except Exception as refusal:
            answer = str(refusal)
        return int(answer[:3]) if answer[:3].isdigit() else 0, answer


class Tree:
    """One served directory, and what is done in it."""

    def __init__(self, daemon, tally, faults):
        self.daemon, self.root, self.tally, self.faults = daemon, daemon.root, tally, faults
        self.outside = self.root.parent / (self.root.name + "-outside")
        self.client = daemon.client()

    def attempt(self, what, size, change, codes, where=None, old=None, command="STOR", after=None):
        """An upload to d/f; `change` is made when most of it has come."""
        self.clear()
        directory = self.root / "d"
        directory.mkdir()
        target = directory / "f"
        if old is not None:
            target.write_bytes(old)
        label = f"{what}, {command} of {size} bytes{' over another' if old is not None else ''}"
        data = content(what, size, size)
        running = Running(self.client, f"{command} d/f", data)
        change(directory, target)
        code, text = running.finish()
        tally = self.tally
        tally.add(tried=1, faults=1, confirmed=int(code == 226), broken=int(code != 226))
        if code not in codes:
            tally.wrong.append(f"{label}: {code} {text}")
        whole = (old or b"") + data if command == "APPE" else data
        places = [where(self.root)] if where and code == 226 else []
        for place in places:
            if not place.exists() or place.read_bytes() != whole:
                tally.lost.append(f"{label}: 226, and it is not at {place.relative_to(self.root.parent)}")
        # Wherever something has come to be: whole, or as it was, or reserved.
        for base, _, names in list(os.walk(self.root)) + list(os.walk(self.outside)):
            for name in names:
                path = pathlib.Path(base, name)
                if name.startswith(RESERVED) or path.is_symlink():
                    continue
                # An append to a file that is removed meanwhile makes it anew.
                if path.read_bytes() not in (whole, old, b"another", *[data] * (command == "APPE")):
                    tally.mixed.append(f"{label}: {code}, and {name} has {path.stat().st_size} bytes that no upload had")
        if after:
            problem = after(self.root, self.outside)
            if problem:
                tally.wrong.append(f"{label}: {code}, and {problem}")
        self.alive(label)

    def clear(self):
        """Empties the served directory, which the daemon holds open, and what is beside it."""
        shutil.rmtree(self.outside, ignore_errors=True)
        self.outside.mkdir()
        for path in self.root.iterdir():
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
                shutil.rmtree(path)
            else:
                path.unlink()

    def alive(self, label):
        if not self.daemon.is_alive:
            self.tally.wrong.append(f"{label}: the daemon died")
            self.daemon.start()
            self.client = self.daemon.client()
        data = content("alive", 0, 100)
        code, text = Running(self.client, "STOR alive", data).finish()
        if code != 226 or (self.root / "alive").read_bytes() != data:
            self.tally.wrong.append(f"{label}: the next upload was answered {code} {text}")
        (self.root / "alive").unlink(missing_ok=True)

    def changes(self, size, old):
        refused = range(400, 600)
        either = [226, *refused]

        def removed(directory, target):
            shutil.rmtree(directory)

        def renamed(directory, target):
            directory.rename(self.root / "e")

        def replaced(directory, target):
            directory.rename(self.root / "e")
            directory.mkdir()

        def left_home(directory, target):
            directory.rename(self.outside / "d")

        def link_instead(directory, target):
            directory.rename(self.root / "e")
            (self.outside / "d").mkdir()
            directory.symlink_to(self.outside / "d")

        def target_directory(directory, target):
            target.unlink(missing_ok=True)
            target.mkdir()
            (target / "inside").write_bytes(b"another")

        def target_link(directory, target):
            target.unlink(missing_ok=True)
            (self.outside / "secret").write_bytes(b"another")
            target.symlink_to(self.outside / "secret")

        def target_another(directory, target):
            target.unlink(missing_ok=True)
            target.write_bytes(b"another")

        def target_gone(directory, target):
            target.unlink(missing_ok=True)

        def no_writing(directory, target):
            directory.chmod(0o555)

        def part_taken(directory, target):
            (directory / f"{RESERVED}f.part").unlink(missing_ok=True)

        def untouched(root, outside):
            secret = outside / "secret"
            return "the file that the link leads to was changed" if secret.exists() and secret.read_bytes() != b"another" else None

        def inside(root, outside):
            path = root / "d/f/inside"
            return None if path.exists() and path.read_bytes() == b"another" else "what was in the new directory is gone"

        def not_outside(root, outside):
            return "the upload left the home" if any(
                not name.startswith(RESERVED) for name in os.listdir(outside / "d")) else None

        self.attempt("directory removed", size, removed, refused, old=old)
        self.attempt("directory renamed", size, renamed, either, lambda root: root / "e/f", old)
        self.attempt("directory replaced", size, replaced, either, lambda root: root / "e/f", old)
        self.attempt("directory moved out of the home", size, left_home, either, old=old)
        self.attempt("directory replaced by a link", size, link_instead, either, lambda root: root / "e/f", old, after=not_outside)
        self.attempt("target became a directory", size, target_directory, refused, old=old, after=inside)
        self.attempt("target became a link", size, target_link, either, lambda root: root / "d/f", old, after=untouched)
        self.attempt("target became another file", size, target_another, either, lambda root: root / "d/f", old)
        self.attempt("target removed", size, target_gone, (226,), lambda root: root / "d/f", old)
        self.attempt("directory may not be written", size, no_writing, either, lambda root: root / "d/f", old)
        self.attempt("partial removed", size, part_taken, either, lambda root: root / "d/f", old)
        for change in (removed, renamed, target_directory, target_link, target_gone):
            self.attempt(f"append, {change.__name__}", size, change, either, old=old, command="APPE",
                         after=untouched if change is target_link else None)

    def clock(self, size, old):
        """The clock jumps while the upload runs: nobody waits longer, and nothing is swept that is in use."""
        for years in (-30, -1, 1, 30):
            def jump(directory, target):
                self.faults.plan.clock_offset = years * YEAR
            self.attempt(f"clock by {years} years", size, jump, (226,), lambda root: root / "d/f", old)
            # Back again, with another upload running.
            def back(directory, target):
                self.faults.plan.clock_offset = 0
            self.attempt(f"clock back by {-years} years", size, back, (226,), lambda root: root / "d/f", old)
        # What is kept is there after a jump, too.
        self.faults.plan.clock_offset = 0
        data = content("kept", size, size)
        target = self.root / "kept"
        connection = self.client.transfercmd("STOR kept")
        half = size * 3 // 4
        connection.sendall(data[:half])
        arrived(self.client, half)
        reset(connection)
        try:
            self.client.voidresp()
        except Exception:
            pass
        for years in (1, -1):
            self.faults.plan.clock_offset = years * YEAR
            client = self.daemon.client()
            self.tally.add(tried=1, faults=1)
            have = client.size("kept")
            # One byte less is told than there is.
            if have != half - 1 or (self.root / f"{RESERVED}kept.part").read_bytes() != data[:half]:
                self.tally.mixed.append(f"clock: {have} bytes are kept of {half}")
            client.close()
        code, text = Running(self.client, "STOR kept", data[have:], rest=have).finish()
        if code != 226 or target.read_bytes() != data:
            self.tally.mixed.append(f"clock: resumed from {have} on: {code} {text}")
        else:
            self.tally.add(confirmed=1, resumed=1)
        self.faults.plan.clock_offset = 0


def torture(weftpd, quick, directory=None, only=None):
    tally, notes = Tally(), []
    faults = Faults()
    base = pathlib.Path(tempfile.mkdtemp(prefix="weftpd-torture-", dir=directory))
    try:
        for options in ((), ("uploads.durability=relaxed",)):
            root = base / "served"
            root.mkdir(exist_ok=True)
            daemon = Daemon(weftpd, root, options, faults.environment)
            try:
                daemon.start()
                tree = Tree(daemon, tally, faults)
                for _ in range(1 if quick else 10):
                    for size in SIZES[:1] if quick and options else SIZES:
                        for old in (None, content("old", size, 5000)):
                            tree.changes(size, old)
                            tree.clock(size, old)
            finally:
                daemon.stop()
                shutil.rmtree(root)
    finally:
        shutil.rmtree(base, ignore_errors=True)
        faults.close()
    return tally, notes
