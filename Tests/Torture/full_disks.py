"""Fills small file systems of several kinds under an upload: their blocks, their inodes, a directory's last block, a quota."""

import ftplib
import os
import random
import shutil
import threading
import time

from rig import RESERVED, Daemon, Mount, Skipped, Tally, content, reset, run, until, upload

BLOCK = 4096
FULL = (452, 552)


def fill(path, but=0):
    """Takes all blocks that are free but so many bytes of them; more can be taken or given back by the size of the file."""
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, BLOCK, 1024):
            try:
                while True:
                    file.write(b"f" * size)
                    # What is only promised yet may need more than there is.
                    if size < 1 << 20:
                        os.fsync(file.fileno())
            except OSError:
                pass
        try:
            if but:
                file.truncate(max(0, os.fstat(file.fileno()).st_size - but))
                os.fsync(file.fileno())
        except OSError:
            # Some need room even to give some back.
            pass


class Room:
    """A served directory on a file system of its own, and what is tried there."""

    def __init__(self, what, weftpd, mount, tally, options=()):
        self.what, self.tally, self.mount = what, tally, mount
        self.root = mount.path / "served"
        self.root.mkdir(exist_ok=True)
        self.daemon = Daemon(weftpd, self.root, options).start()
        self.client = self.daemon.client()
        self.is_direct = "uploads.mode=direct" in options
        # What the file system has to be told before it counts what was given back.
        self.settle = lambda: None
        # What it may take for its own trees meanwhile.
        self.slack = 0

    def close(self):
        self.client.close()
        self.daemon.stop()

    @property
    def free(self):
        """Bytes and inodes."""
        self.settle()
        status = os.statvfs(self.root)
        return status.f_bfree * status.f_frsize, status.f_ffree

    def expect(self, command, name, data, codes=FULL, rest=None):
        """One upload, which must end as `codes` say, and leave nothing behind if it was refused."""
        tally, path = self.tally, self.root / name
        label = f"{self.what}: {command} {name}"
        old = path.read_bytes() if path.exists() else None
        before = self.free
        code, text = upload(self.client, f"{command} {name}", data, rest)
        found = path.read_bytes() if path.exists() else None
        new = (old or b"") + data if command == "APPE" else data if rest is None else old[:rest] + data
        tally.add(tried=1, faults=int(code != 226))
        # What is written in place has given back first what the old file took.
        if code not in codes and not (self.is_direct and code == 226):
            tally.wrong.append(f"{label}: {code} {text}")
        if code == 226:
            tally.add(confirmed=1)
            if found != new:
                tally.lost.append(f"{label}: 226, but other bytes are there")
            return
        tally.add(broken=1)
        if self.is_direct:
            if found is not None and not new.startswith(found):
                tally.mixed.append(f"{label}: {code}, and what is there is no beginning")
            path.unlink(missing_ok=True)
            return
        if found != old:
            where = tally.lost if found is None else tally.mixed
            where.append(f"{label}: {code}, and the old file is not there as it was")
        left = [entry for entry in os.listdir(self.root) if entry.startswith(RESERVED)]
        if left:
            tally.wrong.append(f"{label}: {code}, and {left} are left over")
        elif not until(lambda: self.free[0] >= before[0] - self.slack and self.free[1] >= before[1], 10):
            tally.wrong.append(f"{label}: {code}, and {before[0] - self.free[0]} bytes stay taken")


def settle_btrfs(room):
    room.settle = lambda: run(["btrfs", "filesystem", "sync", room.mount.path])
    room.slack = 256 << 10


def full_blocks(room, chance, rounds):
    """There is less room than an upload needs; then there is enough."""
    filler = room.mount.path / "filler"
    for number in range(rounds):
        old = content(room.what, f"old {number}", chance.choice([0, 5000, 300_000]))
        (room.root / "old").write_bytes(old)
        # Beyond 8 MiB an upload has a name before its end.
        left = chance.choice([0, 100_000, 2_000_000, 10_000_000])
        fill(filler, left)
        free = room.free[0]
        data = content(room.what, number, free + chance.choice([1, 5000, 3_000_000]))
        room.expect("STOR", "new", data)
        room.expect("STOR", "old", data)
        if not room.is_direct:
            room.expect("APPE", "old", data)
            if old:
                room.expect("STOR", "old", data, rest=len(old) // 2)
        # Announced: refused before the first byte. What was written in place has given back what the old file took,
        # so what is free is asked once more.
        announced = max(len(data), room.free[0] + 1)
        try:
            room.client.voidcmd(f"ALLO {announced}")
            room.tally.wrong.append(f"{room.what}: ALLO {announced} was accepted with {room.free[0]} bytes free")
        except ftplib.Error as refusal:
            if int(str(refusal)[:3]) not in FULL:
                room.tally.wrong.append(f"{room.what}: ALLO: {refusal}")
        filler.unlink()
        until(lambda: room.free[0] > free, 10)
        room.expect("STOR", "after", content(room.what, f"after {number}", 70_000), codes=(226,))
        (room.root / "after").unlink(missing_ok=True)


def no_inodes(room):
    """A file without a name needs an inode, too."""
    (room.root / "old").write_bytes(b"old")
    number = 0
    (room.root / "taken").mkdir()
    try:
        while True:
            (room.root / "taken" / str(number)).touch()
            number += 1
    except OSError:
        pass
    for data in (b"", b"new contents"):
        for name in ("new", "old"):
            room.expect("STOR", name, data)
        room.expect("APPE", "old", data)
    shutil.rmtree(room.root / "taken")
    room.expect("STOR", "old", b"new contents", codes=(226,))


def directory_block(weftpd, tally):
    """The next name in a directory needs another block, and there is none: this fails when all else is done."""
    features = ("-b", "1024", "-m", "0", "-O", "^dir_index,^metadata_csum")
    with Mount("ext4", 8, make=features) as mount:
        room = Room("ext4 without a directory block", weftpd, mount, tally)
        try:
            (room.root / "o").write_bytes(content("old", 0, 3000))
            # 12 bytes each for "." and "..", 12 for "o", 240 each for these; what is left holds no name.
            for number in range(4):
                (room.root / f"{number:0232}").touch()
            (room.root / ("x" * 20)).touch()
            filler = mount.path / "filler"
            fill(filler)
            for name in ("n" * 30, "o"):
                room.expect("STOR", name, b"")
            # Now there is room for the bytes, but perhaps not for a name as well.
            size = filler.stat().st_size
            for blocks in range(1, 9):
                os.truncate(filler, size - 1024 * blocks)
                for name in ("n" * 30, "o"):
                    room.expect("STOR", name, content("new", blocks, 3000), codes=(*FULL, 226))
                    if (room.root / ("n" * 30)).exists():
                        (room.root / ("n" * 30)).unlink()
        finally:
            room.close()


def many_at_once(room):
    """Sessions that fill the disk together, some of them reset: all they took is given back."""
    before = room.free
    clients = [room.daemon.client() for _ in range(8)]
    connections = []
    share = room.free[0] // 4
    for number, client in enumerate(clients):
        connections.append(client.transfercmd(f"STOR together-{number}"))
    data = content(room.what, "together", share)

    def send(connection, breaks):
        try:
            connection.sendall(data)
        except OSError:
            pass
        reset(connection) if breaks else connection.close()

    threads = [threading.Thread(target=send, args=(connection, number % 3 == 0)) for number, connection in enumerate(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, client in enumerate(clients):
        room.tally.add(tried=1)
        try:
            client.voidresp()
            room.tally.add(confirmed=1)
            if (room.root / f"together-{number}").read_bytes() != data:
                room.tally.lost.append(f"{room.what}: together-{number} was answered 226 and is not there whole")
        except Exception:
            room.tally.add(broken=1, faults=1)
            if (room.root / f"together-{number}").exists() and number % 3:
                room.tally.wrong.append(f"{room.what}: together-{number} was refused and is there")
        client.close()
    for path in list(room.root.iterdir()):
        # Kept ones of those that were reset.
        path.unlink()
    if not until(lambda: room.free[0] >= before[0] - room.slack, 10):
        room.tally.wrong.append(f"{room.what}: {before[0] - room.free[0]} bytes stay taken by sessions that have ended")


def quota(weftpd, tally):
    """Quota groups of btrfs hold for root, too."""
    with Mount("btrfs", 128, make=("--mixed",)) as mount:
        run(["btrfs", "quota", "enable", mount.path])
        run(["btrfs", "subvolume", "create", mount.path / "served"])
        run(["btrfs", "qgroup", "limit", "12M", mount.path / "served"])
        room = Room("quota of btrfs", weftpd, mount, tally)
        settle_btrfs(room)
        try:
            room.expect("STOR", "old", content("old", 0, 100_000), codes=(226,))
            for size in (14 << 20, 20 << 20):
                data = content("quota", 0, size)
                for command, name, rest in (
                        ("STOR", "new", None), ("STOR", "old", None), ("APPE", "old", None), ("STOR", "old", 5000)):
                    room.expect(command, name, data, rest=rest)
            room.expect("STOR", "after", content("after", 0, 70_000), codes=(226,))
        finally:
            room.close()


def torture(weftpd, quick, directory=None, seed=None):
    seed = int(time.time()) if seed is None else seed
    chance, tally, notes = random.Random(seed), Tally(), [f"seed {seed}"]

    def attempt(what, body):
        try:
            body()
        except Skipped as reason:
            notes.append(f"skipped: {what}: {reason}")

    def blocks(kind, megabytes, rounds, *options, **making):
        def body():
            with Mount(kind, megabytes, **making) as mount:
                room = Room(" ".join([kind, *options]), weftpd, mount, tally, options)
                if kind == "btrfs":
                    settle_btrfs(room)
                try:
                    full_blocks(room, chance, rounds)
                    if not room.is_direct:
                        many_at_once(room)
                finally:
                    room.close()
        attempt(kind, body)

    def inodes(kind, megabytes, *options, **making):
        def body():
            with Mount(kind, megabytes, *options, **making) as mount:
                room = Room(f"{kind} without inodes", weftpd, mount, tally)
                try:
                    no_inodes(room)
                finally:
                    room.close()
        attempt(f"{kind} without inodes", body)

    rounds = 2 if quick else 20
    blocks("tmpfs", 24, rounds)
    blocks("ext4", 32, rounds, make=("-m", "0"))
    blocks("tmpfs", 24, rounds // 2, "uploads.mode=direct")
    inodes("tmpfs", 8, "nr_inodes=40")
    inodes("ext4", 8, make=("-N", "32"))
    attempt("a directory's block", lambda: directory_block(weftpd, tally))
    attempt("quota", lambda: quota(weftpd, tally))
    if not quick:
        blocks("ext4", 32, rounds, "uploads.durability=relaxed", make=("-m", "0"))
        blocks("ext4", 32, rounds // 2, "uploads.mode=direct", make=("-m", "0"))
        blocks("xfs", 300, 3)
        blocks("btrfs", 128, 3, make=("--mixed",))
    if tally.tried == 0:
        raise Skipped("; ".join(note for note in notes if note.startswith("skipped")))
    return tally, notes
