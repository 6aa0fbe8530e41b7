#!/usr/bin/env python3
"""Fills a quota from many sessions at once, changes files in every way there is, and kills the daemon meanwhile.

What lies on the disk must never be more than the quota, and the server must always know exactly how much it is: after a kill, too, and as
`weftpd quota scan` counts it.

    quotas.py --weftpd .build/release/weftpd [--sessions 50] [--seconds 10] [--kills 10] [--changes 400] [--seed N]
"""

import argparse
import ftplib
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from rig import PASSWORD, RESERVED, Daemon, reset

BYTES, FILES = 20_000_000, 300


def on_disk(root):
    """Bytes and files that have names of their own."""
    size = files = 0
    for directory, _, names in os.walk(root):
        for name in names:
            if name.startswith(RESERVED):
                continue
            try:
                status = os.lstat(os.path.join(directory, name))
            except FileNotFoundError:
                continue
            size, files = size + status.st_size, files + 1
    return size, files


def at_least_on_disk(root):
    """What there was at one moment, or less: files come and go while others are looked at, so only those count that were there before
    and after that moment, with the smaller of their sizes."""
    looks = []
    for _ in range(2):
        seen = {}
        for directory, _, names in os.walk(root):
            for name in names:
                if name.startswith(RESERVED):
                    continue
                try:
                    status = os.lstat(os.path.join(directory, name))
                except FileNotFoundError:
                    continue
                seen[directory, name] = status.st_ino, status.st_size
        looks.append(seen)
    sizes = [
        min(size, looks[1][name][1]) for name, (inode, size) in looks[0].items()
        if looks[1].get(name, (None,))[0] == inode]
    return sum(sizes), len(sizes)


def told(client):
    """What SITE QUOTA says there is of all files."""
    answer = client.sendcmd("SITE QUOTA")
    found = re.search(r"all your files: (\d+) of .*? bytes, (\d+) of", answer)
    if not found:
        raise SystemExit(f"SITE QUOTA says: {answer}")
    return int(found[1]), int(found[2])


class Lab:
    def __init__(self, arguments):
        self.arguments = arguments
        self.directory = pathlib.Path(tempfile.mkdtemp(dir=arguments.directory))
        self.root = self.directory / "root"
        self.root.mkdir()
        self.failures = []
        self.store = self.directory / "quotas"
        self.settings = [f"quotas.store={self.store}", f"quotas.bytes={BYTES}", f"quotas.files={FILES}"]

    def daemon(self, *more):
        return Daemon(self.arguments.weftpd, self.root, [*self.settings, "limits.sessions-per-address=0", *more])

    def fail(self, text):
        self.failures.append(text)
        print(f"FAILED: {text}", flush=True)

    def compare(self, client, what):
        disk, known = on_disk(self.root), told(client)
        if disk != known:
            self.fail(f"{what}: on the disk are {disk}, the server knows {known}")

    def scan(self):
        command = [self.arguments.weftpd, "quota", "scan"]
        for setting in [self.settings[0], f"accounts.root={self.root}", "accounts.user=bob"]:
            command += ["--set", setting]
        return subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "WEFTPD_PASSWORD": PASSWORD}, timeout=120)


def at_once(lab, mode):
    """All sessions of one user upload as fast as they can."""
    daemon = lab.daemon(f"uploads.mode={mode}").start()
    ends = time.monotonic() + lab.arguments.seconds
    worst, stored, refused = [0, 0], [0], [0]
    lock = threading.Lock()

    def upload(number):
        random_ = random.Random(f"{lab.arguments.seed} {mode} {number}")
        client = daemon.client()
        while time.monotonic() < ends:
            name = f"{mode}-{random_.randrange(120)}"
            size = random_.choice([0, 1000, 70_000, 900_000, 3_000_000])
            # Where uploads are direct, STOU takes its name before the quota is asked.
            command = random_.choice(["STOR", "STOR", "STOR", "APPE", "STOU" if mode == "atomic" else "APPE"])
            try:
                if random_.random() < 0.2:
                    client.sendcmd(f"ALLO {size}")
                connection = client.transfercmd(f"{command} {name}")
                try:
                    connection.sendall(random_.randbytes(size))
                except OSError:
                    pass
                if random_.random() < 0.05:
                    reset(connection)
                connection.close()
                client.voidresp()
                with lock:
                    stored[0] += 1
            except ftplib.Error as error:
                with lock:
                    refused[0] += str(error).startswith("552")
            if random_.random() < 0.25:
                try:
                    client.delete(f"{mode}-{random_.randrange(120)}")
                except ftplib.Error:
                    pass
        client.quit()

    threads = [threading.Thread(target=upload, args=[n], daemon=True) for n in range(lab.arguments.sessions)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        size, files = at_least_on_disk(lab.root)
        worst = [max(worst[0], size), max(worst[1], files)]
        time.sleep(0.02)
    for thread in threads:
        thread.join(60)
    if worst[0] > BYTES or worst[1] > FILES:
        lab.fail(f"{mode}: there were {worst[0]} bytes in {worst[1]} files, which is more than {BYTES} in {FILES}")
    if not refused[0]:
        lab.fail(f"{mode}: the quota was never reached")
    client = daemon.client()
    lab.compare(client, f"{mode}, {lab.arguments.sessions} sessions at once")
    print(f"{mode}: {stored[0]} stored, {refused[0]} refused, at most {worst[0]} bytes in {worst[1]} files", flush=True)
    daemon.stop()


def kills(lab):
    """The daemon is killed while files come and go."""
    daemon = lab.daemon()
    for number in range(lab.arguments.kills):
        daemon.start()
        stop = threading.Event()

        def work(index):
            random_ = random.Random(f"{lab.arguments.seed} kill {number} {index}")
            try:
                client = daemon.client()
                while not stop.is_set():
                    name = f"k{index}-{random_.randrange(6)}"
                    try:
                        match random_.randrange(5):
                            case 0: client.delete(name)
                            case 1: client.rename(name, name + "x")
                            case _:
                                connection = client.transfercmd(f"STOR {name}")
                                connection.sendall(random_.randbytes(random_.choice([10, 50_000, 700_000])))
                                connection.close()
                                client.voidresp()
                    except ftplib.Error:
                        pass
            except (OSError, EOFError):
                pass

        threads = [threading.Thread(target=work, args=[n], daemon=True) for n in range(12)]
        for thread in threads:
            thread.start()
        time.sleep(0.3 + random.Random(number).random())
        daemon.kill()
        stop.set()
        for thread in threads:
            thread.join(30)
        if number % 2:
            # Without a server, the command counts.
            scanned = lab.scan()
            if scanned.returncode:
                lab.fail(f"quota scan: {scanned.stderr}")
        daemon.start()
        client = daemon.client()
        lab.compare(client, f"after kill {number + 1}")
        scanned = lab.scan()
        if scanned.returncode or "as before" not in scanned.stdout:
            lab.fail(f"quota scan beside the server after kill {number + 1}: {scanned.stdout}{scanned.stderr}")
        client.quit()
        daemon.kill()
    print(f"killed {lab.arguments.kills} times", flush=True)


def changes(lab):
    """One client does everything that changes files; after each the counts are compared."""
    daemon = lab.daemon("uploads.durability=relaxed").start()
    client = daemon.client()
    random_ = random.Random(lab.arguments.seed)
    names = ["a", "b", "c", "d", "deep/a", "deep/er/b"]
    for directory in ["deep", "deep/er"]:
        client.mkd(directory)

    def send(command, data, rest=None, ends=lambda connection: connection.close()):
        connection = client.transfercmd(command, rest)
        try:
            connection.sendall(data)
        except OSError:
            # The server has had enough: its reply tells why.
            pass
        ends(connection)
        client.voidresp()

    def store(command, size, rest=None):
        send(command, random_.randbytes(size), rest)

    done = 0
    for number in range(lab.arguments.changes):
        name, other = random_.sample(names, 2)
        size = random_.choice([0, 1, 5_000, 300_000, 4_000_000, 9_000_000])
        what = random_.choice([
            "stor", "stor", "appe", "stou", "rest", "rang", "segment", "dele", "rename", "copy", "comb", "rmdir", "broken", "mlst",
            "modez", "link"])
        try:
            match what:
                case "stor": store(f"STOR {name}", size)
                case "appe": store(f"APPE {name}", size)
                case "stou": store(f"STOU {name}", size)
                case "rest": store(f"STOR {name}", size, rest=random_.randrange(4000))
                case "rang":
                    first = random_.randrange(3000)
                    client.sendcmd(f"RANG {first} {first + max(1, size) - 1}")
                    store(f"STOR {name}", max(1, size))
                case "segment":
                    client.sendcmd(f"ALLO {2 * size + 2}")
                    client.sendcmd(f"RANG 0 {size}")
                    store(f"STOR {name}", size + 1)
                    client.sendcmd(f"ALLO {2 * size + 2}")
                    client.sendcmd(f"RANG {size + 1} {2 * size + 1}")
                    store(f"STOR {name}", size + 1)
                case "dele": client.delete(name)
                case "rename": client.rename(name, other)
                case "copy": client.sendcmd(f"SITE COPY {name} {other}")
                case "comb": client.sendcmd(f'COMB "{name}" "{other}"')
                case "rmdir":
                    client.sendcmd("SITE RMDIR deep/er")
                    client.mkd("deep/er")
                case "broken": send(f"STOR {name}", random_.randbytes(size), ends=reset)
                case "mlst": client.sendcmd(f"MLST {name}")
                case "modez":
                    import zlib
                    client.sendcmd("MODE Z")
                    try:
                        send(f"STOR {name}", zlib.compress(random_.randbytes(size), 1))
                    finally:
                        client.sendcmd("MODE S")
                case "link": client.sendcmd(f"SITE SYMLINK {name} {other}.link")
            done += 1
        except ftplib.Error:
            pass
        disk, known = on_disk(lab.root), told(client)
        # A link counts for nothing.
        links = sum(os.path.islink(os.path.join(d, n)) for d, _, names_ in os.walk(lab.root) for n in names_)
        sizes = sum(
            os.lstat(os.path.join(d, n)).st_size for d, _, names_ in os.walk(lab.root) for n in names_
            if os.path.islink(os.path.join(d, n)))
        disk = (disk[0] - sizes, disk[1] - links)
        if disk != known:
            lab.fail(f"after {what} of {name} (change {number}): on the disk are {disk}, the server knows {known}")
            break
        if disk[0] > BYTES or disk[1] > FILES:
            lab.fail(f"after {what} of {name} (change {number}): {disk} is more than the quota")
            break
        if disk[0] > BYTES * 0.9 and random_.random() < 0.5:
            for entry in client.nlst():
                try:
                    client.delete(entry)
                except ftplib.Error:
                    pass
    client.quit()
    daemon.stop()
    print(f"{done} of {lab.arguments.changes} changes were made, counts right after each", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weftpd", required=True)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--changes", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directory")
    arguments = parser.parse_args()
    arguments.weftpd = os.path.abspath(arguments.weftpd)
    failures = []
    for part in [changes, lambda lab: at_once(lab, "atomic"), lambda lab: at_once(lab, "direct"), kills]:
        lab = Lab(arguments)
        try:
            part(lab)
        finally:
            shutil.rmtree(lab.directory, ignore_errors=True)
        failures += lab.failures
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
